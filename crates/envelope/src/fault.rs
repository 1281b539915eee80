//! Why something does not open: the closed list of the specification, section 5.
//!
//! A fault says which of the reader's next steps helps ("copy the link again", "ask for the
//! passphrase") and nothing more, so that it is of no use to somebody who probes.

/// Why a link, an envelope or a token was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The header is not one that a sealer of this version writes.
    #[error("the envelope's header is not valid")]
    BadHeader,
    /// The manifest is not one that a sealer of this version writes.
    #[error("the envelope's table of contents is not valid")]
    BadManifest,
    /// The contents are not as long as the manifest says, or the padding is not.
    #[error("the envelope's contents are not as long as they should be")]
    BadPadding,
    /// Something is missing at the end.
    #[error("the end is missing")]
    Cut,
    /// A chunk was altered, moved, repeated or left out.
    #[error("the content was damaged on its way")]
    Damaged,
    /// The header asks for more work than any sealer does.
    #[error("the envelope asks for too much work")]
    ExcessiveWork,
    /// The link has no key.
    #[error("the link has no key: the part after # is missing")]
    MissingKey,
    /// A character is wrong.
    #[error("a character is wrong")]
    Mistyped,
    /// Not an envelope of a format that this program knows.
    #[error("the content is in a format that this program does not know")]
    UnknownFormat,
    /// A passphrase profile of a later version.
    #[error("the link needs a newer program")]
    UnknownProfile,
    /// A link of a later version.
    #[error("the link is of a newer kind")]
    UnknownVersion,
    /// The link key or the passphrase is another one.
    #[error("the key or the passphrase does not fit")]
    WrongKey,
    /// The proof is another one.
    #[error("the proof does not fit")]
    WrongProof,
}

impl Fault {
    /// Every fault, for tests and tables.
    pub const ALL: [Self; 13] = [
        Self::BadHeader,
        Self::BadManifest,
        Self::BadPadding,
        Self::Cut,
        Self::Damaged,
        Self::ExcessiveWork,
        Self::MissingKey,
        Self::Mistyped,
        Self::UnknownFormat,
        Self::UnknownProfile,
        Self::UnknownVersion,
        Self::WrongKey,
        Self::WrongProof,
    ];

    /// The name in the specification and in the vectors.
    pub const fn code(self) -> &'static str {
        match self {
            Self::BadHeader => "bad-header",
            Self::BadManifest => "bad-manifest",
            Self::BadPadding => "bad-padding",
            Self::Cut => "cut",
            Self::Damaged => "damaged",
            Self::ExcessiveWork => "excessive-work",
            Self::MissingKey => "missing-key",
            Self::Mistyped => "mistyped",
            Self::UnknownFormat => "unknown-format",
            Self::UnknownProfile => "unknown-profile",
            Self::UnknownVersion => "unknown-version",
            Self::WrongKey => "wrong-key",
            Self::WrongProof => "wrong-proof",
        }
    }
}
