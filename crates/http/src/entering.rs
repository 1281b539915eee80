//! How somebody comes in and goes: from where they try, and the cookie that their browser keeps.
//!
//! The cookie is for this host alone, by TLS alone, not for scripts, and not sent along from elsewhere (R61).

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse as _, Response};
use domain::session::{LIFE, SessionToken};
use http::header::{SET_COOKIE, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use ipnet::IpNet;
use service::sessions::Seat;
use service::sign_in::Come;
use wire::Problem;

use crate::layers::address::ClientAddress;
use crate::problem::Refusal;

/// The cookie of a session.
const COOKIE: &str = "__Host-sigill";
/// What browsers call themselves, the most particular first.
const BROWSERS: [(&str, &str); 7] = [
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];
/// And what they run on.
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

/// From where somebody tries to come in.
pub(crate) struct Comer {
    seat: Seat,
    network: Vec<u8>,
}

impl Comer {
    fn new(address: &ClientAddress, headers: &HeaderMap) -> Self {
        let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
        let seat = Seat { agent: family(agent.unwrap_or_default()), network: reduced(address.0) };
        Self { seat, network: address.network() }
    }

    /// For the use cases.
    pub(crate) fn come(&self) -> Come<'_> {
        Come { seat: &self.seat, network: &self.network }
    }

    /// As their session will say it.
    pub(crate) const fn seat(&self) -> &Seat {
        &self.seat
    }
}

impl<S: Sync> FromRequestParts<S> for Comer {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let address = parts.extensions.get::<ClientAddress>();
        let address = address.ok_or(Refusal(Problem::Internal))?;
        Ok(Self::new(address, &parts.headers))
    }
}

/// A browser and a system, no more: nobody is told apart by it.
fn family(agent: &str) -> String {
    let of = |known: &[(&'static str, &'static str)]| {
        known.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    match (of(&BROWSERS), of(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser}, {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => String::new(),
    }
}

/// The first 24 bits of an IPv4 address, or the first 48 of an IPv6 address.
fn reduced(address: IpAddr) -> String {
    let address = address.to_canonical();
    let length = if address.is_ipv4() { 24 } else { 48 };
    IpNet::new(address, length)
        .map_or_else(|_| String::new(), |network| network.trunc().to_string())
}

/// Lets the browser keep the token of a session.
pub(crate) fn keep(mut response: Response, token: &SessionToken) -> Response {
    let value = format!("{COOKIE}={}; {}", *token.expose(), attributes(LIFE.as_secs()));
    if let Ok(mut value) = HeaderValue::from_str(&value) {
        value.set_sensitive(true);
        response.headers_mut().insert(SET_COOKIE, value);
    }
    response
}

/// Lets the browser forget it.
pub(crate) fn forget(mut response: Response) -> Response {
    if let Ok(value) = HeaderValue::from_str(&format!("{COOKIE}=; {}", attributes(0))) {
        response.headers_mut().insert(SET_COOKIE, value);
    }
    response
}

fn attributes(seconds: u64) -> String {
    format!("Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={seconds}")
}

/// An answer without a body, for programs that have ended a session.
pub(crate) fn gone() -> Response {
    forget(http::StatusCode::NO_CONTENT.into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_a_family_and_a_system_and_no_more() {
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
                      Chrome/140.0.0.0 Safari/537.36";
        assert_eq!(family(chrome), "Chrome, Linux");
        assert_eq!(family(&format!("{chrome} Edg/140.0.0.0")), "Edge, Linux");
        let iphone =
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1";
        assert_eq!(family(iphone), "Safari, iOS");
        assert_eq!(family("curl/8.5.0"), "");
        assert_eq!(family("<script>Windows"), "Windows");
    }

    #[test]
    fn a_network_is_reduced_before_it_is_kept() {
        let of = |address: &str| reduced(address.parse().unwrap());
        assert_eq!(of("192.0.2.77"), "192.0.2.0/24");
        assert_eq!(of("::ffff:192.0.2.77"), "192.0.2.0/24");
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1::/48");
    }
}
