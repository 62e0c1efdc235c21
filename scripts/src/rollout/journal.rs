//! What was signed, written down and on the disk before it is sent: `deployments/<network>.journal.jsonl`, a line each.
//!
//! A run that was killed leaves the bytes that it may have sent, so that the next one sends the same bytes again and nothing
//! twice. What became of them is asked of the chain.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use alloy::{
    consensus::{Transaction, TxEnvelope, transaction::SignerRecoverable},
    eips::Decodable2718,
};
use alloy_primitives::{Address, B256, Bytes};
use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};

/// A journal, which nobody else has open.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: Option<File>,
    entries: Vec<Entry>,
}

/// A line of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "lowercase")]
pub(crate) enum Entry {
    /// The first one.
    Begin(Begin),
    /// A transaction that will be sent.
    Signed(Signed),
    /// A transaction that is in a block.
    Mined(Mined),
    /// The nonce of a step was used by a transaction that is none of ours.
    Replaced {
        /// Of what step.
        step: String,
        /// Which nonce.
        nonce: u64,
        /// The transaction that used it, if the node told.
        by: Option<B256>,
    },
}

/// What a deployment was begun with. All of it holds until its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Begin {
    /// Of the chain.
    pub(crate) chain_id: u64,
    /// Of the chain's first block: another chain with the same id has another.
    pub(crate) chain_genesis: B256,
    /// Who sends.
    pub(crate) deployer: Address,
    /// The first second of epoch 0.
    pub(crate) genesis: u64,
    /// Stands for contracts and parameters.
    pub(crate) fingerprint: B256,
    /// How many allocations were made before this journal.
    pub(crate) allocated: usize,
    /// Whether COR has `burn(uint256)`. It is tried with what the deployer has, which it has at the beginning only.
    pub(crate) burnable: bool,
}

/// A signed transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Signed {
    /// What it does.
    pub(crate) step: String,
    /// Of the sender.
    pub(crate) nonce: u64,
    /// By which the chain knows it.
    pub(crate) hash: B256,
    /// What is sent.
    pub(crate) raw: Bytes,
}

impl Signed {
    /// What the bytes say.
    pub(crate) fn transaction(&self) -> anyhow::Result<TxEnvelope> {
        TxEnvelope::decode_2718(&mut self.raw.as_ref())
            .with_context(|| format!("the journal's bytes of {} are no transaction", self.hash))
    }

    /// Whether an account has signed the bytes, for a chain, with the nonce and the hash that stand beside them. A journal may
    /// come with a checkout: it must not have somebody send, or sign once more, what is not of this account.
    pub(crate) fn check(&self, from: Address, chain_id: u64) -> anyhow::Result<()> {
        let transaction = self.transaction()?;
        let is_ours = transaction.recover_signer().is_ok_and(|signer| signer == from)
            && *transaction.tx_hash() == self.hash
            && transaction.nonce() == self.nonce
            && transaction.chain_id() == Some(chain_id);
        ensure!(
            is_ours,
            "the journal says of `{}` that {from} signed {} with nonce {} for chain {chain_id}, and its bytes do not: somebody \
             else has changed it; nothing was sent; move it away and say --allocated",
            self.step,
            self.hash,
            self.nonce
        );
        Ok(())
    }
}

/// A transaction in a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mined {
    /// What it did.
    pub(crate) step: String,
    /// By which the chain knows it.
    pub(crate) hash: B256,
    /// Of the sender.
    pub(crate) nonce: u64,
    /// Its block's number.
    pub(crate) block: u64,
    /// Its block's timestamp.
    pub(crate) time: u64,
    /// Whether it did what it was to do; if not, it reverted.
    pub(crate) ok: bool,
    /// Gas used.
    pub(crate) gas: u64,
}

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JournalError {
    /// The disk.
    #[error("{} cannot be used: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another run has it.
    #[error("another run is using {}: wait for its end", .0.display())]
    Locked(PathBuf),
    /// A line that is none, other than a last one that was cut off.
    #[error(
        "{}: line {line} cannot be read ({source}): if another corflow wrote it, go on with that one, else bring the file back",
        path.display()
    )]
    Line {
        /// Which file.
        path: PathBuf,
        /// Which one, from 1.
        line: usize,
        /// Why.
        source: serde_json::Error,
    },
}

impl Journal {
    /// Opens a journal, an empty one where there is no file; the file comes with the first line. A last line that was cut off
    /// was not sent: it is taken off.
    pub(crate) fn open(path: &Path) -> Result<Self, JournalError> {
        let io = |source| JournalError::Io { path: path.to_owned(), source };
        if !path.try_exists().map_err(io)? {
            return Ok(Self { path: path.to_owned(), file: None, entries: Vec::new() });
        }
        let mut file = locked(path)?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(io)?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        if whole < text.len() {
            file.set_len(whole as u64).and_then(|()| file.sync_all()).map_err(io)?;
        }
        let parse = |(index, line): (usize, &str)| {
            serde_json::from_str(line).map_err(|source| JournalError::Line { path: path.to_owned(), line: index + 1, source })
        };
        let entries = text[..whole].lines().enumerate().map(parse).collect::<Result<_, _>>()?;
        Ok(Self { path: path.to_owned(), file: Some(file), entries })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a line. It is on the disk when this returns.
    pub(crate) fn write(&mut self, entry: Entry) -> Result<(), JournalError> {
        let io = |source| JournalError::Io { path: self.path.clone(), source };
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(created(&self.path)?),
        };
        let line = serde_json::to_string(&entry).map_err(io::Error::from).map_err(io)?;
        // One write: a line is there whole, or is cut off at its end.
        file.write_all(format!("{line}\n").as_bytes()).and_then(|()| file.sync_data()).map_err(io)?;
        self.entries.push(entry);
        Ok(())
    }

    /// What it began with.
    pub(crate) fn begin(&self) -> Option<&Begin> {
        match self.entries.first() {
            Some(Entry::Begin(begin)) => Some(begin),
            _ => None,
        }
    }

    /// Everything that was signed with the latest nonce whose end is not written down, the latest attempt last.
    pub(crate) fn open_attempts(&self) -> Vec<Signed> {
        let mut open: Vec<Signed> = Vec::new();
        for entry in &self.entries {
            match entry {
                Entry::Begin(_) => {}
                Entry::Signed(signed) => {
                    open.retain(|other| other.nonce == signed.nonce);
                    open.push(signed.clone());
                }
                Entry::Mined(Mined { nonce, .. }) | Entry::Replaced { nonce, .. } => open.retain(|other| other.nonce != *nonce),
            }
        }
        open
    }

    /// The gas limit of a transaction that was signed.
    pub(crate) fn limit(&self, hash: B256) -> anyhow::Result<u64> {
        let signed = self.entries.iter().find_map(|entry| match entry {
            Entry::Signed(signed) if signed.hash == hash => Some(signed),
            _ => None,
        });
        let signed = signed.with_context(|| format!("{} has no {hash}", self.path.display()))?;
        Ok(signed.transaction()?.gas_limit())
    }

    /// The transactions of a step that are in blocks, as far as is written down.
    pub(crate) fn mined<'a>(&'a self, step: &'a str) -> impl DoubleEndedIterator<Item = &'a Mined> {
        self.all_mined().filter(move |mined| mined.step == step)
    }

    /// Every transaction that is in a block, as far as is written down.
    pub(crate) fn all_mined(&self) -> impl DoubleEndedIterator<Item = &Mined> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Mined(mined) => Some(mined),
            _ => None,
        })
    }
}

/// A file for this run alone.
fn locked(path: &Path) -> Result<File, JournalError> {
    let io = |source| JournalError::Io { path: path.to_owned(), source };
    let file = OpenOptions::new().read(true).append(true).create(true).open(path).map_err(io)?;
    file.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => JournalError::Locked(path.to_owned()),
        TryLockError::Error(source) => io(source),
    })?;
    Ok(file)
}

/// A new file for this run alone, whose name is on the disk. One that another run has just begun is refused.
fn created(path: &Path) -> Result<File, JournalError> {
    let io = |source| JournalError::Io { path: path.to_owned(), source };
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(io)?;
    let file = locked(path)?;
    if file.metadata().map_err(io)?.len() > 0 {
        return Err(JournalError::Locked(path.to_owned()));
    }
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(io)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use alloy::{
        consensus::{SignableTransaction, TxEip1559, TxEnvelope},
        eips::Encodable2718,
        network::TxSignerSync,
        signers::local::PrivateKeySigner,
    };
    use alloy_primitives::{Address, B256, TxKind};

    use super::{Begin, Entry, Journal, JournalError, Mined, Signed};

    fn begin() -> Entry {
        Entry::Begin(Begin {
            chain_id: 1,
            chain_genesis: B256::ZERO,
            deployer: Address::ZERO,
            genesis: 7,
            fingerprint: B256::ZERO,
            allocated: 0,
            burnable: true,
        })
    }

    fn signed(step: &str, nonce: u64, hash: u8) -> Signed {
        Signed { step: step.to_owned(), nonce, hash: B256::repeat_byte(hash), raw: [hash].into() }
    }

    fn mined(step: &str, nonce: u64, ok: bool) -> Entry {
        let hash = B256::repeat_byte(nonce as u8);
        Entry::Mined(Mined { step: step.to_owned(), hash, nonce, block: 1, time: 2, ok, gas: 3 })
    }

    #[test]
    fn what_was_written_is_there_again_and_a_cut_line_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.journal.jsonl");
        let mut journal = Journal::open(&path).expect("a journal");
        let mut rival = Journal::open(&path).expect("nobody has begun");
        journal.write(begin()).expect("written");
        assert!(matches!(rival.write(begin()), Err(JournalError::Locked(_))));
        assert!(matches!(Journal::open(&path), Err(JournalError::Locked(_))));
        journal.write(Entry::Signed(signed("a", 0, 1))).expect("written");
        drop(journal);
        let whole = std::fs::read_to_string(&path).expect("a file");
        std::fs::write(&path, format!("{whole}{{\"what\":\"mined\",\"st")).expect("a cut line");

        let mut journal = Journal::open(&path).expect("a journal");
        assert_eq!(journal.entries, [begin(), Entry::Signed(signed("a", 0, 1))]);
        journal.write(mined("a", 0, true)).expect("written");
        drop(journal);
        assert_eq!(Journal::open(&path).expect("a journal").entries.len(), 3);
        std::fs::write(&path, format!("{whole}nonsense\n{whole}")).expect("a bad line");
        assert!(matches!(Journal::open(&path), Err(JournalError::Line { line: 3, .. })));
    }

    #[test]
    fn only_what_the_account_signed_is_sent_or_signed_again() {
        let key = |byte| PrivateKeySigner::from_bytes(&B256::repeat_byte(byte)).expect("a key");
        let signed = |key: &PrivateKeySigner, nonce, chain_id| {
            let to = TxKind::Call(Address::repeat_byte(9));
            let mut unsigned = TxEip1559 { chain_id, nonce, to, gas_limit: 21_000, ..TxEip1559::default() };
            let signature = key.sign_transaction_sync(&mut unsigned).expect("signed");
            let envelope = TxEnvelope::from(unsigned.into_signed(signature));
            Signed { step: "wire staking".to_owned(), nonce, hash: *envelope.tx_hash(), raw: envelope.encoded_2718().into() }
        };
        let (ours, theirs) = (key(1), key(2));
        let good = signed(&ours, 7, 42);
        assert!(good.check(ours.address(), 42).is_ok());
        let forged = [
            signed(&theirs, 7, 42),
            signed(&ours, 7, 43),
            Signed { nonce: 8, ..good.clone() },
            Signed { hash: B256::ZERO, ..good.clone() },
        ];
        for forged in forged {
            let error = forged.check(ours.address(), 42).expect_err("refused").to_string();
            assert!(error.contains("`wire staking`") && error.contains("nothing was sent"), "{error}");
        }
        assert!(Signed { raw: [1].into(), ..good }.check(ours.address(), 42).is_err());
    }

    #[test]
    fn attempts_are_open_until_their_end_is_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut journal = Journal::open(&folder.path().join("j")).expect("a journal");
        journal.write(begin()).expect("written");
        for entry in [Entry::Signed(signed("a", 0, 1)), mined("a", 0, false), Entry::Signed(signed("b", 1, 2))] {
            journal.write(entry).expect("written");
        }
        journal.write(Entry::Signed(signed("b", 1, 3))).expect("written");
        assert_eq!(journal.open_attempts(), [signed("b", 1, 2), signed("b", 1, 3)]);
        journal.write(Entry::Replaced { step: "b".to_owned(), nonce: 1, by: None }).expect("written");
        assert_eq!(journal.open_attempts(), []);
        assert!(journal.mined("a").all(|mined| !mined.ok) && journal.mined("b").next().is_none());
    }
}
