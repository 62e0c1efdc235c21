//! Several endpoints of one chain, used as one: the first that answers, the next when it does not.
//!
//! An endpoint is asked nothing before it has proved that it serves the right chain, by its chain id and by the hash of its
//! first block. Asking again is always safe here: reads change nothing, and a signed transaction counts once however often
//! it is sent.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::Duration,
};

use alloy::{
    primitives::{B256, U64},
    rpc::{
        client::RpcClient,
        json_rpc::{Id, Request, RequestPacket, Response, ResponsePacket, ResponsePayload},
    },
    transports::{
        RpcError, TransportError, TransportErrorKind, TransportFut,
        http::{Http, reqwest},
    },
};
use serde::Deserialize;
use tokio::task::JoinSet;
use tower::Service;

/// How often all endpoints are tried before a request is given up.
const ROUNDS: u32 = 3;
/// The pause after the first round; it doubles.
const PAUSE: Duration = Duration::from_millis(100);
/// What providers answer that want to be asked later, as an error of JSON-RPC. Some say it of a question with too long an
/// answer, too.
const LIMIT_EXCEEDED: i64 = -32005;

/// The endpoints. Clones share what is known of them.
#[derive(Clone)]
pub(crate) struct Endpoints(Arc<All>);

struct All {
    chain_id: u64,
    genesis: OnceLock<B256>,
    patience: Duration,
    each: Vec<Endpoint>,
    current: AtomicUsize,
}

struct Endpoint {
    /// Host and port: what else is in a URL may be a key.
    name: String,
    http: Http<reqwest::Client>,
    state: Mutex<State>,
    failures: AtomicU64,
}

/// What is known of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It was not asked yet.
    Unknown,
    /// It serves the chain, and answered when it was last asked.
    Up,
    /// It does not answer, and why.
    Down(String),
    /// It serves another chain, and is asked nothing any more.
    Foreign(String),
}

/// An endpoint, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) name: String,
    pub(crate) state: State,
    /// How often it did not answer, or with something else.
    pub(crate) failures: u64,
}

impl Endpoints {
    /// Endpoints of a chain. Where its genesis is not known, the first that answers says it.
    pub(crate) fn new(
        urls: &[reqwest::Url],
        chain_id: u64,
        genesis: Option<B256>,
        patience: Duration,
    ) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder().timeout(patience).build()?;
        let endpoint = |url: &reqwest::Url| Endpoint {
            name: name(url),
            http: Http::with_client(client.clone(), url.clone()),
            state: Mutex::new(State::Unknown),
            failures: AtomicU64::new(0),
        };
        let each = urls.iter().map(endpoint).collect();
        let genesis = genesis.map_or_else(OnceLock::new, OnceLock::from);
        Ok(Self(Arc::new(All { chain_id, genesis, patience, each, current: AtomicUsize::new(0) })))
    }

    /// A client that asks them.
    pub(crate) fn client(&self) -> RpcClient {
        RpcClient::new(self.clone(), false)
    }

    /// The hash of the chain's first block, once an endpoint has told it.
    pub(crate) fn genesis(&self) -> Option<B256> {
        self.0.genesis.get().copied()
    }

    /// What is known of each.
    pub(crate) fn report(&self) -> Vec<Report> {
        let report = |it: &Endpoint| Report { name: it.name.clone(), state: it.state(), failures: it.failures.load(Relaxed) };
        self.0.each.iter().map(report).collect()
    }

    /// Asks every one of them what it serves, whether it is needed or not.
    pub(crate) async fn probe(&self) {
        for endpoint in &self.0.each {
            let found = self.0.recognise(endpoint).await;
            endpoint.saw(found.unwrap_or_else(|error| State::Down(told(&error))));
        }
    }
}

impl Endpoints {
    /// Goes over to the endpoint that has the newest block, if the one that is used is more than `most` blocks behind it: a node
    /// that stands still answers as readily as any. Those that are down are not waited for.
    pub(crate) async fn keep_up(&self, most: u64) {
        let mut asked = JoinSet::new();
        for place in 0..self.0.each.len() {
            let all = self.0.clone();
            asked.spawn(async move { (place, all.newest(&all.each[place]).await) });
        }
        let used = self.0.current.load(Relaxed);
        let mut numbers = BTreeMap::new();
        while let Some(answer) = asked.join_next().await {
            numbers.extend(answer.ok().and_then(|(place, number)| Some((place, number?))));
        }
        let Some((&place, &newest)) = numbers.iter().max_by_key(|(_, number)| **number) else { return };
        let behind = numbers.get(&used).map_or(0, |it| newest - it);
        if behind > most {
            let [from, to] = [used, place].map(|it| self.0.each[it].name.as_str());
            tracing::warn!(from, to, behind, "an endpoint does not keep up, another is used");
            self.0.current.store(place, Relaxed);
        }
    }
}

impl fmt::Debug for Endpoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.each.iter().map(|it| &it.name)).finish()
    }
}

impl All {
    async fn ask(&self, packet: &RequestPacket) -> Result<ResponsePacket, TransportError> {
        let mut last = None;
        for round in 0..ROUNDS {
            if round > 0 {
                tokio::time::sleep(PAUSE * 2_u32.pow(round - 1)).await;
            }
            let first = self.current.load(Relaxed);
            for turn in 0..self.each.len() {
                let place = (first + turn) % self.each.len();
                let endpoint = &self.each[place];
                match self.ask_one(endpoint, packet.clone()).await {
                    Ok(answer) => {
                        endpoint.saw(State::Up);
                        self.current.store(place, Relaxed);
                        return Ok(answer);
                    }
                    Err(error) => {
                        let why = told(&error);
                        tracing::debug!(endpoint = endpoint.name, why, "an endpoint failed");
                        endpoint.failures.fetch_add(1, Relaxed);
                        if !matches!(endpoint.state(), State::Foreign(_)) {
                            endpoint.saw(State::Down(why.clone()));
                        }
                        last = Some(format!("{}: {why}", endpoint.name));
                    }
                }
            }
        }
        Err(TransportErrorKind::custom_str(&last.unwrap_or_else(|| "there is no endpoint".into())))
    }

    async fn ask_one(&self, endpoint: &Endpoint, packet: RequestPacket) -> Result<ResponsePacket, TransportError> {
        match endpoint.state() {
            State::Up => {}
            State::Foreign(why) => return Err(TransportErrorKind::custom_str(&why)),
            State::Unknown | State::Down(_) => match self.recognise(endpoint).await? {
                State::Foreign(why) => {
                    tracing::error!(endpoint = endpoint.name, why, "an endpoint is not used");
                    endpoint.saw(State::Foreign(why.clone()));
                    return Err(TransportErrorKind::custom_str(&why));
                }
                _ => endpoint.saw(State::Up),
            },
        }
        self.exchange(endpoint, packet).await
    }

    /// The number of an endpoint's newest block; none if it is down, of another chain, or does not say.
    async fn newest(&self, endpoint: &Endpoint) -> Option<u64> {
        match endpoint.state() {
            State::Up => {}
            State::Unknown => {
                let found = self.recognise(endpoint).await.unwrap_or_else(|error| State::Down(told(&error)));
                endpoint.saw(found.clone());
                if found != State::Up {
                    return None;
                }
            }
            State::Down(_) | State::Foreign(_) => return None,
        }
        let number: U64 = self.question(endpoint, "eth_blockNumber", ()).await.ok()?;
        Some(number.to())
    }

    /// Which chain an endpoint serves.
    async fn recognise(&self, endpoint: &Endpoint) -> Result<State, TransportError> {
        #[derive(Deserialize)]
        struct Block {
            hash: B256,
        }
        let id: U64 = self.question(endpoint, "eth_chainId", ()).await?;
        if id.to::<u64>() != self.chain_id {
            return Ok(State::Foreign(format!("it serves chain {id}, not {}", self.chain_id)));
        }
        let block: Block = self.question(endpoint, "eth_getBlockByNumber", ("0x0", false)).await?;
        let genesis = *self.genesis.get_or_init(|| block.hash);
        if block.hash != genesis {
            return Ok(State::Foreign(format!("its chain begins with block {}, not {genesis}", block.hash)));
        }
        Ok(State::Up)
    }

    async fn question<P, R>(&self, endpoint: &Endpoint, method: &'static str, params: P) -> Result<R, TransportError>
    where
        P: serde::Serialize + Clone + fmt::Debug + Send + Sync + Unpin,
        R: serde::de::DeserializeOwned,
    {
        // Ids of clients begin at zero too; this one is never theirs.
        let request = Request::new(method, Id::String(method.into()), params).serialize().map_err(TransportError::ser_err)?;
        let answer = self.exchange(endpoint, request.into()).await?;
        match answer {
            ResponsePacket::Single(Response { payload: ResponsePayload::Success(result), .. }) => {
                serde_json::from_str(result.get()).map_err(|error| TransportError::deser_err(error, result.get()))
            }
            _ => Err(TransportErrorKind::custom_str(&format!("it does not answer {method}"))),
        }
    }

    /// One request and its answer: the answer to this request, not to another.
    async fn exchange(&self, endpoint: &Endpoint, packet: RequestPacket) -> Result<ResponsePacket, TransportError> {
        let asked: Vec<Id> = packet.requests().iter().map(|it| it.id().clone()).collect();
        let mut http = endpoint.http.clone();
        let late = || TransportErrorKind::custom_str("it does not answer in time");
        let answer = tokio::time::timeout(self.patience, http.call(packet)).await.map_err(|_| late())??;
        let answers: &[Response] = match &answer {
            ResponsePacket::Single(one) => std::slice::from_ref(one),
            ResponsePacket::Batch(many) => many,
        };
        if answers.len() != asked.len() || !answers.iter().all(|it| asked.contains(&it.id)) {
            return Err(TransportErrorKind::custom_str("it answers another request"));
        }
        if answers.iter().filter_map(|it| it.payload.as_error()).any(|it| wants_time(it.code, &it.message)) {
            return Err(TransportErrorKind::custom_str("it wants to be asked later"));
        }
        Ok(answer)
    }
}

/// Whether an error says: later. (Asked for less, a provider that finds its answer too long answers at once.)
fn wants_time(code: i64, message: &str) -> bool {
    let message = message.to_lowercase();
    code == LIMIT_EXCEEDED && !["result", "range", "logs"].iter().any(|it| message.contains(it))
}

impl Endpoint {
    fn state(&self) -> State {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn saw(&self, state: State) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }
}

impl Service<RequestPacket> for Endpoints {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, packet: RequestPacket) -> Self::Future {
        let all = self.0.clone();
        Box::pin(async move { all.ask(&packet).await })
    }
}

fn name(url: &reqwest::Url) -> String {
    let host = url.host_str().unwrap_or("?");
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// An error in words, without the URL, which may hold a key.
fn told(error: &TransportError) -> String {
    match error {
        RpcError::Transport(TransportErrorKind::Custom(inner)) => match inner.downcast_ref::<reqwest::Error>() {
            Some(error) if error.is_timeout() => "it does not answer in time".into(),
            Some(error) if error.is_connect() => "it cannot be reached".into(),
            Some(_) => "it broke off its answer".into(),
            None => inner.to_string(),
        },
        RpcError::Transport(kind) => match kind.as_http_error() {
            Some(error) => format!("it answers with the HTTP status {}", error.status),
            None => "the connection failed".into(),
        },
        RpcError::DeserError { .. } => "its answer is no JSON-RPC".into(),
        _ => "its answer makes no sense".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::providers::{Provider, RootProvider};
    use axum::{Json, Router, routing::post};
    use serde_json::{Value, json};

    /// An endpoint that serves a chain, and answers block numbers as it is told.
    async fn served(chain_id: u64, genesis: u8, number: fn(Value) -> Value) -> reqwest::Url {
        let answer = move |Json(request): Json<Value>| async move {
            let id = request["id"].clone();
            Json(match request["method"].as_str() {
                Some("eth_chainId") => json!({ "jsonrpc": "2.0", "id": id, "result": format!("{chain_id:#x}") }),
                Some("eth_getBlockByNumber") => {
                    json!({ "jsonrpc": "2.0", "id": id, "result": { "hash": B256::repeat_byte(genesis) } })
                }
                _ => number(id),
            })
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/secret", listener.local_addr().expect("an address"));
        let app = Router::new().route("/secret", post(answer));
        tokio::spawn(async move { axum::serve(listener, app).await });
        url.parse().expect("a URL")
    }

    fn seven(id: Value) -> Value {
        json!({ "jsonrpc": "2.0", "id": id, "result": "0x7" })
    }

    fn crossed(_: Value) -> Value {
        json!({ "jsonrpc": "2.0", "id": 999, "result": "0x8" })
    }

    fn limited(id: Value) -> Value {
        json!({ "jsonrpc": "2.0", "id": id, "error": { "code": LIMIT_EXCEEDED, "message": "slow down" } })
    }

    fn endpoints(urls: &[reqwest::Url]) -> Endpoints {
        Endpoints::new(urls, 42, None, Duration::from_millis(500)).expect("endpoints")
    }

    async fn number(endpoints: &Endpoints) -> Result<u64, String> {
        RootProvider::<alloy::network::Ethereum>::new(endpoints.client())
            .get_block_number()
            .await
            .map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn the_next_one_answers_when_the_first_does_not() {
        let gone: reqwest::Url = "http://127.0.0.1:1/secret".parse().expect("a URL");
        for broken in [gone, served(42, 1, crossed).await, served(42, 1, limited).await] {
            let both = endpoints(&[broken, served(42, 1, seven).await]);
            assert_eq!(number(&both).await, Ok(7));
            let report = both.report();
            assert!(matches!(report[0].state, State::Down(_)), "{report:?}");
            assert_eq!((&report[1].state, report[1].failures), (&State::Up, 0));
            let failures = report[0].failures;
            assert_eq!(number(&both).await, Ok(7));
            assert_eq!(both.report()[0].failures, failures, "it stays with the one that answers");
        }
    }

    #[tokio::test]
    async fn one_that_stands_still_is_left_for_one_that_goes_on() {
        fn hundred(id: Value) -> Value {
            json!({ "jsonrpc": "2.0", "id": id, "result": "0x64" })
        }
        let gone: reqwest::Url = "http://127.0.0.1:1/secret".parse().expect("a URL");
        let all = endpoints(&[served(42, 1, seven).await, gone, served(43, 1, hundred).await, served(42, 1, hundred).await]);
        assert_eq!(number(&all).await, Ok(7));
        all.keep_up(93).await;
        assert_eq!(number(&all).await, Ok(7), "93 blocks behind are not too many");
        all.keep_up(92).await;
        assert_eq!(number(&all).await, Ok(100));
        let states: Vec<_> = all.report().into_iter().map(|it| it.state).collect();
        assert!(matches!(states[..], [State::Up, State::Down(_), State::Foreign(_), State::Up]), "{states:?}");
    }

    #[test]
    fn a_limit_of_time_is_not_one_of_length() {
        assert!(wants_time(-32005, "daily request count exceeded, request rate limited"));
        assert!(!wants_time(-32005, "query returned more than 10000 results"));
        assert!(!wants_time(-32005, "eth_getLogs is limited to a 10,000 block range"));
        assert!(!wants_time(-32602, "too many requests"));
    }

    #[tokio::test]
    async fn one_of_another_chain_is_never_asked() {
        let other_id = endpoints(&[served(43, 1, seven).await]);
        assert!(number(&other_id).await.is_err_and(|it| it.contains("serves chain 43, not 42")));
        let other_genesis = endpoints(&[served(42, 1, crossed).await, served(42, 2, seven).await]);
        assert!(number(&other_genesis).await.is_err(), "the one that answers is of another chain");
        assert!(matches!(other_genesis.report()[1].state, State::Foreign(_)));
    }

    #[tokio::test]
    async fn what_fails_names_the_host_and_nothing_else_of_the_url() {
        let error = number(&endpoints(&["http://127.0.0.1:1/secret".parse().expect("a URL")])).await.expect_err("nobody listens");
        assert!(error.contains("127.0.0.1:1: it cannot be reached") && !error.contains("secret"), "{error}");
    }
}
