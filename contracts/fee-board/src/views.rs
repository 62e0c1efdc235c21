//! What anyone may ask.

use abi::{
    AppFees::{
        DOMAIN_SEPARATORCall, accountOfCall, accountOfReturn, agentStoreCall, boardCall, buildersPartOfCall, burnableCall,
        commitmentOfCall, discountOfCall, epochCall, epochLengthCall, feeCapOfCall, genesisCall, graceCall, incomeOfCall,
        incomeOfReturn, lifeOfCall, lifeOfReturn, minerPoolCall, nextEpochCall, ownerOfCall, pendingTreasuryCall,
        pendingTreasuryReturn, signerOfCall, splitOfCall, splitOfReturn, stakingCall, tokenCall, totalsCall, totalsReturn,
        treasuryCall, unitPriceOfCall, usageOfCall, usageOfReturn,
    },
    USAGE_DOMAIN_NAME, USAGE_DOMAIN_VERSION,
};
use alloy_primitives::{Address, B256, U256};
use common::{Revert, eip712::Domain};
use stylus_sdk::prelude::*;

use crate::FeeBoard;

/// What vouchers are signed under.
const DOMAIN: Domain = Domain::new(USAGE_DOMAIN_NAME, USAGE_DOMAIN_VERSION);

impl FeeBoard {
    pub(crate) fn token(&self, _: tokenCall) -> Result<Address, Revert> {
        Ok(self.terms.get().token)
    }

    pub(crate) fn treasury(&self, _: treasuryCall) -> Result<Address, Revert> {
        Ok(self.treasury.at(self.vm().block_timestamp()))
    }

    pub(crate) fn pending_treasury(&self, _: pendingTreasuryCall) -> Result<pendingTreasuryReturn, Revert> {
        let (treasury, active_at) = self.treasury.pending(self.vm().block_timestamp()).unwrap_or_default();
        Ok(pendingTreasuryReturn { treasury, activeAt: U256::from(active_at) })
    }

    pub(crate) fn staking(&self, _: stakingCall) -> Result<Address, Revert> {
        Ok(self.staking.get())
    }

    pub(crate) fn agent_store(&self, _: agentStoreCall) -> Result<Address, Revert> {
        Ok(self.agent_store.get())
    }

    pub(crate) fn miner_pool(&self, _: minerPoolCall) -> Result<Address, Revert> {
        Ok(self.miner_pool.get())
    }

    pub(crate) fn genesis(&self, _: genesisCall) -> Result<U256, Revert> {
        Ok(U256::from(self.terms.get().genesis))
    }

    pub(crate) fn epoch_length(&self, _: epochLengthCall) -> Result<U256, Revert> {
        Ok(U256::from(self.terms.get().epoch_length))
    }

    pub(crate) fn grace(&self, _: graceCall) -> Result<U256, Revert> {
        Ok(U256::from(self.terms.get().grace))
    }

    pub(crate) fn burnable(&self, _: burnableCall) -> Result<bool, Revert> {
        Ok(self.terms.get().burnable)
    }

    pub(crate) fn board(&self, _: boardCall) -> Result<Address, Revert> {
        Ok(self.board.get())
    }

    pub(crate) fn domain_separator(&self, _: DOMAIN_SEPARATORCall) -> Result<B256, Revert> {
        Ok(DOMAIN.separator(self.vm()))
    }

    pub(crate) fn epoch(&self, _: epochCall) -> Result<U256, Revert> {
        let (_, _, running) = self.now();
        Ok(U256::from(running))
    }

    pub(crate) fn next_epoch(&self, _: nextEpochCall) -> Result<U256, Revert> {
        Ok(U256::from(self.books.get().next))
    }

    pub(crate) fn unit_price_of(&self, unitPriceOfCall { epoch }: unitPriceOfCall) -> Result<U256, Revert> {
        Ok(self.prices.at(epoch.saturating_to()))
    }

    pub(crate) fn discount_of(&self, discountOfCall { epoch }: discountOfCall) -> Result<U256, Revert> {
        Ok(self.discounts.at(epoch.saturating_to()))
    }

    pub(crate) fn split_of(&self, splitOfCall { epoch }: splitOfCall) -> Result<splitOfReturn, Revert> {
        let shares = self.splits.at(epoch.saturating_to());
        Ok(splitOfReturn {
            minersShare: U256::from(shares.miners),
            treasuryShare: U256::from(shares.treasury),
            burnShare: U256::from(shares.burn),
            buildersShare: U256::from(self.terms.get().builders),
        })
    }

    pub(crate) fn income_of(&self, incomeOfCall { epoch }: incomeOfCall) -> Result<incomeOfReturn, Revert> {
        let own = self.own.getter(epoch).get();
        Ok(incomeOfReturn { own: U256::from(own.gross), granted: self.granted.getter(epoch).get() })
    }

    pub(crate) fn builders_part_of(&self, buildersPartOfCall { epoch }: buildersPartOfCall) -> Result<U256, Revert> {
        Ok(U256::from(self.own.getter(epoch).get().builders))
    }

    pub(crate) fn totals(&self, _: totalsCall) -> Result<totalsReturn, Revert> {
        let books = self.books.get();
        Ok(totalsReturn { owed: U256::from(books.owed), treasury: U256::from(books.treasury), toBurn: self.to_burn.get() })
    }

    pub(crate) fn owner_of(&self, ownerOfCall { appId }: ownerOfCall) -> Result<Address, Revert> {
        Ok(self.apps.getter(appId).owner.get())
    }

    pub(crate) fn signer_of(&self, signerOfCall { appId, epoch }: signerOfCall) -> Result<Address, Revert> {
        Ok(self.apps.getter(appId).signer.at(epoch.saturating_to()))
    }

    pub(crate) fn fee_cap_of(&self, feeCapOfCall { appId, epoch }: feeCapOfCall) -> Result<U256, Revert> {
        Ok(U256::from(self.apps.getter(appId).fee_cap(epoch.saturating_to())))
    }

    pub(crate) fn commitment_of(&self, commitmentOfCall { appId, epoch }: commitmentOfCall) -> Result<U256, Revert> {
        Ok(self.apps.getter(appId).commitments.getter(epoch).get())
    }

    pub(crate) fn usage_of(&self, usageOfCall { appId, epoch }: usageOfCall) -> Result<usageOfReturn, Revert> {
        let epoch = u32::try_from(epoch).unwrap_or(u32::MAX);
        let usage = self.apps.getter(appId).usage(epoch.into()).of(epoch);
        Ok(usageOfReturn { units: U256::from(usage.units), spent: U256::from(usage.spent) })
    }

    pub(crate) fn account_of(&self, accountOfCall { appId }: accountOfCall) -> Result<accountOfReturn, Revert> {
        let app = self.apps.getter(appId);
        let (account, aside) = (app.account.get(), app.aside.get());
        let exit_at = if aside.exit > 0 { self.terms.get().closes_at(aside.exit_epoch.into()) } else { 0 };
        Ok(accountOfReturn {
            escrow: U256::from(account.escrow),
            grants: U256::from(aside.grants),
            exiting: U256::from(aside.exit),
            exitAt: U256::from(exit_at),
            credit: U256::from(account.credit),
        })
    }

    pub(crate) fn life_of(&self, lifeOfCall { appId }: lifeOfCall) -> Result<lifeOfReturn, Revert> {
        let app = self.apps.getter(appId);
        let account = app.account.get();
        Ok(lifeOfReturn {
            activeAt: U256::from(app.active_at()),
            committedThrough: U256::from(account.committed_through),
            closed: account.closed,
            closedIn: U256::from(account.closed_in),
            released: account.released,
        })
    }
}
