//! `GET /v1/limits`: what this instance allows.

use axum::Json;
use axum::extract::State as Extract;
use wire::limits::Limits;

use crate::State;

/// What this instance allows.
#[utoipa::path(
    get,
    operation_id = "limits",
    path = "/v1/limits",
    tag = "instance",
    responses((status = 200, description = "The limits", body = Limits)),
)]
pub(super) async fn handle(Extract(state): Extract<State>) -> Json<Limits> {
    let limits = state.service().limits();
    Json(Limits::new(limits.max_envelope, limits.max_lifetime))
}
