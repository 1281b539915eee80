//! Cookies: what a browser keeps for this host alone, and what is said of it when somebody signs in.
//!
//! Every cookie here is `__Host-`, `Secure`, `HttpOnly` and `SameSite=Strict` (R61): no other host, no script
//! and no page of another site has any use of it. None of them is ever in a log.

use std::net::IpAddr;

use domain::session::{LIFE, SessionToken};
use http::header::{COOKIE, SET_COOKIE, USER_AGENT};
use http::{HeaderMap, HeaderValue};
use service::sessions::Seat;
use zeroize::Zeroizing;

use crate::layers::address::ClientAddress;

/// The cookie of a session.
pub(crate) const SESSION: &str = "__Host-sigill";

/// The value of the cookie `name`; `None` when there is none, or more than one.
pub(crate) fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    let mut values = pairs.filter(|(known, _)| known.trim() == name).map(|(_, value)| value.trim());
    values.next().filter(|_| values.next().is_none())
}

/// From here on the browser keeps `value` as `name`, for so many seconds.
pub(crate) fn keep(headers: &mut HeaderMap, name: &str, value: &str, seconds: u64) {
    let line = Zeroizing::new(format!(
        "{name}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Strict"
    ));
    if let Ok(mut line) = HeaderValue::from_str(&line) {
        line.set_sensitive(true);
        headers.append(SET_COOKIE, line);
    }
}

/// From here on the browser keeps nothing as `name`.
pub(crate) fn forget(headers: &mut HeaderMap, name: &str) {
    keep(headers, name, "", 0);
}

/// From here on the browser shows this session.
pub(crate) fn sign_in(headers: &mut HeaderMap, token: &SessionToken) {
    keep(headers, SESSION, &token.expose(), LIFE.as_secs());
}

/// Where somebody sits who signs in, as far as it is kept: families, and the wider network.
pub(crate) fn seat(headers: &HeaderMap, address: &ClientAddress) -> Seat {
    let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    Seat { agent: family(agent), network: wider(address.0) }
}

/// The first of the words in `said`, with what it stands for. Browsers call themselves by each other's names:
/// the most particular comes first.
fn first(said: &str, words: &[(&str, &'static str)]) -> Option<&'static str> {
    words.iter().find(|(word, _)| said.contains(word)).map(|(_, name)| *name)
}

fn family(agent: &str) -> String {
    let browsers = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("CriOS/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
        ("sigill/", "sigill"),
    ];
    let systems = [
        ("iPhone", "iOS"),
        ("iPad", "iPadOS"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];
    let known = [first(agent, &browsers), first(agent, &systems)];
    known.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn wider(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}::/48")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_for_this_host_alone_and_there_is_one() {
        let mut headers = HeaderMap::new();
        sign_in(&mut headers, &SessionToken::new([7; 32]));
        let line = headers.get(SET_COOKIE).unwrap().to_str().unwrap();
        assert!(line.starts_with("__Host-sigill="), "{line}");
        assert!(line.ends_with("; Path=/; Max-Age=604800; Secure; HttpOnly; SameSite=Strict"));
        let of = |lines: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(COOKIE, HeaderValue::from_static(line));
            }
            find(&headers, SESSION).map(str::to_owned)
        };
        assert_eq!(of(&["lang=sv; __Host-sigill=abc; x=y"]).as_deref(), Some("abc"));
        assert_eq!(of(&["__host-sigill=abc; sigill=abc; x__Host-sigill=abc"]), None);
        assert_eq!(of(&["__Host-sigill=a; __Host-sigill=b"]), None);
        assert_eq!(of(&["__Host-sigill=a", "__Host-sigill=b"]), None);
    }

    #[test]
    fn a_seat_tells_little() {
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
                      Chrome/156.0.1.2 Safari/537.36";
        assert_eq!(family(chrome), "Chrome, Linux");
        assert_eq!(family("something else <b>"), "");
        assert_eq!(wider("192.0.2.77".parse().unwrap()), "192.0.2.0/24");
        assert_eq!(wider("::ffff:192.0.2.77".parse().unwrap()), "192.0.2.0/24");
        assert_eq!(wider("2001:db8:1:2::7".parse().unwrap()), "2001:db8:1::/48");
    }
}
