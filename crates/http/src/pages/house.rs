//! The house: the frame of the pages of those who are signed in, and of the door before it.
//!
//! Such a page is made for the one who asks, works by forms alone, and is kept by nobody. [`Asked`] is who
//! wants it; [`House`] is the page around what it says; [`super::parts`] has what it is made of. A form that
//! changes anything has [`Visitor::csrf`] in it.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::response::{Html, IntoResponse as _, Response};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, LOCATION, REFERRER_POLICY, VARY};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use maud::{DOCTYPE, Markup, html};

use super::shell::{head, mark, run};
use super::texts::{self, Language, Texts};
use super::{POLICY_OF_THE_HOUSE, language};
use crate::layers::guard::Person;

/// What the house looks like beyond the public pages.
const STYLES: [&str; 2] = ["styles/sigill.css", "styles/house.css"];

/// Somebody who asks for a page, as far as it matters to how the page is said.
pub(crate) struct Asked {
    language: Language,
}

impl<S: Sync> FromRequestParts<S> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self { language: language(&parts.uri, &parts.headers) })
    }
}

impl Asked {
    /// The tag of the language, for what is mailed.
    pub(crate) const fn locale(&self) -> &'static str {
        self.language.tag()
    }

    /// A page for this visitor alone: nobody keeps it, and it is not compressed.
    pub(crate) fn page(&self, status: StatusCode, make: impl FnOnce(&Texts) -> Markup) -> Response {
        let html = texts::with(self.language, make).into_string();
        let mut response = (status, Html(html)).into_response();
        dress(response.headers_mut());
        response
    }
}

/// After a form that has done its work: the page that shows what came of it, by GET (303).
pub(crate) fn see(path: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    dress(response.headers_mut());
    if let Ok(location) = HeaderValue::from_str(path) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

fn dress(headers: &mut HeaderMap) {
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY_OF_THE_HOUSE));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // With "no-referrer" a browser says that a form comes from nowhere. This says the host, and no path.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("strict-origin"));
    headers.insert(VARY, HeaderValue::from_static("Accept-Language, Cookie"));
}

/// Somebody who is signed in, as the frame shows them.
pub(crate) struct Visitor {
    /// The address that they go by.
    pub(crate) email: String,
    /// Whether they run this instance.
    pub(crate) administrator: bool,
    /// What their forms carry, so that no other site can have made them.
    pub(crate) csrf: String,
}

impl Visitor {
    /// Somebody whom the guard has let in.
    pub(crate) fn of(person: &Person) -> Self {
        Self {
            email: person.account.email.as_str().to_owned(),
            administrator: person.is_administrator(),
            csrf: person.csrf().to_owned(),
        }
    }

    /// The field that every form has in it that changes something.
    pub(crate) fn csrf(&self) -> Markup {
        html! { input type="hidden" name="csrf" value=(self.csrf); }
    }
}

/// Where a page of the house lies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Account,
    Administration,
    Keys,
    /// On none of the others.
    Nowhere,
    Organisations,
    Overview,
    Share,
}

impl Place {
    const SHOWN: [Self; 6] = [
        Self::Share,
        Self::Overview,
        Self::Keys,
        Self::Organisations,
        Self::Account,
        Self::Administration,
    ];

    /// Its address, and the key of its name.
    const fn sign(self) -> (&'static str, &'static str) {
        match self {
            Self::Account => ("/account", "house-account"),
            Self::Administration => ("/admin", "house-administration"),
            Self::Keys => ("/keys", "house-keys"),
            Self::Nowhere | Self::Share => ("/", "house-share"),
            Self::Organisations => ("/organisations", "house-organisations"),
            Self::Overview => ("/overview", "house-overview"),
        }
    }

    /// The places that this person has.
    pub(crate) fn of(visitor: &Visitor) -> impl Iterator<Item = Self> {
        let administrator = visitor.administrator;
        Self::SHOWN.into_iter().filter(move |place| administrator || *place != Self::Administration)
    }
}

/// A page of the house.
pub(crate) struct House<'a> {
    pub(crate) texts: &'a Texts,
    /// Who is signed in; before that it is one narrow column without places.
    pub(crate) visitor: Option<&'a Visitor>,
    pub(crate) place: Place,
    /// What the tab says, already a text.
    pub(crate) title: String,
    /// What the page says first: the state, where there is one.
    pub(crate) heading: String,
    pub(crate) lede: Option<Markup>,
    /// The one thing to do: a `.btn.verb`, beside the heading.
    pub(crate) verb: Option<Markup>,
    /// Its entry module, if it runs any. The page works without.
    pub(crate) module: Option<&'static str>,
    pub(crate) main: Markup,
}

impl House<'_> {
    /// The page. A [`House`] without visitor is the door.
    pub(crate) fn render(self) -> Markup {
        let Self { texts, visitor, place, title, heading, lede, verb, module, main } = self;
        let t = |key: &str| texts.get(key);
        let language = texts.language();
        let other = language.other();
        let begins = html! {
            h1 #heading tabindex="-1" { (heading) }
            @if let Some(lede) = lede { p.lede { (lede) } }
        };
        html! {
            (DOCTYPE)
            html lang=(language.tag()) dir="ltr" {
                head { (head(texts, &title, "strict-origin", &STYLES)) (run(module)) }
                body class=(if visitor.is_some() { "desk" } else { "public" }) {
                    a.skip href="#main" { (t("skip")) }
                    header.top {
                        a.brand href="/" { (mark("mark-whole")) (t("brand")) }
                        @if let Some(visitor) = visitor { (header(texts, visitor, place)) }
                    }
                    main #main tabindex="-1" {
                        @if visitor.is_some() {
                            div.head { div { (begins) } @if let Some(verb) = verb { (verb) } }
                            (main)
                        } @else {
                            div.signin { (begins) (main) @if let Some(verb) = verb { (verb) } }
                        }
                    }
                    footer.foot {
                        p { (t("house-foot")) }
                        a href="/good-practice" { (t("foot-practice")) }
                        a #language href=(format!("?lang={}", other.tag())) lang=(other.tag())
                            hreflang=(other.tag()) { (t("foot-other-language")) }
                    }
                }
            }
        }
    }
}

/// The places, who is here, and the way out.
fn header(texts: &Texts, visitor: &Visitor, here: Place) -> Markup {
    let t = |key: &str| texts.get(key);
    html! {
        nav.nav aria-label=(t("house-places")) {
            @for place in Place::of(visitor) {
                @let (href, name) = place.sign();
                a href=(href) aria-current=[(place == here).then_some("page")] { (t(name)) }
            }
        }
        form.who method="post" action="/sign-out" {
            (visitor.csrf())
            span.vh { (t("house-who")) " " }
            bdi title=(visitor.email) { (visitor.email) }
            button.btn.bare type="submit" { (t("house-sign-out")) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parts::{Choice, Field, Press, Table, choices, done, empty, note, refused};
    use super::super::parts::{selection, time};
    use super::super::shell::house_icon;
    use super::*;

    /// Every part on one page, as in the worst of cases.
    fn page(texts: &Texts, visitor: Option<&Visitor>) -> String {
        let all = [
            Choice { value: "a", label: "This", help: "What it means.", chosen: true },
            Choice { value: "b", label: "That", help: "", chosen: false },
        ];
        let wrong =
            Field { name: "x", label: "A code", wrong: "No.", code: true, ..Field::default() };
        let help = "It is where a link is sent to.";
        let mail = Field { name: "y", label: "Mail", kind: "email", help, ..Field::default() };
        let press =
            Press { to: "/x", with: &[("a", "b")], label: "End", which: "it", class: "bare burn" };
        let heads = ["Name", "When"].map(str::to_owned);
        let rows = ["one", "two"].map(|name| {
            let cells = vec![html! { b { (name) } p { "more" } }, time("2026-11-24T10:03:00Z")];
            (cells, visitor.map(|visitor| press.show(visitor)))
        });
        let table = Table { caption: "Things", heads: &heads, rows: rows.into() };
        let main = html! {
            (refused("It was refused.")) (done("It is done.")) (note("clock", &html! { p { "Soon." } }))
            form.form method="post" {
                (wrong.show()) (mail.show())
                (choices("c", "Which?", false, &all)) (choices("d", "Which ones?", true, &all))
                (selection("e", "Which one?", &all))
                button.btn.verb type="submit" { "Do it" }
            }
            section { h2 { "Things" } (table.show(texts)) }
            section { h2 { "None" } (empty(&house_icon("passkey"), "None yet", "One day.", None)) }
        };
        let (title, heading) = ("A page".to_owned(), "Two are here".to_owned());
        let lede = Some(html! { "What it is for." });
        let verb = Some(html! { a.btn.verb href="/x" { "Make one" } });
        let place = Place::Account;
        House { texts, visitor, place, title, heading, lede, verb, module: None, main }
            .render()
            .into_string()
    }

    fn visitor(administrator: bool) -> Visitor {
        Visitor {
            email: "anna<b>@example.test".to_owned(),
            administrator,
            csrf: "token".to_owned(),
        }
    }

    #[test]
    fn every_form_of_somebody_signed_in_carries_the_token_and_the_door_shows_no_place() {
        for language in [Language::English, Language::Swedish] {
            let texts = Texts::new(language);
            let inside = page(&texts, Some(&visitor(false)));
            assert!(!inside.contains("??") && !inside.contains(" style="));
            assert_eq!(inside.matches("name=\"csrf\" value=\"token\"").count(), 3, "way out, rows");
            assert!(inside.contains("anna&lt;b&gt;@example.test"), "{inside}");
            assert_eq!(inside.matches("aria-current").count(), 1);
            let door = page(&texts, None);
            assert!(!door.contains("<nav") && !door.contains("/sign-out"));
        }
    }

    #[test]
    fn administration_is_shown_to_administrators_alone() {
        let texts = Texts::new(Language::English);
        let of = |administrator| page(&texts, Some(&visitor(administrator))).contains("/admin");
        assert_eq!([of(true), of(false)], [true, false]);
    }

    #[test]
    fn what_was_wrong_with_a_field_is_said_with_the_field() {
        let html = page(&Texts::new(Language::English), None);
        assert!(
            html.contains("aria-invalid=\"true\"") && html.contains("aria-describedby=\"x-wrong\"")
        );
        assert!(html.contains("aria-describedby=\"y-help\"") && html.contains("id=\"y-help\""));
        assert_eq!(html.matches("aria-invalid").count(), 1);
    }
}
