//! Organisations: which somebody is in, who is there, and what they may change.
//!
//! What happens when somebody goes stands on the page before they do it. What a role does not permit is not
//! shown, and refused where it is asked for nevertheless.

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State as Extract};
use axum::response::Response;
use domain::account::Email;
use domain::organisation::{MemberRole, Name};
use fluent_bundle::FluentValue;
use http::{HeaderMap, StatusCode};
use maud::{Markup, html};
use service::invitations::{Listed, Wish};
use service::members::Member;
use service::organisations::{Acting, Change, Denied, ListedOrganisation, OrganisationError, Seen};
use wire::text::rfc3339;

use super::form::Form;
use super::house::{Asked, House, Place, Visitor, see};
use super::parts::{Choice, Field, Press, Table, choices, empty, refused, time};
use super::shell::icon;
use super::texts::Texts;
use crate::State;
use crate::layers::address::ClientAddress;
use crate::layers::guard::Person;
use crate::layers::limits::Class;
use crate::problem::Refusal;
use crate::surface::{Access, Policy, Surface};

/// The routes.
pub(super) fn routes() -> Surface {
    let look = Policy::new(Class::House, Access::Person);
    let make = Policy::new(Class::Manage, Access::Person);
    let manage = Policy::new(Class::Manage, Access::Confirmed);
    let one = "/organisations/{organisation}";
    Surface::new()
        .get("/organisations", look, list)
        .post("/organisations", make, found)
        .get(one, look, show)
        .post(format!("{one}/settings"), manage, change)
        .post(format!("{one}/invite"), manage, invite)
        .post(format!("{one}/withdraw"), manage, withdraw)
        .post(format!("{one}/role"), manage, give_role)
        .post(format!("{one}/remove"), manage, remove)
}

/// Where an organisation has its page. The name is from an address: letters and digits alone are repeated.
pub(super) fn at(reference: &str) -> String {
    let plain = reference.chars().filter(char::is_ascii_alphanumeric);
    format!("/organisations/{}", plain.collect::<String>())
}

fn role_key(role: MemberRole) -> (&'static str, &'static str) {
    match role {
        MemberRole::Owner => ("role-owner", "role-owner-help"),
        MemberRole::Administrator => ("role-admin", "role-admin-help"),
        MemberRole::Member => ("role-member", "role-member-help"),
        MemberRole::Auditor => ("role-auditor", "role-auditor-help"),
    }
}

/// What is said of a refusal, and its status.
pub(super) struct Fault {
    pub(super) key: &'static str,
    pub(super) status: StatusCode,
}

impl Fault {
    const fn wrong(key: &'static str) -> Self {
        Self { key, status: StatusCode::UNPROCESSABLE_ENTITY }
    }
}

/// What went wrong, if a page can say it.
pub(super) fn fault(error: OrganisationError) -> Result<Fault, Refusal> {
    let denied = match error {
        OrganisationError::Denied(denied) => denied,
        OrganisationError::NoMail => return Ok(Fault::wrong("org-fault-mail")),
        OrganisationError::Store(error) => return Err(error.into()),
    };
    Ok(match denied {
        Denied::Absent => Fault { key: "org-fault-absent", status: StatusCode::NOT_FOUND },
        Denied::AlreadyMember => Fault::wrong("org-fault-member"),
        Denied::ComeBack(_) => {
            Fault { key: "org-fault-wait", status: StatusCode::TOO_MANY_REQUESTS }
        }
        Denied::LastAdministrator => Fault::wrong("remove-account-last-administrator"),
        Denied::LastOwner => Fault::wrong("org-fault-owner"),
        Denied::NotAllowed => Fault { key: "org-fault-role", status: StatusCode::FORBIDDEN },
        Denied::SecondFactor => Fault { key: "org-fault-factor", status: StatusCode::FORBIDDEN },
        Denied::TooMany => Fault::wrong("org-fault-many"),
    })
}

async fn list(
    Extract(state): Extract<State>,
    asked: Asked,
    person: Person,
) -> Result<Response, Refusal> {
    listed(&state, &asked, &person, None, "").await
}

async fn listed(
    state: &State,
    asked: &Asked,
    person: &Person,
    fault: Option<Fault>,
    typed: &str,
) -> Result<Response, Refusal> {
    let acting = Acting::from(&**person);
    let service = state.service();
    let refuse = crate::native::organisations::refuse;
    let all = service.organisations(acting).await.map_err(refuse)?;
    let may_found = service.may_found(acting).await.map_err(refuse)?;
    let status = fault.as_ref().map_or(StatusCode::OK, |fault| fault.status);
    let visitor = Visitor::of(person);
    Ok(asked.page(status, |texts| {
        let fault = fault.as_ref().map(|fault| fault.key);
        overview(texts, &visitor, &all, may_found.then_some(typed), fault)
    }))
}

fn overview(
    texts: &Texts,
    visitor: &Visitor,
    all: &[ListedOrganisation],
    founds: Option<&str>,
    fault: Option<&str>,
) -> Markup {
    let t = |key: &str| texts.get(key);
    let heads = ["orgs-name", "orgs-role", "orgs-since"].map(t);
    let rows = all.iter().map(|it| {
        let name = html! {
            a href=(at(&it.reference)) { b { (it.organisation.name.as_str()) } }
            @if it.organisation.second_factor { p.soft.small { (t("orgs-asks-factor")) } }
        };
        let role = html! { (t(role_key(it.role).0)) };
        (vec![name, role, time(&rfc3339(it.organisation.created_at))], None)
    });
    let rows: Vec<_> = rows.collect();
    let main = html! {
        @if let Some(fault) = fault { (refused(&t(fault))) }
        @if all.is_empty() {
            (empty(&icon("person"), &t("orgs-none"), &t("orgs-none-text"), None))
        } @else {
            (Table { caption: &t("orgs-caption"), heads: &heads, rows }.show(texts))
        }
        @if let Some(typed) = founds {
            section {
                h2 { (t("orgs-make")) }
                form.form method="post" action="/organisations" {
                    (visitor.csrf())
                    (Field {
                        name: "name", label: &t("orgs-name"), value: typed, most: 64,
                        help: &t("orgs-make-help"), ..Field::default()
                    }.show())
                    p { button.btn.verb type="submit" { (t("orgs-make-verb")) } }
                }
            }
        }
    };
    let count = FluentValue::from(all.len());
    House {
        texts,
        visitor: Some(visitor),
        place: Place::Organisations,
        title: t("orgs-title"),
        heading: texts.with("orgs-heading", &[("count", count)]),
        lede: Some(html! { (t("orgs-lede")) }),
        verb: None,
        module: Some("js/sealed.js"),
        main,
    }
    .render()
}

async fn found(
    Extract(state): Extract<State>,
    asked: Asked,
    person: Person,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let form = Form::read(&headers, body).await?;
    let Ok(name) = Name::parse(form.get("name")) else {
        let wrong = Some(Fault::wrong("org-fault-name"));
        return listed(&state, &asked, &person, wrong, form.get("name")).await;
    };
    match state.service().found(Acting::from(&*person), name).await {
        Ok(made) => Ok(see(&at(&made.reference))),
        Err(error) => {
            let fault = Some(fault(error)?);
            listed(&state, &asked, &person, fault, form.get("name")).await
        }
    }
}

async fn show(
    Extract(state): Extract<State>,
    asked: Asked,
    person: Person,
    Path(reference): Path<String>,
) -> Result<Response, Refusal> {
    seen(&state, &asked, &person, &reference, None).await
}

/// The page of an organisation, with what went wrong, or the page that says why it is not shown.
async fn seen(
    state: &State,
    asked: &Asked,
    person: &Person,
    reference: &str,
    fault: Option<Fault>,
) -> Result<Response, Refusal> {
    let visitor = Visitor::of(person);
    let seen = state.service().organisation(Acting::from(&**person), reference).await;
    let seen = match seen {
        Ok(seen) => seen,
        Err(error) => return unseen(asked, &visitor, reference, error),
    };
    let status = fault.as_ref().map_or(StatusCode::OK, |fault| fault.status);
    Ok(asked.page(status, |texts| {
        organisation(texts, &visitor, &seen, fault.as_ref().map(|fault| fault.key))
    }))
}

/// Why an organisation is not shown. One that somebody has no place in is not there (R60).
pub(super) fn unseen(
    asked: &Asked,
    visitor: &Visitor,
    reference: &str,
    error: OrganisationError,
) -> Result<Response, Refusal> {
    let factor = matches!(error, OrganisationError::Denied(Denied::SecondFactor));
    let Fault { status, .. } = fault(error)?;
    let (title, text) = if factor {
        ("org-factor-title", "org-fault-factor")
    } else {
        ("org-absent-title", "org-absent-text")
    };
    Ok(asked.page(status, |texts| {
        let t = |key: &str| texts.get(key);
        let main = html! {
            p { a.btn href="/organisations" { (t("org-back")) } }
            // Going takes no second factor.
            @if factor { p { a href=(format!("{}/leave", at(reference))) { (t("org-leave")) } } }
        };
        House {
            texts,
            visitor: Some(visitor),
            place: Place::Organisations,
            title: t(title),
            heading: t(title),
            lede: Some(html! { (t(text)) }),
            verb: None,
            module: None,
            main,
        }
        .render()
    }))
}

fn organisation(texts: &Texts, visitor: &Visitor, seen: &Seen, fault: Option<&str>) -> Markup {
    let t = |key: &str| texts.get(key);
    let ListedOrganisation { reference, organisation, role } = &seen.listed;
    let (name, here) = (organisation.name.as_str(), at(reference));
    let manages = role.may_manage();
    let main = html! {
        @if let Some(fault) = fault { (refused(&t(fault))) }
        section {
            h2 { (t("org-members")) }
            (members(texts, visitor, seen))
            @if manages { p.soft.small { (t("org-remove-means")) } }
        }
        @if manages {
            @if !seen.invitations.is_empty() {
                section { h2 { (t("org-invitations")) } (invitations(texts, visitor, seen)) }
            }
            section { h2 { (t("org-invite")) } (inviting(texts, visitor, &here, *role)) }
            section { h2 { (t("org-settings")) } (settings(texts, visitor, seen)) }
        }
        section {
            h2 { (t("org-going")) }
            @if seen.may_leave {
                p { a.btn href=(format!("{here}/leave")) { (t("org-leave")) } }
            } @else {
                p.soft { (t("org-leave-last")) }
            }
            @if *role == MemberRole::Owner {
                p { a.btn.burn href=(format!("{here}/delete")) { (icon("flame")) (t("org-delete")) } }
            }
        }
    };
    let says = FluentValue::from(t(role_key(*role).0));
    House {
        texts,
        visitor: Some(visitor),
        place: Place::Organisations,
        title: name.to_owned(),
        heading: name.to_owned(),
        lede: Some(html! { (texts.with("org-you-are", &[("role", says)])) }),
        verb: None,
        module: Some("js/sealed.js"),
        main,
    }
    .render()
}

fn members(texts: &Texts, visitor: &Visitor, seen: &Seen) -> Markup {
    let t = |key: &str| texts.get(key);
    let ListedOrganisation { reference, organisation, role } = &seen.listed;
    let heads = ["org-member", "orgs-role", "orgs-since"].map(t);
    let rows = seen.members.iter().map(|member| {
        let who = html! {
            b { (member.email.as_str()) }
            @if member.is_self { p.soft.small { (t("org-you")) } }
            @if member.suspended { p.soft.small { (t("org-suspended")) } }
        };
        let cells = vec![who, html! { (t(role_key(member.role).0)) }, time(&rfc3339(member.since))];
        let may = role.may_give(member.role);
        let acts = may.then(|| acts(texts, visitor, (&at(reference), *role), member));
        (cells, acts)
    });
    let rows = rows.collect();
    let named = FluentValue::from(organisation.name.as_str());
    let caption = texts.with("org-members-caption", &[("name", named)]);
    Table { caption: &caption, heads: &heads, rows }.show(texts)
}

/// What somebody who is `role` may do with a member.
fn acts(
    texts: &Texts,
    visitor: &Visitor,
    (here, role): (&str, MemberRole),
    member: &Member,
) -> Markup {
    let t = |key: &str| texts.get(key);
    let id = format!("role-{}", member.reference);
    let email = FluentValue::from(member.email.as_str());
    html! {
        form.row method="post" action=(format!("{here}/role")) {
            (visitor.csrf())
            input type="hidden" name="member" value=(member.reference);
            label.vh for=(id) { (texts.with("org-role-of", &[("email", email)])) }
            select.in id=(id) name="role" {
                @for given in MemberRole::ALL.into_iter().filter(|given| role.may_give(*given)) {
                    option value=(given.name()) selected[given == member.role] {
                        (t(role_key(given).0))
                    }
                }
            }
            button.btn.bare type="submit" {
                (t("org-role-verb")) span.vh { " " (member.email.as_str()) }
            }
        }
        @if !member.is_self {
            (Press {
                to: &format!("{here}/remove"), with: &[("member", &member.reference)],
                label: &t("org-remove"), which: member.email.as_str(), class: "bare burn",
            }.show(visitor))
        }
    }
}

fn invitations(texts: &Texts, visitor: &Visitor, seen: &Seen) -> Markup {
    let t = |key: &str| texts.get(key);
    let ListedOrganisation { reference, organisation, role } = &seen.listed;
    let heads = ["org-member", "orgs-role", "org-until"].map(t);
    let rows = seen.invitations.iter().map(|invited: &Listed| {
        let cells = vec![
            html! { b { (invited.email.as_str()) } },
            html! { (t(role_key(invited.role).0)) },
            time(&rfc3339(invited.until)),
        ];
        let withdraw = Press {
            to: &format!("{}/withdraw", at(reference)),
            with: &[("invitation", &invited.reference)],
            label: &t("org-withdraw"),
            which: invited.email.as_str(),
            class: "bare burn",
        };
        (cells, role.may_manage().then(|| withdraw.show(visitor)))
    });
    let rows = rows.collect();
    let named = FluentValue::from(organisation.name.as_str());
    let caption = texts.with("org-invitations-caption", &[("name", named)]);
    Table { caption: &caption, heads: &heads, rows }.show(texts)
}

fn inviting(texts: &Texts, visitor: &Visitor, here: &str, role: MemberRole) -> Markup {
    let t = |key: &str| texts.get(key);
    let given = MemberRole::ALL.into_iter().filter(|given| role.may_give(*given));
    let said: Vec<_> = given.map(|role| (role, t(role_key(role).0), t(role_key(role).1))).collect();
    let all: Vec<_> = said
        .iter()
        .map(|(role, label, help)| Choice {
            value: role.name(),
            label,
            help,
            chosen: *role == MemberRole::Member,
        })
        .collect();
    html! {
        form.form method="post" action=(format!("{here}/invite")) {
            (visitor.csrf())
            (Field {
                name: "email", label: &t("org-invite-email"), kind: "email", most: 254,
                help: &t("org-invite-help"), ..Field::default()
            }.show())
            (choices("role", &t("org-invite-role"), false, &all))
            p { button.btn.verb type="submit" { (t("org-invite-verb")) } }
        }
    }
}

fn settings(texts: &Texts, visitor: &Visitor, seen: &Seen) -> Markup {
    let t = |key: &str| texts.get(key);
    let ListedOrganisation { reference, organisation, .. } = &seen.listed;
    let factor = Choice {
        value: "on",
        label: &t("org-factor-label"),
        help: &t("org-factor-help"),
        chosen: organisation.second_factor,
    };
    html! {
        form.form method="post" action=(format!("{}/settings", at(reference))) {
            (visitor.csrf())
            (Field {
                name: "name", label: &t("org-name"), value: organisation.name.as_str(), most: 64,
                ..Field::default()
            }.show())
            (choices("second-factor", &t("org-factor"), true, &[factor]))
            p { button.btn type="submit" { (t("org-save")) } }
        }
    }
}

/// The page again after a form: as it is now, or with what went wrong.
async fn after(
    (state, asked, person): (&State, &Asked, &Person),
    reference: &str,
    outcome: Result<(), OrganisationError>,
) -> Result<Response, Refusal> {
    match outcome {
        Ok(()) => Ok(see(&at(reference))),
        Err(error) => seen(state, asked, person, reference, Some(fault(error)?)).await,
    }
}

async fn change(
    Extract(state): Extract<State>,
    asked: Asked,
    person: Person,
    Path(reference): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let form = Form::read(&headers, body).await?;
    let Ok(name) = Name::parse(form.get("name")) else {
        let wrong = Some(Fault::wrong("org-fault-name"));
        return seen(&state, &asked, &person, &reference, wrong).await;
    };
    let second_factor = Some(form.get("second-factor") == "on");
    let change = Change { name: Some(name), second_factor };
    let acting = Acting::from(&*person);
    let changed = state.service().change_organisation(acting, &reference, change).await;
    after((&state, &asked, &person), &reference, changed).await
}

async fn invite(
    Extract(state): Extract<State>,
    asked: Asked,
    person: Person,
    Path(reference): Path<String>,
    Extension(address): Extension<ClientAddress>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let form = Form::read(&headers, body).await?;
    let email = Email::parse(form.get("email"));
    let (Ok(email), Some(role)) = (email, MemberRole::from_name(form.get("role"))) else {
        let wrong = Some(Fault::wrong("org-fault-email"));
        return seen(&state, &asked, &person, &reference, wrong).await;
    };
    let network = &address.network();
    let wish = Wish { email: &email, role, locale: asked.locale(), network };
    let invited = state.service().invite(Acting::from(&*person), &reference, wish).await;
    after((&state, &asked, &person), &reference, invited.map(drop)).await
}

async fn withdraw(
    Extract(state): Extract<State>,
    asked: Asked,
    person: Person,
    Path(reference): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let form = Form::read(&headers, body).await?;
    let which = (reference.as_str(), form.get("invitation"));
    let done = state.service().withdraw_invitation(Acting::from(&*person), which).await;
    after((&state, &asked, &person), &reference, done).await
}

async fn give_role(
    Extract(state): Extract<State>,
    asked: Asked,
    person: Person,
    Path(reference): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let form = Form::read(&headers, body).await?;
    let Some(role) = MemberRole::from_name(form.get("role")) else {
        let wrong = Some(Fault::wrong("org-fault-role"));
        return seen(&state, &asked, &person, &reference, wrong).await;
    };
    let which = (reference.as_str(), form.get("member"));
    let done = state.service().give_member_role(Acting::from(&*person), which, role).await;
    after((&state, &asked, &person), &reference, done).await
}

async fn remove(
    Extract(state): Extract<State>,
    asked: Asked,
    person: Person,
    Path(reference): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let form = Form::read(&headers, body).await?;
    let which = (reference.as_str(), form.get("member"));
    let done = state.service().remove_member(Acting::from(&*person), which).await;
    after((&state, &asked, &person), &reference, done).await
}
