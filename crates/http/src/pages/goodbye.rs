//! Leaving, and deleting: what happens is said before it does.

use axum::body::Body;
use axum::extract::{Path, State as Extract};
use axum::response::Response;
use domain::organisation::MemberRole;
use fluent_bundle::FluentValue;
use http::{HeaderMap, StatusCode};
use maud::{Markup, html};
use service::ending::Waiting;
use service::organisations::{Acting, Denied, OrganisationError, Seen};

use super::form::Form;
use super::house::{Asked, House, Place, Visitor, see};
use super::organisations::{Fault, at, fault, unseen};
use super::parts::{Choice, choices, note, refused};
use super::texts::Texts;
use crate::State;
use crate::cookies;
use crate::layers::guard::Person;
use crate::layers::limits::Class;
use crate::problem::Refusal;
use crate::surface::{Access, Policy, Surface};

/// The routes.
pub(super) fn routes() -> Surface {
    let look = Policy::new(Class::House, Access::Person);
    let leave_it = Policy::new(Class::Manage, Access::Person);
    let end = Policy::new(Class::Manage, Access::Confirmed);
    let one = "/organisations/{organisation}";
    Surface::new()
        .get(format!("{one}/leave"), look, ask_to_leave)
        .post(format!("{one}/leave"), leave_it, leave)
        .get(format!("{one}/delete"), look, ask_to_delete)
        .post(format!("{one}/delete"), end, delete)
        .get("/account/delete", look, ask_to_end)
        .post("/account/delete", end, end_account)
}

/// A page that says what happens, and has one thing to do.
struct Goodbye<'a> {
    title: String,
    lede: &'static str,
    happens: &'a [&'static str],
    /// Whether secrets that wait are burned or left, to be chosen.
    chooses: bool,
    to: String,
    verb: &'static str,
    back: String,
    place: Place,
    fault: Option<String>,
    /// Whether it can be done at all.
    possible: bool,
}

impl Goodbye<'_> {
    fn show(self, texts: &Texts, visitor: &Visitor) -> Markup {
        let t = |key: &str| texts.get(key);
        let Self { title, lede, happens, chooses, to, verb, back, place, fault, possible } = self;
        let leave = Choice {
            value: "leave",
            label: &t("remove-waiting-leave"),
            help: &t("remove-waiting-leave-help"),
            chosen: true,
        };
        let burn = Choice {
            value: "burn",
            label: &t("remove-waiting-burn"),
            help: &t("remove-waiting-burn-help"),
            chosen: false,
        };
        let main = html! {
            @if let Some(fault) = fault { (refused(&fault)) }
            (note("alert", &html! { ul { @for key in happens { li { (t(key)) } } } }))
            @if possible {
                form.form.spaced method="post" action=(to) {
                    (visitor.csrf())
                    @if chooses { (choices("waiting", &t("remove-waiting"), false, &[leave, burn])) }
                    p.row {
                        button.btn.burn type="submit" { (t(verb)) }
                        a.btn.bare href=(back) { (t("leave-stay")) }
                    }
                }
            } @else {
                p { a.btn href=(back) { (t("leave-stay")) } }
            }
        };
        House {
            texts,
            visitor: Some(visitor),
            place,
            heading: title.clone(),
            title,
            lede: Some(html! { (t(lede)) }),
            verb: None,
            module: None,
            main,
        }
        .render()
    }
}

/// Two words for what becomes of secrets that wait; nothing is burned by a word that is neither.
fn waiting(form: &Form) -> Waiting {
    if form.get("waiting") == "burn" { Waiting::Burn } else { Waiting::Leave }
}

/// What the page of leaving is about. Who has shown no second factor may go, and sees no name.
async fn going(
    state: &State,
    person: &Person,
    reference: &str,
) -> Result<(String, bool), OrganisationError> {
    let acting = Acting::from(&**person);
    match state.service().organisation(acting, reference).await {
        Ok(Seen { listed, may_leave, .. }) => {
            Ok((listed.organisation.name.as_str().to_owned(), may_leave))
        }
        Err(OrganisationError::Denied(Denied::SecondFactor)) => {
            let all = state.service().organisations(acting).await?;
            let found = all.into_iter().find(|it| it.reference == reference);
            let name = found.map(|it| it.organisation.name.as_str().to_owned());
            name.map(|name| (name, true)).ok_or(OrganisationError::Denied(Denied::Absent))
        }
        Err(error) => Err(error),
    }
}

async fn ask_to_leave(
    Extract(state): Extract<State>,
    asked: Asked,
    person: Person,
    Path(reference): Path<String>,
) -> Result<Response, Refusal> {
    leaving(&state, &asked, &person, &reference, None).await
}

async fn leaving(
    state: &State,
    asked: &Asked,
    person: &Person,
    reference: &str,
    fault: Option<Fault>,
) -> Result<Response, Refusal> {
    let visitor = Visitor::of(person);
    let (name, possible) = match going(state, person, reference).await {
        Ok(going) => going,
        Err(error) => return unseen(asked, &visitor, reference, error),
    };
    let status = fault.as_ref().map_or(StatusCode::OK, |fault| fault.status);
    Ok(asked.page(status, |texts| {
        let last = (!possible).then(|| texts.get("org-leave-last"));
        Goodbye {
            title: texts.with("leave-title", &[("name", FluentValue::from(name))]),
            lede: "leave-lede",
            happens: &["leave-keys", "leave-secrets", "leave-receipts", "leave-invitations"],
            chooses: false,
            to: format!("{}/leave", at(reference)),
            verb: "leave-verb",
            back: at(reference),
            place: Place::Organisations,
            fault: fault.map(|fault| texts.get(fault.key)).or(last),
            possible,
        }
        .show(texts, &visitor)
    }))
}

async fn leave(
    Extract(state): Extract<State>,
    asked: Asked,
    person: Person,
    Path(reference): Path<String>,
) -> Result<Response, Refusal> {
    match state.service().leave(Acting::from(&*person), &reference).await {
        Ok(()) => Ok(see("/organisations")),
        Err(error) => {
            let fault = Some(fault(error)?);
            leaving(&state, &asked, &person, &reference, fault).await
        }
    }
}

async fn ask_to_delete(
    Extract(state): Extract<State>,
    asked: Asked,
    person: Person,
    Path(reference): Path<String>,
) -> Result<Response, Refusal> {
    deleting(&state, &asked, &person, &reference, None).await
}

async fn deleting(
    state: &State,
    asked: &Asked,
    person: &Person,
    reference: &str,
    fault: Option<Fault>,
) -> Result<Response, Refusal> {
    let visitor = Visitor::of(person);
    let seen = match state.service().organisation(Acting::from(&**person), reference).await {
        Ok(seen) => seen,
        Err(error) => return unseen(asked, &visitor, reference, error),
    };
    let possible = seen.listed.role == MemberRole::Owner;
    let status = match &fault {
        Some(fault) => fault.status,
        None if possible => StatusCode::OK,
        None => StatusCode::FORBIDDEN,
    };
    let name = seen.listed.organisation.name.as_str().to_owned();
    Ok(asked.page(status, |texts| {
        let not = (!possible).then(|| texts.get("org-fault-role"));
        Goodbye {
            title: texts.with("remove-org-title", &[("name", FluentValue::from(name))]),
            lede: "remove-org-lede",
            happens: &[
                "remove-org-members",
                "remove-org-keys",
                "remove-org-invitations",
                "remove-org-receipts",
            ],
            chooses: true,
            to: format!("{}/delete", at(reference)),
            verb: "remove-org-verb",
            back: at(reference),
            place: Place::Organisations,
            fault: fault.map(|fault| texts.get(fault.key)).or(not),
            possible,
        }
        .show(texts, &visitor)
    }))
}

async fn delete(
    Extract(state): Extract<State>,
    asked: Asked,
    person: Person,
    Path(reference): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let waiting = waiting(&Form::read(&headers, body).await?);
    let acting = Acting::from(&*person);
    match state.service().delete_organisation(acting, &reference, waiting).await {
        Ok(()) => Ok(see("/organisations")),
        Err(error) => {
            let fault = Some(fault(error)?);
            deleting(&state, &asked, &person, &reference, fault).await
        }
    }
}

async fn ask_to_end(
    Extract(state): Extract<State>,
    asked: Asked,
    person: Person,
) -> Result<Response, Refusal> {
    ending(&state, &asked, &person, None).await
}

async fn ending(
    state: &State,
    asked: &Asked,
    person: &Person,
    fault: Option<Fault>,
) -> Result<Response, Refusal> {
    let visitor = Visitor::of(person);
    let names = state.service().sole_owner_of(person.account.id).await?;
    let possible = names.is_empty();
    let status = fault.as_ref().map_or(StatusCode::OK, |fault| fault.status);
    Ok(asked.page(status, |texts| {
        let names = FluentValue::from(names.join(", "));
        let last = || texts.with("remove-account-last-owner", &[("names", names)]);
        let last = (!possible).then(last);
        Goodbye {
            title: texts.get("remove-account-title"),
            lede: "remove-account-lede",
            happens: &[
                "remove-account-sessions",
                "remove-account-keys",
                "remove-account-places",
                "remove-account-receipts",
                "remove-account-trail",
            ],
            chooses: true,
            to: "/account/delete".to_owned(),
            verb: "remove-account-verb",
            back: "/account".to_owned(),
            place: Place::Account,
            fault: last.or_else(|| fault.map(|fault| texts.get(fault.key))),
            possible,
        }
        .show(texts, &visitor)
    }))
}

async fn end_account(
    Extract(state): Extract<State>,
    asked: Asked,
    person: Person,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let waiting = waiting(&Form::read(&headers, body).await?);
    if let Err(error) = state.service().delete_own_account(&person, waiting).await {
        let fault = Some(fault(error)?);
        return ending(&state, &asked, &person, fault).await;
    }
    let mut response = asked.page(StatusCode::OK, |texts| {
        let t = |key: &str| texts.get(key);
        House {
            texts,
            visitor: None,
            place: Place::Nowhere,
            title: t("gone-account-title"),
            heading: t("gone-account-title"),
            lede: Some(html! { (t("gone-account-text")) }),
            verb: None,
            module: None,
            main: html! {},
        }
        .render()
    });
    cookies::forget(response.headers_mut(), cookies::SESSION);
    Ok(response)
}
