//! Public ids: a keyed permutation of the row number and 64 random bits.
//!
//! `id = AES-256(key, row || tag)`, one block. The row is found without an index, ids that arrive
//! together lie together, and a stranger sees neither time nor count: the id looks random. A made-up
//! id decrypts to a row that does not exist or to a tag that does not match, each with a chance of
//! 2^-64 at best, which together are the 128 bits of a random id (R24). The id is no capability: a
//! reader proves the right to open by the proof.

use aws_lc_rs::cipher::{
    AES_256, DecryptingKey, DecryptionContext, EncryptingKey, UnboundCipherKey,
};
use domain::secret::Row;
use envelope::SecretId;

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
    encrypt: EncryptingKey,
    decrypt: DecryptingKey,
}

impl Ids {
    /// The permutation under `key`.
    #[expect(clippy::expect_used, reason = "a 32-byte key is always an AES-256 key")]
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        let unbound = || UnboundCipherKey::new(&AES_256, key).expect("32 bytes");
        Self {
            encrypt: EncryptingKey::ecb(unbound()).expect("AES-256 in single blocks"),
            decrypt: DecryptingKey::ecb(unbound()).expect("AES-256 in single blocks"),
        }
    }

    /// The id of `row` with `tag`.
    #[expect(clippy::expect_used, reason = "16 bytes are one whole block")]
    pub(crate) fn identify(&self, row: Row, tag: Tag) -> SecretId {
        let mut block = [0; 16];
        let (number, random) = block.split_at_mut(8);
        number.copy_from_slice(&row.get().to_be_bytes());
        random.copy_from_slice(&tag.0);
        self.encrypt.encrypt(&mut block).expect("one block");
        SecretId::from_bytes(block)
    }

    /// The row and tag that `id` would have. Whether they exist is for the store to say.
    #[expect(clippy::expect_used, reason = "16 bytes are one whole block")]
    pub(crate) fn locate(&self, id: &SecretId) -> (Row, Tag) {
        let mut block = *id.as_bytes();
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
