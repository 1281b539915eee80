//! What the pages of the house are made of: fields, choices, tables, notes, and forms of one button.
//!
//! Each works without JavaScript, says to a screen reader what it shows, and is whole on the narrowest
//! screen. Words come in as texts: whoever makes a page knows in which language.

use maud::{Markup, html};

use super::house::Visitor;
use super::shell::icon;
use super::texts::Texts;

/// A field of one line with what is said about it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Field<'a> {
    /// Its name in the form; its id as well, unless it has one of its own.
    pub(crate) name: &'a str,
    /// Its id, where two forms of a page have a field of this name; empty for the name.
    pub(crate) id: &'a str,
    pub(crate) label: &'a str,
    /// `text`, `email`, `password`, ...; empty for `text`.
    pub(crate) kind: &'a str,
    pub(crate) value: &'a str,
    /// What helps to fill it in; empty for none.
    pub(crate) help: &'a str,
    /// What was wrong with what was sent; empty for nothing.
    pub(crate) wrong: &'a str,
    /// The token of `autocomplete`; empty for `off`.
    pub(crate) completes: &'a str,
    /// The keyboard to show: `numeric`, ...; empty for the usual one.
    pub(crate) keyboard: &'a str,
    /// Most characters; 0 for no limit.
    pub(crate) most: u32,
    pub(crate) optional: bool,
    /// A code: written in even letters, without spelling help.
    pub(crate) code: bool,
}

impl Field<'_> {
    /// The field.
    pub(crate) fn show(self) -> Markup {
        let Self { name, label, kind, value, help, wrong, .. } = self;
        let id = if self.id.is_empty() { name } else { self.id };
        let told = [(help, "help"), (wrong, "wrong")];
        let told = told.into_iter().filter(|(text, _)| !text.is_empty());
        let described = told.map(|(_, what)| format!("{id}-{what}")).collect::<Vec<_>>().join(" ");
        let or = |text: &str, other: &'static str| {
            if text.is_empty() { other.to_owned() } else { text.to_owned() }
        };
        let is_plain = !self.code && !matches!(kind, "email" | "password");
        html! {
            div {
                label for=(id) { (label) }
                input class=(if self.code { "in code" } else { "in" }) id=(id) name=(name)
                    type=(or(kind, "text")) value=[Some(value).filter(|value| !value.is_empty())]
                    autocomplete=(or(self.completes, "off"))
                    inputmode=[Some(self.keyboard).filter(|keyboard| !keyboard.is_empty())]
                    maxlength=[Some(self.most).filter(|most| *most > 0)]
                    required[!self.optional]
                    spellcheck=[(!is_plain).then_some("false")]
                    autocapitalize=[(!is_plain).then_some("off")]
                    aria-invalid=[(!wrong.is_empty()).then_some("true")]
                    autofocus[!wrong.is_empty()]
                    aria-describedby=[Some(described).filter(|ids| !ids.is_empty())];
                @if !help.is_empty() { p.help id=(format!("{id}-help")) { (help) } }
                @if !wrong.is_empty() { p.wrong id=(format!("{id}-wrong")) { (wrong) } }
            }
        }
    }
}

/// One of several things to choose.
#[derive(Clone, Copy)]
pub(crate) struct Choice<'a> {
    pub(crate) value: &'a str,
    pub(crate) label: &'a str,
    /// What it means; empty for nothing to add.
    pub(crate) help: &'a str,
    pub(crate) chosen: bool,
}

/// Things to choose under one question: one of them, or `many`.
pub(crate) fn choices(name: &str, question: &str, many: bool, all: &[Choice<'_>]) -> Markup {
    html! {
        fieldset {
            legend { (question) }
            @for (number, choice) in all.iter().enumerate() {
                @let help = format!("{name}-{number}-help");
                label.choice {
                    input type=(if many { "checkbox" } else { "radio" }) name=(name)
                        value=(choice.value) checked[choice.chosen]
                        aria-describedby=[(!choice.help.is_empty()).then_some(&help)];
                    span { (choice.label) }
                    @if !choice.help.is_empty() { span.help id=(help) { (choice.help) } }
                }
            }
        }
    }
}

/// A list of things to choose one of, folded.
pub(crate) fn selection(name: &str, label: &str, all: &[Choice<'_>]) -> Markup {
    html! {
        div {
            label for=(name) { (label) }
            select.in id=(name) name=(name) {
                @for choice in all {
                    option value=(choice.value) selected[choice.chosen] { (choice.label) }
                }
            }
        }
    }
}

/// A table. Narrow, each row becomes a paragraph, so each cell knows the head of its column.
pub(crate) struct Table<'a> {
    /// What it is a table of, for those who hear it.
    pub(crate) caption: &'a str,
    /// The heads of its columns, but for that of the actions.
    pub(crate) heads: &'a [String],
    /// The cells of each row, the first one leads, and what can be done with it.
    pub(crate) rows: Vec<(Vec<Markup>, Option<Markup>)>,
}

impl Table<'_> {
    /// The table.
    pub(crate) fn show(self, texts: &Texts) -> Markup {
        let Self { caption, heads, rows } = self;
        let acts = rows.iter().any(|(_, act)| act.is_some());
        html! {
            table.table role="table" {
                caption.vh { (caption) }
                thead role="rowgroup" {
                    tr role="row" {
                        @for head in heads { th role="columnheader" scope="col" { (head) } }
                        @if acts {
                            th role="columnheader" scope="col" {
                                span.vh { (texts.get("house-actions")) }
                            }
                        }
                    }
                }
                tbody role="rowgroup" {
                    @for (cells, act) in rows {
                        tr role="row" {
                            @for (number, (cell, head)) in cells.iter().zip(heads).enumerate() {
                                td.lead[number == 0] role="cell" data-th=(head) { div { (cell) } }
                            }
                            @if acts { td.act role="cell" data-th="" { @if let Some(act) = act { (act) } } }
                        }
                    }
                }
            }
        }
    }
}

/// Where nothing is yet: what would be here, and how it comes to be.
pub(crate) fn empty(symbol: &Markup, heading: &str, text: &str, act: Option<Markup>) -> Markup {
    html! {
        div.empty {
            (symbol)
            div { h2 { (heading) } p.soft.small { (text) } }
            @if let Some(act) = act { (act) }
        }
    }
}

/// Something to know, without haste.
pub(crate) fn note(symbol: &str, text: &Markup) -> Markup {
    html! { div.note { (icon(symbol)) div { (text) } } }
}

/// What has come of a form: it is done.
pub(crate) fn done(text: &str) -> Markup {
    html! { div.note.done #done role="status" { (icon("check")) p { (text) } } }
}

/// What has come of a form: it was refused, and why.
pub(crate) fn refused(text: &str) -> Markup {
    html! { div.note.warn #fault role="alert" { (icon("alert")) p { (text) } } }
}

/// A form of one button, as they stand in rows and beside headings.
#[derive(Clone, Copy)]
pub(crate) struct Press<'a> {
    /// Where it is sent.
    pub(crate) to: &'a str,
    /// What goes with it, beside the token against other sites.
    pub(crate) with: &'a [(&'a str, &'a str)],
    pub(crate) label: &'a str,
    /// Which one of several, for those who hear it; empty where there is one.
    pub(crate) which: &'a str,
    /// Its classes beside `btn`: `bare`, `burn`, `verb`.
    pub(crate) class: &'a str,
}

impl Press<'_> {
    /// The form.
    pub(crate) fn show(self, visitor: &Visitor) -> Markup {
        html! {
            form method="post" action=(self.to) {
                (visitor.csrf())
                @for (name, value) in self.with {
                    input type="hidden" name=(name) value=(value);
                }
                button class=(format!("btn {}", self.class)) type="submit" {
                    (self.label)
                    @if !self.which.is_empty() { span.vh { " " (self.which) } }
                }
            }
        }
    }
}

/// A moment, which the page's module says as the reader's clock has it.
pub(crate) fn time(at: &str) -> Markup {
    html! { time datetime=(at) { (at.get(..16).unwrap_or(at).replace('T', " ")) " UTC" } }
}
