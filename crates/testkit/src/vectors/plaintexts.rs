//! Sealed well, and wrong inside: manifests, contents, padding. Section 4.

use super::{Book, filling, plain_forge};
use crate::forge::{item, manifest, padded, text};

pub(super) fn manifests(book: &mut Book) {
    let forge = plain_forge();
    let text_item = || item(0, b"", b"", 0);
    let file = |name: &[u8]| item(0, name, b"", 0);
    let cases: Vec<(&str, &str, Vec<u8>)> = vec![
        ("kind-0", "no such kind", manifest(0, &[text_item()])),
        ("kind-4", "no such kind", manifest(4, &[text_item()])),
        ("count-0", "no item", manifest(2, &[])),
        ("two-texts", "a text is one", manifest(1, &[text_item(), text_item()])),
        ("text-with-name", "a text has no name", manifest(1, &[item(0, b"x", b"", 0)])),
        ("text-with-role", "a text has no role", manifest(1, &[item(1, b"", b"", 0)])),
        ("too-many-fields", "65 fields", manifest(2, &vec![item(2, b"", b"", 0); 65])),
        ("too-many-files", "1025 files", manifest(3, &vec![file(b"x"); 1025])),
        ("file-with-role", "a file has no role", manifest(3, &[item(1, b"x", b"", 0)])),
        ("label-not-utf8", "bytes that are no text", manifest(2, &[item(5, b"a\xff", b"", 0)])),
        ("label-too-long", "1025 bytes", manifest(2, &[item(5, &[b'x'; 1025], b"", 0)])),
        ("role-0", "a field has a role", manifest(2, &[item(0, b"", b"", 0)])),
        ("role-6", "no such role", manifest(2, &[item(6, b"x", b"", 0)])),
        ("label-missing", "a field of its own needs a label", manifest(2, &[item(5, b"", b"", 0)])),
        ("label-unasked", "a password has no label", manifest(2, &[item(2, b"x", b"", 0)])),
        ("field-with-type", "a field has no media type", manifest(2, &[item(2, b"", b"x/y", 0)])),
        ("name-empty", "a file has a name", manifest(3, &[file(b"")])),
        ("name-dot", "the directory itself", manifest(3, &[file(b".")])),
        ("name-dots", "the directory above", manifest(3, &[file(b"..")])),
        ("name-slash", "a path", manifest(3, &[file(b"../etc/passwd")])),
        ("name-backslash", "a path elsewhere", manifest(3, &[file(b"a\\b")])),
        ("name-nul", "a control character", manifest(3, &[file(b"a\0b")])),
        ("name-newline", "a control character", manifest(3, &[file(b"a\nb")])),
        ("name-del", "a control character", manifest(3, &[file(b"a\x7fb")])),
        ("name-next-line", "a control character", manifest(3, &[file(b"a\xc2\x85b")])),
        (
            "name-turned",
            "a name that ends in exe and is shown as if it did not",
            manifest(3, &[file("photo\u{202e}gpj.exe".as_bytes())]),
        ),
        ("name-isolated", "a direction", manifest(3, &[file("a\u{2066}b".as_bytes())])),
        ("name-marked", "a direction", manifest(3, &[file("a\u{200f}b".as_bytes())])),
        ("name-not-utf8", "bytes that are no text", manifest(3, &[file(b"a\xff")])),
        ("name-too-long", "1025 bytes", manifest(3, &[file(&[b'x'; 1025])])),
        (
            "type-not-ascii",
            "a media type beyond ASCII",
            manifest(3, &[item(0, b"x", "\u{e5}".as_bytes(), 0)]),
        ),
        ("type-newline", "a control character", manifest(3, &[item(0, b"x", b"a\nb", 0)])),
        (
            "size-too-large",
            "more than 2^50 bytes",
            manifest(1, &[item(0, b"", b"", (1 << 50) + 1)]),
        ),
        ("one-byte-too-long", "65537 bytes", manifest(3, &filling(65_537))),
        ("too-long", "more than 65536 bytes", manifest(3, &vec![file(&[b'x'; 1000]); 70])),
    ];
    for (name, comment, bytes) in cases {
        book.open(
            &format!("manifest-{name}"),
            comment,
            "bad-manifest",
            &forge,
            &forge.envelope(&padded(&bytes)),
        );
    }
    let cut = manifest(2, &[item(1, b"", b"", 0), item(2, b"", b"", 0)]);
    let cut = cut.get(..cut.len().saturating_sub(3)).unwrap_or_default();
    book.open(
        "manifest-cut",
        "the plaintext ends inside it",
        "bad-manifest",
        &forge,
        &forge.envelope(cut),
    );
    let body = [manifest(2, &[item(2, b"", b"", 2)]), b"\xc3\x28".to_vec()].concat();
    book.open(
        "content-field-not-utf8",
        "a value that is no text",
        "bad-manifest",
        &forge,
        &forge.envelope(&padded(&body)),
    );
    let body = [manifest(1, &[item(0, b"", b"", 2)]), b"\xc3\x28".to_vec()].concat();
    book.open(
        "content-not-utf8",
        "a text that is none",
        "bad-manifest",
        &forge,
        &forge.envelope(&padded(&body)),
    );
}

pub(super) fn paddings(book: &mut Book) {
    let forge = plain_forge();
    let whole = text(b"hush");
    let mut dirty = whole.clone();
    if let Some(byte) = dirty.last_mut() {
        *byte = 1;
    }
    book.open(
        "padding-not-zero",
        "the last byte of the padding is not zero",
        "bad-padding",
        &forge,
        &forge.envelope(&dirty),
    );
    book.open(
        "padding-too-short",
        "a byte too few",
        "bad-padding",
        &forge,
        &forge.envelope(whole.get(..255).unwrap_or_default()),
    );
    book.open(
        "padding-too-long",
        "a byte too many",
        "bad-padding",
        &forge,
        &forge.envelope(&[&whole[..], &[0]].concat()),
    );
    book.open(
        "padding-missing",
        "no padding at all",
        "bad-padding",
        &forge,
        &forge.envelope(whole.get(..19).unwrap_or_default()),
    );
    let mut power = text(&[b'a'; 285]);
    power.resize(512, 0);
    book.open(
        "padding-to-a-power-of-two",
        "300 bytes are padded to 304, not to 512",
        "bad-padding",
        &forge,
        &forge.envelope(&power),
    );
    let mut late = text(&vec![b'a'; 65_536]);
    if let Some(byte) = late.last_mut() {
        *byte = 1;
    }
    book.open(
        "padding-long-not-zero",
        "the last of 2033 bytes of padding is not zero",
        "bad-padding",
        &forge,
        &forge.envelope(&late),
    );
    let body = manifest(1, &[item(0, b"", b"", 500)]);
    book.open(
        "padding-size-announced",
        "fewer bytes than the manifest announces",
        "bad-padding",
        &forge,
        &forge.envelope(&padded(&body)),
    );
}
