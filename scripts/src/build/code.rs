//! From a module to a contract's code: the steps of cargo-stylus 0.10.10 (`stylus-tools`, core/code and utils/wasm) for
//! `--wasm-file`, so that both deploy the same code hash.

use std::io::{self, Read};

use alloy_primitives::{B256, Bytes, keccak256};
use brotli2::read::BrotliEncoder;
use wasm_encoder::{CustomSection, Module, RawSection};
use wasmparser::{Parser, Payload};

/// The most bytes that a contract's code may have.
pub const CODE_LIMIT: usize = 24_576;
/// The most bytes that its module may have, decompressed.
pub const WASM_LIMIT: usize = 128 * 1024;

/// What a Stylus program's code begins with: no dictionary.
const PREFIX: [u8; 4] = [0xef, 0xf0, 0x00, 0x00];
const BROTLI_QUALITY: u32 = 11;
/// Where cargo-stylus puts a hash of the sources; 32 zero bytes where it was given a module.
const PROJECT_HASH: &str = "project_hash";

/// A contract's code as it goes on the chain, with what is known of it beforehand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    bytes: Bytes,
    wasm: Vec<u8>,
    data: usize,
}

/// Why a module cannot become a contract's code.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    /// It is no module.
    #[error("the module cannot be read: {0}")]
    Malformed(String),
    /// It compresses to more than the chain takes.
    #[error(
        "its code has {size} bytes compressed and the chain takes {CODE_LIMIT}, so {} must go: take out what no caller needs, \
         or split the contract by idea", size - CODE_LIMIT
    )]
    TooLarge {
        /// Compressed, with its prefix.
        size: usize,
    },
    /// It is more than the chain decompresses.
    #[error("its module has {size} bytes and the chain decompresses at most {WASM_LIMIT}")]
    TooLargeDecompressed {
        /// In bytes.
        size: usize,
    },
    /// Compression failed.
    #[error("cannot compress the module: {0}")]
    Brotli(#[from] io::Error),
}

impl Code {
    /// Makes a module ready for the chain.
    pub fn new(module: &[u8]) -> Result<Self, CodeError> {
        let wasm = canonical(module)?;
        if wasm.len() > WASM_LIMIT {
            return Err(CodeError::TooLargeDecompressed { size: wasm.len() });
        }
        let mut bytes = PREFIX.to_vec();
        BrotliEncoder::new(wasm.as_slice(), BROTLI_QUALITY).read_to_end(&mut bytes)?;
        if bytes.len() > CODE_LIMIT {
            return Err(CodeError::TooLarge { size: bytes.len() });
        }
        let data = data_bytes(&wasm)?;
        Ok(Self { bytes: bytes.into(), wasm, data })
    }

    /// What the account holds.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The module in it, decompressed.
    pub fn wasm(&self) -> &[u8] {
        &self.wasm
    }

    /// Its hash, by which the chain knows the program.
    pub fn hash(&self) -> B256 {
        keccak256(&self.bytes)
    }

    /// Bytes of all data segments: each costs gas at every entry, cached or not.
    pub fn data_bytes(&self) -> usize {
        self.data
    }

    /// Share of [`CODE_LIMIT`] in per cent, rounded up.
    pub fn share_percent(&self) -> usize {
        (self.bytes.len() * 100).div_ceil(CODE_LIMIT)
    }
}

/// Through text and back, which drops what the linker leaves of proposals that the chain does not know; then every custom
/// section off, and the one of cargo-stylus on.
fn canonical(module: &[u8]) -> Result<Vec<u8>, CodeError> {
    let text = wasmprinter::print_bytes(module).map_err(|error| CodeError::Malformed(format!("{error:#}")))?;
    let wasm = wat::parse_str(&text).map_err(|error| CodeError::Malformed(error.to_string()))?;
    let mut stripped = Module::new();
    for payload in Parser::new(0).parse_all(&wasm) {
        match payload.map_err(malformed)? {
            Payload::CustomSection(_) | Payload::UnknownSection { .. } => {}
            payload => {
                if let Some((id, range)) = payload.as_section() {
                    stripped.section(&RawSection { id, data: &wasm[range] });
                }
            }
        }
    }
    stripped.section(&CustomSection { name: PROJECT_HASH.into(), data: (&[0; 32]).into() });
    Ok(stripped.finish())
}

fn data_bytes(wasm: &[u8]) -> Result<usize, CodeError> {
    let mut bytes = 0;
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::DataSection(segments) = payload.map_err(malformed)? {
            for segment in segments {
                bytes += segment.map_err(malformed)?.data.len();
            }
        }
    }
    Ok(bytes)
}

fn malformed(error: wasmparser::BinaryReaderError) -> CodeError {
    CodeError::Malformed(error.to_string())
}

#[cfg(test)]
mod tests {
    use wasmparser::{Parser, Payload};

    use super::{Code, CodeError, data_bytes};

    const MODULE: &str = r#"(module $named
        (@custom "secret" "who built this")
        (import "env" "pay_for_memory_grow" (func $grow (param i32)))
        (memory (export "memory") 1)
        (data (i32.const 0) "seven b")
        (func $entry (export "user_entrypoint") (param $len i32) (result i32) i32.const 0))"#;

    fn module(text: &str) -> Vec<u8> {
        wat::parse_str(text).expect("the test's module is well formed")
    }

    #[test]
    fn only_the_project_hash_remains_of_custom_sections() {
        let code = Code::new(&module(MODULE)).expect("a valid module");
        let custom: Vec<(String, Vec<u8>)> = Parser::new(0)
            .parse_all(code.wasm())
            .filter_map(|payload| match payload.expect("a valid module") {
                Payload::CustomSection(section) => Some((section.name().to_owned(), section.data().to_vec())),
                _ => None,
            })
            .collect();
        assert_eq!(custom, [("project_hash".to_owned(), vec![0; 32])]);
    }

    #[test]
    fn code_is_prefixed_and_decompresses_to_the_module() {
        let code = Code::new(&module(MODULE)).expect("a valid module");
        let (prefix, compressed) = code.bytes().split_at(4);
        assert_eq!(prefix, [0xef, 0xf0, 0, 0]);
        let mut wasm = Vec::new();
        std::io::Read::read_to_end(&mut brotli2::read::BrotliDecoder::new(compressed), &mut wasm).expect("brotli");
        assert_eq!(wasm, code.wasm());
        assert_eq!(code.hash(), alloy_primitives::keccak256(code.bytes()));
    }

    #[test]
    fn making_code_of_code_changes_nothing() {
        let once = Code::new(&module(MODULE)).expect("a valid module");
        let twice = Code::new(once.wasm()).expect("a valid module");
        assert_eq!(once, twice);
    }

    #[test]
    fn data_segments_are_counted() {
        assert_eq!(data_bytes(&module(MODULE)).expect("a valid module"), 7);
    }

    #[test]
    fn a_contract_that_does_not_fit_says_by_how_much() {
        // Noise does not compress: a linear congruential generator makes 30,000 bytes of it.
        let mut state = 1_u32;
        let noise: String = (0..30_000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                format!("\\{:02x}", state >> 24)
            })
            .collect();
        let text = format!(r#"(module (memory 1) (data (i32.const 0) "{noise}"))"#);
        let error = Code::new(&module(&text)).expect_err("30,000 bytes of noise do not fit");
        let CodeError::TooLarge { size } = error else { panic!("{error}") };
        assert!(size > 30_000);
        assert!(CodeError::TooLarge { size }.to_string().contains(&format!("{} must go", size - 24_576)));
    }

    #[test]
    fn what_is_no_module_is_refused() {
        assert!(matches!(Code::new(b"\0asm"), Err(CodeError::Malformed(_))));
    }
}
