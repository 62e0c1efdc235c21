//! From calldata to the function of a contract and back.
//!
//! The SDK's own router does this too, but decodes with text for every failure: 2.5 kB of data in a token, 1,870 gas at
//! each call. Here a contract lists the calls of `abi` that it answers, and types do the rest: arguments and answers
//! are what `sol!` says, or it does not compile.

use core::{mem::MaybeUninit, slice};

use alloy_primitives::{B256, U256};
use alloy_sol_types::{SolCall, SolConstructor, SolType};
use stylus_sdk::{abi::internal::CONSTRUCTOR_EXECUTED_SLOT, host::VM, hostio, prelude::*};

use crate::{
    Revert, Slot,
    words::{Buffer, Words},
};

/// Whether a call may change state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutability {
    /// It only reads.
    View,
    /// It may change state.
    Write,
}

/// The longest calldata that the stack has room for, in bytes: every call but a long batch, for what some wallets put
/// behind the arguments is ignored. What is longer is read into pages of its own.
const SHORT: usize = 16 * 1024;

/// Runs one call: reads it, lets `route` answer it, stores what changed. Returns 0, or 1 for a revert. No call takes ETH.
pub fn run(vm: VM, length: usize, route: impl FnOnce(VM, [u8; 4], &[u8]) -> Result<(), Revert>) -> usize {
    // Names the host's function, which the node's own instrumentation calls whenever memory grows.
    vm.pay_for_memory_grow(0);
    let mut buffer = [MaybeUninit::<u8>::uninit(); SHORT];
    let place = if length <= SHORT { buffer.as_mut_ptr().cast() } else { pages(length) };
    if place.is_null() {
        return 1;
    }
    // SAFETY: the host writes all of the calldata, whose length it passed, and there is room for it.
    let input = unsafe {
        hostio::read_args(place);
        slice::from_raw_parts(place, length)
    };
    let result = match input.split_first_chunk::<4>() {
        Some((selector, arguments)) if vm.msg_value().is_zero() => route(vm.clone(), *selector, arguments),
        _ => Err(Revert::empty()),
    };
    match result {
        Ok(()) => {
            vm.flush_cache(false);
            0
        }
        Err(Revert { .. }) => 1,
    }
}

/// Fresh pages of memory for so many bytes, which the call's gas pays for; null where the VM has none left, at 8 MiB. A call
/// needs them once, so they are never given back.
#[cold]
fn pages(length: usize) -> *mut u8 {
    #[cfg(target_arch = "wasm32")]
    {
        const PAGE: usize = 64 * 1024;
        let before = core::arch::wasm32::memory_grow::<0>(length.div_ceil(PAGE));
        if before == usize::MAX { core::ptr::null_mut() } else { (before * PAGE) as *mut u8 }
    }
    #[cfg(not(target_arch = "wasm32"))]
    {
        let _ = length; // There is no VM to give any.
        core::ptr::null_mut()
    }
}

/// The arguments of a call. Words that are no value of their type (an address with dirt above it) are refused.
pub fn arguments<C>(input: &[u8]) -> Result<C, Revert>
where
    C: SolCall,
    C::Token<'static>: Words,
{
    read::<C::Parameters<'static>>(input).map(C::new)
}

/// The arguments of a constructor.
pub fn constructor_arguments<C>(input: &[u8]) -> Result<C, Revert>
where
    C: SolConstructor,
    C::Token<'static>: Words,
{
    read::<C::Parameters<'static>>(input).map(C::new)
}

fn read<P>(input: &[u8]) -> Result<P::RustType, Revert>
where
    P: SolType,
    P::Token<'static>: Words,
{
    let (words, _) = input.as_chunks::<32>();
    match P::Token::read(&mut words.iter().map(|word| B256::new(*word))) {
        Some(token) if P::valid_token(&token) => Ok(P::detokenize(token)),
        _ => Err(Revert::empty()),
    }
}

/// Answers a call with a row of words.
pub fn answer<C>(vm: &VM, value: &C::Return)
where
    C: SolCall,
    for<'a> C::ReturnToken<'a>: Words,
{
    let words = C::tokenize_returns(value);
    if <C::ReturnToken<'_>>::COUNT > 0 {
        const { assert!(<C::ReturnToken<'static> as Words>::COUNT <= 8) };
        let mut data = Buffer::<{ 8 * 32 }>::default();
        data.put_words(&words);
        vm.write_result(data.as_slice());
    }
}

/// Lets a constructor run once, as the SDK does, by the SDK's slot.
pub fn construct_once(vm: &VM) -> Result<(), Revert> {
    // SAFETY: no field of a contract lies at this slot, the hash of a text.
    let mut executed = unsafe { Slot::<U256>::new(CONSTRUCTOR_EXECUTED_SLOT, 0, vm.clone()) };
    if !executed.get().is_zero() {
        return Err(Revert::empty());
    }
    executed.set(&U256::ONE);
    Ok(())
}

/// Makes a storage struct the contract: lists the calls that it answers and the functions that do it.
///
/// `view` functions take `&self` and return the answer or a `Result` of it; `write` functions take `&mut self` and
/// return a `Result`; `text` functions take `&self` and return a [`Buffer`] with the whole answer. All take the call's
/// struct. Where an argument has no fixed length, `look` is such a view, `list` such a write, `batch` a write that returns
/// a [`Buffer`] with the whole answer, and `raw` one that hands it to the host itself, so that the stack holds a long one
/// only once; these take [`Calldata`](crate::Calldata).
///
/// With `constructor;` alone there is none, and whoever deploys the contract is answered all the same, once. What no
/// function answers goes to `otherwise`, if there is one. Generates `ROUTES` (each selector with its mutability, for the
/// test against the ABI) and the entrypoint.
#[macro_export]
macro_rules! contract {
    (
        $contract:ident at $words:path;
        constructor $(=> $construct:ident)? $(, otherwise => $otherwise:ident)?;
        $($kind:ident $call:ident => $function:ident;)*
    ) => {
        impl $contract {
            /// Each function that is answered: its selector, and whether it may change state.
            pub const ROUTES: &[([u8; 4], $crate::entry::Mutability)] = {
                use $words::*;
                &[$((<$call as $crate::SolCall>::SELECTOR, $crate::contract!(@mutability $kind))),*]
            };

            /// Answers one call.
            pub fn route(&mut self, selector: [u8; 4], input: &[u8]) -> Result<(), $crate::Revert> {
                use $words::*;
                use $crate::entry;
                $(if selector == <$call as $crate::SolCall>::SELECTOR {
                    $crate::contract!(@answer $kind self, $call, $function, input);
                    return Ok(());
                })*
                if u32::from_be_bytes(selector) == stylus_sdk::abi::CONSTRUCTOR_SELECTOR {
                    entry::construct_once(stylus_sdk::prelude::HostAccess::vm(self))?;
                    $(self.$construct(entry::constructor_arguments::<constructorCall>(input)?)?;)?
                    return Ok(());
                }
                $crate::contract!(@otherwise self, selector, input $(, $otherwise)?)
            }
        }

        #[cfg(target_arch = "wasm32")]
        #[unsafe(no_mangle)]
        extern "C" fn user_entrypoint(length: usize) -> usize {
            let vm = stylus_sdk::host::VM { host: stylus_sdk::host::WasmVM {} };
            $crate::entry::run(vm, length, |vm, selector, input| {
                // SAFETY: the only accessors of this contract's storage.
                let mut contract = unsafe { <$contract as stylus_sdk::prelude::StorageType>::new(Default::default(), 0, vm) };
                contract.route(selector, input)
            })
        }
    };
    (@otherwise $self:ident, $selector:ident, $input:ident) => { Err($crate::Revert::empty()) };
    (@otherwise $self:ident, $selector:ident, $input:ident, $otherwise:ident) => { $self.$otherwise($selector, $input) };
    (@mutability view) => { $crate::entry::Mutability::View };
    (@mutability text) => { $crate::entry::Mutability::View };
    (@mutability look) => { $crate::entry::Mutability::View };
    (@mutability list) => { $crate::entry::Mutability::Write };
    (@mutability batch) => { $crate::entry::Mutability::Write };
    (@mutability raw) => { $crate::entry::Mutability::Write };
    (@mutability write) => { $crate::entry::Mutability::Write };
    (@answer raw $self:ident, $call:ident, $function:ident, $input:ident) => {
        Self::$function(&mut *$self, $crate::Calldata::new($input))?;
    };
    (@answer view $self:ident, $call:ident, $function:ident, $input:ident) => {
        let value = Self::$function(&*$self, entry::arguments::<$call>($input)?)?;
        entry::answer::<$call>(stylus_sdk::prelude::HostAccess::vm($self), &value);
    };
    (@answer write $self:ident, $call:ident, $function:ident, $input:ident) => {
        let value = Self::$function(&mut *$self, entry::arguments::<$call>($input)?)?;
        entry::answer::<$call>(stylus_sdk::prelude::HostAccess::vm($self), &value);
    };
    (@answer text $self:ident, $call:ident, $function:ident, $input:ident) => {
        let data = Self::$function(&*$self, entry::arguments::<$call>($input)?)?;
        stylus_sdk::prelude::CalldataAccess::write_result(stylus_sdk::prelude::HostAccess::vm($self), data.as_slice());
    };
    (@answer look $self:ident, $call:ident, $function:ident, $input:ident) => {
        let value = Self::$function(&*$self, $crate::Calldata::new($input))?;
        entry::answer::<$call>(stylus_sdk::prelude::HostAccess::vm($self), &value);
    };
    (@answer list $self:ident, $call:ident, $function:ident, $input:ident) => {
        let value = Self::$function(&mut *$self, $crate::Calldata::new($input))?;
        entry::answer::<$call>(stylus_sdk::prelude::HostAccess::vm($self), &value);
    };
    (@answer batch $self:ident, $call:ident, $function:ident, $input:ident) => {
        let data = Self::$function(&mut *$self, $crate::Calldata::new($input))?;
        stylus_sdk::prelude::CalldataAccess::write_result(stylus_sdk::prelude::HostAccess::vm($self), data.as_slice());
    };
}
