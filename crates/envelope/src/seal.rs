//! Sealing: manifest, contents and padding become an envelope, in constant memory. Sections 3 and 4.

use zeroize::Zeroizing;

use crate::header::Header;
use crate::manifest::Manifest;
use crate::padding::padded_len;
use crate::stream::ChunkSealer;
use crate::{Fault, Keys};

/// Seals one envelope as its contents come in.
pub struct Sealer {
    chunks: ChunkSealer,
    remaining: u64,
    padding: u64,
}

impl Sealer {
    /// Starts an envelope with 16 fresh random bytes and appends its beginning to `out`.
    pub fn new(
        keys: &Keys,
        salt: [u8; 16],
        manifest: &Manifest,
        out: &mut Vec<u8>,
    ) -> Result<Self, Fault> {
        let encoded = Zeroizing::new(manifest.encode()?);
        let header = Header::seal(keys, salt);
        let key = header.unlock(keys)?;
        let remaining = manifest.contents_len();
        let length = u64::try_from(encoded.len()).map_err(|_| Fault::BadManifest)?;
        let length = length.saturating_add(remaining);
        out.extend_from_slice(header.as_bytes());
        let mut chunks = ChunkSealer::new(&key, header.as_bytes().to_vec());
        chunks.push(&encoded, out);
        Ok(Self { chunks, remaining, padding: padded_len(length).saturating_sub(length) })
    }

    /// Takes the next bytes of the contents. More than the manifest says is [`Fault::BadPadding`].
    pub fn write(&mut self, contents: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        let length = u64::try_from(contents.len()).map_err(|_| Fault::BadPadding)?;
        self.remaining = self.remaining.checked_sub(length).ok_or(Fault::BadPadding)?;
        self.chunks.push(contents, out);
        Ok(())
    }

    /// Pads and appends the end. Less than the manifest says is [`Fault::BadPadding`].
    pub fn finish(mut self, mut out: impl FnMut(&mut Vec<u8>)) -> Result<(), Fault> {
        if self.remaining != 0 {
            return Err(Fault::BadPadding);
        }
        let zeros = [0; 4096];
        let mut sealed = Vec::new();
        while self.padding > 0 {
            let length = usize::try_from(self.padding).unwrap_or(zeros.len()).min(zeros.len());
            let (now, _) = zeros.split_at(length);
            self.chunks.push(now, &mut sealed);
            self.padding = self.padding.saturating_sub(u64::try_from(length).unwrap_or(0));
            if !sealed.is_empty() {
                out(&mut sealed);
                sealed.clear();
            }
        }
        self.chunks.finish(&mut sealed);
        out(&mut sealed);
        Ok(())
    }
}
