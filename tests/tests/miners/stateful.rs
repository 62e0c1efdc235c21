//! All contracts together against plain books, by random calls: after each one, every number is what the books say, and
//! what is owed is there. A failure prints the shortest sequence that shows it.

use std::cell::Cell;

use abi::{AgentStore, AppFees, CorToken, MinerPool, MinerRewards, Staking};
use alloy::signers::local::PrivateKeySigner;
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use proptest::{
    prelude::*,
    test_runner::{TestError, TestRunner},
};

use crate::{
    claims::{Book, miner},
    model::{Model, Taken},
    ops::{Focus, Op, any_op, milli},
    panel::{Ballot, Panel, rows},
    roots::{attester, propose},
    world::{ADA, BEN, COR, DAY, EPOCH, GENESIS, GUARDIAN, OWNER, World, cor},
};

/// The contracts, and the books that they must agree with.
struct Pair {
    world: World,
    model: Model,
    signer: PrivateKeySigner,
    stake: U256,
    panel: Panel,
    claimed: [u128; 3],
    /// Vouchers that were sent: app, epoch, units.
    vouchers: Vec<(usize, u64, u64)>,
}

impl Pair {
    fn new() -> Self {
        let mut world = World::started();
        world.ok(ADA, world.staking, &Staking::stakeCall { amount: cor(1_000) });
        let signer = PrivateKeySigner::from_bytes(&B256::repeat_byte(7)).expect("a key");
        let attesters = (0..5).map(attester).collect();
        world.ok(OWNER, world.rewards, &MinerRewards::setAttestersCall { attesters, quorum: U256::from(3) });
        world.pass(DAY);
        let model = Model::new(world.block.timestamp, 350_000_000 * COR);
        let (stake, panel) = (cor(1_000), Panel::new());
        let mut pair = Self { world, model, signer, stake, panel, claimed: [0; 3], vouchers: Vec::new() };
        pair.register(milli(10_000));
        pair
    }

    fn register(&mut self, cap: u128) {
        let call = AgentStore::registerCall {
            signer: self.signer.address(),
            feeCap: U256::from(cap),
            category: B256::ZERO,
            contentHash: B256::ZERO,
            uri: String::new(),
        };
        self.world.ok(ADA, self.world.store, &call);
        self.model.register(cap);
    }

    /// Sends a call, which must succeed when the books say so, and only then.
    fn both<C: SolCall>(&mut self, from: Address, to: Address, call: &C, expected: bool) -> Option<C::Return> {
        let sent = self.world.send(from, to, call);
        assert_eq!(sent.is_ok(), expected, "{}: {:?}", C::SIGNATURE, sent.as_ref().err());
        sent.ok()
    }

    /// The same for a call that pays `to`, which must get exactly that.
    fn pays<C: SolCall>(&mut self, from: Address, contract: Address, call: &C, to: Address, expected: Option<u128>) {
        let before = self.world.balance(to);
        self.both(from, contract, call, expected.is_some());
        assert_eq!(self.world.balance(to) - before, U256::from(expected.unwrap_or_default()), "{}", C::SIGNATURE);
    }

    fn settle(&mut self, app: usize, epoch: u64, units: u64) {
        self.vouchers.push((app, epoch, units));
        let voucher = self.world.voucher(&self.signer, U256::from(app + 1), epoch, units);
        // Rule 7: a voucher that was counted counts no second time.
        for _ in 0..2 {
            let expected = self.model.settle(app, epoch, units);
            let call = AppFees::settleCall { voucher: voucher.clone() };
            let taken = self.both(BEN, self.world.fees, &call, expected.is_some()).map(|taken| Taken {
                units: taken.units.to(),
                committed: taken.committed.to(),
                granted: taken.granted.to(),
                escrowed: taken.escrowed.to(),
            });
            assert_eq!(taken, expected);
        }
    }

    fn close(&mut self, max: u8) {
        let (pool, staking) = (self.world.pool, self.world.staking);
        let first = self.model.next;
        let mut expected = Vec::new();
        for _ in 0..max {
            let epoch = U256::from(self.model.next);
            if self.model.now < Model::due(self.model.next) {
                break;
            }
            let stake = self.world.view(staking, &Staking::averageStakeCall { epoch });
            expected.push(self.model.close(stake.to()).expect("it is due"));
            self.panel.through.insert(self.model.next - 1, self.model.budgets);
        }
        let closed = self.world.ok(BEN, pool, &MinerPool::closeCall { max: U256::from(max) });
        assert_eq!(closed, U256::from(expected.len()));
        for (epoch, one) in (first..).zip(&expected) {
            let closed = self.world.view(pool, &MinerPool::closedEpochCall { epoch: U256::from(epoch) });
            assert_eq!((closed.emission, closed.fees), (U256::from(one.emission), U256::from(one.fees)), "epoch {epoch}");
        }
    }

    /// The tree and the total of a root that attesters may vote for, and its call.
    fn ballot(&self, (epoch, kind): Ballot) -> (Book, MinerRewards::voteCall) {
        let budget = self.panel.through.get(&epoch).copied().unwrap_or_default();
        let (amounts, total) = rows(kind, budget);
        let rows: Vec<_> = (0..3).zip(amounts).map(|(number, amount)| (miner(number), U256::from(amount))).collect();
        let book = Book::of(&rows);
        let mut vote = book.vote(epoch);
        vote.cumulativeTotal = U256::from(total);
        // Where nothing was budgeted the rows of all kinds are the same, and votes for the same would count together.
        vote.dataHash = B256::with_last_byte(kind);
        if kind == 4 {
            vote.root = B256::ZERO;
        }
        (book, vote)
    }

    /// The ballot of an epoch so far back from the last closed one; of the open epoch, which nobody may vote for, if none is.
    fn ballot_back(&self, back: u8, kind: u8) -> Ballot {
        (self.model.next.saturating_sub(1 + u64::from(back)), kind)
    }

    /// Attesters vote, whoever they are today; conflicting, changed and late votes among them.
    fn votes(&mut self, voters: u8, ballot: Ballot) {
        let (_, call) = self.ballot(ballot);
        for number in (0..8).filter(|number| voters >> number & 1 == 1) {
            let expected = self.panel.vote(self.model.now, number, ballot).is_some();
            self.both(attester(number), self.world.rewards, &call, expected);
        }
    }

    fn root_op(&mut self, op: Op) {
        let (rewards, now) = (self.world.rewards, self.model.now);
        match op {
            Op::Votes { voters, back, kind } => self.votes(voters, self.ballot_back(back, kind)),
            Op::Propose { back, kind } => {
                let ballot = self.ballot_back(back, kind);
                let expected = self.panel.propose(now, ballot).is_some();
                let (_, vote) = self.ballot(ballot);
                self.both(BEN, rewards, &propose(&vote), expected);
            }
            Op::Activate => {
                let expected = self.panel.activate(now);
                let active = self.both(BEN, rewards, &MinerRewards::activateCall {}, expected.is_some());
                assert_eq!(active, expected);
            }
            Op::Extend => {
                let expected = self.panel.extend(now).is_some();
                self.both(GUARDIAN, rewards, &MinerRewards::extendCall {}, expected);
            }
            Op::Attesters { named, quorum } => {
                let numbers: Vec<u8> = (0..8).filter(|number| named >> number & 1 == 1).collect();
                let expected = self.panel.set(now, &numbers, quorum.into()).is_some();
                let attesters = numbers.into_iter().map(attester).collect();
                self.both(OWNER, rewards, &MinerRewards::setAttestersCall { attesters, quorum: U256::from(quorum) }, expected);
            }
            _ => {}
        }
    }

    /// What a miner is owed by the active root: never more than its total in all.
    fn due(&self, index: usize) -> Option<u128> {
        let due = self.panel.amounts()?[index].checked_sub(self.claimed[index]).filter(|due| *due > 0)?;
        let paid: u128 = self.claimed.iter().sum();
        (paid + due <= self.panel.allowed()).then_some(due)
    }

    fn claim(&mut self, index: usize) {
        let Some(active) = self.panel.active else { return };
        let (book, _) = self.ballot(active);
        // Rule 7: what was paid is not paid again.
        for _ in 0..2 {
            let due = self.due(index);
            self.pays(BEN, self.world.rewards, &book.call(index), miner(index as u8), due);
            self.claimed[index] += due.unwrap_or_default();
        }
    }

    /// Rule 5: whatever state things are in, with everything paused each exit comes to the same as without.
    fn exits_are_open(&self) {
        let World { fees, store, staking, rewards, pool, .. } = self.world;
        let mut paused = self.world.clone();
        for contract in [fees, store, staking, pool] {
            let _ = paused.send(GUARDIAN, contract, &Staking::pauseCall {}); // It may be already.
        }
        let mut exits: Vec<(Address, Address, Bytes)> = vec![
            (ADA, staking, Staking::requestUnstakeCall { amount: cor(1) }.abi_encode().into()),
            (ADA, staking, Staking::cancelUnstakeCall {}.abi_encode().into()),
            (ADA, staking, Staking::withdrawCall {}.abi_encode().into()),
            (ADA, staking, Staking::claimCall {}.abi_encode().into()),
            (ADA, staking, Staking::compoundCall {}.abi_encode().into()),
            (BEN, fees, AppFees::pullTreasuryCall {}.abi_encode().into()),
            (BEN, fees, AppFees::burnCall {}.abi_encode().into()),
            (BEN, pool, MinerPool::closeCall { max: U256::MAX }.abi_encode().into()),
        ];
        for app in 1..=self.model.apps.len() {
            let app_id = U256::from(app);
            exits.extend([
                (ADA, fees, AppFees::requestExitCall { appId: app_id, amount: U256::ONE }.abi_encode().into()),
                (ADA, fees, AppFees::cancelExitCall { appId: app_id }.abi_encode().into()),
                (ADA, fees, AppFees::exitCall { appId: app_id }.abi_encode().into()),
                (BEN, fees, AppFees::claimBuilderCall { appId: app_id }.abi_encode().into()),
                (ADA, store, AgentStore::closeAppCall { appId: app_id }.abi_encode().into()),
                (BEN, store, AgentStore::returnBondCall { appId: app_id }.abi_encode().into()),
            ]);
        }
        if let Some(active) = self.panel.active {
            let (book, _) = self.ballot(active);
            exits.extend((0..3).map(|index| (BEN, rewards, Bytes::from(book.call(index).abi_encode()))));
        }
        for (from, to, input) in exits {
            let open = self.world.clone().send_bytes(from, to, input.clone());
            assert_eq!(paused.clone().send_bytes(from, to, input.clone()), open, "{from} at {to} with {input}, paused");
        }
    }

    /// Rule 1, in futures of the real contracts: more fees or more stake never raise the running epoch's emission, and more
    /// fees never lower what miners get.
    fn fork(&self, amount: u128) {
        let epoch = self.model.running();
        let future = |change: &dyn Fn(&mut World)| {
            let mut world = self.world.clone();
            change(&mut world);
            world.pass(Model::due(epoch) - world.block.timestamp);
            world.ok(BEN, world.pool, &MinerPool::closeCall { max: U256::MAX });
            let closed = world.view(world.pool, &MinerPool::closedEpochCall { epoch: U256::from(epoch) });
            (closed.emission, closed.emission + closed.fees)
        };
        let (emission, income) = future(&|_| ());
        let paid = future(&|world| {
            let pay = AppFees::payCall { appId: U256::ONE, amount: U256::from(amount * 1_000), memo: B256::ZERO };
            let _ = world.send(BEN, world.fees, &pay); // Where the app is closed, this future is the first.
        });
        assert!(paid.0 <= emission && paid.1 >= income, "fees of {amount} take {emission} of {income} to {paid:?}");
        let staked = future(&|world| {
            world.ok(BEN, world.staking, &Staking::stakeCall { amount: U256::from(amount * 1_000) });
        });
        assert!(staked.0 <= emission, "a stake of {amount} raises {emission} to {}", staked.0);
    }

    /// Rule 4: owner, guardian and curator do what they can. Nothing in the books changes, which `check` sees.
    fn hostile(&mut self) {
        let World { fees, store, rewards, pool, staking, .. } = self.world;
        let app = U256::ONE;
        let refused: [(Address, Address, Bytes); 10] = [
            (OWNER, fees, AppFees::requestExitCall { appId: app, amount: U256::ONE }.abi_encode().into()),
            (OWNER, fees, AppFees::exitCall { appId: app }.abi_encode().into()),
            (OWNER, fees, AppFees::setAppOwnerCall { appId: app, owner: OWNER }.abi_encode().into()),
            (OWNER, fees, AppFees::releaseAppCall { appId: app }.abi_encode().into()),
            (
                OWNER,
                fees,
                AppFees::closeEpochCall { epoch: U256::from(self.model.next), minerRewards: OWNER }.abi_encode().into(),
            ),
            (OWNER, store, AgentStore::transferAppCall { appId: app, newOwner: OWNER }.abi_encode().into()),
            (OWNER, store, AgentStore::setSignerCall { appId: app, signer: OWNER }.abi_encode().into()),
            (GUARDIAN, store, AgentStore::closeAppCall { appId: app }.abi_encode().into()),
            (
                OWNER,
                rewards,
                MinerRewards::addBudgetCall { epoch: U256::from(self.model.next), emission: U256::ONE, fees: U256::ZERO }
                    .abi_encode()
                    .into(),
            ),
            (OWNER, pool, MinerPool::pullReserveCall {}.abi_encode().into()),
        ];
        for (from, to, input) in refused {
            assert!(self.world.send_bytes(from, to, input).is_err(), "a role got in");
        }
        let world = &mut self.world;
        world.ok(OWNER, fees, &AppFees::setTreasuryCall { treasury: OWNER });
        world.ok(OWNER, store, &AgentStore::setCuratorCall { curator: OWNER });
        world.ok(OWNER, store, &AgentStore::setFreeBudgetCall { budget: U256::from(500), starter: U256::from(5) });
        world.ok(OWNER, pool, &MinerPool::retireCall { recipient: GUARDIAN });
        for contract in [fees, staking, store, pool, rewards] {
            world.ok(OWNER, contract, &AppFees::setGuardianCall { guardian: GUARDIAN });
            world.ok(OWNER, contract, &AppFees::transferOwnershipCall { newOwner: GUARDIAN });
            world.ok(GUARDIAN, contract, &AppFees::acceptOwnershipCall {});
            world.ok(GUARDIAN, contract, &AppFees::transferOwnershipCall { newOwner: OWNER });
            world.ok(OWNER, contract, &AppFees::acceptOwnershipCall {});
        }
    }

    fn run(&mut self, op: Op) {
        let World { fees, store, pool, staking, token, .. } = self.world;
        let count = self.model.apps.len();
        let index = |app: u8| usize::from(app) % count;
        let id = |app: u8| U256::from(index(app) + 1);
        match op {
            Op::Register { cap } if count < 4 => self.register(milli(cap)),
            Op::Register { .. } => {}
            Op::TopUp { app, amount } => {
                let expected = self.model.top_up(index(app), milli(amount)).is_some();
                let call = AppFees::topUpCall { appId: id(app), amount: U256::from(milli(amount)) };
                self.both(BEN, fees, &call, expected);
            }
            Op::Sponsor { app, amount } => {
                let expected = self.model.sponsor(index(app), milli(amount)).is_some();
                let call = AppFees::sponsorCall { appId: id(app), amount: U256::from(milli(amount)) };
                self.both(BEN, fees, &call, expected);
            }
            Op::Pay { app, amount } => {
                let expected = self.model.pay(index(app), milli(amount)).is_some();
                let call = AppFees::payCall { appId: id(app), amount: U256::from(milli(amount)), memo: B256::ZERO };
                self.both(BEN, fees, &call, expected);
            }
            Op::Commit { app, units, epochs } => {
                let expected = self.model.commit(index(app), units.into(), epochs.into());
                let call = AppFees::commitCall { appId: id(app), units: U256::from(units), epochs: U256::from(epochs) };
                let cost = self.both(ADA, fees, &call, expected.is_some());
                assert_eq!(cost, expected.map(U256::from));
            }
            Op::Settle { app, back, more } => {
                if let Some(epoch) = (self.model.running() + 1).checked_sub(back.into()) {
                    self.settle(index(app), epoch, more.into());
                }
            }
            Op::RequestExit { app, amount } => {
                let wei = if amount == 0 { 0 } else { milli(amount) };
                let expected = self.model.request_exit(index(app), wei).is_some();
                self.both(ADA, fees, &AppFees::requestExitCall { appId: id(app), amount: U256::from(wei) }, expected);
            }
            Op::CancelExit { app } => {
                let expected = self.model.cancel_exit(index(app)).is_some();
                self.both(ADA, fees, &AppFees::cancelExitCall { appId: id(app) }, expected);
            }
            Op::Exit { app } => {
                let expected = self.model.exit(index(app));
                self.pays(ADA, fees, &AppFees::exitCall { appId: id(app) }, ADA, expected);
            }
            Op::FeeCap { app, cap } => {
                let expected = self.model.set_cap(index(app), milli(cap)).is_some();
                self.both(ADA, store, &AgentStore::setFeeCapCall { appId: id(app), feeCap: U256::from(milli(cap)) }, expected);
            }
            Op::Price { percent } => {
                let part = self.model.price_of(self.model.running() + 1) * u128::from(percent) / 100;
                let price = part | 1; // Odd, so that commitments round.
                let expected = self.model.set_price(price).is_some();
                self.both(OWNER, fees, &AppFees::setUnitPriceCall { unitPrice: U256::from(price) }, expected);
            }
            Op::Discount { points } => {
                let expected = self.model.set_discount(points).is_some();
                self.both(OWNER, fees, &AppFees::setDiscountCall { discount: U256::from(points) }, expected);
            }
            Op::Split { miners, treasury, burn } => {
                let expected = self.model.set_split((miners, treasury, burn)).is_some();
                let [miners, treasury, burn] = [miners, treasury, burn].map(U256::from);
                let call = AppFees::setSplitCall { minersShare: miners, treasuryShare: treasury, burnShare: burn };
                self.both(OWNER, fees, &call, expected);
            }
            Op::ClaimBuilder { app } => {
                let expected = self.model.claim_builder(index(app));
                self.both(BEN, fees, &AppFees::claimBuilderCall { appId: id(app) }, expected.is_some());
                self.stake += U256::from(expected.unwrap_or_default());
            }
            Op::PullTreasury => {
                let expected = self.model.pull_treasury();
                self.pays(BEN, fees, &AppFees::pullTreasuryCall {}, OWNER, expected);
            }
            Op::Burn => {
                let expected = self.model.burn();
                let before = self.world.view(token, &CorToken::totalSupplyCall {});
                self.both(BEN, fees, &AppFees::burnCall {}, expected.is_some());
                let after = self.world.view(token, &CorToken::totalSupplyCall {});
                assert_eq!(before - after, U256::from(expected.unwrap_or_default()));
            }
            Op::CloseApp { app, curator } => {
                let expected = self.model.close_app(index(app), curator).is_some();
                let from = if curator { OWNER } else { ADA };
                self.both(from, store, &AgentStore::closeAppCall { appId: id(app) }, expected);
            }
            Op::ReturnBond { app } => {
                let expected = self.model.return_bond(index(app)).map(|wei| wei + 1_000 * COR);
                self.pays(BEN, store, &AgentStore::returnBondCall { appId: id(app) }, ADA, expected);
            }
            Op::Deposit { amount } => {
                let expected = self.model.deposit(milli(amount)).is_some();
                self.both(OWNER, pool, &MinerPool::depositCall { amount: U256::from(milli(amount)) }, expected);
            }
            Op::Stake { amount } => {
                self.world.ok(ADA, staking, &Staking::stakeCall { amount: U256::from(milli(amount)) });
                self.stake += U256::from(milli(amount));
            }
            Op::Unstake { amount } => {
                let amount = U256::from(milli(amount));
                if self.stake >= amount + cor(100) {
                    self.world.ok(ADA, staking, &Staking::requestUnstakeCall { amount });
                    self.stake -= amount;
                }
            }
            Op::Close { max } => self.close(max),
            Op::Pause { on } => {
                let expected = self.model.paused != on;
                self.model.paused = on;
                if on {
                    self.both(GUARDIAN, fees, &AppFees::pauseCall {}, expected);
                } else {
                    self.both(OWNER, fees, &AppFees::unpauseCall {}, expected);
                }
            }
            Op::Donate { amount } => {
                for to in [fees, pool, self.world.rewards, store, staking] {
                    self.world.ok(OWNER, token, &CorToken::transferCall { to, value: U256::from(amount) });
                }
            }
            Op::Resubmit { which } => {
                if let Some((app, epoch, units)) = self.vouchers.get(usize::from(which) % self.vouchers.len().max(1)).copied() {
                    self.settle(app, epoch, units);
                }
            }
            Op::Votes { .. } | Op::Propose { .. } | Op::Activate | Op::Extend | Op::Attesters { .. } => self.root_op(op),
            Op::Claim { miner } => self.claim(miner.into()),
            Op::Fork { amount } => self.fork(milli(amount)),
            Op::Hostile => self.hostile(),
            Op::Hours { hours } => self.world.pass(u64::from(hours) * 3_600),
            Op::Edge { closing, second } => {
                let next = self.model.next;
                let edge = if closing { Model::due(next) } else { GENESIS + (self.model.running() + 1) * EPOCH };
                let time = edge + u64::from(second) - 1;
                if let Some(seconds) = time.checked_sub(self.world.block.timestamp) {
                    self.world.pass(seconds);
                }
            }
        }
        self.model.now = self.world.block.timestamp;
    }

    /// Rules 3 and 4 after every transaction, and every number of the books.
    fn check(&self) {
        let (world, model) = (&self.world, &self.model);
        for (index, app) in model.apps.iter().enumerate() {
            let app_id = U256::from(index + 1);
            let account = world.view(world.fees, &AppFees::accountOfCall { appId: app_id });
            let shown = (account.escrow, account.grants, account.exiting, account.credit);
            let [escrow, grants, exit, credit] = [app.escrow, app.grants, app.exit, app.credit].map(U256::from);
            assert_eq!(shown, (escrow, grants, exit, credit), "the account of app {app_id}");
            let epoch = model.running();
            let cap = world.view(world.fees, &AppFees::feeCapOfCall { appId: app_id, epoch: U256::from(epoch) });
            assert_eq!(cap, U256::from(model.cap_of(index, epoch)), "the cap of app {app_id} in epoch {epoch}");
        }
        let totals = world.view(world.fees, &AppFees::totalsCall {});
        let [owed, treasury, burn] = [model.owed(), model.treasury, model.to_burn].map(U256::from);
        assert_eq!((totals.owed, totals.treasury, totals.toBurn), (owed, treasury, burn));
        assert!(world.balance(world.fees) >= owed, "app-fees owes more than it has");

        let bonds = world.view(world.store, &AgentStore::bondsCall {});
        let bonded = model.apps.iter().filter(|app| !app.returned).count();
        assert_eq!(bonds, cor(1_000) * U256::from(bonded));
        assert!(world.balance(world.store) >= bonds, "the store owes more than it has");

        let held = world.view(world.pool, &MinerPool::reserveCall {});
        assert_eq!((held.reserve, held.deposits), (U256::from(model.reserve), U256::from(model.waiting())));
        let rewards = world.view(world.rewards, &MinerRewards::totalsCall {});
        assert_eq!((rewards.budgets, rewards.paid), (U256::from(model.budgets), U256::from(self.claimed.iter().sum::<u128>())));
        world.assert_solvent();
        if let Some(active) = self.panel.active {
            let (book, _) = self.ballot(active);
            for index in 0..3 {
                let MinerRewards::claimCall { miner, amount, proof } = book.call(index);
                let claimable = world.view(world.rewards, &MinerRewards::claimableCall { miner, amount, proof });
                assert_eq!(claimable.due, U256::from(self.due(index).unwrap_or_default()), "what miner {index} can prove");
            }
        }
        let pending = world.view(world.rewards, &MinerRewards::pendingRootCall {}).readyAt;
        assert_eq!(pending, U256::from(self.panel.pending.map_or(0, |pending| pending.ready_at)), "when the pending root is due");

        let staked = world.view(world.staking, &Staking::totalsCall {});
        let owed = staked.staked + staked.unbonding + staked.rewards + staked.budget + staked.streaming;
        assert!(world.balance(world.staking) >= owed, "staking owes more than it has");
        assert_eq!(world.view(world.staking, &Staking::stakeOfCall { account: ADA }), self.stake);
    }
}

/// Calls of a sequence, on average.
const LENGTH: usize = 120;
/// Rules that are played for.
const RULES: usize = 6;

/// How many calls of each rule: `STATEFUL_OPERATIONS` asks for so many in all.
fn calls() -> usize {
    let asked = std::env::var("STATEFUL_OPERATIONS").ok().and_then(|number| number.parse().ok());
    asked.unwrap_or(2_400_usize).div_ceil(RULES)
}

/// Sequences most of whose calls are of one kind. They have no fixed length, for a shorter one is looked for by leaving calls out.
fn sequences(focus: Focus) -> impl Strategy<Value = Vec<Op>> {
    prop::collection::vec(any_op(focus), 1..2 * LENGTH)
}

/// One random sequence, or the shortest one that shows a fault.
fn runner() -> TestRunner {
    TestRunner::new(ProptestConfig { cases: 1, failure_persistence: None, max_shrink_iters: 1_000, ..ProptestConfig::default() })
}

/// Plays random sequences. Fails with the shortest one that shows a fault, a call a line.
fn play(focus: Focus, test: impl Fn(&Pair)) {
    let played = Cell::new(0);
    while played.get() < calls() {
        let outcome = runner().run(&sequences(focus), |ops| {
            let mut pair = Pair::new();
            let limit = pair.world.block.timestamp + 300 * DAY;
            for op in ops {
                pair.run(op);
                test(&pair);
                played.set(played.get() + 1);
                if pair.world.block.timestamp > limit {
                    break; // Programs expire after a year, which is another test's.
                }
            }
            Ok(())
        });
        if let Err(error) = outcome {
            panic!("{}", told(error));
        }
    }
    println!("{} calls, most often of {focus:?}", played.get());
}

/// What went wrong, and by which calls, one a line.
fn told(error: TestError<Vec<Op>>) -> String {
    match error {
        TestError::Fail(reason, ops) => {
            let lines = ops.iter().enumerate().map(|(number, op)| format!("\n{:>4}  {op:?}", number + 1));
            format!("{reason}\nby the shortest sequence that was found:{}", lines.collect::<String>())
        }
        TestError::Abort(reason) => reason.to_string(),
    }
}

fn rule(focus: Focus) {
    play(focus, Pair::check);
}

#[test]
fn rule_1_emission_is_bounded_and_never_rises_with_fees_or_stake_whatever_happens() {
    rule(Focus::Emission);
}

#[test]
fn rule_3_every_contract_has_what_it_owes_whatever_happens() {
    rule(Focus::Money);
}

#[test]
fn rule_4_no_role_moves_what_is_a_users_whatever_happens() {
    rule(Focus::Roles);
}

#[test]
fn rule_5_exits_stay_open_whatever_happens_and_is_paused() {
    let count = Cell::new(0);
    play(Focus::Money, |pair| {
        pair.check();
        count.set(count.get() + 1);
        if count.get() % 8 == 0 {
            pair.exits_are_open();
        }
    });
}

#[test]
fn rule_6_no_fee_is_charged_that_was_not_authorised_whatever_happens() {
    rule(Focus::Vouchers);
}

#[test]
fn rule_7_nothing_counts_twice_whatever_happens() {
    rule(Focus::Roots);
}

/// The books would be worth little if a fault did not show, or showed in a hundred calls.
#[test]
fn a_fault_is_told_by_the_shortest_sequence_a_call_a_line() {
    let fault = (0..100).find_map(|_| {
        let outcome = runner().run(&sequences(Focus::Money), |ops| {
            let at = |wanted: fn(&Op) -> bool| ops.iter().position(wanted);
            let donated = at(|op| matches!(op, Op::Donate { .. }));
            let closed = at(|op| matches!(op, Op::CloseApp { .. }));
            prop_assert!(donated.is_none() || closed.is_none() || donated > closed, "what was given was gone");
            Ok(())
        });
        outcome.err()
    });
    let told = told(fault.expect("a fault in a hundred sequences"));
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines[0].starts_with("what was given was gone") && lines[1].starts_with("by the shortest sequence"), "{told}");
    assert_eq!(lines[2..], ["   1  Donate { amount: 1 }", "   2  CloseApp { app: 0, curator: false }"]);
}
