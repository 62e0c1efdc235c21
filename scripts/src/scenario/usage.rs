//! The apps' side: usage that grows, what of it is free, and vouchers for the rest.

use abi::{AgentStore, AppFees, USAGE_DOMAIN_NAME, USAGE_DOMAIN_VERSION, Usage};
use alloy::signers::SignerSync;
use alloy_primitives::U256;
use alloy_sol_types::{SolStruct, eip712_domain};
use anyhow::{Context, Result};

use super::{
    Scenario,
    paper::Charge,
    plot,
    stage::{Deed, Stage},
    wei,
};
use crate::people::Person;

impl Scenario<'_> {
    /// Lets usage grow; owners who pay bring what the epoch will cost.
    pub(super) async fn grow(&mut self, epoch: u64) -> Result<()> {
        for id in 1..=self.usage.len() as u64 {
            let usage = self.usage_mut(id)?;
            usage.grow();
            let plot::Usage { owner, name, units, pays, .. } = usage.clone();
            if !pays {
                continue;
            }
            let cost = units.saturating_sub(self.paper.allowance(id, epoch)) * self.paper.price;
            let amount = cost.saturating_sub(self.paper.app(id)?.escrow);
            let amount = self.affordable(owner, amount)?;
            if amount > 0 {
                let call = AppFees::topUpCall { appId: U256::from(id), amount: wei(amount) };
                self.act(owner, format!("tops up {name}"), self.network.fees, &call).await?;
                self.paper.top_up(self.people.address(owner), id, amount)?;
            }
        }
        Ok(())
    }

    /// Every app's voucher of the running epoch, in one batch, for what is not free. One whose fee cap binds is counted in
    /// part; its owner raises the cap, and the same voucher comes again.
    pub(super) async fn settle(&mut self, epoch: u64) -> Result<()> {
        let (mut vouchers, mut asked) = (Vec::new(), Vec::new());
        let (mut free, mut paid) = (0, 0);
        for id in 1..=self.usage.len() as u64 {
            let plot::Usage { name, units, meters, .. } = self.usage(id)?.clone();
            let allowance = self.paper.allowance(id, epoch);
            if let Stage::Chain { chain, .. } = &self.stage {
                let call = AgentStore::allowanceOfCall { appId: U256::from(id), epoch: U256::from(epoch) };
                let got = chain.view(self.network.store, &call).await?;
                self.expect(&format!("{name}: free units of epoch {epoch}"), allowance, got);
            }
            free += units.min(allowance);
            let rest = units.saturating_sub(allowance);
            if meters && rest > 0 {
                vouchers.extend(self.voucher(id, &name, epoch, rest)?);
                asked.push((id, name, rest));
                paid += rest;
            }
        }
        let work = self.work.entry(epoch).or_default();
        (work.free, work.paid) = (free, paid);
        if asked.is_empty() {
            return Ok(());
        }
        let call = AppFees::settleManyCall { vouchers };
        let deed = self.act(Person::Ben, "settles all vouchers", self.network.fees, &call).await?;
        let charges: Vec<Charge> =
            asked.iter().map(|(id, _, units)| self.paper.settle(*id, epoch, *units)).collect::<Result<_>>()?;
        if let Some(settled) = deed.all::<AppFees::Settled>() {
            self.expect("vouchers settled", asked.len() as u128, U256::from(settled.len()));
            for (((_, name, _), charge), settled) in asked.iter().zip(&charges).zip(settled) {
                self.compare_charge(name, *charge, &settled, AppFees::Status::FeeCap);
            }
        }
        let bound = asked.into_iter().zip(charges).filter(|(_, charge)| !charge.whole);
        for ((id, name, units), _) in bound {
            if self.paper.app(id)?.cap >= self.plot.fee_cap.0 {
                continue; // Money is what it lacks, or there is no higher cap in this plot.
            }
            self.raise_cap(id).await?;
            let deed = self.settle_one(id, &name, epoch, units).await?;
            let charge = self.paper.settle(id, epoch, units)?;
            if let Some(told) = deed.told()? {
                self.compare_charge(&name, charge, &told, AppFees::Status::Settled);
            }
        }
        self.check(&format!("settling epoch {epoch}")).await?;
        Ok(())
    }

    async fn settle_one(&mut self, id: u64, name: &str, epoch: u64, units: u128) -> Result<Deed> {
        let voucher = self.voucher(id, name, epoch, units)?;
        let call = AppFees::settleManyCall { vouchers: voucher.into_iter().collect() };
        self.act(Person::Ben, format!("settles the voucher of {name} again"), self.network.fees, &call).await
    }

    /// What app-fees said of a voucher, against paper. `otherwise` is why not all was counted, if it was not.
    fn compare_charge(&mut self, name: &str, charge: Charge, settled: &AppFees::Settled, otherwise: AppFees::Status) {
        let epoch = settled.epoch;
        self.expect(&format!("{name}: units prepaid, epoch {epoch}"), charge.committed, settled.committed);
        self.expect(&format!("{name}: wei from grants, epoch {epoch}"), charge.granted, settled.granted);
        self.expect(&format!("{name}: wei from escrow, epoch {epoch}"), charge.escrowed, settled.escrowed);
        self.expect(&format!("{name}: builder's wei, epoch {epoch}"), charge.builder, settled.builder);
        let status = if charge.whole { AppFees::Status::Settled } else { otherwise };
        self.expect_same(&format!("{name}: the voucher of epoch {epoch}"), status, settled.status);
    }

    /// A voucher, signed; none on paper, where nobody asks for a signature.
    fn voucher(&self, id: u64, name: &str, epoch: u64, units: u128) -> Result<Option<AppFees::Voucher>> {
        let Stage::Chain { chain, .. } = &self.stage else { return Ok(None) };
        let usage = Usage { appId: U256::from(id), epoch: U256::from(epoch), cumulativeUnits: U256::from(units) };
        let domain = eip712_domain! {
            name: USAGE_DOMAIN_NAME,
            version: USAGE_DOMAIN_VERSION,
            chain_id: chain.id(),
            verifying_contract: self.network.fees,
        };
        let hash = usage.eip712_signing_hash(&domain);
        let signature = plot::signer(name)?.sign_hash_sync(&hash).context("a voucher is not signed")?;
        Ok(Some(AppFees::Voucher {
            appId: usage.appId,
            epoch: usage.epoch,
            cumulativeUnits: usage.cumulativeUnits,
            v: 27 + u8::from(signature.v()),
            r: signature.r().into(),
            s: signature.s().into(),
        }))
    }
}
