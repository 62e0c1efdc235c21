//! `eth_subscribe`, over WebSocket.

use alloy_rpc_types_eth::Filter;
use jsonrpsee::{
    core::{RegisterMethodError, SubscriptionError},
    server::{PendingSubscriptionSink, SubscriptionMessage},
};
use serde_json::{Value, json};

use super::{
    Methods,
    args::Args,
    errors::{RpcError, invalid, stopped},
    json,
};
use crate::chain::{Chains, Event};

/// What a client wants to hear of.
enum Topic {
    Heads,
    Logs(Box<Filter>),
    Pending,
}

pub(super) fn register(methods: &mut Methods) -> Result<(), RegisterMethodError> {
    methods.register_subscription("eth_subscribe", "eth_subscription", "eth_unsubscribe", |params, sink, chains, _| {
        let topic = Args::parse(&params).and_then(|mut args| topic(&mut args));
        async move { serve(topic, sink, &chains).await }
    })?;
    Ok(())
}

fn topic(args: &mut Args) -> Result<Topic, RpcError> {
    match args.need::<String>("subscription")?.as_str() {
        "newHeads" => Ok(Topic::Heads),
        "logs" => Ok(Topic::Logs(Box::new(args.maybe("filter")?.unwrap_or_default()))),
        "newPendingTransactions" => Ok(Topic::Pending),
        other => Err(invalid("subscription", format!("no {other:?}; there are newHeads, logs and newPendingTransactions"))),
    }
}

async fn serve(topic: Result<Topic, RpcError>, sink: PendingSubscriptionSink, chains: &Chains) -> Result<(), SubscriptionError> {
    let listening = match topic {
        Ok(topic) => chains.run(|chain| chain.listen()).await.map(|events| (topic, events)).map_err(stopped),
        Err(error) => Err(error),
    };
    let (topic, mut events) = match listening {
        Ok(listening) => listening,
        Err(error) => {
            sink.reject(error).await;
            return Ok(());
        }
    };
    let sink = sink.accept().await?;
    loop {
        let event = tokio::select! {
            event = events.recv() => event,
            () = sink.closed() => return Ok(()),
        };
        let Some(event) = event else { return Ok(()) };
        for item in items(&topic, &event) {
            let message =
                SubscriptionMessage::new(sink.method_name(), sink.subscription_id(), &item).map_err(SubscriptionError::from)?;
            if sink.send(message).await.is_err() {
                return Ok(());
            }
        }
    }
}

fn items(topic: &Topic, event: &Event) -> Vec<Value> {
    match (topic, event) {
        (Topic::Heads, Event::Block(block)) => vec![Value::Object(json::header(block))],
        (Topic::Logs(filter), Event::Block(block)) => block.logs_of(filter).map(|found| json::log(&found)).collect(),
        (Topic::Pending, Event::Pending(hash)) => vec![json!(hash)],
        _ => Vec::new(),
    }
}
