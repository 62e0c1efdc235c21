//! The newest events of the contracts, by name. COR's transfers are left out: there is one beside nearly every other event.

use std::collections::BTreeMap;

use alloy::{
    consensus::BlockHeader,
    providers::Provider,
    rpc::types::{Filter, Log},
    transports::RpcError,
};
use alloy_primitives::{Address, U256};
use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use words::{
    number::plain,
    refusals::{status_words, time},
};

use super::super::place::Site;
use crate::{
    names::{Event, Names},
    tables::grouped,
};

/// So many events are kept.
const MOST: usize = 32;
/// Blocks that are read again each time, for a reorganisation may have changed them.
const OVERLAP: u64 = 64;
/// Blocks of the first request and of the widest. One that is refused is asked again for a quarter.
const FIRST: u64 = 2_000;
const WIDEST: u64 = 50_000;
/// The most requests of one reading: a long quiet past is not worth more.
const REQUESTS: u32 = 24;
/// Characters of a text that somebody wrote, a uri for instance.
const LONGEST: usize = 48;

/// An event, in its block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct News {
    /// The block.
    pub(super) block: u64,
    /// Its second.
    pub(super) time: u64,
    /// What a contract logged in it.
    pub(super) event: Event,
}

/// The newest events, read on from where they were read last.
pub(super) struct Feed {
    contracts: Vec<Address>,
    names: Names,
    kept: Vec<News>,
    through: Option<u64>,
}

impl News {
    /// For programs.
    pub(super) fn json(&self) -> Value {
        let Event { contract, event, args } = &self.event;
        json!({"block": self.block, "time": self.time, "contract": contract, "event": event, "arguments": args})
    }

    /// When it was, and what: for people, on one line.
    pub(super) fn words(&self, who: &impl Fn(Address) -> String) -> (String, String) {
        let Event { contract, event, args } = &self.event;
        let args: Vec<String> =
            args.iter().map(|(name, value)| format!("{name} {}", argument(event, name, value, who))).collect();
        let colon = if args.is_empty() { "" } else { ": " };
        let words = format!("{contract} {event}{colon}{}", args.join(", "));
        (time(self.time).trim_end_matches(" UTC").to_owned(), words)
    }
}

impl Feed {
    /// Of the contracts of a site; nothing is read yet.
    pub(super) fn of(site: &Site) -> Self {
        let (mut contracts, mut names) = (Vec::new(), Names::default());
        for (name, abi) in abi::contracts().into_iter().filter(|(name, _)| *name != "cor-token") {
            if let Ok(contract) = site.contract(name) {
                contracts.push(contract);
                names.add(name, contract, abi);
            }
        }
        Self { contracts, names, kept: Vec::new(), through: None }
    }

    /// The newest events up to a block, the newest first.
    pub(super) async fn read(&mut self, site: &Site, head: u64) -> Result<&[News]> {
        // A chain that is shorter than it was is another one from some block on, and nobody says from which.
        let through = self.through.filter(|through| *through <= head);
        let from = through.map_or(site.since, |through| through.saturating_sub(OVERLAP).max(site.since));
        let (mut logs, complete) = self.back(site, from, head).await?;
        logs.sort_by_key(|log| (log.block_number, log.log_index));
        let newest = logs.split_off(logs.len().saturating_sub(MOST));
        let mut fresh = self.dated(site, newest).await?;
        fresh.reverse();
        if complete && through.is_some() {
            fresh.extend(self.kept.drain(..).filter(|it| it.block < from));
        }
        fresh.truncate(MOST);
        (self.kept, self.through) = (fresh, Some(head));
        Ok(&self.kept)
    }

    /// Logs of the blocks from `head` back to `from`, or of fewer where there are enough; and whether nothing between was left
    /// out.
    async fn back(&self, site: &Site, from: u64, head: u64) -> Result<(Vec<Log>, bool)> {
        let (mut logs, mut to, mut width) = (Vec::new(), head, FIRST);
        for _ in 0..REQUESTS {
            let first = (to + 1).saturating_sub(width).max(from);
            let filter = Filter::new().address(self.contracts.clone()).from_block(first).to_block(to);
            match site.provider.get_logs(&filter).await {
                Ok(found) => logs.extend(found.into_iter().filter(|log| !log.removed)),
                // Providers word their limits in many ways; all of them are refusals.
                Err(RpcError::ErrorResp(_)) if width > 1 => {
                    width = (width / 4).max(1);
                    continue;
                }
                Err(error) => return Err(site.failure(&error).into()),
            }
            if first <= from || logs.len() >= MOST {
                return Ok((logs, first <= from));
            }
            (to, width) = (first - 1, (width * 2).min(WIDEST));
        }
        Ok((logs, false))
    }

    /// Logs, decoded, with the time of their blocks, which not every node says in the log.
    async fn dated(&self, site: &Site, logs: Vec<Log>) -> Result<Vec<News>> {
        let mut times: BTreeMap<u64, u64> = self.kept.iter().map(|it| (it.block, it.time)).collect();
        let mut dated = Vec::new();
        for log in logs {
            let block = log.block_number.context("the node gives an event without its block")?;
            let time = match log.block_timestamp.or_else(|| times.get(&block).copied()) {
                Some(time) => time,
                None => {
                    let found = site.provider.get_block_by_number(block.into()).await.map_err(|error| site.failure(&error))?;
                    found.with_context(|| format!("the node has no block {block}, and an event in it"))?.header.timestamp()
                }
            };
            times.insert(block, time);
            let event = self.names.event(log.address(), &log.inner.data);
            dated.push(News { block, time, event });
        }
        Ok(dated)
    }
}

/// What the numbers of an event are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Plain,
    Cor,
    Time,
    Points,
    Status,
}

impl Form {
    /// Of a number, by its name. A test holds that every number of every event has one.
    fn of(event: &str, name: &str) -> Option<Self> {
        Some(match (event, name) {
            ("FreeBudgetChanged", "budget" | "starter") | ("Settled", "committed") => Self::Plain,
            ("ClaimSkipped", "status") => Self::Plain,
            (_, "status") => Self::Status,
            (_, "activeAt" | "readyAt" | "exitAt" | "releaseAt" | "opensAt" | "closesAt") => Self::Time,
            (_, "discount" | "minersShare" | "treasuryShare" | "burnShare") => Self::Points,
            (_, "appId" | "epoch" | "firstEpoch" | "fromEpoch" | "lastEpoch" | "nextEpoch" | "epochs") => Self::Plain,
            (_, "units" | "cumulativeUnits" | "allotted" | "votes" | "quorum" | "remaining") => Self::Plain,
            (_, "amount" | "total" | "bond" | "feeCap" | "unitPrice" | "cost" | "cumulativeTotal" | "budget" | "budgets") => {
                Self::Cor
            }
            (_, "escrow" | "grants" | "escrowed" | "granted" | "own" | "builder" | "builders" | "miners" | "stakers") => {
                Self::Cor
            }
            (_, "treasury" | "burn" | "burned" | "reserve" | "needed" | "cap" | "emission" | "fees" | "deposits") => Self::Cor,
            (_, "averageStake" | "average" | "closing" | "supply" | "unbonding" | "left") => Self::Cor,
            _ => return None,
        })
    }
}

/// An argument for people: amounts as [`amount`] has them, accounts, hashes and texts short.
fn argument(event: &str, name: &str, value: &Value, who: &impl Fn(Address) -> String) -> String {
    if let Some(values) = value.as_array() {
        return values.iter().map(|value| argument(event, name, value, who)).collect::<Vec<_>>().join(" ");
    }
    let Some(text) = value.as_str() else { return value.to_string() };
    if let Ok(account) = text.parse::<Address>() {
        return who(account);
    }
    if let Some(hash) = text.strip_prefix("0x").filter(|it| it.len() > 10) {
        return format!("0x{}..", &hash[..8]);
    }
    let number = text.parse::<U256>().ok().and_then(|it| u128::try_from(it).ok());
    match (Form::of(event, name), number) {
        (Some(Form::Cor), Some(wei)) => amount(wei),
        (Some(Form::Time), Some(second)) => u64::try_from(second).map_or_else(|_| text.to_owned(), time),
        (Some(Form::Points), Some(points)) => format!("{} %", plain(points, 2)),
        (Some(Form::Status), Some(status)) => format!("\"{}\"", status_words(status)),
        _ if text.chars().count() > LONGEST => format!("{}..", text.chars().take(LONGEST).collect::<String>()),
        _ => text.to_owned(),
    }
}

/// An amount rounded down, its digits in threes: to four places, or to eight where it is below 1 COR, as prices of a unit are.
pub(super) fn amount(wei: u128) -> String {
    const COR: u128 = 1_000_000_000_000_000_000;
    let (whole, rest) = (wei / COR, wei % COR);
    let places = if whole == 0 { 8 } else { 4 };
    let rest = format!("{rest:018}");
    let fraction = rest[..places].trim_end_matches('0');
    let whole = u64::try_from(whole).map_or_else(|_| whole.to_string(), grouped);
    match fraction {
        "" if whole == "0" && wei > 0 => "under 0.00000001 COR".to_owned(),
        "" => format!("{whole} COR"),
        _ => format!("{whole}.{fraction} COR"),
    }
}

/// An account without its middle.
pub(super) fn short(account: Address) -> String {
    let text = account.to_string();
    format!("{}..{}", &text[..6], &text[38..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_every_event_has_a_form() {
        for (contract, abi) in abi::contracts().into_iter().filter(|(name, _)| *name != "cor-token") {
            for event in abi.events() {
                for input in event.inputs.iter().filter(|input| input.ty.starts_with("uint")) {
                    assert!(Form::of(&event.name, &input.name).is_some(), "{contract}: {} of {}", input.name, event.name);
                }
            }
        }
    }

    #[test]
    fn amounts_are_short_and_never_too_high() {
        for (wei, text) in [
            (0, "0 COR"),
            (1, "under 0.00000001 COR"),
            (9_999_999_999, "under 0.00000001 COR"),
            (10_000_000_000, "0.00000001 COR"),
            (1_250_000_000_000_000, "0.00125 COR"),
            (1_999_999_999_999_999_999, "1.9999 COR"),
            (1_234_567_500_000_000_000_000_000, "1,234,567.5 COR"),
            (u128::MAX, "340282366920938463463.3746 COR"),
        ] {
            assert_eq!(amount(wei), text);
        }
    }

    #[test]
    fn an_events_words_are_short_and_accounts_have_names() {
        let known = Address::with_last_byte(7);
        let who = |account: Address| if account == known { "staking".to_owned() } else { short(account) };
        let args = json!({
            "attesters": [known.to_string(), Address::repeat_byte(0xab).to_string()],
            "activeAt": "1893456000", "quorum": "2", "uri": "x".repeat(200), "root": format!("0x{}", "5".repeat(64)),
        });
        let event = Event {
            contract: "miner-rewards".into(),
            event: "AttestersNamed".into(),
            args: args.as_object().expect("members").clone(),
        };
        let (when, words) = News { block: 5, time: 951_782_400, event }.words(&who);
        assert_eq!(when, "2000-02-29 00:00:00");
        let expected = format!(
            "miner-rewards AttestersNamed: activeAt 2030-01-01 00:00:00 UTC, attesters staking 0xABaB..ABaB, quorum 2, \
             root 0x55555555.., uri {}..",
            "x".repeat(48)
        );
        assert_eq!(words, expected);
    }
}
