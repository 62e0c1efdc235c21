//! Executing again, to see inside.

use alloy_primitives::B256;

use super::{CALL_GAS_CAP, Chain, Transaction, View};
use crate::{
    arbos,
    evm::{BlockEnv, Message, Refused, Traced},
};

impl Chain {
    /// Executes a mined transaction again, on the state that it met: that of the block before, after the
    /// transactions ahead of it. None if there is no such transaction, or if it is ArbOS's own.
    pub fn trace_transaction(&self, hash: B256) -> Option<Result<Traced, Refused>> {
        let (block, index) = self.mined(hash)?;
        let Transaction::Signed(wanted) = &block.transactions[index].transaction else { return None };
        let parent = self.block(block.header.number.checked_sub(1)?)?;
        let mut state = parent.state.clone();
        arbos::start_block(&mut state, block.header.timestamp, block.header.timestamp - parent.header.timestamp);
        let mut env = BlockEnv {
            number: block.header.number,
            l1_number: block.l1_number,
            timestamp: block.header.timestamp,
            base_fee: block.header.base_fee_per_gas.unwrap_or_default(),
            arbos: arbos::version(&mut state),
            recent_programs: Vec::new(),
        };
        for earlier in &block.transactions[..index] {
            let Transaction::Signed(earlier) = &earlier.transaction else { continue };
            match self.evm.transact(&mut state, &mut env, &earlier.message()) {
                Ok(executed) => arbos::record_gas(&mut state, executed.gas_used.saturating_sub(executed.gas_used_for_l1)),
                Err(refused) => return Some(Err(refused)),
            }
        }
        Some(self.evm.trace_transaction(&state, &env, &wanted.message()))
    }

    /// [`Chain::call`], seen from inside.
    pub fn trace_call(&self, view: &View, message: &Message) -> Result<Traced, Refused> {
        let message = Message { gas_limit: message.gas_limit.min(CALL_GAS_CAP), ..message.clone() };
        self.evm.trace_call(&view.state, &view.env, &message)
    }
}
