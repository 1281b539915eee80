//! Padding: a length that does not tell. Section 4.2.

/// The shortest padded plaintext: a password and a short letter look alike.
const LEAST: u64 = 256;

/// `pad(n)`: Padme with a floor of 256 bytes (Nikitin et al., PETS 2019). At most 12 % more.
pub fn padded_len(length: u64) -> u64 {
    if length <= LEAST {
        return LEAST;
    }
    let e = length.ilog2();
    let s = e.ilog2().saturating_add(1);
    let step = 1_u64.wrapping_shl(e.saturating_sub(s));
    length.checked_next_multiple_of(step).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_lengths() {
        let cases = [(0, 256), (1, 256), (256, 256), (257, 272), (1000, 1024), (1025, 1088)];
        for (length, padded) in cases {
            assert_eq!(padded_len(length), padded, "{length}");
        }
        assert_eq!(padded_len(1 << 30), 1 << 30);
    }

    proptest! {
        #[test]
        fn padding_is_small_monotonic_and_stable(length in 257_u64..1 << 50) {
            let padded = padded_len(length);
            prop_assert!(padded >= length && padded - length <= length / 8);
            prop_assert!(padded_len(length + 1) >= padded);
            prop_assert_eq!(padded_len(padded), padded);
        }
    }
}
