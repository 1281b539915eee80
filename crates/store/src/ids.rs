//! Public ids: a keyed permutation of the row number and 64 random bits.
//!
//! `id = AES-256(key, row || tag)`, one block. The row is found without an index, ids that arrive
//! together lie together, and a stranger sees neither time nor count: the id looks random. A made-up
//! id decrypts to a row that does not exist or to a tag that does not match, each with a chance of
//! 2^-64 at best, which together are the 128 bits of a random id (R24). The id is no capability: a
//! reader proves the right to open by the proof.
//!
//! A receipt of what the server has sealed has an id from a second permutation of the same block: it looks
//! like nothing that the link has, and never finds a row through the other door.

use aws_lc_rs::cipher::{
    AES_256, DecryptingKey, DecryptionContext, EncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::hkdf;
use domain::secret::Row;
use envelope::{ReceiptId, SecretId};
use zeroize::Zeroizing;

/// The random half of an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag([u8; 8]);

impl Tag {
    /// Takes eight random bytes.
    pub const fn new(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }

    /// The bytes to keep.
    pub const fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }
}

/// Turns rows into ids and back.
pub(crate) struct Ids {
    secrets: Permutation,
    receipts: Permutation,
}

impl Ids {
    /// The permutations under `key`: ids of secrets are permuted with itself, ids of receipts with what is
    /// derived from it.
    #[expect(clippy::expect_used, reason = "32 bytes are a valid length for HKDF-SHA-256")]
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        let mut receipts = Zeroizing::new([0; 32]);
        hkdf::Salt::new(hkdf::HKDF_SHA256, &[])
            .extract(key)
            .expand(&[b"sigill/v1 receipt ids"], hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(&mut *receipts))
            .expect("32 bytes are within the bound");
        Self { secrets: Permutation::new(key), receipts: Permutation::new(&receipts) }
    }

    /// The id of `row` with `tag`.
    pub(crate) fn identify(&self, row: Row, tag: Tag) -> SecretId {
        SecretId::from_bytes(self.secrets.permute(row, tag))
    }

    /// The row and tag that `id` would have. Whether they exist is for the store to say.
    pub(crate) fn locate(&self, id: &SecretId) -> (Row, Tag) {
        self.secrets.restore(*id.as_bytes())
    }

    /// The id of the receipt of `row` with `tag`, where the server has sealed.
    pub(crate) fn identify_receipt(&self, row: Row, tag: Tag) -> ReceiptId {
        ReceiptId::from_bytes(self.receipts.permute(row, tag))
    }

    /// The row and tag that the receipt `id` would have.
    pub(crate) fn locate_receipt(&self, id: &ReceiptId) -> (Row, Tag) {
        self.receipts.restore(*id.as_bytes())
    }
}

/// A permutation of 16 bytes.
struct Permutation {
    encrypt: EncryptingKey,
    decrypt: DecryptingKey,
}

impl Permutation {
    #[expect(clippy::expect_used, reason = "a 32-byte key is always an AES-256 key")]
    fn new(key: &[u8; 32]) -> Self {
        let unbound = || UnboundCipherKey::new(&AES_256, key).expect("32 bytes");
        Self {
            encrypt: EncryptingKey::ecb(unbound()).expect("AES-256 in single blocks"),
            decrypt: DecryptingKey::ecb(unbound()).expect("AES-256 in single blocks"),
        }
    }

    #[expect(clippy::expect_used, reason = "16 bytes are one whole block")]
    fn permute(&self, row: Row, tag: Tag) -> [u8; 16] {
        let mut block = [0; 16];
        let (number, random) = block.split_at_mut(8);
        number.copy_from_slice(&row.get().to_be_bytes());
        random.copy_from_slice(&tag.0);
        self.encrypt.encrypt(&mut block).expect("one block");
        block
    }

    #[expect(clippy::expect_used, reason = "16 bytes are one whole block")]
    fn restore(&self, mut block: [u8; 16]) -> (Row, Tag) {
        self.decrypt.decrypt(&mut block, DecryptionContext::None).expect("one block");
        let (mut number, mut random) = ([0; 8], [0; 8]);
        let (first, second) = block.split_at(8);
        number.copy_from_slice(first);
        random.copy_from_slice(second);
        (Row::new(i64::from_be_bytes(number)), Tag(random))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_id_finds_its_row_again(number in any::<i64>(), tag in any::<[u8; 8]>()) {
            let ids = Ids::new(&[7; 32]);
            let id = ids.identify(Row::new(number), Tag(tag));
            prop_assert_eq!(ids.locate(&id), (Row::new(number), Tag(tag)));
            let receipt = ids.identify_receipt(Row::new(number), Tag(tag));
            prop_assert_eq!(ids.locate_receipt(&receipt), (Row::new(number), Tag(tag)));
            let crossed = ids.locate(&SecretId::from_bytes(*receipt.as_bytes()));
            prop_assert_ne!(crossed, (Row::new(number), Tag(tag)));
        }
    }

    #[test]
    fn neighbours_share_nothing() {
        let ids = Ids::new(&[7; 32]);
        let [one, two] = [1, 2].map(|row| ids.identify(Row::new(row), Tag([0; 8])));
        let same = one.as_bytes().iter().zip(two.as_bytes()).filter(|(a, b)| a == b).count();
        assert!(same < 6, "{same} of 16 bytes are equal");
    }

    #[test]
    fn another_key_is_another_permutation() {
        let id = Ids::new(&[7; 32]).identify(Row::new(1), Tag([1; 8]));
        assert_ne!(Ids::new(&[8; 32]).locate(&id), (Row::new(1), Tag([1; 8])));
    }
}
