//! The loop, exercised: a story of people and days, each step sent to the chain, reckoned in the ledger, and compared.

mod story;

use std::time::Duration;

use abi::CorToken;
use alloy_primitives::{Address, B256, U256};
use anyhow::{Context, Result, ensure};

use crate::{
    chain::{Chain, Order},
    model::{self, Action, Model, Permit},
    people::{People, Person},
    recorder::Recorder,
    system::{Network, System},
};
use story::{Step, furniture, story};

/// Gas limit of each step: a step that is refused is mined too, so that its limit is not estimated.
const GAS: u64 = 3_000_000;
/// After which a block has another timestamp, on chains with several blocks a second too.
const A_SECOND: Duration = Duration::from_millis(1_100);
/// Seconds for which a permit holds.
const PERMIT_LIFE: u64 = 3_600;

/// Runs the story on contracts that were just deployed. The ledger as the story leaves it.
pub(crate) async fn exercise(
    chain: &mut Chain,
    people: &People,
    system: &System,
    network: &Network,
    recorder: &mut Recorder,
) -> Result<Model> {
    Run::new(chain, people, system, network, recorder).steps(story()).await
}

/// What a node that is kept running starts with: COR for everyone, and incentives to earn.
pub(crate) async fn furnish(
    chain: &mut Chain,
    people: &People,
    system: &System,
    network: &Network,
    recorder: &mut Recorder,
) -> Result<Model> {
    Run::new(chain, people, system, network, recorder).steps(furniture()).await
}

/// What the steps share.
struct Run<'a> {
    chain: &'a mut Chain,
    people: &'a People,
    system: &'a System,
    recorder: &'a mut Recorder,
    model: Model,
    everybody: Vec<(String, Address)>,
}

impl<'a> Run<'a> {
    fn new(chain: &'a mut Chain, people: &'a People, system: &'a System, network: &Network, recorder: &'a mut Recorder) -> Self {
        Self { chain, people, system, recorder, model: Model::new(system, network, people), everybody: people.named() }
    }

    async fn steps(mut self, steps: Vec<Step>) -> Result<Model> {
        for step in steps {
            self.step(step).await.with_context(|| format!("at the step: {} {}", step.who.name(), step.action.words()))?;
        }
        Ok(self.model)
    }

    async fn step(&mut self, step: Step) -> Result<()> {
        let name = format!("{} {}", step.who.name(), step.action.words());
        let (contract, contract_name) = match step.action.is_of_token() {
            true => (self.system.token, "cor-token"),
            false => (self.system.staking, "staking"),
        };
        if let Some(why) = step.waits.filter(|_| !self.chain.moves_time()) {
            self.recorder.leave_out(name, contract_name, why);
            return Ok(());
        }
        if step.after > 0 {
            self.wait(step.after).await;
        }

        let signer = self.people.signer(step.who);
        let permit = match step.action {
            Action::StakeWithPermit { amount } => Some(self.permit(step.who, amount).await?),
            _ => None,
        };
        let input = step.action.input(self.system.staking, |person| self.people.address(person), permit)?;
        let order = Order { to: contract, value: U256::ZERO, input, gas: Some(GAS) };
        let mined = self.chain.send(signer, order).await?;
        self.recorder.keep(&name, &mined)?;

        let expected = self.model.apply(signer.address(), step.action, |person| self.people.address(person), mined.time);
        let expected = expected.err();
        let words = |data: &Option<_>| match data {
            None => "done".to_owned(),
            Some(data) => format!("refused by {}", self.recorder.names.error_text(data)),
        };
        let got = words(&mined.reverted);
        if expected != mined.reverted {
            let expected = words(&expected);
            self.recorder.mismatch(format!("{name}: by the ledger it is {expected}, but it was {got}"));
        }
        let error = mined.reverted.as_ref().map(|data| self.recorder.names.error(data).name);
        if error.as_deref() != step.refused {
            let told = step.refused.map_or("done".to_owned(), |error| format!("refused by {error}"));
            self.recorder.mismatch(format!("{name}: in the story it is {told}, but it was {got}"));
        }
        model::compare(self.chain, self.system, &self.model, &self.everybody, &name, self.recorder).await
    }

    /// Lets time pass; where it cannot be moved, the second in which there is something to claim.
    async fn wait(&mut self, seconds: u64) {
        if self.chain.moves_time() {
            self.chain.pass(seconds);
        } else {
            tokio::time::sleep(A_SECOND).await;
        }
    }

    /// Signs a permit, once it is certain that the token has the domain that is signed for.
    async fn permit(&self, who: Person, amount: U256) -> Result<Permit> {
        let domain = model::cor_domain(self.chain.id(), self.system.token);
        let contract: B256 = self.chain.view(self.system.token, &CorToken::DOMAIN_SEPARATORCall {}).await?;
        ensure!(domain == contract, "the token's EIP-712 domain is {contract}, not {domain}: nothing is signed for it");
        let signer = self.people.signer(who);
        let deadline = U256::from(self.chain.time().await? + PERMIT_LIFE);
        let nonce = self.model.token.nonce(signer.address());
        model::permit(signer, domain, self.system.staking, amount, nonce, deadline)
    }
}
