//! The receipt of what the server has sealed, for whoever holds its token: its fate, its link while it
//! waits, and the verbs of its sender.

use fluent_bundle::FluentValue;
use maud::{Markup, html};
use wire::receipts::{BurnOutcome, Event, Receipt, State};

use super::shell::{Manner, Seal, Shell, copy_from, icon, stamp};
use super::texts::Texts;
use super::timeline::glyph;

/// What a receipt page shows.
pub(super) struct View<'a> {
    /// Where the receipt is, without the host.
    pub(super) at: &'a str,
    /// The fate.
    pub(super) receipt: &'a Receipt,
    /// Until when it can be followed.
    pub(super) until: &'a str,
    /// What opens the secret, while something can.
    pub(super) link: Option<&'a str>,
    /// What burning has led to.
    pub(super) outcome: Option<BurnOutcome>,
    /// Whether the question before burning is open already.
    pub(super) asks: bool,
}

/// What burning has led to.
pub(super) const fn outcome_key(outcome: BurnOutcome) -> &'static str {
    match outcome {
        BurnOutcome::Burned => "burn-won",
        BurnOutcome::Expired => "burn-lost-expired",
        BurnOutcome::Lost => "burn-lost-lost",
        BurnOutcome::Opened => "burn-lost-opened",
    }
}

/// The receipt.
pub(super) fn receipt(texts: &Texts, view: &View<'_>) -> Markup {
    let View { receipt, link, .. } = view;
    let waits = matches!(receipt.state, State::Waiting | State::Locked);
    let main = html! {
        div.beside.compact {
            div {
                h1 { (texts.with(heading(receipt.state), &[("taken", taken(receipt).into())])) }
                p.lede { (lede(texts, receipt)) }
            }
            span { (stamp(if waits { Seal::Whole } else { Seal::Broken })) }
        }
        @if let Some(outcome) = view.outcome {
            div.note.spaced-l #outcome role="status" {
                (icon("check")) p { (texts.get(outcome_key(outcome))) }
            }
        }
        @if let Some(link) = link.filter(|_| receipt.state == State::Waiting) {
            section.after {
                h2 #link-title { (texts.get("done-link")) }
                div.part {
                    p.box dir="ltr" #link aria-labelledby="link-title" { (link) }
                    (copy_from(texts, "link"))
                    p.help { (texts.get(if receipt.passphrase { "sealed-link-passphrase" } else { "sealed-link" })) }
                }
            }
        }
        section.after aria-labelledby="happened-title" {
            h2 #happened-title { (texts.get("time-heading")) }
            ol.time #timeline { (happened(texts, receipt)) }
            @if waits { (verbs(texts, view)) }
        }
        (facts(texts, view))
    };
    let module = Some("js/sealed.js");
    let shell = Shell { texts, title: "receipt-title", foot: "foot-server", module, main };
    shell.render_as(Manner::Form)
}

/// There is no such receipt, or no longer.
pub(super) fn gone(texts: &Texts) -> Markup {
    let main = html! {
        h1 { (texts.get("receipt-heading-gone")) }
        p.lede { (texts.get("receipt-lede-gone")) }
    };
    let module = Some("js/sealed.js");
    let shell = Shell { texts, title: "receipt-title", foot: "foot-server", module, main };
    shell.render_as(Manner::Form)
}

/// Burning asks once more; without JavaScript as well.
fn verbs(texts: &Texts, view: &View<'_>) -> Markup {
    let t = |key: &str| texts.get(key);
    html! {
        div.row.spaced-l.verbs {
            details #burning open[view.asks] {
                summary.btn.burn { (icon("flame")) (t("burn-now")) }
                form.note.warn.spaced method="post" action={ (view.at) "/burn" } {
                    (icon("flame"))
                    div {
                        p { (t("burn-sure")) }
                        p.row { button.btn.burn #burn-yes type="submit" { (t("burn-yes")) } }
                    }
                }
            }
        }
    }
}

fn happened(texts: &Texts, receipt: &Receipt) -> Markup {
    // That it arrived nobody can say who only asks over HTTP: no news.
    let told = |event: &&Event| event.kind != "delivery-unconfirmed";
    html! {
        @for event in receipt.events.iter().filter(told) {
            li.alarm[matches!(&*event.kind, "passphrase-matched" | "passphrase-rejected" | "locked" | "integrity-failure")] {
                (glyph(&event.kind))
                b { (what(texts, event)) }
                (time(&event.at))
            }
        }
        @if matches!(receipt.state, State::Waiting | State::Locked) {
            li.next {
                (glyph("waiting"))
                b { (texts.get(if receipt.state == State::Locked { "sealed-time-locked" } else { "time-waiting" })) }
                span.when { (sentence(texts, "time-waiting-until", &[], &receipt.expires_at)) }
            }
        }
    }
}

fn what(texts: &Texts, event: &Event) -> String {
    let key = match &*event.kind {
        "created" => "sealed-created",
        "opened" => "time-opened",
        "delivered" => "time-delivered",
        "passphrase-matched" => "time-passphrase-matched",
        "passphrase-rejected" => "sealed-rejected",
        "locked" => "time-locked",
        "burned" => "time-burned",
        "expired" => "time-expired",
        "lost" => "time-lost",
        _ => "time-integrity-failure",
    };
    texts.with(key, &[("actor", event.actor.as_str().into())])
}

fn facts(texts: &Texts, view: &View<'_>) -> Markup {
    let t = |key: &str| texts.get(key);
    let receipt = view.receipt;
    let tries = &receipt.failed_passphrases;
    html! {
        section.after {
            h2 { (t("receipt-facts")) }
            dl.facts {
                dt { (t("receipt-ref")) } dd { (receipt.reference) }
                dt { (t("receipt-created")) } dd { (time(&receipt.created_at)) }
                dt { (t("receipt-expires")) } dd { (time(&receipt.expires_at)) }
                dt { (t("receipt-kept")) } dd { (time(view.until)) }
                dt { (t("receipt-passphrase")) }
                dd {
                    @if receipt.passphrase {
                        (texts.with("receipt-passphrase-yes", &[
                            ("failed", tries.failed.into()),
                            ("limit", tries.limit.into()),
                        ]))
                    } @else {
                        (t("receipt-passphrase-no"))
                    }
                }
                dt { (t("receipt-sealed")) } dd { (t("receipt-sealed-server")) }
            }
        }
    }
}

const fn heading(state: State) -> &'static str {
    match state {
        State::Waiting => "receipt-heading-waiting",
        State::Locked => "receipt-heading-locked",
        State::Delivering => "receipt-heading-delivering",
        State::Opened => "receipt-heading-opened",
        State::Burned => "receipt-heading-burned",
        State::Expired => "receipt-heading-expired",
        State::Lost => "receipt-heading-lost",
    }
}

/// What the state means for its sender.
pub(super) fn lede(texts: &Texts, receipt: &Receipt) -> Markup {
    let key = match receipt.state {
        State::Waiting => "receipt-lede-waiting",
        State::Locked => "sealed-lede-locked",
        State::Delivering => "receipt-lede-delivering",
        State::Opened => "receipt-lede-opened",
        State::Burned => "receipt-lede-burned",
        State::Expired => "receipt-lede-expired",
        State::Lost => "receipt-lede-lost",
    };
    let burned = receipt.events.iter().rfind(|event| event.kind == "burned");
    let actor = burned.map(|event| event.actor.as_str()).unwrap_or_default();
    let values = [("taken", taken(receipt).into()), ("actor", actor.into())];
    sentence(texts, key, &values, &receipt.expires_at)
}

/// A sentence with a time in it, which stays one.
fn sentence(
    texts: &Texts,
    key: &str,
    values: &[(&'static str, FluentValue<'_>)],
    at: &str,
) -> Markup {
    let values = [values, &[("time", "\u{1}".into())]].concat();
    let said = texts.with(key, &values);
    let (before, after) = said.split_once('\u{1}').unwrap_or((&said, ""));
    html! { (before) @if before.len() < said.len() { (time(at)) } (after) }
}

/// How many have opened it.
fn taken(receipt: &Receipt) -> u64 {
    let opened = receipt.events.iter().filter(|event| event.kind == "opened").count();
    u64::try_from(opened).unwrap_or(u64::MAX)
}

/// A time as RFC 3339 has it, for people: to the minute, in UTC until a module says it in the reader's.
fn time(rfc3339: &str) -> Markup {
    let (day, clock) = rfc3339.split_once('T').unwrap_or((rfc3339, ""));
    let minute = clock.get(..5).unwrap_or_default();
    html! { time datetime=(rfc3339) { (day) " " (minute) " UTC" } }
}

/// The page in every state and after every verb, for the test that renders them.
#[cfg(test)]
pub(super) fn all(texts: &Texts) -> Vec<Markup> {
    let kinds = [
        "created",
        "opened",
        "delivered",
        "delivery-unconfirmed",
        "passphrase-matched",
        "passphrase-rejected",
        "locked",
        "burned",
        "expired",
        "lost",
        "integrity-failure",
    ];
    let at = "2026-11-24T12:00:00.000Z";
    let event = |kind: &&str| Event { at: at.into(), kind: (*kind).into(), actor: "system".into() };
    let outcomes =
        [BurnOutcome::Burned, BurnOutcome::Expired, BurnOutcome::Lost, BurnOutcome::Opened];
    let states = ["waiting", "locked", "delivering", "opened", "burned", "expired", "lost"];
    let mut pages = Vec::new();
    for (state, outcome) in states.iter().zip(outcomes.map(Some).into_iter().chain([None; 3])) {
        let document = serde_json::json!({
            "ref": "r", "state": state, "created_at": at, "expires_at": at, "ended_at": null,
            "views": 1, "views_left": 1, "passphrase": outcome.is_some(), "strict": true,
            "sealed_by": "server", "events": [],
            "failed_passphrases": { "failed": 1, "limit": 20, "action": "lock" },
        });
        let mut told: Receipt = serde_json::from_value(document).unwrap();
        told.events = kinds.iter().map(event).collect();
        let (link, asks) = (Some("https://secrets.example/secret/x"), outcome.is_none());
        let view = View { at: "/receipt/x", receipt: &told, until: at, link, outcome, asks };
        pages.push(receipt(texts, &view));
    }
    pages
}
