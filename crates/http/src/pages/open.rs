//! Open: a page for a stranger. Every state is here; the module shows one of them at a time.
//!
//! The page is the same for every id. Whether a passphrase is needed stands in the link, and what the
//! server knows is told only to somebody who has proved that they hold it.

use maud::{Markup, html};

use super::shell::{Seal, Shell, flap, going, icon, insecure, late, no_script};
use super::texts::Texts;

/// What can be wrong with a link before anybody is asked.
const FAULTS: [&str; 4] = ["cut", "missing", "mistyped", "version"];

pub(super) fn page(texts: &Texts) -> Markup {
    let main = html! {
        (insecure(texts, true))
        (no_script(texts, "sigill open", true))
        (loading(texts))
        (ready(texts))
        (revealed(texts))
        (parts(texts))
        (wiped(texts))
        (gone(texts))
        (spent(texts))
        (incomplete(texts))
        p.vh #news role="status" {}
    };
    let foot = "foot-delivered";
    Shell { texts, title: "open-title", foot, module: Some("js/open.js"), main }.render()
}

/// Until the module runs; it says more when that takes long.
fn loading(texts: &Texts) -> Markup {
    html! {
        div.scripted #loading {
            h1 { (texts.get("loading-heading")) }
            (late(texts))
        }
    }
}

fn ready(texts: &Texts) -> Markup {
    let t = |key: &str| texts.get(key);
    html! {
        form #ready novalidate autocomplete="off" hidden {
            div.sheet.letter {
                (flap(Seal::Whole))
                h1 tabindex="-1" { (t("open-heading")) }
                p.lede { (t("open-lede")) " " span #untouched { (t("open-untouched")) } }
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
                div.act-one #asking {
                    div #ask hidden {
                        label for="passphrase" { (t("open-passphrase")) }
                        div.join {
                            input.in #passphrase type="password" autocomplete="off"
                                spellcheck="false" autocapitalize="off"
                                aria-describedby="passphrase-help";
                            button.btn #peek type="button" aria-pressed="false" {
                                (icon("eye")) span.vh { (t("open-passphrase-show")) }
                            }
                        }
                        p.help #passphrase-help { (t("open-passphrase-help")) }
                    }
                    div.note.warn #fault role="alert" hidden { (icon("alert")) p #fault-text {} }
                    button.btn.verb #show type="submit" { (t("open-verb")) }
                    (going(texts, &["js/going.js", "js/passphrase.js"]))
                }
                p.small.soft.learn #learn { (t("open-learn")) }
                p.small.soft.learn #learn-passphrase hidden { (t("open-learn-passphrase")) }
            }
            p.under.small.soft { (t("open-unexpected")) }
        }
    }
}

fn revealed(texts: &Texts) -> Markup {
    let t = |key: &str| texts.get(key);
    html! {
        div #revealed hidden {
            div.sheet.letter.compact {
                (flap(Seal::BrokenLater))
                h1 tabindex="-1" { (t("revealed-heading")) }
                p.lede #revealed-lede {}
                div #content {}
            }
            div.wipe {
                div.row {
                    p { b.num #wipe-clock {} " " span #wipe-text { (t("revealed-wipe")) } }
                    button.btn.bare.end #longer type="button" {
                        (icon("clock")) (t("revealed-longer"))
                    }
                }
                progress #wipe-bar max="300" value="300" aria-labelledby="wipe-text" {}
                p.row {
                    button.btn.verb #wipe-now type="button" { (t("revealed-wipe-now")) }
                }
            }
        }
    }
}

/// What contents are shown in, cloned by the module. A value goes in as text and as nothing else.
fn parts(texts: &Texts) -> Markup {
    let t = |key: &str| texts.get(key);
    html! {
        template #text-template {
            section.part-of {
                div.row {
                    h2 {}
                    span.end.row {
                        button.btn.bare.save type="button" {
                            (icon("download")) (t("revealed-save"))
                        }
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
                div { b { bdi.file-name {} } p.soft.small.file-size {} }
                button.btn.save type="button" {
                    (icon("download")) (t("save")) span.vh.what {}
                }
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
            (flap(Seal::NoneLater))
            h1 tabindex="-1" { (texts.get("wiped-heading")) }
            p.lede { (texts.get("wiped-lede")) }
        }
    }
}

fn gone(texts: &Texts) -> Markup {
    let t = |key: &str| texts.get(key);
    html! {
        div.sheet.letter.empty-letter #gone hidden {
            (flap(Seal::NoneLater))
            h1 tabindex="-1" { (t("gone-heading")) }
            p.lede { (t("gone-lede")) }
            div.note.warn.spaced-l {
                (icon("alert"))
                p { b { (t("gone-tell")) } " " (t("gone-tell-why")) }
            }
            p.small.soft.learn { (t("gone-check")) }
        }
    }
}

/// Handed out once, and not arrived.
fn spent(texts: &Texts) -> Markup {
    let t = |key: &str| texts.get(key);
    html! {
        div.sheet.letter.empty-letter #spent hidden {
            (flap(Seal::NoneLater))
            h1 tabindex="-1" { (t("spent-heading")) }
            p.lede { (t("spent-lede")) }
            div.note.warn.spaced-l {
                (icon("alert"))
                p { b { (t("spent-tell")) } " " (t("spent-tell-why")) }
            }
        }
    }
}

fn incomplete(texts: &Texts) -> Markup {
    let t = |key: &str| texts.get(key);
    html! {
        div #incomplete hidden {
            div.sheet.letter {
                (flap(Seal::Whole))
                h1 #incomplete-heading tabindex="-1" {}
                p.lede #incomplete-lede {}
                div.cut #arrived {
                    p.label { (t("incomplete-arrived")) }
                    p.box dir="ltr" {
                        bdi #arrived-address {}
                        span.key #arrived-key {}
                        span.hole #arrived-hole { span.vh { (t("incomplete-hole")) } }
                    }
                }
                form.act-one.ask #key-form novalidate autocomplete="off" {
                    div {
                        label for="key" { (t("incomplete-paste")) }
                        input.in.mono #key type="text" autocomplete="off" spellcheck="false"
                            autocapitalize="off" aria-describedby="key-help";
                        p.help #key-help { (t("incomplete-paste-help")) }
                    }
                    div.note.warn #key-fault role="alert" hidden {
                        (icon("alert")) p { (t("incomplete-still")) }
                    }
                    button.btn.verb type="submit" { (t("incomplete-verb")) }
                }
                p.learn.small.soft { (t("incomplete-noticed")) }
            }
            div #reasons hidden {
                @for fault in FAULTS {
                    div data-reason=(fault) {
                        b { (t(&format!("incomplete-{fault}"))) }
                        p { (t(&format!("incomplete-{fault}-why"))) }
                    }
                }
            }
        }
    }
}
