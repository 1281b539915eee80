//! The other capabilities: receipts, claims and uploads. Section 6.
//!
//! Two types for each: the token, shown once to whoever may act, and its hash, which is all that a
//! server takes and keeps.

use zeroize::Zeroizing;

use crate::keys::sha256;
use crate::{Fault, SecretId, base58};

const RECEIPT: &str = "sgr_";
const CLAIM: &str = "sgc_";
const UPLOAD: &str = "sgu_";

/// Sees the fate of a secret, and burns it. Opens nothing.
pub struct ReceiptToken {
    id: SecretId,
    secret: Zeroizing<[u8; 32]>,
}

impl ReceiptToken {
    /// Takes 32 fresh random bytes.
    pub fn new(id: SecretId, secret: [u8; 32]) -> Self {
        Self { id, secret: Zeroizing::new(secret) }
    }

    /// `SHA-256(secret)` of a token whose id is not known yet.
    pub fn hash_of(secret: &[u8; 32]) -> ReceiptHash {
        ReceiptHash(sha256(&[secret]))
    }

    /// Reads a token.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let digits = text.strip_prefix(RECEIPT).ok_or(Fault::Mistyped)?;
        let bytes = base58::decode::<52>(digits)?;
        let (id, rest) = bytes.split_first_chunk::<16>().ok_or(Fault::Cut)?;
        let (secret, checksum) = rest.split_first_chunk::<32>().ok_or(Fault::Cut)?;
        let token = Self { id: SecretId::from_bytes(*id), secret: Zeroizing::new(*secret) };
        if checksum == token.checksum() { Ok(token) } else { Err(Fault::Mistyped) }
    }

    /// The token as text. Whoever sees it can burn the secret.
    pub fn expose(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0; 52]);
        let (id, rest) = bytes.split_at_mut(16);
        let (secret, checksum) = rest.split_at_mut(32);
        id.copy_from_slice(self.id.as_bytes());
        secret.copy_from_slice(&*self.secret);
        checksum.copy_from_slice(&self.checksum());
        Zeroizing::new(format!("{RECEIPT}{}", *base58::encode(&*bytes)))
    }

    /// Which secret it is for.
    pub const fn id(&self) -> &SecretId {
        &self.id
    }

    /// What the server may know.
    pub fn hash(&self) -> ReceiptHash {
        Self::hash_of(&self.secret)
    }

    fn checksum(&self) -> [u8; 4] {
        let [a, b, c, d, ..] = sha256(&[b"sigill/v1 receipt", self.id.as_bytes(), &*self.secret]);
        [a, b, c, d]
    }
}

/// The hash of a [`ReceiptToken`].
#[derive(Clone, Copy, Debug)]
pub struct ReceiptHash([u8; 32]);

impl ReceiptHash {
    /// Takes 32 bytes that a sealer has given.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Wins a view and fetches it again.
pub struct ClaimToken(Zeroizing<[u8; 32]>);

impl ClaimToken {
    /// Takes 32 fresh random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Reads a token.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        base58::decode(text.strip_prefix(CLAIM).ok_or(Fault::Mistyped)?).map(Self)
    }

    /// The token as text.
    pub fn expose(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{CLAIM}{}", *base58::encode(&*self.0)))
    }

    /// What the server may keep.
    pub fn hash(&self) -> ClaimHash {
        ClaimHash(sha256(&[&*self.0]))
    }
}

/// The hash of a [`ClaimToken`].
#[derive(Clone, Copy, Debug)]
pub struct ClaimHash([u8; 32]);

impl ClaimHash {
    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Sends the parts of one envelope, completes it and gives it up.
pub struct UploadToken(Zeroizing<[u8; 32]>);

impl UploadToken {
    /// Takes 32 fresh random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Reads a token.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        base58::decode(text.strip_prefix(UPLOAD).ok_or(Fault::Mistyped)?).map(Self)
    }

    /// The token as text.
    pub fn expose(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{UPLOAD}{}", *base58::encode(&*self.0)))
    }

    /// What the server may know.
    pub fn hash(&self) -> UploadHash {
        UploadHash(sha256(&[&*self.0]))
    }
}

/// The hash of an [`UploadToken`].
#[derive(Clone, Copy, Debug)]
pub struct UploadHash([u8; 32]);

impl UploadHash {
    /// Takes 32 bytes that a sender has given.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn tokens_are_read_as_they_were_written(id in any::<[u8; 16]>(), secret in any::<[u8; 32]>()) {
            let id = SecretId::from_bytes(id);
            let receipt = ReceiptToken::new(id, secret).expose();
            prop_assert_eq!(ReceiptToken::parse(&receipt).ok().unwrap().expose(), receipt);
            let claim = ClaimToken::new(secret).expose();
            prop_assert_eq!(ClaimToken::parse(&claim).ok().unwrap().expose(), claim);
            let upload = UploadToken::new(secret).expose();
            prop_assert_eq!(UploadToken::parse(&upload).ok().unwrap().expose(), upload);
        }
    }

    #[test]
    fn one_kind_is_never_taken_for_the_other() {
        let id = SecretId::from_bytes([1; 16]);
        let receipt = ReceiptToken::new(id, [2; 32]).expose();
        let claim = ClaimToken::new([2; 32]).expose();
        assert!(ClaimToken::parse(&receipt).is_err());
        assert!(ReceiptToken::parse(&claim).is_err());
        assert!(UploadToken::parse(&claim).is_err());
        assert!(ClaimToken::parse(&receipt.replace("sgr_", "sgc_")).is_err());
        assert_eq!(ReceiptToken::parse(&receipt[..40]).err(), Some(Fault::Cut));
    }
}
