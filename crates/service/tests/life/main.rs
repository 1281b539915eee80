//! The life of a secret through the use cases, on a real store: the laws, one by one.

#![expect(
    clippy::panic,
    clippy::significant_drop_tightening,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that panics has failed, and names what it expects"
)]

mod accounts;
mod claim;
mod conceal;
mod damage;
mod devices;
mod disclose;
mod house;
mod keys;
mod organisations;
mod passkeys;
mod passphrase;
mod receipt;
mod restored;
mod sessions;
mod share;
mod sign_in;
mod sweep;
mod turn;
