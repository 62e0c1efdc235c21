//! A transaction from its checks to its fees.

use std::{convert::Infallible, sync::Arc};

use alloy_primitives::{Bytes, U256};
use revm::{
    context::{ContextTr, JournalTr, result::EVMError, transaction::AccessListItemTr},
    context_interface::{context::take_error, journaled_state::account::JournaledAccountTr, result::InvalidTransaction},
    handler::{FrameResult, PrecompileProvider, execution::create_init_frame, pre_execution::apply_auth_list},
    interpreter::{GasTracker, SharedMemory, interpreter_action::FrameInit},
    primitives::{AddressMap, HashSet},
    state::EvmState,
};

use super::{
    BlockEnv, Executed, Message, Refused, Traced,
    bill::{Bill, Settled, pay},
    context::{Ctx, MAX_CODE_SIZE, Scope, context},
    ends,
    frames::{Broken, Machine},
    ledger::JournalLedger,
    price::{Mode, Price},
    trace::Tracer,
};
use crate::{
    arbos::{BATCH_POSTER, FeeRules, Ledger},
    state::State,
    vm::Engine,
};

/// Executes transactions of one chain. Cheap to clone; compiled programs are shared.
///
/// Frames of programs use native stack. Call from a thread with [`STACK_SIZE`](super::STACK_SIZE) bytes of it, or
/// through [`on_big_stack`](super::on_big_stack).
#[derive(Clone)]
pub struct Evm {
    chain_id: u64,
    engine: Arc<Engine>,
}

/// What an execution comes to.
struct Run {
    executed: Executed,
    changes: EvmState,
    scope: Scope,
}

impl Run {
    fn traced(self, message: &Message) -> Traced {
        let (steps, mut call) = self.scope.tracer.unwrap_or_default().finish();
        call.gas = message.gas_limit;
        call.gas_used = self.executed.gas_used;
        // Of the outermost frame, the node knows more than its last instruction says.
        if let Some(why) = self.executed.error.clone().filter(|_| call.error.is_some()) {
            call.error = Some(why);
        }
        Traced { executed: self.executed, steps, call }
    }
}

impl Evm {
    /// For a chain.
    pub fn new(chain_id: u64) -> Self {
        Self { chain_id, engine: Arc::new(Engine::new()) }
    }

    /// Executes a transaction and keeps what it changed.
    ///
    /// The sender may have code: who can sign for such an account is not decided here (EIP-3607 matters only for
    /// colliding addresses, and a local node impersonates contracts).
    pub fn transact(&self, state: &mut State, block: &mut BlockEnv, message: &Message) -> Result<Executed, Refused> {
        let run = self.execute(state, block, message, Mode::Transaction, None)?;
        state.commit(run.changes);
        block.recent_programs = run.scope.recent_programs;
        Ok(run.executed)
    }

    /// Executes a call on a copy of the state: no nonce, no balance for gas, no per-transaction cap is checked. Wei
    /// sent must be there. Where no fee is offered, code sees a base fee of 0, as in Nitro.
    pub fn call(&self, state: &State, block: &BlockEnv, message: &Message) -> Result<Executed, Refused> {
        self.execute(state, block, message, Mode::Call, None).map(|run| run.executed)
    }

    /// Executes a transaction again on a copy of the state before it, and says what happened in it.
    pub fn trace_transaction(&self, state: &State, block: &BlockEnv, message: &Message) -> Result<Traced, Refused> {
        self.execute(state, block, message, Mode::Transaction, Some(Tracer::default())).map(|run| run.traced(message))
    }

    /// [`Evm::call`] that says what happened in it.
    pub fn trace_call(&self, state: &State, block: &BlockEnv, message: &Message) -> Result<Traced, Refused> {
        self.execute(state, block, message, Mode::Call, Some(Tracer::default())).map(|run| run.traced(message))
    }

    fn execute(
        &self,
        state: &State,
        block: &BlockEnv,
        message: &Message,
        mode: Mode,
        tracer: Option<Tracer>,
    ) -> Result<Run, Refused> {
        let fees = FeeRules::load(&mut state.clone());
        let price = Price::new(message, block, &fees, mode);
        let mut ctx = context(self.chain_id, state, block, message, price);

        check_fee(message, price.base_fee)?;
        let balance = JournalLedger(&mut ctx).balance(message.from);
        if mode == Mode::Transaction {
            check_nonce(message, state.nonce(message.from))?;
        }
        check_funds(message, balance, mode)?;
        let bill = Bill::new(&ctx, message, &fees, price, mode)?;
        check_size(message)?;

        ctx.chain.tracer = tracer;
        ctx.chain.poster_fee = U256::from(bill.poster) * U256::from(price.base_fee);
        if mode == Mode::Transaction {
            let paid = U256::from(message.gas_limit) * U256::from(price.effective);
            let Ok(mut sender) = ctx.journaled_state.load_account_mut(message.from);
            sender.set_balance(balance.saturating_sub(paid));
        }
        let Ok(mut sender) = ctx.journaled_state.load_account_mut(message.from);
        if message.to.is_some() && !sender.bump_nonce() {
            return Err(Refused::Other(format!("nonce has max value: address {}, nonce: {}", message.from, u64::MAX)));
        }

        let mut machine = Machine::new(ctx, &self.engine);
        warm(&mut machine, message);
        let auth_refund = delegate(&mut machine.ctx, self.chain_id, message)?;
        let result = first_frame(&mut machine, bill.gas).map_err(refuse)?;
        let settled = bill.settle(&result, auth_refund);

        if mode == Mode::Transaction {
            pay(&mut machine.ctx, message, &fees, &settled, price);
        }
        let executed = report(&mut machine.ctx, result, &bill, &settled);
        let changes = machine.ctx.journaled_state.finalize();
        Ok(Run { executed, changes, scope: machine.ctx.chain })
    }
}

fn check_fee(message: &Message, base_fee: u64) -> Result<(), Refused> {
    let Message { from, max_fee, priority_fee, .. } = *message;
    if max_fee < priority_fee {
        return Err(Refused::Other(format!(
            "max priority fee per gas higher than max fee per gas: address {from}, maxPriorityFeePerGas: {priority_fee}, \
             maxFeePerGas: {max_fee}"
        )));
    }
    if max_fee < u128::from(base_fee) {
        return Err(Refused::FeeTooLow { address: from, max_fee, base_fee });
    }
    Ok(())
}

fn check_nonce(message: &Message, state: u64) -> Result<(), Refused> {
    let address = message.from;
    match message.nonce {
        Some(tx) if tx < state => Err(Refused::NonceTooLow { address, tx, state }),
        Some(tx) if tx > state => Err(Refused::NonceTooHigh { address, tx, state }),
        _ => Ok(()),
    }
}

fn check_funds(message: &Message, have: U256, mode: Mode) -> Result<(), Refused> {
    let gas = match mode {
        Mode::Transaction => U256::from(message.gas_limit).saturating_mul(U256::from(message.max_fee)),
        Mode::Call => U256::ZERO,
    };
    let want = gas.saturating_add(message.value);
    if have < want {
        return Err(Refused::InsufficientFunds { address: message.from, have, want });
    }
    Ok(())
}

fn check_size(message: &Message) -> Result<(), Refused> {
    let limit = 2 * MAX_CODE_SIZE;
    if message.to.is_none() && message.input.len() > limit {
        let size = message.input.len();
        return Err(Refused::Other(format!("max initcode size exceeded: code size {size} limit {limit}")));
    }
    if message.to.is_none() && !message.authorizations.is_empty() {
        return Err(Refused::Other(format!("EIP-7702 transaction cannot be used to create contract (sender {})", message.from)));
    }
    Ok(())
}

/// What is warm before the first frame: the sender, who has paid by now, precompiles, the beneficiary, the access list.
/// The target is warmed by its frame.
fn warm(machine: &mut Machine<'_>, message: &Message) {
    let journal = &mut machine.ctx.journaled_state;
    journal.warm_precompiles(machine.precompiles.warm_addresses());
    journal.warm_coinbase_account(BATCH_POSTER);
    let mut list: AddressMap<HashSet<U256>> = AddressMap::default();
    for item in &message.access_list.0 {
        list.entry(item.address).or_default().extend(item.storage_slots().map(|slot| U256::from_be_bytes(slot.0)));
    }
    journal.warm_access_list(list);
}

/// Applies EIP-7702's authorizations. Returns what is refunded for accounts that were there already.
fn delegate(ctx: &mut Ctx<'_>, chain_id: u64, message: &Message) -> Result<u64, Refused> {
    if message.authorizations.is_empty() {
        return Ok(0);
    }
    if ctx.chain.arbos() < 40 {
        return Err(Refused::Other("transaction type not supported".into()));
    }
    let applied = apply_auth_list::<_, EVMError<Infallible, InvalidTransaction>>(
        chain_id,
        message.authorizations.iter(),
        &mut ctx.journaled_state,
    )
    .map_err(|error| Refused::Other(error.to_string()))?;
    Ok(applied * ctx.cfg.gas_params.tx_eip7702_auth_refund_regular())
}

fn refuse(broken: Broken) -> Refused {
    match broken {
        Broken::Custom(text) => Refused::Other(text),
        Broken::Db(never) => match never {},
    }
}

fn first_frame(machine: &mut Machine<'_>, gas: u64) -> Result<FrameResult, Broken> {
    let memory = SharedMemory::new_with_buffer(machine.ctx.local.shared_memory_buffer.clone());
    let Ok(input) = create_init_frame(&mut machine.ctx, &mut GasTracker::new(gas, gas, 0));
    let frame_input = input.ok_or_else(|| Broken::Custom("the first frame could not be paid for".into()))?;
    let result = machine.run(FrameInit { depth: 0, memory, frame_input })?;
    take_error::<Broken, _>(machine.ctx.error())?;
    Ok(result)
}

fn report(ctx: &mut Ctx<'_>, result: FrameResult, bill: &Bill, settled: &Settled) -> Executed {
    let created = match &result {
        FrameResult::Create(outcome) => outcome.address,
        FrameResult::Call(_) => None,
    };
    let end = result.into_interpreter_result();
    let success = end.result.is_ok();
    let scope = &mut ctx.chain;
    let error = scope.failure.take().or_else(|| ends::halt_text(end.result).map(Into::into));
    let (reason, console) = (scope.reason.take(), std::mem::take(&mut scope.console));
    let profile = bill.profile(scope.profile, settled);
    Executed {
        success,
        error: error.filter(|_| !success),
        reason: reason.filter(|_| !success),
        console,
        output: if end.result.is_ok_or_revert() { end.output } else { Bytes::new() },
        gas_used: settled.used,
        gas_used_for_l1: settled.poster,
        logs: ctx.journaled_state.take_logs(),
        created: created.filter(|_| success),
        profile,
    }
}
