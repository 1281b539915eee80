//! What is true, whoever asks and wherever it is kept.
//!
//! Pure and synchronous: no I/O, no SQL, no serialisation, no clock of its own. In reading order:
//! the ambient world as arguments ([`time`], [`entropy`]), what a sender may ask for ([`terms`]), who may open
//! ([`policy`]), what becomes of a secret ([`secret`], [`claim`]), who has shared it ([`account`], [`owned`]), how
//! people sign in ([`credential`], [`password`], [`one_time`], [`provider`], [`session`]), whom they work with
//! ([`organisation`]), what they get by mail ([`mail`], [`letter`]), what an instance lets people do ([`switches`],
//! [`network`]), what is written down about it ([`audit`]) and what is left to do ([`job`]).

pub mod account;
pub mod audit;
pub mod claim;
pub mod credential;
pub mod entropy;
pub mod hashes;
pub mod job;
pub mod letter;
pub mod mail;
pub mod network;
pub mod one_time;
pub mod organisation;
pub mod owned;
pub mod password;
pub mod policy;
pub mod provider;
pub mod secret;
pub mod session;
pub mod switches;
pub mod terms;
pub mod time;

pub use entropy::Entropy;
pub use time::{Clock, Timestamp};
