//! Every source of keys, and that no message holds one.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use alloy_primitives::{U256, address};
use clap::Parser;
use serde_json::json;
use tempfile::TempDir;

use super::*;

const KEY: &str = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";
const OWNER: Address = address!("0x2c7536E3605D9C16a7a3D7b1898e529396a65c23");
const WORDS: &str = "test test test test test test test test test test test junk";
const FIRST: Address = address!("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
const THIRD: Address = address!("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC");
/// The example of the Web3 Secret Storage Definition, and its password, key and account.
const KEYSTORE: &str = r#"{
    "crypto": {
        "cipher": "aes-128-ctr",
        "cipherparams": {"iv": "6087dab2f9fdbbfaddc31a909735c1e6"},
        "ciphertext": "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
        "kdf": "pbkdf2",
        "kdfparams": {
            "c": 262144, "dklen": 32, "prf": "hmac-sha256",
            "salt": "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"
        },
        "mac": "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"
    },
    "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6",
    "version": 3
}"#;
const PASSWORD: &str = "testpassword";
const KEPT: &str = "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";
const KEEPER: Address = address!("0x008AeEda4D805471dF9b2A5B0f38A0C3bCBA786b");

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    keys: Keys,
}

struct Drawer(TempDir);

impl Drawer {
    fn new() -> Self {
        Self(TempDir::new().expect("a folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: &str, text: &str, mode: u32) -> String {
        let path = self.path(name);
        fs::write(&path, text).expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("a mode");
        path.display().to_string()
    }
}

fn keys(line: &[&str]) -> Keys {
    Line::try_parse_from([&["corflow"], line].concat()).expect("a line").keys
}

async fn account(line: &[&str]) -> Address {
    keys(line).actor().await.expect("an account").address()
}

/// The error in all its forms: what people read, with its causes, and what a log would hold.
async fn refused(line: &[&str]) -> String {
    let keys = keys(line);
    let error = keys.actor().await.expect_err("refused");
    let debug = format!("{error:?} {keys:?}");
    let text = format!("{:#}", anyhow::Error::from(error));
    for secret in [KEY, &KEY.to_uppercase(), KEPT, PASSWORD, "test test", "junk"] {
        assert!(!text.contains(secret) && !debug.contains(secret), "a secret in: {text} {debug}");
    }
    text
}

#[tokio::test]
async fn a_file_is_read_only_if_nobody_else_can_read_it() {
    let drawer = Drawer::new();
    for text in [KEY.to_owned(), format!("0x{KEY}\n")] {
        assert_eq!(account(&["--private-key-file", &drawer.put("key", &text, 0o600)]).await, OWNER);
    }
    for mode in [0o640, 0o604, 0o644, 0o660] {
        let path = drawer.put("key", KEY, mode);
        let error = refused(&["--private-key-file", &path]).await;
        assert!(error.contains(&format!("chmod 600 {path}")) && error.contains(&format!("{mode:o}")), "{error}");
    }
    // Nothing that was read is told, whatever is wrong with it.
    for text in [&KEY[..63], &format!("{KEY}ff"), &format!("{KEY} {KEY}"), &"f".repeat(64), &"0".repeat(64)] {
        let error = refused(&["--private-key-file", &drawer.put("key", text, 0o600)]).await;
        assert!(error.contains("does not hold a private key") && !error.contains(&KEY[..32]), "{error}");
    }
    assert!(refused(&["--private-key-file", &drawer.put("key", " \n", 0o600)]).await.contains("is empty"));
    assert!(refused(&["--private-key-file", "/nowhere/key"]).await.contains("/nowhere/key cannot be read"));
}

#[tokio::test]
async fn a_secret_in_the_place_of_its_file_is_not_repeated() {
    for flag in ["--private-key-file", "--key-env", "--mnemonic-file", "--keystore"] {
        for secret in [KEY.to_owned(), format!("0x{KEY}"), WORDS.to_owned()] {
            let error = refused(&[flag, &secret]).await;
            assert!(error.contains("looks like a secret"), "{flag}: {error}");
            assert!(!format!("{:?}", keys(&[flag, &secret])).contains(&secret));
        }
    }
}

#[tokio::test]
async fn a_keystore_opens_by_its_password_and_by_no_other() {
    let drawer = Drawer::new();
    let keystore = drawer.put("keystore.json", KEYSTORE, 0o644);
    let right = drawer.put("right", &format!("{PASSWORD}\n"), 0o600);
    let wrong = drawer.put("wrong", "incorrect", 0o600);
    assert_eq!(account(&["--keystore", &keystore, "--password-file", &right]).await, KEEPER);
    let error = refused(&["--keystore", &keystore, "--password-file", &wrong]).await;
    assert!(error.contains("the password does not open"), "{error}");
    let open = drawer.put("open", PASSWORD, 0o644);
    assert!(refused(&["--keystore", &keystore, "--password-file", &open]).await.contains("chmod 600"));
    let other = drawer.put("other.json", &format!("{{\"key\": \"{KEY}\"}}"), 0o600);
    assert!(refused(&["--keystore", &other, "--password-file", &right]).await.contains("no keystore of version 3"));
    let error = refused(&["--keystore", &keystore, "--password-env", "CORFLOW_TEST_NO_SUCH_PASSWORD"]).await;
    assert!(error.contains("CORFLOW_TEST_NO_SUCH_PASSWORD is not set"), "{error}");
}

/// The library allocates what such a file says, or takes slices that its bytes do not have.
#[tokio::test]
async fn a_keystore_that_would_harm_is_refused_before_its_password_is_tried() {
    let drawer = Drawer::new();
    let password = drawer.put("password", PASSWORD, 0o600);
    let whole: serde_json::Value = serde_json::from_str(KEYSTORE).expect("JSON");
    let scrypt = |n: u64, r: u64, p: u64| {
        let mut changed = whole.clone();
        changed["crypto"]["kdf"] = json!("scrypt");
        changed["crypto"]["kdfparams"] = json!({"dklen": 32, "n": n, "r": r, "p": p, "salt": "ab0c"});
        changed
    };
    let with = |pointer: &str, value: serde_json::Value| {
        let mut changed = whole.clone();
        *changed.pointer_mut(pointer).expect("a field") = value;
        changed
    };
    for (keystore, why) in [
        (scrypt(1 << 30, 64, 16), "more work"),
        (scrypt(1 << 20, 8, 16), "more work"),
        (scrypt(1 << 63, u64::MAX, 1), "more work"),
        (scrypt(3, 8, 1), "no keystore"),
        (scrypt(0, 8, 1), "no keystore"),
        (scrypt(2, 0, 1), "no keystore"),
        (with("/crypto/kdfparams/c", json!(4_000_000_000_u64)), "more work"),
        (with("/crypto/kdfparams/dklen", json!(8)), "no keystore"),
        (with("/crypto/kdfparams/dklen", json!(4_000_000_000_u64)), "no keystore"),
        (with("/crypto/cipherparams/iv", json!("6087")), "no keystore"),
        (with("/crypto/ciphertext", json!("5318")), "no keystore"),
        (with("/crypto/mac", json!("5318")), "no keystore"),
        (with("/version", json!(4)), "no keystore"),
    ] {
        let path = drawer.put("keystore.json", &keystore.to_string(), 0o600);
        let error = refused(&["--keystore", &path, "--password-file", &password]).await;
        assert!(error.contains(why), "{keystore}: {error}");
    }
    // Such as geth writes is tried.
    let path = drawer.put("keystore.json", &scrypt(1 << 12, 8, 6).to_string(), 0o600);
    assert!(refused(&["--keystore", &path, "--password-file", &password]).await.contains("the password does not open"));
    let long = drawer.put("long.json", &format!("{}{KEYSTORE}", " ".repeat(1 << 20)), 0o600);
    assert!(refused(&["--keystore", &long, "--password-file", &password]).await.contains("no keystore"));
    assert!(refused(&["--keystore", "/nowhere/k", "--password-file", &password]).await.contains("/nowhere/k cannot be read"));
}

#[tokio::test]
async fn a_mnemonic_has_many_accounts() {
    let drawer = Drawer::new();
    let path = drawer.put("words", &format!("{WORDS}\n"), 0o600);
    assert_eq!(account(&["--mnemonic-file", &path]).await, FIRST);
    assert_eq!(account(&["--mnemonic-file", &path, "--derivation-path", "m/44'/60'/0'/0/2"]).await, THIRD);
    assert!(refused(&["--mnemonic-file", &path, "--derivation-path", "m/x"]).await.contains("no mnemonic that"));
    for words in [WORDS.replace("junk", "test"), WORDS.replace("junk", KEY), "test test junk".to_owned()] {
        let path = drawer.put("words", &words, 0o600);
        assert!(refused(&["--mnemonic-file", &path]).await.contains("checksum"));
    }
    assert!(refused(&["--mnemonic-file", &drawer.put("words", WORDS, 0o640)]).await.contains("chmod 600"));
}

#[tokio::test]
async fn exactly_one_source_signs() {
    let drawer = Drawer::new();
    let key = drawer.put("key", KEY, 0o600);
    assert!(refused(&[]).await.starts_with("who signs? give one of --keystore"));
    let error = refused(&["--private-key-file", &key, "--key-env", "X", "--unsigned", "f"]).await;
    assert_eq!(error, "--private-key-file and --key-env and --unsigned are given: exactly one of them can sign");
    assert!(refused(&["--unsigned", "f"]).await.contains("--unsigned needs --from"));
    let error = refused(&["--private-key-file", &key, "--from", &FIRST.to_string()]).await;
    assert!(error.contains(&OWNER.to_string()) && error.contains(&FIRST.to_string()), "{error}");
    assert!(refused(&["--key-env", "CORFLOW_TEST_NO_SUCH_KEY"]).await.contains("CORFLOW_TEST_NO_SUCH_KEY is not set"));
    #[cfg(not(feature = "ledger"))]
    assert!(refused(&["--hardware-wallet", "0"]).await.contains("--features ledger"));
}

#[tokio::test]
async fn to_ask_an_address_is_enough() {
    let asker = keys(&["--from", &FIRST.to_string()]).asker().await.expect("an address");
    assert!(matches!(asker, Actor::Nobody(it) if it == FIRST));
}

#[tokio::test]
async fn no_debug_shows_a_key() {
    let drawer = Drawer::new();
    let actor = keys(&["--private-key-file", &drawer.put("key", KEY, 0o600)]).actor().await.expect("an account");
    let debug = format!("{actor:?}");
    assert!(!debug.to_lowercase().contains(&KEY[..16]) && debug.contains("Key"), "{debug}");
    assert_eq!(format!("{:?}", Secret::of_file(&drawer.path("key")).expect("a secret")), "Secret(..)");
}

fn prepared() -> [Prepared; 2] {
    let one =
        |says: &str, gas| Prepared { says: says.to_owned(), to: FIRST, value: U256::ZERO, data: vec![1, 2, 3, 4].into(), gas };
    [one("approve", Some(21_000)), one("stake", None)]
}

#[test]
fn unsigned_transactions_are_what_wallets_take() {
    let drawer = Drawer::new();
    let outbox = Outbox::Unsigned(drawer.path("unsigned.json"));
    let document = outbox.write(412_346, THIRD, &prepared()).expect("written");
    let file: serde_json::Value = serde_json::from_slice(&fs::read(drawer.path("unsigned.json")).expect("a file")).expect("JSON");
    assert_eq!(file, document);
    assert_eq!(
        file["transactions"][0],
        json!({
            "says": "approve", "chainId": "0x64aba", "from": THIRD.to_string(), "to": FIRST.to_string(), "value": "0x0",
            "data": "0x01020304", "gas": "0x5208",
        })
    );
    assert_eq!(file["transactions"][1].get("gas"), None);
    assert!(outbox.write(1, THIRD, &prepared()).expect_err("there already").to_string().contains("is there already"));
    // Nor is anything written where a link leads, and nothing is left beside it.
    std::os::unix::fs::symlink(drawer.path("elsewhere"), drawer.path("link.json")).expect("a link");
    let error = Outbox::Unsigned(drawer.path("link.json")).write(1, THIRD, &prepared()).expect_err("a link");
    assert!(error.to_string().contains("is there already") && !drawer.path("elsewhere").exists(), "{error}");
    assert_eq!(fs::read_dir(drawer.path("")).expect("a folder").count(), 2);
}

#[test]
fn a_batch_is_as_the_transaction_builder_writes_it() {
    let drawer = Drawer::new();
    let batch = Outbox::SafeBatch(drawer.path("batch.json")).write(42_161, THIRD, &prepared()).expect("written");
    assert_eq!((&batch["version"], &batch["chainId"]), (&json!("1.0"), &json!("42161")));
    assert_eq!(batch["meta"]["createdFromSafeAddress"], THIRD.to_string());
    assert_eq!(batch["meta"]["description"], "approve; stake");
    assert_eq!(batch["transactions"][1]["value"], "0");
    assert_eq!(batch["meta"]["checksum"], checksum(&batch).to_string());
    let mut other = batch.clone();
    other["transactions"][1]["value"] = "1".into();
    assert_ne!(checksum(&other), checksum(&batch));
}

/// A batch that the Transaction Builder 1.18.2 itself saved.
#[test]
fn the_checksum_is_the_transaction_builders() {
    let input = |name: &str, kind: &str| json!({"internalType": kind, "name": name, "type": kind});
    let batch = json!({
        "version": "1.0",
        "chainId": "1",
        "createdAt": 1_761_326_849_944_u64,
        "meta": {
            "name": "Transactions Batch",
            "description": "",
            "txBuilderVersion": "1.18.2",
            "createdFromSafeAddress": "0xA77DE01e157f9f57C7c4A326eeE9C4874D0598b6",
            "createdFromOwnerAddress": "",
            "checksum": "0x8b5032f716845c8b08bab3d63dbd9ba92e056f3557793cd041e59b84e16aa989",
        },
        "transactions": [{
            "to": "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48",
            "value": "0",
            "data": null,
            "contractMethod": {
                "inputs": [input("spender", "address"), input("value", "uint256")],
                "name": "approve",
                "payable": false,
            },
            "contractInputsValues": {
                "spender": "0x474e5Ded6b5D078163BFB8F6dBa355C3aA5478C8",
                "value": "100000000000",
            },
        }],
    });
    assert_eq!(batch["meta"]["checksum"], checksum(&batch).to_string());
}
