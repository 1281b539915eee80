//! `/device`: somebody who is signed in permits a program on another machine to act for them, or refuses it.

use axum::body::Body;
use axum::extract::State as Extract;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use maud::{Markup, html};
use service::devices::{Asking, UserCode, scopes};

use super::form::Form;
use super::house::{Asked, House, Place, Visitor};
use super::parts::{Field, done, note, refused, time};
use super::texts::Texts;
use crate::State;
use crate::layers::guard::Person;
use crate::layers::limits::Class;
use crate::problem::Refusal;
use crate::surface::{Access, Policy, Surface};

/// The routes.
pub(super) fn routes() -> Surface {
    let reading = Policy::new(Class::House, Access::Confirmed);
    let changing = Policy::new(Class::Manage, Access::Confirmed);
    Surface::new().get("/device", reading, ask).post("/device", changing, look).post(
        "/device/answer",
        changing,
        answer,
    )
}

/// How it stands with what was typed.
#[derive(Clone, Copy)]
enum Said {
    Nothing,
    Permitted,
    Refused,
    TooOften,
    Unknown,
}

async fn ask(person: Person, asked: Asked) -> Response {
    let visitor = Visitor::of(&person);
    asked.page(StatusCode::OK, |texts| typing(texts, &visitor, Said::Nothing))
}

async fn look(
    Extract(state): Extract<State>,
    person: Person,
    asked: Asked,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let form = Form::read(&headers, body).await?;
    let visitor = Visitor::of(&person);
    let again = |status, said| asked.page(status, |texts| typing(texts, &visitor, said));
    let Some(code) = UserCode::parse(form.get("code")) else {
        return Ok(again(StatusCode::UNPROCESSABLE_ENTITY, Said::Unknown));
    };
    Ok(match state.service().asking(&person, &code).await? {
        Err(_) => again(StatusCode::TOO_MANY_REQUESTS, Said::TooOften),
        Ok(None) => again(StatusCode::UNPROCESSABLE_ENTITY, Said::Unknown),
        Ok(Some(asking)) => {
            asked.page(StatusCode::OK, |texts| question(texts, &visitor, &asking, &code.shown()))
        }
    })
}

async fn answer(
    Extract(state): Extract<State>,
    person: Person,
    asked: Asked,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let form = Form::read(&headers, body).await?;
    let permit = form.get("answer") == "permit";
    let answered = match UserCode::parse(form.get("code")) {
        Some(code) => state.service().answer_login(&person, &code, permit).await?,
        None => false,
    };
    let (status, said) = match (answered, permit) {
        (true, true) => (StatusCode::OK, Said::Permitted),
        (true, false) => (StatusCode::OK, Said::Refused),
        (false, _) => (StatusCode::UNPROCESSABLE_ENTITY, Said::Unknown),
    };
    let visitor = Visitor::of(&person);
    Ok(asked.page(status, |texts| typing(texts, &visitor, said)))
}

fn page(texts: &Texts, visitor: &Visitor, heading: &str, main: Markup) -> Markup {
    House {
        texts,
        visitor: Some(visitor),
        place: Place::Nowhere,
        title: texts.get("device-title"),
        heading: texts.get(heading),
        lede: None,
        verb: None,
        module: Some("js/sealed.js"),
        main,
    }
    .render()
}

fn typing(texts: &Texts, visitor: &Visitor, said: Said) -> Markup {
    let t = |key: &str| texts.get(key);
    let wrong = match said {
        Said::Unknown => t("device-unknown"),
        Said::Nothing | Said::Permitted | Said::Refused | Said::TooOften => String::new(),
    };
    let main = html! {
        @match said {
            Said::Permitted => (done(&t("device-permitted"))),
            Said::Refused => (done(&t("device-refused"))),
            Said::TooOften => (refused(&t("device-too-often"))),
            Said::Nothing | Said::Unknown => {}
        }
        form.form method="post" action="/device" {
            (visitor.csrf())
            (Field {
                name: "code", label: &t("device-code"), help: &t("device-code-help"), wrong: &wrong,
                most: 16, code: true, ..Field::default()
            }.show())
            p { button.btn.verb type="submit" { (t("device-look")) } }
        }
    };
    page(texts, visitor, "device-heading", main)
}

fn question(texts: &Texts, visitor: &Visitor, asking: &Asking, code: &str) -> Markup {
    let t = |key: &str| texts.get(key);
    let names = scopes().names();
    let main = html! {
        (note("alert", &html! { p { (t("device-warning")) } }))
        dl.facts.spaced-l {
            dt { (t("device-says")) } dd { bdi { (asking.label) } }
            dt { (t("device-from")) } dd { (asking.network) }
            dt { (t("device-since")) } dd { (time(&wire::text::rfc3339(asking.asked_at))) }
            dt { (t("keys-may")) } dd {
                @for scope in names.split(',') { span.scope { (scope) } " " }
            }
        }
        form.form method="post" action="/device/answer" {
            (visitor.csrf())
            input type="hidden" name="code" value=(code);
            p.row {
                button.btn.verb type="submit" name="answer" value="permit" { (t("device-permit")) }
                button.btn type="submit" name="answer" value="refuse" { (t("device-refuse")) }
            }
        }
    };
    page(texts, visitor, "device-question", main)
}
