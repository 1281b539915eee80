//! Somebody who hangs up in the middle of a question leaves nothing open for those who come after.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use domain::hashes::Kind;
use domain::time::Timestamp;
use store::Store;
use store::port::{Allowance, Query, Result, View};
use store::postgres::Target;
use testkit::{Cluster, Dice};
use tokio::sync::Notify;

/// Looks once, says so, and never ends.
struct Stuck(Arc<Notify>);

impl Query for Stuck {
    type Output = ();

    async fn run<V: View>(&self, view: &mut V) -> Result<()> {
        view.time_mark().await?;
        self.0.notify_one();
        pending().await
    }
}

/// A transaction that was left open would refuse to write, or show what is long past.
#[tokio::test]
async fn a_question_that_is_dropped_leaves_no_transaction_behind() {
    let dir = tempfile::tempdir().unwrap();
    let target = Target::parse(&Cluster::shared().database()).unwrap();
    let store = Store::connect(&target, dir.path(), &Dice::new(1)).await.unwrap();
    // More often than a node has connections.
    for turn in 0..20_i64 {
        let looked = Arc::new(Notify::new());
        tokio::select! {
            stuck = store.read(Stuck(Arc::clone(&looked))) => panic!("it ended: {stuck:?}"),
            () = looked.notified() => {}
        }
        let key = store.hash(Kind::Allowance, &turn.to_be_bytes());
        let asked = Allowance { now: Timestamp::from_millis(turn), cost: 1, full: 10 };
        let allowed = tokio::time::timeout(Duration::from_secs(30), store.allow(&key, asked)).await;
        assert_eq!(allowed.unwrap().unwrap(), Some(Ok(())));
    }
}
