//! Who takes part in a run.

use alloy::signers::local::PrivateKeySigner;
use alloy_primitives::{Address, B256, U256, keccak256};
use anyhow::{Context, Result};

use crate::{
    chain::{Chain, Order},
    recorder::Recorder,
};

/// Someone who takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Person {
    /// Deploys, owns the contracts, holds COR at first and funds the incentives.
    Treasury,
    /// May pause.
    Guardian,
    /// Stakes, leaves and comes back.
    Ada,
    /// Stakes and lets it grow.
    Ben,
    /// Stakes for others too, and leaves for good.
    Cleo,
}

impl Person {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Treasury, Self::Guardian, Self::Ada, Self::Ben, Self::Cleo];

    /// What the tables call them.
    pub fn name(self) -> &'static str {
        match self {
            Self::Treasury => "treasury",
            Self::Guardian => "guardian",
            Self::Ada => "ada",
            Self::Ben => "ben",
            Self::Cleo => "cleo",
        }
    }
}

/// Their keys.
#[derive(Clone, Debug)]
pub struct People {
    signers: [PrivateKeySigner; 5],
}

/// Wei below which a person cannot take part, on a chain whose gas costs something.
const LOW: u64 = 1_000_000_000_000_000;
/// The same for a run of many months, on a chain whose time can be moved, where wei cost nothing.
const LOW_FOR_MONTHS: u64 = 100 * LOW;

impl People {
    /// By five keys, in the order of [`Person::ALL`].
    pub fn new(keys: [B256; 5]) -> Result<Self> {
        let signer = |key: B256| PrivateKeySigner::from_bytes(&key).context("this is no private key");
        let [treasury, guardian, ada, ben, cleo] = keys;
        Ok(Self { signers: [signer(treasury)?, signer(guardian)?, signer(ada)?, signer(ben)?, signer(cleo)?] })
    }

    /// The treasury by a key, the others by keys that follow from it, so that what they are left with can be found again.
    pub fn derived(treasury: B256) -> Result<Self> {
        let keys = Person::ALL.map(|person| match person {
            Person::Treasury => treasury,
            other => keccak256([treasury.as_slice(), b"corflow", other.name().as_bytes()].concat()),
        });
        Self::new(keys)
    }

    /// Somebody's key.
    pub fn signer(&self, person: Person) -> &PrivateKeySigner {
        &self.signers[person as usize]
    }

    /// Somebody's address.
    pub fn address(&self, person: Person) -> Address {
        self.signer(person).address()
    }

    /// Everybody's name and address.
    pub(crate) fn named(&self) -> Vec<(String, Address)> {
        Person::ALL.map(|person| (person.name().to_owned(), self.address(person))).into()
    }

    /// Has everybody pay for their gas: the treasury gives to those who cannot.
    pub(crate) async fn provide(&self, chain: &mut Chain, recorder: &mut Recorder) -> Result<()> {
        let low = U256::from(if chain.moves_time() { LOW_FOR_MONTHS } else { LOW });
        for person in Person::ALL {
            if person != Person::Treasury && chain.balance(self.address(person)).await? < low {
                let gift = Order { to: self.address(person), value: low * U256::from(2), input: Default::default(), gas: None };
                let sent = chain.send(self.signer(Person::Treasury), gift).await;
                let sent = sent.with_context(|| format!("the account has no wei to give to {}", person.name()))?;
                recorder.keep(format!("treasury gives {} wei for gas", person.name()), &sent)?;
            }
        }
        Ok(())
    }
}
