//! Numbers of fixed width, in any base. Sections 1.1 and 6.1.
//!
//! A value of `n` bytes is one big endian number, written with the fixed number of digits that the
//! largest such number needs. Exactly one text stands for each value.

use zeroize::Zeroizing;

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
        let mut number = limbs(bytes);
        let mut text = Zeroizing::new(vec![b'?'; self.digits(bytes.len())]);
        let size = u32::from(self.size);
        for block in text.rchunks_mut(BLOCK) {
            let mut rest = divide(&mut number, size.saturating_pow(FIVE));
            for digit in block.iter_mut().rev() {
                let value = usize::try_from(rest.checked_rem(size).unwrap_or(0)).unwrap_or(0);
                *digit = self.alphabet.get(value).copied().unwrap_or(b'?');
                rest = rest.checked_div(size).unwrap_or(0);
            }
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
        let mut number = limbs(&[0; N]);
        let (first, blocks) = text.as_bytes().split_at(digits.checked_rem(BLOCK).unwrap_or(0));
        let size = u32::from(self.size);
        for block in std::iter::once(first).chain(blocks.chunks(BLOCK)) {
            let (mut value, mut scale) = (0_u32, 1_u32);
            for digit in block {
                let digit = self.value(*digit).ok_or(Fault::Mistyped)?;
                value = value.wrapping_mul(size).wrapping_add(digit.into());
                scale = scale.wrapping_mul(size);
            }
            if multiply(&mut number, scale, value) != 0 {
                return Err(Fault::Mistyped);
            }
        }
        let written: Zeroizing<Vec<u8>> =
            Zeroizing::new(number.iter().flat_map(|limb| limb.to_be_bytes()).collect());
        let (over, value) = written.split_at(written.len().saturating_sub(N));
        let mut bytes = Zeroizing::new([0; N]);
        if over.iter().any(|byte| *byte != 0) || value.len() != N {
            return Err(Fault::Mistyped);
        }
        bytes.copy_from_slice(value);
        Ok(bytes)
    }

    fn value(&self, digit: u8) -> Option<u16> {
        let position = self.alphabet.iter().position(|known| *known == digit)?;
        u16::try_from(position).ok()
    }
}

/// How many digits are read and written at once: as many as fit into 32 bits in the largest base.
const BLOCK: usize = 5;
const FIVE: u32 = 5;

/// A number in 32 bits each, the most significant first.
fn limbs(bytes: &[u8]) -> Zeroizing<Vec<u32>> {
    let limb = |part: &[u8]| part.iter().fold(0_u32, |limb, byte| limb << 8 | u32::from(*byte));
    let mut limbs: Zeroizing<Vec<u32>> = Zeroizing::new(bytes.rchunks(4).map(limb).collect());
    limbs.reverse();
    limbs
}

/// Divides in place, and returns what is left.
fn divide(number: &mut [u32], by: u32) -> u32 {
    let mut rest = 0_u64;
    for limb in number {
        let value = rest << 32 | u64::from(*limb);
        // Below 2^32, because what is left is below the divisor.
        *limb = u32::try_from(value.checked_div(by.into()).unwrap_or(0)).unwrap_or(u32::MAX);
        rest = value.checked_rem(by.into()).unwrap_or(0);
    }
    u32::try_from(rest).unwrap_or(0)
}

/// Multiplies in place and adds. Returns what does not fit.
fn multiply(number: &mut [u32], by: u32, add: u32) -> u32 {
    let mut carry = u64::from(add);
    for limb in number.iter_mut().rev() {
        let value = u64::from(*limb).wrapping_mul(by.into()).wrapping_add(carry);
        let [low, high] = halves(value);
        *limb = low;
        carry = u64::from(high);
    }
    u32::try_from(carry).unwrap_or(u32::MAX)
}

fn halves(value: u64) -> [u32; 2] {
    let low = u32::try_from(value & 0xFFFF_FFFF).unwrap_or(0);
    let high = u32::try_from(value >> 32).unwrap_or(0);
    [low, high]
}
