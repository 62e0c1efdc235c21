//! What shells and manuals are told about the commands.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, Command};
use clap_complete::Shell;
use serde_json::json;
use words::refusals::Exit;

use crate::answer::Answer;

/// Which shell is to be helped.
#[derive(Args, Clone, Debug)]
pub struct Completions {
    /// The shell.
    shell: Shell,
}

/// Where manual pages are to go.
#[derive(Args, Clone, Debug)]
pub struct Man {
    /// Writes a page for every command into this folder; without it the first page is printed.
    #[arg(long, value_name = "FOLDER")]
    to: Option<PathBuf>,
}

impl Completions {
    /// The script for a shell, to be read by it: `source <(corflow completions bash)`.
    pub fn run(self, mut command: Command) -> Result<Answer> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, "corflow", &mut script);
        let script = String::from_utf8(script).context("the script is no text")?;
        Ok(Answer::good(json!({"shell": self.shell.to_string(), "script": script}), script))
    }
}

impl Man {
    /// The manual, in troff.
    pub fn run(self, command: Command) -> Result<Answer> {
        match self.to {
            Some(folder) => pages(command, &folder),
            None => {
                let mut page = Vec::new();
                clap_mangen::Man::new(command).render(&mut page).context("the page cannot be made")?;
                let page = String::from_utf8(page).context("the page is no text")?;
                Ok(Answer::good(json!({"page": page}), page))
            }
        }
    }
}

fn pages(command: Command, folder: &Path) -> Result<Answer> {
    std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    clap_mangen::generate_to(command, folder).with_context(|| format!("{} cannot be written to", folder.display()))?;
    let count = std::fs::read_dir(folder)?.count();
    let json = json!({"folder": folder.display().to_string(), "pages": count});
    Ok(Answer::good(json, format!("{count} pages are in {}", folder.display())))
}

/// Every exit code with what it means, why it comes and what to do.
pub fn exit_codes() -> Answer {
    let one = |exit: Exit| {
        let (says, cause, next) = exit.words();
        json!({"code": exit as u8, "says": says, "cause": cause, "next": next})
    };
    Answer::good(Exit::ALL.map(one).to_vec().into(), Exit::help())
}
