//! `/overview`: what whoever is signed in has shared: how it stands, one page for each, and burning several.
//!
//! Nothing on these pages opens or burns by itself: secrets go by references, and the right comes from the session.

use std::fmt::Write as _;

use axum::body::Body;
use axum::extract::{Path, State as Extract};
use axum::response::Response;
use http::{HeaderMap, StatusCode, Uri};
use maud::{Markup, html};
use service::overview::{AT_ONCE, Group, Overseen as Theirs};
use service::people;
use service::receipt::Burn;
use wire::Problem;
use wire::overview::{Noting, Overseen};
use wire::receipts::{Receipt, State as Standing};

use super::form::Form;
use super::house::{Asked, House, Place, Visitor, see};
use super::parts::{Table, empty, refused, time};
use super::shell::{icon, mark};
use super::texts::Texts;
use super::{followed, seen};
use crate::State;
use crate::layers::guard::Person;
use crate::layers::limits::Class;
use crate::native::overview::{Narrowed, outcome, query, said};
use crate::problem::Refusal;
use crate::surface::{Access, Policy, Surface};

/// How many are shown at once: the addresses of all that can be ticked fit where somebody goes on after they have
/// confirmed who they are.
const SHOWN: usize = 25;

/// The routes.
pub(super) fn routes() -> Surface {
    let reading = Policy::new(Class::House, Access::Person);
    let asking = Policy::new(Class::House, Access::Confirmed);
    let noting = Policy::new(Class::Manage, Access::Person);
    let burning = Policy::new(Class::Manage, Access::Confirmed);
    Surface::new()
        .get("/overview", reading, list)
        .get("/overview/burn", asking, ask)
        .post("/overview/burn", burning, burn)
        .get("/overview/{ref}", reading, look)
        .post("/overview/{ref}/note", noting, note)
}

fn asker(person: &Person) -> people::Asker {
    people::Asker::Person((**person).clone())
}

async fn list(
    Extract(state): Extract<State>,
    person: Person,
    asked: Asked,
    uri: Uri,
) -> Result<Response, Refusal> {
    let form = query(&uri)?;
    let narrowed = Narrowed::read(&form)?;
    let from = form.get("from").parse().unwrap_or(0);
    let theirs = state.service().overview(&asker(&person)).await?;
    let counts = Group::ALL.map(|group| {
        let count = theirs.iter().filter(|theirs| group.has(&theirs.secret)).count();
        (group, count)
    });
    let all = theirs.len();
    let found: Vec<Theirs> = theirs.into_iter().filter(|theirs| narrowed.keeps(theirs)).collect();
    let count = found.len();
    let rows = found.into_iter().skip(from).take(SHOWN).map(said).collect();
    let listed = Listed { narrowed, counts, all, count, from, rows };
    let visitor = Visitor::of(&person);
    Ok(asked.page(StatusCode::OK, |texts| listed.page(texts, &visitor)))
}

/// What was ticked, once more, before it is burned.
async fn ask(
    Extract(state): Extract<State>,
    person: Person,
    asked: Asked,
    uri: Uri,
) -> Result<Response, Refusal> {
    let form = query(&uri)?;
    let ticked: Vec<&str> = form.all("ref").collect();
    let theirs = state.service().overview(&asker(&person)).await?;
    let is_ticked = |theirs: &Theirs| ticked.contains(&&*theirs.reference);
    let chosen: Vec<_> =
        theirs.into_iter().filter(is_ticked).take(AT_ONCE).map(said).filter(waits).collect();
    if chosen.is_empty() {
        return Ok(see("/overview"));
    }
    let visitor = Visitor::of(&person);
    Ok(asked.page(StatusCode::OK, |texts| sure(texts, &visitor, &chosen)))
}

async fn burn(
    Extract(state): Extract<State>,
    person: Person,
    asked: Asked,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let form = Form::read(&headers, body).await?;
    let refs: Vec<String> = form.all("ref").map(str::to_owned).collect();
    if refs.is_empty() || refs.len() > AT_ONCE {
        return Err(Problem::invalid("ref", "must be 1 to 100 references").into());
    }
    let asker = asker(&person);
    let burned = state.service().burn_several(&asker, &refs).await?;
    let theirs = state.service().overview(&asker).await?;
    let with_note = |(reference, burn): (String, Option<Burn>)| {
        let theirs = theirs.iter().find(|theirs| theirs.reference == reference);
        // What nobody of theirs is called is not repeated.
        let known = theirs.map(|theirs| (reference, theirs.memo.clone()));
        (known, burn)
    };
    let burned: Vec<_> = burned.into_iter().map(with_note).collect();
    let visitor = Visitor::of(&person);
    Ok(asked.page(StatusCode::OK, |texts| came_of_it(texts, &visitor, &burned)))
}

async fn look(
    Extract(state): Extract<State>,
    Path(reference): Path<String>,
    person: Person,
    asked: Asked,
) -> Result<Response, Refusal> {
    let one = One::find(&state, &person, &reference).await?;
    let visitor = Visitor::of(&person);
    Ok(asked.page(StatusCode::OK, |texts| one.page(texts, &visitor, None)))
}

async fn note(
    Extract(state): Extract<State>,
    Path(reference): Path<String>,
    person: Person,
    asked: Asked,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let form = Form::read(&headers, body).await?;
    let typed = form.get("note");
    // Whose it is comes first: nobody learns from a note that was refused.
    let one = One::find(&state, &person, &reference).await?;
    let Ok(memo) = (Noting { note: Some(typed.to_owned()) }).judge() else {
        let visitor = Visitor::of(&person);
        return Ok(asked.page(StatusCode::UNPROCESSABLE_ENTITY, |texts| {
            one.page(texts, &visitor, Some(typed))
        }));
    };
    if state.service().annotate(&asker(&person), &reference, memo).await? {
        Ok(see(&format!("/overview/{}", one.seen.reference)))
    } else {
        Err(Problem::NotFound.into())
    }
}

/// Whether it can still be burned.
fn waits(seen: &Overseen) -> bool {
    matches!(seen.state, Standing::Waiting | Standing::Locked)
}

/// What people call it: their note, or else its reference.
fn name(seen: &Overseen) -> &str {
    seen.note.as_deref().unwrap_or(&seen.reference)
}

const fn state_key(state: Standing) -> &'static str {
    match state {
        Standing::Waiting => "overview-state-waiting",
        Standing::Locked => "overview-state-locked",
        Standing::Delivering => "overview-state-delivering",
        Standing::Opened => "overview-state-opened",
        Standing::Burned => "overview-state-burned",
        Standing::Expired => "overview-state-expired",
        Standing::Lost => "overview-state-lost",
    }
}

/// How it stands, as a picture and in words.
fn stands(texts: &Texts, seen: &Overseen) -> Markup {
    let alarm = seen.failed_passphrases.failed > 0 && !matches!(seen.state, Standing::Burned);
    html! {
        div.state.alarm[alarm] {
            @match seen.state {
                Standing::Waiting | Standing::Delivering => (mark("mark-whole")),
                Standing::Opened => (mark("mark-broken")),
                Standing::Locked => (icon("shield")),
                Standing::Burned => (icon("flame")),
                Standing::Expired => (icon("clock")),
                Standing::Lost => (icon("alert")),
            }
            div {
                (texts.get(state_key(seen.state)))
                @if seen.views > 1 {
                    p {
                        (texts.with("receipt-views-value", &[
                            ("taken", seen.views.saturating_sub(seen.views_left).into()),
                            ("views", seen.views.into()),
                        ]))
                    }
                }
                @if let Some(recipients) = &seen.recipients { p { (recipients) } }
            }
        }
    }
}

fn tries(texts: &Texts, seen: &Overseen) -> Markup {
    let failures = &seen.failed_passphrases;
    html! {
        @if seen.passphrase {
            (texts.with("overview-tries-of", &[
                ("failed", failures.failed.into()),
                ("limit", failures.limit.into()),
            ]))
        } @else {
            (texts.get("overview-no-passphrase"))
        }
    }
}

/// The list, and what it was narrowed to.
struct Listed {
    narrowed: Narrowed,
    counts: [(Group, usize); 5],
    /// How many there are.
    all: usize,
    /// How many of them were asked for.
    count: usize,
    from: usize,
    rows: Vec<Overseen>,
}

const fn group_key(group: Group) -> &'static str {
    match group {
        Group::Waiting => "overview-waiting",
        Group::Opened => "overview-opened",
        Group::Burned => "overview-burned",
        Group::Gone => "overview-gone",
        Group::Look => "overview-look",
    }
}

/// Where the list is, narrowed to this.
fn address(group: Option<Group>, text: &str, from: usize) -> String {
    let mut query = Vec::new();
    if let Some(group) = group {
        query.push(format!("state={}", group.name()));
    }
    if !text.is_empty() {
        let mut encoded = String::from("q=");
        for byte in text.bytes() {
            if byte.is_ascii_alphanumeric() {
                encoded.push(char::from(byte));
            } else {
                // Memory is all that could be missing.
                let _written = write!(encoded, "%{byte:02X}");
            }
        }
        query.push(encoded);
    }
    if from > 0 {
        query.push(format!("from={from}"));
    }
    if query.is_empty() { "/overview".to_owned() } else { format!("/overview?{}", query.join("&")) }
}

impl Listed {
    fn of(&self, group: Group) -> usize {
        self.counts.iter().find(|(known, _)| *known == group).map_or(0, |(_, count)| *count)
    }

    fn page(&self, texts: &Texts, visitor: &Visitor) -> Markup {
        let t = |key: &str| texts.get(key);
        let main = html! {
            @if self.all == 0 {
                (empty(&icon("mail"), &t("overview-none"), &t("overview-none-text"), None))
            } @else {
                (self.filter(texts))
                @if self.rows.is_empty() {
                    (empty(&icon("eye"), &t("overview-nothing"), &t("overview-nothing-text"), None))
                } @else {
                    (self.table(texts))
                }
            }
        };
        let (waiting, look) = (self.of(Group::Waiting), self.of(Group::Look));
        let heading = match (self.all, look) {
            (0, _) => t("overview-heading-none"),
            (_, 0) => texts.with("overview-heading", &[("waiting", waiting.into())]),
            (_, look) => {
                let counts = [("waiting", waiting.into()), ("look", look.into())];
                texts.with("overview-heading-look", &counts)
            }
        };
        let lede = texts.with(
            "overview-lede",
            &[
                ("all", self.all.into()),
                ("opened", self.of(Group::Opened).into()),
                ("gone", self.of(Group::Gone).into()),
                ("burned", self.of(Group::Burned).into()),
            ],
        );
        House {
            texts,
            visitor: Some(visitor),
            place: Place::Overview,
            title: t("house-overview"),
            heading,
            lede: (self.all > 0).then(|| html! { (lede) }),
            verb: Some(html! { a.btn.verb href="/" { (t("overview-share")) } }),
            module: Some("js/sealed.js"),
            main,
        }
        .render()
    }

    fn filter(&self, texts: &Texts) -> Markup {
        let t = |key: &str| texts.get(key);
        let Narrowed { group, text } = &self.narrowed;
        let here = |is_here: bool| is_here.then_some("true");
        html! {
            div.filter role="group" aria-label=(t("overview-show")) {
                a href=(address(None, text, 0)) aria-current=[here(group.is_none())] {
                    (t("overview-all")) " " span.num { (self.all) }
                }
                @for (each, count) in self.counts {
                    a href=(address(Some(each), text, 0)) aria-current=[here(*group == Some(each))] {
                        (t(group_key(each))) " " span.num { (count) }
                    }
                }
                form.find role="search" method="get" action="/overview" {
                    @if let Some(group) = group {
                        input type="hidden" name="state" value=(group.name());
                    }
                    label.vh for="find" { (t("overview-find")) }
                    input.in #find type="search" name="q" value=(text) autocomplete="off"
                        placeholder=(t("overview-find"));
                }
            }
        }
    }

    fn table(&self, texts: &Texts) -> Markup {
        let t = |key: &str| texts.get(key);
        let heads = [
            "overview-secret",
            "overview-state",
            "receipt-created",
            "overview-ends",
            "overview-tries",
        ]
        .map(t);
        let row = |seen: &Overseen| {
            let called = html! { b { (name(seen)) } p.mono { (seen.reference) } };
            let cells = vec![
                html! {
                    @if waits(seen) {
                        label.choice {
                            input type="checkbox" name="ref" value=(seen.reference);
                            span { (called) }
                        }
                    } @else {
                        (called)
                    }
                },
                stands(texts, seen),
                time(&seen.created_at),
                time(seen.ended_at.as_ref().unwrap_or(&seen.expires_at)),
                tries(texts, seen),
            ];
            let at = format!("/overview/{}", seen.reference);
            let act = html! {
                a.btn.bare href=(at) { (t("overview-look-at")) span.vh { " " (name(seen)) } }
            };
            (cells, Some(act))
        };
        let (group, text) = (self.narrowed.group, &self.narrowed.text);
        let last = self.from.saturating_add(self.rows.len());
        let shown = [("last", last.into()), ("count", self.count.into())];
        html! {
            form method="get" action="/overview/burn" {
                (Table {
                    caption: &t("overview-caption"),
                    heads: &heads,
                    rows: self.rows.iter().map(row).collect(),
                }.show(texts))
                p.row.spaced-l.small {
                    span.soft { (texts.with("overview-shown", &shown)) }
                    @if self.from > 0 {
                        a.btn.bare href=(address(group, text, self.from.saturating_sub(SHOWN))) {
                            (t("overview-newer"))
                        }
                    }
                    @if last < self.count {
                        a.btn.bare href=(address(group, text, last)) { (t("overview-older")) }
                    }
                    span.end {}
                    a.btn.bare href="/v1/overview/export?format=csv" download {
                        (icon("download")) (t("overview-csv"))
                    }
                    a.btn.bare href="/v1/overview/export?format=json" download {
                        (icon("download")) (t("overview-json"))
                    }
                    @if self.rows.iter().any(waits) {
                        button.btn.bare.burn type="submit" { (icon("flame")) (t("overview-burn-ticked")) }
                    }
                }
            }
        }
    }
}

fn house(texts: &Texts, visitor: &Visitor, heading: String, lede: Markup, main: Markup) -> Markup {
    House {
        texts,
        visitor: Some(visitor),
        place: Place::Overview,
        title: heading.clone(),
        heading,
        lede: Some(lede),
        verb: None,
        module: Some("js/sealed.js"),
        main,
    }
    .render()
}

fn sure(texts: &Texts, visitor: &Visitor, chosen: &[Overseen]) -> Markup {
    let t = |key: &str| texts.get(key);
    let heads = ["overview-secret", "overview-state", "receipt-expires"].map(t);
    let row = |seen: &Overseen| {
        let called = html! { b { (name(seen)) } p.mono { (seen.reference) } };
        (vec![called, stands(texts, seen), time(&seen.expires_at)], None)
    };
    let main = html! {
        (Table { caption: &t("overview-caption"), heads: &heads, rows: chosen.iter().map(row).collect() }
            .show(texts))
        form.spaced-l method="post" action="/overview/burn" {
            (visitor.csrf())
            @for seen in chosen { input type="hidden" name="ref" value=(seen.reference); }
            p.row {
                button.btn.burn type="submit" { (icon("flame")) (t("overview-sure-verb")) }
                a.btn.bare href="/overview" { (t("overview-keep")) }
            }
        }
    };
    let heading = texts.with("overview-sure", &[("count", chosen.len().into())]);
    house(texts, visitor, heading, html! { (t("overview-sure-lede")) }, main)
}

/// What each is called, if it is theirs, and what became of it.
type Become = (Option<(String, Option<String>)>, Option<Burn>);

fn came_of_it(texts: &Texts, visitor: &Visitor, burned: &[Become]) -> Markup {
    let t = |key: &str| texts.get(key);
    let is_burned = |(_, burn): &&Become| matches!(burn, Some(Burn::Burned | Burn::BurnedBefore));
    let count = burned.iter().filter(is_burned).count();
    let heads = ["overview-secret", "overview-became"].map(t);
    let row = |(known, burn): &Become| {
        let called = html! {
            @if let Some((reference, memo)) = known {
                b { (memo.as_ref().unwrap_or(reference)) } p.mono { (reference) }
            } @else {
                b { (t("overview-unknown")) }
            }
        };
        let became =
            burn.map_or("overview-unknown-text", |burn| followed::outcome_key(outcome(burn)));
        (vec![called, html! { (t(became)) }], None)
    };
    let main = html! {
        (Table { caption: &t("overview-caption"), heads: &heads, rows: burned.iter().map(row).collect() }
            .show(texts))
        p.row.spaced-l { a.btn href="/overview" { (t("overview-back")) } }
    };
    let heading = texts.with("overview-burned-heading", &[("count", count.into())]);
    let key = if count == burned.len() { "overview-burned-all" } else { "overview-burned-some" };
    house(texts, visitor, heading, html! { (t(key)) }, main)
}

/// One secret, with what happened to it.
struct One {
    seen: Overseen,
    receipt: Receipt,
}

impl One {
    async fn find(state: &State, person: &Person, reference: &str) -> Result<Self, Refusal> {
        let found = state.service().overview_of(&asker(person), reference).await?;
        let (theirs, events) = found.ok_or(Problem::NotFound)?;
        let receipt = Receipt::new(theirs.reference.clone(), &theirs.secret, &events);
        Ok(Self { seen: said(theirs), receipt })
    }

    /// The page, with what was `typed` as a note and is none.
    fn page(&self, texts: &Texts, visitor: &Visitor, typed: Option<&str>) -> Markup {
        let t = |key: &str| texts.get(key);
        let Self { seen, receipt } = self;
        let at = format!("/overview/{}", seen.reference);
        let burn = format!("/overview/burn?ref={}", seen.reference);
        let main = html! {
            @if typed.is_some() { (refused(&t("overview-note-wrong"))) }
            section aria-labelledby="happened-title" {
                h2 #happened-title { (t("time-heading")) }
                ol.time { (seen::happened(texts, receipt)) }
                @if waits(seen) {
                    p.row.spaced-l { a.btn.burn href=(burn) { (icon("flame")) (t("burn-now")) } }
                }
            }
            section {
                h2 { (t("overview-note")) }
                form.form method="post" action={ (at) "/note" } {
                    (visitor.csrf())
                    div {
                        label for="note" { (t("overview-note-label")) }
                        textarea.in #note name="note" rows="2" maxlength="500" aria-describedby="note-help"
                            aria-invalid=[typed.map(|_| "true")] {
                            (typed.or(seen.note.as_deref()).unwrap_or_default())
                        }
                        p.help #note-help { (t("overview-note-help")) }
                    }
                    p { button.btn.verb type="submit" { (t("overview-note-keep")) } }
                }
            }
            section { h2 { (t("receipt-facts")) } (self.facts(texts)) }
            p.row.spaced-l { a.btn.bare href="/overview" { (t("overview-back")) } }
        };
        let lede = html! {
            b { (t(state_key(seen.state))) } ". "
            @if seen.state == Standing::Locked { (t("receipt-lede-locked")) }
            @else { (followed::lede(texts, receipt)) }
        };
        house(texts, visitor, name(seen).to_owned(), lede, main)
    }

    fn facts(&self, texts: &Texts) -> Markup {
        let t = |key: &str| texts.get(key);
        let seen = &self.seen;
        html! {
            dl.facts {
                dt { (t("receipt-ref")) } dd.mono { (seen.reference) }
                @if let Some(recipients) = &seen.recipients {
                    dt { (t("overview-recipients")) } dd { (recipients) }
                }
                dt { (t("receipt-created")) } dd { (time(&seen.created_at)) }
                dt { (t("receipt-expires")) } dd { (time(&seen.expires_at)) }
                dt { (t("receipt-views")) }
                dd {
                    (texts.with("receipt-views-value", &[
                        ("taken", seen.views.saturating_sub(seen.views_left).into()),
                        ("views", seen.views.into()),
                    ]))
                }
                dt { (t("overview-tries")) } dd { (tries(texts, seen)) }
                dt { (t("receipt-kept")) } dd { (time(&seen.kept_until)) }
            }
        }
    }
}
