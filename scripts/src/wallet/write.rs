//! Every write goes the same way: read, predict, ask whether it would be refused, show, sign, send, wait, compare.

use std::{
    fmt::Write as _,
    io::{self, BufRead, IsTerminal, Write as _},
    time::Duration,
};

use abi::CorToken;
use alloy::{
    eips::Encodable2718,
    network::{NetworkTransactionBuilder, TransactionBuilder},
    providers::Provider,
    rpc::types::{
        Filter, TransactionReceipt, TransactionRequest,
        state::{AccountOverride, StateOverride},
    },
};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256, uint};
use alloy_sol_types::SolCall;
use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use words::{
    amount::Cor,
    refusals::{Kind, Refusal},
};

use super::{
    failure::Failure,
    place::{Place, Site, View, ensure_known},
    twin::{Quantity, Twin, changes, differences, document},
};
use crate::{
    answer::Answer,
    keys::{Actor, Keys, Outbox, Prepared, Signer},
};

/// How long a transaction may take to be in a block.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long a permit holds, in seconds.
const PERMIT_LIFE: u64 = 3_600;
/// Slots of the allowances in tokens that are around: ours, OpenZeppelin's of old and of today, and what lies near.
const ALLOWANCE_SLOTS: [u64; 10] = [2, 1, 0, 3, 4, 5, 6, 7, 51, 52];
/// Where OpenZeppelin's upgradeable ERC-20 has its allowances: one behind the slot of its name (ERC-7201).
const ALLOWANCES_UPGRADEABLE: U256 = uint!(0x52c63247e1f47db19d5ce0460030c497f067ca4cebf71ba98eeadabe20bace01_U256);

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
}

/// A call to one of the contracts.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// What it does, in words.
    pub(super) says: String,
    /// The contract's package.
    pub(super) contract: &'static str,
    /// What it is called with.
    pub(super) input: Bytes,
    /// Wei of the caller's COR that it takes.
    pub(super) takes: u128,
    /// Whether `stakeWithPermit` does the same.
    pub(super) by_permit: bool,
}

impl Call {
    /// A call that takes no COR.
    pub(super) fn new(says: impl Into<String>, contract: &'static str, call: &impl SolCall) -> Self {
        Self { says: says.into(), contract, input: call.abi_encode().into(), takes: 0, by_permit: false }
    }

    /// The same, taking COR by an allowance.
    pub(super) fn taking(self, wei: u128) -> Self {
        Self { takes: wei, ..self }
    }
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

/// The transaction of a write, in its block.
struct Landed {
    says: String,
    receipt: TransactionReceipt,
    block: u64,
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
        let account = signer.address();
        let mut landed = Vec::new();
        if let Some(approval) = approval {
            let permit = if call.by_permit && !self.approve { permit(site, signer, &call).await? } else { None };
            match permit {
                Some(input) => call.input = input,
                None => {
                    let contract = site.contract("cor-token")?;
                    landed.push(send(site, signer, contract, approval.data, approval.says, "cor-token").await?);
                    let view = site.latest().await?;
                    if let Some(refusal) = refusal(&view, account, &call, false).await? {
                        return Err(Failure::Refused(Box::new(refusal)).into());
                    }
                }
            }
        }
        let last =
            send(site, signer, site.contract(call.contract)?, call.input.clone(), call.says.clone(), call.contract).await?;
        let (block, hash) = (last.block, last.receipt.transaction_hash);
        landed.push(last);

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
            "compared": !shared,
        });
        if !differ.is_empty() && !shared {
            return Err(Failure::Differs { hash, differences: differ, json }.into());
        }
        let mut text = format!("done: {} (block {block}, {hash})\n{}", call.says, changes(&before, &actual, &context));
        let fee = landed.iter().map(Landed::fee).sum::<u128>();
        let _ = write!(text, "\nfee  {} ETH", words::number::plain(fee, 18));
        text += if shared {
            "\nnot compared with the prediction: others changed the same contracts in this block"
        } else {
            "\nas predicted, to the wei"
        };
        Ok(Answer::good(json, text))
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

impl Landed {
    fn fee(&self) -> u128 {
        u128::from(self.receipt.gas_used).saturating_mul(self.receipt.effective_gas_price)
    }

    fn json(&self) -> Value {
        json!({
            "says": self.says, "hash": self.receipt.transaction_hash, "block": self.block,
            "gasUsed": self.receipt.gas_used, "fee": self.fee().to_string(),
        })
    }
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

/// What a contract may move of an account's COR.
async fn allowance(view: &View<'_>, owner: Address, contract: &str) -> Result<U256> {
    let spender = view.site.contract(contract)?;
    view.view("cor-token", &CorToken::allowanceCall { owner, spender }).await
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

/// The state in which a contract may move an amount of an account's COR; nothing where the token keeps that elsewhere.
async fn approved(view: &View<'_>, owner: Address, spender: Address, amount: u128) -> Result<Option<StateOverride>> {
    let token = view.site.contract("cor-token")?;
    let amount = U256::from(amount);
    let bases = ALLOWANCE_SLOTS.into_iter().map(U256::from).chain([ALLOWANCES_UPGRADEABLE]);
    for base in bases {
        let of_owner = keccak256([owner.into_word().as_slice(), &base.to_be_bytes::<32>()].concat());
        let slot = keccak256([spender.into_word().as_slice(), of_owner.as_slice()].concat());
        let account = AccountOverride::default().with_state_diff([(slot, B256::from(amount))]);
        let overrides: StateOverride = [(token, account)].into_iter().collect();
        let request = TransactionRequest::default()
            .to(token)
            .input(Bytes::from(CorToken::allowanceCall { owner, spender }.abi_encode()).into());
        let answer = view.ask(request, overrides.clone()).await?;
        if answer.is_ok_and(|output| CorToken::allowanceCall::abi_decode_returns(&output).is_ok_and(|found| found == amount)) {
            return Ok(Some(overrides));
        }
    }
    Ok(None)
}

/// The approval of exactly what a call takes.
fn approval(site: &Site, call: &Call) -> Result<Prepared> {
    let approve = CorToken::approveCall { spender: site.contract(call.contract)?, value: U256::from(call.takes) };
    Ok(Prepared {
        says: format!("approve {} for {}", Cor(call.takes), call.contract),
        to: site.contract("cor-token")?,
        value: U256::ZERO,
        data: approve.abi_encode().into(),
        gas: None,
    })
}

/// `stakeWithPermit` in the place of `stake`, where the token has permits and the signer signs digests.
async fn permit(site: &Site, signer: &Signer, call: &Call) -> Result<Option<Bytes>> {
    let (owner, spender, value) = (signer.address(), site.contract(call.contract)?, U256::from(call.takes));
    let view = site.latest().await?;
    let nonce = view.view("cor-token", &CorToken::noncesCall { owner }).await;
    let domain = view.view("cor-token", &CorToken::DOMAIN_SEPARATORCall {}).await;
    let (Ok(nonce), Ok(domain)) = (nonce, domain) else { return Ok(None) };
    let deadline = U256::from(view.time.saturating_add(PERMIT_LIFE));
    let kind = keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
    let words = [kind, owner.into_word(), spender.into_word(), value.into(), nonce.into(), deadline.into()];
    let digest = keccak256([&[0x19, 0x01], domain.as_slice(), keccak256(words.concat().as_slice()).as_slice()].concat());
    let signed = signer.sign_digest(&digest).map(|signature| {
        let (v, r, s) = (27 + u8::from(signature.v()), signature.r().into(), signature.s().into());
        abi::Staking::stakeWithPermitCall { amount: value, deadline, v, r, s }.abi_encode().into()
    });
    Ok(signed)
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
            gas(site, TransactionRequest::default().from(account).to(to).input(call.input.clone().into()), view.number).await?,
        ),
    };
    let last = Prepared { says: call.says.clone(), to, value: U256::ZERO, data: call.input.clone(), gas };
    let all: Vec<Prepared> = approval.into_iter().chain([last]).collect();
    Ok(outbox.write(site.chain_id, account, &all)?)
}

/// What a call needs, and a quarter more.
async fn gas(site: &Site, request: TransactionRequest, block: u64) -> Result<u64> {
    let estimate = site.provider.estimate_gas(request).block(block.into()).await.map_err(|error| site.failure(&error))?;
    Ok(estimate + estimate / 4)
}

/// Signs, says the hash, sends, and waits for the block.
async fn send(site: &Site, signer: &Signer, to: Address, input: Bytes, says: String, contract: &str) -> Result<Landed> {
    let account = signer.address();
    let failed = |error: &_| anyhow::Error::from(site.failure(error));
    let nonce = site.provider.get_transaction_count(account).pending().await.map_err(|error| failed(&error))?;
    let price = site.provider.get_gas_price().await.map_err(|error| failed(&error))?;
    let request = TransactionRequest::default().from(account).to(to).input(input.clone().into());
    let head = site.provider.get_block_number().await.map_err(|error| failed(&error))?;
    let gas = gas(site, request.clone(), head).await?;
    let request = request
        .with_nonce(nonce)
        .with_chain_id(site.chain_id)
        .with_gas_limit(gas)
        .with_max_fee_per_gas(price.saturating_mul(2))
        .with_max_priority_fee_per_gas(0);
    let signed = request.build(&signer.wallet()).await.context("the transaction could not be signed")?;
    let hash = *signed.tx_hash();
    // Said before it is sent: whatever happens now, it can be looked up.
    eprintln!("sending {says}: {hash}");
    match site.provider.send_raw_transaction(&signed.encoded_2718()).await {
        Ok(_) => {}
        Err(error) => match site.failure(&error) {
            Failure::Node(refusal) if refusal.error == "AlreadyKnown" => {}
            // No answer is no proof that it was not taken.
            Failure::Node(refusal) if matches!(refusal.error.as_str(), "Unreachable" | "TimedOut" | "Broken") => {
                return Err(Failure::Unsure { hash, refusal }.into());
            }
            other => return Err(other.into()),
        },
    }
    let receipt = receipt(site, account, nonce, hash).await?;
    let block = ensure_known(hash, receipt.block_number)?;
    if !receipt.status() {
        let view = site.at(block - 1).await?;
        let again =
            view.ask(TransactionRequest::default().from(account).to(to).input(input.into()), StateOverride::default()).await?;
        let data = again.err().unwrap_or_default();
        return Err(Failure::Refused(Box::new(Refusal::of(contract, &data, &site.context(account)))).into());
    }
    Ok(Landed { says, receipt, block })
}

/// The receipt, in time; or what became of the transaction.
async fn receipt(site: &Site, account: Address, nonce: u64, hash: B256) -> Result<TransactionReceipt> {
    let began = Instant::now();
    let unsure = |kind: Kind| Failure::Unsure { hash, refusal: Box::new(kind.refusal("")) };
    let mut pause = Duration::from_millis(20);
    loop {
        // A node that is away for a moment says nothing about the transaction.
        if let Ok(Some(receipt)) = site.provider.get_transaction_receipt(hash).await {
            return Ok(receipt);
        }
        let used = site.provider.get_transaction_count(account).await.unwrap_or_default();
        if used > nonce && began.elapsed() > Duration::from_secs(5) {
            // The nonce is used, and not by this one: but for a receipt that came in between.
            let last = site.provider.get_transaction_receipt(hash).await;
            return last.ok().flatten().ok_or_else(|| unsure(Kind::Replaced).into());
        }
        if began.elapsed() > PATIENCE {
            return Err(unsure(Kind::NotMined).into());
        }
        sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(1));
    }
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
