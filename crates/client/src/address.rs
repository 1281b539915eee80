//! Which server is asked: scheme, host and port, and nothing behind them.
//!
//! Plain HTTP is for this machine. To another one it would show a reader's proof and claim to whoever
//! listens on the way. They could not read the content, but they could use it up.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use reqwest::Url;

/// Where plain HTTP is good enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlainHttp {
    /// Everywhere: the caller knows the way to the server.
    Anywhere,
    /// To this machine alone.
    ThisMachine,
}

/// A server's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(Url);

/// Why an address is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    /// Not scheme, host and perhaps a port.
    #[error("must be https:// and a host, for instance https://secrets.example")]
    NotAnAddress,
    /// Plain HTTP to another machine.
    #[error(
        "is plain http:// to another machine: whoever listens on the way could use the secret up in \
         place of its reader. Use https://"
    )]
    Plain,
}

impl Address {
    /// Reads `https://host`, perhaps with a port, or `http://host` where `plain` permits it.
    pub fn parse(text: &str, plain: PlainHttp) -> Result<Self, AddressFault> {
        let url = Url::parse(text).map_err(|_| AddressFault::NotAnAddress)?;
        let bare = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        match (url.scheme(), url.host_str()) {
            ("https", Some(_)) if bare => Ok(Self(url)),
            ("http", Some(host)) if bare => {
                if plain == PlainHttp::Anywhere || is_this_machine(host) {
                    Ok(Self(url))
                } else {
                    Err(AddressFault::Plain)
                }
            }
            _ => Err(AddressFault::NotAnAddress),
        }
    }

    /// The URL of `path`, which begins with a slash and holds no capability.
    pub(crate) fn at(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(path);
        url
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || bare.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        || bare.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine() {
        let read = |text| Address::parse(text, PlainHttp::ThisMachine).map(|a| a.to_string());
        for fine in
            ["http://localhost:8080", "http://127.0.0.1", "http://[::1]:1", "https://x.test"]
        {
            assert_eq!(read(fine).as_deref(), Ok(fine));
        }
        for plain in ["http://x.test", "http://10.0.0.1:80", "http://localhost.x.test"] {
            assert_eq!(read(plain), Err(AddressFault::Plain), "{plain}");
            assert!(Address::parse(plain, PlainHttp::Anywhere).is_ok(), "{plain}");
        }
    }

    #[test]
    fn an_address_is_nothing_but_scheme_host_and_port() {
        for wrong in [
            "",
            "localhost:8080",
            "ftp://x.test",
            "https://",
            "https://u@x.test",
            "https://u:p@x.test",
            "https://x.test/s",
            "https://x.test/?q",
            "https://x.test/#f",
            "file:///etc/passwd",
        ] {
            let read = Address::parse(wrong, PlainHttp::Anywhere);
            assert_eq!(read, Err(AddressFault::NotAnAddress), "{wrong}");
        }
    }
}
