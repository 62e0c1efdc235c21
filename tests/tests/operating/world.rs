//! Five epochs in which everything that moves COR happens at least once.

use abi::{AgentStore, AppFees, CorToken, MinerPool, MinerRewards, Staking};
use alloy_primitives::{Address, B256, U256};
use corflow::rewards::tree::Cumulative;
use economics::COR;
use system_tests::fees::{EPOCH, GRACE, Network};

pub(crate) const DAY: u64 = 86_400;

pub(crate) fn wei(amount: u128) -> U256 {
    U256::from(amount)
}

/// Names three attesters, accounts 2 to 4, of whom two are a quorum; they attest from the next day on.
pub(crate) async fn name_attesters(network: &Network) {
    let attesters = [2, 3, 4].map(|it| network.chain.account(it)).to_vec();
    let call = MinerRewards::setAttestersCall { attesters, quorum: wei(2) };
    network.chain.send(network.owner, network.rewards, call).await;
}

/// Brings the reserve and starts the emission, from the next epoch on.
pub(crate) async fn start_emission(network: &Network) {
    let Network { chain, owner, pool, token, .. } = network;
    chain.send(*owner, *token, CorToken::approveCall { spender: *pool, value: U256::MAX }).await;
    chain.send(*owner, *pool, MinerPool::depositCall { amount: wei(350_000_000 * COR) }).await;
    chain.send(*owner, *pool, MinerPool::startEmissionCall {}).await;
}

/// Gives an account COR and has it staked.
pub(crate) async fn stake(network: &Network, account: Address, amount: u128) {
    let Network { chain, owner, token, staking, .. } = network;
    chain.send(*owner, *token, CorToken::transferCall { to: account, value: wei(amount) }).await;
    chain.send(account, *token, CorToken::approveCall { spender: *staking, value: U256::MAX }).await;
    chain.send(account, *staking, Staking::stakeCall { amount: wei(amount) }).await;
}

/// The network after those epochs.
pub(crate) async fn played() -> Network {
    let network = Network::start().await;
    let Network { chain, owner, app_owner, token, staking, fees, store, pool, rewards, .. } = &network;
    let (owner, app_owner) = (*owner, *app_owner);
    let [ben, cleo] = [8, 9].map(|it| chain.account(it));
    start_emission(&network).await;
    name_attesters(&network).await;

    // Epoch 0: two apps pay in every way, people stake.
    let [first, second] = [network.register(5_000 * COR).await, network.register(100_000 * COR).await];
    chain.send(app_owner, *fees, AppFees::topUpCall { appId: first, amount: wei(900 * COR + 7) }).await;
    chain.send(owner, *fees, AppFees::sponsorCall { appId: first, amount: wei(50 * COR + 1) }).await;
    chain.send(app_owner, *fees, AppFees::commitCall { appId: first, units: wei(333), epochs: wei(3) }).await;
    chain.send(app_owner, *fees, AppFees::topUpCall { appId: second, amount: wei(70_000 * COR + 11) }).await;
    chain.send(app_owner, *fees, AppFees::payCall { appId: second, amount: wei(123 * COR + 13), memo: B256::ZERO }).await;
    stake(&network, ben, 4_000_000 * COR + 3).await;
    stake(&network, cleo, 1_000_000 * COR).await;
    chain.send(owner, *token, CorToken::approveCall { spender: *staking, value: U256::MAX }).await;
    chain.send(owner, *staking, Staking::fundCall { amount: wei(2_000_000 * COR) }).await;
    network.go(0, 3 * DAY).await;
    network.settle(vec![network.voucher(first, 0, 100_001), network.voucher(second, 0, 33_333)]).await;

    // Epoch 1: escrow on its way out is spent by late vouchers, a split to come, stake leaves and comes back.
    network.go(1, 600).await;
    chain.send(app_owner, *fees, AppFees::requestExitCall { appId: second, amount: wei(20_000 * COR) }).await;
    network.settle(vec![network.voucher(second, 0, 44_444), network.voucher(second, 1, 5_005)]).await;
    network.settle(vec![network.voucher(first, 1, 400_000), network.voucher(first, 1, 4)]).await;
    let split = AppFees::setSplitCall { minersShare: wei(6_500), treasuryShare: wei(1_100), burnShare: wei(900) };
    chain.send(owner, *fees, split).await;
    chain.send(ben, *staking, Staking::requestUnstakeCall { amount: wei(900_000 * COR) }).await;
    chain.send(cleo, *staking, Staking::requestUnstakeCall { amount: wei(5 * COR) }).await;
    chain.send(cleo, *staking, Staking::cancelUnstakeCall {}).await;
    network.go(1, GRACE + 1).await;
    network.close(0).await;
    chain.send(cleo, *fees, AppFees::claimBuilderCall { appId: second }).await;
    chain.send(cleo, *fees, AppFees::pullTreasuryCall {}).await;
    chain.send(cleo, *fees, AppFees::burnCall {}).await;
    chain.send(owner, *token, CorToken::transferCall { to: *fees, value: wei(17) }).await;
    chain.send(owner, *token, CorToken::transferCall { to: *staking, value: wei(19) }).await;

    // Epoch 2: an exit is called off and asked for again, what matured is paid, rewards are taken and staked.
    network.go(2, 600).await;
    chain.send(app_owner, *fees, AppFees::cancelExitCall { appId: second }).await;
    chain.send(app_owner, *fees, AppFees::requestExitCall { appId: second, amount: wei(1_000 * COR) }).await;
    chain.send(ben, *staking, Staking::requestUnstakeCall { amount: wei(100_000 * COR) }).await;
    chain.send(ben, *staking, Staking::claimCall {}).await;
    chain.send(cleo, *staking, Staking::compoundCall {}).await;
    network.settle(vec![network.voucher(second, 2, 12_345)]).await;
    chain.send(owner, *pool, MinerPool::depositCall { amount: wei(1_000 * COR + 1) }).await;
    network.go(2, GRACE + 1).await;
    network.close(1).await;
    attest(&network, 1, cleo).await;

    // Epoch 3: two closings in one call, an app exits, another closes with grants left.
    chain.send(owner, *fees, AppFees::sponsorCall { appId: second, amount: wei(77 * COR + 7) }).await;
    network.go(3, GRACE + 1).await;
    chain.send(app_owner, *fees, AppFees::exitCall { appId: second }).await;
    chain.send(app_owner, *store, AgentStore::closeAppCall { appId: second }).await;
    network.go(5, GRACE + 1).await;
    chain.send(app_owner, *store, AgentStore::returnBondCall { appId: second }).await;
    chain.send(ben, *staking, Staking::withdrawCall {}).await;
    let closed = chain.send(cleo, *pool, MinerPool::closeCall { max: wei(9) }).await;
    assert_eq!(closed.events::<MinerPool::EpochClosed>().len(), 3);
    attest(&network, 4, cleo).await;

    // The reserve moves on while the sixth epoch is open.
    chain.send(owner, *token, CorToken::transferCall { to: *rewards, value: wei(23) }).await;
    chain.send(owner, *pool, MinerPool::retireCall { recipient: chain.account(6) }).await;
    chain.at(chain.time().await + 90 * DAY).await;
    chain.send(owner, *pool, MinerPool::releaseCall {}).await;
    chain.at(chain.time().await + EPOCH + GRACE).await;
    chain.send(cleo, *pool, MinerPool::closeCall { max: wei(99) }).await;
    chain.send(cleo, *pool, MinerPool::pullReserveCall {}).await;
    chain.at(chain.time().await + EPOCH).await;
    chain.send(cleo, *pool, MinerPool::closeCall { max: wei(99) }).await;
    chain.send(app_owner, *fees, AppFees::payCall { appId: first, amount: wei(COR + 1), memo: B256::ZERO }).await;
    network
}

/// Two attesters give half of all budgets up to an epoch to one miner and a third to another; after the window the first
/// stakes its claim and the second is paid.
async fn attest(network: &Network, epoch: u64, miner: Address) {
    let Network { chain, rewards, .. } = network;
    let total: u128 = chain.ask(*rewards, MinerRewards::budgetThroughCall { epoch: U256::from(epoch) }).await.to();
    let other = chain.account(7);
    let mut earned = Cumulative::default();
    earned.add(miner, total / 2).expect("within 128 bits");
    earned.add(other, total / 3).expect("within 128 bits");
    let tree = earned.tree().expect("somebody earned");
    let vote = MinerRewards::voteCall {
        epoch: U256::from(epoch),
        root: tree.root(),
        cumulativeTotal: wei(earned.total()),
        dataHash: B256::ZERO,
        uri: String::new(),
    };
    for attester in [2, 3] {
        chain.send(chain.account(attester), *rewards, vote.clone()).await;
    }
    chain.at(chain.time().await + 3 * DAY).await;
    chain.send(miner, *rewards, MinerRewards::activateCall {}).await;
    let proof = |miner| earned.proof(&tree, miner).expect("a tree of its own").expect("it earned").proof;
    let call = MinerRewards::claimAndStakeCall { miner, amount: wei(total / 2), proof: proof(miner) };
    chain.send(miner, *rewards, call).await;
    let claim = MinerRewards::Claim { miner: other, amount: wei(total / 3), proof: proof(other) };
    chain.send(miner, *rewards, MinerRewards::claimManyCall { claims: vec![claim.clone(), claim] }).await;
}
