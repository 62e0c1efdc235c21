//! What people do in a run: a call, and the words for it.

use abi::{CorToken, Staking};
use alloy::signers::{SignerSync, local::PrivateKeySigner};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, SolValue};
use anyhow::{Context, Result};

use crate::people::Person;

/// One thing that somebody does. Amounts are wei of COR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Gives COR.
    Transfer { to: Person, amount: U256 },
    /// Lets staking take COR.
    Approve { amount: U256 },
    /// Destroys COR.
    Burn { amount: U256 },
    /// Adds to the incentives' budget.
    Fund { amount: U256 },
    /// Stakes what was approved.
    Stake { amount: U256 },
    /// Stakes by a signature instead of an approval.
    StakeWithPermit { amount: U256 },
    /// Stakes for somebody else.
    StakeFor { account: Person, amount: U256 },
    /// Takes the rewards.
    Claim,
    /// Stakes the rewards.
    Compound,
    /// Begins to leave.
    RequestUnstake { amount: U256 },
    /// Comes back.
    CancelUnstake,
    /// Takes what has matured.
    Withdraw,
    /// Brings fees, which only app-fees may.
    AddFees { amount: U256, epochs: u64 },
    /// Closes the inflows.
    Pause,
    /// Opens them again.
    Unpause,
}

/// A permit, as `stakeWithPermit` takes it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Permit {
    /// The last second at which it holds.
    pub(crate) deadline: U256,
    /// The signature.
    pub(crate) v: u8,
    /// The signature.
    pub(crate) r: B256,
    /// The signature.
    pub(crate) s: B256,
}

impl Action {
    /// Whether it is a call of the token; of staking otherwise.
    pub(crate) fn is_of_token(&self) -> bool {
        matches!(self, Self::Transfer { .. } | Self::Approve { .. } | Self::Burn { .. })
    }

    /// What it does, for people: "stakes 5 COR".
    pub(crate) fn words(&self) -> String {
        match *self {
            Self::Transfer { to, amount } => format!("gives {} {}", to.name(), cor(amount)),
            Self::Approve { amount } => format!("approves {}", cor(amount)),
            Self::Burn { amount } => format!("burns {}", cor(amount)),
            Self::Fund { amount } => format!("funds {}", cor(amount)),
            Self::Stake { amount } => format!("stakes {}", cor(amount)),
            Self::StakeWithPermit { amount } => format!("stakes {} by permit", cor(amount)),
            Self::StakeFor { account, amount } => format!("stakes {} for {}", cor(amount), account.name()),
            Self::Claim => "claims".to_owned(),
            Self::Compound => "compounds".to_owned(),
            Self::RequestUnstake { amount } => format!("requests {} back", cor(amount)),
            Self::CancelUnstake => "cancels that".to_owned(),
            Self::Withdraw => "withdraws".to_owned(),
            Self::AddFees { amount, epochs } => format!("adds fees, {} of {epochs} epoch", cor(amount)),
            Self::Pause => "pauses".to_owned(),
            Self::Unpause => "unpauses".to_owned(),
        }
    }

    /// The call. `staking` is whom approvals are for, `permit` what was signed where it is needed.
    pub(crate) fn input(&self, staking: Address, address: impl Fn(Person) -> Address, permit: Option<Permit>) -> Result<Bytes> {
        let input = match *self {
            Self::Transfer { to, amount } => CorToken::transferCall { to: address(to), value: amount }.abi_encode(),
            Self::Approve { amount } => CorToken::approveCall { spender: staking, value: amount }.abi_encode(),
            Self::Burn { amount } => CorToken::burnCall { value: amount }.abi_encode(),
            Self::Fund { amount } => Staking::fundCall { amount }.abi_encode(),
            Self::Stake { amount } => Staking::stakeCall { amount }.abi_encode(),
            Self::StakeWithPermit { amount } => {
                let Permit { deadline, v, r, s } = permit.context("a permit must be signed first")?;
                Staking::stakeWithPermitCall { amount, deadline, v, r, s }.abi_encode()
            }
            Self::StakeFor { account, amount } => Staking::stakeForCall { account: address(account), amount }.abi_encode(),
            Self::Claim => Staking::claimCall {}.abi_encode(),
            Self::Compound => Staking::compoundCall {}.abi_encode(),
            Self::RequestUnstake { amount } => Staking::requestUnstakeCall { amount }.abi_encode(),
            Self::CancelUnstake => Staking::cancelUnstakeCall {}.abi_encode(),
            Self::Withdraw => Staking::withdrawCall {}.abi_encode(),
            Self::AddFees { amount, epochs } => Staking::addFeesCall { amount, epochs: U256::from(epochs) }.abi_encode(),
            Self::Pause => Staking::pauseCall {}.abi_encode(),
            Self::Unpause => Staking::unpauseCall {}.abi_encode(),
        };
        Ok(input.into())
    }
}

/// Signs an ERC-2612 permit.
pub(crate) fn permit(
    signer: &PrivateKeySigner,
    domain: B256,
    spender: Address,
    value: U256,
    nonce: U256,
    deadline: U256,
) -> Result<Permit> {
    let permit_type = keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
    let message = keccak256((permit_type, signer.address(), spender, value, nonce, deadline).abi_encode());
    let digest = keccak256([&[0x19, 0x01], domain.as_slice(), message.as_slice()].concat());
    let signature = signer.sign_hash_sync(&digest).context("the permit could not be signed")?;
    Ok(Permit { deadline, v: 27 + u8::from(signature.v()), r: signature.r().into(), s: signature.s().into() })
}

/// The EIP-712 domain of COR on a chain: what a permit is bound to.
pub(crate) fn cor_domain(chain_id: u64, token: Address) -> B256 {
    let domain_type = keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    keccak256((domain_type, keccak256("Cortensor"), keccak256("1"), U256::from(chain_id), token).abi_encode())
}

/// Wei of whole COR.
pub(crate) const fn whole(cor: u64) -> U256 {
    U256::from_limbs([cor, 0, 0, 0]).wrapping_mul(U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]))
}

/// An amount for people.
fn cor(amount: U256) -> String {
    if amount == U256::MAX {
        return "any amount".to_owned();
    }
    let one = whole(1);
    let (integer, fraction) = amount.div_rem(one);
    if fraction.is_zero() {
        return format!("{integer} COR");
    }
    let digits = format!("{fraction:018}");
    format!("{integer}.{} COR", digits.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use alloy_primitives::U256;

    use super::{cor, whole};

    #[test]
    fn amounts_for_people() {
        assert_eq!(cor(whole(5_000)), "5000 COR");
        assert_eq!(cor(whole(1) / U256::from(2)), "0.5 COR");
        assert_eq!(cor(U256::from(1)), "0.000000000000000001 COR");
    }
}
