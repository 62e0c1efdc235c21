//! One method of a precompile: how it is described, guarded, metered and called.

use std::ops::RangeInclusive;

use alloy_primitives::{Address, B256, Bytes, Log, U256};
use alloy_sol_types::{SolCall, SolError, SolEvent};

use super::PrecompileCall;
use crate::arbos::{Ledger, StylusParams, storage::Storage};

/// Gas for reading ArbOS's storage.
pub(super) const READ_GAS: u64 = 800;
/// Gas for writing it.
const WRITE_GAS: u64 = 20_000;
/// Gas for writing zero.
const CLEAR_GAS: u64 = 5_000;
/// Gas for a word of arguments or results.
const WORD_GAS: u64 = 3;
/// Gas for looking an account up.
const ACCOUNT_GAS: u64 = 2_600;
/// Gas for all Stylus parameters, which stand in one slot that counts as warm.
const PARAMS_GAS: u64 = 100;

/// Gas for `bytes` copied in or out.
pub(super) fn copy_gas(bytes: usize) -> u64 {
    WORD_GAS * bytes.div_ceil(32) as u64
}

/// How a method ends when it does not succeed.
pub(super) enum Fault {
    /// The gas left does not pay for it; it is all gone.
    OutOfGas,
    /// An error of the ABI; the gas left is kept.
    Error(Vec<u8>),
    /// A refusal without data; the gas left is kept. The text is for people.
    Refused(String),
    /// A refusal that takes all gas. The text is for people.
    Burned(String),
}

impl Fault {
    /// An error of the ABI.
    pub(super) fn error(error: impl SolError) -> Self {
        Self::Error(error.abi_encode())
    }
}

impl From<String> for Fault {
    fn from(text: String) -> Self {
        Self::Refused(text)
    }
}

impl From<&str> for Fault {
    fn from(text: &str) -> Self {
        Self::Refused(text.to_owned())
    }
}

/// A running method: the ledger it acts on, the call it answers, the gas it has left.
pub(super) struct Context<'a> {
    pub(super) ledger: &'a mut dyn Ledger,
    pub(super) call: &'a PrecompileCall<'a>,
    /// ArbOS version in force.
    pub(super) arbos: u64,
    /// Gas left.
    pub(super) gas: u64,
    /// Whether the method may change anything.
    writes: bool,
}

impl Context<'_> {
    /// Takes gas, all of it if there is less.
    pub(super) fn burn(&mut self, gas: u64) -> Result<(), Fault> {
        let left = self.gas.checked_sub(gas);
        self.gas = left.unwrap_or(0);
        left.map(drop).ok_or(Fault::OutOfGas)
    }

    /// Seconds.
    pub(super) fn now(&self) -> u64 {
        self.call.block.timestamp
    }

    /// Reads the Stylus parameters.
    pub(super) fn params(&mut self) -> Result<StylusParams, Fault> {
        self.burn(PARAMS_GAS)?;
        Ok(StylusParams::load(self.ledger))
    }

    /// Changes the Stylus parameters.
    pub(super) fn set_params(&mut self, change: impl FnOnce(&mut StylusParams)) -> Result<(), Fault> {
        let mut params = self.params()?;
        change(&mut params);
        params.save(self)
    }

    /// Looks up the hash of an account's code.
    pub(super) fn code_hash(&mut self, address: Address) -> Result<B256, Fault> {
        self.burn(ACCOUNT_GAS)?;
        Ok(self.ledger.code_hash(address))
    }

    /// Reads what Nitro keeps and this node has no use for: it is always zero, and costs a read.
    pub(super) fn unkept<T: Default>(&mut self) -> Result<T, Fault> {
        self.burn(READ_GAS)?;
        Ok(T::default())
    }

    /// Emits an event of the precompile.
    pub(super) fn emit(&mut self, event: &impl SolEvent) -> Result<(), Fault> {
        let data = event.encode_log_data();
        if !self.writes {
            return Err("write protection".into());
        }
        self.burn(375 * (1 + data.topics().len() as u64) + 8 * data.data.len() as u64)?;
        self.ledger.log(Log { address: self.call.address, data });
        Ok(())
    }
}

impl Storage for Context<'_> {
    type Error = Fault;

    fn get(&mut self, slot: U256) -> Result<U256, Fault> {
        self.burn(READ_GAS)?;
        Ok(self.ledger.load(slot))
    }

    fn set(&mut self, slot: U256, value: U256) -> Result<(), Fault> {
        if !self.writes {
            return Err("write protection".into());
        }
        self.burn(if value.is_zero() { CLEAR_GAS } else { WRITE_GAS })?;
        self.ledger.store(slot, value);
        Ok(())
    }
}

/// What a method may do to the chain, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mutability {
    Pure,
    View,
    Write,
    Payable,
}

type Body = Box<dyn Fn(&mut Context<'_>, &[u8]) -> Result<Vec<u8>, Fault> + Send + Sync>;

/// One method.
pub(super) struct Method {
    pub(super) selector: [u8; 4],
    pub(super) signature: &'static str,
    pub(super) mutability: Mutability,
    versions: RangeInclusive<u64>,
    body: Body,
}

impl Method {
    fn new<C: SolCall>(
        mutability: Mutability,
        body: impl Fn(&mut Context<'_>, C) -> Result<C::Return, Fault> + Send + Sync + 'static,
    ) -> Self {
        let body: Body = Box::new(move |context, arguments| {
            let call = C::abi_decode_raw_validate(arguments)
                .map_err(|error| Fault::Burned(format!("bad arguments for {}: {error}", C::SIGNATURE)))?;
            body(context, call).map(|result| C::abi_encode_returns(&result))
        });
        Self { selector: C::SELECTOR, signature: C::SIGNATURE, mutability, versions: 0..=u64::MAX, body }
    }

    /// One that looks at nothing but its arguments.
    pub(super) fn pure<C: SolCall>(
        body: impl Fn(&mut Context<'_>, C) -> Result<C::Return, Fault> + Send + Sync + 'static,
    ) -> Self {
        Self::new(Mutability::Pure, body)
    }

    /// One that changes nothing.
    pub(super) fn view<C: SolCall>(
        body: impl Fn(&mut Context<'_>, C) -> Result<C::Return, Fault> + Send + Sync + 'static,
    ) -> Self {
        Self::new(Mutability::View, body)
    }

    /// One that changes state and takes no wei.
    pub(super) fn write<C: SolCall>(
        body: impl Fn(&mut Context<'_>, C) -> Result<C::Return, Fault> + Send + Sync + 'static,
    ) -> Self {
        Self::new(Mutability::Write, body)
    }

    /// One that changes state and returns nothing.
    pub(super) fn action<C: SolCall<Return: From<()>>>(
        body: impl Fn(&mut Context<'_>, C) -> Result<(), Fault> + Send + Sync + 'static,
    ) -> Self {
        Self::write(move |context, call: C| body(context, call).map(C::Return::from))
    }

    /// One that takes wei.
    pub(super) fn payable<C: SolCall>(
        body: impl Fn(&mut Context<'_>, C) -> Result<C::Return, Fault> + Send + Sync + 'static,
    ) -> Self {
        Self::new(Mutability::Payable, body)
    }

    /// It exists from this ArbOS version on.
    pub(super) fn since(self, version: u64) -> Self {
        Self { versions: version..=*self.versions.end(), ..self }
    }

    /// It exists up to this ArbOS version.
    pub(super) fn until(self, version: u64) -> Self {
        Self { versions: *self.versions.start()..=version, ..self }
    }

    /// Whether it exists at an ArbOS version.
    pub(super) fn exists(&self, arbos: u64) -> bool {
        self.versions.contains(&arbos)
    }

    /// Calls it with all of Nitro's guards and charges; gives what it returns, or why it does not, and the gas left.
    pub(super) fn call(&self, ledger: &mut dyn Ledger, call: &PrecompileCall<'_>, arbos: u64) -> (Result<Bytes, Fault>, u64) {
        let refusal = if self.mutability >= Mutability::View && call.delegate {
            Some("cannot be reached by DELEGATECALL")
        } else if self.mutability >= Mutability::Write && call.read_only {
            Some("changes state, which a static call must not")
        } else if self.mutability < Mutability::Payable && !call.value.is_zero() {
            Some("takes no value")
        } else {
            None
        };
        if let Some(refusal) = refusal {
            return (Err(Fault::Burned(format!("{} {refusal}", self.signature))), 0);
        }
        let mut context = Context { ledger, call, arbos, gas: call.gas, writes: self.mutability >= Mutability::Write };
        let outcome = self.metered(&mut context);
        (outcome, context.gas)
    }

    fn metered(&self, context: &mut Context<'_>) -> Result<Bytes, Fault> {
        let arguments = &context.call.input[4..];
        context.burn(copy_gas(arguments.len()))?;
        if self.mutability != Mutability::Pure {
            // ArbOS looks its version up.
            context.burn(READ_GAS)?;
        }
        match (self.body)(context, arguments) {
            Ok(result) => {
                context.burn(copy_gas(result.len()))?;
                Ok(result.into())
            }
            Err(Fault::Error(data)) => {
                context.burn(copy_gas(data.len()))?;
                Err(Fault::Error(data))
            }
            Err(fault) => Err(fault),
        }
    }
}
