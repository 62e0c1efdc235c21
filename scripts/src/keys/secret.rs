//! Secrets, on their way from where they are kept to a signer.

use std::{
    env, fmt, fs,
    io::{self, IsTerminal, Write},
    path::Path,
};

use ratatui::crossterm::{
    event::{self, Event, KeyCode, KeyEventKind, KeyModifiers},
    terminal::{disable_raw_mode, enable_raw_mode},
};

/// A text that is in no message and in no `Debug`.
pub(super) struct Secret(String);

/// Why a secret cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file cannot be read.
    #[error("{path} cannot be read: {source}")]
    Unreadable {
        /// Which file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// Others could read it too.
    #[error("{path} can be read by others (its mode is {mode:03o}): run `chmod 600 {path}`, then again")]
    Exposed {
        /// Which file.
        path: String,
        /// Its permissions.
        mode: u32,
    },
    /// There is nothing in it.
    #[error("{0} is empty")]
    Empty(String),
    /// The variable is not there.
    #[error("the environment variable {0} is not set")]
    Unset(String),
    /// A secret stands where the name of its place should.
    #[error(
        "this looks like a secret itself, where the file or the variable is asked for that holds it. It is in your shell's \
         history and was in the list of processes now: move its funds to a new key"
    )]
    NotAName,
    /// Nobody can be asked.
    #[error("there is no terminal to ask for a password at: use --password-file or --password-env")]
    NoTerminal,
    /// The question was not answered.
    #[error("no password was given")]
    NoAnswer,
}

impl Secret {
    /// What a file holds, without the space around it. Only its owner may be able to read it.
    pub(super) fn of_file(path: &Path) -> Result<Self, SecretError> {
        let name = path.display().to_string();
        refuse_a_secret(&name)?;
        let unreadable = |source| SecretError::Unreadable { path: name.clone(), source };
        let mode = mode(&fs::metadata(path).map_err(unreadable)?);
        if mode & 0o077 != 0 {
            return Err(SecretError::Exposed { path: name, mode });
        }
        Self::some(fs::read_to_string(path).map_err(unreadable)?, &name)
    }

    /// What an environment variable holds, without the space around it.
    pub(super) fn of_variable(name: &str) -> Result<Self, SecretError> {
        refuse_a_secret(name)?;
        let value = env::var(name).map_err(|_| SecretError::Unset(name.to_owned()))?;
        Self::some(value, &format!("the environment variable {name}"))
    }

    /// What somebody at the terminal types, unseen.
    pub(super) fn asked_for(prompt: &str) -> Result<Self, SecretError> {
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return Err(SecretError::NoTerminal);
        }
        // First of all: what is typed as soon as the question stands there must not be seen.
        enable_raw_mode().map_err(|_| SecretError::NoTerminal)?;
        eprint!("{prompt}");
        let _ = io::stderr().flush();
        let typed = typed();
        let _ = disable_raw_mode();
        eprintln!();
        typed.map(Self).ok_or(SecretError::NoAnswer)
    }

    /// The secret.
    pub(super) fn text(&self) -> &str {
        &self.0
    }

    fn some(text: String, name: &str) -> Result<Self, SecretError> {
        match text.trim() {
            "" => Err(SecretError::Empty(name.to_owned())),
            trimmed => Ok(Self(trimmed.to_owned())),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Refuses the name of a place that is a key or a mnemonic, without repeating it.
pub(super) fn refuse_a_secret(name: &str) -> Result<(), SecretError> {
    if is_key(name) || name.split_whitespace().count() >= 12 { Err(SecretError::NotAName) } else { Ok(()) }
}

/// Whether an environment variable holds a key, a mnemonic or, by its name, a password.
pub(crate) fn is_secret(name: &str, value: &str) -> bool {
    let name = name.to_uppercase();
    let is_word = |it: &str| it.bytes().all(|it| it.is_ascii_lowercase());
    let is_mnemonic = value.split_whitespace().count() >= 12 && value.split_whitespace().all(is_word);
    is_key(value) || is_mnemonic || ["PASSWORD", "PASSPHRASE", "MNEMONIC", "PRIVATE_KEY"].iter().any(|it| name.contains(it))
}

fn is_key(text: &str) -> bool {
    let digits = text.trim().trim_start_matches("0x");
    digits.len() == 64 && digits.bytes().all(|it| it.is_ascii_hexdigit())
}

/// A line of keys, up to Enter; nothing after Ctrl-C or Escape.
fn typed() -> Option<String> {
    let mut text = String::new();
    loop {
        let Event::Key(key) = event::read().ok()? else { continue };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        match key.code {
            KeyCode::Enter => return Some(text),
            KeyCode::Esc => return None,
            KeyCode::Char('c' | 'd') if key.modifiers.contains(KeyModifiers::CONTROL) => return None,
            KeyCode::Backspace => drop(text.pop()),
            KeyCode::Char(character) => text.push(character),
            _ => {}
        }
    }
}

#[cfg(unix)]
fn mode(file: &fs::Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    file.permissions().mode() & 0o777
}

/// Elsewhere there is no such mode to look at.
#[cfg(not(unix))]
fn mode(_: &fs::Metadata) -> u32 {
    0
}
