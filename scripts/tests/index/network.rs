//! A node with the contracts on it, and what people do there.

use abi::{AgentStore, AppFees, CorToken, MinerPool, MinerRewards, Staking, USAGE_DOMAIN_NAME, USAGE_DOMAIN_VERSION, Usage};
use alloy::{
    providers::{Provider, RootProvider},
    signers::{SignerSync, local::PrivateKeySigner},
};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, SolStruct, SolValue, eip712_domain};
use corflow::{
    build::Workspace,
    people::Person,
    session::{self, Running},
};
use serde_json::{Value, json};

pub(crate) const COR: u128 = 1_000_000_000_000_000_000;
pub(crate) const DAY: u64 = 86_400;

pub(crate) struct Net {
    running: Running,
    provider: RootProvider,
    pub(crate) token: Address,
    pub(crate) staking: Address,
    pub(crate) fees: Address,
    pub(crate) store: Address,
    pub(crate) pool: Address,
    pub(crate) rewards: Address,
    pub(crate) treasury: Address,
    pub(crate) ada: Address,
    pub(crate) ben: Address,
    pub(crate) miner: Address,
}

impl Net {
    pub(crate) async fn start() -> Self {
        let running = session::up(&Workspace::here(), 0).await.expect("a node with the contracts");
        let provider = RootProvider::new_http(running.node.endpoint().parse().expect("a URL"));
        let (network, who) = (running.network, |person| running.people.address(person));
        let net = Self {
            provider,
            token: running.system.token,
            staking: running.system.staking,
            fees: network.fees,
            store: network.store,
            pool: network.pool,
            rewards: network.rewards,
            treasury: who(Person::Treasury),
            ada: who(Person::Ada),
            ben: who(Person::Ben),
            miner: who(Person::Cleo),
            running,
        };
        for who in [net.treasury, net.ada, net.ben] {
            for spender in [net.staking, net.fees, net.store] {
                net.send(who, net.token, CorToken::approveCall { spender, value: U256::MAX }).await;
            }
        }
        net
    }

    pub(crate) fn url(&self) -> String {
        self.running.node.endpoint()
    }

    /// As the file in `deployments` says it.
    pub(crate) fn deployments(&self) -> Value {
        let entry = |address: Address| json!({"address": address, "block": 1});
        json!({"chainId": self.running.node.chain_id(), "contracts": {
            "cor-token": entry(self.token), "staking": entry(self.staking), "app-fees": entry(self.fees),
            "agent-store": entry(self.store), "miner-pool": entry(self.pool), "miner-rewards": entry(self.rewards),
        }})
    }

    pub(crate) async fn get(&self, method: &'static str, params: Value) -> Value {
        self.provider.raw_request(method.into(), params).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Sends a call, which must succeed.
    pub(crate) async fn send<C: SolCall>(&self, from: Address, to: Address, call: C) {
        let order = json!({"from": from, "to": to, "input": Bytes::from(call.abi_encode()), "gas": "0x17d7840"});
        let hash = self.get("eth_sendTransaction", json!([order])).await;
        let receipt = self.get("eth_getTransactionReceipt", json!([hash])).await;
        assert_eq!(receipt["status"], "0x1", "{}", C::SIGNATURE);
    }

    pub(crate) async fn ask<C: SolCall>(&self, to: Address, call: C) -> C::Return {
        let order = json!({"to": to, "input": Bytes::from(call.abi_encode())});
        let output: Bytes = serde_json::from_value(self.get("eth_call", json!([order, "latest"])).await).expect("bytes");
        C::abi_decode_returns(&output).expect(C::SIGNATURE)
    }

    pub(crate) async fn pass(&self, seconds: u64) {
        self.get("evm_increaseTime", json!([seconds])).await;
        self.get("evm_mine", json!([])).await;
    }

    /// Three epochs in which everything that moves money happens; `between` is called again and again.
    pub(crate) async fn play(&self, between: impl AsyncFn()) {
        let cor = |amount: u128| U256::from(amount * COR);
        let one = || wei(1);
        self.send(self.treasury, self.rewards, MinerRewards::setAttestersCall { attesters: vec![self.ben], quorum: wei(1) })
            .await;
        for (who, amount) in [(self.ada, 500), (self.ben, 300)] {
            self.send(who, self.staking, Staking::stakeCall { amount: cor(amount) }).await;
        }
        let signer = PrivateKeySigner::from_bytes(&B256::repeat_byte(5)).expect("a key");
        let register = AgentStore::registerCall {
            signer: signer.address(),
            feeCap: cor(1_000),
            category: B256::ZERO,
            contentHash: B256::ZERO,
            uri: "https://apps.example/1.json, \"quoted\"".into(),
        };
        self.send(self.ada, self.store, register).await;
        self.send(self.ada, self.fees, AppFees::topUpCall { appId: one(), amount: cor(90) }).await;
        self.send(self.ben, self.fees, AppFees::sponsorCall { appId: one(), amount: cor(2) }).await;
        between().await;
        self.send(self.ada, self.fees, AppFees::commitCall { appId: one(), units: wei(1_000), epochs: wei(2) }).await;
        self.send(self.ben, self.fees, AppFees::payCall { appId: one(), amount: cor(3), memo: B256::ZERO }).await;
        self.settle(&signer, 0, 5_000).await;
        self.send(self.ada, self.fees, AppFees::requestExitCall { appId: one(), amount: cor(10) }).await;
        between().await;

        self.pass(7 * DAY).await;
        self.send(self.ben, self.staking, Staking::requestUnstakeCall { amount: cor(100) }).await;
        self.send(self.ada, self.staking, Staking::compoundCall {}).await;
        self.settle(&signer, 0, 6_000).await;
        self.settle(&signer, 1, 3_000).await;
        between().await;
        self.pass(DAY).await;
        self.send(self.ben, self.pool, MinerPool::closeCall { max: one() }).await;
        self.send(self.ada, self.fees, AppFees::exitCall { appId: one() }).await;
        self.pass(6 * DAY).await;
        self.send(self.ben, self.staking, Staking::claimCall {}).await;
        self.send(self.ben, self.staking, Staking::requestUnstakeCall { amount: cor(1) }).await;
        self.send(self.ben, self.staking, Staking::cancelUnstakeCall {}).await;
        self.send(self.ben, self.staking, Staking::requestUnstakeCall { amount: cor(2) }).await;
        between().await;
        self.pass(DAY).await;
        self.send(self.ben, self.pool, MinerPool::closeCall { max: one() }).await;
        self.send(self.ada, self.fees, AppFees::claimBuilderCall { appId: one() }).await;
        self.claim(1, cor(3)).await;
        between().await;
        self.pass(6 * DAY).await;
        self.send(self.ben, self.staking, Staking::withdrawCall {}).await;
    }

    /// Has a miner, the only one, attested so much in all, and claims it in two parts, the second as stake.
    async fn claim(&self, epoch: u64, amount: U256) {
        let leaf = |amount: U256| keccak256(keccak256((self.miner, amount).abi_encode()));
        for (epoch, total) in [(epoch - 1, amount), (epoch, amount + U256::from(4 * COR))] {
            let vote = MinerRewards::voteCall {
                epoch: wei(epoch),
                root: leaf(total),
                cumulativeTotal: total,
                dataHash: B256::ZERO,
                uri: "https://scores.example".into(),
            };
            self.send(self.ben, self.rewards, vote).await;
            self.pass(3 * DAY).await;
            self.send(self.ben, self.rewards, MinerRewards::activateCall {}).await;
            let proof = Vec::new();
            if epoch == 0 {
                self.send(self.ben, self.rewards, MinerRewards::claimCall { miner: self.miner, amount: total, proof }).await;
            } else {
                let call = MinerRewards::claimAndStakeCall { miner: self.miner, amount: total, proof };
                self.send(self.miner, self.rewards, call).await;
            }
        }
    }

    async fn settle(&self, signer: &PrivateKeySigner, epoch: u64, units: u64) {
        let usage = Usage { appId: wei(1), epoch: wei(epoch), cumulativeUnits: wei(units) };
        let domain = eip712_domain! {
            name: USAGE_DOMAIN_NAME,
            version: USAGE_DOMAIN_VERSION,
            chain_id: self.running.node.chain_id(),
            verifying_contract: self.fees,
        };
        let signature = signer.sign_hash_sync(&usage.eip712_signing_hash(&domain)).expect("a signature");
        let voucher = AppFees::Voucher {
            appId: usage.appId,
            epoch: usage.epoch,
            cumulativeUnits: usage.cumulativeUnits,
            v: 27 + u8::from(signature.v()),
            r: signature.r().into(),
            s: signature.s().into(),
        };
        self.send(self.ben, self.fees, AppFees::settleManyCall { vouchers: vec![voucher] }).await;
    }
}

pub(crate) fn wei(amount: u64) -> U256 {
    U256::from(amount)
}
