//! Which epochs take vouchers, and what an app has to pay one with: the same for `settle` and for `preview`.

use abi::AppFees::Status;
use alloy_primitives::U256;

use crate::{FeeBooks, charge::Tab, state::Terms};

/// The time of a call, and the terms that make it an epoch.
#[derive(Clone, Copy)]
pub struct Moment {
    /// See [`Terms`].
    pub terms: Terms,
    /// The second.
    pub now: u64,
    /// Its epoch.
    pub running: u32,
}

impl Moment {
    /// The epoch, if its vouchers count now.
    pub fn open_epoch(&self, epoch: U256) -> Result<u32, Status> {
        let epoch = u32::try_from(epoch).ok().filter(|epoch| *epoch <= self.running).ok_or(Status::FutureEpoch)?;
        if self.now < self.terms.closes_at(epoch.into()) { Ok(epoch) } else { Err(Status::ClosedEpoch) }
    }
}

impl FeeBooks {
    /// The time of this call.
    pub fn moment(&self) -> Moment {
        let (terms, now, running) = self.now();
        Moment { terms, now, running }
    }

    /// What an app has to pay a voucher of an open epoch with, at `price` wei a unit; or why it has no such vouchers.
    pub fn tab(&self, app: U256, epoch: u32, price: u128) -> Result<Tab, Status> {
        let number = u64::from(epoch);
        let app = self.apps.getter(app);
        let account = app.account.get();
        if !account.takes(number) {
            return Err(Status::ClosedApp);
        }
        if app.signer.at(number).is_zero() {
            return Err(Status::UnknownApp);
        }
        Ok(Tab {
            account,
            aside: if account.aside { app.aside.get() } else { Default::default() },
            usage: app.usage(number).of(epoch),
            commitment: app.commitment(&account, number),
            cap: app.fee_cap(number),
            price,
        })
    }
}
