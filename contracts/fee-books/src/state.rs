//! What the slots hold, and how it lies in them.

use alloy_primitives::Address;
use common::{
    Word, layout,
    layout::{Field, read, write},
};
use economics::{BasisPoints, Epoch, EpochClock, split::Split};

/// What holds from construction on, and the switch that every inflow asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// COR.
    pub token: Address,
    /// The first second of epoch 0. Past at construction, and 32 bits last until 2106.
    pub genesis: u32,
    /// Seconds of an epoch, at most thirty days: 22 bits.
    pub epoch_length: u32,
    /// Seconds after an epoch's end during which its vouchers count; at most an epoch.
    pub grace: u32,
    /// Builders' share of what apps pay themselves, in basis points, at most 1,000: 10 bits.
    pub builders: u16,
    /// People's own inflows are closed.
    pub paused: bool,
    /// COR is burned by its own `burn(uint256)`.
    pub burnable: bool,
}

impl Terms {
    const SECONDS: u32 = (1 << 22) - 1;
    const POINTS: u16 = (1 << 10) - 1;

    /// The network's epoch clock. Its length was checked at construction.
    pub fn clock(&self) -> EpochClock {
        EpochClock::new(self.genesis.into(), self.epoch_length.into()).unwrap_or(EpochClock::LONGEST)
    }

    /// From when on no voucher of an epoch counts any more, and the pool may close it: its end and the grace.
    pub fn closes_at(&self, epoch: u64) -> u64 {
        self.clock().end(Epoch(epoch)).saturating_add(self.grace.into())
    }

    /// What a builder is credited for a charge, in wei, rounded down.
    pub fn builders_part(&self, charge: u128) -> u128 {
        BasisPoints::new(self.builders).map_or(0, |share| share.of(charge))
    }
}

impl Word for Terms {
    fn unpack(word: &[u8; 32]) -> Self {
        let bits = read::<24, 8>(word) as u64;
        Self {
            token: Field::read::<0, 20>(word),
            genesis: read::<20, 4>(word) as u32,
            epoch_length: bits as u32 & Self::SECONDS,
            grace: (bits >> 22) as u32 & Self::SECONDS,
            builders: (bits >> 44) as u16 & Self::POINTS,
            paused: bits >> 54 & 1 != 0,
            burnable: bits >> 55 & 1 != 0,
        }
    }

    fn pack(&self) -> [u8; 32] {
        let mut word = [0; 32];
        self.token.write::<0, 20>(&mut word);
        write::<20, 4>(&mut word, self.genesis.into());
        let bits = u64::from(self.epoch_length & Self::SECONDS)
            | u64::from(self.grace & Self::SECONDS) << 22
            | u64::from(self.builders & Self::POINTS) << 44
            | u64::from(self.paused) << 54
            | u64::from(self.burnable) << 55;
        write::<24, 8>(&mut word, bits.into());
        word
    }
}

/// What is owed in all. A voucher moves COR from one who is owed to another and changes nothing here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Books {
    /// Wei that this contract owes: escrow, exits, grants, unclosed income, builders' credit, treasury, to burn.
    pub owed: u128,
    /// Wei of it that are the treasury's.
    pub treasury: u128,
    /// The oldest epoch that is not closed; 32 bits are more than any clock reaches.
    pub next: u32,
    /// How many splits were passed in closing epochs in order.
    pub cursor: u32,
}

layout!(Books { owed: 0..12, treasury: 12..24, next: 24..28, cursor: 28..32 });

/// What apps paid themselves in an epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Own {
    /// Wei, gross.
    pub gross: u128,
    /// Wei of it that were credited to builders.
    pub builders: u128,
}

layout!(Own { gross: 0..12, builders: 12..24 });

/// The shares of an epoch's fees that may change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shares {
    /// Basis points.
    pub miners: u16,
    /// Basis points.
    pub treasury: u16,
    /// Basis points.
    pub burn: u16,
}

impl Shares {
    /// The split that they are, if they are within their bounds.
    pub fn split(&self, builders: u16) -> Option<Split> {
        let points = BasisPoints::new;
        Split::new(points(self.miners)?, points(self.treasury)?, points(self.burn)?, points(builders)?)
    }
}

layout!(Shares { miners: 0..2, treasury: 2..4, burn: 4..6 });

/// What most vouchers change of an app: one slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Wei that the app put in and has not spent.
    pub escrow: u128,
    /// Wei that the builder has not claimed.
    pub credit: u128,
    /// The last epoch with a commitment; 0 for none, as no commitment is for epoch 0.
    pub committed_through: u32,
    /// Once it is closed: the last epoch whose vouchers count. 24 bits of hours are 1,900 years.
    pub closed_in: u32,
    /// The app is closed.
    pub closed: bool,
    /// [`Aside`] may hold grants or an exit, so that a voucher has to look.
    pub aside: bool,
    /// The app's money was returned.
    pub released: bool,
}

impl Account {
    /// Whether vouchers of an epoch count for it, as far as closing goes.
    pub fn takes(&self, epoch: u64) -> bool {
        !self.closed || epoch <= self.closed_in.into()
    }
}

layout!(Account { escrow: 0..12, credit: 12..24, committed_through: 24..28, closed_in: 28..31; 31: closed | aside | released });

/// What few vouchers change of an app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Aside {
    /// Wei that others gave, for usage only.
    pub grants: u128,
    /// Wei that are leaving escrow.
    pub exit: u128,
    /// The epoch in which that was asked for.
    pub exit_epoch: u32,
    /// When the app was last registered, committed to or paid for directly; 32 bits last until 2106.
    pub active_at: u32,
}

layout!(Aside { grants: 0..12, exit: 12..24, exit_epoch: 24..28, active_at: 28..32 });

/// What vouchers of an epoch came to. An app has two of these, for even and for odd epochs: at most two are open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// The epoch that is counted.
    pub epoch: u32,
    /// Units.
    pub units: u64,
    /// Wei that they cost beside the commitment; never above the fee cap.
    pub spent: u128,
    /// When a voucher last counted.
    pub at: u32,
}

impl Usage {
    /// The usage of an epoch, if this counts it or an older one.
    pub fn of(self, epoch: u32) -> Self {
        if self.epoch == epoch { self } else { Self { epoch, at: self.at, ..Self::default() } }
    }
}

layout!(Usage { epoch: 0..4, units: 4..12, spent: 12..24, at: 24..28 });

/// An app's fee cap: of epochs from `since` on, and of the one before. What still older epochs have lies in a slot of
/// its own, for it is needed only between a change and the end of an epoch's grace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cap {
    /// Wei, from `since` on.
    pub later: u128,
    /// Wei, of the epoch before `since`.
    pub before: u128,
    /// The first epoch of `later`.
    pub since: u32,
}

impl Cap {
    /// The cap of an epoch; `older` is that of epochs before the two that are kept here.
    pub fn at(&self, epoch: u64, older: impl FnOnce() -> u128) -> u128 {
        let since = u64::from(self.since);
        if epoch >= since {
            self.later
        } else if epoch.saturating_add(1) == since {
            self.before
        } else {
            older()
        }
    }

    /// Changes the cap in epoch `running` to `cap`: later epochs have it, the running one and, if `last_open`, the one
    /// before the larger of it and their own. Gives what older epochs have then.
    pub fn change(&mut self, running: u32, last_open: bool, cap: u128, older: u128) -> u128 {
        let now = self.at(running.into(), || older);
        let last = running.checked_sub(1).map_or(0, |last| self.at(last.into(), || older));
        *self = Self { later: cap, before: now.max(cap), since: running.saturating_add(1) };
        if last_open { last.max(cap) } else { last }
    }
}

layout!(Cap { later: 0..12, before: 12..24, since: 24..28 });

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MOST: u128 = (1 << 96) - 1;

    fn survives<T: Word + PartialEq + core::fmt::Debug>(value: T) {
        assert_eq!(T::unpack(&value.pack()), value);
    }

    #[test]
    fn a_slot_keeps_what_it_holds() {
        survives(Terms {
            token: Address::repeat_byte(9),
            genesis: u32::MAX,
            epoch_length: 2_592_000,
            grace: 2_592_000,
            builders: 1_000,
            paused: true,
            burnable: false,
        });
        survives(Terms { epoch_length: 3_600, grace: 60, builders: 1, burnable: true, ..Terms::default() });
        survives(Books { owed: MOST, treasury: MOST - 1, next: u32::MAX, cursor: 7 });
        survives(Own { gross: MOST, builders: MOST - 1 });
        survives(Shares { miners: 8_500, treasury: 500, burn: 1_000 });
        survives(Account {
            escrow: MOST,
            credit: MOST - 1,
            committed_through: u32::MAX,
            closed_in: (1 << 24) - 1,
            closed: true,
            aside: false,
            released: true,
        });
        survives(Account { aside: true, ..Account::default() });
        survives(Aside { grants: MOST, exit: MOST - 1, exit_epoch: u32::MAX, active_at: u32::MAX - 1 });
        survives(Usage { epoch: u32::MAX, units: u64::MAX, spent: MOST, at: u32::MAX - 1 });
        survives(Cap { later: MOST, before: MOST - 1, since: u32::MAX });
    }

    proptest! {
        /// Against the rule as it is said: every open epoch gets the larger, later ones the new, and what was raised stays.
        #[test]
        fn caps_by_epoch(steps in prop::collection::vec((0u32..3, prop::bool::ANY, 0u128..100), 1..12)) {
            let mut running = 10u32;
            let (mut cap, mut older) = (Cap { later: 50, before: 0, since: running }, 0);
            let mut model: Vec<u128> = (0..100).map(|epoch| if epoch < 10 { 0 } else { 50 }).collect();
            for (passed, last_open, value) in steps {
                running += passed;
                older = cap.change(running, last_open, value, older);
                for epoch in 0..100u32 {
                    let place = &mut model[epoch as usize];
                    if epoch > running {
                        *place = value;
                    } else if epoch == running || (last_open && epoch + 1 == running) {
                        *place = (*place).max(value);
                    }
                }
                for epoch in running - 1..100 {
                    prop_assert_eq!(cap.at(epoch.into(), || older), model[epoch as usize], "epoch {} in {}", epoch, running);
                }
            }
        }
    }
}
