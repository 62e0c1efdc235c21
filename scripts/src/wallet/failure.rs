//! How a command fails: in words, and with an exit code.

use std::process::ExitCode;

use alloy::transports::{RpcError, TransportErrorKind};
use alloy_primitives::B256;
use serde_json::{Value, json};
use words::refusals::{Exit, Kind, Refusal};

use crate::{
    answer::{Answer, legible},
    chain::{Dear, Unmined},
    keeper::Trouble,
    keys::KeyError,
    networks::NetworkError,
    places::PlacesError,
};

/// Why a command did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A contract refuses.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// A node fails.
    #[error("{0}")]
    Node(Box<Refusal>),
    /// It was sent, and is not known to be in a block.
    #[error("{refusal}\n  transaction: {hash}")]
    Unsure {
        /// The transaction.
        hash: B256,
        /// What is known.
        refusal: Box<Refusal>,
    },
    /// What happened is not what was predicted.
    #[error("this is an error of ours: in the block of {hash} it was predicted otherwise\n{}", differences.join("\n"))]
    Differs {
        /// The transaction.
        hash: B256,
        /// Each difference.
        differences: Vec<String>,
        /// All numbers.
        json: Value,
    },
    /// What is in words already.
    #[error("{says}")]
    Said {
        /// How it ends.
        exit: Exit,
        /// The words.
        says: String,
        /// The same for programs.
        json: Value,
    },
}

impl Failure {
    /// A node's failure in words. The URL is not repeated: it may hold a provider's key.
    pub(super) fn of_node(error: &RpcError<TransportErrorKind>, url: &str) -> Self {
        let (kind, said) = match error {
            RpcError::ErrorResp(payload) => (Kind::of(Some(payload.code), None, &payload.message), payload.message.to_string()),
            RpcError::Transport(TransportErrorKind::HttpError(http)) => {
                (Kind::of(None, Some(http.status), &http.body), format!("HTTP {}", http.status))
            }
            other => {
                let chain = std::iter::successors(Some(other as &dyn std::error::Error), |error| error.source());
                let said = joined(chain.map(ToString::to_string));
                (Kind::of(None, None, &said), said)
            }
        };
        Self::Node(Box::new(kind.refusal(&said.replace(url.trim_end_matches('/'), "<its URL>"))))
    }

    /// Whatever went wrong with the node at a URL, which is not repeated; a failure of that node in words.
    pub(crate) fn saying(error: &anyhow::Error, url: &str) -> Self {
        let mut says: Vec<String> = Vec::new();
        let mut json = Value::Null;
        for cause in error.chain() {
            if let Some(failure) = cause.downcast_ref::<RpcError<TransportErrorKind>>() {
                let failure = Self::of_node(failure, url);
                json = failure.json();
                says.push(failure.to_string());
                break;
            }
            if let Some(failure) = cause.downcast_ref::<Self>() {
                json = failure.json();
            }
            says.push(cause.to_string());
        }
        let says = joined(says).replace(url.trim_end_matches('/'), "<its URL>");
        Self::Said { exit: exit_of(error), says, json }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Said { exit, .. } => *exit,
            Self::Refused(_) => Exit::Refused,
            Self::Node(_) => Exit::Node,
            Self::Unsure { .. } => Exit::Unsure,
            Self::Differs { .. } => Exit::Differs,
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Refused(refusal) | Self::Node(refusal) => refusal.json(),
            Self::Unsure { hash, refusal } => json!({"transaction": hash, "refusal": refusal.json()}),
            Self::Differs { json, .. } | Self::Said { json, .. } => json.clone(),
        }
    }
}

/// The exit code of whatever went wrong.
pub fn exit_of(error: &anyhow::Error) -> Exit {
    let one = |cause: &(dyn std::error::Error + 'static)| {
        let failure = cause.downcast_ref::<Failure>().map(Failure::exit);
        let keys = cause.downcast_ref::<KeyError>().map(|_| Exit::Keys);
        let network = cause.downcast_ref::<NetworkError>().and_then(|error| match error {
            NetworkError::Silent { .. } | NetworkError::OtherChain { .. } => Some(Exit::Node),
            _ => None,
        });
        let places = cause.downcast_ref::<PlacesError>().filter(|error| matches!(error, PlacesError::OtherChain { .. }));
        let keeper = cause.downcast_ref::<Trouble>().filter(|error| matches!(error, Trouble::Unreachable(_)));
        let away = places.map(drop).or(keeper.map(drop)).map(|()| Exit::Node);
        // What other commands pass on as it came.
        let node = cause.downcast_ref::<RpcError<TransportErrorKind>>().map(|error| {
            let refused = error.as_error_resp().is_some_and(|payload| payload.as_revert_data().is_some());
            if refused { Exit::Refused } else { Exit::Node }
        });
        let dear = cause.downcast_ref::<Dear>().map(|_| Exit::Node);
        let unmined = cause.downcast_ref::<Unmined>().map(|_| Exit::Unsure);
        failure.or(keys).or(network).or(away).or(node).or(dear).or(unmined)
    };
    error.chain().find_map(one).unwrap_or(Exit::Failed)
}

/// Prints what a command for people found out. What does not hold there is what a contract would refuse.
pub fn print(answer: &Answer, json: bool) -> ExitCode {
    answer.print(json);
    if answer.ok { ExitCode::SUCCESS } else { ExitCode::from(Exit::Refused as u8) }
}

/// Says what went wrong: on stderr, and for programs as a document on stdout.
pub fn report(error: &anyhow::Error, json: bool) -> ExitCode {
    let said = legible(&hosts_alone(&joined(error.chain().map(ToString::to_string)))).into_owned();
    eprintln!("error: {said}");
    let details = error.chain().find_map(|cause| cause.downcast_ref::<Failure>()).map(Failure::json);
    ended(exit_of(error), &said, &details, json)
}

/// Says why a command line was not understood, likewise.
pub fn misunderstood(error: &clap::Error, json: bool) -> ExitCode {
    let said = in_words(&hosts_alone(&error.to_string()));
    eprint!("{said}");
    let said = said.trim();
    ended(Exit::Usage, said.strip_prefix("error: ").unwrap_or(said), &None, json)
}

fn ended(exit: Exit, said: &str, details: &Option<Value>, json: bool) -> ExitCode {
    if json {
        println!("{:#}", json!({"ok": false, "exit": exit as u8, "error": said, "details": details}));
    }
    ExitCode::from(exit as u8)
}

/// What the standard library says of a text that is no whole number, as people say it.
fn in_words(said: &str) -> String {
    [
        ("invalid digit found in string", "it is not a whole number in plain digits"),
        ("number too large to fit in target type", "it is larger than such a number can be"),
        ("cannot parse integer from empty string", "there is no number"),
        // Between the bounds of a range, which clap writes as Rust does.
        ("..=", " to "),
    ]
    .into_iter()
    .fold(said.to_owned(), |said, (theirs, ours)| said.replace(theirs, ours))
}

/// An error and its causes in one line. A cause that an error quotes is not said again.
fn joined(says: impl IntoIterator<Item = String>) -> String {
    let mut whole = String::new();
    for said in says {
        if whole.is_empty() {
            whole = said;
        } else if !whole.contains(&said) {
            whole = format!("{whole}: {said}");
        }
    }
    whole
}

/// A text whose URLs end with their host: what follows, and a user before it, may be a provider's key.
fn hosts_alone(text: &str) -> String {
    let mut rest = text;
    let mut said = String::new();
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        let end = after.find(|it: char| it.is_whitespace() || "()<>\"'`,;|".contains(it)).unwrap_or(after.len());
        let (url, behind) = after.split_at(end);
        let (authority, path) = url.split_at(url.find(['/', '?', '#']).unwrap_or(url.len()));
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        said += before;
        said += host;
        // A sentence's end is no path.
        said += if path.trim_matches(['/', '.', ':']).is_empty() { path } else { "/..." };
        rest = behind;
    }
    said + rest
}

#[cfg(test)]
mod tests {
    use alloy_primitives::B256;
    use anyhow::{Context, Error};

    use super::{Exit, Unmined, exit_of, hosts_alone, joined};
    use crate::{keeper::Trouble, places::PlacesError};

    #[test]
    fn a_node_that_is_away_or_foreign_ends_every_command_alike() {
        let foreign = PlacesError::OtherChain { path: "one.json".into(), found: "1".into(), asked: 2 };
        let away = Trouble::Unreachable("one:8547: it cannot be reached".into());
        for (error, exit) in [
            (Error::new(foreign), Exit::Node),
            (Error::new(away).context("nothing is known of the network"), Exit::Node),
            (Error::new(Trouble::Nonsense("an answer makes no sense".into())), Exit::Failed),
        ] {
            assert_eq!(exit_of(&error), exit, "{error:#}");
        }
    }

    #[test]
    fn a_cause_that_is_quoted_is_said_once() {
        let said = |causes: &[&str]| joined(causes.iter().map(ToString::to_string));
        assert_eq!(said(&["no.key cannot be read: not found", "not found"]), "no.key cannot be read: not found");
        assert_eq!(
            said(&["epoch 3", "line 7 (not a number): mend it", "not a number"]),
            "epoch 3: line 7 (not a number): mend it"
        );
        assert_eq!(said(&["the node", "it is away"]), "the node: it is away");
    }

    #[test]
    fn a_transaction_in_no_block_has_a_code_of_its_own() {
        let sent: Result<(), _> = Err(Unmined { hash: B256::repeat_byte(7) });
        let error = sent.context("the batch").expect_err("no block");
        assert_eq!(exit_of(&error), Exit::Unsure);
        assert!(format!("{error:#}").contains("0x0707") && format!("{error:#}").contains("before you send anything again"));
    }

    #[test]
    fn of_urls_only_the_host_is_told() {
        for (text, told) in [
            (
                "error sending request for url (https://arb.example/v2/KEY): refused",
                "error sending request for url (https://arb.example/...): refused",
            ),
            ("ws://user:KEY@host:8546 and http://host/?key=KEY, both", "ws://host:8546 and http://host/..., both"),
            ("nothing listens at http://127.0.0.1:8547/: start it", "nothing listens at http://127.0.0.1:8547/: start it"),
            ("no URL at all", "no URL at all"),
            ("https://", "https://"),
        ] {
            assert_eq!(hosts_alone(text), told);
        }
    }
}
