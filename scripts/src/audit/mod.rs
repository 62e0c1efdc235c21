//! Both sides of the ledger, from events alone: what apps paid against what became of it, each contract's COR against what
//! it says of it, each closing as four contracts tell it.
//!
//! | module | holds |
//! |---|---|
//! | [`entry`] | logs, in the contracts' words |
//! | `app_fees`, `staking`, `agent_store`, `miner_rewards`, `miner_pool` | one contract's books each |
//! | [`epochs`] | what apps paid for each epoch, and its closing |
//! | [`moves`] | COR's Transfers against all that |
//! | [`terms`], [`words`] | what is fixed for ever, and what the contracts say themselves at the end |
//! | [`fault`], [`report`] | what does not add up; all of it, for people and for programs |
//! | [`logs`], [`chain`] | reading a chain |
//! | [`command`] | `corflow audit` |
//!
//! The books are written from events and know no storage. A wei that one event has too many shows where another event
//! contradicts it, and at the latest where a contract, asked last, says something else.

mod agent_store;
mod app_fees;
pub mod chain;
pub mod command;
pub mod entry;
pub mod epochs;
pub mod fault;
pub mod logs;
mod miner_pool;
mod miner_rewards;
pub mod moves;
mod notes;
pub mod report;
mod staking;
pub mod terms;
pub mod words;

use crate::places::Places;
use agent_store::AgentStore;
use app_fees::AppFees;
use entry::{Entry, Event, Keeper, Wei};
use epochs::{Epoch, Epochs};
use fault::{Fault, Kind};
use miner_pool::MinerPool;
use miner_rewards::MinerRewards;
use moves::{Donation, Moves};
use notes::Notes;
use report::Ledger;
use staking::Staking;
use terms::Terms;
use words::Words;

/// What came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// Each epoch's income and what became of it.
    pub epochs: Vec<(u64, Epoch)>,
    /// Each sum, with both its sides.
    pub ledgers: Vec<Ledger>,
    /// COR that is nobody's.
    pub donations: Vec<Donation>,
    /// What does not add up.
    pub faults: Vec<Fault>,
    /// How many events it was.
    pub events: usize,
}

/// All contracts' books.
#[derive(Debug)]
struct Books<'a> {
    staking: Staking<'a>,
    fees: AppFees<'a>,
    store: AgentStore<'a>,
    rewards: MinerRewards<'a>,
    pool: MinerPool<'a>,
    epochs: Epochs,
    moves: Moves,
}

/// Goes through all events since the contracts were deployed, in the chain's order, and holds them against each other; and
/// at the end against the contracts' own words, where they are given.
pub fn audit(places: &Places, terms: &Terms, entries: &[Entry], words: Option<&Words>) -> Audit {
    let mut notes = Notes::default();
    let mut books = Books {
        staking: Staking::new(places),
        fees: AppFees::new(places, terms),
        store: AgentStore::new(places),
        rewards: MinerRewards::new(places),
        pool: MinerPool::new(places, terms),
        epochs: Epochs::default(),
        moves: Moves::default(),
    };
    for entry in entries {
        books.moves.enter(entry.site.transaction, places, &mut notes);
        notes.site = Some(entry.site);
        books.take(entry, &mut notes);
    }
    books.moves.end(places, &mut notes);
    notes.site = None;
    books.epochs.end(&mut notes);
    books.staking.end(&mut notes);
    if let Some(words) = words {
        words.compare(&books, &mut notes);
    }
    let ledgers = books.ledgers();
    for ledger in &ledgers {
        let amount = ledger.missing();
        if amount != 0 {
            notes.fault(ledger.keeper, Kind::Missing { what: ledger.name.clone(), amount });
        }
    }
    let epochs = books.epochs.iter().map(|(epoch, row)| (epoch, *row)).collect();
    Audit { epochs, ledgers, donations: books.moves.donations, faults: notes.faults, events: entries.len() }
}

impl Books<'_> {
    fn take(&mut self, entry: &Entry, notes: &mut Notes) {
        match &entry.event {
            Event::Transfer(moved) => self.moves.saw(entry.site, *moved),
            Event::Staking(event) => self.staking.take(event, &mut self.epochs, notes),
            Event::AppFees(event) => self.fees.take(event, &mut self.epochs, notes),
            Event::AgentStore(event) => self.store.take(event, notes),
            Event::MinerRewards(event) => self.rewards.take(event, &mut self.epochs, notes),
            Event::MinerPool(event) => self.pool.take(event, &mut self.epochs, notes),
        }
    }

    /// All that a contract owes, by its events.
    fn owed(&self, keeper: Keeper) -> Wei {
        match keeper {
            Keeper::Staking => self.staking.owed(),
            Keeper::AppFees => self.fees.owed(&self.epochs),
            Keeper::AgentStore => self.store.owed(),
            Keeper::MinerRewards => self.rewards.owed(),
            Keeper::MinerPool => self.pool.owed(),
        }
    }

    /// Every sum that must hold.
    fn ledgers(&self) -> Vec<Ledger> {
        let Self { staking, fees, store, rewards, pool, epochs, moves } = self;
        let (parts, paid, earned) = (epochs.parts(), fees.totals, staking.totals);
        let apps = |part: fn(&app_fees::Account) -> Wei| -> Wei { fees.apps.values().map(part).sum() };
        let credit = apps(|it| it.credit);
        let mut ledgers = vec![
            Ledger {
                name: "what apps and their sponsors paid".into(),
                keeper: Keeper::AppFees,
                came: vec![
                    ("escrow", paid.topped_up),
                    ("grants", paid.sponsored),
                    ("commitments", paid.committed),
                    ("direct payments", paid.paid),
                ],
                became: vec![
                    ("miners'", parts.miners),
                    ("stakers'", parts.stakers),
                    ("builders', staked", paid.builders),
                    ("builders', credited", credit),
                    ("treasury's, pulled", paid.pulled),
                    ("treasury's, waiting", fees.treasury),
                    ("burned", paid.burned),
                    ("to burn", fees.to_burn),
                    ("returned to apps", paid.returned),
                    ("held in escrow", apps(|it| it.escrow)),
                    ("held, leaving escrow", apps(|it| it.exit)),
                    ("held in grants", apps(|it| it.grants)),
                    ("held for unclosed epochs", epochs.unclosed()),
                ],
            },
            Ledger {
                name: "bonds".into(),
                keeper: Keeper::AgentStore,
                came: vec![("left by apps", store.came)],
                became: vec![("returned", store.returned), ("held", store.owed())],
            },
            Ledger {
                name: "the reserve".into(),
                keeper: Keeper::MinerPool,
                came: vec![("deposits", pool.deposited)],
                became: vec![
                    ("emission", pool.emitted),
                    ("moved on", pool.pulled),
                    ("held in reserve", pool.reserve),
                    ("held, joining it", pool.waiting()),
                ],
            },
            Ledger {
                name: "miners' budgets".into(),
                keeper: Keeper::MinerRewards,
                came: vec![("emission", pool.emitted), ("fees", parts.miners)],
                became: vec![("claimed", rewards.claimed), ("claimed to stake", rewards.staked), ("held", rewards.owed())],
            },
            Ledger {
                name: "stakes and what they earn".into(),
                keeper: Keeper::Staking,
                came: vec![
                    ("staked", earned.staked),
                    ("builders' parts", paid.builders),
                    ("miners' claims", rewards.staked),
                    ("incentives", earned.funded),
                    ("fees", parts.stakers),
                ],
                became: vec![
                    ("withdrawn", earned.withdrawn),
                    ("rewards claimed", earned.claimed),
                    ("held at stake", staking.stake),
                    ("held, unbonding", staking.unbonding),
                    ("held to be earned", staking.to_earn()),
                ],
            },
        ];
        ledgers.extend(Keeper::ALL.map(|keeper| {
            let flow = moves.flows.get(&keeper).copied().unwrap_or_default();
            Ledger {
                name: format!("COR of {keeper}"),
                keeper,
                came: vec![("came by Transfers", flow.came)],
                became: vec![("left by Transfers", flow.left), ("donated", flow.donated), ("owed", self.owed(keeper))],
            }
        }));
        ledgers
    }
}
