//! Networks: where somebody asks from, as far as it is restricted.
//!
//! An IPv4 address is one address however it is written: one that is mapped into IPv6 is compared as what it
//! is.

use core::net::IpAddr;
use std::fmt;

use ipnet::{IpNet, Ipv4Net};

/// The most networks in one list.
const MOST: usize = 64;

/// A list of networks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Networks(Vec<IpNet>);

/// Why a text is no list of networks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no network: write an address, or one with a prefix length such as 192.0.2.0/24")]
pub struct NoNetwork(pub String);

impl Networks {
    /// Reads networks with commas or spaces between them; an address alone is a network of one. An empty list is
    /// none: it would permit nobody.
    pub fn parse(text: &str) -> Result<Self, NoNetwork> {
        let words = text.split([',', ' ', '\n', '\r', '\t']).filter(|word| !word.is_empty());
        let networks = words.map(one).collect::<Result<Vec<_>, _>>()?;
        if networks.is_empty() || networks.len() > MOST {
            return Err(NoNetwork(text.chars().take(64).collect()));
        }
        Ok(Self(networks))
    }

    /// Whether `address` is in one of them.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

fn one(word: &str) -> Result<IpNet, NoNetwork> {
    let network = word.parse::<IpNet>().or_else(|_| word.parse::<IpAddr>().map(IpNet::from));
    network.map(|network| canonical(network).trunc()).map_err(|_| NoNetwork(word.to_owned()))
}

/// A network as addresses are compared with it: IPv4 addresses are never written as IPv6.
pub fn canonical(network: IpNet) -> IpNet {
    let mapped = match network {
        IpNet::V6(network) => {
            network.addr().to_ipv4_mapped().zip(network.prefix_len().checked_sub(96))
        }
        IpNet::V4(_) => None,
    };
    let mapped = mapped.and_then(|(address, length)| Ipv4Net::new(address, length).ok());
    mapped.map_or(network, IpNet::V4)
}

impl fmt::Display for Networks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, network) in self.0.iter().enumerate() {
            f.write_str(if place == 0 { "" } else { ", " })?;
            write!(f, "{network}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_however_it_is_written() {
        let networks = Networks::parse("192.0.2.7/24, 2001:db8::/32 ::ffff:10.0.0.0/104").unwrap();
        assert_eq!(networks.to_string(), "192.0.2.0/24, 2001:db8::/32, 10.0.0.0/8");
        assert_eq!(Networks::parse(&networks.to_string()), Ok(networks.clone()));
        for inside in ["192.0.2.255", "::ffff:192.0.2.1", "2001:db8:1::1", "10.1.2.3"] {
            assert!(networks.contains(inside.parse().unwrap()), "{inside}");
        }
        for outside in ["192.0.3.0", "2001:db9::", "11.0.0.0", "::1"] {
            assert!(!networks.contains(outside.parse().unwrap()), "{outside}");
        }
        for wrong in ["", " , ", "192.0.2.0/33", "example.org", "192.0.2.1; 10.0.0.1"] {
            assert!(Networks::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
