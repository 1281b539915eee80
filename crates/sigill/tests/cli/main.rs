//! The command line through its front door: the real program, a real server, the real exit codes.
//!
//! In reading order: [`text`] (what is shared arrives), [`files`] (large ones too), [`exits`] (how
//! everything else ends), [`once`] (what comes once is never refused), [`house`] (the operator's
//! commands), [`accounts`], on top of [`support`].

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::string_slice,
    reason = "a test that panics has failed"
)]

mod accounts;
mod exits;
mod files;
mod house;
mod once;
mod organisations;
mod support;
mod text;
