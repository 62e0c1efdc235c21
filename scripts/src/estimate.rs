//! What a contract will cost, said when it is built.

use std::fmt;

use anyhow::{Result, anyhow};
use stylus_devnode::vm::{Activation, Rules, activate};

use crate::build::{Artifact, CODE_LIMIT};

/// The ArbOS version that is estimated for.
const ARBOS: u64 = 60;
/// Pages that a program may have.
const PAGE_LIMIT: u16 = 128;

/// A contract's size, and what activating and entering it will cost.
#[derive(Clone, Debug)]
pub(crate) struct Estimate {
    name: String,
    wasm: usize,
    code: usize,
    share: usize,
    data: usize,
    activation: Activation,
}

impl Estimate {
    /// Examines a contract as ArbOS does when it is activated.
    pub(crate) fn of(artifact: &Artifact) -> Result<Self> {
        let code = &artifact.code;
        let activation = activate(code.wasm(), &Rules::of(ARBOS, true), PAGE_LIMIT)
            .map_err(|error| anyhow!("{} could not be activated: {error}", artifact.name))?;
        Ok(Self {
            name: artifact.name.clone(),
            wasm: code.wasm().len(),
            code: code.bytes().len(),
            share: code.share_percent(),
            data: code.data_bytes(),
            activation,
        })
    }
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, wasm, code, share, data, activation } = self;
        write!(
            f,
            "{name}: {wasm} B of wasm ({data} B data), {code} B of code, {share} % of {CODE_LIMIT}; activation about {} gas, \
             native code {} B, memory {} pages",
            activation.gas, activation.asm_estimate, activation.footprint
        )
    }
}
