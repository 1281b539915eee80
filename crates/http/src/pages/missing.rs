//! Not found: for an address that no route knows.

use maud::{Markup, html};

use super::shell::{Seal, Shell, flap};
use super::texts::Texts;

pub(super) fn page(texts: &Texts) -> Markup {
    let t = |key: &str| texts.get(key);
    let main = html! {
        div.sheet.letter.empty-letter {
            (flap(Seal::None))
            h1 { (t("missing-heading")) }
            p.lede { (t("missing-lede")) }
            p.act-one { a.btn.verb href="/" { (t("missing-verb")) } }
        }
    };
    Shell { texts, title: "missing-title", foot: "foot-sealed", module: None, main }.render()
}
