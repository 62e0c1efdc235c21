//! What a command found out, for programs and for people.

use std::process::ExitCode;

use serde_json::Value;

/// What a command found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// For programs: one JSON document.
    pub json: Value,
    /// For people: lines.
    pub text: String,
    /// Whether all that was checked held; if not, the command exits with 1.
    pub ok: bool,
}

impl Answer {
    /// All that was checked held.
    pub fn good(json: Value, text: impl Into<String>) -> Self {
        Self { json, text: text.into(), ok: true }
    }

    /// Prints it on stdout, as JSON or as text.
    pub fn print(&self, json: bool) -> ExitCode {
        if json {
            println!("{:#}", self.json);
        } else {
            println!("{}", self.text.trim_end());
        }
        if self.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
