//! Every write goes the same way: read, predict, ask whether it would be refused, show, sign, send, wait, compare.

use std::{
    fmt::Write as _,
    io::{self, BufRead, IsTerminal, Write as _},
    time::Duration,
};

use alloy::{
    providers::Provider,
    rpc::types::{Filter, TransactionRequest, state::StateOverride},
};
use alloy_primitives::{Address, B256, U256};
use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::{Value, json};
use words::refusals::Refusal;

use super::{
    approval::{allowance, approval, approved, permit},
    call::Call,
    failure::Failure,
    place::{Place, Site, View},
    sending::{Courier, Landed, gas},
    twin::{Quantity, Twin, changes, differences, document},
};
use crate::{
    answer::Answer,
    keys::{Actor, Keys, Outbox, Prepared, Signer},
};

/// How something is written.
#[derive(Args, Clone, Debug)]
pub(super) struct Writing {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    keys: Keys,
    /// Sends nothing: says whether it would be refused, by which limit, and the largest request that passes.
    #[arg(long)]
    check: bool,
    /// Approves the amount in a transaction of its own, even where the token has permits.
    #[arg(long)]
    approve: bool,
    /// Does not ask at the terminal before sending.
    #[arg(long)]
    yes: bool,
    /// How long to wait until a transaction is in a block, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    wait: u64,
}

/// A write that has its numbers on paper, too.
pub(super) trait Act: Twin<State: Clone> + Sized {
    /// The call.
    fn call(&self) -> Call;

    /// The same with another request, in the unit of [`Twin::largest`], and what that is in words.
    fn resized(&self, _request: u128) -> Option<(Self, String)> {
        None
    }
}

impl Writing {
    /// The contracts, and who acts. Keys first: whoever cannot sign need not wait for a node.
    pub(super) async fn begin(&self) -> Result<(Site, Actor)> {
        let actor = if self.check { self.keys.asker().await? } else { self.keys.actor().await? };
        Ok((self.place.site().await?, actor))
    }

    /// Does it, or says what would happen.
    pub(super) async fn run<A: Act>(&self, site: &Site, actor: &Actor, act: &A) -> Result<Answer> {
        let account = actor.address();
        let context = site.context(account);
        let view = site.latest().await?;
        let state = act.read(&view, view.time).await?;
        let before = act.figures(&state);
        let call = act.call();
        let needs_approval = call.takes > 0 && allowance(&view, account, call.contract).await? < U256::from(call.takes);

        let refused = refusal(&view, account, &call, needs_approval).await?;
        if let Some(mut refusal) = refused {
            let largest = largest(&view, account, act, &state).await?;
            if let Some((_, words)) = &largest {
                let _ = write!(refusal.next, "; the largest request that passes is {words}");
            }
            if !self.check {
                return Err(Failure::Refused(Box::new(refusal)).into());
            }
            let json = json!({
                "ok": false, "says": call.says, "refusal": refusal.json(),
                "largest": largest.as_ref().map(|(request, _)| request.to_string()),
            });
            return Ok(Answer { json, text: format!("would be refused: {refusal}"), ok: false });
        }
        let mut predicted = state.clone();
        act.apply(&mut predicted, view.time).with_context(|| format!("{}: by our own books it is refused", call.says))?;
        let predicted = act.figures(&predicted);
        let shown = changes(&before, &predicted, &context);
        if self.check {
            let largest = largest(&view, account, act, &state).await?;
            let json = json!({
                "ok": true, "says": call.says, "block": view.number, "before": document(&before), "predicted": document(&predicted),
                "largest": largest.as_ref().map(|(request, _)| request.to_string()),
            });
            let most = largest.map(|(_, words)| format!("\nthe largest request that passes is {words}")).unwrap_or_default();
            return Ok(Answer::good(json, format!("would pass: {}\nas of block {}:\n{shown}{most}", call.says, view.number)));
        }

        let approval = needs_approval.then(|| approval(site, &call)).transpose()?;
        eprintln!("{}\nas of block {}:\n{shown}", call.says, view.number);
        match actor {
            Actor::Elsewhere(_, outbox) => {
                let written = write_down(site, &view, account, approval, &call, outbox).await?;
                let json = json!({"ok": true, "says": call.says, "written": written, "predicted": document(&predicted)});
                Ok(Answer::good(json, format!("written for a wallet to sign: {}", call.says)))
            }
            Actor::Nobody(_) => bail!("--from alone signs nothing: add --check, or say who signs"),
            Actor::Here(signer) => {
                self.confirm()?;
                self.sign_and_send(site, signer, act, call, approval).await
            }
        }
    }

    async fn sign_and_send<A: Act>(
        &self,
        site: &Site,
        signer: &Signer,
        act: &A,
        mut call: Call,
        approval: Option<Prepared>,
    ) -> Result<Answer> {
        let courier = Courier { site, signer, patience: Duration::from_secs(self.wait) };
        let (mut landed, mut approved) = (Vec::new(), Value::Null);
        if let Some(approval) = approval {
            let permit = match (call.by_permit, self.approve) {
                (false, _) => Err("only staking takes permits"),
                (true, true) => Err("--approve asks for it"),
                (true, false) => permit(site, signer, &call).await?,
            };
            match permit {
                Ok(input) => (call.input, approved) = (input, json!({"by": "permit"})),
                Err(why) => {
                    eprintln!("the amount is approved first, in a transaction of its own: {why}");
                    approved = json!({"by": "transaction", "why": why});
                    landed.push(courier.send("cor-token", approval.data, approval.says).await?);
                    let view = site.latest().await?;
                    if let Some(refusal) = refusal(&view, signer.address(), &call, false).await? {
                        return Err(Failure::Refused(Box::new(refusal)).into());
                    }
                }
            }
        }
        let last = courier.send(call.contract, call.input.clone(), call.says.clone()).await?;
        let (block, hash) = (last.block, last.receipt.transaction_hash);
        landed.push(last);
        match compared(site, signer.address(), act, &call, &landed, approved).await {
            Err(error) if !matches!(error.downcast_ref(), Some(Failure::Differs { .. })) => {
                Err(error.context(format!("it is done, in block {block} by {hash}, but what it changed could not be compared")))
            }
            told => told,
        }
    }

    /// Asks at the terminal; elsewhere nobody is there to answer.
    fn confirm(&self) -> Result<()> {
        if self.yes || !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return Ok(());
        }
        eprint!("send? [y/N] ");
        io::stderr().flush()?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        if answer.trim().eq_ignore_ascii_case("y") { Ok(()) } else { bail!("nothing was sent") }
    }
}

/// What the last transaction changed in its block, held against what it should have.
async fn compared<A: Act>(
    site: &Site,
    account: Address,
    act: &A,
    call: &Call,
    landed: &[Landed],
    approved: Value,
) -> Result<Answer> {
    let last = landed.last().context("nothing was sent")?;
    let (block, hash) = (last.block, last.receipt.transaction_hash);
    let parent = site.at(block - 1).await?;
    let here = site.at(block).await?;
    let state = act.read(&parent, here.time).await?;
    let before = act.figures(&state);
    let mut predicted = state;
    let applied = act.apply(&mut predicted, here.time);
    let predicted = act.figures(&predicted);
    let actual = act.figures(&act.read(&here, here.time).await?);
    let context = site.context(account);
    let shared = shared(site, block, hash).await?;
    let mut differ = differences(&predicted, &actual, &context);
    if applied.is_none() {
        differ.push("  by our own books it is refused".to_owned());
    }

    let transactions: Vec<Value> = landed.iter().map(Landed::json).collect();
    let json = json!({
        "ok": differ.is_empty() || shared, "says": call.says, "transactions": transactions,
        "before": document(&before), "predicted": document(&predicted), "actual": document(&actual),
        "compared": !shared, "approved": &approved,
    });
    if !differ.is_empty() && !shared {
        return Err(Failure::Differs { hash, differences: differ, json }.into());
    }
    let mut text = format!("done: {} (block {block}, {hash})\n{}", call.says, changes(&before, &actual, &context));
    if let Some(why) = approved["why"].as_str() {
        let _ = write!(text, "\napproved first: {why}");
    }
    let fee = landed.iter().map(Landed::fee).sum::<u128>();
    let _ = write!(text, "\nfee  {} ETH", words::number::plain(fee, 18));
    text += if shared {
        "\nnot compared with the prediction: others changed the same contracts in this block"
    } else {
        "\nas predicted, to the wei"
    };
    Ok(Answer::good(json, text))
}

/// The largest request that passes, with its words; the chain is asked, so that it is one.
async fn largest<A: Act>(view: &View<'_>, account: Address, act: &A, state: &A::State) -> Result<Option<(u128, String)>> {
    let Some(request) = act.largest(state).filter(|request| *request > 0) else { return Ok(None) };
    let Some((resized, words)) = act.resized(request) else { return Ok(None) };
    let call = resized.call();
    let needs_approval = call.takes > 0 && allowance(view, account, call.contract).await? < U256::from(call.takes);
    let refused = refusal(view, account, &call, needs_approval).await?;
    Ok(refused.is_none().then_some((request, words)))
}

/// Why a call would be refused. Where an approval comes first, it is asked as if that had been given.
async fn refusal(view: &View<'_>, account: Address, call: &Call, needs_approval: bool) -> Result<Option<Refusal>> {
    let to = view.site.contract(call.contract)?;
    let request = TransactionRequest::default().from(account).to(to).input(call.input.clone().into());
    let overrides = if needs_approval { approved(view, account, to, call.takes).await? } else { Some(StateOverride::default()) };
    let assumed = overrides.is_some();
    match view.ask(request, overrides.unwrap_or_default()).await? {
        Ok(_) => Ok(None),
        Err(data) => {
            let refusal = Refusal::of(call.contract, &data, &view.site.context(account));
            // A token whose allowances cannot be found says this until it is approved, and nothing about what comes after.
            let only_approval = !assumed && refusal.root().error == "ERC20InsufficientAllowance";
            Ok((!only_approval).then_some(refusal))
        }
    }
}

/// Writes transactions down for somebody who signs elsewhere.
async fn write_down(
    site: &Site,
    view: &View<'_>,
    account: Address,
    approval: Option<Prepared>,
    call: &Call,
    outbox: &Outbox,
) -> Result<Value> {
    let to = site.contract(call.contract)?;
    let gas = match &approval {
        Some(_) => None,
        None => Some(
            gas(
                site,
                call.contract,
                TransactionRequest::default().from(account).to(to).input(call.input.clone().into()),
                view.number,
            )
            .await?,
        ),
    };
    let last = Prepared { says: call.says.clone(), to, value: U256::ZERO, data: call.input.clone(), gas };
    let all: Vec<Prepared> = approval.into_iter().chain([last]).collect();
    Ok(outbox.write(site.chain_id, account, &all)?)
}

/// Whether another transaction of the same block touched the contracts: then the block's ends say nothing about this one alone.
async fn shared(site: &Site, block: u64, hash: B256) -> Result<bool> {
    let contracts: Vec<Address> = site.contracts().map(|(_, address)| address).collect();
    let filter = Filter::new().select(block).address(contracts);
    let logs = site.provider.get_logs(&filter).await.map_err(|error| site.failure(&error))?;
    Ok(logs.iter().any(|log| log.transaction_hash != Some(hash)))
}

/// A request in COR, in words.
pub(super) fn cor(wei: u128) -> String {
    Quantity::Cor(wei).text(&Default::default())
}
