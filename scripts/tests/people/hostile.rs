//! Nodes that mean harm: what they say decides neither what is paid, nor on which chain, nor what a terminal shows.

use std::process::Command;

use corflow::{people::Person::*, wallet::exit_of};
use serde_json::json;
use words::refusals::Exit;

use crate::{
    between::{Between, Way},
    desk::Desk,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_node_alone_decides_neither_price_nor_place_nor_what_is_shown() {
    let desk = Desk::open().await;
    let (node, ada) = (desk.running.node.endpoint(), desk.address(Ada));
    let before = desk.nonce(ada, "latest").await;
    let million = format!("0x{:x}", 10_u128.pow(30));
    for (way, told) in [
        (Way::Answers("eth_gasPrice", json!(million)), "and more than 50000000000 are never offered"),
        (Way::Answers("eth_gasPrice", json!(format!("0x{:x}", u128::MAX))), "are never offered"),
        (Way::Answers("eth_estimateGas", json!("0xffffffffffffffff")), "for 18446744073709551615 gas, and no transaction"),
        (Way::Answers("eth_chainId", json!("0xa4b1")), "add --network arbitrum-one"),
    ] {
        let between = Between::before(&node, way.clone()).await;
        // The chain's own file, if the node were believed, is that of the chain that it names.
        let place = if told.contains("--network") { "" } else { "--deployments @deployments.json" };
        let line = format!("stake 1 --private-key-file @ada --rpc {} {place}", between.url);
        let error = desk.fails_bare(&line).await;
        assert!(format!("{error:#}").contains(told), "{way:?}: {error:#}");
        let exit = if told.contains("--network") { Exit::Failed } else { Exit::Node };
        assert_eq!(exit_of(&error), exit, "{way:?}: {error:#}");
    }
    // Of another transaction than the one that was sent, a receipt is none.
    let empty = json!({
        "transactionHash": format!("0x{}", "11".repeat(32)), "blockHash": format!("0x{}", "22".repeat(32)), "blockNumber": "0x1",
        "transactionIndex": "0x0", "from": ada, "to": ada, "cumulativeGasUsed": "0x0", "gasUsed": "0x0", "logs": [],
        "effectiveGasPrice": "0x1", "logsBloom": format!("0x{}", "00".repeat(256)), "status": "0x1", "type": "0x2",
        "contractAddress": null,
    });
    let between = Between::before(&node, Way::Answers("eth_getTransactionReceipt", empty)).await;
    let line = format!("stake 1 --private-key-file @ada --wait 1 --rpc {} --deployments @deployments.json", between.url);
    let error = desk.fails_bare(&line).await;
    assert_eq!(exit_of(&error), Exit::Unsure, "{error:#}");
    assert_eq!(desk.nonce(ada, "latest").await, before + 1, "only that one was signed");

    a_providers_key_is_in_no_log(&desk).await;

    let between = Between::before(&node, Way::Refuses("eth_call", "no\u{1b}[2J\u{1b}]0;owned\u{7}\rall is done")).await;
    let words = desk.bare(&format!("position {ada} --rpc {} --deployments @deployments.json", between.url));
    for json in [&[][..], &["--json".to_owned()]] {
        let command = [&words[..], json].concat();
        let told = tokio::task::spawn_blocking(move || Command::new(env!("CARGO_BIN_EXE_corflow")).args(command).output());
        let told = told.await.expect("it ends").expect("it runs");
        let all = [told.stdout, told.stderr].concat();
        assert_eq!(told.status.code(), Some(Exit::Node as i32), "{}", String::from_utf8_lossy(&all));
        assert!(!all.iter().any(|byte| byte.is_ascii_control() && *byte != b'\n'), "{}", String::from_utf8_lossy(&all));
    }
}

/// However much of what happens is logged.
async fn a_providers_key_is_in_no_log(desk: &Desk) {
    let (node, pool) = (desk.running.node.endpoint(), desk.running.network.pool);
    let chain = desk.running.node.chain_id();
    let settings = format!(
        "chain_id = {chain}\nendpoints = [\"{node}/v2/A-PROVIDERS-KEY\"]\npool = \"{pool}\"\nprivate_key_file = \"ben\"\n\
         state = \"state\"\nlock_folder = \"locks\"\n"
    );
    desk.write("keeper.toml", &settings);
    let words = desk.bare("keeper run --once --config @keeper.toml");
    let mut keeper = Command::new(env!("CARGO_BIN_EXE_corflow"));
    keeper.args(words).env("RUST_LOG", "trace");
    let told = tokio::task::spawn_blocking(move || keeper.output()).await.expect("it ends").expect("it runs");
    let log = String::from_utf8_lossy(&told.stderr);
    assert!(told.status.success() && log.contains("TRACE"), "{log}");
    assert!(!log.contains("A-PROVIDERS-KEY"), "{log}");
}
