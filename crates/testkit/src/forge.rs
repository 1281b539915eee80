//! The format once more, by hand: makes envelopes, right ones and wrong ones.
//!
//! Independent of `crates/envelope`, straight from docs/spec/envelope.md, so that the vectors check the
//! implementation and do not merely repeat it.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::{digest, hmac};

/// The three numbers of Argon2id in profile 1.
pub const WORK: (u16, u32, u32) = (4, 32_768, 1);

/// `SHA-256` of parts.
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, &parts.concat()).as_ref());
    hash
}

/// HKDF-SHA-256 by RFC 5869, at most 32 bytes.
pub fn hkdf(salt: &[u8], ikm: &[u8], info: &str, length: usize) -> Vec<u8> {
    let mac = |key: &[u8], text: &[u8]| {
        hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text).as_ref().to_vec()
    };
    let salt = if salt.is_empty() { &[0; 32][..] } else { salt };
    let prk = mac(salt, ikm);
    let mut out = mac(&prk, &[info.as_bytes(), &[1]].concat());
    out.truncate(length);
    out
}

/// A sealer that does what it is told, also what it must not.
#[derive(Clone)]
pub struct Forge {
    /// The link key.
    pub key: [u8; 32],
    /// The passphrase, as it is typed after normalisation.
    pub passphrase: Option<&'static str>,
}

impl Forge {
    /// Where the passphrase is stretched from.
    pub fn passphrase_salt(&self) -> Vec<u8> {
        hkdf(&[], &self.key, "sigill/v1 passphrase salt", 16)
    }

    /// The link key, and what the passphrase was stretched to.
    pub fn ikm(&self) -> Vec<u8> {
        let Some(passphrase) = self.passphrase else { return self.key.to_vec() };
        let salt = self.passphrase_salt();
        let (t, m, p) = WORK;
        let mut out = [0; 32];
        let params = argon2::Params::new(m, u32::from(t), p, Some(32)).unwrap_or_default();
        let argon2 =
            argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
        // A failure leaves zeros, which no vector expects.
        let _done = argon2.hash_password_into(passphrase.as_bytes(), &salt, &mut out);
        [&self.key[..], &out].concat()
    }

    /// The proof of the link alone.
    pub fn link_proof(&self) -> Vec<u8> {
        hkdf(&[], &self.key, "sigill/v1 link proof", 32)
    }

    /// The proof of link and passphrase.
    pub fn proof(&self) -> Vec<u8> {
        hkdf(&[], &self.ikm(), "sigill/v1 proof", 32)
    }

    /// The first 32 bytes of a header.
    pub fn prefix(&self) -> Vec<u8> {
        let (profile, (t, m, p)) =
            if self.passphrase.is_some() { (1, WORK) } else { (0, (0, 0, 0)) };
        let salt: Vec<u8> = (0xA0..0xB0).collect();
        let work = [&t.to_be_bytes()[..], &m.to_be_bytes(), &p.to_be_bytes()].concat();
        [&b"SGL1"[..], &[1, profile], &work, &salt].concat()
    }

    /// The whole header, for any prefix.
    pub fn header(&self, prefix: &[u8]) -> Vec<u8> {
        [prefix, &hkdf(prefix, &self.ikm(), "sigill/v1 key commitment", 32)].concat()
    }

    /// The content key under a header.
    pub fn content_key(&self, header: &[u8]) -> Vec<u8> {
        let prefix = header.get(..32).unwrap_or_default();
        hkdf(prefix, &self.ikm(), "sigill/v1 content key", 32)
    }

    /// One chunk.
    pub fn chunk(&self, header: &[u8], index: u64, last: bool, plain: &[u8]) -> Vec<u8> {
        let key = self.content_key(header);
        let mut nonce = [0; 12];
        let counter = [&[0; 3][..], &index.to_be_bytes(), &[u8::from(last)]].concat();
        nonce.copy_from_slice(&counter);
        let mut sealed = plain.to_vec();
        if let Ok(key) = UnboundKey::new(&AES_256_GCM, &key) {
            let nonce = Nonce::assume_unique_for_key(nonce);
            let aad = Aad::from(header);
            let key = LessSafeKey::new(key);
            let _done = key.seal_in_place_append_tag(nonce, aad, &mut sealed);
        }
        sealed
    }

    /// The chunks of a plaintext.
    pub fn chunks(&self, header: &[u8], plain: &[u8]) -> Vec<Vec<u8>> {
        let parts: Vec<&[u8]> = plain.chunks(65_536).collect();
        let last = parts.len().saturating_sub(1);
        let seal = |(i, part): (usize, &&[u8])| {
            self.chunk(header, u64::try_from(i).unwrap_or(0), i == last, part)
        };
        parts.iter().enumerate().map(seal).collect()
    }

    /// An envelope around any plaintext, padded or not.
    pub fn envelope(&self, plain: &[u8]) -> Vec<u8> {
        let header = self.header(&self.prefix());
        [header.clone(), self.chunks(&header, plain).concat()].concat()
    }
}

/// One item of a manifest.
pub fn item(role: u8, name: &[u8], media_type: &[u8], size: u64) -> Vec<u8> {
    let name_len = u16::try_from(name.len()).unwrap_or(u16::MAX);
    let type_len = u8::try_from(media_type.len()).unwrap_or(u8::MAX);
    [&[role][..], &name_len.to_be_bytes(), name, &[type_len], media_type, &size.to_be_bytes()]
        .concat()
}

/// A manifest of any kind.
pub fn manifest(kind: u8, items: &[Vec<u8>]) -> Vec<u8> {
    let count = u16::try_from(items.len()).unwrap_or(u16::MAX);
    [&[kind][..], &count.to_be_bytes(), &items.concat()].concat()
}

/// A plaintext with the padding of section 4.2.
pub fn padded(body: &[u8]) -> Vec<u8> {
    let n = body.len();
    let length = if n <= 256 {
        256
    } else {
        let e = n.ilog2();
        let step = 1_usize.wrapping_shl(e.saturating_sub(e.ilog2().saturating_add(1)));
        n.next_multiple_of(step)
    };
    let mut plain = body.to_vec();
    plain.resize(length, 0);
    plain
}

/// A padded text.
pub fn text(text: &[u8]) -> Vec<u8> {
    let size = u64::try_from(text.len()).unwrap_or(0);
    padded(&[&manifest(1, &[item(0, b"", b"", size)]), text].concat())
}

/// Base58 of fixed width, by long division of decimal-free digits.
pub fn base58(bytes: &[u8], digits: usize) -> String {
    let alphabet = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    in_base(alphabet, 58, bytes, digits)
}

/// Base36 of fixed width.
pub fn base36(bytes: &[u8], digits: usize) -> String {
    in_base(b"0123456789abcdefghijklmnopqrstuvwxyz", 36, bytes, digits)
}

fn in_base(alphabet: &[u8], base: u32, bytes: &[u8], digits: usize) -> String {
    let mut value = vec![0_u8; digits];
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in value.iter_mut().rev() {
            carry = carry.saturating_add(u32::from(*digit).saturating_mul(256));
            *digit = u8::try_from(carry.checked_rem(base).unwrap_or(0)).unwrap_or(0);
            carry = carry.checked_div(base).unwrap_or(0);
        }
    }
    let letter = |digit: &u8| alphabet.get(usize::from(*digit)).map_or('?', |c| char::from(*c));
    value.iter().map(letter).collect()
}

/// The key part of a link, for any version and profile.
pub fn key_text(id: &[u8; 16], version: u8, profile: u8, key: &[u8; 32]) -> String {
    let front = [&[version, profile][..], key].concat();
    let check = sha256(&[b"sigill/v1 link", id, &front]);
    base58(&[&front[..], check.get(..4).unwrap_or_default()].concat(), 52)
}
