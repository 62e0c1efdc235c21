//! What is announced and does not hold yet: roles by their delay, offers, settings of later epochs, the reserve's retirement.

use abi::{AgentStore, AppFees, MinerPool, MinerRewards, Staking};
use alloy_primitives::{Address, U256};
use anyhow::Result;
use serde_json::{Value, json};
use words::refusals::{Context, time};

use super::{clock::Epochs, owned::Owned, place::View, twin::Quantity};

/// A change that is on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Coming {
    /// Where.
    pub(super) contract: &'static str,
    /// What changes.
    pub(super) what: &'static str,
    /// To what.
    pub(super) to: Quantity,
    /// From which second on; none where it waits for somebody to accept.
    pub(super) from: Option<u64>,
}

impl Coming {
    /// For people.
    pub(super) fn text(&self, context: &Context) -> String {
        let from = self.from.map_or_else(String::new, |from| format!(", from {} on", time(from)));
        format!("{}: {} {}{from}", self.contract, self.what, self.to.text(context))
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        let from = self.from.map(|it| it.to_string());
        json!({"contract": self.contract, "what": self.what, "to": self.to.json(), "from": from})
    }
}

/// All of them, and which contracts are paused.
pub(super) async fn read(at: &View<'_>, epochs: Epochs) -> Result<(Vec<Coming>, Vec<&'static str>)> {
    let (mut coming, mut paused) = (Vec::new(), Vec::new());
    for owned in Owned::ALL {
        let contract = owned.name();
        let offered = at.view(contract, &Staking::pendingOwnerCall {}).await?;
        if !offered.is_zero() {
            coming.push(Coming { contract, what: "offered to", to: Quantity::Account(offered), from: None });
        }
        let guardian = at.view(contract, &Staking::pendingGuardianCall {}).await?;
        coming.extend(role(contract, "guardian", guardian.guardian, guardian.activeAt));
        if owned.pauses() && at.view(contract, &Staking::pausedCall {}).await? {
            paused.push(contract);
        }
    }
    let treasury = at.view("app-fees", &AppFees::pendingTreasuryCall {}).await?;
    coming.extend(role("app-fees", "treasury", treasury.treasury, treasury.activeAt));
    let curator = at.view("agent-store", &AgentStore::pendingCuratorCall {}).await?;
    coming.extend(role("agent-store", "curator", curator.curator, curator.activeAt));
    let attesters = at.view("miner-rewards", &MinerRewards::pendingAttestersCall {}).await?;
    if !attesters.activeAt.is_zero() {
        let to = Quantity::Count(attesters.attesters.len() as u64);
        let from = Some(attesters.activeAt.saturating_to());
        coming.push(Coming { contract: "miner-rewards", what: "number of attesters", to, from });
        let to = Quantity::Count(attesters.quorum.saturating_to());
        coming.push(Coming { contract: "miner-rewards", what: "quorum", to, from });
    }
    let retirement = at.view("miner-pool", &MinerPool::retirementCall {}).await?;
    if !retirement.recipient.is_zero() {
        let (to, from) = (Quantity::Account(retirement.recipient), Some(retirement.opensAt.saturating_to()));
        coming.push(Coming { contract: "miner-pool", what: "reserve may be released to", to, from });
    }
    coming.extend(settings(at, epochs).await?);
    Ok((coming, paused))
}

/// A role that another account will have.
fn role(contract: &'static str, what: &'static str, to: Address, from: U256) -> Option<Coming> {
    (!from.is_zero()).then(|| Coming { contract, what, to: Quantity::Account(to), from: Some(from.saturating_to()) })
}

/// What the owner set for the next epoch and the one after it.
async fn settings(at: &View<'_>, epochs: Epochs) -> Result<Vec<Coming>> {
    let running = epochs.at(at.time);
    let epoch = |ahead: u64| U256::from(running + ahead);
    let mut coming = Vec::new();
    let mut changed = |contract, what, now: Quantity, then: Quantity, ahead: u64| {
        if now != then {
            coming.push(Coming { contract, what, to: then, from: Some(epochs.start(running + ahead)) });
        }
    };
    let price = async |ahead| at.wei("app-fees", &AppFees::unitPriceOfCall { epoch: epoch(ahead) }).await.map(Quantity::Cor);
    let prices = [price(0).await?, price(1).await?, price(2).await?];
    changed("app-fees", "price of a unit", prices[0], prices[1], 1);
    changed("app-fees", "price of a unit", prices[1], prices[2], 2);
    let points = |value: U256| Quantity::Share(value.saturating_to::<u128>().saturating_mul(100_000_000_000_000));
    let discount = async |ahead| at.view("app-fees", &AppFees::discountOfCall { epoch: epoch(ahead) }).await.map(points);
    changed("app-fees", "commitment discount", discount(0).await?, discount(1).await?, 1);
    let split = async |ahead| at.view("app-fees", &AppFees::splitOfCall { epoch: epoch(ahead) }).await;
    let (now, then) = (split(0).await?, split(1).await?);
    changed("app-fees", "miners' share", points(now.minersShare), points(then.minersShare), 1);
    changed("app-fees", "treasury's share", points(now.treasuryShare), points(then.treasuryShare), 1);
    changed("app-fees", "burnt share", points(now.burnShare), points(then.burnShare), 1);
    let free = async |ahead| at.view("agent-store", &AgentStore::freeBudgetOfCall { epoch: epoch(ahead) }).await;
    let (now, then) = (free(0).await?, free(1).await?);
    let units = |value: U256| Quantity::Count(value.saturating_to());
    changed("agent-store", "free budget in units", units(now.budget), units(then.budget), 1);
    changed("agent-store", "starter allowance in units", units(now.starter), units(then.starter), 1);
    Ok(coming)
}
