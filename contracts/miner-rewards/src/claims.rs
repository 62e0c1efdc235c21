//! Claims: what the tree says a miner earned in all, less what it got already.

use abi::{
    MinerRewards::{
        BatchTooLong, BelowClaimed, ClaimSkipped, ClaimStatus, Claimed, ClaimedToStake, InvalidProof, NotPayout, NothingToClaim,
        RootNotActive, TotalExceeded, claimableReturn,
    },
    Staking::stakeForCall,
};
use alloy_primitives::{Address, B256, U256};
use common::{Calldata, Revert, calls::tell, emit, erc20, reentrancy::refuse_reentry, slot::detach, words::Buffer};
use economics::merkle;
use stylus_sdk::prelude::*;

use crate::{
    MinerRewards,
    state::{Miner, Totals},
};

/// The most claims of a batch: what its answer has room for on the stack.
const MOST: usize = 100;

/// A claim as it was made.
#[derive(Clone, Copy)]
struct Claim<'a> {
    miner: Address,
    amount: U256,
    proof: &'a [[u8; 32]],
}

/// A claim that can be paid, with what is written when it is.
#[derive(Clone, Copy)]
struct Due {
    amount: u128,
    payout: Address,
    miner: Miner,
    totals: Totals,
}

/// Why a claim is not paid, in numbers.
#[derive(Clone, Copy)]
enum Refusal {
    InvalidProof,
    NothingDue { claimed: u128 },
    BelowClaimed { claimed: u128 },
    TotalExceeded { paid: U256, allowed: u128 },
}

impl Refusal {
    fn status(self) -> ClaimStatus {
        match self {
            Self::InvalidProof => ClaimStatus::InvalidProof,
            Self::NothingDue { .. } => ClaimStatus::NothingDue,
            Self::BelowClaimed { .. } => ClaimStatus::BelowClaimed,
            Self::TotalExceeded { .. } => ClaimStatus::TotalExceeded,
        }
    }
}

impl<'a> Claim<'a> {
    /// `(address miner, uint256 amount, bytes32[] proof)`.
    fn read(call: Calldata<'a>) -> Result<Self, Revert> {
        Ok(Self { miner: call.address(0)?, amount: call.number(1)?, proof: call.words(2)? })
    }
}

impl MinerRewards {
    pub(crate) fn claim(&mut self, call: Calldata<'_>) -> Result<U256, Revert> {
        refuse_reentry(self.vm())?;
        let claim = Claim::read(call)?;
        let due = self.examine(&claim).map_err(|refusal| self.refuse(&claim, refusal))?;
        let amount = self.book(&claim, due);
        erc20::push(self.vm(), self.terms.get().token, due.payout, amount)?;
        self.tell_claimed(&claim, due.payout, amount);
        Ok(amount)
    }

    /// Each claim stands alone: what cannot be paid is skipped. A payout that the token reverts leaves nothing behind; a token
    /// that lies fails the batch, for what it moved is not known.
    #[inline(never)] // Its answer takes a fifth of the stack, which nothing else here need pay for.
    pub(crate) fn claim_many(&mut self, call: Calldata<'_>) -> Result<(), Revert> {
        refuse_reentry(self.vm())?;
        let claims = call.structs(0)?;
        if claims.count() > MOST {
            return Err(BatchTooLong { length: U256::from(claims.count()), maximum: U256::from(MOST) }.into());
        }
        let mut results = Buffer::<{ (2 + 2 * MOST) * 32 }>::default();
        results.put_number(32);
        results.put_number(claims.count() as u64);
        for index in 0..claims.count() {
            let claim = Claim::read(claims.get(index)?)?;
            let (status, paid) = match self.examine(&claim) {
                Err(refusal) => (refusal.status(), U256::ZERO),
                Ok(due) => {
                    let amount = self.book(&claim, due);
                    if erc20::try_push(self.vm(), self.terms.get().token, due.payout, amount)? {
                        self.tell_claimed(&claim, due.payout, amount);
                        (ClaimStatus::Paid, amount)
                    } else {
                        self.write(claim.miner, due.miner, due.totals);
                        (ClaimStatus::TokenFailed, U256::ZERO)
                    }
                }
            };
            if !matches!(status, ClaimStatus::Paid) {
                emit(self.vm(), &ClaimSkipped { miner: claim.miner, amount: claim.amount, status });
            }
            results.put_number(status as u8 as u64);
            results.put(&paid.to_be_bytes::<32>());
        }
        self.vm().write_result(results.as_slice());
        Ok(())
    }

    /// The stake is the payout address's, as the coins would be: so only it may ask, for staking binds.
    pub(crate) fn claim_and_stake(&mut self, call: Calldata<'_>) -> Result<U256, Revert> {
        refuse_reentry(self.vm())?;
        let claim = Claim::read(call)?;
        let (account, payout) = (self.vm().msg_sender(), self.payout(claim.miner));
        if account != payout {
            return Err(NotPayout { account, payout }.into());
        }
        let due = self.examine(&claim).map_err(|refusal| self.refuse(&claim, refusal))?;
        let amount = self.book(&claim, due);
        emit(self.vm(), &ClaimedToStake { miner: claim.miner, payout, amount, total: claim.amount });
        tell(self.vm(), self.staking.get(), &stakeForCall { account: payout, amount })?;
        Ok(amount)
    }

    pub(crate) fn claimable(&self, call: Calldata<'_>) -> Result<claimableReturn, Revert> {
        Ok(match self.examine(&Claim::read(call)?) {
            Ok(due) => claimableReturn { status: ClaimStatus::Paid, due: U256::from(due.amount) },
            Err(refusal) => claimableReturn { status: refusal.status(), due: U256::ZERO },
        })
    }

    /// What a claim would pay by the active root. The proof is looked at first: without it the amount is anybody's word.
    fn examine(&self, claim: &Claim<'_>) -> Result<Due, Refusal> {
        if !self.proves(claim, self.root.get()) {
            return Err(Refusal::InvalidProof);
        }
        let (miner, totals) = (self.miners.getter(claim.miner).get(), self.totals.get());
        let paid = U256::from(totals.paid).saturating_add(claim.amount).saturating_sub(U256::from(miner.claimed));
        // An amount beyond 128 bits is beyond every total.
        let amount = match u128::try_from(claim.amount).map(|amount| amount.checked_sub(miner.claimed)) {
            Ok(Some(0)) => return Err(Refusal::NothingDue { claimed: miner.claimed }),
            Ok(None) => return Err(Refusal::BelowClaimed { claimed: miner.claimed }),
            Ok(Some(amount)) if paid <= U256::from(totals.allowed) => amount,
            _ => return Err(Refusal::TotalExceeded { paid, allowed: totals.allowed }),
        };
        let payout = if miner.elsewhere { self.payouts.getter(claim.miner).get() } else { claim.miner };
        Ok(Due { amount, payout, miner, totals })
    }

    fn proves(&self, claim: &Claim<'_>, root: U256) -> bool {
        let keccak = |bytes: &[u8]| self.vm().native_keccak256(bytes);
        let proof = claim.proof.iter().map(|word| B256::new(*word));
        merkle::verify(root.into(), merkle::leaf(claim.miner, claim.amount, keccak), proof, keccak).is_ok()
    }

    /// Emits `Claimed`.
    fn tell_claimed(&self, claim: &Claim<'_>, payout: Address, amount: U256) {
        emit(self.vm(), &Claimed { miner: claim.miner, payout, amount, total: claim.amount });
    }

    /// Writes that it is paid. Neither sum leaves its width: `paid` stays within the root's total.
    fn book(&mut self, claim: &Claim<'_>, due: Due) -> U256 {
        let Due { amount, miner, totals, .. } = due;
        let claimed = miner.claimed.saturating_add(amount);
        let paid = totals.paid.saturating_add(amount);
        self.write(claim.miner, Miner { claimed, ..miner }, Totals { paid, ..totals });
        U256::from(amount)
    }

    fn write(&mut self, account: Address, miner: Miner, totals: Totals) {
        detach(self.miners.getter(account)).set(&miner);
        self.totals.set(&totals);
    }

    /// Says why, in numbers; and of a proof that is only early, since when it will hold.
    fn refuse(&self, claim: &Claim<'_>, refusal: Refusal) -> Revert {
        let Claim { miner, amount, .. } = *claim;
        match refusal {
            Refusal::InvalidProof if self.proves(claim, self.pending_root.get()) => {
                RootNotActive { readyAt: U256::from(self.pending.get().ready_at) }.into()
            }
            Refusal::InvalidProof => InvalidProof { miner, amount }.into(),
            Refusal::NothingDue { claimed } => NothingToClaim { claimed: U256::from(claimed) }.into(),
            Refusal::BelowClaimed { claimed } => BelowClaimed { amount, claimed: U256::from(claimed) }.into(),
            Refusal::TotalExceeded { paid, allowed } => TotalExceeded { paid, cumulativeTotal: U256::from(allowed) }.into(),
        }
    }
}
