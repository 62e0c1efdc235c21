//! An app's money, on paper: what it has in escrow and grants, what it bought, what leaves.

use abi::{AgentStore, AppFees};
use alloy_primitives::{Address, B256, U256};
use anyhow::Result;
use economics::{
    BasisPoints,
    wide::{divide_up, narrow, product},
};

use super::{
    clock::Epochs,
    place::View,
    twin::{Figure, Twin},
};

/// A change of an app's money, by an account.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    /// The app.
    pub(super) app: u64,
    /// Who pays, or is paid.
    pub(super) account: Address,
    /// What is done.
    pub(super) what: What,
}

/// What is done, in wei and units.
#[derive(Clone, Copy, Debug)]
pub(super) enum What {
    /// Into escrow.
    TopUp(u128),
    /// Into grants.
    Sponsor(u128),
    /// Straight away.
    Pay(u128, B256),
    /// Units for epochs to come; the cost is what is approved.
    Commit {
        /// For each epoch.
        units: u64,
        /// How many.
        epochs: u64,
        /// For all of them, in wei.
        cost: u128,
    },
    /// What vouchers may spend in an epoch.
    Cap(u128),
    /// Escrow set aside.
    RequestExit(u128),
    /// And put back.
    CancelExit,
    /// Or taken.
    Exit,
    /// The app, closed.
    Close,
}

/// An app's money, and what an account holds.
#[derive(Clone, Debug)]
pub(super) struct Account {
    escrow: u128,
    grants: u128,
    exiting: u128,
    exit_at: u64,
    credit: u128,
    income: u128,
    cap: u128,
    next_cap: u128,
    bought: u64,
    through: u64,
    closed: bool,
    holds: u128,
    epochs: Epochs,
    /// Wei of a unit in the next epoch.
    price: u128,
    discount: BasisPoints,
    builders: BasisPoints,
}

impl Account {
    /// At a block, for the epoch of a second.
    pub(super) async fn read(at: &View<'_>, app: u64, account: Address, now: u64) -> Result<Self> {
        let (id, epochs) = (U256::from(app), Epochs::read(at).await?);
        let (running, next) = (U256::from(epochs.at(now)), U256::from(epochs.at(now) + 1));
        let money = at.view("app-fees", &AppFees::accountOfCall { appId: id }).await?;
        let life = at.view("app-fees", &AppFees::lifeOfCall { appId: id }).await?;
        let cap = |epoch: U256| AppFees::feeCapOfCall { appId: id, epoch };
        let discount = at.view("app-fees", &AppFees::discountOfCall { epoch: running }).await?;
        let split = at.view("app-fees", &AppFees::splitOfCall { epoch: running }).await?;
        let points = |value: U256| BasisPoints::new(value.saturating_to()).unwrap_or_default();
        Ok(Self {
            escrow: money.escrow.saturating_to(),
            grants: money.grants.saturating_to(),
            exiting: money.exiting.saturating_to(),
            exit_at: money.exitAt.saturating_to(),
            credit: money.credit.saturating_to(),
            income: at.view("app-fees", &AppFees::incomeOfCall { epoch: running }).await?.own.saturating_to(),
            cap: at.wei("app-fees", &cap(running)).await?,
            next_cap: at.wei("app-fees", &cap(next)).await?,
            bought: at.view("app-fees", &AppFees::commitmentOfCall { appId: id, epoch: next }).await?.saturating_to(),
            through: life.committedThrough.saturating_to(),
            closed: at.view("agent-store", &AgentStore::appCall { appId: id }).await?.closed,
            holds: at.balance(account).await?,
            epochs,
            price: at.wei("app-fees", &AppFees::unitPriceOfCall { epoch: next }).await?,
            discount: points(discount),
            builders: points(split.buildersShare),
        })
    }

    /// What units of the next epoch cost as a commitment, in wei, rounded up.
    pub(super) fn commitment_cost(&self, units: u64) -> u128 {
        let weighted = u128::from(units).saturating_mul(self.discount.rest().points().into());
        narrow(divide_up(product(weighted, self.price), U256::from(BasisPoints::ONE.points())))
    }

    /// The most units that wei pay as a commitment.
    fn affordable(&self, wei: u128) -> u64 {
        let each = product(self.price, self.discount.rest().points().into());
        let most = product(wei, BasisPoints::ONE.points().into()).checked_div(each);
        most.map_or(0, |units| units.saturating_to())
    }

    fn pay(&mut self, wei: u128) -> Option<()> {
        self.holds = self.holds.checked_sub(wei)?;
        Some(())
    }
}

impl Twin for Change {
    type State = Account;

    async fn read(&self, at: &View<'_>, now: u64) -> Result<Account> {
        Account::read(at, self.app, self.account, now).await
    }

    fn apply(&self, app: &mut Account, now: u64) -> Option<()> {
        let running = app.epochs.at(now);
        match self.what {
            What::TopUp(wei) => {
                app.pay(wei)?;
                app.escrow = app.escrow.checked_add(wei)?;
            }
            What::Sponsor(wei) => {
                app.pay(wei)?;
                app.grants = app.grants.checked_add(wei)?;
            }
            What::Pay(wei, _) => {
                app.pay(wei)?;
                app.income = app.income.checked_add(wei)?;
                app.credit = app.credit.checked_add(app.builders.of(wei))?;
            }
            What::Commit { units, epochs, .. } => {
                let cost = app.commitment_cost(units);
                app.pay(cost.checked_mul(epochs.into())?)?;
                app.credit = app.credit.checked_add(app.builders.of(cost).checked_mul(epochs.into())?)?;
                app.bought = app.bought.checked_add(units)?;
                app.through = app.through.max(running + epochs);
            }
            What::Cap(wei) => (app.cap, app.next_cap) = (app.cap.max(wei), wei),
            What::RequestExit(wei) => {
                app.escrow = app.escrow.checked_sub(wei)?;
                (app.exiting, app.exit_at) = (wei, app.epochs.closes_at(running));
            }
            What::CancelExit => {
                app.escrow = app.escrow.checked_add(std::mem::take(&mut app.exiting))?;
                app.exit_at = 0;
            }
            What::Exit => {
                app.holds = app.holds.checked_add(std::mem::take(&mut app.exiting))?;
                app.exit_at = 0;
            }
            What::Close => app.closed = true,
        }
        Some(())
    }

    fn figures(&self, app: &Account) -> Vec<Figure> {
        vec![
            Figure::cor("escrow", app.escrow),
            Figure::cor("grants", app.grants),
            Figure::cor("leaving", app.exiting),
            Figure::time("leaves", app.exit_at),
            Figure::cor("builder's credit", app.credit),
            Figure::cor("income of the epoch", app.income),
            Figure::cor("fee cap", app.cap),
            Figure::cor("fee cap of the next epoch", app.next_cap),
            Figure::count("units bought for the next epoch", app.bought),
            Figure::count("committed through epoch", app.through),
            Figure::flag("closed", app.closed),
            Figure::cor("held", app.holds),
        ]
    }

    fn largest(&self, app: &Account) -> Option<u128> {
        match self.what {
            What::TopUp(_) | What::Sponsor(_) | What::Pay(..) => Some(app.holds),
            What::RequestExit(_) => Some(app.escrow),
            What::Commit { epochs, .. } => Some(app.affordable(app.holds / u128::from(epochs.max(1))).into()),
            _ => None,
        }
    }
}
