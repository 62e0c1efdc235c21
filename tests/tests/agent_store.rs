//! Apps are registered, handed over, closed; what they may use for free.

use abi::{AgentStore, AppFees, CorToken};
use alloy_primitives::{Address, B256, U256};
use economics::COR;
use system_tests::fees::{GRACE, Network, PRICE};

fn wei(amount: u128) -> U256 {
    U256::from(amount)
}

#[tokio::test]
async fn an_app_is_registered_for_a_bond_and_says_what_it_is() {
    let network = Network::start().await;
    let (chain, store) = (&network.chain, network.store);
    let before = network.balance(network.app_owner).await;
    let call = AgentStore::registerCall {
        signer: network.signer.address(),
        feeCap: wei(5),
        category: B256::repeat_byte(3),
        contentHash: B256::repeat_byte(4),
        uri: "https://example.org/app.json".to_owned(),
    };
    let done = chain.send(network.app_owner, store, call.clone()).await;
    let described: Vec<AgentStore::Described> = done.events();
    assert_eq!((described[0].uri.as_str(), described[0].contentHash), (call.uri.as_str(), call.contentHash));
    assert_eq!(before - network.balance(network.app_owner).await, wei(1_000 * COR));
    let app = chain.ask(store, AgentStore::appCall { appId: wei(1) }).await;
    assert_eq!((app.owner, app.bond, app.closed), (network.app_owner, wei(1_000 * COR), false));
    // At once: cap and signer. From the next epoch on: the starter allowance.
    assert_eq!(chain.ask(network.fees, AppFees::feeCapOfCall { appId: wei(1), epoch: U256::ZERO }).await, wei(5));
    for (epoch, units) in [(0, 0), (1, 10), (9, 10)] {
        let allowance = AgentStore::allowanceOfCall { appId: wei(1), epoch: wei(epoch) };
        assert_eq!(chain.ask(store, allowance).await, wei(units));
    }
    let long = AgentStore::updateCall { appId: wei(1), category: B256::ZERO, contentHash: B256::ZERO, uri: "u".repeat(513) };
    chain.refused(network.app_owner, store, long).await.error::<AgentStore::UriTooLong>();
    let nobody = AgentStore::registerCall { signer: Address::ZERO, ..call.clone() };
    chain.refused(network.app_owner, store, nobody).await.error::<AgentStore::InvalidSigner>();
    chain.send(chain.account(5), store, AgentStore::pauseCall {}).await;
    chain.refused(network.app_owner, store, call).await.error::<AgentStore::EnforcedPause>();
    network.assert_solvent().await;
}

#[tokio::test]
async fn allowances_stay_within_the_budget() {
    let network = Network::start().await;
    let (chain, store, curator) = (&network.chain, network.store, network.chain.account(7));
    let app = network.register(0).await;
    let allot = |units| AgentStore::allotCall { appId: app, units: wei(units) };
    chain.refused(network.owner, store, allot(1)).await.error::<AgentStore::NotCurator>();
    let room = chain.refused(curator, store, allot(1_001)).await.error::<AgentStore::NoFreeRoom>();
    assert_eq!(room.room, wei(1_000));
    chain.send(curator, store, allot(995)).await;
    let budget = |budget, starter| AgentStore::setFreeBudgetCall { budget: wei(budget), starter: wei(starter) };
    chain.refused(network.owner, store, budget(994, 0)).await.error::<AgentStore::FreeBudgetOutOfBounds>();
    chain.refused(network.owner, store, budget(1_000, 11)).await.error::<AgentStore::StarterOutOfBounds>();
    // The next one gets what room there is.
    let next = network.register(0).await;
    let allowance = AgentStore::allowanceOfCall { appId: next, epoch: wei(1) };
    assert_eq!(chain.ask(store, allowance).await, wei(5));
    assert_eq!(chain.ask(store, AgentStore::allottedCall {}).await, wei(1_000));
}

#[tokio::test]
async fn a_closed_app_gives_back_all_that_is_its_owners_and_no_grant() {
    let network = Network::start().await;
    let (chain, store, fees) = (&network.chain, network.store, network.fees);
    let (app, buyer) = (network.register(100 * COR).await, chain.account(3));
    chain.send(network.app_owner, fees, AppFees::topUpCall { appId: app, amount: wei(100 * PRICE) }).await;
    chain.send(network.owner, fees, AppFees::sponsorCall { appId: app, amount: wei(30 * PRICE) }).await;
    chain.send(network.app_owner, fees, AppFees::requestExitCall { appId: app, amount: wei(60 * PRICE) }).await;
    // Handed over in two steps, with its money.
    chain.send(network.app_owner, store, AgentStore::transferAppCall { appId: app, newOwner: buyer }).await;
    chain.refused(network.owner, store, AgentStore::acceptAppCall { appId: app }).await.error::<AgentStore::AppNotOffered>();
    chain.send(buyer, store, AgentStore::acceptAppCall { appId: app }).await;
    chain.refused(network.app_owner, store, AgentStore::closeAppCall { appId: app }).await.error::<AgentStore::NotAppOwner>();
    let early = chain.refused(chain.account(7), store, AgentStore::closeAppCall { appId: app }).await;
    early.error::<AppFees::NotIdle>();
    chain.send(buyer, store, AgentStore::closeAppCall { appId: app }).await;
    assert_eq!(chain.ask(store, AgentStore::allottedCall {}).await, U256::ZERO);
    let more = AppFees::topUpCall { appId: app, amount: wei(1) };
    chain.refused(network.app_owner, fees, more).await.error::<AppFees::AppIsClosed>();

    // What was signed before still counts: grants first, then what is leaving, then escrow.
    network.go(1, 5).await;
    let (taken, _) = network.settle(vec![network.voucher(app, 1, 1), network.voucher(app, 0, 100)]).await;
    assert_eq!(taken[0].status, AppFees::Status::ClosedApp);
    assert_eq!((taken[1].granted, taken[1].escrowed), (wei(30 * PRICE), wei(70 * PRICE)));
    let back = AgentStore::returnBondCall { appId: app };
    chain.refused(buyer, store, back.clone()).await.error::<AppFees::StillOpen>();
    network.go(1, GRACE).await;
    chain.send(chain.account(9), store, back.clone()).await;
    assert_eq!(network.balance(buyer).await, wei(1_000 * COR + 30 * PRICE));
    chain.refused(buyer, store, back).await.error::<AgentStore::BondAlreadyReturned>();
    network.assert_solvent().await;
}

#[tokio::test]
async fn the_curator_closes_what_is_idle_and_grants_become_income() {
    let network = Network::start().await;
    let (chain, store, fees) = (&network.chain, network.store, network.fees);
    let app = network.register(COR).await;
    chain.send(network.owner, fees, AppFees::sponsorCall { appId: app, amount: wei(9 * COR) }).await;
    let close = AgentStore::closeAppCall { appId: app };
    network.go(25, 0).await;
    chain.refused(chain.account(7), store, close.clone()).await.error::<AppFees::NotIdle>();
    network.go(26, 100).await;
    chain.send(chain.account(7), store, close).await;
    network.go(27, GRACE).await;
    chain.send(chain.account(9), store, AgentStore::returnBondCall { appId: app }).await;
    let income = chain.ask(fees, AppFees::incomeOfCall { epoch: wei(27) }).await;
    assert_eq!((income.own, income.granted), (U256::ZERO, wei(9 * COR)));
    network.assert_solvent().await;
}

/// One app, from its first free unit to prepaid usage, and nothing migrates in between.
#[tokio::test]
async fn a_showcase_converts_without_a_migration() {
    let network = Network::start().await;
    let (chain, store, fees) = (&network.chain, network.store, network.fees);
    let app = network.register(0).await;
    // Epoch 1: the allowance only; a voucher asks for what is not there.
    network.go(1, 5).await;
    assert_eq!(chain.ask(store, AgentStore::allowanceOfCall { appId: app, epoch: wei(1) }).await, wei(10));
    let (taken, _) = network.settle(vec![network.voucher(app, 1, 1)]).await;
    assert_eq!(taken[0].status, AppFees::Status::FeeCap);
    // A sponsor believes in it, and the owner lets vouchers spend what was given.
    chain.send(network.owner, fees, AppFees::sponsorCall { appId: app, amount: wei(20 * PRICE) }).await;
    chain.send(network.app_owner, store, AgentStore::setFeeCapCall { appId: app, feeCap: wei(50 * PRICE) }).await;
    let (taken, _) = network.settle(vec![network.voucher(app, 1, 25)]).await;
    assert_eq!((taken[0].status, taken[0].units, taken[0].granted), (AppFees::Status::Grants, wei(20), wei(20 * PRICE)));
    // Its own escrow pays the rest and the next epoch, within its cap.
    chain.send(network.app_owner, fees, AppFees::topUpCall { appId: app, amount: wei(100 * PRICE) }).await;
    network.go(2, 5).await;
    let (taken, _) = network.settle(vec![network.voucher(app, 1, 25), network.voucher(app, 2, 60)]).await;
    assert_eq!((taken[0].units, taken[0].escrowed), (wei(5), wei(5 * PRICE)));
    assert_eq!((taken[1].status, taken[1].units), (AppFees::Status::FeeCap, wei(50)));
    // And at last it buys in advance.
    let commit = AppFees::commitCall { appId: app, units: wei(40), epochs: wei(1) };
    chain.send(network.app_owner, fees, commit).await;
    network.go(3, 5).await;
    let (taken, _) = network.settle(vec![network.voucher(app, 3, 45)]).await;
    assert_eq!((taken[0].committed, taken[0].escrowed), (wei(40), wei(5 * PRICE)));
    network.go(4, GRACE).await;
    let mut own = U256::ZERO;
    for epoch in 0..4 {
        let closed = network.close(epoch).await;
        assert_eq!(closed.miners + closed.stakers + closed.builders + closed.treasury + closed.burn, closed.own + closed.granted);
        own += closed.own;
    }
    assert_eq!(own, wei(60 * PRICE + 40 * PRICE * 9 / 10));
    network.assert_solvent().await;
}

#[tokio::test]
async fn roles_change_only_after_the_delay_and_nobody_else_speaks_for_an_app() {
    let network = Network::start().await;
    let (chain, store, fees) = (&network.chain, network.store, network.fees);
    let app = network.register(0).await;
    let curator = AgentStore::setCuratorCall { curator: chain.account(8) };
    chain.send(network.owner, store, curator).await;
    let allot = AgentStore::allotCall { appId: app, units: wei(1) };
    chain.refused(chain.account(8), store, allot.clone()).await.error::<AgentStore::NotCurator>();
    chain.at(chain.time().await + 86_400).await;
    chain.send(chain.account(8), store, allot).await;
    // App-fees listens to the store alone.
    let steal = AppFees::setAppOwnerCall { appId: app, owner: network.owner };
    chain.refused(network.owner, fees, steal).await.error::<AppFees::NotAgentStore>();
    let again = AppFees::wireCall { agentStore: network.owner, minerPool: network.owner };
    chain.refused(network.owner, fees, again).await.error::<AppFees::AlreadyWired>();
    let approve = CorToken::approveCall { spender: store, value: U256::ZERO };
    chain.send(network.app_owner, network.token, approve).await;
    let signer = AgentStore::setSignerCall { appId: app, signer: network.owner };
    chain.refused(network.owner, store, signer).await.error::<AgentStore::NotAppOwner>();
}
