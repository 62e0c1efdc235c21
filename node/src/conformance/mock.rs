//! The state behind a vector: one account's storage, a few others to look at, and answers prepared for every call.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use alloy_primitives::{Address, B256, Bytes, U256, address, keccak256};

use super::schema::{CallFields, CallStatus, CreateFields, CreateStatus, EnvFields, LogFields, Word};
use crate::vm::{Access, AccountView, Call, CallKind, Called, Create, Created, Env, Host, Pages, Stored};

const COINBASE: Address = address!("a4b000000000000000000073657175656e636572");
const BLOCK_GAS_LIMIT: u64 = 1 << 50;

#[derive(Default)]
struct Account {
    balance: U256,
    code: Bytes,
}

/// A call or a creation that was paid for.
#[derive(Debug)]
pub(super) struct CallMade {
    pub kind: &'static str,
    pub to: Option<Address>,
    pub value: U256,
    pub input: Bytes,
    pub gas: u64,
    pub salt: Option<B256>,
}

/// Answers as the vectors say, and notes what was asked.
pub(super) struct Mock {
    env: Env,
    pages: Pages,
    warm_accounts: HashSet<Address>,
    warm_slots: HashSet<B256>,
    original: BTreeMap<B256, B256>,
    present: BTreeMap<B256, B256>,
    transient: HashMap<B256, B256>,
    accounts: HashMap<Address, Account>,
    calls: Vec<CallFields>,
    creates: VecDeque<CreateFields>,
    pub refund: i64,
    pub logs: Vec<LogFields>,
    pub made: Vec<CallMade>,
}

impl Mock {
    pub(super) fn new(fields: EnvFields) -> Self {
        let env = Env {
            sender: fields.sender.address(),
            origin: fields.origin.address(),
            address: fields.address.address(),
            value: fields.value.0,
            block_number: fields.block_number,
            timestamp: fields.timestamp,
            basefee: fields.basefee.0,
            gas_price: fields.gas_price.0,
            block_gas_limit: BLOCK_GAS_LIMIT,
            coinbase: COINBASE,
            chainid: fields.chainid,
            reentrant: fields.reentrant.0,
            read_only: fields.read_only.0,
        };
        let original: BTreeMap<_, _> = fields.storage.iter().map(|(key, value)| (key.b256(), value.b256())).collect();
        let account = |(address, fields): (Word, super::schema::AccountFields)| {
            (address.address(), Account { balance: fields.balance.0, code: fields.code })
        };
        Self {
            warm_accounts: [env.sender, env.origin, env.address, COINBASE].into(),
            env,
            pages: Pages { open: fields.pages_open, ever: fields.pages_ever },
            warm_slots: HashSet::new(),
            present: original.clone(),
            original,
            transient: HashMap::new(),
            accounts: fields.accounts.into_iter().map(account).collect(),
            calls: fields.calls,
            creates: fields.creates.into(),
            refund: 0,
            logs: vec![],
            made: vec![],
        }
    }

    /// Slots that differ from the start of the transaction.
    pub(super) fn changes(&self) -> BTreeMap<Word, Word> {
        let at = |slots: &BTreeMap<B256, B256>, key: &B256| slots.get(key).copied().unwrap_or_default();
        let changed = self.present.iter().filter(|(key, value)| at(&self.original, key) != **value);
        changed.map(|(key, value)| (Word((*key).into()), Word((*value).into()))).collect()
    }

    fn balance(&self, address: Address) -> U256 {
        self.accounts.get(&address).map_or(U256::ZERO, |account| account.balance)
    }

    /// Moves value out of the acting account, which has it, or is not there and moves nothing.
    fn transfer(&mut self, to: Address, value: U256) {
        if let Some(own) = self.accounts.get_mut(&self.env.address) {
            own.balance = own.balance.saturating_sub(value);
        }
        let other = self.accounts.entry(to).or_default();
        other.balance = other.balance.saturating_add(value);
    }
}

impl Host for Mock {
    fn env(&self) -> &Env {
        &self.env
    }

    fn pages(&mut self) -> &mut Pages {
        &mut self.pages
    }

    fn load(&mut self, key: B256) -> Access<B256> {
        let value = self.present.get(&key).copied().unwrap_or_default();
        Access { value, cold: self.warm_slots.insert(key) }
    }

    fn store(&mut self, key: B256, value: B256) -> Stored {
        let original = self.original.get(&key).copied().unwrap_or_default();
        let present = self.present.insert(key, value).unwrap_or_default();
        Stored { original, present, cold: self.warm_slots.insert(key) }
    }

    fn refund(&mut self, gas: i64) {
        self.refund = self.refund.saturating_add(gas);
    }

    fn transient_load(&mut self, key: B256) -> B256 {
        self.transient.get(&key).copied().unwrap_or_default()
    }

    fn transient_store(&mut self, key: B256, value: B256) {
        self.transient.insert(key, value);
    }

    fn log(&mut self, topics: Vec<B256>, data: Bytes) {
        let topics = topics.into_iter().map(|topic| Word(topic.into())).collect();
        self.logs.push(LogFields { topics, data });
    }

    fn account(&mut self, address: Address) -> Access<AccountView> {
        let value = match self.accounts.get(&address) {
            Some(Account { balance, code }) => {
                AccountView { balance: *balance, code_hash: keccak256(code), empty: balance.is_zero() && code.is_empty() }
            }
            None => AccountView { balance: U256::ZERO, code_hash: B256::ZERO, empty: true },
        };
        Access { value, cold: self.warm_accounts.insert(address) }
    }

    fn code(&mut self, address: Address) -> Bytes {
        self.accounts.get(&address).map(|account| account.code.clone()).unwrap_or_default()
    }

    fn call(&mut self, call: Call) -> Called {
        let Call { kind, to, value, input, gas } = call;
        let kind = match kind {
            CallKind::Call => "call",
            CallKind::Delegate => "delegate",
            CallKind::Static => "static",
        };
        self.made.push(CallMade { kind, to: Some(to), value, input, gas, salt: None });
        if value > self.balance(self.env.address) {
            return Called { ok: false, gas_left: gas, output: Bytes::new() };
        }
        let (ok, used, output) = match self.calls.iter().position(|answer| answer.to.address() == to) {
            Some(index) => {
                let answer = self.calls.remove(index);
                (answer.status == CallStatus::Success, answer.gas_used, answer.return_data)
            }
            None => (true, 0, Bytes::new()),
        };
        let Some(gas_left) = gas.checked_sub(used) else {
            return Called { ok: false, gas_left: 0, output: Bytes::new() };
        };
        if ok && !value.is_zero() {
            self.transfer(to, value);
        }
        Called { ok, gas_left, output }
    }

    fn create(&mut self, create: Create) -> Created {
        let Create { code, endowment, salt, gas } = create;
        let kind = if salt.is_some() { "create2" } else { "create1" };
        self.made.push(CallMade { kind, to: None, value: endowment, input: code, gas, salt });
        let nothing = |gas_left| Created { address: None, gas_left, output: Bytes::new() };
        if endowment > self.balance(self.env.address) {
            return nothing(gas);
        }
        let Some(answer) = self.creates.pop_front() else {
            return nothing(gas);
        };
        match (answer.status, gas.checked_sub(answer.gas_used)) {
            (CreateStatus::Fail, _) | (_, None) => nothing(0),
            (CreateStatus::Revert, Some(gas_left)) => Created { address: None, gas_left, output: answer.return_data },
            (CreateStatus::Success, Some(gas_left)) => {
                let address = answer.address.address();
                self.warm_accounts.insert(address);
                self.transfer(address, endowment);
                Created { address: Some(address), gas_left, output: Bytes::new() }
            }
        }
    }

    fn console(&mut self, _: &str) {}
}
