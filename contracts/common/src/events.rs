//! Emitting the events of `abi`.

use alloy_sol_types::{SolEvent, TopicList, abi::token::WordToken};
use stylus_sdk::{host::VM, prelude::*};

use crate::words::{Buffer, Immediate, Words};

/// The most words of an event, topics and data.
const WORDS: usize = 12;

/// Emits an event.
pub fn emit<E>(vm: &VM, event: &E)
where
    E: SolEvent,
    for<'a> E::DataToken<'a>: Words,
{
    const { assert!(E::TopicList::COUNT + <E::DataToken<'static> as Words>::COUNT <= WORDS) };
    let mut topics = [WordToken::default(); 4];
    // Fails only when there are more than four topics, which no event has; forgetting leaves out the code that would drop the error.
    core::mem::forget(event.encode_topics_raw(&mut topics));
    topics[0] = WordToken(const { Immediate::new(E::SIGNATURE_HASH) }.word());
    let count = E::TopicList::COUNT.min(topics.len());
    let mut log = Buffer::<{ WORDS * 32 }>::default();
    for topic in topics.iter().take(count) {
        log.put(&topic.0.0);
    }
    log.put_words(&event.tokenize_body());
    vm.emit_log(log.as_slice(), count);
}
