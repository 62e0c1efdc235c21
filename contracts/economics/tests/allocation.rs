//! How an epoch is shared: by hand, and by properties that hold for every epoch.

use alloy_primitives::{Address, U512};
use economics::allocation::{Allocation, Pots, ScoreOverflow, Work, allocate};
use proptest::prelude::*;

const MINIMUM: u128 = 100;

fn work(miner: u8, paid: u128, free: u128) -> Work {
    Work { miner: Address::with_last_byte(miner), paid, free, stake: MINIMUM }
}

fn pots(emission: u128, fees: u128) -> Pots {
    Pots { emission, fees }
}

fn shared(work: &[Work], emission: u128, fees: u128) -> Allocation {
    allocate(work, pots(emission, fees), MINIMUM).expect("these scores fit")
}

#[test]
fn fees_follow_paid_score_and_emission_follows_all_below_the_cap() {
    // Q = 100 of 1,000: below a fifth.
    let epoch = shared(&[work(1, 600, 0), work(2, 300, 100)], 1_000, 900);
    assert_eq!(epoch.shares, [pots(600, 600), pots(400, 300)]);
    assert_eq!((epoch.carried, epoch.dust), (pots(0, 0), pots(0, 0)));
}

#[test]
fn free_score_has_a_fifth_of_emission_at_most() {
    // Q = 900 of 1,000: 20% of emission for free score, 80% for a tenth of the score.
    let epoch = shared(&[work(1, 100, 0), work(2, 0, 900)], 1_000, 50);
    assert_eq!(epoch.shares, [pots(800, 50), pots(200, 0)]);
    // One that did both, in parts.
    let epoch = shared(&[work(1, 50, 450), work(2, 50, 450)], 1_000, 50);
    assert_eq!(epoch.shares, [pots(500, 25), pots(500, 25)]);
}

#[test]
fn a_part_without_score_is_carried() {
    let only_free = shared(&[work(1, 0, 5)], 1_003, 70);
    assert_eq!((only_free.shares[0], only_free.carried), (pots(200, 0), pots(803, 70)));
    let only_paid = shared(&[work(1, 5, 0)], 1_003, 70);
    assert_eq!((only_paid.shares[0], only_paid.carried), (pots(1_003, 70), pots(0, 0)));
    let nobody = shared(&[], 1_003, 70);
    assert_eq!((nobody.shares.len(), nobody.carried), (0, pots(1_003, 70)));
    let idle = shared(&[work(1, 0, 0)], 1_003, 70);
    assert_eq!((idle.shares[0], idle.carried), (pots(0, 0), pots(1_003, 70)));
}

#[test]
fn who_has_too_little_stake_counts_for_nothing() {
    let small = Work { stake: MINIMUM - 1, ..work(1, 1_000_000, 9_000_000) };
    let epoch = shared(&[small, work(2, 10, 0)], 1_000, 500);
    assert_eq!(epoch.shares, [pots(0, 0), pots(1_000, 500)]);
    let enough = Work { stake: MINIMUM, ..small };
    assert_ne!(shared(&[enough, work(2, 10, 0)], 1_000, 500).shares[0], pots(0, 0));
}

#[test]
fn left_over_wei_go_to_the_largest_remainders_and_among_equals_to_the_lowest_address() {
    // 10 wei by 3 : 3 : 1 are 4 2/7, 4 2/7, 1 3/7: the third has the largest remainder.
    assert_eq!(shared(&[work(9, 3, 0), work(2, 3, 0), work(5, 1, 0)], 0, 10).shares, [pots(0, 4), pots(0, 4), pots(0, 2)]);
    // 11 wei by 1 : 1 : 1: two wei left, addresses 2 and 5 are lower than 9.
    let epoch = shared(&[work(9, 1, 0), work(2, 1, 0), work(5, 1, 0)], 0, 11);
    assert_eq!(epoch.shares, [pots(0, 3), pots(0, 4), pots(0, 4)]);
    assert_eq!(epoch.dust, pots(0, 2));
}

#[test]
fn the_largest_numbers_are_exact() {
    let half = u128::MAX / 2;
    for (paid, free) in [(half, half), (0, half), (half, 0), (half / 2, 1), (1, half)] {
        let epoch = shared(&[work(1, paid, free), work(2, 0, 1)], u128::MAX, u128::MAX);
        let dealt = epoch.shares[0].emission + epoch.shares[1].emission;
        assert_eq!(dealt + epoch.carried.emission, u128::MAX);
    }
    let over = [work(1, u128::MAX, 0), work(2, 0, 1)];
    assert_eq!(allocate(&over, pots(1, 1), MINIMUM), Err(ScoreOverflow));
    assert!(ScoreOverflow.to_string().contains("128 bits"));
    let without_stake = [work(1, u128::MAX, 0), Work { stake: 0, ..work(2, 0, 1) }];
    assert!(allocate(&without_stake, pots(1, 1), MINIMUM).is_ok(), "what does not count cannot overflow");
}

prop_compose! {
    /// Scores of all magnitudes: equal ones and zeros are likely, so ties and empty parts are.
    fn score()(bits in 0u32..118, value: u128, small in 0u128..4, pick in 0..3) -> u128 {
        match pick { 0 => small, 1 => value >> (128 - bits.max(1)), _ => 1 << bits }
    }
}

prop_compose! {
    fn epoch()(rows in prop::collection::vec((score(), score(), prop::bool::weighted(0.8)), 0..24)) -> Vec<Work> {
        rows.into_iter().enumerate().map(|(i, (paid, free, staked))| Work {
            miner: Address::left_padding_from(&((i as u64 * 7919) % 8192 + 1).to_be_bytes()),
            paid, free, stake: if staked { MINIMUM } else { MINIMUM - 1 },
        }).collect()
    }
}

/// The share that the rule gives, as a fraction: emission of it is `pot * numerator / denominator`.
fn emission_fraction(it: &Work, paid: u128, free: u128) -> (U512, U512) {
    let [p, q, all_p, all_q] = [it.paid, it.free, paid, free].map(U512::from);
    let (four, five) = (U512::from(4), U512::from(5));
    match (paid, free) {
        (0, _) => (q, five * all_q),
        (_, 0) => (p, all_p),
        _ if five * all_q <= all_p + all_q => (p + q, all_p + all_q),
        _ => (four * p * all_q + q * all_p, five * all_p * all_q),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn parts_sum_to_the_whole(work in epoch(), emission: u128, fees: u128) {
        let epoch = shared(&work, emission, fees);
        let sum = |part: fn(&Pots) -> u128| epoch.shares.iter().map(part).fold(U512::ZERO, |sum, it| sum + U512::from(it));
        prop_assert_eq!(sum(|it| it.emission) + U512::from(epoch.carried.emission), U512::from(emission));
        prop_assert_eq!(sum(|it| it.fees) + U512::from(epoch.carried.fees), U512::from(fees));
        prop_assert!(epoch.dust.emission < work.len().max(1) as u128 && epoch.dust.fees < work.len().max(1) as u128);
    }

    #[test]
    fn everyone_gets_the_exact_share_or_the_wei_above(work in epoch(), emission in 0..u128::MAX >> 10, fees in 0..u128::MAX >> 10) {
        let epoch = shared(&work, emission, fees);
        for (it, share) in work.iter().zip(&epoch.shares) {
            if it.stake < MINIMUM || (it.paid == 0 && it.free == 0) {
                prop_assert_eq!(*share, pots(0, 0));
                continue;
            }
            let (numerator, denominator) = emission_fraction(it, epoch.scores.paid, epoch.scores.free);
            let exact = U512::from(emission) * numerator;
            let got = U512::from(share.emission) * denominator;
            // With no paid score the cap's part is rounded down first: a wei of it more below.
            prop_assert!(got < exact + denominator, "never a wei too many");
            prop_assert!(got + denominator + denominator > exact, "never two wei too few");
            if epoch.scores.paid > 0 {
                prop_assert!(got + denominator > exact, "nor one");
                let fee = U512::from(fees) * U512::from(it.paid);
                let got = U512::from(share.fees) * U512::from(epoch.scores.paid);
                prop_assert!(got < fee + U512::from(epoch.scores.paid) && got + U512::from(epoch.scores.paid) > fee);
            }
        }
    }

    #[test]
    fn more_score_is_never_less_pay(
        work in epoch(), emission: u128, fees: u128, who: prop::sample::Index, paid in score(), free in score(),
    ) {
        prop_assume!(!work.is_empty());
        let who = who.index(work.len());
        let mut more = work.clone();
        more[who].paid += paid;
        more[who].free += free;
        let (before, after) = (shared(&work, emission, fees).shares, shared(&more, emission, fees).shares);
        prop_assert!(after[who].emission >= before[who].emission, "{} to {}", before[who].emission, after[who].emission);
        if free == 0 || paid > 0 {
            prop_assert!(after[who].fees >= before[who].fees);
        }
    }

    #[test]
    fn the_order_of_the_miners_changes_nothing(work in epoch(), emission: u128, fees: u128, seed: u64) {
        let mut order: Vec<usize> = (0..work.len()).collect();
        order.sort_by_key(|&i| (i as u64 + 1).wrapping_mul(seed | 1));
        let moved: Vec<Work> = order.iter().map(|&i| work[i]).collect();
        let (straight, mixed) = (shared(&work, emission, fees), shared(&moved, emission, fees));
        for (place, &i) in order.iter().enumerate() {
            prop_assert_eq!(mixed.shares[place], straight.shares[i]);
        }
        prop_assert_eq!((mixed.carried, mixed.dust), (straight.carried, straight.dust));
    }
}
