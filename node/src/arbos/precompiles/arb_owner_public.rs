//! ArbOwnerPublic (0x6b): what anyone may know of the chain's government.

use alloy_sol_types::sol;

use super::{Precompile, method::Method};
use crate::arbos::{
    StylusParams,
    storage::{
        BROTLI_LEVEL, CALLDATA_PRICE_INCREASE, CHAIN_OWNERS, COLLECT_TIPS, FILTERED_FUNDS_RECIPIENT, FILTERING_FROM,
        INFRA_FEE_ACCOUNT, L1_GAS_FLOOR, NATIVE_TOKEN_FROM, NATIVE_TOKEN_OWNERS, NETWORK_FEE_ACCOUNT, TRANSACTION_FILTERERS,
        UPGRADE_TIME, UPGRADE_VERSION,
    },
};

sol! {
    /// Reads what chain owners set.
    interface ArbOwnerPublic {
        function isChainOwner(address account) external view returns (bool);
        function rectifyChainOwner(address ownerToRectify) external;
        function getAllChainOwners() external view returns (address[]);
        function getNativeTokenManagementFrom() external view returns (uint64);
        function isNativeTokenOwner(address account) external view returns (bool);
        function getAllNativeTokenOwners() external view returns (address[]);
        function getTransactionFilteringFrom() external view returns (uint64);
        function isTransactionFilterer(address account) external view returns (bool);
        function getAllTransactionFilterers() external view returns (address[]);
        function getFilteredFundsRecipient() external view returns (address);
        function getNetworkFeeAccount() external view returns (address);
        function getInfraFeeAccount() external view returns (address);
        function getBrotliCompressionLevel() external view returns (uint64);
        function getParentGasFloorPerToken() external view returns (uint64);
        function getScheduledUpgrade() external view returns (uint64 arbosVersion, uint64 scheduledForTimestamp);
        function isCalldataPriceIncreaseEnabled() external view returns (bool);
        function getMaxStylusContractFragments() external view returns (uint8);
        function getCollectTips() external view returns (bool);
    }
}

pub(super) fn precompile() -> Precompile {
    use ArbOwnerPublic::*;
    let methods = vec![
        Method::view(|cx, call: isChainOwnerCall| CHAIN_OWNERS.contains(cx, call.account)),
        // The list and the index of chain owners were once able to part on old chains; here they never do, which
        // Nitro, too, answers by refusing.
        Method::action(|cx, call: rectifyChainOwnerCall| {
            Err(if CHAIN_OWNERS.contains(cx, call.ownerToRectify)? {
                "already correctly mapped".into()
            } else {
                "not an owner".into()
            })
        }),
        Method::view(|cx, _: getAllChainOwnersCall| CHAIN_OWNERS.members(cx)),
        Method::view(|cx, _: getNativeTokenManagementFromCall| NATIVE_TOKEN_FROM.get(cx)).since(50),
        Method::view(|cx, call: isNativeTokenOwnerCall| NATIVE_TOKEN_OWNERS.contains(cx, call.account)).since(41),
        Method::view(|cx, _: getAllNativeTokenOwnersCall| NATIVE_TOKEN_OWNERS.members(cx)).since(41),
        Method::view(|cx, _: getTransactionFilteringFromCall| FILTERING_FROM.get(cx)).since(60),
        Method::view(|cx, call: isTransactionFiltererCall| TRANSACTION_FILTERERS.contains(cx, call.account)).since(60),
        Method::view(|cx, _: getAllTransactionFilterersCall| TRANSACTION_FILTERERS.members(cx)).since(60),
        Method::view(|cx, _: getFilteredFundsRecipientCall| FILTERED_FUNDS_RECIPIENT.get(cx)).since(60),
        Method::view(|cx, _: getNetworkFeeAccountCall| NETWORK_FEE_ACCOUNT.get(cx)),
        Method::view(|cx, _: getInfraFeeAccountCall| INFRA_FEE_ACCOUNT.get(cx)),
        Method::view(|cx, _: getBrotliCompressionLevelCall| BROTLI_LEVEL.get(cx)),
        Method::view(|cx, _: getParentGasFloorPerTokenCall| L1_GAS_FLOOR.get(cx)).since(50),
        Method::view(|cx, _: getScheduledUpgradeCall| {
            let version = UPGRADE_VERSION.get(cx)?;
            let time = UPGRADE_TIME.get(cx)?;
            // One that has happened is scheduled no more.
            Ok(if version <= cx.arbos { (0, 0) } else { (version, time) }.into())
        }),
        Method::view(|cx, _: isCalldataPriceIncreaseEnabledCall| CALLDATA_PRICE_INCREASE.get(cx)).since(40),
        Method::view(|cx, _: getMaxStylusContractFragmentsCall| {
            cx.params().map(|StylusParams { max_fragments, .. }| max_fragments)
        })
        .since(60),
        Method::view(|cx, _: getCollectTipsCall| COLLECT_TIPS.get(cx)).since(60),
    ];
    Precompile::new("ArbOwnerPublic", 0x6b, methods)
}
