//! How a program's module stands in the code of accounts: whole and compressed in one, or (from ArbOS 60) in
//! fragments that a root account names.

use std::io::Read;

use alloy_primitives::{Address, Bytes};
use brotli_decompressor::Decompressor;

use super::{Ledger, StylusParams, version};

/// ArbOS version from which a module may be in fragments.
const FRAGMENTS_SINCE: u64 = 60;

/// What the prefix of an account's code says that it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeKind {
    /// A whole module. It runs as a program.
    Classic,
    /// The names of a module's fragments. It runs as a program.
    Root,
    /// A fragment. It cannot run.
    Fragment,
}

impl CodeKind {
    /// What `code` is at an ArbOS version; none for EVM code.
    pub fn of(code: &[u8], arbos: u64) -> Option<Self> {
        // The prefix alone is not enough: the byte that names the dictionary follows it.
        let [0xef, 0xf0, kind, _, ..] = code else { return None };
        match kind {
            0 => Some(Self::Classic),
            1 if arbos >= FRAGMENTS_SINCE => Some(Self::Fragment),
            2 if arbos >= FRAGMENTS_SINCE => Some(Self::Root),
            _ => None,
        }
    }

    /// Whether an account with such code runs as a program.
    pub fn runs(self) -> bool {
        self != Self::Fragment
    }
}

/// The module that an account's code holds: decompressed, fragments put together.
pub fn wasm_of(ledger: &mut dyn Ledger, code: &Bytes) -> Result<Vec<u8>, String> {
    let params = StylusParams::load(ledger);
    let arbos = version(ledger);
    match CodeKind::of(code, arbos) {
        Some(CodeKind::Classic) => decompress(code[3], &code[4..], params.max_wasm_size),
        Some(CodeKind::Root) => Root::parse(code)?.assemble(|address| Ok(ledger.code(address))),
        Some(CodeKind::Fragment) => {
            Err("fragments of a Stylus program cannot be activated by themselves; activate the root program instead".to_owned())
        }
        None => Err("the account's code is not a Stylus program".to_owned()),
    }
}

/// The code of a root account.
pub(super) struct Root {
    dictionary: u8,
    /// Bytes of the module, decompressed.
    length: u32,
    fragments: Vec<Address>,
}

impl Root {
    /// Reads it.
    pub(super) fn parse(code: &[u8]) -> Result<Self, String> {
        let Some((head, rest)) = code.split_at_checked(8) else {
            return Err("the root of a fragmented Stylus program must name the module's length".to_owned());
        };
        let (fragments, ragged) = rest.as_chunks::<20>();
        if !ragged.is_empty() || fragments.is_empty() {
            return Err("the root of a fragmented Stylus program must name its fragments by 20 bytes each".to_owned());
        }
        Ok(Self {
            dictionary: head[3],
            length: u32::from_be_bytes([head[4], head[5], head[6], head[7]]),
            fragments: fragments.iter().map(Address::from).collect(),
        })
    }

    /// Holds it against the parameters, as activation does; a program once activated is not held against later ones.
    pub(super) fn check(&self, params: &StylusParams) -> Result<(), String> {
        if self.length > params.max_wasm_size {
            return Err(format!("the module has {} bytes; the most is {}", self.length, params.max_wasm_size));
        }
        if self.fragments.len() > usize::from(params.max_fragments) {
            return Err(format!("the module has {} fragments; the most is {}", self.fragments.len(), params.max_fragments));
        }
        Ok(())
    }

    /// Fetches the fragments in order and decompresses what they hold together.
    pub(super) fn assemble<E: From<String>>(&self, mut fetch: impl FnMut(Address) -> Result<Bytes, E>) -> Result<Vec<u8>, E> {
        let mut compressed = Vec::new();
        for &address in &self.fragments {
            let code = fetch(address)?;
            if CodeKind::of(&code, FRAGMENTS_SINCE) != Some(CodeKind::Fragment) {
                return Err(format!("{address} is named as a fragment of a Stylus program, but is none").into());
            }
            compressed.extend_from_slice(&code[3..]);
        }
        let wasm = decompress(self.dictionary, &compressed, self.length)?;
        if wasm.len() != self.length as usize {
            return Err(format!("the module has {} bytes, but its root names {}", wasm.len(), self.length).into());
        }
        Ok(wasm)
    }
}

fn decompress(dictionary: u8, compressed: &[u8], limit: u32) -> Result<Vec<u8>, String> {
    match dictionary {
        0 => {}
        1 => return Err("the module is compressed with Stylus's shared dictionary, which this node does not have".to_owned()),
        other => return Err(format!("unsupported dictionary type: {other}")),
    }
    let mut wasm = Vec::new();
    Decompressor::new(compressed, 4096)
        .take(u64::from(limit) + 1)
        .read_to_end(&mut wasm)
        .map_err(|error| format!("the module cannot be decompressed: {error}"))?;
    if wasm.len() > limit as usize {
        return Err(format!("the module has more than {limit} bytes when decompressed"));
    }
    Ok(wasm)
}
