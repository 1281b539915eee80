//! Manifests: what is read is written again, and no shorter text is one.

#![no_main]

use envelope::Manifest;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match Manifest::decode(bytes) {
        Ok(Some((manifest, length))) => {
            assert_eq!(manifest.encode().expect("what was read"), &bytes[..length]);
            assert_eq!(Manifest::decode(&bytes[..length]), Ok(Some((manifest.clone(), length))));
            assert_eq!(Manifest::decode(&bytes[..length - 1]), Ok(None), "it was whole before");
            assert!(manifest.envelope_len().expect("what was read") > manifest.contents_len());
        }
        Ok(None) => assert!(bytes.len() < envelope::manifest::MAX_MANIFEST),
        Err(_) => {}
    }
});
