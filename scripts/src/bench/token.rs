//! COR beside OpenZeppelin's ERC-20.

use abi::CorToken;
use alloy_primitives::{Address, address};
use anyhow::Result;

use super::{
    cost::Cost,
    lab::{Lab, cor},
    row::{Goal, Peer, Row},
};
use crate::people::Person::{Ada, Ben, Treasury};

/// Somebody who has nothing of any token.
const NEWCOMER: Address = address!("0x0000000000000000000000000000000000007e11");

/// An operation of a token costs at most what it costs the peer.
const GOAL: Goal = Goal::OfPeer(100);

/// Transfers and allowances, of all three tokens.
pub(super) async fn rows(lab: &mut Lab) -> Result<Vec<Row>> {
    let ours = erc20(lab, lab.system.token).await?;
    let mut rows = Vec::new();
    for (name, token) in [("OpenZeppelin ERC-20 4.9.6", lab.oz4), ("OpenZeppelin ERC-20 5.7.0", lab.oz5)] {
        for ((operation, ours), (_, theirs)) in ours.clone().into_iter().zip(erc20(lab, token).await?) {
            let peer = Some(Peer { name: name.into(), gas: theirs.cached });
            rows.push(Row { operation: operation.into(), ours, peer, goal: Some(GOAL) });
        }
    }
    Ok(rows)
}

async fn erc20(lab: &mut Lab, token: Address) -> Result<[(&'static str, Cost); 4]> {
    let (ada, ben) = (lab.address(Ada), lab.address(Ben));
    lab.tell(Treasury, token, &CorToken::transferCall { to: ada, value: cor(1_000) }).await?;
    let transfer = CorToken::transferCall { to: NEWCOMER, value: cor(1) };
    Ok([
        ("transfer to a new holder", lab.measure(Ada, token, &transfer).await?),
        ("transfer", lab.measure(Ada, token, &transfer).await?),
        ("approve", lab.measure(Ada, token, &CorToken::approveCall { spender: ben, value: cor(100) }).await?),
        ("transferFrom", lab.measure(Ben, token, &CorToken::transferFromCall { from: ada, to: NEWCOMER, value: cor(1) }).await?),
    ])
}
