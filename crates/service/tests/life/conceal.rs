//! What the server seals: who can name it, how long it is followed, what room it takes (R4, R53, law 6).

use std::time::Duration;

use domain::audit::Kind as EventKind;
use domain::secret::{End, SealedBy, Standing};
use domain::terms::Lifetime;
use envelope::{Passphrase, SecretToken, ServerReceipt};
use service::Limits;
use service::conceal::{ConcealError, MAX_CONTENT};
use service::receipt::Burn;
use service::share::ShareError;

use crate::house::{house, house_with, is_content};

#[tokio::test]
async fn a_receipt_names_its_link_and_neither_is_the_others_door() {
    let house = house();
    let made = house.conceal("hush", None).await;
    let receipt = house.service.receipt(&made.receipt).await.unwrap().unwrap();
    assert_eq!(receipt.secret.sealed_by, SealedBy::Server { generated: false });
    assert_eq!(made.receipt.link(receipt.id).expose(), made.link.expose());
    // As a link, the receipt finds nothing; as a receipt, neither the link nor the handle does.
    let as_link = SecretToken::parse(&made.receipt.expose()).ok().unwrap();
    assert!(house.service.look(&as_link).await.unwrap().is_none());
    for other in [made.link.expose().to_string(), made.handle.to_string()] {
        let other = ServerReceipt::parse(&other).ok().unwrap();
        assert!(house.service.receipt(&other).await.unwrap().is_none());
        assert!(house.service.burn(&other).await.unwrap().is_none());
    }
    assert!(house.service.look(&made.link).await.unwrap().is_some());
}

#[tokio::test]
async fn nothing_that_is_kept_holds_the_content_or_a_token() {
    let house = house();
    let made = house.conceal("a canary that sings", Some("lantern orbit")).await;
    let stopped = house.stopped();
    let tokens = [made.link.expose(), made.receipt.expose()];
    for entry in std::fs::read_dir(stopped.dir.path()).unwrap() {
        let path = entry.unwrap().path();
        let Ok(bytes) = std::fs::read(&path) else { continue };
        let text = String::from_utf8_lossy(&bytes);
        for said in ["canary that sings", "lantern orbit", &tokens[0], &tokens[1]] {
            assert!(!text.contains(said), "{} holds {said}", path.display());
        }
    }
    let house = stopped.started(Limits::default()).unwrap();
    assert!(is_content(
        &house.disclose(&made.link, Some("lantern orbit")).await,
        "a canary that sings"
    ));
}

#[tokio::test]
async fn a_receipt_lives_exactly_twice_as_long_as_its_secret_waits() {
    let house = house();
    let made = house.conceal("hush", None).await;
    let lifetime = made.secret.terms.lifetime.duration();
    assert_eq!(made.receipt_until, made.secret.created_at.plus(lifetime * 2));
    house.clock.set(made.receipt_until.minus(Duration::from_millis(1)));
    house.service.sweep().await.unwrap();
    let receipt = house.service.receipt(&made.receipt).await.unwrap().unwrap();
    assert!(matches!(receipt.secret.standing, Standing::Ended(End::Expired { .. })));
    assert_eq!(receipt.until, made.receipt_until);
    house.clock.advance(Duration::from_millis(1));
    assert!(
        house.service.receipt(&made.receipt).await.unwrap().is_none(),
        "before the sweeper comes"
    );
    house.service.sweep().await.unwrap();
    assert!(house.service.receipt(&made.receipt).await.unwrap().is_none());
}

#[tokio::test]
async fn a_receipt_burns_what_is_locked_without_the_passphrase() {
    let house = house();
    let made = house.conceal("hush", Some("right")).await;
    for round in 0..20 {
        let network = [b'n', round / 5];
        house.disclose_from(&made.link, Some("wrong"), &network).await;
    }
    let standing = house.service.receipt(&made.receipt).await.unwrap().unwrap().secret.standing;
    assert_eq!(standing, Standing::Locked);
    assert!(house.service.look(&made.link).await.unwrap().is_none());
    for expected in [Burn::Burned, Burn::BurnedBefore] {
        let (burn, receipt) = house.service.burn(&made.receipt).await.unwrap().unwrap();
        assert_eq!(burn, expected);
        assert_eq!(receipt.events.last().unwrap().kind, EventKind::Burned);
    }
    assert!(house.service.look(&made.link).await.unwrap().is_none());
}

#[tokio::test]
async fn a_generated_password_is_shown_to_its_sender_for_a_minute_and_changes_nothing() {
    let house = house();
    let made = house.generate("k*8mN2qR9xPw", None).await;
    for _ in 0..2 {
        let shown = house.service.generated(&made.receipt).await.unwrap().unwrap();
        assert_eq!(&**shown, "k*8mN2qR9xPw");
    }
    let receipt = house.service.receipt(&made.receipt).await.unwrap().unwrap();
    assert_eq!(receipt.secret.sealed_by, SealedBy::Server { generated: true });
    assert_eq!(receipt.events.len(), 1);
    house.clock.advance(Duration::from_mins(1));
    assert!(house.service.generated(&made.receipt).await.unwrap().is_none());
    assert!(is_content(&house.disclose(&made.link, None).await, "k*8mN2qR9xPw"));
    // Not when it is opened, nor when it takes a passphrase, nor what a sender has written.
    let opened = house.generate("k*8mN2qR9xPw", None).await;
    house.disclose(&opened.link, None).await;
    let guarded = house.generate("k*8mN2qR9xPw", Some("right")).await;
    let written = house.conceal("hush", None).await;
    for made in [opened, guarded, written] {
        assert!(house.service.generated(&made.receipt).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn what_has_no_room_is_refused_before_a_passphrase_is_stretched() {
    let limits = Limits { max_per_network: 4000, ..Limits::default() };
    let house = house_with(limits);
    house.conceal("hush", None).await;
    let passphrase = || Some(Passphrase::new("right").unwrap());
    let full = house.try_conceal("hush".to_owned(), passphrase(), Lifetime::MIN).await;
    assert!(matches!(full, Err(ConcealError::Share(ShareError::NetworkFull))));
    let full = house.try_conceal("hush".to_owned(), None, Lifetime::MIN).await;
    assert!(matches!(full, Err(ConcealError::Share(ShareError::NetworkFull))));
    assert_eq!(house.service.hashing().most, 0);
}

#[tokio::test]
async fn the_longest_content_is_taken_and_a_byte_more_is_not() {
    let house = house();
    let longest = "x".repeat(MAX_CONTENT);
    let made = house.try_conceal(longest.clone(), None, Lifetime::MIN).await.unwrap();
    assert!(is_content(&house.disclose(&made.link, None).await, &longest));
    let more = house.try_conceal("x".repeat(MAX_CONTENT + 1), None, Lifetime::MIN).await;
    assert!(matches!(more, Err(ConcealError::Share(ShareError::TooLarge { limit: 60_000 }))));
}
