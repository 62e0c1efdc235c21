//! `corflow owner set-…`: what the owner may change, each with the clock that it has; and pausing.

use abi::{AgentStore, AppFees, MinerRewards, Staking};
use alloy_primitives::{Address, U256};
use anyhow::{Result, bail};
use clap::Subcommand;
use words::{
    amount::{Cor, Units},
    number::{address, decimal, plain},
};

use super::{
    call::Call,
    clock::Epochs,
    owned::Owned,
    place::View,
    twin::{Figure, Quantity, Twin},
    write::{Act, Writing},
};
use crate::answer::Answer;

/// The names of the attesters to come, as many as there may be.
const ATTESTERS: [&str; 15] = [
    "attester 1",
    "attester 2",
    "attester 3",
    "attester 4",
    "attester 5",
    "attester 6",
    "attester 7",
    "attester 8",
    "attester 9",
    "attester 10",
    "attester 11",
    "attester 12",
    "attester 13",
    "attester 14",
    "attester 15",
];

/// A setting, and what it is to be.
#[derive(Subcommand, Clone, Debug)]
pub(super) enum Setting {
    /// What a unit of usage costs, from the epoch after the next one on: at most doubled or halved against the epoch before.
    #[command(name = "set-price")]
    Price {
        /// In COR.
        price: Cor,
        #[command(flatten)]
        writing: Writing,
    },
    /// What is taken off for commitments, from the next epoch on.
    #[command(name = "set-discount")]
    Discount {
        /// In percent, at most 50.
        #[arg(value_parser = points)]
        percent: u16,
        #[command(flatten)]
        writing: Writing,
    },
    /// How fees are split, from the next epoch on. Builders' part is fixed, and stakers have the rest.
    #[command(name = "set-split")]
    Split {
        /// Miners' part, in percent.
        #[arg(long, value_name = "PERCENT", value_parser = points)]
        miners: u16,
        /// The treasury's.
        #[arg(long, value_name = "PERCENT", value_parser = points)]
        treasury: u16,
        /// What is burnt.
        #[arg(long, value_name = "PERCENT", value_parser = points)]
        burn: u16,
        #[command(flatten)]
        writing: Writing,
    },
    /// Units of all free allowances together, and of an app that starts, from the next epoch on.
    #[command(name = "set-free-budget")]
    FreeBudget {
        /// All of them.
        budget: Units,
        /// A starter's, at most 1 % of that.
        #[arg(long)]
        starter: Units,
        #[command(flatten)]
        writing: Writing,
    },
    /// Who attests, after the delay; naming again replaces who was named before.
    #[command(name = "set-attesters")]
    Attesters {
        /// All of them.
        #[arg(required = true, value_parser = address, value_name = "ADDRESS")]
        attesters: Vec<Address>,
        /// How many of them are a quorum: more than half.
        #[arg(long, value_name = "NUMBER")]
        quorum: u64,
        #[command(flatten)]
        writing: Writing,
    },
    /// Who may pause a contract, or extend a root at miner-rewards, after the delay.
    #[command(name = "set-guardian")]
    Guardian {
        /// Where.
        contract: Owned,
        /// Who.
        #[arg(value_parser = address)]
        guardian: Address,
        #[command(flatten)]
        writing: Writing,
    },
    /// Who moves free allowances, after the delay.
    #[command(name = "set-curator")]
    Curator {
        /// Who.
        #[arg(value_parser = address)]
        curator: Address,
        #[command(flatten)]
        writing: Writing,
    },
    /// Whom the treasury's part is paid to, after the delay.
    #[command(name = "set-treasury")]
    Treasury {
        /// Whom.
        #[arg(value_parser = address)]
        treasury: Address,
        #[command(flatten)]
        writing: Writing,
    },
}

impl Setting {
    /// Sets it, or says what would happen.
    pub(super) async fn run(self) -> Result<Answer> {
        let (change, writing) = match self {
            Self::Price { price, writing } => (Change::Price(price.0), writing),
            Self::Discount { percent, writing } => (Change::Discount(percent), writing),
            Self::Split { miners, treasury, burn, writing } => (Change::Split([miners, treasury, burn]), writing),
            Self::FreeBudget { budget, starter, writing } => (Change::FreeBudget(budget.0, starter.0), writing),
            Self::Attesters { attesters, quorum, writing } => {
                if attesters.len() > ATTESTERS.len() {
                    bail!("{} attesters are too many: there are at most {}", attesters.len(), ATTESTERS.len());
                }
                (Change::Attesters(attesters, quorum), writing)
            }
            Self::Guardian { contract, guardian, writing } => (Change::Guardian(contract, guardian), writing),
            Self::Curator { curator, writing } => (Change::Curator(curator), writing),
            Self::Treasury { treasury, writing } => (Change::Treasury(treasury), writing),
        };
        change.run(&writing).await
    }
}

/// What is changed.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// Wei of a unit.
    Price(u128),
    /// Parts of 10,000.
    Discount(u16),
    /// Miners', the treasury's and the burnt part, of 10,000.
    Split([u16; 3]),
    /// Units: all, and a starter's.
    FreeBudget(u64, u64),
    /// Who, and how many are a quorum.
    Attesters(Vec<Address>, u64),
    /// Where, and who.
    Guardian(Owned, Address),
    /// Who.
    Curator(Address),
    /// Whom.
    Treasury(Address),
    /// Whether a contract takes no inflows.
    Paused(Owned, bool),
}

impl Change {
    pub(super) async fn run(&self, writing: &Writing) -> Result<Answer> {
        let (site, actor) = writing.begin().await?;
        writing.run(&site, &actor, self).await
    }

    const fn contract(&self) -> &'static str {
        match self {
            Self::Price(_) | Self::Discount(_) | Self::Split(_) | Self::Treasury(_) => "app-fees",
            Self::FreeBudget(..) | Self::Curator(_) => "agent-store",
            Self::Attesters(..) => "miner-rewards",
            Self::Guardian(contract, _) | Self::Paused(contract, _) => contract.name(),
        }
    }
}

/// What is there, and the delay of the contract in seconds.
#[derive(Clone, Debug)]
pub(super) struct State {
    figures: Vec<Figure>,
    delay: u64,
    builders: u128,
}

impl Twin for Change {
    type State = State;

    async fn read(&self, at: &View<'_>, now: u64) -> Result<State> {
        let running = Epochs::read(at).await?.at(now);
        let epoch = |ahead: u64| U256::from(running + ahead);
        let (name, mut builders) = (self.contract(), 0);
        let figures = match self {
            Self::Price(_) => {
                let price = |ahead| AppFees::unitPriceOfCall { epoch: epoch(ahead) };
                vec![
                    Figure::cor("price of a unit", at.wei(name, &price(0)).await?),
                    Figure::cor("in the next epoch", at.wei(name, &price(1)).await?),
                    Figure::cor("in the one after", at.wei(name, &price(2)).await?),
                ]
            }
            Self::Discount(_) => {
                let discount = |ahead| AppFees::discountOfCall { epoch: epoch(ahead) };
                vec![
                    part("commitment discount", at.view(name, &discount(0)).await?),
                    part("in the next epoch", at.view(name, &discount(1)).await?),
                ]
            }
            Self::Split(_) => {
                let split = at.view(name, &AppFees::splitOfCall { epoch: epoch(1) }).await?;
                builders = split.buildersShare.saturating_to();
                let [miners, treasury, burn] = [split.minersShare, split.treasuryShare, split.burnShare];
                let rest = U256::from(10_000).saturating_sub(miners + treasury + burn + split.buildersShare);
                vec![
                    part("miners' share", miners),
                    part("treasury's share", treasury),
                    part("burnt share", burn),
                    part("stakers' share", rest),
                ]
            }
            Self::FreeBudget(..) => {
                let free = at.view(name, &AgentStore::freeBudgetOfCall { epoch: epoch(1) }).await?;
                vec![
                    Figure::count("free budget in units", free.budget.saturating_to()),
                    Figure::count("starter allowance in units", free.starter.saturating_to()),
                ]
            }
            Self::Attesters(..) => {
                let coming = at.view(name, &MinerRewards::pendingAttestersCall {}).await?;
                named(&coming.attesters, coming.quorum.saturating_to(), coming.activeAt.saturating_to())
            }
            Self::Guardian(..) => {
                let coming = at.view(name, &Staking::pendingGuardianCall {}).await?;
                role("guardian to come", coming.guardian, coming.activeAt)
            }
            Self::Curator(_) => {
                let coming = at.view(name, &AgentStore::pendingCuratorCall {}).await?;
                role("curator to come", coming.curator, coming.activeAt)
            }
            Self::Treasury(_) => {
                let coming = at.view(name, &AppFees::pendingTreasuryCall {}).await?;
                role("treasury to come", coming.treasury, coming.activeAt)
            }
            Self::Paused(..) => vec![Figure::flag("paused", at.view(name, &Staking::pausedCall {}).await?)],
        };
        let delay = at.view(name, &Staking::delayCall {}).await?.saturating_to();
        Ok(State { figures, delay, builders })
    }

    fn apply(&self, state: &mut State, now: u64) -> Option<()> {
        let from = U256::from(now.checked_add(state.delay)?);
        let figures = &mut state.figures;
        let points = |points: u16| part("", U256::from(points)).quantity;
        match self {
            Self::Price(wei) => figures.get_mut(2)?.quantity = Quantity::Cor(*wei),
            Self::Discount(discount) => figures.get_mut(1)?.quantity = points(*discount),
            Self::Split(shares) => {
                let given = shares.iter().map(|it| u128::from(*it)).sum::<u128>() + state.builders;
                let rest = u16::try_from(10_000_u128.checked_sub(given)?).ok()?;
                for (figure, share) in figures.iter_mut().zip(shares.iter().chain([&rest])) {
                    figure.quantity = points(*share);
                }
            }
            Self::FreeBudget(budget, starter) => {
                figures.get_mut(0)?.quantity = Quantity::Count(*budget);
                figures.get_mut(1)?.quantity = Quantity::Count(*starter);
            }
            Self::Attesters(attesters, quorum) => *figures = named(attesters, *quorum, from.saturating_to()),
            Self::Guardian(_, guardian) => *figures = role("guardian to come", *guardian, from),
            Self::Curator(curator) => *figures = role("curator to come", *curator, from),
            Self::Treasury(treasury) => *figures = role("treasury to come", *treasury, from),
            Self::Paused(_, paused) => figures.get_mut(0)?.quantity = Quantity::Flag(*paused),
        }
        Some(())
    }

    fn figures(&self, state: &State) -> Vec<Figure> {
        state.figures.clone()
    }
}

impl Act for Change {
    fn call(&self) -> Call {
        let name = self.contract();
        let percent = |points: &u16| format!("{} %", plain(u128::from(*points), 2));
        match self {
            Self::Price(wei) => {
                let says = format!("set the price of a unit to {}", Cor(*wei));
                Call::new(says, name, &AppFees::setUnitPriceCall { unitPrice: U256::from(*wei) })
            }
            Self::Discount(discount) => {
                let says = format!("set the commitment discount to {}", percent(discount));
                Call::new(says, name, &AppFees::setDiscountCall { discount: U256::from(*discount) })
            }
            Self::Split([miners, treasury, burn]) => {
                let [a, b, c] = [miners, treasury, burn].map(percent);
                let says = format!("split fees: {a} to miners, {b} to the treasury, {c} burnt");
                let [miners, treasury, burn] = [miners, treasury, burn].map(|it| U256::from(*it));
                Call::new(says, name, &AppFees::setSplitCall { minersShare: miners, treasuryShare: treasury, burnShare: burn })
            }
            Self::FreeBudget(budget, starter) => {
                let says = format!("set the free budget to {budget} units, and a starter's part to {starter}");
                let call = AgentStore::setFreeBudgetCall { budget: U256::from(*budget), starter: U256::from(*starter) };
                Call::new(says, name, &call)
            }
            Self::Attesters(attesters, quorum) => {
                let says = format!("name {} attesters, {quorum} of them a quorum", attesters.len());
                let call = MinerRewards::setAttestersCall { attesters: attesters.clone(), quorum: U256::from(*quorum) };
                Call::new(says, name, &call)
            }
            Self::Guardian(_, guardian) => {
                let says = format!("make {guardian} the guardian of {name}");
                Call::new(says, name, &Staking::setGuardianCall { guardian: *guardian })
            }
            Self::Curator(curator) => {
                let says = format!("make {curator} the curator");
                Call::new(says, name, &AgentStore::setCuratorCall { curator: *curator })
            }
            Self::Treasury(treasury) => {
                let says = format!("pay the treasury's part to {treasury}");
                Call::new(says, name, &AppFees::setTreasuryCall { treasury: *treasury })
            }
            Self::Paused(_, true) => Call::new(format!("pause inflows of {name}"), name, &Staking::pauseCall {}),
            Self::Paused(_, false) => Call::new(format!("open inflows of {name} again"), name, &Staking::unpauseCall {}),
        }
    }
}

/// Percent with at most two places, as parts of 10,000.
fn points(text: &str) -> Result<u16, String> {
    let number = text.trim_end_matches('%').trim_end();
    let points = decimal(number, 2).map_err(|error| error.to_string())?;
    u16::try_from(points).ok().filter(|it| *it <= 10_000).ok_or_else(|| format!("{text} is more than 100 %"))
}

fn part(name: &'static str, points: U256) -> Figure {
    Figure::share(name, points.saturating_to(), 10_000)
}

fn role(name: &'static str, account: Address, from: U256) -> Vec<Figure> {
    vec![Figure::account(name, account), Figure::time("from", from.saturating_to())]
}

/// Attesters to come; always as many figures, so that each can be compared.
fn named(attesters: &[Address], quorum: u64, from: u64) -> Vec<Figure> {
    let mut figures = vec![
        Figure::count("attesters to come", attesters.len() as u64),
        Figure::count("quorum", quorum),
        Figure::time("from", from),
    ];
    let all = attesters.iter().copied().chain(std::iter::repeat(Address::ZERO));
    figures.extend(ATTESTERS.into_iter().zip(all).map(|(name, attester)| Figure::account(name, attester)));
    figures
}

#[cfg(test)]
mod tests {
    use super::points;

    #[test]
    fn percent_are_exact_or_refused() {
        assert_eq!((points("70"), points("12.5"), points("12.5 %"), points("0.01%")), (Ok(7_000), Ok(1_250), Ok(1_250), Ok(1)));
        for wrong in ["", "%", "12,5", "0.001", "100.01", "-1", "half"] {
            assert!(points(wrong).is_err(), "{wrong}");
        }
    }
}
