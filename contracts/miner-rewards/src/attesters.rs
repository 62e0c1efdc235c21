//! Who attests. The set is named as a whole and holds after a delay, so that it is visible before it counts; whoever is in
//! both the old set and the new one keeps its votes, whoever left and came back does not.

use abi::MinerRewards::{AttestersNamed, InvalidAttester, NotAttester, QuorumOutOfBounds, setAttestersReturn};
use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolEvent, SolType, abi::token::WordToken, sol_data};
use common::{Calldata, Revert, reentrancy::refuse_reentry, words::Buffer};
use stylus_sdk::prelude::*;

use crate::{
    MinerRewards,
    state::{Ballot, Member, Panel, Vote},
};

/// The most attesters.
pub(crate) const MOST: usize = 15;

/// The attesters of a set; those beyond its size are nobody.
pub(crate) type Members = [Member; MOST];

impl MinerRewards {
    /// `(address[] attesters, uint256 quorum)`. Emits `AttestersNamed`.
    #[inline(never)] // Its buffers would lie in the frame of every call.
    pub(crate) fn set_attesters(&mut self, call: Calldata<'_>) -> Result<setAttestersReturn, Revert> {
        refuse_reentry(self.vm())?;
        self.owner.only()?;
        let (accounts, quorum) = (call.words(0)?, call.number(1)?);
        let count = U256::from(accounts.len());
        if accounts.len() > MOST || quorum > count || quorum.wrapping_add(quorum) <= count {
            return Err(QuorumOutOfBounds { attesters: count, quorum }.into());
        }
        let now = self.vm().block_timestamp();
        let current = self.panel_at(now);
        let members = self.members_of(current);
        let latest = self.panel.get().number.max(self.next_panel.get().number);
        let number = latest.saturating_add(1);

        let mut named = Members::default();
        for (index, word) in accounts.iter().enumerate() {
            let account = account(word)?;
            if account.is_zero() || named.iter().any(|member| member.account == account) {
                return Err(InvalidAttester { attester: account }.into());
            }
            let joined = members.iter().find(|member| member.account == account).map_or(number, |member| member.joined);
            let member = Member { account, joined };
            if let Some(place) = named.get_mut(index) {
                *place = member;
            }
            self.members.setter(place_of(number, index)).set(&member);
        }
        let since = now.saturating_add(self.guardian.delay());
        self.panel.set(&current);
        self.next_panel.set(&Panel { number, size: accounts.len() as u8, quorum: quorum.saturating_to(), since });
        self.tell_attesters(&named, accounts.len(), quorum, since);
        Ok(setAttestersReturn {})
    }

    /// The set that holds at a time.
    pub(crate) fn panel_at(&self, now: u64) -> Panel {
        let next = self.next_panel.get();
        if next.number != 0 && next.since <= now { next } else { self.panel.get() }
    }

    /// The set to come, if one is named that does not hold yet.
    pub(crate) fn panel_to_come(&self, now: u64) -> Option<Panel> {
        let next = self.next_panel.get();
        (next.since > now).then_some(next)
    }

    /// Everybody in a set.
    pub(crate) fn members_of(&self, panel: Panel) -> Members {
        let mut members = Members::default();
        for (index, member) in members.iter_mut().enumerate().take(panel.size.into()) {
            *member = self.members.getter(place_of(panel.number, index)).get();
        }
        members
    }

    /// The caller, as a member of a set.
    pub(crate) fn refuse_stranger(&self, members: &Members) -> Result<Address, Revert> {
        let account = self.vm().msg_sender();
        if account.is_zero() || !members.iter().any(|member| member.account == account) {
            return Err(NotAttester { account }.into());
        }
        Ok(account)
    }

    /// How many of these stand behind a ballot.
    pub(crate) fn count(&self, members: &Members, epoch: U256, ballot: &Ballot) -> usize {
        let votes = self.votes.getter(epoch);
        let behind = |member: &&Member| {
            let vote: Vote = votes.getter(member.account).get();
            !member.account.is_zero() && vote.counts(ballot, member)
        };
        members.iter().filter(behind).count()
    }

    fn tell_attesters(&self, members: &Members, count: usize, quorum: U256, since: u64) {
        let mut log = Buffer::<{ (1 + 4 + MOST) * 32 }>::default();
        log.put(&AttestersNamed::SIGNATURE_HASH.0);
        log.put_number(3 * 32);
        log.put(&quorum.to_be_bytes::<32>());
        log.put_number(since);
        put_accounts(&mut log, members, count);
        self.vm().emit_log(log.as_slice(), 1);
    }
}

/// Puts an array of the first `count` accounts.
pub(crate) fn put_accounts<const N: usize>(data: &mut Buffer<N>, members: &Members, count: usize) {
    data.put_number(count as u64);
    for member in members.iter().take(count) {
        data.put(&member.account.into_word().0);
    }
}

fn account(word: &[u8; 32]) -> Result<Address, Revert> {
    let token = WordToken((*word).into());
    if sol_data::Address::valid_token(&token) { Ok(sol_data::Address::detokenize(token)) } else { Err(Revert::empty()) }
}

/// Where a member of a set is kept.
fn place_of(panel: u32, index: usize) -> U256 {
    U256::from(u64::from(panel) << 8 | index as u64 & 0xff)
}
