//! What the chain says of a count before anybody signs or accepts it: nobody should find out when it is settled.

use abi::AppFees::{self, Status};
use alloy::{providers::Provider, rpc::types::TransactionRequest};
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolCall;
use anyhow::{Context, Result};
use economics::EpochClock;
use serde_json::{Value, json};
use words::{number::cor, refusals::time};

use super::{
    file::{Count, Place},
    settle::{never_counts, why_not_more},
};

/// What would become of a count now.
pub(super) struct Outlook {
    taken: AppFees::Taken,
    largest: U256,
    /// Who signs the app's vouchers of that epoch; zero if nobody does.
    signer: Address,
    leaving: Option<Leaving>,
}

/// Escrow that its owner takes out.
pub(crate) struct Leaving {
    amount: U256,
    /// When it can be taken.
    at: u64,
    /// The last epoch whose vouchers can still spend it.
    last: u64,
    /// Whether those of the epoch in question can.
    pays: bool,
}

impl Leaving {
    /// What leaves an app's account, as seen by the vouchers of an epoch.
    pub(crate) fn of(account: &AppFees::accountOfReturn, clock: &EpochClock, grace: u64, epoch: u64) -> Option<Self> {
        let at: u64 = account.exitAt.saturating_to();
        let last = clock.at(at.saturating_sub(grace)).0.saturating_sub(1);
        (!account.exiting.is_zero()).then_some(Self { amount: account.exiting, at, last, pays: epoch <= last })
    }

    /// For people.
    pub(crate) fn words(&self) -> String {
        let (amount, at) = (cor(self.amount.saturating_to()), time(self.at));
        let so = if self.pays { "" } else { ", and so not this one" };
        format!(
            "{amount} of the escrow are leaving, and can be taken from {at} on: only vouchers up to epoch {} spend them{so}",
            self.last
        )
    }

    /// For programs.
    pub(crate) fn json(&self) -> Value {
        json!({"amount": self.amount.to_string(), "at": self.at, "lastEpoch": self.last, "pays": self.pays})
    }
}

impl Outlook {
    /// Asks app-fees.
    pub(super) async fn of<P: Provider>(provider: &P, place: Place, count: Count) -> Result<Self> {
        let (to, app, epoch) = (place.app_fees, count.app_id.0, count.epoch.0);
        let preview = AppFees::previewCall { appId: app, epoch, cumulativeUnits: count.cumulative_units.0 };
        let AppFees::previewReturn { taken, largest } = ask(provider, to, preview).await?;
        let signer = ask(provider, to, AppFees::signerOfCall { appId: app, epoch }).await?;
        let account = ask(provider, to, AppFees::accountOfCall { appId: app }).await?;
        let genesis = ask(provider, to, AppFees::genesisCall {}).await?.saturating_to();
        let length = ask(provider, to, AppFees::epochLengthCall {}).await?.saturating_to();
        let grace = ask(provider, to, AppFees::graceCall {}).await?.saturating_to();
        let clock = EpochClock::new(genesis, length).context("the epochs of app-fees are out of bounds")?;
        let leaving = Leaving::of(&account, &clock, grace, epoch.saturating_to());
        Ok(Self { taken, largest, signer, leaving })
    }

    /// Why a voucher of this signer could never count, if it could not.
    pub(super) fn never(&self, signer: Address) -> Option<String> {
        if never_counts(self.taken.status) {
            return why_not_more(self.taken.status, None);
        }
        let other = !self.signer.is_zero() && self.signer != signer;
        other.then(|| format!("the app's vouchers of that epoch are signed by {}, and this one by {signer}", self.signer))
    }

    /// Whether all of it would count now.
    pub(super) fn is_whole(&self) -> bool {
        self.taken.status == Status::Settled
    }

    /// What whoever signs or accepts it should know, as sentences.
    pub(super) fn notices(&self) -> Vec<String> {
        let limited = matches!(self.taken.status, Status::FeeCap | Status::Commitment | Status::Grants | Status::Escrow);
        let why = why_not_more(self.taken.status, limited.then_some(self.largest));
        let why = why.map(|why| format!("{} units of it would be counted now, not more: {why}", self.taken.units));
        why.into_iter().chain(self.leaving.as_ref().map(Leaving::words)).collect()
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        json!({
            "status": format!("{:?}", self.taken.status), "units": self.taken.units.to_string(), "largest": self.largest.to_string(),
            "neverCounts": never_counts(self.taken.status), "leaving": self.leaving.as_ref().map(Leaving::json),
        })
    }
}

async fn ask<C: SolCall>(provider: &impl Provider, to: Address, call: C) -> Result<C::Return> {
    let request = TransactionRequest::default().to(to).input(Bytes::from(call.abi_encode()).into());
    let answer = provider.call(request).await.with_context(|| format!("{} of {to} could not be asked", C::SIGNATURE))?;
    C::abi_decode_returns(&answer).with_context(|| format!("{} of {to} answers something else", C::SIGNATURE))
}
