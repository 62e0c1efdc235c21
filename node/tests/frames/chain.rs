//! A chain of one block that transactions are executed in.

use std::io::Read;

use alloy_primitives::{Address, Bytes, U256, address};
use stylus_devnode::{
    arbos,
    evm::{BlockEnv, Evm, Executed, Message, Refused},
    state::State,
};

pub(crate) const CHAIN_ID: u64 = 412_346;
pub(crate) const ALICE: Address = address!("00000000000000000000000000000000000a11ce");
pub(crate) const OWNER: Address = address!("0000000000000000000000000000000000000f33");
pub(crate) const BASE_FEE: u64 = 100_000_000;
pub(crate) const ETHER: u128 = 1_000_000_000_000_000_000;

#[derive(Clone)]
pub(crate) struct Chain {
    pub(crate) evm: Evm,
    pub(crate) state: State,
    pub(crate) block: BlockEnv,
}

impl Chain {
    pub(crate) fn new() -> Self {
        Self::at(60)
    }

    pub(crate) fn at(arbos: u64) -> Self {
        let mut state = State::default();
        arbos::genesis(&mut state, arbos, CHAIN_ID, OWNER);
        let mut chain = Self {
            evm: Evm::new(CHAIN_ID),
            state,
            block: BlockEnv { number: 7, timestamp: 1_700_000_000, base_fee: BASE_FEE, arbos, ..BlockEnv::default() },
        };
        chain.fund(ALICE, 1000 * ETHER);
        chain
    }

    pub(crate) fn fund(&mut self, account: Address, wei: u128) {
        self.state.account_mut(account).balance = U256::from(wei);
    }

    /// Puts code at an address of its own.
    pub(crate) fn put(&mut self, last_byte: u8, code: impl Into<Bytes>) -> Address {
        let address = Address::with_last_byte(last_byte) | address!("c000000000000000000000000000000000000000");
        self.state.set_code(address, code.into());
        self.state.account_mut(address).nonce = 1;
        address
    }

    /// Deploys a program given as WebAssembly text, and activates it.
    pub(crate) fn program(&mut self, last_byte: u8, text: &str) -> Address {
        let address = self.put(last_byte, program_code(text));
        let activated = self.activate(address);
        assert!(activated.success, "not activated: {activated:?}");
        address
    }

    /// Activates a program through ArbWasm.
    pub(crate) fn activate(&mut self, program: Address) -> Executed {
        let input = [&[0x58, 0xc7, 0x80, 0xc2][..], program.into_word().as_slice()].concat();
        let value = U256::from(ETHER / 10);
        self.send(Message { value, ..message(Address::with_last_byte(0x71), input) }).expect("the activation is refused")
    }

    pub(crate) fn send(&mut self, message: Message) -> Result<Executed, Refused> {
        self.evm.transact(&mut self.state, &mut self.block, &message)
    }

    /// Calls `to` in a transaction with plenty of gas.
    pub(crate) fn act(&mut self, to: Address, input: impl Into<Bytes>) -> Executed {
        self.send(message(to, input)).expect("the transaction is refused")
    }

    /// Asks `to`, with plenty of gas.
    pub(crate) fn ask(&self, to: Address, input: impl Into<Bytes>) -> Executed {
        let question = Message { max_fee: 0, ..message(to, input) };
        self.evm.call(&self.state, &self.block, &question).expect("the call is refused")
    }
}

pub(crate) fn message(to: Address, input: impl Into<Bytes>) -> Message {
    Message {
        from: ALICE,
        to: Some(to),
        input: input.into(),
        gas_limit: 20_000_000,
        max_fee: u128::from(BASE_FEE),
        ..Message::default()
    }
}

/// The code of an account that holds a program.
pub(crate) fn program_code(text: &str) -> Vec<u8> {
    let wasm = wat::parse_str(text).expect("the program's text is wrong");
    let mut compressed = Vec::new();
    brotli2::read::BrotliEncoder::new(wasm.as_slice(), 11).read_to_end(&mut compressed).expect("it is compressed in memory");
    [&[0xef, 0xf0, 0x00, 0x00][..], &compressed].concat()
}
