//! The functions that a program can import, and their types. The linker holds its implementations against this table.

use wasmparser::ValType::{self, F32, F64, I32, I64};

/// An importable function.
pub(super) struct Signature {
    pub module: &'static str,
    pub name: &'static str,
    pub params: &'static [ValType],
    pub results: &'static [ValType],
    /// Only on chains that allow debug functions.
    pub debug: bool,
}

const fn host(name: &'static str, params: &'static [ValType], results: &'static [ValType]) -> Signature {
    Signature { module: "vm_hooks", name, params, results, debug: false }
}

const fn debug(module: &'static str, name: &'static str, params: &'static [ValType], results: &'static [ValType]) -> Signature {
    Signature { module, name, params, results, debug: true }
}

/// All of them (crates/wasm-libraries/forward/lib.rs of Nitro names the first 42).
pub(super) static SIGNATURES: [Signature; 54] = [
    host("read_args", &[I32], &[]),
    host("write_result", &[I32, I32], &[]),
    host("exit_early", &[I32], &[]),
    host("storage_load_bytes32", &[I32, I32], &[]),
    host("storage_cache_bytes32", &[I32, I32], &[]),
    host("storage_flush_cache", &[I32], &[]),
    host("transient_load_bytes32", &[I32, I32], &[]),
    host("transient_store_bytes32", &[I32, I32], &[]),
    host("call_contract", &[I32, I32, I32, I32, I64, I32], &[I32]),
    host("delegate_call_contract", &[I32, I32, I32, I64, I32], &[I32]),
    host("static_call_contract", &[I32, I32, I32, I64, I32], &[I32]),
    host("create1", &[I32, I32, I32, I32, I32], &[]),
    host("create2", &[I32, I32, I32, I32, I32, I32], &[]),
    host("read_return_data", &[I32, I32, I32], &[I32]),
    host("return_data_size", &[], &[I32]),
    host("emit_log", &[I32, I32, I32], &[]),
    host("account_balance", &[I32, I32], &[]),
    host("account_code", &[I32, I32, I32, I32], &[I32]),
    host("account_code_size", &[I32], &[I32]),
    host("account_codehash", &[I32, I32], &[]),
    host("evm_gas_left", &[], &[I64]),
    host("evm_ink_left", &[], &[I64]),
    host("block_basefee", &[I32], &[]),
    host("chainid", &[], &[I64]),
    host("block_coinbase", &[I32], &[]),
    host("block_gas_limit", &[], &[I64]),
    host("block_number", &[], &[I64]),
    host("block_timestamp", &[], &[I64]),
    host("contract_address", &[I32], &[]),
    host("math_div", &[I32, I32], &[]),
    host("math_mod", &[I32, I32], &[]),
    host("math_pow", &[I32, I32], &[]),
    host("math_add_mod", &[I32, I32, I32], &[]),
    host("math_mul_mod", &[I32, I32, I32], &[]),
    host("msg_reentrant", &[], &[I32]),
    host("msg_sender", &[I32], &[]),
    host("msg_value", &[I32], &[]),
    host("native_keccak256", &[I32, I32, I32], &[]),
    host("tx_gas_price", &[I32], &[]),
    host("tx_ink_price", &[], &[I32]),
    host("tx_origin", &[I32], &[]),
    host("pay_for_memory_grow", &[I32], &[]),
    debug("console", "log_txt", &[I32, I32], &[]),
    debug("console", "log_i32", &[I32], &[]),
    debug("console", "log_i64", &[I64], &[]),
    debug("console", "log_f32", &[F32], &[]),
    debug("console", "log_f64", &[F64], &[]),
    debug("console", "tee_i32", &[I32], &[I32]),
    debug("console", "tee_i64", &[I64], &[I64]),
    debug("console", "tee_f32", &[F32], &[F32]),
    debug("console", "tee_f64", &[F64], &[F64]),
    debug("debug", "null_host", &[], &[]),
    debug("debug", "start_benchmark", &[], &[]),
    debug("debug", "end_benchmark", &[], &[]),
];

/// The function of this name, if the host has it.
pub(super) fn find(module: &str, name: &str) -> Option<&'static Signature> {
    SIGNATURES.iter().find(|signature| signature.module == module && signature.name == name)
}
