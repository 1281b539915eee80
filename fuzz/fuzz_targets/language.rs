//! `Accept-Language`: always one of the languages that there are.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sigill_http::pages::fuzzing::language;

fuzz_target!(|header: &str| {
    let chosen = language(header);
    assert!(matches!(chosen, "en" | "sv"));
    // A language that nobody has changes nothing.
    assert_eq!(language(&format!("tlh,{header}")), chosen);
    // What is preferred to everything else is chosen.
    assert_eq!(language(&format!("sv;q=1,{header}")), "sv");
});
