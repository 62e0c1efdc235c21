//! From scores to a claim, over JSON-RPC alone: stakes and budgets read from the chain, votes of two attesters of three, the
//! window, and a claim by the proof that the command gives.

use abi::{AppFees, CorToken, MinerPool, MinerRewards, Staking};
use alloy::providers::{Provider, RootProvider};
use alloy_primitives::{Address, B256, U256};
use economics::COR;
use serde_json::Value;
use system_tests::fees::{GRACE, Network};

use crate::{
    desk::Desk,
    world::{DAY, name_attesters, stake, start_emission, wei},
};

/// What a miner needs at stake.
const MINIMUM: u128 = 1_000 * COR;

/// Two miners with enough at stake and one without, after two epochs with fees, of which the second emits.
struct Mine {
    network: Network,
    desk: Desk,
    miners: [Address; 3],
    /// The block whose stakes count.
    block: u64,
}

impl Mine {
    async fn opened() -> Self {
        let network = Network::start().await;
        let miners = [7, 8, 9].map(|it| network.chain.account(it));
        start_emission(&network).await;
        for (miner, amount) in miners.into_iter().zip([MINIMUM + 5, 3 * MINIMUM, MINIMUM - 1]) {
            stake(&network, miner, amount).await;
        }
        let app = network.register(0).await;
        for epoch in 0..2 {
            let pay = AppFees::payCall { appId: app, amount: wei(1_000 * COR + 7), memo: B256::ZERO };
            network.chain.send(network.app_owner, network.fees, pay).await;
            network.go(epoch + 1, 60).await;
        }
        let provider: RootProvider = RootProvider::connect(&network.chain.node.endpoint()).await.expect("the node");
        let block = provider.get_block_number().await.expect("a block");
        // What changes later is of no account.
        network.chain.send(miners[1], network.staking, Staking::requestUnstakeCall { amount: wei(3 * MINIMUM) }).await;
        let desk = Desk::at(&network);
        for attester in [2, 3, 4, 9] {
            desk.key(&format!("key{attester}"), network.chain.node.accounts()[attester].key);
        }
        Self { network, desk, miners, block }
    }

    fn asking(&self) -> String {
        format!("rewards --book @book --rpc URL --miner-rewards {}", self.network.rewards)
    }

    /// Writes scores, and the command that computes an epoch from them and from the chain.
    fn compute(&self, epoch: u64, budget: &str) -> String {
        let [ada, ben, cleo] = self.miners;
        let scores = format!("miner,tasks,score,free\n{ada},10,{},3\n{ben},20,20.5,0\n{cleo},30,30,1\n", 10 + epoch);
        self.desk.write("scores.csv", scores);
        format!(
            "{} compute --epoch {epoch} --scores @scores.csv --staking {} --block {} --minimum-stake {MINIMUM} {budget} {}",
            self.asking(),
            self.network.staking,
            self.block,
            if epoch == 0 { "--first" } else { "" }
        )
    }

    async fn close(&self) {
        self.network.go(2, GRACE + 1).await;
        self.network.chain.send(self.network.owner, self.network.pool, MinerPool::closeCall { max: wei(9) }).await;
    }

    /// Closes the epochs, and computes both by what the chain says.
    async fn computed(&self) -> Value {
        self.close().await;
        self.desk.run(&self.compute(0, "")).await.expect("epoch 0 computes");
        self.desk.run(&self.compute(1, "")).await.expect("epoch 1 computes").json
    }

    fn vote(&self, epoch: u64, key: &str) -> String {
        format!("{} vote --epoch {epoch} --uri https://scores.example/1 --private-key-file @{key}", self.asking())
    }

    /// Names the attesters, who attest a day later.
    async fn attested(&self) {
        name_attesters(&self.network).await;
        self.pass(DAY).await;
    }

    async fn pass(&self, seconds: u64) {
        self.network.chain.at(self.network.chain.time().await + seconds).await;
    }

    async fn explain(&self) -> (String, Value) {
        let line = format!("{} explain {} --epoch 1", self.asking(), self.miners[0]);
        let answer = self.desk.run(&line).await.expect("it explains");
        (answer.text, answer.json["onChain"].clone())
    }
}

#[tokio::test]
async fn budgets_and_stakes_are_read_from_the_chain() {
    let mine = Mine::opened().await;
    let told = mine.desk.refused(&mine.compute(0, "")).await;
    assert!(told.contains("epoch 0 has no budget on the chain yet: it is not closed"), "{told}");
    let computed = mine.computed().await;

    let [ada, ben, cleo] = mine.miners;
    let stakes = std::fs::read_to_string(mine.desk.path("book/epoch-1/stakes.csv")).expect("the stakes");
    for (miner, stake) in [(ada, MINIMUM + 5), (ben, 3 * MINIMUM), (cleo, MINIMUM - 1)] {
        assert!(stakes.contains(&format!("{miner:#x},{stake}\n")), "{stakes}");
    }
    let given = mine.network.chain.ask(mine.network.pool, MinerPool::closedEpochCall { epoch: U256::ONE }).await;
    let document: Value =
        serde_json::from_slice(&std::fs::read(mine.desk.path("book/epoch-1/allocations.json")).expect("it is there"))
            .expect("JSON");
    assert_eq!(document["budget"]["emission"], given.emission.to_string());
    assert_eq!(document["budget"]["fees"], given.fees.to_string());
    assert!(given.emission > U256::ZERO && given.fees > U256::ZERO);
    assert_eq!(computed["paid"], 2, "who has less than the minimum at stake gets nothing");

    let nowhere = mine.compute(1, "").replace(&mine.network.staking.to_string(), &mine.network.owner.to_string());
    let told = mine.desk.refused(&nowhere).await;
    assert!(told.contains("there is no staking contract at"), "{told}");
    let nowhere = mine.compute(1, "").replace(&mine.network.rewards.to_string(), &mine.network.owner.to_string());
    let told = mine.desk.refused(&nowhere).await;
    assert!(told.contains("there is no miner-rewards contract at"), "{told}");
}

#[tokio::test]
async fn a_vote_is_refused_for_anything_but_what_follows_from_the_scores() {
    let mine = Mine::opened().await;
    let root = mine.computed().await["root"].as_str().expect("a root").to_owned();
    let Mine { desk, .. } = &mine;

    // Who may not, and who may not yet.
    let told = desk.refused(&mine.vote(1, "key9")).await;
    assert!(told.contains("is none of today's attesters"), "{told}");
    name_attesters(&mine.network).await;
    let told = desk.refused(&mine.vote(1, "key2")).await;
    assert!(told.contains("is an attester only from"), "{told}");
    mine.pass(DAY).await;

    // An epoch that is not closed, whatever is published of it.
    desk.run(&mine.compute(2, "--emission 5 --fees 5")).await.expect("it computes");
    let told = desk.refused(&mine.vote(2, "key2")).await;
    assert!(told.contains("epoch 2 is not closed: closed are those from 0 to 1"), "{told}");

    // Published files that were changed: both roots are named.
    let tree = std::fs::read(desk.path("book/epoch-1/tree.json")).expect("a tree");
    let other = std::fs::read(desk.path("book/epoch-0/tree.json")).expect("a tree");
    let other_root = serde_json::from_slice::<Value>(&other).expect("JSON")["tree"][0].as_str().expect("a root").to_owned();
    desk.write("book/epoch-1/tree.json", &other);
    let told = desk.refused(&mine.vote(1, "key2")).await;
    assert!(told.contains(&root) && told.contains(&other_root), "{told}");
    desk.write("book/epoch-1/tree.json", &tree);
    let allocations = std::fs::read_to_string(desk.path("book/epoch-1/allocations.json")).expect("allocations");
    let forged = B256::repeat_byte(0x66).to_string();
    desk.write("book/epoch-1/allocations.json", allocations.replace(&root, &forged));
    let told = desk.refused(&mine.vote(1, "key2")).await;
    assert!(told.contains(&root) && told.contains(&forged), "{told}");
    desk.write("book/epoch-1/allocations.json", &allocations);

    // A budget that is not the pool's.
    std::fs::rename(desk.path("book"), desk.path("right")).expect("it moves");
    for epoch in 0..2 {
        desk.run(&mine.compute(epoch, "--emission 1 --fees 2")).await.expect("it computes");
    }
    let told = desk.refused(&mine.vote(1, "key2")).await;
    assert!(told.contains("compute it with those"), "{told}");

    let votes = mine.network.chain.ask(mine.network.rewards, MinerRewards::pendingRootCall {}).await;
    assert!(votes.root.is_zero());
}

#[tokio::test]
async fn two_of_three_vote_and_a_miner_claims_by_the_proof_of_the_command() {
    let mine = Mine::opened().await;
    let computed = mine.computed().await;
    mine.attested().await;
    let (desk, chain) = (&mine.desk, &mine.network.chain);
    assert_eq!(mine.explain().await.1, "unseen");

    let first = desk.run(&mine.vote(1, "key2")).await.expect("a vote");
    assert!(first.text.contains("1 of 3 attesters stand behind it, 2 are a quorum: 1 more are needed"), "{}", first.text);
    assert_eq!(first.json["root"], computed["root"]);
    let again = desk.run(&mine.vote(1, "key2")).await.expect("nothing");
    assert!(again.json["transaction"].is_null() && again.text.contains("nothing was sent"), "{}", again.text);
    let second = desk.run(&mine.vote(1, "key4")).await.expect("a vote");
    assert_eq!((&second.json["votes"], &second.json["onChain"]), (&"2".into(), &"pending".into()));
    let pending = chain.ask(mine.network.rewards, MinerRewards::pendingRootCall {}).await;
    assert_eq!(second.json["readyAt"], pending.readyAt.to::<u64>());
    assert!(second.text.contains("pending until 20") && second.text.contains(" UTC, and anyone"), "{}", second.text);
    let (text, standing) = mine.explain().await;
    assert!(standing == "pending" && text.contains("on chain: this root is pending"), "{text}");

    mine.pass(3 * DAY).await;
    chain.send(mine.miners[2], mine.network.rewards, MinerRewards::activateCall {}).await;
    let (text, standing) = mine.explain().await;
    assert!(standing == "active" && text.contains("on chain: this root is active"), "{text}");

    for miner in &mine.miners[..2] {
        let line = format!("{} proof {miner} --epoch 1", mine.asking());
        let proof = desk.run(&line).await.expect("a proof").json;
        let amount: U256 = proof["amount"].as_str().expect("wei").parse().expect("a number");
        let siblings = serde_json::from_value(proof["proof"].clone()).expect("siblings");
        let balance = || chain.ask(mine.network.token, CorToken::balanceOfCall { account: *miner });
        let before = balance().await;
        let claim = MinerRewards::claimCall { miner: *miner, amount, proof: siblings };
        chain.send(mine.miners[2], mine.network.rewards, claim).await;
        assert_eq!(balance().await - before, amount);
    }
    let told = desk.refused(&mine.vote(1, "key3")).await;
    assert!(told.contains("the root of epoch 1 is active"), "{told}");

    // And not a wei is lost on the way.
    let audit = desk.run("audit --rpc URL --deployments @deployments.json").await.expect("it comes to its end");
    assert!(audit.ok, "{}", audit.text);
}

#[tokio::test]
async fn a_rival_root_on_the_chain_is_a_mismatch() {
    let mine = Mine::opened().await;
    mine.computed().await;
    mine.attested().await;
    let total = wei(COR);
    let rival = MinerRewards::voteCall {
        epoch: U256::ONE,
        root: B256::repeat_byte(0x66),
        cumulativeTotal: total,
        dataHash: B256::ZERO,
        uri: String::new(),
    };
    for attester in [2, 3] {
        mine.network.chain.send(mine.network.chain.account(attester), mine.network.rewards, rival.clone()).await;
    }
    let (text, standing) = mine.explain().await;
    assert!(standing == "rival" && text.contains(&B256::repeat_byte(0x66).to_string()), "{text}");
    let late = mine.desk.run(&mine.vote(1, "key4")).await.expect("a vote against it");
    assert!(late.text.contains("another root of this epoch"), "{}", late.text);
}
