//! An endpoint that cannot be relied on: it drops, delays, doubles and reorders, answers late what it has forwarded, gives the
//! answer to another request, and acknowledges transactions that it keeps to itself.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use alloy::{
    consensus::{Transaction as _, TxEnvelope},
    eips::Decodable2718,
};
use alloy_primitives::{Bytes, hex};
use alloy_sol_types::SolCall;
use serde_json::{Value, json};

use crate::world::http;

/// What it has seen and done. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Proxy(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    chance: Chance,
    requests: u64,
    faults: BTreeMap<&'static str, u64>,
    /// Every signed transaction that came by.
    raw: Vec<Bytes>,
    /// The answer before: what a crossed request gets.
    before: Vec<u8>,
    /// How many answers are held back until another request has come.
    held: u64,
    /// What was first handed in with each nonce, and whether it is kept to itself until another offers more.
    first: BTreeMap<u64, (Bytes, bool)>,
    /// How many transactions went on only because another with the same nonce offered more.
    outbid: u64,
    calm: bool,
    /// How often each function of a contract was called or estimated.
    asked: BTreeMap<[u8; 4], u64>,
}

/// Pseudo-random numbers (splitmix64): a run is repeated by its seed.
#[derive(Clone, Default)]
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
}

/// What happens to a request.
#[derive(Clone, Copy)]
enum Fate {
    Passed,
    Dropped,
    DroppedAfter,
    Delayed(u64),
    Late,
    Doubled,
    Held,
    Crossed,
    Unavailable,
}

impl Proxy {
    pub(crate) fn new(seed: u64) -> Self {
        let proxy = Self::default();
        proxy.0.lock().expect("its state").chance = Chance(seed);
        proxy
    }

    /// Listens, and forwards to a node.
    pub(crate) fn listen(&self, upstream: SocketAddr) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let proxy = self.clone();
        // It ends with the process: nobody connects to it any more after the test.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let proxy = proxy.clone();
                thread::spawn(move || proxy.serve(stream, upstream));
            }
        });
        url
    }

    /// From now on all is well.
    pub(crate) fn calm(&self) {
        self.0.lock().expect("its state").calm = true;
    }

    /// One that is reliable from the beginning: for tests that only want to see what is asked.
    pub(crate) fn reliable() -> Self {
        let proxy = Self::default();
        proxy.calm();
        proxy
    }

    /// How often a function of a contract was called or estimated, whatever came of it.
    pub(crate) fn asked<C: SolCall>(&self) -> u64 {
        self.0.lock().expect("its state").asked.get(&C::SELECTOR).copied().unwrap_or_default()
    }

    pub(crate) fn requests(&self) -> u64 {
        self.0.lock().expect("its state").requests
    }

    pub(crate) fn faults(&self) -> BTreeMap<&'static str, u64> {
        self.0.lock().expect("its state").faults.clone()
    }

    pub(crate) fn raw(&self) -> Vec<Bytes> {
        self.0.lock().expect("its state").raw.clone()
    }

    /// How many transactions were kept back until another with the same nonce offered more.
    pub(crate) fn outbid(&self) -> u64 {
        self.0.lock().expect("its state").outbid
    }

    fn fate(&self) -> Fate {
        let mut seen = self.0.lock().expect("its state");
        seen.requests += 1;
        if seen.calm {
            return Fate::Passed;
        }
        let (fate, name) = match seen.chance.below(100) {
            0..=3 => (Fate::Dropped, "dropped before forwarding"),
            4..=7 => (Fate::DroppedAfter, "forwarded, answer dropped"),
            8..=15 => (Fate::Delayed(20 + seen.chance.below(150)), "delayed"),
            16..=18 => (Fate::Late, "forwarded, answered too late"),
            19..=24 => (Fate::Doubled, "forwarded twice"),
            25..=30 => (Fate::Held, "answered after a later one"),
            31..=33 => (Fate::Crossed, "answered with another's answer"),
            34..=36 => (Fate::Unavailable, "answered with 503"),
            _ => return Fate::Passed,
        };
        *seen.faults.entry(name).or_default() += 1;
        fate
    }

    fn serve(&self, mut stream: TcpStream, upstream: SocketAddr) -> Option<()> {
        let body = request(&stream)?;
        if let Some(answer) = self.keep_back(&body) {
            return write(stream, &answer);
        }
        let fate = self.fate();
        let forward = || http(upstream, "POST", "/", None, &body).map(|(_, answer)| answer);
        let answer = match fate {
            Fate::Dropped => return None,
            Fate::Unavailable => {
                return stream
                    .write_all(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                    .ok();
            }
            Fate::DroppedAfter => {
                forward()?;
                return None;
            }
            Fate::Delayed(milliseconds) => {
                thread::sleep(Duration::from_millis(milliseconds));
                forward()?
            }
            Fate::Late => {
                let answer = forward()?;
                thread::sleep(Duration::from_millis(900));
                answer
            }
            Fate::Doubled => {
                forward()?;
                forward()?
            }
            Fate::Held => {
                let answer = forward()?;
                self.hold();
                answer
            }
            Fate::Crossed => {
                let answer = forward()?;
                std::mem::replace(&mut self.0.lock().expect("its state").before, answer)
            }
            Fate::Passed => {
                let answer = forward()?;
                self.0.lock().expect("its state").before.clone_from(&answer);
                answer
            }
        };
        self.0.lock().expect("its state").held = 0;
        write(stream, &answer)
    }

    /// Waits until another request was answered, or none came for a while.
    fn hold(&self) {
        self.0.lock().expect("its state").held += 1;
        for _ in 0..15 {
            thread::sleep(Duration::from_millis(10));
            if self.0.lock().expect("its state").held == 0 {
                return;
            }
        }
    }

    /// Notes a call or a transaction. Of a fourth of the nonces the first one gets no further, though its sender is told that it did:
    /// only one that offers more does.
    fn keep_back(&self, body: &[u8]) -> Option<Vec<u8>> {
        let request: Value = serde_json::from_slice(body).ok()?;
        if let Some(input) = request["params"][0]["input"].as_str() {
            let selector = input.get(2..10).and_then(|it| hex::decode_to_array(it).ok()).unwrap_or_default();
            *self.0.lock().expect("its state").asked.entry(selector).or_default() += 1;
        }
        if request["method"] != "eth_sendRawTransaction" {
            return None;
        }
        let raw: Bytes = serde_json::from_value(request["params"][0].clone()).expect("bytes");
        let transaction = TxEnvelope::decode_2718(&mut raw.as_ref()).expect("a transaction");
        let mut seen = self.0.lock().expect("its state");
        seen.raw.push(raw.clone());
        let draw = seen.chance.below(4);
        let keep = draw == 0 && !seen.calm;
        let (first, kept) = seen.first.entry(transaction.nonce()).or_insert_with(|| (raw.clone(), keep));
        if !*kept {
            return None;
        }
        if *first != raw {
            *kept = false;
            seen.outbid += 1;
            return None;
        }
        let answer = json!({ "jsonrpc": "2.0", "id": request["id"], "result": transaction.tx_hash() });
        Some(answer.to_string().into_bytes())
    }
}

fn write(mut stream: TcpStream, answer: &[u8]) -> Option<()> {
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        answer.len()
    );
    stream.write_all(&[head.as_bytes(), answer].concat()).ok()
}

/// The body of a request.
fn request(stream: &TcpStream) -> Option<Vec<u8>> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(body)
}
