//! JSON that a server sends, a bad one perhaps: a client reads it or refuses it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wire::limits::Limits;
use wire::problem::Document;
use wire::receipts::{Burned, Receipt, Unlocked};
use wire::secrets::Created;
use wire::text::{parse_rfc3339, rfc3339};

fn check<T: DeserializeOwned + Serialize>(body: &[u8]) -> Option<T> {
    let read = serde_json::from_slice::<T>(body).ok()?;
    let said = serde_json::to_string(&read).expect("what was read can be said");
    let again = serde_json::from_str::<T>(&said).expect("what was said can be read");
    assert_eq!(serde_json::to_string(&again).expect("what was read can be said"), said);
    Some(read)
}

fuzz_target!(|body: &[u8]| {
    check::<Limits>(body);
    check::<Burned>(body);
    check::<Unlocked>(body);
    check::<Created>(body);
    if let Some(receipt) = check::<Receipt>(body)
        && let Some(time) = parse_rfc3339(&receipt.created_at)
    {
        assert_eq!(parse_rfc3339(&rfc3339(time)), Some(time));
    }
    if let Ok(problem) = serde_json::from_slice::<Document>(body) {
        assert!(problem.kind.ends_with(problem.name()) && !problem.name().contains(':'));
    }
});
