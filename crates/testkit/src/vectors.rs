//! The vectors of the format: small stories, each with one fault at most, and what must come of it.
//!
//! A vector is a file of `docs/spec/vectors/`. Both implementations walk the folder; there is no list of
//! names anywhere else. [`all`] makes every file anew, byte for byte.

#![expect(clippy::too_many_lines, reason = "a list of stories is read from top to bottom")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::forge::{Forge, base58, item, key_text, manifest, padded, sha256, text};

const ID: [u8; 16] = *b"\x01\x23\x45\x67\x89\xab\xcd\xef\x10\x32\x54\x76\x98\xba\xdc\xfe";
const KEY: [u8; 32] = *b"the link key of all the vectors!";
const OTHER: [u8; 32] = *b"another secret has another key!!";
const ORIGIN: &str = "https://secrets.example";

/// One file.
pub struct Vector {
    /// Its name, without `.json`.
    pub name: String,
    /// Its content.
    pub content: String,
}

struct Book(Vec<Vector>);

impl Book {
    fn add(&mut self, name: &str, comment: &str, verb: &str, expect: &str, given: Value) {
        let mut map = Map::new();
        map.insert("comment".to_owned(), comment.into());
        map.insert("do".to_owned(), verb.into());
        map.insert("expect".to_owned(), expect.into());
        if let Value::Object(given) = given {
            map.extend(given);
        }
        let content = serde_json::to_string_pretty(&Value::Object(map)).unwrap_or_default();
        self.0.push(Vector { name: name.to_owned(), content: format!("{content}\n") });
    }

    fn link(&mut self, name: &str, comment: &str, expect: &str, link: &str) {
        self.add(name, comment, "link", expect, json!({ "link": link }));
    }

    fn open(&mut self, name: &str, comment: &str, expect: &str, forge: &Forge, envelope: &[u8]) {
        let given = json!({
            "link": link(forge),
            "passphrase": forge.passphrase,
            "envelope": STANDARD.encode(envelope),
        });
        self.add(name, comment, "open", expect, given);
    }

    /// An envelope that opens, and what it releases.
    fn opens(&mut self, name: &str, comment: &str, forge: &Forge, plain: &[u8], contents: &[u8]) {
        let hash = base16(&sha256(&[contents]));
        let given = json!({
            "link": link(forge),
            "passphrase": forge.passphrase,
            "envelope": STANDARD.encode(forge.envelope(plain)),
            "contents_sha256": hash,
        });
        self.add(name, comment, "open", "ok", given);
    }
}

fn base16(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|d| char::from_digit(d.into(), 16))
        .collect()
}

fn plain_forge() -> Forge {
    Forge { key: KEY, passphrase: None }
}

fn with(passphrase: &'static str) -> Forge {
    Forge { key: KEY, passphrase: Some(passphrase) }
}

fn link(forge: &Forge) -> String {
    let profile = u8::from(forge.passphrase.is_some());
    format!("{ORIGIN}/s/{}#{}", base58(&ID, 22), key_text(&ID, 1, profile, &forge.key))
}

/// Every vector, in the order of the specification.
pub fn all() -> Vec<Vector> {
    let mut book = Book(Vec::new());
    links(&mut book);
    good(&mut book);
    passphrases(&mut book);
    headers(&mut book);
    bodies(&mut book);
    manifests(&mut book);
    paddings(&mut book);
    proofs(&mut book);
    tokens(&mut book);
    book.0
}

fn links(book: &mut Book) {
    let id = base58(&ID, 22);
    let key = key_text(&ID, 1, 0, &KEY);
    let whole = format!("{ORIGIN}/s/{id}#{key}");
    let cut =
        |by: usize| whole.get(..whole.len().saturating_sub(by)).unwrap_or_default().to_owned();
    book.link("link-good", "a whole link", "ok", &whole);
    book.link("link-good-passphrase", "a link that asks for a passphrase", "ok", &link(&with("x")));
    book.link(
        "link-good-http-port",
        "another scheme and a port",
        "ok",
        &whole.replace("https://secrets.example", "http://localhost:8080"),
    );
    book.link("link-cut-1", "the last character is missing", "cut", &cut(1));
    book.link("link-cut-half-key", "half of the key is missing", "cut", &cut(26));
    book.link("link-cut-after-first", "one character of the key is left", "cut", &cut(51));
    book.link("link-no-key", "nothing follows the #", "missing-key", &cut(52));
    book.link("link-no-fragment", "the # is missing too", "missing-key", &cut(53));
    book.link("link-cut-id", "the id is cut, and with it the key", "missing-key", &cut(60));
    book.link(
        "link-cut-id-with-key",
        "the id lost a character in the middle",
        "cut",
        &whole.replacen(&id, id.get(1..).unwrap_or_default(), 1),
    );
    book.link("link-cut-host", "only the host is left", "cut", ORIGIN);
    book.link("link-one-more", "a character too many", "mistyped", &format!("{whole}1"));
    book.link("link-space", "a space at the end", "mistyped", &format!("{whole} "));
    book.link(
        "link-foreign-zero",
        "a 0, which base58 does not have",
        "mistyped",
        &whole.replace(&key, &format!("0{}", key.get(1..).unwrap_or_default())),
    );
    book.link(
        "link-foreign-umlaut",
        "a letter beyond ASCII",
        "mistyped",
        &format!("{}\u{e4}", cut(1)),
    );
    let last = if whole.ends_with('2') { "3" } else { "2" };
    book.link(
        "link-mistyped-last",
        "the last character is another one",
        "mistyped",
        &format!("{}{last}", cut(1)),
    );
    let swapped = swap(&key, 10);
    book.link(
        "link-swapped",
        "two neighbours changed places",
        "mistyped",
        &whole.replace(&key, &swapped),
    );
    let mut other = ID;
    if let Some(byte) = other.last_mut() {
        *byte ^= 1;
    }
    book.link(
        "link-id-altered",
        "the id is another one",
        "mistyped",
        &format!("{ORIGIN}/s/{}#{key}", base58(&other, 22)),
    );
    book.link(
        "link-key-of-another-id",
        "the key belongs to another secret",
        "mistyped",
        &format!("{ORIGIN}/s/{id}#{}", key_text(&other, 1, 0, &KEY)),
    );
    book.link(
        "link-number-too-large",
        "52 digits that are more than 38 bytes",
        "mistyped",
        &format!("{ORIGIN}/s/{id}#{}", "z".repeat(52)),
    );
    book.link(
        "link-id-too-large",
        "22 digits that are more than 16 bytes",
        "mistyped",
        &format!("{ORIGIN}/s/{}#{key}", "z".repeat(22)),
    );
    book.link(
        "link-version-2",
        "a later version, with its own checksum",
        "unknown-version",
        &format!("{ORIGIN}/s/{id}#{}", key_text(&ID, 2, 0, &KEY)),
    );
    book.link(
        "link-version-0",
        "no such version",
        "unknown-version",
        &format!("{ORIGIN}/s/{id}#{}", key_text(&ID, 0, 0, &KEY)),
    );
    book.link(
        "link-profile-2",
        "a passphrase profile of a later version",
        "unknown-profile",
        &format!("{ORIGIN}/s/{id}#{}", key_text(&ID, 1, 2, &KEY)),
    );
    book.link(
        "link-profile-255",
        "no such profile",
        "unknown-profile",
        &format!("{ORIGIN}/s/{id}#{}", key_text(&ID, 1, 255, &KEY)),
    );
    book.link("link-no-scheme", "no scheme", "mistyped", whole.trim_start_matches("https://"));
    book.link(
        "link-other-path",
        "the path of something else",
        "mistyped",
        &whole.replace("/s/", "/t/"),
    );
    book.link(
        "link-user-info",
        "a user name before the host, as phishers write it",
        "mistyped",
        &whole.replace("https://", "https://bank.example@"),
    );
    book.link("link-empty", "nothing at all", "mistyped", "");
}

fn swap(text: &str, at: usize) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let equal = bytes.get(at) == bytes.get(at.saturating_add(1));
    bytes.swap(
        at.saturating_add(usize::from(equal)),
        at.saturating_add(1).saturating_add(usize::from(equal)),
    );
    String::from_utf8(bytes).unwrap_or_default()
}

fn good(book: &mut Book) {
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

fn passphrases(book: &mut Book) {
    let plain = text(b"behind a passphrase");
    for (name, comment, passphrase) in [
        ("open-passphrase", "a passphrase", "lantern orbit velvet moss"),
        ("open-passphrase-spaces", "spaces count, at both ends too", "  two  spaces "),
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
        ("open-passphrase-trimmed", "a space too many", "lantern orbit velvet moss "),
    ] {
        let given = json!({ "link": link(&right), "passphrase": typed, "envelope": sealed });
        book.add(name, comment, "open", "wrong-key", given);
    }
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

fn headers(book: &mut Book) {
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

fn bodies(book: &mut Book) {
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

fn manifests(book: &mut Book) {
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
        ("name-not-utf8", "bytes that are no text", manifest(3, &[file(b"a\xff")])),
        ("name-too-long", "1025 bytes", manifest(3, &[file(&[b'x'; 1025])])),
        (
            "type-not-ascii",
            "a media type beyond ASCII",
            manifest(3, &[item(0, b"x", "\u{e5}".as_bytes(), 0)]),
        ),
        (
            "size-too-large",
            "more than 2^50 bytes",
            manifest(1, &[item(0, b"", b"", (1 << 50) + 1)]),
        ),
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
    let body = [manifest(1, &[item(0, b"", b"", 2)]), b"\xc3\x28".to_vec()].concat();
    book.open(
        "content-not-utf8",
        "a text that is none",
        "bad-manifest",
        &forge,
        &forge.envelope(&padded(&body)),
    );
}

fn paddings(book: &mut Book) {
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
    let body = manifest(1, &[item(0, b"", b"", 500)]);
    book.open(
        "padding-size-announced",
        "fewer bytes than the manifest announces",
        "bad-padding",
        &forge,
        &forge.envelope(&padded(&body)),
    );
}

fn proofs(book: &mut Book) {
    let other = Forge { key: OTHER, passphrase: None };
    for (name, comment, expect, forge, shown) in [
        ("proof-good", "the proof of the link", "ok", plain_forge(), plain_forge()),
        (
            "proof-good-passphrase",
            "the proof of link and passphrase",
            "ok",
            with("x y"),
            with("x y"),
        ),
        ("proof-of-another-secret", "another secret's proof", "wrong-proof", plain_forge(), other),
        (
            "proof-of-another-passphrase",
            "the right link, another passphrase",
            "wrong-proof",
            with("x y"),
            with("x  y"),
        ),
        ("proof-without-passphrase", "the link alone", "wrong-proof", with("x y"), plain_forge()),
    ] {
        let hash = STANDARD.encode(sha256(&[&forge.proof()]));
        let given =
            json!({ "link": link(&shown), "passphrase": shown.passphrase, "proof_hash": hash });
        book.add(name, comment, "proof", expect, given);
    }
}

fn tokens(book: &mut Book) {
    let check = sha256(&[b"sigill/v1 receipt", &ID, &KEY]);
    let receipt = base58(&[&ID[..], &KEY, check.get(..4).unwrap_or_default()].concat(), 72);
    let claim = base58(&KEY, 44);
    let mut token = |name: &str, comment: &str, verb: &str, expect: &str, token: String| {
        book.add(name, comment, verb, expect, json!({ "token": token }));
    };
    token("receipt-good", "a receipt token", "receipt-token", "ok", format!("sgr_{receipt}"));
    token(
        "receipt-cut",
        "the end is missing",
        "receipt-token",
        "cut",
        format!("sgr_{}", receipt.get(..60).unwrap_or_default()),
    );
    token(
        "receipt-swapped",
        "two neighbours changed places",
        "receipt-token",
        "mistyped",
        format!("sgr_{}", swap(&receipt, 20)),
    );
    token(
        "receipt-no-prefix",
        "the prefix is missing",
        "receipt-token",
        "mistyped",
        receipt.clone(),
    );
    token(
        "receipt-with-claims-prefix",
        "the prefix of another kind",
        "receipt-token",
        "mistyped",
        format!("sgc_{receipt}"),
    );
    token("claim-good", "a claim token", "claim-token", "ok", format!("sgc_{claim}"));
    token(
        "claim-cut",
        "the end is missing",
        "claim-token",
        "cut",
        format!("sgc_{}", claim.get(..40).unwrap_or_default()),
    );
    token("claim-long", "a character too many", "claim-token", "mistyped", format!("sgc_{claim}1"));
    token(
        "claim-with-receipts-prefix",
        "the prefix of another kind",
        "claim-token",
        "mistyped",
        format!("sgr_{claim}"),
    );
    token(
        "claim-number-too-large",
        "44 digits that are more than 32 bytes",
        "claim-token",
        "mistyped",
        format!("sgc_{}", "z".repeat(44)),
    );
}
