//! Receipt and claim tokens: what is read is written again, and no text is both.

#![no_main]

use envelope::{ClaimToken, ReceiptToken};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (receipt, claim) = (ReceiptToken::parse(text), ClaimToken::parse(text));
    assert!(receipt.is_err() || claim.is_err(), "one text is two tokens");
    if let Ok(token) = receipt {
        assert_eq!(token.expose().as_str(), text);
    }
    if let Ok(token) = claim {
        assert_eq!(token.expose().as_str(), text);
    }
});
