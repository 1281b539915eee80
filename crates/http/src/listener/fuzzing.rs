//! What fuzz targets call: the judges of request heads and of chunked bodies. Built for them alone.

use super::chunks::{Chunks, Step};
use super::head::{Framing, Scanner, judge};

/// What follows a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// Chunks.
    Chunked,
    /// This many bytes.
    Length(u64),
}

/// The length of the head at the start of `bytes` and what follows it, when the bytes come in pieces
/// of `piece` bytes. `None` when it is refused or has no end.
pub fn head(bytes: &[u8], piece: usize) -> Option<(usize, Body)> {
    let mut scanner = Scanner::default();
    let mut there = 0_usize;
    let length = loop {
        there = there.saturating_add(piece.max(1)).min(bytes.len());
        match scanner.scan(bytes.get(..there)?) {
            Ok(Some(length)) => break length,
            Ok(None) if there < bytes.len() => {}
            Ok(None) | Err(_) => return None,
        }
    };
    match judge(bytes.get(..length)?).ok()? {
        Framing::Chunked => Some((length, Body::Chunked)),
        Framing::Length(bytes) => Some((length, Body::Length(bytes))),
    }
}

/// The length of the chunked body at the start of `bytes`, when they come in pieces of `piece` bytes.
/// `None` when it is refused or has no end.
pub fn chunks(bytes: &[u8], piece: usize) -> Option<usize> {
    let mut chunks = Chunks::Size;
    let (mut passed, mut there) = (0_usize, 0_usize);
    loop {
        match chunks.step(bytes.get(passed..there)?).ok()? {
            Step::Last(length) => return passed.checked_add(length),
            Step::Pass(length) => passed = passed.checked_add(length)?,
            Step::More if there == bytes.len() => return None,
            Step::More => there = there.saturating_add(piece.max(1)).min(bytes.len()),
        }
    }
}
