//! The views as CSV: integers as decimal text, rows in an order that hangs on nothing but the chain.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::store::{Store, View};
use crate::deployments::draft;

const VIEWS: [View; 6] = [
    View {
        name: "events",
        columns: &["block", "log", "time", "epoch", "block_hash", "transaction_hash", "contract", "address", "name", "args"],
        order: "block, log",
    },
    View {
        name: "stake",
        columns: &["account", "epoch", "stake_in", "stake_out", "withdrawn", "rewards", "compounded", "stake", "unbonding"],
        order: "account, epoch",
    },
    View {
        name: "fees",
        columns: &["app", "epoch", "prepaid", "granted", "escrowed", "paid", "gross", "builder"],
        order: "app, epoch",
    },
    View { name: "apps", columns: &["app", "epoch", "escrow", "grants", "credit", "bond"], order: "app, epoch" },
    View { name: "claims", columns: &["miner", "epoch", "claimed", "restaked", "total"], order: "miner, epoch" },
    View {
        name: "epochs",
        columns: &[
            "epoch",
            "reserve",
            "cap",
            "emission",
            "deposits",
            "average_stake",
            "supply",
            "own",
            "granted",
            "miners",
            "stakers",
            "builders",
            "treasury",
            "burn",
        ],
        order: "epoch",
    },
];

/// Writes a file for each view, and says which.
pub(super) fn export(store: &Store, folder: &Path) -> Result<Vec<PathBuf>> {
    std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    VIEWS.iter().map(|view| write(store, view, folder)).collect()
}

/// Whoever reads the file finds the old one or the new one, never half of it.
fn write(store: &Store, view: &View, folder: &Path) -> Result<PathBuf> {
    let path = folder.join(format!("{}.csv", view.name));
    let mut file = draft(folder).with_context(|| format!("{} takes no files", folder.display()))?;
    {
        let mut rows = csv::Writer::from_writer(file.as_file_mut());
        let mut written = rows.write_record(view.columns);
        store.rows(view, |row| {
            if written.is_ok() {
                written = rows.write_record(row);
            }
        })?;
        let flushed = written.map_err(anyhow::Error::from).and_then(|()| Ok(rows.flush()?));
        flushed.with_context(|| format!("{} cannot be written", path.display()))?;
    }
    file.persist(&path).with_context(|| format!("{} cannot be put in its place", path.display()))?;
    Ok(path)
}
