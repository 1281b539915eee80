//! The text of the server's keys, the same wherever it is kept.
//!
//! ```text
//! sigill-keys 1
//! id      <64 hex digits>      the permutation of public ids; never changes
//! hash    <64 hex digits>      keyed hashes of capabilities; never changes
//! ring 1  <64 hex digits>      wraps per-secret keys; the last line wraps, every line unwraps
//! ```
//!
//! Empty lines and lines that begin with `#` are passed over. A key that is short, repeated or plainly not
//! random is refused (R47).

use std::fmt::{self, Write as _};
use std::sync::Arc;

use aws_lc_rs::hmac;
use domain::entropy::{Entropy, draw};
use zeroize::Zeroizing;

use super::{Lasting, Ring, ServerKeys};
use crate::at_rest::RingId;

const NOT_RANDOM: &str = "a key is not random: let the program make it";
const MAGIC: &str = "sigill-keys 1";
/// More than a ring of 255 keys with comments takes.
pub(super) const MOST: usize = 64 * 1024;

/// The text of keys, whole and right. Zeroized when dropped, never printed.
pub struct KeysText(Zeroizing<String>);

impl fmt::Debug for KeysText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeysText(..)")
    }
}

impl KeysText {
    /// Fresh keys: a ring of one.
    pub fn fresh(entropy: &dyn Entropy) -> Self {
        let mut text = room(4);
        text.push_str(MAGIC);
        for name in ["\nid", "\nhash", "\nring 1"] {
            push_key(&mut text, name, entropy);
        }
        text.push('\n');
        Self(text)
    }

    /// Takes what a source gave, or says what is wrong with it, without its content.
    pub fn new(text: Zeroizing<String>) -> Result<Self, &'static str> {
        parse(&text)?;
        let words = text.lines().filter_map(|line| line.split_ascii_whitespace().last());
        if words.filter_map(|word| key(word).ok()).any(|key| is_counted(&key)) {
            return Err(NOT_RANDOM);
        }
        Ok(Self(text))
    }

    /// The text.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The keys that it holds.
    #[expect(clippy::expect_used, reason = "whoever made the text has parsed it")]
    pub(crate) fn keys(&self) -> ServerKeys {
        parse(&self.0).expect("a text that was parsed before")
    }

    /// The numbers of the ring, the oldest first.
    pub fn rings(&self) -> Vec<RingId> {
        self.keys().rings().collect()
    }

    /// The same with a fresh key at the end of the ring, and its number. `None` when all 255 are taken.
    pub fn with_ring(&self, entropy: &dyn Entropy) -> Option<(Self, RingId)> {
        let taken = self.rings();
        let after = taken.iter().map(|ring| ring.get()).max().unwrap_or(0);
        // The numbers of keys that are long gone serve again only when there are no others.
        let mut numbers = (after..=u8::MAX).chain(1..=after).filter_map(RingId::new);
        let ring = numbers.find(|number| !taken.contains(number))?;
        let mut text = room(taken.len().saturating_add(4));
        text.push_str(self.0.trim_end_matches('\n'));
        push_key(&mut text, &format!("\nring {}", ring.get()), entropy);
        text.push('\n');
        Some((Self(text), ring))
    }

    /// The same without the line of `ring`; `None` when there would be no other.
    pub fn without_ring(&self, ring: RingId) -> Option<Self> {
        let mut text = Zeroizing::new(String::with_capacity(self.0.len().saturating_add(1)));
        for line in self.0.lines().filter(|line| ring_of(line) != Some(ring)) {
            text.push_str(line);
            text.push('\n');
        }
        Self::new(text).ok()
    }
}

/// A text that does not move in memory while a few keys are written into it.
fn room(keys: usize) -> Zeroizing<String> {
    Zeroizing::new(String::with_capacity(keys.saturating_mul(80).max(MOST)))
}

fn push_key(text: &mut String, name: &str, entropy: &dyn Entropy) {
    let key = Zeroizing::new(draw::<32>(entropy));
    text.push_str(name);
    text.push(' ');
    for byte in &*key {
        // A string takes everything.
        let _written = write!(text, "{byte:02x}");
    }
}

/// The number of the ring's key that `line` holds.
fn ring_of(line: &str) -> Option<RingId> {
    let mut words = line.split_ascii_whitespace();
    let number = (words.next() == Some("ring")).then(|| words.next())??;
    RingId::new(number.parse().ok()?)
}

pub(crate) fn parse(text: &str) -> Result<ServerKeys, &'static str> {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    if lines.next() != Some(MAGIC) {
        return Err("the first line is not that of a keys file of this version");
    }
    let (mut id, mut hash, mut ring) = (None, None, Vec::new());
    for line in lines {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        match words.as_slice() {
            ["id", digits] if id.is_none() => id = Some(key(digits)?),
            ["hash", digits] if hash.is_none() => hash = Some(key(digits)?),
            ["ring", _, digits] => {
                let number = ring_of(line).ok_or("a ring number is not from 1 to 255")?;
                if ring.iter().any(|known: &Arc<Ring>| known.id == number) {
                    return Err("a ring number stands twice");
                }
                ring.push(Arc::new(Ring::new(number, key(digits)?)));
            }
            _ => return Err("a line is neither id, hash nor ring, or stands twice"),
        }
    }
    let (Some(id), Some(hash), false) = (id, hash, ring.is_empty()) else {
        return Err("a key is missing: id, hash and at least one ring are needed");
    };
    let mut all: Vec<&[u8; 32]> = ring.iter().map(|ring| &*ring.key).collect();
    all.extend([&*id, &*hash]);
    all.sort_unstable();
    if all.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
        return Err("two keys are equal");
    }
    let hash = hmac::Key::new(hmac::HMAC_SHA256, &*hash);
    Ok(ServerKeys { lasting: Arc::new(Lasting { id, hash }), ring })
}

/// Whether each byte is as far from the one before as all the others: what people make up.
fn is_counted(key: &[u8; 32]) -> bool {
    let mut steps = key.windows(2).map(|pair| match pair {
        [a, b] => b.wrapping_sub(*a),
        _ => 0,
    });
    let first = steps.next();
    steps.all(|step| Some(step) == first)
}

fn key(digits: &str) -> Result<Zeroizing<[u8; 32]>, &'static str> {
    if digits.len() != 64 || !digits.is_ascii() {
        return Err("a key is not 64 hexadecimal digits");
    }
    let mut key = Zeroizing::new([0; 32]);
    for (byte, pair) in key.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        let pair = str::from_utf8(pair).map_err(|_| "a key is not hexadecimal")?;
        *byte = u8::from_str_radix(pair, 16).map_err(|_| "a key is not hexadecimal")?;
    }
    let mut seen = [false; 256];
    for byte in &*key {
        if let Some(seen) = seen.get_mut(usize::from(*byte)) {
            *seen = true;
        }
    }
    // 32 random bytes have fewer than 16 different values once in 10^12 times.
    if seen.into_iter().filter(|seen| *seen).count() < 16 {
        return Err(NOT_RANDOM);
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::hashes::Kind;
    use testkit::Dice;

    fn digits(start: u8) -> String {
        (0..32_u8).fold(String::new(), |digits, i| {
            format!("{digits}{:02x}", start.wrapping_add(i.wrapping_mul(7)))
        })
    }

    fn file(id: &str, hash: &str, ring: &str) -> String {
        format!("{MAGIC}\nid {id}\nhash {hash}\nring 1 {ring}\n")
    }

    fn numbers(text: &KeysText) -> Vec<u8> {
        text.rings().into_iter().map(RingId::get).collect()
    }

    #[test]
    fn a_good_file_is_read() {
        let keys = parse(&file(&digits(1), &digits(2), &digits(3))).ok().unwrap();
        assert_eq!(keys.newest(), RingId::new(1).unwrap());
    }

    #[test]
    fn weak_missing_and_repeated_keys_are_refused() {
        let zero = "00".repeat(32);
        let placeholder = "deadbeef".repeat(8);
        for text in [
            file(&zero, &digits(2), &digits(3)),
            file(&digits(1), &placeholder, &digits(3)),
            file(&digits(1), &digits(1), &digits(3)),
            file(&digits(1), &digits(2), "abcd"),
            format!("{MAGIC}\nid {}\nhash {}\n", digits(1), digits(2)),
            format!("{}ring 1 {}\n", file(&digits(1), &digits(2), &digits(3)), digits(4)),
            format!("{}ring 0 {}\n", file(&digits(1), &digits(2), &digits(3)), digits(4)),
            format!("{}colour red\n", file(&digits(1), &digits(2), &digits(3))),
            file(&digits(1), &digits(2), &digits(3)).replace(MAGIC, "sigill-keys 2"),
            String::new(),
        ] {
            assert!(parse(&text).is_err(), "accepted:\n{text}");
        }
    }

    #[test]
    fn kinds_are_apart() {
        let keys = parse(&file(&digits(1), &digits(2), &digits(3))).ok().unwrap().lasting();
        assert_ne!(keys.hash(Kind::Claim, b"x"), keys.hash(Kind::Receipt, b"x"));
    }

    #[test]
    fn the_ring_grows_at_its_end_and_shrinks_anywhere_but_to_nothing() {
        let dice = Dice::new(3);
        let first = KeysText::fresh(&dice);
        let commented = Zeroizing::new(format!("{}# by hand", first.expose()));
        let (second, two) = KeysText::new(commented).unwrap().with_ring(&dice).unwrap();
        let (third, three) = second.with_ring(&dice).unwrap();
        assert_eq!((two.get(), three.get(), numbers(&third)), (2, 3, vec![1, 2, 3]));
        assert!(third.expose().starts_with(first.expose()) && third.expose().contains("# by hand"));
        let rest = third.without_ring(two).unwrap().without_ring(RingId::new(1).unwrap()).unwrap();
        assert_eq!(numbers(&rest), [3]);
        assert!(rest.without_ring(three).is_none(), "a ring has a key");
    }

    #[test]
    fn numbers_serve_again_when_there_are_no_others() {
        let dice = Dice::new(3);
        let mut text = KeysText::fresh(&dice);
        for expected in 2..=255 {
            let (more, ring) = text.with_ring(&dice).unwrap();
            assert_eq!(ring.get(), expected);
            text = more;
        }
        assert!(text.with_ring(&dice).is_none(), "255 are all");
        let room = text.without_ring(RingId::new(7).unwrap()).unwrap();
        let (again, ring) = room.with_ring(&dice).unwrap();
        assert_eq!(
            (ring.get(), again.keys().newest().get()),
            (7, 7),
            "the last line is the newest"
        );
    }
}
