//! The calls of the native API, as bytes: written by hand from docs/guide/developers.md, so that a
//! mistake that server and client share would show.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a test that panics has failed"
)]

use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Entropy;
use domain::entropy::draw;
use envelope::{ClaimToken, Proof, ReceiptToken, SecretId};
use serde_json::{Value, json};

use crate::asking::{Answer, Ask};
use crate::secrets::Sealed;

/// What frames the parts of a creation.
pub const BOUNDARY: &str = "----sigill-test";

/// Bytes as JSON has them.
pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The terms of a creation: the three hashes, and whatever `asked` adds or replaces.
pub fn terms(sealed: &Sealed, asked: &Value) -> Value {
    let receipt = ReceiptToken::hash_of(&sealed.receipt_secret);
    let mut terms = json!({
        "link_proof_hash": base64url(sealed.link_proof().hash().as_bytes()),
        "proof_hash": base64url(sealed.proof().hash().as_bytes()),
        "receipt_hash": base64url(receipt.as_bytes()),
    });
    let members = terms.as_object_mut().expect("an object");
    for (name, value) in asked.as_object().expect("an object") {
        members.insert(name.clone(), value.clone());
    }
    terms
}

/// One part of a multipart body.
pub fn part(name: &str, media_type: &str, content: &[u8]) -> Vec<u8> {
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\
         Content-Type: {media_type}\r\n\r\n"
    );
    [head.as_bytes(), content, b"\r\n"].concat()
}

/// A multipart body of these parts.
pub fn multipart(parts: &[Vec<u8>]) -> Vec<u8> {
    [parts.concat(), format!("--{BOUNDARY}--\r\n").into_bytes()].concat()
}

/// The body of a creation.
pub fn creation(terms: &[u8], envelope: &[u8]) -> Vec<u8> {
    multipart(&[
        part("terms", "application/json", terms),
        part("envelope", "application/octet-stream", envelope),
    ])
}

/// `POST /v1/secrets` with any body.
pub fn create_with(body: impl Into<Vec<u8>>) -> Ask {
    let media_type = format!("multipart/form-data; boundary={BOUNDARY}");
    Ask::post("/v1/secrets").body(&media_type, body)
}

/// `POST /v1/secrets`.
pub fn create(sealed: &Sealed, asked: &Value) -> Ask {
    let terms = terms(sealed, asked).to_string();
    create_with(creation(terms.as_bytes(), &sealed.envelope))
}

/// `POST /v1/secrets/{id}/claim` with any proofs.
pub fn claim_with(id: &str, link_proof: &Proof, proof: &Proof, token: &str) -> Ask {
    Ask::post(&format!("/v1/secrets/{id}/claim")).json(&json!({
        "link_proof": base64url(link_proof.expose()),
        "proof": base64url(proof.expose()),
        "claim_token": token,
    }))
}

/// `POST /v1/secrets/{id}/claim` by somebody who has link and passphrase.
pub fn claim(shared: &Shared, token: &str) -> Ask {
    claim_with(&shared.id, &shared.sealed.link_proof(), &shared.sealed.proof(), token)
}

/// `POST /v1/secrets/{id}/claim` by somebody who has the link and a wrong passphrase.
pub fn wrong_guess(shared: &Shared, entropy: &dyn Entropy) -> Ask {
    let proof = Proof::from_bytes(draw(entropy));
    claim_with(&shared.id, &shared.sealed.link_proof(), &proof, &claim_token(entropy))
}

/// `GET /v1/secrets/{id}/envelope`.
pub fn fetch(id: &str, token: &str) -> Ask {
    Ask::get(&format!("/v1/secrets/{id}/envelope")).bearer(token)
}

/// `POST /v1/secrets/{id}/ack`.
pub fn acknowledge(id: &str, token: &str) -> Ask {
    Ask::post(&format!("/v1/secrets/{id}/ack")).bearer(token)
}

/// `GET /v1/receipt`.
pub fn follow(receipt: &str) -> Ask {
    Ask::get("/v1/receipt").bearer(receipt)
}

/// `POST /v1/receipt/burn`.
pub fn burn(receipt: &str) -> Ask {
    Ask::post("/v1/receipt/burn").bearer(receipt)
}

/// `POST /v1/receipt/unlock`.
pub fn unlock(receipt: &str) -> Ask {
    Ask::post("/v1/receipt/unlock").bearer(receipt)
}

/// A fresh claim token, as text.
pub fn claim_token(entropy: &dyn Entropy) -> String {
    ClaimToken::new(draw(entropy)).expose().to_string()
}

/// A secret that waits, with all that its sender has.
pub struct Shared {
    /// The public id.
    pub id: String,
    /// The receipt token.
    pub receipt: String,
    /// What the server said.
    pub created: Value,
    /// What it does not know.
    pub sealed: Arc<Sealed>,
}

impl Shared {
    /// The secret that `answer` says was created.
    pub fn new(sealed: impl Into<Arc<Sealed>>, answer: &Answer) -> Self {
        let sealed = sealed.into();
        assert_eq!(answer.status, 201, "{}", answer.text());
        let created = answer.json();
        let id = created["id"].as_str().expect("an id").to_owned();
        let parsed: SecretId = id.parse().expect("an id");
        let receipt = sealed.receipt(parsed).expose().to_string();
        Self { id, receipt, created, sealed }
    }
}

/// Creates `sealed`, or fails.
pub async fn share(address: SocketAddr, sealed: Sealed, asked: &Value) -> Shared {
    let answer = create(&sealed, asked).of(address).await;
    Shared::new(sealed, &answer)
}

/// The state that a receipt tells, and the kinds of its events.
pub async fn fate(address: SocketAddr, receipt: &str) -> (String, Vec<String>) {
    let answer = follow(receipt).of(address).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let fate = answer.json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let events = fate["events"].as_array().expect("events");
    (text(&fate["state"]), events.iter().map(|event| text(&event["kind"])).collect())
}
