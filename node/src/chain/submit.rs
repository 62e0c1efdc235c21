//! Taking transactions in.

use alloy_consensus::Transaction as _;
use alloy_primitives::{B256, U256};

use super::{Chain, Signed, Undecodable, pool::Underpriced};
use crate::evm::Refused;

/// Why a transaction was not taken.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SubmitError {
    /// It is no transaction for this chain.
    #[error(transparent)]
    Undecodable(#[from] Undecodable),
    /// It waits already, or is in a block.
    #[error("already known")]
    AlreadyKnown,
    /// It would replace one that pays as much.
    #[error(transparent)]
    Underpriced(#[from] Underpriced),
    /// It cannot be executed.
    #[error(transparent)]
    Refused(#[from] Refused),
}

impl Chain {
    /// Takes in a transaction's signed bytes. Gives its hash; with automine it is in a block by then, unless an
    /// earlier nonce is still missing.
    pub fn submit_raw(&mut self, bytes: &[u8]) -> Result<B256, SubmitError> {
        let signed = Signed::decode(bytes, self.config.chain_id)?;
        self.submit(signed)
    }

    /// Takes in a transaction whose sender is known.
    pub fn submit(&mut self, signed: Signed) -> Result<B256, SubmitError> {
        let hash = signed.hash();
        if self.mined(hash).is_some() || self.pending(hash).is_some() {
            return Err(SubmitError::AlreadyKnown);
        }
        let state = self.state().nonce(signed.from);
        let tx = signed.envelope.nonce();
        if tx < state {
            return Err(Refused::NonceTooLow { address: signed.from, tx, state }.into());
        }
        if !self.config.automine || tx > state {
            self.admit(&signed)?;
        }
        self.pool.add(signed)?;
        self.arrived(hash);
        if self.config.automine
            && let Some((_, refused)) = self.mine_ready().into_iter().find(|(dropped, _)| *dropped == hash)
        {
            return Err(refused.into());
        }
        Ok(hash)
    }

    /// Drops everything that waits.
    pub fn clear_pool(&mut self) {
        self.pool.clear();
    }

    /// Whether a transaction that has to wait could be executed if its turn were now. The EVM is asked, on a copy of
    /// the state, so that the pool needs no opinion of its own.
    fn admit(&self, signed: &Signed) -> Result<(), Refused> {
        let tx = &signed.envelope;
        let want = U256::from(tx.gas_limit()).saturating_mul(U256::from(tx.max_fee_per_gas())).saturating_add(tx.value());
        let have = self.state().balance(signed.from);
        if have < want {
            return Err(Refused::InsufficientFunds { address: signed.from, have, want });
        }
        let mut message = signed.message();
        message.nonce = None;
        self.evm.transact(&mut self.state().clone(), &mut self.next_env(), &message).map(drop)
    }
}
