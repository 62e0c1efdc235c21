//! A chain like any other: its time goes by itself, and it knows no method but Ethereum's own.

use std::sync::{Arc, Mutex};

use alloy::{
    providers::{Provider, RootProvider},
    transports::RpcError,
};
use axum::{Json, Router, extract::State, routing::post};
use corflow::{
    session::{Foreign, Options},
    steps::Outcome,
};
use serde_json::{Value, json};
use stylus_devnode::Devnode;
use tokio::{net::TcpListener, runtime::Runtime};

use super::play;

/// What a development node has beyond other chains.
const FOREIGN: [&str; 5] = ["evm_", "stylus_", "anvil_", "hardhat_", "debug_"];

/// Between a client and a node: refuses what other chains do not have, and remembers it.
#[derive(Clone)]
struct Proxy {
    node: RootProvider,
    refused: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// In front of a node. Where it listens.
    async fn start(node: &Devnode) -> (Self, String) {
        let node = RootProvider::new_http(node.endpoint().parse().expect("an address"));
        let proxy = Self { node, refused: Arc::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().route("/", post(Self::answer)).with_state(proxy.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (proxy, url)
    }

    async fn answer(State(proxy): State<Self>, Json(request): Json<Value>) -> Json<Value> {
        let method = request["method"].as_str().expect("one request at a time").to_owned();
        let id = request["id"].clone();
        if FOREIGN.iter().any(|prefix| method.starts_with(prefix)) {
            let message = format!("the method {method} does not exist/is not available");
            proxy.refused.lock().expect("a lock").push(method);
            return Json(json!({"jsonrpc": "2.0", "id": id, "error": {"code": -32601, "message": message}}));
        }
        let params = request.get("params").cloned().unwrap_or_else(|| json!([]));
        Json(match proxy.node.raw_request::<Value, Value>(method.into(), params).await {
            Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
            Err(RpcError::ErrorResp(error)) => json!({"jsonrpc": "2.0", "id": id, "error": error}),
            Err(error) => panic!("the node does not answer: {error}"),
        })
    }
}

/// Everything that needs no waiting is done, and what does is left out, each with its reason.
#[test]
fn what_must_wait_is_left_out_and_named_where_time_cannot_be_moved() {
    let node = Devnode::builder().spawn().expect("a node");
    let runtime = Runtime::new().expect("a runtime");
    let (proxy, url) = runtime.block_on(Proxy::start(&node));
    let report = play(Options { foreign: Some(Foreign { url, key: node.accounts()[0].key }), ..Options::default() });

    assert!(!report.moved_time);
    assert!(proxy.refused.lock().expect("a lock").iter().any(|method| method == "evm_increaseTime"), "nobody asked");
    let document = report.json();
    assert_eq!(document["ok"], true);
    assert_eq!(document["contracts"].as_array().map(Vec::len), Some(7));
    assert_eq!(document["epochs"], json!([]));

    let (left_out, done): (Vec<_>, Vec<_>) = report.steps.all().partition(|step| matches!(step.outcome, Outcome::LeftOut { .. }));
    let names = |steps: &[&corflow::steps::StepRow]| steps.iter().map(|step| step.name.clone()).collect::<Vec<_>>();
    let (left_out, done) = (names(&left_out), names(&done));
    for step in ["ada stakes 5000 COR by permit", "treasury deposits the reserve", "treasury starts the emission"] {
        assert!(done.iter().any(|name| name == step), "{step} is not among {done:#?}");
    }
    let text = report.tables();
    for step in ["ada withdraws", "ben claims", "closing epoch 0", "attesting epoch 12, and the miners' claims"] {
        assert!(left_out.iter().any(|name| name == step), "{step} is not among {left_out:#?}");
        assert!(text.contains(&format!("- {step} (")), "{step} is not named:\n{text}");
    }
}
