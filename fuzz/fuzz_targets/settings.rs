//! Values of the configuration: what is read and shown is read again as the same, and a refusal says what
//! the value must be and never what it was.

#![no_main]

#[path = "../../crates/sigill/src/config/values.rs"]
mod values;

use std::net::SocketAddr;
use std::path::PathBuf;

use domain::terms::Lifetime;
use libfuzzer_sys::fuzz_target;
use sigill_http::Origin;
use sigill_http::layers::address::TrustedProxies;
use tracing_subscriber::filter::LevelFilter;
use values::{Count, LogFormat, Setting, Size, Span, Switch};

fn check<T: Setting>(text: &str) {
    match T::parse(text) {
        Ok(value) => {
            let shown = value.show();
            let again = T::parse(&shown).unwrap_or_else(|reason| panic!("{shown:?} {reason}"));
            assert_eq!(again.show(), shown);
        }
        Err(reason) => {
            // The same words for every wrong value, so none of them is in it.
            let others = ["", "\0", "1s"].map(|wrong| T::parse(wrong).err());
            assert!(reason.starts_with("must be ") && others.contains(&Some(reason)));
        }
    }
}

fuzz_target!(|text: &str| {
    check::<Size>(text);
    check::<Span>(text);
    check::<Lifetime>(text);
    check::<Switch>(text);
    check::<Count>(text);
    check::<SocketAddr>(text);
    check::<PathBuf>(text);
    check::<Origin>(text);
    check::<TrustedProxies>(text);
    check::<LevelFilter>(text);
    check::<LogFormat>(text);
});
