//! Receipt: the fate of one secret, for whoever holds the receipt's link.

use maud::{Markup, html};

use super::shell::{Shell, icon};
use super::texts::Texts;
use super::timeline::timeline;

pub(super) fn page(texts: &Texts) -> Markup {
    let t = |key: &str| texts.get(key);
    let main = html! {
        h1 #heading tabindex="-1" { (t("receipt-heading-loading")) }
        p.lede #lede { (t("receipt-lede-loading")) }
        div.note.warn.spaced-l #fault role="alert" hidden {
            (icon("alert"))
            div {
                p #fault-text {}
                p.row { button.btn #again type="button" { (t("try-again")) } }
            }
        }
        div #receipt hidden {
            (timeline(texts))
            section.after {
                h2 { (t("receipt-facts")) }
                dl.facts #facts {}
            }
        }
    };
    Shell { texts, title: "receipt-title", module: Some("js/receipt.js"), main }.render()
}
