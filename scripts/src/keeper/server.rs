//! The keeper over HTTP: `POST /vouchers` with the bearer token, `GET /health`, `GET /metrics`.
//!
//! A voucher is acknowledged when it is on the disk, not before: whoever got no answer asks again, for the same voucher twice
//! is one. Nothing here waits for the chain.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};

use super::{
    chain::{milliseconds, seconds},
    config::Token,
    endpoints::Endpoints,
    gauges::Gauges,
    spool::{Gate, Refusal},
    store::{Store, vouchers::Voucher},
};

/// The largest request, in bytes: some two thousand vouchers.
const LARGEST: usize = 1 << 20;

/// What the server knows.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) gate: Gate,
    pub(crate) token: Option<Token>,
    pub(crate) gauges: Arc<Gauges>,
    pub(crate) endpoints: Endpoints,
}

/// The routes.
pub(crate) fn routes(shared: Shared) -> Router {
    Router::new()
        .route("/vouchers", post(take))
        .route("/health", get(health))
        .route("/metrics", get(metrics))
        .layer(DefaultBodyLimit::max(LARGEST))
        .with_state(shared)
}

async fn health(State(shared): State<Shared>) -> Response {
    let (ok, body) = shared.gauges.health();
    let status = if ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(body)).into_response()
}

async fn metrics(State(shared): State<Shared>) -> Response {
    let read = move || shared.gauges.metrics(&shared.store, &shared.endpoints);
    match tokio::task::spawn_blocking(read).await {
        Ok(Ok(page)) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], page).into_response(),
        Ok(Err(error)) => broken(&error.to_string()),
        Err(error) => broken(&error.to_string()),
    }
}

/// One voucher or an array. Each is taken or refused by itself; the answer says which, in their order.
async fn take(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    if !allowed(&shared, &headers) {
        let challenge = [(header::WWW_AUTHENTICATE, "Bearer")];
        return (StatusCode::UNAUTHORIZED, challenge, Json(json!({ "error": "the bearer token is missing or wrong" })))
            .into_response();
    }
    let files = match Gate::read(&body) {
        Ok(files) => files,
        Err(why) => return (StatusCode::BAD_REQUEST, Json(json!({ "error": why.to_string() }))).into_response(),
    };
    let now = seconds();
    let admitted: Vec<Result<Voucher, Refusal>> = files.iter().map(|it| shared.gate.admit(it, now)).collect();
    let good: Vec<Voucher> = admitted.iter().filter_map(|it| it.as_ref().ok()).cloned().collect();
    let keep = move || shared.store.keep(&good, "http", milliseconds());
    let new = match tokio::task::spawn_blocking(keep).await {
        Ok(Ok(new)) => new,
        Ok(Err(error)) => return broken(&error.to_string()),
        Err(error) => return broken(&error.to_string()),
    };
    let mut new = new.into_iter();
    let results: Vec<Value> = admitted
        .iter()
        .map(|it| match it {
            Ok(_) => json!({ "taken": true, "new": new.next().unwrap_or_default() }),
            Err(why) => json!({ "taken": false, "error": why.to_string() }),
        })
        .collect();
    let status = match admitted.iter().find_map(|it| it.as_ref().err()) {
        None => StatusCode::OK,
        Some(_) if admitted.iter().any(Result::is_ok) => StatusCode::MULTI_STATUS,
        Some(Refusal::TooLate { .. }) => StatusCode::GONE,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    (status, Json(json!({ "vouchers": results }))).into_response()
}

fn allowed(shared: &Shared, headers: &HeaderMap) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|it| it.to_str().ok()).and_then(|it| it.strip_prefix("Bearer "));
    matches!((&shared.token, given), (Some(token), Some(given)) if token.is(given))
}

fn broken(why: &str) -> Response {
    tracing::error!(why, "a request failed");
    (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({ "error": why }))).into_response()
}
