//! One connection, from its first byte to its last.
//!
//! A connection ends when it is asked to (drain), when nothing moves on it, or when the client goes. What
//! the requests on it need to know of it travels with them as an [`Arrival`].

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::TcpStream;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::Options;
use super::gate::{Bounds, Gate, Verdict};
use super::head::{Fault, LINES};
use super::motion::{Inbound, Motion, Outbound, Pace, Running};
use crate::layers::load::HeldPlace;
use crate::places::Places;

/// How long a connection that was asked to end may take when no request runs on it.
const FAREWELL: Duration = Duration::from_secs(10);
/// The shortest buffer that the HTTP library works with.
const LEAST_BUFFER: usize = 8 * 1024;

/// What a request's connection knows about it.
#[derive(Clone)]
pub(crate) struct Arrival {
    /// The address at the other end.
    pub(crate) peer: IpAddr,
    /// Why the request was refused before it was read.
    pub(crate) fault: Option<Fault>,
    /// The longest head that is taken, in bytes.
    pub(crate) head_bytes: u64,
    /// The places of requests that run.
    pub(crate) requests: Arc<Places>,
    /// The places of creations among them.
    pub(crate) creations: Arc<Places>,
}

/// What all connections have in common.
pub(super) struct House {
    app: Router,
    builder: auto::Builder<TokioExecutor>,
    options: Options,
    requests: Arc<Places>,
    creations: Arc<Places>,
    /// Connections end as soon as their requests are answered.
    pub(super) draining: CancellationToken,
    /// Connections end now.
    pub(super) closing: CancellationToken,
}

impl House {
    pub(super) fn new(app: Router, options: Options) -> Self {
        let requests = Places::new(options.requests, options.requests_per_network);
        let creations =
            Places::new(options.requests.div_ceil(4), options.requests_per_network.div_ceil(4));
        Self {
            app,
            builder: builder(&options),
            options,
            requests,
            creations,
            draining: CancellationToken::new(),
            closing: CancellationToken::new(),
        }
    }

    /// Serves one connection to its end.
    pub(super) async fn serve(&self, stream: TcpStream, peer: IpAddr) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "no TCP_NODELAY");
        }
        let bounds = Bounds { time: self.options.header_timeout, bytes: self.options.header_bytes };
        let (gate, verdict) = Gate::new(stream, bounds);
        let motion = Arc::new(Motion::default());
        let service = self.service(peer, verdict, Arc::clone(&motion));
        let connection = self.builder.serve_connection(TokioIo::new(gate), service);
        let mut connection = std::pin::pin!(connection);
        let mut ending = false;
        let mut beats = motion.beats();
        // The first head must begin as soon as it must end once it has begun.
        let first = self.options.header_timeout.saturating_mul(2);
        let mut timer = std::pin::pin!(sleep(first));
        loop {
            tokio::select! {
                ended = connection.as_mut() => {
                    if let Err(error) = ended {
                        tracing::debug!(%error, "a connection ended early");
                    }
                    return;
                }
                () = self.closing.cancelled() => return,
                () = self.draining.cancelled(), if !ending => {
                    connection.as_mut().graceful_shutdown();
                    ending = true;
                }
                () = timer.as_mut() => {
                    let still = motion.beats() == beats;
                    let running = motion.look();
                    if running == Running::Stuck || still && motion.is_idle() && (ending || beats == 0) {
                        tracing::debug!("a connection on which nothing moved was closed");
                        return;
                    }
                    let mut next = self.options.idle_timeout;
                    let idle = still && motion.is_idle();
                    if idle || running == Running::SomeStuck {
                        connection.as_mut().graceful_shutdown();
                        ending = true;
                    }
                    if idle {
                        next = FAREWELL;
                    }
                    beats = motion.beats();
                    timer.set(sleep(next));
                }
            }
        }
    }

    fn service(
        &self,
        peer: IpAddr,
        verdict: Verdict,
        motion: Arc<Motion>,
    ) -> impl hyper::service::Service<
        http::Request<Incoming>,
        Response = http::Response<Outbound>,
        Error = std::convert::Infallible,
        Future: Send + 'static,
    > + use<> {
        let app = self.app.clone();
        let (requests, creations) = (Arc::clone(&self.requests), Arc::clone(&self.creations));
        let pace = Pace {
            patience: self.options.body_patience,
            bytes_per_second: self.options.body_bytes_per_second,
        };
        let head_bytes = u64::try_from(self.options.header_bytes).unwrap_or(u64::MAX);
        let count = AtomicU64::new(0);
        service_fn(move |request: http::Request<Incoming>| {
            let number = count.fetch_add(1, Ordering::Relaxed).saturating_add(1);
            let fault = verdict.on(number);
            let running = motion.begin();
            let mut request =
                request.map(|body| Body::new(Inbound::new(body, running.pulse(), pace)));
            let (requests, creations) = (Arc::clone(&requests), Arc::clone(&creations));
            request.extensions_mut().insert(Arrival {
                peer,
                fault,
                head_bytes,
                requests,
                creations,
            });
            let answer = app.clone().oneshot(request);
            async move {
                let mut answer = answer.await?;
                let place = answer.extensions_mut().remove::<HeldPlace>();
                Ok(answer.map(|body| Outbound::new(body, running, place)))
            }
        })
    }
}

fn builder(options: &Options) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // The gate counts the time, the bytes and the lines of a head.
        .header_read_timeout(None)
        .max_headers(LINES)
        .max_buf_size(options.header_bytes.max(LEAST_BUFFER));
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(options.streams)
        .max_header_list_size(u32::try_from(options.header_bytes).unwrap_or(u32::MAX))
        .max_pending_accept_reset_streams(Some(20))
        .max_local_error_reset_streams(Some(20))
        .keep_alive_interval(options.idle_timeout)
        .keep_alive_timeout(options.header_timeout);
    builder
}
