//! `corflow owner`: who owns the contracts, handing them over, and every setting with its clock.

use abi::{AgentStore, AppFees, MinerPool, MinerRewards, Staking};
use alloy_primitives::{Address, U256};
use anyhow::{Result, ensure};
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};
use words::{number::address, refusals::duration};

use super::{
    call::Call,
    clock::Epochs,
    coming::{self, Coming},
    owned::Owned,
    place::{Place, View},
    settings::{Change, Setting},
    twin::{Figure, Twin, document, lines},
    write::{Act, Writing},
};
use crate::answer::Answer;

/// What is to be done with the contracts themselves.
#[derive(Args, Clone, Debug)]
pub struct Owners {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Clone, Debug)]
enum Command {
    /// Offers a contract to an account, which must accept it; until then nothing changes.
    Propose {
        /// Which contract.
        contract: Owned,
        /// To whom.
        #[arg(value_parser = address, required_unless_present = "withdraw")]
        to: Option<Address>,
        /// Takes the offer back.
        #[arg(long, conflicts_with = "to")]
        withdraw: bool,
        #[command(flatten)]
        writing: Writing,
    },
    /// Accepts a contract that was offered to the signing account.
    Accept {
        /// Which contract.
        contract: Owned,
        #[command(flatten)]
        writing: Writing,
    },
    #[command(flatten)]
    Set(Setting),
    /// Closes a contract to people's inflows; exits stay open. The guardian or the owner.
    Pause {
        /// Which contract: all but miner-rewards.
        contract: Owned,
        #[command(flatten)]
        writing: Writing,
    },
    /// Opens it again. The owner only.
    Unpause {
        /// Which contract.
        contract: Owned,
        #[command(flatten)]
        writing: Writing,
    },
    /// Who may do what, which settings hold, and which are on their way.
    Params {
        #[command(flatten)]
        place: Place,
    },
}

impl Owners {
    /// Does what was asked.
    pub async fn run(self) -> Result<Answer> {
        match self.command {
            Command::Propose { contract, to, writing, .. } => {
                let (site, actor) = writing.begin().await?;
                writing.run(&site, &actor, &HandOver { contract, what: Step::Offer(to.unwrap_or_default()) }).await
            }
            Command::Accept { contract, writing } => {
                let (site, actor) = writing.begin().await?;
                writing.run(&site, &actor, &HandOver { contract, what: Step::Accept(actor.address()) }).await
            }
            Command::Set(setting) => setting.run().await,
            Command::Pause { contract, writing } => Change::Paused(pausable(contract)?, true).run(&writing).await,
            Command::Unpause { contract, writing } => Change::Paused(pausable(contract)?, false).run(&writing).await,
            Command::Params { place } => params(&place).await,
        }
    }
}

fn pausable(contract: Owned) -> Result<Owned> {
    ensure!(contract.pauses(), "nobody's inflow goes to {}: there is nothing to pause", contract.name());
    Ok(contract)
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Offer(Address),
    Accept(Address),
}

/// A contract on its way to another owner. All contracts have the same words for it.
#[derive(Clone, Copy, Debug)]
struct HandOver {
    contract: Owned,
    what: Step,
}

impl Twin for HandOver {
    type State = (Address, Address);

    async fn read(&self, at: &View<'_>, _: u64) -> Result<Self::State> {
        let owner = at.view(self.contract.name(), &Staking::ownerCall {}).await?;
        Ok((owner, at.view(self.contract.name(), &Staking::pendingOwnerCall {}).await?))
    }

    fn apply(&self, (owner, offered): &mut Self::State, _: u64) -> Option<()> {
        match self.what {
            Step::Offer(to) => *offered = to,
            Step::Accept(by) => (*owner, *offered) = (by, Address::ZERO),
        }
        Some(())
    }

    fn figures(&self, (owner, offered): &Self::State) -> Vec<Figure> {
        vec![Figure::account("owner", *owner), Figure::account("offered to", *offered)]
    }
}

impl Act for HandOver {
    fn call(&self) -> Call {
        let name = self.contract.name();
        match self.what {
            Step::Offer(Address::ZERO) => {
                let call = Staking::transferOwnershipCall { newOwner: Address::ZERO };
                Call::new(format!("take back the offer of {name}"), name, &call)
            }
            Step::Offer(to) => Call::new(format!("offer {name} to {to}"), name, &Staking::transferOwnershipCall { newOwner: to }),
            Step::Accept(_) => Call::new(format!("accept {name}"), name, &Staking::acceptOwnershipCall {}),
        }
    }
}

async fn params(place: &Place) -> Result<Answer> {
    let site = place.site().await?;
    let view = site.latest().await?;
    let context = site.context(Address::ZERO);
    let (mut json, mut text) = (Map::new(), format!("as of block {}", view.number));
    for contract in Owned::ALL {
        let name = contract.name();
        let mut figures = roles(&view, name).await?;
        figures.extend(settings(&view, contract).await?);
        json.insert(name.to_owned(), document(&figures));
        text += &format!("\n\n{name}\n{}", lines(&figures, &context));
    }
    let attesters = view.view("miner-rewards", &MinerRewards::attestersCall {}).await?;
    let named: Vec<Value> = attesters.iter().map(|it| it.to_string().into()).collect();
    for (at, attester) in attesters.iter().enumerate() {
        text += &format!("\nattester {at}  {attester}");
    }
    json.insert("attesters".to_owned(), named.into());
    let (coming, _) = coming::read(&view, Epochs::read(&view).await?).await?;
    text += if coming.is_empty() { "\n\nnothing is on its way" } else { "\n\non their way" };
    for it in &coming {
        text += &format!("\n{}", it.text(&context));
    }
    let coming: Vec<Value> = coming.iter().map(Coming::json).collect();
    Ok(Answer::good(json!({"block": view.number, "contracts": json, "coming": coming}), text))
}

async fn roles(view: &View<'_>, name: &'static str) -> Result<Vec<Figure>> {
    let coming = view.view(name, &Staking::pendingGuardianCall {}).await?;
    let mut figures = vec![
        Figure::account("owner", view.view(name, &Staking::ownerCall {}).await?),
        Figure::account("offered to", view.view(name, &Staking::pendingOwnerCall {}).await?),
        Figure::account("guardian", view.view(name, &Staking::guardianCall {}).await?),
        Figure::account("guardian to come", coming.guardian),
        Figure::time("guardian from", coming.activeAt.saturating_to()),
    ];
    // Nobody's inflow goes to miner-rewards, so that it has no pause.
    if name != "miner-rewards" {
        figures.push(Figure::flag("paused", view.view(name, &Staking::pausedCall {}).await?));
    }
    Ok(figures)
}

async fn settings(view: &View<'_>, contract: Owned) -> Result<Vec<Figure>> {
    let running = Epochs::read(view).await?.at(view.time);
    let epoch = |ahead: u64| U256::from(running + ahead);
    let count = |value: U256| value.saturating_to::<u64>();
    Ok(match contract {
        Owned::Staking => {
            let cooldown = view.view("staking", &Staking::cooldownCall {}).await?;
            vec![
                Figure::count("incentives in percent", count(view.view("staking", &Staking::aprCall {}).await?)),
                Figure::seconds("cooldown", count(cooldown)),
                Figure::seconds("delay of roles", count(view.view("staking", &Staking::delayCall {}).await?)),
                Figure::seconds("epoch", count(view.view("staking", &Staking::epochLengthCall {}).await?)),
                Figure::cor("reference supply", view.wei("staking", &Staking::referenceSupplyCall {}).await?),
            ]
        }
        Owned::AppFees => {
            let price = |ahead| AppFees::unitPriceOfCall { epoch: epoch(ahead) };
            let split = view.view("app-fees", &AppFees::splitOfCall { epoch: epoch(0) }).await?;
            let treasury = view.view("app-fees", &AppFees::pendingTreasuryCall {}).await?;
            vec![
                Figure::cor("price of a unit", view.wei("app-fees", &price(0)).await?),
                Figure::cor("price in the next epoch", view.wei("app-fees", &price(1)).await?),
                Figure::cor("price in the one after", view.wei("app-fees", &price(2)).await?),
                points("commitment discount", view.view("app-fees", &AppFees::discountOfCall { epoch: epoch(0) }).await?),
                points("miners' share", split.minersShare),
                points("treasury's share", split.treasuryShare),
                points("burnt share", split.burnShare),
                points("builders' share", split.buildersShare),
                Figure::seconds("grace", count(view.view("app-fees", &AppFees::graceCall {}).await?)),
                Figure::seconds("delay of roles", count(view.view("app-fees", &AppFees::delayCall {}).await?)),
                Figure::account("treasury", view.view("app-fees", &AppFees::treasuryCall {}).await?),
                Figure::account("treasury to come", treasury.treasury),
                Figure::time("treasury from", treasury.activeAt.saturating_to()),
            ]
        }
        Owned::AgentStore => {
            let free = view.view("agent-store", &AgentStore::freeBudgetOfCall { epoch: epoch(0) }).await?;
            vec![
                Figure::account("curator", view.view("agent-store", &AgentStore::curatorCall {}).await?),
                Figure::cor("bond", view.wei("agent-store", &AgentStore::bondCall {}).await?),
                Figure::count("free budget in units", count(free.budget)),
                Figure::count("starter allowance in units", count(free.starter)),
                Figure::count("allotted units", count(view.view("agent-store", &AgentStore::allottedCall {}).await?)),
            ]
        }
        Owned::MinerRewards => {
            let quorum = view.view("miner-rewards", &MinerRewards::quorumCall {}).await?;
            let coming = view.view("miner-rewards", &MinerRewards::pendingAttestersCall {}).await?;
            vec![
                Figure::count("attesters", count(quorum.attesters)),
                Figure::count("quorum", count(quorum.quorum)),
                Figure::seconds("window of a root", count(view.view("miner-rewards", &MinerRewards::windowCall {}).await?)),
                Figure::seconds("delay of roles", count(view.view("miner-rewards", &MinerRewards::delayCall {}).await?)),
                Figure::time("other attesters from", coming.activeAt.saturating_to()),
            ]
        }
        Owned::MinerPool => {
            let formula = view.view("miner-pool", &MinerPool::parametersCall {}).await?;
            let retirement = view.view("miner-pool", &MinerPool::retirementCall {}).await?;
            vec![
                Figure::share("decay of an epoch", formula.decay.saturating_to(), WAD),
                Figure::share("taper by usage", formula.usageTaper.saturating_to(), WAD),
                Figure::share("taper by stake", formula.stakeTaper.saturating_to(), WAD),
                Figure::share("floor", formula.floor.saturating_to(), WAD),
                Figure::account("reserve retires to", retirement.recipient),
            ]
        }
    })
}

const WAD: u128 = 1_000_000_000_000_000_000;

fn points(name: &'static str, points: U256) -> Figure {
    Figure::share(name, points.saturating_to(), 10_000)
}

/// Where the epoch is to be read.
#[derive(Args, Clone, Debug)]
pub struct ShowEpoch {
    #[command(flatten)]
    place: Place,
}

impl ShowEpoch {
    /// Reads it.
    pub async fn run(self) -> Result<Answer> {
        let site = self.place.site().await?;
        let view = site.latest().await?;
        let epochs = Epochs::read(&view).await?;
        let running = epochs.at(view.time);
        let epoch = U256::from(running);
        let count = |value: U256| value.saturating_to::<u64>();
        let income = view.view("app-fees", &AppFees::incomeOfCall { epoch }).await?;
        let next: u64 = count(view.view("miner-pool", &MinerPool::nextEpochCall {}).await?);
        let reserve = view.view("miner-pool", &MinerPool::reserveCall {}).await?;
        let figures = [
            Figure::count("epoch", running),
            Figure::time("began", epochs.start(running)),
            Figure::time("ends", epochs.start(running + 1)),
            Figure::cor("price of a unit", view.wei("app-fees", &AppFees::unitPriceOfCall { epoch }).await?),
            Figure::cor("paid by apps", income.own.saturating_to()),
            Figure::cor("paid from grants", income.granted.saturating_to()),
            Figure::cor("average stake", view.wei("staking", &Staking::averageStakeCall { epoch }).await?),
            Figure::count("next to close", next),
            Figure::time("closes", epochs.closes_at(next)),
            Figure::count("due now", count(view.view("miner-pool", &MinerPool::dueCall {}).await?)),
            Figure::cor("reserve", reserve.reserve.saturating_to()),
            // Else a pool that was just filled says that it has nothing.
            Figure::cor("deposits to come", reserve.deposits.saturating_to()),
            Figure::cor("most it can emit", view.wei("miner-pool", &MinerPool::capCall {}).await?),
        ];
        let left = epochs.start(running + 1).saturating_sub(view.time);
        let json = json!({"block": view.number, "time": view.time, "epoch": document(&figures)});
        let text = format!("{}\n{} to go", lines(&figures, &site.context(Address::ZERO)), duration(left));
        Ok(Answer::good(json, text))
    }
}
