//! Average stakes: a record for each epoch in which stake changed, read from the end.

use abi::Staking::{EpochNotBegun, EpochRecorded, averageStakeCall};
use alloy_primitives::U256;
use common::{Revert, emit};
use economics::{Epoch, average::Record};
use stylus_sdk::prelude::*;

use crate::{Staking, state::Stored};

impl Staking {
    /// Appends a record. Emits `EpochRecorded`.
    pub(crate) fn record(&mut self, record: Record) {
        let mut leaving = self.leaving.get();
        self.records.setter(U256::from(leaving.records)).set(&Stored(record));
        leaving.records = leaving.records.saturating_add(1);
        self.leaving.set(&leaving);
        let Record { epoch, average, closing } = record;
        let event = EpochRecorded { epoch: U256::from(epoch.0), average: U256::from(average), closing: U256::from(closing) };
        emit(self.vm(), &event);
    }

    /// An epoch without a record has the closing stake of the last one before it. Records are in order, so the search
    /// reads at most 32 slots, however old the contract is.
    pub(crate) fn average_stake(&self, averageStakeCall { epoch }: averageStakeCall) -> Result<U256, Revert> {
        let (clock, stakes) = (self.terms.get().clock(), self.stakes.get().0);
        let running = clock.at(self.vm().block_timestamp());
        let asked = Epoch(epoch.saturating_to());
        if asked > running {
            return Err(EpochNotBegun { epoch, running: U256::from(running.0) }.into());
        }
        if asked >= clock.at(stakes.since) {
            return Ok(U256::from(stakes.average(clock, asked)));
        }
        let (mut low, mut high) = (0, self.leaving.get().records);
        let mut found = Record::default();
        while low < high {
            let middle = low + (high - low) / 2;
            let Stored(record) = self.records.getter(U256::from(middle)).get();
            if record.epoch <= asked {
                (found, low) = (record, middle + 1);
            } else {
                high = middle;
            }
        }
        Ok(U256::from(if found.epoch == asked { found.average } else { found.closing }))
    }
}
