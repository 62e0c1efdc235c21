//! Reading all that an audit needs from a chain.

use std::collections::BTreeMap;

use abi::{AgentStore, AppFees, CorToken, MinerPool, MinerRewards, Staking};
use alloy::{
    eips::BlockId,
    providers::{Provider, RootProvider},
    rpc::types::{Filter, Log, TransactionRequest},
};
use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, SolEvent};
use anyhow::{Context, Result, bail, ensure};
use economics::{
    BasisPoints, Wad,
    emission::{Decay, Taper},
    split::Split,
};

use super::{
    Audit, audit,
    entry::{Entry, Keeper, Wei, wei},
    logs,
    terms::Terms,
    words::{AppWords, Words},
};
use crate::places::Places;

/// A chain, up to a block.
#[derive(Clone, Debug)]
pub struct Chain<'a> {
    provider: &'a RootProvider,
    places: &'a Places,
    block: u64,
}

impl<'a> Chain<'a> {
    /// A chain as it is now.
    pub async fn now(provider: &'a RootProvider, places: &'a Places) -> Result<Self> {
        let block = provider.get_block_number().await.context("the chain does not say its latest block")?;
        Ok(Self { provider, places, block })
    }

    /// The last block that counts.
    pub fn block(&self) -> u64 {
        self.block
    }

    /// Audits the chain from a block on.
    pub async fn audit(&self, from: u64) -> Result<Audit> {
        let (terms, logs, words) = (self.terms().await?, self.logs(from).await?, self.words().await?);
        let entries = logs.iter().map(|log| Entry::read(self.places, log)).collect::<Result<Vec<_>, _>>()?;
        Ok(audit(self.places, &terms, &entries, Some(&words)))
    }

    /// Everything that the contracts logged since a block, and COR's Transfers from and to them, in the chain's order.
    pub async fn logs(&self, from: u64) -> Result<Vec<Log>> {
        let keepers = Keeper::ALL.map(|it| it.at(self.places));
        let topics = keepers.map(|it| it.into_word()).to_vec();
        let transfers = Filter::new().address(self.places.token).event_signature(CorToken::Transfer::SIGNATURE_HASH);
        let filters =
            [Filter::new().address(keepers.to_vec()), transfers.clone().topic1(topics.clone()), transfers.topic2(topics)];
        Ok(logs::read(self.provider, &filters, from, self.block).await?)
    }

    /// What was fixed at construction. That the contracts belong together is checked first: a file may mix two deployments.
    pub async fn terms(&self) -> Result<Terms> {
        let Places { token, staking, fees, store, rewards, pool, .. } = *self.places;
        for (contract, name, found, expected) in [
            (staking, "token", self.ask(staking, &Staking::tokenCall {}).await?, token),
            (fees, "staking", self.ask(fees, &AppFees::stakingCall {}).await?, staking),
            (fees, "agentStore", self.ask(fees, &AppFees::agentStoreCall {}).await?, store),
            (fees, "minerPool", self.ask(fees, &AppFees::minerPoolCall {}).await?, pool),
            (pool, "minerRewards", self.ask(pool, &MinerPool::minerRewardsCall {}).await?, rewards),
        ] {
            ensure!(found == expected, "{name} of {contract} is {found}, not {expected}: these are not of one deployment");
        }
        let split = self.ask(fees, &AppFees::splitOfCall { epoch: U256::ZERO }).await?;
        let [miners, treasury, burn, builders] = [split.minersShare, split.treasuryShare, split.burnShare, split.buildersShare]
            .map(|it| BasisPoints::new(it.saturating_to()).unwrap_or(BasisPoints::ONE));
        let formula = self.ask(pool, &MinerPool::parametersCall {}).await?;
        let ratio = |it: U256| Wad::new(it.saturating_to()).context("a ratio of the pool is more than 1");
        let taper = Taper::new(ratio(formula.usageTaper)?, ratio(formula.stakeTaper)?, ratio(formula.floor)?);
        let reference = self.ask(pool, &MinerPool::referenceSupplyCall {}).await?;
        let burnt = self.ask(pool, &MinerPool::beforeCall {}).await?.burnt;
        let second = |it: U256| it.saturating_to::<u64>();
        Ok(Terms {
            genesis: second(self.ask(fees, &AppFees::genesisCall {}).await?),
            epoch_length: second(self.ask(fees, &AppFees::epochLengthCall {}).await?),
            grace: second(self.ask(fees, &AppFees::graceCall {}).await?),
            burnable: self.ask(fees, &AppFees::burnableCall {}).await?,
            builders,
            split: Split::new(miners, treasury, burn, builders).context("app-fees' first split is out of its bounds")?,
            decay: Decay::new(formula.decay.saturating_to()).context("the pool's decay is out of its bounds")?,
            taper: taper.context("the pool's tapers are out of their bounds")?,
            supply: reference.saturating_sub(burnt).saturating_to(),
        })
    }

    /// What the contracts say now.
    pub async fn words(&self) -> Result<Words> {
        let Places { token, staking, fees, store, rewards, pool, .. } = *self.places;
        let mut balances = BTreeMap::new();
        for keeper in Keeper::ALL {
            let account = keeper.at(self.places);
            balances.insert(keeper, wei(self.ask(token, &CorToken::balanceOfCall { account }).await?));
        }
        let stakes = self.ask(staking, &Staking::totalsCall {}).await?;
        let paid = self.ask(fees, &AppFees::totalsCall {}).await?;
        let bonds = self.ask(store, &AgentStore::bondsCall {}).await?;
        let budgets = self.ask(rewards, &MinerRewards::totalsCall {}).await?;
        let reserve = self.ask(pool, &MinerPool::reserveCall {}).await?;
        let [staked, unbonding] = [stakes.staked, stakes.unbonding].map(wei);
        let to_earn: Wei = [stakes.rewards, stakes.budget, stakes.streaming].map(wei).iter().sum();
        let owed = BTreeMap::from([
            (Keeper::Staking, staked + unbonding + to_earn),
            (Keeper::AppFees, wei(paid.owed)),
            (Keeper::AgentStore, wei(bonds)),
            (Keeper::MinerRewards, wei(budgets.budgets) - wei(budgets.paid)),
            (Keeper::MinerPool, wei(reserve.reserve) + wei(reserve.deposits)),
        ]);
        Ok(Words {
            balances,
            owed,
            apps: self.apps().await?,
            treasury: wei(paid.treasury),
            to_burn: wei(paid.toBurn),
            staked,
            unbonding,
            reserve: wei(reserve.reserve),
            paid: wei(budgets.paid),
        })
    }

    /// One question at a time: not every node takes several in one request.
    async fn apps(&self) -> Result<BTreeMap<U256, AppWords>> {
        let count: u64 = self.ask(self.places.store, &AgentStore::appsCall {}).await?.saturating_to();
        let mut apps = BTreeMap::new();
        for app_id in (1..=count).map(U256::from) {
            let it = self.ask(self.places.fees, &AppFees::accountOfCall { appId: app_id }).await?;
            let [escrow, exit, grants, credit] = [it.escrow, it.exiting, it.grants, it.credit].map(wei);
            apps.insert(app_id, AppWords { escrow, exit, grants, credit });
        }
        Ok(apps)
    }

    async fn ask<C: SolCall>(&self, contract: Address, call: &C) -> Result<C::Return> {
        let request = TransactionRequest::default().to(contract).input(call.abi_encode().into());
        let answer = self.provider.call(request).block(BlockId::number(self.block)).await;
        let answer = answer.with_context(|| format!("{contract} does not answer {}", C::SIGNATURE))?;
        match C::abi_decode_returns(&answer) {
            Ok(answer) => Ok(answer),
            Err(_) if answer.is_empty() => bail!("there is no contract at {contract}: is it the right chain and file?"),
            Err(error) => Err(error).with_context(|| format!("{contract} answers something else to {}", C::SIGNATURE)),
        }
    }
}
