//! What an app may spend, and what a voucher of it would come to. Nothing is sent.

use abi::{AgentStore, AppFees};
use alloy_primitives::{Address, U256};
use anyhow::{Result, bail};
use serde_json::json;
use words::{
    amount::Cor,
    refusals::{status_words, time},
};

use super::{
    clock::Epochs,
    place::Place,
    twin::{Figure, document, lines},
};
use crate::{answer::Answer, voucher::outlook::Leaving};

/// What an app has, may spend and has used.
pub(super) async fn show(place: &Place, app: u64) -> Result<Answer> {
    let site = place.site().await?;
    let view = site.latest().await?;
    let (id, epochs) = (U256::from(app), Epochs::read(&view).await?);
    let running = epochs.at(view.time);
    let owner = view.view("app-fees", &AppFees::ownerOfCall { appId: id }).await?;
    if owner.is_zero() {
        let last = view.view("agent-store", &AgentStore::appsCall {}).await?;
        let there_are =
            if last.is_zero() { "none is registered".to_owned() } else { format!("they are numbered from 1 to {last}") };
        bail!("there is no app {app}: {there_are}; `corflow app register` makes another");
    }
    let epoch = U256::from(running);
    let registered = view.view("agent-store", &AgentStore::appCall { appId: id }).await?;
    let money = view.view("app-fees", &AppFees::accountOfCall { appId: id }).await?;
    let used = view.view("app-fees", &AppFees::usageOfCall { appId: id, epoch }).await?;
    let free = view.view("agent-store", &AgentStore::allowanceOfCall { appId: id, epoch }).await?;
    let figures = [
        Figure::account("owner", owner),
        Figure::account("signer", view.view("app-fees", &AppFees::signerOfCall { appId: id, epoch }).await?),
        Figure::flag("closed", registered.closed),
        Figure::cor("bond", registered.bond.saturating_to()),
        Figure::cor("escrow", money.escrow.saturating_to()),
        Figure::cor("grants", money.grants.saturating_to()),
        Figure::cor("leaving", money.exiting.saturating_to()),
        Figure::time("leaves", money.exitAt.saturating_to()),
        Figure::cor("builder's credit", money.credit.saturating_to()),
        Figure::count("epoch", running),
        Figure::cor("price of a unit", view.wei("app-fees", &AppFees::unitPriceOfCall { epoch }).await?),
        Figure::cor("fee cap", view.wei("app-fees", &AppFees::feeCapOfCall { appId: id, epoch }).await?),
        Figure::count("units used", used.units.saturating_to()),
        Figure::cor("spent", used.spent.saturating_to()),
        Figure::count(
            "units bought",
            view.view("app-fees", &AppFees::commitmentOfCall { appId: id, epoch }).await?.saturating_to(),
        ),
        Figure::count("free units", free.saturating_to()),
    ];
    let json = json!({"app": app, "block": view.number, "time": view.time, "usage": document(&figures)});
    let text = format!("app {app} as of block {}\n{}", view.number, lines(&figures, &site.context(Address::ZERO)));
    Ok(Answer::good(json, text))
}

/// What a valid voucher would come to, why not more, and the largest that counts whole.
pub(super) async fn check(place: &Place, app: u64, units: u64, epoch: Option<u64>) -> Result<Answer> {
    let site = place.site().await?;
    let view = site.latest().await?;
    let epochs = Epochs::read(&view).await?;
    let running = epochs.at(view.time);
    let epoch = epoch.unwrap_or(running);
    let call = AppFees::previewCall { appId: U256::from(app), epoch: U256::from(epoch), cumulativeUnits: U256::from(units) };
    let AppFees::previewReturn { taken, largest } = view.view("app-fees", &call).await?;
    let account = view.view("app-fees", &AppFees::accountOfCall { appId: U256::from(app) }).await?;
    let leaving = epochs.leaving(&account, epoch);
    let status = taken.status as u8;
    let whole = status == AppFees::Status::Settled as u8;
    let cor = |wei: U256| Cor(wei.saturating_to()).to_string();
    let closes = epochs.closes_at(epoch);
    let words = status_words(status.into());
    let json = json!({
        "ok": whole, "app": app, "epoch": epoch, "asked": units.to_string(), "limit": (!whole).then_some(&words),
        "status": status, "units": taken.units.to_string(), "committed": taken.committed.to_string(),
        "granted": taken.granted.to_string(), "escrowed": taken.escrowed.to_string(), "largest": largest.to_string(),
        "running": running, "closes": closes, "leaving": leaving.as_ref().map(Leaving::json),
    });
    let verdict = if whole { "would count whole".to_owned() } else { format!("would not count whole: {words}") };
    let leaves = leaving.map(|it| format!("\n{}", it.words())).unwrap_or_default();
    let text = format!(
        "a voucher of app {app} for {units} units in epoch {epoch} {verdict}\n\
         new units     {}, {} of them bought before\n\
         from grants   {}\n\
         from escrow   {}\n\
         largest       {largest} units in all\n\
         counts until  {}\n\
         running       epoch {running}{leaves}",
        taken.units,
        taken.committed,
        cor(taken.granted),
        cor(taken.escrowed),
        time(closes),
    );
    Ok(Answer { json, text, ok: whole })
}
