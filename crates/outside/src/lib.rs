//! How the world is reached: one file a vendor, each behind a port of the use cases.
//!
//! [`smtp`] sends mail.

pub mod smtp;
