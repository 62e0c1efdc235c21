//! The network's side: epochs closed, attested and claimed, and what is left for builders, the treasury and the fire.

use std::ops::Range;

use abi::{AppFees, MinerPool, MinerRewards};
use alloy_primitives::U256;
use anyhow::Result;

use super::{
    DAY, GAS_OF_MANY, Scenario,
    chronicle::Page,
    miners::Work,
    paper::{Closed, Income},
};
use crate::{people::Person, system::grace};

impl Scenario<'_> {
    /// Closes an epoch once it is due, has it attested, and pays the miners. Its page, if it is one that emits.
    pub(super) async fn finish(&mut self, epoch: u64) -> Result<Option<Page>> {
        self.go(epoch + 1, grace(self.system));
        let closed = self.close(epoch..epoch + 1).await?;
        self.check(&format!("closing epoch {epoch}")).await?;
        // From closing to closing is an epoch; attesting takes longer in some than in others.
        let gains = self.gains(self.stage.time().await?);
        let [builder, holder] = [0, 1].map(|who| gains[who] - self.gained[who]);
        self.gained = gains;
        let work = self.work.remove(&epoch).unwrap_or_default();
        for closed in closed.iter().filter(|closed| closed.budget() > 0) {
            self.attest(closed, &work).await?;
        }
        let now = self.stage.time().await?;
        self.trade(now)?;
        let Work { free, paid, .. } = work;
        let page = |closed| Page {
            closed,
            reserve_left: self.paper.reserve(),
            free,
            paid,
            builder,
            holder,
            equal: self.plot.equal_stake.0,
            accounts: self.accounts(now),
        };
        Ok(closed.into_iter().map(page).find(|_| epoch > self.began))
    }

    /// Closes all the epochs of a range, which are due, in one call, and holds each against paper.
    pub(super) async fn close(&mut self, epochs: Range<u64>) -> Result<Vec<Closed>> {
        let words = match epochs.end - epochs.start {
            0 => return Ok(Vec::new()),
            1 => format!("closes epoch {}", epochs.start),
            _ => format!("closes epochs {} to {}", epochs.start, epochs.end - 1),
        };
        let max = U256::from(epochs.end - epochs.start);
        let deed = self.act_within(GAS_OF_MANY, Person::Ben, words, self.network.pool, &MinerPool::closeCall { max }).await?;
        let closed: Vec<Closed> = epochs.map(|epoch| self.paper.close(epoch, deed.time)).collect::<Result<_>>()?;
        let told = deed.all().zip(deed.all()).zip(deed.all::<MinerRewards::BudgetAdded>());
        if let Some(((pool, fees), budgets)) = told {
            self.expect("epochs closed", closed.len() as u128, U256::from(pool.len()));
            for (((paper, pool), fees), budget) in closed.iter().zip(pool).zip(fees).zip(budgets) {
                self.compare_closing(paper, &pool, &fees, &budget);
            }
        }
        Ok(closed)
    }

    /// What the pool, app-fees and miner-rewards said of a closing, against paper.
    fn compare_closing(
        &mut self,
        closed: &Closed,
        pool: &MinerPool::EpochClosed,
        fees: &AppFees::FeesClosed,
        budget: &MinerRewards::BudgetAdded,
    ) {
        let Closed { income: Income { own, granted, builders }, parts, .. } = *closed;
        for (what, paper, got) in [
            ("epoch", closed.epoch.into(), pool.epoch),
            ("reserve", closed.reserve, pool.reserve),
            ("cap", closed.cap, pool.cap),
            ("emission", closed.emission, pool.emission),
            ("miners' part", parts.miners, pool.fees),
            ("deposits", closed.deposits, pool.deposits),
            ("average stake", closed.average_stake, pool.averageStake),
            ("supply", closed.supply, pool.supply),
            ("burn as the pool has it", parts.burn, pool.burned),
            ("fees by apps", own, fees.own),
            ("fees by grants", granted, fees.granted),
            ("miners' part as app-fees has it", parts.miners, fees.miners),
            ("stakers' part", parts.stakers, fees.stakers),
            ("builders' part", builders, fees.builders),
            ("treasury's part", parts.treasury, fees.treasury),
            ("burn", parts.burn, fees.burn),
            ("budget from emission", closed.emission, budget.emission),
            ("budget from fees", parts.miners, budget.fees),
            ("budgets in all", closed.budgets, budget.budgets),
        ] {
            self.expect(&format!("epoch {}: {what}", closed.epoch), paper, got);
        }
    }

    /// Scores to a root, votes of two attesters, the window, and everybody's claim.
    async fn attest(&mut self, closed: &Closed, work: &Work) -> Result<()> {
        let epoch = closed.epoch;
        let Some(ballot) = self.miners.attest(closed, work, self.plot)? else { return Ok(()) };
        for who in [Person::Ada, Person::Ben] {
            self.act(who, format!("votes for epoch {epoch}"), self.network.rewards, &ballot.vote).await?;
        }
        self.stage.pass(3 * DAY);
        self.act(Person::Ben, "activates the root", self.network.rewards, &MinerRewards::activateCall {}).await?;
        let call = MinerRewards::claimManyCall { claims: ballot.claims };
        let deed = self.act(Person::Ben, "claims for all miners", self.network.rewards, &call).await?;
        if let Some(claimed) = deed.all::<MinerRewards::Claimed>() {
            self.expect("claims paid", ballot.due.len() as u128, U256::from(claimed.len()));
            for ((miner, due), claimed) in ballot.due.iter().zip(claimed) {
                self.expect(&format!("epoch {epoch}: what {miner} gets"), *due, claimed.amount);
            }
        }
        for (miner, due) in ballot.due {
            self.paper.pay(miner, due)?;
        }
        self.check(&format!("the claims of epoch {epoch}")).await?;
        Ok(())
    }

    /// What builders and the treasury are owed, and what is to be burned.
    pub(super) async fn pay_out(&mut self) -> Result<()> {
        let fees = self.network.fees;
        for id in 1..=self.usage.len() as u64 {
            if self.paper.app(id)?.credit > 0 {
                let words = format!("claims the builder's part of {}", self.usage(id)?.name);
                let call = AppFees::claimBuilderCall { appId: U256::from(id) };
                let deed = self.act(Person::Ben, words, fees, &call).await?;
                let credit = self.paper.claim_builder(id, deed.time)?;
                if let Some(told) = deed.told::<AppFees::BuilderClaimed>()? {
                    self.expect(&format!("what builds app {id}"), credit, told.amount);
                }
            }
        }
        let deed = self.act(Person::Ben, "pulls the treasury's part", fees, &AppFees::pullTreasuryCall {}).await?;
        let treasury = self.paper.pull_treasury(self.people.address(Person::Treasury))?;
        if let Some(told) = deed.told::<AppFees::TreasuryPulled>()? {
            self.expect("the treasury's parts", treasury, told.amount);
        }
        let deed = self.act(Person::Ben, "burns", fees, &AppFees::burnCall {}).await?;
        let burn = self.paper.burn()?;
        if let Some(told) = deed.told::<AppFees::Burned>()? {
            self.expect("what is burned", burn, told.amount);
        }
        Ok(())
    }

    /// What the builder and the holder, who have the same stake, have gained by a time: rewards of staking, and the builder's
    /// credit.
    fn gains(&self, now: u64) -> [u128; 2] {
        let staking = self.paper.model.staking.at(now);
        let [ada, ben] = [Person::Ada, Person::Ben].map(|who| self.people.address(who));
        [staking.position(ada, now).rewards + self.paper.credit(ada), staking.position(ben, now).rewards]
    }
}
