//! What the keeper shows of itself: whether it is well, and numbers for Prometheus.

use std::{
    fmt::Write,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use alloy_primitives::U256;
use serde_json::{Value, json};

use super::{
    chain::{Head, Times, seconds},
    endpoints::{Endpoints, State},
    store::{Store, StoreError},
};

/// Periods without a tick after which something is wrong.
const LATE: u32 = 3;

/// What changes from tick to tick.
#[derive(Debug)]
pub(crate) struct Gauges {
    period: Duration,
    now: Mutex<Now>,
}

#[derive(Debug)]
struct Now {
    /// The last tick, or the start.
    ticked: Instant,
    /// The same in seconds since 1970.
    at: u64,
    ticks: u64,
    took: Duration,
    head: Option<(u64, u64)>,
    balance: Option<U256>,
    unreachable: bool,
}

impl Gauges {
    pub(crate) fn new(period: Duration) -> Self {
        let now = Now {
            ticked: Instant::now(),
            at: seconds(),
            ticks: 0,
            took: Duration::ZERO,
            head: None,
            balance: None,
            unreachable: false,
        };
        Self { period, now: Mutex::new(now) }
    }

    /// A tick ended, with so many wei left.
    pub(crate) fn ticked(&self, head: Option<&Head>, balance: Option<U256>, unreachable: bool, took: Duration) {
        let mut now = self.lock();
        let head = head.map(|it| (it.number, it.time)).or(now.head);
        let balance = balance.or(now.balance);
        *now = Now { ticked: Instant::now(), at: seconds(), ticks: now.ticks + 1, took, head, balance, unreachable };
    }

    /// A block was seen.
    pub(crate) fn saw(&self, head: &Head) {
        self.lock().head = Some((head.number, head.time));
    }

    /// What time it is.
    pub(crate) fn times(&self) -> Times {
        Times { chain: self.lock().head.map(|(_, time)| time), ours: seconds() }
    }

    /// What is wrong; nothing if all is well.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let now = self.lock();
        let mut complaints = Vec::new();
        let silent = now.ticked.elapsed();
        if silent > self.period * LATE {
            complaints.push(format!("no tick for {} seconds, the period is {}", silent.as_secs(), self.period.as_secs_f64()));
        }
        if now.unreachable {
            complaints.push("no endpoint answers".into());
        }
        complaints
    }

    /// The answer of `/health`.
    pub(crate) fn health(&self) -> (bool, Value) {
        let complaints = self.complaints();
        let now = self.lock();
        let head = now.head.map(|(number, _)| number);
        let ok = complaints.is_empty();
        (ok, json!({ "ok": ok, "complaints": complaints, "ticks": now.ticks, "lastTick": now.at, "head": head }))
    }

    /// The answer of `/metrics`.
    pub(crate) fn metrics(&self, store: &Store, endpoints: &Endpoints) -> Result<String, StoreError> {
        let mut page = Page::default();
        let well = self.complaints().is_empty();
        {
            let now = self.lock();
            page.gauge("corflow_keeper_healthy", "1 if /health says ok.", u64::from(well));
            page.counter("corflow_keeper_ticks_total", "Ticks since the start.", now.ticks);
            page.gauge("corflow_keeper_last_tick_timestamp_seconds", "When the last tick ended, since 1970.", now.at);
            page.gauge("corflow_keeper_tick_duration_seconds", "How long it took.", now.took.as_secs_f64());
            if let Some((number, time)) = now.head {
                page.gauge("corflow_keeper_head_block", "The newest block seen.", number);
                page.gauge("corflow_keeper_head_timestamp_seconds", "Its timestamp.", time);
            }
            if let Some(balance) = now.balance {
                page.gauge("corflow_keeper_balance_wei", "What its key has to pay with.", balance);
            }
        }
        page.family("corflow_keeper_vouchers", "gauge", "Vouchers by where they stand.");
        for (state, count) in store.voucher_counts()? {
            page.sample("corflow_keeper_vouchers", &format!("state=\"{state}\""), count);
        }
        let outcomes = store.outcomes()?;
        page.family("corflow_keeper_nonces", "gauge", "Nonces used, by how they ended or where they stand.");
        for (outcome, (count, _)) in &outcomes {
            page.sample("corflow_keeper_nonces", &format!("outcome=\"{outcome}\""), count);
        }
        let cost: u128 = outcomes.values().map(|it| it.1).sum();
        page.counter("corflow_keeper_cost_wei_total", "Wei paid for gas.", cost);
        page.family("corflow_keeper_endpoint_up", "gauge", "1 if the endpoint answered when it was last asked.");
        let reports = endpoints.report();
        for it in &reports {
            page.sample("corflow_keeper_endpoint_up", &format!("endpoint=\"{}\"", it.name), u64::from(it.state == State::Up));
        }
        page.family("corflow_keeper_endpoint_failures_total", "counter", "Requests that the endpoint did not answer.");
        for it in &reports {
            page.sample("corflow_keeper_endpoint_failures_total", &format!("endpoint=\"{}\"", it.name), it.failures);
        }
        Ok(page.0)
    }

    fn lock(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Prometheus' text format.
#[derive(Default)]
struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &str, value: impl std::fmt::Display) {
        let _ = writeln!(self.0, "{name}{{{labels}}} {value}");
    }

    fn gauge(&mut self, name: &str, help: &str, value: impl std::fmt::Display) {
        self.family(name, "gauge", help);
        let _ = writeln!(self.0, "{name} {value}");
    }

    fn counter(&mut self, name: &str, help: &str, value: impl std::fmt::Display) {
        self.family(name, "counter", help);
        let _ = writeln!(self.0, "{name} {value}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::B256;

    #[test]
    fn it_is_well_while_it_ticks_and_somebody_answers() {
        let gauges = Gauges::new(Duration::from_millis(20));
        assert!(gauges.health().0);
        std::thread::sleep(Duration::from_millis(70));
        assert!(gauges.complaints()[0].starts_with("no tick for"));
        gauges.ticked(None, None, true, Duration::ZERO);
        assert_eq!(gauges.complaints(), ["no endpoint answers"]);
        let head = Head { number: 5, hash: B256::ZERO, time: 6, base_fee: 0, now: 6 };
        gauges.ticked(Some(&head), None, false, Duration::ZERO);
        let (ok, health) = gauges.health();
        assert!(ok && health["head"] == 5 && health["ticks"] == 2, "{health}");
    }

    /// The names of all samples, of a page that keeps to the rules: a family has a name with its unit, is described and typed
    /// once, before its samples, which follow each other and are no two the same; counters, and they alone, end in `_total`.
    fn checked(page: &str) -> Vec<String> {
        let is_name = |name: &str| {
            !name.starts_with(|it: char| it.is_ascii_digit()) && name.chars().all(|it| it.is_ascii_alphanumeric() || it == '_')
        };
        let (mut families, mut samples) = (Vec::<String>::new(), Vec::<String>::new());
        let mut lines = page.lines();
        let mut family = String::new();
        while let Some(line) = lines.next() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, text) = help.split_once(' ').expect("a text");
                let kind = lines.next().and_then(|it| it.strip_prefix("# TYPE ")).expect("a type after each help");
                let (typed, kind) = kind.split_once(' ').expect("a kind");
                assert!(typed == name && text.ends_with('.') && is_name(name) && name.starts_with("corflow_keeper_"), "{line}");
                assert_eq!(name.ends_with("_total"), kind == "counter", "{name} is a {kind}");
                assert!(["gauge", "counter"].contains(&kind) && !families.iter().any(|it| it == name), "{name}");
                assert!(!name.contains("millis") && !name.contains("_ms") && !name.contains("minutes"), "{name}: seconds");
                family = name.to_owned();
                families.push(family.clone());
                continue;
            }
            let (sample, value) = line.rsplit_once(' ').expect("a value");
            value.parse::<f64>().unwrap_or_else(|_| panic!("{line}"));
            let name = match sample.split_once('{') {
                None => sample,
                Some((name, labels)) => {
                    let (label, value) = labels.strip_suffix("\"}").and_then(|it| it.split_once("=\"")).expect("one label");
                    assert!(is_name(label) && !value.contains(['"', '\\', '\n']), "{line}");
                    name
                }
            };
            assert_eq!(name, family, "samples follow their family");
            assert!(!samples.iter().any(|it| it == sample), "{sample} twice");
            samples.push(sample.to_owned());
        }
        assert!(page.ends_with('\n'));
        samples
    }

    #[test]
    fn the_metrics_are_what_prometheus_reads_and_names_as_it_wants() {
        let gauges = Gauges::new(Duration::from_secs(1));
        let urls = ["http://host:5/KEY", "https://other/KEY"].map(|it| it.parse().expect("a URL"));
        let endpoints = Endpoints::new(&urls, 1, None, Duration::from_secs(1)).expect("endpoints");
        let head = Head { number: 5, hash: B256::ZERO, time: 6, base_fee: 0, now: 6 };
        gauges.ticked(Some(&head), Some(U256::from(7)), false, Duration::from_millis(1_500));
        let page = gauges.metrics(&Store::in_memory(), &endpoints).expect("a page");
        let samples = checked(&page);
        for state in ["open", "counted", "settled", "rejected", "expired"] {
            assert!(
                samples.contains(&format!("corflow_keeper_vouchers{{state=\"{state}\"}}")),
                "also where there is none: {page}"
            );
        }
        for line in [
            "corflow_keeper_ticks_total 1",
            "corflow_keeper_tick_duration_seconds 1.5",
            "corflow_keeper_balance_wei 7",
            "corflow_keeper_nonces{outcome=\"reverted\"} 0",
            "corflow_keeper_endpoint_up{endpoint=\"host:5\"} 0",
        ] {
            assert!(page.lines().any(|it| it == line), "{line}: {page}");
        }
        assert!(!page.contains("KEY"), "{page}");
    }
}
