//! What every handler has in its hands.

use std::net::Ipv4Addr;
use std::sync::Arc;

use service::Service;
use service::passkeys::Site;

use crate::layers::address::TrustedProxies;
use crate::layers::limits::RateLimits;

/// How the surface is set up. Cheap to clone.
#[derive(Clone)]
pub struct State(Arc<Parts>);

struct Parts {
    service: Service,
    origin: Origin,
    passkeys: Option<Site>,
    trusted_proxies: TrustedProxies,
    limits: Option<RateLimits>,
}

/// Scheme, host and port of the configured public URL. Links are built from nothing else (R81).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    text: String,
    authority: String,
    secure: bool,
}

/// Why a public URL is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be http:// or https:// and a host, with no path, for instance https://secrets.example"
)]
pub struct OriginFault;

impl Origin {
    /// Reads a public URL: a scheme, a host, perhaps a port, nothing else.
    pub fn parse(text: &str) -> Result<Self, OriginFault> {
        let uri: http::Uri = text.trim_end_matches('/').parse().map_err(|_| OriginFault)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(OriginFault);
        };
        let bare = uri.path() == "/" && uri.query().is_none() && !authority.as_str().contains('@');
        if !bare || !matches!(scheme, "http" | "https") || authority.host().is_empty() {
            return Err(OriginFault);
        }
        let secure = scheme == "https";
        let default = if secure { ":443" } else { ":80" };
        let authority = authority.as_str().to_ascii_lowercase();
        let authority = authority.strip_suffix(default).unwrap_or(&authority).to_owned();
        Ok(Self { text: format!("{scheme}://{authority}"), authority, secure })
    }

    /// For instance `https://secrets.example`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host, with its port where that is not the usual one.
    pub fn host(&self) -> &str {
        &self.authority
    }

    /// Whether browsers reach it by TLS.
    pub const fn is_secure(&self) -> bool {
        self.secure
    }

    /// Whether it names the machine that asks: browsers trust that one without TLS (W3C Secure Contexts,
    /// section 3.1).
    pub fn is_local(&self) -> bool {
        let host = self.authority.rsplit_once(':').map_or(&*self.authority, |(host, _)| host);
        let is_loopback = host.parse().is_ok_and(|address: Ipv4Addr| address.is_loopback());
        is_loopback || matches!(host, "localhost" | "[::1]") || host.ends_with(".localhost")
    }

    /// Whether a `Host` header means this origin.
    pub fn is_host(&self, host: &str) -> bool {
        let default = if self.secure { ":443" } else { ":80" };
        host.strip_suffix(default).unwrap_or(host).eq_ignore_ascii_case(&self.authority)
    }
}

impl State {
    /// Puts the surface on its use cases. `limits` of `None` switches the request limits off.
    pub fn new(
        service: Service,
        origin: Origin,
        trusted_proxies: TrustedProxies,
        limits: Option<RateLimits>,
    ) -> Self {
        let passkeys = Site::at(origin.as_str()).ok();
        Self(Arc::new(Parts { service, origin, passkeys, trusted_proxies, limits }))
    }

    pub(crate) fn service(&self) -> &Service {
        &self.0.service
    }

    pub(crate) fn origin(&self) -> &Origin {
        &self.0.origin
    }

    /// The site that passkeys are bound to: that of the public URL, whatever a request says. `None` where
    /// browsers know none for it.
    pub(crate) fn passkeys(&self) -> Option<&Site> {
        self.0.passkeys.as_ref()
    }

    pub(crate) fn trusted_proxies(&self) -> &TrustedProxies {
        &self.0.trusted_proxies
    }

    pub(crate) fn limits(&self) -> Option<&RateLimits> {
        self.0.limits.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_an_origin_and_nothing_else() {
        let origin = Origin::parse("https://Secrets.Example:443/").unwrap();
        assert_eq!(origin.as_str(), "https://secrets.example");
        assert!(origin.is_host("secrets.example:443") && origin.is_host("SECRETS.example"));
        assert!(!origin.is_host("secrets.example:8443") && !origin.is_host("evil.example"));
        let is_local = |text| Origin::parse(text).unwrap().is_local();
        assert!(is_local("http://localhost:8080") && is_local("http://127.0.0.2"));
        assert!(is_local("http://[::1]:8080") && !is_local("http://10.0.0.1"));
        for wrong in [
            "secrets.example",
            "ftp://secrets.example",
            "https://secrets.example/path",
            "https://user@secrets.example",
            "https://secrets.example/?x",
            "https://",
            "",
        ] {
            assert!(Origin::parse(wrong).is_err(), "{wrong}");
        }
    }
}
