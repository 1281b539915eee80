//! An authenticator and the browser before it, by hand from W3C Web Authentication (Level 3) and RFC 9052:
//! it makes passkeys and answers for them, and lies where a test tells it to.
//!
//! Independent of the library that judges it. Only `ES256`, and no statement about where a passkey was made.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a test that panics has failed"
)]

use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::calls::base64url;
use crate::forge::sha256;

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const WITH_CREDENTIAL: u8 = 0x40;

/// What holds passkeys.
#[derive(Debug)]
pub struct Authenticator {
    /// The page that asks, as the browser sees it.
    pub origin: String,
    /// The site that the browser names to the authenticator; the question's own when it is `None`.
    pub site: Option<String>,
    /// Whether it says that it has verified the person.
    pub verifies: bool,
    /// How often it says that its passkeys were used.
    pub counter: u32,
    held: Vec<Held>,
}

#[derive(Debug)]
struct Held {
    id: Vec<u8>,
    handle: Vec<u8>,
    key: EcdsaKeyPair,
}

impl Authenticator {
    /// An honest one before pages of `origin`. It counts from 1.
    pub fn at(origin: &str) -> Self {
        let origin = origin.to_owned();
        Self { origin, site: None, verifies: true, counter: 0, held: Vec::new() }
    }

    /// Makes a passkey for `options`, and answers. It does not look at what is excluded: the server has to.
    pub fn create(&mut self, options: &Value) -> Value {
        static MADE: AtomicU64 = AtomicU64::new(0);
        // No two are the same, and that is all that a server counts on.
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let id = [&number.to_be_bytes()[..], &[7; 24]].concat();
        self.create_as(options, id)
    }

    /// The same, and calls it `id`, as no honest one would that has it already.
    pub fn create_as(&mut self, options: &Value, id: Vec<u8>) -> Value {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key");
        let point = key.public_key().as_ref();
        let (x, y) = point[1..].split_at(32);
        // {1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y}
        let cose = [&[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32][..], x, &[0x22, 0x58, 32], y];
        let length = u16::try_from(id.len()).expect("short").to_be_bytes();
        let attested = [&[0; 16][..], &length, &id, &cose.concat()].concat();
        let site = options["rp"]["id"].as_str().expect("a site");
        let data = [self.data(site, WITH_CREDENTIAL), attested].concat();
        let length = u16::try_from(data.len()).expect("short").to_be_bytes();
        // {"fmt": "none", "attStmt": {}, "authData": ..}
        let object =
            [&b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59"[..], &length, &data].concat();
        let handle = options["user"]["id"].as_str().expect("a handle");
        let response = json!({
            "clientDataJSON": base64url(self.client("webauthn.create", options).as_bytes()),
            "attestationObject": base64url(&object),
            "transports": ["internal"],
        });
        let answer = named(&id, &response);
        let handle = URL_SAFE_NO_PAD.decode(handle).expect("base64url");
        self.held.push(Held { id, handle, key });
        answer
    }

    /// Answers `options` with the newest passkey that may.
    pub fn get(&mut self, options: &Value) -> Value {
        self.counter = self.counter.wrapping_add(1);
        let allowed: Vec<&str> = options["allowCredentials"]
            .as_array()
            .map(|allowed| allowed.iter().filter_map(|one| one["id"].as_str()).collect())
            .unwrap_or_default();
        let may = |held: &&Held| allowed.is_empty() || allowed.contains(&&*base64url(&held.id));
        let held = self.held.iter().rev().find(may).expect("a passkey that may answer");
        let data = self.data(options["rpId"].as_str().expect("a site"), 0);
        let client = self.client("webauthn.get", options);
        let signed = [&data[..], &sha256(&[client.as_bytes()])].concat();
        let signature = held.key.sign(&SystemRandom::new(), &signed).expect("a signature");
        let response = json!({
            "clientDataJSON": base64url(client.as_bytes()),
            "authenticatorData": base64url(&data),
            "signature": base64url(signature.as_ref()),
            "userHandle": base64url(&held.handle),
        });
        named(&held.id, &response)
    }

    fn data(&self, site: &str, flags: u8) -> Vec<u8> {
        let site = sha256(&[self.site.as_deref().unwrap_or(site).as_bytes()]);
        let verified = if self.verifies { VERIFIED } else { 0 };
        [&site[..], &[PRESENT | verified | flags], &self.counter.to_be_bytes()].concat()
    }

    fn client(&self, kind: &str, options: &Value) -> String {
        json!({
            "type": kind,
            "challenge": options["challenge"],
            "origin": self.origin,
            "crossOrigin": false,
        })
        .to_string()
    }
}

fn named(id: &[u8], response: &Value) -> Value {
    json!({
        "id": base64url(id),
        "rawId": base64url(id),
        "type": "public-key",
        "authenticatorAttachment": "platform",
        "clientExtensionResults": { "credProps": { "rk": true } },
        "response": response,
    })
}
