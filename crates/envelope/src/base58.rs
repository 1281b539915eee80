//! Base58 of fixed width: no punctuation that chat programs cut off, nothing to confuse when read
//! aloud. Section 1.1.
//!
//! A value of `n` bytes is one big endian number, written with the fixed number of digits that the
//! largest such number needs. Exactly one text stands for each value.

use zeroize::{Zeroize as _, Zeroizing};

use crate::Fault;

const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// How many digits `bytes` bytes take: `ceil(8 * bytes / log2(58))`.
pub(crate) const fn digits(bytes: usize) -> usize {
    // 8 / log2(58) = 1.365658...; exact for every width that the format uses (tested).
    bytes.saturating_mul(1_365_659).saturating_add(999_999).saturating_div(1_000_000)
}

/// Writes `bytes` with the digits of its width.
pub fn encode(bytes: &[u8]) -> Zeroizing<String> {
    let mut number = Zeroizing::new(bytes.to_vec());
    let mut text = Zeroizing::new(vec![0; digits(bytes.len())]);
    for digit in text.iter_mut().rev() {
        let mut remainder = 0_u16;
        for byte in number.iter_mut() {
            let value = remainder.wrapping_shl(8) | u16::from(*byte);
            *byte = value.wrapping_div(58).to_le_bytes()[0];
            remainder = value.wrapping_rem(58);
        }
        *digit = ALPHABET.get(usize::from(remainder)).copied().unwrap_or(b'1');
    }
    Zeroizing::new(text.iter().map(|digit| char::from(*digit)).collect())
}

/// Reads a value of exactly `N` bytes: [`Fault::Cut`] when digits are missing, [`Fault::Mistyped`]
/// for anything else that is wrong.
pub fn decode<const N: usize>(text: &str) -> Result<Zeroizing<[u8; N]>, Fault> {
    if text.len() < digits(N) && text.bytes().all(|digit| value(digit).is_some()) {
        return Err(Fault::Cut);
    }
    if text.len() != digits(N) {
        return Err(Fault::Mistyped);
    }
    let mut bytes = Zeroizing::new([0; N]);
    for digit in text.bytes() {
        let mut carry = value(digit).ok_or(Fault::Mistyped)?;
        for byte in bytes.iter_mut().rev() {
            let product = u16::from(*byte).wrapping_mul(58).wrapping_add(carry);
            [*byte, _] = product.to_le_bytes();
            carry = product.wrapping_shr(8);
        }
        if carry != 0 {
            bytes.zeroize();
            return Err(Fault::Mistyped);
        }
    }
    Ok(bytes)
}

fn value(digit: u8) -> Option<u16> {
    let position = ALPHABET.iter().position(|known| *known == digit)?;
    u16::try_from(position).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn widths_are_those_of_the_specification() {
        assert_eq!([16, 32, 38, 52].map(digits), [22, 44, 52, 72]);
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
