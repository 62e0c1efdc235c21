//! Transactions for somebody who signs elsewhere.

use std::{
    io,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use serde_json::{Value, json};

use crate::deployments::draft;

/// A file for transactions that are not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outbox {
    /// Plain JSON: what `eth_sendTransaction` takes, one by one, in order.
    Unsigned(PathBuf),
    /// A batch that Safe's Transaction Builder imports.
    SafeBatch(PathBuf),
}

/// A transaction that is not signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// What it does, in words.
    pub says: String,
    /// Whom it calls.
    pub to: Address,
    /// Wei sent along.
    pub value: U256,
    /// What it calls.
    pub data: Bytes,
    /// Its gas limit, where it could be estimated; a transaction that needs an earlier one's approval cannot be.
    pub gas: Option<u64>,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// Nothing is overwritten: somebody may be about to sign it.
    #[error("{0} is there already: transactions are not written over others that may be about to be signed; give another name")]
    Exists(String),
    /// The file cannot be written.
    #[error("{path} cannot be written: {source}")]
    Unwritable {
        /// Which file.
        path: String,
        /// Why.
        source: io::Error,
    },
}

impl Outbox {
    /// Writes transactions of `from` on a chain, in order, and gives what was written.
    pub fn write(&self, chain_id: u64, from: Address, transactions: &[Prepared]) -> Result<Value, OutboxError> {
        let (path, document) = match self {
            Self::Unsigned(path) => (path, unsigned(chain_id, from, transactions)),
            Self::SafeBatch(path) => (path, safe_batch(chain_id, from, transactions, milliseconds())),
        };
        let name = path.display().to_string();
        written(path, &document).map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => OutboxError::Exists(name.clone()),
            _ => OutboxError::Unwritable { path: name.clone(), source },
        })?;
        Ok(document)
    }
}

/// Writes a file that is not there yet: whole, or not at all, for half of a batch must not be signed nor be in the way of the next.
fn written(path: &Path, document: &Value) -> io::Result<()> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if path.symlink_metadata().is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let mut file = draft(folder)?;
    serde_json::to_writer_pretty(&mut file, document)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path)?;
    Ok(())
}

fn unsigned(chain_id: u64, from: Address, transactions: &[Prepared]) -> Value {
    let one = |transaction: &Prepared| {
        let mut one = json!({
            "says": transaction.says,
            "chainId": format!("{chain_id:#x}"),
            "from": from.to_string(),
            "to": transaction.to.to_string(),
            "value": format!("{:#x}", transaction.value),
            "data": transaction.data,
        });
        if let Some(gas) = transaction.gas {
            one["gas"] = format!("{gas:#x}").into();
        }
        one
    };
    json!({"version": 1, "transactions": transactions.iter().map(one).collect::<Vec<_>>()})
}

fn safe_batch(chain_id: u64, safe: Address, transactions: &[Prepared], created_at: u64) -> Value {
    let one = |transaction: &Prepared| {
        json!({
            "to": transaction.to.to_string(),
            "value": transaction.value.to_string(),
            "data": transaction.data,
            "contractMethod": null,
            "contractInputsValues": null,
        })
    };
    let says = transactions.iter().map(|transaction| transaction.says.as_str()).collect::<Vec<_>>().join("; ");
    let mut batch = json!({
        "version": "1.0",
        "chainId": chain_id.to_string(),
        "createdAt": created_at,
        "meta": {
            "name": "corflow",
            "description": says,
            "txBuilderVersion": "1.16.5",
            "createdFromSafeAddress": safe.to_string(),
            "createdFromOwnerAddress": "",
        },
        "transactions": transactions.iter().map(one).collect::<Vec<_>>(),
    });
    batch["meta"]["checksum"] = checksum(&batch).to_string().into();
    batch
}

/// The checksum by which the Transaction Builder sees that a batch is as it was saved: of the batch without its checksum and
/// with a name of null, keys sorted and listed before their values.
pub fn checksum(batch: &Value) -> B256 {
    let mut bare = batch.clone();
    if let Some(meta) = bare.get_mut("meta").and_then(Value::as_object_mut) {
        meta.remove("checksum");
        meta.insert("name".to_owned(), Value::Null);
    }
    keccak256(canonical(&bare))
}

fn canonical(value: &Value) -> String {
    match value {
        Value::Array(values) => format!("[{}]", values.iter().map(canonical).collect::<Vec<_>>().join(",")),
        Value::Object(fields) => {
            let mut keys: Vec<&String> = fields.keys().collect();
            keys.sort();
            let values: String = keys.iter().map(|key| canonical(&fields[*key]) + ",").collect();
            format!("{{{}{values}}}", json!(keys))
        }
        plain => plain.to_string(),
    }
}

fn milliseconds() -> u64 {
    let passed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(passed.as_millis()).unwrap_or(u64::MAX)
}
