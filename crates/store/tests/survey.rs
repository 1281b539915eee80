//! A store that is opened with more secrets than the first look at its keys takes in (law 4, R41).

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::fs;
use std::path::Path;

use domain::entropy::draw;
use domain::hashes::Kind;
use domain::secret::{Row, SealedBy, Secret, Standing};
use domain::terms::Terms;
use domain::time::Timestamp;
use store::Store;
use store::ids::Tag;
use store::port::{Kept, NewPayload, Result, Transaction, Unit, Verifiers};
use testkit::Dice;

const COUNT: usize = 5000;
const SLOT: usize = 64;

/// Keeps these, or does nothing.
struct Keep(Vec<(Kept, NewPayload)>);

impl Unit for Keep {
    type Output = ();

    async fn run<T: Transaction>(&self, tx: &mut T) -> Result<()> {
        for (kept, payload) in &self.0 {
            tx.insert_secret(kept, payload).await?;
        }
        Ok(())
    }
}

async fn secret(store: &Store, dice: &Dice) -> (Kept, NewPayload) {
    let now = Timestamp::from_millis(1_795_521_600_000);
    let terms = Terms::default();
    let expires_at = now.plus(terms.lifetime.duration());
    let secret = Secret {
        row: store.reserve().await.unwrap(),
        terms,
        created_at: now,
        expires_at,
        views_taken: 0,
        failed: 0,
        passphrase: false,
        sealed_by: SealedBy::Sender,
        size: 10,
        standing: Standing::Waiting,
    };
    let hash = |kind| store.hash(kind, &draw::<32>(dice));
    let verifiers = Verifiers {
        link_proof: hash(Kind::LinkProof),
        proof: hash(Kind::Proof),
        receipt: hash(Kind::Receipt),
    };
    let kept = Kept { tag: Tag::new(draw(dice)), secret, verifiers, receipt_until: expires_at };
    let payload = store.seal_small(&kept, &[7; 10], dice);
    (kept, payload)
}

/// Lets the writer come round often enough: after each transaction it goes on looking.
async fn look_at_all(store: &Store) {
    for _ in 0..20 {
        store.write(Keep(Vec::new())).await.unwrap();
    }
}

fn filled(keys: &Path) -> usize {
    fs::read(keys).unwrap().chunks(SLOT).filter(|slot| slot.iter().any(|byte| *byte != 0)).count()
}

#[tokio::test]
async fn keys_without_a_secret_are_overwritten_and_secrets_without_a_key_are_named() {
    let dice = Dice::new(8);
    let dir = tempfile::tempdir().unwrap();
    let keys = dir.path().join("secret.keys");
    let store = Store::open(dir.path(), &dice).unwrap();
    let mut secrets = Vec::new();
    for _ in 0..COUNT {
        secrets.push(secret(&store, &dice).await);
    }
    let rows: Vec<Row> = secrets.iter().map(|(kept, _)| kept.secret.row).collect();
    store.write(Keep(secrets)).await.unwrap();
    drop(store);
    assert_eq!(filled(&keys), COUNT);

    // As a crash leaves it between the sync of the keys and the commit of the rows.
    let mut bytes = fs::read(&keys).unwrap();
    assert!(bytes.len() > COUNT * SLOT);
    bytes[COUNT * SLOT..].fill(0xA7);
    fs::write(&keys, bytes).unwrap();
    let store = Store::open(dir.path(), &dice).unwrap();
    assert_eq!(store.live_bytes(), 10 * u64::try_from(COUNT).unwrap());
    look_at_all(&store).await;
    assert_eq!(filled(&keys), COUNT);
    assert_eq!(store.take_lost(), []);
    drop(store);

    // As a restored backup comes, which has no keys.
    fs::remove_file(&keys).unwrap();
    let store = Store::open(dir.path(), &dice).unwrap();
    let mut lost = store.take_lost();
    look_at_all(&store).await;
    lost.extend(store.take_lost());
    look_at_all(&store).await;
    lost.extend(store.take_lost());
    lost.sort_unstable();
    assert_eq!(lost, rows);
}
