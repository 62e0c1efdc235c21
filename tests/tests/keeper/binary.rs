//! The binary itself.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::LazyLock,
};

use alloy_primitives::hex;

/// `corflow`, built as it is now, under a name that no later build replaces while this test runs.
static BINARY: LazyLock<PathBuf> = LazyLock::new(|| {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", "corflow", "--bin", "corflow"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace"))
        .status()
        .expect("cargo runs");
    assert!(built.success(), "corflow is built");
    // Beside `deps`, where this test is.
    let built = env::current_exe().expect("this test").ancestors().nth(2).expect("a profile's folder").join("corflow");
    let ours = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("corflow-{}", hex::encode(env!("CARGO_MANIFEST_DIR"))));
    let link = ours.with_extension(std::process::id().to_string());
    fs::hard_link(&built, &link).and_then(|()| fs::rename(&link, &ours)).expect("another name for corflow");
    ours
});

/// `corflow keeper …`, to its end.
pub(crate) fn keeper(config: &Path, arguments: &[&str]) -> Output {
    command(config, arguments).output().expect("it runs")
}

/// `corflow keeper …`, going on.
pub(crate) fn start(config: &Path, arguments: &[&str], log: &Path) -> Child {
    let log = fs::File::options().create(true).append(true).open(log).expect("a log");
    command(config, arguments).stdout(Stdio::null()).stderr(log).spawn().expect("it runs")
}

fn command(config: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(&*BINARY);
    command.arg("keeper").args(arguments).arg("--config").arg(config).env_remove("RUST_LOG").env_remove("CORFLOW_KEEPER_RPC");
    command
}
