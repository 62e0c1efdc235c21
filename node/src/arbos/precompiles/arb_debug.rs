//! ArbDebug (0xff): for tests; a chain in production does not have it.

use alloy_primitives::B256;
use alloy_sol_types::sol;

use super::{
    Precompile,
    method::{Context, Fault, Method},
};
use crate::arbos::storage::CHAIN_OWNERS;

sol! {
    /// Powers of debug chains.
    interface ArbDebug {
        function becomeChainOwner() external;
        function overwriteContractCode(address target, bytes newCode) external returns (bytes oldCode);
        function events(bool flag, bytes32 value) external payable returns (address, uint256);
        function eventsView() external view;
        function customRevert(uint64 number) external pure;
        function panic() external;
        function legacyError() external pure;

        event Basic(bool flag, bytes32 indexed value);
        event Mixed(bool indexed flag, bool not, bytes32 indexed value, address conn, address indexed caller);

        error Custom(uint64 number, string message, bool flag);
    }
}

pub(super) fn precompile() -> Precompile {
    use ArbDebug::*;
    let methods = vec![
        Method::action(|cx, _: becomeChainOwnerCall| {
            let caller = cx.call.caller;
            CHAIN_OWNERS.add(cx, caller)
        }),
        Method::write(|cx, call: overwriteContractCodeCall| {
            let old = cx.ledger.code(call.target);
            cx.ledger.set_code(call.target, call.newCode);
            Ok(old)
        }),
        Method::payable(|cx, call: eventsCall| {
            emit_both(cx, call.flag, call.value)?;
            Ok((cx.call.caller, cx.call.value).into())
        }),
        // Fails, for a view cannot emit: that is what it is for.
        Method::view(|cx, _: eventsViewCall| {
            emit_both(cx, true, B256::ZERO)?;
            Ok(eventsViewReturn {})
        }),
        Method::pure(|_, call: customRevertCall| {
            let message = r"This spider family wards off bugs: /\oo/\ //\(oo)//\ /\oo/\".to_owned();
            Err(Fault::error(Custom { number: call.number, message, flag: true }))
        }),
        Method::action(|_, _: panicCall| Err(Fault::Burned("called ArbDebug's debug-only Panic method".to_owned()))),
        Method::pure(|_, _: legacyErrorCall| Err("example legacy error".into())),
    ];
    Precompile::new("ArbDebug", 0xff, methods)
}

fn emit_both(cx: &mut Context<'_>, flag: bool, value: B256) -> Result<(), Fault> {
    cx.emit(&ArbDebug::Basic { flag: !flag, value })?;
    let (conn, caller) = (cx.call.address, cx.call.caller);
    cx.emit(&ArbDebug::Mixed { flag, not: !flag, value, conn, caller })
}
