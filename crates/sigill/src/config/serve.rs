//! What a server needs to know, resolved and checked as a whole.

use std::net::SocketAddr;
use std::path::{self, Path, PathBuf};

use outside::egress::Loopback;
use service::Limits;
use service::hashing::Hashing;
use service::mail::Caps;
use sigill_http::Origin;
use sigill_http::layers::address::TrustedProxies;
use sigill_http::listener::Options;
use store::INLINE;
use store::anchor::Anchor;
use store::blobs::BucketTarget;
use store::postgres::Target;
use tracing_subscriber::filter::LevelFilter;

use super::mail::Mail;
use super::server_keys::KeysAt;
use super::values::{Blobs, Count, LogFormat, Name, Setting as _, Size, Span, Switch};
use super::{Reader, Sources, keys};
use crate::ambient::processors;
use crate::failure::Failure;

/// The smallest ceiling that lets anything through: an envelope of a few words.
const LEAST_ENVELOPE: u64 = 1024;

/// The largest ceiling.
const MOST_ENVELOPE: u64 = 5 << 30;

/// The settings of `serve`.
#[derive(Debug)]
pub(crate) struct Serve {
    /// Where to listen.
    pub(crate) listen: SocketAddr,
    /// The directory that holds everything.
    pub(crate) data: PathBuf,
    /// The database of several nodes; `None` keeps everything in the directory.
    pub(crate) database: Option<Target>,
    /// The file with its password.
    pub(crate) database_password_file: Option<PathBuf>,
    /// Where the server's keys are; `None` is the file in the directory.
    pub(crate) keys: Option<KeysAt>,
    /// What remembers from outside how far the audit trail had come.
    pub(crate) anchor: Option<Anchor>,
    /// The bucket of large payloads, without its secret key; `None` keeps them in the directory.
    pub(crate) blobs: Option<BucketTarget>,
    /// Whether nothing large is taken, because no other node would find it.
    pub(crate) small_only: bool,
    /// The file with the bucket's secret key.
    pub(crate) s3_secret_key_file: Option<PathBuf>,
    /// What sends mail, and from whom; `None` where recipients are refused.
    pub(crate) mail: Option<Mail>,
    /// Whether a provider of identities may be on this machine.
    pub(crate) providers_here: Loopback,
    /// What links start with. `None` is only possible on an address of this machine alone.
    pub(crate) public_url: Option<Origin>,
    /// Whose word about client addresses counts.
    pub(crate) trusted_proxies: TrustedProxies,
    /// Whether requests are limited by network.
    pub(crate) rate_limits: Switch,
    /// What the instance allows.
    pub(crate) limits: Limits,
    /// The bounds of connections.
    pub(crate) connections: Options,
    /// How much is logged.
    pub(crate) log: LevelFilter,
    /// How a line of the log looks.
    pub(crate) log_format: LogFormat,
}

impl Serve {
    /// Reads all settings, and refuses all that is wrong at once.
    pub(crate) fn resolve(sources: &Sources) -> Result<Self, Failure> {
        let mut reader = Reader::new(sources);
        let config = Self::read(&mut reader);
        reader.finish(config).map(|(config, _)| config)
    }

    /// Reads all settings, and notes what is wrong.
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let trusted_proxies: TrustedProxies = reader.value(&keys::TRUSTED_PROXIES);
        let database: Option<Target> = reader.optional(&keys::DATABASE);
        let blobs: Option<Blobs> = reader.optional(&keys::BLOBS);
        let small_only = database.is_some() && blobs.is_none();
        let config = Self {
            listen: reader.value(&keys::LISTEN),
            data: reader.value(&keys::DATA),
            database,
            database_password_file: reader.optional(&keys::DATABASE_PASSWORD_FILE),
            keys: reader.optional(&keys::KEYS),
            anchor: reader.optional(&keys::ANCHOR).map(Anchor::new),
            blobs: bucket(reader, blobs),
            small_only,
            s3_secret_key_file: reader.optional(&keys::S3_SECRET_KEY_FILE),
            mail: super::mail::read(reader),
            providers_here: match reader.value(&keys::PROVIDERS_HERE) {
                Switch(true) => Loopback::Permitted,
                Switch(false) => Loopback::Barred,
            },
            public_url: reader.optional(&keys::PUBLIC_URL),
            rate_limits: reader.value(&keys::LIMITS),
            limits: limits(reader, small_only),
            connections: connections(reader, trusted_proxies.clone()),
            trusted_proxies,
            log: reader.value(&keys::LOG),
            log_format: reader.value(&keys::LOG_FORMAT),
        };
        if config.public_url.is_none() && !config.listen.ip().is_loopback() {
            reader.fault(
                "public-url is missing: when other machines can reach the server, links need the \
                 address that people type, for instance https://secrets.example",
            );
        }
        let within =
            |anchor: &Anchor| Some(absolute(anchor.path())?.starts_with(absolute(&config.data)?));
        if config.anchor.as_ref().and_then(within) == Some(true) {
            reader.fault(
                "anchor must lie outside of the data directory: whoever puts back a copy of that must not \
                 put back the anchor with it",
            );
        }
        if config.database.is_none() && config.database_password_file.is_some() {
            reader.fault("database-password-file is of no use without database");
        }
        match (&config.blobs, &config.s3_secret_key_file) {
            (None, Some(_)) => {
                reader.fault("s3-secret-key-file is of no use without a bucket in blobs");
            }
            (Some(_), None) => reader.fault("s3-secret-key-file is missing: blobs needs it"),
            (None, None) | (Some(_), Some(_)) => {}
        }
        if config.limits.max_envelope < LEAST_ENVELOPE {
            reader.fault("max-envelope must be at least 1KiB, or nothing can be shared");
        }
        if config.limits.max_envelope > MOST_ENVELOPE {
            reader.fault("max-envelope must be at most 5GiB");
        }
        if config.limits.max_envelope > config.limits.max_total {
            reader.fault("max-envelope must not be more than max-stored");
        }
        config
    }

    /// What links start with, once the port is known.
    pub(crate) fn origin(&self, bound: SocketAddr) -> Result<Origin, Failure> {
        if let Some(origin) = &self.public_url {
            return Ok(origin.clone());
        }
        Origin::parse(&format!("http://localhost:{}", bound.port())).map_err(Failure::broken)
    }

    /// How safe this set-up is, in sentences for the operator. No secret is in it (R100).
    pub(crate) fn posture(&self) -> Vec<String> {
        let mut lines = Vec::new();
        match &self.public_url {
            Some(origin) if origin.is_secure() => {
                lines.push("links: https, browsers will reach the server by TLS".to_owned());
            }
            Some(origin) if origin.is_local() => {
                lines.push(format!("links: {}, for this machine only", origin.as_str()));
            }
            Some(origin) => lines.push(format!(
                "links: {} is not https. Browsers seal and open only on https or localhost: put a \
                 reverse proxy with TLS in front",
                origin.as_str()
            )),
            None => lines.push("links: for this machine only (localhost)".to_owned()),
        }
        lines.push(match &self.database {
            None => "store: in the data directory, for this process alone".to_owned(),
            Some(target) if target.is_encrypted() => {
                format!("store: {target}, encrypted, the server's certificate verified")
            }
            Some(target) if target.is_local() => format!("store: {target}, on this machine"),
            Some(target) => format!("store: {target}, NOT encrypted on the way"),
        });
        lines.push(match &self.keys {
            None => "server keys: in the data directory".to_owned(),
            // Arguments may hold what is not for a log.
            Some(KeysAt::Command(words)) => {
                format!("server keys: command:{}", words.first().map_or("", |word| word))
            }
            Some(at) => format!("server keys: {}", at.show()),
        });
        lines.extend(self.large());
        lines.push(
            self.mail
                .as_ref()
                .map_or_else(|| "mail: none, recipients are refused".to_owned(), Mail::posture),
        );
        lines.push(if self.listen.ip().is_loopback() {
            "listener: reachable from this machine only".to_owned()
        } else {
            "listener: reachable from other machines, plain HTTP: TLS ends at a reverse proxy"
                .to_owned()
        });
        lines.push(if self.trusted_proxies.networks().is_empty() {
            "client addresses: from the connection alone. Behind a reverse proxy all clients look \
             like one: set trusted-proxies"
                .to_owned()
        } else {
            format!("client addresses: told by {}", self.trusted_proxies.show())
        });
        lines.push(if self.rate_limits.0 {
            "limits by network: on".to_owned()
        } else {
            "limits by network: OFF. Anybody may ask as often as they like".to_owned()
        });
        lines.push("core dumps: off".to_owned());
        lines
    }

    /// Where large secrets lie, if there is anything to say about it.
    fn large(&self) -> Option<String> {
        let Some(bucket) = &self.blobs else {
            self.database.as_ref()?;
            return Some(if self.small_only {
                "large secrets: refused above 64 KiB, because no other node would find them here. Set blobs to \
                 a bucket, or to directory when this is the only node"
                    .to_owned()
            } else {
                "large secrets: in this node's directory, which must be the only node".to_owned()
            });
        };
        Some(match &bucket.endpoint {
            Some(endpoint) if endpoint.starts_with("http:") => {
                format!("large secrets: {bucket} at {endpoint}, NOT encrypted on the way")
            }
            Some(endpoint) => format!("large secrets: {bucket} at {endpoint}"),
            None => format!("large secrets: {bucket} on AWS, {}", bucket.region),
        })
    }
}

fn absolute(path: &Path) -> Option<PathBuf> {
    path::absolute(path).ok()
}

/// The bucket of large payloads, and how it is asked.
fn bucket(reader: &mut Reader<'_>, blobs: Option<Blobs>) -> Option<BucketTarget> {
    let endpoint: Option<Name> = reader.optional(&keys::S3_ENDPOINT);
    let Name(region) = reader.value(&keys::S3_REGION);
    let access_key: Option<Name> = reader.optional(&keys::S3_ACCESS_KEY);
    let Switch(plain_http) = reader.value(&keys::S3_PLAIN_HTTP);
    let Some(Blobs::Bucket(mut bucket)) = blobs else {
        if endpoint.is_some() || access_key.is_some() {
            reader.fault("s3-endpoint and s3-access-key are of no use without a bucket in blobs");
        }
        return None;
    };
    bucket.endpoint = endpoint.map(|Name(endpoint)| endpoint);
    (bucket.region, bucket.plain_http) = (region, plain_http);
    match access_key {
        Some(Name(access_key)) => bucket.access_key = access_key,
        None => reader.fault("s3-access-key is missing: blobs needs it"),
    }
    if let Err(fault) = bucket.check() {
        reader.fault(format!("s3-endpoint {fault}"));
    }
    Some(bucket)
}

fn limits(reader: &mut Reader<'_>, small_only: bool) -> Limits {
    let Size(max_envelope) = reader.value(&keys::MAX_ENVELOPE);
    let max_envelope = if small_only { max_envelope.min(INLINE) } else { max_envelope };
    let Size(max_total) = reader.value(&keys::MAX_STORED);
    let Size(max_per_network) = reader.value(&keys::MAX_STORED_PER_NETWORK);
    let Size(keep_free) = reader.value(&keys::KEEP_FREE);
    let max_lifetime = reader.value(&keys::MAX_LIFETIME);
    let Span(receipts_kept) = reader.value(&keys::RECEIPTS_KEPT);
    let hashing = hashing(reader);
    Limits {
        max_envelope,
        max_total,
        max_per_network,
        keep_free,
        max_lifetime,
        receipts_kept,
        hashing,
        mails: Caps::default(),
    }
}

fn hashing(reader: &mut Reader<'_>) -> Hashing {
    let at_once: Option<Count> = reader.optional(&keys::PASSPHRASES_AT_ONCE);
    let Count(waiting) = reader.value(&keys::PASSPHRASES_WAITING);
    let Span(patience) = reader.value(&keys::PASSPHRASE_PATIENCE);
    Hashing { at_once: at_once.map_or_else(processors, |Count(count)| count), waiting, patience }
}

fn connections(reader: &mut Reader<'_>, proxies: TrustedProxies) -> Options {
    let Count(connections) = reader.value(&keys::CONNECTIONS);
    let Count(connections_per_network) = reader.value(&keys::CONNECTIONS_PER_NETWORK);
    let Span(header_timeout) = reader.value(&keys::HEADER_TIMEOUT);
    let Span(drain) = reader.value(&keys::DRAIN_TIME);
    if header_timeout.is_zero() {
        reader.fault("header-timeout must be at least 1s");
    }
    Options {
        connections,
        connections_per_network,
        header_timeout,
        drain,
        proxies,
        ..Options::default()
    }
}
