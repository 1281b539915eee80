//! How the world is reached: one file a vendor, each behind a port of the use cases.
//!
//! [`smtp`] sends mail. [`oidc`] asks providers who somebody is, by way of [`egress`].

pub mod egress;
pub mod oidc;
pub mod smtp;
