//! What waits in the pool, as geth's `txpool` has it: `pending` is ready for the next block, `queued` waits for a nonce.

use std::collections::BTreeMap;

use alloy_consensus::Transaction as _;
use jsonrpsee::core::RegisterMethodError;
use serde_json::{Map, Value, json};

use super::{
    Methods,
    json::{self, quantity},
    method,
};
use crate::chain::{Chain, Signed};

pub(super) fn register(methods: &mut Methods) -> Result<(), RegisterMethodError> {
    method(methods, &["txpool_status"], |chain, _| {
        let (pending, queued): (Vec<_>, Vec<_>) = chain.waiting().partition(|signed| is_pending(chain, signed));
        Ok(json!({ "pending": quantity(pending.len() as u64), "queued": quantity(queued.len() as u64) }))
    })?;
    method(methods, &["txpool_content"], |chain, _| Ok(listed(chain, json::pending)))?;
    method(methods, &["txpool_inspect"], |chain, _| Ok(listed(chain, |signed| json!(line(signed)))))
}

/// Whether no nonce is missing before it.
fn is_pending(chain: &Chain, signed: &Signed) -> bool {
    signed.envelope.nonce() < chain.pending_nonce(signed.from)
}

/// By kind, sender (with its checksum, as geth writes it here) and nonce.
fn listed(chain: &Chain, show: impl Fn(&Signed) -> Value) -> Value {
    let mut kinds = [BTreeMap::new(), BTreeMap::new()];
    for signed in chain.waiting() {
        let kind: &mut BTreeMap<String, Map<String, Value>> = &mut kinds[usize::from(!is_pending(chain, signed))];
        kind.entry(signed.from.to_string()).or_default().insert(signed.envelope.nonce().to_string(), show(signed));
    }
    let [pending, queued] = kinds;
    json!({ "pending": pending, "queued": queued })
}

fn line(signed: &Signed) -> String {
    let tx = &signed.envelope;
    let to = tx.to().map_or_else(|| "contract creation".to_owned(), |to| to.to_string());
    format!("{to}: {} wei + {} gas × {} wei", tx.value(), tx.gas_limit(), tx.max_fee_per_gas())
}
