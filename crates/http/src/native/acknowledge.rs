//! `POST /v1/secrets/{id}/ack`: it arrived. The last delivery destroys the content.

use axum::extract::State as Extract;
use http::{HeaderMap, StatusCode};
use wire::Problem;

use super::{Id, claim_token};
use crate::State;
use crate::problem::Refusal;

/// Confirms a delivery.
///
/// Say it once the envelope has been opened. The last delivery of the last view destroys the content;
/// saying it again is no fault.
#[utoipa::path(
    post,
    operation_id = "acknowledge",
    path = "/v1/secrets/{id}/ack",
    tag = "secrets",
    params(super::openapi::Id),
    security(("claim" = [])),
    responses(
        (status = 204, description = "Confirmed, now or before"),
    ),
)]
pub(super) async fn handle(
    Extract(state): Extract<State>,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<StatusCode, Refusal> {
    let claim = claim_token(&headers)?;
    if state.service().acknowledge(&id, &claim).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::Unavailable.into())
    }
}
