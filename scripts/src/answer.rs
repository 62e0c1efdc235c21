//! What a command found out, for programs and for people.

use std::{borrow::Cow, process::ExitCode};

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
            println!("{}", legible(self.text.trim_end()));
        }
        if self.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// A document with what another one has besides.
pub(crate) fn merged(mut into: Value, from: Value) -> Value {
    if let (Some(into), Value::Object(from)) = (into.as_object_mut(), from) {
        into.extend(from);
    }
    into
}

/// A text in which nothing moves a terminal's cursor, names its window, or turns the order of letters: names, addresses of
/// documents and errors come from nodes and files that may be anybody's.
pub(crate) fn legible(text: &str) -> Cow<'_, str> {
    let is_hidden = |it: char| {
        let turns = matches!(it, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        turns || (it.is_control() && !matches!(it, '\n' | '\t'))
    };
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let shown = |it: char| if is_hidden(it) { it.escape_unicode().to_string() } else { it.to_string() };
    Cow::Owned(text.chars().map(shown).collect())
}

#[cfg(test)]
mod tests {
    use super::legible;

    #[test]
    fn nothing_that_is_said_moves_the_terminal() {
        for (text, shown) in [
            ("Ωmega\n\t1,5 COR", "Ωmega\n\t1,5 COR"),
            ("refused \u{1b}[2J\u{1b}]0;owned\u{7}", r"refused \u{1b}[2J\u{1b}]0;owned\u{7}"),
            ("sent to 0x1\rsent to 0x2", r"sent to 0x1\u{d}sent to 0x2"),
            ("\u{9b}31m and \u{7f}", r"\u{9b}31m and \u{7f}"),
            ("evil\u{202e}gpj.exe\u{2066}", r"evil\u{202e}gpj.exe\u{2066}"),
        ] {
            assert_eq!(legible(text), shown);
        }
    }
}
