//! What people see: pages that are the same for every visitor and every id.
//!
//! A page is made once for each language when the program starts. It holds no secret and touches no
//! store; what happens to secrets happens in the visitor's browser, through `/v1`. In reading order:
//! [`texts`], [`shell`] (what all pages share), and one file a page; [`trouble`] is what people get in place of
//! a problem document. The exception is what the server itself has sealed ([`forms`]): its pages are made for
//! the one who asks. So are those of people who are signed in ([`house`]). [`letter`] and [`letters`] are what they get by mail.

mod account;
mod administration;
mod codes;
mod confirm;
mod create;
mod device;
mod disclosed;
mod followed;
pub(crate) mod form;
mod forms;
#[cfg(fuzzing)]
pub mod fuzzing;
mod goodbye;
pub(crate) mod house;
mod identities;
mod invitation;
mod keys;
pub(crate) mod letter;
pub(crate) mod letters;
mod open;
mod organisations;
mod overview;
pub(crate) mod parts;
mod passkeys;
mod practice;
mod providers;
mod receipt;
mod seen;
mod set_up;
mod shell;
mod sign_in;
mod texts;
mod timeline;
mod trouble;

use std::io::Write as _;
use std::sync::{Arc, LazyLock, OnceLock};

use axum::Extension;
use axum::extract::State as Extract;
use axum::response::{Html, IntoResponse as _, Response};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_LANGUAGE, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, COOKIE, VARY};
use http::{HeaderMap, HeaderValue, Uri};
use wire::Problem;
use wire::limits::Limits;

use crate::State;
use crate::assets::accepts;
use crate::layers::address::ClientAddress;
use crate::layers::limits::Class;
use crate::pages::texts::{Language, Texts};
use crate::problem::Refusal;
use crate::surface::{Access, Policy, Surface};

pub(crate) use trouble::Person;

/// What a page with scripts may do: run what this host serves, talk to this host, and nothing else.
/// Passphrases are stretched by WebAssembly in a worker.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
     img-src 'self'; connect-src 'self'; worker-src 'self'; form-action 'none'; \
     base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
     trusted-types sigill-worker";
/// What a page without scripts may do.
const STILL: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'none'; \
     base-uri 'none'; frame-ancestors 'none'";

/// What a page with a form may do: send it to this host, run what this host serves, and nothing else.
const POLICY_OF_FORMS: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";

/// The same for the pages of people who are signed in, and for the door before them: a module asks for passkeys.
const POLICY_OF_THE_HOUSE: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";

/// A page in every language.
struct Page {
    english: Copies,
    swedish: Copies,
    policy: &'static str,
}

/// A page as it is sent. It holds nothing secret, so that its length tells nothing when it is compressed.
struct Copies {
    plain: Bytes,
    gzip: Option<Bytes>,
}

impl Copies {
    fn new(plain: String) -> Self {
        let mut writer = GzEncoder::new(Vec::new(), Compression::best());
        let gzip = writer.write_all(plain.as_bytes()).and_then(|()| writer.finish()).ok();
        Self { plain: plain.into(), gzip: gzip.map(Bytes::from) }
    }

    fn answer(&self, headers: &HeaderMap) -> Response {
        match self.gzip.as_ref().filter(|_| accepts(headers, "gzip")) {
            Some(gzip) => ([(CONTENT_ENCODING, "gzip")], Html(gzip.clone())).into_response(),
            None => Html(self.plain.clone()).into_response(),
        }
    }
}

impl Page {
    fn new(policy: &'static str, make: impl Fn(&Texts) -> maud::Markup) -> Self {
        let in_language = |language| Copies::new(make(&Texts::new(language)).into_string());
        Self {
            english: in_language(Language::English),
            swedish: in_language(Language::Swedish),
            policy,
        }
    }

    fn answer(&self, language: Language, headers: &HeaderMap) -> Response {
        let copies = match language {
            Language::English => &self.english,
            Language::Swedish => &self.swedish,
        };
        let mut response = copies.answer(headers);
        let headers = response.headers_mut();
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(self.policy));
        headers.insert(VARY, HeaderValue::from_static("Accept-Encoding, Accept-Language, Cookie"));
        response
    }
}

static OPEN: LazyLock<Page> = LazyLock::new(|| Page::new(POLICY, open::page));
static RECEIPT: LazyLock<Page> = LazyLock::new(|| Page::new(POLICY, receipt::page));
static PRACTICE: LazyLock<Page> = LazyLock::new(|| Page::new(STILL, practice::page));

/// The routes.
pub(crate) fn routes() -> Surface {
    let reading = Policy::new(Class::Read, Access::Open);
    let show = |page: &'static LazyLock<Page>| {
        async move |uri: Uri, headers: HeaderMap| page.answer(language(&uri, &headers), &headers)
    };
    // What this instance allows stands in the page; it is the same for every visitor (R38, R51).
    let made = Arc::new([OnceLock::new(), OnceLock::new()]);
    let create = async move |Extract(state): Extract<State>,
                             Extension(address): Extension<ClientAddress>,
                             uri: Uri,
                             headers: HeaderMap| {
        // Where only some may share it says so before anybody types (R69). A store that does not answer lets
        // nobody share, and says that by itself.
        let open = state.service().may_create(None, address.0).await.unwrap_or(true);
        let [to_all, to_some] = &*made;
        let page = (if open { to_all } else { to_some }).get_or_init(|| {
            let limits = state.service().limits();
            let limits = Limits::new(limits.max_envelope, limits.max_lifetime);
            Page::new(POLICY, |texts| create::page(texts, &limits, !open))
        });
        page.answer(language(&uri, &headers), &headers)
    };
    Surface::new()
        .get("/", reading, create)
        .get("/s/{id}", reading, show(&OPEN))
        .get("/receipt", reading, show(&RECEIPT))
        .get("/good-practice", reading, show(&PRACTICE))
        .merge(forms::routes())
        .merge(sign_in::routes())
        .merge(providers::routes())
        .merge(identities::routes())
        .merge(set_up::routes())
        .merge(confirm::routes())
        .merge(account::routes())
        .merge(administration::routes())
        .merge(codes::routes())
        .merge(device::routes())
        .merge(keys::routes())
        .merge(invitation::routes())
        .merge(organisations::routes())
        .merge(overview::routes())
        .merge(goodbye::routes())
        .merge(passkeys::routes())
}

/// Whatever no route knows.
pub(crate) async fn not_found() -> Response {
    Refusal(Problem::NotFound).into_response()
}

/// The tag of the language that was asked for.
pub(crate) fn language_tag(uri: &Uri, headers: &HeaderMap) -> &'static str {
    language(uri, headers).tag()
}

/// The language that was asked for: in the address, by an earlier choice, by the browser.
fn language(uri: &Uri, headers: &HeaderMap) -> Language {
    let query = uri.query().unwrap_or_default();
    let asked = query.split('&').find_map(|pair| pair.strip_prefix("lang="));
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let cookies = text(COOKIE);
    let chosen = cookies.split(';').find_map(|pair| pair.trim().strip_prefix("lang="));
    let explicit =
        asked.and_then(Language::from_tag).or_else(|| chosen.and_then(Language::from_tag));
    explicit.unwrap_or_else(|| Language::preferred(text(ACCEPT_LANGUAGE)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::terms::Lifetime;

    fn of(uri: &'static str, cookie: &'static str, accept: &'static str) -> Language {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_static(cookie));
        headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(accept));
        language(&Uri::from_static(uri), &headers)
    }

    #[test]
    fn an_explicit_choice_comes_before_the_browsers() {
        assert_eq!(of("/?lang=sv", "lang=en", "en"), Language::Swedish);
        assert_eq!(of("/?lang=xx", "a=b; lang=sv", "en"), Language::Swedish);
        assert_eq!(of("/", "", "de, sv-SE;q=0.8, en;q=0.5"), Language::Swedish);
        assert_eq!(of("/", "", "en-GB, sv;q=0.9"), Language::English);
        assert_eq!(of("/", "", "de, sv;q=0.2, en;q=0.9"), Language::English);
        assert_eq!(of("/", "", "sv;q=0"), Language::English);
        assert_eq!(of("/", "", ""), Language::English);
    }

    #[test]
    fn every_page_renders_in_every_language_without_a_missing_text() {
        let limits = Limits::new(1 << 20, Lifetime::MAX);
        let create = Page::new(POLICY, |texts| create::page(texts, &limits, false));
        let closed = Page::new(POLICY, |texts| create::page(texts, &limits, true));
        let check_html = |html: &str| {
            assert!(html.starts_with("<!DOCTYPE html>"));
            assert!(!html.contains("??"), "a text is missing: {html}");
            assert!(!html.contains(" style=") && !html.contains("<style"));
            assert!(!html.contains("<script>") && !html.contains(" onclick"));
        };
        let check = |page: &Page| {
            for html in [&page.english.plain, &page.swedish.plain] {
                check_html(str::from_utf8(html).unwrap());
            }
        };
        for language in [Language::English, Language::Swedish] {
            for html in forms::all(language) {
                check_html(&html);
            }
            let texts = Texts::new(language);
            let (email, csrf) = ("maja@example.org".to_owned(), "token".to_owned());
            let maja = house::Visitor { email, administrator: true, csrf };
            for page in [
                sign_in::all(&texts),
                set_up::all(&texts),
                confirm::all(&texts, &maja),
                account::all(&texts, &maja),
                codes::all(&texts, &maja),
            ]
            .concat()
            {
                check_html(&page.into_string());
            }
        }
        check(&create);
        check(&closed);
        for page in [&*OPEN, &*RECEIPT, &*PRACTICE].into_iter().chain(trouble::all()) {
            check(page);
        }
    }
}
