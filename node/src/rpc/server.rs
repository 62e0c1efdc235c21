//! The server: HTTP and WebSocket on one port, open to every origin, as a node for development is.

use std::{
    io,
    net::SocketAddr,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use jsonrpsee::{
    core::{RegisterMethodError, middleware::RpcServiceBuilder, traits::IdProvider},
    server::{BatchRequestConfig, ServerConfig, ServerHandle},
    types::SubscriptionId,
};
use tower::ServiceBuilder;
use tower_http::cors::{Any, CorsLayer};

use super::{methods, unknown::UnknownLayer};
use crate::chain::Chains;

/// The largest request and answer in bytes.
const LARGEST_BODY: u32 = 64 << 20;

/// Open connections at a time.
const MOST_CONNECTIONS: u32 = 1000;

/// How long connections have to end when the server stops.
const PATIENCE: Duration = Duration::from_millis(500);

/// A server that answers.
pub struct Server {
    address: SocketAddr,
    handle: ServerHandle,
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address cannot be had.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// Asked for.
        address: SocketAddr,
        /// What the system says.
        reason: io::Error,
    },
    /// Two methods have one name: a fault of this crate.
    #[error("cannot offer the methods: {0}")]
    Methods(#[from] RegisterMethodError),
}

/// Starts to answer for a chain.
pub async fn serve(chains: Chains, address: SocketAddr) -> Result<Server, ServerError> {
    let config = ServerConfig::builder()
        .max_request_body_size(LARGEST_BODY)
        .max_response_body_size(LARGEST_BODY)
        .max_connections(MOST_CONNECTIONS)
        .set_batch_request_config(BatchRequestConfig::Unlimited)
        .set_tcp_no_delay(true)
        .set_id_provider(HexIds::default())
        .build();
    let cors = CorsLayer::new().allow_origin(Any).allow_methods(Any).allow_headers(Any);
    let listen = |reason| ServerError::Listen { address, reason };
    let methods = methods(chains)?;
    let server = jsonrpsee::server::Server::builder()
        .set_config(config)
        .set_http_middleware(ServiceBuilder::new().layer(cors))
        .set_rpc_middleware(RpcServiceBuilder::new().layer(UnknownLayer::before(&methods)))
        .build(address)
        .await
        .map_err(listen)?;
    let address = server.local_addr().map_err(listen)?;
    Ok(Server { address, handle: server.start(methods) })
}

impl Server {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops listening and ends its connections.
    pub async fn stop(self) {
        // It is an error only to stop it twice, and this takes it.
        let _ = self.handle.stop();
        let _ = tokio::time::timeout(PATIENCE, self.handle.stopped()).await;
    }
}

/// Ids of subscriptions as Ethereum's clients read them: hex quantities.
#[derive(Debug, Default)]
struct HexIds(AtomicU64);

impl IdProvider for HexIds {
    fn next_id(&self) -> SubscriptionId<'static> {
        let id = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        SubscriptionId::Str(format!("{id:#x}").into())
    }
}
