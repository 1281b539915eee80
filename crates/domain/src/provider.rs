//! Providers of identities: who may say through OpenID Connect who somebody is, and for whom.
//!
//! A person at a provider is the pair of its issuer and their subject there, and nothing else (R63): an
//! address of theirs is checked, and never finds an account. What a provider is trusted with is a value here
//! that cannot be built out of bounds: one issuer that is compared letter by letter, never a pattern.

use core::net::IpAddr;
use std::fmt;

use zeroize::Zeroizing;

use crate::account::Email;
use crate::organisation::{Name, OrganisationId};
use crate::time::Timestamp;

/// Why the settings of a provider are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The identifier of the client.
    #[error("client-id: 1 to 256 visible characters, as the provider has given it")]
    ClientId,
    /// The secret of the client.
    #[error("client-secret: at most 512 visible characters, as the provider has given it")]
    ClientSecret,
    /// A mail domain.
    #[error("domains: names such as example.org, at most 50, without \"@\" and without patterns")]
    Domains,
    /// The issuer.
    #[error(
        "issuer: https:// and a host, perhaps with a path, exactly as the provider writes it in its own \
         configuration, without \"?\" and \"#\""
    )]
    Issuer,
    /// A scope.
    #[error("scopes: names with spaces between, at most 20")]
    Scopes,
    /// An issuer that stands for many.
    #[error(
        "issuer: this one speaks for the people of every customer of the provider; name your own tenant, \
         for instance https://login.microsoftonline.com/TENANT-ID/v2.0"
    )]
    Wildcard,
}

/// One issuer: compared letter by letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer(String);

impl Issuer {
    /// The longest in bytes.
    const MAX: usize = 512;
    /// What a tenant is called that is everybody's, at providers that have tenants.
    const EVERYBODY: [&str; 3] = ["common", "organizations", "consumers"];

    /// Reads an issuer. `http` is for a provider on this machine; whether one is asked is another question.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        if text.contains(['{', '}', '*', '%']) {
            return Err(Fault::Wildcard);
        }
        let plain = text.bytes().all(|byte| byte.is_ascii_graphic());
        if !plain || text.len() > Self::MAX || text.contains(['?', '#', '@', '\\', '"', '<', '>']) {
            return Err(Fault::Issuer);
        }
        let (scheme, rest) = text.split_once("://").ok_or(Fault::Issuer)?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let host = match authority.rsplit_once(':') {
            Some((host, port)) if !authority.ends_with(']') => {
                port.parse::<u16>().ok().filter(|port| *port != 0).ok_or(Fault::Issuer)?;
                host
            }
            Some(_) | None => authority,
        };
        if !is_host(host) || path.split('/').any(|part| matches!(part, "." | "..")) {
            return Err(Fault::Issuer);
        }
        match scheme {
            "https" => {}
            "http" if is_here(host) => {}
            _ => return Err(Fault::Issuer),
        }
        let microsoft = host.eq_ignore_ascii_case("login.microsoftonline.com");
        let tenant = path.split('/').next().unwrap_or_default();
        if microsoft && Self::EVERYBODY.iter().any(|name| tenant.eq_ignore_ascii_case(name)) {
            return Err(Fault::Wildcard);
        }
        Ok(Self(text.to_owned()))
    }

    /// The issuer, as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_host(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    if let Some(bare) = bare {
        return bare.parse::<IpAddr>().is_ok();
    }
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    host.len() <= 253 && host.split('.').all(label)
}

/// Whether a host is this machine.
fn is_here(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// The mail domains whose people a provider may sign in. Empty means: of every domain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Domains(Vec<String>);

impl Domains {
    const MAX: usize = 50;

    /// Reads names with commas or spaces between.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let names = text.split([',', ' ', '\n']).map(str::trim).filter(|name| !name.is_empty());
        let mut domains = Vec::new();
        for name in names {
            // Whatever an address may end with, and nothing else.
            let email = Email::parse(&format!("a@{name}")).map_err(|_| Fault::Domains)?;
            let (_, domain) = email.as_str().split_once('@').ok_or(Fault::Domains)?;
            if !domains.iter().any(|known| known == domain) {
                domains.push(domain.to_owned());
            }
        }
        if domains.len() > Self::MAX { Err(Fault::Domains) } else { Ok(Self(domains)) }
    }

    /// Whether somebody with this address may come. A domain stands for itself, not for what is below it.
    pub fn permit(&self, email: &Email) -> bool {
        let domain = email.as_str().rsplit_once('@').map_or("", |(_, domain)| domain);
        self.0.is_empty() || self.0.iter().any(|permitted| permitted == domain)
    }

    /// Their names.
    pub fn names(&self) -> &[String] {
        &self.0
    }
}

/// What is asked for beside `openid`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidcScopes(Vec<String>);

impl Default for OidcScopes {
    fn default() -> Self {
        Self(vec!["email".to_owned()])
    }
}

impl OidcScopes {
    const MAX: usize = 20;

    /// Reads names with spaces between. Nothing means `email`.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let names = text.split([' ', ',']).filter(|name| !name.is_empty() && *name != "openid");
        let names: Vec<String> = names.map(str::to_owned).collect();
        // RFC 6749, section 3.3.
        let visible = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
        let fits = |name: &String| name.len() <= 128 && name.bytes().all(visible);
        if names.len() > Self::MAX || !names.iter().all(fits) {
            return Err(Fault::Scopes);
        }
        Ok(if names.is_empty() { Self::default() } else { Self(names) })
    }

    /// Their names.
    pub fn names(&self) -> &[String] {
        &self.0
    }
}

/// Which word of the provider says that an address is the person's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Vouching {
    /// `email_verified`, the standard's (OpenID Connect Core, section 5.1).
    #[default]
    EmailVerified,
    /// `xms_edov`, of Microsoft Entra ID, which does not say the standard's: the owner of the mail domain is
    /// the tenant.
    DomainOwner,
}

impl Vouching {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::EmailVerified, Self::DomainOwner];

    /// The claim.
    pub const fn claim(self) -> &'static str {
        match self {
            Self::EmailVerified => "email_verified",
            Self::DomainOwner => "xms_edov",
        }
    }
}

/// The identifier and the secret by which the provider knows this instance.
pub struct Client {
    /// Its identifier.
    pub id: String,
    secret: Option<Zeroizing<String>>,
}

impl Client {
    /// Reads both. Without a secret it is a public client, which PKCE alone protects.
    pub fn parse(id: &str, secret: Option<&str>) -> Result<Self, Fault> {
        let visible = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
        if !(1..=256).contains(&id.len()) || !visible(id) {
            return Err(Fault::ClientId);
        }
        let secret = secret.filter(|secret| !secret.is_empty());
        if secret.is_some_and(|secret| secret.len() > 512 || !visible(secret)) {
            return Err(Fault::ClientSecret);
        }
        let secret = secret.map(|secret| Zeroizing::new(secret.to_owned()));
        Ok(Self { id: id.to_owned(), secret })
    }

    /// The secret, for the provider alone.
    pub fn expose(&self) -> Option<&str> {
        self.secret.as_ref().map(|secret| secret.as_str())
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client(..)")
    }
}

/// What an operator says about a provider.
#[derive(Debug)]
pub struct Settings {
    /// Who speaks.
    pub issuer: Issuer,
    /// As whom this instance comes.
    pub client: Client,
    /// For whom.
    pub domains: Domains,
    /// What is asked for.
    pub scopes: OidcScopes,
    /// Which word of it counts for addresses.
    pub vouching: Vouching,
    /// Whether somebody who comes for the first time gets an account, whatever the instance says.
    pub sign_up: bool,
}

/// A provider.
#[derive(Debug)]
pub struct Provider {
    /// Its number.
    pub id: i64,
    /// Of which organisation new people become members, if any.
    pub organisation: Option<OrganisationId>,
    /// What people read on the button.
    pub label: Name,
    /// What an operator says about it.
    pub settings: Settings,
    /// Since when.
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_one_and_never_a_pattern() {
        for right in [
            "https://accounts.google.com",
            "https://id.example:8443/realms/staff",
            "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0",
            "http://127.0.0.1:3000",
            "http://localhost:3000/x/",
            "https://[2001:db8::1]:8443",
        ] {
            assert_eq!(Issuer::parse(right).unwrap().as_str(), right);
        }
        for wrong in [
            "accounts.google.com",
            "http://accounts.google.com",
            "http://localhost.evil.example",
            "https://user@accounts.google.com",
            "https://id.example?x",
            "https://id.example#x",
            "https://id.example/a/../b",
            "https://",
            "https://id.example:0",
            "https://id.example:port",
            "ftp://id.example",
            "https://id example",
            "",
        ] {
            assert_eq!(Issuer::parse(wrong), Err(Fault::Issuer), "{wrong}");
        }
        for many in [
            "https://login.microsoftonline.com/{tenantid}/v2.0",
            "https://login.microsoftonline.com/common/v2.0",
            "https://Login.MicrosoftOnline.com/Organizations/v2.0",
            "https://login.microsoftonline.com/consumers/v2.0",
            "https://login.microsoftonline.com/%7Btenantid%7D/v2.0",
            "https://*.example.org",
        ] {
            assert_eq!(Issuer::parse(many), Err(Fault::Wildcard), "{many}");
        }
    }

    #[test]
    fn a_domain_stands_for_itself() {
        let domains = Domains::parse("Example.org, example.com example.org").unwrap();
        assert_eq!(domains.names(), ["example.org", "example.com"]);
        let permit = |address: &str| domains.permit(&Email::parse(address).unwrap());
        assert!(permit("ann@example.org") && permit("ann@EXAMPLE.com"));
        for other in ["ann@sub.example.org", "ann@notexample.org", "ann@example.org.evil.example"] {
            assert!(!permit(other), "{other}");
        }
        assert!(Domains::default().permit(&Email::parse("ann@example.net").unwrap()));
        for wrong in ["*.example.org", "@example.org", "org", "example..org", "a@b.example"] {
            assert_eq!(Domains::parse(wrong), Err(Fault::Domains), "{wrong}");
        }
    }

    #[test]
    fn clients_and_scopes_are_bounded() {
        assert_eq!(Client::parse("sigill", Some("s3cret")).unwrap().expose(), Some("s3cret"));
        assert_eq!(Client::parse("sigill", Some("")).unwrap().expose(), None);
        assert_eq!(format!("{:?}", Client::parse("sigill", Some("s3cret"))), "Ok(Client(..))");
        assert_eq!(Client::parse("", None).unwrap_err(), Fault::ClientId);
        assert_eq!(Client::parse("a", Some("x\ny")).unwrap_err(), Fault::ClientSecret);
        assert_eq!(OidcScopes::parse("").unwrap().names(), ["email"]);
        assert_eq!(
            OidcScopes::parse("openid email profile").unwrap().names(),
            ["email", "profile"]
        );
        assert_eq!(OidcScopes::parse("a\"b"), Err(Fault::Scopes));
    }
}
