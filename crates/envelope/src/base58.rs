//! Base58 of fixed width: no punctuation that chat programs cut off, nothing to confuse when read
//! aloud. Section 1.1.
//!
//! A value of `n` bytes is one big endian number, written with the fixed number of digits that the
//! largest such number needs. Exactly one text stands for each value.

use zeroize::Zeroizing;

use crate::Fault;
use crate::base::Base;

/// 8 / log2(58) = 1.365658...
const BASE: Base = Base {
    alphabet: b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
    size: 58,
    density: 1_365_659,
};

/// Writes `bytes` with the digits of its width.
pub fn encode(bytes: &[u8]) -> Zeroizing<String> {
    BASE.encode(bytes)
}

/// Reads a value of exactly `N` bytes: [`Fault::Cut`] when digits are missing, [`Fault::Mistyped`]
/// for anything else that is wrong.
pub fn decode<const N: usize>(text: &str) -> Result<Zeroizing<[u8; N]>, Fault> {
    BASE.decode(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn widths_are_those_of_the_specification() {
        assert_eq!([16, 32, 38, 52].map(|bytes| BASE.digits(bytes)), [22, 44, 52, 72]);
        assert_eq!(encode(&[0xFF; 38]).len(), 52);
        assert_eq!(&**encode(&[0; 16]), "1111111111111111111111");
    }

    #[test]
    fn a_number_too_large_is_mistyped() {
        assert_eq!(decode::<16>(&"z".repeat(22)).unwrap_err(), Fault::Mistyped);
    }

    #[test]
    fn every_other_length_and_character_is_refused() {
        let text = encode(&[7; 16]);
        assert_eq!(decode::<16>(&text[..21]).unwrap_err(), Fault::Cut);
        assert_eq!(decode::<16>("").unwrap_err(), Fault::Cut);
        assert_eq!(decode::<16>(&format!("{}1", *text)).unwrap_err(), Fault::Mistyped);
        for wrong in ["0", "O", "I", "l", " ", "+", "\u{e9}"] {
            let altered = format!("{wrong}{}", &text[1..]);
            assert_eq!(decode::<16>(&altered).unwrap_err(), Fault::Mistyped, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(bytes in any::<[u8; 16]>(), long in any::<[u8; 32]>()) {
            prop_assert_eq!(*decode::<16>(&encode(&bytes)).unwrap(), bytes);
            prop_assert_eq!(*decode::<32>(&encode(&long)).unwrap(), long);
        }

        #[test]
        fn what_is_read_is_written_again(text in "[1-9A-HJ-NP-Za-km-z]{22}") {
            if let Ok(bytes) = decode::<16>(&text) {
                prop_assert_eq!(&**encode(&*bytes), &text);
            }
        }
    }
}
