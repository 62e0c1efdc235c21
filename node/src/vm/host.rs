//! What a program finds outside itself. The host only keeps state and runs other frames: every price, order
//! of charges and access rule is the VM's, so that a mock host and the node's are metered by the same code.

use alloy_primitives::{Address, B256, Bytes, U256};

use super::{Rules, page_cost};

/// The block, transaction and frame in which a program runs.
#[derive(Clone, Debug, Default)]
pub struct Env {
    /// Who called this frame.
    pub sender: Address,
    /// Who signed the transaction.
    pub origin: Address,
    /// The account that acts: the program's own, or the one that delegates to it.
    pub address: Address,
    /// Wei sent with the call.
    pub value: U256,
    /// Block number as contracts see it: the parent chain's.
    pub block_number: u64,
    /// Seconds.
    pub timestamp: u64,
    /// Base fee of the block in wei.
    pub basefee: U256,
    /// What `tx_gas_price` tells: the price before the tip is dropped.
    pub gas_price: U256,
    /// Gas limit of the block.
    pub block_gas_limit: u64,
    /// The block's beneficiary.
    pub coinbase: Address,
    /// Chain id.
    pub chainid: u64,
    /// Whether the acting account has another open frame that is not a delegation of this one.
    pub reentrant: bool,
    /// Whether the frame may not change state.
    pub read_only: bool,
}

/// Memory pages of all programs of one transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pages {
    /// Open now, over all live frames.
    pub open: u16,
    /// The most that were ever open.
    pub ever: u16,
}

impl Pages {
    /// Opens `new` more pages and tells their price in gas, which is what is due whether or not it can be paid.
    pub fn add(&mut self, new: u16, rules: &Rules) -> u64 {
        let cost = page_cost(new, *self, rules.free_pages, rules.page_gas);
        self.open = self.open.saturating_add(new);
        self.ever = self.ever.max(self.open);
        cost
    }
}

/// A value, and whether this was the transaction's first touch of where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Access<T> {
    /// What was there.
    pub value: T,
    /// It was cold; it is warm from now on.
    pub cold: bool,
}

/// A slot before and after a store.
#[derive(Clone, Copy, Debug)]
pub struct Stored {
    /// At the start of the transaction.
    pub original: B256,
    /// Before this store.
    pub present: B256,
    /// It was cold; it is warm from now on.
    pub cold: bool,
}

/// An account as seen by queries and calls.
#[derive(Clone, Copy, Debug)]
pub struct AccountView {
    /// In wei.
    pub balance: U256,
    /// Hash of its code; zero for an account that does not exist.
    pub code_hash: B256,
    /// No balance, no nonce and no code (EIP-161), or not there at all.
    pub empty: bool,
}

/// Which kind of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// CALL.
    Call,
    /// DELEGATECALL.
    Delegate,
    /// STATICCALL.
    Static,
}

/// A call whose price is already paid.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its kind.
    pub kind: CallKind,
    /// Whose code runs.
    pub to: Address,
    /// Wei sent along; zero unless `kind` is [`CallKind::Call`].
    pub value: U256,
    /// Calldata.
    pub input: Bytes,
    /// Gas handed over, the stipend included.
    pub gas: u64,
}

/// How a call ended.
#[derive(Clone, Debug)]
pub struct Called {
    /// It neither reverted nor failed.
    pub ok: bool,
    /// Gas handed back.
    pub gas_left: u64,
    /// Return data of a success or a revert, else empty.
    pub output: Bytes,
}

/// A creation whose price is already paid.
#[derive(Clone, Debug)]
pub struct Create {
    /// Init code.
    pub code: Bytes,
    /// Wei sent along.
    pub endowment: U256,
    /// CREATE2 where there is a salt.
    pub salt: Option<B256>,
    /// Gas handed over.
    pub gas: u64,
}

/// How a creation ended.
#[derive(Clone, Debug)]
pub struct Created {
    /// The new account, none if anything went wrong.
    pub address: Option<Address>,
    /// Gas handed back.
    pub gas_left: u64,
    /// Return data of a revert, else empty.
    pub output: Bytes,
}

/// State and other frames, as one frame of a program reaches them. Everything it changes is undone when its
/// frame reverts.
pub trait Host {
    /// Block, transaction and frame.
    fn env(&self) -> &Env;

    /// Memory pages of the transaction.
    fn pages(&mut self) -> &mut Pages;

    /// Reads a slot of the acting account.
    fn load(&mut self, key: B256) -> Access<B256>;

    /// Writes a slot of the acting account. Never called in a read-only frame.
    fn store(&mut self, key: B256, value: B256) -> Stored;

    /// Adds to the transaction's refund counter, or takes from it.
    fn refund(&mut self, gas: i64);

    /// Reads a transient slot of the acting account.
    fn transient_load(&mut self, key: B256) -> B256;

    /// Writes a transient slot of the acting account. Never called in a read-only frame.
    fn transient_store(&mut self, key: B256, value: B256);

    /// Emits a log of the acting account. Never called in a read-only frame.
    fn log(&mut self, topics: Vec<B256>, data: Bytes);

    /// Looks at an account.
    fn account(&mut self, address: Address) -> Access<AccountView>;

    /// Code of an account; does not touch warmth.
    fn code(&mut self, address: Address) -> Bytes;

    /// Runs a call to its end. A value above the acting account's balance fails with all gas handed back.
    fn call(&mut self, call: Call) -> Called;

    /// Runs a creation to its end.
    fn create(&mut self, create: Create) -> Created;

    /// Text from the debug console.
    fn console(&mut self, text: &str);
}
