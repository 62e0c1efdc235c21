//! COR and staking with people, and a clock that stands still until a test lets time pass.

use std::cell::Cell;

use abi::{
    CorToken,
    Staking::{self, totalsReturn},
    Wired,
};
use alloy_primitives::{Address, U256, address, uint};
use alloy_sol_types::{SolCall, SolError};
use economics::COR;
use serde_json::json;

use crate::chain::{Chain, Done, Refused};

/// A day, in seconds.
pub const DAY: u64 = 86_400;
/// An epoch and a cooldown, in seconds.
pub const WEEK: u64 = 7 * DAY;
/// The whole supply, in wei.
pub const SUPPLY: U256 = uint!(1_000_000_000_000_000_000_000_000_000_U256);
/// What everybody begins with, in wei.
pub const PURSE: u128 = 1_000_000 * COR;

/// Somebody who stakes.
pub const ADA: Address = address!("000000000000000000000000000000000000ada0");
/// Another.
pub const BEN: Address = address!("000000000000000000000000000000000000be40");
/// A third.
pub const CLEO: Address = address!("000000000000000000000000000000000000c1e0");

/// Wei.
pub fn wei(amount: u128) -> U256 {
    U256::from(amount)
}

/// Whole COR, in wei.
pub fn cor(amount: u128) -> U256 {
    U256::from(amount * COR)
}

/// Staking on a node of its own.
pub struct World {
    /// The node.
    pub chain: Chain,
    /// COR.
    pub token: Address,
    /// Staking.
    pub staking: Address,
    /// Holds the supply, owns staking.
    pub owner: Address,
    /// May pause.
    pub guardian: Address,
    /// Stands in for app-fees: it says what `wire` asks, and the test sends for it.
    pub app_fees: Address,
    /// Stands in for miner-rewards.
    pub miner_rewards: Address,
    /// The first second of epoch 0.
    pub genesis: u64,
    /// When staking was constructed: a second or so later.
    pub start: u64,
    now: Cell<u64>,
}

impl World {
    /// Wired, with Ada, Ben and Cleo on it, and nothing staked.
    pub async fn start() -> Self {
        Self::on(Chain::start()).await
    }

    /// The same on a chain of the test's choice.
    pub async fn on(chain: Chain) -> Self {
        let owner = chain.account(0);
        let token = chain.deploy("cor-token", &CorToken::constructorCall { holder: owner }).await.expect("a token");
        Self::over(chain, token, owner, WEEK).await
    }

    /// With epochs of a length: the shortest, where many of them shall pass before a program expires.
    pub async fn with_epochs(length: u64) -> Self {
        let chain = Chain::start();
        let owner = chain.account(0);
        let token = chain.deploy("cor-token", &CorToken::constructorCall { holder: owner }).await.expect("a token");
        Self::over(chain, token, owner, length).await
    }

    /// The same over a token that is there already, whose supply the owner holds.
    pub async fn over(chain: Chain, token: Address, owner: Address, epoch_length: u64) -> Self {
        let guardian = chain.account(1);
        let genesis = chain.time().await + DAY;
        chain.at(genesis).await;
        let terms = Staking::constructorCall { epochLength: epoch_length, ..Self::terms(token, owner, guardian, genesis) };
        let staking = chain.deploy("staking", &terms).await.expect("staking");
        let stand_in = [(Wired::stakingCall::SELECTOR, staking)];
        let (app_fees, miner_rewards) = (chain.stub(&stand_in).await, chain.stub(&stand_in).await);
        let start = chain.ask(staking, Staking::startCall {}).await.to();
        let now = Cell::new(chain.time().await);
        let world = Self { chain, token, staking, owner, guardian, app_fees, miner_rewards, genesis, start, now };
        world.does(owner, Staking::wireCall { appFees: app_fees, minerRewards: miner_rewards }).await;
        for account in [ADA, BEN, CLEO, app_fees, miner_rewards] {
            world.enter(account).await;
        }
        world.allow(owner).await;
        world
    }

    /// What staking is constructed with here.
    pub fn terms(token: Address, owner: Address, guardian: Address, genesis: u64) -> Staking::constructorCall {
        Staking::constructorCall {
            token,
            owner,
            guardian,
            referenceSupply: SUPPLY,
            genesis,
            epochLength: WEEK,
            cooldown: WEEK,
            delay: DAY,
        }
    }

    /// Gives somebody a purse of COR, and staking an allowance without limit.
    pub async fn enter(&self, account: Address) {
        self.chain.adopt(account).await;
        self.tells(self.owner, CorToken::transferCall { to: account, value: wei(PURSE) }).await;
        self.allow(account).await;
    }

    async fn allow(&self, account: Address) {
        self.tells(account, CorToken::approveCall { spender: self.staking, value: U256::MAX }).await;
    }

    /// The second that it is.
    pub fn now(&self) -> u64 {
        self.now.get()
    }

    /// Lets time pass.
    pub async fn pass(&self, seconds: u64) {
        self.until(self.now() + seconds).await;
    }

    /// Goes to a second.
    pub async fn until(&self, time: u64) {
        self.now.set(time);
        self.chain.at(time).await;
    }

    /// Somebody calls staking, which must succeed, and leave it solvent.
    pub async fn does<C: SolCall>(&self, who: Address, call: C) -> Done {
        match self.tries(who, call).await {
            Ok(done) => done,
            Err(Refused(data)) => panic!("{} of {who} was refused: {data}", C::SIGNATURE),
        }
    }

    /// Somebody calls staking, which must refuse with an error `E`.
    pub async fn refuses<E: SolError, C: SolCall>(&self, who: Address, call: C) -> E {
        match self.tries(who, call).await {
            Ok(_) => panic!("{} of {who} was to be refused with {}", C::SIGNATURE, E::SIGNATURE),
            Err(refused) => refused.error(),
        }
    }

    /// Somebody calls staking. It is solvent after.
    pub async fn tries<C: SolCall>(&self, who: Address, call: C) -> Result<Done, Refused> {
        let done = self.send(who, self.staking, call).await?;
        self.assert_solvent().await;
        Ok(done)
    }

    /// Somebody calls the token, which must succeed.
    pub async fn tells<C: SolCall>(&self, who: Address, call: C) -> Done {
        self.send(who, self.token, call).await.unwrap_or_else(|Refused(data)| panic!("{}: {data}", C::SIGNATURE))
    }

    /// Somebody calls some contract, in a block of this second.
    pub async fn send<C: SolCall>(&self, who: Address, to: Address, call: C) -> Result<Done, Refused> {
        self.chain.get("evm_setNextBlockTimestamp", json!([self.now()])).await;
        self.chain.try_send(who, to, call).await
    }

    /// Stakes.
    pub async fn stake(&self, who: Address, amount: U256) -> Done {
        self.does(who, Staking::stakeCall { amount }).await
    }

    /// Funds the incentives.
    pub async fn fund(&self, amount: U256) -> Done {
        self.does(self.owner, Staking::fundCall { amount }).await
    }

    /// Brings the stakers' part of some epochs.
    pub async fn add_fees(&self, amount: U256, epochs: u64) -> Done {
        self.does(self.app_fees, Staking::addFeesCall { amount, epochs: U256::from(epochs) }).await
    }

    /// Begins to leave.
    pub async fn unstake(&self, who: Address, amount: U256) -> Done {
        self.does(who, Staking::requestUnstakeCall { amount }).await
    }

    /// Takes what has matured.
    pub async fn withdraw(&self, who: Address) -> Done {
        self.does(who, Staking::withdrawCall {}).await
    }

    /// Takes rewards and says how many.
    pub async fn claim(&self, who: Address) -> U256 {
        self.does(who, Staking::claimCall {}).await.events::<Staking::Claimed>().remove(0).amount
    }

    /// What somebody has at staking.
    pub async fn position(&self, account: Address) -> Staking::positionReturn {
        self.chain.ask(self.staking, Staking::positionCall { account }).await
    }

    /// What somebody could claim.
    pub async fn earned(&self, account: Address) -> U256 {
        self.position(account).await.rewards
    }

    /// COR of an account.
    pub async fn balance(&self, account: Address) -> U256 {
        self.chain.ask(self.token, CorToken::balanceOfCall { account }).await
    }

    /// What staking owes.
    pub async fn totals(&self) -> totalsReturn {
        self.chain.ask(self.staking, Staking::totalsCall {}).await
    }

    /// All that staking owes, in one number.
    pub async fn owed(&self) -> U256 {
        let totalsReturn { staked, unbonding, rewards, budget, streaming } = self.totals().await;
        staked + unbonding + rewards + budget + streaming
    }

    /// Rule 3: what staking owes it has.
    pub async fn assert_solvent(&self) {
        let (owed, held) = (self.owed().await, self.balance(self.staking).await);
        assert!(owed <= held, "staking owes {owed} and has {held}");
    }
}
