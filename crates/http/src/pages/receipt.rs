//! Receipt: the fate of one secret, for whoever holds the receipt's link.

use maud::{Markup, html};

use super::shell::{Seal, Shell, icon, insecure, late, no_script, stamp};
use super::texts::Texts;
use super::timeline::timeline;

pub(super) fn page(texts: &Texts) -> Markup {
    let t = |key: &str| texts.get(key);
    let main = html! {
        div.scripted.beside.compact #head {
            div {
                h1 #heading tabindex="-1" { (t("loading-heading")) }
                p.lede #lede {}
            }
            span #sealed hidden { (stamp(Seal::Whole)) }
            span #broken hidden { (stamp(Seal::Broken)) }
        }
        (late(texts))
        (no_script(texts, "sigill receipt", true))
        (insecure(texts, true))
        div.note.warn.spaced-l #fault role="alert" hidden {
            (icon("alert"))
            div {
                p #fault-text {}
                p.row { button.btn #again type="button" { (t("try-again")) } }
            }
        }
        div #receipt hidden {
            (timeline(texts, &html! {}))
            section.after {
                h2 { (t("receipt-facts")) }
                dl.facts #facts {}
            }
        }
    };
    let foot = "foot-sealed";
    Shell { texts, title: "receipt-title", foot, module: Some("js/receipt.js"), main }.render()
}
