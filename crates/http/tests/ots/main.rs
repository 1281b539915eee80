//! The contract of Onetime Secret, case by case: what its clients send, what they must get, and what they
//! must be refused. Asked over sockets, of a real store behind a real listener.
//!
//! One program of tests, one file a concern; [`calls`] has the clients' words and the shapes of answers.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

mod auth;
mod bodies;
mod calls;
mod errors;
mod generated;
mod limits;
mod lists;
mod mail;
mod params;
mod races;
mod safe;
mod states;
mod switches;
mod traces;
mod ttl;
mod v1;
mod v2;
mod v3;
