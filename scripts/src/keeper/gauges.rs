//! What the keeper shows of itself: whether it is well, and numbers for Prometheus.

use std::{
    fmt::Write,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{
    chain::{Head, seconds},
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
    unreachable: bool,
}

impl Gauges {
    pub(crate) fn new(period: Duration) -> Self {
        let now = Now { ticked: Instant::now(), at: seconds(), ticks: 0, took: Duration::ZERO, head: None, unreachable: false };
        Self { period, now: Mutex::new(now) }
    }

    /// A tick ended.
    pub(crate) fn ticked(&self, head: Option<&Head>, unreachable: bool, took: Duration) {
        let mut now = self.lock();
        let head = head.map(|it| (it.number, it.time)).or(now.head);
        *now = Now { ticked: Instant::now(), at: seconds(), ticks: now.ticks + 1, took, head, unreachable };
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
            page.gauge("corflow_keeper_last_tick_seconds", "When the last tick ended, since 1970.", now.at);
            page.gauge("corflow_keeper_tick_duration_seconds", "How long it took.", now.took.as_secs_f64());
            if let Some((number, time)) = now.head {
                page.gauge("corflow_keeper_head_block", "The newest block seen.", number);
                page.gauge("corflow_keeper_head_time_seconds", "Its timestamp.", time);
            }
        }
        page.family("corflow_keeper_vouchers", "gauge", "Vouchers by where they stand.");
        for (state, count) in store.voucher_counts()? {
            page.sample("corflow_keeper_vouchers", &format!("state=\"{state}\""), count);
        }
        let outcomes = store.outcomes()?;
        page.family("corflow_keeper_nonces", "gauge", "Nonces used, by how they ended or where they stand.");
        for (outcome, count, _) in &outcomes {
            page.sample("corflow_keeper_nonces", &format!("outcome=\"{outcome}\""), count);
        }
        let cost: u128 = outcomes.iter().map(|it| it.2).sum();
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
        gauges.ticked(None, true, Duration::ZERO);
        assert_eq!(gauges.complaints(), ["no endpoint answers"]);
        let head = Head { number: 5, hash: B256::ZERO, time: 6, base_fee: 0, now: 6 };
        gauges.ticked(Some(&head), false, Duration::ZERO);
        let (ok, health) = gauges.health();
        assert!(ok && health["head"] == 5 && health["ticks"] == 2, "{health}");
    }

    #[test]
    fn the_metrics_are_in_prometheus_format() {
        let gauges = Gauges::new(Duration::from_secs(1));
        let url = "http://host:5/KEY".parse().expect("a URL");
        let endpoints = Endpoints::new(&[url], 1, None, Duration::from_secs(1)).expect("endpoints");
        let page = gauges.metrics(&Store::in_memory(), &endpoints).expect("a page");
        assert!(page.contains("# TYPE corflow_keeper_ticks_total counter\ncorflow_keeper_ticks_total 0\n"), "{page}");
        assert!(page.contains("corflow_keeper_endpoint_up{endpoint=\"host:5\"} 0\n") && !page.contains("KEY"), "{page}");
        let sample = |line: &str| line.rsplit_once(' ').is_some_and(|(_, value)| value.parse::<f64>().is_ok());
        assert!(page.lines().all(|line| line.starts_with("# ") || sample(line)), "{page}");
    }
}
