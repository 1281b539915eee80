//! Envelopes that open, and passphrases that do not fit. Sections 2 and 4.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{Book, base16, filling, link, plain_forge, with};
use crate::forge::{item, manifest, padded, sha256, text};

/// The longest passphrase.
const LONGEST: &str = match std::str::from_utf8(&[b'w'; 1024]) {
    Ok(text) => text,
    Err(_) => "",
};

pub(super) fn good(book: &mut Book) {
    let forge = plain_forge();
    book.opens(
        "open-text",
        "a short text",
        &forge,
        &text(b"the door code is 4711"),
        b"the door code is 4711",
    );
    book.opens("open-text-empty", "an empty text", &forge, &text(b""), b"");
    let unicode = "sm\u{f6}rg\u{e5}s \u{1f980} \u{2028}\r\n\ttwo  spaces ".as_bytes();
    book.opens(
        "open-text-unicode",
        "beyond ASCII, odd white space",
        &forge,
        &text(unicode),
        unicode,
    );
    book.opens(
        "open-text-bom",
        "a byte order mark is content",
        &forge,
        &text(b"\xef\xbb\xbfhi"),
        b"\xef\xbb\xbfhi",
    );
    for length in [241, 242, 1000] {
        let body = vec![b'a'; length];
        book.opens(
            &format!("open-padding-{length}"),
            "around a step of the padding",
            &forge,
            &text(&body),
            &body,
        );
    }
    let exact = vec![b'b'; 65_536 - 15];
    book.opens("open-one-chunk", "exactly one whole chunk", &forge, &text(&exact), &exact);
    let two = vec![b'c'; 65_536];
    book.opens("open-two-chunks", "a little more than one chunk", &forge, &text(&two), &two);
    let fields =
        [item(1, b"", b"", 10), item(2, b"", b"", 4), item(5, "PIN \u{e5}".as_bytes(), b"", 0)];
    let body = [manifest(2, &fields), b"m.sandberghush".to_vec()].concat();
    book.opens(
        "open-fields",
        "user name, password, and one of its own that is empty",
        &forge,
        &padded(&body),
        b"m.sandberghush",
    );
    let most = vec![item(2, b"", b"", 1); 64];
    let body = [manifest(2, &most), vec![b'e'; 64]].concat();
    book.opens("open-fields-most", "64 fields", &forge, &padded(&body), &[b'e'; 64]);
    let files = [
        item(0, "r\u{e9}sum\u{e9}.pdf".as_bytes(), b"application/pdf", 3),
        item(0, b".env", b"", 2),
    ];
    let body = [manifest(3, &files), b"\x00\xff\x01hi".to_vec()].concat();
    book.opens(
        "open-files",
        "two files, one without a media type",
        &forge,
        &padded(&body),
        b"\x00\xff\x01hi",
    );
}

/// Names of files at their bounds, and a manifest that fills a chunk.
pub(super) fn manifests(book: &mut Book) {
    let forge = plain_forge();
    let names = [item(0, b"...", b"", 1), item(0, &[b'x'; 1024], b"", 1)];
    let body = [manifest(3, &names), b"ab".to_vec()].concat();
    book.opens(
        "open-files-names",
        "three dots are a name, and so are 1024 bytes",
        &forge,
        &padded(&body),
        b"ab",
    );
    let longest = manifest(3, &filling(65_536));
    book.opens("open-manifest-longest", "65536 bytes", &forge, &padded(&longest), b"");
}

pub(super) fn passphrases(book: &mut Book) {
    let plain = text(b"behind a passphrase");
    for (name, comment, passphrase) in [
        ("open-passphrase", "a passphrase", "lantern orbit velvet moss"),
        ("open-passphrase-spaces", "spaces count, at both ends too", "  two  spaces "),
        ("open-passphrase-longest", "1024 bytes", LONGEST),
        ("open-passphrase-unicode", "beyond ASCII", "l\u{f6}senfras \u{1f511}"),
    ] {
        book.opens(name, comment, &with(passphrase), &plain, b"behind a passphrase");
    }
    let composed = with("caf\u{e9}");
    let hash = base16(&sha256(&[b"behind a passphrase"]));
    let given = json!({ "link": link(&composed), "passphrase": "cafe\u{301}", "envelope": STANDARD.encode(composed.envelope(&plain)), "contents_sha256": hash });
    book.add(
        "open-passphrase-nfd",
        "typed in decomposed form, sealed in composed form",
        "open",
        "ok",
        given,
    );
    let right = with("lantern orbit velvet moss");
    let sealed = STANDARD.encode(right.envelope(&plain));
    for (name, comment, typed) in [
        ("open-passphrase-wrong", "another passphrase", "lantern orbit velvet mass"),
        ("open-passphrase-case", "case counts", "Lantern orbit velvet moss"),
        ("open-passphrase-tab", "a tab is not a space", "lantern\torbit velvet moss"),
        ("open-passphrase-trimmed", "a space too many", "lantern orbit velvet moss "),
    ] {
        let given = json!({ "link": link(&right), "passphrase": typed, "envelope": sealed });
        book.add(name, comment, "open", "wrong-key", given);
    }
    let ligature = with("\u{fb01}sh");
    let sealed_ligature = STANDARD.encode(ligature.envelope(&plain));
    let given =
        json!({ "link": link(&ligature), "passphrase": "fish", "envelope": sealed_ligature });
    book.add(
        "open-passphrase-ligature",
        "NFC leaves a ligature alone: its letters are another passphrase",
        "open",
        "wrong-key",
        given,
    );
    let given = json!({ "link": link(&right), "passphrase": null, "envelope": sealed });
    book.add("open-passphrase-missing", "none was given", "open", "wrong-key", given);
    let given = json!({ "link": link(&plain_forge()), "passphrase": "x", "envelope": STANDARD.encode(plain_forge().envelope(&plain)) });
    book.add(
        "open-passphrase-unasked",
        "one was given that nobody asked for",
        "open",
        "wrong-key",
        given,
    );
}
