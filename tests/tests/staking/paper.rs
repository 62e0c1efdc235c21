//! Random lives of many, held against books kept on paper: for each second that passes, everybody's share of what was
//! paid, in fractions of a wei. No index, no debt, no rounding: nothing of how the contract does it.

use std::collections::BTreeMap;

use abi::Staking;
use alloy_primitives::{Address, U256, keccak256, uint};
use economics::{COR, PERCENT_YEAR, schedule::accrued};
use system_tests::staking::{DAY, PURSE, WEEK, World, wei};

/// Parts of a wei.
const PARTS: U256 = uint!(1_000_000_000_000_000_000_U256);

/// What roundings may cost somebody in a whole life, in wei. A unit of the contract's index is worth stake /
/// `economics::index::SCALE`, some 3,000 wei for 10,000 COR, and it is rounded whenever a budget ends.
const DUST: u128 = 20_000;

#[derive(Clone, Debug, Default)]
struct Account {
    purse: u128,
    stake: u128,
    unbonding: u128,
    ready_at: u64,
    /// In parts of a wei.
    earned: U256,
}

#[derive(Debug)]
struct Paper {
    accounts: BTreeMap<Address, Account>,
    /// In parts of a wei.
    budget: U256,
    /// In parts of a wei.
    streaming: U256,
    remaining: u64,
    start: u64,
    counted: u64,
    /// Stake in all, from each second on.
    history: Vec<(u64, u128)>,
}

impl Paper {
    fn staked(&self) -> u128 {
        self.accounts.values().map(|account| account.stake).sum()
    }

    /// Gives everybody their share of what was paid until now.
    fn count(&mut self, now: u64) {
        let staked = self.staked();
        let time = accrued(now - self.start).0 - accrued(self.counted - self.start).0;
        let seconds = now - std::mem::replace(&mut self.counted, now);
        if staked == 0 {
            return;
        }
        let incentives = (wei(staked) * U256::from(time) * PARTS / U256::from(PERCENT_YEAR)).min(self.budget);
        self.budget -= incentives;
        // The stream waits while less than a COR is at stake.
        let seconds = if staked < COR { 0 } else { seconds.min(self.remaining) };
        let fees = if seconds == 0 { U256::ZERO } else { self.streaming * U256::from(seconds) / U256::from(self.remaining) };
        self.streaming -= fees;
        self.remaining -= seconds;
        for account in self.accounts.values_mut() {
            account.earned += (incentives + fees) * wei(account.stake) / wei(staked);
        }
    }

    /// The average stake of an epoch that is over.
    fn average(&self, world: &World, epoch: u64) -> u128 {
        let (begin, end) = (world.genesis + epoch * WEEK, world.genesis + (epoch + 1) * WEEK);
        let ends = self.history.iter().skip(1).map(|&(time, _)| time).chain([u64::MAX]);
        let seconds = self
            .history
            .iter()
            .zip(ends)
            .map(|(&(from, stake), to)| stake * u128::from(to.min(end).saturating_sub(from.max(begin))));
        seconds.sum::<u128>() / u128::from(WEEK)
    }
}

/// Numbers that are the same in every run.
struct Dice(u64, u64);

impl Dice {
    fn below(&mut self, bound: u128) -> u128 {
        self.1 += 1;
        let word = keccak256([self.0.to_be_bytes(), self.1.to_be_bytes()].concat());
        u128::from_be_bytes(word.0[..16].try_into().expect("half a word")) % bound
    }
}

async fn live(seed: u64, steps: usize) {
    let world = World::start().await;
    let people: Vec<Address> = (1..=5).map(|nth| Address::repeat_byte(0xa0 + nth)).collect();
    for &person in &people {
        world.enter(person).await;
    }
    let mut dice = Dice(seed, 0);
    let account = Account { purse: PURSE, ..Account::default() };
    let mut paper = Paper {
        accounts: people.iter().map(|&person| (person, account.clone())).collect(),
        budget: U256::ZERO,
        streaming: U256::ZERO,
        remaining: 0,
        start: world.start,
        counted: world.start,
        history: Vec::new(),
    };
    for step in 0..steps {
        // Often within the same block's second, now and then over a few epochs.
        let seconds = [0, 1, 3_601, DAY, 5 * DAY, 17 * DAY][dice.below(6) as usize];
        world.pass(seconds).await;
        let (now, person) = (world.now(), people[dice.below(5) as usize]);
        paper.count(now);
        // Whole purses and single wei.
        let most = [2_000 * COR, COR, 3][dice.below(3) as usize];
        let amount = dice.below(most) + 1;
        let mine = paper.accounts[&person].clone();
        let action = dice.below(10);
        let at = format!("seed {seed}, step {step}, action {action}");
        match action {
            0 | 1 => {
                let other = people[dice.below(5) as usize];
                let account = if action == 0 { person } else { other };
                let done = world.tries(person, Staking::stakeForCall { account, amount: wei(amount) }).await;
                assert!(done.is_ok(), "{at}");
                paper.accounts.get_mut(&person).expect("known").purse -= amount;
                paper.accounts.get_mut(&account).expect("known").stake += amount;
            }
            2 | 3 => {
                let amount = if action == 2 { mine.stake } else { amount };
                let done = world.tries(person, Staking::requestUnstakeCall { amount: wei(amount) }).await;
                let left = mine.stake.checked_sub(amount);
                assert_eq!(done.is_ok(), left.is_some() && amount > 0, "{at}");
                if let (Ok(_), Some(left)) = (done, left) {
                    let mine = paper.accounts.get_mut(&person).expect("known");
                    mine.stake = left;
                    if mine.ready_at <= now {
                        mine.purse += std::mem::take(&mut mine.unbonding);
                    }
                    mine.unbonding += amount;
                    mine.ready_at = now + WEEK;
                }
            }
            4 => {
                let done = world.tries(person, Staking::cancelUnstakeCall {}).await;
                assert_eq!(done.is_ok(), mine.unbonding > 0, "{at}");
                if done.is_ok() {
                    let mine = paper.accounts.get_mut(&person).expect("known");
                    mine.stake += std::mem::take(&mut mine.unbonding);
                }
            }
            5 => {
                let done = world.tries(person, Staking::withdrawCall {}).await;
                assert_eq!(done.is_ok(), mine.unbonding > 0 && mine.ready_at <= now, "{at}");
                if done.is_ok() {
                    let mine = paper.accounts.get_mut(&person).expect("known");
                    mine.purse += std::mem::take(&mut mine.unbonding);
                }
            }
            6 | 7 => {
                let compounds = action == 7;
                let done = match compounds {
                    false => world.tries(person, Staking::claimCall {}).await,
                    true => world.tries(person, Staking::compoundCall {}).await,
                };
                assert!(done.is_ok() || mine.earned <= wei(DUST) * PARTS, "{at}");
                let Ok(done) = done else { continue };
                let taken = match compounds {
                    false => done.events::<Staking::Claimed>().remove(0).amount,
                    true => done.events::<Staking::Compounded>().remove(0).amount,
                };
                assert!(taken * PARTS <= mine.earned + wei(DUST) * PARTS, "{at}: {taken} taken");
                let mine = paper.accounts.get_mut(&person).expect("known");
                mine.earned = mine.earned.saturating_sub(taken * PARTS);
                *(if compounds { &mut mine.stake } else { &mut mine.purse }) += taken.to::<u128>();
            }
            8 => {
                world.fund(wei(amount)).await;
                paper.budget += wei(amount) * PARTS;
            }
            _ => {
                let epochs = dice.below(6) as u64 + 1;
                world.add_fees(wei(amount), epochs).await;
                paper.streaming += wei(amount) * PARTS;
                paper.remaining = (paper.remaining + epochs * WEEK).min(4 * WEEK);
            }
        }
        paper.history.push((now, paper.staked()));
        compare(&world, &paper, &at).await;
    }
    for epoch in 0..(world.now() - world.genesis) / WEEK {
        let average = world.chain.ask(world.staking, Staking::averageStakeCall { epoch: U256::from(epoch) }).await;
        assert_eq!(average, wei(paper.average(&world, epoch)), "seed {seed}: the average of epoch {epoch}");
    }
    leave(&world, &people).await;
}

/// Everybody's holdings to the wei, their rewards but for roundings; never more than is owed.
async fn compare(world: &World, paper: &Paper, at: &str) {
    let (mut staked, mut unbonding, mut rewards) = (U256::ZERO, U256::ZERO, U256::ZERO);
    for (&account, known) in &paper.accounts {
        let position = world.position(account).await;
        assert_eq!((position.stake, position.unbonding), (wei(known.stake), wei(known.unbonding)), "{at}: {account}");
        assert_eq!(world.balance(account).await, wei(known.purse), "{at}: {account}");
        let exact = known.earned / PARTS;
        assert!(position.rewards.abs_diff(exact) <= wei(DUST), "{at}: {account} has {}, not {exact}", position.rewards);
        staked += position.stake;
        unbonding += position.unbonding;
        rewards += position.rewards;
    }
    let totals = world.totals().await;
    assert_eq!((totals.staked, totals.unbonding), (staked, unbonding), "{at}");
    assert!(rewards <= totals.rewards + wei(10), "{at}: {rewards} can be claimed, {} is owed", totals.rewards);
    let sum = totals.budget + totals.streaming;
    assert!(sum.abs_diff((paper.budget + paper.streaming) / PARTS) <= wei(DUST), "{at}: {sum}");
    // No COR came but by calls: what is held is owed, to the wei.
    assert_eq!(world.owed().await, world.balance(world.staking).await, "{at}");
}

/// All go, one after the other, the last one too; what is left of rewards is dust.
async fn leave(world: &World, people: &[Address]) {
    world.pass(5 * WEEK).await;
    for &person in people {
        let stake = world.position(person).await.stake;
        if !stake.is_zero() {
            world.unstake(person, stake).await;
        }
    }
    world.pass(WEEK).await;
    for &person in people {
        let position = world.position(person).await;
        if !position.unbonding.is_zero() {
            world.withdraw(person).await;
        }
        if !position.rewards.is_zero() {
            world.claim(person).await;
        }
    }
    let totals = world.totals().await;
    assert_eq!((totals.staked, totals.unbonding), (U256::ZERO, U256::ZERO));
    assert!(totals.rewards <= wei(DUST), "{} is left", totals.rewards);
}

#[tokio::test]
async fn rule_3_a_random_life_is_solvent_and_pays_what_paper_says() {
    live(1, 60).await;
}

#[tokio::test]
async fn rule_3_another_random_life() {
    live(2, 60).await;
}

#[tokio::test]
async fn rule_3_a_third_random_life() {
    live(3, 60).await;
}
