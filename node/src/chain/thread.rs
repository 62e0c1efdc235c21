//! The chain's own thread.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, mpsc},
    thread::JoinHandle,
};

use tokio::sync::oneshot;

use super::Chain;

/// Work for the chain's thread.
type Job = Box<dyn FnOnce(&mut Chain) + Send>;

/// A handle to a chain that lives on a thread of its own. The thread ends with its last handle.
#[derive(Clone)]
pub struct Chains {
    jobs: Arc<mpsc::Sender<Job>>,
}

/// The chain did not answer: its thread has ended, or the work panicked.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("internal error: the chain did not answer; see the node's output")]
pub struct Stopped;

impl Chains {
    /// Starts the thread, whose stack is deep enough for the deepest transaction. `make` builds the chain on it.
    pub fn start(make: impl FnOnce() -> Chain + Send + 'static) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (jobs, inbox) = mpsc::channel::<Job>();
        let thread = std::thread::Builder::new().name("chain".into()).spawn(move || {
            crate::evm::on_big_stack(move || {
                let mut chain = make();
                for job in inbox {
                    // A fault in one request must not end the node; the panic's own message is on stderr.
                    let _ = catch_unwind(AssertUnwindSafe(|| job(&mut chain)));
                }
            });
        })?;
        Ok((Self { jobs: Arc::new(jobs) }, thread))
    }

    /// Runs work on the chain, after all that was sent before.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce(&mut Chain) -> T + Send + 'static) -> Result<T, Stopped> {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(move |chain: &mut Chain| {
            // Nobody waits any more where the client has gone.
            let _ = answer.send(work(chain));
        });
        self.jobs.send(job).map_err(|_| Stopped)?;
        answered.await.map_err(|_| Stopped)
    }

    /// The same from code that is not async.
    pub fn run_blocking<T: Send + 'static>(&self, work: impl FnOnce(&mut Chain) -> T + Send + 'static) -> Result<T, Stopped> {
        let (answer, answered) = mpsc::channel();
        let job = Box::new(move |chain: &mut Chain| {
            let _ = answer.send(work(chain));
        });
        self.jobs.send(job).map_err(|_| Stopped)?;
        answered.recv().map_err(|_| Stopped)
    }
}
