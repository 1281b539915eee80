//! Passphrases and the work that guessing one costs. Section 2.1.

use unicode_normalization::UnicodeNormalization as _;
use zeroize::{Zeroize, Zeroizing};

use crate::Fault;

/// The longest passphrase in bytes, after normalisation.
pub const MAX_PASSPHRASE: usize = 1024;

/// Why a passphrase cannot be used for sealing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PassphraseFault {
    /// It has no character.
    #[error("the passphrase is empty")]
    Empty,
    /// It is longer than [`MAX_PASSPHRASE`].
    #[error("the passphrase is longer than {MAX_PASSPHRASE} bytes")]
    TooLong,
}

/// A passphrase in NFC. Spaces count, case counts; nothing else is done to it (R50).
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Normalises `text`.
    pub fn new(text: &str) -> Result<Self, PassphraseFault> {
        // Normalisation grows a text at most threefold: what is longer than this is too long.
        if text.len() > MAX_PASSPHRASE.saturating_mul(4) {
            return Err(PassphraseFault::TooLong);
        }
        let mut normal = Zeroizing::new(String::with_capacity(text.len().saturating_mul(3)));
        normal.extend(text.nfc());
        match normal.len() {
            0 => Err(PassphraseFault::Empty),
            1..=MAX_PASSPHRASE => Ok(Self(normal)),
            _ => Err(PassphraseFault::TooLong),
        }
    }

    /// The text in NFC.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// How a link key and a passphrase become one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// There is no passphrase.
    None,
    /// Argon2id (RFC 9106) with 32 MiB, four passes, one lane: below 64 MB in a terminal, about half
    /// a second in a browser.
    Argon2id,
}

/// What Argon2id is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// Passes.
    pub t: u16,
    /// Memory in KiB.
    pub m: u32,
    /// Lanes.
    pub p: u32,
}

impl Profile {
    /// The byte in links and headers.
    pub const fn byte(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Argon2id => 1,
        }
    }

    /// The profile with this byte.
    pub const fn from_byte(byte: u8) -> Result<Self, Fault> {
        match byte {
            0 => Ok(Self::None),
            1 => Ok(Self::Argon2id),
            _ => Err(Fault::UnknownProfile),
        }
    }

    /// The row of the table in section 2.1; zeros without a passphrase.
    pub const fn work(self) -> Work {
        match self {
            Self::None => Work { t: 0, m: 0, p: 0 },
            Self::Argon2id => Work { t: 4, m: 32_768, p: 1 },
        }
    }
}

/// The memory that stretching a passphrase takes, zeroized after each use. Empty until then.
#[derive(Default)]
pub struct Workspace(Vec<argon2::Block>);

impl Workspace {
    /// What is no link's passphrase, stretched with the work of [`Profile::Argon2id`]: the password of an account.
    pub fn stretch_alone(&mut self, password: &Passphrase, salt: &[u8; 16]) -> Zeroizing<[u8; 32]> {
        let mut out = Zeroizing::new([0; 32]);
        self.stretch(password, salt, Profile::Argon2id.work(), &mut out);
        out
    }

    /// `passphrase-key = Argon2id(passphrase, salt, m, t, p, 32)`.
    #[expect(
        clippy::expect_used,
        reason = "the parameters are those of a profile, the sizes fixed"
    )]
    pub(crate) fn stretch(
        &mut self,
        passphrase: &Passphrase,
        salt: &[u8; 16],
        work: Work,
        out: &mut [u8; 32],
    ) {
        let params = argon2::Params::new(work.m, u32::from(work.t), work.p, Some(32));
        let params = params.expect("a profile's parameters are valid");
        self.0.resize(params.block_count(), argon2::Block::new());
        argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params)
            .hash_password_into_with_memory(passphrase.as_bytes(), salt, out, &mut self.0)
            .expect("salt and output have valid sizes");
        self.0.iter_mut().for_each(Zeroize::zeroize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_keyboards_mean_the_same_word() {
        let composed = Passphrase::new("na\u{ef}ve  caf\u{e9} ").unwrap();
        let decomposed = Passphrase::new("nai\u{308}ve  cafe\u{301} ").unwrap();
        assert_eq!(composed.as_bytes(), decomposed.as_bytes());
        assert_eq!(composed.as_bytes(), "na\u{ef}ve  caf\u{e9} ".as_bytes());
    }

    #[test]
    fn empty_and_endless_passphrases_are_refused() {
        assert_eq!(Passphrase::new("").err(), Some(PassphraseFault::Empty));
        assert!(Passphrase::new(&"x".repeat(1024)).is_ok());
        assert_eq!(Passphrase::new(&"x".repeat(1025)).err(), Some(PassphraseFault::TooLong));
        assert_eq!(Passphrase::new(&"x".repeat(9000)).err(), Some(PassphraseFault::TooLong));
    }
}
