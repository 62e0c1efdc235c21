//! Blocks, the transaction pool, receipts, logs, time and snapshots.
