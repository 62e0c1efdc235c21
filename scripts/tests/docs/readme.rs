//! The README names commands for people who look around: each is there, and takes what the README gives it.

use std::{fs, process::Command};

use corflow::build::Workspace;

#[test]
fn the_readme_names_commands_that_there_are() {
    let readme = fs::read_to_string(Workspace::here().root().join("README.md")).expect("the README");
    let commands: Vec<&str> = readme
        .split('`')
        .flat_map(str::lines)
        .filter_map(|code| code.strip_prefix("cargo run --release -- "))
        .map(|code| code.split(" # ").next().unwrap_or_default().trim())
        .collect();
    assert!(commands.len() > 10, "{commands:?}");
    for command in commands {
        // Everything is read, and held against what there is; then, in the place of doing it, the help is printed.
        let output = Command::new(env!("CARGO_BIN_EXE_corflow"))
            .args(command.split(' ').map(|word| if word == "N" { "3" } else { word }))
            .arg("--help")
            .output();
        let output = output.expect("it starts");
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
