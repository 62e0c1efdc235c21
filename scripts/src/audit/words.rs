//! What the contracts themselves say that they hold and owe, as of the last block: asked last, and held against the books.

use std::collections::BTreeMap;

use alloy_primitives::U256;

use super::{
    Books,
    entry::{Keeper, Wei},
    notes::Notes,
};

/// An app's money as app-fees has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AppWords {
    /// What it put in.
    pub escrow: Wei,
    /// What is leaving that.
    pub exit: Wei,
    /// What others gave it.
    pub grants: Wei,
    /// The builder's.
    pub credit: Wei,
}

/// What the contracts say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// COR of each, as the token has it.
    pub balances: BTreeMap<Keeper, Wei>,
    /// All that each owes.
    pub owed: BTreeMap<Keeper, Wei>,
    /// Each app's money.
    pub apps: BTreeMap<U256, AppWords>,
    /// The treasury's parts that wait.
    pub treasury: Wei,
    /// What waits to be burned.
    pub to_burn: Wei,
    /// At stake.
    pub staked: Wei,
    /// Unbonding.
    pub unbonding: Wei,
    /// The reserve as of the last closing.
    pub reserve: Wei,
    /// What miners were paid.
    pub paid: Wei,
}

impl Words {
    /// Holds the books against them.
    pub(super) fn compare(&self, books: &Books<'_>, notes: &mut Notes) {
        let Books { staking, fees, rewards, pool, .. } = books;
        let flows = &books.moves.flows;
        for keeper in Keeper::ALL {
            let flow = flows.get(&keeper).copied().unwrap_or_default();
            let balance = self.balances.get(&keeper).copied().unwrap_or(0);
            notes.same(keeper, || "its COR by the token".into(), balance, flow.came - flow.left);
            let owed = self.owed.get(&keeper).copied().unwrap_or(0);
            notes.same(keeper, || "all that it owes by its own word".into(), owed, books.owed(keeper));
        }
        for (app, says) in &self.apps {
            let account = fees.apps.get(app).copied().unwrap_or_default();
            for (what, says, comes_to) in [
                ("escrow", says.escrow, account.escrow),
                ("leaving escrow", says.exit, account.exit),
                ("grants", says.grants, account.grants),
                ("builder's credit", says.credit, account.credit),
            ] {
                notes.same(Keeper::AppFees, || format!("app {app}: its {what}, by the contract's word"), says, comes_to);
            }
        }
        let paid = rewards.claimed + rewards.staked;
        for (keeper, what, says, comes_to) in [
            (Keeper::AppFees, "the treasury's part that waits", self.treasury, fees.treasury),
            (Keeper::AppFees, "what waits to be burned", self.to_burn, fees.to_burn),
            (Keeper::Staking, "all that is at stake", self.staked, staking.stake),
            (Keeper::Staking, "all that is unbonding", self.unbonding, staking.unbonding),
            (Keeper::MinerPool, "the reserve", self.reserve, pool.reserve),
            (Keeper::MinerRewards, "all that miners were paid", self.paid, paid),
        ] {
            notes.same(keeper, || format!("{what}, by the contract's word"), says, comes_to);
        }
    }
}
