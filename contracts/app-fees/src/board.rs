//! What the board's code answers, on this contract's storage.

use common::{Revert, calls::delegate_call, words::Buffer};
use stylus_sdk::prelude::*;

use crate::AppFees;

/// The most bytes of a call that the board answers: its selector and four words, and some for what wallets put behind.
const LONGEST: usize = 4 + 8 * 32;

impl AppFees {
    /// Passes a call on as it came, and answers as the board does. The board was named at construction, for good, and holds
    /// no function that moves COR.
    pub(crate) fn ask_board(&mut self, selector: [u8; 4], input: &[u8]) -> Result<(), Revert> {
        let mut call = Buffer::<LONGEST>::default();
        call.put(&selector);
        call.put(input.get(..LONGEST - 4).unwrap_or(input));
        let answer = delegate_call(self.vm(), self.board.get(), call.as_slice());
        if !answer.ok {
            return Err(Revert::with(answer.data()));
        }
        self.vm().write_result(answer.data());
        Ok(())
    }
}
