//! The header of an envelope, against a second reader of the table in section 3.1.

#![no_main]

use envelope::{Fault, Header, Profile};
use libfuzzer_sys::fuzz_target;

fn naive(bytes: &[u8]) -> Result<Profile, Fault> {
    if bytes.len() < 64 {
        return Err(Fault::Cut);
    }
    let number = |range: std::ops::Range<usize>| {
        bytes[range].iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
    };
    let (profile, t, m, p) = (bytes[5], number(6..8), number(8..12), number(12..16));
    if &bytes[..5] != b"SGL1\x01" {
        Err(Fault::UnknownFormat)
    } else if m > 262_144 || t > 10 || p > 1 {
        Err(Fault::ExcessiveWork)
    } else {
        match (profile, t, m, p) {
            (0, 0, 0, 0) => Ok(Profile::None),
            (1, 4, 32_768, 1) => Ok(Profile::Argon2id),
            _ => Err(Fault::BadHeader),
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let header = Header::parse(bytes);
    assert_eq!(header.map(|header| header.profile()), naive(bytes));
    if let Ok(header) = header {
        assert_eq!(header.as_bytes().as_slice(), &bytes[..64]);
    }
});
