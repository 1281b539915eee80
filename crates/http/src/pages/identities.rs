//! What somebody who is signed in does with identities at providers: adds one, and confirms who they are by one.
//!
//! The provider sends them back to the same address as everybody else; from there they go on to one of this
//! file, where the browser shows their session again.

use axum::body::Body;
use axum::extract::State as Extract;
use axum::response::Response;
use http::{HeaderMap, StatusCode, Uri};
use service::providers::journey::{JourneyError, Purpose};

use super::house::Asked;
use super::providers::{
    ADD_BACK, ADD_SAYS, Brought, CONFIRM_BACK, CONFIRM_SAYS, arrive, depart, not_in, returning,
};
use crate::State;
use crate::entering::Comer;
use crate::layers::guard::Person;
use crate::layers::limits::Class;
use crate::problem::Refusal;
use crate::surface::{Access, Policy, Surface};

/// The routes.
pub(crate) fn routes() -> Surface {
    let inside = Policy::new(Class::House, Access::Person);
    let confirming = Policy::new(Class::SignIn, Access::Person);
    let adding = Policy::new(Class::SignIn, Access::Confirmed);
    Surface::new()
        .post("/confirm/provider", confirming, leave_to_confirm)
        .get(CONFIRM_BACK, inside, landed_to_confirm)
        .post(CONFIRM_BACK, confirming, confirmed)
        .post("/account/identities", adding, leave_to_add)
        .get(ADD_BACK, inside, landed_to_add)
        .post(ADD_BACK, adding, added)
}

async fn leave_to_confirm(
    Extract(state): Extract<State>,
    person: Person,
    asked: Asked,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    depart(&state, &asked, Purpose::Confirm(&person), (&headers, body)).await
}

async fn leave_to_add(
    Extract(state): Extract<State>,
    person: Person,
    asked: Asked,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    depart(&state, &asked, Purpose::Add(&person), (&headers, body)).await
}

async fn landed_to_confirm(person: Person, asked: Asked, uri: Uri) -> Result<Response, Refusal> {
    let Some(brought) = Brought::by(&uri)? else { return not_in(&asked, JourneyError::Turned) };
    let csrf = person.csrf();
    Ok(asked
        .page(StatusCode::OK, |texts| returning(texts, CONFIRM_SAYS, CONFIRM_BACK, &brought, csrf)))
}

async fn landed_to_add(person: Person, asked: Asked, uri: Uri) -> Result<Response, Refusal> {
    let Some(brought) = Brought::by(&uri)? else { return not_in(&asked, JourneyError::Turned) };
    let csrf = person.csrf();
    Ok(asked.page(StatusCode::OK, |texts| returning(texts, ADD_SAYS, ADD_BACK, &brought, csrf)))
}

async fn confirmed(
    Extract(state): Extract<State>,
    person: Person,
    asked: Asked,
    comer: Comer,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    arrive(&state, &asked, Purpose::Confirm(&person), &comer, (&headers, body)).await
}

async fn added(
    Extract(state): Extract<State>,
    person: Person,
    asked: Asked,
    comer: Comer,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    arrive(&state, &asked, Purpose::Add(&person), &comer, (&headers, body)).await
}
