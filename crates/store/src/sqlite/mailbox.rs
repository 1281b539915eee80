//! A thread with a bounded queue: the writer and the readers are each one.
//!
//! Whoever asks never waits for a place: when the queue is full, the answer is
//! [`StoreError::Overloaded`] at once. Dropping a mailbox finishes what waits, and ends the thread.

use std::future::Future;
use std::pin::pin;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::task::{Context, Poll, Waker};
use std::thread::{Builder, JoinHandle};

use tokio::sync::oneshot;

use crate::StoreError;
use crate::port::Result;

/// How many messages may wait for one thread.
const QUEUE: usize = 4096;

/// The handle through which a thread is asked. `M` is what it understands.
pub(super) struct Mailbox<M> {
    queue: Option<SyncSender<M>>,
    thread: Option<JoinHandle<()>>,
}

impl<M: Send + 'static> Mailbox<M> {
    /// Starts a thread that does `work` on what comes.
    pub(super) fn start(name: &str, work: impl FnOnce(Receiver<M>) + Send + 'static) -> Self {
        let (queue, messages) = sync_channel(QUEUE);
        let thread = Builder::new().name(name.to_owned()).spawn(move || work(messages));
        Self { queue: Some(queue), thread: thread.ok() }
    }

    /// Sends what `message` makes around the way back, and waits for the answer.
    pub(super) async fn ask<T>(
        &self,
        message: impl FnOnce(oneshot::Sender<Result<T>>) -> M,
    ) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or(StoreError::Closed)?;
        queue.try_send(message(reply)).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Overloaded,
            TrySendError::Disconnected(_) => StoreError::Closed,
        })?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

impl<M> Drop for Mailbox<M> {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Polls a future whose every step is ready.
pub(super) fn ready<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(StoreError::Closed),
    }
}
