//! Headers that carry something: the idempotency key and the tokens.

#![no_main]

use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use sigill_http::native::fuzzing::{idempotency_key, tokens};

const NAMES: [&str; 3] = ["idempotency-key", "authorization", "x-other"];

fuzz_target!(|fields: Vec<(u8, &[u8])>| {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            let name = NAMES[usize::from(name) % NAMES.len()];
            headers.append(HeaderName::from_static(name), value);
        }
    }
    match idempotency_key(&headers) {
        Ok(Some(key)) => {
            assert!((16..=128).contains(&key.len()) && key.bytes().all(|b| (33..127).contains(&b)));
        }
        Ok(None) => assert!(!headers.contains_key("idempotency-key")),
        Err(_) => assert!(headers.contains_key("idempotency-key")),
    }
    let (receipt, claim) = tokens(&headers);
    assert!(!(receipt && claim), "one token is of two kinds");
    if receipt || claim {
        assert_eq!(headers.get_all("authorization").iter().count(), 1);
    }
});
