//! Base58 of fixed width, against a second reader that does long multiplication on decimal-free digits.

#![no_main]

use envelope::{ClaimToken, Fault, SecretId};
use libfuzzer_sys::fuzz_target;

const ALPHABET: &str = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// The number that `text` writes, as `size` bytes; `None` when it is not one of `digits` digits.
fn naive(text: &str, digits: usize, size: usize) -> Option<Vec<u8>> {
    if text.chars().count() != digits {
        return None;
    }
    let mut number = vec![0_u8; size + 8];
    for digit in text.chars() {
        let mut carry = ALPHABET.find(digit)?;
        for byte in number.iter_mut().rev() {
            let value = usize::from(*byte) * 58 + carry;
            *byte = (value % 256) as u8;
            carry = value / 256;
        }
    }
    let (over, number) = number.split_at(8);
    over.iter().all(|byte| *byte == 0).then(|| number.to_vec())
}

fuzz_target!(|text: &str| {
    let id = text.parse::<SecretId>();
    let expected = naive(text, 22, 16);
    assert_eq!(id.as_ref().ok().map(|id| id.as_bytes().to_vec()), expected);
    match id {
        Ok(id) => assert_eq!(id.to_string(), text),
        Err(fault) => {
            let short = text.len() < 22 && text.chars().all(|digit| ALPHABET.contains(digit));
            assert_eq!(fault, if short { Fault::Cut } else { Fault::Mistyped });
        }
    }
    let claim = ClaimToken::parse(&format!("sgc_{text}"));
    assert_eq!(claim.is_ok(), naive(text, 44, 32).is_some());
});
