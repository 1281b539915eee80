//! `POST /v1/secrets/{id}/ack`: it arrived. The last delivery destroys the content.

use axum::extract::{Path, State as Extract};
use http::{HeaderMap, StatusCode};
use wire::Problem;

use super::{claim_token, secret_id};
use crate::State;
use crate::problem::Refusal;

/// Confirms a delivery.
#[utoipa::path(
    post,
    path = "/v1/secrets/{id}/ack",
    tag = "secrets",
    params(("id" = String, Path, description = "The public id")),
    security(("claim" = [])),
    responses(
        (status = 204, description = "Confirmed, now or before"),
        (status = 404, description = "`unavailable`", body = wire::problem::Document, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn handle(
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Refusal> {
    let claim = claim_token(&headers)?;
    if state.service().acknowledge(&secret_id(&id)?, &claim).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::Unavailable.into())
    }
}
