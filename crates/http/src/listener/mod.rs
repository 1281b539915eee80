//! Connections: accepted here, bounded here, drained here.
//!
//! Our own accept loop, because a server without timers waits for ever for the rest of a request. Every
//! bound has one default, in [`Options`]. Overload hurts only the one who causes it (law 10): each
//! network has its own share of connections and of requests that run.
//!
//! In reading order: [`gate`] (what is let in, with [`head`] and [`chunks`]), [`motion`] (what moves),
//! [`connection`] (one connection).

mod chunks;
mod connection;
#[cfg(fuzzing)]
pub mod fuzzing;
mod gate;
mod head;
mod motion;

use std::future::Future;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;

use crate::layers::address::{ClientAddress, TrustedProxies};
use crate::places::Places;

use self::connection::House;

pub(crate) use self::connection::Arrival;
pub(crate) use self::head::Fault;
pub(crate) use self::motion::is_too_slow;

/// How long to wait when no connection can be accepted, for instance without file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// The bounds of all connections.
#[derive(Clone, Debug)]
pub struct Options {
    /// The most connections at once.
    pub connections: usize,
    /// The most connections at once from one network (an IPv4 address, an IPv6 /64).
    pub connections_per_network: usize,
    /// The most requests that run at once.
    pub requests: usize,
    /// The most requests of one network that run at once.
    pub requests_per_network: usize,
    /// The most requests at once on one HTTP/2 connection.
    pub streams: u32,
    /// How long a client may take for the head of a request.
    pub header_timeout: Duration,
    /// The longest request head in bytes.
    pub header_bytes: usize,
    /// How long the body of a request may make us wait.
    pub body_patience: Duration,
    /// How many bytes of a body make up for a second of waiting.
    pub body_bytes_per_second: u32,
    /// How long nothing may move on a connection. It ends after this time, and before twice of it.
    pub idle_timeout: Duration,
    /// How long requests that run may go on when the program is told to stop.
    pub drain: Duration,
    /// Peers that stand for many networks: they have no share, the networks behind them do.
    pub proxies: TrustedProxies,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connections: 8192,
            connections_per_network: 512,
            requests: 2048,
            requests_per_network: 256,
            streams: 64,
            header_timeout: Duration::from_secs(10),
            header_bytes: 16 * 1024,
            body_patience: Duration::from_secs(30),
            body_bytes_per_second: 8 * 1024,
            idle_timeout: Duration::from_mins(1),
            drain: Duration::from_secs(20),
            proxies: TrustedProxies::default(),
        }
    }
}

/// Serves `app` until `shutdown`, and then until the requests that run are answered or the drain time
/// is up. When it returns, no connection is left.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    options: Options,
    shutdown: impl Future<Output = ()>,
) {
    let drain = options.drain;
    let places = Places::new(options.connections, options.connections_per_network);
    let proxies = options.proxies.clone();
    let house = Arc::new(House::new(app, options));
    let connections = TaskTracker::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = accept(&listener) => accepted,
            () = &mut shutdown => break,
        };
        let peer = peer.ip().to_canonical();
        let network = (!proxies.trusts(peer)).then(|| ClientAddress(peer).network());
        let Some(place) = places.take(network) else {
            // Closing is the cheapest answer, and the only one that a flood cannot make dear.
            tracing::debug!("a connection over the limit was closed");
            continue;
        };
        let house = Arc::clone(&house);
        connections.spawn(async move {
            house.serve(stream, peer).await;
            drop(place);
        });
    }
    drop(listener);
    connections.close();
    house.draining.cancel();
    if timeout(drain, connections.wait()).await.is_err() {
        tracing::warn!("some requests were cut off: the drain time was up");
        house.closing.cancel();
        connections.wait().await;
    }
}

/// The next connection, however long it takes.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_of_one_connection(error.kind()) => {}
            Err(error) => {
                // Out of file descriptors, most likely: let some connections end first.
                tracing::warn!(%error, "no connection can be accepted");
                sleep(PAUSE).await;
            }
        }
    }
}

/// Whether only the connection that was to be accepted has failed.
fn is_of_one_connection(kind: ErrorKind) -> bool {
    use ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(kind, ConnectionAborted | ConnectionRefused | ConnectionReset)
}
