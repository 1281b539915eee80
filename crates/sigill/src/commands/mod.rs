//! The commands, one a file. `serve` has a room of its own.

pub(crate) mod check;
pub(crate) mod completions;
