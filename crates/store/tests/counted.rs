//! What is counted over several nodes that keep at once is exact, and nobody waits in a circle (R39).

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::fs;
use std::time::Duration;

use domain::account::{AccountId, Email};
use domain::hashes::Kind;
use domain::mail::{Mail, Node, Standing};
use domain::secret::Row;
use domain::time::Timestamp;
use futures_util::future::join_all;
use store::Store;
use store::mails::{self, NewMail};
use store::port::{Ahead, Result, Transaction, Unit};
use store::postgres::Target;
use testkit::{Cluster, Dice};

const NOW: Timestamp = Timestamp::from_millis(1_795_521_600_000);
const HOUR: Duration = Duration::from_hours(1);
/// How many mails one recipient gets.
const MOST: u32 = 7;
const RECIPIENTS: [&str; 3] = ["otto@example.org", "maja@example.org", "nils@example.org"];

/// Keeps mails, in this order, if their recipients have room.
struct Keep(Vec<NewMail>);

impl Unit for Keep {
    type Output = usize;

    fn ahead(&self) -> Ahead {
        let counted = self.0.iter().flat_map(NewMail::counted).collect();
        Ahead { counted, ..Ahead::default() }
    }

    async fn run<T: Transaction>(&self, tx: &mut T) -> Result<usize> {
        let mut kept = 0_usize;
        for mail in &self.0 {
            mails::hold(tx, mail).await?;
            if mail.wait_of_recipient(tx, MOST, HOUR).await?.is_none() {
                mails::insert(tx, mail).await?;
                kept = kept.saturating_add(1);
            }
        }
        Ok(kept)
    }
}

async fn new(store: &Store, row: i64, account: i64, recipient: &str) -> NewMail {
    let mail = Mail {
        row: Row::new(row),
        account: AccountId::new(account),
        recipient: Email::parse(recipient).unwrap(),
        standing: Standing::Waiting,
        attempts: 0,
        created_at: NOW,
        node: Node(1),
        leased_until: NOW.plus(HOUR),
        until: NOW.plus(HOUR),
    };
    let hash = store.hash(Kind::Address, recipient.as_bytes());
    NewMail::new(&mail, hash, &store.columns(&Dice::new(9)).await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_nodes_together_send_no_more_than_one_would() {
    let target = Target::parse(&Cluster::shared().database()).unwrap();
    let (mut homes, mut stores) = (Vec::new(), Vec::new());
    for seed in 1..=3 {
        let home = tempfile::tempdir().unwrap();
        if let Some(first) = homes.first() {
            let first: &tempfile::TempDir = first;
            fs::copy(first.path().join("server.keys"), home.path().join("server.keys")).unwrap();
        }
        stores.push(Store::connect(&target, home.path(), &Dice::new(seed)).await.unwrap());
        homes.push(home);
    }
    let mut units = Vec::new();
    let places = RECIPIENTS.len();
    for (turn, store) in stores.iter().cycle().take(60).enumerate() {
        let mut mails = Vec::new();
        // Each in another order, so that whoever takes what comes first meets others half-way.
        for place in 0..places {
            let recipient = RECIPIENTS.iter().cycle().nth(turn.wrapping_add(place)).unwrap();
            let number = i64::try_from(turn.wrapping_mul(places).wrapping_add(place)).unwrap();
            mails.push(
                new(store, number.wrapping_add(1), number.wrapping_add(1000), recipient).await,
            );
        }
        units.push(store.write(Keep(mails)));
    }
    let kept = join_all(units).await.into_iter().map(|done| done.unwrap());
    let most = usize::try_from(MOST).unwrap().wrapping_mul(places);
    assert_eq!(kept.sum::<usize>(), most);
}
