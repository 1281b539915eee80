//! The tokens of what the server seals: what comes of them, and what is none. Section 6.1.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Book, ID, KEY, OTHER};
use crate::forge::{Forge, base36, base58, hkdf, sha256};

/// The 24 bytes that all of it comes from.
fn receipt_key() -> Vec<u8> {
    KEY.into_iter().take(24).collect()
}

/// What the link carries.
fn token_key() -> Vec<u8> {
    hkdf(&[], &receipt_key(), "sigill/v1 server link", 24)
}

fn token(id: &[u8], key: &[u8]) -> String {
    base36(&[id, key].concat(), 62)
}

/// What makes a token none, whichever it is.
fn faults(good: &str) -> Vec<(&'static str, &'static str, &'static str, String)> {
    let upper = good.replacen(|c: char| c.is_ascii_lowercase(), "A", 1);
    vec![
        ("cut", "the end is missing", "cut", good.get(..50).unwrap_or_default().to_owned()),
        ("empty", "nothing at all", "cut", String::new()),
        (
            "old",
            "the 31 digits of earlier servers",
            "cut",
            good.get(..31).unwrap_or_default().to_owned(),
        ),
        ("long", "a digit too many", "mistyped", format!("{good}0")),
        ("upper-case", "a capital letter", "mistyped", upper),
        ("foreign", "a full stop", "mistyped", format!("{}.", good.get(..61).unwrap_or_default())),
        ("number-too-large", "62 digits that are more than 40 bytes", "mistyped", "z".repeat(62)),
    ]
}

pub(super) fn links(book: &mut Book) {
    let link_key = hkdf(&[], &token_key(), "sigill/v1 server link key", 32);
    let mut key = [0; 32];
    key.copy_from_slice(&link_key);
    let proof = Forge { key, passphrase: None }.link_proof();
    let good = token(&ID, &token_key());
    let given = json!({ "token": good, "link_proof_hash": STANDARD.encode(sha256(&[&proof])) });
    book.add("server-link-good", "a link of the server's sealing", "server-link", "ok", given);
    let zero = token(&[0; 16], &[0; 24]);
    let link_key = hkdf(&[], &[0; 24], "sigill/v1 server link key", 32);
    key.copy_from_slice(&link_key);
    let proof = Forge { key, passphrase: None }.link_proof();
    let given = json!({ "token": zero, "link_proof_hash": STANDARD.encode(sha256(&[&proof])) });
    book.add("server-link-zero", "the smallest number", "server-link", "ok", given);
    for (name, comment, expect, token) in faults(&good) {
        let given = json!({ "token": token });
        book.add(&format!("server-link-{name}"), comment, "server-link", expect, given);
    }
}

pub(super) fn receipts(book: &mut Book) {
    let good = token(&OTHER[..16], &receipt_key());
    let given: Value = json!({
        "token": good,
        "receipt_hash": STANDARD.encode(sha256(&[&receipt_key()])),
        "id": base58(&ID, 22),
        "secret_token": token(&ID, &token_key()),
    });
    let comment = "a receipt names the link of its secret";
    book.add("server-receipt-good", comment, "server-receipt", "ok", given);
    for (name, comment, expect, token) in faults(&good) {
        let given = json!({ "token": token });
        book.add(&format!("server-receipt-{name}"), comment, "server-receipt", expect, given);
    }
}
