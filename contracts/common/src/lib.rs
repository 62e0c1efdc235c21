//! What several contracts need.
