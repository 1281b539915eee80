//! Numbers of fixed width, in any base. Sections 1.1 and 6.1.
//!
//! A value of `n` bytes is one big endian number, written with the fixed number of digits that the
//! largest such number needs. Exactly one text stands for each value.

use zeroize::{Zeroize as _, Zeroizing};

use crate::Fault;

/// An alphabet, its digits in the order of their values.
pub(crate) struct Base {
    pub(crate) alphabet: &'static [u8],
    pub(crate) size: u16,
    /// How many digits a million bytes take, rounded up: exact for every width that the format uses
    /// (tested).
    pub(crate) density: usize,
}

impl Base {
    /// How many digits `bytes` bytes take.
    pub(crate) const fn digits(&self, bytes: usize) -> usize {
        bytes.saturating_mul(self.density).saturating_add(999_999).saturating_div(1_000_000)
    }

    /// Writes `bytes` with the digits of its width.
    pub(crate) fn encode(&self, bytes: &[u8]) -> Zeroizing<String> {
        let mut number = Zeroizing::new(bytes.to_vec());
        let mut text = Zeroizing::new(vec![0; self.digits(bytes.len())]);
        for digit in text.iter_mut().rev() {
            let mut remainder = 0_u16;
            for byte in number.iter_mut() {
                let value = remainder.wrapping_shl(8) | u16::from(*byte);
                *byte = value.checked_div(self.size).unwrap_or(0).to_le_bytes()[0];
                remainder = value.checked_rem(self.size).unwrap_or(0);
            }
            *digit = self.alphabet.get(usize::from(remainder)).copied().unwrap_or(b'?');
        }
        Zeroizing::new(text.iter().map(|digit| char::from(*digit)).collect())
    }

    /// Reads a value of exactly `N` bytes: [`Fault::Cut`] when digits are missing, [`Fault::Mistyped`]
    /// for anything else that is wrong.
    pub(crate) fn decode<const N: usize>(&self, text: &str) -> Result<Zeroizing<[u8; N]>, Fault> {
        let digits = self.digits(N);
        if text.len() < digits && text.bytes().all(|digit| self.value(digit).is_some()) {
            return Err(Fault::Cut);
        }
        if text.len() != digits {
            return Err(Fault::Mistyped);
        }
        let mut bytes = Zeroizing::new([0; N]);
        for digit in text.bytes() {
            let mut carry = self.value(digit).ok_or(Fault::Mistyped)?;
            for byte in bytes.iter_mut().rev() {
                let product = u16::from(*byte).wrapping_mul(self.size).wrapping_add(carry);
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

    fn value(&self, digit: u8) -> Option<u16> {
        let position = self.alphabet.iter().position(|known| *known == digit)?;
        u16::try_from(position).ok()
    }
}
