//! The public id of a secret: 16 bytes without structure. Section 1.

use std::fmt;
use std::str::FromStr;

use crate::{Fault, base58};

/// Names a secret. It opens nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SecretId([u8; 16]);

impl SecretId {
    /// Takes the 16 bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for SecretId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base58::encode(&self.0))
    }
}

impl fmt::Debug for SecretId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretId({self})")
    }
}

impl FromStr for SecretId {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        base58::decode(text).map(|bytes| Self(*bytes))
    }
}
