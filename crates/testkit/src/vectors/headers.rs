//! Headers: cut, altered, of another secret, or asking for too much work. Section 3.1.

use super::{Book, OTHER, plain_forge, with};
use crate::forge::{Forge, text};

pub(super) fn headers(book: &mut Book) {
    let forge = plain_forge();
    let envelope = forge.envelope(&text(b"hush"));
    let other = Forge { key: OTHER, passphrase: None };
    book.open(
        "header-wrong-key",
        "sealed with another link key",
        "wrong-key",
        &forge,
        &other.envelope(&text(b"hush")),
    );
    book.open(
        "header-profile-not-the-links",
        "the header has a passphrase, the link has none",
        "bad-header",
        &forge,
        &with("x").envelope(&text(b"hush")),
    );
    for length in [0, 4, 32, 63] {
        book.open(
            &format!("header-cut-{length}"),
            "cut in the header",
            "cut",
            &forge,
            envelope.get(..length).unwrap_or_default(),
        );
    }
    let flips = [
        ("magic", 0, "unknown-format"),
        ("suite", 4, "unknown-format"),
        ("profile", 5, "bad-header"),
        ("t", 7, "bad-header"),
        ("m", 11, "bad-header"),
        ("p", 15, "bad-header"),
        ("salt", 16, "wrong-key"),
        ("salt-end", 31, "wrong-key"),
        ("commitment", 32, "wrong-key"),
        ("commitment-end", 63, "wrong-key"),
    ];
    for (field, at, expect) in flips {
        let mut altered = envelope.clone();
        if let Some(byte) = altered.get_mut(at) {
            *byte ^= 1;
        }
        book.open(
            &format!("header-flip-{field}"),
            "one bit of the header is flipped",
            expect,
            &forge,
            &altered,
        );
    }
    let secret = with("x");
    for (name, at, bytes) in [
        ("m", 8_usize, &262_145_u32.to_be_bytes()[..]),
        ("m-max", 8, &[0xff; 4]),
        ("t", 6, &[0, 11]),
        ("t-max", 6, &[0xff; 2]),
        ("p", 12, &[0, 0, 0, 2]),
    ] {
        let mut prefix = secret.prefix();
        if let Some(place) = prefix.get_mut(at..at.saturating_add(bytes.len())) {
            place.copy_from_slice(bytes);
        }
        let header = secret.header(&prefix);
        let sealed = [header.clone(), secret.chunks(&header, &text(b"hush")).concat()].concat();
        book.open(
            &format!("header-excessive-{name}"),
            "more work than any sealer asks for, and a fitting commitment",
            "excessive-work",
            &secret,
            &sealed,
        );
    }
    let mut prefix = secret.prefix();
    if let Some(byte) = prefix.get_mut(7) {
        *byte = 1;
    }
    let header = secret.header(&prefix);
    let sealed = [header.clone(), secret.chunks(&header, &text(b"hush")).concat()].concat();
    book.open(
        "header-weak-work",
        "less work than the profile says",
        "bad-header",
        &secret,
        &sealed,
    );
    let mut prefix = secret.prefix();
    let ceiling = [&[0, 10][..], &262_144_u32.to_be_bytes(), &[0, 0, 0, 1]].concat();
    if let Some(place) = prefix.get_mut(6..16) {
        place.copy_from_slice(&ceiling);
    }
    book.open(
        "header-work-at-the-ceiling",
        "as much work as is not excessive, and not what the profile says",
        "bad-header",
        &secret,
        &secret.header(&prefix),
    );
    let mut prefix = forge.prefix();
    if let Some((work, asked)) = prefix.get_mut(6..16).zip(secret.prefix().get(6..16)) {
        work.copy_from_slice(asked);
    }
    book.open(
        "header-work-without-passphrase",
        "work that no passphrase asks for",
        "bad-header",
        &forge,
        &forge.header(&prefix),
    );
    let mut prefix = forge.prefix();
    if let Some(byte) = prefix.get_mut(5) {
        *byte = 9;
    }
    book.open(
        "header-unknown-profile",
        "a profile that no version has",
        "bad-header",
        &forge,
        &forge.header(&prefix),
    );
}
