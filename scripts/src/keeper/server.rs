//! The keeper over HTTP: `POST /vouchers` with the bearer token, `GET /health`, `GET /metrics`.
//!
//! A voucher is acknowledged when it is on the disk, not before: whoever got no answer asks again, for the same voucher twice
//! is one. Nothing here waits for the chain.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::{
    chain::milliseconds,
    config::Token,
    endpoints::Endpoints,
    gauges::Gauges,
    leaving::Leaving,
    spool::{Gate, Refusal},
    store::{Store, vouchers::Voucher},
};

/// The largest request, in bytes: some two thousand vouchers.
const LARGEST: usize = 1 << 20;
/// How long a request may take to come.
const SLOWEST: Duration = Duration::from_secs(10);
/// Requests with vouchers that are dealt with at the same time; a further one is asked to come again.
pub(crate) const AT_ONCE: usize = 64;

/// What the server knows.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) gate: Gate,
    pub(crate) token: Option<Token>,
    /// How long before their end vouchers of an epoch are not taken any more.
    pub(crate) margin: Duration,
    pub(crate) leaving: Leaving,
    pub(crate) places: Arc<Semaphore>,
    pub(crate) gauges: Arc<Gauges>,
    pub(crate) endpoints: Endpoints,
}

/// The routes.
pub(crate) fn routes(shared: Shared) -> Router {
    Router::new().route("/vouchers", post(take)).route("/health", get(health)).route("/metrics", get(metrics)).with_state(shared)
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
///
/// Who shows no token has nothing of its request read.
async fn take(State(shared): State<Shared>, headers: HeaderMap, body: Body) -> Response {
    if !allowed(&shared, &headers) {
        let challenge = [(header::WWW_AUTHENTICATE, "Bearer")];
        return (challenge, refused(StatusCode::UNAUTHORIZED, "the bearer token is missing or wrong")).into_response();
    }
    if !is_json(&headers) {
        return refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "vouchers are JSON: say so with Content-Type: application/json");
    }
    let Ok(_place) = shared.places.clone().try_acquire_owned() else {
        let later = [(header::RETRY_AFTER, "1")];
        return (later, refused(StatusCode::SERVICE_UNAVAILABLE, "too many requests at a time: ask again")).into_response();
    };
    let body = match tokio::time::timeout(SLOWEST, to_bytes(body, LARGEST)).await {
        Ok(Ok(body)) => body,
        Ok(Err(error)) if is_too_large(&error) => {
            let why = format!("a request has {LARGEST} bytes at most: send the vouchers in several");
            return refused(StatusCode::PAYLOAD_TOO_LARGE, &why);
        }
        Ok(Err(_)) => return refused(StatusCode::BAD_REQUEST, "the request broke off"),
        Err(_) => return refused(StatusCode::REQUEST_TIMEOUT, "the request did not come in time"),
    };
    match tokio::task::spawn_blocking(move || keep(&shared, &body)).await {
        Ok(answer) => answer,
        Err(error) => broken(&error.to_string()),
    }
}

/// Checks what was handed in, and keeps what is good.
fn keep(shared: &Shared, body: &[u8]) -> Response {
    let files = match Gate::read(body) {
        Ok(files) => files,
        Err(why) => return refused(StatusCode::BAD_REQUEST, &why.to_string()),
    };
    let times = shared.gauges.times();
    let admit = |file| {
        let voucher = shared.gate.admit(file, times, Some(shared.margin))?;
        shared.leaving.refuses(&voucher).map_or(Ok(voucher), Err)
    };
    let admitted: Vec<Result<Voucher, Refusal>> = files.iter().map(admit).collect();
    let good: Vec<Voucher> = admitted.iter().filter_map(|it| it.as_ref().ok()).cloned().collect();
    let new = match shared.store.keep(&[("http", &good)], milliseconds()) {
        Ok(new) => new,
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
        Some(Refusal::Closed { .. } | Refusal::Unpaid { .. }) => StatusCode::PAYMENT_REQUIRED,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    (status, Json(json!({ "vouchers": results }))).into_response()
}

/// Whether the token was shown. (The scheme's name is written in any case.)
fn allowed(shared: &Shared, headers: &HeaderMap) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|it| it.to_str().ok()).and_then(|it| it.split_once(' '));
    match (&shared.token, given) {
        (Some(token), Some((scheme, given))) => scheme.eq_ignore_ascii_case("Bearer") && token.is(given),
        _ => false,
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let kind = kind.and_then(|it| it.split(';').next()).map(str::trim);
    kind.is_some_and(|it| it.eq_ignore_ascii_case("application/json"))
}

fn is_too_large(error: &axum::Error) -> bool {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        if error.to_string().contains("length limit exceeded") {
            return true;
        }
        cause = error.source();
    }
    false
}

fn refused(status: StatusCode, why: &str) -> Response {
    (status, Json(json!({ "error": why }))).into_response()
}

fn broken(why: &str) -> Response {
    tracing::error!(why, "a request failed");
    refused(StatusCode::INTERNAL_SERVER_ERROR, why)
}
