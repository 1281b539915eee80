//! Passwords that the server makes up.
//!
//! Every character is drawn without bias from the whole alphabet; then each set that was asked for has at
//! least one, because a draw without one is thrown away.

use domain::Entropy;
use domain::entropy::draw;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::params::truth;

/// The length where nobody says one.
pub(super) const LENGTH: usize = 12;
/// The longest.
pub(super) const LONGEST: usize = 128;

const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const DIGITS: &str = "0123456789";
const SYMBOLS: &str = "*$!?()@#%^";
const AMBIGUOUS: &str = "ilo1IO0";

/// What a password is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Alphabet(Vec<Vec<char>>);

impl Alphabet {
    /// Reads which sets are wanted; all of them, without what is easily confused, where nothing is said.
    pub(super) fn read(sets: Option<&Map<String, Value>>) -> Self {
        let wanted = |name: &str| sets.and_then(|sets| sets.get(name)).is_none_or(truth);
        let clear = wanted("exclude_ambiguous");
        let fits = |character: &char| !clear || !AMBIGUOUS.contains(*character);
        let all =
            [("uppercase", UPPER), ("lowercase", LOWER), ("numbers", DIGITS), ("symbols", SYMBOLS)];
        let chosen = |(name, set): (&str, &str)| {
            wanted(name).then(|| set.chars().filter(fits).collect::<Vec<_>>())
        };
        let sets: Vec<_> = all.into_iter().filter_map(chosen).collect();
        if sets.is_empty() { Self(vec![LOWER.chars().filter(fits).collect()]) } else { Self(sets) }
    }

    /// A password of `length` characters.
    pub(super) fn password(&self, length: usize, entropy: &dyn Entropy) -> Zeroizing<String> {
        let all: Vec<char> = self.0.iter().flatten().copied().collect();
        loop {
            let drawn = (0..length).map(|_| pick(&all, entropy));
            let password = Zeroizing::new(drawn.collect::<String>());
            let has = |set: &Vec<char>| set.iter().any(|character| password.contains(*character));
            // A password that is shorter than the sets are many cannot have one of each.
            if length < self.0.len() || self.0.iter().all(has) {
                return password;
            }
        }
    }
}

/// One of `all`, each as likely as any other.
fn pick(all: &[char], entropy: &dyn Entropy) -> char {
    let count = u8::try_from(all.len()).unwrap_or(u8::MAX).max(1);
    let bound = u8::MAX.saturating_sub(u8::MAX.checked_rem(count).unwrap_or(0));
    loop {
        let [byte] = draw::<1>(entropy);
        let place = usize::from(byte.checked_rem(count).unwrap_or(0));
        if byte < bound
            && let Some(character) = all.get(place)
        {
            return *character;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    struct Steps(AtomicU64);

    impl Entropy for Steps {
        fn fill(&self, bytes: &mut [u8]) {
            for byte in bytes {
                let step = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
                *byte = step.wrapping_mul(0xbf58_476d_1ce4_e5b9).to_be_bytes()[0];
            }
        }
    }

    fn sets(json: &str) -> Alphabet {
        Alphabet::read(serde_json::from_str::<Value>(json).unwrap().as_object())
    }

    #[test]
    fn each_set_that_is_asked_for_is_there_and_no_other() {
        let entropy = Steps(AtomicU64::new(1));
        for _ in 0..200 {
            let password = Alphabet::read(None).password(LENGTH, &entropy);
            assert_eq!(password.chars().count(), LENGTH);
            assert!(password.chars().all(|character| !AMBIGUOUS.contains(character)));
            for set in [UPPER, LOWER, DIGITS, SYMBOLS] {
                assert!(password.chars().any(|character| set.contains(character)), "{password:?}");
            }
            let digits = sets(r#"{"uppercase":false,"lowercase":"false","symbols":0}"#);
            assert!(digits.password(8, &entropy).chars().all(|c| "23456789".contains(c)));
        }
    }

    #[test]
    fn nothing_chosen_is_no_empty_password() {
        let entropy = Steps(AtomicU64::new(7));
        let none = r#"{"uppercase":false,"lowercase":false,"numbers":false,"symbols":false}"#;
        assert_eq!(sets(none).password(20, &entropy).len(), 20);
        assert_eq!(Alphabet::read(None).password(1, &entropy).len(), 1);
    }

    /// Every byte, one after the other.
    struct Bytes(AtomicU64);

    impl Entropy for Bytes {
        fn fill(&self, bytes: &mut [u8]) {
            for byte in bytes {
                *byte = self.0.fetch_add(1, Ordering::Relaxed).to_le_bytes()[0];
            }
        }
    }

    #[test]
    fn no_character_is_more_likely() {
        let entropy = Bytes(AtomicU64::new(0));
        let all: Vec<char> = "abcdefghij".chars().collect();
        let mut counts = std::collections::BTreeMap::new();
        for _ in 0..250 {
            *counts.entry(pick(&all, &entropy)).or_insert(0_u32) += 1;
        }
        assert!(counts.values().eq([25; 10].iter()), "{counts:?}");
        // What is left of the bytes would favour the first letters: it is thrown away.
        pick(&all, &entropy);
        assert_eq!(entropy.0.load(Ordering::Relaxed), 257);
    }
}
