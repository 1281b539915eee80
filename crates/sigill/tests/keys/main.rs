//! The server's keys, on the real program: rotated while it runs, killed in the middle of it, retired, and
//! refused wherever they come from when they are not right (laws 1, 2 and 4, R6, R47, R48).

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that panics has failed")]

mod house;
mod sources;
mod turning;
