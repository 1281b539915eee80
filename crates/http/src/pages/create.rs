//! Create: one field, one verb. Done takes its place, without a reload.

use maud::{Markup, html};
use wire::limits::{Limits, Range};

use super::shell::{Seal, Shell, flap, going, icon, insecure, late, no_script};
use super::texts::Texts;
use super::timeline::timeline;

/// The steps of the expiry slider in seconds.
const STEPS: [u64; 7] = [300, 3600, 14_400, 86_400, 259_200, 604_800, 2_592_000];

/// `closed`: only some may share here, and whoever asks is not known to be one of them.
pub(super) fn page(texts: &Texts, limits: &Limits, closed: bool) -> Markup {
    let main = html! { (create(texts, limits, closed)) (done(texts)) };
    Shell { texts, title: "create-title", foot: "foot-sealed", module: Some("js/create.js"), main }
        .render()
}

fn create(texts: &Texts, limits: &Limits, closed: bool) -> Markup {
    let t = |key: &str| texts.get(key);
    let Limits { max_envelope_bytes, expires_in, views, failed_passphrases: tries } = *limits;
    html! {
        div #create {
            h1 { (t("create-heading")) }
            p.lede #create-lede { (texts.with("create-lede", &[("count", 1.into())])) }
            (insecure(texts, false))
            (no_script(texts, "sigill share", false))
            (late(texts))
            @if closed {
                div.note.warn.spaced #closed {
                    (icon("key"))
                    div {
                        p { b { (t("closed-title")) } }
                        p { (t("closed-text")) }
                        p { a.btn href="/sign-in?next=%2F" { (t("closed-sign-in")) } }
                    }
                }
            }
            form.scripted #form hidden[closed] novalidate autocomplete="off" data-max-bytes=(max_envelope_bytes)
                data-seconds=(expires_in.default) data-min-seconds=(expires_in.min)
                data-max-seconds=(expires_in.max) data-max-views=(views.max)
                data-min-tries=(tries.min) data-max-tries=(tries.max) {
                div.sheet.write {
                    label.vh for="secret" { (t("create-label")) }
                    textarea #secret rows="7" autocomplete="off" spellcheck="false"
                        autocapitalize="off" placeholder=(t("create-placeholder")) autofocus {}
                    div #fields .named hidden {}
                    div.tools.row {
                        button.btn.bare #use-fields type="button" {
                            (icon("person")) span { (t("create-fields")) }
                        }
                        button.btn.bare #make-password type="button" aria-expanded="false"
                            aria-controls="generator" { (icon("key")) (t("create-make-password")) }
                        button.btn.bare.end #look type="button" aria-haspopup="dialog" {
                            (icon("eye")) (t("create-preview"))
                        }
                    }
                    (generator(texts))
                }
                div.note.offer #offer role="status" hidden {
                    (icon("split"))
                    div {
                        p { b { (t("offer-title")) } " " (t("offer-text")) }
                        p.row {
                            button.btn #offer-accept type="button" { (t("offer-accept")) }
                            button.btn.bare #offer-decline type="button" { (t("offer-decline")) }
                        }
                    }
                }
                (terms(texts, limits))
                div.note.warn.spaced #fault role="alert" hidden { (icon("alert")) p #fault-text {} }
                p.row.spaced-l {
                    button.btn.verb #submit type="submit" disabled { (t("create-verb")) }
                    span.soft.small #keys hidden { kbd #modifier { "Ctrl" } " " kbd { "Enter" } }
                }
                (going(texts, &["js/going.js", "js/uploads.js"]))
            }
            (field_template(texts))
            (preview(texts))
        }
    }
}

/// The page that the link will lead to, to be looked at.
fn preview(texts: &Texts) -> Markup {
    let t = |key: &str| texts.get(key);
    html! {
        dialog #preview aria-labelledby="preview-title" {
            div.row {
                h2 #preview-title { (t("create-preview")) }
                button.btn.bare.end #preview-close type="button" {
                    (icon("close")) (t("preview-close"))
                }
            }
            div.sheet.letter.compact inert {
                (flap(Seal::Whole))
                p.title { (t("open-heading")) }
                p.lede { (t("open-lede")) }
                div.act-one #preview-ask {
                    div #preview-pass hidden {
                        span.label { (t("open-passphrase")) }
                        div.in {}
                    }
                    span.btn.verb { (t("open-verb")) }
                }
                p.small.soft.learn { (t("open-learn")) }
            }
            p.help { (t("preview-help")) }
        }
    }
}

fn generator(texts: &Texts) -> Markup {
    let t = |key: &str| texts.get(key);
    html! {
        div.generator #generator role="group" aria-label=(t("generator-label")) hidden {
            div.join {
                output.in.mono #generated aria-live="polite" {}
                button.btn #generate type="button" { (icon("refresh")) (t("generator-another")) }
            }
            div.row.spaced {
                div.join role="group" {
                    button.btn #kind-characters type="button" aria-pressed="true" {
                        (t("generator-characters"))
                    }
                    button.btn #kind-words type="button" aria-pressed="false" {
                        (t("generator-words"))
                    }
                }
                label.vh for="generator-length" { (t("generator-length")) }
                input.in.narrow.num #generator-length type="number" inputmode="numeric" min="4"
                    max="64" value="20";
                span.soft.small #bits {}
                button.btn.end #generator-use type="button" { (t("generator-use")) }
            }
        }
    }
}

fn terms(texts: &Texts, limits: &Limits) -> Markup {
    let term = |id: &str, controls: &str, text: String| {
        html! {
            button.term id=(id) type="button" aria-expanded="false" aria-controls=(controls) {
                (text)
            }
        }
    };
    let default = span(texts, limits.expires_in.default);
    let expiry = texts.with("terms-for", &[("duration", default.into())]);
    let unset = texts.with("terms-passphrase", &[("set", "no".into())]);
    html! {
        p.terms aria-label=(texts.get("terms-label")) role="group" {
            (term("term-views", "row-views", texts.with("terms-views", &[("count", 1.into())])))
            "\u{a0}\u{b7} "
            (term("term-expiry", "row-expiry", expiry))
            "\u{a0}\u{b7} "
            (term("term-pass", "row-pass", unset))
            "\u{a0}\u{b7} "
            (term("term-more", "row-more", texts.get("terms-more")))
        }
        div.options {
            (expiry_row(texts, limits.expires_in))
            (views_row(texts, limits.views))
            (pass_row(texts, limits.failed_passphrases))
            (more_row(texts))
        }
    }
}

/// A lifetime in its largest whole unit, rounded up.
fn span(texts: &Texts, seconds: u64) -> String {
    let unit = match seconds {
        86_400.. if seconds.is_multiple_of(86_400) => ("days", 86_400),
        3600.. if seconds.is_multiple_of(3600) => ("hours", 3600),
        _ => ("minutes", 60),
    };
    texts.with(unit.0, &[("count", seconds.div_ceil(unit.1).into())])
}

fn expiry_row(texts: &Texts, lifetime: Range) -> Markup {
    let t = |key: &str| texts.get(key);
    let steps = || STEPS.into_iter().filter(|step| (lifetime.min..=lifetime.max).contains(step));
    let last = steps().count().saturating_sub(1);
    let start = steps().take_while(|step| *step < lifetime.default).count().min(last);
    html! {
        div #row-expiry hidden {
            label.label for="expiry" { (t("expiry-label")) }
            div {
                input.scale #expiry type="range" min="0" max=(last) step="1" value=(start)
                    aria-describedby="expiry-help" hidden[last == 0];
                div.ticks #ticks aria-hidden="true" hidden[last == 0] {
                    @for seconds in steps() {
                        span data-seconds=(seconds) { (t(&format!("expiry-short-{seconds}"))) }
                    }
                }
                p.help #expiry-help { b #expiry-until {} " " span #expiry-why {} }
                div.row.spaced {
                    label.small for="exact" { (t("expiry-exact")) }
                    div.join {
                        input.in.narrow.num #exact type="number" inputmode="numeric" min="1";
                        select.in #unit aria-label=(t("expiry-unit")) {
                            option value="60" { (t("unit-minutes")) }
                            option value="3600" { (t("unit-hours")) }
                            option value="86400" selected { (t("unit-days")) }
                        }
                    }
                }
            }
        }
    }
}

fn views_row(texts: &Texts, views: Range) -> Markup {
    let t = |key: &str| texts.get(key);
    html! {
        div #row-views hidden {
            label.label for="views" { (t("views-label")) }
            div {
                div.row {
                    div.join {
                        button.btn #fewer type="button" disabled {
                            (icon("minus")) span.vh { (t("views-fewer")) }
                        }
                        input.in.narrow.num #views type="number" inputmode="numeric" min="1"
                            max=(views.max) value="1";
                        button.btn #more type="button" {
                            (icon("plus")) span.vh { (t("views-more")) }
                        }
                    }
                    span #views-times {}
                }
                p.help { (t("views-help")) }
            }
        }
    }
}

fn pass_row(texts: &Texts, tries: Range) -> Markup {
    let t = |key: &str| texts.get(key);
    html! {
        div #row-pass hidden {
            label.label for="pass" { (t("pass-label")) }
            div {
                input.in.mono #pass type="text" autocomplete="off" spellcheck="false"
                    autocapitalize="off" aria-describedby="pass-help";
                p.row.spaced {
                    button.btn #suggest type="button" { (icon("refresh")) (t("pass-another")) }
                    button.btn.copy #pass-copy type="button" {
                        (icon("copy")) span.says { (t("copy")) } span.vh { " " (t("pass-copy")) }
                    }
                }
                p.help #pass-help { (t("pass-help")) }
                div.row.spaced.small {
                    label.inline for="tries" { (t("pass-after")) }
                    input.in.narrow.num #tries type="number" inputmode="numeric"
                        min=(tries.min) max=(tries.max) value=(tries.default);
                    label.inline for="action" { (t("pass-action")) }
                    select.in.auto #action {
                        option value="lock" { (t("pass-lock")) }
                        option value="burn" { (t("pass-burn")) }
                    }
                }
            }
        }
    }
}

fn more_row(texts: &Texts) -> Markup {
    let t = |key: &str| texts.get(key);
    html! {
        div #row-more hidden {
            span.label { (t("more-label")) }
            div {
                label.row.tick for="strict" {
                    input #strict type="checkbox" aria-describedby="strict-help";
                    (t("strict-option"))
                }
                p.help #strict-help { (t("strict-help")) }
            }
        }
    }
}

/// One named field, cloned by the module.
fn field_template(texts: &Texts) -> Markup {
    let t = |key: &str| texts.get(key);
    html! {
        template #field {
            div.field {
                div.row {
                    select.in.auto.role aria-label=(t("field-label")) {
                        @for role in ["user", "password", "address", "note", "other"] {
                            option value=(role) { (t(&format!("field-{role}"))) }
                        }
                    }
                    input.in.name type="text" autocomplete="off" placeholder=(t("field-label"))
                        aria-label=(t("field-label")) maxlength="100" hidden;
                    button.btn.bare.end.remove type="button" {
                        (icon("close")) span.vh.remove-name {}
                    }
                }
                textarea.in.value rows="1" autocomplete="off" spellcheck="false"
                    autocapitalize="off" {}
            }
        }
        template #field-add-template {
            button.btn.bare #field-add type="button" { (icon("plus")) (t("field-add")) }
        }
    }
}

fn done(texts: &Texts) -> Markup {
    let t = |key: &str| texts.get(key);
    html! {
        div #done hidden {
            div.sheet.letter.compact {
                (flap(Seal::Whole))
                h1 #done-heading tabindex="-1" {}
                p.lede #done-lede {}
                div.ways {
                    section {
                        h2 { (t("done-link")) }
                        (part(texts, "link", None, "copy-link"))
                    }
                    section {
                        h2 { (t("done-apart")) }
                        p.help { (t("done-apart-text")) }
                        (part(texts, "address", Some(("mail", "done-address")), "copy-address"))
                        (part(texts, "key", Some(("phone", "done-key")), "copy-key"))
                    }
                    section.beside {
                        div {
                            h2 { (t("done-qr")) }
                            p.help { (t("done-qr-text")) }
                            p.spaced {
                                button.btn #qr-save type="button" {
                                    (icon("download")) (t("done-qr-save"))
                                }
                            }
                        }
                        canvas.qr #qr role="img" aria-label=(t("done-qr-name")) width="1" height="1" {}
                    }
                }
            }
            div.note.spaced-l #done-passphrase hidden { (icon("key")) p { (t("done-passphrase")) } }
            p.help.under { (t("done-own")) }
            (timeline(texts, &html! {
                button.btn.bare #another type="button" { (t("done-another")) }
                button.btn.bare.end #keep type="button" { (t("done-keep")) }
            }))
            p.box.spaced #receipt-link dir="ltr" tabindex="0" hidden {}
        }
    }
}

/// One text in its box, with a button of its own that copies it.
fn part(texts: &Texts, id: &str, channel: Option<(&str, &str)>, copied: &str) -> Markup {
    html! {
        div.part {
            @if let Some((glyph, label)) = channel {
                p.label.row { (icon(glyph)) (texts.get(label)) }
            }
            p.box id=(id) dir="ltr" {}
            button.btn.copy type="button" data-copy=(id) {
                (icon("copy")) span.says { (texts.get("copy")) } span.vh { " " (texts.get(copied)) }
            }
        }
    }
}
