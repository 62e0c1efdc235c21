//! ArbInfo (0x65): accounts for contracts that cannot ask the EVM.

use alloy_sol_types::sol;

use super::{
    Precompile,
    method::{Method, copy_gas},
};

sol! {
    /// Looks accounts up.
    interface ArbInfo {
        function getBalance(address account) external view returns (uint256);
        function getCode(address account) external view returns (bytes);
    }
}

pub(super) fn precompile() -> Precompile {
    use ArbInfo::*;
    let methods = vec![
        Method::view(|cx, call: getBalanceCall| {
            cx.burn(700)?;
            Ok(cx.ledger.balance(call.account))
        }),
        Method::view(|cx, call: getCodeCall| {
            cx.burn(2_100)?;
            let code = cx.ledger.code(call.account);
            cx.burn(copy_gas(code.len()))?;
            Ok(code)
        }),
    ];
    Precompile::new("ArbInfo", 0x65, methods)
}
