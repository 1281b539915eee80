//! What the server gives for content that it has sealed itself. Section 6.1.
//!
//! Both tokens are 62 digits of base36, an id and a key of 24 bytes: the identifiers that clients of
//! plain HTTP know. The key of the link comes from the key of the receipt, so that whoever holds the
//! receipt can name the link, and the server needs to keep neither.

use std::fmt;

use zeroize::Zeroizing;

use crate::base::Base;
use crate::keys::{hkdf, sha256};
use crate::{Fault, LinkKey, Profile, ReceiptHash, SecretId};

/// 8 / log2(36) = 1.547411...
const BASE36: Base =
    Base { alphabet: b"0123456789abcdefghijklmnopqrstuvwxyz", size: 36, density: 1_547_412 };
/// id and key
const TOKEN: usize = 40;
/// How many characters a token has.
pub const SERVER_TOKEN: usize = BASE36.digits(TOKEN);

/// `base36(id || key)`.
fn write(id: &[u8; 16], key: &[u8; 24]) -> Zeroizing<String> {
    let mut bytes = Zeroizing::new([0; TOKEN]);
    let (front, back) = bytes.split_at_mut(16);
    front.copy_from_slice(id);
    back.copy_from_slice(key);
    BASE36.encode(&*bytes)
}

fn read(text: &str) -> Result<([u8; 16], Zeroizing<[u8; 24]>), Fault> {
    let bytes = BASE36.decode::<TOKEN>(text)?;
    let (id, rest) = bytes.split_first_chunk::<16>().ok_or(Fault::Cut)?;
    let (key, _) = rest.split_first_chunk::<24>().ok_or(Fault::Cut)?;
    Ok((*id, Zeroizing::new(*key)))
}

/// Names a receipt. Another permutation than that of [`SecretId`]: neither finds the other's row.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReceiptId([u8; 16]);

impl ReceiptId {
    /// Takes the 16 bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for ReceiptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReceiptId")
    }
}

/// The 24 random bytes from which everything comes that belongs to one secret of the server's sealing.
pub struct ReceiptKey(Zeroizing<[u8; 24]>);

impl ReceiptKey {
    /// Takes 24 fresh random bytes.
    pub fn new(bytes: [u8; 24]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// `SHA-256(key)`: what the server may keep, once it has hashed it again.
    pub fn hash(&self) -> ReceiptHash {
        ReceiptHash::from_bytes(sha256(&[&*self.0]))
    }

    /// `HKDF("", receipt key, "sigill/v1 server link", 24)`.
    fn token_key(&self) -> TokenKey {
        TokenKey(hkdf(&[], &*self.0, "sigill/v1 server link"))
    }

    /// The link key of the secret, whatever its id will be.
    pub fn link_key(&self, profile: Profile) -> LinkKey {
        self.token_key().link_key(profile)
    }
}

/// What the link of one secret carries beside its id.
struct TokenKey(Zeroizing<[u8; 24]>);

impl TokenKey {
    /// `HKDF("", key, "sigill/v1 server link key", 32)`.
    fn link_key(&self, profile: Profile) -> LinkKey {
        LinkKey::new(*hkdf(&[], &*self.0, "sigill/v1 server link key"), profile)
    }
}

/// The link of a secret that the server has sealed: opens it, alone or with the passphrase.
pub struct SecretToken {
    id: SecretId,
    key: TokenKey,
}

impl SecretToken {
    /// Reads a token.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let (id, key) = read(text)?;
        Ok(Self { id: SecretId::from_bytes(id), key: TokenKey(key) })
    }

    /// How the token of a secret begins: eight characters that come from the id alone.
    pub fn short(id: &SecretId) -> String {
        write(id.as_bytes(), &[0; 24]).chars().take(8).collect()
    }

    /// The link that a text would be which cannot be one: nobody has it, and for the same text it is the
    /// same.
    pub fn nobodys(text: &str) -> Self {
        let hash = sha256(&[b"sigill/v1 nobody", text.as_bytes()]);
        let key = hkdf(&[], &hash, "sigill/v1 server link");
        let id = hash.first_chunk().copied().unwrap_or_default();
        Self { id: SecretId::from_bytes(id), key: TokenKey(key) }
    }

    /// The token as text. Whoever sees it can open the secret.
    pub fn expose(&self) -> Zeroizing<String> {
        write(self.id.as_bytes(), &self.key.0)
    }

    /// Which secret.
    pub const fn id(&self) -> &SecretId {
        &self.id
    }

    /// The link key. Its profile is not in the token: the server knows it.
    pub fn link_key(&self, profile: Profile) -> LinkKey {
        self.key.link_key(profile)
    }
}

/// The receipt of a secret that the server has sealed: follows and burns it, and names its link.
pub struct ServerReceipt {
    id: ReceiptId,
    key: ReceiptKey,
}

impl ServerReceipt {
    /// The receipt `id` with its key.
    pub const fn new(id: ReceiptId, key: ReceiptKey) -> Self {
        Self { id, key }
    }

    /// Reads a token.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let (id, key) = read(text)?;
        Ok(Self { id: ReceiptId::from_bytes(id), key: ReceiptKey(key) })
    }

    /// The token as text. Whoever sees it can name the link, and burn.
    pub fn expose(&self) -> Zeroizing<String> {
        write(self.id.as_bytes(), &self.key.0)
    }

    /// Which receipt.
    pub const fn id(&self) -> &ReceiptId {
        &self.id
    }

    /// What the server may keep, once it has hashed it again.
    pub fn hash(&self) -> ReceiptHash {
        self.key.hash()
    }

    /// The link of the secret `id`, whose receipt this is.
    pub fn link(&self, id: SecretId) -> SecretToken {
        SecretToken { id, key: self.key.token_key() }
    }
}

/// What lists show in place of a receipt token. By itself it neither follows nor burns: its key is a
/// keyed hash, which only together with its owner's rights is worth anything (law 6).
#[derive(Clone, Copy)]
pub struct Handle {
    id: ReceiptId,
    hash: [u8; 24],
}

impl Handle {
    /// Takes the first 24 bytes of a keyed hash.
    pub const fn new(id: ReceiptId, hash: [u8; 24]) -> Self {
        Self { id, hash }
    }

    /// Reads a handle, which has the form of a receipt token.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let (id, hash) = read(text)?;
        Ok(Self { id: ReceiptId::from_bytes(id), hash: *hash })
    }

    /// Which receipt.
    pub const fn id(&self) -> &ReceiptId {
        &self.id
    }

    /// Whether both name the same, compared in constant time.
    pub fn is(&self, other: &Self) -> bool {
        use subtle::ConstantTimeEq as _;
        bool::from(self.id.0.ct_eq(&other.id.0) & self.hash.ct_eq(&other.hash))
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&write(self.id.as_bytes(), &self.hash))
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handle")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn tokens_are_read_as_they_were_written(id in any::<[u8; 16]>(), key in any::<[u8; 24]>()) {
            let receipt = ServerReceipt::new(ReceiptId::from_bytes(id), ReceiptKey::new(key));
            let text = receipt.expose();
            prop_assert_eq!(text.len(), SERVER_TOKEN);
            prop_assert_eq!(ServerReceipt::parse(&text).ok().unwrap().expose(), text);
            let link = receipt.link(SecretId::from_bytes(id)).expose();
            prop_assert_eq!(SecretToken::parse(&link).ok().unwrap().expose(), link);
            let handle = Handle::new(ReceiptId::from_bytes(id), key);
            prop_assert!(Handle::parse(&handle.to_string()).unwrap().is(&handle));
        }
    }

    #[test]
    fn tokens_have_62_characters() {
        assert_eq!(SERVER_TOKEN, 62);
        assert_eq!(&**write(&[0; 16], &[0; 24]), "0".repeat(62));
    }

    #[test]
    fn a_receipt_and_its_link_share_no_key() {
        let receipt = ServerReceipt::new(ReceiptId::from_bytes([1; 16]), ReceiptKey::new([2; 24]));
        let link = receipt.link(SecretId::from_bytes([1; 16]));
        assert_ne!(*link.key.0, *receipt.key.0);
        assert_ne!(&link.link_key(Profile::None).expose()[..24], &*receipt.key.0);
    }

    #[test]
    fn every_other_text_is_refused() {
        let text = ServerReceipt::new(ReceiptId::from_bytes([9; 16]), ReceiptKey::new([9; 24]));
        let text = text.expose();
        for length in 0..text.len() {
            assert_eq!(SecretToken::parse(&text[..length]).err(), Some(Fault::Cut));
        }
        for wrong in ["A", " ", "-", "\u{e9}"] {
            let altered = format!("{wrong}{}", &text[1..]);
            assert_eq!(SecretToken::parse(&altered).err(), Some(Fault::Mistyped), "{wrong}");
        }
        assert_eq!(SecretToken::parse(&format!("{}0", *text)).err(), Some(Fault::Mistyped));
        assert_eq!(SecretToken::parse(&"z".repeat(62)).err(), Some(Fault::Mistyped));
    }
}
