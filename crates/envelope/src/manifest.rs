//! The manifest: what the plaintext holds. Section 4.1.

use crate::Fault;
use crate::header::HEADER;
use crate::padding::padded_len;
use crate::stream::{CHUNK, TAG};

/// The longest manifest in bytes.
pub const MAX_MANIFEST: usize = 65_536;
/// The most fields.
pub const MAX_FIELDS: usize = 64;
/// The most files.
pub const MAX_FILES: usize = 1024;
/// The longest name or label in bytes.
pub const MAX_NAME: usize = 1024;
/// The longest content of one item in bytes.
pub const MAX_SIZE: u64 = 1 << 50;

/// What a field is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// Who signs in.
    UserName,
    /// What nobody else may know.
    Password,
    /// Where to sign in.
    Address,
    /// What else there is to say.
    Note,
    /// Something with a label of its own.
    Other(String),
}

/// A field's role and the length of its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// What it is for.
    pub role: Role,
    /// Length of the value in bytes.
    pub size: u64,
}

/// A file's name, type and length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name, without any directory.
    pub name: String,
    /// Its media type; may be empty.
    pub media_type: String,
    /// Its length in bytes.
    pub size: u64,
}

/// What the plaintext holds, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Manifest {
    /// One text.
    Text {
        /// Its length in bytes.
        size: u64,
    },
    /// Named values.
    Fields(Vec<Field>),
    /// Files.
    Files(Vec<File>),
}

impl Manifest {
    /// The sizes of the contents, in order.
    pub fn sizes(&self) -> Vec<u64> {
        match self {
            Self::Text { size } => vec![*size],
            Self::Fields(fields) => fields.iter().map(|field| field.size).collect(),
            Self::Files(files) => files.iter().map(|file| file.size).collect(),
        }
    }

    /// Length of the contents in bytes.
    pub fn contents_len(&self) -> u64 {
        self.sizes().iter().fold(0, |sum, size| sum.saturating_add(*size))
    }

    /// Length of the envelope in bytes, or [`Fault::BadManifest`] when there can be none.
    pub fn envelope_len(&self) -> Result<u64, Fault> {
        let manifest = u64::try_from(self.encode()?.len()).map_err(|_| Fault::BadManifest)?;
        let plaintext = padded_len(manifest.saturating_add(self.contents_len()));
        let [header, chunk, tag] = [HEADER, CHUNK, TAG].map(|n| u64::try_from(n).unwrap_or(0));
        let chunks = plaintext.div_ceil(chunk);
        Ok(header.saturating_add(plaintext).saturating_add(chunks.saturating_mul(tag)))
    }

    /// The bytes of the manifest.
    pub fn encode(&self) -> Result<Vec<u8>, Fault> {
        self.check()?;
        let (kind, count) = match self {
            Self::Text { .. } => (1, 1),
            Self::Fields(fields) => (2, fields.len()),
            Self::Files(files) => (3, files.len()),
        };
        let mut out = vec![kind];
        out.extend(u16::try_from(count).map_err(|_| Fault::BadManifest)?.to_be_bytes());
        match self {
            Self::Text { size } => item(&mut out, 0, "", "", *size)?,
            Self::Fields(fields) => {
                for Field { role, size } in fields {
                    let (role, label) = match role {
                        Role::UserName => (1, ""),
                        Role::Password => (2, ""),
                        Role::Address => (3, ""),
                        Role::Note => (4, ""),
                        Role::Other(label) => (5, label.as_str()),
                    };
                    item(&mut out, role, label, "", *size)?;
                }
            }
            Self::Files(files) => {
                for File { name, media_type, size } in files {
                    item(&mut out, 0, name, media_type, *size)?;
                }
            }
        }
        if out.len() > MAX_MANIFEST { Err(Fault::BadManifest) } else { Ok(out) }
    }

    /// Reads a manifest from the start of `bytes`. `None` when more bytes are needed to tell.
    pub fn decode(bytes: &[u8]) -> Result<Option<(Self, usize)>, Fault> {
        let mut reader = Reader { rest: bytes };
        match reader.manifest() {
            Ok(manifest) => {
                manifest.check()?;
                let length = bytes.len().saturating_sub(reader.rest.len());
                if length > MAX_MANIFEST {
                    Err(Fault::BadManifest)
                } else {
                    Ok(Some((manifest, length)))
                }
            }
            Err(Stop::Short) if bytes.len() >= MAX_MANIFEST => Err(Fault::BadManifest),
            Err(Stop::Short) => Ok(None),
            Err(Stop::Bad) => Err(Fault::BadManifest),
        }
    }

    fn check(&self) -> Result<(), Fault> {
        let fine = match self {
            Self::Text { .. } => true,
            Self::Fields(fields) => {
                (1..=MAX_FIELDS).contains(&fields.len())
                    && fields.iter().all(|field| match &field.role {
                        Role::Other(label) => (1..=MAX_NAME).contains(&label.len()),
                        Role::UserName | Role::Password | Role::Address | Role::Note => true,
                    })
            }
            Self::Files(files) => {
                (1..=MAX_FILES).contains(&files.len())
                    && files
                        .iter()
                        .all(|file| is_file_name(&file.name) && is_media_type(&file.media_type))
            }
        };
        if fine && self.sizes().iter().all(|size| *size <= MAX_SIZE) {
            Ok(())
        } else {
            Err(Fault::BadManifest)
        }
    }
}

/// Whether `name` can be a file's name on every system without leaving its directory, and looks like what
/// it is.
pub fn is_file_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..")
        && name.len() <= MAX_NAME
        && !name.chars().any(|c| c.is_control() || matches!(c, '/' | '\\') || turns(c))
}

/// Whether a character changes the direction in which others are shown.
const fn turns(c: char) -> bool {
    matches!(
        c,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

fn is_media_type(media_type: &str) -> bool {
    media_type.len() <= 255 && media_type.bytes().all(|byte| (0x20..0x7f).contains(&byte))
}

fn item(out: &mut Vec<u8>, role: u8, name: &str, media_type: &str, size: u64) -> Result<(), Fault> {
    out.push(role);
    out.extend(u16::try_from(name.len()).map_err(|_| Fault::BadManifest)?.to_be_bytes());
    out.extend_from_slice(name.as_bytes());
    out.push(u8::try_from(media_type.len()).map_err(|_| Fault::BadManifest)?);
    out.extend_from_slice(media_type.as_bytes());
    out.extend(size.to_be_bytes());
    Ok(())
}

/// Why reading stopped.
enum Stop {
    Bad,
    Short,
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Stop> {
        let (now, later) = self.rest.split_first_chunk().ok_or(Stop::Short)?;
        self.rest = later;
        Ok(*now)
    }

    fn text(&mut self, length: usize) -> Result<String, Stop> {
        if self.rest.len() < length {
            return Err(Stop::Short);
        }
        let (now, later) = self.rest.split_at(length);
        self.rest = later;
        String::from_utf8(now.to_vec()).map_err(|_| Stop::Bad)
    }

    fn manifest(&mut self) -> Result<Manifest, Stop> {
        let [kind] = self.array()?;
        let count = u16::from_be_bytes(self.array()?);
        let most = match kind {
            1 => 1,
            2 => MAX_FIELDS,
            3 => MAX_FILES,
            _ => return Err(Stop::Bad),
        };
        if count == 0 || usize::from(count) > most {
            return Err(Stop::Bad);
        }
        match kind {
            1 => match self.item()? {
                (0, name, media_type, size) if name.is_empty() && media_type.is_empty() => {
                    Ok(Manifest::Text { size })
                }
                _ => Err(Stop::Bad),
            },
            2 => Ok(Manifest::Fields((0..count).map(|_| self.field()).collect::<Result<_, _>>()?)),
            _ => Ok(Manifest::Files((0..count).map(|_| self.file()).collect::<Result<_, _>>()?)),
        }
    }

    fn field(&mut self) -> Result<Field, Stop> {
        let (role, label, media_type, size) = self.item()?;
        let role = match (role, label.is_empty(), media_type.is_empty()) {
            (1, true, true) => Role::UserName,
            (2, true, true) => Role::Password,
            (3, true, true) => Role::Address,
            (4, true, true) => Role::Note,
            (5, false, true) => Role::Other(label),
            _ => return Err(Stop::Bad),
        };
        Ok(Field { role, size })
    }

    fn file(&mut self) -> Result<File, Stop> {
        let (role, name, media_type, size) = self.item()?;
        if role == 0 { Ok(File { name, media_type, size }) } else { Err(Stop::Bad) }
    }

    fn item(&mut self) -> Result<(u8, String, String, u64), Stop> {
        let [role] = self.array()?;
        let length = usize::from(u16::from_be_bytes(self.array()?));
        if length > MAX_NAME {
            return Err(Stop::Bad);
        }
        let name = self.text(length)?;
        let [length] = self.array()?;
        let media_type = self.text(usize::from(length))?;
        Ok((role, name, media_type, u64::from_be_bytes(self.array()?)))
    }
}
