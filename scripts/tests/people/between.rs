//! A node that is not quite honest, in front of one that is.

use std::sync::{Arc, Mutex};

use alloy::{
    providers::{Provider as _, RootProvider},
    transports::RpcError,
};
use axum::{Json, Router, extract::State, routing::post};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

/// What it does otherwise.
#[derive(Clone, Debug)]
pub(crate) enum Way {
    /// Before it forwards a signed transaction it sends these orders, each in a block of its own.
    Outruns(Vec<Value>),
    /// It says that it took the transaction, and forgets it.
    Forgets,
    /// It forwards the transaction, and breaks off before it has answered.
    BreaksOff,
    /// Of what happens after the transaction it says one more to any call with this input.
    Lies(String),
    /// It answers a method with this, whatever is asked.
    Answers(&'static str, Value),
    /// It refuses a method with these words.
    Refuses(&'static str, &'static str),
    /// It does not let the logs be asked for.
    HidesLogs,
}

struct Behind {
    node: RootProvider,
    way: Way,
    /// The head when a signed transaction came by.
    since: Mutex<Option<u64>>,
}

/// It stops when dropped.
pub(crate) struct Between {
    pub(crate) url: String,
    serving: JoinHandle<()>,
}

impl Between {
    pub(crate) async fn before(url: &str, way: Way) -> Self {
        let node = RootProvider::new_http(url.parse().expect("a URL"));
        let behind = Arc::new(Behind { node, way, since: Mutex::new(None) });
        let router = Router::new().route("/", post(answer)).with_state(behind);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { url, serving }
    }
}

impl Drop for Between {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(State(behind): State<Arc<Behind>>, Json(request): Json<Value>) -> Json<Value> {
    let id = request["id"].clone();
    Json(match behind.ask(request["method"].as_str().expect("a method"), &request["params"]).await {
        Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
        Err(error) => json!({"jsonrpc": "2.0", "id": id, "error": error}),
    })
}

impl Behind {
    async fn ask(&self, method: &str, params: &Value) -> Result<Value, Value> {
        if method == "eth_sendRawTransaction" {
            let head = self.forward("eth_blockNumber", &json!([])).await?;
            *self.since.lock().expect("its state") = Some(number(&head));
            match &self.way {
                Way::Outruns(orders) => {
                    for order in orders {
                        self.forward("eth_sendTransaction", &json!([order])).await.expect("an order");
                    }
                }
                Way::Forgets => {
                    let raw: alloy_primitives::Bytes = serde_json::from_value(params[0].clone()).expect("bytes");
                    return Ok(json!(alloy_primitives::keccak256(raw)));
                }
                Way::BreaksOff => {
                    self.forward(method, params).await?;
                    return Err(json!({"code": -32_603, "message": "internal error"}));
                }
                Way::Answers(..) | Way::Refuses(..) | Way::Lies(_) | Way::HidesLogs => {}
            }
        }
        match &self.way {
            Way::Answers(asked, answer) if *asked == method => return Ok(answer.clone()),
            Way::Refuses(asked, message) if *asked == method => return Err(json!({"code": -32_000, "message": message})),
            _ => {}
        }
        if method == "eth_getLogs" && matches!(self.way, Way::HidesLogs) {
            return Err(json!({"code": -32_601, "message": "the method eth_getLogs does not exist"}));
        }
        let answer = self.forward(method, params).await?;
        Ok(if self.lies(method, params) { json!(raised(&answer)) } else { answer })
    }

    fn lies(&self, method: &str, params: &Value) -> bool {
        let Way::Lies(input) = &self.way else { return false };
        let after =
            self.since.lock().expect("its state").is_some_and(|since| params[1].is_string() && number(&params[1]) > since);
        let asked = [&params[0]["input"], &params[0]["data"]].into_iter().any(|it| it.as_str() == Some(input));
        method == "eth_call" && after && asked
    }

    async fn forward(&self, method: &str, params: &Value) -> Result<Value, Value> {
        self.node.raw_request(method.to_owned().into(), params.clone()).await.map_err(|error| match error {
            RpcError::ErrorResp(payload) => json!(payload),
            other => json!({"code": -32_000, "message": other.to_string()}),
        })
    }
}

/// A word with one more in it.
fn raised(answer: &Value) -> String {
    let word: alloy_primitives::U256 = answer.as_str().expect("a word").parse().expect("a number");
    format!("0x{:064x}", word + alloy_primitives::U256::ONE)
}

fn number(quantity: &Value) -> u64 {
    let text = quantity.as_str().expect("a quantity").trim_start_matches("0x");
    u64::from_str_radix(text, 16).unwrap_or(u64::MAX)
}
