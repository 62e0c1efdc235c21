//! Native stack. EVM frames take none, but each frame of a program stands on the frames that called it, so
//! 1,024 open frames need more than a thread has by default.

use std::{cell::Cell, panic, thread};

/// Bytes of stack that 1,024 open frames need at most. It is only reserved: memory is taken as it is used.
pub const STACK_SIZE: usize = 512 << 20;

thread_local! {
    static BIG: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` on a thread with [`STACK_SIZE`] bytes of stack and waits for it. On such a thread already, it runs in
/// place: whoever executes many transactions starts one and stays on it.
///
/// # Panics
/// If the system refuses such a thread, and if `work` panics.
pub fn on_big_stack<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    if BIG.get() {
        return work();
    }
    let outcome = thread::scope(|scope| {
        thread::Builder::new()
            .name("evm".into())
            .stack_size(STACK_SIZE)
            .spawn_scoped(scope, || {
                BIG.set(true);
                work()
            })
            .expect("the system gives no thread with 512 MiB of reserved stack: raise its limit on virtual memory (ulimit -v)")
            .join()
    });
    outcome.unwrap_or_else(|panic| panic::resume_unwind(panic))
}
