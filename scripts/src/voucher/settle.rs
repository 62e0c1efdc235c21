//! `corflow voucher settle`: vouchers to app-fees, in batches; before and after, what each of them comes to, in words.

use std::path::{Path, PathBuf};

use abi::AppFees::{self, Status};
use alloy::eips::BlockNumberOrTag;
use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, SolEventInterface};
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde_json::{Value, json};
use words::number::{address, cor};

use super::{
    domain::same_domain,
    file::{Count, Number, Place, Voucher, read},
};
use crate::{
    answer::Answer,
    chain::{Chain, Mined, Order},
    keys::{Actor, Keys, Prepared},
    names::Names,
    places::Places,
};

/// The most vouchers that app-fees takes at once.
const BATCH: usize = 50;

/// Which vouchers, and where they count.
#[derive(Args, Clone, Debug)]
pub struct Settle {
    /// The vouchers.
    #[arg(required = true, value_name = "FILE")]
    vouchers: Vec<PathBuf>,
    /// The chain.
    #[arg(long, value_name = "URL")]
    rpc: String,
    /// The file of the deployment; without it, the one of this chain in deployments/.
    #[arg(long, value_name = "FILE")]
    deployments: Option<PathBuf>,
    /// The app-fees contract, where there is no such file.
    #[arg(long, value_parser = address, value_name = "ADDRESS", conflicts_with = "deployments")]
    app_fees: Option<Address>,
    /// Says what would be counted now, and sends nothing. Needs no key.
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    keys: Keys,
}

/// A voucher that was read, or why it was left out.
struct Slip {
    path: PathBuf,
    count: Count,
    voucher: AppFees::Voucher,
}

/// What a voucher came to, or would.
struct Outcome {
    taken: AppFees::Taken,
    /// The largest number of units of its epoch that would be counted whole now, where not all of them were.
    largest: Option<U256>,
}

impl Settle {
    /// Does what was asked.
    pub async fn run(self) -> Result<Answer> {
        let mut chain = Chain::attach(&self.rpc).await?;
        let app_fees = match self.app_fees {
            Some(app_fees) => app_fees,
            None => Places::read(self.deployments.as_deref(), chain.id())?.fees,
        };
        let place = Place { chain_id: Number(U256::from(chain.id())), app_fees };
        same_domain(chain.provider(), place).await?;
        let actor = if self.check { None } else { Some(self.keys.actor().await?) };
        let mut told = Told::default();
        let mut slips = Vec::new();
        for path in &self.vouchers {
            match slip(path, place) {
                Ok(slip) => slips.push(slip),
                Err(error) => told.leave_out(path, &error),
            }
        }
        let mut prepared = Vec::new();
        for batch in slips.chunks(BATCH) {
            self.batch(&mut chain, app_fees, actor.as_ref(), batch, &mut told, &mut prepared).await?;
        }
        if let Some(Actor::Elsewhere(from, outbox)) = &actor
            && !prepared.is_empty()
        {
            outbox.write(chain.id(), *from, &prepared)?;
            told.text += &format!("{} transactions are written for {from} to sign\n", prepared.len());
        }
        Ok(told.answer(self.check))
    }

    /// Previews a batch, sends what of it would be counted, and tells both.
    async fn batch(
        &self,
        chain: &mut Chain,
        app_fees: Address,
        actor: Option<&Actor>,
        batch: &[Slip],
        told: &mut Told,
        prepared: &mut Vec<Prepared>,
    ) -> Result<()> {
        let from = actor.map_or(Address::ZERO, Actor::address);
        let outcomes = preview(chain, app_fees, from, batch).await?;
        let mut counting = Vec::new();
        for (slip, outcome) in batch.iter().zip(&outcomes) {
            let will = outcome.taken.units > U256::ZERO;
            told.voucher(slip, outcome, if self.check || !will { "now" } else { "preview" });
            if will {
                counting.push(slip);
            }
        }
        let Some(actor) = actor.filter(|_| !counting.is_empty()) else { return Ok(()) };
        let vouchers: Vec<_> = counting.iter().map(|it| it.voucher.clone()).collect();
        let says = format!("settles {} vouchers", vouchers.len());
        let order = Order::call(app_fees, &AppFees::settleManyCall { vouchers });
        match actor {
            Actor::Here(signer) => {
                let mined = chain.send_by(signer.address(), &signer.wallet(), order).await?;
                if let Some(data) = &mined.reverted {
                    let mut names = Names::default();
                    names.add("app-fees", app_fees, AppFees::abi::contract());
                    bail!("the batch was refused in {}: {}", mined.hash, names.error_text(data));
                }
                told.sent(&mined);
                for (slip, taken) in counting.iter().zip(settled(chain, app_fees, &mined).await?) {
                    let largest = largest(chain, app_fees, slip, &taken).await?;
                    told.voucher(slip, &Outcome { taken, largest }, "settled");
                }
            }
            Actor::Elsewhere(..) => {
                prepared.push(Prepared { says, to: app_fees, value: U256::ZERO, data: order.input, gas: None });
            }
            Actor::Nobody(from) => bail!("{from} has no key here: nothing was sent"),
        }
        Ok(())
    }
}

/// Reads a voucher and checks it as the contract will: nobody should pay gas to find out.
fn slip(path: &Path, place: Place) -> Result<Slip> {
    let file: Voucher = read(path)?;
    file.verify(Some(place))?;
    Ok(Slip { path: path.to_owned(), count: file.usage, voucher: file.word()? })
}

/// What a batch would come to now: the contract's own answer to the very call, so that vouchers of one app count in turn.
async fn preview(chain: &Chain, app_fees: Address, from: Address, batch: &[Slip]) -> Result<Vec<Outcome>> {
    let call = AppFees::settleManyCall { vouchers: batch.iter().map(|it| it.voucher.clone()).collect() };
    let order = Order::call(app_fees, &call);
    let answer = match chain.ask(from, &order, BlockNumberOrTag::Latest, Default::default()).await? {
        Ok(answer) => answer,
        Err(data) => bail!("{app_fees} refuses the batch with {data}: nothing was sent"),
    };
    let taken = AppFees::settleManyCall::abi_decode_returns(&answer).context("app-fees answered something else")?;
    ensure!(taken.len() == batch.len(), "app-fees answered for {} vouchers of {}", taken.len(), batch.len());
    let mut outcomes = Vec::new();
    for (slip, taken) in batch.iter().zip(taken) {
        let largest = largest(chain, app_fees, slip, &taken).await?;
        outcomes.push(Outcome { taken, largest });
    }
    Ok(outcomes)
}

/// What `preview` says is the most that would be counted whole, where it has an answer and not all was counted.
async fn largest(chain: &Chain, app_fees: Address, slip: &Slip, taken: &AppFees::Taken) -> Result<Option<U256>> {
    let limited = matches!(taken.status, Status::FeeCap | Status::Commitment | Status::Grants | Status::Escrow | Status::Replay);
    if !limited {
        return Ok(None);
    }
    let AppFees::Voucher { appId, epoch, cumulativeUnits, .. } = slip.voucher;
    Ok(Some(chain.view(app_fees, &AppFees::previewCall { appId, epoch, cumulativeUnits }).await?.largest))
}

/// What became of each voucher of a batch, by its events: units are those that the commitment covered and those that were
/// paid, each at the epoch's price.
async fn settled(chain: &Chain, app_fees: Address, mined: &Mined) -> Result<Vec<AppFees::Taken>> {
    let mut all = Vec::new();
    for log in mined.logs.iter().filter(|log| log.address() == app_fees) {
        let event = AppFees::AppFeesEvents::decode_raw_log(log.topics(), &log.data().data);
        match event.context("app-fees logged what it does not say by its ABI")? {
            AppFees::AppFeesEvents::Settled(it) => {
                let price = chain.view(app_fees, &AppFees::unitPriceOfCall { epoch: it.epoch }).await?;
                let paid = (it.granted + it.escrowed).checked_div(price).context("a unit of app-fees costs nothing")?;
                all.push(AppFees::Taken {
                    status: it.status,
                    units: it.committed + paid,
                    committed: it.committed,
                    granted: it.granted,
                    escrowed: it.escrowed,
                });
            }
            AppFees::AppFeesEvents::NotSettled(it) => {
                let nothing = U256::ZERO;
                all.push(AppFees::Taken {
                    status: it.status,
                    units: nothing,
                    committed: nothing,
                    granted: nothing,
                    escrowed: nothing,
                });
            }
            _ => {}
        }
    }
    Ok(all)
}

/// What is said, for people and for programs.
#[derive(Default)]
struct Told {
    text: String,
    vouchers: Vec<Value>,
    transactions: Vec<Value>,
    left_out: Vec<Value>,
    counted: U256,
}

impl Told {
    fn voucher(&mut self, slip: &Slip, outcome: &Outcome, when: &str) {
        let Outcome { taken, largest } = outcome;
        let Count { app_id, epoch, cumulative_units } = slip.count;
        let why = why_not_more(taken.status, *largest);
        self.text += &format!(
            "{when:<8} {}: app {app_id}, epoch {epoch}, {cumulative_units} units in all: {} counted ({} prepaid, {} from grants, {} from \
             escrow){}{}\n",
            slip.path.display(),
            taken.units,
            taken.committed,
            cor(taken.granted.saturating_to()),
            cor(taken.escrowed.saturating_to()),
            why.as_ref().map_or_else(String::new, |why| format!("; not more: {why}")),
            if never_counts(taken.status) { "; it never counts: do not send it again" } else { "" },
        );
        if when == "preview" {
            return;
        }
        self.counted += taken.units;
        self.vouchers.push(json!({
            "file": slip.path,
            "usage": slip.count,
            "status": format!("{:?}", taken.status),
            "units": taken.units.to_string(),
            "committed": taken.committed.to_string(),
            "granted": taken.granted.to_string(),
            "escrowed": taken.escrowed.to_string(),
            "largest": largest.map(|it| it.to_string()),
            "whyNotMore": why,
            "neverCounts": never_counts(taken.status),
        }));
    }

    fn leave_out(&mut self, path: &Path, error: &anyhow::Error) {
        self.text += &format!("left out {}: {error:#}\n", path.display());
        self.left_out.push(json!({"file": path, "why": format!("{error:#}")}));
    }

    fn sent(&mut self, mined: &Mined) {
        self.text += &format!("sent     {} ({} gas)\n", mined.hash, mined.gas_used);
        self.transactions.push(json!({"transaction": mined.hash, "block": mined.block, "gas": mined.gas_used}));
    }

    fn answer(mut self, check: bool) -> Answer {
        if self.transactions.is_empty() {
            self.text += if check || self.counted > U256::ZERO {
                "nothing was sent\n"
            } else {
                "nothing would be counted: nothing was sent\n"
            };
        }
        let json = json!({
            "ok": self.left_out.is_empty(),
            "vouchers": self.vouchers,
            "leftOut": self.left_out,
            "transactions": self.transactions,
        });
        Answer { json, text: self.text, ok: self.left_out.is_empty() }
    }
}

/// Whether a voucher that was not counted never will be, whatever anybody does.
pub(super) fn never_counts(status: Status) -> bool {
    matches!(status, Status::ClosedEpoch | Status::BadSignature | Status::ClosedApp | Status::TooManyUnits)
}

/// Why no more of a voucher was counted, and what helps; nothing where all of it was.
pub(super) fn why_not_more(status: Status, largest: Option<U256>) -> Option<String> {
    let most = largest.map_or_else(String::new, |it| format!(" ({it} units in all would pass whole now)"));
    Some(match status {
        Status::Settled => return None,
        Status::FeeCap => format!(
            "the epoch's fee cap leaves no room{most}; the owner may raise it (setFeeCap holds for open epochs at once), and the same \
             voucher may come again"
        ),
        Status::Commitment => {
            format!(
                "the commitment is used up, and the app has nothing else to pay with{most}; top it up, and send the voucher again"
            )
        }
        Status::Grants => format!("the grants are used up, and there is no escrow{most}; top it up, and send the voucher again"),
        Status::Escrow => format!("the escrow is used up{most}; top it up while the epoch is open, and send the voucher again"),
        Status::ClosedEpoch => "its epoch takes no more vouchers: what was not counted by the end of grace never is".into(),
        Status::FutureEpoch => "its epoch has not begun: send it when it has".into(),
        Status::BadSignature => "it is not signed by the app's signer of that epoch: sign it with that key".into(),
        Status::Replay => format!("as many units or more were counted before{most}: there is nothing to do"),
        Status::UnknownApp => "there is no such app, or it had no signer in that epoch: is the app's number right?".into(),
        Status::ClosedApp => "the app was closed before that epoch: nothing of it counts".into(),
        Status::TooManyUnits => "the number of units exceeds 64 bits: it is no count".into(),
        Status::__Invalid => "app-fees gives a reason that this version does not know: update corflow".into(),
    })
}
