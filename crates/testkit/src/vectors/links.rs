//! Links: whole, cut, mistyped, of another version. Section 1.

use super::{Book, ID, KEY, ORIGIN, link, swap, with};
use crate::forge::{base58, key_text};

pub(super) fn links(book: &mut Book) {
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
    for (name, what, hidden) in [
        ("link-host-escape", "a host that steers a terminal", "\u{1b}[2J"),
        ("link-host-newline", "a host of two lines", "\n"),
        ("link-host-umlaut", "a host with a letter beyond ASCII", "\u{e4}"),
    ] {
        book.link(name, what, "mistyped", &whole.replace(".example", &format!("{hidden}.example")));
    }
    book.link(
        "link-good-least-id",
        "an id of zeros is written with all its digits",
        "ok",
        &format!("{ORIGIN}/s/{}#{}", "1".repeat(22), key_text(&[0; 16], 1, 0, &KEY)),
    );
    book.link(
        "link-good-greatest",
        "the greatest id and the greatest key",
        "ok",
        &format!(
            "{ORIGIN}/s/{}#{}",
            base58(&[255; 16], 22),
            key_text(&[255; 16], 1, 1, &[255; 32])
        ),
    );
    book.link(
        "link-version-2-other-checksum",
        "a later version may count its checksum in another way",
        "unknown-version",
        &format!("{ORIGIN}/s/{id}#{}", key_text(&other, 2, 0, &KEY)),
    );
    book.link(
        "link-profile-2-other-checksum",
        "the checksum is judged before the profile",
        "mistyped",
        &format!("{ORIGIN}/s/{id}#{}", key_text(&other, 1, 2, &KEY)),
    );
    book.link("link-id-long", "the id has a digit too many", "mistyped", &whole.replace('#', "1#"));
    book.link(
        "link-full-stop",
        "the full stop of the sentence around it",
        "mistyped",
        &format!("{whole}."),
    );
    book.link(
        "link-query",
        "somebody counts clicks",
        "mistyped",
        &whole.replace('#', "?utm_source=chat#"),
    );
    book.link("link-empty", "nothing at all", "mistyped", "");
}
