//! Troubles: what a person reads where a program gets a problem document.
//!
//! The status and every header stay as they are; only the body is another. `/v1` and assets never
//! answer with a page, whatever is accepted.

use std::sync::LazyLock;

use axum::extract::Request;
use axum::response::Response;
use http::HeaderMap;
use http::StatusCode;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use maud::html;
use wire::problem::MEDIA_TYPE;

use super::shell::{Seal, Shell, flap};
use super::texts::Language;
use super::{Page, STILL, language};

/// Where programs ask, and nobody else.
const PROGRAMS: [&str; 5] = ["/v1", "/api", "/assets", "/healthz", "/readyz"];

/// A person who asks, as far as the request tells.
pub(crate) struct Person {
    language: Language,
    /// How the page may be sent.
    encodings: HeaderMap,
}

impl Person {
    /// The person behind a request, if it is not a program's.
    pub(crate) fn behind(request: &Request) -> Option<Self> {
        let headers = request.headers();
        let path = request.uri().path();
        let below = |at: &str| {
            path.strip_prefix(at)
                .is_some_and(|rest| matches!(rest.chars().next(), None | Some('/')))
        };
        let accepts =
            headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
        let html = accepts
            .split(',')
            .any(|item| item.trim().to_ascii_lowercase().starts_with("text/html"));
        if !html || PROGRAMS.into_iter().any(below) {
            return None;
        }
        let encodings = headers.get(ACCEPT_ENCODING).map(|value| (ACCEPT_ENCODING, value.clone()));
        let encodings = encodings.into_iter().collect();
        Some(Self { language: language(request.uri(), headers), encodings })
    }

    /// The answer in words, if it is a problem.
    pub(crate) fn told(&self, mut response: Response) -> Response {
        let headers = response.headers();
        if headers.get(CONTENT_TYPE).is_none_or(|media_type| media_type != MEDIA_TYPE) {
            return response;
        }
        let page = of(response.status()).answer(self.language, &self.encodings);
        let (parts, body) = page.into_parts();
        let headers = response.headers_mut();
        headers.remove(CONTENT_LENGTH);
        headers.extend(parts.headers);
        *response.body_mut() = body;
        response
    }
}

/// The page for each status that has words of its own, and at the end the two for all others.
static PAGES: LazyLock<[(u16, Page); 8]> = LazyLock::new(|| {
    [
        (404, page("missing-title", "missing-heading", "missing-lede")),
        (405, page("trouble-title", "trouble-method", "trouble-method-lede")),
        (413, page("trouble-title", "trouble-large", "trouble-large-lede")),
        (421, page("trouble-title", "trouble-host", "trouble-host-lede")),
        (429, page("trouble-title", "trouble-many", "trouble-many-lede")),
        (503, page("trouble-title", "trouble-busy", "trouble-busy-lede")),
        (400, page("trouble-title", "trouble-refused", "trouble-refused-lede")),
        (500, page("trouble-title", "trouble-broken", "trouble-broken-lede")),
    ]
});

fn of(status: StatusCode) -> &'static Page {
    let [.., (_, refused), (_, broken)] = &*PAGES;
    let own = PAGES.iter().find(|(known, _)| *known == status.as_u16()).map(|(_, page)| page);
    own.unwrap_or(if status.is_server_error() { broken } else { refused })
}

/// Every page, for the test that renders them.
#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = &'static Page> {
    PAGES.iter().map(|(_, page)| page)
}

/// One trouble: what it is called, and what to do.
fn page(title: &'static str, heading: &'static str, lede: &'static str) -> Page {
    Page::new(STILL, |texts| {
        let main = html! {
            div.sheet.letter.empty-letter {
                (flap(Seal::None))
                h1 { (texts.get(heading)) }
                p.lede { (texts.get(lede)) }
                p.act-one { a.btn.verb href="/" { (texts.get("missing-verb")) } }
            }
        };
        Shell { texts, title, foot: "foot-sealed", module: None, main }.render()
    })
}
