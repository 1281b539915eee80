//! Chunks: cut, altered, moved, repeated, left out. Section 3.2.

use super::{Book, OTHER, plain_forge};
use crate::forge::{Forge, text};

pub(super) fn bodies(book: &mut Book) {
    let forge = plain_forge();
    let header = forge.header(&forge.prefix());
    let plain = text(&vec![b'd'; 140_000]);
    let chunks = forge.chunks(&header, &plain);
    let [first, second, last] = [0, 1, 2].map(|i| chunks.get(i).cloned().unwrap_or_default());
    let body = |parts: &[&[u8]]| [&header, &parts.concat()[..]].concat();
    let small = forge.envelope(&text(b"hush"));
    book.open("body-missing", "nothing but a header", "cut", &forge, &header);
    book.open(
        "body-cut-in-tag",
        "cut inside the only chunk",
        "damaged",
        &forge,
        small.get(..small.len().saturating_sub(1)).unwrap_or_default(),
    );
    book.open(
        "body-cut-to-tag",
        "only as much as a tag is left",
        "damaged",
        &forge,
        small.get(..80).unwrap_or_default(),
    );
    book.open(
        "body-flip-content",
        "one bit of the content is flipped",
        "damaged",
        &forge,
        &flip(&small, 64),
    );
    book.open(
        "body-flip-tag",
        "one bit of the tag is flipped",
        "damaged",
        &forge,
        &flip(&small, small.len().saturating_sub(1)),
    );
    book.open(
        "body-bytes-after-the-end",
        "one byte more",
        "damaged",
        &forge,
        &[&small[..], b"x"].concat(),
    );
    book.open(
        "body-last-missing",
        "cut at the border of two chunks",
        "damaged",
        &forge,
        &body(&[&first, &second]),
    );
    book.open("body-first-only", "two chunks are missing", "damaged", &forge, &body(&[&first]));
    book.open(
        "body-middle-missing",
        "a chunk in the middle is missing",
        "damaged",
        &forge,
        &body(&[&first, &last]),
    );
    book.open(
        "body-swapped",
        "two chunks changed places",
        "damaged",
        &forge,
        &body(&[&second, &first, &last]),
    );
    book.open(
        "body-repeated",
        "a chunk comes twice",
        "damaged",
        &forge,
        &body(&[&first, &first, &second, &last]),
    );
    book.open(
        "body-last-twice",
        "the last chunk comes twice",
        "damaged",
        &forge,
        &body(&[&first, &second, &last, &last]),
    );
    let other = Forge { key: OTHER, passphrase: None };
    let foreign = other.chunks(&header, &plain);
    book.open(
        "body-of-another-secret",
        "the chunks of another secret",
        "damaged",
        &forge,
        &body(&[&foreign.concat()]),
    );
    let early = [
        forge.chunk(&header, 0, true, plain.get(..65_536).unwrap_or_default()),
        second.clone(),
        last.clone(),
    ]
    .concat();
    book.open(
        "body-last-too-early",
        "the first chunk says that it is the last",
        "damaged",
        &forge,
        &body(&[&early]),
    );
    let never =
        [first, second, forge.chunk(&header, 2, false, plain.get(131_072..).unwrap_or_default())]
            .concat();
    book.open(
        "body-no-last",
        "no chunk says that it is the last",
        "damaged",
        &forge,
        &body(&[&never]),
    );
    let short = [
        forge.chunk(&header, 0, false, plain.get(..65_535).unwrap_or_default()),
        forge.chunk(&header, 1, true, plain.get(65_535..131_071).unwrap_or_default()),
    ]
    .concat();
    book.open(
        "body-short-chunk",
        "a chunk that is not the last has a byte too few",
        "damaged",
        &forge,
        &body(&[&short]),
    );
    let shifted = forge.chunk(&header, 1, true, &text(b"hush"));
    book.open(
        "body-counts-from-one",
        "the first chunk has the number of the second",
        "damaged",
        &forge,
        &body(&[&shifted]),
    );
    let mut prefix = forge.prefix();
    if let Some(salt) = prefix.get_mut(16..) {
        salt.reverse();
    }
    let elsewhere = forge.header(&prefix);
    book.open(
        "body-of-another-sealing",
        "the chunks of another sealing with the same link key",
        "damaged",
        &forge,
        &[&elsewhere[..], small.get(64..).unwrap_or_default()].concat(),
    );
    let empty = forge.chunk(&header, 0, true, b"");
    book.open(
        "body-empty-chunk",
        "a last chunk without content",
        "damaged",
        &forge,
        &body(&[&empty]),
    );
}

fn flip(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut altered = bytes.to_vec();
    if let Some(byte) = altered.get_mut(at) {
        *byte ^= 0x80;
    }
    altered
}
