//! The way out for HTTP: what an operator has named is asked, and nothing that it points to elsewhere.
//!
//! By https alone, without redirects, proxies, cookies or names of this machine; bounded in time and in what
//! is taken (R83). A name is resolved once, every address of it is judged, and what was judged is what is
//! dialled. This machine and its links, where metadata services live, are never asked; networks of a
//! company are, because its provider may be there. For tests this machine can be asked, by plain HTTP too.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use openidconnect::url::{Host, Url};
use openidconnect::{HttpRequest, HttpResponse};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;

/// How long a connection may take to be there.
const CONNECT: Duration = Duration::from_secs(5);
/// How long one answer may take.
const ANSWER: Duration = Duration::from_secs(10);
/// The largest answer.
const LARGEST: usize = 512 * 1024;

/// Whether this machine may be asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Loopback {
    /// No.
    #[default]
    Barred,
    /// Yes, and without TLS: where tests have a provider of their own.
    Permitted,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// It is at an address that is not asked.
    #[error("an address that is not asked")]
    Barred,
    /// Nobody is there, or has hung up, or cannot prove who they are, or takes too long.
    #[error("no answer")]
    Line,
    /// The answer is too large.
    #[error("an answer that is too large")]
    TooLarge,
}

/// Asks over HTTP.
#[derive(Clone, Debug)]
pub struct Egress {
    http: reqwest::Client,
    loopback: Loopback,
}

impl Egress {
    /// Asks nobody yet. `None` when this machine has no certificates to judge others by.
    pub fn new(loopback: Loopback) -> Option<Self> {
        let http = reqwest::Client::builder()
            .user_agent("sigill")
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .https_only(loopback == Loopback::Barred)
            .connect_timeout(CONNECT)
            .timeout(ANSWER)
            .pool_max_idle_per_host(1)
            .dns_resolver(Arc::new(Judging(loopback)))
            .build();
        Some(Self { http: http.ok()?, loopback })
    }

    /// Whether `url` may be asked, as far as can be told without resolving it.
    pub fn permits(&self, url: &Url) -> bool {
        let is_here = match url.host() {
            Some(Host::Domain(name)) => is_here(name),
            Some(Host::Ipv4(address)) if !may(IpAddr::V4(address), self.loopback) => return false,
            Some(Host::Ipv6(address)) if !may(IpAddr::V6(address), self.loopback) => return false,
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => return false,
        };
        let scheme = match url.scheme() {
            "https" => self.loopback == Loopback::Permitted || !is_here,
            "http" => self.loopback == Loopback::Permitted && is_here,
            _ => false,
        };
        scheme && url.username().is_empty() && url.password().is_none()
    }

    /// Asks, and takes the whole answer.
    pub async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, Unanswered> {
        let url = Url::parse(&request.uri().to_string()).map_err(|_| Unanswered::Barred)?;
        if !self.permits(&url) {
            return Err(Unanswered::Barred);
        }
        let request = reqwest::Request::try_from(request).map_err(|_| Unanswered::Barred)?;
        let mut answer = self.http.execute(request).await.map_err(|_| Unanswered::Line)?;
        let mut response = HttpResponse::default();
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        while let Some(bytes) = answer.chunk().await.map_err(|_| Unanswered::Line)? {
            let body = response.body_mut();
            if body.len().saturating_add(bytes.len()) > LARGEST {
                return Err(Unanswered::TooLarge);
            }
            body.extend_from_slice(&bytes);
        }
        Ok(response)
    }
}

/// Resolves names as the machine does, and hands out addresses that may be asked, or none of them.
struct Judging(Loopback);

impl Resolve for Judging {
    fn resolve(&self, name: Name) -> Resolving {
        let loopback = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let found: Vec<SocketAddr> = found.collect();
            // One bad address among good ones is a trap, not a spare.
            if !found.iter().all(|address| may(address.ip(), loopback)) {
                return Err(Unanswered::Barred.into());
            }
            let addresses: Addrs = Box::new(found.into_iter());
            Ok(addresses)
        })
    }
}

fn is_here(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
}

/// Whether an address may be asked.
fn may(address: IpAddr, loopback: Loopback) -> bool {
    match address {
        IpAddr::V4(address) => may_v4(address, loopback),
        IpAddr::V6(address) => may_v6(address, loopback),
    }
}

fn may_v4(address: Ipv4Addr, loopback: Loopback) -> bool {
    let [first, ..] = address.octets();
    if address.is_loopback() {
        return loopback == Loopback::Permitted;
    }
    // Of a cloud of that name; the others' metadata services are link-local.
    let metadata = Ipv4Addr::new(100, 100, 100, 200);
    !(first == 0
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || first >= 240
        || address == metadata)
}

fn may_v6(address: Ipv6Addr, loopback: Loopback) -> bool {
    if let Some(mapped) = address.to_ipv4_mapped() {
        return may_v4(mapped, loopback);
    }
    if address.is_loopback() {
        return loopback == Loopback::Permitted;
    }
    let metadata = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
    let [first, second, ..] = address.segments();
    // Forms that carry an IPv4 address inside: 6to4, Teredo, NAT64, and the compatible ones with zeros.
    let carries = first == 0x2002 || (first, second) == (0x2001, 0) || first == 0x64 || first == 0;
    !(carries
        || address.is_unspecified()
        || address.is_multicast()
        || address.is_unicast_link_local()
        || address == metadata)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_and_its_links_are_never_asked() {
        let may = |text: &str| may(text.parse().unwrap(), Loopback::Barred);
        for barred in [
            "127.0.0.1",
            "127.8.9.1",
            "0.0.0.0",
            "0.1.2.3",
            "169.254.169.254",
            "100.100.100.200",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001::1",
            "fe80::1",
            "fd00:ec2::254",
            "ff02::1",
        ] {
            assert!(!may(barred), "{barred}");
        }
        for permitted in ["192.0.2.7", "10.1.2.3", "192.168.1.1", "fd12::1", "2001:db8::1"] {
            assert!(may(permitted), "{permitted}");
        }
    }

    #[test]
    fn it_is_https_or_a_test() {
        let permits =
            |loopback, url: &str| Egress::new(loopback).unwrap().permits(&Url::parse(url).unwrap());
        let usual = |url| permits(Loopback::Barred, url);
        assert!(usual("https://id.example/x") && usual("https://10.0.0.7:8443"));
        for barred in [
            "http://id.example",
            "https://127.0.0.1",
            "https://2130706433",
            "https://0x7f.1",
            "https://[::ffff:7f00:1]",
            "https://localhost",
            "https://LOCALHOST.",
            "https://x.localhost",
            "https://user@id.example",
            "https://169.254.169.254/latest",
            "ftp://id.example",
            "file:///etc/passwd",
        ] {
            assert!(!usual(barred), "{barred}");
        }
        let test = |url| permits(Loopback::Permitted, url);
        assert!(test("http://127.0.0.1:3000") && test("http://localhost:1"));
        assert!(!test("http://id.example") && !test("http://169.254.169.254"));
    }
}
