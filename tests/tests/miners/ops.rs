//! What may happen to the contracts and to their books.

use proptest::prelude::*;

use crate::{panel::KINDS, world::COR};

/// What may happen. Amounts are thousandths of COR, with a wei more so that something is left to round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// A voucher of before is sent again.
    Resubmit {
        which: u8,
    },
    /// Those attesters whose bits are set vote for a root of some kind, of an epoch so far back from the last closed one.
    Votes {
        voters: u8,
        back: u8,
        kind: u8,
    },
    /// Somebody puts up what had to wait.
    Propose {
        back: u8,
        kind: u8,
    },
    Activate,
    Extend,
    /// The owner names those attesters whose bits are set.
    Attesters {
        named: u8,
        quorum: u8,
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

/// Of what there is more than of the rest.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Focus {
    /// Income and closings, and futures of them.
    Emission,
    /// Money in and out.
    Money,
    /// Roles.
    Roles,
    /// Vouchers, caps, prices.
    Vouchers,
    /// Roots and claims, and everything a second time.
    Roots,
}

/// Any of them, and those of the focus as often as all others together.
pub(crate) fn any_op(focus: Focus) -> BoxedStrategy<Op> {
    let often = match focus {
        Focus::Emission => prop_oneof![
            2 => amount().prop_map(|amount| Op::Fork { amount }),
            3 => (app(), amount()).prop_map(|(app, amount)| Op::Pay { app, amount }),
            1 => (0u8..4).prop_map(|max| Op::Close { max }),
            1 => amount().prop_map(|amount| Op::Stake { amount }),
            1 => amount().prop_map(|amount| Op::Deposit { amount }),
        ]
        .boxed(),
        Focus::Money => prop_oneof![
            2 => (app(), amount()).prop_map(|(app, amount)| Op::TopUp { app, amount }),
            2 => (app(), 0u16..10_000).prop_map(|(app, amount)| Op::RequestExit { app, amount }),
            2 => app().prop_map(|app| Op::Exit { app }),
            1 => app().prop_map(|app| Op::CancelExit { app }),
            1 => app().prop_map(|app| Op::ClaimBuilder { app }),
            1 => (app(), any::<bool>()).prop_map(|(app, curator)| Op::CloseApp { app, curator }),
            1 => app().prop_map(|app| Op::ReturnBond { app }),
            1 => amount().prop_map(|amount| Op::Donate { amount }),
        ]
        .boxed(),
        Focus::Roles => prop_oneof![
            2 => Just(Op::Hostile),
            1 => any::<bool>().prop_map(|on| Op::Pause { on }),
            2 => (any::<u8>(), 0u8..8).prop_map(|(named, quorum)| Op::Attesters { named, quorum }),
            3 => votes(),
            1 => Just(Op::Activate),
        ]
        .boxed(),
        Focus::Vouchers => prop_oneof![
            8 => (app(), 0u8..3, 0u8..20).prop_map(|(app, back, more)| Op::Settle { app, back, more }),
            1 => (app(), amount()).prop_map(|(app, cap)| Op::FeeCap { app, cap }),
            1 => (45u8..210).prop_map(|percent| Op::Price { percent }),
            2 => (app(), amount()).prop_map(|(app, amount)| Op::Sponsor { app, amount }),
        ]
        .boxed(),
        Focus::Roots => prop_oneof![
            4 => votes(),
            3 => Just(Op::Activate),
            1 => (0u8..3, 0..KINDS).prop_map(|(back, kind)| Op::Propose { back, kind }),
            1 => Just(Op::Extend),
            4 => (0u8..3).prop_map(|miner| Op::Claim { miner }),
            3 => any::<u8>().prop_map(|which| Op::Resubmit { which }),
            2 => (any::<bool>(), 0u8..3).prop_map(|(closing, second)| Op::Edge { closing, second }),
        ]
        .boxed(),
    };
    prop_oneof![often, rest()].boxed()
}

fn app() -> std::ops::Range<u8> {
    0..4
}

fn amount() -> std::ops::Range<u16> {
    1..20_000
}

/// Most often all together, and for the honest root of the last closed epoch.
fn votes() -> impl Strategy<Value = Op> {
    let voters = prop_oneof![2 => Just(0xff), 1 => any::<u8>()];
    let back = prop_oneof![3 => Just(0), 1 => 0u8..3];
    let kind = prop_oneof![3 => Just(0), 2 => 0..KINDS];
    (voters, back, kind).prop_map(|(voters, back, kind)| Op::Votes { voters, back, kind })
}

/// Vouchers, time and money in more often than the others.
fn rest() -> impl Strategy<Value = Op> {
    let money = prop_oneof![
        1 => amount().prop_map(|cap| Op::Register { cap }),
        4 => (app(), amount()).prop_map(|(app, amount)| Op::TopUp { app, amount }),
        3 => (app(), amount()).prop_map(|(app, amount)| Op::Sponsor { app, amount }),
        2 => (app(), amount()).prop_map(|(app, amount)| Op::Pay { app, amount }),
        2 => (app(), 0u8..20, 0u8..=9).prop_map(|(app, units, epochs)| Op::Commit { app, units, epochs }),
        12 => (app(), 0u8..3, 0u8..20).prop_map(|(app, back, more)| Op::Settle { app, back, more }),
        1 => any::<u8>().prop_map(|which| Op::Resubmit { which }),
        3 => (app(), 0u16..10_000).prop_map(|(app, amount)| Op::RequestExit { app, amount }),
        1 => app().prop_map(|app| Op::CancelExit { app }),
        3 => app().prop_map(|app| Op::Exit { app }),
        2 => app().prop_map(|app| Op::ClaimBuilder { app }),
        1 => Just(Op::PullTreasury),
        1 => Just(Op::Burn),
    ];
    let settings = prop_oneof![
        3 => (app(), amount()).prop_map(|(app, cap)| Op::FeeCap { app, cap }),
        2 => (45u8..210).prop_map(|percent| Op::Price { percent }),
        1 => (0u16..5_500).prop_map(|points| Op::Discount { points }),
        2 => (4_900u16..8_600, 400u16..3_100, 400u16..3_100)
            .prop_map(|(miners, treasury, burn)| Op::Split { miners, treasury, burn }),
        1 => (app(), any::<bool>()).prop_map(|(app, curator)| Op::CloseApp { app, curator }),
        1 => app().prop_map(|app| Op::ReturnBond { app }),
        1 => any::<bool>().prop_map(|on| Op::Pause { on }),
        1 => Just(Op::Hostile),
    ];
    let miners = prop_oneof![
        1 => amount().prop_map(|amount| Op::Deposit { amount }),
        1 => amount().prop_map(|amount| Op::Stake { amount }),
        1 => amount().prop_map(|amount| Op::Unstake { amount }),
        5 => (0u8..4).prop_map(|max| Op::Close { max }),
        1 => amount().prop_map(|amount| Op::Donate { amount }),
        3 => votes(),
        3 => Just(Op::Activate),
        1 => (0u8..3, 0..KINDS).prop_map(|(back, kind)| Op::Propose { back, kind }),
        1 => Just(Op::Extend),
        1 => (any::<u8>(), 0u8..8).prop_map(|(named, quorum)| Op::Attesters { named, quorum }),
        4 => (0u8..3).prop_map(|miner| Op::Claim { miner }),
        1 => amount().prop_map(|amount| Op::Fork { amount }),
    ];
    let time = prop_oneof![
        4 => (1u8..60).prop_map(|hours| Op::Hours { hours }),
        6 => (any::<bool>(), 0u8..3).prop_map(|(closing, second)| Op::Edge { closing, second }),
    ];
    prop_oneof![36 => money, 12 => settings, 23 => miners, 10 => time]
}

/// A thousandth of COR so many times, and a wei.
pub(crate) fn milli(amount: u16) -> u128 {
    u128::from(amount) * (COR / 1_000) + 1
}
