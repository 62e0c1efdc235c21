//! What a transaction may cost at most, whatever a node says.
//!
//! A node names the price of gas and how much of it is needed, and what is signed promises both. Nobody signs more than this on
//! a node's word alone.

/// Wei of a gas that are offered at most: five thousand times the 0.01 gwei that Arbitrum One asks when it is calm, five hundred
/// times the floor of a chain of one's own.
pub(crate) const MOST_PRICE: u128 = 50_000_000_000;
/// Gas that a transaction is sent with at most: three times what fits a block of Arbitrum, for posting counts as gas, too.
const MOST_GAS: u64 = 100_000_000;

/// Why nothing is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Dear {
    /// Of a gas.
    #[error(
        "the node asks {0} wei for a gas, and more than {MOST_PRICE} are never offered: the chain is crowded as never before, or \
         the node does not tell the truth; nothing was signed; ask another node, or try later"
    )]
    Price(u128),
    /// Of the transaction.
    #[error(
        "the node asks for {0} gas, and no transaction is sent with more than {MOST_GAS}: it does not tell the truth; nothing was \
         signed; ask another node"
    )]
    Gas(u64),
}

/// What is offered for a gas that costs so much now: twice as much, for the price may rise until it is in a block.
pub(crate) fn offer(price: u128) -> Result<u128, Dear> {
    if price > MOST_PRICE { Err(Dear::Price(price)) } else { Ok((2 * price).min(MOST_PRICE)) }
}

/// The gas limit of a transaction that needs so much now: a quarter more, for the state may change until it is in a block.
pub(crate) fn limit(estimate: u64) -> Result<u64, Dear> {
    if estimate > MOST_GAS { Err(Dear::Gas(estimate)) } else { Ok((estimate + estimate / 4).min(MOST_GAS)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_decides_up_to_a_bound() {
        assert_eq!(offer(20_000_000), Ok(40_000_000));
        assert_eq!((offer(0), offer(MOST_PRICE)), (Ok(0), Ok(MOST_PRICE)));
        assert_eq!(offer(MOST_PRICE / 2 + 1), Ok(MOST_PRICE));
        for price in [MOST_PRICE + 1, 10_u128.pow(30), u128::MAX] {
            assert_eq!(offer(price), Err(Dear::Price(price)));
        }
        assert_eq!((limit(100_000), limit(MOST_GAS)), (Ok(125_000), Ok(MOST_GAS)));
        for gas in [MOST_GAS + 1, u64::MAX] {
            assert_eq!(limit(gas), Err(Dear::Gas(gas)));
        }
    }
}
