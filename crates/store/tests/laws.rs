//! SQLite keeps the laws.

use store::{Store, laws};
use testkit::Dice;

#[tokio::test]
async fn sqlite_keeps_every_law() {
    let dice = Dice::new(1);
    let dir = tempfile::tempdir().unwrap();
    let fresh = async || Store::open(&dir.path().join(dice.roll().to_string()), &dice).unwrap();
    let kept = laws::all(fresh, &dice).await;
    assert!(kept.as_ref().is_ok_and(|count| *count > 15), "{kept:?}");
}
