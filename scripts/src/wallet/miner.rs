//! `corflow miner`: claim, where claims are paid, what is due.

use std::path::PathBuf;

use abi::MinerRewards;
use alloy_primitives::{Address, B256};
use anyhow::{Context, Result, bail, ensure};
use clap::{Args, Subcommand};
use serde_json::json;
use words::{amount::Cor, number::address, refusals::time};

use super::{
    books::Books,
    call::Call,
    failure::Failure,
    place::{Place, View},
    twin::{Figure, Twin, document, lines},
    write::{Act, Writing},
};
use crate::{answer::Answer, rewards::book::Book};

/// What is to be done for a miner.
#[derive(Args, Clone, Debug)]
pub struct Miners {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Clone, Debug)]
enum Command {
    /// Claims what a miner has earned and not yet got, for its payout address. Anyone may.
    ///
    /// The proof is of the active root: a newer one that still waits for its window pays nothing yet.
    Claim {
        /// The miner.
        #[arg(value_parser = address)]
        miner: Address,
        /// The published folder.
        #[arg(long, default_value = "rewards", value_name = "FOLDER")]
        book: PathBuf,
        /// The epoch whose tree proves it; that of the active root without it.
        #[arg(long)]
        epoch: Option<u64>,
        /// Stakes it for the payout address, which must sign.
        #[arg(long)]
        stake: bool,
        #[command(flatten)]
        writing: Writing,
    },
    /// Names or accepts the address that a miner's claims are paid to.
    Payout {
        /// The miner.
        #[arg(value_parser = address)]
        miner: Address,
        /// Offers the claims to this address, which must accept.
        #[arg(long, value_parser = address, value_name = "ADDRESS", required_unless_present_any = ["accept", "withdraw"])]
        name: Option<Address>,
        /// Takes the offer back.
        #[arg(long, conflicts_with_all = ["name", "accept"])]
        withdraw: bool,
        /// Accepts an offer made to the signing account.
        #[arg(long, conflicts_with = "name")]
        accept: bool,
        #[command(flatten)]
        writing: Writing,
    },
    /// What a miner got, what is due, and which root holds.
    Status {
        /// The miner.
        #[arg(value_parser = address)]
        miner: Address,
        /// The published folder, to see what is due.
        #[arg(long, value_name = "FOLDER")]
        book: Option<PathBuf>,
        #[command(flatten)]
        place: Place,
    },
}

impl Miners {
    /// Does what was asked.
    pub async fn run(self) -> Result<Answer> {
        match self.command {
            Command::Claim { miner, book, epoch, stake, writing } => claim(&writing, &book, miner, epoch, stake).await,
            Command::Payout { miner, name, accept, writing, .. } => {
                let (site, actor) = writing.begin().await?;
                let what = if accept { Payout::Accept(actor.address()) } else { Payout::Name(name.unwrap_or_default()) };
                writing.run(&site, &actor, &PayoutChange { miner, what }).await
            }
            Command::Status { miner, book, place } => status(&place, miner, book).await,
        }
    }
}

async fn claim(writing: &Writing, book: &PathBuf, miner: Address, epoch: Option<u64>, stake: bool) -> Result<Answer> {
    let (site, actor) = writing.begin().await?;
    let view = site.latest().await?;
    let active = view.view("miner-rewards", &MinerRewards::activeRootCall {}).await?;
    let epoch = match epoch {
        Some(epoch) => epoch,
        None if active.root.is_zero() => bail!("no root is active yet: nobody can claim; see `corflow miner status`"),
        None => active.epoch.saturating_to(),
    };
    let (cumulative, tree) = Book::at(book).tree(epoch)?;
    let proof = cumulative.proof(&tree, miner)?;
    let proof = proof.with_context(|| format!("{miner} has earned nothing up to epoch {epoch}: there is nothing to claim"))?;
    if epoch == active.epoch.saturating_to::<u64>() {
        ensure!(
            proof.root == active.root,
            "the tree of epoch {epoch} in {} has the root {}, and the active one is {}: fetch the published folder again",
            book.display(),
            proof.root,
            active.root
        );
    }
    let payout = view.view("miner-rewards", &MinerRewards::payoutOfCall { miner }).await?;
    let amount: u128 = cumulative.of(miner);
    let newer = newer(&view).await?;
    let told = writing.run(&site, &actor, &Claim { miner, payout, amount, proof: proof.proof, stake }).await;
    match (told, newer) {
        (told, None) => told,
        (Ok(mut answer), Some(newer)) => {
            answer.text += &format!("\n{newer}");
            answer.json["newer"] = newer.into();
            Ok(answer)
        }
        (Err(error), Some(newer)) => Err(match error.downcast::<Failure>() {
            Ok(Failure::Refused(mut refusal)) => {
                refusal.next += &format!("; {newer}");
                Failure::Refused(refusal).into()
            }
            Ok(other) => other.into(),
            Err(other) => other,
        }),
    }
}

/// The root that waits for its window, in words: what it adds cannot be claimed yet.
async fn newer(view: &View<'_>) -> Result<Option<String>> {
    let pending = view.view("miner-rewards", &MinerRewards::pendingRootCall {}).await?;
    let ready_at: u64 = pending.readyAt.saturating_to();
    let when = if ready_at <= view.time { "now".to_owned() } else { format!("at {}", time(ready_at)) };
    let newer =
        format!("a newer root, of epoch {}, can be activated by anyone {when}, and claimed by from then on", pending.epoch);
    Ok((!pending.root.is_zero()).then_some(newer))
}

async fn status(place: &Place, miner: Address, book: Option<PathBuf>) -> Result<Answer> {
    let site = place.site().await?;
    let view = site.latest().await?;
    let active = view.view("miner-rewards", &MinerRewards::activeRootCall {}).await?;
    let pending = view.view("miner-rewards", &MinerRewards::pendingRootCall {}).await?;
    let claimed = view.wei("miner-rewards", &MinerRewards::claimedCall { miner }).await?;
    let mut figures = vec![
        Figure::cor("claimed", claimed),
        Figure::account("paid to", view.view("miner-rewards", &MinerRewards::payoutOfCall { miner }).await?),
        Figure::account("offered to", view.view("miner-rewards", &MinerRewards::pendingPayoutCall { miner }).await?),
    ];
    if let Some(folder) = book.filter(|_| !active.root.is_zero()) {
        let (cumulative, tree) = Book::at(&folder).tree(active.epoch.saturating_to())?;
        ensure!(tree.root() == active.root, "the folder's tree of epoch {} is not the active root's", active.epoch);
        figures.push(Figure::cor("earned", cumulative.of(miner)));
        figures.push(Figure::cor("due", cumulative.of(miner).saturating_sub(claimed)));
    }
    let json = json!({
        "miner": miner.to_string(), "block": view.number, "status": document(&figures),
        "activeRoot": {"epoch": active.epoch.to_string(), "root": active.root},
        "pendingRoot": {"epoch": pending.epoch.to_string(), "root": pending.root, "readyAt": pending.readyAt.to_string()},
    });
    let mut text = format!("{miner} as of block {}\n{}", view.number, lines(&figures, &site.context(Address::ZERO)));
    text += &if active.root.is_zero() {
        "\nno root is active".to_owned()
    } else {
        format!("\nactive root   of epoch {}", active.epoch)
    };
    if !pending.root.is_zero() {
        text += &format!(
            "\npending root  of epoch {}, active at {} at the earliest",
            pending.epoch,
            time(pending.readyAt.saturating_to())
        );
    }
    Ok(Answer::good(json, text))
}

/// A claim with its proof.
#[derive(Clone, Debug)]
struct Claim {
    miner: Address,
    payout: Address,
    amount: u128,
    proof: Vec<B256>,
    stake: bool,
}

/// What a claim changes.
#[derive(Clone, Debug)]
struct Due {
    claimed: u128,
    paid: u128,
    payout: Books,
}

impl Twin for Claim {
    type State = Due;

    async fn read(&self, at: &View<'_>, _: u64) -> Result<Due> {
        let totals = at.view("miner-rewards", &MinerRewards::totalsCall {}).await?;
        Ok(Due {
            claimed: at.wei("miner-rewards", &MinerRewards::claimedCall { miner: self.miner }).await?,
            paid: totals.paid.saturating_to(),
            payout: Books::read(at, self.payout).await?,
        })
    }

    fn apply(&self, due: &mut Due, now: u64) -> Option<()> {
        due.payout.accrue(now);
        let amount = self.amount.checked_sub(due.claimed).filter(|amount| *amount > 0)?;
        due.claimed = self.amount;
        due.paid = due.paid.checked_add(amount)?;
        if self.stake {
            return due.payout.add(amount);
        }
        due.payout.holds = due.payout.holds.checked_add(amount)?;
        Some(())
    }

    fn figures(&self, due: &Due) -> Vec<Figure> {
        let mut figures = vec![Figure::cor("claimed", due.claimed), Figure::cor("paid to all miners", due.paid)];
        figures.extend(due.payout.figures());
        figures
    }
}

impl Act for Claim {
    fn call(&self) -> Call {
        let (miner, amount, proof) = (self.miner, Cor(self.amount).wei(), self.proof.clone());
        let says = format!("claim up to {} of {miner} for {}", Cor(self.amount), self.payout);
        if self.stake {
            let call = MinerRewards::claimAndStakeCall { miner, amount, proof };
            Call::new(format!("{says}, and stake it"), "miner-rewards", &call)
        } else {
            Call::new(says, "miner-rewards", &MinerRewards::claimCall { miner, amount, proof })
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Payout {
    Name(Address),
    Accept(Address),
}

/// A change of where a miner's claims are paid.
#[derive(Clone, Copy, Debug)]
struct PayoutChange {
    miner: Address,
    what: Payout,
}

impl Twin for PayoutChange {
    type State = (Address, Address);

    async fn read(&self, at: &View<'_>, _: u64) -> Result<Self::State> {
        let payout = at.view("miner-rewards", &MinerRewards::payoutOfCall { miner: self.miner }).await?;
        Ok((payout, at.view("miner-rewards", &MinerRewards::pendingPayoutCall { miner: self.miner }).await?))
    }

    fn apply(&self, (payout, offered): &mut Self::State, _: u64) -> Option<()> {
        match self.what {
            Payout::Name(to) => *offered = to,
            Payout::Accept(by) => (*payout, *offered) = (by, Address::ZERO),
        }
        Some(())
    }

    fn figures(&self, (payout, offered): &Self::State) -> Vec<Figure> {
        vec![Figure::account("paid to", *payout), Figure::account("offered to", *offered)]
    }
}

impl Act for PayoutChange {
    fn call(&self) -> Call {
        let miner = self.miner;
        match self.what {
            Payout::Name(Address::ZERO) => {
                let call = MinerRewards::namePayoutCall { miner, payout: Address::ZERO };
                Call::new(format!("take back the offer of {miner}'s claims"), "miner-rewards", &call)
            }
            Payout::Name(payout) => {
                let call = MinerRewards::namePayoutCall { miner, payout };
                Call::new(format!("offer the claims of {miner} to {payout}"), "miner-rewards", &call)
            }
            Payout::Accept(_) => {
                let call = MinerRewards::acceptPayoutCall { miner };
                Call::new(format!("accept the claims of {miner}"), "miner-rewards", &call)
            }
        }
    }
}
