//! The audit trail, verified from its first event to its last.
//!
//! Each event's hash holds the one before it, and the store keeps the end of the chain beside it: an
//! event that was altered, removed, inserted or moved shows, and so does a tail that was cut off. Whoever
//! can write the whole database can compute a whole new chain (docs/THREAT-MODEL.md).

use domain::audit::Head;
use store::StoreError;
use store::port::{Query, Recorded, Result as StoreResult, View};

use crate::Service;

/// How many events are read at once.
const PAGE: u32 = 1024;

/// What is wrong with a trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrailFault {
    /// This event, or one before it, is not as it was written.
    #[error("event {0} was altered")]
    Altered(i64),
    /// The trail ends here, and it did not.
    #[error("everything after event {0} is missing")]
    Cut(i64),
    /// The trail does not go on with this number.
    #[error("event {0} is missing")]
    Missing(i64),
}

impl Service {
    /// How many events the trail has, or the first thing that is wrong with it.
    pub async fn verify_trail(&self) -> Result<Result<i64, TrailFault>, StoreError> {
        let mut head = Head::EMPTY;
        loop {
            let (page, end) = self.store.read(Page { after: head.seq }).await?;
            if page.is_empty() {
                let whole = end.is_none_or(|end| end == head);
                return Ok(if whole { Ok(head.seq) } else { Err(TrailFault::Cut(head.seq)) });
            }
            for recorded in page {
                head = match follow(&head, &recorded) {
                    Ok(next) => next,
                    Err(fault) => return Ok(Err(fault)),
                };
            }
        }
    }
}

fn follow(head: &Head, recorded: &Recorded) -> Result<Head, TrailFault> {
    let next = head.append(&recorded.event);
    if recorded.seq != next.seq {
        return Err(TrailFault::Missing(next.seq));
    }
    if recorded.hash != next.hash {
        return Err(TrailFault::Altered(next.seq));
    }
    Ok(next)
}

struct Page {
    after: i64,
}

impl Query for Page {
    type Output = (Vec<Recorded>, Option<Head>);

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        Ok((view.trail(self.after, PAGE).await?, view.trail_end().await?))
    }
}
