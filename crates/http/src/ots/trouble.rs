//! What goes wrong, in the words of each version.
//!
//! Version 1 answers nearly everything with 404 and says in a header what it means; later versions have
//! statuses and a type. What exists and what does not is told apart nowhere (law 5).

use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Map, Value, json};
use service::StoreError;
use service::conceal::ConcealError;
use service::hashing::Busy;
use service::share::ShareError;
use wire::Problem;

use super::auth::{AuthFault, Refused};
use super::params::Fault;
use super::{Asked, Version};
use crate::problem::Refusal;

const MEDIA_TYPE: &str = "application/json; charset=utf-8";
const INTENDED: HeaderName = HeaderName::from_static("x-ots-intended-status");
const TOO_MANY_MAILS: &str =
    "Too many links were mailed. Nothing was created: try again later, or leave out recipient.";
const UNEXPECTED: &str = "An unexpected error occurred :[";

/// What is wrong with a wish for a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// Mail takes an account.
    AccountNeeded,
    /// No such domain.
    Domain(String),
    /// A generated password would be too long.
    Length,
    /// There is no content.
    Missing,
    /// The note is too long.
    Memo,
    /// This server sends no mail.
    NoMail,
    /// The passphrase has too many characters.
    PassphraseLong,
    /// The passphrase has too few characters.
    PassphraseShort,
    /// No address of anybody.
    Recipient(String),
    /// There is too much content.
    TooLarge,
}

impl Wrong {
    fn text(&self, version: Version) -> String {
        match self {
            Self::AccountNeeded => "An account is required to send emails.".to_owned(),
            Self::Domain(domain) => format!("Unknown domain: {domain}"),
            Self::Length => {
                "Generated password length must be no more than 128 characters".to_owned()
            }
            Self::Missing => "You did not provide anything to share".to_owned(),
            Self::Memo => "The memo must be no more than 500 characters long".to_owned(),
            Self::NoMail => "This server does not send mail: leave out recipient".to_owned(),
            Self::PassphraseLong => {
                "Passphrase must be no more than 128 characters long".to_owned()
            }
            Self::PassphraseShort => "Passphrase must be at least 4 characters long".to_owned(),
            Self::Recipient(recipient) => format!("Undeliverable email address: {recipient}"),
            Self::TooLarge if version == Version::One => {
                "Secret value exceeds the maximum size of 10000 bytes".to_owned()
            }
            Self::TooLarge => "Secret content must be no more than 10000 bytes long".to_owned(),
        }
    }

    const fn field(&self) -> &'static str {
        match self {
            Self::AccountNeeded | Self::NoMail | Self::Recipient(_) => "recipient",
            Self::Domain(_) => "share_domain",
            Self::Length => "length",
            Self::Memo => "memo",
            Self::Missing | Self::TooLarge => "secret",
            Self::PassphraseLong | Self::PassphraseShort => "passphrase",
        }
    }

    const fn kind(&self) -> Option<&'static str> {
        match self {
            Self::Missing => Some("missing"),
            Self::Recipient(_) => Some("invalid_email"),
            Self::AccountNeeded
            | Self::Domain(_)
            | Self::Length
            | Self::Memo
            | Self::NoMail
            | Self::PassphraseLong
            | Self::PassphraseShort
            | Self::TooLarge => None,
        }
    }
}

/// What goes wrong.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The server has too much to do, or no room.
    Busy(Duration),
    /// The key may not do that.
    Forbidden,
    /// A fault of the server's.
    Internal,
    /// The parameters cannot be read.
    Malformed,
    /// Guests do not create here.
    NoGuests,
    /// There is no such route.
    NoRoute,
    /// The secret is somebody else's.
    NotOwner,
    /// The passphrase did not match: what is said of it.
    Passphrase(&'static str),
    /// Too many requests.
    RateLimit(Duration),
    /// Whoever asks is not who they say.
    Refused(Refused),
    /// The key is too short to be one.
    ShortKey,
    /// Too many passphrases.
    TooManyAttempts(Duration),
    /// The sender has had too many links mailed, or the recipient has got too many.
    TooManyMails(Duration),
    /// The server's keys do not fit.
    Undecryptable,
    /// There is no such secret.
    UnknownSecret(String),
    /// There is no such receipt.
    UnknownReceipt(String),
    /// What was asked for is wrong.
    Wrong(Wrong),
}

impl From<Wrong> for Trouble {
    fn from(wrong: Wrong) -> Self {
        Self::Wrong(wrong)
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Malformed => Self::Malformed,
            Fault::TooLarge => Self::Wrong(Wrong::TooLarge),
        }
    }
}

impl From<Busy> for Trouble {
    fn from(busy: Busy) -> Self {
        Self::Busy(busy.wait)
    }
}

impl From<Problem> for Trouble {
    /// What the native API would say, as far as these clients know it.
    fn from(problem: Problem) -> Self {
        let wait = || Duration::from_secs(problem.retry_after().unwrap_or(1));
        match problem {
            Problem::TooManyRequests { .. } => Self::RateLimit(wait()),
            Problem::Undecryptable { .. } => Self::Undecryptable,
            Problem::Overloaded { .. } | Problem::StorageFull { .. } | Problem::QuotaExceeded => {
                Self::Busy(wait())
            }
            Problem::ConfirmationRequired
            | Problem::CrossSite
            | Problem::Csrf
            | Problem::Forbidden { .. }
            | Problem::HeadersTooLarge { .. }
            | Problem::IdempotencyConflict
            | Problem::Incomplete
            | Problem::Internal
            | Problem::Invalid { .. }
            | Problem::LastMeans
            | Problem::Malformed { .. }
            | Problem::MethodNotAllowed
            | Problem::Misdirected
            | Problem::NotFound
            | Problem::PasskeyKnown
            | Problem::PasskeyRefused
            | Problem::PassphraseRejected { .. }
            | Problem::RangeNotSatisfiable
            | Problem::Timeout
            | Problem::TooLarge { .. }
            | Problem::TooManyAttempts { .. }
            | Problem::Unauthenticated
            | Problem::Unavailable
            | Problem::UnsupportedMediaType { .. } => Self::Internal,
        }
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Refusal::from(error).0.into()
    }
}

impl From<AuthFault> for Trouble {
    fn from(fault: AuthFault) -> Self {
        match fault {
            AuthFault::Refused(refused) => Self::Refused(refused),
            AuthFault::Unsaid(problem) => problem.into(),
        }
    }
}

impl From<ConcealError> for Trouble {
    fn from(error: ConcealError) -> Self {
        match error {
            ConcealError::Busy(busy) => busy.into(),
            ConcealError::NoMail => Self::Wrong(Wrong::NoMail),
            ConcealError::Share(ShareError::TooManyMails { wait }) => Self::TooManyMails(wait),
            ConcealError::Share(ShareError::TooLarge { .. }) => Self::Wrong(Wrong::TooLarge),
            ConcealError::Share(ShareError::NetworkFull | ShareError::Full) => {
                Self::Busy(Duration::from_mins(1))
            }
            ConcealError::Share(ShareError::Store(error)) => error.into(),
            ConcealError::Share(
                ShareError::Conflict | ShareError::NotAnEnvelope(_) | ShareError::TooSlow,
            ) => Self::Internal,
        }
    }
}

impl Trouble {
    /// The answer of `version`. `request` names it in the log of whoever asked.
    pub(super) fn answer(&self, version: Version, now: i64, request: &str) -> Response {
        let mut response = match version {
            Version::One => self.first(),
            Version::Two | Version::Three => self.later(now, request),
        };
        if let Some(wait) = self.wait() {
            response.headers_mut().insert(RETRY_AFTER, wait.into());
        }
        response
    }

    fn wait(&self) -> Option<u64> {
        let (Self::Busy(wait)
        | Self::RateLimit(wait)
        | Self::TooManyAttempts(wait)
        | Self::TooManyMails(wait)) = self
        else {
            return None;
        };
        // Rounded up: whoever waits as long as they are told is let in (R36).
        let seconds = u64::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u64::MAX);
        Some(seconds.max(1))
    }

    fn first(&self) -> Response {
        let (intended, message) = match self {
            Self::UnknownSecret(key) | Self::UnknownReceipt(key) => {
                let body = json!({"secret_key": key, "message": "Unknown secret"});
                return answer(StatusCode::NOT_FOUND, &body);
            }
            Self::NoRoute => return answer(StatusCode::NOT_FOUND, &json!({"error": "Not Found"})),
            Self::ShortKey => {
                return answer(StatusCode::NOT_FOUND, &json!({"message": "Not Found"}));
            }
            Self::Refused(_) | Self::NotOwner | Self::NoGuests => {
                (401, "Not authorized".to_owned())
            }
            Self::Forbidden => (403, "Not authorized".to_owned()),
            Self::Malformed => (400, "Incorrect payload format".to_owned()),
            Self::Passphrase(text) => (400, (*text).to_owned()),
            Self::RateLimit(_) => (400, "Rate limit exceeded. Please try again later.".to_owned()),
            Self::TooManyMails(_) => (400, TOO_MANY_MAILS.to_owned()),
            Self::Wrong(wrong) => (400, wrong.text(Version::One)),
            Self::Busy(_) | Self::Internal | Self::TooManyAttempts(_) | Self::Undecryptable => {
                (400, UNEXPECTED.to_owned())
            }
        };
        let mut response = answer(StatusCode::NOT_FOUND, &json!({"message": message}));
        response.headers_mut().insert(INTENDED, HeaderValue::from(intended));
        response
    }

    fn later(&self, now: i64, request: &str) -> Response {
        if let Self::Refused(refused) = self {
            let message = match refused {
                Refused::Credentials => "[CREDENTIALS_INVALID] Invalid credentials",
                Refused::Format => "[CREDENTIALS_FORMAT_INVALID] Invalid credentials format",
                Refused::Missing => "[AUTH_HEADER_MISSING] No authorization header",
                Refused::Scheme => "[AUTH_TYPE_INVALID] Invalid authorization type",
            };
            let error = "Authentication Required";
            let body = json!({"error": error, "message": message, "timestamp": now});
            return answer(StatusCode::UNAUTHORIZED, &body);
        }
        let (status, error, kind) = match self {
            Self::UnknownSecret(_) => (404, None, Some("RecordNotFound")),
            Self::UnknownReceipt(key) => {
                (404, Some(format!("identifier: {key}")), Some("RecordNotFound"))
            }
            Self::NoRoute | Self::ShortKey => (404, Some("Not Found".to_owned()), Some("NotFound")),
            Self::Forbidden | Self::Refused(_) => {
                (403, Some("Forbidden".to_owned()), Some("Forbidden"))
            }
            Self::NoGuests => {
                let error = "Guest access is disabled for this operation";
                (403, Some(error.to_owned()), Some("GuestRoutesDisabled"))
            }
            Self::NotOwner => {
                let error = "Not authorized to update this receipt";
                (401, Some(error.to_owned()), Some("Unauthorized"))
            }
            Self::Malformed => {
                (400, Some("Incorrect payload format".to_owned()), Some("BadRequest"))
            }
            Self::Passphrase(text) => (422, Some((*text).to_owned()), None),
            Self::RateLimit(_) | Self::TooManyAttempts(_) => {
                let error = "Too many requests. Please try again later.";
                (429, Some(error.to_owned()), Some("LimitExceeded"))
            }
            Self::TooManyMails(_) => (429, Some(TOO_MANY_MAILS.to_owned()), Some("LimitExceeded")),
            Self::Wrong(wrong @ Wrong::AccountNeeded) => {
                (401, Some(wrong.text(Version::Two)), Some("Unauthorized"))
            }
            Self::Wrong(wrong) => (422, Some(wrong.text(Version::Two)), wrong.kind()),
            Self::Undecryptable => {
                let error = "The secret cannot be opened at this moment. It was not consumed.";
                (503, Some(error.to_owned()), Some("SecretUndecryptable"))
            }
            Self::Busy(_) => {
                (503, Some("Service Unavailable".to_owned()), Some("ServiceUnavailable"))
            }
            Self::Internal => (500, Some("Internal Server Error".to_owned()), Some("ServerError")),
        };
        let mut body = Map::new();
        let mut say = |name: &str, value: Value| drop(body.insert(name.to_owned(), value));
        if let Some(error) = error {
            say("error", error.into());
        }
        if let Some(kind) = kind {
            say("error_type", kind.into());
        }
        say("request_id", request.into());
        if let Self::Wrong(wrong) = self {
            say("field", wrong.field().into());
        }
        if let Self::NoGuests = self {
            say("code", "GUEST_ROUTES_DISABLED".into());
        }
        if let Self::Undecryptable = self {
            say("code", "secret_undecryptable".into());
        }
        if let Self::TooManyAttempts(_) = self {
            say("max_attempts", 5.into());
        }
        if let Some(wait) = self.wait() {
            say("retry_after", wait.into());
        }
        answer(StatusCode::from_u16(status).unwrap_or_default(), &Value::Object(body))
    }
}

/// An answer in JSON.
pub(super) fn answer(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    response
}

/// What came of a request.
pub(super) type Outcome = Result<Value, Trouble>;

/// The answer to `asked`.
pub(super) fn respond(asked: &Asked, outcome: &Outcome) -> Response {
    match outcome {
        Ok(body) => answer(StatusCode::OK, body),
        Err(trouble) => trouble.answer(asked.version, asked.seconds(), &asked.request_id()),
    }
}
