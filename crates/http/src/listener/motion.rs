//! Whether anything moves on a connection: requests and the frames of their bodies, in and out.
//!
//! Bytes alone are no motion: a client that answers pings and reads nothing would never end. A request
//! body that comes more slowly than the pace is given up; the pace counts only while it is waited for.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Sleep, sleep};

use crate::layers::load::HeldPlace;

/// How fast the body of a request must come.
#[derive(Clone, Copy)]
pub(super) struct Pace {
    /// How long a body may make us wait.
    pub(super) patience: Duration,
    /// Each of these bytes makes up for a second of waiting.
    pub(super) bytes_per_second: u32,
}

/// A body that came more slowly than it may.
#[derive(Debug, thiserror::Error)]
#[error("the body came too slowly")]
struct TooSlow;

/// Whether a body failed because it came too slowly.
pub(crate) fn is_too_slow(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source())
        .any(<dyn std::error::Error>::is::<TooSlow>)
}

/// What moved on a connection so far.
#[derive(Default)]
pub(super) struct Motion {
    beats: AtomicU64,
    running: Mutex<Vec<Watched>>,
}

/// A request that runs, how often it had moved when it was last looked at, and how many looks in a row
/// have seen nothing move.
struct Watched {
    pulse: Weak<Pulse>,
    seen: Option<u64>,
    still: u32,
}

/// After so many looks a request is stuck. A slow reader fills the system's buffers first, and what they
/// hold is seen to move only when a good part of it has gone.
const LOOKS: u32 = 2;

/// How the requests of a connection fare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Running {
    /// All of them move, or there is none.
    Moving,
    /// Some are stuck, and others move.
    SomeStuck,
    /// All of them are stuck.
    Stuck,
}

/// How often something moved on one request.
pub(super) struct Pulse {
    motion: Arc<Motion>,
    beats: AtomicU64,
}

/// A request that runs; it has ended when this is dropped.
pub(super) struct Request(Arc<Pulse>);

impl Motion {
    pub(super) fn begin(self: &Arc<Self>) -> Request {
        let pulse = Arc::new(Pulse { motion: Arc::clone(self), beats: AtomicU64::new(0) });
        let watched = Watched { pulse: Arc::downgrade(&pulse), seen: None, still: 0 };
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|request| request.pulse.strong_count() > 0);
        running.push(watched);
        drop(running);
        pulse.beat();
        Request(pulse)
    }

    /// How often something moved.
    pub(super) fn beats(&self) -> u64 {
        self.beats.load(Ordering::Relaxed)
    }

    /// Whether no request runs.
    pub(super) fn is_idle(&self) -> bool {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.iter().all(|request| request.pulse.strong_count() == 0)
    }

    /// Looks at the requests that run. What moves beside a stuck one on the same connection does not count
    /// for it: it holds a place that somebody else could have.
    pub(super) fn look(&self) -> Running {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|request| request.pulse.strong_count() > 0);
        let mut stuck = 0_usize;
        for request in running.iter_mut() {
            let beats = request.pulse.upgrade().map(|pulse| pulse.beats.load(Ordering::Relaxed));
            let still = std::mem::replace(&mut request.seen, beats) == beats;
            request.still = if still { request.still.saturating_add(1) } else { 0 };
            stuck = stuck.saturating_add(usize::from(request.still >= LOOKS));
        }
        match stuck {
            0 => Running::Moving,
            all if all == running.len() => Running::Stuck,
            _ => Running::SomeStuck,
        }
    }
}

impl Pulse {
    fn beat(&self) {
        self.beats.fetch_add(1, Ordering::Relaxed);
        self.motion.beats.fetch_add(1, Ordering::Relaxed);
    }
}

impl Request {
    /// For the body of the request.
    pub(super) fn pulse(&self) -> Arc<Pulse> {
        Arc::clone(&self.0)
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        self.0.beat();
    }
}

/// The body of a request, as it comes in.
pub(super) struct Inbound {
    body: Incoming,
    pulse: Arc<Pulse>,
    pace: Pace,
    /// Runs out when the body has made us wait for too long.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Inbound {
    pub(super) const fn new(body: Incoming, pulse: Arc<Pulse>, pace: Pace) -> Self {
        Self { body, pulse, pace, timer: None }
    }

    /// Makes up for waiting: never beyond the whole patience.
    fn credit(&mut self, bytes: usize) {
        let Some(timer) = &mut self.timer else { return };
        let full = sleep(self.pace.patience).deadline();
        let millis = u64::try_from(bytes).unwrap_or(u64::MAX).saturating_mul(1000);
        let earned = millis.checked_div(self.pace.bytes_per_second.into()).unwrap_or(0);
        let next = timer.deadline().checked_add(Duration::from_millis(earned)).unwrap_or(full);
        // Elapsed and yet not given up: it was us who did not come to read.
        let next = if timer.is_elapsed() { full } else { next.min(full) };
        timer.as_mut().reset(next);
    }
}

impl Body for Inbound {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.body).poll_frame(context);
        if let Poll::Ready(frame) = polled {
            if let Some(Ok(frame)) = &frame {
                this.pulse.beat();
                this.credit(frame.data_ref().map_or(0, Bytes::len));
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(axum::Error::new)));
        }
        let patience = this.pace.patience;
        let timer = this.timer.get_or_insert_with(|| Box::pin(sleep(patience)));
        match timer.as_mut().poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(()) => Poll::Ready(Some(Err(axum::Error::new(TooSlow)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of an answer, as it goes out. The request runs until it is gone.
pub(super) struct Outbound {
    body: axum::body::Body,
    running: Request,
    _place: Option<HeldPlace>,
}

impl Outbound {
    pub(super) const fn new(
        body: axum::body::Body,
        running: Request,
        place: Option<HeldPlace>,
    ) -> Self {
        Self { body, running, _place: place }
    }
}

impl Body for Outbound {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.body).poll_frame(context);
        if polled.is_ready() {
            this.running.0.beat();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
