//! ArbRetryableTx (0x6e): tickets that the parent chain creates. There is no parent chain, so there are no tickets.

use alloy_primitives::{Address, U256};
use alloy_sol_types::sol;

use super::{
    Precompile,
    method::{Context, Fault, Method},
};

sol! {
    /// Redeems and manages retryable tickets.
    interface ArbRetryableTx {
        function redeem(bytes32 ticketId) external returns (bytes32);
        function getLifetime() external view returns (uint256);
        function getTimeout(bytes32 ticketId) external view returns (uint256);
        function keepalive(bytes32 ticketId) external returns (uint256);
        function getBeneficiary(bytes32 ticketId) external view returns (address);
        function cancel(bytes32 ticketId) external;
        function getCurrentRedeemer() external view returns (address);
        function submitRetryable(bytes32 requestId, uint256 l1BaseFee, uint256 deposit, uint256 callvalue, uint256 gasFeeCap, uint64 gasLimit, uint256 maxSubmissionFee, address feeRefundAddress, address beneficiary, address retryTo, bytes retryData) external;

        error NoTicketWithID();
        error NotCallable();
    }
}

/// Seconds that a ticket lives.
const LIFETIME: u64 = 7 * 24 * 3600;

pub(super) fn precompile() -> Precompile {
    use ArbRetryableTx::*;
    let methods = vec![
        Method::write(|cx, _: redeemCall| no_ticket(cx)),
        Method::view(|_, _: getLifetimeCall| Ok(U256::from(LIFETIME))),
        Method::view(|cx, _: getTimeoutCall| no_ticket(cx)),
        Method::write(|cx, _: keepaliveCall| no_ticket(cx)),
        Method::view(|cx, _: getBeneficiaryCall| no_ticket(cx)),
        Method::action(|cx, _: cancelCall| no_ticket(cx)),
        Method::view(|_, _: getCurrentRedeemerCall| Ok(Address::ZERO)),
        Method::action(|_, _: submitRetryableCall| Err(Fault::error(NotCallable {}))),
    ];
    Precompile::new("ArbRetryableTx", 0x6e, methods)
}

fn no_ticket<T>(cx: &mut Context<'_>) -> Result<T, Fault> {
    // The ticket's timeout is read, which says that there is none.
    cx.unkept::<u64>()?;
    Err(Fault::error(ArbRetryableTx::NoTicketWithID {}))
}
