//! The peers' contracts as they published them: packages from npm, in the user's cache, and what is in them.

use std::{
    collections::BTreeMap,
    fs,
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use alloy_primitives::{Bytes, hex};
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

/// Packages by the names that they are installed under, each pinned.
const PACKAGES: [(&str, &str); 5] = [
    ("oz4", "npm:@openzeppelin/contracts@4.9.6"),
    ("oz5", "npm:@openzeppelin/contracts@5.7.0"),
    ("liquidity-staker", "npm:@uniswap/liquidity-staker@1.0.2"),
    ("merkle-distributor", "npm:@uniswap/merkle-distributor@1.0.1"),
    // The compiler that the metadata of oz5's own artifacts name.
    ("solc", "npm:solc@0.8.35"),
];

/// Bytes at the end of compiled code that say from which text it came, and do nothing.
const METADATA: usize = 53;

/// Where they are installed.
#[derive(Debug)]
pub(super) struct Packages {
    folder: PathBuf,
}

impl Packages {
    /// Has npm install what is not there already.
    pub(super) fn install() -> Result<Self> {
        let cache = std::env::var_os("XDG_CACHE_HOME").filter(|path| !path.is_empty()).map(PathBuf::from);
        let cache = cache.or_else(|| std::env::home_dir().map(|home| home.join(".cache")));
        let folder = cache.context("there is no home folder to keep the peers' packages in: set XDG_CACHE_HOME")?;
        Self::install_with("npm", folder.join("corflow/peers"))
    }

    fn install_with(npm: &str, folder: PathBuf) -> Result<Self> {
        let dependencies: BTreeMap<_, _> = PACKAGES.into();
        let manifest = format!("{:#}\n", json!({ "private": true, "dependencies": dependencies }));
        // npm writes the second of these when it is done.
        let [path, done] = ["package.json", "node_modules/.package-lock.json"].map(|name| folder.join(name));
        if fs::read_to_string(&path).ok().as_ref() == Some(&manifest) && done.is_file() {
            return Ok(Self { folder });
        }
        // What an earlier run began and did not end must not look like done.
        match fs::remove_file(&done) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("{} cannot be removed", done.display()));
            }
            _ => {}
        }
        fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        fs::write(&path, manifest).with_context(|| format!("{} cannot be written", path.display()))?;
        let mut install = Command::new(npm);
        install.args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix"]).arg(&folder);
        let Output { status, stderr, .. } = run(&mut install, npm, None)?;
        ensure!(status.success(), "npm could not install the peers' packages: {}", String::from_utf8_lossy(&stderr).trim());
        Ok(Self { folder })
    }

    /// The code that creates a contract which a package ships compiled.
    pub(super) fn creation(&self, package: &str, artifact: &str) -> Result<Bytes> {
        let path = self.folder.join("node_modules").join(package).join(artifact);
        let text = fs::read(&path)
            .with_context(|| format!("{} cannot be read: delete {} and try again", path.display(), self.folder.display()))?;
        let document: Value = serde_json::from_slice(&text).with_context(|| format!("{} is no JSON", path.display()))?;
        let code = hex::decode(document["bytecode"].as_str().unwrap_or_default());
        let code = code.with_context(|| format!("the bytecode in {} is not in hexadecimal", path.display()))?;
        ensure!(!code.is_empty(), "{} ships no code", path.display());
        Ok(code.into())
    }

    /// The code that creates OpenZeppelin's ERC-20 of version 5, which is published as an abstract contract, so without
    /// code: its text, the word `abstract` apart, by the compiler and settings of the package's own artifacts. That they are
    /// those is checked by another contract of the package, which comes out as it is shipped.
    pub(super) fn compiled_erc20(&self) -> Result<Bytes> {
        const TOKEN: &str = "oz5/token/ERC20/ERC20.sol";
        const WITNESS: &str = "oz5/token/ERC6909/ERC6909.sol";
        let modules = self.folder.join("node_modules");
        let read = |name| fs::read_to_string(modules.join(name)).with_context(|| format!("{name} is not in its package"));
        let token = read(TOKEN)?.replacen("abstract contract ERC20 ", "contract ERC20 ", 1);
        let input = json!({
            "language": "Solidity",
            "sources": { TOKEN: { "content": token }, WITNESS: { "content": read(WITNESS)? } },
            "settings": {
                "optimizer": { "enabled": true, "runs": 200 },
                "outputSelection": { "*": { "*": ["evm.bytecode.object"] } },
            },
        });
        let output = compile(&modules, &input)?;
        let code = |file: &str, contract: &str| -> Result<Vec<u8>> {
            let code = output["contracts"][file][contract]["evm"]["bytecode"]["object"].as_str().unwrap_or_default();
            ensure!(!code.is_empty(), "the compiler gave no code of {contract}: {}", output["errors"]);
            hex::decode(code).with_context(|| format!("the compiler's code of {contract}"))
        };
        let (witness, shipped) = (code(WITNESS, "ERC6909")?, self.creation("oz5", "build/contracts/ERC6909.json")?);
        let plain = |code: &[u8]| code.len().checked_sub(METADATA).map(|length| code[..length].to_vec());
        ensure!(plain(&witness) == plain(&shipped), "the compiler does not give what OpenZeppelin ships: its settings differ");
        Ok(code(TOKEN, "ERC20")?.into())
    }
}

/// Asks the compiler, which runs on npm's own Node.js.
fn compile(modules: &Path, input: &Value) -> Result<Value> {
    let mut compiler = Command::new("node");
    compiler.arg(modules.join("solc/solc.js")).args(["--standard-json", "--base-path"]).arg(modules);
    let Output { stdout, stderr, .. } = run(&mut compiler, "node", Some(&input.to_string()))?;
    let text = String::from_utf8_lossy(&stdout);
    // A line about solvers may come first.
    let document = text.find('{').and_then(|at| serde_json::from_str(&text[at..]).ok());
    document.with_context(|| format!("the Solidity compiler gave no answer: {}", String::from_utf8_lossy(&stderr).trim()))
}

/// Runs a program to its end, with what it reads from its input.
fn run(command: &mut Command, name: &str, input: Option<&str>) -> Result<Output> {
    let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
    let mut child = match command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn() {
        Ok(child) => child,
        Err(error) if error.kind() == ErrorKind::NotFound => bail!(
            "{name} is not here: the peers' contracts come from npm, so `corflow bench gas` needs Node.js with npm \
             (https://nodejs.org) in PATH"
        ),
        Err(error) => return Err(error).with_context(|| format!("{name} does not start")),
    };
    // It reads all before it says anything. A program that stopped reading says why itself.
    if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
        let _ = stdin.write_all(input.as_bytes());
    }
    child.wait_with_output().with_context(|| format!("{name} did not come to its end"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_npm_the_error_names_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = Packages::install_with("no-such-npm", folder.path().join("peers")).expect_err("there is no such program");
        assert!(error.to_string().contains("needs Node.js with npm"), "{error:#}");
    }

    #[test]
    fn every_package_is_pinned() {
        for (name, package) in PACKAGES {
            let version = package.rsplit('@').next().expect("a version");
            assert!(
                version.split('.').count() == 3 && version.chars().all(|c| c.is_ascii_digit() || c == '.'),
                "{name}: {package}"
            );
        }
    }

    #[test]
    fn an_artifact_without_code_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let package = folder.path().join("node_modules/oz5");
        fs::create_dir_all(&package).expect("a package");
        fs::write(package.join("ERC20.json"), r#"{"bytecode":"0x"}"#).expect("an artifact");
        let packages = Packages { folder: folder.path().into() };
        let error = packages.creation("oz5", "ERC20.json").expect_err("it is abstract");
        assert!(error.to_string().ends_with("ships no code"), "{error:#}");
    }
}
