//! The table of all settings. A name, a default or a help text stands here and nowhere else.

use service::Limits;
use sigill_http::listener::Options;

use super::values::{Setting as _, Size, Span};

/// One setting.
pub(crate) struct Key {
    /// The option without its dashes, and the key in the file.
    pub(crate) name: &'static str,
    /// What stands for the value in the help.
    pub(crate) value: &'static str,
    /// What it is for, in one sentence.
    pub(crate) help: &'static str,
    /// The value when nothing is said; `None` when there is none.
    pub(crate) default: fn() -> Option<String>,
    /// Whether the option alone, without a value, means `on`.
    pub(crate) switch: bool,
}

impl Key {
    /// The variable of the environment.
    pub(crate) fn variable(&self) -> String {
        format!("SIGILL_{}", self.name.replace('-', "_").to_ascii_uppercase())
    }
}

macro_rules! keys {
    ($($constant:ident $name:literal $value:literal $default:expr, $help:literal;)*) => {
        $(
            #[doc = $help]
            pub(crate) const $constant: Key = Key {
                name: $name,
                value: $value,
                help: $help,
                default: || { let default: Option<String> = $default; default },
                switch: false,
            };
        )*
    };
}

keys! {
    LISTEN "listen" "ADDRESS" Some("127.0.0.1:8080".to_owned()),
        "The address and port to listen on";
    DATA "data" "DIR" Some("sigill-data".to_owned()),
        "The directory that holds everything; made when it is not there";
    PUBLIC_URL "public-url" "URL" None,
        "The address that people type, for instance https://secrets.example. Links are built from it \
         and from nothing else. On an address of this machine alone it is http://localhost:PORT";
    TRUSTED_PROXIES "trusted-proxies" "NETWORKS" Some(String::new()),
        "The networks of reverse proxies whose word about a client's address counts, with commas \
         between them";
    LIMITS "limits" "on|off" Some("on".to_owned()),
        "Whether one network may only ask so often. Off is for tests behind closed doors";
    MAX_ENVELOPE "max-envelope" "SIZE" Some(Size(Limits::default().max_envelope).show()),
        "The largest secret";
    MAX_STORED "max-stored" "SIZE" Some(Size(Limits::default().max_total).show()),
        "The most that all waiting secrets may take together";
    KEEP_FREE "keep-free" "SIZE" Some(Size(Limits::default().keep_free).show()),
        "Space that new secrets leave free on the file system, so that opening and burning go on";
    MAX_LIFETIME "max-lifetime" "SPAN" Some(Span(Limits::default().max_lifetime.duration()).show()),
        "The longest time a sender may choose, from 1m to 365d";
    RECEIPTS_KEPT "receipts-kept" "SPAN" Some(Span(Limits::default().receipts_kept).show()),
        "How long a receipt outlives its secret";
    CONNECTIONS "connections" "NUMBER" Some(Options::default().connections.to_string()),
        "The most connections at once";
    CONNECTIONS_PER_NETWORK "connections-per-network" "NUMBER"
        Some(Options::default().connections_per_network.to_string()),
        "The most connections at once from one network (an IPv4 address, an IPv6 /64)";
    HEADER_TIMEOUT "header-timeout" "SPAN" Some(Span(Options::default().header_timeout).show()),
        "How long a client may take for the head of a request, and how long a connection may idle";
    DRAIN_TIME "drain-time" "SPAN" Some(Span(Options::default().drain).show()),
        "How long requests that run may go on when the program is told to stop";
    LOG "log" "LEVEL" Some("info".to_owned()),
        "What is logged on standard error: off, error, warn, info, debug or trace";
    LOG_FORMAT "log-format" "text|json" Some("text".to_owned()),
        "How a line of the log looks";
}

/// What `serve` reads.
pub(crate) const SERVE: &[&Key] = &[
    &LISTEN,
    &DATA,
    &PUBLIC_URL,
    &TRUSTED_PROXIES,
    &LIMITS,
    &MAX_ENVELOPE,
    &MAX_STORED,
    &KEEP_FREE,
    &MAX_LIFETIME,
    &RECEIPTS_KEPT,
    &CONNECTIONS,
    &CONNECTIONS_PER_NETWORK,
    &HEADER_TIMEOUT,
    &DRAIN_TIME,
    &LOG,
    &LOG_FORMAT,
];

/// Every setting of every command.
pub(crate) fn all() -> impl Iterator<Item = &'static Key> {
    SERVE.iter().copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_one_word_in_three_places() {
        let names: BTreeSet<_> = all().map(|key| key.name).collect();
        assert_eq!(names.len(), all().count(), "a name stands twice");
        assert_eq!(PUBLIC_URL.variable(), "SIGILL_PUBLIC_URL");
        for key in all() {
            assert!(key.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", key.name);
        }
    }
}
