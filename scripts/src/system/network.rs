//! The contracts around COR and staking: apps, their fees, the miners' reserve and rewards, wired.

use abi::{AgentStore, AppFees, CorToken, FeeBoard, MinerPool, MinerRewards, Staking};
use alloy_primitives::{Address, U256};
use alloy_sol_types::SolConstructor;
use anyhow::Result;
use economics::COR;

use super::{Deployer, Parameters, SUPPLY, System, Terms, terms::Ratio};
use crate::people::Person;

/// Wei of a unit of usage.
pub(crate) const PRICE: u128 = COR / 1_000;
/// Parts of 10,000 by which a commitment is cheaper.
pub(crate) const DISCOUNT: u16 = 1_000;
/// Parts of 10,000 of each epoch's fees: miners, treasury, burn; and builders, of what apps pay themselves.
pub(crate) const SPLIT: [u16; 4] = [7_000, 1_000, 500, 500];
/// Parts of 10^18: taper by usage, by stake, and the floor.
pub(crate) const TAPER: [u64; 3] = [500_000_000_000_000_000, 500_000_000_000_000_000, 50_000_000_000_000_000];
/// Free units of all apps together in an epoch.
pub(crate) const FREE_BUDGET: u128 = 50_000_000;
/// Free units of every app in an epoch, at first.
pub(crate) const STARTER: u128 = 100_000;
/// Wei that every app leaves as its bond.
pub(crate) const BOND: u128 = 1_000 * COR;
/// Wei that the reserve starts with: 35% of the supply.
pub(crate) const RESERVE: u128 = 350_000_000 * COR;

/// Where they are.
#[derive(Clone, Copy, Debug)]
pub struct Network {
    /// What apps pay into.
    pub fees: Address,
    /// Who owns which app.
    pub store: Address,
    /// What miners have earned and not yet taken.
    pub rewards: Address,
    /// The miners' reserve.
    pub pool: Address,
}

impl Network {
    /// Deploys them around COR and staking, by terms, wires all, and has them cached.
    pub(crate) async fn deploy(deployer: &mut Deployer<'_>, system: &System, terms: &Terms) -> Result<Self> {
        let (owner, guardian) = (deployer.people.address(Person::Treasury), deployer.people.address(Person::Guardian));
        let Parameters { epoch_length, delay, .. } = system.parameters;
        let [miners, treasury, burn, builders] = terms.shares()?.map(U256::from);

        let board = deployer.put("fee-board", FeeBoard::abi::contract(), &[]).await?;
        let arguments = AppFees::constructorCall {
            owner,
            guardian,
            treasury: owner,
            staking: system.staking,
            grace: grace(system),
            delay,
            unitPrice: U256::from(terms.unit_price()?),
            discount: U256::from(terms.discount()?),
            minersShare: miners,
            treasuryShare: treasury,
            burnShare: burn,
            buildersShare: builders,
            burnable: true,
            board: board.address,
        };
        let fees = deployer.put("app-fees", AppFees::abi::contract(), &arguments.abi_encode()).await?;
        let arguments = AgentStore::constructorCall {
            owner,
            guardian,
            curator: owner,
            appFees: fees.address,
            bond: U256::from(BOND),
            freeBudget: U256::from(FREE_BUDGET),
            starter: U256::from(STARTER),
            delay,
        };
        let store = deployer.put("agent-store", AgentStore::abi::contract(), &arguments.abi_encode()).await?;
        let window = 3 * epoch_length / 7;
        let arguments = MinerRewards::constructorCall { owner, guardian, staking: system.staking, delay, window };
        let rewards = deployer.put("miner-rewards", MinerRewards::abi::contract(), &arguments.abi_encode()).await?;
        let ratio = |ratio: Ratio| U256::from(ratio.units());
        let arguments = MinerPool::constructorCall {
            owner,
            guardian,
            appFees: fees.address,
            minerRewards: rewards.address,
            referenceSupply: SUPPLY,
            emittedBefore: U256::ZERO,
            burntBefore: U256::ZERO,
            decay: ratio(terms.decay),
            usageTaper: ratio(terms.usage_taper),
            stakeTaper: ratio(terms.stake_taper),
            floor: ratio(terms.floor),
            delay,
        };
        let pool = deployer.put("miner-pool", MinerPool::abi::contract(), &arguments.abi_encode()).await?;
        let at = Self { fees: fees.address, store: store.address, rewards: rewards.address, pool: pool.address };

        let wire = Staking::wireCall { appFees: at.fees, minerRewards: at.rewards };
        deployer.call("wires staking", system.staking, &wire).await?;
        deployer.call("wires miner-rewards", at.rewards, &MinerRewards::wireCall { minerPool: at.pool }).await?;
        let wire = AppFees::wireCall { agentStore: at.store, minerPool: at.pool };
        deployer.call("wires app-fees", at.fees, &wire).await?;
        let all = [
            ("fee-board", &board),
            ("app-fees", &fees),
            ("agent-store", &store),
            ("miner-rewards", &rewards),
            ("miner-pool", &pool),
        ];
        for (name, contract) in all {
            deployer.cache(name, contract).await?;
        }
        Ok(at)
    }

    /// Has the treasury bring the reserve and start the emission, from the next epoch on.
    pub(crate) async fn start(&self, deployer: &mut Deployer<'_>, system: &System) -> Result<()> {
        let amount = U256::from(RESERVE);
        let approve = CorToken::approveCall { spender: self.pool, value: amount };
        deployer.call("approves the reserve", system.token, &approve).await?;
        deployer.call("deposits the reserve", self.pool, &MinerPool::depositCall { amount }).await?;
        deployer.call("starts the emission", self.pool, &MinerPool::startEmissionCall {}).await
    }

    /// Their names and addresses.
    pub fn named(&self) -> [(&'static str, Address); 4] {
        [("app-fees", self.fees), ("agent-store", self.store), ("miner-rewards", self.rewards), ("miner-pool", self.pool)]
    }
}

/// Seconds from the end of an epoch until it closes.
pub(crate) const fn grace(system: &System) -> u64 {
    system.parameters.epoch_length / 7
}
