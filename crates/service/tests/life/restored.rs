//! A copy was put back: what waits in it ends, once, and nothing that came since.

use domain::secret::{End, Standing};
use domain::terms::Terms;
use rusqlite::Connection;
use service::Limits;

use crate::house::{bytes, house};

/// Law 2: several nodes start on the copy, and one of them is late.
#[tokio::test]
async fn a_node_that_is_late_ends_nothing_that_was_taken_since() {
    let house = house();
    let old = house.seal("old", None);
    let before = house.share(&old, Terms::default()).await.unwrap();
    assert_eq!(house.service.end_restored(false).await.unwrap(), None, "it is no copy");
    let stopped = house.stopped();
    let database = Connection::open(stopped.dir.path().join("sigill.db")).unwrap();
    database.execute("INSERT INTO meta (name, value) VALUES ('restored', x'')", []).unwrap();
    drop(database);
    let house = stopped.started(Limits::default()).unwrap();
    assert_eq!(house.service.end_restored(false).await.unwrap(), Some(1));
    let lost = house.standing(before.id, &old).await;
    assert!(matches!(lost, Standing::Ended(End::Lost { .. })), "{lost:?}");
    let new = house.seal("new", None);
    let since = house.share(&new, Terms::default()).await.unwrap();
    assert_eq!(house.service.end_restored(false).await.unwrap(), None, "it is settled");
    let revealed = house.reveal(since.id, &new, &house.claim()).await;
    assert_eq!(bytes(revealed).await.unwrap(), new.envelope);
    // Whoever is told to ends what waits, copy or not.
    let last = house.seal("last", None);
    house.share(&last, Terms::default()).await.unwrap();
    assert_eq!(house.service.end_restored(true).await.unwrap(), Some(2));
}
