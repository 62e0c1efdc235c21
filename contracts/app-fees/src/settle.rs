//! Vouchers: checked, charged, booked.
//!
//! Whatever vouchers of a batch share is read once and written once: terms, the domain, and the prices and incomes of the
//! two epochs that can be open.

use abi::{
    AppFees::{BatchTooLarge, NotSettled, NothingSettled, Settled, Status},
    USAGE_DOMAIN_NAME, USAGE_DOMAIN_VERSION,
};
use alloy_primitives::{B256, U256};
use common::{
    Calldata, Revert,
    eip712::{self, Domain, hash_text, hash_words},
    emit,
    reentrancy::refuse_reentry,
    words::{Buffer, Immediate},
};
use stylus_sdk::prelude::*;

use fee_books::{
    charge::{Tab, Taken},
    overflow,
    state::Own,
    sum,
    tab::Moment,
};

use crate::AppFees;

/// What vouchers are signed under.
const DOMAIN: Domain = Domain::new(USAGE_DOMAIN_NAME, USAGE_DOMAIN_VERSION);
const USAGE_TYPE: Immediate = hash_text("Usage(uint256 appId,uint256 epoch,uint256 cumulativeUnits)");

/// The most vouchers of a batch: what the answer has room for.
const MOST_VOUCHERS: usize = 50;
/// Words of a voucher: app, epoch, units, and the signature's three.
const VOUCHER: usize = 6;
/// A voucher's numbers.
struct Claim {
    app: U256,
    epoch: U256,
    units: U256,
}

/// What the vouchers of a call share.
struct Batch {
    moment: Moment,
    separator: B256,
    open: [Option<Till>; 2],
}

/// An epoch's price, and what came in since the call began.
#[derive(Clone, Copy)]
struct Till {
    epoch: u32,
    price: u128,
    own: Own,
    granted: u128,
}

impl AppFees {
    pub(crate) fn settle(&mut self, input: Calldata) -> Result<Buffer<{ Taken::BYTES }>, Revert> {
        refuse_reentry(self.vm())?;
        let mut batch = self.batch();
        let mut voucher = [[0; 32]; VOUCHER];
        for (place, word) in voucher.iter_mut().enumerate() {
            *word = input.word(place)?.0;
        }
        let taken = self.settle_one(&mut batch, &voucher)?;
        if taken.units == 0 {
            let Claim { app, epoch, .. } = claim_of(&voucher);
            return Err(NothingSettled { appId: app, epoch, status: taken.status }.into());
        }
        self.bank(&batch)?;
        let mut answer = Buffer::default();
        taken.put(&mut answer);
        Ok(answer)
    }

    #[inline(never)] // Its answer takes a quarter of the stack, which nothing else here need pay for.
    pub(crate) fn settle_many(&mut self, input: Calldata) -> Result<(), Revert> {
        refuse_reentry(self.vm())?;
        let vouchers = input.rows::<VOUCHER>(0)?;
        if vouchers.len() > MOST_VOUCHERS {
            return Err(BatchTooLarge { count: U256::from(vouchers.len()), maximum: U256::from(MOST_VOUCHERS) }.into());
        }
        let mut batch = self.batch();
        let mut answer = Buffer::<{ 64 + MOST_VOUCHERS * Taken::BYTES }>::default();
        answer.put_number(32);
        answer.put_number(vouchers.len() as u64);
        for voucher in vouchers {
            let taken = self.settle_one(&mut batch, voucher)?;
            if taken.units == 0 {
                let Claim { app, epoch, units } = claim_of(voucher);
                emit(self.vm(), &NotSettled { appId: app, epoch, status: taken.status, cumulativeUnits: units });
            }
            taken.put(&mut answer);
        }
        self.bank(&batch)?;
        self.vm().write_result(answer.as_slice());
        Ok(())
    }

    #[inline(never)] // Twice the code is not worth the call.
    fn batch(&self) -> Batch {
        Batch { moment: self.moment(), separator: DOMAIN.separator(self.vm()), open: [None; 2] }
    }

    /// Counts one voucher. Only what cannot happen is an error: everything else is a status, and changes nothing.
    fn settle_one(&mut self, batch: &mut Batch, voucher: &[[u8; 32]; VOUCHER]) -> Result<Taken, Revert> {
        let claim = claim_of(voucher);
        let (mut tab, units) = match self.open_tab(batch, &claim) {
            Ok(open) => open,
            Err(status) => return Ok(Taken::nothing(status)),
        };
        if units <= tab.usage.units {
            return Ok(Taken::nothing(Status::Replay));
        }
        if !self.is_signed(batch, &claim, tab.usage.epoch, voucher) {
            return Ok(Taken::nothing(Status::BadSignature));
        }
        let before = tab;
        let taken = tab.charge(units);
        if taken.units == 0 {
            return Ok(taken);
        }

        let builder = batch.moment.terms.builders_part(taken.escrowed);
        tab.account.credit = sum(tab.account.credit, builder)?;
        tab.usage.at = u32::try_from(batch.moment.now).unwrap_or(u32::MAX);
        let till = batch.till(tab.usage.epoch).ok_or_else(overflow)?;
        till.own = Own { gross: sum(till.own.gross, taken.escrowed)?, builders: sum(till.own.builders, builder)? };
        till.granted = sum(till.granted, taken.granted)?;
        let mut app = self.apps.setter(claim.app);
        if tab.aside != before.aside {
            app.aside.set(&tab.aside);
            tab.account.aside = tab.aside.grants > 0 || tab.aside.exit > 0;
        }
        if tab.account != before.account {
            app.account.set(&tab.account);
        }
        app.set_usage(&tab.usage);
        emit(
            self.vm(),
            &Settled {
                appId: claim.app,
                epoch: claim.epoch,
                status: taken.status,
                cumulativeUnits: U256::from(tab.usage.units),
                committed: U256::from(taken.committed),
                granted: U256::from(taken.granted),
                escrowed: U256::from(taken.escrowed),
                builder: U256::from(builder),
            },
        );
        Ok(taken)
    }

    /// The app's tab for the epoch of a claim, at the price that the batch knows, and the units of the claim; or why it
    /// cannot count.
    fn open_tab(&self, batch: &mut Batch, claim: &Claim) -> Result<(Tab, u64), Status> {
        let epoch = batch.moment.open_epoch(claim.epoch)?;
        let price = match batch.till(epoch) {
            Some(till) => till.price,
            None => {
                let price = self.prices.at(epoch.into()).saturating_to();
                batch.open[usize::from(epoch % 2 == 1)] = Some(Till { epoch, price, own: Own::default(), granted: 0 });
                price
            }
        };
        let tab = self.tab(claim.app, epoch, price)?;
        let units = u64::try_from(claim.units).map_err(|_| Status::TooManyUnits)?;
        Ok((tab, units))
    }

    fn is_signed(&self, batch: &Batch, claim: &Claim, epoch: u32, voucher: &[[u8; 32]; VOUCHER]) -> bool {
        let [_, _, _, v, r, s] = voucher;
        let Ok(v) = u8::try_from(U256::from_be_bytes(*v)) else { return false };
        let vm = self.vm();
        let usage = hash_words(vm, &[USAGE_TYPE.word(), claim.app.into(), claim.epoch.into(), claim.units.into()]);
        let digest = eip712::digest(vm, batch.separator, usage);
        let signer = self.apps.getter(claim.app).signer.at(epoch.into());
        eip712::recover(vm, digest, v, B256::new(*r), B256::new(*s)).is_ok_and(|account| account == signer)
    }

    /// Books what a call's vouchers came to in each epoch.
    fn bank(&mut self, batch: &Batch) -> Result<(), Revert> {
        for till in batch.open.iter().flatten() {
            if till.own.gross > 0 {
                self.earn(till.epoch.into(), till.own.gross, till.own.builders)?;
            }
            if till.granted > 0 {
                let mut slot = self.granted.setter(U256::from(till.epoch));
                let granted = sum(slot.get().saturating_to(), till.granted)?;
                slot.set(&U256::from(granted));
            }
        }
        Ok(())
    }
}

impl Batch {
    fn till(&mut self, epoch: u32) -> Option<&mut Till> {
        self.open.iter_mut().flatten().find(|till| till.epoch == epoch)
    }
}

fn claim_of(voucher: &[[u8; 32]; VOUCHER]) -> Claim {
    let [app, epoch, units, ..] = voucher;
    Claim { app: U256::from_be_bytes(*app), epoch: U256::from_be_bytes(*epoch), units: U256::from_be_bytes(*units) }
}
