//! One tick: what was sent is followed, the network is looked at, what is due is done, and all of it is written down.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

use abi::{AppFees, MinerPool};
use serde_json::{Value, json};

use super::{
    chain::{Chain, Contracts, Head, Trouble, milliseconds, seconds},
    config::Settings,
    decide::{Duty, Sight, Verdict, decide},
    gauges::Gauges,
    judge::Judge,
    leaving::Leaving,
    outbox::{Outbox, OutboxError, Round, Sent},
    roots::Roots,
    spool::{self, Gate},
    store::{
        Store,
        slots::{Past, Work},
        ticks::Entry,
    },
};
use words::refusals::{Context, Kind, Refusal};

/// The most transactions of one tick; what is still due then is due at the next.
const MOST_SENT: usize = 20;
/// Files of the spool that are taken in one change of the state.
const MOST_FILES: usize = 256;
/// The longest that a duty rests which was done in vain.
const LONGEST_REST: Duration = Duration::from_secs(3_600);

/// A keeper that knows its contracts.
pub(crate) struct Keeper {
    pub(crate) chain: Chain,
    pub(crate) store: Store,
    pub(crate) settings: Settings,
    pub(crate) contracts: Contracts,
    pub(crate) gate: Gate,
    pub(crate) gauges: Arc<Gauges>,
    pub(crate) leaving: Leaving,
    pub(crate) outbox: Outbox,
}

/// What a tick did, for the record.
#[derive(Debug, Default)]
struct Diary {
    head: Option<Head>,
    steps: Vec<Value>,
    /// How many transactions were sent.
    sent: usize,
    notes: Vec<String>,
    trouble: Option<OutboxError>,
    /// How often each step was done.
    done: HashMap<&'static str, u32>,
}

impl Keeper {
    /// Does what is due and records it.
    pub(crate) async fn tick(&mut self) -> Result<Entry, OutboxError> {
        let cut_off = self.store.begin_tick()?;
        let began = Instant::now();
        let mut diary = Diary::default();
        if let Err(error) = self.work(&mut diary).await {
            tracing::warn!(%error, "the tick was not finished");
            diary.trouble = Some(error);
        }
        let unreachable = matches!(diary.trouble, Some(OutboxError::Trouble(Trouble::Unreachable(_))));
        let head = diary.head.map(|it| json!({ "number": it.number, "hash": it.hash, "time": it.time }));
        let mut body = json!({
            "time": seconds(),
            "head": head,
            "steps": diary.steps,
            "trouble": diary.trouble.as_ref().map(ToString::to_string),
        });
        if let Some(body) = body.as_object_mut() {
            if cut_off {
                body.insert("cutOff".into(), true.into());
            }
            if !diary.notes.is_empty() {
                body.insert("notes".into(), json!(diary.notes));
            }
        }
        let entry = self.store.record(body)?;
        let balance = self.chain.balance(self.outbox.account()).await.ok();
        self.gauges.ticked(diary.head.as_ref(), balance, unreachable, began.elapsed());
        tracing::debug!(seq = entry.seq, hash = %entry.hash, "ticked");
        Ok(entry)
    }

    async fn work(&mut self, diary: &mut Diary) -> Result<(), OutboxError> {
        self.chain.endpoints.keep_up(self.settings.confirmations).await;
        // What comes is judged by the chain's time, if there is one to be had, and taken in any case.
        let head = self.chain.head().await;
        if let Ok(head) = &head {
            self.gauges.saw(head);
        }
        // Thousands of signatures may have to be checked; the HTTP endpoint goes on meanwhile.
        tokio::task::block_in_place(|| self.collect(diary))?;
        head?;
        let patience = Instant::now() + self.settings.period;
        while diary.sent < MOST_SENT {
            let head = self.chain.head().await?;
            diary.head = Some(head);
            let round = self.outbox.follow(&head).await?;
            diary.notes.extend(round.notes.iter().cloned());
            if round.under_way.is_none() && round.newest_block <= head.number {
                if !self.act(&head, &round, diary).await? {
                    return Ok(());
                }
                continue;
            }
            if Instant::now() >= patience {
                let why = round.under_way.map_or_else(
                    || format!("the endpoint has no block {}, which has a transaction of ours", round.newest_block),
                    |(nonce, why)| format!("nonce {nonce} is under way: {why}"),
                );
                diary.steps = vec![json!({ "step": "all", "due": false, "why": why })];
                return Ok(());
            }
            tokio::time::sleep(self.settings.poll).await;
        }
        Ok(())
    }

    /// Takes what lies in the spool's folder, some at a time: when there are very many, the rest at the next tick.
    fn collect(&self, diary: &mut Diary) -> Result<(), OutboxError> {
        let Some(folder) = &self.settings.spool else { return Ok(()) };
        let paths = match spool::paths(folder) {
            Ok(paths) => paths,
            Err(error) => {
                diary.notes.push(format!("the spool {} cannot be read: {error}", folder.display()));
                return Ok(());
            }
        };
        let began = Instant::now();
        for (taken, some) in paths.chunks(MOST_FILES).enumerate() {
            if taken > 0 && began.elapsed() >= self.settings.period {
                diary.notes.push(format!("{} files of the spool wait for the next tick", paths.len() - taken * MOST_FILES));
                break;
            }
            let times = self.gauges.times();
            let read: Vec<_> = some.iter().filter_map(|path| spool::read(path, &self.gate, times)).collect();
            let good: Vec<_> = read.iter().map(|it| (it.name(), it.good.as_slice())).collect();
            self.store.keep(&good, milliseconds())?;
            for file in &read {
                diary.notes.extend(file.bad.iter().map(|why| format!("{} is refused: {why}", file.name())));
                if let Err(error) = spool::put_away(file) {
                    diary.notes.push(format!("{} cannot be put away: {error}", file.name()));
                }
            }
        }
        Ok(())
    }

    /// Does the most urgent thing that is due, of those that were done least often in this tick: vouchers that never cease must
    /// not keep an epoch open. Says whether there may be more.
    async fn act(&mut self, head: &Head, round: &Round, diary: &mut Diary) -> Result<bool, OutboxError> {
        let sight = self.look(head).await?;
        let mut steps = Vec::new();
        let mut sent = false;
        let mut decided = decide(&sight, &self.settings.policy);
        decided.sort_by_key(|it| diary.done.get(it.name).copied().unwrap_or_default());
        for step in decided {
            let (due, why) = match step.verdict {
                Verdict::Not(why) => (false, why),
                Verdict::Due(duty) if sent => (true, format!("{}, next", duty.purpose())),
                Verdict::Due(duty) => match self.perform(&duty, head, round).await? {
                    Sent::Yes => {
                        diary.sent += 1;
                        *diary.done.entry(step.name).or_default() += 1;
                        sent = true;
                        (true, duty.purpose())
                    }
                    Sent::No(why) => (true, format!("{}: not now, {why}", duty.purpose())),
                },
            };
            steps.push(json!({ "step": step.name, "due": due, "why": why }));
        }
        diary.steps = steps;
        Ok(sent)
    }

    async fn perform(&mut self, duty: &Duty, head: &Head, round: &Round) -> Result<Sent, OutboxError> {
        let key = duty.key();
        if let Some(why) = rests(self.store.past(&key)?, self.settings.period, milliseconds()) {
            return Ok(Sent::No(why));
        }
        let (target, input) = (duty.target(&self.contracts), duty.input());
        let gas = match self.chain.estimate(self.outbox.account(), target, &input, head).await {
            // Streams and shares make gas depend on the second in which it is mined.
            Ok(gas) => gas.saturating_add(gas / 2),
            Err(Trouble::Refused { message, data }) => {
                let context = Context { reader: Some(self.outbox.account()), ..Context::default() };
                let refusal = match data {
                    Some(data) => Refusal::of(duty.contract(), &data, &context),
                    None => Kind::of(None, None, &message).refusal(&message),
                };
                return Ok(Sent::No(format!("it would be refused: {}; {}", refusal.says, refusal.cause)));
            }
            Err(trouble) => return Err(trouble.into()),
        };
        let work = Work { duty: key, purpose: duty.purpose(), target, input, gas };
        self.outbox.send(work, round, head).await
    }

    /// Looks at everything at one block.
    pub(crate) async fn look(&self, head: &Head) -> Result<Sight, OutboxError> {
        let (chain, contracts) = (&self.chain, &self.contracts);
        let policy = &self.settings.policy;
        let (next_epoch, due, totals) = tokio::try_join!(
            chain.view(contracts.pool, MinerPool::nextEpochCall {}, head),
            chain.view(contracts.pool, MinerPool::dueCall {}, head),
            chain.view(contracts.app_fees, AppFees::totalsCall {}, head),
        )?;
        let roots = Roots { chain, contracts, head };
        let (mut pending, mut waiting, mut vote) = (None, None, None);
        if policy.roots {
            pending = roots.pending().await?;
            waiting = roots.waiting(&self.store, self.settings.first_block, pending.as_ref().map(|it| &it.0)).await?;
        }
        if let Some(voting) = &self.settings.voting {
            vote = Some(roots.vote(self.outbox.account(), voting).await?);
        }
        let unsettled = self.store.unsettled()?;
        let mut apps = BTreeMap::<_, BTreeSet<_>>::new();
        for kept in &unsettled {
            apps.entry(kept.voucher.app).or_default().insert(kept.voucher.epoch);
        }
        self.leaving.look(chain, contracts, head, apps, self.settings.period).await?;
        let judge = Judge {
            chain,
            store: &self.store,
            contracts,
            head,
            leaving: &self.leaving,
            account: self.outbox.account(),
            confirmations: self.settings.confirmations,
            reject_after: self.settings.reject_after,
        };
        Ok(Sight {
            now: head.now,
            next_epoch: next_epoch.saturating_to(),
            due: due.saturating_to(),
            treasury: totals.treasury.saturating_to(),
            to_burn: totals.toBurn.saturating_to(),
            pending,
            waiting,
            vote,
            ready: judge.ready(unsettled).await?,
        })
    }
}

/// Why a duty rests; none if it may be done. What was done in vain waits, each time twice as long.
fn rests(past: Past, period: Duration, now: i64) -> Option<String> {
    if past.live {
        return Some("it is under way already".into());
    }
    if past.tries == 0 {
        return None;
    }
    let rest = period.saturating_mul(2_u32.saturating_pow(past.tries.min(20))).min(LONGEST_REST);
    let until = past.ended.saturating_add(i64::try_from(rest.as_millis()).unwrap_or(i64::MAX));
    (now < until).then(|| format!("it was done {} times already, and rests until {}", past.tries, until / 1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_in_vain_rests_each_time_twice_as_long() {
        let period = Duration::from_secs(10);
        let past = |tries, live| Past { live, tries, ended: 5_000 };
        assert_eq!(rests(Past::default(), period, 0), None);
        assert!(rests(past(1, true), period, i64::MAX).is_some());
        assert!(rests(past(1, false), period, 24_999).is_some_and(|it| it.ends_with("until 25")));
        assert_eq!(rests(past(1, false), period, 25_000), None);
        assert!(rests(past(2, false), period, 44_999).is_some());
        assert_eq!(rests(past(2, false), period, 45_000), None);
        assert_eq!(rests(past(99, false), period, 3_605_000), None, "an hour at most");
    }
}
