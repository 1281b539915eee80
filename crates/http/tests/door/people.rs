//! What a person reads where a program gets a problem: a page in their language, with the same status
//! and the same headers.

use std::time::Duration;

use testkit::server::{Server, Setup};
use testkit::{Answer, Ask};

const ACCEPT: &str = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8";

fn person(ask: Ask, language: &str) -> Ask {
    ask.with("Accept", ACCEPT).with("Accept-Language", language)
}

/// The headers that must not depend on who reads.
fn kept(answer: &Answer) -> Vec<(String, String)> {
    let own = ["content-type", "content-length", "content-security-policy", "vary", "date"];
    let mut kept = answer.headers.clone();
    kept.retain(|(name, _)| !own.contains(&name.as_str()));
    kept.sort();
    kept
}

fn check(status: u16, page: &Answer, program: &Answer, says: &str) {
    assert_eq!((page.status, program.status), (status, status), "{}", page.text());
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"), "{status}");
    assert!(page.text().contains(says), "{status}: {}", page.text());
    assert!(!page.text().contains("urn:sigill"), "{status}");
    assert_eq!(program.header("content-type"), Some("application/problem+json"), "{status}");
    assert_eq!(kept(page), kept(program), "{status}");
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("style-src 'self'") && !policy.contains("script-src"), "{policy}");
    assert!(page.header("vary").unwrap().contains("Accept-Language"));
}

#[tokio::test]
async fn a_person_reads_a_page_and_a_program_a_problem() {
    let server = Server::start().await;
    let at = server.address;
    for (status, ask, english, swedish) in [
        (404, Ask::get("/nothing/here"), "There is nothing here", "H\u{e4}r finns ingenting"),
        (
            405,
            Ask::new("DELETE", "/"),
            "This cannot be done here",
            "Det g\u{e5}r inte att g\u{f6}ra h\u{e4}r",
        ),
        (
            405,
            Ask::post("/s/1"),
            "This cannot be done here",
            "Det g\u{e5}r inte att g\u{f6}ra h\u{e4}r",
        ),
        (421, Ask::get("/").with("Host", "evil.example"), "another name", "ett annat namn"),
        (403, Ask::post("/").with("Sec-Fetch-Site", "cross-site"), "did not", "inte"),
    ] {
        let program = ask.clone().of(at).await;
        check(status, &person(ask.clone(), "en").of(at).await, &program, english);
        check(status, &person(ask, "sv").of(at).await, &program, swedish);
    }
}

#[tokio::test]
async fn who_must_wait_is_told_so_in_words_and_in_the_header() {
    let server = Server::with(Setup { rate_limits: true, ..Setup::default() }).await;
    let mut page = None;
    for _ in 0..310 {
        let answer = person(Ask::get("/receipt"), "sv").of(server.address).await;
        if answer.status == 429 {
            page = Some(answer);
            break;
        }
    }
    let page = page.unwrap();
    let program = Ask::get("/receipt").of(server.address).await;
    assert_eq!(page.header("retry-after"), Some("1"));
    check(429, &page, &program, "Lite l\u{e5}ngsammare");
    server.clock.advance(Duration::from_mins(1));
    assert_eq!(person(Ask::get("/receipt"), "sv").of(server.address).await.status, 200);
}

#[tokio::test]
async fn what_programs_ask_never_answers_with_a_page() {
    let server = Server::start().await;
    for (ask, status) in [
        (Ask::get("/v1"), 404),
        (Ask::get("/v1/nowhere"), 404),
        (Ask::get("/v1/secrets"), 405),
        (Ask::get("/v1/receipt"), 404),
        (Ask::get("/assets/x/y"), 404),
        (Ask::get("/v1/limits").with("Host", "evil.example"), 421),
        (Ask::post("/healthz"), 405),
    ] {
        let answer = person(ask, "sv").of(server.address).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        assert_ne!(answer.header("content-type"), Some("text/html; charset=utf-8"));
        assert!(!answer.text().contains("<html"));
    }
    // What only begins like it is an address like any other.
    let answer = person(Ask::get("/v1x"), "en").of(server.address).await;
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
}
