//! What a server's refusal means for whoever sits here: an exit code and a sentence.

use client::{Client, Error};
use wire::problem::Document;

use crate::config::client::Client as Config;
use crate::failure::{Code, Failure};
use crate::terminal;

/// A client of the configured server.
pub(crate) fn client(config: &Config) -> Result<Client, Failure> {
    Client::new(config.server.clone()).map_err(|error| failure(error, "Nothing was done."))
}

/// The failure that `error` is. `lost` says what is lost when nothing came through.
pub(crate) fn failure(error: Error, lost: &str) -> Failure {
    match error {
        Error::Problem(document) => refused(&document),
        Error::Source(error) => Failure::new(
            Code::File,
            format!("the content could not be read to its end: {error}. {lost}"),
        ),
        error @ (Error::Foreign { .. } | Error::Lost | Error::Unreachable(_)) => {
            let text = terminal::one_line(&error.to_string());
            Failure::new(Code::Network, format!("{}. {lost}", *text))
        }
    }
}

fn refused(document: &Document) -> Failure {
    let code = match document.name() {
        "unavailable" => Code::Unavailable,
        "passphrase-rejected" => Code::Passphrase,
        "overloaded" | "quota-exceeded" | "storage-full" | "timeout" | "too-many-attempts"
        | "too-many-requests" => Code::Busy,
        "internal" | "undecryptable" => Code::Broken,
        "misdirected" | "not-found" | "method-not-allowed" => Code::Network,
        _ => Code::Refused,
    };
    let text = format!("{}. {}", document.title, document.detail);
    Failure::new(code, &*terminal::one_line(&text))
}
