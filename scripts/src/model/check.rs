//! The chain against the ledger, to the wei.

use abi::{CorToken, Staking};
use alloy_primitives::{Address, U256};
use anyhow::Result;

use super::Model;
use crate::{chain::Chain, recorder::Recorder, system::System};

/// Compares balances, positions and what staking owes; says what differs. Expected values come from the ledger alone.
/// `accounts` are those to be looked at, by name.
pub(crate) async fn compare(
    chain: &Chain,
    system: &System,
    model: &Model,
    accounts: &[(String, Address)],
    step: &str,
    recorder: &mut Recorder,
) -> Result<()> {
    let now = chain.time().await?;
    let mut differences = Vec::new();
    let mut expect = |what: String, expected: U256, got: U256| {
        if expected != got {
            differences.push(format!("after {step}: {what} is {got}, by the ledger {expected}"));
        }
    };

    let held = |account: Address| CorToken::balanceOfCall { account };
    for (name, account) in accounts {
        let cor = chain.view(system.token, &held(*account)).await?;
        expect(format!("COR of {name}"), model.token.balance(*account), cor);

        let expected = model.staking.position(*account, now);
        let got = chain.view(system.staking, &Staking::positionCall { account: *account }).await?;
        expect(format!("stake of {name}"), U256::from(expected.stake), got.stake);
        expect(format!("unbonding of {name}"), U256::from(expected.unbonding), got.unbonding);
        expect(format!("end of unbonding of {name}"), U256::from(expected.ready_at), got.readyAt);
        expect(format!("rewards of {name}"), U256::from(expected.rewards), got.rewards);
    }
    let vault = chain.view(system.token, &held(system.staking)).await?;
    expect("COR of staking".into(), model.token.balance(system.staking), vault);
    let supply = chain.view(system.token, &CorToken::totalSupplyCall {}).await?;
    expect("supply of COR".into(), model.token.supply(), supply);

    let expected = model.staking.totals(now);
    let got = chain.view(system.staking, &Staking::totalsCall {}).await?;
    expect("all stake".into(), U256::from(expected.staked), got.staked);
    expect("all unbonding".into(), U256::from(expected.unbonding), got.unbonding);
    expect("all rewards owed".into(), U256::from(expected.rewards), got.rewards);
    expect("the incentives' budget".into(), U256::from(expected.budget), got.budget);
    expect("the fees' stream".into(), U256::from(expected.streaming), got.streaming);

    let epoch = model.staking.epoch(now);
    if let Some(closed) = epoch.checked_sub(1) {
        let got = chain.view(system.staking, &Staking::averageStakeCall { epoch: U256::from(closed) }).await?;
        expect(format!("average stake of epoch {closed}"), U256::from(model.staking.average_stake(closed)), got);
    }

    let owed = got.staked + got.unbonding + got.rewards + got.budget + got.streaming;
    if vault < owed {
        differences.push(format!("after {step}: staking holds {vault} and owes {owed}"));
    }
    for difference in differences {
        recorder.mismatch(difference);
    }
    Ok(())
}
