//! The header: which keys fit, and how they are made. Section 3.1.

use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::passphrase::Work;
use crate::{Fault, Keys, Profile};

/// Length of a header in bytes.
pub const HEADER: usize = 64;
/// Length of its first part, which is the HKDF salt of the content keys.
pub(crate) const PREFIX: usize = 32;

const MAGIC: &[u8; 4] = b"SGL1";
const SUITE: u8 = 1;
/// More work than any profile asks for, with room for later ones.
const CEILING: Work = Work { t: 10, m: 262_144, p: 1 };

/// A header that was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    profile: Profile,
    bytes: [u8; HEADER],
}

impl Header {
    /// A header for `keys` with 16 fresh random bytes.
    pub(crate) fn seal(keys: &Keys, salt: [u8; 16]) -> Self {
        let profile = keys.profile();
        let work = profile.work();
        let mut prefix = [0; PREFIX];
        let mut rest = prefix.as_mut_slice();
        let mut put = |bytes: &[u8]| {
            let (now, later) = std::mem::take(&mut rest).split_at_mut(bytes.len());
            now.copy_from_slice(bytes);
            rest = later;
        };
        put(MAGIC);
        put(&[SUITE, profile.byte()]);
        put(&work.t.to_be_bytes());
        put(&work.m.to_be_bytes());
        put(&work.p.to_be_bytes());
        put(&salt);
        let mut bytes = [0; HEADER];
        let (front, commitment) = bytes.split_at_mut(PREFIX);
        front.copy_from_slice(&prefix);
        commitment.copy_from_slice(&*keys.commitment(&prefix));
        Self { profile, bytes }
    }

    /// Judges the first bytes of an envelope, in the order of section 3.1, before any key is made.
    pub fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        let (bytes, _) = bytes.split_first_chunk::<HEADER>().ok_or(Fault::Cut)?;
        let [m0, m1, m2, m3, suite, profile, t0, t1, k0, k1, k2, k3, p0, p1, p2, p3, ..] = *bytes;
        if [m0, m1, m2, m3] != *MAGIC || suite != SUITE {
            return Err(Fault::UnknownFormat);
        }
        let work = Work {
            t: u16::from_be_bytes([t0, t1]),
            m: u32::from_be_bytes([k0, k1, k2, k3]),
            p: u32::from_be_bytes([p0, p1, p2, p3]),
        };
        if work.m > CEILING.m || work.t > CEILING.t || work.p > CEILING.p {
            return Err(Fault::ExcessiveWork);
        }
        let profile = Profile::from_byte(profile).map_err(|_| Fault::BadHeader)?;
        if work != profile.work() {
            return Err(Fault::BadHeader);
        }
        Ok(Self { profile, bytes: *bytes })
    }

    /// Whether a passphrase is needed.
    pub const fn profile(&self) -> Profile {
        self.profile
    }

    /// The 64 bytes: the associated data of every chunk.
    pub const fn as_bytes(&self) -> &[u8; HEADER] {
        &self.bytes
    }

    /// The content key, if `keys` are the ones this header was made with.
    pub(crate) fn unlock(&self, keys: &Keys) -> Result<Zeroizing<[u8; 32]>, Fault> {
        if keys.profile() != self.profile {
            return Err(Fault::BadHeader);
        }
        let (prefix, commitment) =
            self.bytes.split_first_chunk::<PREFIX>().ok_or(Fault::BadHeader)?;
        if bool::from(keys.commitment(prefix).ct_eq(commitment)) {
            Ok(keys.content_key(prefix))
        } else {
            Err(Fault::WrongKey)
        }
    }
}
