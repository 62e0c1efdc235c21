//! Who signs, from every place where a key can be; and that a key is nowhere else.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    process::{Output, Stdio},
};

use abi::CorToken;
use alloy_primitives::{Address, U256, address};
use corflow::people::Person::*;
use serde_json::{Value, json};

use crate::{
    desk::{COR, Desk, wei},
    line::corflow,
    terminal::at_a_terminal,
};

const WORDS: &str = "test test test test test test test test test test test junk";
/// The example of the Web3 Secret Storage Definition with fewer rounds, and its password, key and account.
const KEYSTORE: &str = r#"{"crypto": {
    "cipher": "aes-128-ctr", "cipherparams": {"iv": "6087dab2f9fdbbfaddc31a909735c1e6"},
    "ciphertext": "222e3de58e99185cba113c17eb5f7dda1cc32d677c070b033fb5b09731be6512",
    "kdf": "pbkdf2", "kdfparams": {"c": 1024, "dklen": 32, "prf": "hmac-sha256",
    "salt": "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"},
    "mac": "8ee796d41a19c45aeeb40f06b3b691494397173041d116c0b01e1b547a73bb7d"},
    "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6", "version": 3}"#;
const PASSWORD: &str = "testpassword";
const KEPT: &str = "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";
const KEEPER: Address = address!("0x008AeEda4D805471dF9b2A5B0f38A0C3bCBA786b");

/// Ada's key as people write it into a variable or a file, without 0x.
fn key(desk: &Desk) -> String {
    desk.running.people.signer(Ada).to_bytes().to_string().trim_start_matches("0x").to_owned()
}

fn no_secret(desk: &Desk, text: &str) {
    let text = text.to_lowercase();
    for secret in [key(desk).as_str(), KEPT, PASSWORD, "test test", "junk"] {
        assert!(!text.contains(secret), "a secret in: {text}");
    }
}

impl Desk {
    /// Stakes with keys from somewhere, and gives exit code, document and errors, in which no secret is.
    fn stake(&self, keys: &str, variables: &[(&str, &str)]) -> (Option<i32>, Value, String) {
        let mut command = corflow(&self.words(&format!("stake 1 --json {keys}")));
        let Output { status, stdout, stderr } =
            command.envs(variables.iter().copied()).stdin(Stdio::null()).output().expect("corflow runs");
        let (said, errors) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        no_secret(self, &format!("{said}{errors}"));
        (status.code(), serde_json::from_str(&said).unwrap_or_default(), errors.into_owned())
    }

    fn stakes(&self, keys: &str, variables: &[(&str, &str)]) {
        let (code, json, errors) = self.stake(keys, variables);
        assert_eq!((code, &json["ok"]), (Some(0), &json!(true)), "{keys}: {errors}");
    }

    fn refuses(&self, keys: &str, variables: &[(&str, &str)], why: &str) {
        let (code, json, errors) = self.stake(keys, variables);
        assert_eq!((code, json["exit"].as_u64()), (Some(4), Some(4)), "{keys}: {errors}");
        assert!(errors.contains(why) && json["error"].as_str().is_some_and(|it| it.contains(why)), "{keys}: {errors}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_where_it_is_and_nowhere_else() {
    let desk = Desk::open().await;
    desk.get("anvil_setBalance", json!([KEEPER, "0xde0b6b3a7640000"])).await;
    let gift = CorToken::transferCall { to: KEEPER, value: U256::from(100 * COR) };
    desk.send(desk.address(Treasury), desk.running.system.token, gift).await;
    let key = key(&desk);

    // Files that only their owner can read.
    desk.stakes("--private-key-file @ada", &[]);
    fs::set_permissions(desk.path("ada"), fs::Permissions::from_mode(0o644)).expect("a mode");
    desk.refuses("--private-key-file @ada", &[], "can be read by others (its mode is 644): run `chmod 600");
    fs::set_permissions(desk.path("ada"), fs::Permissions::from_mode(0o600)).expect("a mode");
    desk.refuses(&format!("--private-key-file {key}"), &[], "this looks like a secret itself");
    desk.refuses("--private-key-file @nowhere", &[], "cannot be read");
    let ben = desk.address(Ben);
    desk.refuses(&format!("--private-key-file @ada --from {ben}"), &[], "as --from says");

    // Variables.
    desk.stakes("--key-env KEYOFADA", &[("KEYOFADA", &key)]);
    desk.refuses("--key-env KEYOFADA", &[], "the environment variable KEYOFADA is not set");
    desk.refuses("--key-env KEYOFADA", &[("KEYOFADA", &key[2..])], "KEYOFADA does not hold a private key");

    // Mnemonics: their first account, and others by their path.
    desk.write("words", WORDS);
    desk.stakes(&format!("--mnemonic-file @words --from {}", desk.address(Guardian)), &[]);
    desk.stakes(&format!("--mnemonic-file @words --derivation-path m/44'/60'/0'/0/2 --from {ben}"), &[]);
    desk.refuses("--mnemonic-file @words --derivation-path m/x", &[], "holds no mnemonic that --derivation-path leads on from");
    desk.write("words", &WORDS.replace("junk", "test"));
    desk.refuses("--mnemonic-file @words", &[], "whose checksum is right");

    // Keystores, with their passwords from a file, from a variable, and with nobody to ask.
    desk.write("keystore", KEYSTORE);
    desk.write("password", PASSWORD);
    desk.stakes(&format!("--keystore @keystore --password-file @password --from {KEEPER}"), &[]);
    desk.stakes("--keystore @keystore --password-env WORD", &[("WORD", PASSWORD)]);
    desk.refuses("--keystore @keystore --password-env WORD", &[("WORD", "another")], "the password does not open");
    desk.refuses("--keystore @keystore", &[], "there is no terminal to ask for a password at: use --password-file");
    desk.refuses("--keystore @deployments.json --password-file @password", &[], "is no keystore of version 3");

    at_the_terminal(&desk).await;
    in_no_list_of_processes(&desk, &key).await;
}

async fn at_the_terminal(desk: &Desk) {
    let nonce = |account| desk.nonce(account, "latest");
    let keystore = desk.words("stake 1 --keystore @keystore");
    let opened = ("password of", "testpassword\r");

    // Asked for the password, then whether to send.
    let before = nonce(KEEPER).await;
    let (code, shown) = at_a_terminal(&keystore, &[opened, ("send? [y/N]", "y\n")]);
    assert!(code == Some(0) && shown.contains("as predicted, to the wei"), "{code:?} {shown}");
    no_secret(desk, &shown);
    assert_eq!(nonce(KEEPER).await, before + 1);
    // Anything but yes is no, and what would change was shown before.
    for answer in ["n\n", "\n", "yes?\n"] {
        let (code, shown) = at_a_terminal(&keystore, &[opened, ("send? [y/N]", answer)]);
        assert!(code == Some(1) && shown.contains("nothing was sent") && shown.contains("at stake "), "{code:?} {shown}");
    }
    // A slip is taken back, a wrong password is told, and an escape is an answer.
    let (code, shown) = at_a_terminal(&keystore, &[("password of", "testpasswordx\u{7f}\r"), ("send? [y/N]", "n\n")]);
    assert!(code == Some(1) && shown.contains("nothing was sent"), "{code:?} {shown}");
    let (code, shown) = at_a_terminal(&keystore, &[("password of", "wrong\r")]);
    assert!(code == Some(4) && shown.contains("the password does not open") && !shown.contains("wrong"), "{code:?} {shown}");
    for escape in ["\u{3}", "\u{1b}"] {
        let (code, shown) = at_a_terminal(&keystore, &[("password of", escape)]);
        assert!(code == Some(4) && shown.contains("no password was given"), "{code:?} {shown}");
    }
    assert_eq!(nonce(KEEPER).await, before + 1, "nothing else was sent");
    // Who says so beforehand is not asked.
    let (code, shown) = at_a_terminal(&desk.words("stake 1 --yes --private-key-file @ada"), &[]);
    assert!(code == Some(0) && !shown.contains("send?"), "{code:?} {shown}");
}

/// What others on the machine can see: arguments of processes, and the environment of programs that are started.
async fn in_no_list_of_processes(desk: &Desk, key: &str) {
    desk.get("evm_setAutomine", json!([false])).await;
    let mut command = corflow(&desk.words("stake 1 --key-env KEYOFADA"));
    command.env("KEYOFADA", key).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let child = command.spawn().expect("corflow runs");
    desk.on_its_way().await;
    let arguments = fs::read(format!("/proc/{}/cmdline", child.id())).expect("its arguments");
    no_secret(desk, &String::from_utf8_lossy(&arguments));
    desk.get("evm_mine", json!([])).await;
    assert!(child.wait_with_output().expect("it ends").status.success());
    desk.get("evm_setAutomine", json!([true])).await;

    // The contracts' build runs build scripts of others: they find neither key nor password nor mnemonic.
    let spy =
        "#!/bin/sh\nexport -p >> \"$SEEN\"\ncase $* in *-vV*) echo 'commit-hash: x';; *sysroot*) echo /;; *) exit 1;; esac\n";
    desk.write("spy", spy);
    fs::set_permissions(desk.path("spy"), fs::Permissions::from_mode(0o700)).expect("a mode");
    let (spy, seen) = (desk.path("spy"), desk.path("seen"));
    let mut command = corflow(&desk.bare("deploy --network local --dry-run --key-env KEYOFADA"));
    command.env("CARGO", &spy).env("RUSTC", &spy).env("PATH", desk.path("")).env("SEEN", &seen).env("HERE", "1");
    command.env("KEYOFADA", key).env("STORE_PASSWORD", PASSWORD).env("WORDS", WORDS).stdin(Stdio::null());
    let output = command.output().expect("corflow runs");
    assert!(!output.status.success(), "nothing was built");
    let seen = fs::read_to_string(seen).expect("it was started");
    assert!(seen.contains("HERE="), "{seen}");
    no_secret(desk, &seen);
    assert_eq!(desk.ask(desk.running.system.staking, abi::Staking::stakeOfCall { account: KEEPER }).await.to_string(), wei(3));
}
