//! Chunked bodies: the judge finds the end where a naive decoder finds it, however the body is cut.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sigill_http::listener::fuzzing::chunks;

/// Decodes as a careless server would: lines end with a line feed, sizes with anything that is no digit.
/// The number of bytes that the body takes.
fn naive(body: &[u8]) -> Option<usize> {
    let line = |at: usize| Some(at + body.get(at..)?.iter().position(|byte| *byte == b'\n')? + 1);
    let mut at = 0;
    loop {
        let end = line(at)?;
        let text = &body[at..end];
        let digits = text.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let digits = std::str::from_utf8(&text[..digits]).ok()?;
        let size = usize::try_from(u64::from_str_radix(digits, 16).ok()?).ok()?;
        if size == 0 {
            at = end;
            break;
        }
        at = line(end.checked_add(size)?)?;
    }
    loop {
        let end = line(at)?;
        if matches!(&body[at..end], b"\n" | b"\r\n") {
            return Some(end);
        }
        at = end;
    }
}

fuzz_target!(|input: (u8, &[u8])| {
    let (piece, body) = input;
    let whole = chunks(body, body.len());
    assert_eq!(whole, chunks(body, usize::from(piece)));
    if whole.is_some() {
        assert_eq!(whole, naive(body));
    }
});
