//! Keystores as files that anybody may have written.
//!
//! A keystore says itself how much work its password is, up to terabytes of memory, and the library does what it says: what
//! cannot be one that somebody means to open is refused before that.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use serde::Deserialize;

/// The largest file, in bytes: a keystore has some five hundred.
const LARGEST: u64 = 64 << 10;
/// The memory that scrypt may take, in bytes: four times what geth's keystores do.
const MOST_MEMORY: u64 = 1 << 30;
/// How often scrypt may mix its memory.
const MOST_PASSES: u64 = 8;
/// The rounds of PBKDF2: forty times those of the standard's example.
const MOST_ROUNDS: u64 = 10_000_000;

/// What is wrong with a keystore, before its password is tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It cannot be read, and why.
    Unreadable(String),
    /// It is none, or none of version 3.
    NotOne,
    /// It asks for more work than anybody means.
    TooCostly,
}

#[derive(Deserialize)]
struct Keystore {
    version: u64,
    crypto: Crypto,
}

#[derive(Deserialize)]
struct Crypto {
    cipher: String,
    cipherparams: Cipher,
    ciphertext: String,
    mac: String,
    kdf: String,
    kdfparams: Work,
}

#[derive(Deserialize)]
struct Cipher {
    iv: String,
}

#[derive(Deserialize)]
struct Work {
    dklen: u64,
    c: Option<u64>,
    n: Option<u64>,
    r: Option<u64>,
    p: Option<u64>,
}

/// Whether a file is a keystore whose password can be tried at a bearable cost.
pub(super) fn check(path: &Path) -> Result<(), Fault> {
    let unreadable = |error: io::Error| Fault::Unreadable(error.to_string());
    let mut text = String::new();
    File::open(path).map_err(unreadable)?.take(LARGEST).read_to_string(&mut text).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => Fault::NotOne,
        _ => unreadable(error),
    })?;
    let Keystore { version, crypto } = serde_json::from_str(&text).map_err(|_| Fault::NotOne)?;
    let has = |text: &str, bytes: usize| {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        digits.len() == 2 * bytes && digits.bytes().all(|it| it.is_ascii_hexdigit())
    };
    // Of other lengths the library takes slices that are not there.
    let is_whole = has(&crypto.cipherparams.iv, 16) && has(&crypto.ciphertext, 32) && has(&crypto.mac, 32);
    if version != 3 || crypto.cipher != "aes-128-ctr" || crypto.kdfparams.dklen != 32 || !is_whole {
        return Err(Fault::NotOne);
    }
    let bearable = match (crypto.kdf.as_str(), &crypto.kdfparams) {
        ("pbkdf2", Work { c: Some(rounds), .. }) => (1..=MOST_ROUNDS).contains(rounds),
        ("scrypt", Work { n: Some(n), r: Some(r), p: Some(p), .. }) => {
            if !n.is_power_of_two() || *n < 2 || *r == 0 || *p == 0 {
                return Err(Fault::NotOne);
            }
            n.saturating_mul(*r).saturating_mul(128) <= MOST_MEMORY && *p <= MOST_PASSES
        }
        _ => return Err(Fault::NotOne),
    };
    if bearable { Ok(()) } else { Err(Fault::TooCostly) }
}
