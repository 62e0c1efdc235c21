//! `corflow stake`, `unstake`, `withdraw`, `claim`, `compound`, `position`.

use abi::Staking;
use alloy_primitives::Address;
use anyhow::Result;
use clap::Args;
use serde_json::json;
use words::{amount::Cor, number::address};

use super::{
    books::Books,
    call::Call,
    place::{Place, View},
    twin::{Figure, Twin, document, lines},
    write::{Act, Writing, cor},
};
use crate::answer::Answer;

/// What is to be staked.
#[derive(Args, Clone, Debug)]
pub struct Stake {
    /// How much: "1500 COR", "0.25".
    #[arg(allow_negative_numbers = true)]
    amount: Cor,
    #[command(flatten)]
    writing: Writing,
}

/// What is to leave.
#[derive(Args, Clone, Debug)]
pub struct Unstake {
    /// How much: "1500 COR", "0.25".
    #[arg(required_unless_present = "cancel", conflicts_with = "cancel", allow_negative_numbers = true)]
    amount: Option<Cor>,
    /// Puts all that is unbonding back at stake instead.
    #[arg(long)]
    cancel: bool,
    #[command(flatten)]
    writing: Writing,
}

/// What needs nothing but a signature.
#[derive(Args, Clone, Debug)]
pub struct Plain {
    #[command(flatten)]
    writing: Writing,
}

/// Whose position is to be shown.
#[derive(Args, Clone, Debug)]
pub struct ShowPosition {
    /// Whose.
    #[arg(value_parser = address)]
    account: Address,
    #[command(flatten)]
    place: Place,
}

/// A change of an account's position.
#[derive(Clone, Copy, Debug)]
struct Change {
    account: Address,
    what: What,
}

#[derive(Clone, Copy, Debug)]
enum What {
    Stake(u128),
    Unstake(u128),
    Cancel,
    Withdraw,
    Claim,
    Compound,
}

impl Stake {
    /// Does it.
    pub async fn run(self) -> Result<Answer> {
        change(&self.writing, What::Stake(self.amount.0)).await
    }
}

impl Unstake {
    /// Does it.
    pub async fn run(self) -> Result<Answer> {
        let what = self.amount.map_or(What::Cancel, |amount| What::Unstake(amount.0));
        change(&self.writing, what).await
    }
}

impl Plain {
    /// Pays out what has matured.
    pub async fn withdraw(self) -> Result<Answer> {
        change(&self.writing, What::Withdraw).await
    }

    /// Pays out rewards.
    pub async fn claim(self) -> Result<Answer> {
        change(&self.writing, What::Claim).await
    }

    /// Stakes rewards.
    pub async fn compound(self) -> Result<Answer> {
        change(&self.writing, What::Compound).await
    }
}

impl ShowPosition {
    /// Reads it.
    pub async fn run(self) -> Result<Answer> {
        let site = self.place.site().await?;
        let view = site.latest().await?;
        let books = Books::read(&view, self.account).await?;
        let figures = books.figures();
        let apr = view.view("staking", &Staking::aprCall {}).await?;
        let json = json!({
            "account": self.account.to_string(), "block": view.number, "time": view.time, "position": document(&figures),
            "apr": apr.to_string(),
        });
        let context = site.context(Address::ZERO);
        let text = format!("{} as of block {}\n{}\nup to {apr} % a year", self.account, view.number, lines(&figures, &context));
        Ok(Answer::good(json, text))
    }
}

async fn change(writing: &Writing, what: What) -> Result<Answer> {
    let (site, actor) = writing.begin().await?;
    writing.run(&site, &actor, &Change { account: actor.address(), what }).await
}

impl Twin for Change {
    type State = Books;

    async fn read(&self, at: &View<'_>, _: u64) -> Result<Books> {
        Books::read(at, self.account).await
    }

    fn apply(&self, books: &mut Books, now: u64) -> Option<()> {
        books.accrue(now);
        match self.what {
            What::Stake(amount) => {
                books.holds = books.holds.checked_sub(amount)?;
                books.add(amount)
            }
            What::Unstake(amount) => {
                books.remove(amount)?;
                let matured = if books.ready_at <= now { books.unbonding } else { 0 };
                books.unbonding = (books.unbonding - matured).checked_add(amount)?;
                books.ready_at = now.saturating_add(books.cooldown);
                books.holds = books.holds.checked_add(matured)?;
                Some(())
            }
            What::Cancel => {
                let amount = std::mem::take(&mut books.unbonding);
                books.ready_at = 0;
                books.add(amount)
            }
            What::Withdraw => {
                books.holds = books.holds.checked_add(std::mem::take(&mut books.unbonding))?;
                books.ready_at = 0;
                Some(())
            }
            What::Claim => {
                let amount = books.take_rewards()?;
                books.holds = books.holds.checked_add(amount)?;
                Some(())
            }
            What::Compound => {
                let amount = books.take_rewards()?;
                books.add(amount)
            }
        }
    }

    fn figures(&self, books: &Books) -> Vec<Figure> {
        books.figures()
    }

    fn largest(&self, books: &Books) -> Option<u128> {
        match self.what {
            What::Stake(_) => Some(books.holds),
            What::Unstake(_) => Some(books.position.stake),
            _ => None,
        }
    }
}

impl Act for Change {
    fn call(&self) -> Call {
        match self.what {
            What::Stake(amount) => {
                let staking = Staking::stakeCall { amount: Cor(amount).wei() };
                Call { by_permit: true, ..Call::new(format!("stake {}", Cor(amount)), "staking", &staking).taking(amount) }
            }
            What::Unstake(amount) => {
                let unstake = Staking::requestUnstakeCall { amount: Cor(amount).wei() };
                Call::new(format!("unstake {}", Cor(amount)), "staking", &unstake)
            }
            What::Cancel => Call::new("put what is unbonding back at stake", "staking", &Staking::cancelUnstakeCall {}),
            What::Withdraw => Call::new("withdraw what has matured", "staking", &Staking::withdrawCall {}),
            What::Claim => Call::new("claim rewards", "staking", &Staking::claimCall {}),
            What::Compound => Call::new("stake the rewards", "staking", &Staking::compoundCall {}),
        }
    }

    fn resized(&self, request: u128) -> Option<(Self, String)> {
        let what = match self.what {
            What::Stake(_) => What::Stake(request),
            What::Unstake(_) => What::Unstake(request),
            _ => return None,
        };
        Some((Self { what, ..*self }, cor(request)))
    }
}
