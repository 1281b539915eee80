//! `/v1/devices`: a program on another machine asks for an API key of its own (RFC 8628).

use axum::Json;
use axum::body::Body;
use axum::extract::State as Extract;
use axum::response::{IntoResponse as _, Response};
use domain::session::TicketToken;
use http::{HeaderMap, StatusCode};
use service::devices::{Login, PATIENCE, PAUSE};
use wire::Problem;
use wire::devices::{Asked, Begun, Standing, Waiting, Wanted};
use wire::keys::{Key, Made};
use wire::text::Secretive;

use super::json;
use crate::State;
use crate::entering::Comer;
use crate::layers::limits::Class;
use crate::problem::Refusal;
use crate::surface::{Access, Policy, Surface};

/// The routes.
pub(super) fn routes() -> Surface {
    let beginning = Policy::new(Class::SignIn, Access::Open);
    let fetching = Policy::new(Class::Follow, Access::Open);
    Surface::new().post("/v1/devices", beginning, begin).post("/v1/devices/key", fetching, fetch)
}

/// Begins the login of a device.
///
/// Show `user_code` and `verification_uri` to a person, and ask `/v1/devices/key` until they have answered.
#[utoipa::path(
    post,
    operation_id = "beginLogin",
    path = "/v1/devices",
    tag = "keys",
    request_body = Wanted,
    responses((status = 201, description = "What to show, and what to hold", body = Begun)),
)]
pub(super) async fn begin(
    Extract(state): Extract<State>,
    comer: Comer,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let wanted: Wanted = json(&headers, body).await?;
    let label = wanted.judge()?;
    let begun = state.service().begin_login(&label, &comer.come().seat.network).await?;
    let told = Begun {
        device_code: Secretive::new(begun.device.expose()),
        user_code: begun.code.shown().to_string(),
        verification_uri: format!("{}/device", state.origin().as_str()),
        expires_in: PATIENCE.as_secs(),
        interval: PAUSE.as_secs(),
    };
    Ok((StatusCode::CREATED, Json(told)).into_response())
}

/// What has become of a login.
///
/// 202 while nobody has answered, 201 with the key once somebody has permitted it, and 404 when they have
/// refused, the time is up, or the key was fetched.
#[utoipa::path(
    post,
    operation_id = "fetchLogin",
    path = "/v1/devices/key",
    tag = "keys",
    request_body = Asked,
    responses(
        (status = 201, description = "The key, shown this once", body = Made),
        (status = 202, description = "Nobody has answered yet", body = Waiting),
    ),
)]
pub(super) async fn fetch(
    Extract(state): Extract<State>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let asked: Asked = json(&headers, body).await?;
    let token = TicketToken::parse(asked.device_code.expose()).ok_or(Problem::NotFound)?;
    match state.service().login(&token).await? {
        Login::Done(made) => {
            let known = Key::new(made.reference, &made.key, state.service().clock().now());
            let made = Made { key: Secretive::new(made.token.expose()), known };
            Ok((StatusCode::CREATED, Json(made)).into_response())
        }
        Login::Gone => Err(Problem::NotFound.into()),
        Login::Waiting => {
            let waiting = Waiting { state: Standing::Pending };
            Ok((StatusCode::ACCEPTED, Json(waiting)).into_response())
        }
    }
}
