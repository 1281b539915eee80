//! Ranges: inside of the content, or refused, or ignored; never anything else.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sigill_http::native::fuzzing::range;

fuzz_target!(|input: (u64, &str)| {
    let (size, header) = input;
    match range(header, size) {
        Some(Ok((first, last))) => {
            assert!(first <= last && last < size);
            let again = range(&format!("bytes={first}-{last}"), size);
            assert_eq!(again, Some(Ok((first, last))), "what was understood means the same again");
        }
        Some(Err(problem)) => assert_eq!(problem.status(), 416),
        None => {}
    }
});
