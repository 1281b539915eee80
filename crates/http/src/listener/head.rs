//! The head of an HTTP/1 request, judged strictly before the HTTP library sees it.
//!
//! Request smuggling lives on heads that two servers read in two ways. Libraries forgive: a bare line
//! feed, a length beside a transfer coding, the same length twice. Here nothing is forgiven that a
//! correct client never sends, so whatever passes means the same to everybody.

use http::Uri;

/// The most header lines of one request.
pub(super) const LINES: usize = 100;

/// Why a request is not read any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is not written as HTTP/1 is, or could be read in two ways.
    Malformed(&'static str),
    /// The head took too long.
    TooSlow,
    /// The head is too long or has too many lines.
    TooLarge,
}

/// What follows a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// Chunks.
    Chunked,
    /// This many bytes.
    Length(u64),
}

/// Looks for the end of a head, byte by byte, across reads.
#[derive(Default)]
pub(super) struct Scanner {
    scanned: usize,
    line: Line,
}

/// Where in a line break the scanner stands.
#[derive(Clone, Copy, Default)]
enum Line {
    /// Inside a line.
    #[default]
    Inside,
    /// After the carriage return that ends a line.
    Return,
    /// At the start of a line.
    Start,
    /// After a carriage return at the start of a line.
    LastReturn,
}

impl Scanner {
    /// For text that may end at once, as trailers do.
    pub(super) const fn at_line_start() -> Self {
        Self { scanned: 0, line: Line::Start }
    }

    /// The length of the head in `bytes`, once it is there whole. `bytes` grows from call to call.
    pub(super) fn scan(&mut self, bytes: &[u8]) -> Result<Option<usize>, Fault> {
        for byte in bytes.iter().skip(self.scanned) {
            self.scanned = self.scanned.saturating_add(1);
            self.line = match (self.line, byte) {
                (Line::Inside, b'\r') => Line::Return,
                (Line::Start, b'\r') => Line::LastReturn,
                (Line::Return, b'\n') => Line::Start,
                (Line::LastReturn, b'\n') => return Ok(Some(self.scanned)),
                (Line::Return | Line::LastReturn, _) => {
                    return Err(Fault::Malformed("a carriage return stands alone"));
                }
                (_, b'\n') => return Err(Fault::Malformed("a line feed stands alone")),
                (_, byte) if byte.is_ascii_control() && *byte != b'\t' => {
                    return Err(Fault::Malformed("the head holds a control character"));
                }
                _ => Line::Inside,
            };
        }
        Ok(None)
    }
}

/// Judges a head that a [`Scanner`] found whole, and says what follows it.
pub(super) fn judge(head: &[u8]) -> Result<Framing, Fault> {
    let mut lines = lines(head);
    let request = lines.next().unwrap_or_default();
    let (authority, minor) = request_line(request)?;
    let mut fields = Fields::default();
    for (count, line) in lines.enumerate() {
        if count >= LINES {
            return Err(Fault::TooLarge);
        }
        fields.take(line)?;
    }
    fields.host(authority.as_ref(), minor)?;
    fields.framing(minor)
}

/// The lines of a head or of trailers, without their ends and without the empty one.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = text.split(|byte| *byte == b'\n');
    lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line)).filter(|line| !line.is_empty())
}

/// Judges trailers: they may not speak about framing.
pub(super) fn judge_trailers(text: &[u8]) -> Result<(), Fault> {
    let mut fields = Fields::default();
    for line in lines(text) {
        fields.take(line)?;
    }
    if fields.length.is_some() || fields.chunked || fields.host.is_some() {
        return Err(Fault::Malformed("a trailer speaks about framing"));
    }
    Ok(())
}

/// The digit after `HTTP/1.`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Minor {
    One,
    Zero,
}

fn request_line(line: &[u8]) -> Result<(Option<http::uri::Authority>, Minor), Fault> {
    let mut words = line.split(|byte| *byte == b' ');
    let (Some(method), Some(target), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(Fault::Malformed("the request line is not three words"));
    };
    let minor = match version {
        b"HTTP/1.1" => Minor::One,
        b"HTTP/1.0" => Minor::Zero,
        _ => return Err(Fault::Malformed("the version is not HTTP/1")),
    };
    if !is_token(method) {
        return Err(Fault::Malformed("the method is not a word"));
    }
    let wrong = Fault::Malformed("the target is not a path");
    if !target.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'#') {
        return Err(wrong);
    }
    let uri = Uri::try_from(target).map_err(|_| wrong)?;
    let absolute = uri.scheme().is_some() && uri.authority().is_some();
    if !absolute && !target.starts_with(b"/") {
        return Err(wrong);
    }
    Ok((uri.into_parts().authority, minor))
}

/// The fields that decide how a request is read.
#[derive(Default)]
struct Fields<'a> {
    chunked: bool,
    host: Option<&'a [u8]>,
    length: Option<u64>,
}

impl<'a> Fields<'a> {
    fn take(&mut self, line: &'a [u8]) -> Result<(), Fault> {
        let colon = line.iter().position(|byte| *byte == b':');
        let (name, value) =
            colon.and_then(|colon| line.split_at_checked(colon)).unwrap_or_default();
        if !is_token(name) {
            return Err(Fault::Malformed("a header line has no name"));
        }
        let value = value.strip_prefix(b":").unwrap_or(value).trim_ascii();
        if name.eq_ignore_ascii_case(b"content-length") {
            let length = digits(value).ok_or(Fault::Malformed("Content-Length is not a number"))?;
            if self.length.replace(length).is_some() {
                return Err(Fault::Malformed("Content-Length is there twice"));
            }
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            if self.chunked || !value.eq_ignore_ascii_case(b"chunked") {
                return Err(Fault::Malformed("Transfer-Encoding must be chunked, once"));
            }
            self.chunked = true;
        } else if name.eq_ignore_ascii_case(b"host") && self.host.replace(value).is_some() {
            return Err(Fault::Malformed("Host is there twice"));
        }
        Ok(())
    }

    fn host(&self, authority: Option<&http::uri::Authority>, minor: Minor) -> Result<(), Fault> {
        if minor == Minor::One && self.host.is_none() {
            return Err(Fault::Malformed("Host is missing"));
        }
        match (authority, self.host) {
            (Some(authority), Some(host))
                if !authority.as_str().as_bytes().eq_ignore_ascii_case(host) =>
            {
                Err(Fault::Malformed("the target and Host name two hosts"))
            }
            _ => Ok(()),
        }
    }

    const fn framing(&self, minor: Minor) -> Result<Framing, Fault> {
        match (self.chunked, self.length, minor) {
            (true, Some(_), _) => {
                Err(Fault::Malformed("Content-Length and Transfer-Encoding exclude each other"))
            }
            (true, None, Minor::Zero) => Err(Fault::Malformed("HTTP/1.0 has no Transfer-Encoding")),
            (true, None, Minor::One) => Ok(Framing::Chunked),
            (false, Some(length), _) => Ok(Framing::Length(length)),
            (false, None, _) => Ok(Framing::Length(0)),
        }
    }
}

/// A number in plain digits: no sign, no list, nothing that any reader of it could take for another.
fn digits(text: &[u8]) -> Option<u64> {
    let plain = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let number: Option<u64> = plain.then(|| std::str::from_utf8(text).ok()?.parse().ok()).flatten();
    number.filter(|number| i64::try_from(*number).is_ok())
}

/// Whether `text` is a token (RFC 9110, section 5.6.2).
fn is_token(text: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !text.is_empty() && text.iter().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(head: &str) -> Result<Framing, Fault> {
        let length = Scanner::default().scan(head.as_bytes())?.unwrap();
        judge(&head.as_bytes()[..length])
    }

    #[test]
    fn what_a_correct_client_sends_passes() {
        let get = |fields: &str| read(&format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n"));
        assert_eq!(get(""), Ok(Framing::Length(0)));
        assert_eq!(get("Content-Length: 17 \r\n"), Ok(Framing::Length(17)));
        assert_eq!(get("transfer-encoding:\tChunked\r\n"), Ok(Framing::Chunked));
        assert_eq!(get("X-Empty:\r\nX-Colon: a:b\r\nX-Latin: \u{e9}\r\n"), Ok(Framing::Length(0)));
        assert_eq!(read("GET http://a/x?y HTTP/1.1\r\nHost: A\r\n\r\n"), Ok(Framing::Length(0)));
        assert_eq!(read("GET / HTTP/1.0\r\n\r\n"), Ok(Framing::Length(0)));
    }

    #[test]
    fn a_head_is_found_wherever_reads_cut_it() {
        let head = b"GET / HTTP/1.1\r\nHost: a\r\n\r\nrest";
        let mut scanner = Scanner::default();
        for end in 0..27 {
            assert_eq!(scanner.scan(&head[..end]), Ok(None), "{end}");
        }
        assert_eq!(scanner.scan(head), Ok(Some(27)));
    }

    #[test]
    fn trailers_say_nothing_about_framing() {
        assert_eq!(judge_trailers(b"X-Checksum: 1\r\n\r\n"), Ok(()));
        for trailer in
            ["Content-Length: 0", "Transfer-Encoding: chunked", "Host: a", " folded", "x"]
        {
            assert!(judge_trailers(format!("{trailer}\r\n\r\n").as_bytes()).is_err(), "{trailer}");
        }
    }
}
