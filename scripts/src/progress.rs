//! What is going on, on stderr: a line that changes on a terminal, a line each elsewhere.

use std::{
    io::{IsTerminal, stderr},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};

use crate::answer::legible;

/// Progress of a run.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    /// On stderr.
    pub(crate) fn new() -> Self {
        let bar = stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix} {wide_msg:.dim}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Self { bar }
    }

    /// A new stage of the run.
    pub(crate) fn stage(&self, text: impl Into<String>) {
        let text = text.into();
        let text = legible(&text).into_owned();
        match &self.bar {
            Some(bar) => {
                bar.set_prefix(text);
                bar.set_message("");
            }
            None => eprintln!("{text}"),
        }
    }

    /// Something inside a stage; only where it can be overwritten.
    pub(crate) fn detail(&self, text: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(legible(text).into_owned());
        }
    }

    /// Something that stays to be read.
    pub(crate) fn note(&self, text: &str) {
        let text = legible(text);
        match &self.bar {
            Some(bar) => bar.println(text),
            None => eprintln!("{text}"),
        }
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
