//! `/v1/passkeys`: the ceremonies of passkeys, a question and an answer each, and the list of somebody's own.
//!
//! Whoever signs in, finishes or confirms gets the cookie of a session with the answer, and nothing of it in
//! the body. Where the public URL is one that browsers know no passkeys for, nothing is here.

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State as Extract};
use axum::response::{IntoResponse as _, Response};
use domain::session::{SessionToken, TicketToken};
use http::{HeaderMap, StatusCode};
use service::passkeys::{Begun, Listed, MOST, Make, Making, Refused, Removal, Site};
use wire::Problem;
use wire::passkeys::{Answer, Label, NewPasskey, Passkey, Passkeys, Question};
use wire::text::rfc3339;

use super::json;
use crate::State;
use crate::entering::{Comer, keep};
use crate::layers::guard::{Half, Person};
use crate::layers::limits::Class;
use crate::problem::Refusal;
use crate::surface::{Access, Policy, Surface};

/// The routes.
pub(super) fn routes() -> Surface {
    // Asking tells nothing and guesses nothing; answering is what is counted strictly.
    let asking = |access| Policy::new(Class::Manage, access);
    let answering = |access| Policy::new(Class::SignIn, access);
    let changing = asking(Access::Confirmed);
    Surface::new()
        .post("/v1/passkeys/sign-in/begin", asking(Access::Open), ask_to_sign_in)
        .post("/v1/passkeys/sign-in/end", answering(Access::Open), sign_in)
        .post("/v1/passkeys/second/begin", asking(Access::Half), ask_to_finish)
        .post("/v1/passkeys/second/end", answering(Access::Half), finish)
        .post("/v1/passkeys/confirm/begin", asking(Access::Person), ask_to_confirm)
        .post("/v1/passkeys/confirm/end", answering(Access::Person), confirm)
        .post("/v1/passkeys/new/begin", changing, ask_for_new)
        .post("/v1/passkeys/new/end", changing, make)
        .get("/v1/passkeys", Policy::new(Class::House, Access::Person), list)
        .put("/v1/passkeys/{passkey}", changing, rename)
        .delete("/v1/passkeys/{passkey}", changing, remove)
}

fn site(state: &State) -> Result<&Site, Problem> {
    state.passkeys().ok_or(Problem::NotFound)
}

fn question(begun: &Begun) -> Result<Json<Question>, Refusal> {
    let options = serde_json::from_str(&begun.options).map_err(|_| Problem::Internal)?;
    Ok(Json(Question { ticket: begun.ticket.expose().to_string(), options }))
}

fn asked(begun: Result<Begun, Refused>) -> Result<Json<Question>, Refusal> {
    question(&begun.map_err(|Refused| Problem::PasskeyRefused)?)
}

fn signed_in(come: Result<SessionToken, Refused>) -> Result<Response, Refusal> {
    let token = come.map_err(|Refused| Problem::PasskeyRefused)?;
    Ok(keep(StatusCode::NO_CONTENT.into_response(), &token))
}

async fn answer(headers: &HeaderMap, body: Body) -> Result<(TicketToken, Vec<u8>), Problem> {
    json::<Answer>(headers, body).await?.parse()
}

/// Asks for a passkey of anybody.
///
/// Who it is, the passkey says: no name is asked for.
#[utoipa::path(
    post,
    operation_id = "askToSignIn",
    path = "/v1/passkeys/sign-in/begin",
    tag = "passkeys",
    responses((status = 200, description = "A question for the browser", body = Question)),
)]
pub(super) async fn ask_to_sign_in(
    Extract(state): Extract<State>,
) -> Result<Json<Question>, Refusal> {
    asked(state.service().ask_to_sign_in(site(&state)?).await?)
}

/// Signs in with a passkey.
///
/// All the way: it is two factors in one.
#[utoipa::path(
    post,
    operation_id = "signInWithPasskey",
    path = "/v1/passkeys/sign-in/end",
    tag = "passkeys",
    request_body = Answer,
    responses((status = 204, description = "Signed in; the session is in the cookie")),
)]
pub(super) async fn sign_in(
    Extract(state): Extract<State>,
    comer: Comer,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let site = site(&state)?;
    let (ticket, response) = answer(&headers, body).await?;
    let come =
        state.service().sign_in_with_passkey(site, &ticket, (&response, comer.seat())).await?;
    signed_in(come)
}

/// Asks for a passkey of somebody who has shown a password.
#[utoipa::path(
    post,
    operation_id = "askToFinish",
    path = "/v1/passkeys/second/begin",
    tag = "passkeys",
    responses((status = 200, description = "A question for the browser", body = Question)),
)]
pub(super) async fn ask_to_finish(
    Extract(state): Extract<State>,
    half: Half,
) -> Result<Json<Question>, Refusal> {
    asked(state.service().ask_to_finish(site(&state)?, &half).await?)
}

/// Signs in with a passkey as the second factor.
#[utoipa::path(
    post,
    operation_id = "finishWithPasskey",
    path = "/v1/passkeys/second/end",
    tag = "passkeys",
    request_body = Answer,
    responses((status = 204, description = "Signed in; the session is in the cookie")),
)]
pub(super) async fn finish(
    Extract(state): Extract<State>,
    half: Half,
    comer: Comer,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let site = site(&state)?;
    let (ticket, response) = answer(&headers, body).await?;
    let given = (&*response, comer.seat());
    let come = state.service().finish_with_passkey(site, &half, &ticket, given).await?;
    signed_in(come)
}

/// Asks for a passkey of somebody who is signed in.
#[utoipa::path(
    post,
    operation_id = "askToConfirm",
    path = "/v1/passkeys/confirm/begin",
    tag = "passkeys",
    responses((status = 200, description = "A question for the browser", body = Question)),
)]
pub(super) async fn ask_to_confirm(
    Extract(state): Extract<State>,
    person: Person,
) -> Result<Json<Question>, Refusal> {
    asked(state.service().ask_to_confirm(site(&state)?, &person).await?)
}

/// Confirms with a passkey that it is still the same person.
///
/// The session goes on under another cookie.
#[utoipa::path(
    post,
    operation_id = "confirmWithPasskey",
    path = "/v1/passkeys/confirm/end",
    tag = "passkeys",
    request_body = Answer,
    responses((status = 204, description = "Confirmed for ten minutes")),
)]
pub(super) async fn confirm(
    Extract(state): Extract<State>,
    person: Person,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let site = site(&state)?;
    let (ticket, response) = answer(&headers, body).await?;
    let given = (&ticket, &*response);
    let come = state.service().confirm_with_passkey(site, &person, given).await?;
    signed_in(come)
}

/// Asks for a new passkey.
#[utoipa::path(
    post,
    operation_id = "askForNewPasskey",
    path = "/v1/passkeys/new/begin",
    tag = "passkeys",
    responses((status = 200, description = "A question for the browser", body = Question)),
)]
pub(super) async fn ask_for_new(
    Extract(state): Extract<State>,
    person: Person,
) -> Result<Json<Question>, Refusal> {
    match state.service().ask_for_new_passkey(site(&state)?, &person).await? {
        Making::Asked(begun) => question(&begun),
        Making::Enough => Err(enough().into()),
    }
}

/// Keeps a new passkey.
#[utoipa::path(
    post,
    operation_id = "makePasskey",
    path = "/v1/passkeys/new/end",
    tag = "passkeys",
    request_body = NewPasskey,
    responses((status = 204, description = "It is kept")),
)]
pub(super) async fn make(
    Extract(state): Extract<State>,
    person: Person,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Refusal> {
    let site = site(&state)?;
    let (ticket, response, label) = json::<NewPasskey>(&headers, body).await?.parse()?;
    let made = state.service().make_passkey(site, &person, &ticket, (&response, label)).await?;
    match made {
        Make::AlreadyThere => Err(Problem::PasskeyKnown.into()),
        Make::Enough => Err(enough().into()),
        Make::Made => Ok(StatusCode::NO_CONTENT),
        Make::Refused => Err(Problem::PasskeyRefused.into()),
    }
}

fn enough() -> Problem {
    Problem::invalid("the account", format!("has {MOST} passkeys, and may not have more"))
}

/// The passkeys of whoever asks.
#[utoipa::path(
    get,
    operation_id = "listPasskeys",
    path = "/v1/passkeys",
    tag = "passkeys",
    responses((status = 200, description = "All of them", body = Passkeys)),
)]
pub(super) async fn list(
    Extract(state): Extract<State>,
    person: Person,
) -> Result<Json<Passkeys>, Refusal> {
    let say = |listed: Listed| Passkey {
        reference: listed.reference,
        label: listed.label,
        created_at: rfc3339(listed.created_at),
        used_at: listed.used_at.map(rfc3339),
    };
    let passkeys = state.service().passkeys(&person).await?;
    Ok(Json(Passkeys { passkeys: passkeys.into_iter().map(say).collect() }))
}

/// A name that cannot be one is that of none.
fn named(passkey: Result<Path<String>, PathRejection>) -> Result<String, Problem> {
    passkey.map(|Path(passkey)| passkey).map_err(|_| Problem::NotFound)
}

/// Gives a passkey another name.
#[utoipa::path(
    put,
    operation_id = "renamePasskey",
    path = "/v1/passkeys/{passkey}",
    tag = "passkeys",
    params(("passkey" = String, Path, description = "Its `ref`")),
    request_body = Label,
    responses((status = 204, description = "It has that name")),
)]
pub(super) async fn rename(
    Extract(state): Extract<State>,
    person: Person,
    passkey: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Refusal> {
    let passkey = named(passkey)?;
    let label = json::<Label>(&headers, body).await?.parse()?;
    let renamed = state.service().rename_passkey(&person, &passkey, &label).await?;
    if renamed { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::NotFound.into()) }
}

/// Removes a passkey.
///
/// Every other session of the account ends. The last way to sign in stays.
#[utoipa::path(
    delete,
    operation_id = "removePasskey",
    path = "/v1/passkeys/{passkey}",
    tag = "passkeys",
    params(("passkey" = String, Path, description = "Its `ref`")),
    responses((status = 204, description = "It is removed")),
)]
pub(super) async fn remove(
    Extract(state): Extract<State>,
    person: Person,
    passkey: Result<Path<String>, PathRejection>,
) -> Result<Response, Refusal> {
    let passkey = named(passkey)?;
    match state.service().remove_passkey(&person, &passkey).await? {
        Removal::Last => Err(Problem::LastMeans.into()),
        Removal::Removed => Ok(StatusCode::NO_CONTENT.into_response()),
        Removal::Unknown => Err(Problem::NotFound.into()),
    }
}
