//! What the agent-store tells of an app. The store has asked who may say so; here lies what it means for money.

use abi::AppFees::{
    AmountTooLarge, AppClosed, AppExists, AppIsClosed, AppOpened, AppOwnerChanged, CommitmentRunning, FeeCapChanged,
    InvalidAccount, NotIdle, SignerChanged, closeAppCall, closeAppReturn, openAppCall, openAppReturn, setAppFeeCapCall,
    setAppFeeCapReturn, setAppOwnerCall, setAppOwnerReturn, setAppSignerCall, setAppSignerReturn,
};
use alloy_primitives::U256;
use common::{Revert, emit};
use economics::HOLDING_LIMIT;
use stylus_sdk::prelude::*;

use fee_books::{
    overflow,
    state::{Account, Aside, Cap},
};

use crate::FeeBoard;

/// How long an app must have been idle before the curator may close it, in seconds: 182 days.
const IDLE: u64 = 182 * 86_400;

impl FeeBoard {
    pub(crate) fn open_app(&mut self, call: openAppCall) -> Result<openAppReturn, Revert> {
        let openAppCall { appId, owner, signer, feeCap } = call;
        self.only_agent_store()?;
        let cap = cap_of(feeCap)?;
        for account in [owner, signer] {
            if account.is_zero() {
                return Err(InvalidAccount { account }.into());
            }
        }
        let (_, now, running) = self.now();
        let mut app = self.apps.setter(appId);
        if !app.owner.get().is_zero() {
            return Err(AppExists { appId }.into());
        }
        app.owner.set(&owner);
        app.aside.set(&Aside { active_at: u32::try_from(now).map_err(|_| overflow())?, ..Aside::default() });
        app.cap.set(&Cap { later: cap, before: 0, since: running });
        if !app.signer.set(running.into(), signer) {
            return Err(overflow());
        }
        emit(self.vm(), &AppOpened { appId, owner, signer, feeCap });
        Ok(openAppReturn {})
    }

    pub(crate) fn set_app_owner(
        &mut self,
        setAppOwnerCall { appId, owner }: setAppOwnerCall,
    ) -> Result<setAppOwnerReturn, Revert> {
        self.only_agent_store()?;
        self.owner_of_app(appId)?;
        if owner.is_zero() {
            return Err(InvalidAccount { account: owner }.into());
        }
        self.apps.setter(appId).owner.set(&owner);
        emit(self.vm(), &AppOwnerChanged { appId, owner });
        Ok(setAppOwnerReturn {})
    }

    /// The epochs that have begun keep their signer: a debt that was signed is not escaped by a new key.
    pub(crate) fn set_app_signer(&mut self, call: setAppSignerCall) -> Result<setAppSignerReturn, Revert> {
        let setAppSignerCall { appId, signer } = call;
        self.only_agent_store()?;
        self.refuse_closed(appId)?;
        if signer.is_zero() {
            return Err(InvalidAccount { account: signer }.into());
        }
        let (_, _, running) = self.now();
        let from = u64::from(running).saturating_add(1);
        if !self.apps.setter(appId).signer.set(from, signer) {
            return Err(overflow());
        }
        emit(self.vm(), &SignerChanged { appId, signer, fromEpoch: U256::from(from) });
        Ok(setAppSignerReturn {})
    }

    /// No open epoch's cap falls: what was signed within it can still be taken.
    pub(crate) fn set_app_fee_cap(&mut self, call: setAppFeeCapCall) -> Result<setAppFeeCapReturn, Revert> {
        let setAppFeeCapCall { appId, feeCap } = call;
        self.only_agent_store()?;
        self.refuse_closed(appId)?;
        let wei = cap_of(feeCap)?;
        let (terms, now, running) = self.now();
        let last_open = running.checked_sub(1).is_some_and(|last| now < terms.closes_at(last.into()));
        let mut app = self.apps.setter(appId);
        let mut cap = app.cap.get();
        let before = app.older_cap.get();
        let older = U256::from(cap.change(running, last_open, wei, before.saturating_to()));
        app.cap.set(&cap);
        if older != before {
            app.older_cap.set(&older);
        }
        let from = U256::from(running).saturating_add(U256::ONE);
        emit(self.vm(), &FeeCapChanged { appId, feeCap, fromEpoch: from });
        Ok(setAppFeeCapReturn {})
    }

    pub(crate) fn close_app(&mut self, closeAppCall { appId, idleOnly }: closeAppCall) -> Result<closeAppReturn, Revert> {
        self.only_agent_store()?;
        let mut account = self.refuse_closed(appId)?;
        let (terms, now, running) = self.now();
        if account.committed_through != 0 && account.committed_through >= running {
            let (through, running) = (U256::from(account.committed_through), U256::from(running));
            return Err(CommitmentRunning { through, running }.into());
        }
        if idleOnly {
            let active = self.apps.getter(appId).active_at();
            let time = u64::from(active).saturating_add(IDLE);
            if now < time {
                return Err(NotIdle { activeAt: U256::from(active), time: U256::from(time) }.into());
            }
        }
        account.closed = true;
        account.closed_in = running;
        self.apps.setter(appId).account.set(&account);
        let (epoch, release_at) = (U256::from(running), U256::from(terms.closes_at(running.into())));
        emit(self.vm(), &AppClosed { appId, epoch, releaseAt: release_at });
        Ok(closeAppReturn {})
    }

    fn refuse_closed(&self, app: U256) -> Result<Account, Revert> {
        self.owner_of_app(app)?;
        let account = self.apps.getter(app).account.get();
        if account.closed {
            return Err(AppIsClosed { appId: app, epoch: U256::from(account.closed_in) }.into());
        }
        Ok(account)
    }
}

fn cap_of(cap: U256) -> Result<u128, Revert> {
    match u128::try_from(cap) {
        Ok(wei) if wei < HOLDING_LIMIT => Ok(wei),
        _ => Err(AmountTooLarge { amount: cap, maximum: U256::from(HOLDING_LIMIT - 1) }.into()),
    }
}
