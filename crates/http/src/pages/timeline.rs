//! What has happened, as the done page and the receipt show it: filled in by `js/timeline.js`.

use maud::{Markup, html};

use super::shell::{icon, mark};
use super::texts::Texts;

/// The glyph of each kind of event, cloned by the module, and of what is still to come.
const GLYPHS: [(&str, &str, bool); 16] = [
    ("created", "mark-whole", true),
    ("opened", "mark-broken", true),
    ("delivered", "check", false),
    ("delivery-unconfirmed", "alert", false),
    ("passphrase-rejected", "key", false),
    ("locked", "shield", false),
    ("unlocked", "refresh", false),
    ("burned", "flame", false),
    ("expired", "clock", false),
    ("passphrase-matched", "alert", true),
    ("mail-sent", "mail", false),
    ("mail-cancelled", "mail", false),
    ("mail-failed", "alert", false),
    ("lost", "alert", false),
    ("integrity-failure", "alert", false),
    ("waiting", "pending", false),
];

/// The glyph of one kind of event.
pub(super) fn glyph(kind: &str) -> Markup {
    let found = GLYPHS.iter().find(|(known, ..)| *known == kind);
    html! {
        span.glyph data-kind=(kind) {
            @if let Some((_, name, is_mark)) = found {
                @if *is_mark { (mark(name)) } @else { (icon(name)) }
            }
        }
    }
}

/// The timeline and its verbs, and after those the page's own.
pub(super) fn timeline(texts: &Texts, verbs: &Markup) -> Markup {
    let t = |key: &str| texts.get(key);
    html! {
        section.after #happened aria-labelledby="happened-title" {
            div.row {
                h2 #happened-title { (t("time-heading")) }
                span.live.soft.small.end #live hidden { (t("time-live")) }
            }
            ol.time #timeline {}
            p.vh #news role="status" {}
            p.row.spaced-l {
                button.btn.burn #burn type="button" hidden { (icon("flame")) (t("burn-now")) }
                button.btn #unlock type="button" hidden { (icon("refresh")) (t("unlock")) }
                (verbs)
            }
            div.note.warn.spaced #burn-sure role="group" aria-labelledby="burn-question" hidden {
                (icon("flame"))
                div {
                    p #burn-question { (t("burn-sure")) }
                    p.row {
                        button.btn.burn #burn-yes type="button" { (t("burn-yes")) }
                        button.btn.bare #burn-no type="button" { (t("burn-no")) }
                    }
                }
            }
            p.help #burn-outcome role="status" {}
            template #glyphs {
                @for (kind, ..) in GLYPHS { (glyph(kind)) }
            }
        }
    }
}
