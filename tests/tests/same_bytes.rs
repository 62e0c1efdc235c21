//! A contract's code depends on its sources alone: not on the folder, nor on the home of who builds it.

use std::{env, fs, path::Path, process::Command};

use corflow::build::{Symbols, Workspace, build};

/// Where the copy is built by a process of its own, so that it may have another cargo home.
const COPY: &str = "CORFLOW_TEST_COPY";

#[test]
fn two_folders_and_two_homes_give_the_same_code() {
    let here = code_hashes(&Workspace::here());
    assert!(!here.is_empty(), "there are contracts to compare");

    let folder = tempfile::tempdir().expect("a temporary folder");
    let copy = folder.path().join("elsewhere");
    copy_sources(Workspace::here().root(), &copy);
    let home = folder.path().join("home");
    link_registry(&home);

    let output = Command::new(env::current_exe().expect("this test's own file"))
        .args(["--exact", "print_the_code_hashes_of_a_copy", "--nocapture"])
        .env(COPY, &copy)
        .env("CARGO_HOME", &home)
        .env("CARGO_TARGET_DIR", copy.join("target"))
        // What a user may have set must not reach the contracts.
        .env("RUSTFLAGS", "-C debug-assertions=on")
        .output()
        .expect("this test starts again");
    let printed = String::from_utf8_lossy(&output.stdout);
    for line in &here {
        assert!(printed.contains(line), "expected {line}, got {printed}\n{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// The other half of the test above; alone it has nothing to do.
#[test]
fn print_the_code_hashes_of_a_copy() {
    if let Some(copy) = env::var_os(COPY) {
        println!("{}", code_hashes(&Workspace::at(copy)).join("\n"));
    }
}

fn code_hashes(workspace: &Workspace) -> Vec<String> {
    let artifacts = build(workspace, Symbols::Names, |_| {}).expect("the contracts build");
    artifacts.iter().map(|artifact| format!("{} {}", artifact.name, artifact.code.hash())).collect()
}

/// A workspace's sources, without what was built from them.
fn copy_sources(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder for the copy");
    for entry in fs::read_dir(from).expect("a folder of the workspace") {
        let entry = entry.expect("an entry of the workspace");
        let name = entry.file_name();
        if name == "target" || name == ".git" {
            continue;
        }
        let (source, copy) = (entry.path(), to.join(&name));
        if source.is_dir() {
            copy_sources(&source, &copy);
        } else {
            fs::copy(&source, &copy).expect("a file to copy");
        }
    }
}

/// Another cargo home with the same packages in it: its paths differ, nothing is downloaded again.
fn link_registry(home: &Path) {
    let real = env::var_os("CARGO_HOME").map(Into::into).or_else(|| Some(env::home_dir()?.join(".cargo"))).expect("a home");
    fs::create_dir_all(home).expect("a folder for the home");
    std::os::unix::fs::symlink(real.join("registry"), home.join("registry")).expect("a link to the packages");
}
