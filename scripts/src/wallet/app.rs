//! `corflow app`: register, pay, commit, leave.

use abi::{AgentStore, AppFees};
use alloy_primitives::{Address, B256, U256, keccak256};
use anyhow::Result;
use clap::{Args, Subcommand};
use words::{
    amount::{Cor, Units},
    number::address,
};

use super::{
    account::{Account, Change, What},
    call::Call,
    place::{Place, View},
    twin::{Figure, Twin},
    usage,
    write::{Act, Writing},
};
use crate::answer::Answer;

/// What is to be done with an app.
#[derive(Args, Clone, Debug)]
pub struct Apps {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Clone, Debug)]
enum Command {
    /// Registers an app of the signing account, for the bond.
    Register {
        /// Whose key signs its vouchers.
        #[arg(long, value_parser = address)]
        signer: Address,
        /// What its vouchers may spend in an epoch, from grants and escrow together: "100 COR".
        #[arg(long, allow_negative_numbers = true)]
        fee_cap: Cor,
        /// Where it describes itself: https://..., ipfs://...
        #[arg(long)]
        uri: String,
        /// What it is, in a word of at most 32 bytes.
        #[arg(long, default_value = "", value_parser = word)]
        category: B256,
        /// The hash of what is at the uri, 32 bytes in hexadecimal; of the uri itself without it.
        #[arg(long)]
        content_hash: Option<B256>,
        #[command(flatten)]
        writing: Writing,
    },
    /// Adds COR to the app's escrow, from which its usage is paid.
    Topup(Paying),
    /// Gives the app COR that only its usage can spend. Nothing of it comes back.
    Sponsor(Paying),
    /// Pays COR straight away, as income of the running epoch.
    Pay {
        #[command(flatten)]
        paying: Paying,
        /// What for, in a word of at most 32 bytes.
        #[arg(long, default_value = "", value_parser = word)]
        memo: B256,
    },
    /// Buys units for each of the next epochs, cheaper than by usage, paid at once and not refundable.
    Commit {
        /// The app.
        app: u64,
        /// Units for each epoch.
        #[arg(allow_negative_numbers = true)]
        units: Units,
        /// How many epochs, from the next one on: 1 to 8.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=8))]
        epochs: u64,
        #[command(flatten)]
        writing: Writing,
    },
    /// Sets what vouchers of an epoch may spend: from the next epoch on, in open ones if it is more.
    Cap(Paying),
    /// What the app has, may spend and has used.
    Usage {
        /// The app.
        app: u64,
        #[command(flatten)]
        place: Place,
    },
    /// What a voucher would come to, which limit blocks it, and the largest that counts whole. Free, nothing is sent.
    Check {
        /// The app.
        app: u64,
        /// All units of the epoch, as the voucher says them.
        #[arg(long, allow_negative_numbers = true)]
        units: Units,
        /// The epoch; the running one without it.
        #[arg(long)]
        epoch: Option<u64>,
        #[command(flatten)]
        place: Place,
    },
    /// Takes escrow out: --request it, wait until its epoch takes no vouchers any more, then take it without a flag.
    Exit {
        /// The app.
        app: u64,
        /// Sets this much of the escrow aside.
        #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
        request: Option<Cor>,
        /// Puts what is leaving back into escrow.
        #[arg(long, conflicts_with = "request")]
        cancel: bool,
        #[command(flatten)]
        writing: Writing,
    },
    /// Closes the app for good.
    Close {
        /// The app.
        app: u64,
        #[command(flatten)]
        writing: Writing,
    },
}

#[derive(Args, Clone, Debug)]
struct Paying {
    /// The app.
    app: u64,
    /// How much: "1500 COR", "0.25".
    #[arg(allow_negative_numbers = true)]
    amount: Cor,
    #[command(flatten)]
    writing: Writing,
}

/// A short text as a word: its bytes, and zeros behind them.
fn word(text: &str) -> Result<B256, String> {
    if text.len() > 32 {
        return Err(format!("{} bytes are too many: at most 32", text.len()));
    }
    let mut word = B256::ZERO;
    word[..text.len()].copy_from_slice(text.as_bytes());
    Ok(word)
}

impl Apps {
    /// Does what was asked.
    pub async fn run(self) -> Result<Answer> {
        match self.command {
            Command::Register { signer, fee_cap, uri, category, content_hash, writing } => {
                let (site, actor) = writing.begin().await?;
                let content_hash = content_hash.unwrap_or_else(|| keccak256(&uri));
                let owner = actor.address();
                let bond = site.latest().await?.wei("agent-store", &AgentStore::bondCall {}).await?;
                writing
                    .run(&site, &actor, &Register { owner, signer, fee_cap: fee_cap.0, category, content_hash, uri, bond })
                    .await
            }
            Command::Topup(it) => change(it.app, What::TopUp(it.amount.0), &it.writing).await,
            Command::Sponsor(it) => change(it.app, What::Sponsor(it.amount.0), &it.writing).await,
            Command::Pay { paying: it, memo } => change(it.app, What::Pay(it.amount.0, memo), &it.writing).await,
            Command::Commit { app, units, epochs, writing } => {
                let (site, actor) = writing.begin().await?;
                let view = site.latest().await?;
                // The approval has to know the cost; it is that of the block that this is sent after.
                let state = Account::read(&view, app, actor.address(), view.time).await?;
                let cost = state.commitment_cost(units.0).saturating_mul(epochs.into());
                let change = Change { app, account: actor.address(), what: What::Commit { units: units.0, epochs, cost } };
                writing.run(&site, &actor, &change).await
            }
            Command::Cap(it) => change(it.app, What::Cap(it.amount.0), &it.writing).await,
            Command::Exit { app, request, cancel, writing } => {
                let what = match (request, cancel) {
                    (Some(amount), _) => What::RequestExit(amount.0),
                    (None, true) => What::CancelExit,
                    (None, false) => What::Exit,
                };
                change(app, what, &writing).await
            }
            Command::Close { app, writing } => change(app, What::Close, &writing).await,
            Command::Usage { app, place } => usage::show(&place, app).await,
            Command::Check { app, units, epoch, place } => usage::check(&place, app, units.0, epoch).await,
        }
    }
}

async fn change(app: u64, what: What, writing: &Writing) -> Result<Answer> {
    let (site, actor) = writing.begin().await?;
    writing.run(&site, &actor, &Change { app, account: actor.address(), what }).await
}

/// A registration.
#[derive(Clone, Debug)]
struct Register {
    owner: Address,
    signer: Address,
    fee_cap: u128,
    category: B256,
    content_hash: B256,
    uri: String,
    bond: u128,
}

/// What a registration changes.
#[derive(Clone, Copy, Debug)]
struct Store {
    apps: u64,
    holds: u128,
    bonds: u128,
    allotted: u64,
    budget: u64,
    starter: u64,
}

impl Twin for Register {
    type State = Store;

    async fn read(&self, at: &View<'_>, now: u64) -> Result<Store> {
        let epochs = super::clock::Epochs::read(at).await?;
        let next = U256::from(epochs.at(now) + 1);
        let free = at.view("agent-store", &AgentStore::freeBudgetOfCall { epoch: next }).await?;
        Ok(Store {
            apps: at.view("agent-store", &AgentStore::appsCall {}).await?.saturating_to(),
            holds: at.balance(self.owner).await?,
            bonds: at.wei("agent-store", &AgentStore::bondsCall {}).await?,
            allotted: at.view("agent-store", &AgentStore::allottedCall {}).await?.saturating_to(),
            budget: free.budget.saturating_to(),
            starter: free.starter.saturating_to(),
        })
    }

    fn apply(&self, store: &mut Store, _: u64) -> Option<()> {
        store.apps += 1;
        store.holds = store.holds.checked_sub(self.bond)?;
        store.bonds = store.bonds.checked_add(self.bond)?;
        store.allotted += store.starter.min(store.budget.saturating_sub(store.allotted));
        Some(())
    }

    fn figures(&self, store: &Store) -> Vec<Figure> {
        vec![
            Figure::count("apps", store.apps),
            Figure::cor("held", store.holds),
            Figure::cor("bonds of all apps", store.bonds),
            Figure::count("free units of all apps", store.allotted),
        ]
    }
}

impl Act for Register {
    fn call(&self) -> Call {
        let call = AgentStore::registerCall {
            signer: self.signer,
            feeCap: Cor(self.fee_cap).wei(),
            category: self.category,
            contentHash: self.content_hash,
            uri: self.uri.clone(),
        };
        let says = format!("register an app for a bond of {}", Cor(self.bond));
        Call::new(says, "agent-store", &call).taking(self.bond)
    }
}

impl Act for Change {
    fn call(&self) -> Call {
        let (app, id) = (self.app, U256::from(self.app));
        let cor = |wei: u128| Cor(wei).wei();
        match self.what {
            What::TopUp(wei) => {
                let call = AppFees::topUpCall { appId: id, amount: cor(wei) };
                Call::new(format!("add {} to the escrow of app {app}", Cor(wei)), "app-fees", &call).taking(wei)
            }
            What::Sponsor(wei) => {
                let call = AppFees::sponsorCall { appId: id, amount: cor(wei) };
                Call::new(format!("give {} for the usage of app {app}", Cor(wei)), "app-fees", &call).taking(wei)
            }
            What::Pay(wei, memo) => {
                let call = AppFees::payCall { appId: id, amount: cor(wei), memo };
                Call::new(format!("pay {} for app {app}", Cor(wei)), "app-fees", &call).taking(wei)
            }
            What::Commit { units, epochs, cost } => {
                let call = AppFees::commitCall { appId: id, units: U256::from(units), epochs: U256::from(epochs) };
                let says = format!("commit app {app} to {units} units for each of {epochs} epochs, for {}", Cor(cost));
                Call::new(says, "app-fees", &call).taking(cost)
            }
            What::Cap(wei) => {
                let call = AgentStore::setFeeCapCall { appId: id, feeCap: cor(wei) };
                Call::new(format!("let vouchers of app {app} spend {} in an epoch", Cor(wei)), "agent-store", &call)
            }
            What::RequestExit(wei) => {
                let call = AppFees::requestExitCall { appId: id, amount: cor(wei) };
                Call::new(format!("set {} of the escrow of app {app} aside", Cor(wei)), "app-fees", &call)
            }
            What::CancelExit => {
                let call = AppFees::cancelExitCall { appId: id };
                Call::new(format!("put what is leaving app {app} back into escrow"), "app-fees", &call)
            }
            What::Exit => {
                Call::new(format!("take what has left the escrow of app {app}"), "app-fees", &AppFees::exitCall { appId: id })
            }
            What::Close => Call::new(format!("close app {app} for good"), "agent-store", &AgentStore::closeAppCall { appId: id }),
        }
    }

    fn resized(&self, request: u128) -> Option<(Self, String)> {
        let (what, words) = match self.what {
            What::TopUp(_) => (What::TopUp(request), Cor(request).to_string()),
            What::Sponsor(_) => (What::Sponsor(request), Cor(request).to_string()),
            What::Pay(_, memo) => (What::Pay(request, memo), Cor(request).to_string()),
            What::RequestExit(_) => (What::RequestExit(request), Cor(request).to_string()),
            What::Commit { epochs, .. } => {
                let units = u64::try_from(request).ok()?;
                // The cost is at most what the account holds, of which the request was made.
                (What::Commit { units, epochs, cost: economics::HOLDING_LIMIT - 1 }, format!("{units} units"))
            }
            _ => return None,
        };
        Some((Self { what, ..*self }, words))
    }
}
