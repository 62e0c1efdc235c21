//! What only a development node does: it goes back, and tells what a transaction did inside.

use std::collections::BTreeSet;

use alloy::providers::Provider;
use alloy_primitives::{Address, B256, Bytes, U256};
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Chain, Clock};

/// A state that a chain can go back to, once.
#[derive(Debug)]
pub(crate) struct Mark {
    id: U256,
    clock: Clock,
}

/// What a transaction did inside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Trace {
    /// Whose code ran, frame by frame, in order.
    pub(crate) entered: Vec<Address>,
    /// Which slots of which accounts programs wrote. What EVM code wrote is not told.
    pub(crate) written: BTreeSet<(Address, U256)>,
}

/// A step of Nitro's `stylusTracer`.
#[derive(Debug, Deserialize)]
struct Step {
    name: String,
    args: Bytes,
    address: Option<Address>,
    #[serde(default)]
    steps: Vec<Step>,
}

impl Chain {
    /// The second at which the next transaction will stand. Asked of a chain whose time cannot be moved, an error.
    pub(crate) fn next_second(&self) -> Result<u64> {
        self.clock.next().context("this chain's time cannot be moved")
    }

    /// Remembers everything, time included.
    pub(crate) async fn mark(&self) -> Result<Mark> {
        let id = self.provider.raw_request("evm_snapshot".into(), ()).await.context("the node takes no snapshot")?;
        Ok(Mark { id, clock: self.clock })
    }

    /// Makes undone all that happened since.
    pub(crate) async fn back_to(&mut self, mark: Mark) -> Result<()> {
        let done: bool = self.provider.raw_request("evm_revert".into(), [mark.id]).await.context("the node does not go back")?;
        ensure!(done, "the node no longer has the state to go back to");
        self.clock = mark.clock;
        Ok(())
    }

    /// Writes into an account's storage.
    pub(crate) async fn set_storage(&self, account: Address, slot: U256, value: U256) -> Result<()> {
        let params = json!([account, B256::from(slot), B256::from(value)]);
        let written: Result<Value, _> = self.provider.raw_request("anvil_setStorageAt".into(), params).await;
        written.with_context(|| format!("the storage of {account} cannot be written"))?;
        Ok(())
    }

    /// What a slot held when a block had ended.
    pub(crate) async fn storage(&self, account: Address, slot: U256, block: u64) -> Result<U256> {
        let value = self.provider.get_storage_at(account, slot).number(block).await;
        value.with_context(|| format!("the storage of {account} cannot be read"))
    }

    /// What a transaction to `to` did inside.
    pub(crate) async fn trace(&self, to: Address, hash: B256) -> Result<Trace> {
        let params = json!([hash, { "tracer": "stylusTracer" }]);
        let steps: Vec<Step> =
            self.provider.raw_request("debug_traceTransaction".into(), params).await.context("the node shows no trace")?;
        let mut trace = Trace { entered: vec![to], ..Trace::default() };
        trace.follow(to, &steps)?;
        Ok(trace)
    }
}

impl Trace {
    /// Takes what happened in a frame that acts on an account's storage.
    fn follow(&mut self, acting: Address, steps: &[Step]) -> Result<()> {
        for step in steps {
            if step.name == "storage_cache_bytes32" {
                let slot = step.args.get(..32).context("a trace writes to a slot without a number")?;
                self.written.insert((acting, U256::from_be_slice(slot)));
            }
            if let Some(code) = step.address {
                self.entered.push(code);
                let delegated = step.name.contains("delegate_call");
                self.follow(if delegated { acting } else { code }, &step.steps)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delegate_writes_into_the_account_that_called_it() {
        let [caller, code, token] = [1, 2, 3].map(Address::with_last_byte);
        let write = |slot: u8| json!({"name": "storage_cache_bytes32", "args": Bytes::from([[0; 31].as_slice(), &[slot], &[9; 32]].concat())});
        let steps = json!([
            write(1),
            {"name": "delegate_call_contract", "args": "0x", "address": code, "steps": [
                write(2),
                {"name": "call_contract", "args": "0x", "address": token, "steps": [write(3)]},
            ]},
        ]);
        let steps: Vec<Step> = serde_json::from_value(steps).expect("steps");
        let mut trace = Trace::default();
        trace.follow(caller, &steps).expect("a trace");
        assert_eq!(trace.entered, [code, token]);
        assert_eq!(trace.written, [(caller, U256::ONE), (caller, U256::from(2)), (token, U256::from(3))].into());
    }
}
