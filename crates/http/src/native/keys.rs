//! `/v1/keys`: API keys of whoever asks, and where keys are sent that were found somewhere else.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State as Extract};
use axum::response::{IntoResponse as _, Response};
use domain::account::{ApiKeyToken, Scope};
use http::{HeaderMap, StatusCode};
use service::keys::{ListedKey, MadeKey, NoKey, Wish};
use wire::Problem;
use wire::keys::{Judged, Key, Keys, Made, Report, Rotation, Wanted};
use wire::problem::Lacking;
use wire::text::Secretive;

use super::json;
use crate::State;
use crate::layers::guard::Asker;
use crate::layers::limits::Class;
use crate::problem::Refusal;
use crate::surface::{Access, Policy, Surface};

/// The routes.
pub(super) fn routes() -> Surface {
    let reading = Policy::new(Class::House, Access::Asker(Scope::KeysManage));
    let changing = Policy::new(Class::Manage, Access::AskerConfirmed(Scope::KeysManage));
    let reporting = Policy::new(Class::Follow, Access::Open);
    Surface::new()
        .get("/v1/keys", reading, list)
        .post("/v1/keys", changing, make)
        .delete("/v1/keys/{ref}", changing, revoke)
        .post("/v1/keys/{ref}/rotate", changing, rotate)
        .post("/v1/keys/report", reporting, report)
}

impl From<NoKey> for Refusal {
    fn from(no: NoKey) -> Self {
        match no {
            NoKey::TooMany => {
                Self(Problem::invalid("keys", "are 100 already: revoke those that no program uses"))
            }
            NoKey::Unknown => Self(Problem::NotFound),
            NoKey::Wider => Self(Problem::Forbidden { lacking: Lacking::Wider }),
            NoKey::Store(error) => error.into(),
        }
    }
}

/// What the service is asked for.
pub(crate) fn wish(judged: Judged) -> Wish {
    let Judged { label, scopes, networks, per_minute, lifetime } = judged;
    Wish { label: Some(label), scopes, networks, per_minute, lifetime }
}

fn made(state: &State, made: MadeKey) -> Response {
    let MadeKey { token, reference, key } = made;
    let known = Key::new(reference, &key, state.service().clock().now());
    let made = Made { key: Secretive::new(token.expose()), known };
    (StatusCode::CREATED, Json(made)).into_response()
}

/// The keys of whoever asks.
///
/// Of an account all that it has; of a key those of its owner.
#[utoipa::path(
    get,
    operation_id = "listKeys",
    path = "/v1/keys",
    tag = "keys",
    security(("key" = [])),
    responses((status = 200, description = "Those that are worth something first", body = Keys)),
)]
pub(super) async fn list(
    Extract(state): Extract<State>,
    asker: Asker,
) -> Result<Json<Keys>, Refusal> {
    let service = state.service();
    let listed = service.keys(asker.key_owner()).await?;
    let now = service.clock().now();
    let key = |ListedKey { reference, key, .. }| Key::new(reference, &key, now);
    Ok(Json(Keys { keys: listed.into_iter().map(key).collect() }))
}

/// Makes a key.
///
/// It is shown this once. A key makes no key that may do more than itself, from elsewhere or for longer.
#[utoipa::path(
    post,
    operation_id = "makeKey",
    path = "/v1/keys",
    tag = "keys",
    security(("key" = [])),
    request_body = Wanted,
    responses((status = 201, description = "The key", body = Made)),
)]
pub(super) async fn make(
    Extract(state): Extract<State>,
    asker: Asker,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let wanted: Wanted = json(&headers, body).await?;
    let key = state.service().make_own_key(&asker, wish(wanted.judge()?)).await?;
    Ok(made(&state, key))
}

/// Makes another key in the place of one.
///
/// The new one is worth something at once, the old one goes on for as long as is wanted.
#[utoipa::path(
    post,
    operation_id = "rotateKey",
    path = "/v1/keys/{ref}/rotate",
    tag = "keys",
    security(("key" = [])),
    params(("ref" = String, Path, description = "What names the key in the list")),
    request_body = Rotation,
    responses((status = 201, description = "The new key", body = Made)),
)]
pub(super) async fn rotate(
    Extract(state): Extract<State>,
    Path(reference): Path<String>,
    asker: Asker,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let rotation: Rotation = json(&headers, body).await?;
    let overlap = rotation.judge()?;
    let key = state.service().rotate_own_key(&asker, &reference, overlap).await?;
    Ok(made(&state, key))
}

/// Makes a key worth nothing, from the next request on.
#[utoipa::path(
    delete,
    operation_id = "revokeKey",
    path = "/v1/keys/{ref}",
    tag = "keys",
    security(("key" = [])),
    params(("ref" = String, Path, description = "What names the key in the list")),
    responses((status = 204, description = "It is worth nothing")),
)]
pub(super) async fn revoke(
    Extract(state): Extract<State>,
    Path(reference): Path<String>,
    asker: Asker,
) -> Result<StatusCode, Refusal> {
    let (actor, owner) = (asker.actor(), asker.key_owner());
    if state.service().revoke_key(actor, owner, &reference).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::NotFound.into())
    }
}

/// Makes a key worth nothing that was found where it does not belong.
///
/// For scanners that look for leaked keys: whoever has a key may end it. The answer is the same whether or not the
/// key was worth anything. A key is `sigill_` and base58: `sigill_[1-9A-HJ-NP-Za-km-z]{40,52}`.
#[utoipa::path(
    post,
    operation_id = "reportKey",
    path = "/v1/keys/report",
    tag = "keys",
    request_body = Report,
    responses((status = 204, description = "If it was a key, it is worth nothing")),
)]
pub(super) async fn report(
    Extract(state): Extract<State>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Refusal> {
    let report: Report = json(&headers, body).await?;
    if let Some(token) = found(report.key.expose())
        && state.service().report_key(&token).await?
    {
        tracing::warn!("an API key that was found elsewhere was reported, and is worth nothing");
    }
    Ok(StatusCode::NO_CONTENT)
}

/// The first key in a text.
fn found(text: &str) -> Option<ApiKeyToken> {
    text.match_indices("sigill_").find_map(|(start, _)| {
        let rest = text.get(start..)?;
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        ApiKeyToken::parse(rest.get(..end)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_in_whatever_was_sent() {
        let key = ApiKeyToken::new([7; 32]).expose().to_string();
        let texts =
            [key.clone(), format!("export KEY=\"{key}\"\n"), format!("sigill_x sigill_ {key}.")];
        for text in texts {
            assert_eq!(found(&text).unwrap().secret(), &[7; 32], "{text}");
        }
        assert!(found("sigill_").is_none() && found("").is_none());
        assert!(found(key.get(..key.len() - 1).unwrap()).is_none());
        // What scanners look for, as the guide has it.
        let body = key.strip_prefix("sigill_").unwrap();
        assert!((40..=52).contains(&body.len()), "{}", body.len());
    }
}
