//! Passkeys on pages: the button to sign in, to finish and to confirm with one, and the list of somebody's own.
//!
//! What a browser can do with a passkey only its module can start (`web/js/passkeys.js`), so the buttons are
//! hidden until it runs, and it finds every text that it may have to say on the element around them. Names and
//! removal are forms like all others.

use axum::body::Body;
use axum::extract::State as Extract;
use axum::response::Response;
use domain::organisation::Name;
use http::HeaderMap;
use maud::{Markup, html};
use service::passkeys::{Listed, MOST, Removal};
use wire::Problem;
use wire::text::rfc3339;

use super::account::again;
use super::form::Form;
use super::house::{Asked, Visitor, see};
use super::parts::{Field, Press, Table, empty, time};
use super::shell::house_icon;
use super::texts::Texts;
use crate::State;
use crate::layers::guard::{Half, Person};
use crate::layers::limits::Class;
use crate::problem::Refusal;
use crate::surface::{Access, Policy, Surface};

/// The module that every page with one of these needs.
pub(super) const MODULE: &str = "js/passkeys.js";

/// Where the list is.
const LIST: &str = "/account";

/// The routes.
pub(super) fn routes() -> Surface {
    let changing = Policy::new(Class::Manage, Access::Confirmed);
    Surface::new().post("/account/passkeys/rename", changing, rename).post(
        "/account/passkeys/remove",
        changing,
        remove,
    )
}

/// What the module has to know: what for, where to go on, what the session's requests carry, and its texts.
fn place(texts: &Texts, does: &str, csrf: Option<&str>, next: &str, inner: &Markup) -> Markup {
    let t = |key: &str| texts.get(key);
    html! {
        div.stack data-passkeys=(does) data-csrf=[csrf] data-next=(next)
            data-cancelled=(t("passkey-cancelled")) data-elsewhere=(t("passkey-elsewhere"))
            data-failed=(t("passkey-failed")) data-late=(t("passkey-late"))
            data-none=(t("passkey-none")) data-offline=(t("passkey-offline"))
            data-often=(t("passkey-often")) data-refused=(t("passkey-refused"))
            data-there=(t("passkey-there")) data-unable=(t("passkey-unable")) {
            (inner)
            p.wrong role="alert" {}
        }
    }
}

fn button(texts: &Texts, key: &str, class: &str) -> Markup {
    html! {
        button class=(format!("btn wide {class}")) type="button" data-scripted hidden {
            (house_icon("passkey")) (texts.get(key))
        }
    }
}

/// The button at the door. The field for the address offers passkeys as well, where a browser can do that.
pub(super) fn sign_in(texts: &Texts, next: &str) -> Markup {
    let inner = html! {
        (button(texts, "passkey-use", ""))
        p.help data-scripted hidden { (texts.get("passkey-use-help")) }
    };
    place(texts, "sign-in", None, next, &inner)
}

/// The button of somebody who has shown a password.
pub(super) fn second(texts: &Texts, csrf: &str, next: &str) -> Markup {
    place(texts, "second", Some(csrf), next, &button(texts, "passkey-use", ""))
}

/// Whether somebody who has shown one factor may go on with a passkey.
pub(super) async fn may_finish(state: &State, half: &Half) -> Result<bool, Refusal> {
    let offered = state.passkeys().is_some();
    Ok(offered && state.service().has_passkeys(half.account.id).await?)
}

/// The button of somebody who is to confirm that it is still them.
pub(super) fn confirm(texts: &Texts, csrf: &str, next: &str) -> Markup {
    place(texts, "confirm", Some(csrf), next, &button(texts, "passkey-use", ""))
}

/// The passkeys of somebody, on the page of their account. `offered` where this instance can have any.
pub(super) fn section(
    texts: &Texts,
    visitor: &Visitor,
    (passkeys, offered): (&[Listed], bool),
) -> Markup {
    let t = |key: &str| texts.get(key);
    html! {
        section #passkeys {
            h2 { (t("passkeys-heading")) }
            @if passkeys.is_empty() {
                (empty(&house_icon("passkey"), &t("passkeys-empty"), &t("passkeys-empty-text"), None))
            } @else {
                (table(texts, visitor, passkeys))
            }
            @if !offered {
                p.soft.small { (t("passkeys-off")) }
            } @else if passkeys.len() < MOST {
                (add(texts, visitor))
            } @else {
                p.soft.small { (t("passkeys-enough")) }
            }
        }
    }
}

fn table(texts: &Texts, visitor: &Visitor, passkeys: &[Listed]) -> Markup {
    let t = |key: &str| texts.get(key);
    let row = |passkey: &Listed| {
        let name = html! {
            details {
                summary { b { (passkey.label) } }
                form.join method="post" action="/account/passkeys/rename" {
                    (visitor.csrf())
                    input type="hidden" name="passkey" value=(passkey.reference);
                    label.vh for=(format!("label-{}", passkey.reference)) { (t("passkey-label")) }
                    input.in id=(format!("label-{}", passkey.reference)) name="label" maxlength="64"
                        required autocomplete="off" value=(passkey.label);
                    button.btn type="submit" { (t("passkey-rename")) }
                }
            }
        };
        let used = passkey
            .used_at
            .map_or_else(|| html! { (t("passkey-unused")) }, |at| time(&rfc3339(at)));
        let act = Press {
            to: "/account/passkeys/remove",
            with: &[("passkey", &passkey.reference)],
            label: &t("passkey-remove"),
            which: &passkey.label,
            class: "bare burn",
        };
        (vec![name, time(&rfc3339(passkey.created_at)), used], Some(act.show(visitor)))
    };
    let heads = ["passkey-label", "passkey-since", "passkey-used"].map(t);
    let rows = passkeys.iter().map(row).collect();
    Table { caption: &t("passkeys-heading"), heads: &heads, rows }.show(texts)
}

fn add(texts: &Texts, visitor: &Visitor) -> Markup {
    let t = |key: &str| texts.get(key);
    let field = Field {
        name: "new-passkey",
        label: &t("passkey-new"),
        help: &t("passkey-new-help"),
        most: 64,
        ..Field::default()
    };
    let inner = html! {
        form.form.spaced-l data-scripted hidden {
            (field.show())
            button.btn type="submit" { (house_icon("passkey")) (t("passkey-add")) }
        }
        noscript { p.soft.small { (t("passkey-no-script")) } }
    };
    place(texts, "new", Some(&visitor.csrf), LIST, &inner)
}

async fn rename(
    Extract(state): Extract<State>,
    asked: Asked,
    person: Person,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let form = Form::read(&headers, body).await?;
    let Ok(label) = Name::parse(form.get("label")) else {
        return again(&state, &asked, &person, "passkey-no-label").await;
    };
    let renamed = state.service().rename_passkey(&person, form.get("passkey"), &label).await?;
    if renamed { Ok(see(LIST)) } else { Err(Problem::NotFound.into()) }
}

async fn remove(
    Extract(state): Extract<State>,
    asked: Asked,
    person: Person,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let form = Form::read(&headers, body).await?;
    match state.service().remove_passkey(&person, form.get("passkey")).await? {
        Removal::Last => again(&state, &asked, &person, "passkey-last").await,
        Removal::Removed => Ok(see(LIST)),
        Removal::Unknown => Err(Problem::NotFound.into()),
    }
}

#[cfg(test)]
mod tests {
    use domain::time::Timestamp;

    use super::*;
    use crate::pages::texts::Language;

    /// Everything that is here, in every state.
    fn all(texts: &Texts) -> String {
        let visitor = Visitor {
            email: "anna@example.test".to_owned(),
            administrator: false,
            csrf: "token".to_owned(),
        };
        let at = Timestamp::from_millis(1_732_443_120_000);
        let listed = |reference: &str, used_at| Listed {
            reference: reference.to_owned(),
            label: "<b>Laptop</b>".to_owned(),
            created_at: at,
            used_at,
        };
        let few = [listed("0123", None), listed("4567", Some(at))];
        let many: Vec<_> = (0..MOST).map(|number| listed(&number.to_string(), None)).collect();
        let parts = [
            sign_in(texts, "/overview"),
            second(texts, "token", "/keys"),
            confirm(texts, "token", "/keys"),
            section(texts, &visitor, (&[], true)),
            section(texts, &visitor, (&few, true)),
            section(texts, &visitor, (&many, false)),
            section(texts, &visitor, (&many, true)),
        ];
        parts.map(Markup::into_string).concat()
    }

    #[test]
    fn every_text_is_there_every_name_is_a_text_and_nothing_is_inline() {
        for language in [Language::English, Language::Swedish] {
            let html = all(&Texts::new(language));
            assert!(!html.contains("??") && !html.contains(" style="), "{html}");
            assert!(!html.contains("<b>Laptop</b></b>") && html.contains("&lt;b&gt;Laptop"));
        }
    }

    #[test]
    fn what_changes_something_carries_the_token_and_what_needs_the_module_waits_for_it() {
        let texts = Texts::new(Language::English);
        let visitor = Visitor {
            email: "anna@example.test".to_owned(),
            administrator: false,
            csrf: "token".to_owned(),
        };
        let html = section(&texts, &visitor, (&[], true)).into_string();
        assert!(html.contains("data-csrf=\"token\"") && html.contains("data-scripted hidden"));
        let door = sign_in(&texts, "/overview").into_string();
        assert!(!door.contains("data-csrf") && door.contains("data-next=\"/overview\""));
        assert_eq!(door.matches("data-scripted hidden").count(), 2);
    }
}
