//! The contract of Onetime Secret, with PostgreSQL behind it: every test of `ots`, once more.

#[path = "ots/main.rs"]
mod ots;
