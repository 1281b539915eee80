//! The vectors of the format: small stories, each with one fault at most, and what must come of it.
//!
//! A vector is a file of `docs/spec/vectors/`. Both implementations walk the folder; there is no list of
//! names anywhere else. [`all`] makes every file anew, byte for byte.

#![expect(clippy::too_many_lines, reason = "a list of stories is read from top to bottom")]

mod bodies;
mod capabilities;
mod headers;
mod links;
mod opening;
mod plaintexts;
mod server_tokens;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::forge::{Forge, base58, item, key_text, sha256};

const ID: [u8; 16] = *b"\x01\x23\x45\x67\x89\xab\xcd\xef\x10\x32\x54\x76\x98\xba\xdc\xfe";
const KEY: [u8; 32] = *b"the link key of all the vectors!";
const OTHER: [u8; 32] = *b"another secret has another key!!";
const ORIGIN: &str = "https://secrets.example";

/// One file.
pub struct Vector {
    /// Its name, without `.json`.
    pub name: String,
    /// Its content.
    pub content: String,
}

struct Book(Vec<Vector>);

impl Book {
    fn add(&mut self, name: &str, comment: &str, verb: &str, expect: &str, given: Value) {
        let mut map = Map::new();
        map.insert("comment".to_owned(), comment.into());
        map.insert("do".to_owned(), verb.into());
        map.insert("expect".to_owned(), expect.into());
        if let Value::Object(given) = given {
            map.extend(given);
        }
        let content = serde_json::to_string_pretty(&Value::Object(map)).unwrap_or_default();
        self.0.push(Vector { name: name.to_owned(), content: format!("{content}\n") });
    }

    fn link(&mut self, name: &str, comment: &str, expect: &str, link: &str) {
        self.add(name, comment, "link", expect, json!({ "link": link }));
    }

    fn open(&mut self, name: &str, comment: &str, expect: &str, forge: &Forge, envelope: &[u8]) {
        let given = json!({
            "link": link(forge),
            "passphrase": forge.passphrase,
            "envelope": STANDARD.encode(envelope),
        });
        self.add(name, comment, "open", expect, given);
    }

    /// An envelope that opens, and what it releases.
    fn opens(&mut self, name: &str, comment: &str, forge: &Forge, plain: &[u8], contents: &[u8]) {
        let hash = base16(&sha256(&[contents]));
        let given = json!({
            "link": link(forge),
            "passphrase": forge.passphrase,
            "envelope": STANDARD.encode(forge.envelope(plain)),
            "contents_sha256": hash,
        });
        self.add(name, comment, "open", "ok", given);
    }
}

fn base16(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|d| char::from_digit(d.into(), 16))
        .collect()
}

fn plain_forge() -> Forge {
    Forge { key: KEY, passphrase: None }
}

fn with(passphrase: &'static str) -> Forge {
    Forge { key: KEY, passphrase: Some(passphrase) }
}

fn link(forge: &Forge) -> String {
    let profile = u8::from(forge.passphrase.is_some());
    format!("{ORIGIN}/s/{}#{}", base58(&ID, 22), key_text(&ID, 1, profile, &forge.key))
}

/// Every vector, in the order of the specification.
pub fn all() -> Vec<Vector> {
    let mut book = Book(Vec::new());
    links::links(&mut book);
    opening::good(&mut book);
    opening::manifests(&mut book);
    opening::passphrases(&mut book);
    headers::headers(&mut book);
    bodies::bodies(&mut book);
    plaintexts::manifests(&mut book);
    plaintexts::paddings(&mut book);
    capabilities::proofs(&mut book);
    capabilities::tokens(&mut book);
    server_tokens::links(&mut book);
    server_tokens::receipts(&mut book);
    book.0
}

fn swap(text: &str, at: usize) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let equal = bytes.get(at) == bytes.get(at.saturating_add(1));
    bytes.swap(
        at.saturating_add(usize::from(equal)),
        at.saturating_add(1).saturating_add(usize::from(equal)),
    );
    String::from_utf8(bytes).unwrap_or_default()
}

/// 64 empty files with names so long that their manifest has `length` bytes.
fn filling(length: usize) -> Vec<Vec<u8>> {
    // The manifest has 3 bytes of its own, an item 12 beside its name.
    let last = length.saturating_sub(3 + 12 + 63 * (12 + 1012));
    let mut files = vec![item(0, &[b'x'; 1012], b"", 0); 63];
    files.push(item(0, &vec![b'y'; last], b"", 0));
    files
}
