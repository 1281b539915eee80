//! Good practice: eight habits, and a word to readers.

use maud::{Markup, html};

use super::shell::{Shell, icon};
use super::texts::Texts;

pub(super) fn page(texts: &Texts) -> Markup {
    let t = |key: &str| texts.get(key);
    let main = html! {
        h1 { (t("practice-heading")) }
        p.lede { (t("practice-lede")) }
        ol.steps.spaced-l {
            @for number in 1..=8 {
                li {
                    span.n aria-hidden="true" { (number) }
                    div {
                        h2 { (t(&format!("practice-{number}"))) }
                        p { (t(&format!("practice-{number}-text"))) }
                    }
                }
            }
        }
        div.note.spaced-l {
            (icon("mail"))
            div {
                h2 { (t("practice-readers")) }
                p.spaced { (t("practice-readers-text")) }
            }
        }
    };
    Shell { texts, title: "practice-title", foot: "foot-sealed", module: None, main }.render()
}
