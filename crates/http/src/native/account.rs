//! `/v1/session` and `/v1/account`: who asks, what there is to sign in with, and where they are signed in.

use axum::Json;
use axum::extract::{Path, State as Extract};
use axum::response::{IntoResponse as _, Response};
use domain::account::{Account as Theirs, Role, Scope};
use http::StatusCode;
use service::people;
use service::sign_in::Owned;
use wire::Problem;
use wire::account::{Account, Ended, Listed, Means, Session, Sessions};
use wire::text::rfc3339;

use crate::State;
use crate::entering;
use crate::layers::guard::{Asker, Person};
use crate::layers::limits::Class;
use crate::problem::Refusal;
use crate::surface::{Access, Policy, Surface};

/// The routes.
pub(super) fn routes() -> Surface {
    let look = Policy::new(Class::House, Access::Person);
    let own = Policy::new(Class::Manage, Access::Person);
    let read = Policy::new(Class::House, Access::Asker(Scope::AccountRead));
    Surface::new()
        .get("/v1/session", look, session)
        .delete("/v1/session", own, sign_out)
        .get("/v1/account", read, account)
        .get("/v1/account/sessions", look, sessions)
        .delete("/v1/account/sessions", own, end_others)
        .delete("/v1/account/sessions/{session}", own, end)
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// Who is signed in.
///
/// `csrf` is what every request of this session carries that changes something.
#[utoipa::path(
    get,
    operation_id = "session",
    path = "/v1/session",
    tag = "account",
    responses((status = 200, description = "Who it is", body = Session)),
)]
pub(super) async fn session(Extract(state): Extract<State>, person: Person) -> Json<Session> {
    let (account, session) = (&person.account, &person.session);
    Json(Session {
        email: account.email.as_str().to_owned(),
        administrator: person.is_administrator(),
        csrf: person.csrf().to_owned(),
        method: session.method.name().to_owned(),
        confirmed: session.is_confirmed(state.service().clock().now()),
        ends_at: rfc3339(session.ends_at),
    })
}

/// Signs out.
#[utoipa::path(
    delete,
    operation_id = "sign_out",
    path = "/v1/session",
    tag = "account",
    responses((status = 204, description = "The session is over")),
)]
pub(super) async fn sign_out(
    Extract(state): Extract<State>,
    person: Person,
) -> Result<Response, Refusal> {
    state.service().sign_out(&person).await?;
    Ok(entering::gone())
}

/// The account of whoever asks.
///
/// What there is to sign in with is told to people alone, and not to programs.
#[utoipa::path(
    get,
    operation_id = "account",
    path = "/v1/account",
    tag = "account",
    responses((status = 200, description = "The account", body = Account)),
)]
pub(super) async fn account(
    Extract(state): Extract<State>,
    asker: Asker,
) -> Result<Json<Account>, Refusal> {
    let (theirs, means) = match &*asker {
        people::Asker::Person(person) => {
            (Some(&person.account), Some(state.service().means(person).await?))
        }
        people::Asker::Key(caller) => (caller.account.as_ref(), None),
    };
    let theirs = theirs.ok_or(Problem::NotFound)?;
    Ok(Json(said(theirs, means)))
}

fn said(theirs: &Theirs, owned: Option<Owned>) -> Account {
    Account {
        email: theirs.email.as_str().to_owned(),
        administrator: theirs.role == Role::Administrator,
        created_at: rfc3339(theirs.created_at),
        means: owned.map(|owned| Means {
            password: owned.password.is_some(),
            one_time_codes: owned.codes.is_some(),
            recovery_codes: count(owned.recovery_codes),
            passkeys: count(owned.passkeys),
            identities: count(owned.identities),
        }),
    }
}

/// Where somebody is signed in.
#[utoipa::path(
    get,
    operation_id = "sessions",
    path = "/v1/account/sessions",
    tag = "account",
    responses((status = 200, description = "The sessions", body = Sessions)),
)]
pub(super) async fn sessions(
    Extract(state): Extract<State>,
    person: Person,
) -> Result<Json<Sessions>, Refusal> {
    let listed = state.service().sessions(&person).await?;
    let sessions = listed.into_iter().map(|listed| {
        let session = listed.session;
        Listed {
            reference: listed.reference,
            current: listed.is_this,
            agent: session.agent,
            network: session.network,
            method: session.method.name().to_owned(),
            created_at: rfc3339(session.created_at),
            seen_at: rfc3339(session.seen_at),
            ends_at: rfc3339(session.ends_at),
        }
    });
    Ok(Json(Sessions { sessions: sessions.collect() }))
}

/// Ends every session but the one that asks.
#[utoipa::path(
    delete,
    operation_id = "end_other_sessions",
    path = "/v1/account/sessions",
    tag = "account",
    responses((status = 200, description = "How many there were", body = Ended)),
)]
pub(super) async fn end_others(
    Extract(state): Extract<State>,
    person: Person,
) -> Result<Json<Ended>, Refusal> {
    let ended = count(state.service().end_other_sessions(&person).await?);
    Ok(Json(Ended { ended }))
}

/// Ends one session.
#[utoipa::path(
    delete,
    operation_id = "end_session",
    path = "/v1/account/sessions/{session}",
    tag = "account",
    params(("session" = String, Path, description = "What names it", pattern = "^[0-9a-f]{12}$")),
    responses((status = 204, description = "It is over")),
)]
pub(super) async fn end(
    Extract(state): Extract<State>,
    person: Person,
    Path(session): Path<String>,
) -> Result<Response, Refusal> {
    if state.service().end_session(&person, &session).await? {
        Ok(StatusCode::NO_CONTENT.into_response())
    } else {
        Err(Refusal(Problem::NotFound))
    }
}
