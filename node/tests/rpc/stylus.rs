//! Programs, as cargo-stylus and other clients deploy, activate and inspect them.

use std::io::Write;

use alloy::{
    primitives::{Address, B256, Bytes, U256, address, hex, keccak256},
    sol_types::{SolCall, sol},
};
use serde_json::{Value, json};
use stylus_devnode::genesis::{CACHE_MANAGER, STYLUS_DEPLOYER};

use crate::support::{CONTRACT, Client, NOBODY, answers, error_string, large, quantity};

sol! {
    function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
    function codehashVersion(bytes32 codehash) external view returns (uint16);
    function programTimeLeft(address program) external view returns (uint64);
    function getMaxStylusContractFragments() external view returns (uint8);
    function deploy(bytes bytecode, bytes initData, uint256 initValue, bytes32 salt) external payable returns (address);
    function stylus_constructor() external;
    function codehashIsCached(bytes32 codehash) external view returns (bool);
    function getMinBid(uint64 size) external view returns (uint192);
    function placeBid(address program) external payable;
}

const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");
const ARB_WASM_CACHE: Address = address!("0000000000000000000000000000000000000072");
const ARB_OWNER_PUBLIC: Address = address!("000000000000000000000000000000000000006b");
const ETHER: &str = "0xde0b6b3a7640000";

/// Returns its calldata.
const ECHO: &str = r#"(module
    (import "vm_hooks" "read_args" (func $read (param i32)))
    (import "vm_hooks" "write_result" (func $write (param i32 i32)))
    (memory (export "memory") 1 1)
    (func (export "user_entrypoint") (param $len i32) (result i32)
        (call $read (i32.const 0))
        (call $write (i32.const 0) (local.get $len))
        (i32.const 0)))"#;

/// The module, compressed as cargo-stylus compresses it, and its length.
fn compressed() -> (Vec<u8>, u32) {
    let wasm = wat::parse_str(ECHO).unwrap();
    let mut encoder = brotli2::write::BrotliEncoder::new(Vec::new(), 11);
    encoder.write_all(&wasm).unwrap();
    (encoder.finish().unwrap(), wasm.len() as u32)
}

/// The module as code of an account.
fn code() -> Vec<u8> {
    [&hex!("eff00000")[..], &compressed().0].concat()
}

fn encoded(call: impl SolCall) -> String {
    hex::encode_prefixed(call.abi_encode())
}

/// Installs the program and activates it; gives the receipt.
async fn activate(client: &Client) -> Value {
    client.install(&hex::encode_prefixed(code())).await;
    activate_again(client).await
}

async fn activate_again(client: &Client) -> Value {
    let call = json!({
        "from": client.account(1), "to": ARB_WASM, "value": ETHER,
        "data": encoded(activateProgramCall { program: CONTRACT }),
    });
    let receipt = client.receipt(&client.get("eth_sendTransaction", json!([call])).await).await;
    assert_eq!(receipt["status"], "0x1");
    receipt
}

#[tokio::test]
async fn a01_activation_is_tried_on_overridden_accounts_and_leaves_no_trace() {
    let client = Client::start();
    let call = json!({
        "from": NOBODY, "to": ARB_WASM, "value": ETHER,
        "input": encoded(activateProgramCall { program: CONTRACT }),
    });
    let rich = json!({ "balance": format!("{:#x}", U256::MAX) });
    let whole = json!({ CONTRACT.to_string(): { "code": hex::encode_prefixed(code()) }, NOBODY.to_string(): rich });
    let answer = client.get("eth_call", json!([call, "latest", whole])).await;
    let answer = hex::decode(answer.as_str().unwrap()).unwrap();
    assert_eq!(answer.len(), 64);
    let figures = activateProgramCall::abi_decode_returns(&answer).unwrap();
    assert_eq!(figures.version, 2);
    assert!(figures.dataFee > U256::ZERO);
    assert_eq!(client.get("eth_getCode", json!([CONTRACT, "latest"])).await, "0x");

    // The same in two fragments under a root.
    let (stream, length) = compressed();
    let parts = [Address::with_last_byte(0xf1), Address::with_last_byte(0xf2)];
    let (first, second) = stream.split_at(stream.len() / 2);
    let fragment = |part: &[u8]| hex::encode_prefixed([&hex!("eff001")[..], part].concat());
    let root = [&hex!("eff00200")[..], &length.to_be_bytes(), parts[0].as_slice(), parts[1].as_slice()].concat();
    let fragments = json!({
        CONTRACT.to_string(): { "code": hex::encode_prefixed(root) },
        parts[0].to_string(): { "code": fragment(first) },
        parts[1].to_string(): { "code": fragment(second) },
        NOBODY.to_string(): rich,
    });
    let answer = client.get("eth_call", json!([call, "latest", fragments])).await;
    assert_eq!(hex::decode(answer.as_str().unwrap()).unwrap().len(), 64);
}

#[tokio::test]
async fn a01_a_node_without_fragments_says_so() {
    let ask = json!([{ "to": ARB_OWNER_PUBLIC, "data": encoded(getMaxStylusContractFragmentsCall {}) }]);
    let newest = Client::start();
    assert_eq!(large(&newest.get("eth_call", ask.clone()).await), U256::from(2));
    let older = Client::with(|node| node.arbos(51));
    older.error("eth_call", ask).await;
}

#[tokio::test]
async fn a02_errors_of_arbwasm_come_as_their_data() {
    let client = Client::start();
    let unknown = json!([{ "to": ARB_WASM, "data": encoded(codehashVersionCall { codehash: keccak256("unknown") }) }]);
    let error = client.error("eth_call", unknown).await;
    assert_eq!((error.code, error.data), (3, Some(json!("0x6f809c4e"))));

    activate(&client).await;
    let again = json!({
        "from": client.account(1), "to": ARB_WASM, "value": ETHER,
        "data": encoded(activateProgramCall { program: CONTRACT }),
    });
    for method in ["eth_call", "eth_estimateGas", "eth_sendTransaction"] {
        let error = client.error(method, json!([again])).await;
        assert_eq!((error.code, error.data), (3, Some(json!("0xcc944bf2"))), "{method}");
    }
    let known = json!([{ "to": ARB_WASM, "data": encoded(codehashVersionCall { codehash: keccak256(code()) }) }]);
    assert_eq!(large(&client.get("eth_call", known).await), U256::from(2));
}

#[tokio::test]
async fn a04_the_deployer_is_there_and_deploys_in_one_transaction() {
    let client = Client::start();
    assert!(client.get("eth_getCode", json!([STYLUS_DEPLOYER, "latest"])).await.as_str().unwrap().len() > 2);
    let code = code();
    let prelude = [&hex!("7f")[..], &U256::from(code.len()).to_be_bytes::<32>(), &hex!("80602b6000396000f300")].concat();
    let deploy = deployCall {
        bytecode: [prelude, code.clone()].concat().into(),
        initData: stylus_constructorCall {}.abi_encode().into(),
        initValue: U256::ZERO,
        salt: B256::ZERO,
    };
    let call = json!({ "from": client.account(1), "to": STYLUS_DEPLOYER, "value": ETHER, "data": encoded(deploy) });
    let receipt = client.receipt(&client.get("eth_sendTransaction", json!([call])).await).await;
    assert_eq!(receipt["status"], "0x1");

    let deployed = json!("0x8ffcdc15a283d706d38281f500270d8b5a656918f555de0913d7455e3e6bc1bf");
    let logs = receipt["logs"].as_array().unwrap();
    let log = logs.iter().find(|log| log["topics"][0] == deployed).expect("the event of the deployer");
    let data: Bytes = serde_json::from_value(log["data"].clone()).unwrap();
    assert_eq!(data.len(), 32);
    let program = Address::from_slice(&data[12..]);
    assert_eq!(client.get("eth_getCode", json!([program, "latest"])).await, hex::encode_prefixed(code));
    assert_eq!(client.get("eth_call", json!([{ "to": program, "data": "0xc0ffee" }])).await, "0xc0ffee");
}

#[tokio::test]
async fn a39_an_expired_program_is_refused_until_it_is_activated_again() {
    let client = Client::start();
    activate(&client).await;
    let call = json!([{ "to": CONTRACT, "data": "0x1234" }]);
    let left = json!([{ "to": ARB_WASM, "data": encoded(programTimeLeftCall { program: CONTRACT }) }]);
    assert_eq!(client.get("eth_call", call.clone()).await, "0x1234");
    assert!(large(&client.get("eth_call", left.clone()).await) > U256::from(364 * 86_400));

    client.get("evm_increaseTime", json!([366 * 86_400])).await;
    client.get("evm_mine", json!([])).await;
    let error = client.error("eth_call", call.clone()).await;
    assert_eq!(error.code, -32000);
    assert!(error.message.contains("ProgramExpired"), "{}", error.message);
    let error = client.error("eth_call", left).await;
    assert_eq!(error.code, 3);
    assert!(error.data.unwrap().as_str().unwrap().starts_with("0xc9b12e52"));

    activate_again(&client).await;
    assert_eq!(client.get("eth_call", call).await, "0x1234");
}

#[tokio::test]
async fn host_calls_are_traced_as_nitro_traces_them() {
    let client = Client::start();
    activate(&client).await;
    let hash = client.send(CONTRACT, "0xabcd").await;
    let tracer = json!({ "tracer": "stylusTracer" });
    let traced = client.get("debug_traceTransaction", json!([hash, tracer])).await;
    let names: Vec<&Value> = traced.as_array().unwrap().iter().map(|step| &step["name"]).collect();
    assert_eq!(names, ["user_entrypoint", "read_args", "write_result", "user_returned"]);
    assert_eq!(traced[1]["outs"], "0xabcd");
    assert!(traced[1]["startInk"].as_u64() > traced[1]["endInk"].as_u64());

    let call = json!({ "to": CONTRACT, "data": "0xabcd" });
    let called = client.get("debug_traceCall", json!([call, "latest", tracer])).await;
    assert_eq!(called[2]["args"], traced[2]["args"]);

    // What is not supported is said by name, and nothing is given in its place.
    for (options, name) in [(json!({ "tracer": "prestateTracer" }), "prestateTracer"), (json!({}), "structLogger")] {
        let error = client.error("debug_traceTransaction", json!([hash, options])).await;
        assert!(error.message.contains(name), "{}", error.message);
    }
}

#[tokio::test]
async fn a37_the_call_tracer_shows_a_revert_and_what_led_to_it() {
    let client = Client::start();
    client.install(&answers(&error_string("Nope"), false)).await;
    let failing = json!({ "from": client.account(1), "to": CONTRACT, "data": "0x12345678", "gas": "0x186a0" });
    let hash = client.get("eth_sendTransaction", json!([failing])).await;
    let used = client.receipt(&hash).await["gasUsed"].clone();
    let reverted = client.get("debug_traceTransaction", json!([hash, { "tracer": "callTracer" }])).await;
    let expected = json!({
        "type": "CALL", "from": client.account(1), "to": CONTRACT, "value": "0x0", "gas": "0x186a0", "gasUsed": used,
        "input": "0x12345678", "output": error_string("Nope"), "error": "execution reverted", "revertReason": "Nope",
    });
    assert_eq!(reverted, expected);

    activate(&client).await;
    let bid = json!({ "to": CACHE_MANAGER, "data": encoded(placeBidCall { program: CONTRACT }) });
    let whole = client.get("debug_traceCall", json!([bid, "latest", { "tracer": "callTracer" }])).await;
    let inner = whole["calls"].as_array().unwrap();
    assert_eq!(inner.iter().map(|call| &call["type"]).collect::<Vec<_>>(), ["STATICCALL", "STATICCALL", "CALL"]);
    let top = json!({ "tracer": "callTracer", "tracerConfig": { "onlyTopCall": true } });
    assert_eq!(client.get("debug_traceCall", json!([bid, "latest", top])).await["calls"], Value::Null);
    let logs = json!({ "tracer": "callTracer", "tracerConfig": { "withLog": true } });
    assert!(client.error("debug_traceCall", json!([bid, "latest", logs])).await.message.contains("withLog"));
}

/// A trace is made on the state that the transaction met, not on that of its block.
#[tokio::test]
async fn a_trace_executes_what_came_before_in_the_block() {
    let client = Client::start();
    client.install(&hex::encode_prefixed(code())).await;
    client.get("evm_setAutomine", json!([false])).await;
    let activation = json!({
        "from": client.account(1), "to": ARB_WASM, "value": ETHER, "gas": "0x7a1200",
        "data": encoded(activateProgramCall { program: CONTRACT }),
    });
    client.get("eth_sendTransaction", json!([activation])).await;
    let call = json!({ "from": client.account(1), "to": CONTRACT, "data": "0x55", "gas": "0x30d40" });
    let hash = client.get("eth_sendTransaction", json!([call])).await;
    client.mine(1).await;
    assert_eq!(client.receipt(&hash).await["transactionIndex"], "0x1");
    let traced = client.get("debug_traceTransaction", json!([hash, { "tracer": "stylusTracer" }])).await;
    assert_eq!(traced[1]["outs"], "0x55");
}

#[tokio::test]
async fn the_gas_of_a_program_is_shown_by_its_parts() {
    let client = Client::start();
    activate(&client).await;
    let receipt = client.receipt(&client.send(CONTRACT, "0xabcd").await).await;
    let profile = client.get("stylus_gasProfile", json!([receipt["transactionHash"]])).await;
    let parts = profile.as_object().unwrap();
    let sum: u64 = parts.iter().filter(|(name, _)| *name != "refund").map(|(_, part)| quantity(part)).sum();
    assert_eq!(sum - quantity(&profile["refund"]), quantity(&receipt["gasUsed"]));
    assert!(quantity(&profile["entry"]) > 0 && quantity(&profile["host"]) > 0 && quantity(&profile["wasm"]) > 0);
}

/// As `cargo stylus cache` bids.
#[tokio::test]
async fn a_bid_caches_a_program_and_makes_its_calls_cheaper() {
    let client = Client::start();
    let bid = json!({ "from": client.account(1), "to": CACHE_MANAGER, "data": encoded(placeBidCall { program: CONTRACT }) });
    client.install(&hex::encode_prefixed(code())).await;
    assert_eq!(client.error("eth_call", json!([bid])).await.data, Some(json!("0x6f809c4e")), "it is not activated");
    activate_again(&client).await;

    let least = json!({ "to": CACHE_MANAGER, "data": encoded(getMinBidCall { size: 8000 }) });
    assert_eq!(client.get("eth_call", json!([least])).await, json!(B256::ZERO));
    let cached = json!({ "to": ARB_WASM_CACHE, "data": encoded(codehashIsCachedCall { codehash: keccak256(code()) }) });
    assert_eq!(client.get("eth_call", json!([cached])).await, json!(B256::ZERO));
    let dear = quantity(&client.receipt(&client.send(CONTRACT, "0xabcd").await).await["gasUsed"]);
    let placed = client.get("eth_sendTransaction", json!([bid])).await;
    assert_eq!(client.receipt(&placed).await["status"], "0x1");
    assert_eq!(client.get("eth_call", json!([cached])).await, json!(B256::with_last_byte(1)));
    let cheap = quantity(&client.receipt(&client.send(CONTRACT, "0xabcd").await).await["gasUsed"]);
    assert!(cheap + 5000 < dear, "{cheap} {dear}");

    let again = client.error("eth_call", json!([bid])).await.data.unwrap();
    assert_eq!(again, hex::encode_prefixed([&hex!("c7e2d8e5")[..], &keccak256(code())[..]].concat()), "AlreadyCached");
}

/// `cargo stylus check` reads the text to tell a missing entrypoint.
#[tokio::test]
async fn why_a_module_cannot_be_activated_is_in_the_message() {
    let client = Client::start();
    let wasm = wat::parse_str(r#"(module (memory (export "memory") 1))"#).unwrap();
    let mut encoder = brotli2::write::BrotliEncoder::new(Vec::new(), 11);
    encoder.write_all(&wasm).unwrap();
    client.install(&hex::encode_prefixed([&hex!("eff00000")[..], &encoder.finish().unwrap()].concat())).await;
    let call = json!({ "to": ARB_WASM, "data": encoded(activateProgramCall { program: CONTRACT }) });
    let error = client.error("eth_call", json!([call])).await;
    assert!(error.message.contains("pay_for_memory_grow"), "{error:?}");
}
