//! JSON that clients send: what is taken is said again in the same words, and a refusal repeats nothing
//! that could be a secret.

#![no_main]

use domain::terms::Lifetime;
use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use wire::Problem;
use wire::secrets::{Claim, Terms};

fn check<T: DeserializeOwned + Serialize>(body: &[u8]) -> Option<T> {
    match wire::parse::<T>(body) {
        Ok(read) => {
            let said = serde_json::to_value(&read).expect("what was read can be said");
            let given: Value = serde_json::from_slice(body).expect("what was taken is JSON");
            for (name, value) in given.as_object().expect("what was taken is an object") {
                let said = said.get(name).expect("every member that was taken is known");
                if !value.is_object() {
                    assert_eq!(said, value, "{name} changed");
                }
            }
            let again = wire::parse::<T>(said.to_string().as_bytes());
            let again = serde_json::to_value(again.ok().expect("what was said can be read"));
            assert_eq!(again.expect("what was read can be said"), said);
            Some(read)
        }
        Err(problem) => {
            let Problem::Invalid { field, reason, .. } = &problem else {
                assert!(matches!(problem, Problem::Malformed { .. }));
                return None;
            };
            assert!(field.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()));
            assert!(field.len() <= 200 && reason.len() <= 60, "a refusal is short");
            None
        }
    }
}

fuzz_target!(|body: &[u8]| {
    if let Some(terms) = check::<Terms>(body)
        && let Ok(parsed) = terms.parse(Lifetime::MAX)
    {
        let seconds = parsed.lifetime.seconds();
        assert_eq!(seconds, terms.expires_in.unwrap_or(86_400));
        assert_eq!(u64::from(parsed.views.get()), terms.views);
        assert!((1..=100).contains(&terms.views) && (60..=31_536_000).contains(&seconds));
    }
    check::<Claim>(body);
});
