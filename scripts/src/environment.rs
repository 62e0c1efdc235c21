//! Environment variables inside the text of a settings file: `${NAME}`, or `${NAME:-value}` where the variable need not be set.

use std::env;

/// Why a text has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvironmentError {
    /// A variable is needed that is not set.
    #[error("the environment variable {0} is not set")]
    Unset(String),
    /// A reference has no end.
    #[error("`${{` without `}}`")]
    Unclosed,
}

/// The text with each reference replaced by what the environment says. An empty variable counts as one that is not set.
pub fn expand(text: &str) -> Result<String, EnvironmentError> {
    expand_by(text, |name| env::var(name).ok())
}

fn expand_by(text: &str, find: impl Fn(&str) -> Option<String>) -> Result<String, EnvironmentError> {
    let mut whole = String::new();
    let mut rest = text;
    while let Some((before, reference)) = rest.split_once("${") {
        let (inner, after) = reference.split_once('}').ok_or(EnvironmentError::Unclosed)?;
        let (name, default) = inner.split_once(":-").map_or((inner, None), |(name, default)| (name, Some(default.to_owned())));
        let value = find(name).filter(|value| !value.is_empty()).or(default);
        whole += before;
        whole += &value.ok_or_else(|| EnvironmentError::Unset(name.to_owned()))?;
        rest = after;
    }
    Ok(whole + rest)
}

#[cfg(test)]
mod tests {
    use super::{EnvironmentError, expand_by};

    fn find(name: &str) -> Option<String> {
        match name {
            "HOST" => Some("example.org".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        }
    }

    #[test]
    fn references_are_replaced_where_they_stand() {
        assert_eq!(expand_by("https://${HOST}/${PATH_:-rpc}?k", find).unwrap(), "https://example.org/rpc?k");
        assert_eq!(expand_by("plain $HOST {HOST}", find).unwrap(), "plain $HOST {HOST}");
        assert_eq!(expand_by("${EMPTY:-x}", find).unwrap(), "x");
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(expand_by("${NOWHERE}", find), Err(EnvironmentError::Unset("NOWHERE".to_owned())));
        assert_eq!(expand_by("${EMPTY}", find), Err(EnvironmentError::Unset("EMPTY".to_owned())));
        assert_eq!(expand_by("${HOST", find), Err(EnvironmentError::Unclosed));
    }
}
