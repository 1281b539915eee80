//! The gate between a socket and the HTTP library: strict HTTP/1 in, or nothing.
//!
//! Bytes of a request reach the library only after they were judged: heads whole, bodies as they
//! come. In the place of a head that is refused the library gets a harmless request that is marked with
//! the fault, so that the refusal goes through all layers and has their headers; nothing is read after
//! it. HTTP/2 passes: its framing is binary and has one reading.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};
use tokio_util::io::poll_read_buf;

use super::chunks::{Chunks, Step};
use super::head::{Fault, Framing, Scanner, judge};

/// What a client says first to speak HTTP/2 without asking.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// What the library gets in the place of a refused head. No route has this path.
const REFUSED: &[u8] = b"GET /refused HTTP/1.1\r\nhost: refused\r\nconnection: close\r\n\r\n";
/// How much of a body is read from the socket at once.
const PIECE: usize = 32 * 1024;
/// How much of a head is read from the socket at once.
const HEAD_PIECE: usize = 2 * 1024;
/// How long a client that is still sending is listened to after the last answer. Closing at once
/// would reset the connection and take the answer from it.
const LINGER: Duration = Duration::from_secs(5);

/// Which request of a connection was refused, and why. Written once, by the gate.
#[derive(Clone, Default)]
pub(super) struct Verdict(Arc<OnceLock<(u64, Fault)>>);

impl Verdict {
    /// Why the request with this number (from 1) is refused.
    pub(super) fn on(&self, request: u64) -> Option<Fault> {
        self.0.get().filter(|(refused, _)| *refused == request).map(|(_, fault)| *fault)
    }
}

/// The bounds of a head.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    /// How long it may take from its first byte to its last.
    pub(super) time: Duration,
    /// The most bytes.
    pub(super) bytes: usize,
}

/// A socket behind its gate.
pub(super) struct Gate<T> {
    socket: T,
    bounds: Bounds,
    verdict: Verdict,
    requests: u64,
    state: State,
    /// What was read from the socket and not yet handed on.
    buffer: BytesMut,
    /// How many bytes of the buffer were judged and may be handed on.
    judged: usize,
    /// Runs while a head is incomplete.
    timer: Option<Pin<Box<Sleep>>>,
    /// Runs after the last answer.
    linger: Option<Pin<Box<Sleep>>>,
}

enum State {
    /// Nothing is known yet.
    Start,
    /// Before or in a head.
    Head(Scanner),
    /// In a body with a length.
    Length(u64),
    /// In a body of chunks.
    Chunked(Chunks),
    /// HTTP/2.
    Opaque,
    /// A request was refused: nothing is read any more.
    Refused,
}

impl<T> Gate<T> {
    pub(super) fn new(socket: T, bounds: Bounds) -> (Self, Verdict) {
        let verdict = Verdict::default();
        let gate = Self {
            socket,
            bounds,
            verdict: verdict.clone(),
            requests: 0,
            state: State::Start,
            buffer: BytesMut::new(),
            judged: 0,
            timer: None,
            linger: None,
        };
        (gate, verdict)
    }

    /// Judges what is in the buffer, as far as it goes. An error is a fault in a body.
    fn judge(&mut self) -> io::Result<()> {
        match &mut self.state {
            State::Start => {
                let there = self.buffer.len().min(PREFACE.len());
                if self.buffer.get(..there) != PREFACE.get(..there) {
                    self.state = State::Head(Scanner::default());
                    return self.judge();
                }
                if there == PREFACE.len() {
                    self.state = State::Opaque;
                    self.timer = None;
                    return self.judge();
                }
            }
            State::Head(_) => self.judge_head(),
            State::Length(left) => {
                let there = u64::try_from(self.buffer.len()).unwrap_or(u64::MAX).min(*left);
                *left = left.saturating_sub(there);
                self.judged = usize::try_from(there).unwrap_or(self.buffer.len());
                if *left == 0 {
                    self.state = State::Head(Scanner::default());
                }
            }
            State::Chunked(chunks) => match chunks.step(&self.buffer) {
                Ok(Step::Last(length)) => {
                    self.judged = length;
                    self.state = State::Head(Scanner::default());
                }
                Ok(Step::More) => {}
                Ok(Step::Pass(length)) => self.judged = length,
                Err(fault) => {
                    self.state = State::Refused;
                    return Err(io::Error::new(io::ErrorKind::InvalidData, format!("{fault:?}")));
                }
            },
            State::Opaque => self.judged = self.buffer.len(),
            State::Refused => {}
        }
        Ok(())
    }

    fn judge_head(&mut self) {
        let State::Head(scanner) = &mut self.state else { return };
        if self.timer.is_none() && self.buffer.starts_with(b"\r\n") {
            // Some clients end a body with a line break more than it has (RFC 9112, section 2.2).
            self.buffer.advance(2);
        }
        if self.buffer.is_empty() || (self.timer.is_none() && *self.buffer == *b"\r") {
            return;
        }
        let framing = match scanner.scan(&self.buffer) {
            Ok(Some(length)) if length <= self.bounds.bytes => {
                self.judged = length;
                self.buffer.get(..length).map_or(Err(Fault::TooLarge), judge)
            }
            Ok(None) if self.buffer.len() <= self.bounds.bytes => {
                let time = self.bounds.time;
                self.timer.get_or_insert_with(|| Box::pin(sleep(time)));
                return;
            }
            Ok(_) => Err(Fault::TooLarge),
            Err(fault) => Err(fault),
        };
        self.timer = None;
        match framing {
            Ok(framing) => {
                self.requests = self.requests.saturating_add(1);
                self.state = match framing {
                    Framing::Chunked => State::Chunked(Chunks::Size),
                    Framing::Length(0) => State::Head(Scanner::default()),
                    Framing::Length(length) => State::Length(length),
                };
            }
            Err(fault) => self.refuse(fault),
        }
    }

    /// Puts the harmless request in the place of the rest.
    fn refuse(&mut self, fault: Fault) {
        self.timer = None;
        self.requests = self.requests.saturating_add(1);
        // The first fault is the only one: nothing is judged after it.
        let _first = self.verdict.0.set((self.requests, fault));
        self.state = State::Refused;
        self.buffer.clear();
        self.buffer.extend_from_slice(REFUSED);
        self.judged = self.buffer.len();
    }

    /// Room for what is read next; little while no body comes, because most connections are idle.
    fn make_room(&mut self) {
        let room = match &self.state {
            State::Start | State::Head(_) | State::Refused => HEAD_PIECE,
            State::Length(_) | State::Chunked(_) | State::Opaque => PIECE,
        };
        if self.buffer.is_empty() && self.buffer.capacity() > room {
            self.buffer = BytesMut::new();
        }
        self.buffer.reserve(room);
    }

    /// Whether the client may still be sending.
    fn is_unread(&self) -> bool {
        match &self.state {
            State::Start | State::Opaque => false,
            State::Head(_) => !self.buffer.is_empty(),
            State::Length(_) | State::Chunked(_) | State::Refused => true,
        }
    }

    fn hand_on(&mut self, target: &mut ReadBuf<'_>) {
        let length = self.judged.min(target.remaining()).min(self.buffer.len());
        target.put_slice(&self.buffer.split_to(length));
        self.judged = self.judged.saturating_sub(length);
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Gate<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        target: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if this.judged > 0 {
                this.hand_on(target);
                return Poll::Ready(Ok(()));
            }
            this.judge()?;
            if this.judged > 0 {
                continue;
            }
            if matches!(this.state, State::Refused) {
                // The answer to the refusal ends the connection; an end here would end it before.
                return Poll::Pending;
            }
            this.make_room();
            match poll_read_buf(Pin::new(&mut this.socket), context, &mut this.buffer) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Ok(())),
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    let Some(timer) = &mut this.timer else { return Poll::Pending };
                    ready!(timer.as_mut().poll(context));
                    this.refuse(Fault::TooSlow);
                }
            }
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Gate<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().socket).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.linger.is_none() {
            ready!(Pin::new(&mut this.socket).poll_shutdown(context))?;
            if !this.is_unread() {
                return Poll::Ready(Ok(()));
            }
        }
        let linger = this.linger.get_or_insert_with(|| Box::pin(sleep(LINGER)));
        if linger.as_mut().poll(context).is_ready() {
            return Poll::Ready(Ok(()));
        }
        loop {
            this.buffer.clear();
            this.buffer.reserve(PIECE);
            let read = poll_read_buf(Pin::new(&mut this.socket), context, &mut this.buffer);
            if ready!(read)? == 0 {
                return Poll::Ready(Ok(()));
            }
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().socket).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }
}
