//! Starting and stopping.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::json;
use stylus_devnode::{Devnode, DevnodeError};

use crate::support::{CONTRACT, Client, answers, error_string};

#[test]
fn a_dropped_node_frees_its_port_and_a_taken_port_says_so() {
    let node = Devnode::builder().spawn().unwrap();
    let port = node.address().port();
    let error = Devnode::builder().port(port).spawn().err().expect("the port is taken");
    assert!(matches!(error, DevnodeError::PortTaken(address) if address.port() == port), "{error}");
    assert!(error.to_string().contains(&port.to_string()));
    drop(node);
    drop(Devnode::builder().port(port).spawn().expect("the port is free again"));
}

#[test]
fn a_node_is_ready_in_under_a_second() {
    let start = Instant::now();
    let node = Devnode::builder().spawn().unwrap();
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    assert_eq!(node.accounts().len(), 11);
}

#[tokio::test]
async fn it_starts_and_stops_inside_async_code_with_a_client_connected() {
    let client = Client::start();
    assert_eq!(client.get("eth_chainId", json!([])).await, "0x64aba");
    let start = Instant::now();
    drop(client);
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[tokio::test]
async fn it_has_the_chain_id_and_the_version_that_were_asked_for() {
    for arbos in [40, 51, 60] {
        let client = Client::with(|node| node.chain_id(1234).arbos(arbos));
        assert_eq!(client.get("eth_chainId", json!([])).await, "0x4d2");
        assert_eq!(client.get("net_version", json!([])).await, "1234");
        // ArbSys.arbOSVersion()
        let call = json!([{ "to": "0x0000000000000000000000000000000000000064", "data": "0x051038f2" }]);
        assert_eq!(client.get("eth_call", call).await, crate::support::word(55 + arbos));
    }
    assert!(matches!(Devnode::builder().arbos(12).spawn(), Err(DevnodeError::ArbosVersion(12))));
}

#[test]
fn the_server_refuses_what_it_cannot_do_and_says_why() {
    let node = Devnode::builder().spawn().unwrap();
    let port = node.address().port().to_string();
    for (options, word) in [(["--port", port.as_str()], "taken"), (["--arbos", "12"], "ArbOS"), (["--port", "x"], "port")] {
        let output = Command::new(env!("CARGO_BIN_EXE_stylus-devnode")).args(options).output().unwrap();
        assert!(!output.status.success(), "{options:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(word), "{options:?}: {said}");
    }
}

#[cfg(unix)]
#[test]
fn the_server_stops_cleanly_on_ctrl_c() {
    use std::io::{BufRead, BufReader};

    let mut server =
        Command::new(env!("CARGO_BIN_EXE_stylus-devnode")).args(["--port", "0"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().starts_with("Listening on http://127.0.0.1:")));
    let pid = server.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert!(server.wait().unwrap().success());
    assert_eq!(lines.last().unwrap().unwrap(), "stopped");
}

#[cfg(unix)]
#[tokio::test]
async fn the_server_prints_what_a_transaction_reverted_with() {
    use std::io::{BufRead, BufReader};

    let mut server =
        Command::new(env!("CARGO_BIN_EXE_stylus-devnode")).args(["--port", "0"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines().map(Result::unwrap);
    let listening = lines.find(|line| line.starts_with("Listening on ")).unwrap();
    let url = listening.split(' ').nth(2).unwrap().to_owned();
    let post = async |method: &str, params: serde_json::Value| {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let client = alloy::transports::http::reqwest::Client::new();
        let sent = client.post(&url).header("content-type", "application/json").body(request.to_string()).send();
        assert!(!sent.await.unwrap().text().await.unwrap().contains("\"error\""), "{method}");
    };
    let sender = stylus_devnode::genesis::dev_accounts()[1].address;
    for data in [&[0xde, 0xad, 0xbe, 0xef, 0][..], &error_string("Nope")] {
        post("anvil_setCode", json!([CONTRACT, answers(data, false)])).await;
        post("eth_sendTransaction", json!([{ "from": sender, "to": CONTRACT, "gas": "0x186a0" }])).await;
    }
    assert!(lines.next().unwrap().contains(" reverted with error 0xdeadbeef, gas "));
    assert!(lines.next().unwrap().contains(" reverted: Nope, gas "));
    server.kill().unwrap();
    server.wait().unwrap();
}
