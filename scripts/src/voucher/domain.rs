//! Whether a contract counts what is signed under our domain.

use abi::AppFees;
use alloy::{providers::Provider, rpc::types::TransactionRequest};
use alloy_primitives::Bytes;
use alloy_sol_types::SolCall;
use anyhow::{Context, Result, ensure};

use super::file::Place;

/// That the contract there counts what is signed under our domain for it. It tells the domain by its hash alone.
pub(super) async fn same_domain<P: Provider>(provider: &P, place: Place) -> Result<()> {
    let (contract, domain) = (place.app_fees, place.domain());
    let input = AppFees::DOMAIN_SEPARATORCall {}.abi_encode();
    let request = TransactionRequest::default().to(contract).input(Bytes::from(input).into());
    let silent = || format!("{contract} does not say its domain: is app-fees there?");
    let answer = provider.call(request).await.with_context(silent)?;
    let there = AppFees::DOMAIN_SEPARATORCall::abi_decode_returns(&answer).with_context(silent)?;
    let ours = domain.separator();
    ensure!(
        there == ours,
        "nothing was signed: the contract's domain has the hash {there}, ours would be {domain}, which has {ours}"
    );
    Ok(())
}
