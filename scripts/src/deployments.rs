//! What a deployment leaves behind: `deployments/<network>.json`, and `deployments/abi/*.json` for other tools.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use crate::{build::Workspace, deploy::Deployed, names::Names};

/// The local network's chain id, which Nitro's development node has too.
pub const LOCAL: u64 = 412_346;

/// The folder of `networks.toml`, in which deployments are kept: the one that the environment variable `CORFLOW_DEPLOYMENTS` names,
/// that of this checkout without it.
pub(crate) fn folder(workspace: &Workspace) -> PathBuf {
    std::env::var_os("CORFLOW_DEPLOYMENTS").map_or_else(|| workspace.root().join("deployments"), PathBuf::from)
}

/// A network by its chain id, as `networks.toml` names it.
pub(crate) fn network(chain_id: u64) -> String {
    match chain_id {
        LOCAL => "local".to_owned(),
        421_614 => "arbitrum-sepolia".to_owned(),
        42_161 => "arbitrum-one".to_owned(),
        other => format!("chain_{other}"),
    }
}

/// What stands on one network.
#[derive(Debug)]
pub(crate) struct Deployments {
    path: PathBuf,
    chain_id: u64,
    contracts: Map<String, Value>,
}

impl Deployments {
    /// A new deployment on a network, in the place of an older one.
    pub(crate) fn new(workspace: &Workspace, chain_id: u64) -> Self {
        // What a run tries out on a real network is not what `corflow deploy` put there.
        let trial = if matches!(chain_id, 421_614 | 42_161) { "trial-" } else { "" };
        let path = folder(workspace).join(format!("{trial}{}.json", network(chain_id)));
        Self { path, chain_id, contracts: Map::new() }
    }

    /// Adds a contract and writes the file, so that a run that stops half way leaves what it did.
    pub(crate) fn add(&mut self, name: &str, contract: &Deployed, names: &Names) -> Result<()> {
        let call = names.call(contract.transaction.order.to, &contract.transaction.order.input);
        let init_data = call.and_then(|call| call.args.get("initData")?.as_str()?.parse::<alloy_primitives::Bytes>().ok());
        let arguments = init_data.and_then(|data| names.constructor(contract.address, &data));
        let entry = json!({
            "address": contract.address.to_string(),
            "codeHash": contract.code_hash,
            "codeSize": contract.code_size,
            "constructor": arguments,
            "transaction": contract.transaction.hash,
            "block": contract.transaction.block,
            "time": contract.transaction.time,
        });
        self.contracts.insert(name.to_owned(), entry);
        let document = json!({"network": network(self.chain_id), "chainId": self.chain_id, "contracts": self.contracts});
        write(&self.path, &document)
    }
}

/// The file of a contract's ABI.
pub fn abi_path(workspace: &Workspace, name: &str) -> PathBuf {
    workspace.root().join("deployments/abi").join(format!("{name}.json"))
}

/// An ABI as its file holds it.
pub fn abi_text(abi: &alloy_json_abi::JsonAbi) -> Result<String> {
    Ok(format!("{}\n", serde_json::to_string_pretty(abi).context("an ABI that is no JSON")?))
}

/// Writes the ABIs that differ from their files.
pub fn write_abis(workspace: &Workspace) -> Result<()> {
    for (name, abi) in abi::contracts() {
        let (path, text) = (abi_path(workspace, name), abi_text(&abi)?);
        if fs::read_to_string(&path).ok().as_deref() != Some(&text) {
            replace(&path, &text).with_context(|| format!("{} cannot be written", path.display()))?;
        }
    }
    Ok(())
}

fn write(path: &Path, document: &Value) -> Result<()> {
    let text = format!("{document:#}\n");
    replace(path, &text).with_context(|| format!("{} cannot be written", path.display()))
}

/// A new file in a folder, without a name of its own yet, which others may read as far as the umask lets them: it is for them, and
/// a temporary file by itself is nobody else's.
pub(crate) fn draft(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

/// Puts a file in its place at once: whoever reads it finds the old one or the new one, never half of it.
pub(crate) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = draft(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::replace;

    #[test]
    fn a_file_is_replaced_for_all_who_could_read_it_and_nothing_is_written_through_a_link() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        fs::write(path("plain"), "as any program writes it").expect("a file");
        let mode = |name: &str| fs::metadata(path(name)).expect("a file").permissions().mode();
        replace(&path("new.json"), "{}").expect("written");
        assert_eq!(mode("new.json"), mode("plain"));
        std::os::unix::fs::symlink(path("plain"), path("link.json")).expect("a link");
        replace(&path("link.json"), "{}").expect("written");
        assert_eq!(fs::read_to_string(path("plain")).expect("a file"), "as any program writes it");
        assert_eq!(fs::read_to_string(path("link.json")).expect("a file"), "{}");
    }
}
