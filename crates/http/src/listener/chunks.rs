//! A chunked body, judged strictly before the HTTP library decodes it.
//!
//! Where a chunk ends decides where the next request begins: sizes are plain hexadecimal digits, lines
//! end as lines do, extensions are short, and trailers say nothing about framing.

use super::head::{Fault, Scanner, judge_trailers};

/// The longest line with a chunk's size, extensions included.
const LINE: usize = 256;
/// The longest trailers in bytes.
const TRAILERS: usize = 8 * 1024;

/// Where in a chunked body the connection stands.
pub(super) enum Chunks {
    /// Before a chunk's size.
    Size,
    /// This many bytes of a chunk are still to come.
    Data(u64),
    /// Before the line break that ends a chunk.
    End,
    /// After the last chunk.
    Trailers(Scanner),
}

/// What to do with the bytes that are there.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The body ends after this many bytes.
    Last(usize),
    /// Wait for more.
    More,
    /// Let this many bytes pass, and ask again.
    Pass(usize),
}

impl Chunks {
    /// Judges the next bytes of the body.
    pub(super) fn step(&mut self, bytes: &[u8]) -> Result<Step, Fault> {
        if bytes.is_empty() {
            return Ok(Step::More);
        }
        match self {
            Self::Size => {
                let Some(line) = line(bytes)? else { return Ok(Step::More) };
                *self = match size(line)? {
                    0 => Self::Trailers(Scanner::at_line_start()),
                    size => Self::Data(size),
                };
                Ok(Step::Pass(line.len()))
            }
            Self::Data(left) => {
                let there = u64::try_from(bytes.len()).unwrap_or(u64::MAX).min(*left);
                *left = left.saturating_sub(there);
                if *left == 0 {
                    *self = Self::End;
                }
                Ok(Step::Pass(usize::try_from(there).unwrap_or(bytes.len())))
            }
            Self::End => {
                if bytes.starts_with(b"\r\n") {
                    *self = Self::Size;
                    Ok(Step::Pass(2))
                } else if bytes == b"\r" {
                    Ok(Step::More)
                } else {
                    Err(Fault::Malformed("a chunk is longer than its size"))
                }
            }
            Self::Trailers(scanner) => match scanner.scan(bytes)? {
                Some(length) => {
                    judge_trailers(bytes.get(..length).unwrap_or_default())?;
                    Ok(Step::Last(length))
                }
                None if bytes.len() > TRAILERS => Err(Fault::TooLarge),
                None => Ok(Step::More),
            },
        }
    }
}

/// The line at the start of `bytes`, with its end.
fn line(bytes: &[u8]) -> Result<Option<&[u8]>, Fault> {
    let end = bytes.iter().take(LINE).position(|byte| *byte == b'\n');
    match end.and_then(|end| bytes.get(..=end)) {
        Some(line) => Ok(Some(line)),
        None if bytes.len() >= LINE => Err(Fault::Malformed("the size of a chunk has no end")),
        None => Ok(None),
    }
}

/// The size that a line names: hexadecimal digits, perhaps extensions, a line break.
fn size(line: &[u8]) -> Result<u64, Fault> {
    let wrong = Fault::Malformed("the size of a chunk is not a number");
    let text = line.strip_suffix(b"\r\n").ok_or(wrong)?;
    let is_text = |byte: &u8| *byte == b' ' || byte.is_ascii_graphic();
    let (digits, extensions) =
        text.split_at(text.iter().position(|byte| *byte == b';').unwrap_or(text.len()));
    let plain = (1..=16).contains(&digits.len()) && digits.iter().all(u8::is_ascii_hexdigit);
    if !plain || !extensions.iter().all(is_text) {
        return Err(wrong);
    }
    let digits = std::str::from_utf8(digits).map_err(|_| wrong)?;
    u64::from_str_radix(digits, 16).map_err(|_| wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many bytes of `body` belong to it, when it comes in pieces of `piece` bytes.
    fn read(body: &[u8], piece: usize) -> Result<Option<usize>, Fault> {
        let mut chunks = Chunks::Size;
        let (mut passed, mut there) = (0_usize, 0_usize);
        loop {
            match chunks.step(&body[passed..there])? {
                Step::Last(length) => return Ok(Some(passed.saturating_add(length))),
                Step::Pass(length) => passed = passed.saturating_add(length),
                Step::More if there == body.len() => return Ok(None),
                Step::More => there = there.saturating_add(piece).min(body.len()),
            }
        }
    }

    #[test]
    fn a_body_ends_where_its_chunks_say_however_it_is_cut() {
        let whole =
            b"5\r\nhello\r\n1F;name=\"value\"\r\n0123456789012345678901234567890\r\n0\r\n\r\nGET /";
        let trailed = b"0\r\nX-Sum: 1\r\n\r\nGET /";
        for piece in 1..whole.len() {
            assert_eq!(read(whole, piece), Ok(Some(whole.len() - 5)), "{piece}");
            assert_eq!(read(trailed, piece), Ok(Some(trailed.len() - 5)), "{piece}");
        }
        assert_eq!(read(b"5\r\nhel", 1), Ok(None));
    }

    #[test]
    fn what_two_servers_could_read_in_two_ways_is_refused() {
        let long = format!("1;{}\r\nx\r\n0\r\n\r\n", "x".repeat(LINE));
        for body in [
            "5\nhello\r\n0\r\n\r\n",
            "5\r\nhello\n0\r\n\r\n",
            "5\r\nhelloX\r\n0\r\n\r\n",
            "5\r\nhello\r\r0\r\n\r\n",
            "5 \r\nhello\r\n0\r\n\r\n",
            " 5\r\nhello\r\n0\r\n\r\n",
            "0x5\r\nhello\r\n0\r\n\r\n",
            "+5\r\nhello\r\n0\r\n\r\n",
            "-5\r\nhello\r\n0\r\n\r\n",
            "\r\nhello\r\n0\r\n\r\n",
            ";x\r\nhello\r\n0\r\n\r\n",
            "00000000000000005\r\nhello\r\n0\r\n\r\n",
            "5;a\x0bb\r\nhello\r\n0\r\n\r\n",
            "5;a\rb\r\nhello\r\n0\r\n\r\n",
            "0\r\nContent-Length: 5\r\n\r\n",
            "0\r\nx\n\r\n",
            &long,
        ] {
            assert!(read(body.as_bytes(), 3).is_err(), "{body:?}");
        }
    }
}
