//! Whose turn it is to write a part: one sender's at a time.
//!
//! A line that breaks leaves a sender behind who may not be gone, and the same part comes again. The one
//! who came last writes it; whoever came before writes nothing more. So a part that is safe is not touched
//! by somebody who was late.

use std::collections::HashMap;
use std::sync::{Arc, Mutex as SyncMutex, MutexGuard as SyncGuard, PoisonError};

use domain::secret::Row;
use tokio::sync::{Mutex, MutexGuard};

use super::UploadError;

/// Of every part that is on its way.
#[derive(Default)]
pub(crate) struct Turns(SyncMutex<Parts>);

/// The number of the latest turn of each. Whoever writes holds it.
type Parts = HashMap<(Row, u32), Arc<Mutex<u64>>>;

/// The turn of one sender, until somebody else takes it.
pub(super) struct Turn {
    all: Arc<Turns>,
    part: (Row, u32),
    last: Arc<Mutex<u64>>,
    own: u64,
}

impl Turns {
    /// Takes the turn to write `part`. Waits for whoever is writing at this moment.
    pub(super) async fn take(self: &Arc<Self>, part: (Row, u32)) -> Turn {
        let last = Arc::clone(self.parts().entry(part).or_default());
        let mut turn = Turn { all: Arc::clone(self), part, last, own: 0 };
        let mut last = turn.last.lock().await;
        *last = last.saturating_add(1);
        let own = *last;
        drop(last);
        turn.own = own;
        turn
    }

    fn parts(&self) -> SyncGuard<'_, Parts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// Holds the turn, so that nobody takes it meanwhile.
    pub(super) async fn hold(&self) -> Result<MutexGuard<'_, u64>, UploadError> {
        let last = self.last.lock().await;
        if *last == self.own { Ok(last) } else { Err(UploadError::Overtaken) }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut parts = self.all.parts();
        // The map's own, and this one.
        if Arc::strong_count(&self.last) <= 2 {
            parts.remove(&self.part);
        }
    }
}
