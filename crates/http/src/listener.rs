//! Connections: accepted here, bounded here, drained here.
//!
//! Our own accept loop, because a server without a timer waits for ever for the rest of a header. Every
//! bound has one default, in [`Options`]. Overload hurts only the one who causes it (law 10): each
//! network has its own share of the connections.

use std::collections::HashMap;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::{ServiceBuilder, ServiceExt as _};

use crate::layers::address::{ClientAddress, PeerAddress};

/// The bounds of all connections.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The most connections at once.
    pub connections: usize,
    /// The most connections at once from one network (an IPv4 address, an IPv6 /64).
    pub connections_per_network: usize,
    /// How long a client may take for the head of a request, and how long a connection may lie idle.
    pub header_timeout: Duration,
    /// The longest request head in bytes.
    pub header_bytes: usize,
    /// The most requests at once on one HTTP/2 connection.
    pub streams: u32,
    /// How long requests that run may go on when the program is told to stop.
    pub drain: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connections: 8192,
            connections_per_network: 512,
            header_timeout: Duration::from_secs(15),
            header_bytes: 16 * 1024,
            streams: 64,
            drain: Duration::from_secs(20),
        }
    }
}

/// Serves `app` until `shutdown`, and then until the requests that run are answered or the drain time
/// is up.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    options: Options,
    shutdown: impl Future<Output = ()>,
) {
    let shared = Arc::new(Shared {
        app,
        builder: builder(&options),
        places: Arc::new(Semaphore::new(options.connections)),
        networks: Arc::default(),
        per_network: options.connections_per_network,
    });
    let graceful = GracefulShutdown::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        match accepted {
            Ok((stream, peer)) => shared.connect(stream, peer, &graceful),
            Err(error) => {
                // Out of file descriptors, most likely: let some connections end first.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(options.drain, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests were cut off: the drain time was up");
    }
}

fn builder(options: &Options) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(options.header_timeout)
        .max_buf_size(options.header_bytes)
        .keep_alive(true);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(options.streams)
        .max_header_list_size(u32::try_from(options.header_bytes).unwrap_or(u32::MAX))
        .max_pending_accept_reset_streams(Some(20))
        .keep_alive_interval(options.header_timeout)
        .keep_alive_timeout(options.header_timeout);
    builder
}

struct Shared {
    app: Router,
    builder: auto::Builder<TokioExecutor>,
    places: Arc<Semaphore>,
    networks: Arc<Mutex<HashMap<Vec<u8>, usize>>>,
    per_network: usize,
}

impl Shared {
    fn connect(&self, stream: TcpStream, peer: SocketAddr, graceful: &GracefulShutdown) {
        let network = ClientAddress(peer.ip().to_canonical()).network();
        let Some(place) = self.place(network) else {
            // Closing is the cheapest answer, and the only one that a flood cannot make dear.
            tracing::debug!("a connection over the limit was closed");
            return;
        };
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "no TCP_NODELAY");
        }
        let app = self.app.clone();
        let service = ServiceBuilder::new()
            .map_request(move |mut request: http::Request<Incoming>| {
                request.extensions_mut().insert(PeerAddress(peer.ip().to_canonical()));
                request.map(Body::new)
            })
            .service(app.into_service().map_err(|never| match never {}));
        let service = TowerToHyperService::new(service);
        let connection = self.builder.serve_connection(TokioIo::new(stream), service).into_owned();
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(place);
        });
    }

    fn place(&self, network: Vec<u8>) -> Option<Place> {
        let permit = Arc::clone(&self.places).try_acquire_owned().ok()?;
        let mut networks = self.networks.lock().unwrap_or_else(PoisonError::into_inner);
        let count = networks.entry(network.clone()).or_default();
        if *count >= self.per_network {
            return None;
        }
        *count = count.saturating_add(1);
        drop(networks);
        Some(Place { _permit: permit, networks: Arc::clone(&self.networks), network })
    }
}

/// One connection's place; free again when it is dropped.
struct Place {
    _permit: OwnedSemaphorePermit,
    networks: Arc<Mutex<HashMap<Vec<u8>, usize>>>,
    network: Vec<u8>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut networks = self.networks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = networks.get_mut(&self.network) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                networks.remove(&self.network);
            }
        }
    }
}
