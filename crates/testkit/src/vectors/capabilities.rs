//! Proofs and tokens: the right ones, and those of something else. Sections 2.2 and 6.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{Book, ID, KEY, OTHER, link, plain_forge, swap, with};
use crate::forge::{Forge, base58, sha256};

pub(super) fn proofs(book: &mut Book) {
    let other = Forge { key: OTHER, passphrase: None };
    for (name, comment, expect, forge, shown) in [
        ("proof-good", "the proof of the link", "ok", plain_forge(), plain_forge()),
        (
            "proof-good-passphrase",
            "the proof of link and passphrase",
            "ok",
            with("x y"),
            with("x y"),
        ),
        ("proof-of-another-secret", "another secret's proof", "wrong-proof", plain_forge(), other),
        (
            "proof-of-another-passphrase",
            "the right link, another passphrase",
            "wrong-proof",
            with("x y"),
            with("x  y"),
        ),
        ("proof-without-passphrase", "the link alone", "wrong-proof", with("x y"), plain_forge()),
    ] {
        let hash = STANDARD.encode(sha256(&[&forge.proof()]));
        let given =
            json!({ "link": link(&shown), "passphrase": shown.passphrase, "proof_hash": hash });
        book.add(name, comment, "proof", expect, given);
    }
    let forge = plain_forge();
    let hash = STANDARD.encode(sha256(&[&forge.link_proof()]));
    let given = json!({ "link": link(&forge), "passphrase": null, "proof_hash": hash });
    book.add(
        "proof-is-not-the-link-proof",
        "the two proofs differ, even without a passphrase",
        "proof",
        "wrong-proof",
        given,
    );
}

pub(super) fn tokens(book: &mut Book) {
    let check = sha256(&[b"sigill/v1 receipt", &ID, &KEY]);
    let receipt = base58(&[&ID[..], &KEY, check.get(..4).unwrap_or_default()].concat(), 72);
    let claim = base58(&KEY, 44);
    let mut token = |name: &str, comment: &str, verb: &str, expect: &str, token: String| {
        book.add(name, comment, verb, expect, json!({ "token": token }));
    };
    token("receipt-good", "a receipt token", "receipt-token", "ok", format!("sgr_{receipt}"));
    token(
        "receipt-cut",
        "the end is missing",
        "receipt-token",
        "cut",
        format!("sgr_{}", receipt.get(..60).unwrap_or_default()),
    );
    token(
        "receipt-swapped",
        "two neighbours changed places",
        "receipt-token",
        "mistyped",
        format!("sgr_{}", swap(&receipt, 20)),
    );
    token(
        "receipt-no-prefix",
        "the prefix is missing",
        "receipt-token",
        "mistyped",
        receipt.clone(),
    );
    token(
        "receipt-with-claims-prefix",
        "the prefix of another kind",
        "receipt-token",
        "mistyped",
        format!("sgc_{receipt}"),
    );
    token(
        "receipt-foreign",
        "a 0, which base58 does not have",
        "receipt-token",
        "mistyped",
        format!("sgr_0{}", receipt.get(1..).unwrap_or_default()),
    );
    token(
        "receipt-long",
        "a character too many",
        "receipt-token",
        "mistyped",
        format!("sgr_{receipt}1"),
    );
    token(
        "receipt-number-too-large",
        "72 digits that are more than 52 bytes",
        "receipt-token",
        "mistyped",
        format!("sgr_{}", "z".repeat(72)),
    );
    let moved = base58(&[&OTHER[..16], &KEY, check.get(..4).unwrap_or_default()].concat(), 72);
    token(
        "receipt-of-another-id",
        "the checksum covers the id",
        "receipt-token",
        "mistyped",
        format!("sgr_{moved}"),
    );
    token(
        "receipt-upper-case",
        "another prefix",
        "receipt-token",
        "mistyped",
        format!("SGR_{receipt}"),
    );
    token("claim-good", "a claim token", "claim-token", "ok", format!("sgc_{claim}"));
    token(
        "claim-cut",
        "the end is missing",
        "claim-token",
        "cut",
        format!("sgc_{}", claim.get(..40).unwrap_or_default()),
    );
    token("claim-empty", "only the prefix", "claim-token", "cut", "sgc_".to_owned());
    token(
        "claim-foreign",
        "an l, which base58 does not have",
        "claim-token",
        "mistyped",
        format!("sgc_l{}", claim.get(1..).unwrap_or_default()),
    );
    token("claim-long", "a character too many", "claim-token", "mistyped", format!("sgc_{claim}1"));
    token(
        "claim-with-receipts-prefix",
        "the prefix of another kind",
        "claim-token",
        "mistyped",
        format!("sgr_{claim}"),
    );
    token(
        "claim-number-too-large",
        "44 digits that are more than 32 bytes",
        "claim-token",
        "mistyped",
        format!("sgc_{}", "z".repeat(44)),
    );
}
