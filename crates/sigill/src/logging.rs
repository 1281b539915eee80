//! The log: lines on standard error, of this program's own rooms.
//!
//! What libraries say about requests and frames could hold a header or a path, so of them only errors
//! are heard, at every level (R94), and of what judges passkeys nothing: it calls bytes of strangers an error.
//! Lines of requests, of which there may be tens of thousands a second, wait for each other a moment
//! ([`GATHER`]); any other line is written at once, and takes along what waits.

use std::io::{self, Write};
use std::mem::take;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;
use std::time::Duration;

use tracing::Metadata;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::values::LogFormat;

/// The rooms whose lines are heard.
const ROOMS: [&str; 6] = ["sigill", "sigill_http", "service", "store", "domain", "client"];
/// Who writes the lines of requests.
const REQUESTS: &str = "sigill_http::layers::log";
/// How long the line of a request waits for others.
const GATHER: Duration = Duration::from_millis(20);
/// How many bytes wait at most.
const ROOM: usize = 64 * 1024;

/// Starts the log. What waits is written when the last hold on it goes.
pub(crate) fn start(level: LevelFilter, format: LogFormat) -> Lines<io::Stderr> {
    let others = level.min(LevelFilter::ERROR);
    let filter = Targets::new()
        .with_default(others)
        .with_targets(ROOMS.into_iter().map(|room| (room, level)))
        .with_target("webauthn_rs", LevelFilter::OFF);
    let log = Lines::on(io::stderr());
    let lines = tracing_subscriber::fmt::layer().with_writer(log.clone()).with_target(false);
    let layer = match format {
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
        LogFormat::Text => lines.with_ansi(false).boxed(),
    };
    tracing_subscriber::registry().with(layer.with_filter(filter)).init();
    log
}

/// Where lines go.
pub(crate) struct Lines<W>(Arc<Shared<W>>);

struct Shared<W> {
    sink: Mutex<Gathered<W>>,
    came: Condvar,
}

struct Gathered<W> {
    waiting: Vec<u8>,
    to: W,
}

impl<W: Write> Gathered<W> {
    fn write_out(&mut self) {
        // Nobody is left to tell when the log itself cannot be written.
        drop(self.to.write_all(&take(&mut self.waiting)).and_then(|()| self.to.flush()));
    }
}

impl<W: Write + Send + 'static> Lines<W> {
    fn on(to: W) -> Self {
        let sink = Mutex::new(Gathered { waiting: Vec::new(), to });
        let lines = Self(Arc::new(Shared { sink, came: Condvar::new() }));
        let shared = Arc::clone(&lines.0);
        // Without it, lines wait until there is no room for more.
        drop(Builder::new().name("log".to_owned()).spawn(move || shared.write_for_ever()));
        lines
    }
}

impl<W> Clone for Lines<W> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<W: Write> Lines<W> {
    /// Writes what waits.
    pub(crate) fn flush(&self) {
        self.0.lock().write_out();
    }
}

impl<W> Shared<W> {
    fn lock(&self) -> MutexGuard<'_, Gathered<W>> {
        self.sink.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W: Write> Shared<W> {
    fn write_for_ever(&self) {
        let mut sink = self.lock();
        loop {
            while sink.waiting.is_empty() {
                sink = self.came.wait(sink).unwrap_or_else(PoisonError::into_inner);
            }
            // Those that come meanwhile go with it.
            sink = self.came.wait_timeout(sink, GATHER).unwrap_or_else(PoisonError::into_inner).0;
            sink.write_out();
        }
    }
}

/// One line.
pub(crate) struct Line<'a, W> {
    shared: &'a Shared<W>,
    may_wait: bool,
}

impl<W: Write> Write for Line<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut sink = self.shared.lock();
        let was_empty = sink.waiting.is_empty();
        sink.waiting.extend_from_slice(bytes);
        if !self.may_wait || sink.waiting.len() > ROOM {
            sink.write_out();
        } else if was_empty {
            self.shared.came.notify_one();
        }
        drop(sink);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a, W: Write + 'static> MakeWriter<'a> for Lines<W> {
    type Writer = Line<'a, W>;

    fn make_writer(&'a self) -> Line<'a, W> {
        Line { shared: &self.0, may_wait: false }
    }

    fn make_writer_for(&'a self, line: &Metadata<'_>) -> Line<'a, W> {
        Line { shared: &self.0, may_wait: line.target() == REQUESTS }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, Sender, channel};

    /// Says what is written, each time.
    struct Told(Sender<String>);

    impl Write for Told {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.send(String::from_utf8(bytes.to_vec()).unwrap()).unwrap();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Without the thread: nothing is written but by those who write.
    fn still() -> (Lines<Told>, Receiver<String>) {
        let (told, heard) = channel();
        let sink = Mutex::new(Gathered { waiting: Vec::new(), to: Told(told) });
        (Lines(Arc::new(Shared { sink, came: Condvar::new() })), heard)
    }

    fn say(lines: &Lines<Told>, may_wait: bool, text: &str) {
        Line { shared: &lines.0, may_wait }.write_all(text.as_bytes()).unwrap();
    }

    #[test]
    fn requests_wait_and_everything_else_takes_them_along() {
        let (lines, heard) = still();
        say(&lines, true, "one\n");
        say(&lines, true, "two\n");
        assert!(heard.try_recv().is_err());
        say(&lines, false, "an error\n");
        assert_eq!(heard.try_recv().unwrap(), "one\ntwo\nan error\n");
        say(&lines, true, "three\n");
        lines.flush();
        assert_eq!(heard.try_recv().unwrap(), "three\n");
    }

    #[test]
    fn no_more_wait_than_there_is_room_for() {
        let (lines, heard) = still();
        let line = "a".repeat(ROOM / 2 + 1);
        say(&lines, true, &line);
        assert!(heard.try_recv().is_err());
        say(&lines, true, &line);
        assert_eq!(heard.try_recv().unwrap().len(), 2 * line.len());
    }

    #[test]
    fn a_line_that_waits_is_written_by_itself() {
        let (told, heard) = channel();
        let lines = Lines::on(Told(told));
        for text in ["one\n", "two\n"] {
            say(&lines, true, text);
            assert_eq!(heard.recv_timeout(Duration::from_secs(20)).unwrap(), text);
        }
    }
}
