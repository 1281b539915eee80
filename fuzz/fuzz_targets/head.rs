//! Request heads: whatever passes the strict judge means the same to a naive reader, and to any cut.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sigill_http::listener::fuzzing::{Body, head};

/// Reads a head as a careless server would: lines by line feeds, names in any case, spaces trimmed, the
/// first length or coding counts. Tells every framing that it found.
fn naive(head: &[u8]) -> (Vec<String>, Vec<String>, usize) {
    let text = String::from_utf8_lossy(head);
    let (mut lengths, mut codings, mut hosts) = (Vec::new(), Vec::new(), 0);
    for line in text.split('\n').skip(1) {
        let Some((name, value)) = line.split_once(':') else { continue };
        let value = value.trim().to_owned();
        match name.trim().to_ascii_lowercase().as_str() {
            "content-length" => lengths.push(value),
            "transfer-encoding" => codings.push(value),
            "host" => hosts += 1,
            _ => {}
        }
    }
    (lengths, codings, hosts)
}

fuzz_target!(|input: (u8, &[u8])| {
    let (piece, bytes) = input;
    let whole = head(bytes, bytes.len());
    assert_eq!(whole, head(bytes, usize::from(piece)));
    let Some((length, body)) = whole else { return };
    let judged = &bytes[..length];
    assert!(judged.ends_with(b"\r\n\r\n"));
    let end = judged.windows(4).position(|bytes| bytes == b"\r\n\r\n");
    assert_eq!(end, Some(length - 4), "a head ends at its first empty line");
    assert!(!judged.windows(2).any(|two| two[1] == b'\n' && two[0] != b'\r'));
    let (lengths, codings, hosts) = naive(judged);
    assert!(hosts <= 1 && lengths.len() + codings.len() <= 1);
    match body {
        Body::Chunked => assert!(codings[0].eq_ignore_ascii_case("chunked")),
        Body::Length(0) if lengths.is_empty() => assert!(codings.is_empty()),
        Body::Length(length) => {
            assert!(lengths[0].bytes().all(|byte| byte.is_ascii_digit()));
            assert_eq!(lengths[0].parse(), Ok(length));
        }
    }
});
