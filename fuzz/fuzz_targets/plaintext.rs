//! What is inside an envelope that was sealed by somebody with the key and bad intentions: it opens
//! exactly when a second reader of section 4 says so.

#![no_main]

#[path = "../../crates/testkit/src/forge.rs"]
#[expect(dead_code, reason = "the forge makes more than is needed here")]
mod forge;

use envelope::{Content, Fault, Keys, LinkKey, Profile, open};
use forge::{Forge, padded};
use libfuzzer_sys::fuzz_target;

const KEY: [u8; 32] = *b"the link key of all the vectors!";

/// Reads from the front; `None` at the end.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (now, later) = self.0.split_at_checked(count)?;
        self.0 = later;
        Some(now)
    }

    fn number(&mut self, count: usize) -> Option<u64> {
        let bytes = self.take(count)?;
        Some(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }
}

/// The contents of a plaintext that is right in every part.
fn naive(plain: &[u8]) -> Option<Vec<u8>> {
    let mut rest = Bytes(plain);
    let (kind, count) = (rest.number(1)?, rest.number(2)?);
    let most = [1, 64, 1024].get(usize::try_from(kind.checked_sub(1)?).ok()?).copied()?;
    if count == 0 || count > most {
        return None;
    }
    let mut sizes = Vec::new();
    for _ in 0..count {
        let (role, length) = (rest.number(1)?, rest.number(2)?);
        let name = std::str::from_utf8(rest.take(usize::try_from(length).ok()?)?).ok()?;
        let length = rest.number(1)?;
        let media_type = rest.take(usize::try_from(length).ok()?)?;
        let size = rest.number(8)?;
        let fine = match (kind, role) {
            (1, 0) | (2, 1..=4) => name.is_empty() && media_type.is_empty(),
            (2, 5) => !name.is_empty() && media_type.is_empty(),
            (3, 0) => {
                let forbidden = |c: char| {
                    let ranges = [
                        (0, 0x1f),
                        (0x7f, 0x9f),
                        (0x200e, 0x200f),
                        (0x202a, 0x202e),
                        (0x2066, 0x2069),
                    ];
                    let within = |(least, most)| (least..=most).contains(&u32::from(c));
                    ranges.into_iter().any(within) || ['/', '\\', '\u{61c}'].contains(&c)
                };
                !["", ".", ".."].contains(&name) && !name.contains(forbidden)
            }
            _ => false,
        };
        let printable = media_type.iter().all(|byte| (32..127).contains(byte));
        if !fine || !printable || name.len() > 1024 || size > 1 << 50 {
            return None;
        }
        sizes.push(usize::try_from(size).ok()?);
    }
    let manifest = plain.len() - rest.0.len();
    let mut contents = Vec::new();
    for size in sizes {
        let value = rest.take(size)?;
        if kind != 3 && std::str::from_utf8(value).is_err() {
            return None;
        }
        contents.extend_from_slice(value);
    }
    let whole = [&plain[..manifest], &contents].concat();
    (manifest <= 65_536 && padded(&whole) == plain).then_some(contents)
}

fn opened(plain: &[u8]) -> Result<Vec<u8>, Fault> {
    let keys = Keys::derive(&LinkKey::new(KEY, Profile::None), None)?;
    let envelope = Forge { key: KEY, passphrase: None }.envelope(plain);
    Ok(match open(keys, &envelope)? {
        Content::Text(text) => text.as_bytes().to_vec(),
        Content::Fields(fields) => {
            fields.iter().flat_map(|(_, value)| value.as_bytes().to_vec()).collect()
        }
        Content::Files(files) => files.iter().flat_map(|(.., bytes)| bytes.to_vec()).collect(),
    })
}

fuzz_target!(|input: (bool, &[u8])| {
    let (pad, bytes) = input;
    let plain = if pad { padded(bytes) } else { bytes.to_vec() };
    if !plain.is_empty() {
        assert_eq!(opened(&plain).ok(), naive(&plain));
    }
});
