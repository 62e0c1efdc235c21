//! The contracts' sources to the code that goes on the chain, the same bytes in every folder and home.
//!
//! One `cargo build` for all contracts ([`cargo`]), then for each the steps that cargo-stylus takes between a
//! module and its code ([`code`]), so that either tool deploys the same code hash. The module that cargo leaves keeps its function names,
//! for the tests that look inside; what goes on the chain has none.
//!
//! Nothing depends on a contract's crate: this library is the way to a contract for the command line and the tests alike.

mod cargo;
mod code;

use std::{
    fs,
    path::{Path, PathBuf},
};

pub use code::{CODE_LIMIT, Code, CodeError, WASM_LIMIT};

/// A checkout of this repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// The one that cargo runs this program from; without cargo, the one that it is run in; else the one that this crate was
    /// compiled in. Checkouts may share a target folder, so what is compiled in can be another's, or gone.
    pub fn here() -> Self {
        let compiled = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let folders = package.into_iter().chain(std::env::current_dir());
        Self::at(folders.filter_map(|folder| Self::around(&folder)).next().unwrap_or(compiled))
    }

    /// The top folder of the checkout that a folder is in.
    fn around(folder: &Path) -> Option<PathBuf> {
        folder.ancestors().find(|folder| folder.join("contracts/.cargo").is_dir()).map(Path::to_owned)
    }

    /// The one in another folder.
    pub fn at(root: impl AsRef<Path>) -> Self {
        let root = root.as_ref();
        Self { root: root.canonicalize().unwrap_or_else(|_| root.to_owned()) }
    }

    /// Its top folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Packages that are contracts, in alphabetical order: the folders of `contracts` that have a `Stylus.toml`, which is
    /// how cargo-stylus tells them too.
    pub fn contracts(&self) -> Result<Vec<String>, BuildError> {
        let folder = self.root.join("contracts");
        let entries = fs::read_dir(&folder).map_err(|source| BuildError::io("read", &folder, source))?;
        let mut names: Vec<String> = entries
            .flatten()
            .filter(|entry| entry.path().join("Stylus.toml").is_file())
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        names.sort();
        Ok(names)
    }
}

/// A contract as built.
#[derive(Clone, Debug)]
pub struct Artifact {
    /// Its package.
    pub name: String,
    /// The module that cargo left, with the names of its functions: `cargo stylus deploy --wasm-file` takes it as it is.
    pub path: PathBuf,
    /// That module.
    pub module: Vec<u8>,
    /// What goes on the chain.
    pub code: Code,
}

/// Why there is no contract to deploy.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A file or program could not be used.
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        /// A verb.
        what: &'static str,
        /// Of what.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The compiler's target is missing and could not be added.
    #[error("the target {target} is missing from this Rust toolchain and `rustup target add` failed; add it by hand: {output}")]
    Target {
        /// Of the contracts.
        target: &'static str,
        /// Of rustup.
        output: String,
    },
    /// Cargo stopped.
    #[error("cargo could not build the contracts:\n{output}")]
    Cargo {
        /// What it printed.
        output: String,
    },
    /// A module cannot become a contract's code.
    #[error("{contract}: {source}")]
    Code {
        /// Its package.
        contract: String,
        /// Why.
        source: CodeError,
    },
}

impl BuildError {
    fn io(what: &'static str, path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        Self::Io { what, path: path.into(), source }
    }
}

/// How much the module that cargo leaves tells about its sources. What is deployed is built with [`Symbols::Names`]; with
/// lines the optimiser decides here and there otherwise, so that the code may differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symbols {
    /// Names of functions.
    Names,
    /// Names of functions, and the line of each instruction with what was inlined there, as DWARF.
    Lines,
}

/// Builds every contract of a workspace. `progress` hears cargo's lines as they come.
///
/// Blocks while cargo runs: a second when everything is warm, half a minute when not.
pub fn build(workspace: &Workspace, symbols: Symbols, progress: impl FnMut(&str)) -> Result<Vec<Artifact>, BuildError> {
    let names = workspace.contracts()?;
    let folder = cargo::build(workspace, &names, symbols, progress)?;
    names
        .into_iter()
        .map(|name| {
            let path = folder.join(format!("{}.wasm", name.replace('-', "_")));
            let module = fs::read(&path).map_err(|source| BuildError::io("read", &path, source))?;
            let code = Code::new(&module).map_err(|source| BuildError::Code { contract: name.clone(), source })?;
            Ok(Artifact { name, path, module, code })
        })
        .collect()
}
