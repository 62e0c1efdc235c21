//! Builds, deploys, exercises and operates the contracts.
