//! What sharing, opening and following need to know, resolved and checked as a whole.

use std::path::PathBuf;

use client::{Address, AddressFault, PlainHttp};
use domain::terms::{Lifetime, Views};
use wire::secrets::{Action, Budget};

use super::values::{Setting as _, Switch, Tries};
use super::{Reader, Sources, keys};
use crate::failure::Failure;

/// The settings of the commands that ask a server.
#[derive(Debug)]
pub(crate) struct Client {
    /// Which server is asked.
    pub(crate) server: Address,
    /// Where plain HTTP will do.
    pub(crate) plain: PlainHttp,
    /// How long a secret waits.
    pub(crate) ttl: Lifetime,
    /// How many readers may open it.
    pub(crate) views: Views,
    /// How many wrong passphrases it bears.
    pub(crate) budget: Budget,
    /// Whether it is destroyed as it is handed out.
    pub(crate) strict: bool,
    /// The file with the passphrase.
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Whether the link is drawn as a QR code.
    pub(crate) qr: bool,
    /// Whether standard output is JSON.
    pub(crate) json: bool,
}

impl Client {
    /// Reads all settings, and refuses all that is wrong at once.
    pub(crate) fn resolve(sources: &Sources) -> Result<Self, Failure> {
        let mut reader = Reader::new(sources);
        let config = Self::read(&mut reader);
        reader.finish(config).map(|(config, _)| config)
    }

    /// Reads all settings, and notes what is wrong.
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let server: Address = reader.value(&keys::SERVER);
        let Switch(insecure) = reader.value(&keys::INSECURE);
        let plain = if insecure { PlainHttp::Anywhere } else { PlainHttp::ThisMachine };
        let ttl = reader.value(&keys::TTL);
        let views = reader.value(&keys::VIEWS);
        let Tries(limit) = reader.value(&keys::FAILED_PASSPHRASES);
        let action: Action = reader.value(&keys::WHEN_FAILED);
        let Switch(strict) = reader.value(&keys::STRICT);
        let passphrase_file = reader.optional(&keys::PASSPHRASE_FILE);
        let Switch(qr) = reader.value(&keys::QR);
        let Switch(json) = reader.value(&keys::JSON);
        if let Err(AddressFault::Plain) = Address::parse(&server.show(), plain) {
            reader.fault(format!("{} {}", keys::SERVER.name, plain_http()));
        }
        let budget = Budget { limit, action };
        Self { server, plain, ttl, views, budget, strict, passphrase_file, qr, json }
    }
}

/// Why plain HTTP to another machine is refused, and how to have it nevertheless.
pub(crate) fn plain_http() -> String {
    let option = keys::INSECURE.name;
    format!("{}, or say --{option} if you trust the way there", AddressFault::Plain)
}
