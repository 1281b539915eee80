//! The server's keys: a file of their own, outside the database.
//!
//! ```text
//! sigill-keys 1
//! id      <64 hex digits>      the permutation of public ids; never changes
//! hash    <64 hex digits>      keyed hashes of capabilities; never changes
//! ring 1  <64 hex digits>      wraps per-secret keys; the last line wraps, every line unwraps
//! ```
//!
//! The file is made at the first start, readable by its owner only. One that others can read is refused,
//! and so is a key that is short, repeated or plainly not random (R47). These keys alone open nothing: a payload needs its per-secret
//! key too, and what the sender sealed needs the link (R44).

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use aws_lc_rs::{hkdf, hmac};
use domain::entropy::{Entropy, draw};
use domain::hashes::{KeyedHash, Kind};
use zeroize::{Zeroize, Zeroizing};

use crate::at_rest::RingId;
use crate::error::{OpenError, StoreError};

const MAGIC: &str = "sigill-keys 1";

/// Every key of the server. Zeroized when dropped, never printed.
pub struct ServerKeys {
    id: Zeroizing<[u8; 32]>,
    hash: hmac::Key,
    ring: Vec<Ring>,
}

/// A key of the ring.
struct Ring {
    id: RingId,
    key: Zeroizing<[u8; 32]>,
    /// What wraps data keys, derived from it.
    wrapping: Zeroizing<[u8; 32]>,
}

impl Ring {
    #[expect(clippy::expect_used, reason = "32 bytes are a valid length for HKDF-SHA-256")]
    fn new(id: RingId, key: Zeroizing<[u8; 32]>) -> Self {
        let mut wrapping = Zeroizing::new([0; 32]);
        hkdf::Salt::new(hkdf::HKDF_SHA256, &[])
            .extract(&*key)
            .expand(&[b"sigill/v1 data keys"], hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(&mut *wrapping))
            .expect("32 bytes are within the bound");
        Self { id, key, wrapping }
    }
}

impl ServerKeys {
    /// Reads the keys at `path`, or makes new ones when there is no file and `fresh` says that
    /// there is no database either.
    pub fn load(path: &Path, fresh: bool, entropy: &dyn Entropy) -> Result<Self, OpenError> {
        match Self::read(path)? {
            Some(keys) => {
                let metadata = fs::metadata(path).map_err(StoreError::file(path))?;
                match metadata.mode() & 0o777 {
                    mode if mode & 0o077 != 0 => {
                        Err(OpenError::KeysOpen { path: path.to_owned(), mode })
                    }
                    _ => Ok(keys),
                }
            }
            None if fresh => create(path, entropy),
            None => Err(OpenError::KeysMissing(path.to_owned())),
        }
    }

    /// Reads the keys at `path`; `None` when there is no file.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, OpenError> {
        match fs::read_to_string(path) {
            Ok(mut text) => {
                let keys = parse(&text);
                text.zeroize();
                let keys = keys.map_err(|reason| OpenError::Keys { path: path.to_owned(), reason });
                keys.map(Some)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StoreError::File { path: path.to_owned(), source }.into()),
        }
    }

    pub(crate) fn id_key(&self) -> &[u8; 32] {
        &self.id
    }

    /// Hashes what a capability gave, apart for every kind.
    pub(crate) fn hash(&self, kind: Kind, value: &[u8]) -> KeyedHash {
        let mut context = hmac::Context::with_key(&self.hash);
        context.update(kind.label().as_bytes());
        context.update(&[0]);
        context.update(value);
        let mut bytes = [0; 32];
        bytes.copy_from_slice(context.sign().as_ref());
        KeyedHash::from_bytes(bytes)
    }

    /// The key that wraps, and its number.
    #[expect(clippy::expect_used, reason = "parse and create refuse an empty ring")]
    pub(crate) fn newest(&self) -> (RingId, &[u8; 32]) {
        let ring = self.ring.last().expect("a ring has a key");
        (ring.id, &ring.wrapping)
    }

    fn ring(&self, id: RingId) -> Option<&Ring> {
        self.ring.iter().find(|ring| ring.id == id)
    }

    /// The key that wrapped under `id`.
    pub(crate) fn wrapping(&self, id: RingId) -> Option<&[u8; 32]> {
        self.ring(id).map(|ring| &*ring.wrapping)
    }

    /// Every number of the ring, the oldest first.
    pub(crate) fn rings(&self) -> impl Iterator<Item = RingId> {
        self.ring.iter().map(|ring| ring.id)
    }

    /// A value that shows whether a database belongs to the keys that never change, and tells nothing
    /// about them.
    pub(crate) fn verifier(&self) -> [u8; 32] {
        self.verify(b"sigill/v1 verifier\0", self.id_key())
    }

    /// The same for one key of the ring, apart, because keys of the ring come and go.
    pub(crate) fn ring_verifier(&self, id: RingId) -> Option<[u8; 32]> {
        Some(self.verify(b"sigill/v1 ring verifier\0", &self.ring(id)?.key))
    }

    fn verify(&self, label: &[u8], key: &[u8; 32]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.hash);
        context.update(label);
        context.update(key);
        let mut bytes = [0; 32];
        bytes.copy_from_slice(context.sign().as_ref());
        bytes
    }
}

fn create(path: &Path, entropy: &dyn Entropy) -> Result<ServerKeys, OpenError> {
    let mut text = Zeroizing::new(format!("{MAGIC}\n"));
    for name in ["id", "hash", "ring 1"] {
        let key = Zeroizing::new(draw::<32>(entropy));
        text.push_str(name);
        text.push(' ');
        for byte in &*key {
            let _ = write!(text, "{byte:02x}");
        }
        text.push('\n');
    }
    // Whole or not at all: a file that was cut would keep the program from ever starting.
    let part = path.with_extension("keys.part");
    let write = || -> io::Result<()> {
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&part)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::hard_link(&part, path)?;
        fs::remove_file(&part)?;
        path.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
    };
    write().map_err(StoreError::file(path))?;
    parse(&text).map_err(|reason| OpenError::Keys { path: path.to_owned(), reason })
}

pub(crate) fn parse(text: &str) -> Result<ServerKeys, &'static str> {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    if lines.next() != Some(MAGIC) {
        return Err("the first line is not that of a keys file of this version");
    }
    let (mut id, mut hash, mut ring) = (None, None, Vec::new());
    for line in lines {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        match words.as_slice() {
            ["id", digits] if id.is_none() => id = Some(key(digits)?),
            ["hash", digits] if hash.is_none() => hash = Some(key(digits)?),
            ["ring", number, digits] => {
                let number = number.parse().map_err(|_| "a ring number is not from 1 to 255")?;
                let number = RingId::new(number).ok_or("a ring number is not from 1 to 255")?;
                if ring.iter().any(|known: &Ring| known.id == number) {
                    return Err("a ring number stands twice");
                }
                ring.push(Ring::new(number, key(digits)?));
            }
            _ => return Err("a line is neither id, hash nor ring, or stands twice"),
        }
    }
    let (Some(id), Some(hash), false) = (id, hash, ring.is_empty()) else {
        return Err("a key is missing: id, hash and at least one ring are needed");
    };
    let mut all: Vec<&[u8; 32]> = ring.iter().map(|ring| &*ring.key).collect();
    all.extend([&*id, &*hash]);
    all.sort_unstable();
    if all.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
        return Err("two keys are equal");
    }
    Ok(ServerKeys { id, hash: hmac::Key::new(hmac::HMAC_SHA256, &*hash), ring })
}

fn key(digits: &str) -> Result<Zeroizing<[u8; 32]>, &'static str> {
    if digits.len() != 64 || !digits.is_ascii() {
        return Err("a key is not 64 hexadecimal digits");
    }
    let mut key = Zeroizing::new([0; 32]);
    for (byte, pair) in key.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        let pair = str::from_utf8(pair).map_err(|_| "a key is not hexadecimal")?;
        *byte = u8::from_str_radix(pair, 16).map_err(|_| "a key is not hexadecimal")?;
    }
    let mut seen = [false; 256];
    for byte in &*key {
        if let Some(seen) = seen.get_mut(usize::from(*byte)) {
            *seen = true;
        }
    }
    // 32 random bytes have fewer than 16 different values once in 10^12 times.
    if seen.into_iter().filter(|seen| *seen).count() < 16 {
        return Err("a key is not random: let the program make the file");
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(start: u8) -> String {
        (0..32_u8).fold(String::new(), |digits, i| {
            format!("{digits}{:02x}", start.wrapping_add(i.wrapping_mul(7)))
        })
    }

    fn file(id: &str, hash: &str, ring: &str) -> String {
        format!("{MAGIC}\nid {id}\nhash {hash}\nring 1 {ring}\n")
    }

    #[test]
    fn a_good_file_is_read() {
        let keys = parse(&file(&digits(1), &digits(2), &digits(3))).ok().unwrap();
        assert_eq!(keys.newest().0, RingId::new(1).unwrap());
    }

    #[test]
    fn weak_missing_and_repeated_keys_are_refused() {
        let zero = "00".repeat(32);
        let placeholder = "deadbeef".repeat(8);
        for text in [
            file(&zero, &digits(2), &digits(3)),
            file(&digits(1), &placeholder, &digits(3)),
            file(&digits(1), &digits(1), &digits(3)),
            file(&digits(1), &digits(2), "abcd"),
            format!("{MAGIC}\nid {}\nhash {}\n", digits(1), digits(2)),
            format!("{}ring 1 {}\n", file(&digits(1), &digits(2), &digits(3)), digits(4)),
            format!("{}ring 0 {}\n", file(&digits(1), &digits(2), &digits(3)), digits(4)),
            format!("{}colour red\n", file(&digits(1), &digits(2), &digits(3))),
            file(&digits(1), &digits(2), &digits(3)).replace(MAGIC, "sigill-keys 2"),
            String::new(),
        ] {
            assert!(parse(&text).is_err(), "accepted:\n{text}");
        }
    }

    #[test]
    fn kinds_are_apart() {
        let keys = parse(&file(&digits(1), &digits(2), &digits(3))).ok().unwrap();
        assert_ne!(keys.hash(Kind::Claim, b"x"), keys.hash(Kind::Receipt, b"x"));
    }
}
