//! The ledger that a run is held against: what everyone has, kept on paper, by the formulas of `economics`, never by
//! asking the contracts.

mod action;
mod check;
mod staking;
mod token;

use alloy_primitives::{Address, Bytes};

pub(crate) use action::{Action, Permit, cor_domain, permit, whole};
pub(crate) use check::compare;
pub(crate) use staking::Staking;
pub(crate) use token::Token;

use crate::{
    people::{People, Person},
    system::{Network, SUPPLY, System},
};

/// Both contracts on paper.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    /// COR.
    pub(crate) token: Token,
    /// Staking.
    pub(crate) staking: Staking,
}

impl Model {
    /// Right after deployment.
    pub(crate) fn new(system: &System, network: &Network, people: &People) -> Self {
        let (treasury, guardian) = (people.address(Person::Treasury), people.address(Person::Guardian));
        Self { token: Token::new(treasury, SUPPLY), staking: Staking::new(system, network.fees, treasury, guardian) }
    }

    /// What an action does at a time. The error is the one that refuses it, as the chain encodes it; nothing changes then.
    pub(crate) fn apply(
        &mut self,
        who: Address,
        action: Action,
        address: impl Fn(Person) -> Address,
        time: u64,
    ) -> Result<(), Bytes> {
        let mut next = self.clone();
        next.act(who, action, address, time)?;
        *self = next;
        Ok(())
    }

    fn act(&mut self, who: Address, action: Action, address: impl Fn(Person) -> Address, time: u64) -> Result<(), Bytes> {
        let Self { token, staking } = self;
        match action {
            Action::Transfer { to, amount } => token.transfer(who, address(to), amount),
            Action::Approve { amount } => {
                token.approve(who, staking.address(), amount);
                Ok(())
            }
            Action::Burn { amount } => token.burn(who, amount),
            Action::Fund { amount } => staking.fund(token, who, amount, time),
            Action::Stake { amount } => staking.deposit(token, who, who, amount, time),
            Action::StakeWithPermit { amount } => {
                token.permit(who, staking.address(), amount);
                staking.deposit(token, who, who, amount, time)
            }
            Action::StakeFor { account, amount } => staking.deposit(token, who, address(account), amount, time),
            Action::Claim => staking.claim(token, who, time),
            Action::Compound => staking.compound(who, time),
            Action::RequestUnstake { amount } => staking.request_unstake(token, who, amount, time),
            Action::CancelUnstake => staking.cancel_unstake(who, time),
            Action::Withdraw => staking.withdraw(token, who, time),
            Action::AddFees { amount, epochs } => staking.add_fees(token, who, amount, epochs, time),
            Action::Pause => staking.pause(who),
            Action::Unpause => staking.unpause(who),
        }
    }
}
