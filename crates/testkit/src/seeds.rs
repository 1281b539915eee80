//! Where the fuzz targets begin: small inputs that get far, made from the vectors and from a few words.
//!
//! Nothing of it is kept: `cargo xtask fuzz` makes it anew.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::forge::{item, manifest, text};
use crate::vectors;

/// The longest envelope that is worth beginning with.
const LONG: usize = 2048;

/// One input of one target.
pub struct Seed {
    /// The target, as `fuzz/` names it.
    pub target: &'static str,
    /// The input.
    pub input: Vec<u8>,
}

/// Every input.
pub fn all() -> Vec<Seed> {
    let mut seeds = Vec::new();
    for vector in vectors::all() {
        let content: Value = serde_json::from_str(&vector.content).unwrap_or_default();
        let member = |name: &str| content.get(name).and_then(Value::as_str).unwrap_or_default();
        let mut add = |target, input: &[u8]| {
            if !input.is_empty() && input.len() <= LONG {
                seeds.push(Seed { target, input: input.to_vec() });
            }
        };
        add("link", member("link").as_bytes());
        add("tokens", member("token").as_bytes());
        for part in member("link").rsplit(['/', '#']).take(2) {
            add("base58", part.as_bytes());
        }
        add("base58", member("token").trim_start_matches("sgc_").as_bytes());
        add("passphrase", member("passphrase").as_bytes());
        let envelope = STANDARD.decode(member("envelope")).unwrap_or_default();
        add("header", &envelope);
        // Numbers that go with the bytes stand before them.
        add("opener", &[&[7, 0], &envelope[..]].concat());
    }
    for (kind, items) in [
        (1, vec![item(0, b"", b"", 4)]),
        (2, vec![item(1, b"", b"", 0), item(5, b"PIN", b"", 4)]),
        (3, vec![item(0, b"a.txt", b"text/plain", 4), item(0, b"b", b"", 0)]),
    ] {
        let manifest = manifest(kind, &items);
        seeds.push(Seed { target: "manifest", input: manifest.clone() });
        let plain = [&[1], &manifest[..], b"hush"].concat();
        seeds.push(Seed { target: "plaintext", input: plain });
    }
    seeds.push(Seed { target: "plaintext", input: [vec![0], text(b"hush")].concat() });
    let words = WORDS.iter().flat_map(|(target, inputs)| {
        inputs.iter().map(|input| Seed { target, input: input.as_bytes().to_vec() })
    });
    seeds.extend(words);
    seeds
}

/// What is written by hand.
const WORDS: &[(&str, &[&str])] = &[
    (
        "answers",
        &[
            r#"{"type":"urn:sigill:problem:invalid","title":"t","status":422,"detail":"d","min":1}"#,
            r#"{"id":"i","ref":"r","url":"u","created_at":"2026-11-24T12:00:00.000Z","expires_at":"2026-11-25T12:00:00.000Z","views":1,"passphrase":false,"failed_passphrases":{"limit":20,"action":"lock"},"strict":false,"sealed_by":"sender"}"#,
            r#"{"ref":"r","state":"waiting","created_at":"2026-11-24T12:00:00.000Z","expires_at":"2026-11-25T12:00:00.000Z","views":1,"views_left":1,"passphrase":false,"strict":false,"sealed_by":"sender","failed_passphrases":{"failed":0,"limit":20,"action":"burn"},"events":[{"at":"2026-11-24T12:00:00.000Z","kind":"created","actor":"sender"}]}"#,
            r#"{"max_envelope_bytes":1,"expires_in":{"min":60,"max":61,"default":60},"views":{"min":1,"max":100,"default":1},"failed_passphrases":{"min":1,"max":100,"default":20}}"#,
        ],
    ),
    (
        "chunks",
        &[
            "\u{3}5\r\nhello\r\n0\r\n\r\n",
            "\u{1}1F;name=\"value\"\r\n0123456789012345678901234567890\r\n0\r\nX-Sum: 1\r\n\r\nGET /",
        ],
    ),
    (
        "creation",
        &[
            "\u{9}--b\r\nContent-Disposition: form-data; name=\"terms\"\r\n\r\n{\"link_proof_hash\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"proof_hash\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"receipt_hash\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}\r\n--b\r\nContent-Disposition: form-data; name=\"envelope\"; filename=\"e\"\r\nContent-Type: application/octet-stream\r\n\r\nSGL1\r\n--b--\r\n\0\0",
        ],
    ),
    ("forwarded", &["198.51.100.7, 10.0.0.9", "for=\"[2001:db8::1]:443\";proto=https, for=_x"]),
    (
        "head",
        &[
            "\u{3}GET /v1/limits HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n",
            "\u{5}POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 17\r\n\r\n0123456789",
            "\u{7}POST http://a/x?y HTTP/1.1\r\nHost: A\r\nTransfer-Encoding: chunked\r\n\r\n",
        ],
    ),
    ("idempotency", &["0123456789abcdef", "Bearer sgc_", "Bearer sgr_"]),
    ("language", &["sv-SE,sv;q=0.9,en;q=0.8", "en", "de, *;q=0.5", "sv;q=0, en;q=1.000"]),
    ("range", &["e\u{3}\0\0\0\0\0\0bytes=0-99", "e\u{3}\0\0\0\0\0\0bytes=-500"]),
    (
        "requests",
        &[
            r#"{"link_proof":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","proof":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","claim_token":"sgc_1"}"#,
            r#"{"link_proof_hash":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","proof_hash":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","receipt_hash":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","expires_in":3600,"views":3,"failed_passphrases":{"limit":7,"action":"burn"},"strict":true}"#,
        ],
    ),
    (
        "settings",
        &["2GiB", "90m", "on", "512", "[::]:8080", "https://a.example", "10.0.0.0/8,::1", "json"],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn every_target_has_somewhere_to_begin() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/fuzz_targets");
        let targets = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned());
        let seeded: BTreeSet<String> = all().iter().map(|seed| seed.target.to_owned()).collect();
        assert_eq!(seeded, targets.collect());
    }
}
