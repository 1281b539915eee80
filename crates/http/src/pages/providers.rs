//! Signing in at a provider of identities: the way there, and the way back (R63).
//!
//! The way there is an answer to a form: it leads on by a header and by a link, because a form of this host may
//! not end at another one. The way back is a GET that a provider chooses, and changes nothing (law 8): it shows
//! a page whose form sends on what came with it. That form is sent from here, so that the browser shows its
//! cookies, which it keeps from whatever other sites lead to.

use axum::body::Body;
use axum::extract::State as Extract;
use axum::response::{IntoResponse as _, Response};
use http::header::REFRESH;
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use maud::{Markup, html};
use service::providers::Offered;
use service::providers::journey::{Arrival, Arrived, Departed, Errand, JourneyError, Purpose};
use service::providers::port::Trouble;

use super::form::Form;
use super::house::{Asked, House, Place, see};
use super::parts;
use super::texts::Texts;
use crate::State;
use crate::cookies;
use crate::entering::{self, Comer};
use crate::layers::guard::next;
use crate::layers::limits::Class;
use crate::problem::Refusal;
use crate::surface::{Access, Policy, Surface};

/// What the browser keeps while somebody is away.
const JOURNEY: &str = "__Host-sigill-journey";
/// Where providers send people back to.
const BACK: &str = "/sign-in/provider/callback";
pub(super) const ADD_BACK: &str = "/account/identities/callback";
pub(super) const CONFIRM_BACK: &str = "/confirm/provider/callback";

/// What a page says on which somebody lands: title, heading, what stands below, and its button.
pub(super) type Words = [&'static str; 4];
const BACK_SAYS: Words =
    ["provider-back-title", "provider-back", "provider-back-lede", "provider-back-go"];
pub(super) const CONFIRM_SAYS: Words =
    ["provider-confirm-title", "provider-confirm", "provider-confirm-lede", "provider-confirm-go"];
pub(super) const ADD_SAYS: Words =
    ["provider-add-title", "provider-add", "provider-add-lede", "provider-add-go"];

/// The routes.
pub(crate) fn routes() -> Surface {
    let reading = Policy::new(Class::Read, Access::Open);
    let signing_in = Policy::new(Class::SignIn, Access::Open);
    Surface::new()
        .post("/sign-in/provider", signing_in, leave)
        .get(BACK, reading, landed)
        .post(BACK, signing_in, back)
}

/// The buttons of the sign-in page: one for each provider.
pub(crate) fn buttons(texts: &Texts, offered: &[Offered], next: &str) -> Markup {
    html! { @for provider in offered { (button(texts, provider, "/sign-in/provider", next, None)) } }
}

/// A button that leads to a provider, to do there what `to` is for.
pub(crate) fn button(
    texts: &Texts,
    provider: &Offered,
    to: &str,
    next: &str,
    csrf: Option<&str>,
) -> Markup {
    html! {
        form method="post" action=(to) {
            @if let Some(csrf) = csrf { input type="hidden" name="csrf" value=(csrf); }
            input type="hidden" name="provider" value=(provider.reference);
            @if next::local(next).is_some() { input type="hidden" name="next" value=(next); }
            button.btn type="submit" { (texts.with("provider-continue", &[("provider", provider.label.as_str().into())])) }
        }
    }
}

async fn leave(
    Extract(state): Extract<State>,
    asked: Asked,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    depart(&state, &asked, Purpose::SignIn, (&headers, body)).await
}

pub(super) async fn depart(
    state: &State,
    asked: &Asked,
    purpose: Purpose<'_>,
    (headers, body): (&HeaderMap, Body),
) -> Result<Response, Refusal> {
    let form = Form::read(headers, body).await?;
    let onward = next::local(form.get("next")).unwrap_or(match purpose {
        Purpose::Add(_) | Purpose::Confirm(_) => "/account",
        Purpose::SignIn => "/overview",
    });
    let redirect = redirect(state);
    let departed = state.service().depart(form.get("provider"), purpose, &redirect, onward).await;
    match departed {
        Ok(Departed { url, browser, label }) => {
            let mut response = asked.page(StatusCode::OK, |texts| going(texts, &label, &url));
            let headers = response.headers_mut();
            if let Ok(refresh) = HeaderValue::from_str(&format!("0; url={url}")) {
                headers.insert(REFRESH, refresh);
            }
            let life = service::providers::journey::LIFE.as_secs();
            cookies::keep(headers, JOURNEY, &browser.expose(), life);
            Ok(response)
        }
        Err(error) => not_in(asked, error),
    }
}

fn redirect(state: &State) -> String {
    format!("{}{BACK}", state.origin().as_str())
}

fn going(texts: &Texts, label: &str, url: &str) -> Markup {
    let say = |key| texts.with(key, &[("provider", label.into())]);
    House {
        texts,
        visitor: None,
        place: Place::Nowhere,
        title: say("provider-going-title"),
        heading: say("provider-going"),
        lede: Some(html! { (texts.get("provider-going-lede")) }),
        verb: Some(html! { a.btn.verb href=(url) rel="noreferrer" { (say("provider-go")) } }),
        module: None,
        main: html! {},
    }
    .render()
}

/// What a provider sends along with somebody who is back.
pub(super) struct Brought {
    state: String,
    code: String,
    issuer: Option<String>,
}

impl Brought {
    fn of(form: &Form) -> Self {
        Self {
            state: form.get("state").to_owned(),
            code: form.get("code").to_owned(),
            issuer: form.find("iss").map(str::to_owned),
        }
    }

    /// From the query of the address; `None` when the provider has turned them away.
    pub(super) fn by(uri: &Uri) -> Result<Option<Self>, Refusal> {
        let form = Form::parse(uri.query().unwrap_or_default().as_bytes())?;
        let brought = Self::of(&form);
        Ok((form.find("error").is_none() && !brought.code.is_empty()).then_some(brought))
    }
}

async fn landed(asked: Asked, uri: Uri) -> Result<Response, Refusal> {
    let Some(brought) = Brought::by(&uri)? else { return not_in(&asked, JourneyError::Turned) };
    let inside = match Errand::of(&brought.state) {
        Some(Errand::Add) => ADD_BACK,
        Some(Errand::Confirm) => CONFIRM_BACK,
        Some(Errand::SignIn) => {
            return Ok(
                asked.page(StatusCode::OK, |texts| returning(texts, BACK_SAYS, BACK, &brought, ""))
            );
        }
        None => return not_in(&asked, JourneyError::NoJourney),
    };
    // Whoever went there signed in comes back signed in, but the browser says so from here on alone.
    let query = uri.query().unwrap_or_default();
    let onward = format!("{inside}?{query}");
    let mut response = asked.page(StatusCode::OK, |texts| on(texts, &onward));
    if let Ok(refresh) = HeaderValue::from_str(&format!("0; url={onward}")) {
        response.headers_mut().insert(REFRESH, refresh);
    }
    Ok(response)
}

fn on(texts: &Texts, onward: &str) -> Markup {
    let t = |key: &str| texts.get(key);
    House {
        texts,
        visitor: None,
        place: Place::Nowhere,
        title: t("provider-back-title"),
        heading: t("provider-back-title"),
        lede: None,
        verb: Some(html! { a.btn.verb href=(onward) { (t("provider-on")) } }),
        module: None,
        main: html! {},
    }
    .render()
}

/// The page whose form goes on. Adding a way to sign in waits for a click.
pub(super) fn returning(
    texts: &Texts,
    says: Words,
    to: &str,
    brought: &Brought,
    csrf: &str,
) -> Markup {
    let [title, heading, lede, go] = says.map(|key| texts.get(key));
    let adds = to == ADD_BACK;
    House {
        texts,
        visitor: None,
        place: Place::Nowhere,
        title,
        heading,
        lede: Some(html! { (lede) }),
        verb: None,
        module: (!adds).then_some("js/returning.js"),
        main: html! {
            form.form.returning method="post" action=(to) {
                @if !csrf.is_empty() { input type="hidden" name="csrf" value=(csrf); }
                input type="hidden" name="state" value=(brought.state);
                input type="hidden" name="code" value=(brought.code);
                @if let Some(issuer) = &brought.issuer {
                    input type="hidden" name="iss" value=(issuer);
                }
                button.btn.verb type="submit" { (go) }
            }
        },
    }
    .render()
}

async fn back(
    Extract(state): Extract<State>,
    asked: Asked,
    comer: Comer,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    arrive(&state, &asked, Purpose::SignIn, &comer, (&headers, body)).await
}

pub(super) async fn arrive(
    state: &State,
    asked: &Asked,
    purpose: Purpose<'_>,
    comer: &Comer,
    (headers, body): (&HeaderMap, Body),
) -> Result<Response, Refusal> {
    let brought = Brought::of(&Form::read(headers, body).await?);
    let arrival = Arrival {
        state: &brought.state,
        browser: cookies::find(headers, JOURNEY).unwrap_or_default(),
        code: &brought.code,
        issuer: brought.issuer.as_deref(),
        redirect: &redirect(state),
        purpose,
    };
    match state.service().arrive(&arrival, comer.seat()).await {
        Ok(Arrived { token, next }) => {
            let response = see(&next);
            let mut response = match &token {
                Some(token) => entering::keep(response, token),
                None => response,
            };
            cookies::forget(response.headers_mut(), JOURNEY);
            Ok(response)
        }
        Err(error) => not_in(asked, error),
    }
}

/// What is said to somebody for whom nothing came of it, and what a program hears.
const fn word(error: &JourneyError) -> (&'static str, &'static str, StatusCode) {
    match error {
        JourneyError::Address => {
            ("provider-address", "provider-address-lede", StatusCode::FORBIDDEN)
        }
        JourneyError::NoJourney => ("provider-over", "provider-over-lede", StatusCode::BAD_REQUEST),
        JourneyError::NoProvider => ("provider-gone", "provider-gone-lede", StatusCode::NOT_FOUND),
        JourneyError::Store(_) => {
            ("provider-unfit", "provider-unfit-lede", StatusCode::INTERNAL_SERVER_ERROR)
        }
        JourneyError::Taken => ("provider-taken", "provider-taken-lede", StatusCode::CONFLICT),
        JourneyError::Turned => ("provider-turned", "provider-turned-lede", StatusCode::FORBIDDEN),
        JourneyError::Unknown => {
            ("provider-unknown", "provider-unknown-lede", StatusCode::FORBIDDEN)
        }
        JourneyError::Trouble(trouble) => match trouble {
            Trouble::Unreachable => {
                ("provider-away", "provider-away-lede", StatusCode::SERVICE_UNAVAILABLE)
            }
            Trouble::Stale => ("provider-stale", "provider-stale-lede", StatusCode::FORBIDDEN),
            Trouble::Code => ("provider-over", "provider-over-lede", StatusCode::BAD_REQUEST),
            Trouble::Barred
            | Trouble::Client
            | Trouble::OtherIssuer
            | Trouble::Unfit
            | Trouble::Unproven => {
                ("provider-unfit", "provider-unfit-lede", StatusCode::BAD_GATEWAY)
            }
        },
    }
}

/// Nothing came of it: why, and that nothing is lost.
pub(super) fn not_in(asked: &Asked, error: JourneyError) -> Result<Response, Refusal> {
    let (key, lede, status) = word(&error);
    if let JourneyError::Store(error) = error {
        return Err(error.into());
    }
    if let JourneyError::Trouble(trouble) = error {
        tracing::warn!(%trouble, "a sign-in at a provider came to nothing");
    }
    Ok(asked
        .page(status, |texts| {
            let t = |key: &str| texts.get(key);
            House {
                texts,
                visitor: None,
                place: Place::Nowhere,
                title: t("provider-not-in-title"),
                heading: t(key),
                lede: Some(html! { (t(lede)) }),
                verb: Some(html! { a.btn.verb href="/sign-in" { (t("provider-lost-go")) } }),
                module: None,
                main: parts::note("shield", &html! { p { (t("provider-lost")) } }),
            }
            .render()
        })
        .into_response())
}
