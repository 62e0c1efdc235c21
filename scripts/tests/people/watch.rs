//! The dashboard: one frame, one document, and the terminal that it takes and gives back.

use std::{
    fs,
    io::{Read, Write},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use abi::{AppFees, MinerPool, MinerRewards, Staking};
use alloy_primitives::U256;
use corflow::people::Person::*;
use serde_json::Value;

use crate::desk::{COR, DAY, Desk, held};

/// What the terminal is told when the dashboard takes it, and when it gives it back.
const TAKEN: &str = "\x1b[?1049h";
const GIVEN_BACK: &str = "\x1b[?1049l";

fn corflow(words: Vec<String>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_corflow"));
    command.args(words);
    command
}

fn frame(desk: &Desk, width: u16) -> String {
    let output = corflow(desk.words(&format!("watch --once --width {width}"))).output().expect("corflow runs");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

fn document(desk: &Desk) -> Value {
    let output = corflow(desk.words("watch --json")).output().expect("corflow runs");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("a document")
}

/// Nothing in a document is rounded: numbers are whole.
fn whole(value: &Value, at: &str) {
    match value {
        Value::Number(number) => assert!(number.is_u64(), "{at}: {number}"),
        Value::Object(members) => members.iter().for_each(|(name, value)| whole(value, &format!("{at}/{name}"))),
        Value::Array(values) => values.iter().for_each(|value| whole(value, at)),
        Value::String(text) => assert!(text.parse::<f64>().is_err() || text.parse::<U256>().is_ok(), "{at}: {text}"),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_and_a_document_say_what_the_contracts_say() {
    let desk = Desk::open().await;
    let (treasury, guardian) = (desk.address(Treasury), desk.address(Guardian));
    let network = &desk.running.network;
    held(&desk.by(Ada, "stake 500").await);
    held(&desk.by(Treasury, &format!("owner propose agent-store {guardian}")).await);
    desk.send(treasury, network.fees, AppFees::setUnitPriceCall { unitPrice: U256::from(COR / 800) }).await;
    let attesters = vec![desk.address(Ben), desk.address(Cleo)];
    desk.send(treasury, network.rewards, MinerRewards::setAttestersCall { attesters, quorum: U256::from(2) }).await;
    desk.send(guardian, network.store, Staking::pauseCall {}).await;

    let document = document(&desk);
    whole(&document, "");
    assert_eq!((&document["ok"], &document["paused"]), (&true.into(), &serde_json::json!(["agent-store"])), "{document:#}");
    let epoch = desk.run("epoch").await.expect("an epoch").json;
    for (here, there) in [("epoch", "epoch"), ("began", "began"), ("ends", "ends"), ("next_to_close", "next_to_close")] {
        assert_eq!(document["epoch"][here], epoch["epoch"][there], "{document:#}");
    }
    let staked = desk.ask(desk.running.system.staking, Staking::totalsCall {}).await.staked;
    assert_eq!(document["stake"]["at_stake"], staked.to_string());
    let reserve = desk.ask(network.pool, MinerPool::reserveCall {}).await.reserve;
    assert_eq!(document["emission"]["reserve"], reserve.to_string());
    assert_eq!(document["fees"]["price_of_a_unit"], (COR / 1_000).to_string());
    let coming = document["coming"].as_array().expect("a list");
    let has = |contract: &str, what: &str, to: &str| {
        let same = |it: &&Value| it["contract"] == contract && it["what"] == what && it["to"] == to;
        assert!(coming.iter().any(|it| same(&it)), "{contract}: {what} {to} is not in {coming:#?}");
    };
    has("agent-store", "offered to", &guardian.to_string());
    has("app-fees", "price of a unit", &(COR / 800).to_string());
    has("miner-rewards", "number of attesters", "2");
    let events = document["events"].as_array().expect("a list");
    assert_eq!((&events[0]["contract"], &events[0]["event"]), (&"agent-store".into(), &"Paused".into()), "the newest is first");
    assert!(events.iter().any(|it| it["event"] == "Staked" && it["arguments"]["amount"] == (500 * COR).to_string()));

    // The same, at any width.
    for width in [40, 80, 120, 200] {
        let frame = frame(&desk, width);
        assert!(frame.lines().all(|line| line.chars().count() <= usize::from(width)), "{frame}");
        for said in ["paused: agent-store", "next to close", "0.00125 COR", "agent-store Paused"] {
            assert!(frame.contains(said), "{width} columns, {said}: {frame}");
        }
    }
    desk.pass(9 * DAY).await;
    assert_eq!(self::document(&desk)["epoch"]["due_now"], "1");

    let no_terminal = corflow(desk.words("watch")).output().expect("corflow runs");
    assert_eq!(no_terminal.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&no_terminal.stderr).contains("a dashboard needs a terminal: --once"));

    // Somebody has seen enough.
    let mut dashboard = Dashboard::open(&desk);
    dashboard.until("at stake");
    dashboard.types(b"q");
    dashboard.ends_well();
    // A signal ends it, too.
    let mut dashboard = Dashboard::open(&desk);
    dashboard.until("at stake");
    dashboard.terminate();
    dashboard.ends_well();
    // The node goes, and the figures stay.
    let mut dashboard = Dashboard::open(&desk);
    dashboard.until("at stake");
    drop(desk);
    dashboard.until("these figures are");
    dashboard.types(b"\x03");
    dashboard.ends_well();
}

/// The dashboard, on a terminal of `script`'s making.
struct Dashboard {
    script: Child,
    process: PathBuf,
    output: Receiver<Vec<u8>>,
    seen: String,
}

impl Dashboard {
    /// Opens it, and shows how the terminal is set once it has ended.
    fn open(desk: &Desk) -> Self {
        let process = desk.path("dashboard.pid");
        let watch = desk.words("watch --every 1").join(" ");
        let line = format!(
            "stty cols 120 rows 60; sh -c 'echo $$ > {}; exec {} {watch}'; echo ended by $?; stty -a",
            process.display(),
            env!("CARGO_BIN_EXE_corflow")
        );
        let mut script = Command::new("script")
            .args(["--quiet", "--flush", "--command", &line, "/dev/null"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("script, of util-linux");
        let mut screen = script.stdout.take().expect("a screen");
        let (send, output) = mpsc::channel();
        thread::spawn(move || {
            let mut bytes = [0; 4_096];
            while let Ok(count @ 1..) = screen.read(&mut bytes) {
                if send.send(bytes[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { script, process, output, seen: String::new() }
    }

    fn types(&mut self, keys: &[u8]) {
        self.script.stdin.as_mut().expect("a keyboard").write_all(keys).expect("it listens");
    }

    fn terminate(&self) {
        let process = fs::read_to_string(&self.process).expect("its number");
        let killed = Command::new("kill").args(["-TERM", process.trim()]).status().expect("kill runs");
        assert!(killed.success());
    }

    /// Waits until it has shown a text.
    fn until(&mut self, text: &str) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !self.seen.contains(text) {
            let more = self.output.recv_timeout(deadline.saturating_duration_since(Instant::now()));
            let more = more.unwrap_or_else(|error| panic!("{text} was not shown ({error}): {:?}", self.seen));
            self.seen.push_str(&String::from_utf8_lossy(&more));
        }
    }

    /// Waits until it has ended: without an error, and with the terminal as it was.
    fn ends_well(&mut self) {
        self.until("ended by 0");
        self.until("echoctl");
        let (taken, given, ended) = (self.seen.find(TAKEN), self.seen.rfind(GIVEN_BACK), self.seen.find("ended by"));
        assert!(taken.is_some() && taken < given && given < ended, "{:?}", self.seen);
        let left = &self.seen[ended.expect("it has ended")..];
        assert!(left.contains(" icanon") && left.contains(" echo "), "the terminal is still raw: {left}");
    }
}

impl Drop for Dashboard {
    fn drop(&mut self) {
        // It has ended, unless the test failed.
        let _ = self.script.kill();
        let _ = self.script.wait();
    }
}
