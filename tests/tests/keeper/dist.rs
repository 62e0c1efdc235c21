//! What the repository has for systemd and for containers names nothing that is not there. Nothing here runs systemd or a
//! container.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::binary;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace")
}

fn file(name: &str) -> String {
    fs::read_to_string(root().join("scripts/dist").join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Whether corflow takes these words behind its name. (It is asked for help with them, so that it does nothing.)
fn takes(words: &[String]) -> bool {
    let [keeper, run, rest @ ..] = words else { return false };
    assert_eq!((keeper.as_str(), run.as_str()), ("keeper", "run"));
    let place = rest.iter().position(|it| it == "--config").expect("a configuration") + 1;
    let config = PathBuf::from(&rest[place]);
    let others: Vec<_> = rest.iter().enumerate().filter(|(at, _)| *at != place && *at != place - 1).map(|(_, it)| it).collect();
    let mut command = binary::command(&config, &["run"]);
    command.args(others).arg("--help").output().expect("it runs").status.success()
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn the_unit_of_systemd_starts_the_keeper_with_flags_that_there_are() {
    let unit = file("corflow-keeper.service");
    let value = |key: &str| {
        let lines: Vec<_> = unit.lines().filter_map(|it| it.strip_prefix(key)?.strip_prefix('=')).collect();
        let [one] = lines[..] else { panic!("{key} is there {} times", lines.len()) };
        one.to_owned()
    };
    let start = words(&value("ExecStart"));
    assert_eq!(start[0], "/usr/local/bin/corflow");
    assert!(takes(&start[1..]), "{start:?}");
    assert!(!takes(&[start[1..].to_vec(), vec!["--no-such-flag".into()]].concat()));
    assert_eq!(value("StateDirectory"), "corflow");
    // Every line is a section, a setting, a comment or nothing.
    for line in unit.lines() {
        let setting = line.split_once('=').is_some_and(|(key, _)| key.chars().all(|it| it.is_ascii_alphanumeric()));
        assert!(line.is_empty() || line.starts_with('#') || line.starts_with('[') || setting, "{line}");
    }
}

#[test]
fn the_image_is_built_of_what_is_there_and_starts_the_keeper_with_flags_that_there_are() {
    let text = file("Dockerfile").replace("\\\n", " ");
    let lines: Vec<(&str, &str)> = text.lines().filter(|it| !it.starts_with('#')).filter_map(|it| it.split_once(' ')).collect();
    let all = |name: &str| lines.iter().filter(|it| it.0 == name).map(|it| it.1).collect::<Vec<_>>();
    let array = |text: &str| serde_json::from_str::<Vec<String>>(text).expect("an array of strings");
    let [build, last] = &all("FROM")[..] else { panic!("two stages") };
    assert!(build.ends_with(" AS build") && !last.contains(" AS "));
    // The compiler is the one that the workspace names.
    let channel = fs::read_to_string(root().join("rust-toolchain.toml")).expect("a toolchain");
    assert!(channel.contains(&format!("\"{}", &build["rust:".len()..build.find('-').expect("a tag")])), "{build}: {channel}");
    for copied in all("COPY") {
        match copied.strip_prefix("--from=build ") {
            Some(built) => assert_eq!(built, "/src/target/release/corflow /usr/local/bin/corflow"),
            None => assert!(root().join(copied.split(' ').next().expect("a path")).exists(), "{copied}"),
        }
    }
    // What must not get into it, or need not.
    let ignored = file("Dockerfile.dockerignore");
    assert!(["**/target", ".git"].iter().all(|it| ignored.lines().any(|line| line == *it)));
    let built = all("RUN").into_iter().find(|it| it.contains("cargo build")).expect("a build");
    assert!(built.contains("--locked") && built.contains("--package corflow") && built.contains("--bin corflow"), "{built}");
    assert!(root().join("Cargo.lock").exists());

    let start = [array(all("ENTRYPOINT")[0]), array(all("CMD")[0])].concat();
    assert_eq!(start[0], "corflow");
    assert!(takes(&start[1..]), "{start:?}");
    // It does not run as root, and its port is the configuration's.
    assert!(all("USER").first().is_some_and(|it| it.parse::<u32>().is_ok_and(|id| id > 0)));
    let config = file("keeper.toml");
    let port = all("EXPOSE")[0];
    assert!(config.contains(&format!(":{port}\"")) && all("HEALTHCHECK")[0].contains(&format!(":{port}/health")), "{port}");
}
