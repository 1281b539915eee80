//! Links: what is read is written again, and a link without its key is the same link.

#![no_main]

use envelope::Link;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(link) = Link::parse(text) else { return };
    assert_eq!(link.expose().as_str(), text, "reading and writing is the identity");
    let (origin, id) = Link::parse_address(&link.without_key()).expect("the address of a link");
    assert_eq!((&origin, id.as_bytes()), (&link.origin, link.id.as_bytes()));
    assert!(!link.without_key().contains('#'));
});
