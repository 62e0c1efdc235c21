//! What may happen to the contracts and to their books.

use proptest::prelude::*;

use crate::world::COR;

/// What may happen. Amounts are thousandths of COR, with a wei more so that something is left to round.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Op {
    Register {
        cap: u16,
    },
    TopUp {
        app: u8,
        amount: u16,
    },
    Sponsor {
        app: u8,
        amount: u16,
    },
    Pay {
        app: u8,
        amount: u16,
    },
    Commit {
        app: u8,
        units: u8,
        epochs: u8,
    },
    /// The voucher is sent twice.
    Settle {
        app: u8,
        back: u8,
        more: u8,
    },
    RequestExit {
        app: u8,
        amount: u16,
    },
    CancelExit {
        app: u8,
    },
    Exit {
        app: u8,
    },
    FeeCap {
        app: u8,
        cap: u16,
    },
    Price {
        percent: u8,
    },
    Discount {
        points: u16,
    },
    Split {
        miners: u16,
        treasury: u16,
        burn: u16,
    },
    ClaimBuilder {
        app: u8,
    },
    PullTreasury,
    Burn,
    CloseApp {
        app: u8,
        curator: bool,
    },
    ReturnBond {
        app: u8,
    },
    Deposit {
        amount: u16,
    },
    Stake {
        amount: u16,
    },
    Unstake {
        amount: u16,
    },
    Close {
        max: u8,
    },
    Pause {
        on: bool,
    },
    Donate {
        amount: u16,
    },
    /// Attesters put up a root that gives so many parts of 100 of the budgets, and it becomes active.
    Attest {
        share: u8,
    },
    /// The claim is sent twice.
    Claim {
        miner: u8,
    },
    /// Twice the same future, in one of which somebody pays more, and a third where somebody stakes more.
    Fork {
        amount: u16,
    },
    /// Every role does what it can.
    Hostile,
    Hours {
        hours: u8,
    },
    /// To a second of the day around the oldest epoch's closing, or its end.
    Edge {
        closing: bool,
        second: u8,
    },
}

/// Any of them; vouchers, time and money in more often than the rest.
pub(crate) fn any_op() -> impl Strategy<Value = Op> {
    let app = || 0u8..4;
    let amount = || 1u16..20_000;
    prop_oneof![
        1 => amount().prop_map(|cap| Op::Register { cap }),
        4 => (app(), amount()).prop_map(|(app, amount)| Op::TopUp { app, amount }),
        3 => (app(), amount()).prop_map(|(app, amount)| Op::Sponsor { app, amount }),
        2 => (app(), amount()).prop_map(|(app, amount)| Op::Pay { app, amount }),
        2 => (app(), 0u8..20, 0u8..=9).prop_map(|(app, units, epochs)| Op::Commit { app, units, epochs }),
        12 => (app(), 0u8..3, 0u8..20).prop_map(|(app, back, more)| Op::Settle { app, back, more }),
        3 => (app(), 0u16..10_000).prop_map(|(app, amount)| Op::RequestExit { app, amount }),
        1 => app().prop_map(|app| Op::CancelExit { app }),
        3 => app().prop_map(|app| Op::Exit { app }),
        3 => (app(), amount()).prop_map(|(app, cap)| Op::FeeCap { app, cap }),
        2 => (45u8..210).prop_map(|percent| Op::Price { percent }),
        1 => (0u16..5_500).prop_map(|points| Op::Discount { points }),
        2 => (4_900u16..8_600, 400u16..3_100, 400u16..3_100)
            .prop_map(|(miners, treasury, burn)| Op::Split { miners, treasury, burn }),
        2 => app().prop_map(|app| Op::ClaimBuilder { app }),
        1 => Just(Op::PullTreasury),
        1 => Just(Op::Burn),
        1 => (app(), any::<bool>()).prop_map(|(app, curator)| Op::CloseApp { app, curator }),
        1 => app().prop_map(|app| Op::ReturnBond { app }),
        1 => amount().prop_map(|amount| Op::Deposit { amount }),
        1 => amount().prop_map(|amount| Op::Stake { amount }),
        1 => amount().prop_map(|amount| Op::Unstake { amount }),
        5 => (0u8..4).prop_map(|max| Op::Close { max }),
        1 => any::<bool>().prop_map(|on| Op::Pause { on }),
        1 => amount().prop_map(|amount| Op::Donate { amount }),
        2 => (0u8..=100).prop_map(|share| Op::Attest { share }),
        4 => (0u8..3).prop_map(|miner| Op::Claim { miner }),
        1 => amount().prop_map(|amount| Op::Fork { amount }),
        1 => Just(Op::Hostile),
        4 => (1u8..60).prop_map(|hours| Op::Hours { hours }),
        6 => (any::<bool>(), 0u8..3).prop_map(|(closing, second)| Op::Edge { closing, second }),
    ]
}

/// A thousandth of COR so many times, and a wei.
pub(crate) fn milli(amount: u16) -> u128 {
    u128::from(amount) * (COR / 1_000) + 1
}
