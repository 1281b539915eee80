//! What somebody who is signed in does with identities at providers: adds one, and confirms who they are by one.
//!
//! The provider sends them back to the same address as everybody else; from there they go on to one of this
//! file, where the browser shows their session again.

use axum::body::Body;
use axum::extract::State as Extract;
use axum::response::Response;
use http::{HeaderMap, StatusCode, Uri};
use service::providers::journey::{JourneyError, Purpose};

use maud::{Markup, html};
use service::passkeys::Removal;
use service::providers::Offered;
use service::providers::identities::ListedIdentity;

use super::account;
use super::form::Form;
use super::house::{Asked, Visitor, see};
use super::parts::{Press, Table, time};
use super::providers::{
    ADD_BACK, ADD_SAYS, Brought, CONFIRM_BACK, CONFIRM_SAYS, arrive, button, depart, not_in,
    returning,
};
use super::texts::Texts;
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
    let removing = Policy::new(Class::Manage, Access::Confirmed);
    Surface::new()
        .post("/confirm/provider", confirming, leave_to_confirm)
        .get(CONFIRM_BACK, inside, landed_to_confirm)
        .post(CONFIRM_BACK, confirming, confirmed)
        .post("/account/identities", adding, leave_to_add)
        .post("/account/identities/remove", removing, remove)
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

async fn remove(
    Extract(state): Extract<State>,
    person: Person,
    asked: Asked,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let form = Form::read(&headers, body).await?;
    match state.service().remove_identity(&person, form.get("identity")).await? {
        Removal::Removed | Removal::Unknown => Ok(see("/account")),
        Removal::Last => account::again(&state, &asked, &person, "identities-last").await,
    }
}

/// The identities of somebody on their account's page, with a way to add one.
pub(super) fn section(
    texts: &Texts,
    visitor: &Visitor,
    (identities, offered): (&[ListedIdentity], &[Offered]),
) -> Markup {
    let t = |key: &str| texts.get(key);
    let heads = ["identities-where", "account-since"].map(t);
    let row = |identity: &ListedIdentity| {
        let cells = vec![
            html! { b { bdi { (identity.label) } } },
            time(&wire::text::rfc3339(identity.created_at)),
        ];
        let act = Press {
            to: "/account/identities/remove",
            with: &[("identity", &identity.reference)],
            label: &t("identities-remove"),
            which: &identity.label,
            class: "bare burn",
        };
        (cells, Some(act.show(visitor)))
    };
    html! {
        @if !identities.is_empty() || !offered.is_empty() {
            section #identities {
                h2 { (t("identities-title")) }
                p.soft { (t("identities-text")) }
                @if !identities.is_empty() {
                    (Table {
                        caption: &t("identities-title"),
                        heads: &heads,
                        rows: identities.iter().map(row).collect(),
                    }.show(texts))
                }
                @for provider in offered {
                    (button(texts, provider, "/account/identities", "/account", Some(&visitor.csrf)))
                }
            }
        }
    }
}
