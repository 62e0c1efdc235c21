//! A provider as they are, in front of a node.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use alloy::{
    providers::{Provider as _, RootProvider},
    transports::RpcError,
};
use axum::{Json, Router, extract::State, http::StatusCode, routing::post};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

/// What is wrong with it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ways {
    /// The most blocks of a range of logs.
    pub(crate) range: Option<u64>,
    /// The most logs of an answer; more are an error.
    pub(crate) results: Option<usize>,
    /// The most logs of an answer; more are left out, and nothing is said.
    pub(crate) cut: Option<usize>,
    /// Logs come twice, and once more as if they had been taken back.
    pub(crate) noisy: bool,
    /// Every so many requests one is not answered.
    pub(crate) drop_every: Option<usize>,
    /// Block 0 has another hash.
    pub(crate) another_genesis: bool,
    /// Another chain id.
    pub(crate) chain_id: Option<u64>,
}

struct Behind {
    node: RootProvider,
    ways: Ways,
    asked: AtomicUsize,
    refused: AtomicUsize,
}

/// It stops when dropped.
pub(crate) struct Provider {
    behind: Arc<Behind>,
    port: u16,
    serving: JoinHandle<()>,
}

impl Provider {
    pub(crate) async fn before(url: &str, ways: Ways) -> Self {
        let node = RootProvider::new_http(url.parse().expect("a URL"));
        let behind = Arc::new(Behind { node, ways, asked: AtomicUsize::new(0), refused: AtomicUsize::new(0) });
        let router = Router::new().route("/", post(answer)).with_state(behind.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { behind, port, serving }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// How many requests were refused.
    pub(crate) fn refused(&self) -> usize {
        self.behind.refused.load(Ordering::Relaxed)
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(State(behind): State<Arc<Behind>>, Json(request): Json<Value>) -> Result<Json<Value>, StatusCode> {
    let asked = behind.asked.fetch_add(1, Ordering::Relaxed) + 1;
    if behind.ways.drop_every.is_some_and(|every| asked.is_multiple_of(every)) {
        return Err(StatusCode::BAD_GATEWAY);
    }
    let id = request["id"].clone();
    let outcome = behind.ask(&request).await;
    Ok(Json(match outcome {
        Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
        Err(error) => {
            behind.refused.fetch_add(1, Ordering::Relaxed);
            json!({"jsonrpc": "2.0", "id": id, "error": error})
        }
    }))
}

impl Behind {
    async fn ask(&self, request: &Value) -> Result<Value, Value> {
        let (method, params) = (request["method"].as_str().expect("a method").to_owned(), &request["params"]);
        let logs = method == "eth_getLogs";
        if logs && let Some(most) = self.ways.range {
            let number = |field: &str| {
                let text = params[0][field].as_str().expect("a block").trim_start_matches("0x");
                u64::from_str_radix(text, 16).expect("a number")
            };
            if number("toBlock") - number("fromBlock") + 1 > most {
                return Err(json!({"code": -32602, "message": format!("block range is too wide: max is {most}")}));
            }
        }
        if method == "eth_chainId"
            && let Some(id) = self.ways.chain_id
        {
            return Ok(json!(format!("{id:#x}")));
        }
        let given: Result<Value, _> = self.node.raw_request(method.clone().into(), params.clone()).await;
        let mut result = given.map_err(|error| match error {
            RpcError::ErrorResp(payload) => json!({"code": payload.code, "message": payload.message}),
            other => json!({"code": -32000, "message": other.to_string()}),
        })?;
        if let Some(list) = result.as_array_mut().filter(|_| logs) {
            if self.ways.results.is_some_and(|most| list.len() > most) {
                return Err(json!({"code": -32005, "message": "query returned more than allowed results"}));
            }
            if self.ways.noisy {
                let mut noise = list.clone();
                for log in &mut noise {
                    log["removed"] = json!(true);
                    log["logIndex"] = json!("0xffff");
                }
                noise.extend(list.iter().rev().cloned());
                list.splice(0..0, noise);
            }
            list.truncate(self.ways.cut.unwrap_or(usize::MAX));
        }
        if self.ways.another_genesis && method == "eth_getBlockByNumber" && params[0] == "0x0" {
            result["hash"] = json!(alloy_primitives::B256::repeat_byte(0x66));
        }
        Ok(result)
    }
}
