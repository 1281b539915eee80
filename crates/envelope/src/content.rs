//! Whole secrets in memory: texts and fields, sealed and opened at once.
//!
//! Files go through [`crate::Sealer`] and [`crate::Opener`], which need no more memory for more
//! bytes.

use zeroize::Zeroizing;

use crate::manifest::{Field, File, Manifest, Role};
use crate::open::{Opener, Sink};
use crate::seal::Sealer;
use crate::{Fault, Keys};

/// What a secret says. Zeroized when dropped, never printed.
pub enum Content {
    /// One text.
    Text(Zeroizing<String>),
    /// Named values.
    Fields(Vec<(Role, Zeroizing<String>)>),
    /// Files, in memory.
    Files(Vec<(String, String, Zeroizing<Vec<u8>>)>),
}

fn size(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

impl Content {
    fn manifest(&self) -> Manifest {
        match self {
            Self::Text(text) => Manifest::Text { size: size(text.as_bytes()) },
            Self::Fields(fields) => Manifest::Fields(
                fields
                    .iter()
                    .map(|(role, value)| Field { role: role.clone(), size: size(value.as_bytes()) })
                    .collect(),
            ),
            Self::Files(files) => Manifest::Files(
                files
                    .iter()
                    .map(|(name, media_type, bytes)| File {
                        name: name.clone(),
                        media_type: media_type.clone(),
                        size: size(bytes),
                    })
                    .collect(),
            ),
        }
    }

    fn parts(&self) -> Vec<&[u8]> {
        match self {
            Self::Text(text) => vec![text.as_bytes()],
            Self::Fields(fields) => fields.iter().map(|(_, value)| value.as_bytes()).collect(),
            Self::Files(files) => files.iter().map(|(_, _, bytes)| bytes.as_slice()).collect(),
        }
    }
}

/// Seals `content` with 16 fresh random bytes.
pub fn seal(keys: &Keys, salt: [u8; 16], content: &Content) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::new();
    let mut sealer = Sealer::new(keys, salt, &content.manifest(), &mut out)?;
    for part in content.parts() {
        sealer.write(part, &mut out)?;
    }
    sealer.finish(|sealed| out.append(sealed))?;
    Ok(out)
}

/// Opens `envelope`. Nothing is released unless all of it is whole.
pub fn open(keys: Keys, envelope: &[u8]) -> Result<Content, Fault> {
    let mut collector = Collector { manifest: None, bytes: Zeroizing::new(Vec::new()) };
    let mut opener = Opener::new(keys);
    opener.push(envelope, &mut collector)?;
    opener.finish(&mut collector)?;
    collector.split()
}

struct Collector {
    manifest: Option<Manifest>,
    bytes: Zeroizing<Vec<u8>>,
}

impl Sink for Collector {
    type Error = Fault;

    fn manifest(&mut self, manifest: &Manifest) -> Result<(), Fault> {
        self.manifest = Some(manifest.clone());
        Ok(())
    }

    fn content(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }
}

impl Collector {
    fn split(self) -> Result<Content, Fault> {
        let manifest = self.manifest.ok_or(Fault::BadManifest)?;
        let mut rest = self.bytes.as_slice();
        let mut next = |size: u64| -> Result<Zeroizing<Vec<u8>>, Fault> {
            let size = usize::try_from(size).map_err(|_| Fault::BadPadding)?;
            let (now, later) = rest.split_at_checked(size).ok_or(Fault::BadPadding)?;
            rest = later;
            Ok(Zeroizing::new(now.to_vec()))
        };
        Ok(match manifest {
            Manifest::Text { size } => Content::Text(utf8(&next(size)?)?),
            Manifest::Fields(fields) => Content::Fields(
                fields
                    .into_iter()
                    .map(|field| Ok((field.role, utf8(&next(field.size)?)?)))
                    .collect::<Result<_, Fault>>()?,
            ),
            Manifest::Files(files) => Content::Files(
                files
                    .into_iter()
                    .map(|file| Ok((file.name, file.media_type, next(file.size)?)))
                    .collect::<Result<_, Fault>>()?,
            ),
        })
    }
}

fn utf8(bytes: &[u8]) -> Result<Zeroizing<String>, Fault> {
    let text = str::from_utf8(bytes).map_err(|_| Fault::BadManifest)?;
    Ok(Zeroizing::new(text.to_owned()))
}
