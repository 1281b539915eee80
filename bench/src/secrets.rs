//! Secrets that are sealed before anything is measured, each with keys of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use envelope::{
    ClaimToken, Content, Fault, Keys, LinkKey, Profile, ProofHash, ReceiptHash, ReceiptToken,
    SecretId, seal,
};
use wire::secrets::Claim;
use wire::text::{Bytes32, Secretive};

use crate::void::Void;

/// What separates the parts of a creation.
const BOUNDARY: &str = "part-of-a-creation";

/// Bytes that repeat with the seed (`SplitMix64`): every run asks the same.
pub(crate) struct Dice(u64);

impl Dice {
    /// The sequence of `seed`.
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to below 1.
    pub(crate) fn share(&mut self) -> f64 {
        let upper = u32::try_from(self.roll() >> 32).unwrap_or(0);
        f64::from(upper) / 4_294_967_296.0
    }

    /// Bytes.
    pub(crate) fn draw<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// Fills `bytes`.
    pub(crate) fn fill(&mut self, bytes: &mut [u8]) {
        for part in bytes.chunks_mut(8) {
            let number = self.roll().to_le_bytes();
            part.iter_mut().zip(number).for_each(|(to, from)| *to = from);
        }
    }
}

/// A sealed secret and every request about it that does not need its id.
pub(crate) struct Prepared {
    /// The whole request that creates it.
    pub(crate) creation: Vec<u8>,
    /// What a claim must give back.
    pub(crate) envelope: Vec<u8>,
    /// Hashes of what a reader and the sender show.
    pub(crate) shown: Shown,
    claim: String,
    token: String,
    receipt: [u8; 32],
}

/// What a server learns of the keys when a secret is created.
#[derive(Clone, Copy)]
pub(crate) struct Shown {
    /// Of the proof that comes from the link.
    pub(crate) link_proof: ProofHash,
    /// Of the proof that comes from link and passphrase.
    pub(crate) proof: ProofHash,
    /// Of the receipt token.
    pub(crate) receipt: ReceiptHash,
}

impl Prepared {
    /// Seals `content` with keys from `dice`.
    pub(crate) fn new(content: &Content, dice: &mut Dice) -> Result<Self, Void> {
        let fault = |fault: Fault| Void::new(format!("sealing: {fault}"));
        let keys = Keys::derive(&LinkKey::new(dice.draw(), Profile::None), None).map_err(fault)?;
        let envelope = seal(&keys, dice.draw(), content).map_err(fault)?;
        let (link_proof, proof) = (keys.link_proof(), keys.proof());
        let receipt = dice.draw();
        let shown = Shown {
            link_proof: link_proof.hash(),
            proof: proof.hash(),
            receipt: ReceiptToken::hash_of(&receipt),
        };
        // Everything else as it is when nothing is said: one view, one day.
        let terms = serde_json::json!({
            "link_proof_hash": Bytes32::new(*shown.link_proof.as_bytes()),
            "proof_hash": Bytes32::new(*shown.proof.as_bytes()),
            "receipt_hash": Bytes32::new(*shown.receipt.as_bytes()),
        });
        let token = ClaimToken::new(dice.draw()).expose();
        let claim = Claim {
            link_proof: Bytes32::new(*link_proof.expose()),
            proof: Bytes32::new(*proof.expose()),
            claim_token: Secretive::new(token.clone()),
        };
        Ok(Self {
            creation: creation(&terms.to_string(), &envelope),
            envelope,
            shown,
            receipt,
            claim: serde_json::to_string(&claim).map_err(|error| Void::new(error.to_string()))?,
            token: token.to_string(),
        })
    }

    /// The request that claims it.
    pub(crate) fn claim(&self, id: &str) -> Vec<u8> {
        let Self { claim, .. } = self;
        let length = claim.len();
        format!(
            "POST /v1/secrets/{id}/claim HTTP/1.1\r\nhost: localhost\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{claim}"
        )
        .into_bytes()
    }

    /// The request that burns it.
    pub(crate) fn burning(&self, id: SecretId) -> Vec<u8> {
        format!(
            "POST /v1/receipt/burn HTTP/1.1\r\nhost: localhost\r\n\
             authorization: Bearer {}\r\ncontent-length: 0\r\n\r\n",
            *ReceiptToken::new(id, self.receipt).expose()
        )
        .into_bytes()
    }

    /// The request that says that it arrived.
    pub(crate) fn acknowledgement(&self, id: &str) -> Vec<u8> {
        format!(
            "POST /v1/secrets/{id}/ack HTTP/1.1\r\nhost: localhost\r\n\
             authorization: Bearer {}\r\ncontent-length: 0\r\n\r\n",
            self.token
        )
        .into_bytes()
    }
}

fn creation(terms: &str, envelope: &[u8]) -> Vec<u8> {
    let before = format!(
        "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"terms\"\r\n\
         content-type: application/json\r\n\r\n{terms}\r\n\
         --{BOUNDARY}\r\ncontent-disposition: form-data; name=\"envelope\"\r\n\
         content-type: application/octet-stream\r\n\r\n"
    );
    let after = format!("\r\n--{BOUNDARY}--\r\n");
    let length = before.len().saturating_add(envelope.len()).saturating_add(after.len());
    let head = format!(
        "POST /v1/secrets HTTP/1.1\r\nhost: localhost\r\n\
         content-type: multipart/form-data; boundary={BOUNDARY}\r\ncontent-length: {length}\r\n\r\n"
    );
    let mut request = Vec::with_capacity(head.len().saturating_add(length));
    for part in [head.as_bytes(), before.as_bytes(), envelope, after.as_bytes()] {
        request.extend_from_slice(part);
    }
    request
}

/// A text of `length` bytes.
pub(crate) fn text(length: usize) -> Content {
    Content::Text("one-time ".repeat(114).chars().take(length).collect::<String>().into())
}

/// Secrets that many connections take, each once.
#[derive(Clone)]
pub(crate) struct Supply {
    secrets: Arc<Vec<Prepared>>,
    next: Arc<AtomicUsize>,
}

impl Supply {
    /// Seals `content` for `count` secrets.
    pub(crate) fn of(count: usize, content: &Content, dice: &mut Dice) -> Result<Self, Void> {
        let secrets = (0..count).map(|_| Prepared::new(content, dice));
        let secrets = Arc::new(secrets.collect::<Result<_, _>>()?);
        Ok(Self { secrets, next: Arc::default() })
    }

    /// The next one; `None` when all are taken.
    pub(crate) fn take(&self) -> Option<&Prepared> {
        self.secrets.get(self.next.fetch_add(1, Ordering::Relaxed))
    }
}
