//! What all pages share: head, header, footer, and the small parts that return.

use maud::{DOCTYPE, Markup, html};

use super::texts::Texts;
use crate::assets;

/// A whole page.
pub(super) struct Shell<'a> {
    pub(super) texts: &'a Texts,
    /// The key of its title.
    pub(super) title: &'static str,
    /// The key of what its foot says.
    pub(super) foot: &'static str,
    /// Its entry module, if it runs any.
    pub(super) module: Option<&'static str>,
    pub(super) main: Markup,
}

/// How a page behaves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// Its module asks and shows; nothing on it is a form that a browser sends.
    App,
    /// A browser sends its form. Its module only helps, and fetches no texts.
    Form,
    /// The same, and what it shows is not shown again: nothing on it leads to the page anew.
    Once,
}

impl Shell<'_> {
    pub(super) fn render(self) -> Markup {
        self.render_as(Manner::App)
    }

    pub(super) fn render_as(self, manner: Manner) -> Markup {
        let Self { texts, title, foot, module, main } = self;
        let t = |key: &str| texts.get(key);
        let language = texts.language();
        let other = language.other();
        // With "no-referrer" a browser would say that a form comes from nowhere.
        let referrer = if manner == Manner::App { "no-referrer" } else { "strict-origin" };
        html! {
            (DOCTYPE)
            html lang=(language.tag()) dir="ltr" {
                head {
                    (head(texts, &t(title), referrer, &["styles/sigill.css"]))
                    @if let Some(texts) = assets::find(&format!("l10n/{}.ftl", language.tag())) {
                        @if module.is_some() && manner == Manner::App {
                            link rel="preload" id="texts" as="fetch" href=(texts.href) crossorigin;
                        }
                    }
                    (run(module))
                }
                body.public {
                    a.skip href="#main" { (t("skip")) }
                    header.top {
                        a.brand href="/" { (mark("mark-whole")) (t("brand")) }
                    }
                    main #main tabindex="-1" { (main) }
                    footer.foot {
                        p { (t(foot)) }
                        a href="/good-practice" { (t("foot-practice")) }
                        @if manner != Manner::Once {
                            a #language href=(format!("?lang={}", other.tag())) lang=(other.tag())
                                hreflang=(other.tag()) { (t("foot-other-language")) }
                        }
                    }
                }
            }
        }
    }
}

/// What stands in every head but the modules: how a page is named and looks.
pub(super) fn head(texts: &Texts, title: &str, referrer: &str, styles: &[&str]) -> Markup {
    html! {
        meta charset="utf-8";
        meta name="viewport" content="width=device-width, initial-scale=1";
        meta name="referrer" content=(referrer);
        meta name="color-scheme" content="light dark";
        title { (title) " \u{b7} " (texts.get("brand")) }
        @for style in styles.iter().filter_map(|name| assets::find(name)) {
            link rel="stylesheet" href=(style.href) integrity=(style.integrity);
        }
        @if let Some(mark) = assets::find("icons/mark.svg") {
            link rel="icon" type="image/svg+xml" href=(mark.href);
        }
    }
}

/// An entry module with all that it imports.
pub(super) fn run(module: Option<&str>) -> Markup {
    let modules = module.map(assets::modules).unwrap_or_default();
    html! {
        @for module in &modules {
            link rel="modulepreload" href=(module.href) integrity=(module.integrity);
        }
        @if let Some(entry) = modules.last() {
            script type="module" src=(entry.href) integrity=(entry.integrity) {}
        }
    }
}

/// The address of a symbol in the sprite.
fn symbol(name: &str) -> String {
    drawn("icons/sprite.svg", name)
}

/// The address of a symbol in a drawing. The halves of the seal are apart: where one writes, nothing is broken.
fn drawn(file: &str, name: &str) -> String {
    let file = assets::find(file).map(|file| file.href).unwrap_or_default();
    format!("{file}#{name}")
}

/// An icon of 20 units.
pub(super) fn icon(name: &str) -> Markup {
    html! { svg.i aria-hidden="true" { use href=(symbol(name)) {} } }
}

/// An icon that only the house has ([`super::house`]).
pub(super) fn house_icon(name: &str) -> Markup {
    html! { svg.i aria-hidden="true" { use href=(drawn("icons/house.svg", name)) {} } }
}

/// The mark beside a name or an event.
pub(super) fn mark(name: &str) -> Markup {
    html! { svg.mark aria-hidden="true" { use href=(symbol(name)) {} } }
}

/// A button that copies what the element `id` says, on a page whose module fetches no texts. It appears
/// when the module runs.
pub(super) fn copy_from(texts: &Texts, id: &str) -> Markup {
    let t = |key: &str| texts.get(key);
    html! {
        button.btn.copy type="button" data-from=(id) data-copied=(t("copied"))
            data-failed=(t("copy-failed")) hidden {
            (icon("copy")) span.says aria-live="polite" { (t("copy")) }
        }
    }
}

/// The flap of a letter with its seal.
#[derive(Clone, Copy)]
pub(super) enum Seal {
    /// It will be opened: the halves, which the module fetches when they may soon be shown.
    BrokenLater,
    /// It waits.
    Whole,
    /// It was opened: the halves part.
    Broken,
    /// Nothing is there any more.
    None,
    /// Nothing will be there any more: as with [`Seal::BrokenLater`].
    NoneLater,
}

/// The upper part of a letter.
pub(super) fn flap(seal: Seal) -> Markup {
    let edge = match seal {
        Seal::Whole | Seal::Broken | Seal::BrokenLater => "M0 0 50 100 100 0",
        Seal::None | Seal::NoneLater => "M0 0 43 86M57 86 100 0",
    };
    html! {
        div.flap {
            svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true" {
                path d=(edge) {}
            }
            (stamp(seal))
        }
    }
}

/// The seal alone.
pub(super) fn stamp(seal: Seal) -> Markup {
    html! {
        svg.seal viewBox="0 0 100 100" aria-hidden="true" {
            @match seal {
                Seal::Whole => use href=(symbol("seal-whole")) {},
                Seal::Broken | Seal::None => {
                    use.half-a href=(drawn("icons/broken.svg", "seal-a")) {}
                    use.half-b href=(drawn("icons/broken.svg", "seal-b")) {}
                }
                Seal::BrokenLater | Seal::NoneLater => {
                    use.half-a data-href=(drawn("icons/broken.svg", "seal-a")) {}
                    use.half-b data-href=(drawn("icons/broken.svg", "seal-b")) {}
                }
            }
        }
    }
}

/// What somebody reads whose page does not come to life; the module takes it away.
pub(super) fn late(texts: &Texts) -> Markup {
    html! {
        div.scripted.late #late role="status" {
            p.lede { (texts.get("loading-late")) }
            p.spaced { button.btn #reload type="button" hidden { (texts.get("reload")) } }
        }
    }
}

/// How far a large envelope is on its way; takes room for only as long as that lasts.
/// The modules `later` are fetched only then; their digests are here as those of all others are.
pub(super) fn going(texts: &Texts, later: &[&str]) -> Markup {
    html! {
        template #later {
            @for module in later.iter().filter_map(|name| assets::find(name)) {
                link rel="modulepreload" href=(module.href) integrity=(module.integrity);
            }
        }
        div.going #going hidden {
            progress #going-bar max="100" value="0" aria-label=(texts.get("going-label")) {}
            p.small.soft.num #going-text {}
            p.vh #going-news role="status" {}
        }
    }
}

/// What somebody without JavaScript reads. `alone` when the page then shows nothing else.
pub(super) fn no_script(texts: &Texts, command: &str, alone: bool) -> Markup {
    html! {
        noscript {
            @if alone { h1 { (texts.get("no-script-title")) } }
            div.note.warn.spaced-l {
                (icon("alert"))
                div {
                    @if !alone { p { b { (texts.get("no-script-title")) } } }
                    p { (texts.get("no-script-text")) }
                    pre { (command) }
                }
            }
        }
    }
}

/// What somebody on plain HTTP reads; shown by the page's module.
pub(super) fn insecure(texts: &Texts, alone: bool) -> Markup {
    html! {
        div #insecure role="alert" hidden {
            @if alone { h1 { (texts.get("insecure-title")) } }
            div.note.warn.spaced-l {
                (icon("alert"))
                div {
                    @if !alone { p { b { (texts.get("insecure-title")) } } }
                    p { (texts.get("insecure-text")) }
                }
            }
        }
    }
}
