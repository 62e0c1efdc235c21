//! What an app says of itself: kept in events only, for no contract reads it.

use abi::AgentStore::{Described, UriTooLong, updateReturn};
use alloy_primitives::U256;
use alloy_sol_types::SolEvent;
use common::{
    Calldata, Revert,
    reentrancy::refuse_reentry,
    words::{Buffer, Immediate},
};
use stylus_sdk::prelude::*;

use crate::AgentStore;

/// The most bytes of a uri.
const LONGEST_URI: usize = 512;

impl AgentStore {
    pub(crate) fn update(&mut self, input: Calldata) -> Result<updateReturn, Revert> {
        refuse_reentry(self.vm())?;
        let app = input.number(0)?;
        self.only_app_owner(app)?;
        self.describe(app, input, 1)?;
        Ok(updateReturn {})
    }

    /// Emits `Described`, of category, content hash and uri, which lie at `place` and behind it.
    pub(crate) fn describe(&self, app: U256, input: Calldata, place: usize) -> Result<(), Revert> {
        let at = |further| input.word(place.saturating_add(further));
        let (category, hash) = (at(0)?, at(1)?);
        let uri = input.text(place.saturating_add(2))?;
        if uri.len() > LONGEST_URI {
            return Err(UriTooLong { length: U256::from(uri.len()), maximum: U256::from(LONGEST_URI) }.into());
        }
        self.vm().emit_log(described(app, category.0, hash.0, uri).as_slice(), 3);
        Ok(())
    }
}

/// Three topics (the event, the app, the category), the hash, and the uri as a dynamic value.
fn described(app: U256, category: [u8; 32], hash: [u8; 32], uri: &[u8]) -> Buffer<{ 6 * 32 + LONGEST_URI }> {
    let mut log = Buffer::default();
    log.put(&const { Immediate::new(Described::SIGNATURE_HASH) }.word().0);
    log.put(&app.to_be_bytes::<32>());
    log.put(&category);
    log.put(&hash);
    log.put_number(64);
    log.put_bytes(uri);
    log
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::B256;

    #[test]
    fn the_event_is_encoded_as_alloy_does() {
        for length in [0, 1, 31, 32, 33, LONGEST_URI] {
            let uri = "u".repeat(length);
            let event =
                Described { appId: U256::from(7), category: B256::repeat_byte(1), contentHash: B256::repeat_byte(2), uri };
            let expected = event.encode_log_data();
            let topics: Vec<u8> = expected.topics().iter().flat_map(|topic| topic.0).collect();
            let log = described(event.appId, event.category.0, event.contentHash.0, event.uri.as_bytes());
            assert_eq!(log.as_slice(), [topics, expected.data.to_vec()].concat());
        }
    }
}
