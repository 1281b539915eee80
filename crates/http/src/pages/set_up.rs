//! `/set-up`: the link that sets an account up, for its first and only use.
//!
//! The token is behind the `#`, so that no log has it. The page asks for it, or its module takes it over; a
//! first step says for whom it is, a second one chooses how to sign in from now on.

use axum::body::Body;
use axum::extract::State as Extract;
use axum::response::Response;
use domain::password::{FEWEST, PasswordFault};
use http::{HeaderMap, StatusCode};
use maud::{Markup, html};
use service::hashing::Busy;
use service::sign_in::{SetUp, SetUpFor};
use zeroize::Zeroizing;

use super::form::Form;
use super::house::{Asked, see};
use super::parts::Field;
use super::sign_in::{Said, door};
use super::texts::Texts;
use crate::State;
use crate::entering::{Comer, keep};
use crate::layers::limits::Class;
use crate::problem::Refusal;
use crate::surface::{Access, Policy, Surface};

/// The routes.
pub(super) fn routes() -> Surface {
    let trying = Policy::new(Class::SignIn, Access::Open);
    Surface::new()
        .get("/set-up", Policy::new(Class::Read, Access::Open), show)
        .post("/set-up", trying, look)
        .post("/set-up/finish", trying, finish)
}

async fn show(asked: Asked) -> Response {
    asked.page(StatusCode::OK, |texts| first(texts, None))
}

/// The first step: the link, and a click.
fn first(texts: &Texts, said: Option<Said>) -> Markup {
    let t = |key: &str| texts.get(key);
    let token = Field {
        name: "token",
        label: &t("set-up-code"),
        help: &t("set-up-code-help"),
        code: true,
        ..Field::default()
    };
    let main = html! {
        (Said::show(said, texts, "set-up-gone"))
        form.form.spaced-l method="post" action="/set-up" {
            div #by-hand { (token.show()) }
            button.btn.verb.wide type="submit" { (t("set-up-begin")) }
        }
    };
    door(texts, "set-up-title", ("set-up-heading", "set-up-lede"), Some("js/link.js"), main)
}

async fn look(
    Extract(state): Extract<State>,
    asked: Asked,
    comer: Comer,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let form = Form::read(&headers, body).await?;
    let token = form.get("token");
    let said = match state.service().look_at_set_up(token, comer.come()).await? {
        Ok(Some(whom)) => {
            let choosing = Choosing { token, whom: &whom, email: "", wrong: Wrong::Nothing };
            return Ok(asked.page(StatusCode::OK, |texts| choosing.page(texts)));
        }
        Ok(None) => Said::Refused,
        Err(wait) => Said::waiting(wait),
    };
    let page = asked.page(Said::status(Some(said)), |texts| first(texts, Some(said)));
    Ok(Said::dress(Some(said), Busy::default(), page))
}

/// What was wrong with the second step.
#[derive(Clone, Copy)]
enum Wrong {
    Address,
    Nothing,
    Password(PasswordFault),
    Said(Said),
    /// The two passwords differ.
    Twice,
}

/// The second step: how to sign in from now on.
struct Choosing<'a> {
    token: &'a str,
    whom: &'a SetUpFor,
    email: &'a str,
    wrong: Wrong,
}

impl Choosing<'_> {
    fn page(&self, texts: &Texts) -> Markup {
        let t = |key: &str| texts.get(key);
        let said = match self.wrong {
            Wrong::Said(said) => Some(said),
            Wrong::Address | Wrong::Nothing | Wrong::Password(_) | Wrong::Twice => None,
        };
        let main = html! {
            (Said::show(said, texts, "set-up-gone"))
            form.form.spaced-l method="post" action="/set-up/finish" {
                input type="hidden" name="token" value=(self.token);
                (self.address(texts))
                (new_password(texts, self.fault()))
                button.btn.verb.wide type="submit" { (t("set-up-verb")) }
            }
            form.other.stack method="post" action="/set-up/finish" {
                input type="hidden" name="token" value=(self.token);
                input type="hidden" name="without" value="password";
                @if *self.whom == SetUpFor::First {
                    (Field {
                        name: "email-too",
                        label: &t("sign-in-email"),
                        kind: "email",
                        completes: "username",
                        most: 254,
                        ..Field::default()
                    }.show())
                }
                button.btn.wide type="submit" { (t("set-up-passkey")) }
                p.help { (t("set-up-passkey-help")) }
            }
        };
        door(texts, "set-up-title", ("set-up-choose", "set-up-choose-lede"), None, main)
    }

    /// The address that the account goes by: the first one says it, any other reads it.
    fn address(&self, texts: &Texts) -> Markup {
        let wrong = if matches!(self.wrong, Wrong::Address) {
            texts.get("set-up-no-address")
        } else {
            String::new()
        };
        match self.whom {
            SetUpFor::Account(email) => html! {
                p { (texts.get("set-up-for")) " " b { bdi { (email.as_str()) } } }
                // So that a password manager knows whose it is.
                input type="hidden" name="username" autocomplete="username" value=(email.as_str());
            },
            SetUpFor::First => Field {
                name: "email",
                label: &texts.get("sign-in-email"),
                kind: "email",
                value: self.email,
                help: &texts.get("set-up-email-help"),
                wrong: &wrong,
                completes: "username",
                most: 254,
                ..Field::default()
            }
            .show(),
        }
    }

    const fn fault(&self) -> Option<Twice> {
        match self.wrong {
            Wrong::Password(fault) => Some(Twice::Fault(fault)),
            Wrong::Twice => Some(Twice::Differs),
            Wrong::Address | Wrong::Nothing | Wrong::Said(_) => None,
        }
    }
}

/// What was wrong with a new password.
#[derive(Clone, Copy)]
pub(super) enum Twice {
    Differs,
    Fault(PasswordFault),
}

impl Twice {
    fn text(self, texts: &Texts) -> String {
        match self {
            Self::Differs => texts.get("password-differs"),
            Self::Fault(PasswordFault::Common) => texts.get("password-common"),
            Self::Fault(PasswordFault::Own) => texts.get("password-own"),
            Self::Fault(PasswordFault::Short) => {
                texts.with("password-short", &[("count", FEWEST.into())])
            }
            Self::Fault(PasswordFault::TooLong) => texts.get("password-long"),
        }
    }

    /// Two fields that say the same, or not.
    pub(super) fn judge(form: &Form) -> Result<&str, Self> {
        let (password, again) = (form.get("password"), form.get("again"));
        if password == again { Ok(password) } else { Err(Self::Differs) }
    }
}

/// The two fields of a new password.
pub(super) fn new_password(texts: &Texts, wrong: Option<Twice>) -> Markup {
    let wrong = wrong.map(|wrong| wrong.text(texts)).unwrap_or_default();
    let help = texts.with("password-help", &[("count", FEWEST.into())]);
    let password = Field {
        name: "password",
        label: &texts.get("password-new"),
        kind: "password",
        help: &help,
        wrong: &wrong,
        completes: "new-password",
        ..Field::default()
    };
    let again = Field {
        name: "again",
        label: &texts.get("password-again"),
        kind: "password",
        completes: "new-password",
        ..Field::default()
    };
    html! { (password.show()) (again.show()) }
}

async fn finish(
    Extract(state): Extract<State>,
    asked: Asked,
    comer: Comer,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let form = Form::read(&headers, body).await?;
    let without = form.find("without").is_some();
    let email = form.find(if without { "email-too" } else { "email" }).unwrap_or_default();
    let (token, email) = (Zeroizing::new(form.get("token").to_owned()), email.to_owned());
    let service = state.service();
    let wrong = match Twice::judge(&form) {
        Err(_) if !without => Wrong::Twice,
        judged => {
            let password = if without { None } else { judged.ok() };
            match service.set_up(&token, &email, password, comer.come()).await? {
                SetUp::Done(session) => {
                    let next = if without { "/account#passkeys" } else { "/account" };
                    return Ok(keep(see(next), &session));
                }
                SetUp::Busy(_) => Wrong::Said(Said::Busy),
                SetUp::Gone => Wrong::Said(Said::Refused),
                SetUp::NoAddress => Wrong::Address,
                SetUp::Password(fault) => Wrong::Password(fault),
                SetUp::Wait(wait) => Wrong::Said(Said::waiting(wait)),
            }
        }
    };
    if let Wrong::Said(said) = wrong {
        let page = asked.page(Said::status(Some(said)), |texts| first(texts, Some(said)));
        return Ok(Said::dress(Some(said), Busy::default(), page));
    }
    Ok(if let Ok(Some(whom)) = service.look_at_set_up(&token, comer.come()).await? {
        let choosing = Choosing { token: &token, whom: &whom, email: &email, wrong };
        asked.page(StatusCode::UNPROCESSABLE_ENTITY, |texts| choosing.page(texts))
    } else {
        let said = Some(Said::Refused);
        asked.page(Said::status(said), |texts| first(texts, said))
    })
}

/// Every page in every state, for the test that renders them.
#[cfg(test)]
pub(super) fn all(texts: &Texts) -> Vec<Markup> {
    let faults =
        [PasswordFault::Common, PasswordFault::Own, PasswordFault::Short, PasswordFault::TooLong];
    let wrongs = [Wrong::Address, Wrong::Nothing, Wrong::Twice, Wrong::Said(Said::Busy)];
    let wrongs = wrongs.into_iter().chain(faults.map(Wrong::Password));
    let mut pages = vec![first(texts, None), first(texts, Some(Said::Refused))];
    let email = domain::account::Email::parse("maja@example.org").unwrap();
    for wrong in wrongs {
        for whom in [SetUpFor::First, SetUpFor::Account(email.clone())] {
            pages.push(Choosing { token: "x", whom: &whom, email: "", wrong }.page(texts));
        }
    }
    pages
}
