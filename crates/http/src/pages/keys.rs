//! `/keys`: the API keys of whoever is signed in: a list, one page for each, and the only moment at which a key is
//! shown.

use axum::body::Body;
use axum::extract::{Path, State as Extract};
use axum::response::Response;
use domain::account::Scope;
use domain::audit::Actor;
use http::{HeaderMap, StatusCode};
use maud::{Markup, html};
use service::keys::{ListedKey, MadeKey, NoKey};
use service::people;
use wire::Problem;
use wire::keys::{Key, Lifetime, Rotation, State as Standing, Wanted};

use super::form::Form;
use super::house::{Asked, House, Place, Visitor, see};
use super::parts::{Choice, Field, Press, Table, choices, empty, note, refused, selection, time};
use super::shell::{copy_from, icon};
use super::texts::Texts;
use crate::State;
use crate::layers::guard::Person;
use crate::layers::limits::Class;
use crate::native::keys::wish;
use crate::problem::Refusal;
use crate::surface::{Access, Policy, Surface};

/// How long before its end a key is spoken of.
const SOON: u64 = 14 * DAY;
const DAY: u64 = 24 * 60 * 60;
/// The lifetimes that are offered, in days; the first is usual.
const LIFETIMES: [u64; 4] = [90, 30, 7, 365];
/// The overlaps of a rotation that are offered, in hours; the first is usual.
const OVERLAPS: [u64; 4] = [24, 1, 7 * 24, 0];

/// The routes.
pub(super) fn routes() -> Surface {
    let reading = Policy::new(Class::House, Access::Person);
    let confirmed = Policy::new(Class::House, Access::Confirmed);
    let changing = Policy::new(Class::Manage, Access::Confirmed);
    Surface::new()
        .get("/keys", reading, list)
        .get("/keys/new", confirmed, fill_in)
        .post("/keys/new", changing, make)
        .get("/keys/{ref}", reading, look)
        .post("/keys/{ref}/rotate", changing, rotate)
        .post("/keys/{ref}/revoke", changing, revoke)
}

/// The keys of whoever is signed in, as everybody is told of them.
async fn keys(state: &State, person: &Person) -> Result<Vec<Key>, Refusal> {
    let service = state.service();
    let owner = people::Asker::Person((**person).clone()).key_owner();
    let now = service.clock().now();
    let key = |ListedKey { reference, key, .. }| Key::new(reference, &key, now);
    Ok(service.keys(owner).await?.into_iter().map(key).collect())
}

async fn list(
    Extract(state): Extract<State>,
    person: Person,
    asked: Asked,
) -> Result<Response, Refusal> {
    let keys = keys(&state, &person).await?;
    let soon = ends_soon(&state, &keys);
    let visitor = Visitor::of(&person);
    Ok(asked.page(StatusCode::OK, |texts| listed(texts, &visitor, &keys, &soon)))
}

/// The keys that are worth something and end soon.
fn ends_soon<'a>(state: &State, keys: &'a [Key]) -> Vec<&'a Key> {
    let now = state.service().clock().now();
    let ends_soon = |key: &&Key| {
        let end = key.expires_at.as_deref().and_then(wire::text::parse_rfc3339);
        key.state == Standing::Valid && end.is_some_and(|end| now.until(end).as_secs() < SOON)
    };
    keys.iter().filter(ends_soon).collect()
}

async fn fill_in(person: Person, asked: Asked) -> Response {
    let visitor = Visitor::of(&person);
    asked.page(StatusCode::OK, |texts| blank(texts, &visitor, &Draft::default()))
}

async fn make(
    Extract(state): Extract<State>,
    person: Person,
    asked: Asked,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let draft = Draft::read(&Form::read(&headers, body).await?);
    let visitor = Visitor::of(&person);
    let judged = match draft.wanted().judge() {
        Ok(judged) => judged,
        Err(Problem::Invalid { field, .. }) => {
            let draft = Draft { wrong: field, ..draft };
            return Ok(asked
                .page(StatusCode::UNPROCESSABLE_ENTITY, |texts| blank(texts, &visitor, &draft)));
        }
        Err(problem) => return Err(problem.into()),
    };
    let asker = people::Asker::Person((*person).clone());
    match state.service().make_own_key(&asker, wish(judged)).await {
        Ok(made) => Ok(asked.page(StatusCode::CREATED, |texts| shown(texts, &visitor, &made))),
        Err(NoKey::TooMany) => {
            let draft = Draft { wrong: "many".to_owned(), ..draft };
            Ok(asked.page(StatusCode::CONFLICT, |texts| blank(texts, &visitor, &draft)))
        }
        Err(no) => Err(no.into()),
    }
}

async fn look(
    Extract(state): Extract<State>,
    Path(reference): Path<String>,
    person: Person,
    asked: Asked,
) -> Result<Response, Refusal> {
    let keys = keys(&state, &person).await?;
    let key = keys.into_iter().find(|key| key.reference == reference);
    let key = key.ok_or(Problem::NotFound)?;
    let visitor = Visitor::of(&person);
    Ok(asked.page(StatusCode::OK, |texts| one(texts, &visitor, &key)))
}

async fn rotate(
    Extract(state): Extract<State>,
    Path(reference): Path<String>,
    person: Person,
    asked: Asked,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let form = Form::read(&headers, body).await?;
    let hours = form.get("overlap").parse::<u64>();
    let hours = hours.map_err(|_| Problem::invalid("overlap", "must be a number of hours"))?;
    let overlap = Rotation { overlap: hours.saturating_mul(3600) }.judge()?;
    let asker = people::Asker::Person((*person).clone());
    let made = state.service().rotate_own_key(&asker, &reference, overlap).await?;
    let visitor = Visitor::of(&person);
    Ok(asked.page(StatusCode::CREATED, |texts| shown(texts, &visitor, &made)))
}

async fn revoke(
    Extract(state): Extract<State>,
    Path(reference): Path<String>,
    person: Person,
) -> Result<Response, Refusal> {
    let asker = people::Asker::Person((*person).clone());
    let actor: Actor = asker.actor();
    // Twice is once: whoever comes back to the button finds what they wanted.
    state.service().revoke_key(actor, asker.key_owner(), &reference).await?;
    Ok(see("/keys"))
}

/// What was filled in so far.
#[derive(Default)]
struct Draft {
    label: String,
    scopes: Vec<String>,
    networks: String,
    per_minute: String,
    days: String,
    /// The field that was wrong.
    wrong: String,
}

impl Draft {
    fn read(form: &Form) -> Self {
        Self {
            label: form.get("label").to_owned(),
            scopes: form.all("scope").map(str::to_owned).collect(),
            networks: form.get("networks").trim().to_owned(),
            per_minute: form.get("per-minute").trim().to_owned(),
            days: form.get("days").to_owned(),
            wrong: String::new(),
        }
    }

    fn wanted(&self) -> Wanted {
        let separators = |c: char| c == ',' || c.is_whitespace();
        let networks = self.networks.split(separators).filter(|network| !network.is_empty());
        let networks: Vec<String> = networks.map(str::to_owned).collect();
        let per_minute = match &*self.per_minute {
            "" => None,
            // Whatever is no number is none that may be.
            count => Some(count.parse().unwrap_or(0)),
        };
        let expires_in = match &*self.days {
            "never" => Lifetime::Given(None),
            days => Lifetime::Given(Some(days.parse::<u64>().unwrap_or(0).saturating_mul(DAY))),
        };
        Wanted {
            label: self.label.clone(),
            scopes: self.scopes.clone(),
            networks: (!networks.is_empty()).then_some(networks),
            per_minute,
            expires_in,
        }
    }

    fn wrong(&self, field: &str, texts: &Texts, key: &str) -> String {
        if self.wrong == field { texts.get(key) } else { String::new() }
    }
}

fn scope_help(scope: Scope) -> &'static str {
    match scope {
        Scope::SecretsCreate => "scope-secrets-create",
        Scope::SecretsOpen => "scope-secrets-open",
        Scope::SecretsBurn => "scope-secrets-burn",
        Scope::ReceiptsRead => "scope-receipts-read",
        Scope::AccountRead => "scope-account-read",
        Scope::MembersManage => "scope-members-manage",
        Scope::DomainsManage => "scope-domains-manage",
        Scope::AuditRead => "scope-audit-read",
        Scope::KeysManage => "scope-keys-manage",
        Scope::IncidentAct => "scope-incident-act",
    }
}

/// What a key may do, or from where.
fn scopes(key: &Key) -> Markup {
    html! { @for scope in &key.scopes { span.scope { (scope) } " " } }
}

fn name(texts: &Texts, key: &Key) -> String {
    key.label.clone().unwrap_or_else(|| texts.get("keys-unnamed"))
}

fn ends(texts: &Texts, key: &Key) -> Markup {
    html! {
        @match (key.state, &key.expires_at) {
            (Standing::Revoked, _) => b { (texts.get("keys-revoked")) },
            (Standing::Expired, _) => b { (texts.get("keys-expired")) },
            (Standing::Valid, Some(at)) => (time(at)),
            (Standing::Valid, None) => (texts.get("keys-never-ends")),
        }
    }
}

fn used(texts: &Texts, key: &Key) -> Markup {
    html! {
        @if let Some(day) = &key.used_on { time datetime=(day) data-day { (day) } }
        @else { (texts.get("keys-unused")) }
    }
}

fn from(texts: &Texts, key: &Key) -> Markup {
    html! {
        @if let Some(networks) = &key.networks {
            @for network in networks { span.nowrap { (network) } " " }
        } @else {
            (texts.get("keys-anywhere"))
        }
    }
}

fn listed(texts: &Texts, visitor: &Visitor, keys: &[Key], soon: &[&Key]) -> Markup {
    let t = |key: &str| texts.get(key);
    let valid = keys.iter().filter(|key| key.state == Standing::Valid).count();
    let heads = ["keys-key", "keys-may", "keys-from", "keys-used", "keys-ends"].map(t);
    let row = |key: &Key| {
        let at = format!("/keys/{}", key.reference);
        let cells = vec![
            html! { b { (name(texts, key)) } p.mono { (key.reference) } },
            scopes(key),
            from(texts, key),
            used(texts, key),
            ends(texts, key),
        ];
        let act = html! { a.btn href=(at) { (t("keys-look")) span.vh { " " (name(texts, key)) } } };
        (cells, (key.state == Standing::Valid).then_some(act))
    };
    let make = html! { a.btn.verb href="/keys/new" { (t("keys-make")) } };
    let main = html! {
        @for key in soon {
            (note("clock", &html! {
                p { (texts.with("keys-soon", &[("name", name(texts, key).into())])) }
            }))
        }
        @if keys.is_empty() {
            (empty(&icon("key"), &t("keys-none"), &t("keys-none-text"), None))
        } @else {
            div.spaced-l {
                (Table {
                    caption: &t("house-keys"),
                    heads: &heads,
                    rows: keys.iter().map(row).collect(),
                }.show(texts))
            }
        }
        section {
            h2 { (t("keys-leaked")) }
            p.soft { (t("keys-leaked-text")) }
        }
    };
    House {
        texts,
        visitor: Some(visitor),
        place: Place::Keys,
        title: t("house-keys"),
        heading: texts.with("keys-heading", &[("count", valid.into())]),
        lede: Some(html! { (t("keys-lede")) }),
        verb: Some(make),
        module: Some("js/sealed.js"),
        main,
    }
    .render()
}

fn blank(texts: &Texts, visitor: &Visitor, draft: &Draft) -> Markup {
    let t = |key: &str| texts.get(key);
    let helps = Scope::ALL.map(|scope| t(scope_help(scope)));
    let granted: Vec<Choice<'_>> = Scope::ALL
        .iter()
        .zip(&helps)
        .map(|(scope, help)| Choice {
            value: scope.name(),
            label: scope.name(),
            help,
            chosen: draft.scopes.iter().any(|chosen| chosen == scope.name()),
        })
        .collect();
    let days = LIFETIMES
        .map(|days| (days.to_string(), texts.with("keys-days", &[("count", days.into())])));
    let mut lifetimes: Vec<Choice<'_>> = days
        .iter()
        .map(|(value, label)| Choice { value, label, help: "", chosen: draft.days == *value })
        .collect();
    let never = t("keys-never-ends");
    lifetimes.push(Choice {
        value: "never",
        label: &never,
        help: "",
        chosen: draft.days == "never",
    });
    let main = html! {
        @if draft.wrong == "many" { (refused(&t("keys-many"))) }
        @if draft.wrong == "scopes" { (refused(&t("keys-no-scope"))) }
        form.form method="post" {
            (visitor.csrf())
            (Field {
                name: "label", label: &t("keys-label"), value: &draft.label, most: 64,
                help: &t("keys-label-help"), wrong: &draft.wrong("label", texts, "keys-label-wrong"),
                ..Field::default()
            }.show())
            (choices("scope", &t("keys-may-question"), true, &granted))
            (selection("days", &t("keys-how-long"), &lifetimes))
            (Field {
                name: "networks", label: &t("keys-networks"), value: &draft.networks, optional: true,
                help: &t("keys-networks-help"),
                wrong: &draft.wrong("networks", texts, "keys-networks-wrong"), ..Field::default()
            }.show())
            (Field {
                name: "per-minute", label: &t("keys-per-minute"), value: &draft.per_minute, optional: true,
                keyboard: "numeric", most: 4, help: &t("keys-per-minute-help"),
                wrong: &draft.wrong("per_minute", texts, "keys-per-minute-wrong"), ..Field::default()
            }.show())
            p.row {
                button.btn.verb type="submit" { (t("keys-make")) }
                a.btn.bare href="/keys" { (t("keys-back")) }
            }
        }
    };
    House {
        texts,
        visitor: Some(visitor),
        place: Place::Keys,
        title: t("keys-make"),
        heading: t("keys-new-heading"),
        lede: Some(html! { (t("keys-new-lede")) }),
        verb: None,
        module: None,
        main,
    }
    .render()
}

/// The one time at which a key is shown.
fn shown(texts: &Texts, visitor: &Visitor, made: &MadeKey) -> Markup {
    let t = |key: &str| texts.get(key);
    let main = html! {
        div.part.spaced-l {
            p.box.key dir="ltr" #key aria-labelledby="heading" { (*made.token.expose()) }
            (copy_from(texts, "key"))
            p.help { (t("keys-shown-help")) }
        }
        p.row.spaced-l { a.btn href="/keys" { (t("keys-shown-done")) } }
    };
    House {
        texts,
        visitor: Some(visitor),
        place: Place::Keys,
        title: t("keys-shown-heading"),
        heading: t("keys-shown-heading"),
        lede: Some(html! { (t("keys-shown-lede")) }),
        verb: None,
        module: Some("js/sealed.js"),
        main,
    }
    .render()
}

fn one(texts: &Texts, visitor: &Visitor, key: &Key) -> Markup {
    let t = |key: &str| texts.get(key);
    let at = format!("/keys/{}", key.reference);
    let hours = OVERLAPS.map(|hours| {
        let label = match hours {
            0 => t("keys-overlap-none"),
            1 => t("keys-overlap-hour"),
            hours => texts.with("keys-overlap-days", &[("count", (hours / 24).into())]),
        };
        (hours.to_string(), label)
    });
    let overlaps: Vec<Choice<'_>> = hours
        .iter()
        .map(|(value, label)| Choice { value, label, help: "", chosen: false })
        .collect();
    let main = html! {
        dl.facts {
            dt { (t("keys-reference")) } dd.mono { (key.reference) }
            dt { (t("keys-may")) } dd { (scopes(key)) }
            dt { (t("keys-from")) } dd { (from(texts, key)) }
            @if let Some(count) = key.per_minute { dt { (t("keys-per-minute")) } dd { (count) } }
            dt { (t("keys-made")) } dd { (time(&key.created_at)) }
            dt { (t("keys-used")) } dd { (used(texts, key)) }
            dt { (t("keys-ends")) } dd { (ends(texts, key)) }
        }
        @if key.state == Standing::Valid {
            section {
                h2 { (t("keys-rotate")) }
                p.soft { (t("keys-rotate-text")) }
                form.form method="post" action={ (at) "/rotate" } {
                    (visitor.csrf())
                    (selection("overlap", &t("keys-overlap"), &overlaps))
                    p { button.btn.verb type="submit" { (t("keys-rotate-verb")) } }
                }
            }
            section {
                h2 { (t("keys-revoke")) }
                p.soft { (t("keys-revoke-text")) }
                (Press {
                    to: &format!("{at}/revoke"), with: &[], label: &t("keys-revoke-verb"), which: "",
                    class: "burn",
                }.show(visitor))
            }
        }
    };
    House {
        texts,
        visitor: Some(visitor),
        place: Place::Keys,
        title: name(texts, key),
        heading: name(texts, key),
        lede: None,
        verb: None,
        module: Some("js/sealed.js"),
        main,
    }
    .render()
}
