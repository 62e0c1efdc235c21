//! What happens in a run: seven months of a few people's staking.

use alloy_primitives::U256;

use crate::{
    model::{Action, whole},
    people::Person::{self, Ada, Ben, Cleo, Guardian, Treasury},
};

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;
const WEEK: u64 = 7 * DAY;

/// One step of the story.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    /// Who does it.
    pub(crate) who: Person,
    /// What.
    pub(crate) action: Action,
    /// Seconds that pass before.
    pub(crate) after: u64,
    /// By which error it is refused, if it shall be.
    pub(crate) refused: Option<&'static str>,
    /// Why it makes no sense where time cannot be moved.
    pub(crate) waits: Option<&'static str>,
}

impl Step {
    const fn after(self, after: u64) -> Self {
        Self { after, ..self }
    }

    const fn refused(self, error: &'static str) -> Self {
        Self { refused: Some(error), ..self }
    }

    const fn waits(self, why: &'static str) -> Self {
        Self { waits: Some(why), ..self }
    }
}

const fn step(who: Person, action: Action) -> Step {
    Step { who, action, after: 0, refused: None, waits: None }
}

const COOLDOWN: &str = "the cooldown must pass";
const MONTHS: &str = "half a year must pass";

/// The story. Everyone who stakes has COR, the first budget lasts for less than half a year, and one of each action is refused.
pub(crate) fn story() -> Vec<Step> {
    use Action::*;
    let half = whole(1) / U256::from(2);
    vec![
        // The treasury gives everyone what they start with.
        step(Treasury, Transfer { to: Ada, amount: whole(10_000) }),
        step(Treasury, Transfer { to: Ben, amount: whole(10_000) }),
        step(Treasury, Transfer { to: Cleo, amount: whole(10_000) }),
        step(Ben, Stake { amount: whole(2_500) }).refused("TokenRefused"),
        step(Treasury, Approve { amount: whole(10_000) }),
        step(Treasury, Fund { amount: whole(1_000) }),
        // Ada is alone for a week, then the others come.
        step(Ada, StakeWithPermit { amount: whole(5_000) }),
        step(Ben, Approve { amount: U256::MAX }).after(WEEK),
        step(Ben, Stake { amount: whole(2_500) }),
        step(Ben, Withdraw).refused("NothingUnbonding"),
        step(Cleo, Approve { amount: whole(1_500) }),
        step(Cleo, Stake { amount: whole(1_000) }),
        step(Cleo, StakeFor { account: Ada, amount: whole(500) }),
        step(Cleo, Stake { amount: half }).refused("TokenRefused"),
        // A week of rewards: one takes them, one stakes them.
        step(Ada, Claim).after(WEEK),
        step(Ben, Compound),
        step(Ben, Stake { amount: whole(100) }),
        // A pause closes inflows, and no exit.
        step(Cleo, Pause).refused("NotGuardian"),
        step(Guardian, Pause).after(DAY),
        step(Ben, Stake { amount: whole(10) }).refused("EnforcedPause"),
        step(Cleo, Claim),
        step(Guardian, Unpause).refused("OwnableUnauthorizedAccount"),
        step(Treasury, Unpause).after(DAY),
        // Ada leaves with a part, thinks better of it, and leaves after all.
        step(Ada, RequestUnstake { amount: whole(6_000) }).refused("InsufficientStake"),
        step(Ada, RequestUnstake { amount: whole(2_000) }).after(DAY),
        step(Ada, Withdraw).after(3 * DAY).refused("StillUnbonding"),
        step(Ada, CancelUnstake),
        step(Ada, RequestUnstake { amount: whole(3_000) }).after(DAY),
        step(Ada, Withdraw).after(WEEK).waits(COOLDOWN),
        step(Ada, Withdraw).refused("NothingUnbonding").waits(COOLDOWN),
        // The budget runs out, and what comes later is not paid for the time without it.
        step(Ben, Claim).after(20 * WEEK).waits(MONTHS),
        step(Ada, Claim).after(3 * WEEK).waits(MONTHS),
        step(Treasury, Fund { amount: whole(2_000) }).after(WEEK),
        // The schedule's first edge lies between these two.
        step(Ada, Compound).after(3 * WEEK).waits(MONTHS),
        step(Ada, AddFees { amount: whole(1), epochs: 1 }).refused("NotAppFees"),
        // Cleo leaves for good: her rewards outlast her stake.
        step(Cleo, RequestUnstake { amount: whole(1_000) - half }),
        step(Cleo, RequestUnstake { amount: half }),
        step(Cleo, Withdraw).after(WEEK).waits(COOLDOWN),
        step(Cleo, Claim),
        step(Cleo, Claim).refused("NothingToClaim"),
        step(Cleo, Burn { amount: whole(1) }),
    ]
}

/// What a node that is kept running starts with: COR for everyone, and a budget that lasts.
pub(crate) fn furniture() -> Vec<Step> {
    use Action::*;
    let mut steps: Vec<Step> = [Guardian, Ada, Ben, Cleo].map(|to| step(Treasury, Transfer { to, amount: whole(10_000) })).into();
    steps.push(step(Treasury, Approve { amount: whole(1_000_000) }));
    steps.push(step(Treasury, Fund { amount: whole(1_000_000) }));
    steps
}
