//! What posting a transaction to the parent chain is charged by: its length after Brotli at ArbOS's level.

use std::io::Write;

use brotli2::{CompressParams, write::BrotliEncoder};

/// ArbOS's compression level since version 20.
const LEVEL: u32 = 1;

/// Bytes of `bytes` when compressed.
pub(super) fn compressed_len(bytes: &[u8]) -> u64 {
    let mut params = CompressParams::new();
    params.quality(LEVEL);
    let mut encoder = BrotliEncoder::from_params(Vec::new(), &params);
    // Writing to memory cannot fail; were it to, the plain length is the safe answer.
    let compressed = encoder.write_all(bytes).and_then(|()| encoder.finish());
    compressed.map_or(bytes.len(), |compressed| compressed.len()) as u64
}

/// What an estimate assumes for a transaction of `bytes` whose signature is not known yet: 16 bytes more, and a
/// hundredth, as Nitro pads its own estimates.
pub(super) fn estimated_len(bytes: &[u8]) -> u64 {
    let padded = compressed_len(bytes) + 16;
    padded + padded.div_ceil(100)
}
