//! Sending and signing.

use alloy_consensus::TypedTransaction;
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{Address, Bytes, TxKind};
use alloy_rpc_types_eth::TransactionRequest;
use jsonrpsee::core::RegisterMethodError;
use serde_json::json;

use super::{
    Answer, Methods,
    args::Args,
    calls::message,
    errors::{RpcError, invalid, no_estimate, refused},
    method,
};
use crate::chain::{Chain, Signed};

pub(super) fn register(methods: &mut Methods) -> Result<(), RegisterMethodError> {
    method(methods, &["eth_accounts", "personal_listAccounts"], |chain, _| {
        let accounts = chain.signers().accounts().iter();
        Ok(json!(accounts.map(|account| account.address).collect::<Vec<_>>()))
    })?;
    method(methods, &["eth_sendRawTransaction"], |chain, args| {
        let bytes: Bytes = args.need("data")?;
        Ok(json!(chain.submit_raw(&bytes).map_err(refused)?))
    })?;
    method(methods, &["eth_sendTransaction"], |chain, args| {
        let signed = fill_and_sign(chain, args)?;
        Ok(json!(chain.submit(signed).map_err(refused)?))
    })?;
    method(methods, &["eth_signTransaction"], sign_transaction)?;
    method(methods, &["eth_sign"], |chain, args| {
        let from: Address = args.need("address")?;
        let text: Bytes = args.need("message")?;
        sign(chain, from, &text)
    })?;
    // The same signature, with the parameters in the other order.
    method(methods, &["personal_sign"], |chain, args| {
        let text: Bytes = args.need("message")?;
        let from: Address = args.need("address")?;
        sign(chain, from, &text)
    })
}

fn sign(chain: &Chain, from: Address, text: &[u8]) -> Answer {
    let signature = chain.signers().sign_message(from, text).map_err(refused)?;
    Ok(json!(Bytes::from(signature.as_bytes().to_vec())))
}

fn sign_transaction(chain: &mut Chain, args: &mut Args) -> Answer {
    use alloy_eips::eip2718::Encodable2718;

    let signed = fill_and_sign(chain, args)?;
    let raw = Bytes::from(signed.envelope.encoded_2718());
    Ok(json!({ "raw": raw, "tx": super::json::pending(&signed) }))
}

/// Fills in what the request leaves open (nonce, gas, fee), and signs it. A transaction whose gas is open is
/// estimated first, and refused here if it would revert.
fn fill_and_sign(chain: &Chain, args: &mut Args) -> Result<Signed, RpcError> {
    let mut request: TransactionRequest = args.need("transaction")?;
    let from = request.from.ok_or_else(|| invalid("transaction", "from is missing"))?;
    let chain_id = chain.config().chain_id;
    if let Some(other) = request.chain_id.filter(|id| *id != chain_id) {
        return Err(invalid("transaction", format!("chainId does not match this chain's: have {other}, want {chain_id}")));
    }
    let view = chain.view(BlockId::Number(BlockNumberOrTag::Pending)).map_err(refused)?;
    let input = request.input.clone().try_into_unique_input().map_err(|error| invalid("transaction", error))?;

    request.chain_id = Some(chain_id);
    request.input = input.unwrap_or_default().into();
    request.to = Some(request.to.unwrap_or(TxKind::Create));
    request.nonce.get_or_insert_with(|| chain.pending_nonce(from));
    if request.gas_price.is_none() {
        // Whatever it offers, it pays the base fee: room for that to rise costs nothing.
        let offered = request.max_fee_per_gas.unwrap_or(u128::from(view.env.base_fee) * 2);
        request.max_fee_per_gas = Some(offered);
        request.max_priority_fee_per_gas.get_or_insert(0);
    }
    if request.gas.is_none() {
        request.gas = Some(chain.estimate(&view, &message(request.clone())?).map_err(no_estimate)?);
    }
    let transaction: TypedTransaction =
        request.build_consensus_tx().map_err(|error| invalid("transaction", format!("it cannot be built: {}", error.error)))?;
    if matches!(transaction, TypedTransaction::Eip4844(_)) {
        return Err(invalid("transaction", "Arbitrum takes no blob transactions"));
    }
    chain.signers().send_as(from, transaction).map_err(refused)
}
