//! `/account/codes`: one-time codes of an authenticator, and the recovery codes that are shown once.

use axum::body::Body;
use axum::extract::State as Extract;
use axum::response::Response;
use domain::one_time::CodeSecret;
use http::{HeaderMap, StatusCode};
use maud::{Markup, html};
use service::sign_in::{Altered, Change, Codes};

use super::account::again;
use super::form::Form;
use super::house::{Asked, House, Place, Visitor, see};
use super::parts::{Field, note};
use super::shell::copy_from;
use super::sign_in::Said;
use super::texts::Texts;
use crate::State;
use crate::entering::Comer;
use crate::layers::guard::Person;
use crate::layers::limits::Class;
use crate::problem::Refusal;
use crate::surface::{Access, Policy, Surface};

/// The routes.
pub(super) fn routes() -> Surface {
    let confirmed = Policy::new(Class::Manage, Access::Confirmed);
    Surface::new()
        .get("/account/codes", Policy::new(Class::House, Access::Confirmed), propose)
        .post("/account/codes", Policy::new(Class::SignIn, Access::Confirmed), add)
        .post("/account/codes/remove", confirmed, remove)
        .post("/account/recovery-codes", confirmed, recover)
}

async fn propose(Extract(state): Extract<State>, asked: Asked, person: Person) -> Response {
    let secret = state.service().propose_codes();
    let host = state.origin().host();
    let visitor = Visitor::of(&person);
    asked.page(StatusCode::OK, |texts| enrol(texts, &visitor, &secret, host, None))
}

/// A secret to be taken over, and the first code of it.
fn enrol(
    texts: &Texts,
    visitor: &Visitor,
    secret: &CodeSecret,
    host: &str,
    wrong: Option<&str>,
) -> Markup {
    let t = |key: &str| texts.get(key);
    let text = secret.expose();
    let wrong = wrong.map(t).unwrap_or_default();
    let code = Field {
        name: "code",
        label: &t("codes-first"),
        help: &t("codes-first-help"),
        wrong: &wrong,
        completes: "one-time-code",
        keyboard: "numeric",
        most: 16,
        code: true,
        ..Field::default()
    };
    let main = html! {
        div.beside {
            div {
                ol.stack {
                    li { (t("codes-step-1")) }
                    li { (t("codes-step-2")) }
                }
                div.part {
                    span.label { (t("codes-secret")) }
                    code.box #secret translate="no" { (text.as_str()) }
                    (copy_from(texts, "secret"))
                }
            }
            canvas.qr.scripted #qr role="img" aria-label=(t("codes-qr"))
                data-text=(secret.uri(host, &visitor.email).as_str()) {}
        }
        form.form.spaced-l method="post" action="/account/codes" {
            (visitor.csrf())
            input type="hidden" name="secret" value=(text.as_str());
            (code.show())
            div.acts {
                button.btn.verb type="submit" { (t("codes-verb")) }
                a.btn.bare href="/account" { (t("account-back")) }
            }
        }
    };
    House {
        texts,
        visitor: Some(visitor),
        place: Place::Account,
        title: t("codes-title"),
        heading: t("codes-heading"),
        lede: Some(html! { (t("codes-lede")) }),
        verb: None,
        module: Some("js/account.js"),
        main,
    }
    .render()
}

async fn add(
    Extract(state): Extract<State>,
    asked: Asked,
    person: Person,
    comer: Comer,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let form = Form::read(&headers, body).await?;
    let visitor = Visitor::of(&person);
    let (secret, code) = (form.get("secret"), form.get("code"));
    let change = Change::AddCodes { secret, code };
    let service = state.service();
    match service.alter(&person, change, asked.locale(), comer.come()).await? {
        Altered::Made(codes) => {
            Ok(asked.page(StatusCode::OK, |texts| made(texts, &visitor, &codes, true)))
        }
        Altered::WrongCode => {
            // The same secret as long as it is one: it is in the authenticator already.
            let secret = CodeSecret::parse(secret).unwrap_or_else(|| service.propose_codes());
            let (host, wrong) = (state.origin().host(), Some("codes-wrong"));
            Ok(asked.page(StatusCode::UNPROCESSABLE_ENTITY, |texts| {
                enrol(texts, &visitor, &secret, host, wrong)
            }))
        }
        Altered::Busy(_)
        | Altered::Done
        | Altered::Nothing
        | Altered::NothingLeft
        | Altered::Password(_) => again(&state, &asked, &person, "account-not-changed").await,
    }
}

async fn remove(
    Extract(state): Extract<State>,
    asked: Asked,
    person: Person,
    comer: Comer,
) -> Result<Response, Refusal> {
    let change = Change::RemoveCodes;
    match state.service().alter(&person, change, asked.locale(), comer.come()).await? {
        Altered::Done | Altered::Nothing => Ok(see("/account?codes-removed")),
        Altered::Busy(_)
        | Altered::Made(_)
        | Altered::NothingLeft
        | Altered::Password(_)
        | Altered::WrongCode => again(&state, &asked, &person, "account-not-changed").await,
    }
}

async fn recover(
    Extract(state): Extract<State>,
    asked: Asked,
    person: Person,
    comer: Comer,
) -> Result<Response, Refusal> {
    let change = Change::MakeRecoveryCodes;
    let visitor = Visitor::of(&person);
    match state.service().alter(&person, change, asked.locale(), comer.come()).await? {
        Altered::Made(codes) => {
            Ok(asked.page(StatusCode::OK, |texts| made(texts, &visitor, &codes, false)))
        }
        Altered::Busy(busy) => {
            let page = again(&state, &asked, &person, "account-not-changed").await?;
            Ok(Said::dress(Some(Said::Busy), busy, page))
        }
        Altered::Done
        | Altered::Nothing
        | Altered::NothingLeft
        | Altered::Password(_)
        | Altered::WrongCode => again(&state, &asked, &person, "account-not-changed").await,
    }
}

/// The recovery codes, this once.
fn made(texts: &Texts, visitor: &Visitor, codes: &Codes, with_codes: bool) -> Markup {
    let t = |key: &str| texts.get(key);
    let main = html! {
        ul.codes #codes translate="no" {
            @for code in codes.expose() { li { (code.as_str()) "\n" } }
        }
        p.acts.spaced {
            (copy_from(texts, "codes"))
            a.btn.verb href="/account" { (t("recovery-kept")) }
        }
        (note("key", &html! { p { (t("recovery-note")) } }))
    };
    let heading = if with_codes { "recovery-heading-codes" } else { "recovery-heading" };
    House {
        texts,
        visitor: Some(visitor),
        place: Place::Account,
        title: t("recovery-title"),
        heading: t(heading),
        lede: Some(html! { (t("recovery-lede")) }),
        verb: None,
        module: Some("js/account.js"),
        main,
    }
    .render()
}

/// Every page in every state, for the test that renders them.
#[cfg(test)]
pub(super) fn all(texts: &Texts, visitor: &Visitor) -> Vec<Markup> {
    let secret = CodeSecret::new([7; 20]);
    [None, Some("codes-wrong")]
        .map(|wrong| enrol(texts, visitor, &secret, "secrets.example", wrong))
        .into()
}
