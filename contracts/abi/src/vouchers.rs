//! Usage vouchers: what an app's signer signs off-chain and app-fees counts on-chain.

/// The name of the EIP-712 domain that vouchers are signed under. The domain's other fields: [`USAGE_DOMAIN_VERSION`],
/// the chain's id, and app-fees' address as `verifyingContract`; no salt.
pub const USAGE_DOMAIN_NAME: &str = "Cortensor App Fees";

/// The version of that domain. It changes when the meaning of a voucher does.
pub const USAGE_DOMAIN_VERSION: &str = "1";

crate::words! {
    /// "App `appId` has used `cumulativeUnits` in all in epoch `epoch`", signed by the app's signer as EIP-712 has it. A
    /// later voucher of the same app and epoch says more, never less; what is charged is the difference to what was
    /// counted before.
    #[derive(Debug, PartialEq, Eq)]
    struct Usage {
        uint256 appId;
        uint256 epoch;
        uint256 cumulativeUnits;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{U256, address, b256};
    use alloy_sol_types::{SolStruct, eip712_domain};

    fn voucher() -> Usage {
        Usage { appId: U256::from(7), epoch: U256::from(3), cumulativeUnits: U256::from(123_456) }
    }

    #[test]
    fn the_type_is_written_as_eip_712_has_it() {
        assert_eq!(Usage::eip712_encode_type(), "Usage(uint256 appId,uint256 epoch,uint256 cumulativeUnits)");
    }

    #[test]
    fn the_digest_is_what_ethers_signs() {
        let domain = eip712_domain! {
            name: USAGE_DOMAIN_NAME,
            version: USAGE_DOMAIN_VERSION,
            chain_id: 412_346,
            verifying_contract: address!("0x1111111111111111111111111111111111111111"),
        };
        // TypedDataEncoder.hash of ethers 6.
        let digest = b256!("0x01b63532c1c159cd33dcf755b7542367c9d383e9506fd5fdd95ef4450ee8f64b");
        assert_eq!(voucher().eip712_signing_hash(&domain), digest);
        for other in [
            Usage { appId: U256::from(8), ..voucher() },
            Usage { epoch: U256::from(4), ..voucher() },
            Usage { cumulativeUnits: U256::from(123_457), ..voucher() },
        ] {
            assert_ne!(other.eip712_signing_hash(&domain), digest);
        }
    }
}
