//! The network's side: epochs closed, attested and claimed, and what is left for builders, the treasury and the fire.

use std::ops::Range;

use abi::{AppFees, MinerPool, MinerRewards};
use alloy_primitives::U256;
use anyhow::Result;

use super::{
    DAY, GAS_OF_MANY, Scenario, all,
    chronicle::Page,
    miners::Work,
    network::grace,
    paper::{Closed, Income},
    told,
};
use crate::people::Person;

impl Scenario<'_> {
    /// Closes an epoch once it is due, has it attested, and pays the miners. Its page, if it is one that emits.
    pub(super) async fn finish(&mut self, epoch: u64) -> Result<Option<Page>> {
        self.go(epoch + 1, grace(self.system)).await?;
        let closed = self.close(epoch..epoch + 1).await?;
        self.check(&format!("closing epoch {epoch}")).await?;
        let work = self.work.remove(&epoch).unwrap_or_default();
        for closed in closed.iter().filter(|closed| closed.budget() > 0) {
            self.attest(closed, &work).await?;
        }
        let now = self.gains().await?;
        let [builder, holder] = [now[0] - self.gained[0], now[1] - self.gained[1]];
        self.gained = now;
        let Work { free, paid, .. } = work;
        let page = |closed| Page { closed, reserve_left: self.paper.reserve(), free, paid, builder, holder };
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
        let mined = self.act_within(GAS_OF_MANY, Person::Ben, words, self.network.pool, &MinerPool::closeCall { max }).await?;
        let (pool, fees, budgets) = (all(&mined), all(&mined), all::<MinerRewards::BudgetAdded>(&mined));
        self.expect("epochs closed", (epochs.end - epochs.start).into(), U256::from(pool.len()));
        let mut closed = Vec::new();
        for (((epoch, pool), fees), budget) in epochs.zip(pool).zip(fees).zip(budgets) {
            let paper = self.paper.close(epoch, mined.time)?;
            self.compare_closing(&paper, &pool, &fees, &budget);
            closed.push(paper);
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
        let Some(ballot) = self.miners.attest(closed, work)? else { return Ok(()) };
        for who in [Person::Ada, Person::Ben] {
            self.act(who, format!("votes for epoch {epoch}"), self.network.rewards, &ballot.vote).await?;
        }
        self.chain.pass(3 * DAY);
        self.act(Person::Ben, "activates the root", self.network.rewards, &MinerRewards::activateCall {}).await?;
        let call = MinerRewards::claimManyCall { claims: ballot.claims };
        let mined = self.act(Person::Ben, "claims for all miners", self.network.rewards, &call).await?;
        let claimed: Vec<MinerRewards::Claimed> = all(&mined);
        self.expect("claims paid", ballot.due.len() as u128, U256::from(claimed.len()));
        for ((miner, due), claimed) in ballot.due.into_iter().zip(claimed) {
            self.expect(&format!("epoch {epoch}: what {miner} gets"), due, claimed.amount);
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
                let mined = self.act(Person::Ben, words, fees, &call).await?;
                let credit = self.paper.claim_builder(id, mined.time)?;
                self.expect(&format!("what builds app {id}"), credit, told::<AppFees::BuilderClaimed>(&mined)?.amount);
            }
        }
        let mined = self.act(Person::Ben, "pulls the treasury's part", fees, &AppFees::pullTreasuryCall {}).await?;
        let treasury = self.paper.pull_treasury(self.people.address(Person::Treasury))?;
        self.expect("the treasury's parts", treasury, told::<AppFees::TreasuryPulled>(&mined)?.amount);
        let mined = self.act(Person::Ben, "burns", fees, &AppFees::burnCall {}).await?;
        let burn = self.paper.burn()?;
        self.expect("what is burned", burn, told::<AppFees::Burned>(&mined)?.amount);
        Ok(())
    }

    /// What the builder and the holder, who have the same stake, have gained so far: rewards of staking, and the builder's
    /// credit.
    async fn gains(&self) -> Result<[u128; 2]> {
        let now = self.chain.time().await?;
        let ada = self.people.address(Person::Ada);
        let rewards =
            [Person::Ada, Person::Ben].map(|who| self.paper.model.staking.position(self.people.address(who), now).rewards);
        let credit: u128 = self.paper.apps.values().filter(|app| app.owner == ada).map(|app| app.credit).sum();
        Ok([rewards[0] + credit, rewards[1]])
    }
}
