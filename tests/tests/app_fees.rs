//! Apps pay: vouchers, caps, exits, commitments, the split.

use abi::AppFees::{self, Status};
use alloy::signers::local::PrivateKeySigner;
use alloy_primitives::{B256, U256};
use economics::COR;
use system_tests::fees::{EPOCH, GRACE, Network, PRICE};

fn wei(amount: u128) -> U256 {
    U256::from(amount)
}

async fn top_up(network: &Network, app: U256, amount: u128) {
    network.chain.send(network.app_owner, network.fees, AppFees::topUpCall { appId: app, amount: wei(amount) }).await;
}

#[tokio::test]
async fn an_epoch_from_voucher_to_split_adds_up_to_the_wei() {
    let network = Network::start().await;
    let app = network.register(100 * COR).await;
    top_up(&network, app, 50 * COR).await;
    let (taken, done) = network.settle(vec![network.voucher(app, 0, 1_001)]).await;
    let cost = 1_001 * PRICE;
    assert_eq!((taken[0].status, taken[0].units, taken[0].escrowed), (Status::Settled, wei(1_001), wei(cost)));
    let builder = cost / 20;
    let settled: Vec<AppFees::Settled> = done.events();
    assert_eq!((settled[0].builder, settled[0].cumulativeUnits), (wei(builder), wei(1_001)));

    let pay = AppFees::payCall { appId: app, amount: wei(7 * COR + 1), memo: B256::ZERO };
    network.chain.send(network.owner, network.fees, pay).await;
    let second = (7 * COR + 1) / 20;
    network.assert_solvent().await;

    network.go(1, GRACE - 2).await;
    let early = AppFees::closeEpochCall { epoch: U256::ZERO, minerRewards: network.rewards };
    network.chain.refused(network.pool, network.fees, early.clone()).await.error::<AppFees::StillOpen>();
    network.chain.refused(network.owner, network.fees, early).await.error::<AppFees::NotMinerPool>();
    network.go(1, GRACE).await;
    let closed = network.close(0).await;
    let gross = cost + 7 * COR + 1;
    let others = gross * 3 / 10;
    assert_eq!((closed.own, closed.granted, closed.builders), (wei(gross), U256::ZERO, wei(builder + second)));
    assert_eq!((closed.miners, closed.treasury, closed.burn), (wei(gross - others), wei(gross / 10), wei(gross / 20)));
    assert_eq!(closed.stakers, wei(others - gross / 10 - gross / 20 - builder - second));
    assert_eq!(network.balance(network.rewards).await, closed.miners);
    assert_eq!(network.balance(network.staking).await, closed.stakers);
    network.assert_solvent().await;

    // What is split off moves, to the wei.
    network.chain.send(network.owner, network.fees, AppFees::pullTreasuryCall {}).await;
    assert_eq!(network.balance(network.chain.account(6)).await, closed.treasury);
    let supply = network.chain.ask(network.token, abi::CorToken::totalSupplyCall {}).await;
    network.chain.send(network.owner, network.fees, AppFees::burnCall {}).await;
    assert_eq!(network.chain.ask(network.token, abi::CorToken::totalSupplyCall {}).await, supply - closed.burn);
    network.chain.refused(network.owner, network.fees, AppFees::burnCall {}).await.error::<AppFees::NothingToTake>();
    network.assert_solvent().await;
}

#[tokio::test]
async fn builders_are_paid_as_stake_only() {
    let network = Network::start().await;
    let app = network.register(0).await;
    let pay = AppFees::payCall { appId: app, amount: wei(100 * COR), memo: B256::ZERO };
    network.chain.send(network.owner, network.fees, pay).await;
    let before = network.balance(network.app_owner).await;
    network.chain.send(network.chain.account(9), network.fees, AppFees::claimBuilderCall { appId: app }).await;
    assert_eq!(network.balance(network.app_owner).await, before);
    let stake = network.chain.ask(network.staking, abi::Staking::stakeOfCall { account: network.app_owner }).await;
    assert_eq!(stake, wei(5 * COR));
    network.assert_solvent().await;
}

#[tokio::test]
async fn one_bad_voucher_spoils_no_batch_and_each_says_why() {
    let network = Network::start().await;
    let (app, poor) = (network.register(100 * COR).await, network.register(100 * COR).await);
    top_up(&network, app, 50 * COR).await;
    let stranger = PrivateKeySigner::from_bytes(&B256::repeat_byte(8)).expect("a key");
    let mut flipped = network.voucher(app, 0, 10);
    flipped.cumulativeUnits = wei(11);
    let mut elsewhere = network.voucher(app, 0, 12);
    elsewhere.appId = poor;
    let (taken, done) = network
        .settle(vec![
            network.signed_by(&stranger, app, 0, 5),
            flipped,
            elsewhere,
            network.voucher(U256::from(77), 0, 5),
            network.voucher(app, 1, 5),
            network.voucher(poor, 0, 5),
            network.voucher(app, 0, 20),
            network.voucher(app, 0, 20),
            network.voucher(app, 0, 30),
        ])
        .await;
    let statuses: Vec<Status> = taken.iter().map(|taken| taken.status).collect();
    let expected = [
        Status::BadSignature,
        Status::BadSignature,
        Status::BadSignature,
        Status::UnknownApp,
        Status::FutureEpoch,
        Status::Escrow,
        Status::Settled,
        Status::Replay,
        Status::Settled,
    ];
    assert_eq!(statuses, expected);
    assert_eq!(done.events::<AppFees::NotSettled>().len(), 7);
    assert_eq!(network.chain.ask(network.fees, AppFees::usageOfCall { appId: app, epoch: U256::ZERO }).await.units, wei(30));
    let alone = AppFees::settleCall { voucher: network.voucher(app, 0, 30) };
    let refused = network.chain.refused(network.owner, network.fees, alone).await.error::<AppFees::NothingSettled>();
    assert_eq!(refused.status, Status::Replay);
    // After the grace it is late.
    network.go(1, GRACE).await;
    let (taken, _) = network.settle(vec![network.voucher(app, 0, 40)]).await;
    assert_eq!(taken[0].status, Status::ClosedEpoch);
    network.assert_solvent().await;
}

#[tokio::test]
async fn what_did_not_fit_comes_again_after_a_top_up() {
    let network = Network::start().await;
    let app = network.register(10 * COR).await;
    top_up(&network, app, 3 * PRICE + 1).await;
    let voucher = network.voucher(app, 0, 5);
    let preview = AppFees::previewCall { appId: app, epoch: U256::ZERO, cumulativeUnits: wei(5) };
    let seen = network.chain.ask(network.fees, preview).await;
    assert_eq!((seen.taken.status, seen.taken.units, seen.largest), (Status::Escrow, wei(3), wei(3)));
    let (taken, _) = network.settle(vec![voucher.clone()]).await;
    assert_eq!((taken[0].status, taken[0].units), (Status::Escrow, wei(3)));
    top_up(&network, app, 2 * PRICE).await;
    let (taken, _) = network.settle(vec![voucher]).await;
    assert_eq!((taken[0].status, taken[0].units), (Status::Settled, wei(2)));
    network.assert_solvent().await;
}

#[tokio::test]
async fn an_exit_escapes_no_signed_debt() {
    let network = Network::start().await;
    let app = network.register(100 * COR).await;
    top_up(&network, app, 100 * PRICE).await;
    let exit = AppFees::requestExitCall { appId: app, amount: wei(100 * PRICE) };
    network.chain.refused(network.owner, network.fees, exit.clone()).await.error::<AppFees::NotAppOwner>();
    network.chain.send(network.app_owner, network.fees, exit).await;
    network.go(1, GRACE - 10).await;
    // Of the next epoch: not from what is leaving. Of the epoch of the request: still.
    let (taken, _) = network.settle(vec![network.voucher(app, 1, 1), network.voucher(app, 0, 60)]).await;
    assert_eq!((taken[0].status, taken[1].status), (Status::Escrow, Status::Settled));
    let leave = AppFees::exitCall { appId: app };
    network.chain.refused(network.app_owner, network.fees, leave.clone()).await.error::<AppFees::StillOpen>();
    network.go(1, GRACE).await;
    let before = network.balance(network.app_owner).await;
    network.chain.send(network.app_owner, network.fees, leave).await;
    assert_eq!(network.balance(network.app_owner).await - before, wei(40 * PRICE));
    network.assert_solvent().await;
}

#[tokio::test]
async fn a_commitment_is_prepaid_at_its_price_and_used_first() {
    let network = Network::start().await;
    let app = network.register(0).await;
    let price = AppFees::setUnitPriceCall { unitPrice: wei(2 * PRICE) };
    network.chain.send(network.owner, network.fees, price).await;
    let too_much = AppFees::setUnitPriceCall { unitPrice: wei(2 * PRICE + 1) };
    network.chain.refused(network.owner, network.fees, too_much).await.error::<AppFees::UnitPriceOutOfBounds>();
    let commit = AppFees::commitCall { appId: app, units: wei(101), epochs: wei(2) };
    let cost = (101 * PRICE * 9).div_ceil(10);
    assert_eq!(network.chain.ask_as(network.app_owner, network.fees, commit.clone()).await, wei(2 * cost));
    network.chain.send(network.app_owner, network.fees, commit).await;
    let close = abi::AgentStore::closeAppCall { appId: app };
    network.chain.refused(network.app_owner, network.store, close).await.error::<AppFees::CommitmentRunning>();
    network.go(2, 5).await;
    let (taken, _) = network.settle(vec![network.voucher(app, 1, 50), network.voucher(app, 2, 200)]).await;
    assert_eq!((taken[0].status, taken[0].committed, taken[0].escrowed), (Status::Settled, wei(50), U256::ZERO));
    assert_eq!((taken[1].status, taken[1].committed), (Status::Commitment, wei(101)));
    network.go(2, EPOCH + GRACE).await;
    for (epoch, own) in [(0, 0), (1, cost), (2, cost)] {
        let closed = network.close(epoch).await;
        assert_eq!((closed.own, closed.builders), (wei(own), wei(own / 20)));
    }
    network.assert_solvent().await;
}

#[tokio::test]
async fn signer_and_cap_change_by_epoch() {
    let network = Network::start().await;
    let app = network.register(10 * PRICE).await;
    top_up(&network, app, 1_000 * PRICE).await;
    let next = PrivateKeySigner::from_bytes(&B256::repeat_byte(9)).expect("a key");
    let rotate = abi::AgentStore::setSignerCall { appId: app, signer: next.address() };
    network.chain.send(network.app_owner, network.store, rotate).await;
    let lower = abi::AgentStore::setFeeCapCall { appId: app, feeCap: wei(2 * PRICE) };
    network.chain.send(network.app_owner, network.store, lower).await;
    let (taken, _) = network.settle(vec![network.signed_by(&next, app, 0, 1), network.voucher(app, 0, 20)]).await;
    assert_eq!((taken[0].status, taken[1].status, taken[1].units), (Status::BadSignature, Status::FeeCap, wei(10)));
    network.go(1, 5).await;
    let (taken, _) = network.settle(vec![network.voucher(app, 1, 1), network.signed_by(&next, app, 1, 20)]).await;
    assert_eq!((taken[0].status, taken[1].status, taken[1].units), (Status::BadSignature, Status::FeeCap, wei(2)));
    // Raised: open epochs have the larger, the one in its grace too.
    let raise = abi::AgentStore::setFeeCapCall { appId: app, feeCap: wei(15 * PRICE) };
    network.chain.send(network.app_owner, network.store, raise).await;
    let (taken, _) = network.settle(vec![network.voucher(app, 0, 20), network.signed_by(&next, app, 1, 20)]).await;
    assert_eq!((taken[0].units, taken[1].units), (wei(5), wei(13)));
    network.assert_solvent().await;
}

#[tokio::test]
async fn a_voucher_of_fifty_costs_at_most_25_000_gas() {
    let network = Network::start().await;
    let mut apps = Vec::new();
    for _ in 0..50 {
        let app = network.register(100 * COR).await;
        top_up(&network, app, COR).await;
        apps.push(app);
    }
    network.settle(apps.iter().map(|app| network.voucher(*app, 0, 10)).collect()).await;
    let of = |count: usize, units| apps.iter().take(count).map(|app| network.voucher(*app, 0, units)).collect::<Vec<_>>();
    let (_, fifty) = network.settle(of(50, 20)).await;
    let (_, one) = network.settle(of(1, 30)).await;
    let each = (fifty.gas - one.gas) / 49;
    println!("a voucher: {} alone, {each} more of each in a batch of fifty", one.gas);
    assert!(each <= 25_000, "{each}");
    network.assert_solvent().await;
}
