//! A connection to a node that may be anybody's.

use std::time::Duration;

use alloy::{
    providers::RootProvider,
    rpc::client::ClientBuilder,
    transports::http::reqwest::{Client, Url},
};
use anyhow::{Context, Result};

/// How long a node may take to be reached.
const REACHED: Duration = Duration::from_secs(10);
/// How long it may take to answer: activating the largest program takes some seconds, on a slow machine most of a minute.
const ANSWERED: Duration = Duration::from_secs(120);

/// A connection to the node at a URL, which gives up on one that takes a question and never answers.
pub(crate) fn provider(url: &str) -> Result<RootProvider> {
    within(url, ANSWERED)
}

fn within(url: &str, answered: Duration) -> Result<RootProvider> {
    // It may hold a key even if it is none: it is not repeated.
    let url = url.parse::<Url>().ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let url = url.context("the node's URL is none: it is written like http://localhost:8547")?;
    let client =
        Client::builder().connect_timeout(REACHED).timeout(answered).build().context("no connection could be prepared")?;
    Ok(RootProvider::new(ClientBuilder::default().http_with_client(client, url)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use alloy::providers::Provider;
    use tokio::net::TcpListener;

    use super::within;

    #[tokio::test]
    async fn a_node_that_never_answers_is_given_up() {
        let tarpit = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/v2/KEY", tarpit.local_addr().expect("an address"));
        let held = tokio::spawn(async move {
            let mut connections = Vec::new();
            loop {
                connections.push(tarpit.accept().await.expect("a connection"));
            }
        });
        let node = within(&url, Duration::from_millis(200)).expect("a URL");
        let asked = tokio::time::timeout(Duration::from_secs(10), node.get_chain_id()).await.expect("it is given up");
        let error = format!("{:#}", anyhow::Error::from(asked.expect_err("no answer")));
        assert!(error.contains("timed out"), "{error}");
        held.abort();
        for none in ["no URL KEY", "arb.example/v2/KEY", "htp:/KEY", "ws://arb.example/KEY", "mailto:KEY"] {
            let error = within(none, Duration::from_secs(1)).map(|_| ()).map_err(|error| format!("{error:#}"));
            assert_eq!(error, Err("the node's URL is none: it is written like http://localhost:8547".to_owned()), "{none}");
        }
    }
}
