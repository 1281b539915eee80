//! Open: a page for a stranger. Every state is here; the module shows one of them at a time.
//!
//! The page is the same for every id. Whether a passphrase is needed stands in the link, and what the
//! server knows is told only to somebody who has proved that they hold it.

use maud::{Markup, html};

use super::shell::{Seal, Shell, flap, icon, insecure, no_script};
use super::texts::Texts;

pub(super) fn page(texts: &Texts) -> Markup {
    let main = html! {
        (insecure(texts))
        (no_script(texts, "sigill open '<link>'"))
        (ready(texts))
        (revealed(texts))
        (wiped(texts))
        (gone(texts))
        (incomplete(texts))
        p.vh #news role="status" {}
    };
    Shell { texts, title: "open-title", module: Some("js/open.js"), main }.render()
}

fn ready(texts: &Texts) -> Markup {
    let t = |key: &str| texts.get(key);
    html! {
        form.sheet.letter #ready novalidate autocomplete="off" hidden {
            (flap(Seal::Whole))
            h1 tabindex="-1" { (t("open-heading")) }
            p.lede { (t("open-lede")) }
            div.note.warn.spaced-l #own role="alert" hidden {
                (icon("alert"))
                div {
                    p { b { (t("open-own-title")) } " " (t("open-own-text")) }
                    p.row {
                        button.btn #own-anyway type="button" { (t("open-own-anyway")) }
                        a.btn.bare href="/" { (t("open-own-back")) }
                    }
                }
            }
            div.ask.spaced-l #ask hidden {
                div {
                    label for="passphrase" { (t("open-passphrase")) }
                    input.in #passphrase type="password" autocomplete="off" spellcheck="false"
                        autocapitalize="off" aria-describedby="passphrase-help";
                    p.help #passphrase-help { (t("open-passphrase-help")) }
                }
            }
            div.note.warn.spaced-l #fault role="alert" hidden { (icon("alert")) p #fault-text {} }
            p.act-one { button.btn.verb #show type="submit" { (t("open-verb")) } }
            p.small.soft.learn { (t("open-learn")) }
        }
    }
}

fn revealed(texts: &Texts) -> Markup {
    let t = |key: &str| texts.get(key);
    html! {
        div #revealed hidden {
            div.sheet.letter.compact {
                (flap(Seal::Broken))
                h1 tabindex="-1" { (t("revealed-heading")) }
                p.lede #revealed-lede {}
                div #content {}
            }
            div.wipe {
                div.row {
                    p.num #wipe-text {}
                    button.btn.bare.end #longer type="button" { (icon("clock")) (t("revealed-longer")) }
                }
                progress #wipe-bar max="300" value="300" aria-labelledby="wipe-text" {}
                p.row { button.btn.verb #wipe-now type="button" { (t("revealed-wipe-now")) } }
            }
        }
        template #text-template {
            section.part-of {
                div.row {
                    h2 { (t("revealed-text")) }
                    span.end.row {
                        button.btn.save type="button" { (icon("download")) (t("revealed-save")) }
                        (copy(texts))
                    }
                }
                pre.value-text tabindex="0" {}
            }
        }
        template #field-template {
            div {
                dt {}
                dd { span.value {} }
                dd.row {
                    button.btn.bare.mask type="button" aria-pressed="false" {
                        (icon("eye")) span.says { (t("show")) } span.vh.what {}
                    }
                    (copy(texts))
                }
            }
        }
        template #file-template {
            div.filerow {
                (icon("file"))
                div { b.file-name {} p.soft.small.file-size {} }
                button.btn.save type="button" { (icon("download")) (t("revealed-save")) }
            }
        }
    }
}

fn copy(texts: &Texts) -> Markup {
    html! {
        button.btn.copy type="button" {
            (icon("copy")) span.says { (texts.get("copy")) } span.vh.what {}
        }
    }
}

fn wiped(texts: &Texts) -> Markup {
    html! {
        div.sheet.letter.empty-letter #wiped hidden {
            (flap(Seal::None))
            h1 tabindex="-1" { (texts.get("wiped-heading")) }
            p.lede { (texts.get("wiped-lede")) }
        }
    }
}

fn gone(texts: &Texts) -> Markup {
    let t = |key: &str| texts.get(key);
    html! {
        div.sheet.letter.empty-letter #gone hidden {
            (flap(Seal::None))
            h1 tabindex="-1" { (t("gone-heading")) }
            p.lede { (t("gone-lede")) }
            div.note.warn.spaced-l {
                (icon("alert"))
                div {
                    p { b { (t("gone-next")) } }
                    p { (t("gone-ask")) }
                    p { (t("gone-check")) }
                }
            }
        }
    }
}

fn incomplete(texts: &Texts) -> Markup {
    let t = |key: &str| texts.get(key);
    html! {
        div.sheet.letter #incomplete hidden {
            (flap(Seal::Whole))
            h1 tabindex="-1" { (t("incomplete-heading")) }
            p.lede { (t("incomplete-lede")) }
            div.note.warn.spaced-l {
                (icon("alert"))
                p #incomplete-why {}
            }
            form.ask.spaced-l #key-form novalidate autocomplete="off" {
                div {
                    label for="key" { (t("open-key")) }
                    input.in.mono #key type="text" autocomplete="off" spellcheck="false"
                        autocapitalize="off" aria-describedby="key-help";
                    p.help #key-help { (t("open-key-help")) }
                }
                p { button.btn type="submit" { (t("open-key-verb")) } }
            }
            div #reasons hidden {
                @for reason in ["cut", "missing", "mistyped", "version"] {
                    span data-reason=(reason) { (t(&format!("incomplete-{reason}"))) }
                }
            }
        }
    }
}
