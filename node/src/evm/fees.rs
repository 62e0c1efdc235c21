//! What ArbOS asks of a transaction: prices, caps, and who is paid.

use alloy_primitives::{Address, U256};

use crate::arbos::Ledger;

/// Units that a compressed byte counts for.
const UNITS_PER_BYTE: u64 = 16;

/// ArbOS's prices and caps at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fees {
    /// Is paid for computing.
    pub(super) network_account: Address,
    /// Is paid the minimum base fee first, where it is set.
    pub(super) infrastructure_account: Address,
    /// Whether EIP-7623's floor holds.
    pub(super) calldata_floor: bool,
    /// Wei per unit of data posted to the parent chain.
    l1_price: U256,
    /// The least base fee, in wei.
    min_base_fee: u64,
    /// The most compute gas, intrinsic gas included where `cap_is_whole`.
    gas_cap: u64,
    /// From ArbOS 50 the cap is the transaction's, before it is the block's.
    cap_is_whole: bool,
}

impl Fees {
    pub(super) fn load(_ledger: &mut dyn Ledger) -> Self {
        Self {
            network_account: Address::ZERO,
            infrastructure_account: Address::ZERO,
            calldata_floor: false,
            l1_price: U256::ZERO,
            min_base_fee: 100_000_000,
            gas_cap: 32_000_000,
            cap_is_whole: true,
        }
    }

    /// Gas that pays for posting `len` compressed bytes; rounded down.
    pub(super) fn poster_gas(&self, len: u64, base_fee: u64) -> u64 {
        if base_fee == 0 {
            return 0;
        }
        let wei = U256::from(len).saturating_mul(U256::from(UNITS_PER_BYTE)).saturating_mul(self.l1_price);
        (wei / U256::from(base_fee)).saturating_to()
    }

    /// The most gas that may be computed with after the intrinsic part.
    pub(super) fn compute_cap(&self, intrinsic: u64) -> u64 {
        if self.cap_is_whole { self.gas_cap.saturating_sub(intrinsic) } else { self.gas_cap }
    }

    /// Wei of `gas` that go to [`Fees::infrastructure_account`].
    pub(super) fn infrastructure_fee(&self, gas: u64, base_fee: u64) -> U256 {
        if self.infrastructure_account.is_zero() {
            return U256::ZERO;
        }
        U256::from(gas) * U256::from(self.min_base_fee.min(base_fee))
    }
}
