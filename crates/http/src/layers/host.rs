//! Which host is asked. A host that is not configured gets no content (R81).
//!
//! The public URL names the host; the names of the machine itself (`localhost`, `127.0.0.1`, `[::1]`)
//! are known too, so that the program can be tried out and probed. Nothing is ever built from what the
//! request says: links come from the public URL. Forwarded hosts are ignored.

use axum::extract::Request;
use http::header::HOST;
use wire::Problem;

use crate::State;
use crate::problem::Refusal;

/// The host that a request asks, as its own header says.
pub(super) fn asked(request: &Request) -> Option<&str> {
    let header = request.headers().get(HOST).and_then(|value| value.to_str().ok());
    match (request.uri().authority().map(http::uri::Authority::as_str), header) {
        (Some(authority), Some(header)) if !authority.eq_ignore_ascii_case(header) => None,
        (Some(authority), _) => Some(authority),
        (None, header) => header,
    }
}

fn is_this_machine(host: &str) -> bool {
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    matches!(name.map_or(host, |(name, _)| name), "localhost" | "127.0.0.1" | "[::1]")
}

pub(super) fn check(state: &State, request: &Request) -> Result<(), Refusal> {
    let probe = matches!(request.uri().path(), "/healthz" | "/readyz");
    let known =
        asked(request).is_some_and(|host| state.origin().is_host(host) || is_this_machine(host));
    if known || probe { Ok(()) } else { Err(Problem::Misdirected.into()) }
}
