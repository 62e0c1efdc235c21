//! One keeper for a key: two would sign different transactions with the same nonce.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
};

use alloy_primitives::Address;
use anyhow::{Context, Result, bail};

/// Holds until it is dropped, or the process ends, however it does.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of a key on a chain. It is one for all folders of state, as far as they share `folder`.
    pub(crate) fn take(folder: &Path, account: Address, chain_id: u64) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        let path: PathBuf = folder.join(format!("corflow-keeper-{chain_id}-{account}.lock"));
        let opened = File::options().create(true).truncate(false).write(true).open(&path);
        let file = opened.with_context(|| format!("{} cannot be opened", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => bail!(
                "another keeper runs with the key of {account} on chain {chain_id} ({} is locked): stop it first, or give this \
                 one a key of its own",
                path.display()
            ),
            Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("{} cannot be locked", path.display())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_one_keeper_on_a_chain() {
        let folder = tempfile::tempdir().expect("a folder");
        let key = Address::repeat_byte(1);
        let first = Lock::take(folder.path(), key, 1).expect("the first");
        let error = Lock::take(folder.path(), key, 1).expect_err("the second").to_string();
        assert!(error.contains("another keeper runs") && error.contains(&key.to_string()), "{error}");
        assert!(Lock::take(folder.path(), key, 2).is_ok());
        assert!(Lock::take(folder.path(), Address::repeat_byte(2), 1).is_ok());
        drop(first);
        assert!(Lock::take(folder.path(), key, 1).is_ok());
    }
}
