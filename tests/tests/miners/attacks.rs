//! People who try to get what is not theirs, and what it costs them. `--nocapture` shows the figures.

use abi::{
    AgentStore,
    AppFees::{self, Status},
    CorToken, MinerPool, MinerRewards, Staking,
};
use alloy::signers::local::PrivateKeySigner;
use alloy_primitives::{Address, B256, U256};

use crate::{
    claims::{Book, activate, miner},
    roots::attester,
    world::{ADA, BEN, COR, DAY, EPOCH, OWNER, World, cor},
};

const MAX: U256 = U256::MAX;

fn key(seed: u8) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::repeat_byte(seed)).expect("a key")
}

/// An app of Ben's with a signer, a cap of 1,000 COR an epoch, and escrow.
fn serious(world: &mut World, escrow: U256) -> U256 {
    let app = world.app_of(BEN, key(7).address(), 1_000 * COR);
    world.ok(BEN, world.fees, &AppFees::topUpCall { appId: app, amount: escrow });
    app
}

fn settle(world: &mut World, vouchers: Vec<AppFees::Voucher>) -> Vec<AppFees::Taken> {
    world.ok(ADA, world.fees, &AppFees::settleManyCall { vouchers })
}

fn account(world: &World, app: U256) -> AppFees::accountOfReturn {
    world.view(world.fees, &AppFees::accountOfCall { appId: app })
}

/// COR with its decimals, for people.
fn shown(wei: U256) -> String {
    format!("{}.{:018}", wei / cor(1), wei % cor(1))
}

/// What Ben has after four epochs in each of which he pays so much through his own app, as its builder, the largest staker and
/// the only miner: everything claimed, his stake counted.
fn wealth_after_washing(each: U256) -> U256 {
    let mut world = World::started();
    let World { fees, pool, rewards, staking, .. } = world;
    let attesters = (0..5).map(attester).collect();
    world.ok(OWNER, rewards, &MinerRewards::setAttestersCall { attesters, quorum: U256::from(3) });
    let app = world.app();
    world.ok(BEN, staking, &Staking::stakeCall { amount: cor(5_000_000) });
    for epoch in 1..=4 {
        world.go(epoch, 0);
        if !each.is_zero() {
            world.ok(BEN, fees, &AppFees::payCall { appId: app, amount: each, memo: B256::ZERO });
        }
    }
    world.until_due(4);
    world.ok(ADA, pool, &MinerPool::closeCall { max: MAX });
    // Every wei that miners get is his.
    let all = world.view(rewards, &MinerRewards::totalsCall {}).budgets;
    let book = Book::of(&[(BEN, all), (miner(1), U256::ZERO)]);
    activate(&mut world, 4, &book);
    world.ok(BEN, rewards, &book.call(0));
    // And all that streams to stakers, until the last of it has come.
    world.pass(8 * EPOCH);
    if !each.is_zero() {
        world.ok(BEN, fees, &AppFees::claimBuilderCall { appId: app });
        world.pass(EPOCH);
        // Of fees of a few wei nothing is left to claim.
        if !world.view(staking, &Staking::positionCall { account: BEN }).rewards.is_zero() {
            world.ok(BEN, staking, &Staking::claimCall {});
        }
    }
    world.balance(BEN) + world.view(staking, &Staking::stakeOfCall { account: BEN })
}

/// Treasury and burn keep 15% of every fee, whoever pays it to whom.
#[test]
fn washing_fees_through_ones_own_app_loses_at_least_fifteen_percent() {
    let idle = wealth_after_washing(U256::ZERO);
    for each in [U256::from(1_003), cor(1) + U256::from(7), cor(250_000), cor(2_000_000)] {
        let washed = wealth_after_washing(each);
        let (paid, epochs) = (each * U256::from(4), U256::from(4));
        let lost = idle - washed;
        let least = paid * U256::from(15) / U256::from(100);
        println!(
            "washing {} COR over 4 epochs as builder, largest staker and sole miner loses {} COR, {} of 10,000 (at least {} less 8 wei)",
            shown(paid),
            shown(lost),
            lost * U256::from(10_000) / paid,
            shown(least)
        );
        assert!(lost + U256::from(2) * epochs >= least, "washing {paid} wei loses {lost} only");
    }
}

/// A debt of a hundred units was signed, of an app with just as much escrow. The owner tries everything in the epoch's last second.
#[test]
fn a_signed_debt_is_escaped_by_nothing_that_an_owner_can_do() {
    let mut base = World::started();
    let World { fees, store, .. } = base;
    let app = serious(&mut base, cor(100));
    base.go(1, 0);
    let debt = base.voucher(&key(7), app, 1, 100);
    base.go(2, -1);
    type Escape = fn(&mut World, U256);
    let escapes: [(&str, Escape); 6] = [
        ("an exit", |world, app| {
            world.ok(BEN, world.fees, &AppFees::requestExitCall { appId: app, amount: cor(100) });
        }),
        ("a commitment", |world, app| {
            world.ok(BEN, world.fees, &AppFees::commitCall { appId: app, units: U256::from(100), epochs: U256::from(8) });
        }),
        ("a signer's rotation", |world, app| {
            world.ok(BEN, world.store, &AgentStore::setSignerCall { appId: app, signer: key(8).address() });
        }),
        ("a fee cap of nothing", |world, app| {
            world.ok(BEN, world.store, &AgentStore::setFeeCapCall { appId: app, feeCap: U256::ZERO });
        }),
        ("closing the app", |world, app| {
            world.ok(BEN, world.store, &AgentStore::closeAppCall { appId: app });
        }),
        ("selling the app", |world, app| {
            world.ok(BEN, world.store, &AgentStore::transferAppCall { appId: app, newOwner: miner(5) });
            world.ok(miner(5), world.store, &AgentStore::acceptAppCall { appId: app });
        }),
    ];
    let mut everything = base.clone();
    let mut tried = Vec::new();
    for (name, escape) in escapes {
        let mut world = base.clone();
        escape(&mut world, app);
        if !name.contains("commitment") {
            escape(&mut everything, app); // A commitment would forbid the closing.
        }
        tried.push((name, world));
    }
    tried.push(("all of it at once", everything));
    for (name, mut world) in tried {
        world.until_due(1);
        world.block.timestamp -= 1;
        // Whatever may leave in this second does not.
        let owner = world.view(store, &AgentStore::appCall { appId: app }).owner;
        assert!(world.send(owner, fees, &AppFees::exitCall { appId: app }).is_err());
        assert!(world.send(owner, store, &AgentStore::returnBondCall { appId: app }).is_err());
        let taken = settle(&mut world, vec![debt.clone()]);
        println!("{name}: of a debt of 100 units {} are paid, {} COR", taken[0].units, shown(taken[0].escrowed));
        assert_eq!((taken[0].status, taken[0].escrowed), (Status::Settled, cor(100)), "{name}");
    }
}

/// What is on its way out pays for the epochs up to the request and is nobody's promise for later ones.
#[test]
fn d04_what_is_leaving_is_not_there_for_later_epochs() {
    let mut world = World::started();
    let app = serious(&mut world, cor(100));
    world.go(1, 0);
    world.ok(BEN, world.fees, &AppFees::requestExitCall { appId: app, amount: cor(70) });
    let largest = |world: &World, epoch: u64| {
        let preview = AppFees::previewCall { appId: app, epoch: U256::from(epoch), cumulativeUnits: U256::from(100) };
        world.view(world.fees, &preview).largest
    };
    assert_eq!(largest(&world, 1), U256::from(100));
    world.go(2, 1);
    assert_eq!((largest(&world, 1), largest(&world, 2)), (U256::from(100), U256::from(30)));
    let vouchers = vec![world.voucher(&key(7), app, 2, 100), world.voucher(&key(7), app, 1, 71)];
    let taken = settle(&mut world, vouchers);
    assert_eq!((taken[0].status, taken[0].escrowed), (Status::Escrow, cor(30)));
    // Of the earlier epoch there are the seventy that are leaving, and no more.
    assert_eq!((taken[1].status, taken[1].escrowed), (Status::Escrow, cor(70)));
}

#[test]
fn rule_7_a_voucher_counts_once_and_for_its_epoch_app_contract_and_chain_only() {
    let mut world = World::started();
    let World { fees, .. } = world;
    let app = serious(&mut world, cor(500));
    let twin = serious(&mut world, cor(500));
    world.go(1, 0);
    let good = world.voucher(&key(7), app, 1, 10);
    // On a chain with another id the same contracts stand at the same places.
    let mut there = World::on(412_347);
    assert_eq!((there.fees, serious(&mut there, cor(500))), (fees, app));
    there.go(1, 0);
    // And here a second set of contracts has an app of the same number and signer.
    let mut second = world.clone();
    second.deploy_set(U256::ZERO, U256::ZERO);
    assert_eq!(serious(&mut second, cor(500)), app);
    assert_ne!(second.fees, fees);

    let order = alloy_primitives::uint!(0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141_U256);
    let mirrored = AppFees::Voucher { v: 55 - good.v, s: (order - U256::from_be_bytes(good.s.0)).into(), ..good.clone() };
    let forged = [
        ("another epoch", AppFees::Voucher { epoch: U256::ZERO, ..good.clone() }),
        ("another app", AppFees::Voucher { appId: twin, ..good.clone() }),
        ("more units", AppFees::Voucher { cumulativeUnits: U256::from(11), ..good.clone() }),
        ("fewer units", AppFees::Voucher { cumulativeUnits: U256::from(9), ..good.clone() }),
        ("the mirrored signature", mirrored),
        ("a stranger's key", world.voucher(&key(8), app, 1, 10)),
        ("no key", AppFees::Voucher { v: 27, r: B256::ZERO, s: B256::ZERO, ..good.clone() }),
    ];
    for (name, voucher) in forged {
        let taken = settle(&mut world, vec![voucher]);
        assert_eq!(taken[0].status, Status::BadSignature, "{name}");
    }
    for (name, world) in [("another chain", &mut there), ("another contract", &mut second)] {
        let taken = settle(world, vec![good.clone()]);
        assert_eq!(taken[0].status, Status::BadSignature, "{name}");
    }
    // Under another name or version than the contract's it is another paper.
    for domain in [
        alloy_sol_types::Eip712Domain { name: Some("Cortensor".into()), ..world.domain() },
        alloy_sol_types::Eip712Domain { version: Some("2".into()), ..world.domain() },
        alloy_sol_types::Eip712Domain { salt: Some(B256::ZERO), ..world.domain() },
    ] {
        let voucher = World::voucher_under(&domain, &key(7), app, 1, 10);
        assert_eq!(settle(&mut world, vec![voucher])[0].status, Status::BadSignature, "{domain:?}");
    }
    let taken = settle(&mut world, vec![good.clone(), good.clone()]);
    assert_eq!((taken[0].status, taken[1].status), (Status::Settled, Status::Replay));
    let alone: AppFees::NothingSettled = world.refused(ADA, fees, &AppFees::settleCall { voucher: good.clone() });
    assert_eq!(alone.status, Status::Replay);
    assert_eq!(account(&world, app).escrow, cor(490));
    // The slots of epoch 1 serve epoch 3; the voucher of epoch 1 does not.
    world.go(3, 0);
    let late = world.voucher(&key(7), app, 3, 10);
    let taken = settle(&mut world, vec![good, late]);
    assert_eq!((taken[0].status, taken[1].status), (Status::ClosedEpoch, Status::Settled));
}

/// Somebody spends gas to spoil others' batches: with dust of the same vouchers first, with vouchers that do not count.
#[test]
fn no_dust_spoils_a_batch() {
    let mut world = World::started();
    let apps: Vec<U256> = (0..25).map(|_| serious(&mut world, cor(20))).collect();
    world.go(1, 0);
    let voucher = |world: &World, app: U256, units| world.voucher(&key(7), app, 1, units);
    // In front of the batch the attacker has settled a unit of every app, and one of them whole.
    let mut dust: Vec<_> = apps.iter().map(|app| voucher(&world, *app, 1)).collect();
    dust.push(voucher(&world, apps[0], 10));
    settle(&mut world, dust);
    let spent = world.gas;
    // In the batch every second voucher is nobody's.
    let mut batch = Vec::new();
    for app in &apps {
        batch.push(voucher(&world, *app, 10));
        batch.push(world.voucher(&key(9), *app, 1, 999));
    }
    let taken = settle(&mut world, batch);
    let statuses = |status: Status| taken.iter().filter(|it| it.status == status).count();
    assert_eq!((statuses(Status::Settled), statuses(Status::BadSignature), statuses(Status::Replay)), (24, 25, 1));
    assert!(apps.iter().all(|app| account(&world, *app).escrow == cor(10)), "each paid its ten units");
    println!(
        "dust of {spent} gas before a batch and 25 bad vouchers in it: all 25 apps paid what they signed, {} gas",
        world.gas
    );
}

/// A wei from a stranger when the escrow is empty does not use a voucher up.
#[test]
fn d01_a_voucher_that_is_paid_in_part_comes_again_for_the_rest() {
    let mut world = World::started();
    let World { fees, .. } = world;
    let app = world.app_of(BEN, key(7).address(), 1_000 * COR);
    world.go(1, 0);
    let voucher = world.voucher(&key(7), app, 1, 10);
    for amount in [U256::ONE, cor(1) - U256::ONE] {
        world.ok(ADA, fees, &AppFees::topUpCall { appId: app, amount });
        let _: AppFees::NothingSettled = {
            let mut early = world.clone();
            if amount == U256::ONE {
                early.refused(ADA, fees, &AppFees::settleCall { voucher: voucher.clone() })
            } else {
                // The first whole unit is paid; the other nine are not used up.
                assert_eq!(settle(&mut world, vec![voucher.clone()])[0].escrowed, cor(1));
                world.refused(ADA, fees, &AppFees::settleCall { voucher: voucher.clone() })
            }
        };
    }
    world.ok(BEN, fees, &AppFees::topUpCall { appId: app, amount: cor(9) });
    let taken = settle(&mut world, vec![voucher]);
    assert_eq!((taken[0].status, taken[0].escrowed), (Status::Settled, cor(9)));
}

/// D06, D12: what came too late, and a batch in which nothing is good, are answered and fail nothing.
#[test]
fn d12_a_batch_of_nothing_but_bad_vouchers_changes_nothing_and_says_why() {
    let mut world = World::started();
    let app = serious(&mut world, cor(100));
    world.go(3, 0);
    let mut bad: Vec<_> = (0..48).map(|seed| world.voucher(&key(20 + seed), app, 3, 10)).collect();
    bad.push(world.voucher(&key(7), app, 1, 10));
    bad.push(world.voucher(&key(7), app, 4, 10));
    let before = world.slots();
    let taken = settle(&mut world, bad.clone());
    assert_eq!(world.slots(), before);
    assert!(taken[..48].iter().all(|it| it.status == Status::BadSignature));
    assert_eq!((taken[48].status, taken[49].status), (Status::ClosedEpoch, Status::FutureEpoch));
    // One good one among 49 bad ones is taken.
    bad[20] = world.voucher(&key(7), app, 3, 10);
    assert_eq!(settle(&mut world, bad.clone())[20].status, Status::Settled);
    bad.push(bad[0].clone());
    let long: AppFees::BatchTooLarge = world.refused(ADA, world.fees, &AppFees::settleManyCall { vouchers: bad });
    assert_eq!((long.count, long.maximum), (U256::from(51), U256::from(50)));
}

/// D02: what is charged is what is taken, whichever of cap, grants, exit, escrow and commitment is the least.
#[test]
fn d02_what_is_charged_is_what_is_paid_or_nothing_is() {
    let mut world = World::started();
    let World { fees, .. } = world;
    let mut checked = 0;
    for (cap, escrow, grants, exit, asked) in [
        (100, 5, 0, 0, 10),
        (100, 0, 5, 0, 10),
        (3, 50, 50, 0, 10),
        (100, 9, 1, 4, 20),
        (100, 9, 1, 4, 10),
        (7, 5, 2, 5, 9),
        (0, 9, 9, 9, 9),
    ] {
        let app = world.app_of(BEN, key(7).address(), cap * COR);
        for (amount, sponsored) in [(escrow, false), (grants, true)] {
            match (amount, sponsored) {
                (0, _) => {}
                (_, false) => {
                    world.ok(BEN, fees, &AppFees::topUpCall { appId: app, amount: cor(amount) });
                }
                (_, true) => {
                    world.ok(BEN, fees, &AppFees::sponsorCall { appId: app, amount: cor(amount) });
                }
            }
        }
        if exit > 0 {
            world.ok(BEN, fees, &AppFees::requestExitCall { appId: app, amount: cor(exit.min(escrow)) });
        }
        let before = account(&world, app);
        let epoch = world.running();
        let call = AppFees::previewCall { appId: app, epoch: U256::from(epoch), cumulativeUnits: U256::from(asked) };
        let foreseen = world.view(fees, &call).taken;
        let voucher = world.voucher(&key(7), app, epoch, asked);
        let taken = settle(&mut world, vec![voucher]).remove(0);
        let after = account(&world, app);
        let held = |it: &AppFees::accountOfReturn| it.escrow + it.grants + it.exiting;
        assert_eq!(held(&before) - held(&after), taken.granted + taken.escrowed);
        assert_eq!(taken.units * cor(1), taken.granted + taken.escrowed);
        assert_eq!((foreseen.units, foreseen.granted, foreseen.escrowed), (taken.units, taken.granted, taken.escrowed));
        let least = cap.min(escrow + grants).min(asked.into());
        assert_eq!(taken.units, U256::from(least));
        checked += 1;
    }
    assert_eq!(checked, 7);
}

/// D16, D17: what was bought in advance is bought once, adds up, and is there to the end of what was paid for.
#[test]
fn d17_a_commitment_holds_to_its_end_and_a_second_one_adds_to_it() {
    let mut world = World::started();
    let World { fees, store, .. } = world;
    let app = world.app_of(BEN, key(7).address(), 0);
    let commit = AppFees::commitCall { appId: app, units: U256::from(10), epochs: U256::from(2) };
    let before = world.balance(BEN);
    let cost = world.ok(BEN, fees, &commit) + world.ok(BEN, fees, &commit);
    assert_eq!((world.balance(BEN), cost), (before - cor(36), cor(36)), "each epoch was paid twice, and has twice the units");
    let refused: AppFees::CommitmentRunning = world.refused(BEN, store, &AgentStore::closeAppCall { appId: app });
    assert_eq!(refused.through, U256::from(2));
    for epoch in 1..=2 {
        world.go(epoch, EPOCH as i64 - 1);
        let voucher = world.voucher(&key(7), app, epoch, 21);
        let taken = settle(&mut world, vec![voucher]);
        assert_eq!((taken[0].status, taken[0].committed), (Status::Commitment, U256::from(20)));
    }
    world.go(3, 0);
    let voucher = world.voucher(&key(7), app, 3, 1);
    assert_eq!(settle(&mut world, vec![voucher])[0].units, U256::ZERO);
    world.ok(BEN, store, &AgentStore::closeAppCall { appId: app });
}

/// A stranger can buy units for an app and so hold up its closing. It pays for every epoch of it, 5% of it to the victim, whose
/// escrow leaves all the same.
#[test]
fn a_strangers_commitment_holds_up_a_closing_only_while_it_pays() {
    let mut world = World::started();
    let World { fees, store, .. } = world;
    let app = serious(&mut world, cor(100));
    let commit = AppFees::commitCall { appId: app, units: U256::ONE, epochs: U256::from(8) };
    let cost = world.ok(ADA, fees, &commit);
    let _: AppFees::CommitmentRunning = world.refused(BEN, store, &AgentStore::closeAppCall { appId: app });
    world.ok(BEN, fees, &AppFees::requestExitCall { appId: app, amount: cor(100) });
    world.until_due(0);
    assert_eq!(world.ok(BEN, fees, &AppFees::exitCall { appId: app }), cor(100));
    let credit = account(&world, app).credit;
    println!(
        "a stranger holds up a closing for 8 epochs at a price of {} COR, {} of it the victim's",
        shown(cost),
        shown(credit)
    );
    assert_eq!(credit, cost / U256::from(20));
    world.go(9, 0);
    world.ok(BEN, store, &AgentStore::closeAppCall { appId: app });
}

/// The same past with and without COR sent to every contract: nothing that they keep ever differs.
#[test]
fn a_donation_to_each_contract_moves_no_price_cap_reward_or_reserve() {
    let mut plain = World::started();
    let World { fees, pool, rewards, staking, store, token, .. } = plain;
    let contracts = [fees, pool, rewards, staking, store, token];
    let app = serious(&mut plain, cor(100));
    plain.ok(ADA, staking, &Staking::stakeCall { amount: cor(1_000) });
    plain.ok(OWNER, staking, &Staking::fundCall { amount: cor(1_000) });
    let mut given = plain.clone();
    for to in contracts {
        given.ok(OWNER, token, &CorToken::transferCall { to, value: cor(1_000_000) });
    }
    for world in [&mut plain, &mut given] {
        world.go(1, 0);
        let voucher = world.voucher(&key(7), app, 1, 40);
        settle(world, vec![voucher]);
        world.ok(BEN, fees, &AppFees::commitCall { appId: app, units: U256::from(3), epochs: U256::ONE });
        world.ok(BEN, staking, &Staking::stakeCall { amount: cor(10) });
        world.until_due(2);
        world.ok(ADA, pool, &MinerPool::closeCall { max: MAX });
        world.ok(ADA, staking, &Staking::compoundCall {});
        world.ok(ADA, fees, &AppFees::pullTreasuryCall {});
        world.ok(ADA, fees, &AppFees::burnCall {});
        world.ok(ADA, fees, &AppFees::claimBuilderCall { appId: app });
    }
    let kept = |world: &World| {
        let mut slots = world.slots();
        slots.retain(|(contract, _), _| *contract != token);
        slots
    };
    assert_eq!(kept(&plain), kept(&given));
    for contract in contracts {
        assert_eq!(given.balance(contract), plain.balance(contract) + cor(1_000_000), "what was given lies where it was sent");
    }
    println!("1,000,000 COR sent to each of {} contracts change none of their {} slots", contracts.len(), kept(&given).len());
}

/// Each deadline has one side: what counts in its last second counts no more in the next.
#[test]
fn d06_in_the_last_second_of_an_epoch_and_of_its_grace_exactly_one_side_wins() {
    let mut world = World::started();
    let World { fees, pool, store, .. } = world;
    let app = serious(&mut world, cor(500));
    let income = |world: &World, epoch: u64| world.view(fees, &AppFees::incomeOfCall { epoch: U256::from(epoch) }).own;
    let pay = AppFees::payCall { appId: app, amount: cor(3), memo: B256::ZERO };
    world.go(2, -1);
    world.ok(BEN, fees, &pay);
    assert_eq!((income(&world, 1), income(&world, 2)), (cor(3), U256::ZERO));
    let (of_this, of_next) = (world.voucher(&key(7), app, 1, 10), world.voucher(&key(7), app, 2, 10));
    let taken = settle(&mut world.clone(), vec![of_this.clone(), of_next.clone()]);
    assert_eq!((taken[0].status, taken[1].status), (Status::Settled, Status::FutureEpoch));
    world.go(2, 0);
    world.ok(BEN, fees, &pay);
    assert_eq!((income(&world, 1), income(&world, 2)), (cor(3), cor(3)));
    let taken = settle(&mut world.clone(), vec![of_this.clone(), of_next]);
    assert_eq!((taken[0].status, taken[1].status), (Status::Settled, Status::Settled));

    // The last second of grace: vouchers, and caps that are raised; closing only after it.
    world.until_due(1);
    world.block.timestamp -= 1;
    let mut last = world.clone();
    last.ok(BEN, store, &AgentStore::setFeeCapCall { appId: app, feeCap: cor(2_000) });
    assert_eq!(last.view(fees, &AppFees::feeCapOfCall { appId: app, epoch: U256::ONE }), cor(2_000));
    assert_eq!(settle(&mut last, vec![of_this.clone()])[0].status, Status::Settled);
    let closes_early = last.ok(ADA, pool, &MinerPool::closeCall { max: MAX });
    assert_eq!(closes_early, U256::ONE, "epoch 0 alone");
    last.pass(1);
    assert_eq!(last.ok(ADA, pool, &MinerPool::closeCall { max: MAX }), U256::ONE);
    world.pass(1);
    world.ok(BEN, store, &AgentStore::setFeeCapCall { appId: app, feeCap: cor(2_000) });
    assert_eq!(world.view(fees, &AppFees::feeCapOfCall { appId: app, epoch: U256::ONE }), cor(1_000));
    assert_eq!(settle(&mut world, vec![of_this])[0].status, Status::ClosedEpoch);
    assert_eq!(world.ok(ADA, pool, &MinerPool::closeCall { max: MAX }), U256::from(2));
}

/// Stake that comes a second before the end of an epoch has stood for one second of it, in the emission and in what it earns.
#[test]
fn a_stake_of_the_last_second_moves_no_emission_and_earns_no_more_than_its_second() {
    let future = |late: Option<(i64, U256)>| {
        let mut world = World::started();
        let World { staking, pool, fees, .. } = world;
        world.ok(ADA, staking, &Staking::stakeCall { amount: cor(1_000_000) });
        let app = world.app();
        world.go(1, 0);
        world.ok(BEN, fees, &AppFees::payCall { appId: app, amount: cor(10_000), memo: B256::ZERO });
        if let Some((second, amount)) = late {
            world.go(2, second);
            world.ok(BEN, staking, &Staking::stakeCall { amount });
        }
        world.until_due(1);
        world.ok(OWNER, pool, &MinerPool::closeCall { max: MAX });
        let closed = world.view(pool, &MinerPool::closedEpochCall { epoch: U256::ONE });
        (closed.emission, world.view(staking, &Staking::positionCall { account: BEN }).rewards)
    };
    let (emission, _) = future(None);
    let (late, earned) = future(Some((-1, cor(10_000_000))));
    let (early, _) = future(Some((-(EPOCH as i64), cor(10_000_000))));
    let part = |it: U256| (emission - it) * U256::from(1_000_000) / emission;
    println!(
        "10,000,000 COR staked in an epoch's last second lower its emission by {} of 1,000,000 (in its first: {}), and have earned {earned} wei of its fees",
        part(late),
        part(early)
    );
    assert!(late <= emission && part(late) <= U256::from(1));
    assert!(part(early) > U256::from(1_000));
    assert_eq!(earned, U256::ZERO);
}

/// Somebody claims for everybody in front of a batch: nothing fails, and nobody gets less.
#[test]
fn c11_a_claim_that_is_in_a_batch_twice_or_was_made_before_it_is_paid_once() {
    let mut world = crate::roots::attested();
    let rewards = world.rewards;
    let book = Book::of(&[(miner(1), cor(10)), (miner(2), cor(20)), (miner(3), cor(30))]);
    activate(&mut world, 1, &book);
    world.ok(ADA, rewards, &book.call(1));
    let claims = [0, 0, 1, 2, 2].map(|index| book.claim(index)).to_vec();
    let results = world.ok(BEN, rewards, &MinerRewards::claimManyCall { claims });
    let paid: Vec<U256> = results.iter().map(|result| result.paid).collect();
    assert_eq!(paid, [cor(10), U256::ZERO, U256::ZERO, cor(30), U256::ZERO]);
    assert_eq!([1, 2, 3].map(|number| world.balance(miner(number))), [cor(10), cor(20), cor(30)]);
    assert_eq!(world.view(rewards, &MinerRewards::totalsCall {}).paid, cor(60));
}

/// Three of five attesters give all budgets to themselves. Until the window ends nothing of it can be claimed; they are replaced
/// in a third of that time, and what they left behind is dropped, as often as they tried.
#[test]
fn a_rogue_quorum_gets_nothing_although_it_tries_again_and_again() {
    let mut world = crate::roots::attested();
    let World { rewards, pool, .. } = world;
    let honest = Book::of(&[(miner(1), cor(10)), (miner(2), cor(20))]);
    activate(&mut world, 1, &honest);
    world.until_due(3);
    world.ok(ADA, pool, &MinerPool::closeCall { max: MAX });
    let thief = miner(0x66);
    let began = world.block.timestamp;
    let all = |world: &World, epoch: u64| world.view(rewards, &MinerRewards::budgetThroughCall { epoch: U256::from(epoch) });
    let theft = Book::of(&[(thief, all(&world, 2)), (miner(1), U256::ZERO)]);
    let worse = Book::of(&[(thief, all(&world, 3)), (miner(1), U256::ZERO)]);
    let propose = |world: &mut World, epoch: u64, book: &Book| {
        for number in 0..3 {
            let vote = book.vote(epoch);
            if world.send(attester(number), rewards, &vote).is_err() {
                return false;
            }
        }
        true
    };
    assert!(propose(&mut world, 2, &theft));
    // Noticed an hour later: the owner names others.
    world.pass(3_600);
    let attesters = (3..8).map(attester).collect();
    world.ok(OWNER, rewards, &MinerRewards::setAttestersCall { attesters, quorum: U256::from(3) });
    // Until they are gone they vote for whatever else there is, which waits behind the first.
    world.pass(DAY - 1);
    assert!(propose(&mut world, 3, &worse));
    world.pass(1);
    assert!(!propose(&mut world, 3, &worse), "they are nobody now");
    let caught = world.block.timestamp - began;
    let claim = theft.call(0);
    let early: MinerRewards::RootNotActive = world.refused(thief, rewards, &claim);
    let window = early.readyAt.to::<u64>() - began;
    world.pass(early.readyAt.to::<u64>() - world.block.timestamp);
    assert!(!world.ok(thief, rewards, &MinerRewards::activateCall {}), "it is dropped");
    let again = crate::roots::propose(&worse.vote(3));
    let _: MinerRewards::NoQuorum = world.refused(thief, rewards, &again);
    let _: MinerRewards::InvalidProof = world.refused(thief, rewards, &claim);
    assert_eq!(world.balance(thief), U256::ZERO);
    // What was provable before is so still.
    assert_eq!(world.ok(ADA, rewards, &honest.call(0)), cor(10));
    println!(
        "a rogue quorum over {} COR is out after {caught} s of a window of {window} s, and got nothing",
        shown(worse.total())
    );
}

/// Everything that reads money is made before it is wired and constructed in the transaction that deploys it.
#[test]
fn nobody_constructs_or_wires_a_contract_again() {
    let mut world = World::started();
    let World { fees, pool, rewards, staking, store, token, .. } = world;
    let construct = |arguments: Vec<u8>| {
        let selector = &alloy_primitives::keccak256("stylus_constructor()")[..4];
        alloy_primitives::Bytes::from([selector, &arguments].concat())
    };
    let before = world.slots();
    for contract in [fees, pool, rewards, staking, store, token] {
        for from in [OWNER, BEN, contract] {
            // Arguments that fit each of them: words of nobody's address.
            for words in [0, 1, 8, 14] {
                let input = construct(B256::from(ADA.into_word()).repeat(words));
                assert!(!world.send_within(from, contract, input, 10_000_000));
            }
        }
    }
    let _: Staking::AlreadyWired = world.refused(OWNER, staking, &Staking::wireCall { appFees: fees, minerRewards: rewards });
    let _: AppFees::AlreadyWired = world.refused(OWNER, fees, &AppFees::wireCall { agentStore: store, minerPool: pool });
    let _: MinerRewards::AlreadyWired = world.refused(OWNER, rewards, &MinerRewards::wireCall { minerPool: pool });
    assert_eq!(world.slots(), before);
    let nobody = Address::ZERO;
    assert_ne!(world.view(fees, &AppFees::ownerCall {}), nobody);
}
