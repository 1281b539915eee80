//! The audit trail and the terms as bytes: what differs shows (law 9, R45).

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use domain::Timestamp;
use domain::audit::{Actor, Event, Head, Kind};
use domain::organisation::OrganisationId;
use domain::secret::Row;
use domain::terms::{Delivery, FailedPassphrases, Lifetime, OnExhausted, Terms, Views};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

fn event() -> impl Strategy<Value = Event> {
    let number = || proptest::option::of(1_i64..5);
    let numbers = (number(), number(), number());
    (0_i64..4, select(Kind::ALL.to_vec()), select(Actor::EACH.to_vec()), numbers).prop_map(
        |(at, kind, actor, (row, subject, organisation))| Event {
            at: Timestamp::from_millis(at),
            kind,
            actor,
            row: row.map(Row::new),
            subject,
            organisation: organisation.map(OrganisationId::new),
        },
    )
}

fn head(events: &[Event]) -> Head {
    events.iter().fold(Head::EMPTY, |head, event| head.append(event))
}

fn terms() -> impl Strategy<Value = Terms> {
    (60_u64..=31_536_000, 1_u64..=100, 1_u64..=100, any::<(bool, bool)>()).prop_map(
        |(lifetime, views, limit, (burn, strict))| Terms {
            lifetime: Lifetime::from_seconds(lifetime).unwrap(),
            views: Views::new(views).unwrap(),
            failed_passphrases: FailedPassphrases::new(
                limit,
                if burn { OnExhausted::Burn } else { OnExhausted::Lock },
            )
            .unwrap(),
            delivery: if strict { Delivery::Strict } else { Delivery::Held },
        },
    )
}

proptest! {
    #[test]
    fn an_altered_event_shows(events in vec(event(), 1..20), at: Index, other in event()) {
        let mut forged = events.clone();
        *forged.get_mut(at.index(events.len())).unwrap() = other;
        prop_assert_eq!(head(&forged) == head(&events), forged == events);
    }

    #[test]
    fn a_removed_event_shows(events in vec(event(), 1..20), at: Index) {
        let mut forged = events.clone();
        forged.remove(at.index(events.len()));
        prop_assert_ne!(head(&forged), head(&events));
        // Not even the one who makes up another in its place gets the same end.
        forged.push(*events.last().unwrap());
        prop_assert_eq!(head(&forged).hash == head(&events).hash, forged == events);
    }

    #[test]
    fn an_inserted_event_shows(events in vec(event(), 0..20), at: Index, other in event()) {
        let mut forged = events.clone();
        forged.insert(at.index(events.len().saturating_add(1)), other);
        prop_assert_ne!(head(&forged), head(&events));
    }

    #[test]
    fn reordered_events_show(events in vec(event(), 2..20), one: Index, other: Index) {
        let mut forged = events.clone();
        forged.swap(one.index(events.len()), other.index(events.len()));
        prop_assert_eq!(head(&forged) == head(&events), forged == events);
    }

    #[test]
    fn the_end_can_be_reached_from_every_point_before_it(events in vec(event(), 0..20), at: Index) {
        let (before, after) = events.split_at(at.index(events.len().saturating_add(1)));
        let resumed = after.iter().fold(head(before), |head, event| head.append(event));
        prop_assert_eq!(resumed, head(&events));
        prop_assert_eq!(usize::try_from(resumed.seq).unwrap(), events.len());
    }

    #[test]
    fn terms_have_one_form_and_no_other_terms_have_it(one in terms(), other in terms(), change: u8) {
        prop_assert_eq!(one.canonical() == other.canonical(), one == other);
        // One step away, as somebody would alter a row.
        let near = match change % 3 {
            0 => Terms { views: other.views, ..one },
            1 => Terms { lifetime: other.lifetime, ..one },
            _ => Terms { failed_passphrases: other.failed_passphrases, ..one },
        };
        prop_assert_eq!(one.canonical() == near.canonical(), one == near);
    }
}
