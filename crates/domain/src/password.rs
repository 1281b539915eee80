//! Passwords: what somebody may choose, and what they show.
//!
//! Length counts, composition does not. What many people choose is refused, also with a few signs around it or
//! written twice: [`COMMON`] is a list that others made, as it is. So is one's own address.

use envelope::Passphrase;

use crate::account::Email;

/// The fewest characters of a password.
pub const FEWEST: usize = 12;
/// The longest password in bytes, in NFC.
pub const LONGEST: usize = 256;
/// Signs around a common password that do not make it another one.
const TRIMMINGS: usize = 6;

/// One password a line, in quotes, none of which has a quote or a backslash in it.
const COMMON: &str = include_str!("../vendor/zxcvbn-ts-language-common/passwords.json");

/// Why a password cannot be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFault {
    /// Many people choose it, or it is one thing over and over.
    #[error("many people choose this password, or one that is nearly the same")]
    Common,
    /// It is the address of the account, or nearly.
    #[error("the password is the address of the account")]
    Own,
    /// It has fewer than [`FEWEST`] characters.
    #[error("a password has at least {FEWEST} characters")]
    Short,
    /// It is longer than [`LONGEST`] bytes.
    #[error("a password has at most {LONGEST} bytes")]
    TooLong,
}

/// A password that somebody has chosen.
pub struct Chosen(Passphrase);

impl Chosen {
    /// Judges what the owner of `email` has typed.
    pub fn new(text: &str, email: &Email) -> Result<Self, PasswordFault> {
        if text.len() > LONGEST.saturating_mul(4) {
            return Err(PasswordFault::TooLong);
        }
        let password = Passphrase::new(text).map_err(|_| PasswordFault::Short)?;
        if password.expose().len() > LONGEST {
            return Err(PasswordFault::TooLong);
        }
        if password.expose().chars().count() < FEWEST {
            return Err(PasswordFault::Short);
        }
        let lower = zeroize::Zeroizing::new(password.expose().to_lowercase());
        if is_own(&lower, email) {
            return Err(PasswordFault::Own);
        }
        if is_common(&lower) {
            return Err(PasswordFault::Common);
        }
        Ok(Self(password))
    }

    /// The password, to be stretched.
    pub fn into_passphrase(self) -> Passphrase {
        self.0
    }
}

/// A password that somebody shows. `None` when nobody can have chosen it: too long, or nothing at all.
pub fn shown(text: &str) -> Option<Passphrase> {
    let fits = text.len() <= LONGEST.saturating_mul(4);
    Passphrase::new(text).ok().filter(|password| fits && password.expose().len() <= LONGEST)
}

fn is_own(lower: &str, email: &Email) -> bool {
    let local = email.as_str().rsplit_once('@').map_or("", |(local, _)| local);
    lower.contains(email.as_str()) || core(lower).0 == core(local).0
}

fn is_common(lower: &str) -> bool {
    let (core, trimmed) = core(lower);
    let nearly = trimmed < TRIMMINGS && !core.is_empty() && is_listed(core);
    let again = period(lower);
    is_listed(lower) || nearly || is_a_run(lower) || again.is_some_and(is_nothing)
}

/// Whether a part that is written over and over adds nothing.
fn is_nothing(part: &str) -> bool {
    part.chars().count() <= 4 || is_listed(part) || is_listed(core(part).0)
}

fn is_listed(lower: &str) -> bool {
    COMMON.split('"').skip(1).step_by(2).any(|common| common == lower)
}

/// What is left without the digits and signs around it, and how many those are.
fn core(text: &str) -> (&str, usize) {
    let core = text.trim_matches(|c: char| !c.is_alphabetic());
    (core, text.chars().count().saturating_sub(core.chars().count()))
}

/// The part that the whole text repeats, if there is one.
fn period(text: &str) -> Option<&str> {
    let lengths = text.char_indices().map(|(at, _)| at).skip(1);
    let mut parts =
        lengths.filter(|at| text.len().is_multiple_of(*at)).filter_map(|at| text.get(..at));
    parts.find(|part| {
        text.len().checked_div(part.len()).is_some_and(|times| part.repeat(times) == text)
    })
}

/// Whether each character follows the one before, up or down.
fn is_a_run(text: &str) -> bool {
    let codes: Vec<i64> = text.chars().map(|c| i64::from(u32::from(c))).collect();
    let steps = codes.iter().zip(codes.iter().skip(1)).map(|(one, next)| next.saturating_sub(*one));
    let mut steps = steps.peekable();
    let first = steps.peek().copied();
    first.is_some_and(|first| matches!(first, -1..=1) && steps.all(|step| step == first))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(text: &str) -> Option<PasswordFault> {
        Chosen::new(text, &Email::parse("maja.lindqvist@example.org").unwrap()).err()
    }

    #[test]
    fn length_counts_and_composition_does_not() {
        assert_eq!(judged("violet kettle"), None);
        assert_eq!(judged("\u{e5}terbruk av gamla cyklar"), None);
        assert_eq!(judged("zq8fjw0xkw2"), Some(PasswordFault::Short));
        assert_eq!(judged(""), Some(PasswordFault::Short));
        // Twelve characters, however many bytes.
        assert_eq!(judged("\u{e5}\u{e4}\u{f6}\u{e9}gul bil r"), None);
        assert_eq!(judged(&"ab cd ef gh ".repeat(22)), Some(PasswordFault::TooLong));
        assert_eq!(judged(&"x".repeat(100_000)), Some(PasswordFault::TooLong));
    }

    #[test]
    fn what_many_choose_is_refused() {
        for common in [
            "passwordpassword",
            "Password1234",
            "!!password99",
            "123456789012",
            "abcdefghijkl",
            "lkjihgfedcba",
            "aaaaaaaaaaaaaaa",
            "abcabcabcabc",
            "iloveyou2024!",
            "qwertyuiop12",
            "DRAGONdragon",
        ] {
            assert_eq!(judged(common), Some(PasswordFault::Common), "{common}");
        }
        assert_eq!(judged("dragon in the cellar"), None);
    }

    #[test]
    fn the_own_address_is_no_password() {
        for own in [
            "maja.lindqvist@example.org",
            "Maja.Lindqvist",
            "maja.lindqvist1",
            "1maja.lindqvist@example.org!",
        ] {
            assert_eq!(judged(own), Some(PasswordFault::Own), "{own}");
        }
    }

    #[test]
    fn the_list_is_whole() {
        let all: Vec<_> = COMMON.split('"').skip(1).step_by(2).collect();
        assert_eq!(all.len(), 49_233);
        assert!(all.iter().all(|common| !common.is_empty() && !common.contains(['\\', '\n', ','])));
    }

    #[test]
    fn what_nobody_can_have_chosen_is_none() {
        assert!(shown("short").is_some(), "it is compared like any other");
        assert!(shown("").is_none() && shown(&"x".repeat(257)).is_none());
    }
}
