//! An app's life: registered, handed over, closed, its bond returned.

use abi::{
    AgentStore::{
        AppIsClosed, AppIsOpen, AppNotOffered, AppTransferStarted, AppTransferred, BondAlreadyReturned, BondReturned, Closed,
        EnforcedPause, InvalidSigner, NotAppOwner, Registered, UnknownAppId, acceptAppCall, acceptAppReturn, closeAppCall,
        closeAppReturn, returnBondCall, setFeeCapCall, setFeeCapReturn, setSignerCall, setSignerReturn, transferAppCall,
        transferAppReturn,
    },
    AppFees,
};
use alloy_primitives::{Address, U256};
use common::{
    Calldata, Revert,
    calls::{ask, tell},
    emit, erc20,
    reentrancy::refuse_reentry,
};
use stylus_sdk::prelude::*;

use crate::{AgentStore, overflow, state::Offer};

impl AgentStore {
    /// App-fees knows nobody as its store before it is wired, so that no bond is taken before then.
    pub(crate) fn register(&mut self, input: Calldata) -> Result<U256, Revert> {
        refuse_reentry(self.vm())?;
        let (signer, fee_cap) = (input.address(0)?, input.number(1)?);
        let terms = self.terms.get();
        if terms.paused {
            return Err(EnforcedPause {}.into());
        }
        if signer.is_zero() {
            return Err(InvalidSigner { signer }.into());
        }
        let owner = self.vm().msg_sender();
        let bond = U256::from(self.holdings.get().bond);
        if !bond.is_zero() {
            erc20::pull(self.vm(), terms.token, owner, bond)?;
        }
        let mut holdings = self.holdings.get();
        holdings.apps = holdings.apps.checked_add(1).ok_or_else(overflow)?;
        holdings.bonded = holdings.bonded.checked_add(1).ok_or_else(overflow)?;
        self.holdings.set(&holdings);
        let app = U256::from(holdings.apps);
        self.apps.setter(app).offer.set(&Offer { bonded: true, ..Offer::default() });
        emit(self.vm(), &Registered { appId: app, owner, signer, feeCap: fee_cap, bond });
        self.describe(app, input, 2)?;
        self.start(app)?;
        tell(self.vm(), self.app_fees.get(), &AppFees::openAppCall { appId: app, owner, signer, feeCap: fee_cap })?;
        Ok(app)
    }

    pub(crate) fn set_signer(&mut self, setSignerCall { appId, signer }: setSignerCall) -> Result<setSignerReturn, Revert> {
        refuse_reentry(self.vm())?;
        self.only_app_owner(appId)?;
        if signer.is_zero() {
            return Err(InvalidSigner { signer }.into());
        }
        tell(self.vm(), self.app_fees.get(), &AppFees::setAppSignerCall { appId, signer })?;
        Ok(setSignerReturn {})
    }

    pub(crate) fn set_fee_cap(&mut self, setFeeCapCall { appId, feeCap }: setFeeCapCall) -> Result<setFeeCapReturn, Revert> {
        refuse_reentry(self.vm())?;
        self.only_app_owner(appId)?;
        tell(self.vm(), self.app_fees.get(), &AppFees::setAppFeeCapCall { appId, feeCap })?;
        Ok(setFeeCapReturn {})
    }

    pub(crate) fn transfer_app(&mut self, call: transferAppCall) -> Result<transferAppReturn, Revert> {
        refuse_reentry(self.vm())?;
        let transferAppCall { appId, newOwner } = call;
        let owner = self.only_app_owner(appId)?;
        let mut app = self.apps.setter(appId);
        let offer = app.offer.get();
        app.offer.set(&Offer { to: newOwner, ..offer });
        emit(self.vm(), &AppTransferStarted { appId, previousOwner: owner, newOwner });
        Ok(transferAppReturn {})
    }

    pub(crate) fn accept_app(&mut self, acceptAppCall { appId }: acceptAppCall) -> Result<acceptAppReturn, Revert> {
        refuse_reentry(self.vm())?;
        let account = self.vm().msg_sender();
        let previous = self.owner_of(appId)?;
        let mut app = self.apps.setter(appId);
        let offer = app.offer.get();
        if offer.to != account {
            return Err(AppNotOffered { appId, account }.into());
        }
        app.offer.set(&Offer { to: Address::ZERO, ..offer });
        emit(self.vm(), &AppTransferred { appId, previousOwner: previous, newOwner: account });
        tell(self.vm(), self.app_fees.get(), &AppFees::setAppOwnerCall { appId, owner: account })?;
        Ok(acceptAppReturn {})
    }

    /// Whether a commitment still runs, and whether it was idle long enough for the curator, app-fees knows.
    pub(crate) fn close_app(&mut self, closeAppCall { appId }: closeAppCall) -> Result<closeAppReturn, Revert> {
        refuse_reentry(self.vm())?;
        let account = self.vm().msg_sender();
        let owned = self.owner_of(appId)? == account;
        if !owned && !self.is_curator(account) {
            return Err(NotAppOwner { appId, account }.into());
        }
        let mut app = self.apps.setter(appId);
        let offer = app.offer.get();
        if offer.closed {
            return Err(AppIsClosed { appId }.into());
        }
        app.offer.set(&Offer { closed: true, ..offer });
        self.set_allowance(appId, U256::ZERO)?;
        emit(self.vm(), &Closed { appId, account });
        tell(self.vm(), self.app_fees.get(), &AppFees::closeAppCall { appId, idleOnly: !owned })?;
        Ok(closeAppReturn {})
    }

    pub(crate) fn return_bond(&mut self, returnBondCall { appId }: returnBondCall) -> Result<U256, Revert> {
        refuse_reentry(self.vm())?;
        self.owner_of(appId)?;
        let mut app = self.apps.setter(appId);
        let offer = app.offer.get();
        if !offer.closed {
            return Err(AppIsOpen { appId }.into());
        }
        if !offer.bonded {
            return Err(BondAlreadyReturned { appId }.into());
        }
        app.offer.set(&Offer { bonded: false, ..offer });
        let mut holdings = self.holdings.get();
        holdings.bonded = holdings.bonded.checked_sub(1).ok_or_else(overflow)?;
        self.holdings.set(&holdings);
        let (owner,) = tell(self.vm(), self.app_fees.get(), &AppFees::releaseAppCall { appId })?;
        let bond = U256::from(holdings.bond);
        emit(self.vm(), &BondReturned { appId, owner, bond });
        if !bond.is_zero() {
            erc20::push(self.vm(), self.terms.get().token, owner, bond)?;
        }
        Ok(bond)
    }

    /// The app's owner, whom app-fees knows; refuses apps that do not exist.
    fn owner_of(&self, app: U256) -> Result<Address, Revert> {
        let (owner,) = ask(self.vm(), self.app_fees.get(), &AppFees::ownerOfCall { appId: app })?;
        if owner.is_zero() { Err(UnknownAppId { appId: app }.into()) } else { Ok(owner) }
    }

    /// The app's owner, if that is the caller.
    pub(crate) fn only_app_owner(&self, app: U256) -> Result<Address, Revert> {
        let (owner, account) = (self.owner_of(app)?, self.vm().msg_sender());
        if owner == account { Ok(owner) } else { Err(NotAppOwner { appId: app, account }.into()) }
    }

    /// Whether an account is the curator. Zero is none.
    pub(crate) fn is_curator(&self, account: Address) -> bool {
        account == self.curator.at(self.vm().block_timestamp())
    }
}
