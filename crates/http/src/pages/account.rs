//! `/account`: what somebody has to sign in with, and where they are signed in.

use axum::body::Body;
use axum::extract::State as Extract;
use axum::response::Response;
use domain::session::Method;
use http::{HeaderMap, StatusCode, Uri};
use maud::{Markup, html};
use service::hashing::Busy;
use service::passkeys::Listed;
use service::providers::Offered;
use service::providers::identities::ListedIdentity;
use service::sessions::ListedSession;
use service::sign_in::{Altered, Change, Owned};
use wire::text::rfc3339;

use super::form::Form;
use super::house::{Asked, House, Place, Visitor, see};
use super::parts::{Press, Table, done, refused, time};
use super::set_up::{Twice, new_password};
use super::sign_in::Said;
use super::texts::Texts;
use super::{identities, passkeys};
use crate::State;
use crate::entering::Comer;
use crate::layers::guard::Person;
use crate::layers::limits::Class;
use crate::problem::Refusal;
use crate::surface::{Access, Policy, Surface};

/// The routes.
pub(super) fn routes() -> Surface {
    let confirmed = Policy::new(Class::Manage, Access::Confirmed);
    let own = Policy::new(Class::Manage, Access::Person);
    Surface::new()
        .get("/account", Policy::new(Class::House, Access::Person), show)
        .get("/account/password", Policy::new(Class::House, Access::Confirmed), show_password)
        .post("/account/password", confirmed, set_password)
        .post("/account/password/remove", confirmed, remove_password)
        .post("/account/sessions/end", own, end_session)
        .post("/account/sessions/end-others", own, end_others)
}

/// What has just been done, as the address says it: nothing else is repeated from there.
const DONE: [(&str, &str); 5] = [
    ("password-set", "account-password-set"),
    ("password-removed", "account-password-removed"),
    ("codes-removed", "account-codes-removed"),
    ("session-ended", "account-session-ended"),
    ("sessions-ended", "account-sessions-ended"),
];

/// What the page shows.
struct View<'a> {
    visitor: &'a Visitor,
    owned: Owned,
    /// Theirs, and whether this instance can have any.
    passkeys: (&'a [Listed], bool),
    /// Theirs, and the providers that there are.
    identities: (&'a [ListedIdentity], &'a [Offered]),
    sessions: &'a [ListedSession],
    /// The key of what has come of a form.
    done: Option<&'static str>,
    refused: Option<&'static str>,
}

async fn show(
    Extract(state): Extract<State>,
    asked: Asked,
    person: Person,
    uri: Uri,
) -> Result<Response, Refusal> {
    let query = uri.query().unwrap_or_default();
    let done = DONE.into_iter().find(|(name, _)| query.split('&').any(|pair| pair == *name));
    account(&state, &asked, &person, (StatusCode::OK, done.map(|(_, key)| key), None)).await
}

async fn account(
    state: &State,
    asked: &Asked,
    person: &Person,
    (status, done, refused): (StatusCode, Option<&'static str>, Option<&'static str>),
) -> Result<Response, Refusal> {
    let service = state.service();
    let (owned, sessions) = (service.means(person).await?, service.sessions(person).await?);
    let passkeys = &service.passkeys(person).await?;
    let passkeys = (&**passkeys, state.passkeys().is_some());
    let (identities, offered) = (service.identities(person).await?, service.offered().await?);
    let identities = (&*identities, &*offered);
    let visitor = &Visitor::of(person);
    let view = View { visitor, owned, passkeys, identities, sessions: &sessions, done, refused };
    Ok(asked.page(status, |texts| view.page(texts)))
}

/// What could not be changed, in the page.
pub(super) async fn again(
    state: &State,
    asked: &Asked,
    person: &Person,
    refused: &'static str,
) -> Result<Response, Refusal> {
    account(state, asked, person, (StatusCode::CONFLICT, None, Some(refused))).await
}

impl View<'_> {
    fn page(&self, texts: &Texts) -> Markup {
        let t = |key: &str| texts.get(key);
        let main = html! {
            @if let Some(key) = self.done { (done(&t(key))) }
            @if let Some(key) = self.refused { (refused(&t(key))) }
            section #means {
                h2 { (t("account-means")) }
                (self.means(texts))
            }
            (passkeys::section(texts, self.visitor, self.passkeys))
            (identities::section(texts, self.visitor, self.identities))
            @if self.owned.has_second_factor() {
                section #recovery { h2 { (t("account-recovery")) } (self.recovery(texts)) }
            }
            section #sessions {
                h2 { (t("account-sessions")) }
                p.soft { (t("account-sessions-help")) }
                (self.sessions(texts))
            }
            p.spaced-l { a.soft href="/account/delete" { (t("remove-account-title")) } }
        };
        let heading = if self.owned.has_second_factor() {
            "account-heading-strong"
        } else {
            "account-heading"
        };
        House {
            texts,
            visitor: Some(self.visitor),
            place: Place::Account,
            title: t("account-title"),
            heading: t(heading),
            lede: Some(html! { (t("account-lede")) }),
            verb: None,
            module: Some("js/account.js"),
            main,
        }
        .render()
    }

    fn press(&self, to: &str, label: &str, class: &str) -> Markup {
        Press { to, with: &[], label, which: "", class }.show(self.visitor)
    }

    fn means(&self, texts: &Texts) -> Markup {
        let t = |key: &str| texts.get(key);
        let since = |at: Option<domain::Timestamp>| {
            at.map_or_else(|| html! { (t("account-none")) }, |at| time(&rfc3339(at)))
        };
        let (password, codes) = (self.owned.password, self.owned.codes);
        let rows = vec![
            (
                vec![
                    html! { b { (t("account-password")) } p { (t("account-password-what")) } },
                    since(password),
                ],
                Some(html! {
                    a.btn href="/account/password" {
                        (t(if password.is_some() { "account-change" } else { "account-add" }))
                        span.vh { " " (t("account-password")) }
                    }
                    @if password.is_some() {
                        " " (self.press("/account/password/remove", &t("account-remove-password"), "bare"))
                    }
                }),
            ),
            (
                vec![
                    html! { b { (t("account-codes")) } p { (t("account-codes-what")) } },
                    since(codes),
                ],
                Some(if codes.is_some() {
                    self.press("/account/codes/remove", &t("account-remove-codes"), "bare")
                } else {
                    html! {
                        a.btn href="/account/codes" {
                            (t("account-add")) span.vh { " " (t("account-codes")) }
                        }
                    }
                }),
            ),
        ];
        let heads = ["account-mean", "account-since"].map(t);
        Table { caption: &t("account-means"), heads: &heads, rows }.show(texts)
    }

    fn recovery(&self, texts: &Texts) -> Markup {
        let left = self.owned.recovery_codes;
        html! {
            p.soft { (texts.with("account-recovery-left", &[("count", left.into())])) }
            (self.press("/account/recovery-codes", &texts.get("account-recovery-verb"), ""))
        }
    }

    fn sessions(&self, texts: &Texts) -> Markup {
        let t = |key: &str| texts.get(key);
        let rows = self.sessions.iter().map(|listed| {
            let session = &listed.session;
            let agent = Some(&*session.agent).filter(|agent| !agent.is_empty());
            let agent = agent.map_or_else(|| t("account-unknown"), str::to_owned);
            let cells = vec![
                html! {
                    b { (agent) }
                    p {
                        @if listed.is_this { (t("account-this")) } @else { (session.network) }
                    }
                },
                html! { (t(method(session.method))) },
                time(&rfc3339(session.created_at)),
                time(&rfc3339(session.seen_at)),
            ];
            let end = (!listed.is_this).then(|| {
                Press {
                    to: "/account/sessions/end",
                    with: &[("session", &listed.reference)],
                    label: &t("account-end"),
                    which: &agent,
                    class: "bare",
                }
                .show(self.visitor)
            });
            (cells, end)
        });
        let rows: Vec<_> = rows.collect();
        let several = rows.len() > 1;
        let heads = ["account-where", "account-how", "account-since", "account-seen"].map(t);
        html! {
            (Table { caption: &t("account-sessions"), heads: &heads, rows }.show(texts))
            @if several {
                p.spaced-l {}
                (self.press("/account/sessions/end-others", &t("account-end-others"), "burn"))
            }
        }
    }
}

/// The key of how somebody has signed in.
const fn method(method: Method) -> &'static str {
    match method {
        Method::LinkAndCode => "method-link-and-code",
        Method::MailedLink => "method-mailed-link",
        Method::Passkey => "method-passkey",
        Method::Password => "method-password",
        Method::PasswordAndCode => "method-password-and-code",
        Method::PasswordAndPasskey => "method-password-and-passkey",
        Method::Provider => "method-provider",
        Method::SetUpLink => "method-set-up-link",
    }
}

async fn show_password(asked: Asked, person: Person) -> Response {
    asked.page(StatusCode::OK, |texts| password(texts, &Visitor::of(&person), None, None))
}

fn password(texts: &Texts, visitor: &Visitor, wrong: Option<Twice>, said: Option<Said>) -> Markup {
    let t = |key: &str| texts.get(key);
    let main = html! {
        (Said::show(said, texts, "confirm-refused"))
        form.form method="post" action="/account/password" {
            (visitor.csrf())
            input type="hidden" name="username" autocomplete="username" value=(visitor.email);
            (new_password(texts, wrong))
            div.acts {
                button.btn.verb type="submit" { (t("password-verb")) }
                a.btn.bare href="/account" { (t("account-back")) }
            }
        }
    };
    House {
        texts,
        visitor: Some(visitor),
        place: Place::Account,
        title: t("password-title"),
        heading: t("password-title"),
        lede: Some(html! { (t("password-lede")) }),
        verb: None,
        module: None,
        main,
    }
    .render()
}

async fn set_password(
    Extract(state): Extract<State>,
    asked: Asked,
    person: Person,
    comer: Comer,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let form = Form::read(&headers, body).await?;
    let visitor = Visitor::of(&person);
    let again = |wrong, said: Option<Said>| {
        let status =
            if said.is_some() { Said::status(said) } else { StatusCode::UNPROCESSABLE_ENTITY };
        let page = asked.page(status, |texts| password(texts, &visitor, wrong, said));
        Said::dress(said, Busy::default(), page)
    };
    let chosen = match Twice::judge(&form) {
        Ok(chosen) => chosen,
        Err(differs) => return Ok(again(Some(differs), None)),
    };
    let change = Change::SetPassword(chosen);
    let altered = state.service().alter(&person, change, asked.locale(), comer.come()).await?;
    Ok(match altered {
        Altered::Password(fault) => again(Some(Twice::Fault(fault)), None),
        Altered::Busy(_) => again(None, Some(Said::Busy)),
        Altered::Done | Altered::Made(_) => see("/account?password-set"),
        Altered::Nothing | Altered::NothingLeft | Altered::WrongCode => {
            again(None, Some(Said::Refused))
        }
    })
}

async fn remove_password(
    Extract(state): Extract<State>,
    asked: Asked,
    person: Person,
    comer: Comer,
) -> Result<Response, Refusal> {
    let change = Change::RemovePassword;
    let altered = state.service().alter(&person, change, asked.locale(), comer.come()).await?;
    match altered {
        Altered::NothingLeft => again(&state, &asked, &person, "account-nothing-left").await,
        Altered::Done | Altered::Nothing => Ok(see("/account?password-removed")),
        Altered::Busy(_) | Altered::Made(_) | Altered::Password(_) | Altered::WrongCode => {
            again(&state, &asked, &person, "account-not-changed").await
        }
    }
}

async fn end_session(
    Extract(state): Extract<State>,
    person: Person,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let form = Form::read(&headers, body).await?;
    state.service().end_session(&person, form.get("session")).await?;
    Ok(see("/account?session-ended"))
}

async fn end_others(Extract(state): Extract<State>, person: Person) -> Result<Response, Refusal> {
    state.service().end_other_sessions(&person).await?;
    Ok(see("/account?sessions-ended"))
}

/// Every page in every state, for the test that renders them.
#[cfg(test)]
pub(super) fn all(texts: &Texts, visitor: &Visitor) -> Vec<Markup> {
    use domain::account::AccountId;
    use domain::session::{Session, Stage};
    let at = domain::Timestamp::from_millis(1_000_000);
    let session = |method| Session {
        id: 1,
        account: AccountId::new(1),
        stage: Stage::Whole,
        method,
        created_at: at,
        seen_at: at,
        ends_at: at,
        confirmed_at: None,
        agent: String::new(),
        network: "192.0.2.0/24".to_owned(),
    };
    let sessions: Vec<_> = Method::ALL
        .into_iter()
        .enumerate()
        .map(|(number, method)| ListedSession {
            reference: "0123".to_owned(),
            is_this: number == 0,
            session: session(method),
        })
        .collect();
    let has = |password, codes, recovery_codes| Owned {
        password,
        codes,
        recovery_codes,
        passkeys: 0,
        identities: 0,
        mailed_link: true,
    };
    let kept = [ListedIdentity {
        reference: "0123".to_owned(),
        label: "Example".to_owned(),
        created_at: at,
        used_at: None,
    }];
    let mut pages: Vec<Markup> =
        [has(None, None, 0), has(Some(at), Some(at), 1), has(Some(at), Some(at), 10)]
            .into_iter()
            .map(|owned| {
                let (passkeys, done, refused) =
                    ((&[][..], true), None, Some("account-nothing-left"));
                View {
                    visitor,
                    owned,
                    passkeys,
                    identities: (&[], &[]),
                    sessions: &sessions,
                    done,
                    refused,
                }
                .page(texts)
            })
            .collect();
    pages.extend(DONE.map(|(_, key)| {
        let (owned, done, passkeys) = (has(None, None, 0), Some(key), (&[][..], false));
        View {
            visitor,
            owned,
            passkeys,
            identities: (&kept, &[]),
            sessions: &sessions[..1],
            done,
            refused: None,
        }
        .page(texts)
    }));
    pages.push(password(texts, visitor, Some(Twice::Differs), None));
    pages
}
