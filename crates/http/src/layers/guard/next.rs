//! Where somebody goes on after they have signed in or confirmed: a path of this host, and nothing else.

use std::fmt::Write as _;

/// The longest address that is remembered.
const LONGEST: usize = 512;

/// `next`, if it is a path of this host: whatever a browser could take for another host or for a scheme is
/// none (`//evil`, `/\evil`, `https:`), and neither is what holds characters that no address has.
pub(crate) fn local(next: &str) -> Option<&str> {
    let rest = next.strip_prefix('/')?;
    let is_local = !rest.starts_with(['/', '\\'])
        && next.len() <= LONGEST
        && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    is_local.then_some(next)
}

/// The address `at`, from which somebody goes on to `next`. Where that is no path of this host, they go on as if
/// it had not been said.
pub(crate) fn with(at: &str, next: &str) -> String {
    let mut address = at.to_owned();
    if let Some(next) = local(next) {
        address.push_str("?next=");
        for byte in next.bytes() {
            if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
                address.push(char::from(byte));
            } else if write!(address, "%{byte:02X}").is_err() {
                return at.to_owned();
            }
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_host() {
        for here in
            ["/", "/keys", "/organisations/0123?of=a&b=%2F", "/a//b", "/s/x?next=https://evil"]
        {
            assert_eq!(local(here), Some(here));
        }
        let long = format!("/{}", "a".repeat(LONGEST));
        for elsewhere in [
            "",
            "keys",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            " /keys",
            "/a\\b",
            "https://evil.example",
            "https:evil.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "/\u{e5}",
            &long,
        ] {
            assert_eq!(local(elsewhere), None, "{elsewhere:?}");
        }
    }

    #[test]
    fn what_follows_is_one_value_of_the_query() {
        assert_eq!(with("/sign-in", "/keys?a=1&b=2#c"), "/sign-in?next=/keys%3Fa%3D1%26b%3D2%23c");
        assert_eq!(with("/sign-in", "//evil"), "/sign-in");
    }
}
