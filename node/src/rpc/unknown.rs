//! Methods that are not there: the answer names them, and says what to do instead where people ask for them.

use std::{collections::HashSet, sync::Arc};

use jsonrpsee::{
    core::middleware::{Batch, BatchEntry, BatchEntryErr, Notification, RpcServiceT},
    server::MethodResponse,
    types::{ErrorObjectOwned, Request},
};
use tower::Layer;

use super::{Methods, errors};

/// Methods that other nodes have, and why this one has not.
const INSTEAD: [(&str, &str); 13] = [
    (
        "eth_getProof",
        "this chain keeps no tree of accounts, so there are no proofs; eth_getBalance, eth_getCode and eth_getStorageAt read them",
    ),
    ("eth_createAccessList", "no list is made here; transactions that bring one are taken"),
    ("eth_signTypedData", "sign in the client, with a key that the node prints when it starts"),
    ("eth_signTypedData_v4", "sign in the client, with a key that the node prints when it starts"),
    ("anvil_dumpState", "the chain lives in memory; evm_snapshot and evm_revert go back within one run"),
    ("anvil_loadState", "the chain lives in memory; evm_snapshot and evm_revert go back within one run"),
    ("anvil_reset", "start the node anew, or take evm_snapshot and evm_revert"),
    ("hardhat_reset", "start the node anew, or take evm_snapshot and evm_revert"),
    ("evm_setIntervalMining", "start the node with --block-time SECONDS"),
    ("anvil_setIntervalMining", "start the node with --block-time SECONDS"),
    ("anvil_setNextBlockBaseFeePerGas", "ArbOS sets the base fee; a call can override it"),
    ("hardhat_setNextBlockBaseFeePerGas", "ArbOS sets the base fee; a call can override it"),
    ("evm_setBlockGasLimit", "ArbOS sets how much a block takes"),
];

/// Answers for names that no method has; all else goes on to the methods.
#[derive(Clone, Debug)]
pub(super) struct Unknown<Inner> {
    names: Names,
    inner: Inner,
}

/// Puts [`Unknown`] before the methods.
#[derive(Clone, Debug)]
pub(super) struct UnknownLayer(Names);

type Names = Arc<HashSet<&'static str>>;

impl UnknownLayer {
    pub(super) fn before(methods: &Methods) -> Self {
        Self(Arc::new(methods.method_names().collect()))
    }
}

impl<Inner> Layer<Inner> for UnknownLayer {
    type Service = Unknown<Inner>;

    fn layer(&self, inner: Inner) -> Self::Service {
        Unknown { names: Arc::clone(&self.0), inner }
    }
}

impl<Inner> Unknown<Inner> {
    fn refusal(&self, name: &str) -> Option<ErrorObjectOwned> {
        if self.names.contains(name) {
            return None;
        }
        let instead = match INSTEAD.iter().find(|(known, _)| *known == name) {
            Some((_, instead)) => Some(*instead),
            None if name.starts_with("trace_") => Some("debug_traceTransaction looks inside a transaction"),
            None => None,
        };
        Some(errors::no_method(name, instead))
    }
}

impl<Inner> RpcServiceT for Unknown<Inner>
where
    Inner: RpcServiceT<MethodResponse = MethodResponse> + Send + Sync + 'static,
{
    type MethodResponse = MethodResponse;
    type NotificationResponse = Inner::NotificationResponse;
    type BatchResponse = Inner::BatchResponse;

    fn call<'a>(&self, request: Request<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let answer = match self.refusal(&request.method) {
            Some(refusal) => Err(MethodResponse::error(request.id, refusal)),
            None => Ok(self.inner.call(request)),
        };
        async move {
            match answer {
                Ok(answer) => answer.await,
                Err(refused) => refused,
            }
        }
    }

    fn batch<'a>(&self, mut batch: Batch<'a>) -> impl Future<Output = Self::BatchResponse> + Send + 'a {
        for entry in batch.iter_mut() {
            if let Ok(BatchEntry::Call(request)) = entry
                && let Some(refusal) = self.refusal(&request.method)
            {
                *entry = Err(BatchEntryErr::new(request.id.clone(), refusal));
            }
        }
        self.inner.batch(batch)
    }

    fn notification<'a>(&self, notice: Notification<'a>) -> impl Future<Output = Self::NotificationResponse> + Send + 'a {
        self.inner.notification(notice)
    }
}
