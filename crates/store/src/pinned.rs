//! Constants that must never change: with another label, another order or another permutation, every
//! database that exists would be noise (R46). A test that fails here asks for a new version beside the
//! old one, not for another value.

use domain::audit::{Actor, Event, Head, Kind as EventKind};
use domain::hashes::{KeyedHash, Kind};
use domain::secret::{Row, SealedBy, Secret, Standing};
use domain::terms::Terms;
use domain::time::Timestamp;

use crate::at_rest::{Lock, RingId, WrappedKey};
use crate::ids::{Ids, Tag};
use crate::keys::{ServerKeys, parse};
use crate::port::{Kept, Slot, Verifiers};
use crate::slots::Slots;

const KEYS: &str = "sigill-keys 1
id      000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
hash    202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f
ring 3  404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f
";

fn keys() -> ServerKeys {
    parse(KEYS).ok().unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// The start of SHA-256, enough to pin.
fn short(bytes: &[u8]) -> String {
    hex(&aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref()[..8])
}

fn kept() -> Kept {
    let created_at = Timestamp::from_millis(1_700_000_000_000);
    let terms = Terms::default();
    let secret = Secret {
        row: Row::new(7),
        terms,
        created_at,
        expires_at: created_at.plus(terms.lifetime.duration()),
        views_taken: 0,
        failed: 0,
        passphrase: true,
        sealed_by: SealedBy::Sender,
        size: 3,
        standing: Standing::Waiting,
    };
    let hash = |byte| KeyedHash::from_bytes([byte; 32]);
    let verifiers = Verifiers { link_proof: hash(1), proof: hash(2), receipt: hash(3) };
    Kept { tag: Tag::new([9; 8]), secret, verifiers, receipt_until: created_at }
}

#[test]
fn hashes_of_capabilities() {
    let keys = keys();
    let of = |kind| hex(&keys.lasting().hash(kind, b"value").as_bytes()[..8]);
    let all = [
        Kind::Allowance,
        Kind::Claim,
        Kind::Handle,
        Kind::Idempotency,
        Kind::LinkProof,
        Kind::Network,
        Kind::Owner,
        Kind::Proof,
        Kind::Receipt,
        Kind::Reference,
        Kind::Stranger,
        Kind::Upload,
    ];
    let pinned = [
        "50e1dd4a78a3c0d4",
        "3d326a10a3fffec3",
        "7473b9bd5ff6bda5",
        "ff28611b073e613d",
        "c7e6b4cfb1febbdb",
        "fe0f4fecfed7f87e",
        "96c5b59393d47de4",
        "04b78dbc9dba35a0",
        "60527ddd1c220e37",
        "ff0d1e77062519bd",
        "ef08cb498c2e370c",
        "eeb9d30a7cc3033a",
    ];
    assert_eq!(all.map(of), pinned);
    assert_eq!(hex(&keys.verifier()[..8]), "9cdc271668895b1c");
    assert_eq!(hex(&keys.ring_verifier(RingId::new(3).unwrap()).unwrap()[..8]), "3302862ce26321b0");
}

#[test]
fn public_ids() {
    let ids = Ids::new(keys().lasting().id_key());
    let (row, tag) = (Row::new(7), Tag::new([9; 8]));
    assert_eq!(hex(ids.identify(row, tag).as_bytes()), "e7b7edb44f5dabe4366544d8bd7c3500");
    assert_eq!(hex(ids.identify_receipt(row, tag).as_bytes()), "95887c01db551a9ef9a3e039b898736a");
}

#[test]
fn sealing_at_rest() {
    let ring = RingId::new(3).unwrap();
    let wrapping = keys().wrapping(ring).unwrap().to_owned();
    let wrapped = WrappedKey::wrap(&wrapping, &[5; 32]);
    assert_eq!(short(wrapped.as_bytes()), "9d4feabf856a4f4a");
    let lock = Lock::open(&keys(), ring, &wrapped, &kept()).unwrap();
    assert_eq!(*lock.key, [5; 32]);
    assert_eq!(short(&lock.aad), "86c400089fda0f31");
}

#[test]
fn slots_of_per_secret_keys() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("secret.keys");
    let mut slots = Slots::open(&path).unwrap();
    slots.write(Slot(0), Row::new(7), &WrappedKey::from_bytes([5; 40]));
    slots.sync().unwrap();
    assert_eq!(short(&std::fs::read(&path).unwrap()), "2766daafcdc0702a");
}

#[test]
fn the_chain_of_the_trail() {
    let at = Timestamp::from_millis(1_700_000_000_000);
    let event = Event::new(at, EventKind::Created, Actor::Sender).of(Row::new(7));
    assert_eq!(hex(&Head::EMPTY.append(&event).hash[..8]), "31fe13211bac8042");
}
