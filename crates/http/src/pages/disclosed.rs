//! What the server has sealed, for a stranger with its link: it waits for a click, or is shown, or is gone.
//!
//! Everything here works without JavaScript: a form asks, and the answer is a page. Unknown, ended and
//! denied are one page.

use maud::{Markup, html};

use super::shell::{Manner, Seal, Shell, copy_from, flap, icon};
use super::texts::Texts;

/// What a reader hears beside the form, after an attempt.
#[derive(Clone, Copy)]
pub(super) enum Said {
    /// Too much is being done.
    Busy,
    /// It takes a passphrase.
    Needed,
    /// The passphrase was wrong, and so many tries are left.
    Rejected(u32),
    /// This network has to wait so many seconds.
    Wait(u64),
}

impl Said {
    fn text(self, texts: &Texts) -> String {
        match self {
            Self::Busy => texts.get("sealed-busy"),
            Self::Needed => texts.get("sealed-needed"),
            Self::Rejected(left) => texts.with("open-wrong-left", &[("count", left.into())]),
            Self::Wait(seconds) => {
                let wait = match seconds {
                    0..=90 => texts.with("seconds", &[("count", seconds.into())]),
                    _ => texts.with("minutes", &[("count", seconds.div_ceil(60).into())]),
                };
                texts.with("open-wait", &[("wait", wait.into())])
            }
        }
    }
}

/// It waits.
pub(super) fn ready(texts: &Texts, passphrase: bool, said: Option<Said>) -> Markup {
    let t = |key: &str| texts.get(key);
    let learn = if passphrase { "sealed-learn-passphrase" } else { "sealed-learn" };
    let main = html! {
        form method="post" autocomplete="off" {
            div.sheet.letter {
                (flap(Seal::Whole))
                h1 { (t("open-heading")) }
                p.lede {
                    (t("open-lede"))
                    @if said.is_none() { " " (t("open-untouched")) }
                }
                div.act-one.ask {
                    @if passphrase {
                        div {
                            label for="passphrase" { (t("open-passphrase")) }
                            input.in #passphrase name="passphrase" type="password" required
                                autocomplete="off" spellcheck="false" autocapitalize="off"
                                autofocus[said.is_some()] aria-describedby="passphrase-help";
                            p.help #passphrase-help { (t("open-passphrase-help")) }
                        }
                    }
                    @if let Some(said) = said {
                        div.note.warn #fault role="alert" {
                            (icon("alert")) p { (said.text(texts)) }
                        }
                    }
                    button.btn.verb #show type="submit" { (t("open-verb")) }
                }
                p.small.soft.learn { (t(learn)) " " (t("sealed-once")) }
            }
            (how(texts))
            p.under.small.soft { (t("open-unexpected")) }
        }
    };
    page(texts, "open-title", Manner::Form, main)
}

/// Who has sealed it, and what that means.
fn how(texts: &Texts) -> Markup {
    html! {
        div.note.spaced-l #how {
            (icon("shield"))
            p { b { (texts.get("sealed-how-title")) } " " (texts.get("sealed-how")) }
        }
    }
}

/// The view is theirs. There is no second one.
pub(super) fn shown(texts: &Texts, content: &str) -> Markup {
    let t = |key: &str| texts.get(key);
    let main = html! {
        div.sheet.letter.compact {
            (flap(Seal::Broken))
            h1 { (t("revealed-heading")) }
            p.lede { (t("sealed-shown")) }
            section.part-of {
                div.row {
                    h2 #says { (t("revealed-text")) }
                    span.end.row { (copy_from(texts, "content")) }
                }
                // A parser drops the first line break of a `pre`.
                pre.value-text #content tabindex="0" aria-labelledby="says" { "\n" (content) }
            }
        }
    };
    page(texts, "open-title", Manner::Once, main)
}

/// The one page for everything that cannot be opened.
pub(super) fn gone(texts: &Texts) -> Markup {
    let t = |key: &str| texts.get(key);
    let main = html! {
        div.sheet.letter.empty-letter #gone {
            (flap(Seal::None))
            h1 { (t("gone-heading")) }
            p.lede { (t("gone-lede")) }
            div.note.warn.spaced-l {
                (icon("alert"))
                p { b { (t("gone-tell")) } " " (t("gone-tell-why")) }
            }
            p.small.soft.learn { (t("gone-check")) }
        }
    };
    page(texts, "open-title", Manner::Form, main)
}

/// No link as any was made. No store was asked.
pub(super) fn incomplete(texts: &Texts, cut: bool) -> Markup {
    let (heading, why) = if cut {
        ("incomplete-cut", "incomplete-cut-why")
    } else {
        ("incomplete-mistyped", "incomplete-mistyped-why")
    };
    let main = html! {
        div.sheet.letter #incomplete {
            (flap(Seal::Whole))
            h1 { (texts.get(heading)) }
            p.lede { (texts.get(why)) }
            p.act-one { (texts.get("sealed-again")) }
        }
    };
    page(texts, "open-title", Manner::Form, main)
}

fn page(texts: &Texts, title: &'static str, manner: Manner, main: Markup) -> Markup {
    let module = Some("js/sealed.js");
    Shell { texts, title, foot: "foot-server", module, main }.render_as(manner)
}
