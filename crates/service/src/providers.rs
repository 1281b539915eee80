//! Providers of identities.

pub mod port;
