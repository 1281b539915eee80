//! The worked example of the specification: every number in it is recomputed, by the forge and, through
//! the vector of the same values, by both implementations.

#![expect(clippy::indexing_slicing, reason = "a test that panics has failed")]

use testkit::forge::{Forge, base58, key_text, sha256, text};

const SPECIFICATION: &str = include_str!("../../../docs/spec/envelope.md");
const VECTOR: &str = include_str!("../../../docs/spec/vectors/open-passphrase.json");

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// The lines of the example: a name and a value each.
fn example() -> Vec<(&'static str, String)> {
    let key = *b"the link key of all the vectors!";
    let forge = Forge { key, passphrase: Some("lantern orbit velvet moss") };
    let id: [u8; 16] = *b"\x01\x23\x45\x67\x89\xab\xcd\xef\x10\x32\x54\x76\x98\xba\xdc\xfe";
    let front = [&[1, 1][..], &key].concat();
    let check = sha256(&[b"sigill/v1 link", &id, &front]);
    let ikm = forge.ikm();
    let prefix = forge.prefix();
    let header = forge.header(&prefix);
    let plain = text(b"behind a passphrase");
    let chunk = forge.chunk(&header, 0, true, &plain);
    let (link_proof, proof) = (forge.link_proof(), forge.proof());
    let receipt = sha256(&[b"sigill/v1 receipt", &id, &key]);
    let token = base58(&[&id[..], &key, &receipt[..4]].concat(), 72);
    vec![
        ("id", hex(&id)),
        ("link-key", hex(&key)),
        ("passphrase", "lantern orbit velvet moss".to_owned()),
        ("link checksum", hex(&check[..4])),
        ("link id", base58(&id, 22)),
        ("link key", key_text(&id, 1, 1, &key)),
        ("passphrase-salt", hex(&forge.passphrase_salt())),
        ("passphrase-key", hex(&ikm[32..])),
        ("link-proof", hex(&link_proof)),
        ("SHA-256(link-proof)", hex(&sha256(&[&link_proof]))),
        ("proof", hex(&proof)),
        ("SHA-256(proof)", hex(&sha256(&[&proof]))),
        ("prefix", hex(&prefix)),
        ("commitment", hex(&header[32..])),
        ("content-key", hex(&forge.content_key(&header))),
        ("manifest", hex(&plain[..15])),
        ("contents", hex(&plain[15..34])),
        ("padding", format!("{} zero bytes", plain[34..].len())),
        ("nonce", hex(&[&[0; 11][..], &[1]].concat())),
        ("chunk, first 32 bytes", hex(&chunk[..32])),
        ("chunk, tag", hex(&chunk[256..])),
        ("SHA-256(envelope)", hex(&sha256(&[&header, &chunk]))),
        ("receipt checksum", hex(&receipt[..4])),
        ("receipt token", format!("sgr_{token}")),
        ("claim token", format!("sgc_{}", base58(&key, 44))),
    ]
}

#[test]
fn a_reader_of_the_specification_can_recompute_the_example() {
    let example = example();
    let lines = example.iter().map(|(name, value)| format!("{name:<21} = {value}\n"));
    let text: String = lines.collect();
    assert!(SPECIFICATION.contains(&format!("```\n{text}```\n")), "not in it:\n{text}");
    let parts = ["passphrase", "link id", "link key"];
    for (name, value) in example.iter().filter(|(name, _)| parts.contains(name)) {
        assert!(VECTOR.contains(value), "{name} is not that of the vector");
    }
}
