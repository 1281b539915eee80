//! Uploads: a large envelope that comes in parts.

use domain::time::Timestamp;
use envelope::SecretId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::secrets::Terms;
use crate::text::{Bytes32, rfc3339};

/// Begins an upload: the terms of the secret that it will be, and what is known about its envelope.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Beginning {
    /// As in a creation. The time until it expires runs from here on.
    pub terms: Terms,
    /// The size of the envelope in bytes. None is as short as a header and one tag.
    #[schema(minimum = 81)]
    pub size: u64,
    /// Whether a passphrase is needed, as the header of the envelope will say.
    #[serde(default)]
    #[schema(default = false)]
    pub passphrase: bool,
    /// SHA-256 of the 32 bytes of the upload token, base64url.
    #[schema(value_type = String, pattern = "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$", example = "n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg")]
    pub token_hash: Bytes32,
}

/// How far an upload is.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct Upload {
    /// The public id that the secret will have.
    #[schema(pattern = "^[1-9A-HJ-NP-Za-km-z]{22}$", example = "9PJwG4sD5JYkqWf6N3x8Zb")]
    pub id: String,
    /// The size of the envelope in bytes.
    pub size: u64,
    /// The size of every part but the last, which has the rest.
    pub part_bytes: u64,
    /// Which parts are safe, in order. The first is 0.
    pub parts: Vec<u32>,
    /// What is not complete then is destroyed. Every part that is safe moves it.
    #[schema(format = DateTime, example = "2026-11-24T12:30:00.000Z")]
    pub kept_until: String,
}

impl Upload {
    /// The answer about the upload that becomes the secret `id`.
    pub fn new(
        id: &SecretId,
        size: u64,
        part_bytes: u64,
        parts: Vec<u32>,
        until: Timestamp,
    ) -> Self {
        Self { id: id.to_string(), size, part_bytes, parts, kept_until: rfc3339(until) }
    }
}
