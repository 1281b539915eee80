//! The table of all settings. A name, a default or a help text stands here and nowhere else.

use domain::terms::{FailedPassphrases, Lifetime, Views};
use service::Limits;
use service::hashing::Hashing;
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
    (@switch) => { false };
    (@switch switch) => { true };
    ($($constant:ident $name:literal $value:literal $($switch:ident)? = $default:expr, $help:literal;)*) => {
        $(
            #[doc = concat!("The setting `", $name, "`.")]
            pub(crate) const $constant: Key = Key {
                name: $name,
                value: $value,
                help: $help,
                default: || { let default: Option<String> = $default; default },
                switch: keys!(@switch $($switch)?),
            };
        )*
    };
}

keys! {
    LISTEN "listen" "ADDRESS" = Some("127.0.0.1:8080".to_owned()),
        "The address and port to listen on";
    DATA "data" "DIR" = Some("sigill-data".to_owned()),
        "The directory that holds everything; made when it is not there";
    DATABASE "database" "URL" = None,
        "The PostgreSQL database that several nodes share, postgres://USER@HOST:PORT/NAME; without it \
         everything is kept in the data directory. The connection is encrypted and verified, unless the \
         host is this machine or the URL says sslmode=disable";
    DATABASE_PASSWORD_FILE "database-password-file" "FILE" = None,
        "A file whose first line is the password of the database";
    KEYS "keys" "SOURCE" = None,
        "Where the server's keys are: file:PATH, env:NAME, credential:NAME or command:PROGRAM ARGUMENTS. \
         Without it they are in the file server.keys of the data directory, which the first start makes";
    ANCHOR "anchor" "FILE" = None,
        "A file outside of the data directory that remembers how far the audit trail had come, so that an \
         older copy that was put back is refused";
    BLOBS "blobs" "URL" = None,
        "The S3-compatible bucket that large secrets lie in, s3://BUCKET/PREFIX, for several nodes. Without \
         it they are files in the data directory; with database they are refused, unless this is the only \
         node and says directory";
    S3_ENDPOINT "s3-endpoint" "URL" = None,
        "Where the bucket is, for instance https://s3.example; without it the region's on AWS";
    S3_REGION "s3-region" "NAME" = Some("us-east-1".to_owned()),
        "The region of the bucket";
    S3_ACCESS_KEY "s3-access-key" "NAME" = None,
        "The name of the key that the bucket is asked with";
    S3_SECRET_KEY_FILE "s3-secret-key-file" "FILE" = None,
        "A file whose first line is the secret key that belongs to it";
    S3_PLAIN_HTTP "s3-plain-http" "on|off" = Some("off".to_owned()),
        "Whether an endpoint on another machine may be without TLS. Whoever listens on the way sees when \
         what is read and written, but can open none of it";
    SMTP "smtp" "URL" = None,
        "The mail server that mails are sent through, smtp://USER@HOST:PORT, or \
         smtps://USER@HOST:PORT where TLS begins at once; without it recipients are refused";
    SMTP_PASSWORD_FILE "smtp-password-file" "FILE" = None,
        "A file whose first line is the password of the mail server's user; it may be a credential of the unit";
    SMTP_TLS "smtp-tls" "on|off" = None,
        "Whether the way to the mail server is encrypted and its certificate verified; without it that is so \
         unless the host is this machine";
    MAIL_FROM "mail-from" "ADDRESS" = None,
        "The address that mails are from, perhaps with a name: Sigill <sigill@example.org>";
    PROVIDERS_HERE "providers-here" "on|off" = Some("off".to_owned()),
        "Whether a provider of identities may be on this machine, and without TLS. On is for tests";
    PUBLIC_URL "public-url" "URL" = None,
        "The address that people type, for instance https://secrets.example. Links are built from it \
         and from nothing else. On an address of this machine alone it is http://localhost:PORT";
    TRUSTED_PROXIES "trusted-proxies" "NETWORKS" = Some(String::new()),
        "The networks of reverse proxies whose word about a client's address counts, with commas \
         between them";
    LIMITS "limits" "on|off" = Some("on".to_owned()),
        "Whether one network may only ask so often. Off is for tests behind closed doors";
    MAX_ENVELOPE "max-envelope" "SIZE" = Some(Size(Limits::default().max_envelope).show()),
        "The largest secret";
    MAX_STORED "max-stored" "SIZE" = Some(Size(Limits::default().max_total).show()),
        "The most that all waiting secrets may take together";
    MAX_STORED_PER_NETWORK "max-stored-per-network" "SIZE" =
        Some(Size(Limits::default().max_per_network).show()),
        "The most that the waiting secrets of one network (an IPv4 address, an IPv6 /64) may take";
    KEEP_FREE "keep-free" "SIZE" = Some(Size(Limits::default().keep_free).show()),
        "Space that new secrets leave free on the file system, so that opening and burning go on";
    MAX_LIFETIME "max-lifetime" "SPAN" = Some(Span(Limits::default().max_lifetime.duration()).show()),
        "The longest time a sender may choose, from 1m to 365d";
    RECEIPTS_KEPT "receipts-kept" "SPAN" = Some(Span(Limits::default().receipts_kept).show()),
        "How long a receipt outlives its secret";
    PASSPHRASES_AT_ONCE "passphrases-at-once" "NUMBER" = None,
        "The most passphrases that the server stretches at once, for clients that cannot do it themselves. \
         Each takes 32 MiB of memory and one processor; without it there are as many as processors";
    PASSPHRASES_WAITING "passphrases-waiting" "NUMBER" = Some(Hashing::default().waiting.to_string()),
        "The most passphrases that wait for their turn, half of them from one network. Whoever comes then \
         is told to come back";
    PASSPHRASE_PATIENCE "passphrase-patience" "SPAN" = Some(Span(Hashing::default().patience).show()),
        "How long one of them waits at most";
    CONNECTIONS "connections" "NUMBER" = Some(Options::default().connections.to_string()),
        "The most connections at once";
    CONNECTIONS_PER_NETWORK "connections-per-network" "NUMBER" =
        Some(Options::default().connections_per_network.to_string()),
        "The most connections at once from one network (an IPv4 address, an IPv6 /64)";
    HEADER_TIMEOUT "header-timeout" "SPAN" = Some(Span(Options::default().header_timeout).show()),
        "How long a client may take for the head of a request, and how long a connection may idle";
    DRAIN_TIME "drain-time" "SPAN" = Some(Span(Options::default().drain).show()),
        "How long requests that run may go on when the program is told to stop";
    LOG "log" "LEVEL" = Some("info".to_owned()),
        "What is logged on standard error: off, error, warn, info, debug or trace";
    LOG_FORMAT "log-format" "text|json" = Some("text".to_owned()),
        "How a line of the log looks";
    SERVER "server" "URL" = Some("http://localhost:8080".to_owned()),
        "The server to share on. A receipt that does not name its server is looked up there, too";
    INSECURE "insecure" "on|off" switch = Some("off".to_owned()),
        "Whether plain HTTP to another machine will do. Whoever listens on the way can use a secret \
         up in place of its reader, but not read it";
    TTL "ttl" "SPAN" = Some(Lifetime::DEFAULT.show()),
        "How long the secret waits, from 1m to 365d";
    VIEWS "views" "NUMBER" = Some(Views::default().show()),
        "How many readers may open it, from 1 to 100";
    FAILED_PASSPHRASES "failed-passphrases" "NUMBER" = Some(FailedPassphrases::DEFAULT.to_string()),
        "How many wrong passphrases it bears, from 1 to 100";
    WHEN_FAILED "when-failed" "lock|burn" = Some("lock".to_owned()),
        "What happens when they are used up: lock it until its sender unlocks it, or burn it";
    STRICT "strict" "on|off" switch = Some("off".to_owned()),
        "Whether it is destroyed as it is handed out: a reader whose connection breaks has lost it";
    PASSPHRASE_FILE "passphrase-file" "FILE" = None,
        "A file whose first line is the passphrase";
    QR "qr" "on|off" switch = Some("off".to_owned()),
        "Whether the link is drawn as a QR code, on standard error";
    JSON "json" "on|off" switch = Some("off".to_owned()),
        "Whether standard output is one JSON document";
}

/// What `serve` reads.
pub(crate) const SERVE: &[&Key] = &[
    &LISTEN,
    &DATA,
    &DATABASE,
    &DATABASE_PASSWORD_FILE,
    &KEYS,
    &ANCHOR,
    &BLOBS,
    &S3_ENDPOINT,
    &S3_REGION,
    &S3_ACCESS_KEY,
    &S3_SECRET_KEY_FILE,
    &S3_PLAIN_HTTP,
    &SMTP,
    &SMTP_PASSWORD_FILE,
    &SMTP_TLS,
    &MAIL_FROM,
    &PROVIDERS_HERE,
    &PUBLIC_URL,
    &TRUSTED_PROXIES,
    &LIMITS,
    &MAX_ENVELOPE,
    &MAX_STORED,
    &MAX_STORED_PER_NETWORK,
    &KEEP_FREE,
    &MAX_LIFETIME,
    &RECEIPTS_KEPT,
    &PASSPHRASES_AT_ONCE,
    &PASSPHRASES_WAITING,
    &PASSPHRASE_PATIENCE,
    &CONNECTIONS,
    &CONNECTIONS_PER_NETWORK,
    &HEADER_TIMEOUT,
    &DRAIN_TIME,
    &LOG,
    &LOG_FORMAT,
];

/// What `keys-at-rest` takes as options.
pub(crate) const AT_REST: &[&Key] = &[&DATA, &DATABASE, &DATABASE_PASSWORD_FILE, &KEYS];

/// What `admin create` takes as options: it prints a link.
pub(crate) const JOIN: &[&Key] = &[&DATA, &DATABASE, &DATABASE_PASSWORD_FILE, &KEYS, &PUBLIC_URL];

/// What a test of mail reads.
pub(crate) const MAIL: &[&Key] = &[
    &DATA,
    &DATABASE,
    &DATABASE_PASSWORD_FILE,
    &KEYS,
    &PUBLIC_URL,
    &SMTP,
    &SMTP_PASSWORD_FILE,
    &SMTP_TLS,
    &MAIL_FROM,
];

/// What `config check` reads beside all others.
pub(crate) const CHECK: &[&Key] = &[&JSON];

/// What `share` reads.
pub(crate) const SHARE: &[&Key] = &[
    &SERVER,
    &INSECURE,
    &TTL,
    &VIEWS,
    &FAILED_PASSPHRASES,
    &WHEN_FAILED,
    &STRICT,
    &PASSPHRASE_FILE,
    &QR,
    &JSON,
];

/// What `open` reads: its server is in the link.
pub(crate) const OPEN: &[&Key] = &[&INSECURE, &PASSPHRASE_FILE, &JSON];

/// What `receipt` and `burn` read.
pub(crate) const FOLLOW: &[&Key] = &[&SERVER, &INSECURE, &JSON];

/// Every setting of every command.
pub(crate) fn all() -> impl Iterator<Item = &'static Key> {
    SERVE.iter().chain(SHARE).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// The guide has a row for every setting, with its value and its default, and no other.
    #[test]
    fn the_guide_says_what_this_table_says() {
        let guide = include_str!("../../../../docs/guide/configuration.md");
        let guide = guide.replace("\\|", "/");
        let rows: Vec<Vec<&str>> = guide
            .lines()
            .filter(|line| line.starts_with("| `"))
            .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
            .filter(|row: &Vec<&str>| row.len() == 4)
            .collect();
        let named: Vec<_> = rows.iter().map(|row| row[0].trim_matches('`')).collect();
        let known: Vec<_> = all().map(|key| key.name).collect();
        assert_eq!(named, known, "the same settings in the same order");
        for (row, key) in rows.iter().zip(all()) {
            let default = (key.default)().unwrap_or_default();
            assert_eq!(row[1], key.value.replace('|', "/"), "{}", key.name);
            assert_eq!(row[2].trim_matches('`'), default, "{}", key.name);
            let says = |text: &str| text.replace('`', "").to_lowercase();
            let first = key.help.split(['.', ';', ':', ',']).next().unwrap_or_default();
            assert!(says(row[3]).starts_with(&says(first)), "{}: {}", key.name, row[3]);
        }
    }

    #[test]
    fn names_are_one_word_in_three_places() {
        let names: BTreeSet<_> = all().map(|key| key.name).collect();
        assert_eq!(names.len(), all().count(), "a name stands twice");
        assert_eq!(PUBLIC_URL.variable(), "SIGILL_PUBLIC_URL");
        for key in all() {
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            assert!(key.name.bytes().all(plain), "{}", key.name);
        }
    }
}
