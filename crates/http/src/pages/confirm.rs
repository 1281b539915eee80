//! `/confirm`: somebody who is signed in shows once more who they are, before what matters.

use axum::body::Body;
use axum::extract::State as Extract;
use axum::response::Response;
use http::{HeaderMap, StatusCode, Uri};
use maud::{Markup, html};
use service::sign_in::Asks;

use super::form::Form;
use super::house::{Asked, House, Place, Visitor};
use super::parts::{Field, Press, note};
use super::passkeys;
use super::sign_in::{HOME, Said, answered, onward, wanted};
use super::texts::Texts;
use crate::State;
use crate::entering::Comer;
use crate::layers::guard::{Person, next};
use crate::layers::limits::Class;
use crate::problem::Refusal;
use crate::surface::{Access, Policy, Surface};

/// The routes.
pub(super) fn routes() -> Surface {
    Surface::new().get("/confirm", Policy::new(Class::House, Access::Person), show).post(
        "/confirm",
        Policy::new(Class::SignIn, Access::Person),
        confirm,
    )
}

async fn show(
    Extract(state): Extract<State>,
    asked: Asked,
    person: Person,
    uri: Uri,
) -> Result<Response, Refusal> {
    let asks = asks(&state, &person).await?;
    let (visitor, next) = (Visitor::of(&person), wanted(&uri));
    Ok(asked.page(StatusCode::OK, |texts| page(texts, &visitor, asks, &next, None)))
}

async fn confirm(
    Extract(state): Extract<State>,
    asked: Asked,
    person: Person,
    comer: Comer,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let form = Form::read(&headers, body).await?;
    let service = state.service();
    let shown = (form.get("password"), form.get("code"));
    let answer = service.confirm(&person, shown, comer.come()).await?;
    let asks = asks(&state, &person).await?;
    let next = form.get("next");
    Ok(answered(answer, next, |said| {
        let visitor = Visitor::of(&person);
        asked.page(Said::status(Some(said)), |texts| page(texts, &visitor, asks, next, Some(said)))
    }))
}

/// What this instance can ask them for.
async fn asks(state: &State, person: &Person) -> Result<Asks, Refusal> {
    let asks = state.service().asks(person).await?;
    Ok(Asks { passkey: asks.passkey && state.passkeys().is_some(), ..asks })
}

fn page(texts: &Texts, visitor: &Visitor, asks: Asks, next: &str, said: Option<Said>) -> Markup {
    let t = |key: &str| texts.get(key);
    let password = Field {
        name: "password",
        label: &t("sign-in-password"),
        kind: "password",
        completes: "current-password",
        ..Field::default()
    };
    let code = Field {
        name: "code",
        label: &t("second-code"),
        help: &t("confirm-code-help"),
        completes: "one-time-code",
        keyboard: "numeric",
        most: 16,
        code: true,
        ..Field::default()
    };
    let main = html! {
        (Said::show(said, texts, "confirm-refused"))
        @if asks.is_nothing() {
            (note("key", &html! {
                p { (t("confirm-nothing")) }
                (Press {
                    to: "/sign-out",
                    with: &[],
                    label: &t("confirm-again"),
                    which: "",
                    class: "",
                }.show(visitor))
            }))
        }
        @if asks.passkey {
            (passkeys::confirm(texts, &visitor.csrf, next::local(next).unwrap_or(HOME)))
        }
        @if asks.password || asks.code {
            form.form method="post" action="/confirm" {
                (visitor.csrf()) (onward(next))
                @if asks.password { (password.show()) }
                @if asks.code { (code.show()) }
                button.btn.verb type="submit" { (t("confirm-verb")) }
            }
        }
    };
    House {
        texts,
        visitor: Some(visitor),
        place: Place::Nowhere,
        title: t("confirm-title"),
        heading: t("confirm-heading"),
        lede: Some(html! { (t("confirm-lede")) }),
        verb: None,
        module: asks.passkey.then_some(passkeys::MODULE),
        main,
    }
    .render()
}

/// Every page in every state, for the test that renders them.
#[cfg(test)]
pub(super) fn all(texts: &Texts, visitor: &Visitor) -> Vec<Markup> {
    let asks = |password, code, passkey| Asks { password, code, passkey };
    [
        asks(true, true, true),
        asks(true, false, false),
        asks(false, false, true),
        asks(false, false, false),
    ]
    .into_iter()
    .flat_map(|asks| {
        [None, Some(Said::Refused)].map(|said| page(texts, visitor, asks, "/keys", said))
    })
    .collect()
}
