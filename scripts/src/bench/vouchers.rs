//! Usage vouchers: no peer settles any, so that there is a price of each in a batch instead.

use abi::{AgentStore, AppFees, CorToken};
use alloy::signers::local::PrivateKeySigner;
use alloy_primitives::{B256, U256, keccak256};
use anyhow::{Context, Result};

use super::{
    lab::{Lab, cor},
    row::{Goal, Row},
};
use crate::{
    keys::Signer,
    people::Person::{Ada, Ben, Treasury},
    voucher::file::{Count, Number, Place},
};

/// Vouchers in a batch, each of another app.
const BATCH: u64 = 50;
/// What each costs at most, beyond the first.
const GOAL: Goal = Goal::Gas(25_000);

/// What each further voucher of a batch takes, and the two batches that it follows from.
pub(super) async fn rows(lab: &mut Lab) -> Result<Vec<Row>> {
    let (token, fees, store) = (lab.system.token, lab.network.fees, lab.network.store);
    lab.tell(Treasury, token, &CorToken::transferCall { to: lab.address(Ada), value: cor(100_000) }).await?;
    for spender in [fees, store] {
        lab.tell(Ada, token, &CorToken::approveCall { spender, value: U256::MAX }).await?;
    }
    let key = PrivateKeySigner::from_bytes(&keccak256("corflow bench")).context("this is no private key")?;
    let epoch = lab.next_epoch().await?;
    for app in 1..=BATCH {
        let register = AgentStore::registerCall {
            signer: key.address(),
            feeCap: cor(100),
            category: B256::repeat_byte(1),
            contentHash: B256::repeat_byte(2),
            uri: "https://apps.example/app.json".into(),
        };
        lab.tell(Ada, store, &register).await?;
        lab.tell(Ada, fees, &AppFees::topUpCall { appId: U256::from(app), amount: cor(1) }).await?;
    }
    // An app's first voucher of an epoch writes where nothing was; these are any later ones.
    let first = vouchers(lab, &key, epoch, BATCH, 10)?;
    lab.tell(Ben, fees, &first).await?;
    let batch = vouchers(lab, &key, epoch, BATCH, 20)?;
    let batch = lab.measure(Ben, fees, &batch).await?;
    let alone = vouchers(lab, &key, epoch, 1, 30)?;
    let alone = lab.measure(Ben, fees, &alone).await?;
    let each = batch.clone().each_of(&alone, BATCH - 1);
    let row = |operation: String, ours, goal| Row { operation, ours, peer: None, goal };
    Ok(vec![
        row(format!("each voucher more of a batch of {BATCH}"), each, Some(GOAL)),
        row(format!("settleMany of {BATCH} vouchers"), batch, None),
        row("settleMany of one voucher".into(), alone, None),
    ])
}

/// One voucher of each of the first apps, for so many units in all.
fn vouchers(lab: &Lab, key: &PrivateKeySigner, epoch: u64, apps: u64, units: u64) -> Result<AppFees::settleManyCall> {
    let number = |number: u64| Number(U256::from(number));
    let place = Place { chain_id: number(lab.chain.id()), app_fees: lab.network.fees };
    let voucher = |app| {
        let count = Count { app_id: number(app), epoch: number(epoch), cumulative_units: number(units) };
        Ok(count.signed(place, &Signer::Key(key.clone()))?.word()?)
    };
    Ok(AppFees::settleManyCall { vouchers: (1..=apps).map(voucher).collect::<Result<_>>()? })
}
