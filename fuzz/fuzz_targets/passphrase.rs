//! Passphrases: normalised once, bounded, refused when empty; and the byte that names a profile.

#![no_main]

use envelope::{Keys, Link, LinkKey, MAX_PASSPHRASE, Passphrase, PassphraseFault, Profile};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match Passphrase::new(text) {
        Ok(passphrase) => {
            assert!(!text.is_empty() && text.len() <= 4 * MAX_PASSPHRASE);
            // A link that asks for none takes none: nothing is stretched.
            let none = LinkKey::new([1; 32], Profile::None);
            assert!(Keys::derive(&none, Some(&passphrase)).is_err());
            if text.is_ascii() {
                assert!(text.len() <= MAX_PASSPHRASE, "ASCII is its own normal form");
            }
        }
        Err(PassphraseFault::Empty) => assert!(text.is_empty()),
        Err(PassphraseFault::TooLong) => assert!(text.len() * 3 > MAX_PASSPHRASE),
    }
    let byte = text.bytes().next().unwrap_or(0);
    if let Ok(profile) = Profile::from_byte(byte) {
        assert_eq!(profile.byte(), byte);
        let link = Link {
            origin: "https://secrets.example".to_owned(),
            id: envelope::SecretId::from_bytes([2; 16]),
            key: LinkKey::new([byte; 32], profile),
        };
        let read = Link::parse(&link.expose()).ok().expect("what was written");
        assert_eq!(read.key.profile(), profile);
    }
});
