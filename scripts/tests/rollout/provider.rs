//! A provider in front of a node: what it answers may be old, late or odd.

use std::sync::Arc;

use alloy::{
    providers::{Provider as _, RootProvider},
    transports::RpcError,
};
use axum::{Json, Router, extract::State, routing::post};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

/// What it does with a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    /// Passes it on, and the answer back.
    Honest,
    /// Answers one less than the node does, as a node that has not seen the latest block.
    Behind,
    /// Does not pass it on, and refuses in these words.
    Refuse(&'static str),
    /// Passes it on, and refuses in these words all the same.
    TakeAndRefuse(&'static str),
}

type Chooses = dyn Fn(&str, &Value) -> Way + Send + Sync;

struct Behind {
    node: RootProvider,
    chooses: Box<Chooses>,
}

/// It stops when dropped.
pub(crate) struct Provider {
    /// Where it answers.
    pub(crate) url: String,
    serving: JoinHandle<()>,
}

impl Provider {
    /// In front of the node at a URL. `chooses` is told a request's method and parameters.
    pub(crate) async fn before(url: &str, chooses: impl Fn(&str, &Value) -> Way + Send + Sync + 'static) -> Self {
        let node = RootProvider::new_http(url.parse().expect("a URL"));
        let router = Router::new().route("/", post(answer)).with_state(Arc::new(Behind { node, chooses: Box::new(chooses) }));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { url, serving }
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(State(behind): State<Arc<Behind>>, Json(request): Json<Value>) -> Json<Value> {
    let (method, params) = (request["method"].as_str().expect("a method").to_owned(), &request["params"]);
    let way = (behind.chooses)(&method, params);
    let refusal = |words: &str| Err(json!({"code": -32000, "message": words}));
    let outcome = match way {
        Way::Refuse(words) => refusal(words),
        Way::Honest | Way::Behind | Way::TakeAndRefuse(_) => {
            let answered: Result<Value, _> = behind.node.raw_request(method.into(), params.clone()).await;
            let answered = answered.map_err(|error| match error {
                RpcError::ErrorResp(payload) => json!(payload),
                other => json!({"code": -32000, "message": other.to_string()}),
            });
            match way {
                Way::TakeAndRefuse(words) => refusal(words),
                Way::Behind => answered.map(|number| {
                    let digits = number.as_str().expect("a number").trim_start_matches("0x").to_owned();
                    let number = u64::from_str_radix(&digits, 16).expect("a number");
                    json!(format!("{:#x}", number.saturating_sub(1)))
                }),
                _ => answered,
            }
        }
    };
    let id = &request["id"];
    Json(match outcome {
        Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
        Err(error) => json!({"jsonrpc": "2.0", "id": id, "error": error}),
    })
}
