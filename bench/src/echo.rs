//! The bare echo: what HTTP costs on this machine when the answer costs nothing.
//!
//! A process of its own on the server's processor, on the same libraries, without a layer of ours.

use axum::Router;
use axum::body::Bytes;
use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;

use crate::void::Void;

/// Echoes until it is ended.
pub(crate) async fn serve(port: u16) -> Result<(), Void> {
    let routes = Router::new()
        .route("/echo", post(async |body: Bytes| body))
        .route("/healthz", get(async || "ok"));
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    // What a connection cannot be told does not change what it echoes.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    Ok(axum::serve(listener, routes).await?)
}
