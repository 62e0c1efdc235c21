//! COR beside OpenZeppelin's ERC-20.

use abi::CorToken;
use alloy_primitives::{Address, B256, address, keccak256};
use alloy_sol_types::SolValue;
use anyhow::{Result, ensure};

use super::{
    cost::Cost,
    lab::{Lab, cor},
    row::{Goal, Peer, Row},
};
use crate::{
    people::Person::{Ada, Ben, Treasury},
    system::SUPPLY,
};

/// Somebody who has nothing of any token.
const NEWCOMER: Address = address!("0x0000000000000000000000000000000000007e11");

/// An operation of a token costs at most what it costs the peer.
const GOAL: Goal = Goal::OfPeer(100);

/// Transfers and allowances, of all three tokens.
pub(super) async fn rows(lab: &mut Lab) -> Result<Vec<Row>> {
    let ours = erc20(lab, lab.system.token).await?;
    let mut rows = Vec::new();
    let oz5 = openzeppelin_5(lab).await?;
    for (name, token) in [("OpenZeppelin ERC-20 4.9.6", lab.oz4), ("OpenZeppelin ERC-20 5.7.0", oz5)] {
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

/// OpenZeppelin's token of version 5. It has no constructor that mints: the treasury's balance is put into its slot 0, where
/// balances are, by account.
async fn openzeppelin_5(lab: &mut Lab) -> Result<Address> {
    let code = lab.packages.compiled_erc20()?;
    let token = lab.create(&code, &("Cortensor".to_owned(), "COR".to_owned()).abi_encode_params()).await?;
    let account = lab.address(Treasury);
    let slot = keccak256([account.into_word(), B256::ZERO].concat());
    lab.chain.set_storage(token, slot.into(), SUPPLY).await?;
    let held = lab.chain.view(token, &CorToken::balanceOfCall { account }).await?;
    ensure!(held == SUPPLY, "the treasury holds {held} wei of the peer's token, not the supply");
    Ok(token)
}
