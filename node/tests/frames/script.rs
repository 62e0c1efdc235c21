//! Commands of the program in `script.wat`.

use alloy_primitives::{Address, B256, U256};

pub(crate) const TEXT: &str = include_str!("script.wat");

/// Commands, one after the other: the program's calldata.
#[derive(Clone, Default)]
pub(crate) struct Script(Vec<u8>);

impl Script {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    fn command(mut self, code: u8, payload: &[&[u8]]) -> Self {
        let payload = payload.concat();
        self.0.push(code);
        self.0.extend_from_slice(&u16::try_from(payload.len()).expect("the payload is too long").to_be_bytes());
        self.0.extend_from_slice(&payload);
        self
    }

    /// Gives a status byte (0 for success) and the return data.
    pub(crate) fn call(self, to: Address, data: impl AsRef<[u8]>) -> Self {
        self.command(0, &[to.as_slice(), &[0; 32], data.as_ref()])
    }

    pub(crate) fn pay(self, to: Address, wei: u64) -> Self {
        self.command(0, &[to.as_slice(), U256::from(wei).to_be_bytes::<32>().as_slice()])
    }

    pub(crate) fn delegate(self, to: Address, data: impl AsRef<[u8]>) -> Self {
        self.command(1, &[to.as_slice(), data.as_ref()])
    }

    pub(crate) fn ask(self, to: Address, data: impl AsRef<[u8]>) -> Self {
        self.command(2, &[to.as_slice(), data.as_ref()])
    }

    pub(crate) fn store(self, key: B256, value: B256) -> Self {
        self.command(3, &[key.as_slice(), value.as_slice()])
    }

    pub(crate) fn load(self, key: B256) -> Self {
        self.command(4, &[key.as_slice()])
    }

    pub(crate) fn log(self, data: &[u8]) -> Self {
        self.command(5, &[data])
    }

    pub(crate) fn reentrant(self) -> Self {
        self.command(6, &[])
    }

    pub(crate) fn revert(self, data: &[u8]) -> Self {
        self.command(7, &[data])
    }

    pub(crate) fn trap(self) -> Self {
        self.command(8, &[])
    }

    pub(crate) fn transient_store(self, key: B256, value: B256) -> Self {
        self.command(9, &[key.as_slice(), value.as_slice()])
    }

    pub(crate) fn transient_load(self, key: B256) -> Self {
        self.command(10, &[key.as_slice()])
    }

    /// Gives sender, acting address, value.
    pub(crate) fn context(self) -> Self {
        self.command(11, &[])
    }

    pub(crate) fn gas_price(self) -> Self {
        self.command(12, &[])
    }

    pub(crate) fn create(self, init: &[u8]) -> Self {
        self.command(13, &[init])
    }

    pub(crate) fn balance(self, of: Address) -> Self {
        self.command(14, &[of.as_slice()])
    }

    pub(crate) fn spin(self) -> Self {
        self.command(15, &[])
    }
}

impl AsRef<[u8]> for Script {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Script> for alloy_primitives::Bytes {
    fn from(script: Script) -> Self {
        script.0.into()
    }
}
