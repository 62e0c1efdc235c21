//! One `cargo build` for all contracts, in which nothing of this machine reaches the module.

use std::{
    env,
    ffi::OsStr,
    hash::{DefaultHasher, Hash, Hasher},
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{BuildError, Symbols, Workspace};
use crate::keys;

const TARGET: &str = "wasm32-unknown-unknown";

/// Environment that would change what the compiler makes: `RUSTFLAGS` replaces the flags of `contracts/.cargo/config.toml`
/// rather than adding to them, and the stack alone would then take seventeen pages instead of one.
const FOREIGN: [&str; 4] = ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_INCREMENTAL", "RUSTC_BOOTSTRAP"];
/// The same, by how the name begins.
const FOREIGN_PREFIXES: [&str; 3] = ["CARGO_PROFILE_", "CARGO_BUILD_", "CARGO_TARGET_WASM32_"];

/// Builds the packages, answers with the folder that holds their modules.
pub(super) fn build(
    workspace: &Workspace,
    packages: &[String],
    symbols: Symbols,
    mut progress: impl FnMut(&str),
) -> Result<PathBuf, BuildError> {
    let folder = workspace.root().join("contracts");
    let compiler = Compiler::find(&folder)?;
    if !compiler.has_target() {
        progress(&format!("adding the target {TARGET} to the Rust toolchain"));
        add_target(&folder)?;
    }

    let (target_dir, profile) = match symbols {
        Symbols::Names => (target_dir(workspace), ["strip='debuginfo'", "debug=false"]),
        Symbols::Lines => (target_dir(workspace).join("lines"), ["strip='none'", "debug='line-tables-only'"]),
    };
    let mut cargo = clean(Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into())), &folder);
    cargo.args(["build", "--lib", "--release", "--locked", "--color", "never", "--target", TARGET]);
    cargo.arg("--target-dir").arg(&target_dir);
    for setting in profile {
        cargo.args(["--config", &format!("profile.release.{setting}")]);
    }
    cargo.args(["--config", &remapping(workspace, &compiler)]);
    for package in packages {
        cargo.args(["-p", package]);
    }
    let mut child = cargo
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|source| BuildError::io("start", cargo.get_program(), source))?;

    let mut output = String::new();
    if let Some(stderr) = child.stderr.take() {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            progress(line.trim());
            output.push_str(&line);
            output.push('\n');
        }
    }
    let status = child.wait().map_err(|source| BuildError::io("wait for", cargo.get_program(), source))?;
    if !status.success() {
        return Err(BuildError::Cargo { output });
    }
    Ok(target_dir.join(TARGET).join("release"))
}

/// The compiler that cargo will use.
struct Compiler {
    sysroot: PathBuf,
    commit: String,
}

impl Compiler {
    fn find(folder: &Path) -> Result<Self, BuildError> {
        let ask = |args: &[&str]| {
            let mut rustc = clean(Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())), folder);
            let output = rustc.args(args).output().map_err(|source| BuildError::io("start", rustc.get_program(), source))?;
            if output.status.success() {
                Ok(String::from_utf8_lossy(&output.stdout).into_owned())
            } else {
                Err(BuildError::Cargo { output: String::from_utf8_lossy(&output.stderr).into_owned() })
            }
        };
        let sysroot = PathBuf::from(ask(&["--print", "sysroot"])?.trim());
        let version = ask(&["-vV"])?;
        let commit = version.lines().find_map(|line| line.strip_prefix("commit-hash: ")).unwrap_or_default().to_owned();
        Ok(Self { sysroot, commit })
    }

    fn has_target(&self) -> bool {
        self.sysroot.join("lib/rustlib").join(TARGET).join("lib").is_dir()
    }
}

fn add_target(folder: &Path) -> Result<(), BuildError> {
    let failed = |output| BuildError::Target { target: TARGET, output };
    let output = clean(Command::new("rustup"), folder)
        .args(["target", "add", TARGET])
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if output.status.success() { Ok(()) } else { Err(failed(String::from_utf8_lossy(&output.stderr).into_owned())) }
}

/// A program in the contracts' folder, without the environment that would change its work, and without keys: whoever signs by a
/// variable has it read here, and by no build script of a dependency.
fn clean(mut command: Command, folder: &Path) -> Command {
    command.current_dir(folder);
    for (name, value) in env::vars_os() {
        let foreign = name
            .to_str()
            .is_some_and(|name| FOREIGN.contains(&name) || FOREIGN_PREFIXES.iter().any(|prefix| name.starts_with(prefix)));
        if foreign || keys::is_secret(&name.to_string_lossy(), &value.to_string_lossy()) {
            command.env_remove(name);
        }
    }
    command
}

/// Panic locations hold absolute paths of sources. These names take their place: the workspace, the cargo home, and the
/// standard library's sources where they are installed (the compiler then prefers them to the name that it was built with).
fn remapping(workspace: &Workspace, compiler: &Compiler) -> String {
    let library = compiler.sysroot.join("lib/rustlib/src/rust");
    let pairs = [
        (workspace.root().to_owned(), "/corflow".to_owned()),
        (cargo_home(), "/cargo".to_owned()),
        (library, format!("/rustc/{}", compiler.commit)),
    ];
    let flags: Vec<String> =
        pairs.iter().map(|(from, to)| toml_string(&format!("--remap-path-prefix={}={to}", from.display()))).collect();
    format!("target.{TARGET}.rustflags=[{}]", flags.join(","))
}

fn toml_string(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn cargo_home() -> PathBuf {
    env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo"))).unwrap_or_default()
}

/// A folder of its own under the target folder in use. A module's file name has no hash in it, so clones of this
/// repository that share a target folder would take each other's modules for their own: each gets its own folder.
fn target_dir(workspace: &Workspace) -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR").filter(|dir| !dir.is_empty()) {
        None => workspace.root().join("target/contracts"),
        Some(dir) => {
            let mut hasher = DefaultHasher::new();
            workspace.root().hash(&mut hasher);
            let name = workspace.root().file_name().and_then(OsStr::to_str).unwrap_or("contracts");
            let dir = workspace.root().join(dir).join("contracts");
            dir.join(format!("{name}-{:08x}", hasher.finish() as u32))
        }
    }
}
