//! The commands, one a file or folder. `serve` has a room of its own.

pub(crate) mod accounts;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod doctor;
pub(crate) mod keys_at_rest;
pub(crate) mod letters;
pub(crate) mod moving;
pub(crate) mod open;
pub(crate) mod organisations;
pub(crate) mod providers;
pub(crate) mod receipt;
pub(crate) mod share;
pub(crate) mod switches;
