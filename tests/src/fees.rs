//! A network of every contract, wired, in whose epoch 0 apps begin.

use abi::{
    AgentStore, AppFees, CorToken, FeeBoard, MinerPool, MinerRewards, Staking, USAGE_DOMAIN_NAME, USAGE_DOMAIN_VERSION, Usage,
};
use alloy::signers::{SignerSync, local::PrivateKeySigner};
use alloy_primitives::{Address, B256, U256, uint};
use alloy_sol_types::{SolStruct, eip712_domain};
use economics::COR;

use crate::chain::{Chain, Done};

/// Seconds of an epoch.
pub const EPOCH: u64 = 7 * 86_400;
/// Seconds of grace.
pub const GRACE: u64 = 86_400;
/// Wei of a unit.
pub const PRICE: u128 = 1_000_000_000_000_003;
const SUPPLY: U256 = uint!(1_000_000_000_000_000_000_000_000_000_U256);

/// The contracts, who owns them, and when epoch 0 began.
pub struct Network {
    /// The node.
    pub chain: Chain,
    /// Holds the supply and owns every contract.
    pub owner: Address,
    /// Owns apps, approves everything.
    pub app_owner: Address,
    /// Signs vouchers.
    pub signer: PrivateKeySigner,
    /// COR.
    pub token: Address,
    /// Staking.
    pub staking: Address,
    /// App-fees.
    pub fees: Address,
    /// Agent-store.
    pub store: Address,
    /// What closes epochs; the node sends for it too.
    pub pool: Address,
    /// Where miners' part goes.
    pub rewards: Address,
    /// The first second of epoch 0.
    pub genesis: u64,
}

impl Network {
    /// Deploys and wires everything; the running epoch is 0.
    pub async fn start() -> Self {
        let chain = Chain::start();
        let (owner, app_owner) = (chain.account(0), chain.account(1));
        chain.get("evm_mine", serde_json::json!([])).await;
        let genesis = chain.time().await;
        let token = chain.deploy("cor-token", &CorToken::constructorCall { holder: owner }).await.expect("a token");
        let staking = Staking::constructorCall {
            token,
            owner,
            guardian: owner,
            referenceSupply: SUPPLY,
            genesis,
            epochLength: EPOCH,
            cooldown: EPOCH,
            delay: 86_400,
        };
        let staking = chain.deploy("staking", &staking).await.expect("staking");
        let board = chain.deploy("fee-board", &FeeBoard::constructorCall {}).await.expect("a board");
        let fees = AppFees::constructorCall {
            owner,
            guardian: chain.account(5),
            treasury: chain.account(6),
            staking,
            grace: GRACE,
            delay: 86_400,
            unitPrice: U256::from(PRICE),
            discount: U256::from(1_000),
            minersShare: U256::from(7_000),
            treasuryShare: U256::from(1_000),
            burnShare: U256::from(500),
            buildersShare: U256::from(500),
            burnable: true,
            board,
        };
        let fees = chain.deploy("app-fees", &fees).await.expect("app-fees");
        let store = AgentStore::constructorCall {
            owner,
            guardian: chain.account(5),
            curator: chain.account(7),
            appFees: fees,
            bond: U256::from(1_000 * COR),
            freeBudget: U256::from(1_000),
            starter: U256::from(10),
            delay: 86_400,
        };
        let store = chain.deploy("agent-store", &store).await.expect("agent-store");
        let rewards = MinerRewards::constructorCall { owner, guardian: owner, staking, delay: 86_400, window: 3 * 86_400 };
        let rewards = chain.deploy("miner-rewards", &rewards).await.expect("miner-rewards");
        let pool = MinerPool::constructorCall {
            owner,
            guardian: owner,
            appFees: fees,
            minerRewards: rewards,
            referenceSupply: SUPPLY,
            emittedBefore: U256::ZERO,
            burntBefore: U256::ZERO,
            decay: U256::from(6_642_715_706_043_055_u64),
            usageTaper: U256::from(COR / 2),
            stakeTaper: U256::from(COR / 2),
            floor: U256::from(COR / 20),
            delay: 86_400,
        };
        let pool = chain.deploy("miner-pool", &pool).await.expect("miner-pool");
        chain.adopt(pool).await;
        chain.send(owner, staking, Staking::wireCall { appFees: fees, minerRewards: rewards }).await;
        chain.send(owner, rewards, MinerRewards::wireCall { minerPool: pool }).await;
        chain.send(owner, fees, AppFees::wireCall { agentStore: store, minerPool: pool }).await;
        let signer = PrivateKeySigner::from_bytes(&B256::repeat_byte(7)).expect("a key");
        let network = Self { chain, owner, app_owner, signer, token, staking, fees, store, pool, rewards, genesis };
        network.chain.send(owner, token, CorToken::transferCall { to: app_owner, value: U256::from(1_000_000 * COR) }).await;
        for spender in [fees, store] {
            for account in [owner, app_owner] {
                network.chain.send(account, token, CorToken::approveCall { spender, value: U256::MAX }).await;
            }
        }
        network
    }

    /// Registers an app of the app owner's.
    pub async fn register(&self, fee_cap: u128) -> U256 {
        let call = AgentStore::registerCall {
            signer: self.signer.address(),
            feeCap: U256::from(fee_cap),
            category: B256::repeat_byte(1),
            contentHash: B256::repeat_byte(2),
            uri: "ipfs://an-app".to_owned(),
        };
        self.chain.send(self.app_owner, self.store, call).await;
        self.chain.ask(self.store, AgentStore::appsCall {}).await
    }

    /// A voucher of an app's signer.
    pub fn voucher(&self, app: U256, epoch: u64, units: u64) -> AppFees::Voucher {
        self.signed_by(&self.signer, app, epoch, units)
    }

    /// A voucher that somebody signed.
    pub fn signed_by(&self, signer: &PrivateKeySigner, app: U256, epoch: u64, units: u64) -> AppFees::Voucher {
        let usage = Usage { appId: app, epoch: U256::from(epoch), cumulativeUnits: U256::from(units) };
        let domain = eip712_domain! {
            name: USAGE_DOMAIN_NAME,
            version: USAGE_DOMAIN_VERSION,
            chain_id: self.chain.node.chain_id(),
            verifying_contract: self.fees,
        };
        let signature = signer.sign_hash_sync(&usage.eip712_signing_hash(&domain)).expect("a signature");
        AppFees::Voucher {
            appId: usage.appId,
            epoch: usage.epoch,
            cumulativeUnits: usage.cumulativeUnits,
            v: 27 + u8::from(signature.v()),
            r: signature.r().into(),
            s: signature.s().into(),
        }
    }

    /// Settles vouchers as anybody, and says what was taken for each.
    pub async fn settle(&self, vouchers: Vec<AppFees::Voucher>) -> (Vec<AppFees::Taken>, Done) {
        let stranger = self.chain.account(9);
        let call = AppFees::settleManyCall { vouchers };
        let taken = self.chain.ask_as(stranger, self.fees, call.clone()).await;
        (taken, self.chain.send(stranger, self.fees, call).await)
    }

    /// Goes to a second of an epoch, counted from its start.
    pub async fn go(&self, epoch: u64, second: u64) {
        self.chain.at(self.genesis + epoch * EPOCH + second).await;
    }

    /// Has the pool close the oldest open epoch, which must be this one.
    pub async fn close(&self, epoch: u64) -> AppFees::FeesClosed {
        let done = self.chain.send(self.owner, self.pool, MinerPool::closeCall { max: U256::ONE }).await;
        let closed: AppFees::FeesClosed = done.events().remove(0);
        assert_eq!(closed.epoch, U256::from(epoch));
        closed
    }

    /// COR of an account, in wei.
    pub async fn balance(&self, account: Address) -> U256 {
        self.chain.ask(self.token, CorToken::balanceOfCall { account }).await
    }

    /// What app-fees owes is what it holds, in every wei: nothing was sent to it otherwise.
    pub async fn assert_solvent(&self) {
        let owed = self.chain.ask(self.fees, AppFees::totalsCall {}).await.owed;
        assert_eq!(owed, self.balance(self.fees).await);
        assert_eq!(self.chain.ask(self.store, AgentStore::bondsCall {}).await, self.balance(self.store).await);
    }
}
