//! Walks `docs/spec/vectors/`: what each file says must come of it, comes of it.
//!
//! There is no list of names here. A key that is not known is fatal, so no vector can say something
//! that is not checked.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::panic_in_result_fn,
    reason = "a test that panics has failed"
)]

use std::fs;
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use envelope::{
    ClaimToken, Content, Fault, Keys, Link, Passphrase, Profile, ProofHash, ReceiptToken,
    SecretToken, ServerReceipt, open,
};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    #[serde(rename = "comment")]
    _comment: String,
    #[serde(rename = "do")]
    verb: String,
    expect: String,
    link: Option<String>,
    #[serde(default)]
    passphrase: Option<String>,
    envelope: Option<String>,
    contents_sha256: Option<String>,
    proof_hash: Option<String>,
    token: Option<String>,
    link_proof_hash: Option<String>,
    receipt_hash: Option<String>,
    id: Option<String>,
    secret_token: Option<String>,
}

impl Vector {
    fn run(&self) -> Result<(), Fault> {
        match self.verb.as_str() {
            "link" => {
                let text = self.link.as_deref().unwrap();
                let link = Link::parse(text)?;
                assert_eq!(&**link.expose(), text, "parsing and writing is the identity");
                Ok(())
            }
            "open" => {
                let sealed = STANDARD.decode(self.envelope.as_deref().unwrap()).unwrap();
                let content = open(self.keys()?, &sealed)?;
                assert_eq!(Some(hash(&content)), self.contents_sha256, "other contents");
                Ok(())
            }
            "proof" => {
                let hash = STANDARD.decode(self.proof_hash.as_deref().unwrap()).unwrap();
                ProofHash::from_bytes(hash.try_into().unwrap()).verify(&self.keys()?.proof())
            }
            "receipt-token" => {
                let text = self.token.as_deref().unwrap();
                let token = ReceiptToken::parse(text)?;
                assert_eq!(&**token.expose(), text);
                Ok(())
            }
            "claim-token" => {
                let text = self.token.as_deref().unwrap();
                let token = ClaimToken::parse(text)?;
                assert_eq!(&**token.expose(), text);
                Ok(())
            }
            "server-link" => {
                let text = self.token.as_deref().unwrap();
                let token = SecretToken::parse(text)?;
                assert_eq!(&**token.expose(), text);
                assert_eq!(Some(link_proof(&token)), self.link_proof_hash, "another link key");
                Ok(())
            }
            "server-receipt" => {
                let text = self.token.as_deref().unwrap();
                let receipt = ServerReceipt::parse(text)?;
                assert_eq!(&**receipt.expose(), text);
                let hash = STANDARD.encode(receipt.hash().as_bytes());
                assert_eq!(Some(hash), self.receipt_hash, "another hash");
                let link = receipt.link(self.id.as_deref().unwrap().parse().unwrap());
                assert_eq!(Some(&**link.expose()), self.secret_token.as_deref(), "another link");
                Ok(())
            }
            other => panic!("no such verb: {other}"),
        }
    }

    fn keys(&self) -> Result<Keys, Fault> {
        let link = Link::parse(self.link.as_deref().unwrap()).expect("a good link");
        let passphrase = self.passphrase.as_deref().map(|text| Passphrase::new(text).unwrap());
        Keys::derive(&link.key, passphrase.as_ref())
    }
}

/// `SHA-256(link-proof)` of what the server has sealed.
fn link_proof(token: &SecretToken) -> String {
    let keys = Keys::derive(&token.link_key(Profile::None), None).unwrap();
    STANDARD.encode(keys.link_proof().hash().as_bytes())
}

fn hash(content: &Content) -> String {
    let mut all = Vec::new();
    match content {
        Content::Text(text) => all.extend_from_slice(text.as_bytes()),
        Content::Fields(fields) => {
            for (_, value) in fields {
                all.extend_from_slice(value.as_bytes());
            }
        }
        Content::Files(files) => {
            for (.., bytes) in files {
                all.extend_from_slice(bytes);
            }
        }
    }
    let number = digest(&SHA256, &all);
    number.as_ref().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// Section 8 of the specification ties every vector to a rule, and every rule to its vectors.
#[test]
fn the_specification_names_every_vector_and_no_other() {
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/spec");
    let text = fs::read_to_string(spec.join("envelope.md")).unwrap();
    let (_, table) = text.split_once("| section | rule | vectors |").unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    let patterns: Vec<&str> = table.split('`').skip(1).step_by(2).collect();
    let fits = |name: &str, pattern: &str| match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    };
    let names: Vec<String> = fs::read_dir(spec.join("vectors"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    for name in &names {
        assert!(patterns.iter().any(|pattern| fits(name, pattern)), "{name} shows no rule");
    }
    for pattern in patterns {
        assert!(names.iter().any(|name| fits(name, pattern)), "there is no vector {pattern}");
    }
}

#[test]
fn every_vector_comes_out_as_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/spec/vectors");
    let (mut count, mut faults) = (0_u32, Vec::new());
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let vector: Vector = serde_json::from_slice(&fs::read(&path).unwrap()).expect(&name);
        let came = vector.run().map_or_else(Fault::code, |()| "ok");
        if came != vector.expect {
            faults.push(format!("{name}: {came}, not {}", vector.expect));
        }
        count = count.saturating_add(1);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(count >= 100, "only {count} vectors");
}
