//! The chain's roots and votes held against what the published scores give, for people and for programs.

use std::fmt::Write;

use alloy_primitives::Address;
use serde_json::{Value, json};
use words::{
    number::cor,
    refusals::{Context, duration, time},
};

use super::{
    super::place::Site,
    ours::{Judgement, Ours},
    polls::{Pending, Polls, Tally},
};
use crate::{answer::Answer, rewards::onchain::Ballot};

/// What was found.
pub(super) struct Verdict {
    polls: Polls,
    ballots: Vec<Judgement>,
    active: Option<Judgement>,
    pending: Option<Judgement>,
    context: Context,
}

/// All of it that changes but by the passing of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    closed: (u64, u64),
    active: Option<Ballot>,
    pending: Option<Pending>,
    panel: (Vec<Address>, u64, Option<u64>),
    ballots: Vec<Tally>,
    judgements: Vec<Judgement>,
}

impl Verdict {
    /// Judges every root that is active, pending or voted for.
    pub(super) fn of(polls: Polls, ours: &mut Ours, site: &Site) -> Self {
        let ballots = polls.ballots.iter().map(|tally| ours.judge(&tally.ballot)).collect();
        let active = polls.active.as_ref().map(|ballot| ours.judge(ballot));
        let pending = polls.pending.as_ref().map(|pending| ours.judge(&pending.ballot));
        Self { polls, ballots, active, pending, context: site.context(Address::ZERO) }
    }

    /// What of it is worth a further word when it changes.
    pub(super) fn state(&self) -> State {
        let Polls { closed, active, pending, attesters, quorum, others_from, ballots, .. } = &self.polls;
        let judgements = self.ballots.iter().chain(&self.active).chain(&self.pending).cloned().collect();
        let panel = (attesters.clone(), *quorum, *others_from);
        State { closed: *closed, active: *active, pending: *pending, panel, ballots: ballots.clone(), judgements }
    }

    /// Whether a root that miners claim by, or will, is another one than the scores give.
    pub(super) fn is_wrong(&self) -> bool {
        [&self.active, &self.pending].into_iter().any(|it| matches!(it, Some(Judgement::Differs(_))))
    }

    /// What a single look comes to: a pending root that nobody here can judge is not well either.
    pub(super) fn once(&self) -> Answer {
        self.answer(!self.is_wrong() && !matches!(self.pending, Some(Judgement::Unknown(_))))
    }

    /// What a look among many comes to.
    pub(super) fn followed(&self) -> Answer {
        self.answer(!self.is_wrong())
    }

    fn answer(&self, ok: bool) -> Answer {
        Answer { json: self.json(ok), text: self.text(), ok }
    }

    fn json(&self, ok: bool) -> Value {
        let polls = &self.polls;
        let (from, next) = polls.without_root();
        let judged = |ballot: &Ballot, judgement: &Judgement| {
            let mut json = ballot_json(ballot);
            (json["judgement"], json["computed"], json["why"]) = match judgement {
                Judgement::Same => ("same".into(), ballot_json(ballot), Value::Null),
                Judgement::Differs(ours) => ("differs".into(), ballot_json(ours), Value::Null),
                Judgement::Unknown(why) => ("unknown".into(), Value::Null, why.as_str().into()),
            };
            json
        };
        let tally = |(tally, judgement): (&Tally, &Judgement)| {
            let mut json = judged(&tally.ballot, judgement);
            json["uri"] = tally.uri.as_str().into();
            json["by"] = tally.by.iter().map(ToString::to_string).collect();
            json["notCounted"] = tally.not_counted.iter().map(ToString::to_string).collect();
            json
        };
        let pending = polls.pending.as_ref().zip(self.pending.as_ref()).map(|(pending, judgement)| {
            let mut json = judged(&pending.ballot, judgement);
            json["readyAt"] = pending.ready_at.into();
            json["extended"] = pending.extended.into();
            json["remedies"] = self.remedies(pending).iter().map(Remedy::json).collect();
            json
        });
        let attesters: Vec<String> = polls.attesters.iter().map(ToString::to_string).collect();
        json!({
            "ok": ok,
            "block": polls.at.0,
            "time": polls.at.1,
            "closed": {"first": polls.closed.0, "next": polls.closed.1},
            "withoutRoot": (from..next).collect::<Vec<_>>(),
            "attesters": attesters,
            "quorum": polls.quorum,
            "otherAttestersFrom": polls.others_from,
            "ballots": polls.ballots.iter().zip(&self.ballots).map(tally).collect::<Vec<_>>(),
            "active": polls.active.as_ref().zip(self.active.as_ref()).map(|(ballot, judgement)| judged(ballot, judgement)),
            "pending": pending,
        })
    }

    fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a text does not fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, to: &mut String) -> std::fmt::Result {
        let polls = &self.polls;
        let (block, now) = polls.at;
        writeln!(to, "as of block {block}, {}", time(now))?;
        match polls.without_root() {
            _ if polls.closed.1 == 0 => writeln!(to, "no epoch is closed yet")?,
            (from, next) if from >= next => writeln!(to, "every closed epoch is in the active root")?,
            (from, next) if from + 1 == next => writeln!(to, "closed and without an active root: epoch {from}")?,
            (from, next) => writeln!(to, "closed and without an active root: epochs {from} to {}", next - 1)?,
        }
        writeln!(to, "attesters: {}, {} of them are a quorum", polls.attesters.len(), polls.quorum)?;
        if let Some(from) = polls.others_from {
            writeln!(to, "others are attesters from {} on", time(from))?;
        }
        if let Some((ballot, judgement)) = polls.active.as_ref().zip(self.active.as_ref()) {
            writeln!(to, "active: epoch {}, root {}, {}", ballot.epoch, ballot.root, said(judgement))?;
            if let Judgement::Differs(ours) = judgement {
                both(to, "active", ballot, ours)?;
                writeln!(to, "  miners claim by it: what is wrong in it can only be mended by a later root")?;
            }
        }
        for (tally, judgement) in polls.ballots.iter().zip(&self.ballots) {
            let Tally { ballot, uri, by, not_counted } = tally;
            writeln!(
                to,
                "ballot: epoch {}, root {}, {}, {}",
                ballot.epoch,
                ballot.root,
                cor(ballot.cumulative_total),
                said(judgement)
            )?;
            writeln!(to, "  {} of {} votes that are a quorum{}", by.len(), polls.quorum, listed(by))?;
            if !not_counted.is_empty() {
                writeln!(to, "  not counted, for they are no attesters today{}", listed(not_counted))?;
            }
            if !uri.is_empty() {
                writeln!(to, "  published at {}", uri.escape_debug())?;
            }
        }
        let Some((pending, judgement)) = polls.pending.as_ref().zip(self.pending.as_ref()) else {
            return writeln!(to, "no root is pending");
        };
        let (ballot, ready) = (&pending.ballot, pending.ready_at);
        writeln!(to, "pending: epoch {}, root {}, {}", ballot.epoch, ballot.root, said(judgement))?;
        match ready.checked_sub(now).filter(|left| *left > 0) {
            Some(left) => writeln!(to, "  it can be activated from {} on, in {}", time(ready), duration(left))?,
            None => writeln!(to, "  it can be activated by anyone, since {}", time(ready))?,
        }
        match judgement {
            Judgement::Same => Ok(()),
            Judgement::Unknown(why) => writeln!(to, "  NOBODY HERE CAN SAY whether it follows from the scores: {why}"),
            Judgement::Differs(ours) => {
                writeln!(to, "  THIS ROOT DOES NOT FOLLOW FROM THE PUBLISHED SCORES")?;
                both(to, "pending", ballot, ours)?;
                for Remedy { who, call, before, effect } in self.remedies(pending) {
                    let until = before.map_or_else(String::new, |before| format!(" before {}", time(before)));
                    writeln!(to, "  {who}: {call}{until}: {effect}")?;
                }
                Ok(())
            }
        }
    }

    /// What can still be done about a pending root, by whom and until when.
    fn remedies(&self, pending: &Pending) -> Vec<Remedy> {
        let polls = &self.polls;
        let (now, ready) = (polls.at.1, pending.ready_at);
        let mut remedies = Vec::new();
        let last = ready.saturating_sub(polls.delay);
        if now < last {
            remedies.push(Remedy {
                who: format!("the owner, {}", self.context.who(polls.owner)),
                call: "corflow owner set-attesters, which is setAttesters(address[],uint256) of miner-rewards,".to_owned(),
                before: Some(last),
                effect: format!("others attest {} later, and activate() drops the root", duration(polls.delay)),
            });
        }
        if now < ready && !pending.extended && !polls.guardian.is_zero() {
            remedies.push(Remedy {
                who: format!("the guardian, {}", self.context.who(polls.guardian)),
                call: "extend() of miner-rewards".to_owned(),
                before: Some(ready),
                effect: format!("one more window of {}, once", duration(polls.window)),
            });
        }
        remedies.push(Remedy {
            who: "who voted for it".to_owned(),
            call: format!("corflow attester vote --epoch {}", pending.ballot.epoch),
            before: (now < ready).then_some(ready),
            effect: "a vote for another root takes this one's away, and without a quorum activate() drops it".to_owned(),
        });
        remedies
    }
}

/// A way out.
struct Remedy {
    who: String,
    call: String,
    before: Option<u64>,
    effect: String,
}

impl Remedy {
    fn json(&self) -> Value {
        json!({"who": self.who, "call": self.call, "before": self.before, "effect": self.effect})
    }
}

fn ballot_json(ballot: &Ballot) -> Value {
    json!({
        "epoch": ballot.epoch,
        "root": ballot.root,
        "cumulativeTotal": ballot.cumulative_total.to_string(),
        "dataHash": ballot.data_hash,
    })
}

fn said(judgement: &Judgement) -> &'static str {
    match judgement {
        Judgement::Same => "what the published scores give",
        Judgement::Differs(_) => "NOT what the published scores give",
        Judgement::Unknown(_) => "not judged: its epoch is not published here as it should be",
    }
}

/// Both figures, one below the other.
fn both(to: &mut String, name: &str, theirs: &Ballot, ours: &Ballot) -> std::fmt::Result {
    for (name, Ballot { root, cumulative_total, data_hash, .. }) in [(name, theirs), ("computed", ours)] {
        writeln!(to, "  {name:<8}  root {root}, data hash {data_hash}, {} in all", cor(*cumulative_total))?;
    }
    let (more, less) = (theirs.cumulative_total.checked_sub(ours.cumulative_total), ours.cumulative_total);
    match more {
        Some(0) => writeln!(to, "  the totals are the same: it is shared in another way, or from other scores"),
        Some(more) => writeln!(to, "  it pays {} more than the scores give", cor(more)),
        None => writeln!(to, "  it pays {} less than the scores give", cor(less - theirs.cumulative_total)),
    }
}

fn listed(accounts: &[Address]) -> String {
    if accounts.is_empty() {
        return String::new();
    }
    format!(": {}", accounts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
}
