//! `/invitation`: somebody was invited, and says yes.
//!
//! The code is behind the `#` of the link, so that looking at the link accepts nothing and no server on the
//! way sees it; it may be pasted. Who has an account signs in and says yes; who has none gets one, where the
//! instance permits it.

use axum::Extension;
use axum::body::Body;
use axum::extract::State as Extract;
use axum::response::Response;
use domain::session::TicketToken;
use fluent_bundle::FluentValue;
use http::{HeaderMap, StatusCode};
use maud::{Markup, html};
use service::invitations::Accepted;
use service::sessions::Seat;

use super::form::Form;
use super::house::{Asked, House, Place, Visitor, see};
use super::organisations::at;
use super::parts::{Field, refused};
use super::texts::Texts;
use crate::State;
use crate::cookies;
use crate::layers::address::ClientAddress;
use crate::layers::guard::Person;
use crate::layers::limits::Class;
use crate::problem::Refusal;
use crate::surface::{Access, Policy, Surface};

/// The routes.
pub(super) fn routes() -> Surface {
    Surface::new()
        .get("/invitation", Policy::new(Class::Read, Access::Open), ask)
        .post("/invitation", Policy::new(Class::SignIn, Access::Open), sign_up)
        .get("/invitation/join", Policy::new(Class::House, Access::Person), ask_to_join)
        .post("/invitation/join", Policy::new(Class::SignIn, Access::Person), join)
}

/// The code, wherever it comes from: the page's module puts it in.
fn code(texts: &Texts) -> Markup {
    let (label, help) = (texts.get("invitation-token"), texts.get("invitation-token-help"));
    let field = Field { name: "token", label: &label, help: &help, code: true, ..Field::default() };
    field.show()
}

async fn ask(asked: Asked) -> Response {
    asked.page(StatusCode::OK, |texts| door(texts, None))
}

/// For somebody of whom nothing is known.
fn door(texts: &Texts, fault: Option<&str>) -> Markup {
    let t = |key: &str| texts.get(key);
    let main = html! {
        @if let Some(fault) = fault { (refused(&t(fault))) }
        p { a.btn.verb href="/invitation/join" { (t("invitation-join")) } }
        p.help { (t("invitation-join-help")) }
        form.form.spaced method="post" action="/invitation" data-accepts {
            (code(texts))
            p { button.btn type="submit" { (t("invitation-new")) } }
            p.help { (t("invitation-new-help")) }
        }
    };
    House {
        texts,
        visitor: None,
        place: Place::Nowhere,
        title: t("invitation-title"),
        heading: t("invitation-title"),
        lede: Some(html! { (t("invitation-lede")) }),
        verb: None,
        module: Some("js/invitation.js"),
        main,
    }
    .render()
}

/// What is said where nobody has joined, and how.
fn refusal(accepted: &Accepted) -> (StatusCode, &'static str) {
    match accepted {
        Accepted::Another => (StatusCode::FORBIDDEN, "invitation-another"),
        Accepted::Closed => (StatusCode::FORBIDDEN, "invitation-closed"),
        Accepted::SignIn => (StatusCode::CONFLICT, "invitation-sign-in"),
        Accepted::Joined { .. } | Accepted::SignedUp { .. } | Accepted::Worthless => {
            (StatusCode::NOT_FOUND, "invitation-worthless")
        }
    }
}

async fn accept(
    state: &State,
    form: &Form,
    person: Option<&Person>,
    seat: &Seat,
) -> Result<Accepted, Refusal> {
    let Some(token) = TicketToken::parse(form.get("token").trim()) else {
        return Ok(Accepted::Worthless);
    };
    let person = person.map(|person| &**person);
    Ok(state.service().accept_invitation(&token, person, seat).await?)
}

async fn sign_up(
    Extract(state): Extract<State>,
    asked: Asked,
    Extension(address): Extension<ClientAddress>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let form = Form::read(&headers, body).await?;
    let seat = cookies::seat(&headers, &address);
    match accept(&state, &form, None, &seat).await? {
        Accepted::SignedUp { reference, token } => {
            let mut response = see(&at(&reference));
            cookies::sign_in(response.headers_mut(), token.session());
            Ok(response)
        }
        refused @ (Accepted::Another
        | Accepted::Closed
        | Accepted::Joined { .. }
        | Accepted::SignIn
        | Accepted::Worthless) => {
            let (status, key) = refusal(&refused);
            Ok(asked.page(status, |texts| door(texts, Some(key))))
        }
    }
}

async fn ask_to_join(asked: Asked, person: Person) -> Response {
    let visitor = Visitor::of(&person);
    asked.page(StatusCode::OK, |texts| desk(texts, &visitor, None))
}

/// For somebody who is signed in.
fn desk(texts: &Texts, visitor: &Visitor, fault: Option<&str>) -> Markup {
    let t = |key: &str| texts.get(key);
    let email = FluentValue::from(visitor.email.as_str());
    let main = html! {
        @if let Some(fault) = fault { (refused(&t(fault))) }
        form.form method="post" action="/invitation/join" data-accepts {
            (visitor.csrf())
            (code(texts))
            p { button.btn.verb type="submit" { (t("invitation-accept")) } }
            p.help { (texts.with("invitation-signed-in", &[("email", email)])) }
        }
    };
    House {
        texts,
        visitor: Some(visitor),
        place: Place::Organisations,
        title: t("invitation-title"),
        heading: t("invitation-title"),
        lede: Some(html! { (t("invitation-lede")) }),
        verb: None,
        module: Some("js/invitation.js"),
        main,
    }
    .render()
}

async fn join(
    Extract(state): Extract<State>,
    asked: Asked,
    person: Person,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let form = Form::read(&headers, body).await?;
    match accept(&state, &form, Some(&person), &Seat::default()).await? {
        Accepted::Joined { reference } => Ok(see(&at(&reference))),
        refused @ (Accepted::Another
        | Accepted::Closed
        | Accepted::SignedUp { .. }
        | Accepted::SignIn
        | Accepted::Worthless) => {
            let (status, key) = refusal(&refused);
            let visitor = Visitor::of(&person);
            Ok(asked.page(status, |texts| desk(texts, &visitor, Some(key))))
        }
    }
}
