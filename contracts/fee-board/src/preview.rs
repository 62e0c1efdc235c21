//! What a voucher would come to.

use abi::AppFees::{Status, previewCall};
use common::{Revert, words::Buffer};
use fee_books::charge::Taken;

use crate::FeeBoard;

impl FeeBoard {
    pub(crate) fn preview(&self, call: previewCall) -> Result<Buffer<{ Taken::BYTES + 32 }>, Revert> {
        let tab = self.moment().open_epoch(call.epoch).and_then(|epoch| {
            let price = self.prices.at(epoch.into()).saturating_to();
            self.tab(call.appId, epoch, price)
        });
        let (taken, largest) = match tab {
            Ok(mut tab) => {
                let largest = tab.largest();
                let taken = match u64::try_from(call.cumulativeUnits) {
                    Ok(units) => tab.charge(units),
                    Err(_) => Taken::nothing(Status::TooManyUnits),
                };
                (taken, largest)
            }
            Err(status) => (Taken::nothing(status), 0),
        };
        let mut answer = Buffer::default();
        taken.put(&mut answer);
        answer.put_number(largest);
        Ok(answer)
    }
}
