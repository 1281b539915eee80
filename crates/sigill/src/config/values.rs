//! What a setting may say: one parser a type, strict, without echo.
//!
//! A parser answers with what the value must be, never with what it was.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use client::{Address, PlainHttp};
use domain::terms::{FailedPassphrases, Lifetime, Views};
use ipnet::IpNet;
use outside::smtp;
use sigill_http::Origin;
use sigill_http::layers::address::TrustedProxies;
use store::blobs::BucketTarget;
use store::postgres::Target;
use tracing_subscriber::filter::LevelFilter;
use wire::secrets::Action;

/// A value that can be read from text and shown again.
pub(crate) trait Setting: Sized {
    /// Reads the value, or says what it must be ("must be ...").
    fn parse(text: &str) -> Result<Self, String>;
    /// The value as somebody would write it.
    fn show(&self) -> String;
}

fn must(what: &str) -> String {
    format!("must be {what}")
}

/// Bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size(pub(crate) u64);

const SIZES: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

impl Setting for Target {
    fn parse(text: &str) -> Result<Self, String> {
        Self::parse(text).map_err(|fault| fault.to_string())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// Where large secrets lie, when somebody says so.
#[derive(Clone, Debug)]
pub(crate) enum Blobs {
    /// In this bucket.
    Bucket(BucketTarget),
    /// In the data directory, which this node alone can read.
    Directory,
}

impl Setting for Blobs {
    fn parse(text: &str) -> Result<Self, String> {
        if text == "directory" {
            return Ok(Self::Directory);
        }
        let target = BucketTarget::parse(text).map(Self::Bucket);
        target.map_err(|fault| format!("{fault}, or directory"))
    }

    fn show(&self) -> String {
        match self {
            Self::Bucket(target) => target.to_string(),
            Self::Directory => "directory".to_owned(),
        }
    }
}

impl Setting for smtp::Target {
    fn parse(text: &str) -> Result<Self, String> {
        Self::parse(text).map_err(|fault| fault.to_string())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Setting for smtp::From {
    fn parse(text: &str) -> Result<Self, String> {
        Self::parse(text).map_err(|fault| fault.to_string())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// A name that a service has given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name(pub(crate) String);

impl Setting for Name {
    fn parse(text: &str) -> Result<Self, String> {
        let visible = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        if visible { Ok(Self(text.to_owned())) } else { Err(must("visible characters")) }
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}

impl Setting for Size {
    fn parse(text: &str) -> Result<Self, String> {
        scaled(text, &SIZES).map(Self).ok_or_else(|| must("a whole number and B, KiB, MiB or GiB"))
    }

    fn show(&self) -> String {
        show_scaled(self.0, &SIZES)
    }
}

/// A span of whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span(pub(crate) Duration);

const SPANS: [(&str, u64); 4] = [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)];

impl Setting for Span {
    fn parse(text: &str) -> Result<Self, String> {
        scaled(text, &SPANS)
            .map(|seconds| Self(Duration::from_secs(seconds)))
            .ok_or_else(|| must("a whole number and s, m, h or d, for instance 30m"))
    }

    fn show(&self) -> String {
        show_scaled(self.0.as_secs(), &SPANS)
    }
}

fn scaled(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let (_, scale) = units.iter().find(|(name, _)| *name == unit)?;
    digits.parse::<u64>().ok()?.checked_mul(*scale)
}

fn show_scaled(value: u64, units: &[(&str, u64)]) -> String {
    let whole = |scale: u64| value != 0 && value.checked_rem(scale) == Some(0);
    let last = units.last().copied().unwrap_or(("", 1));
    let (name, scale) = units.iter().copied().find(|(_, scale)| whole(*scale)).unwrap_or(last);
    format!("{}{name}", value.checked_div(scale).unwrap_or(value))
}

/// The longest time that a sender may choose.
impl Setting for Lifetime {
    fn parse(text: &str) -> Result<Self, String> {
        let Span(span) = Span::parse(text)?;
        Self::from_seconds(span.as_secs()).map_err(|_| must("from 1m to 365d"))
    }

    fn show(&self) -> String {
        Span(self.duration()).show()
    }
}

/// How many readers.
impl Setting for Views {
    fn parse(text: &str) -> Result<Self, String> {
        let views = plain(text).and_then(|views| Self::new(views).ok());
        views.ok_or_else(|| must("a whole number from 1 to 100"))
    }

    fn show(&self) -> String {
        self.get().to_string()
    }
}

/// How many wrong passphrases a secret bears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tries(pub(crate) u64);

impl Setting for Tries {
    fn parse(text: &str) -> Result<Self, String> {
        let range = u64::from(FailedPassphrases::MIN)..=u64::from(FailedPassphrases::MAX);
        let tries = plain(text).filter(|tries| range.contains(tries)).map(Self);
        tries.ok_or_else(|| must("a whole number from 1 to 100"))
    }

    fn show(&self) -> String {
        self.0.to_string()
    }
}

/// A whole number without a sign.
fn plain(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// What happens when the wrong passphrases are used up.
impl Setting for Action {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "lock" => Ok(Self::Lock),
            "burn" => Ok(Self::Burn),
            _ => Err(must("lock or burn")),
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Lock => "lock",
            Self::Burn => "burn",
        }
        .to_owned()
    }
}

/// A server to ask. Whether plain HTTP will do is another setting's business.
impl Setting for Address {
    fn parse(text: &str) -> Result<Self, String> {
        Self::parse(text, PlainHttp::Anywhere).map_err(|fault| fault.to_string())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Switch(pub(crate) bool);

impl Setting for Switch {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "on" | "true" => Ok(Self(true)),
            "off" | "false" => Ok(Self(false)),
            _ => Err(must("on or off")),
        }
    }

    fn show(&self) -> String {
        if self.0 { "on" } else { "off" }.to_owned()
    }
}

/// A number of things, at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Count(pub(crate) usize);

impl Setting for Count {
    fn parse(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(count @ 1..=1_000_000) if !text.starts_with('+') => Ok(Self(count)),
            _ => Err(must("a whole number from 1 to 1000000")),
        }
    }

    fn show(&self) -> String {
        self.0.to_string()
    }
}

impl Setting for SocketAddr {
    fn parse(text: &str) -> Result<Self, String> {
        text.parse()
            .map_err(|_| must("an address and a port, for instance 127.0.0.1:8080 or [::]:8080"))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Setting for PathBuf {
    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() { Err(must("a path")) } else { Ok(Self::from(text)) }
    }

    fn show(&self) -> String {
        self.display().to_string()
    }
}

impl Setting for Origin {
    fn parse(text: &str) -> Result<Self, String> {
        Self::parse(text).map_err(|fault| fault.to_string())
    }

    fn show(&self) -> String {
        self.as_str().to_owned()
    }
}

/// Networks in CIDR notation, or single addresses. An empty list is nobody.
impl Setting for TrustedProxies {
    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let networks = text.split(',').map(|part| network(part.trim()));
        networks.collect::<Option<_>>().and_then(|networks| Self::new(networks).ok()).ok_or_else(|| {
            must(
                "addresses or networks such as 10.0.0.0/8, with no bit set past the prefix; the \
                 whole internet (/0) is refused, because then anybody could pretend to be anybody",
            )
        })
    }

    fn show(&self) -> String {
        self.networks().iter().map(IpNet::to_string).collect::<Vec<_>>().join(",")
    }
}

fn network(text: &str) -> Option<IpNet> {
    let network =
        text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).ok()?;
    (network.addr() == network.network()).then_some(network)
}

/// How much is logged.
impl Setting for LevelFilter {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self::OFF),
            "error" => Ok(Self::ERROR),
            "warn" => Ok(Self::WARN),
            "info" => Ok(Self::INFO),
            "debug" => Ok(Self::DEBUG),
            "trace" => Ok(Self::TRACE),
            _ => Err(must("off, error, warn, info, debug or trace")),
        }
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

impl Setting for LogFormat {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "json" => Ok(Self::Json),
            "text" => Ok(Self::Text),
            _ => Err(must("text or json")),
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Json => "json",
            Self::Text => "text",
        }
        .to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_spans_need_a_unit_they_know() {
        assert_eq!(Size::parse("2GiB"), Ok(Size(2 << 30)));
        assert_eq!(Size::parse("1500B").unwrap().show(), "1500B");
        assert_eq!(Size(0).show(), "0B");
        assert_eq!(Span::parse("90m").unwrap().show(), "90m");
        assert_eq!(Span::parse("24h").unwrap().show(), "1d");
        for wrong in
            ["", "5", "GiB", "1.5GiB", "-1GiB", "+1GiB", "1 GiB", "1gib", "1GB", "99999999999GiB"]
        {
            assert!(Size::parse(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "60", "m", "1.5h", "-1h", "1w", "1h30m", " 1h", "1H"] {
            assert!(Span::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_switch_is_on_or_off_and_nothing_else() {
        assert_eq!(Switch::parse("on"), Switch::parse("true"));
        assert_eq!(Switch::parse("off"), Ok(Switch(false)));
        for wrong in ["", "1", "0", "yes", "no", "ON", "True", "off "] {
            assert!(Switch::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn networks_are_exact_and_never_the_whole_internet() {
        let read = TrustedProxies::parse("10.0.0.0/8, 192.0.2.7,2001:db8::/32").unwrap();
        assert_eq!(read.show(), "10.0.0.0/8,192.0.2.7/32,2001:db8::/32");
        assert!(TrustedProxies::parse("").unwrap().networks().is_empty());
        for wrong in
            ["0.0.0.0/0", "::/0", "::ffff:0.0.0.0/96", "10.0.0.1/8", "10.0.0.0/33", "all", "10.*"]
        {
            assert!(TrustedProxies::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn counts_are_plain() {
        assert_eq!(Count::parse("512"), Ok(Count(512)));
        for wrong in ["0", "", "+5", "-5", "1e3", "1000001", " 5"] {
            assert!(Count::parse(wrong).is_err(), "{wrong}");
        }
    }
}
