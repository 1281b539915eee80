//! Randomness as an argument.
//!
//! Keys, tokens and tags are drawn through this port; the program hands in the system's generator,
//! tests hand in one that repeats itself.

/// Draws bytes that nobody can predict.
pub trait Entropy: Send + Sync {
    /// Fills `bytes`. A generator that cannot answer must not return: no caller can go on without.
    fn fill(&self, bytes: &mut [u8]);
}

/// Draws an array of `N` bytes.
pub fn draw<const N: usize>(entropy: &dyn Entropy) -> [u8; N] {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes);
    bytes
}
