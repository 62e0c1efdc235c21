//! Every transaction of a run, decoded, one JSON object a line, so that anyone can replay the run with other tools.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use abi::StylusDeployer;
use alloy_sol_types::SolEvent;
use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{
    chain::Mined,
    deploy::STYLUS_DEPLOYER,
    names::{Decoded, Event, Names},
};

/// A file of transactions.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: BufWriter<File>,
}

/// One line of it.
#[derive(Serialize)]
struct Line {
    time: u64,
    block: u64,
    from: String,
    to: String,
    #[serde(rename = "fn")]
    function: String,
    args: Map<String, Value>,
    ok: bool,
    error: Option<Decoded>,
    events: Vec<Event>,
    gas: u64,
}

impl Journal {
    /// Starts a file, in the place of what was there.
    pub(crate) fn create(path: &Path) -> Result<Self> {
        let file = File::create(path).with_context(|| format!("{} cannot be written", path.display()))?;
        Ok(Self { path: path.to_owned(), file: BufWriter::new(file) })
    }

    /// Writes a transaction down.
    pub(crate) fn write(&mut self, names: &Names, mined: &Mined) -> Result<()> {
        let line = line(names, mined);
        serde_json::to_writer(&mut self.file, &line)
            .map_err(std::io::Error::from)
            .and_then(|()| self.file.write_all(b"\n"))
            .and_then(|()| self.file.flush())
            .with_context(|| format!("{} cannot be written", self.path.display()))
    }
}

fn line(names: &Names, mined: &Mined) -> Line {
    let to = mined.order.to;
    let call = names.call(to, &mined.order.input).unwrap_or_else(|| Decoded {
        name: String::new(),
        args: [("input".to_owned(), json!(mined.order.input))].into_iter().collect(),
    });
    let mut args = call.args;
    if let Some(constructor) = constructor(names, mined) {
        args.insert("initData".into(), constructor);
    }
    Line {
        time: mined.time,
        block: mined.block,
        from: mined.from.to_string(),
        to: names.of(to),
        function: call.name,
        args,
        ok: mined.reverted.is_none(),
        error: mined.reverted.as_ref().map(|data| names.error(data)),
        events: mined.logs.iter().map(|log| names.event(log.address(), log.data())).collect(),
        gas: mined.gas_used,
    }
}

/// What a deployment passed to a constructor, decoded: `{"contract", "fn", "args"}` in the place of its bytes.
fn constructor(names: &Names, mined: &Mined) -> Option<Value> {
    if mined.order.to != STYLUS_DEPLOYER {
        return None;
    }
    let mut deployed = mined.logs.iter().filter_map(|log| StylusDeployer::ContractDeployed::decode_log_data(log.data()).ok());
    let contract = deployed.next()?.deployedContract;
    let call = <StylusDeployer::deployCall as alloy_sol_types::SolCall>::abi_decode(&mined.order.input).ok()?;
    let args = names.constructor(contract, &call.initData)?;
    Some(json!({"contract": names.of(contract), "fn": "constructor", "args": args}))
}
