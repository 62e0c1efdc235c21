//! Who signs: a key from one of several places, a device, or a wallet elsewhere.
//!
//! A key is read, turned into a signer and forgotten. No message, no `Debug` and no argument holds one: where somebody gives
//! a key in the place of the file that holds it, it is refused without being repeated.

mod keystore;
mod outbox;
mod secret;

use std::{
    fmt,
    path::{Path, PathBuf},
};

use alloy::{
    network::EthereumWallet,
    signers::{
        SignerSync,
        local::{MnemonicBuilder, PrivateKeySigner, coins_bip39::English},
    },
};
use alloy_primitives::{Address, B256, Signature};
use clap::Args;

pub use outbox::{Outbox, OutboxError, Prepared, checksum};
pub use secret::SecretError;

use secret::Secret;
pub(crate) use secret::is_secret;
use words::number::address;

/// The path of the first account in most wallets.
pub const FIRST_ACCOUNT: &str = "m/44'/60'/0'/0/0";

/// Who signs: exactly one of these.
#[derive(Args, Clone, Default)]
#[command(next_help_heading = "Who signs (exactly one)")]
pub struct Keys {
    /// An encrypted keystore (version 3, as geth, foundry and ethers write it). The password comes from --password-file, from
    /// --password-env, or is asked for.
    #[arg(long, value_name = "FILE")]
    keystore: Option<PathBuf>,
    /// The file with the keystore's password in its first line; only its owner may be able to read it.
    #[arg(long, value_name = "FILE", conflicts_with = "password_env")]
    password_file: Option<PathBuf>,
    /// The environment variable with the keystore's password.
    #[arg(long, value_name = "NAME")]
    password_env: Option<String>,
    /// The file with a private key in hexadecimal; only its owner may be able to read it.
    #[arg(long, value_name = "FILE")]
    private_key_file: Option<PathBuf>,
    /// The environment variable with a private key in hexadecimal.
    #[arg(long, value_name = "NAME")]
    key_env: Option<String>,
    /// The file with a mnemonic of 12 to 24 English words; only its owner may be able to read it.
    #[arg(long, value_name = "FILE")]
    mnemonic_file: Option<PathBuf>,
    /// Which account of the mnemonic.
    #[arg(long, value_name = "PATH", default_value = FIRST_ACCOUNT)]
    derivation_path: String,
    /// Which account of a Ledger, as Ledger Live counts them from 0. Needs corflow built with `--features ledger`; no test runs
    /// it, for it needs the device.
    #[arg(long, value_name = "NUMBER")]
    hardware_wallet: Option<usize>,
    /// Sends nothing: writes the transactions to this file, as JSON, for a wallet to sign elsewhere. Needs --from.
    #[arg(long, value_name = "FILE")]
    unsigned: Option<PathBuf>,
    /// Sends nothing: writes the transactions to this file as a batch that Safe's Transaction Builder imports. Needs --from, the
    /// Safe's address.
    #[arg(long, value_name = "FILE")]
    safe_batch: Option<PathBuf>,
    /// The account that acts, where no key says it.
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    from: Option<Address>,
}

/// Where a configuration says that a key is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct KeyFiles {
    pub(crate) private_key_file: Option<PathBuf>,
    pub(crate) keystore: Option<PathBuf>,
    pub(crate) password_file: Option<PathBuf>,
}

/// What signs here.
#[derive(Clone, Debug)]
pub enum Signer {
    /// A key in memory. Its `Debug` shows the address.
    Key(PrivateKeySigner),
    /// A device, which asks its owner.
    #[cfg(feature = "ledger")]
    Device(std::sync::Arc<alloy::signers::ledger::LedgerSigner>),
}

/// Who acts, and how it signs.
#[derive(Clone, Debug)]
pub enum Actor {
    /// An account that signs here.
    Here(Signer),
    /// An account that signs elsewhere, what is written for it.
    Elsewhere(Address, Outbox),
    /// An account that signs nothing: enough to ask what would happen.
    Nobody(Address),
}

/// Why nobody can sign.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Nothing was chosen.
    #[error(
        "who signs? give one of --keystore, --private-key-file, --key-env, --mnemonic-file, --hardware-wallet, --unsigned or \
         --safe-batch"
    )]
    NoSource,
    /// More than one was chosen.
    #[error("{0} are given: exactly one of them can sign")]
    ManySources(String),
    /// The account that signs elsewhere is not named.
    #[error("{0} needs --from, the account that will sign")]
    NoAccount(&'static str),
    /// The key belongs to somebody else.
    #[error("the key is that of {found}, not of {expected} as --from says")]
    OtherAccount {
        /// By `--from`.
        expected: Address,
        /// By the key.
        found: Address,
    },
    /// It cannot be asked to sign each time.
    #[error("this signs by itself, at any time: give it a key, not a device or a wallet elsewhere")]
    NotHeld,
    /// A secret could not be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// What was read is no key.
    #[error("{0} does not hold a private key: 32 bytes in hexadecimal, below the order of the curve")]
    NotAKey(String),
    /// What was read is no mnemonic, or the path is none.
    #[error(
        "{0} holds no mnemonic that --derivation-path leads on from: 12, 15, 18, 21 or 24 words of the English list whose \
         checksum is right, and a path like {FIRST_ACCOUNT}"
    )]
    NotAMnemonic(String),
    /// The keystore's file cannot be read.
    #[error("{0} cannot be read: {1}")]
    Unreadable(String, String),
    /// The keystore's file is not one.
    #[error("{0} is no keystore of version 3")]
    NotAKeystore(String),
    /// Opening it would take more memory or time than any keystore is made for.
    #[error(
        "{0} asks for more work than keystores are made for (at most 1 GiB of memory and 8 passes, or 10,000,000 rounds): it is \
         damaged, or meant to harm; make it anew, as by `geth account import`"
    )]
    CostlyKeystore(String),
    /// The password opens nothing.
    #[error("the password does not open {0}")]
    WrongPassword(String),
    /// Built without it.
    #[cfg(not(feature = "ledger"))]
    #[error("this corflow was built without hardware wallets: build it with `cargo build --features ledger`")]
    NoHardware,
    /// The device did not answer as it should.
    #[cfg(feature = "ledger")]
    #[error("the Ledger does not answer: {0}; is it plugged in, unlocked and its Ethereum app open?")]
    Device(String),
}

impl Keys {
    /// Reads the key, or sees who signs elsewhere.
    pub async fn actor(&self) -> Result<Actor, KeyError> {
        let chosen = self.chosen();
        let [one] = chosen.as_slice() else {
            return Err(if chosen.is_empty() { KeyError::NoSource } else { KeyError::ManySources(chosen.join(" and ")) });
        };
        let elsewhere = |path: &PathBuf, new: fn(PathBuf) -> Outbox| {
            let from = self.from.ok_or(KeyError::NoAccount(one))?;
            Ok(Actor::Elsewhere(from, new(path.clone())))
        };
        if let Some(path) = &self.unsigned {
            return elsewhere(path, Outbox::Unsigned);
        }
        if let Some(path) = &self.safe_batch {
            return elsewhere(path, Outbox::SafeBatch);
        }
        let signer = self.signer().await?;
        match self.from {
            Some(expected) if expected != signer.address() => Err(KeyError::OtherAccount { expected, found: signer.address() }),
            _ => Ok(Actor::Here(signer)),
        }
    }

    /// Where no flag says who signs: the files that a configuration names.
    pub(crate) fn or_files(self, files: &KeyFiles) -> Self {
        if !self.chosen().is_empty() {
            return self;
        }
        let KeyFiles { private_key_file, keystore, password_file } = files.clone();
        let password_file = self.password_file.or(password_file);
        Self { private_key_file, keystore, password_file, ..self }
    }

    /// The same for who must sign by itself, at any time: only a key in memory does.
    pub(crate) async fn held(&self) -> Result<PrivateKeySigner, KeyError> {
        match self.actor().await? {
            Actor::Here(Signer::Key(key)) => Ok(key),
            _ => Err(KeyError::NotHeld),
        }
    }

    /// The same, but for a question `--from` alone is enough, and no secret is read.
    pub async fn asker(&self) -> Result<Actor, KeyError> {
        match self.from {
            Some(from) => Ok(Actor::Nobody(from)),
            None => self.actor().await,
        }
    }

    /// The flags that were given, of which one may be.
    fn chosen(&self) -> Vec<&'static str> {
        let given = [
            ("--keystore", self.keystore.is_some()),
            ("--private-key-file", self.private_key_file.is_some()),
            ("--key-env", self.key_env.is_some()),
            ("--mnemonic-file", self.mnemonic_file.is_some()),
            ("--hardware-wallet", self.hardware_wallet.is_some()),
            ("--unsigned", self.unsigned.is_some()),
            ("--safe-batch", self.safe_batch.is_some()),
        ];
        given.into_iter().filter_map(|(flag, is_given)| is_given.then_some(flag)).collect()
    }

    async fn signer(&self) -> Result<Signer, KeyError> {
        if let Some(path) = &self.private_key_file {
            return key(&Secret::of_file(path)?, &path.display().to_string());
        }
        if let Some(name) = &self.key_env {
            return key(&Secret::of_variable(name)?, &format!("the environment variable {name}"));
        }
        if let Some(path) = &self.mnemonic_file {
            let words = Secret::of_file(path)?;
            // Neither what was read nor what is wrong with it: an error of the library names words.
            let refused = |_| KeyError::NotAMnemonic(path.display().to_string());
            let builder = MnemonicBuilder::<English>::default().phrase(words.text());
            let builder = builder.derivation_path(&self.derivation_path).map_err(refused)?;
            return builder.build().map(Signer::Key).map_err(refused);
        }
        if let Some(path) = &self.keystore {
            secret::refuse_a_secret(&path.display().to_string())?;
            let name = path.display().to_string();
            keystore::check(path).map_err(|fault| match fault {
                keystore::Fault::Unreadable(why) => KeyError::Unreadable(name.clone(), why),
                keystore::Fault::NotOne => KeyError::NotAKeystore(name.clone()),
                keystore::Fault::TooCostly => KeyError::CostlyKeystore(name.clone()),
            })?;
            let password = self.password(&name)?;
            return PrivateKeySigner::decrypt_keystore(path, password.text()).map(Signer::Key).map_err(|error| {
                let wrong = error.to_string() == "Mac Mismatch";
                if wrong { KeyError::WrongPassword(name) } else { KeyError::NotAKeystore(name) }
            });
        }
        self.device().await
    }

    fn password(&self, keystore: &str) -> Result<Secret, SecretError> {
        match (&self.password_file, &self.password_env) {
            (Some(path), _) => Secret::of_file(path),
            (None, Some(name)) => Secret::of_variable(name),
            (None, None) => Secret::asked_for(&format!("password of {keystore}: ")),
        }
    }

    #[cfg(feature = "ledger")]
    async fn device(&self) -> Result<Signer, KeyError> {
        use alloy::signers::ledger::{HDPath, LedgerSigner};
        let account = HDPath::LedgerLive(self.hardware_wallet.unwrap_or_default());
        let device = LedgerSigner::new(account, None).await.map_err(|error| KeyError::Device(error.to_string()))?;
        Ok(Signer::Device(std::sync::Arc::new(device)))
    }

    #[cfg(not(feature = "ledger"))]
    async fn device(&self) -> Result<Signer, KeyError> {
        Err(KeyError::NoHardware)
    }
}

/// Only which sources are given: their values might be secrets in the wrong place.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("sources", &self.chosen()).field("from", &self.from).finish_non_exhaustive()
    }
}

impl Actor {
    /// The account that acts.
    pub fn address(&self) -> Address {
        match self {
            Self::Here(signer) => signer.address(),
            Self::Elsewhere(address, _) | Self::Nobody(address) => *address,
        }
    }
}

impl Signer {
    /// The account that it signs for.
    pub fn address(&self) -> Address {
        match self {
            Self::Key(key) => key.address(),
            #[cfg(feature = "ledger")]
            Self::Device(device) => alloy::signers::Signer::address(device.as_ref()),
        }
    }

    /// What signs transactions.
    pub fn wallet(&self) -> EthereumWallet {
        match self {
            Self::Key(key) => EthereumWallet::from(key.clone()),
            #[cfg(feature = "ledger")]
            Self::Device(device) => EthereumWallet::from(std::sync::Arc::clone(device)),
        }
    }

    /// Signs a digest, where that can be: a device shows what it signs, and a digest shows nothing.
    pub fn sign_digest(&self, digest: &B256) -> Option<Signature> {
        match self {
            Self::Key(key) => key.sign_hash_sync(digest).ok(),
            #[cfg(feature = "ledger")]
            Self::Device(_) => None,
        }
    }
}

/// The private key in a file that only its owner can read: for a run that derives its people's keys from it.
pub fn private_key(path: &Path) -> Result<B256, KeyError> {
    let (secret, name) = (Secret::of_file(path)?, path.display().to_string());
    key(&secret, &name)?;
    secret.text().parse().map_err(|_| KeyError::NotAKey(name))
}

fn key(secret: &Secret, name: &str) -> Result<Signer, KeyError> {
    let key = secret.text().parse::<B256>().ok().and_then(|key| PrivateKeySigner::from_bytes(&key).ok());
    key.map(Signer::Key).ok_or_else(|| KeyError::NotAKey(name.to_owned()))
}

#[cfg(test)]
mod tests;
