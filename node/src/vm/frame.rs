//! One call of a program: what it was given, what it has produced, and the view of it that host functions have while
//! they run.

use std::ptr::NonNull;

use alloy_primitives::{Address, B256, Bytes, U256};
use wasmtime::{Caller, Global, Memory, Val};

use super::storage::StorageCache;
use super::{Host, HostCall, Rules, Spent, pricing};

/// Why a program ends before its entry point returns.
#[derive(Debug, thiserror::Error)]
pub(super) enum Escape {
    /// It cannot pay.
    #[error("out of ink")]
    OutOfInk,
    /// A host function failed.
    #[error("{0}")]
    Failure(String),
    /// It asked to leave with this status.
    #[error("exit with status {0}")]
    Exit(u32),
}

/// What a host function's ink is booked under.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    Storage,
    Logs,
    Calls,
    Host,
}

/// What lives as long as one call of a program.
pub(super) struct Frame {
    host: HostPtr,
    pub rules: Rules,
    pub calldata: Bytes,
    /// The last result written.
    pub output: Bytes,
    /// What the last call or creation returned.
    pub return_data: Bytes,
    pub storage: StorageCache,
    /// The last account whose code was asked for, and its code.
    pub last_code: Option<(Address, Bytes)>,
    pub spent: Spent,
    pub trace: Vec<HostCall>,
    traced: bool,
    guest: Option<Guest>,
}

/// The host, its lifetime set aside: what a store holds must be `'static`.
struct HostPtr(NonNull<dyn Host + 'static>);

/// Handles of an instance's memory and meters.
#[derive(Clone, Copy)]
pub(super) struct Guest {
    pub memory: Memory,
    pub ink: Global,
    pub status: Global,
}

impl Frame {
    /// A frame on a host.
    ///
    /// # Safety
    /// The frame must be dropped, with the store that holds it, before `host`'s borrow ends, and nobody may use `host`
    /// by another way meanwhile.
    pub(super) unsafe fn new(host: &mut dyn Host, rules: Rules, calldata: Bytes, traced: bool) -> Self {
        // Only the lifetime changes. The host is reached through `Frame::host` alone, which borrows the frame mutably, so
        // that no two references to it are ever in use at once; that it outlives the frame is the caller's promise.
        let host = unsafe { std::mem::transmute::<NonNull<dyn Host + '_>, NonNull<dyn Host + 'static>>(NonNull::from(host)) };
        Self {
            host: HostPtr(host),
            rules,
            calldata,
            output: Bytes::new(),
            return_data: Bytes::new(),
            storage: StorageCache::default(),
            last_code: None,
            spent: Spent::default(),
            trace: vec![],
            traced,
            guest: None,
        }
    }

    /// Makes the frame know its instance, before anything runs.
    pub(super) fn bind(&mut self, guest: Guest) {
        self.guest = Some(guest);
    }

    /// The host.
    pub(super) fn host(&mut self) -> &mut dyn Host {
        // Sound by the promise made to `Frame::new`.
        unsafe { self.host.0.as_mut() }
    }

    /// The storage cache together with the host that it loads from and stores to.
    pub(super) fn storage_and_host(&mut self) -> (&mut StorageCache, &mut dyn Host) {
        // Sound by the promise made to `Frame::new`; the cache is a field of its own.
        (&mut self.storage, unsafe { self.host.0.as_mut() })
    }
}

/// A host function at work: the program's memory, its frame, and the ink it has left.
pub(super) struct Hook<'a> {
    memory: &'a mut [u8],
    pub frame: &'a mut Frame,
    start_ink: u64,
    ink: u64,
    /// Ink that callees used, a part of what the function costs.
    pub callees: u64,
    /// The host was asked to run a call or a creation.
    pub opened: bool,
}

/// Runs a host function: takes the ink out of the instance, and puts what is left back.
pub(super) fn enter<R>(
    mut caller: Caller<'_, Frame>,
    purpose: Purpose,
    function: impl FnOnce(&mut Hook<'_>) -> Result<R, Escape>,
) -> wasmtime::Result<R> {
    let Some(guest) = caller.data().guest else {
        return Err(wasmtime::Error::msg("a host function ran before its frame was bound"));
    };
    let start_ink = guest.ink.get(&mut caller).unwrap_i64().cast_unsigned();
    let (memory, frame) = guest.memory.data_and_store_mut(&mut caller);
    let mut hook = Hook { memory, frame, start_ink, ink: start_ink, callees: 0, opened: false };
    let result = function(&mut hook);

    let exhausted = matches!(result, Err(Escape::OutOfInk));
    let ink = if exhausted { 0 } else { hook.ink };
    let used = start_ink - ink;
    let callees = hook.callees.min(used);
    let spent = &mut frame.spent;
    spent.callees += callees;
    *match purpose {
        Purpose::Storage => &mut spent.storage,
        Purpose::Logs => &mut spent.logs,
        Purpose::Calls => &mut spent.calls,
        Purpose::Host => &mut spent.host,
    } += used - callees;
    guest.ink.set(&mut caller, Val::I64(ink.cast_signed()))?;
    if exhausted {
        guest.status.set(&mut caller, Val::I32(1))?;
    }
    result.map_err(wasmtime::Error::new)
}

impl Hook<'_> {
    /// The host.
    pub(super) fn host(&mut self) -> &mut dyn Host {
        self.frame.host()
    }

    /// Ink left.
    pub(super) fn ink_left(&self) -> u64 {
        self.ink
    }

    /// Whole gas left.
    pub(super) fn gas_left(&self) -> u64 {
        self.ink / u64::from(self.frame.rules.ink_price.max(1))
    }

    /// Gas as ink, at most all there can be.
    pub(super) fn gas_to_ink(&self, gas: u64) -> u64 {
        gas.saturating_mul(self.frame.rules.ink_price.into())
    }

    /// Pays ink.
    pub(super) fn buy_ink(&mut self, ink: u64) -> Result<(), Escape> {
        self.ink = self.ink.checked_sub(ink).ok_or(Escape::OutOfInk)?;
        Ok(())
    }

    /// Pays gas.
    pub(super) fn buy_gas(&mut self, gas: u64) -> Result<(), Escape> {
        self.buy_ink(self.gas_to_ink(gas))
    }

    /// Ends the program unless this much gas is left; takes none of it.
    pub(super) fn require_gas(&self, gas: u64) -> Result<(), Escape> {
        if self.ink < self.gas_to_ink(gas) { Err(Escape::OutOfInk) } else { Ok(()) }
    }

    /// Pays for reading bytes that the program and the EVM both handle.
    pub(super) fn buy_double_read(&mut self, bytes: u32) -> Result<(), Escape> {
        self.buy_ink(pricing::read(bytes))?;
        self.buy_ink(pricing::read(bytes))
    }

    /// Bytes of the program's memory.
    pub(super) fn slice(&self, at: u32, len: u32) -> Result<&[u8], Escape> {
        let (at, len) = (at as usize, len as usize);
        self.memory.get(at..).and_then(|tail| tail.get(..len)).ok_or_else(out_of_bounds)
    }

    /// A copy of bytes of the program's memory.
    pub(super) fn bytes(&self, at: u32, len: u32) -> Result<Bytes, Escape> {
        self.slice(at, len).map(Bytes::copy_from_slice)
    }

    /// A value of fixed size.
    fn array<const N: usize>(&self, at: u32) -> Result<[u8; N], Escape> {
        self.memory.get(at as usize..).and_then(|tail| tail.first_chunk()).copied().ok_or_else(out_of_bounds)
    }

    /// A 32-byte word.
    pub(super) fn word(&self, at: u32) -> Result<B256, Escape> {
        self.array(at).map(B256::from)
    }

    /// A big-endian number of 32 bytes.
    pub(super) fn number(&self, at: u32) -> Result<U256, Escape> {
        self.array(at).map(U256::from_be_bytes::<32>)
    }

    /// An address.
    pub(super) fn address(&self, at: u32) -> Result<Address, Escape> {
        self.array(at).map(Address::from)
    }

    /// Writes into the program's memory.
    pub(super) fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), Escape> {
        let tail = self.memory.get_mut(at as usize..).ok_or_else(out_of_bounds)?;
        tail.get_mut(..bytes.len()).ok_or_else(out_of_bounds)?.copy_from_slice(bytes);
        Ok(())
    }

    /// Notes the function in the trace, where there is one, with what it was given and what it gave.
    pub(super) fn note(&mut self, name: &'static str, args: &[&[u8]], outs: &[&[u8]]) {
        if self.frame.traced {
            self.frame.trace.push(HostCall {
                name,
                args: args.concat().into(),
                outs: outs.concat().into(),
                start_ink: self.start_ink,
                end_ink: self.ink,
                opened: self.opened,
            });
        }
    }
}

fn out_of_bounds() -> Escape {
    Escape::Failure("memory access out of bounds".into())
}
