//! The front door, with PostgreSQL behind it: every test of `door`, once more.

#[path = "door/main.rs"]
mod door;
