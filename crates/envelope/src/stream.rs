//! STREAM over AES-256-GCM in chunks of 64 KiB. Section 3.2.
//!
//! ```text
//! nonce(i, last) = i as 11 bytes || last       chunk = AES-256-GCM(key, nonce, aad, plaintext)
//! ```
//!
//! A chunk that was altered, moved, repeated or left out does not open, and neither does a body
//! whose end was cut off. The key must be fresh for each body. The store seals its files with the
//! same construction, hence the access by chunk.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use zeroize::{Zeroize as _, Zeroizing};

use crate::Fault;

/// Bytes of plaintext in every chunk but the last.
pub const CHUNK: usize = 65_536;
/// Bytes that a chunk grows by.
pub const TAG: usize = 16;
/// How many chunks a body may have.
pub const MAX_CHUNKS: u64 = 1 << 32;

struct Cipher {
    key: LessSafeKey,
    aad: Vec<u8>,
}

impl Cipher {
    #[expect(clippy::expect_used, reason = "32 bytes are always an AES-256 key")]
    fn new(key: &[u8; 32], aad: Vec<u8>) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, key).expect("32 bytes");
        Self { key: LessSafeKey::new(key), aad }
    }

    fn nonce(index: u64, last: bool) -> Nonce {
        let mut nonce = [0; 12];
        let (_, counter) = nonce.split_at_mut(3);
        let (counter, flag) = counter.split_at_mut(8);
        counter.copy_from_slice(&index.to_be_bytes());
        flag.copy_from_slice(&[u8::from(last)]);
        Nonce::assume_unique_for_key(nonce)
    }

    fn open<'a>(&self, index: u64, last: bool, chunk: &'a mut [u8]) -> Result<&'a [u8], Fault> {
        let aad = Aad::from(self.aad.as_slice());
        let opened = self.key.open_in_place(Self::nonce(index, last), aad, chunk);
        opened.map(|plain| &*plain).map_err(|_| Fault::Damaged)
    }

    #[expect(clippy::expect_used, reason = "AES-GCM refuses only plaintexts over 64 GiB")]
    fn seal(&self, index: u64, last: bool, chunk: &mut Vec<u8>) {
        let aad = Aad::from(self.aad.as_slice());
        self.key
            .seal_in_place_append_tag(Self::nonce(index, last), aad, chunk)
            .expect("a chunk has at most 64 KiB");
    }
}

/// Seals a body chunk by chunk. Holds back one chunk, because only the end knows which is the last.
pub struct ChunkSealer {
    cipher: Cipher,
    index: u64,
    held: Zeroizing<Vec<u8>>,
}

impl ChunkSealer {
    /// A sealer with a key that seals nothing else, and the data that every chunk is bound to.
    pub fn new(key: &[u8; 32], aad: Vec<u8>) -> Self {
        Self::with_room(key, aad, CHUNK)
    }

    /// The same for a body of `length` bytes: one that is small takes no more memory than it needs.
    pub fn with_room(key: &[u8; 32], aad: Vec<u8>, length: usize) -> Self {
        let room = length.min(CHUNK).saturating_add(TAG);
        let held = Zeroizing::new(Vec::with_capacity(room));
        Self { cipher: Cipher::new(key, aad), index: 0, held }
    }

    /// A sealer of the part of a body that begins with chunk `index`. Parts are sealed in any order;
    /// whoever seals one twice must seal the same bytes.
    pub fn at_chunk(key: &[u8; 32], aad: Vec<u8>, index: u64) -> Self {
        Self { index, ..Self::new(key, aad) }
    }

    /// Takes plaintext and appends the chunks that are complete to `out`.
    pub fn push(&mut self, mut plaintext: &[u8], out: &mut Vec<u8>) {
        while !plaintext.is_empty() {
            if self.held.len() == CHUNK {
                self.flush(false, out);
            }
            let room = CHUNK.saturating_sub(self.held.len()).min(plaintext.len());
            let (now, later) = plaintext.split_at(room);
            self.held.extend_from_slice(now);
            plaintext = later;
        }
    }

    /// Appends the last chunk to `out`.
    pub fn finish(mut self, out: &mut Vec<u8>) {
        self.flush(true, out);
    }

    /// Appends what is held of a part, which is as long as whole chunks unless it is the `last`.
    pub fn finish_part(mut self, last: bool, out: &mut Vec<u8>) {
        self.flush(last, out);
    }

    fn flush(&mut self, last: bool, out: &mut Vec<u8>) {
        self.cipher.seal(self.index, last, &mut self.held);
        out.extend_from_slice(&self.held);
        self.held.zeroize();
        self.index = self.index.saturating_add(1);
    }
}

/// Opens single chunks, in any order.
pub struct ChunkOpener {
    cipher: Cipher,
}

impl ChunkOpener {
    /// An opener with the key and the data that the chunks are bound to.
    pub fn new(key: &[u8; 32], aad: Vec<u8>) -> Self {
        Self { cipher: Cipher::new(key, aad) }
    }

    /// Opens chunk `index` in place and cuts the tag off. `last` says whether it must be the last.
    pub fn open(&self, index: u64, last: bool, chunk: &mut Vec<u8>) -> Result<(), Fault> {
        let length = self.cipher.open(index, last, chunk)?.len();
        chunk.truncate(length);
        Ok(())
    }
}

/// Opens a body in order, of any size, in constant memory. Looks ahead by one chunk.
pub struct StreamOpener {
    chunks: ChunkOpener,
    index: u64,
    held: Vec<u8>,
}

impl StreamOpener {
    /// An opener at the start of a body.
    pub fn new(key: &[u8; 32], aad: Vec<u8>) -> Self {
        Self::with_room(key, aad, CHUNK)
    }

    /// The same for a body of `length` bytes: one that is small takes no more memory than it needs.
    pub fn with_room(key: &[u8; 32], aad: Vec<u8>, length: usize) -> Self {
        let held = Vec::with_capacity(length.min(CHUNK).saturating_add(TAG));
        Self { chunks: ChunkOpener::new(key, aad), index: 0, held }
    }

    /// Takes sealed bytes and hands the plaintext of every chunk that is complete to `release`.
    pub fn push<E: From<Fault>>(
        &mut self,
        mut sealed: &[u8],
        mut release: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let whole = CHUNK.saturating_add(TAG);
        while !sealed.is_empty() {
            if self.held.len() == whole {
                self.open(false, &mut release)?;
            }
            let room = whole.saturating_sub(self.held.len()).min(sealed.len());
            let (now, later) = sealed.split_at(room);
            self.held.extend_from_slice(now);
            sealed = later;
        }
        Ok(())
    }

    /// The body has ended: what is held back must be the last chunk.
    pub fn finish<E: From<Fault>>(
        mut self,
        mut release: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.held.is_empty() {
            return Err(Fault::Cut.into());
        }
        if self.held.len() <= TAG {
            return Err(Fault::Damaged.into());
        }
        self.open(true, &mut release)
    }

    fn open<E: From<Fault>>(
        &mut self,
        last: bool,
        release: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.index >= MAX_CHUNKS {
            return Err(Fault::Damaged.into());
        }
        self.chunks.open(self.index, last, &mut self.held)?;
        self.index = self.index.saturating_add(1);
        let result = release(&self.held);
        self.held.zeroize();
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seal(plaintext: &[u8]) -> Vec<u8> {
        let mut sealer = ChunkSealer::new(&[1; 32], b"aad".to_vec());
        let mut out = Vec::new();
        sealer.push(plaintext, &mut out);
        sealer.finish(&mut out);
        out
    }

    fn open(sealed: &[u8], step: usize) -> Result<Vec<u8>, Fault> {
        let mut opener = StreamOpener::new(&[1; 32], b"aad".to_vec());
        let mut plain = Vec::new();
        let mut keep = |chunk: &[u8]| -> Result<(), Fault> {
            plain.extend_from_slice(chunk);
            Ok(())
        };
        for part in sealed.chunks(step) {
            opener.push(part, &mut keep)?;
        }
        opener.finish(&mut keep)?;
        Ok(plain)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn any_length_and_any_step_round_trip(
            length in prop_oneof![1_usize..300, 65_530_usize..65_545, 131_070_usize..131_075],
            step in prop_oneof![1_usize..4000, Just(65_552), Just(1_000_000)],
        ) {
            let plaintext: Vec<u8> = (0..length).map(|i| i.to_le_bytes()[0]).collect();
            let sealed = seal(&plaintext);
            prop_assert_eq!(open(&sealed, step).unwrap(), plaintext);
        }
    }

    #[test]
    fn parts_that_are_sealed_in_any_order_are_the_body() {
        let plaintext: Vec<u8> = (0..CHUNK * 3 + 7).map(|i| i.to_le_bytes()[0]).collect();
        let part = |index: u64, last: bool, plaintext: &[u8]| {
            let mut sealer = ChunkSealer::at_chunk(&[1; 32], b"aad".to_vec(), index);
            let mut out = Vec::new();
            sealer.push(plaintext, &mut out);
            sealer.finish_part(last, &mut out);
            out
        };
        let (first, last) = plaintext.split_at(CHUNK * 2);
        let last = part(2, true, last);
        assert_eq!([part(0, false, first), last].concat(), seal(&plaintext));
    }

    #[test]
    fn chunks_cannot_be_swapped_repeated_dropped_or_cut() {
        let whole = CHUNK + TAG;
        let sealed = seal(&vec![7; CHUNK * 2 + 10]);
        let (first, rest) = sealed.split_at(whole);
        let (second, last) = rest.split_at(whole);
        for altered in [
            [second, first, last].concat(),
            [first, first, last].concat(),
            [first, second, last, last].concat(),
            [first, second].concat(),
            [first, last].concat(),
            [first, second, &last[..last.len() - 1]].concat(),
            [first, second, last, b"x"].concat(),
        ] {
            assert_eq!(open(&altered, 1000), Err(Fault::Damaged));
        }
        assert_eq!(open(&[], 1), Err(Fault::Cut));
    }
}
