//! The keeper's HTTP endpoint as a stranger, a careless client and a crowd meet it.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    thread,
    time::{Duration, Instant},
};

use corflow::voucher::file::Voucher;
use serde_json::Value;

use crate::{
    binary::Running,
    world::{Options, TOKEN, World, free_port, http},
};

/// Asks until there is an answer: a keeper that has just been started does not listen yet.
pub(crate) fn answer(to: SocketAddr, method: &str, path: &str, token: Option<&str>, body: &[u8]) -> (u16, String) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some((status, body)) = http(to, method, path, token, body) {
            return (status, String::from_utf8(body).expect("text"));
        }
        assert!(Instant::now() < deadline, "the keeper does not answer");
        thread::sleep(Duration::from_millis(50));
    }
}

/// Hands in a voucher.
pub(crate) fn post(to: SocketAddr, voucher: &Voucher) -> (u16, Value) {
    let body = serde_json::to_vec(voucher).expect("JSON");
    let (status, answer) = answer(to, "POST", "/vouchers", Some(TOKEN), &body);
    (status, serde_json::from_str(&answer).expect("JSON"))
}

/// A number of the metrics, by its name and label.
pub(crate) fn metric(of: SocketAddr, name: &str) -> f64 {
    let page = answer(of, "GET", "/metrics", None, b"").1;
    let line = page.lines().find_map(|it| it.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name} in {page}")).parse().expect("a number")
}

fn options(listen: SocketAddr) -> Options {
    Options {
        listen: Some(listen),
        top: "period = \"300ms\"\npoll = \"20ms\"\nconfirmations = 1".into(),
        tables: "[spool]\nsettle_after = \"1d\"\n".into(),
        ..Options::default()
    }
}

/// Sends bytes, and gives the status and the head of what comes back.
fn raw(to: SocketAddr, bytes: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(to).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a limit");
    // Whoever is refused before it has sent all may find the connection closed.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    (answer.get(9..12).and_then(|it| it.parse().ok()).unwrap_or_default(), answer.to_lowercase())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_and_careless_clients_are_refused_each_with_its_reason() {
    let world = World::start(1).await;
    let listen = free_port();
    let config = world.configure(&options(listen));
    let _keeper = Running::start(&config, &world.path("keeper.log"));
    answer(listen, "GET", "/health", None, b"");
    let good = serde_json::to_string(&world.voucher(world.apps[0], 0, 5)).expect("JSON");
    let ask = |headers: &str, body: &str| {
        let head = format!("POST /vouchers HTTP/1.1\r\nHost: keeper\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
        raw(listen, format!("{head}{headers}\r\n{body}").as_bytes())
    };
    let json = "Content-Type: application/json\r\n";
    let token = format!("Authorization: Bearer {TOKEN}\r\n");

    // The token: absent, wrong, of another scheme, longer, shorter, empty.
    for header in [
        String::new(),
        "Authorization: Bearer another-token-of-leng\r\n".into(),
        format!("Authorization: Basic {TOKEN}\r\n"),
        format!("Authorization: Bearer {TOKEN}x\r\n"),
        format!("Authorization: Bearer {}\r\n", &TOKEN[..TOKEN.len() - 1]),
        "Authorization: Bearer \r\n".into(),
        format!("Authorization: {TOKEN}\r\n"),
    ] {
        let (status, answer) = ask(&format!("{json}{header}"), &good);
        assert!(status == 401 && answer.contains("www-authenticate: bearer"), "{header:?}: {answer}");
    }
    // Without it nothing is read, however much is announced.
    let (status, _) = raw(listen, b"POST /vouchers HTTP/1.1\r\nHost: keeper\r\nContent-Length: 999999999999\r\n\r\n");
    assert_eq!(status, 401);

    // What is sent: no JSON by its own word, or by its content; too much of it.
    let (status, answer) = ask(&token, &good);
    assert!(status == 415 && answer.contains("say so with content-type: application/json"), "{answer}");
    assert_eq!(ask(&format!("Content-Type: text/plain\r\n{token}"), &good).0, 415);
    for bad in ["", "{", "null", "7", "[7]", "{}", &good[..good.len() - 1], &format!("{good}{good}"), "[[[[[["] {
        let (status, answer) = ask(&format!("{json}{token}"), bad);
        assert!(status == 400 && answer.contains("it is no voucher"), "{bad}: {answer}");
    }
    let nested = "[".repeat(100_000);
    assert_eq!(ask(&format!("{json}{token}"), &nested).0, 400, "however deep");
    let large = format!("[{}{good}]", " ".repeat(1 << 20));
    let (status, answer) = ask(&format!("{json}{token}"), &large);
    assert!(status == 413 && answer.contains("send the vouchers in several"), "{answer}");

    // What is well said is taken, as are an empty array and other ways to write the same.
    assert_eq!(ask(&format!("{json}{token}"), "[]").0, 200);
    let other = format!("content-type: Application/JSON; charset=utf-8\r\nauthorization: bearer {TOKEN}\r\n");
    assert_eq!(ask(&other, &good).0, 200);
    assert_eq!(http(listen, "GET", "/vouchers", Some(TOKEN), b"").expect("an answer").0, 405);
    let kept: i64 = world.database().query_row("SELECT count(*) FROM vouchers", [], |row| row.get(0)).expect("a number");
    assert_eq!(kept, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_at_once_are_all_kept_or_told_to_come_again() {
    let world = World::start(1).await;
    let listen = free_port();
    let config = world.configure(&options(listen));
    let _keeper = Running::start(&config, &world.path("keeper.log"));
    answer(listen, "GET", "/health", None, b"");
    // Some that say nothing for a while are in nobody's way.
    let silent: Vec<_> = (0..50).map(|_| TcpStream::connect(listen).expect("a connection")).collect();
    let bodies: Vec<_> = (1..=200).map(|it| serde_json::to_vec(&world.voucher(world.apps[0], 0, it)).expect("JSON")).collect();
    let statuses: Vec<u16> = thread::scope(|scope| {
        let all: Vec<_> = bodies
            .iter()
            .map(|body| {
                scope.spawn(move || {
                    loop {
                        let (status, _) = answer(listen, "POST", "/vouchers", Some(TOKEN), body);
                        if status != 503 {
                            return status;
                        }
                        thread::sleep(Duration::from_millis(100));
                    }
                })
            })
            .collect();
        all.into_iter().map(|it| it.join().expect("an answer")).collect()
    });
    assert!(statuses.iter().all(|it| *it == 200), "{statuses:?}");
    drop(silent);
    let kept: i64 = world.database().query_row("SELECT count(*) FROM vouchers", [], |row| row.get(0)).expect("a number");
    assert_eq!(kept, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_there_although_it_is_killed_at_once_and_its_lock_is_not_in_the_way() {
    let world = World::start(1).await;
    let listen = free_port();
    let config = world.configure(&options(listen));
    for units in 1..=8 {
        let keeper = Running::start(&config, &world.path("keeper.log"));
        assert_eq!(post(listen, &world.voucher(world.apps[0], 0, units)).0, 200);
        // SIGKILL, before it could do anything else. The next one with this key starts all the same.
        drop(keeper);
        let known: i64 = world.database().query_row("SELECT count(*) FROM vouchers", [], |row| row.get(0)).expect("a number");
        assert_eq!(known, units as i64);
    }
}
