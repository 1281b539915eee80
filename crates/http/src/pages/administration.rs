//! `/admin`: the instance, for those who look after it: how it is, who is here, what was mailed, and its switches.
//!
//! Nothing here opens a secret, or names one that somebody has shared.

use axum::body::Body;
use axum::extract::{Path, State as Extract};
use axum::response::Response;
use domain::account::Email;
use http::{HeaderMap, StatusCode};
use maud::{Markup, html};
use service::administration::Suspended;
use service::letters::dead::NotTested;
use wire::Problem;
use wire::administration::{Account, Condition, Letter, Place as Organisation};

use super::form::Form;
use super::house::{Asked, House, Place, Visitor, see};
use super::parts::{Field, Press, Table, done, empty, refused, time};
use super::shell::icon;
use super::texts::Texts;
use crate::State;
use crate::layers::guard::Person;
use crate::layers::limits::Class;
use crate::native::administration;
use crate::problem::Refusal;
use crate::surface::{Access, Policy, Surface};

/// The routes.
pub(super) fn routes() -> Surface {
    let reading = Policy::new(Class::House, Access::Administrator);
    let changing = Policy::new(Class::Manage, Access::Administrator);
    Surface::new()
        .get("/admin", reading, state_of)
        .get("/admin/accounts", reading, accounts)
        .post("/admin/accounts/{ref}/suspend", changing, suspend)
        .post("/admin/accounts/{ref}/resume", changing, resume)
        .get("/admin/organisations", reading, organisations)
        .get("/admin/switches", reading, switches)
        .post("/admin/switches", changing, turn)
        .get("/admin/letters", reading, letters)
        .post("/admin/letters/{ref}/retry", changing, retry)
        .post("/admin/letters/{ref}/drop", changing, give_up)
        .post("/admin/letters/test", changing, test)
}

/// The rooms of the administration, with the keys of their names.
const ROOMS: [(&str, &str); 5] = [
    ("/admin", "admin-condition"),
    ("/admin/accounts", "admin-accounts"),
    ("/admin/organisations", "admin-organisations"),
    ("/admin/switches", "admin-switches"),
    ("/admin/letters", "admin-letters"),
];

struct Room<'a> {
    here: &'a str,
    heading: String,
    lede: &'a str,
    main: Markup,
}

fn page(texts: &Texts, visitor: &Visitor, room: Room<'_>) -> Markup {
    let Room { here, heading, lede, main } = room;
    let t = |key: &str| texts.get(key);
    let main = html! {
        nav.filter aria-label=(t("admin-rooms")) {
            @for (at, name) in ROOMS {
                a.chip href=(at) aria-current=[(at == here).then_some("page")] { (t(name)) }
            }
        }
        (main)
    };
    House {
        texts,
        visitor: Some(visitor),
        place: Place::Administration,
        title: t("house-administration"),
        heading,
        lede: Some(html! { (t(lede)) }),
        verb: None,
        module: Some("js/sealed.js"),
        main,
    }
    .render()
}

async fn state_of(
    Extract(state): Extract<State>,
    person: Person,
    asked: Asked,
) -> Result<Response, Refusal> {
    let condition = administration::condition(&state).await?;
    let visitor = Visitor::of(&person);
    Ok(asked.page(StatusCode::OK, |texts| told(texts, &visitor, &condition)))
}

/// A size as people say it, in powers of ten.
fn size(bytes: u64) -> String {
    const UNITS: [(&str, u64); 4] =
        [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000)];
    for (unit, one) in UNITS {
        if bytes >= one {
            let tenths = bytes.saturating_mul(10).checked_div(one).unwrap_or_default();
            return format!("{}.{} {unit}", tenths / 10, tenths % 10);
        }
    }
    format!("{bytes} B")
}

fn told(texts: &Texts, visitor: &Visitor, condition: &Condition) -> Markup {
    let t = |key: &str| texts.get(key);
    let full =
        condition.free_space < condition.keep_free || condition.live_bytes >= condition.max_total;
    let heading = match (full, condition.dead_letters) {
        (true, _) => t("admin-heading-full"),
        (false, 0) => t("admin-heading-well"),
        (false, dead) => texts.with("admin-heading-dead", &[("count", dead.into())]),
    };
    let main = html! {
        dl.facts.spaced-l {
            dt { (t("admin-version")) } dd { (condition.version) }
            dt { (t("admin-accounts")) } dd { (condition.accounts) }
            dt { (t("admin-organisations")) } dd { (condition.organisations) }
            dt { (t("admin-room")) }
            dd { (size(condition.live_bytes)) " / " (size(condition.max_total)) }
            dt { (t("admin-disk")) } dd { (size(condition.free_space)) }
            dt { (t("admin-mail")) }
            dd { @if condition.sends_mail { (t("admin-mail-yes")) } @else { (t("admin-mail-no")) } }
            dt { (t("admin-dead")) } dd { (condition.dead_letters) }
            dt { (t("admin-stretching")) }
            dd { (condition.stretching) " + " (condition.stretching_waits) }
        }
    };
    page(texts, visitor, Room { here: "/admin", heading, lede: "admin-lede", main })
}

async fn accounts(
    Extract(state): Extract<State>,
    person: Person,
    asked: Asked,
) -> Result<Response, Refusal> {
    let accounts = administration::accounts(&state, &person).await?;
    let visitor = Visitor::of(&person);
    Ok(asked.page(StatusCode::OK, |texts| people(texts, &visitor, &accounts, None)))
}

fn people(texts: &Texts, visitor: &Visitor, accounts: &[Account], fault: Option<&str>) -> Markup {
    let t = |key: &str| texts.get(key);
    let heads = ["admin-address", "admin-role", "admin-since", "admin-seen"].map(t);
    let row = |account: &Account| {
        let role = if account.role == "administrator" { "admin-role-yes" } else { "admin-role-no" };
        let cells = vec![
            html! { b { bdi { (account.email) } } p.mono { (account.reference) } },
            html! {
                (t(role))
                @if account.suspended_at.is_some() { p { b { (t("admin-suspended")) } } }
            },
            time(&account.created_at),
            html! {
                @if let Some(day) = &account.seen_on { (day) } @else { (t("admin-never-seen")) }
            },
        ];
        let (verb, label) = if account.suspended_at.is_some() {
            ("resume", "admin-resume")
        } else {
            ("suspend", "admin-suspend")
        };
        let to = format!("/admin/accounts/{}/{verb}", account.reference);
        let label = t(label);
        let press =
            Press { to: &to, with: &[], label: &label, which: &account.email, class: "bare" };
        (cells, Some(press.show(visitor)))
    };
    let main = html! {
        @if let Some(fault) = fault { (refused(&t(fault))) }
        (Table {
            caption: &t("admin-accounts"),
            heads: &heads,
            rows: accounts.iter().map(row).collect(),
        }.show(texts))
    };
    let heading = texts.with("admin-accounts-heading", &[("count", accounts.len().into())]);
    page(
        texts,
        visitor,
        Room { here: "/admin/accounts", heading, lede: "admin-accounts-lede", main },
    )
}

async fn changed(
    state: &State,
    person: &Person,
    asked: &Asked,
    suspended: Suspended,
) -> Result<Response, Refusal> {
    match suspended {
        Suspended::Done | Suspended::Before => Ok(see("/admin/accounts")),
        Suspended::Unknown => Err(Problem::NotFound.into()),
        Suspended::LastAdministrator => {
            let accounts = administration::accounts(state, person).await?;
            let visitor = Visitor::of(person);
            let fault = Some("admin-last");
            Ok(asked.page(StatusCode::CONFLICT, |texts| people(texts, &visitor, &accounts, fault)))
        }
    }
}

async fn suspend(
    Extract(state): Extract<State>,
    Path(reference): Path<String>,
    person: Person,
    asked: Asked,
) -> Result<Response, Refusal> {
    let suspended = state.service().suspend(person.actor(), &reference).await?;
    changed(&state, &person, &asked, suspended).await
}

async fn resume(
    Extract(state): Extract<State>,
    Path(reference): Path<String>,
    person: Person,
    asked: Asked,
) -> Result<Response, Refusal> {
    let resumed = state.service().resume(person.actor(), &reference).await?;
    changed(&state, &person, &asked, resumed).await
}

async fn organisations(
    Extract(state): Extract<State>,
    person: Person,
    asked: Asked,
) -> Result<Response, Refusal> {
    let places = administration::places(&state, &person).await?;
    let visitor = Visitor::of(&person);
    Ok(asked.page(StatusCode::OK, |texts| all_places(texts, &visitor, &places)))
}

fn all_places(texts: &Texts, visitor: &Visitor, places: &[Organisation]) -> Markup {
    let t = |key: &str| texts.get(key);
    let heads = ["admin-name", "admin-members", "admin-since"].map(t);
    let row = |place: &Organisation| {
        let cells = vec![
            html! { b { bdi { (place.name) } } p.mono { (place.reference) } },
            html! { (place.members) },
            time(&place.created_at),
        ];
        (cells, None)
    };
    let main = html! {
        @if places.is_empty() {
            (empty(&icon("person"), &t("admin-none"), &t("admin-none-text"), None))
        } @else {
            (Table {
                caption: &t("admin-organisations"),
                heads: &heads,
                rows: places.iter().map(row).collect(),
            }.show(texts))
        }
    };
    let heading = texts.with("admin-organisations-heading", &[("count", places.len().into())]);
    let lede = "admin-organisations-lede";
    page(texts, visitor, Room { here: "/admin/organisations", heading, lede, main })
}

/// What each switch is called, and what it may be.
fn switch_keys(name: &str) -> (&'static str, &'static str) {
    match name {
        "creating" => ("switch-creating", "switch-creating-help"),
        "creating-networks" => ("switch-networks", "switch-networks-help"),
        "organisations" => ("switch-organisations", "switch-organisations-help"),
        "sign-up" => ("switch-sign-up", "switch-sign-up-help"),
        _ => ("switch-other", "switch-other-help"),
    }
}

async fn switches(
    Extract(state): Extract<State>,
    person: Person,
    asked: Asked,
) -> Result<Response, Refusal> {
    let values = state.service().switches().await?.values();
    let visitor = Visitor::of(&person);
    Ok(asked.page(StatusCode::OK, |texts| all_switches(texts, &visitor, &values, "")))
}

async fn turn(
    Extract(state): Extract<State>,
    person: Person,
    asked: Asked,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    use domain::switches::NotASwitch;
    use service::switches::SwitchError;
    let form = Form::read(&headers, body).await?;
    let (name, value) = (form.get("name"), form.get("value"));
    match state.service().turn_switch_as(&person, name, value).await {
        Ok(Some(_)) => Ok(see("/admin/switches")),
        Ok(None) | Err(SwitchError::Not(NotASwitch::Name)) => Err(Problem::NotFound.into()),
        Err(SwitchError::Not(NotASwitch::Value { .. })) => {
            let mut values = state.service().switches().await?.values().to_vec();
            for (known, kept) in &mut values {
                if *known == name {
                    value.clone_into(kept);
                }
            }
            let visitor = Visitor::of(&person);
            Ok(asked.page(StatusCode::UNPROCESSABLE_ENTITY, |texts| {
                all_switches(texts, &visitor, &values, name)
            }))
        }
        Err(SwitchError::Store(error)) => Err(error.into()),
    }
}

fn all_switches(
    texts: &Texts,
    visitor: &Visitor,
    values: &[(&'static str, String)],
    wrong: &str,
) -> Markup {
    let t = |key: &str| texts.get(key);
    let main = html! {
        @for (name, value) in values {
            @let (label, help) = switch_keys(name);
            form.form.spaced-l method="post" action="/admin/switches" {
                (visitor.csrf())
                input type="hidden" name="name" value=(name);
                (Field {
                    name: "value", id: name, label: &t(label), value, help: &t(help), optional: true,
                    wrong: &if wrong == *name { t("switch-wrong") } else { String::new() },
                    ..Field::default()
                }.show())
                p { button.btn type="submit" { (t("switch-set")) span.vh { " " (t(label)) } } }
            }
        }
    };
    let (heading, lede) = (t("admin-switches-heading"), "admin-switches-lede");
    page(texts, visitor, Room { here: "/admin/switches", heading, lede, main })
}

/// What came of a test.
#[derive(Clone, Copy)]
enum Tested {
    NoAddress,
    NoMail,
    NotSent,
    Nothing,
    Sent,
}

async fn letters(
    Extract(state): Extract<State>,
    person: Person,
    asked: Asked,
) -> Result<Response, Refusal> {
    let letters = administration::letters(&state).await?;
    let visitor = Visitor::of(&person);
    let tested = Tested::Nothing;
    Ok(asked.page(StatusCode::OK, |texts| all_letters(texts, &visitor, &letters, tested)))
}

async fn retry(
    Extract(state): Extract<State>,
    Path(reference): Path<String>,
    person: Person,
) -> Result<Response, Refusal> {
    state.service().retry_letter(&reference, person.actor()).await?;
    Ok(see("/admin/letters"))
}

async fn give_up(
    Extract(state): Extract<State>,
    Path(reference): Path<String>,
    person: Person,
) -> Result<Response, Refusal> {
    state.service().drop_letter(&reference, person.actor()).await?;
    Ok(see("/admin/letters"))
}

async fn test(
    Extract(state): Extract<State>,
    person: Person,
    asked: Asked,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let form = Form::read(&headers, body).await?;
    let tested = match Email::parse(form.get("to")) {
        Err(_) => Tested::NoAddress,
        Ok(to) => match state.service().test_mail(&to, person.actor()).await? {
            Ok(()) => Tested::Sent,
            Err(NotTested::NoMail) => Tested::NoMail,
            Err(NotTested::NotTaken(cause)) => {
                tracing::warn!(%cause, "a mail that was to show whether mail works was not sent");
                Tested::NotSent
            }
        },
    };
    let letters = administration::letters(&state).await?;
    let visitor = Visitor::of(&person);
    let status = match tested {
        Tested::Sent | Tested::Nothing => StatusCode::OK,
        Tested::NoAddress => StatusCode::UNPROCESSABLE_ENTITY,
        Tested::NoMail | Tested::NotSent => StatusCode::BAD_GATEWAY,
    };
    Ok(asked.page(status, |texts| all_letters(texts, &visitor, &letters, tested)))
}

fn all_letters(texts: &Texts, visitor: &Visitor, letters: &[Letter], tested: Tested) -> Markup {
    let t = |key: &str| texts.get(key);
    let heads = ["admin-letter", "admin-tried", "admin-cause", "admin-next"].map(t);
    let row = |letter: &Letter| {
        let cells = vec![
            html! { b { (letter.kind) } p.mono { (letter.reference) } },
            html! { (letter.attempts) },
            html! { (letter.cause.as_deref().unwrap_or_default()) },
            html! {
                @if let Some(at) = &letter.due_at { (time(at)) } @else { b { (t("admin-gave-up")) } }
            },
        ];
        let dead = letter.state == "dead";
        let at = |verb: &str| format!("/admin/letters/{}/{verb}", letter.reference);
        let press = |verb: &str, key: &str, class| {
            let (to, label) = (at(verb), t(key));
            Press { to: &to, with: &[], label: &label, which: &letter.reference, class }
                .show(visitor)
        };
        let act = html! { (press("retry", "admin-retry", "bare")) (press("drop", "admin-drop", "bare burn")) };
        (cells, dead.then_some(act))
    };
    let dead = letters.iter().filter(|letter| letter.state == "dead").count();
    let wrong = match tested {
        Tested::NoAddress => t("admin-no-address"),
        Tested::NoMail | Tested::NotSent | Tested::Nothing | Tested::Sent => String::new(),
    };
    let main = html! {
        @match tested {
            Tested::Sent => (done(&t("admin-test-sent"))),
            Tested::NoMail => (refused(&t("admin-test-no-mail"))),
            Tested::NotSent => (refused(&t("admin-test-failed"))),
            Tested::NoAddress | Tested::Nothing => {}
        }
        @if letters.is_empty() {
            (empty(&icon("mail"), &t("admin-no-letters"), &t("admin-no-letters-text"), None))
        } @else {
            (Table {
                caption: &t("admin-letters"),
                heads: &heads,
                rows: letters.iter().map(row).collect(),
            }.show(texts))
        }
        section {
            h2 { (t("admin-test")) }
            form.form method="post" action="/admin/letters/test" {
                (visitor.csrf())
                (Field {
                    name: "to", label: &t("admin-test-to"), kind: "email", wrong: &wrong, ..Field::default()
                }.show())
                p { button.btn type="submit" { (t("admin-test-send")) } }
            }
        }
    };
    let heading = texts.with("admin-letters-heading", &[("count", dead.into())]);
    page(texts, visitor, Room { here: "/admin/letters", heading, lede: "admin-letters-lede", main })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_said_shortly() {
        let said = [0, 999, 1500, 20_000_000, 32_212_254_720, 2_000_000_000_000].map(size);
        assert_eq!(said, ["0 B", "999 B", "1.5 kB", "20.0 MB", "32.2 GB", "2.0 TB"]);
    }
}
