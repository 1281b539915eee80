//! What has happened to a secret, as its owner sees it in the overview: the timeline without a module.

use maud::{Markup, html};
use wire::receipts::{Event, Receipt, State};
use wire::secrets::SealedBy;

use super::parts::time;
use super::texts::Texts;
use super::timeline::glyph;

/// The lines of a timeline, the oldest first.
pub(super) fn happened(texts: &Texts, receipt: &Receipt) -> Markup {
    let is_alarm = |event: &Event| {
        let kinds = ["passphrase-matched", "passphrase-rejected", "locked", "integrity-failure"];
        kinds.contains(&&*event.kind)
    };
    let waits = match receipt.state {
        State::Waiting => Some("time-waiting"),
        State::Locked => Some("overview-time-locked"),
        State::Delivering | State::Opened | State::Burned | State::Expired | State::Lost => None,
    };
    html! {
        @for event in &receipt.events {
            li.alarm[is_alarm(event)] {
                (glyph(&event.kind))
                b { (what(texts, receipt, event)) }
                (time(&event.at))
            }
        }
        @if let Some(waits) = waits {
            li.next {
                (glyph("waiting"))
                b { (texts.get(waits)) }
                (time(&receipt.expires_at))
            }
        }
    }
}

fn what(texts: &Texts, receipt: &Receipt, event: &Event) -> String {
    let key = match &*event.kind {
        "created" if matches!(receipt.sealed_by, SealedBy::Server) => "sealed-created",
        "created" => "time-created",
        "opened" => "time-opened",
        "delivered" => "time-delivered",
        "delivery-unconfirmed" => "time-delivery-unconfirmed",
        "passphrase-matched" => "time-passphrase-matched",
        "passphrase-rejected" => "time-passphrase-rejected",
        "locked" => "time-locked",
        "unlocked" => "time-unlocked",
        "burned" => "time-burned",
        "expired" => "time-expired",
        "lost" => "time-lost",
        "mail-sent" => "time-mail-sent",
        "mail-cancelled" => "time-mail-cancelled",
        "mail-failed" => "time-mail-failed",
        _ => "time-integrity-failure",
    };
    texts.with(key, &[("actor", event.actor.as_str().into())])
}
