//! Plain books of attesters and roots, as the rules are said: who attests, who voted for what, what is pending, what is active.

use std::collections::BTreeMap;

use crate::world::DAY;

/// Seconds of a root's window.
const WINDOW: u64 = 3 * DAY;

/// What may be voted for: an epoch, and one of the [`KINDS`].
pub(crate) type Ballot = (u64, u8);

/// An honest root; one that gives all to the third miner; one whose total is half of what its rows give; one whose total is a
/// wei beyond the budgets; and no root at all.
pub(crate) const KINDS: u8 = 5;

/// What three miners have earned in all by a root of some kind, and its total, when so much was budgeted.
pub(crate) fn rows(kind: u8, budget: u128) -> ([u128; 3], u128) {
    let honest = [budget / 2, budget / 3, budget / 7];
    let sum = honest.iter().sum();
    match kind {
        1 => ([0, 0, budget], budget),
        2 => (honest, sum / 2),
        3 => (honest, budget + 1),
        _ => (honest, sum),
    }
}

/// An attester, and the how-manieth stay of it in the set this is.
type Member = (u8, u64);

/// A root that waits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pending {
    pub(crate) ballot: Ballot,
    pub(crate) ready_at: u64,
    extended: bool,
}

/// The books.
#[derive(Clone, Debug)]
pub(crate) struct Panel {
    members: Vec<Member>,
    quorum: usize,
    next: Option<(u64, Vec<Member>, usize)>,
    stays: u64,
    votes: BTreeMap<(u64, u8), (Ballot, u64)>,
    pub(crate) pending: Option<Pending>,
    pub(crate) active: Option<Ballot>,
    /// What was budgeted up to each closed epoch.
    pub(crate) through: BTreeMap<u64, u128>,
}

impl Panel {
    /// With attesters 0 to 4, of whom three are a quorum.
    pub(crate) fn new() -> Self {
        Self {
            members: (0..5).map(|number| (number, 0)).collect(),
            quorum: 3,
            next: None,
            stays: 0,
            votes: BTreeMap::new(),
            pending: None,
            active: None,
            through: BTreeMap::new(),
        }
    }

    fn come_to(&mut self, now: u64) {
        if self.next.as_ref().is_some_and(|(since, ..)| *since <= now)
            && let Some((_, members, quorum)) = self.next.take()
        {
            (self.members, self.quorum) = (members, quorum);
        }
    }

    /// Names a set, which holds a day later.
    pub(crate) fn set(&mut self, now: u64, attesters: &[u8], quorum: usize) -> Option<()> {
        self.come_to(now);
        if attesters.len() > 15 || quorum > attesters.len() || 2 * quorum <= attesters.len() {
            return None;
        }
        self.stays += 1;
        let stay = |number: &u8| self.members.iter().find(|member| member.0 == *number).map_or(self.stays, |member| member.1);
        self.next = Some((now + DAY, attesters.iter().map(|number| (*number, stay(number))).collect(), quorum));
        Some(())
    }

    /// Whether a root of this kind can be voted for and put up.
    fn allows(&self, (epoch, kind): Ballot) -> bool {
        let Some(budget) = self.through.get(&epoch) else { return false };
        let total = rows(kind, *budget).1;
        let later = self.active.is_none_or(|(active, _)| epoch > active);
        kind != 4 && later && total <= *budget && total >= self.allowed()
    }

    /// The active root's total.
    pub(crate) fn allowed(&self) -> u128 {
        self.active.map_or(0, |(epoch, kind)| rows(kind, self.through[&epoch]).1)
    }

    /// What the active root gives each miner.
    pub(crate) fn amounts(&self) -> Option<[u128; 3]> {
        self.active.map(|(epoch, kind)| rows(kind, self.through[&epoch]).0)
    }

    fn votes_for(&self, ballot: Ballot) -> usize {
        let stands = |member: &&Member| self.votes.get(&(ballot.0, member.0)) == Some(&(ballot, member.1));
        self.members.iter().filter(stands).count()
    }

    fn put_up(&mut self, now: u64, ballot: Ballot) {
        self.pending = Some(Pending { ballot, ready_at: now + WINDOW, extended: false });
    }

    pub(crate) fn vote(&mut self, now: u64, attester: u8, ballot: Ballot) -> Option<()> {
        self.come_to(now);
        let (_, stay) = *self.members.iter().find(|member| member.0 == attester)?;
        if !self.allows(ballot) {
            return None;
        }
        self.votes.insert((ballot.0, attester), (ballot, stay));
        if self.pending.is_none() && self.votes_for(ballot) >= self.quorum {
            self.put_up(now, ballot);
        }
        Some(())
    }

    pub(crate) fn propose(&mut self, now: u64, ballot: Ballot) -> Option<()> {
        self.come_to(now);
        if self.pending.is_some() || !self.allows(ballot) || self.votes_for(ballot) < self.quorum {
            return None;
        }
        self.put_up(now, ballot);
        Some(())
    }

    pub(crate) fn extend(&mut self, now: u64) -> Option<()> {
        let pending = self.pending.as_mut()?;
        if pending.extended || now >= pending.ready_at {
            return None;
        }
        pending.ready_at += WINDOW;
        pending.extended = true;
        Some(())
    }

    /// Whether the pending root became the active one; nothing where none is due.
    pub(crate) fn activate(&mut self, now: u64) -> Option<bool> {
        self.come_to(now);
        let Pending { ballot, ready_at, .. } = self.pending?;
        if now < ready_at {
            return None;
        }
        self.pending = None;
        let stands = self.votes_for(ballot) >= self.quorum;
        if stands {
            self.active = Some(ballot);
        }
        Some(stands)
    }
}
