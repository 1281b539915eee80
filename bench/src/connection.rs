//! A connection that is kept alive, and one request after the other on it.
//!
//! Not a client for the world: it knows the answers of the program and of the echo, which have a length,
//! and takes everything else as a fault. So it costs less than any server does, and what is measured is
//! the server.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::void::Void;

/// Where an answer is read to; more than the answer to almost every request.
const ROOM: usize = 32 * 1024;

/// One connection.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// One answer, whole.
pub(crate) struct Answer<'a> {
    /// The status.
    pub(crate) status: u16,
    /// How many bytes came over the wire, the head included.
    pub(crate) wire: usize,
    /// What it says.
    pub(crate) body: &'a [u8],
}

impl Answer<'_> {
    /// Fails unless the status is `status`.
    pub(crate) fn must_be(&self, status: u16) -> Result<(), Void> {
        if self.status == status {
            return Ok(());
        }
        let body = String::from_utf8_lossy(self.body);
        let said: String = body.chars().take(300).collect();
        Err(Void::new(format!("an answer was {} instead of {status}: {said}", self.status)))
    }
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(address: SocketAddr) -> Result<Self, Void> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(ROOM) })
    }

    /// Makes room for an answer of `bytes`, so that growing is not measured.
    pub(crate) fn expect(&mut self, bytes: usize) {
        self.buffer.clear();
        self.buffer.reserve(bytes);
    }

    /// Sends a request and waits for the whole answer.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Result<Answer<'_>, Void> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let mut head = None;
        loop {
            if head.is_none() {
                head = Head::find(&self.buffer)?;
            }
            if let Some(head) = head.as_ref().filter(|head| head.end() <= self.buffer.len()) {
                let body = self.buffer.get(head.length..).unwrap_or_default();
                if body.len() != head.body {
                    return Err(Void::new("more came than an answer"));
                }
                return Ok(Answer { status: head.status, wire: head.end(), body });
            }
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(Void::new("the server closed a connection before it had answered"));
            }
        }
    }
}

/// What the head of an answer says.
struct Head {
    status: u16,
    length: usize,
    body: usize,
}

impl Head {
    fn find(bytes: &[u8]) -> Result<Option<Self>, Void> {
        let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            return Ok(None);
        };
        let length = at.saturating_add(4);
        let head = str::from_utf8(bytes.get(..at).unwrap_or_default());
        let head = head.map_err(|_| Void::new("a head is not text"))?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| Void::new("a head has no status"))?;
        let body = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length").then(|| value.parse().ok())
        });
        let body = match (body, status) {
            (Some(Some(body)), _) => body,
            (None, 204) => 0,
            _ => return Err(Void::new("an answer has no length")),
        };
        Ok(Some(Self { status, length, body }))
    }

    const fn end(&self) -> usize {
        self.length.saturating_add(self.body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(u16, usize, usize)> {
        let head = Head::find(text.as_bytes()).unwrap()?;
        Some((head.status, head.length, head.body))
    }

    #[test]
    fn heads_are_read_once_they_are_whole() {
        let text = "HTTP/1.1 201 Created\r\nContent-Length: 12\r\n\r\n";
        assert_eq!(read(text), Some((201, text.len(), 12)));
        assert_eq!(read(text.trim_end_matches('\n')), None);
        assert_eq!(read("HTTP/1.1 204 No Content\r\nx: y\r\n\r\n"), Some((204, 33, 0)));
    }

    #[test]
    fn what_has_no_length_is_a_fault() {
        for text in ["HTTP/1.1 200 OK\r\nx: y\r\n\r\n", "HTTP/1.1\r\n\r\n"] {
            assert!(Head::find(text.as_bytes()).is_err(), "{text}");
        }
    }
}
