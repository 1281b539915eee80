//! `/healthz` (a constant) and `/readyz` (whether the store takes writes and knows its keys).
//!
//! Neither tells a version or a detail (R103). They answer on any host, for probes that know only an
//! address.

use axum::Router;
use axum::extract::State as Extract;
use axum::routing::get;
use http::StatusCode;

use crate::State;

pub(crate) fn routes() -> Router<State> {
    Router::new().route("/healthz", get(async || "ok")).route("/readyz", get(ready))
}

async fn ready(Extract(state): Extract<State>) -> (StatusCode, &'static str) {
    match state.service().probe().await {
        Ok(()) => (StatusCode::OK, "ready"),
        Err(error) => {
            tracing::error!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "not ready")
        }
    }
}
