//! What the checker catches, and what it must not take offence at.

use super::*;
use Asked::{Acknowledge, Burn, Claim, Create, Fetch, Follow, Guess, Unlock};

const ONCE: Terms =
    Terms { views: 1, strict: false, lifetime: 3_600_000, guesses: 2, burns: false };

/// An operation that takes from one moment to another; a moment is a second of the clock.
fn op(asked: Asked, heard: Heard, at: u64, end: u64) -> Operation {
    let millis = |moment: u64| i64::try_from(moment.saturating_mul(1000)).unwrap();
    Operation { asked, heard: Some((heard, end)), at, clock: (millis(at), millis(end)) }
}

/// An operation of which nobody heard.
fn lost(asked: Asked, at: u64) -> Operation {
    Operation { heard: None, ..op(asked, Heard::Unavailable, at, at) }
}

fn fate(standing: Standing, opened: usize, delivered: usize) -> Heard {
    Heard::Fate { standing, opened, delivered }
}

/// Judges a history that begins with the creation.
fn judge(terms: Terms, rest: &[Operation]) -> bool {
    let created = op(Create, Heard::Created, 0, 1);
    let operations = [&[created], rest].concat();
    History { terms, operations }.check().is_ok()
}

#[test]
fn a_whole_life_is_possible() {
    assert!(judge(
        ONCE,
        &[
            op(Follow, fate(Standing::Waiting, 0, 0), 2, 3),
            op(Guess, Heard::Rejected, 4, 5),
            op(Claim(0), Heard::Envelope, 6, 7),
            op(Claim(1), Heard::Unavailable, 8, 9),
            op(Claim(0), Heard::Envelope, 10, 11),
            op(Fetch(0), Heard::Envelope, 12, 13),
            op(Burn, Heard::Opened, 14, 15),
            op(Follow, fate(Standing::Delivering, 1, 0), 16, 17),
            op(Acknowledge(0), Heard::Confirmed, 18, 19),
            op(Acknowledge(0), Heard::Confirmed, 20, 21),
            op(Fetch(0), Heard::Unavailable, 22, 23),
            op(Unlock, Heard::NotLocked, 24, 25),
            op(Follow, fate(Standing::Opened, 1, 1), 26, 27),
        ]
    ));
}

#[test]
fn a_planted_double_delivery_is_caught() {
    for (first, second) in [((2, 3), (4, 5)), ((2, 9), (3, 8))] {
        let both = [
            op(Claim(0), Heard::Envelope, first.0, first.1),
            op(Claim(1), Heard::Envelope, second.0, second.1),
        ];
        assert!(!judge(ONCE, &both));
        assert!(judge(Terms { views: 2, ..ONCE }, &both));
        let third = op(Claim(2), Heard::Envelope, 20, 21);
        assert!(!judge(Terms { views: 2, ..ONCE }, &[both[0], both[1], third]));
        assert!(judge(Terms { views: 3, ..ONCE }, &[both[0], both[1], third]));
    }
    let again = [op(Claim(0), Heard::Envelope, 2, 3), op(Fetch(0), Heard::Envelope, 4, 5)];
    assert!(judge(ONCE, &again));
    assert!(!judge(Terms { strict: true, ..ONCE }, &again), "a strict one is handed out once");
}

#[test]
fn a_lost_secret_is_caught() {
    assert!(!judge(ONCE, &[op(Claim(0), Heard::Unavailable, 2, 3)]));
    assert!(!judge(ONCE, &[op(Follow, Heard::Unavailable, 2, 3)]));
    assert!(!judge(ONCE, &[op(Follow, fate(Standing::Opened, 0, 0), 2, 3)]));
    let lost_in_a_race =
        [op(Claim(0), Heard::Unavailable, 2, 9), op(Claim(1), Heard::Unavailable, 3, 8)];
    assert!(!judge(ONCE, &lost_in_a_race), "somebody must win");
    let forgotten = [op(Claim(0), Heard::Envelope, 2, 3), op(Fetch(0), Heard::Unavailable, 4, 5)];
    assert!(!judge(ONCE, &forgotten), "a claim is held");
}

#[test]
fn a_delivery_after_a_confirmed_burn_is_caught() {
    let burned = op(Burn, Heard::Burned, 2, 4);
    assert!(!judge(ONCE, &[burned, op(Claim(0), Heard::Envelope, 5, 6)]));
    assert!(!judge(ONCE, &[burned, op(Claim(0), Heard::Envelope, 3, 6)]), "nor beside it");
    assert!(!judge(ONCE, &[burned, op(Claim(0), Heard::Envelope, 0, 1)]), "nor before it");
    assert!(judge(ONCE, &[burned, op(Claim(0), Heard::Unavailable, 3, 6)]));
    let two = Terms { views: 2, ..ONCE };
    let beside = [burned, op(Claim(0), Heard::Envelope, 3, 6)];
    assert!(judge(two, &beside), "of two views one may have been taken first");
    assert!(!judge(two, &[beside[0], beside[1], op(Fetch(0), Heard::Envelope, 7, 8)]));
}

#[test]
fn a_secret_that_comes_back_is_caught() {
    let delivered =
        [op(Claim(0), Heard::Envelope, 2, 3), op(Acknowledge(0), Heard::Confirmed, 4, 5)];
    for heard in [
        op(Claim(0), Heard::Envelope, 6, 7),
        op(Claim(1), Heard::Envelope, 6, 7),
        op(Burn, Heard::Burned, 6, 7),
        op(Follow, fate(Standing::Waiting, 0, 0), 6, 7),
        op(Follow, fate(Standing::Delivering, 1, 0), 6, 7),
    ] {
        assert!(!judge(ONCE, &[delivered[0], delivered[1], heard]), "{heard}");
    }
    let burned = op(Burn, Heard::Burned, 2, 3);
    assert!(!judge(ONCE, &[burned, op(Follow, fate(Standing::Waiting, 0, 0), 4, 5)]));
    let expired = op(Follow, fate(Standing::Expired, 0, 0), 3700, 3701);
    assert!(judge(ONCE, &[expired]));
    assert!(!judge(ONCE, &[expired, op(Claim(0), Heard::Envelope, 3702, 3703)]));
}

#[test]
fn what_nobody_heard_of_may_have_happened_or_not() {
    for heard in [Heard::Envelope, Heard::Unavailable] {
        let rest = [lost(Claim(0), 2), op(Claim(1), heard, 3, 4)];
        assert!(judge(ONCE, &rest), "{heard:?}");
    }
    let late = [
        lost(Burn, 2),
        op(Follow, fate(Standing::Waiting, 0, 0), 3, 4),
        op(Claim(0), Heard::Unavailable, 5, 6),
        op(Follow, fate(Standing::Burned, 0, 0), 7, 8),
    ];
    assert!(judge(ONCE, &late), "it may happen late");
    let back = op(Follow, fate(Standing::Waiting, 0, 0), 9, 10);
    assert!(!judge(ONCE, &[late[0], late[3], back]), "and does not un-happen");
    let before = [op(Claim(0), Heard::Unavailable, 2, 3), lost(Burn, 4)];
    assert!(!judge(ONCE, &before), "and not before it was asked");
    let neither = [
        lost(Claim(0), 2),
        op(Claim(1), Heard::Envelope, 3, 4),
        op(Fetch(0), Heard::Envelope, 5, 6),
    ];
    assert!(!judge(ONCE, &neither), "whoever won, won alone");
}

#[test]
fn time_ends_leases_and_secrets_within_its_span() {
    let claimed = op(Claim(0), Heard::Envelope, 10, 20);
    assert!(judge(ONCE, &[claimed, op(Fetch(0), Heard::Envelope, 79, 79)]));
    assert!(!judge(ONCE, &[claimed, op(Fetch(0), Heard::Unavailable, 60, 69)]), "too early");
    assert!(!judge(ONCE, &[claimed, op(Fetch(0), Heard::Envelope, 80, 81)]), "too late");
    assert!(judge(ONCE, &[claimed, op(Acknowledge(0), Heard::Confirmed, 90, 91)]));
    assert!(judge(ONCE, &[claimed, op(Acknowledge(0), Heard::Unavailable, 90, 91)]));
    assert!(judge(ONCE, &[claimed, op(Follow, fate(Standing::Opened, 1, 0), 90, 91)]));
    assert!(!judge(ONCE, &[op(Claim(0), Heard::Envelope, 3601, 3602)]), "its time is up");
    assert!(!judge(ONCE, &[op(Claim(0), Heard::Unavailable, 3598, 3599)]), "it is not");
    assert!(judge(ONCE, &[op(Burn, Heard::Expired, 3600, 3601)]));
    let last = op(Claim(0), Heard::Envelope, 3590, 3595);
    assert!(judge(ONCE, &[last, op(Fetch(0), Heard::Envelope, 3628, 3629)]));
    assert!(!judge(ONCE, &[last, op(Fetch(0), Heard::Envelope, 3632, 3633)]), "past the expiry");
    let held = op(Follow, fate(Standing::Expired, 1, 0), 3605, 3606);
    let two = Terms { views: 2, ..ONCE };
    assert!(!judge(two, &[last, held]), "not while somebody may fetch");
}

#[test]
fn wrong_passphrases_lock_or_burn() {
    let guesses = [op(Guess, Heard::Rejected, 2, 3), op(Guess, Heard::Rejected, 4, 5)];
    let locked = op(Claim(0), Heard::Unavailable, 6, 7);
    let unlocked = op(Unlock, Heard::Unlocked, 8, 9);
    let opened = op(Claim(0), Heard::Envelope, 10, 11);
    assert!(judge(ONCE, &[guesses[0], guesses[1], locked, unlocked, opened]));
    assert!(!judge(ONCE, &[guesses[0], locked]));
    assert!(!judge(ONCE, &[guesses[0], guesses[1], opened]));
    let burns = Terms { burns: true, ..ONCE };
    assert!(!judge(burns, &guesses));
    let last = op(Guess, Heard::Unavailable, 4, 5);
    let gone = op(Follow, fate(Standing::Burned, 0, 0), 6, 7);
    assert!(judge(burns, &[guesses[0], last, gone]));
}

#[test]
fn a_history_that_is_impossible_is_shown() {
    let operations = vec![op(Create, Heard::Created, 0, 1), op(Claim(0), Heard::Unavailable, 2, 3)];
    let shown = History { terms: ONCE, operations }.check().unwrap_err().to_string();
    assert!(shown.contains("Claim(0) -> Unavailable (clock 2000..3000)"), "{shown}");
    assert!(shown.contains("the longest order is\n  0..1: Create -> Created"), "{shown}");
}
