//! A keeper whose key is in an encrypted keystore, and everything that it writes, searched for what must not be in it.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use alloy::signers::local::PrivateKeySigner;
use alloy_primitives::hex;

use crate::{
    binary::{self, Running},
    http::{answer, post},
    world::{Options, TOKEN, World, free_port},
};

/// The example of the Web3 Secret Storage Definition, with fewer rounds, and its password and key.
const KEYSTORE: &str = r#"{"crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"6087dab2f9fdbbfaddc31a909735c1e6"},"ciphertext":"1e1803903596c5199f670015599703a16937c24a86e3dde0ff188f769078717d","kdf":"pbkdf2","kdfparams":{"c":64,"dklen":32,"prf":"hmac-sha256","salt":"ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"},"mac":"29ddb6423194f67afdb2552d92342d910d997b656c0dd2fe8475772d444b13eb"},"id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3}"#;
const PASSWORD: &str = "testpassword";
const KEY: &str = "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";

/// Fails if a text has the key, in hexadecimal of either case or in bytes, the password or the token.
fn refuse_secrets(place: &str, bytes: &[u8]) {
    let raw = hex::decode(KEY).expect("bytes");
    let has = |secret: &[u8]| bytes.windows(secret.len()).any(|it| it.eq_ignore_ascii_case(secret));
    assert!(!has(KEY.as_bytes()) && !bytes.windows(32).any(|it| it == raw), "{place} holds the key");
    assert!(!has(PASSWORD.as_bytes()) && !has(TOKEN.as_bytes()), "{place} holds a secret");
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|it| it.expect("an entry").path());
    entries.flat_map(|it| if it.is_dir() { files(&it) } else { vec![it] }).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_encrypted_keystore_works_by_file_and_by_variable_and_no_secret_is_anywhere() {
    let mut world = World::start(1).await;
    world.key = PrivateKeySigner::from_slice(&hex::decode(KEY).expect("bytes")).expect("a key");
    world.fund("0x56bc75e2d63100000").await;
    let listen = free_port();
    let options = Options {
        listen: Some(listen),
        top: "period = \"300ms\"\npoll = \"20ms\"\nconfirmations = 1\nkeystore = \"keystore.json\"\npassword_file = \"password\""
            .into(),
        tables: "[spool]\nsettle_after = \"0s\"\n".into(),
        ..Options::default()
    };
    let config = world.configure(&options);
    fs::remove_file(world.path("key")).expect("no key in the clear");
    let text = fs::read_to_string(&config).expect("a configuration").replace("private_key_file = \"key\"\n", "");
    fs::write(&config, &text).expect("a configuration");
    fs::write(world.path("keystore.json"), KEYSTORE).expect("a keystore");
    fs::write(world.path("password"), format!("{PASSWORD}\n")).expect("a password");
    let mode = |mode| fs::set_permissions(world.path("password"), fs::Permissions::from_mode(mode)).expect("a mode");

    // A password that others can read opens nothing; nor does a wrong one.
    mode(0o644);
    let output = binary::keeper(&config, &["check"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("chmod 600"), "{said}");
    mode(0o600);
    fs::write(world.path("password"), "another").expect("a password");
    let output = binary::keeper(&config, &["run", "--once"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("the password does not open"), "{said}");
    fs::write(world.path("password"), format!("{PASSWORD}\n")).expect("a password");

    let logs = [world.path("by-file.log"), world.path("by-variable.log")];
    for (round, log) in logs.iter().enumerate() {
        let mut command = binary::command(&config, &["run", "--log-format", "json"]);
        command.env("RUST_LOG", "trace");
        if round == 1 {
            fs::remove_file(world.path("password")).expect("no file");
            fs::write(&config, text.replace("password_file = \"password\"", "")).expect("a configuration");
            command.args(["--password-env", "KEEPER_TEST_PASSWORD"]).env("KEEPER_TEST_PASSWORD", PASSWORD);
        }
        let keeper = Running::with(command, log);
        let units = 40 + round as u64;
        assert_eq!(post(listen, &world.voucher(world.apps[0], 0, units)).0, 200);
        let deadline = Instant::now() + Duration::from_secs(30);
        while world.usage(world.apps[0], 0).await != units {
            assert!(Instant::now() < deadline, "it does not settle: {}", fs::read_to_string(log).expect("a log"));
            thread::sleep(Duration::from_millis(50));
        }
        let line = fs::read(format!("/proc/{}/cmdline", keeper.0.id())).expect("a command line");
        assert!(line.windows(4).any(|it| it == b"run\0"));
        refuse_secrets("the list of processes", &line);
        for path in ["/metrics", "/health"] {
            refuse_secrets(path, answer(listen, "GET", path, None, b"").1.as_bytes());
        }
        keeper.stop();
    }
    for arguments in [&["log", "--json"][..], &["log"], &["check", "--json"]] {
        let mut command = binary::command(&config, arguments);
        command.args(if arguments[0] == "check" { &["--password-env", "KEEPER_TEST_PASSWORD"][..] } else { &[] });
        let output = command.env("KEEPER_TEST_PASSWORD", PASSWORD).output().expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        refuse_secrets(&arguments.join(" "), &[output.stdout, output.stderr].concat());
    }
    fs::remove_file(world.path("token")).expect("a token");
    let (written, mut state) = (files(world.folder.path()), 0);
    for file in &written {
        refuse_secrets(&file.display().to_string(), &fs::read(file).expect("a file"));
        state += usize::from(file.starts_with(world.path("state")));
    }
    assert!(state > 0 && logs.iter().all(|it| written.contains(it)), "{written:?}");
}
