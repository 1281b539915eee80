//! Cookies: what a browser keeps for this host alone.
//!
//! Every cookie here is `__Host-`, `Secure`, `HttpOnly` and `SameSite=Strict` (R61): no other host, no script
//! and no page of another site has any use of it. None of them is ever in a log.

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};
use zeroize::Zeroizing;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_for_this_host_alone_and_there_is_one() {
        let mut headers = HeaderMap::new();
        keep(&mut headers, "__Host-x", "abc", 60);
        let line = headers.get(SET_COOKIE).unwrap().to_str().unwrap();
        assert_eq!(line, "__Host-x=abc; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Strict");
        let of = |lines: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(COOKIE, HeaderValue::from_static(line));
            }
            find(&headers, "__Host-x").map(str::to_owned)
        };
        assert_eq!(of(&["lang=sv; __Host-x=abc; x=y"]).as_deref(), Some("abc"));
        assert_eq!(of(&["__host-x=abc; x=abc; x__Host-x=abc"]), None);
        assert_eq!(of(&["__Host-x=a; __Host-x=b"]), None);
        assert_eq!(of(&["__Host-x=a", "__Host-x=b"]), None);
    }
}
