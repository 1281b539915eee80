//! Who is asking: the real address of the client, which only a trusted proxy may tell (R34).
//!
//! `X-Forwarded-For` counts only when the TCP peer is a trusted proxy. Then the hops are walked from the
//! right to the first that is not trusted. A hop that cannot be read ends the walk at the last good one:
//! nobody becomes somebody else by writing nonsense.

use std::net::{IpAddr, SocketAddr};

use axum::extract::Request;
use domain::network::canonical;
use http::HeaderMap;
use ipnet::IpNet;

use crate::State;
use crate::listener::Arrival;

/// The address of the client, behind whatever trusted proxies there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub(crate) IpAddr);

impl ClientAddress {
    /// The network that limits apply to: the whole of an IPv4 address, the first 64 bits of an IPv6
    /// address, because one customer has all of those.
    pub fn network(&self) -> Vec<u8> {
        match self.0 {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => {
                let octets = address.octets();
                octets.first_chunk::<8>().map(|half| half.to_vec()).unwrap_or_default()
            }
        }
    }
}

/// The networks whose word about the client counts. Empty by default; there is no "all".
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<IpNet>);

/// A list of proxies that trusts everybody: then every client could say who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must name the networks of the proxies, not every network there is")]
pub struct Everybody;

impl TrustedProxies {
    /// Trusts these networks; not everybody.
    pub fn new(networks: Vec<IpNet>) -> Result<Self, Everybody> {
        let networks: Vec<_> = networks.into_iter().map(canonical).collect();
        if networks.iter().any(|network| network.prefix_len() == 0) {
            return Err(Everybody);
        }
        Ok(Self(networks))
    }

    /// The networks, as they are compared.
    pub fn networks(&self) -> &[IpNet] {
        &self.0
    }

    pub(crate) fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The client behind `peer`.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> ClientAddress {
        let mut client = peer;
        if !self.trusts(peer) {
            return ClientAddress(client);
        }
        for hop in hops(headers) {
            let Some(address) = hop else { break };
            client = address;
            if !self.trusts(client) {
                break;
            }
        }
        ClientAddress(client)
    }
}

/// The hops of `X-Forwarded-For` from the nearest to the farthest; `None` for one that cannot be read.
/// Other headers with such news are ignored: a proxy writes one of them, and passes on whatever its
/// clients have written into the others.
fn hops(headers: &HeaderMap) -> impl Iterator<Item = Option<IpAddr>> {
    let lines = headers.get_all("x-forwarded-for").into_iter().rev();
    let hops = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    hops.map(|hop| address(std::str::from_utf8(hop).ok()?.trim()))
}

/// An address as proxies write it: bare, with a port, in brackets, with a zone, mapped.
fn address(text: &str) -> Option<IpAddr> {
    let parsed = text.parse::<SocketAddr>().map(|socket| socket.ip()).or_else(|_| {
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        let bare = bare.split_once('%').map_or(bare, |(address, _)| address);
        bare.parse::<IpAddr>()
    });
    parsed.ok().map(|address| address.to_canonical())
}

pub(super) fn find(state: &State, request: &mut Request) {
    let arrival = request.extensions().get::<Arrival>();
    // Without a connection there is no address: the least trusted one stands in.
    let peer = arrival.map_or(IpAddr::from([0, 0, 0, 0]), |arrival| arrival.peer);
    let client = state.trusted_proxies().client(peer, request.headers());
    request.extensions_mut().insert(client);
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn client(peer: &str, headers: &[(&'static str, &'static str)]) -> String {
        let proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap()]).unwrap();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        proxies.client(peer.parse().unwrap(), &map).0.to_string()
    }

    #[test]
    fn strangers_cannot_say_who_they_are() {
        assert_eq!(client("192.0.2.1", &[("x-forwarded-for", "198.51.100.7")]), "192.0.2.1");
        assert_eq!(client("10.0.0.1", &[("forwarded", "for=198.51.100.7")]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &[("x-real-ip", "198.51.100.7")]), "10.0.0.1");
    }

    #[test]
    fn the_first_untrusted_hop_from_the_right_is_the_client() {
        let header = |value| client("10.0.0.1", &[("x-forwarded-for", value)]);
        assert_eq!(header("1.1.1.1, 198.51.100.7, 10.0.0.9"), "198.51.100.7");
        assert_eq!(header("198.51.100.7"), "198.51.100.7");
        assert_eq!(header("10.0.0.3, 10.0.0.2"), "10.0.0.3");
        let two = [("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "198.51.100.7")];
        assert_eq!(client("10.0.0.1", &two), "198.51.100.7");
    }

    #[test]
    fn addresses_are_read_in_every_form_and_nonsense_ends_the_walk() {
        let header = |value| client("10.0.0.1", &[("x-forwarded-for", value)]);
        assert_eq!(header("198.51.100.7:4711"), "198.51.100.7");
        assert_eq!(header("::ffff:198.51.100.7"), "198.51.100.7");
        assert_eq!(header("[2001:db8::1]:443"), "2001:db8::1");
        assert_eq!(header("[2001:db8::1]"), "2001:db8::1");
        assert_eq!(header("fe80::1%eth0"), "fe80::1");
        assert_eq!(header("1.1.1.1, unknown, 10.0.0.2"), "10.0.0.2");
        assert_eq!(header(""), "10.0.0.1");
        let beside = [("forwarded", "x"), ("x-forwarded-for", "\u{e9}, 1.1.1.1")];
        assert_eq!(client("10.0.0.1", &beside), "1.1.1.1", "what a client adds changes nothing");
    }

    #[test]
    fn nobody_can_trust_everybody() {
        for network in ["0.0.0.0/0", "::/0", "::ffff:0.0.0.0/96"] {
            assert_eq!(TrustedProxies::new(vec![network.parse().unwrap()]).err(), Some(Everybody));
        }
    }

    #[test]
    fn a_proxy_may_be_named_in_either_form() {
        let proxies = TrustedProxies::new(vec!["::ffff:10.0.0.0/104".parse().unwrap()]).unwrap();
        assert!(proxies.trusts("10.1.2.3".parse().unwrap()));
        assert!(!proxies.trusts("11.1.2.3".parse().unwrap()));
    }

    #[test]
    fn one_customer_is_one_network() {
        let network = |text: &str| ClientAddress(text.parse().unwrap()).network();
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::9"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }
}
