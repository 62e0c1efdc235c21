//! Just enough of an assembler to write EVM contracts by hand.

use alloy_primitives::{Address, B256, U256};

pub(crate) const STOP: u8 = 0x00;
pub(crate) const ADD: u8 = 0x01;
pub(crate) const CALLDATASIZE: u8 = 0x36;
pub(crate) const CALLDATACOPY: u8 = 0x37;
pub(crate) const GASPRICE: u8 = 0x3a;
pub(crate) const RETURNDATASIZE: u8 = 0x3d;
pub(crate) const RETURNDATACOPY: u8 = 0x3e;
pub(crate) const COINBASE: u8 = 0x41;
pub(crate) const TIMESTAMP: u8 = 0x42;
pub(crate) const NUMBER: u8 = 0x43;
pub(crate) const PREVRANDAO: u8 = 0x44;
pub(crate) const GASLIMIT: u8 = 0x45;
pub(crate) const CHAINID: u8 = 0x46;
pub(crate) const BASEFEE: u8 = 0x48;
pub(crate) const POP: u8 = 0x50;
pub(crate) const MLOAD: u8 = 0x51;
pub(crate) const MSTORE: u8 = 0x52;
pub(crate) const SLOAD: u8 = 0x54;
pub(crate) const SSTORE: u8 = 0x55;
pub(crate) const GAS: u8 = 0x5a;
pub(crate) const JUMPDEST: u8 = 0x5b;
pub(crate) const JUMPI: u8 = 0x57;
pub(crate) const TSTORE: u8 = 0x5d;
pub(crate) const LOG0: u8 = 0xa0;
pub(crate) const CALL: u8 = 0xf1;
pub(crate) const RETURN: u8 = 0xf3;
pub(crate) const DELEGATECALL: u8 = 0xf4;
pub(crate) const STATICCALL: u8 = 0xfa;
pub(crate) const REVERT: u8 = 0xfd;
pub(crate) const INVALID: u8 = 0xfe;
pub(crate) const SELFDESTRUCT: u8 = 0xff;
pub(crate) const SWAP1: u8 = 0x90;

/// Code under construction.
#[derive(Clone, Default)]
pub(crate) struct Asm(pub(crate) Vec<u8>);

impl Asm {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn op(mut self, op: u8) -> Self {
        self.0.push(op);
        self
    }

    pub(crate) fn ops(mut self, ops: &[u8]) -> Self {
        self.0.extend_from_slice(ops);
        self
    }

    /// PUSH of a number, as short as it can be.
    pub(crate) fn push(mut self, value: u64) -> Self {
        let bytes = value.to_be_bytes();
        let skip = (value.leading_zeros() / 8).min(7) as usize;
        self.0.push(0x60 + (7 - skip) as u8);
        self.0.extend_from_slice(&bytes[skip..]);
        self
    }

    pub(crate) fn push_address(mut self, address: Address) -> Self {
        self.0.push(0x73);
        self.0.extend_from_slice(address.as_slice());
        self
    }

    /// Writes the calldata to memory at 0.
    pub(crate) fn copy_calldata(self) -> Self {
        self.op(CALLDATASIZE).push(0).push(0).op(CALLDATACOPY)
    }

    /// Calls `to` with the calldata that was copied to memory, all gas and no value; leaves whether it succeeded.
    pub(crate) fn forward(self, kind: u8, to: Address) -> Self {
        let asm = self.push(0).push(0).op(CALLDATASIZE).push(0);
        let asm = if kind == CALL { asm.push(0) } else { asm };
        asm.push_address(to).op(GAS).op(kind)
    }

    /// Copies return data to memory at 0.
    pub(crate) fn copy_returned(self) -> Self {
        self.op(RETURNDATASIZE).push(0).push(0).op(RETURNDATACOPY)
    }

    /// Ends with the return data, reverting if the word on the stack is 0.
    pub(crate) fn return_all(self) -> Self {
        let asm = self.copy_returned();
        let target = asm.0.len() as u64 + 7;
        asm.push(target).op(JUMPI).op(RETURNDATASIZE).push(0).op(REVERT).op(JUMPDEST).op(RETURNDATASIZE).push(0).op(RETURN)
    }

    /// Stores `value` at `slot`.
    pub(crate) fn store(self, slot: u64, value: u64) -> Self {
        self.push(value).push(slot).op(SSTORE)
    }

    /// Returns the word on the stack.
    pub(crate) fn return_word(self) -> Self {
        self.push(0).op(MSTORE).push(32).push(0).op(RETURN)
    }
}

/// Init code that deploys `code`.
pub(crate) fn init_code(code: &[u8]) -> Vec<u8> {
    let mut init = vec![0x7f];
    init.extend_from_slice(&U256::from(code.len()).to_be_bytes::<32>());
    init.extend_from_slice(&[0x80, 0x60, 0x2a, 0x60, 0x00, 0x39, 0x60, 0x00, 0xf3]);
    init.extend_from_slice(code);
    init
}

pub(crate) fn word(value: u64) -> B256 {
    U256::from(value).into()
}
