//! One operation beside a peer's, and the goal that it is held against.

use serde_json::{Value, json};

use super::cost::Cost;
use crate::tables::{grouped, table};

/// What an operation may cost with its programs cached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Goal {
    /// At most so many hundredths of what it costs the peer.
    OfPeer(u64),
    /// At most so much gas.
    Gas(u64),
}

/// The same operation in the same state, by somebody else's contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Peer {
    /// Whose.
    pub(super) name: String,
    /// What it takes.
    pub(super) gas: u64,
}

/// One operation.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// What is done.
    pub(super) operation: String,
    /// By our contracts.
    pub(super) ours: Cost,
    /// By a peer's, where there is one.
    pub(super) peer: Option<Peer>,
    /// What it is held against, if anything.
    pub(super) goal: Option<Goal>,
}

impl Row {
    /// The gas that the goal allows.
    fn limit(&self) -> Option<u64> {
        match (self.goal?, &self.peer) {
            (Goal::OfPeer(percent), Some(peer)) => Some(peer.gas * percent / 100),
            (Goal::OfPeer(_), None) => None,
            (Goal::Gas(gas), _) => Some(gas),
        }
    }

    /// The same operation over COR that is EVM code, beside the same peer. No goal is held there.
    pub(super) fn over_evm(&self, ours: Cost) -> Self {
        let operation = format!("{}, COR an EVM ERC-20", self.operation);
        Self { operation, ours, peer: self.peer.clone(), goal: None }
    }

    /// If its goal is missed: by how much, and by which part.
    pub(super) fn missed(&self) -> Option<String> {
        let limit = self.limit()?;
        let over = self.ours.cached.checked_sub(limit).filter(|over| *over > 0)?;
        let beside = self.peer.as_ref().map_or(String::new(), |peer| format!(" beside {}", peer.name));
        let head = format!(
            "{}{beside} takes {}, {} more than its goal of {}",
            self.operation,
            grouped(self.ours.cached),
            grouped(over),
            grouped(limit)
        );
        let Some(floor) = &self.ours.floor else { return Some(head) };
        let parts: Vec<String> =
            self.ours.parts.over(floor).into_iter().map(|(name, gas)| format!("{name} {}", grouped(gas))).collect();
        Some(format!(
            "{head}; the slots that must change and the logs make {}, above it are {}",
            grouped(floor.used()),
            parts.join(", ")
        ))
    }

    fn cells(&self) -> Vec<String> {
        let number = |gas: Option<u64>| gas.map_or("-".to_owned(), grouped);
        let peer = self.peer.as_ref();
        let ratio = |gas: u64| peer.map_or("-".to_owned(), |peer| ratio(gas, peer.gas));
        let entries: Vec<String> = self.ours.entries.iter().map(|(name, gas)| format!("{name} {}", grouped(*gas))).collect();
        vec![
            self.operation.clone(),
            peer.map_or("-".to_owned(), |peer| peer.name.clone()),
            number(peer.map(|peer| peer.gas)),
            grouped(self.ours.cached),
            ratio(self.ours.cached),
            number(self.limit()),
            number(self.ours.floor.map(|floor| floor.used())),
            grouped(self.ours.uncached),
            ratio(self.ours.uncached),
            if entries.is_empty() { "-".to_owned() } else { entries.join(" + ") },
        ]
    }

    fn json(&self) -> Value {
        json!({
            "operation": self.operation,
            "cached": self.ours.cached,
            "uncached": self.ours.uncached,
            "peer": self.peer.as_ref().map(|peer| &peer.name),
            "peerGas": self.peer.as_ref().map(|peer| peer.gas),
            "goal": self.limit(),
            "floor": self.ours.floor.map(|floor| floor.used()),
            "entries": self.ours.entries,
        })
    }
}

/// Hundredths, rounded up, so that what is more never looks like the same.
fn ratio(ours: u64, theirs: u64) -> String {
    let hundredths = (ours * 100).div_ceil(theirs.max(1));
    format!("{}.{:02}x", hundredths / 100, hundredths % 100)
}

/// Rows for people, in Markdown.
pub(super) fn text(rows: &[Row]) -> String {
    let head = ["operation", "peer", "theirs", "ours", "ratio", "goal", "floor", "uncached", "ratio", "entering of that"];
    table(&head, 2, rows.iter().map(Row::cells).collect())
}

/// Rows for programs.
pub(super) fn json(rows: &[Row]) -> Value {
    rows.iter().map(Row::json).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::{super::cost::tests::cost, *};

    pub(in crate::bench) fn row(cached: u64, goal: Goal) -> Row {
        let peer = Some(Peer { name: "Peer 1".into(), gas: 50_000 });
        Row { operation: "transfer".into(), ours: cost(cached, cached + 12_786), peer, goal: Some(goal) }
    }

    #[test]
    fn a_goal_is_held_up_to_its_last_gas() {
        assert_eq!(row(50_000, Goal::OfPeer(100)).missed(), None);
        assert_eq!(row(42_500, Goal::OfPeer(85)).missed(), None);
        assert_eq!(row(25_000, Goal::Gas(25_000)).missed(), None);
        assert!(row(25_001, Goal::Gas(25_000)).missed().is_some());
    }

    #[test]
    fn a_missed_goal_says_by_how_much_and_by_which_part() {
        let missed = row(50_001, Goal::OfPeer(100)).missed().expect("it is missed");
        assert!(missed.contains("takes 50,001, 1 more than its goal of 50,000"), "{missed}");
        assert!(missed.ends_with("the slots that must change and the logs make 49,001, above it are wasm 1,000"), "{missed}");
    }

    #[test]
    fn a_ratio_never_looks_better_than_it_is() {
        assert_eq!([(50_000, 50_000), (50_001, 50_000), (37_500, 50_000)].map(|(a, b)| ratio(a, b)), ["1.00x", "1.01x", "0.75x"]);
    }

    #[test]
    fn programs_read_the_keys_that_were_promised() {
        let alone = Row { peer: None, ..row(20_000, Goal::Gas(25_000)) };
        let document = json(&[row(50_000, Goal::OfPeer(100)), alone]);
        let first = json!({"operation": "transfer", "cached": 50_000, "uncached": 62_786, "peer": "Peer 1", "peerGas": 50_000});
        for (key, value) in first.as_object().expect("an object") {
            assert_eq!(&document[0][key], value, "{key}");
        }
        assert!(document[1]["peer"].is_null() && document[1]["peerGas"].is_null());
    }
}
