//! Through the front door: a real store behind a real listener on a loopback port, asked over sockets.
//!
//! One program of tests, one file a concern. Laws and requirements are named where they are shown.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::many_single_char_names,
    clippy::panic,
    clippy::significant_drop_tightening,
    clippy::string_slice,
    clippy::unreachable,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that panics has failed"
)]

mod bodies;
mod connections;
mod create;
mod creators;
mod headers;
mod heads;
mod host;
mod letters;
mod limits;
mod matrix;
mod open;
mod oracle;
mod organisations;
mod overview;
mod passkeys;
mod people;
mod providers;
mod races;
mod receipt;
mod routes;
mod safe;
mod sealed;
mod signing_in;
mod uploads;
