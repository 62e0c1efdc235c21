//! What a contract may move of an account's COR: by a permit where token and signer can, by an approval of exactly that elsewhere.

use abi::CorToken;
use alloy::rpc::types::{
    TransactionRequest,
    state::{AccountOverride, StateOverride},
};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256, uint};
use alloy_sol_types::SolCall;
use anyhow::Result;
use words::{amount::Cor, refusals::Exit};

use super::{
    call::Call,
    failure::exit_of,
    place::{Site, View},
};
use crate::keys::{Prepared, Signer};

/// How long a permit holds, in seconds.
const PERMIT_LIFE: u64 = 3_600;
/// Slots of the allowances in tokens that are around: ours, OpenZeppelin's of old and of today, and what lies near.
const ALLOWANCE_SLOTS: [u64; 10] = [2, 1, 0, 3, 4, 5, 6, 7, 51, 52];
/// Where OpenZeppelin's upgradeable ERC-20 has its allowances: one behind the slot of its name (ERC-7201).
const ALLOWANCES_UPGRADEABLE: U256 = uint!(0x52c63247e1f47db19d5ce0460030c497f067ca4cebf71ba98eeadabe20bace01_U256);

/// What a contract may move of an account's COR.
pub(super) async fn allowance(view: &View<'_>, owner: Address, contract: &str) -> Result<U256> {
    let spender = view.site.contract(contract)?;
    view.view("cor-token", &CorToken::allowanceCall { owner, spender }).await
}

/// The state in which a contract may move an amount of an account's COR; nothing where the token keeps that elsewhere.
pub(super) async fn approved(view: &View<'_>, owner: Address, spender: Address, amount: u128) -> Result<Option<StateOverride>> {
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
pub(super) fn approval(site: &Site, call: &Call) -> Result<Prepared> {
    let approve = CorToken::approveCall { spender: site.contract(call.contract)?, value: U256::from(call.takes) };
    Ok(Prepared {
        says: format!("approve {} for {}", Cor(call.takes), call.contract),
        to: site.contract("cor-token")?,
        value: U256::ZERO,
        data: approve.abi_encode().into(),
        gas: None,
    })
}

/// `stakeWithPermit` in the place of `stake`; or why an approval has to come first.
pub(super) async fn permit(site: &Site, signer: &Signer, call: &Call) -> Result<Result<Bytes, &'static str>> {
    let (owner, spender, value) = (signer.address(), site.contract(call.contract)?, U256::from(call.takes));
    let view = site.latest().await?;
    let nonce = offered(view.view("cor-token", &CorToken::noncesCall { owner }).await)?;
    let domain = offered(view.view("cor-token", &CorToken::DOMAIN_SEPARATORCall {}).await)?;
    let (Some(nonce), Some(domain)) = (nonce, domain) else { return Ok(Err("the token has no permits")) };
    let deadline = U256::from(view.time.saturating_add(PERMIT_LIFE));
    let kind = keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
    let words = [kind, owner.into_word(), spender.into_word(), value.into(), nonce.into(), deadline.into()];
    let digest = keccak256([&[0x19, 0x01], domain.as_slice(), keccak256(words.concat().as_slice()).as_slice()].concat());
    let Some(signature) = signer.sign_digest(&digest) else { return Ok(Err("a device signs no permit")) };
    let (v, r, s) = (27 + u8::from(signature.v()), signature.r().into(), signature.s().into());
    let input: Bytes = abi::Staking::stakeWithPermitCall { amount: value, deadline, v, r, s }.abi_encode().into();
    // Permits of another make (DAI's) have the same names and other words.
    let request = TransactionRequest::default().from(owner).to(spender).input(input.clone().into());
    let taken = view.ask(request, StateOverride::default()).await?.is_ok();
    Ok(if taken { Ok(input) } else { Err("the token does not take our permit") })
}

/// What a contract answers, if it has such a function; a node's failure says nothing about that.
fn offered<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if exit_of(&error) == Exit::Node => Err(error),
        Err(_) => Ok(None),
    }
}
