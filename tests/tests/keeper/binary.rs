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

/// `corflow keeper run`, going on; killed by SIGKILL when it is let go.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    pub(crate) fn start(config: &Path, log: &Path) -> Self {
        Self::with(command(config, &["run"]), log)
    }

    pub(crate) fn with(mut command: Command, log: &Path) -> Self {
        let log = fs::File::options().create(true).append(true).open(log).expect("a log");
        Self(command.stdout(Stdio::null()).stderr(log).spawn().expect("it runs"))
    }

    /// Asks it to end, and waits until it has.
    pub(crate) fn stop(mut self) {
        let stopped = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status();
        assert!(stopped.expect("kill runs").success(), "it was not there any more");
        let ended = self.0.wait().expect("it ends");
        assert!(ended.success(), "it ended with {ended}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that was stopped is gone already.
        let _ = self.0.kill();
        self.0.wait().expect("it ended");
    }
}

/// `corflow keeper …`, to be run.
pub(crate) fn command(config: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(&*BINARY);
    command.arg("keeper").args(arguments).arg("--config").arg(config).env_remove("RUST_LOG").env_remove("CORFLOW_KEEPER_RPC");
    command
}
