//! `/sign-in`: by password, with a code after it where there is one, or by a link that was mailed; and the way out.
//!
//! Whoever is refused gets one page, whatever the reason is (R25). A link from a mail opens a page that asks for a
//! click: whoever only fetches it takes nothing (R11).

use std::time::Duration;

use axum::body::Body;
use axum::extract::State as Extract;
use axum::response::Response;
use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use maud::{Markup, html};
use service::hashing::Busy;
use service::letters::NotWritten;
use service::providers::Offered;
use service::sign_in::Answer;

use super::form::Form;
use super::house::{Asked, House, Place, see};
use super::parts::{Field, done, refused};
use super::passkeys;
use super::providers;
use super::texts::Texts;
use crate::State;
use crate::entering::{Comer, forget, keep};
use crate::layers::guard::{Half, Person, next};
use crate::layers::limits::Class;
use crate::problem::Refusal;
use crate::surface::{Access, Policy, Surface};

/// Where somebody goes on who has not said where.
pub(super) const HOME: &str = "/overview";

/// The routes.
pub(super) fn routes() -> Surface {
    let reading = Policy::new(Class::Read, Access::Open);
    let trying = Policy::new(Class::SignIn, Access::Open);
    Surface::new()
        .get("/sign-in", reading, show)
        .post("/sign-in", trying, sign_in)
        .get("/sign-in/mail", reading, show)
        .post("/sign-in/mail", trying, mail)
        .get("/sign-in/link", reading, show_link)
        .post("/sign-in/link", trying, enter_by_link)
        .get("/sign-in/second", Policy::new(Class::House, Access::Half), show_second)
        .post("/sign-in/second", Policy::new(Class::SignIn, Access::Half), second)
        .post("/sign-out", Policy::new(Class::Manage, Access::Person), sign_out)
}

/// Why the page is shown again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// Too much is being done.
    Busy,
    /// No.
    Refused,
    /// It was tried too often: in so many seconds again.
    Wait(u64),
}

impl Said {
    fn text(self, texts: &Texts, refused: &str) -> String {
        match self {
            Self::Busy => texts.get("sign-in-busy"),
            Self::Refused => texts.get(refused),
            Self::Wait(seconds) => {
                let wait = match seconds {
                    0..=90 => texts.with("seconds", &[("count", seconds.into())]),
                    _ => texts.with("minutes", &[("count", seconds.div_ceil(60).into())]),
                };
                texts.with("sign-in-wait", &[("wait", wait.into())])
            }
        }
    }

    /// The note above a form; `refused` is the key of what is said when it was wrong.
    pub(super) fn show(this: Option<Self>, texts: &Texts, key: &str) -> Markup {
        html! { @if let Some(said) = this { (refused(&said.text(texts, key))) } }
    }

    pub(super) const fn status(this: Option<Self>) -> StatusCode {
        match this {
            None => StatusCode::OK,
            Some(Self::Busy) => StatusCode::SERVICE_UNAVAILABLE,
            Some(Self::Refused) => StatusCode::FORBIDDEN,
            Some(Self::Wait(_)) => StatusCode::TOO_MANY_REQUESTS,
        }
    }

    pub(super) fn waiting(wait: Duration) -> Self {
        Self::Wait(wait.as_secs().saturating_add(1))
    }

    /// With the time after which to ask again.
    pub(super) fn dress(this: Option<Self>, busy: Busy, mut response: Response) -> Response {
        let seconds = match this {
            Some(Self::Busy) => busy.wait.as_secs().max(1),
            Some(Self::Wait(seconds)) => seconds,
            None | Some(Self::Refused) => return response,
        };
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        response
    }
}

/// What an answer means for the page: whoever is in goes on, everybody else reads why not.
pub(super) fn answered(
    answer: Answer,
    next: &str,
    again: impl FnOnce(Said) -> Response,
) -> Response {
    let next = next::local(next);
    match answer {
        Answer::In(token) => keep(see(next.unwrap_or(HOME)), &token),
        Answer::Half(token) => {
            keep(see(&next::with("/sign-in/second", next.unwrap_or_default())), &token)
        }
        Answer::Busy(busy) => Said::dress(Some(Said::Busy), busy, again(Said::Busy)),
        Answer::Refused => again(Said::Refused),
        Answer::Wait(wait) => {
            let said = Said::waiting(wait);
            Said::dress(Some(said), Busy::default(), again(said))
        }
    }
}

/// What follows `next=` in the query.
pub(super) fn wanted(uri: &Uri) -> String {
    let query = uri.query().unwrap_or_default();
    Form::parse(query.as_bytes()).map_or_else(|_| String::new(), |form| form.get("next").to_owned())
}

/// The hidden field that carries it on.
pub(super) fn onward(next: &str) -> Markup {
    html! { @if let Some(next) = next::local(next) { input type="hidden" name="next" value=(next); } }
}

async fn show(Extract(state): Extract<State>, asked: Asked, uri: Uri) -> Result<Response, Refusal> {
    let (mails, offered) = (state.service().sends_mail(), state.service().offered().await?);
    let (passkeys, next) = (state.passkeys().is_some(), &wanted(&uri));
    let door = Door { mails, passkeys, offered: &offered, email: "", next, said: None };
    Ok(asked.page(StatusCode::OK, |texts| door.page(texts)))
}

async fn sign_in(
    Extract(state): Extract<State>,
    asked: Asked,
    comer: Comer,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let form = Form::read(&headers, body).await?;
    let (email, password, next) = (form.get("email"), form.get("password"), form.get("next"));
    let service = state.service();
    let answer = service.sign_in_with_password(email, password, comer.come()).await?;
    let (mails, offered) = (service.sends_mail(), service.offered().await?);
    Ok(answered(answer, next, |said| {
        let passkeys = state.passkeys().is_some();
        let door = Door { mails, passkeys, offered: &offered, email, next, said: Some(said) };
        asked.page(Said::status(door.said), |texts| door.page(texts))
    }))
}

/// The page before which somebody stands who is not signed in.
struct Door<'a> {
    mails: bool,
    passkeys: bool,
    offered: &'a [Offered],
    email: &'a str,
    next: &'a str,
    said: Option<Said>,
}

impl Door<'_> {
    fn page(&self, texts: &Texts) -> Markup {
        let t = |key: &str| texts.get(key);
        let email = Field {
            name: "email",
            label: &t("sign-in-email"),
            kind: "email",
            value: self.email,
            completes: "username webauthn",
            most: 254,
            ..Field::default()
        };
        let password = Field {
            name: "password",
            label: &t("sign-in-password"),
            kind: "password",
            completes: "current-password",
            ..Field::default()
        };
        let main = html! {
            (Said::show(self.said, texts, "sign-in-refused"))
            @if self.passkeys {
                (passkeys::sign_in(texts, next::local(self.next).unwrap_or(HOME)))
            }
            form.form.spaced-l method="post" action="/sign-in" {
                (onward(self.next)) (email.show()) (password.show())
                button.btn.verb.wide type="submit" { (t("sign-in-verb")) }
            }
            @if !self.offered.is_empty() {
                div.other { (providers::buttons(texts, self.offered, self.next)) }
            }
            @if self.mails {
                div.other {
                    form.stack method="post" action="/sign-in/mail" {
                        (onward(self.next))
                        div {
                            label for="mail" { (t("sign-in-mail")) }
                            div.join {
                                input.in #mail name="email" type="email" autocomplete="username"
                                    spellcheck="false" autocapitalize="off" maxlength="254" required;
                                button.btn type="submit" { (t("sign-in-mail-verb")) }
                            }
                        }
                    }
                }
            }
            p.small.soft.spaced-l { (t("sign-in-lost")) }
        };
        let module = self.passkeys.then_some(passkeys::MODULE);
        door(texts, "sign-in-title", ("sign-in-heading", "sign-in-lede"), module, main)
    }
}

/// A page of the door.
pub(super) fn door(
    texts: &Texts,
    title: &str,
    (heading, lede): (&str, &str),
    module: Option<&'static str>,
    main: Markup,
) -> Markup {
    House {
        texts,
        visitor: None,
        place: Place::Nowhere,
        title: texts.get(title),
        heading: texts.get(heading),
        lede: Some(html! { (texts.get(lede)) }),
        verb: None,
        module,
        main,
    }
    .render()
}

async fn mail(
    Extract(state): Extract<State>,
    asked: Asked,
    comer: Comer,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let form = Form::read(&headers, body).await?;
    let network = comer.come().network;
    let sent = state.service().mail_sign_in_link(form.get("email"), asked.locale(), network).await;
    Ok(match sent {
        Ok(()) => asked.page(StatusCode::OK, |texts| link(texts, true, None)),
        Err(NotWritten::NoMail) => asked.page(StatusCode::CONFLICT, |texts| {
            let main = html! { (refused(&texts.get("sign-in-no-mail"))) };
            door(texts, "sign-in-title", ("sign-in-heading", "sign-in-lede"), None, main)
        }),
        Err(NotWritten::Store(error)) => return Err(error.into()),
    })
}

async fn show_link(asked: Asked) -> Response {
    asked.page(StatusCode::OK, |texts| link(texts, false, None))
}

async fn enter_by_link(
    Extract(state): Extract<State>,
    asked: Asked,
    comer: Comer,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let form = Form::read(&headers, body).await?;
    let answer = state.service().sign_in_with_link(form.get("token"), comer.come()).await?;
    Ok(answered(answer, form.get("next"), |said| {
        asked.page(Said::status(Some(said)), |texts| link(texts, false, Some(said)))
    }))
}

/// What a mailed link opens. Its token is behind the `#`: the module takes it over, and by hand it works as well.
fn link(texts: &Texts, was_sent: bool, said: Option<Said>) -> Markup {
    let t = |key: &str| texts.get(key);
    let token = Field {
        name: "token",
        label: &t("sign-in-link-code"),
        help: &t("sign-in-link-help"),
        code: true,
        ..Field::default()
    };
    let main = html! {
        @if was_sent { (done(&t("sign-in-link-sent"))) }
        (Said::show(said, texts, "sign-in-link-refused"))
        form.form.spaced-l method="post" action="/sign-in/link" {
            div #by-hand { (token.show()) }
            button.btn.verb.wide type="submit" { (t("sign-in-verb")) }
        }
        p.small.soft.spaced-l { a href="/sign-in" { (t("sign-in-other")) } }
    };
    let says = if was_sent {
        ("sign-in-link-wait", "sign-in-link-wait-lede")
    } else {
        ("sign-in-link-heading", "sign-in-link-lede")
    };
    door(texts, "sign-in-title", says, Some("js/link.js"), main)
}

async fn show_second(
    Extract(state): Extract<State>,
    asked: Asked,
    half: Half,
    uri: Uri,
) -> Result<Response, Refusal> {
    let next = wanted(&uri);
    let passkeys = passkeys::may_finish(&state, &half).await?;
    Ok(asked.page(StatusCode::OK, |texts| code(texts, (&half, passkeys), &next, None)))
}

async fn second(
    Extract(state): Extract<State>,
    asked: Asked,
    half: Half,
    comer: Comer,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let form = Form::read(&headers, body).await?;
    let next = form.get("next");
    let (typed, locale) = (form.get("code"), asked.locale());
    let answer = state.service().finish_with_code(&half, typed, locale, comer.come()).await?;
    let passkeys = passkeys::may_finish(&state, &half).await?;
    Ok(answered(answer, next, |said| {
        let half = (&half, passkeys);
        asked.page(Said::status(Some(said)), |texts| code(texts, half, next, Some(said)))
    }))
}

/// The second factor.
fn code(texts: &Texts, (half, passkeys): (&Half, bool), next: &str, said: Option<Said>) -> Markup {
    let t = |key: &str| texts.get(key);
    let field = Field {
        name: "code",
        label: &t("second-code"),
        help: &t("second-help"),
        completes: "one-time-code",
        most: 64,
        code: true,
        ..Field::default()
    };
    let main = html! {
        (Said::show(said, texts, "second-refused"))
        @if passkeys {
            (passkeys::second(texts, half.csrf(), next::local(next).unwrap_or(HOME)))
        }
        form.form.spaced-l method="post" action="/sign-in/second" {
            input type="hidden" name="csrf" value=(half.csrf());
            (onward(next)) (field.show())
            button.btn.verb.wide type="submit" { (t("second-verb")) }
        }
        p.small.soft.spaced-l { a href="/sign-in" { (t("sign-in-other")) } }
    };
    let module = passkeys.then_some(passkeys::MODULE);
    door(texts, "sign-in-title", ("second-heading", "second-lede"), module, main)
}

async fn sign_out(Extract(state): Extract<State>, person: Person) -> Result<Response, Refusal> {
    state.service().sign_out(&person).await?;
    Ok(forget(see("/sign-in")))
}

/// Every page in every state, for the test that renders them.
#[cfg(test)]
pub(super) fn all(texts: &Texts) -> Vec<Markup> {
    let said =
        [None, Some(Said::Busy), Some(Said::Refused), Some(Said::Wait(9)), Some(Said::Wait(600))];
    let mut pages = Vec::new();
    for said in said {
        for mails in [true, false] {
            let home = Offered { reference: "0123".to_owned(), label: "Home".to_owned() };
            let (passkeys, email, next) = (mails, "a@example.org", "/keys");
            let offered = &[home];
            pages.push(Door { mails, passkeys, offered, email, next, said }.page(texts));
        }
        pages.push(link(texts, said.is_none(), said));
    }
    pages
}
