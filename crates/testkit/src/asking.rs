//! Asks over HTTP/1.1, also in ways that no correct client would.
//!
//! A request is bytes that a test has in its hands, an answer is everything that came back. Nothing here
//! follows, retries, decompresses or forgives.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test that panics has failed"
)]

use std::io::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long anything may take that a test waits for.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until `holds` is true.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let poll = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, poll).await.unwrap_or_else(|_| fail(what));
}

#[expect(clippy::panic, reason = "a test that waits in vain has failed")]
fn fail(what: &str) {
    panic!("waited in vain until {what}");
}

/// The value of `Authorization` that shows a name and its key (HTTP Basic).
pub fn basic(name: &str, key: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{key}")))
}

/// A request.
#[derive(Clone)]
pub struct Ask {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Ask {
    /// A request without a body.
    pub fn new(method: &str, target: &str) -> Self {
        let (method, target) = (method.to_owned(), target.to_owned());
        Self { method, target, headers: Vec::new(), body: Vec::new() }
    }

    /// GET.
    pub fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    /// POST.
    pub fn post(target: &str) -> Self {
        Self::new("POST", target)
    }

    /// With one header more.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a capability.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.with("Authorization", &format!("Bearer {token}"))
    }

    /// With a body of any type.
    #[must_use]
    pub fn body(mut self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.with("Content-Type", media_type)
    }

    /// With a body that does not say what it is.
    #[must_use]
    pub fn untyped(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// With a JSON body.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name))
    }

    /// The request as it is written. Host and length are added unless they are there.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.head();
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// The request as it is written, without its body.
    pub fn head(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut line = |text: &str| write!(bytes, "{text}\r\n").expect("memory");
        line(&format!("{} {} HTTP/1.1", self.method, self.target));
        if !self.has("Host") {
            line("Host: localhost");
        }
        for (name, value) in &self.headers {
            line(&format!("{name}: {value}"));
        }
        let bodiless = self.body.is_empty() && self.method != "POST";
        if !bodiless && !self.has("Content-Length") && !self.has("Transfer-Encoding") {
            line(&format!("Content-Length: {}", self.body.len()));
        }
        line("");
        bytes
    }

    /// Asks on a connection of its own. `None` when it ended without an answer.
    pub async fn try_of(&self, address: SocketAddr) -> Option<Answer> {
        let mut connection = Connection::try_open(address).await?;
        connection.send(&self.clone().with("Connection", "close").bytes()).await;
        if self.method == "HEAD" {
            connection.answer_to_head().await
        } else {
            connection.answer().await
        }
    }

    /// Asks on a connection of its own.
    pub async fn of(&self, address: SocketAddr) -> Answer {
        self.try_of(address).await.expect("an answer")
    }
}

/// Everything that came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Names in lower case, in the order in which they came.
    pub headers: Vec<(String, String)>,
    /// The body, without its framing.
    pub body: Vec<u8>,
    /// Whether the connection ended before the body did.
    pub cut: bool,
}

impl Answer {
    /// A header's value, if it is there.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The name of the problem, or what came in its place.
    pub fn problem(&self) -> String {
        if self.header("content-type") != Some("application/problem+json") {
            return format!("no problem, but {} {}", self.status, self.text());
        }
        let document = self.json();
        let kind = document.get("type").and_then(Value::as_str).unwrap_or_default();
        kind.strip_prefix("urn:sigill:problem:").unwrap_or(kind).to_owned()
    }

    /// All of it that an observer could compare: everything but the date.
    #[must_use]
    pub fn shape(&self) -> Self {
        let mut shape = self.clone();
        shape.headers.retain(|(name, _)| name != "date");
        shape
    }
}

/// A connection, byte by byte.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects, if somebody listens.
    pub async fn try_open(address: SocketAddr) -> Option<Self> {
        let stream = timeout(PATIENCE, TcpStream::connect(address)).await.expect("in time").ok()?;
        stream.set_nodelay(true).ok()?;
        Some(Self { stream, buffer: Vec::new() })
    }

    /// Connects.
    pub async fn open(address: SocketAddr) -> Self {
        Self::try_open(address).await.expect("a connection")
    }

    /// Sends; whether the other end took it.
    pub async fn send(&mut self, bytes: &[u8]) -> bool {
        timeout(PATIENCE, self.stream.write_all(bytes)).await.expect("in time").is_ok()
    }

    /// Says that nothing more will be sent.
    pub async fn finish(&mut self) {
        drop(self.stream.shutdown().await);
    }

    /// Reads more; `false` at the end.
    async fn more(&mut self) -> bool {
        let read = self.stream.read_buf(&mut self.buffer);
        let read = timeout(PATIENCE, read).await.expect("nothing came, and no end");
        read.is_ok_and(|count| count > 0)
    }

    /// The next answer, interim ones included. `None` when the connection ended before its head did.
    pub async fn answer(&mut self) -> Option<Answer> {
        let mut answer = self.answer_to_head().await?;
        if answer.status < 200 || matches!(answer.status, 204 | 304) {
            return Some(answer);
        }
        if let Some(length) = answer.header("content-length") {
            let length: usize = length.parse().expect("a length");
            while self.buffer.len() < length && !answer.cut {
                answer.cut = !self.more().await;
            }
            answer.body = self.buffer.drain(..length.min(self.buffer.len())).collect();
        } else if answer.header("transfer-encoding") == Some("chunked") {
            while let Some(chunk) = self.chunk().await {
                if chunk.is_empty() {
                    return Some(answer);
                }
                answer.body.extend(chunk);
            }
            answer.cut = true;
        } else {
            answer.body = self.rest().await;
        }
        Some(answer)
    }

    /// The next answer without its body, which it has not when HEAD was asked.
    pub async fn answer_to_head(&mut self) -> Option<Answer> {
        let head = self.through(b"\r\n\r\n").await?;
        let head = String::from_utf8_lossy(&head).into_owned();
        let mut lines = head.lines().filter(|line| !line.is_empty());
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(':').expect("a header line");
            (name.to_ascii_lowercase(), value.trim().to_owned())
        });
        let status = status.expect("a status");
        Some(Answer { status, headers: headers.collect(), body: Vec::new(), cut: false })
    }

    async fn chunk(&mut self) -> Option<Vec<u8>> {
        let line = self.through(b"\r\n").await?;
        let size = String::from_utf8_lossy(&line).trim().to_owned();
        let size = usize::from_str_radix(&size, 16).expect("a chunk's size");
        let whole = size.saturating_add(2);
        while self.buffer.len() < whole {
            if !self.more().await {
                return None;
            }
        }
        let mut chunk: Vec<u8> = self.buffer.drain(..whole).collect();
        chunk.truncate(size);
        Some(chunk)
    }

    async fn through(&mut self, end: &[u8]) -> Option<Vec<u8>> {
        loop {
            let found = self.buffer.windows(end.len()).position(|window| window == end);
            if let Some(found) = found {
                return Some(self.buffer.drain(..found.saturating_add(end.len())).collect());
            }
            if !self.more().await {
                return None;
            }
        }
    }

    /// Everything until the connection ends.
    pub async fn rest(&mut self) -> Vec<u8> {
        while self.more().await {}
        std::mem::take(&mut self.buffer)
    }

    /// At least `count` bytes, unless the connection ends before.
    pub async fn bytes(&mut self, count: usize) -> Vec<u8> {
        while self.buffer.len() < count {
            if !self.more().await {
                break;
            }
        }
        std::mem::take(&mut self.buffer)
    }
}

/// Sends every request at once, each to the next address in turn: all connections are open, and all
/// requests but for their last byte are there, before the first is let go.
pub async fn at_once(addresses: &[SocketAddr], asks: Vec<Ask>) -> Vec<Answer> {
    let mut waiting = Vec::new();
    for (ask, address) in asks.into_iter().zip(addresses.iter().cycle()) {
        let bytes = ask.with("Connection", "close").bytes();
        let mut connection = Connection::open(*address).await;
        let (last, most) = bytes.split_last().expect("a request");
        assert!(connection.send(most).await);
        waiting.push((connection, *last));
    }
    let asked = waiting.into_iter().map(|(mut connection, last)| {
        tokio::spawn(async move {
            connection.send(&[last]).await;
            connection.answer().await.expect("an answer")
        })
    });
    let mut answers = Vec::new();
    for asked in asked.collect::<Vec<_>>() {
        answers.push(asked.await.expect("an answer"));
    }
    answers
}
