//! A deployment that stands, looked at again and again: held against parameters and build, or against its passport.

use std::path::Path;

use alloy_primitives::{Address, B256};
use anyhow::{Context, Result, bail, ensure};

use super::{
    Patience, Witness,
    blueprint::Blueprint,
    errands::{self, Errand, Purpose},
    first_block,
    passport::{Body, Passport},
    record::Record,
    standing::Standing,
    survey::{Survey, Verdict, survey},
    token,
};
use crate::{build::Artifact, chain::Chain, keys::Actor, networks::Network, parameters::Parameters};

/// A network that was deployed, and a connection to it.
pub struct Watch<'a> {
    network: &'a Network,
    chain: Chain,
    chain_genesis: B256,
}

impl<'a> Watch<'a> {
    /// Connects to a network.
    pub async fn connect(network: &'a Network) -> Result<Self> {
        let chain = network.connect().await?;
        let chain_genesis = first_block(&chain).await?;
        Ok(Self { network, chain, chain_genesis })
    }

    /// Holds the chain against parameters and build.
    pub async fn survey(&self, artifacts: &[Artifact]) -> Result<Survey> {
        survey(&self.chain, &self.standing(artifacts).await?).await
    }

    /// Holds the chain against a passport, which its deployer has signed. Says who that is.
    pub async fn verify(&self, passport: &Path) -> Result<(Address, Survey)> {
        let Body { chain_id, chain_genesis, standing, network, .. } = Passport::read(passport)?.body;
        ensure!(
            chain_id == self.chain.id() && chain_genesis == self.chain_genesis,
            "the passport is of {network}, chain {chain_id} that began with block {chain_genesis}; this is chain {}, which began \
             with {}",
            self.chain.id(),
            self.chain_genesis
        );
        Ok((standing.deployer, survey(&self.chain, &standing).await?))
    }

    /// Writes the passport of a network that is as it is said to be.
    pub async fn passport(&self, artifacts: &[Artifact], actor: &Actor, path: &Path) -> Result<Survey> {
        let Actor::Here(signer) = actor else { bail!("a passport takes a key that signs here") };
        let standing = self.standing(artifacts).await?;
        let survey = survey(&self.chain, &standing).await?;
        let drifted = survey.of(Verdict::Drift).count();
        ensure!(
            drifted == 0,
            "{drifted} things are not as they are said to be: see corflow verify --network {}",
            self.network.name
        );
        let body = Body {
            network: self.network.name.clone(),
            chain_id: self.chain.id(),
            chain_genesis: self.chain_genesis,
            time: self.chain.time().await?,
            standing,
            findings: Body::findings(&survey.findings)?,
        };
        Passport::sign(body, signer)?.write(path)?;
        Ok(survey)
    }

    /// Does for each contract what it needs, or writes it down for an account that signs elsewhere.
    pub async fn run(
        &self,
        purpose: Purpose,
        actor: &Actor,
        patience: Patience,
        witness: &mut dyn Witness,
    ) -> Result<Vec<Errand>> {
        let contracts: Vec<(String, Address)> = self.record()?.addresses().into_iter().collect();
        errands::run((self.network, &self.chain), &contracts, purpose, actor, (patience, witness)).await
    }

    fn record(&self) -> Result<Record> {
        let path = self.network.deployment();
        Record::read(&path)?
            .with_context(|| format!("{} is not there: was {} deployed from here?", path.display(), self.network.name))
    }

    /// What parameters and build say, at the addresses that are written down.
    async fn standing(&self, artifacts: &[Artifact]) -> Result<Standing> {
        let record = self.record()?;
        let missing = || format!("{} does not say who deployed and when epoch 0 began", self.network.deployment().display());
        let (deployer, genesis) = (record.deployer().with_context(missing)?, record.genesis().with_context(missing)?);
        let parameters = Parameters::load(&self.network.parameters, deployer)?;
        let burnable = match parameters.token {
            Some(token) => {
                let abilities = token::probe(&self.chain, token, deployer, &parameters).await?;
                record.burnable().unwrap_or(abilities.burn)
            }
            None => true,
        };
        let genesis = parameters.genesis.unwrap_or(genesis);
        Ok(Standing::of(&Blueprint::new(parameters, artifacts, deployer, genesis, burnable, &record.addresses())?))
    }
}
