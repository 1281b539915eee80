//! One-time codes of an authenticator (RFC 6238: HMAC-SHA-1, six digits, thirty seconds), and the codes for
//! whoever has lost it.
//!
//! A code is right for its time step and for the one before and after, because clocks differ, and only for a
//! step that is later than the last one that was shown: nobody uses one again.

use aws_lc_rs::hmac;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::time::Timestamp;

/// How long a code is right in seconds.
const STEP: i64 = 30;
/// RFC 4648, section 6.
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// What an authenticator and this server share: 160 bits, as RFC 4226 (R6) asks for.
pub struct CodeSecret(Zeroizing<[u8; 20]>);

impl CodeSecret {
    /// Takes 20 fresh random bytes.
    pub fn new(bytes: [u8; 20]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Reads it in Base32. `None` when it is none.
    pub fn parse(text: &str) -> Option<Self> {
        decode::<20>(text).map(Self)
    }

    /// In Base32, as authenticators take it. Whoever has it makes codes.
    pub fn expose(&self) -> Zeroizing<String> {
        encode(&*self.0)
    }

    /// What the QR code says (the key URI format of authenticators).
    pub fn uri(&self, issuer: &str, account: &str) -> Zeroizing<String> {
        let (issuer, account) = (escaped(issuer), escaped(account));
        let secret = self.expose();
        Zeroizing::new(format!(
            "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}",
            *secret
        ))
    }

    /// The code of a time step (RFC 4226, section 5.3).
    fn code(&self, step: i64) -> Code {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &*self.0);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let bytes = tag.as_ref();
        let offset = usize::from(bytes.last().copied().unwrap_or(0) & 0x0f);
        let word = bytes.get(offset..).and_then(|rest| rest.first_chunk::<4>());
        let word = u32::from_be_bytes(word.copied().unwrap_or_default()) & 0x7fff_ffff;
        Code(word.checked_rem(1_000_000).unwrap_or_default())
    }

    /// The time step that `code` is right for, if that is now and later than `last`.
    pub fn step(&self, code: Code, now: Timestamp, last: Option<i64>) -> Option<i64> {
        let current = now.as_millis().div_euclid(STEP.saturating_mul(1000));
        let mut found = None;
        for step in [current.saturating_sub(1), current, current.saturating_add(1)] {
            let fits: bool = self.code(step).0.ct_eq(&code.0).into();
            if fits && last.is_none_or(|last| last < step) {
                found = Some(step);
            }
        }
        found
    }

    /// The code of now, for tests that play the authenticator.
    pub fn now(&self, now: Timestamp) -> String {
        format!("{:06}", self.code(now.as_millis().div_euclid(STEP.saturating_mul(1000))).0)
    }
}

/// A code as somebody shows it.
#[derive(Clone, Copy)]
pub struct Code(u32);

impl Code {
    /// Reads six digits, with or without a space between them.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let fits = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
        if fits { digits.parse().ok().map(Self) } else { None }
    }
}

/// A code for whoever has lost everything else: 80 random bits. It works once.
pub struct RecoveryCode(Zeroizing<[u8; 10]>);

impl RecoveryCode {
    /// How many somebody is given.
    pub const COUNT: usize = 10;

    /// Takes 10 fresh random bytes.
    pub fn new(bytes: [u8; 10]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Reads a code as people type it: case, spaces and hyphens do not count.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > 64 {
            return None;
        }
        let plain: Zeroizing<String> = Zeroizing::new(
            text.chars()
                .filter(|c| !c.is_whitespace() && *c != '-')
                .collect::<String>()
                .to_uppercase(),
        );
        decode::<10>(&plain).map(Self)
    }

    /// Four groups of four.
    pub fn expose(&self) -> Zeroizing<String> {
        let plain = Zeroizing::new(encode(&*self.0).to_lowercase());
        let part = |from: usize, to: usize| plain.get(from..to).unwrap_or_default();
        Zeroizing::new([part(0, 4), part(4, 8), part(8, 12), part(12, 16)].join("-"))
    }

    /// What is hashed for the store.
    pub fn secret(&self) -> &[u8; 10] {
        &self.0
    }
}

/// Base32 without padding: the lengths here need none.
fn encode(bytes: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(bytes.len().saturating_mul(2)));
    for five in bytes.chunks(5) {
        let word = five.iter().fold(0_u64, |word, byte| word.wrapping_shl(8) | u64::from(*byte));
        for place in (0..8_u32).rev() {
            let index = usize::try_from(word.wrapping_shr(place.wrapping_mul(5)) & 31).unwrap_or(0);
            text.push(char::from(ALPHABET.get(index).copied().unwrap_or(b'A')));
        }
    }
    text
}

/// `N` is a multiple of five.
fn decode<const N: usize>(text: &str) -> Option<Zeroizing<[u8; N]>> {
    let mut bytes = Zeroizing::new([0_u8; N]);
    if text.len().saturating_mul(5) != N.saturating_mul(8) {
        return None;
    }
    for (eight, out) in text.as_bytes().chunks(8).zip(bytes.chunks_mut(5)) {
        let mut word = 0_u64;
        for letter in eight {
            let value = ALPHABET.iter().position(|known| known == letter)?;
            word = word.wrapping_shl(5) | u64::try_from(value).ok()?;
        }
        out.copy_from_slice(word.to_be_bytes().last_chunk::<5>()?);
    }
    Some(bytes)
}

/// Percent-encoding (RFC 3986) of everything that is not unreserved.
fn escaped(text: &str) -> String {
    use std::fmt::Write as _;
    let mut escaped = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _written = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds.saturating_mul(1000))
    }

    fn secret() -> CodeSecret {
        CodeSecret::new(*b"12345678901234567890")
    }

    /// RFC 6238, appendix B, the last six of its eight digits.
    #[test]
    fn codes_are_those_of_the_rfc() {
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(secret().now(at(seconds)), code);
            assert_eq!(
                secret().step(Code::parse(code).unwrap(), at(seconds), None),
                Some(seconds / 30)
            );
        }
    }

    #[test]
    fn clocks_may_differ_by_one_step_and_no_code_is_shown_twice() {
        let code = Code::parse(&secret().now(at(3000))).unwrap();
        let step = |seconds, last| secret().step(code, at(seconds), last);
        assert_eq!(step(2970, None), Some(100), "it is early");
        assert_eq!(step(3059, None), Some(100), "it is late");
        assert_eq!(step(2969, None), None);
        assert_eq!(step(3060, None), None);
        assert_eq!(step(3000, Some(99)), Some(100));
        assert_eq!(step(3000, Some(100)), None, "it was shown before");
        assert_eq!(step(3000, Some(101)), None, "a later one was");
    }

    #[test]
    fn codes_are_read_as_people_write_them() {
        assert!(Code::parse(" 123 456\n").is_some());
        for none in ["", "12345", "1234567", "12345x", "\u{0661}23456"] {
            assert!(Code::parse(none).is_none(), "{none}");
        }
    }

    /// RFC 4648, section 10.
    #[test]
    fn base32_is_that_of_the_rfc() {
        assert_eq!(&*encode(b"fooba"), "MZXW6YTB");
        assert_eq!(*decode::<5>("MZXW6YTB").unwrap(), *b"fooba");
        assert!(decode::<5>("MZXW6YT1").is_none() && decode::<5>("MZXW6YT").is_none());
        assert_eq!(&*CodeSecret::parse(&secret().expose()).unwrap().0, b"12345678901234567890");
    }

    #[test]
    fn a_recovery_code_is_read_as_it_was_written_down() {
        let code = RecoveryCode::new(*b"0123456789");
        let text = code.expose();
        assert_eq!(text.len(), 19);
        for typed in [text.to_uppercase(), text.replace('-', " "), format!("  {}\n", *text)] {
            assert_eq!(RecoveryCode::parse(&typed).unwrap().secret(), code.secret());
        }
        assert!(
            RecoveryCode::parse("").is_none() && RecoveryCode::parse(text.split_at(1).1).is_none()
        );
    }

    #[test]
    fn the_qr_code_says_whose_it_is() {
        let uri = secret().uri("secrets.example", "maja+x@example.org");
        let start = "otpauth://totp/secrets.example:maja%2Bx%40example.org?secret=GEZDGNBV";
        assert!(uri.starts_with(start), "{}", *uri);
    }
}
