//! `/healthz` (a constant) and `/readyz` (whether the store takes writes and the clock can be trusted).
//!
//! Neither tells a version or a detail, and neither costs anything (R103). They answer on any host, for
//! probes that know only an address.

use axum::extract::State as Extract;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::RETRY_AFTER;

use crate::State;
use crate::layers::limits::Class;
use crate::surface::{Access, Policy, Surface};

pub(crate) fn routes() -> Surface {
    let probe = Policy::new(Class::Uncounted, Access::Open);
    Surface::new().get("/healthz", probe, alive).get("/readyz", probe, ready)
}

/// Whether the process answers. A constant.
#[utoipa::path(
    get,
    operation_id = "isAlive",
    path = "/healthz",
    tag = "instance",
    responses((status = 200, description = "It does: `ok`", body = String)),
)]
pub(crate) async fn alive() -> &'static str {
    "ok"
}

/// Whether the store takes writes and the clock can be trusted.
#[utoipa::path(
    get,
    operation_id = "isReady",
    path = "/readyz",
    tag = "instance",
    responses(
        (status = 200, description = "Both: `ready`", body = String),
        (status = 503, description = "One does not: `not ready`. The log knows more.", body = String),
    ),
)]
pub(crate) async fn ready(Extract(state): Extract<State>) -> Response {
    if state.service().is_ready() {
        return "ready".into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "5")], "not ready").into_response()
}
