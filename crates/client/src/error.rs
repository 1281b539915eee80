//! Why a call did not succeed, by whose fault it is and by what helps.

use std::error::Error as _;
use std::io;

use wire::problem::Document;

/// A call that did not succeed.
#[expect(clippy::error_impl_error, reason = "client::Error reads well at the use site")]
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What answered is not a Sigill server, or something on the way answered in its place.
    #[error("{}", foreign(*status))]
    Foreign {
        /// The status of its answer.
        status: u16,
    },
    /// The connection broke after the request was on its way, and asking again did not help.
    #[error("the connection was lost")]
    Lost,
    /// The server refused, and says why.
    #[error("{}. {}", .0.title, .0.detail)]
    Problem(Box<Document>),
    /// The envelope that was to be sent could not be made. Nothing was created.
    #[error("the content could not be read: {0}")]
    Source(io::Error),
    /// Nobody answers at this address. Nothing was sent.
    #[error("the server cannot be reached: {0}")]
    Unreachable(String),
}

impl Error {
    /// The problem's name, when the server refused.
    pub fn problem(&self) -> Option<&str> {
        match self {
            Self::Problem(document) => Some(document.name()),
            Self::Foreign { .. } | Self::Lost | Self::Source(_) | Self::Unreachable(_) => None,
        }
    }

    /// Whether it may be otherwise in a while: the line, or a server that has too much to do.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Lost | Self::Unreachable(_) => true,
            Self::Foreign { status } => matches!(status, 502..=504),
            Self::Problem(document) => {
                matches!(document.name(), "overloaded" | "timeout" | "too-many-requests")
            }
            Self::Source(_) => false,
        }
    }

    /// Whether the same call may succeed when it is made again.
    pub(crate) const fn is_lost(&self) -> bool {
        matches!(self, Self::Lost | Self::Unreachable(_))
    }
}

fn foreign(status: u16) -> String {
    if matches!(status, 502..=504) {
        // What a reverse proxy says when nobody is behind it.
        format!("a proxy answered (status {status}) because it does not reach the server behind it")
    } else {
        format!("what answered (status {status}) does not speak like a Sigill server")
    }
}

impl From<reqwest::Error> for Error {
    fn from(error: reqwest::Error) -> Self {
        if !error.is_connect() {
            return Self::Lost;
        }
        // The innermost cause is the system's own word; the outer ones repeat the address.
        let mut cause = error.source();
        while let Some(next) = cause.and_then(std::error::Error::source) {
            cause = Some(next);
        }
        Self::Unreachable(cause.map_or_else(|| "no connection".to_owned(), ToString::to_string))
    }
}
