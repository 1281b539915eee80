//! What names a thing to people: short, and it tells nothing and opens nothing (R57).

use domain::hashes::Kind;

use crate::Service;

/// What is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// An account, in a list.
    Account,
    /// A means of signing in.
    Credential,
    /// An invitation.
    Invitation,
    /// An API key.
    Key,
    /// A mail.
    Letter,
    /// An organisation.
    Organisation,
    /// A provider of identities.
    Provider,
    /// A session.
    Session,
}

impl Named {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Account => b"account",
            Self::Credential => b"credential",
            Self::Invitation => b"invitation",
            Self::Key => b"key",
            Self::Letter => b"letter",
            Self::Organisation => b"organisation",
            Self::Provider => b"provider",
            Self::Session => b"session",
        }
    }
}

impl Service {
    /// The name of the thing with this number: twelve digits, the same for ever.
    pub fn name(&self, named: Named, number: i64) -> String {
        let what = [named.label(), &number.to_be_bytes()].concat();
        let hash = self.store.hash(Kind::Reference, &what);
        let first: [u8; 8] = hash.as_bytes().first_chunk().copied().unwrap_or_default();
        format!("{:012x}", u64::from_be_bytes(first) >> 16)
    }
}
