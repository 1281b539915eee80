//! Every way in which a request can fail: one table, `application/problem+json` (RFC 9457).
//!
//! The text says what happened, what to do, and names the field and the limit where there is one. It
//! never says whether a secret exists: [`Problem::Unavailable`] has no member that could differ, so it
//! is the same byte for byte (law 5).

mod document;

use domain::account::Scope;
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

pub use self::document::Document;

/// The media type of a problem document.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// What somebody lacks who may not do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lacking {
    /// They do not look after the instance.
    Administrator,
    /// The instance lets others create secrets.
    Creating,
    /// Their role in the organisation does not go so far.
    Role,
    /// The API key was not granted this.
    Scope(Scope),
    /// The organisation asks for a second factor.
    SecondFactor,
    /// An API key is not enough: a person must be signed in.
    Session,
    /// An API key may not make one that may do more than itself.
    Wider,
}

impl Lacking {
    fn detail(self) -> String {
        match self {
            Self::Administrator => "It takes an administrator of this instance.",
            Self::Creating => {
                "This instance lets only some create secrets, and you are not among them."
            }
            Self::SecondFactor => {
                "The organisation asks for a second factor: sign in with one. A key of one's own, \
                 which takes none, does not act there either."
            }
            Self::Role => "Your role in the organisation does not permit it.",
            Self::Scope(scope) => {
                return format!("The API key lacks the scope {}.", scope.name());
            }
            Self::Session => "An API key cannot do this: it takes a person who is signed in.",
            Self::Wider => {
                "An API key makes no key that may do more than itself, from elsewhere or for longer."
            }
        }
        .to_owned()
    }
}

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Whoever is signed in must show once more who they are.
    ConfirmationRequired,
    /// A page of another site sent it.
    CrossSite,
    /// It has a session, and not the token that pages of that session send.
    Csrf,
    /// Whoever asks is known, and may not.
    Forbidden {
        /// What they lack.
        lacking: Lacking,
    },
    /// The head of the request is too long.
    HeadersTooLarge {
        /// The most bytes that are taken.
        limit: u64,
    },
    /// The idempotency key was used for another creation.
    IdempotencyConflict,
    /// Parts of the upload are missing.
    Incomplete,
    /// A fault of the server's. The log knows more.
    Internal,
    /// A field is wrong.
    Invalid {
        /// Which field.
        field: String,
        /// What is wrong with it, after its name.
        reason: String,
        /// The least and the most that is allowed, where there are such.
        limit: Option<(u64, u64)>,
    },
    /// Without it nobody could sign in to the account.
    LastMeans,
    /// The body is not what its type says.
    Malformed {
        /// What is wrong.
        reason: &'static str,
    },
    /// The route knows other methods.
    MethodNotAllowed,
    /// No configured host has this name.
    Misdirected,
    /// There is no such route.
    NotFound,
    /// Too many requests are running.
    Overloaded {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// An account has that very passkey.
    PasskeyKnown,
    /// A passkey has not answered the question that was asked, or not in time.
    PasskeyRefused,
    /// The passphrase did not match.
    PassphraseRejected {
        /// How many tries are left.
        attempts_left: u32,
    },
    /// The sender's network has no room left for another secret.
    QuotaExceeded,
    /// The range lies outside of the content.
    RangeNotSatisfiable,
    /// There is no room for it.
    StorageFull {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// The request came too slowly.
    Timeout,
    /// A part of the request is larger than allowed.
    TooLarge {
        /// Which part.
        field: &'static str,
        /// The most bytes that are allowed.
        limit: u64,
    },
    /// One network tried too many passphrases for one secret.
    TooManyAttempts {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// One network asks too often.
    TooManyRequests {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// Nobody is known who asks: no credential, or one that is worth nothing.
    Unauthenticated,
    /// Unknown, opened, burned, expired or denied: one answer.
    Unavailable,
    /// The server's keys do not open what it keeps.
    Undecryptable {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// The body has another media type than the route takes.
    UnsupportedMediaType {
        /// What the route takes.
        expected: &'static str,
    },
}

impl Problem {
    /// A field that is wrong.
    pub fn invalid(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Invalid { field: field.into(), reason: reason.into(), limit: None }
    }

    /// One of each, in the order of their names: for the API's description, and for tests.
    pub fn examples() -> Vec<Self> {
        vec![
            Self::ConfirmationRequired,
            Self::CrossSite,
            Self::Csrf,
            Self::Forbidden { lacking: Lacking::Scope(Scope::SecretsCreate) },
            Self::HeadersTooLarge { limit: 16_384 },
            Self::IdempotencyConflict,
            Self::Incomplete,
            Self::Internal,
            Self::Invalid {
                field: "views".to_owned(),
                reason: "must be a whole number from 1 to 100".to_owned(),
                limit: Some((1, 100)),
            },
            Self::LastMeans,
            Self::Malformed { reason: "the body is not JSON" },
            Self::MethodNotAllowed,
            Self::Misdirected,
            Self::NotFound,
            Self::Overloaded { retry_after: 1 },
            Self::PasskeyKnown,
            Self::PasskeyRefused,
            Self::PassphraseRejected { attempts_left: 4 },
            Self::QuotaExceeded,
            Self::RangeNotSatisfiable,
            Self::StorageFull { retry_after: 60 },
            Self::Timeout,
            Self::TooLarge { field: "envelope", limit: 2_147_483_648 },
            Self::TooManyAttempts { retry_after: 600 },
            Self::TooManyRequests { retry_after: 2 },
            Self::Unauthenticated,
            Self::Unavailable,
            Self::Undecryptable { retry_after: 60 },
            Self::UnsupportedMediaType { expected: "application/json" },
        ]
    }

    /// The status code, the name in `type`, and the title. One row a problem.
    const fn row(&self) -> (u16, &'static str, &'static str) {
        match self {
            Self::ConfirmationRequired => (403, "confirmation-required", "Confirm that it is you"),
            Self::CrossSite => (403, "cross-site", "Another site sent this"),
            Self::Csrf => (403, "csrf", "The page is out of date"),
            Self::Forbidden { .. } => (403, "forbidden", "Not allowed"),
            Self::HeadersTooLarge { .. } => (431, "headers-too-large", "Too many headers"),
            Self::IdempotencyConflict => (409, "idempotency-conflict", "This key was used before"),
            Self::Incomplete => (409, "incomplete", "Parts are missing"),
            Self::Internal => (500, "internal", "Something broke on our side"),
            Self::Invalid { .. } => (422, "invalid", "A field is not right"),
            Self::LastMeans => (409, "last-means", "The last way to sign in"),
            Self::Malformed { .. } => (400, "malformed", "The request cannot be read"),
            Self::MethodNotAllowed => (405, "method-not-allowed", "Not with this method"),
            Self::Misdirected => (421, "misdirected", "Another host"),
            Self::NotFound => (404, "not-found", "There is nothing here"),
            Self::Overloaded { .. } => (503, "overloaded", "Too much to do"),
            Self::PasskeyKnown => (409, "passkey-known", "That passkey is there already"),
            Self::PasskeyRefused => (403, "passkey-refused", "The passkey was not accepted"),
            Self::PassphraseRejected { .. } => {
                (403, "passphrase-rejected", "The passphrase did not match")
            }
            Self::QuotaExceeded => (403, "quota-exceeded", "Too much is waiting"),
            Self::RangeNotSatisfiable => (416, "range-not-satisfiable", "No such range"),
            Self::StorageFull { .. } => (503, "storage-full", "There is no room"),
            Self::Timeout => (408, "timeout", "The request came too slowly"),
            Self::TooLarge { .. } => (413, "too-large", "Larger than allowed"),
            Self::TooManyAttempts { .. } => (429, "too-many-attempts", "Too many passphrases"),
            Self::TooManyRequests { .. } => (429, "too-many-requests", "Too many requests"),
            Self::Unauthenticated => (401, "unauthenticated", "Sign in"),
            Self::Unavailable => (404, "unavailable", "Not available"),
            Self::Undecryptable { .. } => (503, "undecryptable", "The server cannot open it now"),
            Self::UnsupportedMediaType { .. } => {
                (415, "unsupported-media-type", "Another kind of content is needed")
            }
        }
    }

    /// The status code.
    pub const fn status(&self) -> u16 {
        self.row().0
    }

    /// The name at the end of `type`.
    pub const fn name(&self) -> &'static str {
        self.row().1
    }

    /// How many seconds to wait, for the `Retry-After` header.
    pub const fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Overloaded { retry_after }
            | Self::StorageFull { retry_after }
            | Self::TooManyAttempts { retry_after }
            | Self::TooManyRequests { retry_after }
            | Self::Undecryptable { retry_after } => Some(*retry_after),
            Self::ConfirmationRequired
            | Self::CrossSite
            | Self::Csrf
            | Self::Forbidden { .. }
            | Self::HeadersTooLarge { .. }
            | Self::IdempotencyConflict
            | Self::Incomplete
            | Self::Internal
            | Self::Invalid { .. }
            | Self::LastMeans
            | Self::Malformed { .. }
            | Self::MethodNotAllowed
            | Self::Misdirected
            | Self::NotFound
            | Self::PasskeyKnown
            | Self::PasskeyRefused
            | Self::PassphraseRejected { .. }
            | Self::QuotaExceeded
            | Self::RangeNotSatisfiable
            | Self::Timeout
            | Self::TooLarge { .. }
            | Self::Unauthenticated
            | Self::Unavailable
            | Self::UnsupportedMediaType { .. } => None,
        }
    }

    #[expect(clippy::too_many_lines, reason = "one table: a sentence for each way to fail")]
    fn detail(&self) -> String {
        match self {
            Self::ConfirmationRequired => {
                "Nothing was done. Show once more who you are, and ask again: it counts for ten minutes."
            }
            Self::CrossSite => {
                "Nothing was done. Send the request from a page of this host, or from a program."
            }
            Self::Csrf => {
                "Nothing was done. Load the page again and send it from there. A program that has a \
                 session sends its token in the header Sigill-CSRF."
            }
            Self::Forbidden { lacking } => return format!("Nothing was done. {}", lacking.detail()),
            Self::HeadersTooLarge { limit } => {
                return format!(
                    "Nothing was done. Send fewer or shorter headers, cookies among them: at most \
                     {limit} bytes in at most 100 lines."
                );
            }
            Self::IdempotencyConflict => {
                "Nothing was created. The Idempotency-Key, or the upload token, was used for another \
                 secret in the last 24 hours: choose a new one."
            }
            Self::Incomplete => {
                "Nothing was created. Ask which parts are there, send the others, and complete the \
                 upload then."
            }
            Self::Internal => {
                "What was stored is safe. Try again; if it goes on, tell whoever runs this server."
            }
            Self::Invalid { field, reason, .. } => {
                return format!("Nothing was done: {field} {reason}.");
            }
            Self::LastMeans => {
                "Nothing was removed: nobody could sign in to the account without it. Add another way first."
            }
            Self::Malformed { reason } => return format!("Nothing was done: {reason}."),
            Self::MethodNotAllowed => "The Allow header names the methods that this route takes.",
            Self::Misdirected => "This server does not answer for the host in the request.",
            Self::NotFound => "No route has this address.",
            Self::Overloaded { retry_after } | Self::TooManyRequests { retry_after } => {
                return format!("Nothing was done. Try again in {}.", seconds(*retry_after));
            }
            Self::PasskeyKnown => "Nothing was added. An account has that very passkey.",
            Self::PasskeyRefused => {
                "Nothing was done: it does not answer the question, came too late, or belongs to nobody here. \
                 Ask for another question and try again."
            }
            Self::PassphraseRejected { attempts_left } => {
                return format!("Nothing was lost. Tries left: {attempts_left}.");
            }
            Self::QuotaExceeded => {
                "Secrets from your network take all the room that it has here. Nothing was created. Burn \
                 some, or wait until some are opened or have expired."
            }
            Self::RangeNotSatisfiable => "Ask for a range inside the content.",
            Self::StorageFull { retry_after } => {
                return format!(
                    "Nothing was done, and nothing that is kept is lost. Try again in {}, or tell \
                     whoever runs this server that it has no room.",
                    seconds(*retry_after)
                );
            }
            Self::Timeout => "Nothing was done. Try again on a better line.",
            Self::TooLarge { field, limit } => {
                return format!("Nothing was done: {field} may have at most {limit} bytes.");
            }
            Self::TooManyAttempts { retry_after } => {
                return format!("Nothing was lost. Try again in {}.", seconds(*retry_after));
            }
            Self::Unauthenticated => {
                "Nothing was done. Sign in, or show an API key that is worth something: Authorization: \
                 Bearer, and the key. A key that was revoked, has expired or may not be used from your \
                 network is worth nothing."
            }
            Self::Unavailable => {
                "It was opened, burned, or has expired, or it never existed. If you did not open \
                 it, tell the sender."
            }
            Self::Undecryptable { .. } => {
                "Nothing was lost. Tell whoever runs this server that its keys do not fit its \
                 database; it opens again once they do."
            }
            Self::UnsupportedMediaType { expected } => {
                return format!("Nothing was done. Send {expected}.");
            }
        }
        .to_owned()
    }
}

fn seconds(count: u64) -> String {
    if count == 1 { "1 second".to_owned() } else { format!("{count} seconds") }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (status, name, title) = self.row();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", &format_args!("urn:sigill:problem:{name}"))?;
        map.serialize_entry("title", title)?;
        map.serialize_entry("status", &status)?;
        map.serialize_entry("detail", &self.detail())?;
        match self {
            Self::Invalid { field, limit, .. } => {
                map.serialize_entry("field", field)?;
                if let Some((min, max)) = limit {
                    map.serialize_entry("min", min)?;
                    map.serialize_entry("max", max)?;
                }
            }
            Self::PassphraseRejected { attempts_left } => {
                map.serialize_entry("attempts_left", attempts_left)?;
            }
            Self::Forbidden { lacking: Lacking::Scope(scope) } => {
                map.serialize_entry("scope", scope.name())?;
            }
            Self::HeadersTooLarge { limit } => map.serialize_entry("limit", limit)?,
            Self::TooLarge { field, limit } => {
                map.serialize_entry("field", field)?;
                map.serialize_entry("limit", limit)?;
            }
            Self::ConfirmationRequired
            | Self::CrossSite
            | Self::Csrf
            | Self::Forbidden { .. }
            | Self::IdempotencyConflict
            | Self::Incomplete
            | Self::Internal
            | Self::LastMeans
            | Self::Malformed { .. }
            | Self::MethodNotAllowed
            | Self::Misdirected
            | Self::NotFound
            | Self::Overloaded { .. }
            | Self::PasskeyKnown
            | Self::PasskeyRefused
            | Self::QuotaExceeded
            | Self::RangeNotSatisfiable
            | Self::StorageFull { .. }
            | Self::Timeout
            | Self::TooManyAttempts { .. }
            | Self::TooManyRequests { .. }
            | Self::Unauthenticated
            | Self::Unavailable
            | Self::Undecryptable { .. }
            | Self::UnsupportedMediaType { .. } => {}
        }
        if let Some(seconds) = self.retry_after() {
            map.serialize_entry("retry_after", &seconds)?;
        }
        map.end()
    }
}

impl From<domain::terms::OutOfBounds> for Problem {
    fn from(bounds: domain::terms::OutOfBounds) -> Self {
        Self::Invalid {
            field: bounds.field.to_owned(),
            reason: format!("must be a whole number from {} to {}", bounds.min, bounds.max),
            limit: Some((bounds.min, bounds.max)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_reads_back_as_its_document() {
        let mut names: Vec<_> = Problem::examples().iter().map(Problem::name).collect();
        assert!(names.is_sorted());
        names.dedup();
        // As many as the enum has variants: whoever adds one adds an example.
        assert_eq!(names.len(), 29);
        for problem in Problem::examples() {
            let said = serde_json::to_string(&problem).unwrap();
            let read: Document = serde_json::from_str(&said).unwrap();
            assert_eq!((read.name(), read.status), (problem.name(), problem.status()));
            assert_eq!(read.retry_after, problem.retry_after());
            assert!(read.detail.ends_with('.') && !read.title.is_empty(), "{said}");
        }
    }

    /// R36: whoever must wait is told how long, and nobody else is.
    #[test]
    fn every_problem_that_passes_says_how_long_to_wait() {
        for problem in Problem::examples() {
            let passes = matches!(problem.status(), 429 | 503);
            assert_eq!(problem.retry_after().is_some(), passes, "{}", problem.name());
        }
    }
}
