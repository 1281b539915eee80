//! For tests: a clock that is set by hand, randomness that repeats itself, secrets to share, and servers
//! to share them on.
//!
//! In reading order: [`ambient`], [`secrets`], [`asking`] (bytes over a connection), [`calls`] (the API),
//! [`authenticator`] (what holds passkeys),
//! [`server`] (in this process), [`process`] (the program), [`postgres`] (a database for several), [`bucket`]
//! (a place for large payloads), [`sink`] (where mail arrives), [`identity`] (who says who somebody is), [`proxy`] (what breaks on the way to either), [`unsteady`] (a line that
//! breaks), [`history`] (whether answers can be true; [`tale`] writes them down), [`directory`] (copies of one), [`canary`] (what must be
//! nowhere). [`forge`] and [`vectors`] are about the format.

pub mod ambient;
pub mod asking;
pub mod authenticator;
pub mod bucket;
pub mod calls;
pub mod canary;
pub mod directory;
pub mod forge;
pub mod history;
pub mod identity;
pub mod postgres;
pub mod process;
pub mod proxy;
pub mod secrets;
pub mod seeds;
pub mod server;
pub mod sink;
pub mod tale;
pub mod unsteady;
pub mod vectors;

pub use ambient::{Dice, HandClock, MachineClock};
pub use asking::{Answer, Ask, Connection, until};
pub use authenticator::Authenticator;
pub use bucket::Bucket;
pub use canary::Canaries;
pub use identity::Identity;
pub use outside::egress::Loopback;
pub use postgres::Cluster;
pub use process::Process;
pub use server::{Server, Setup};
pub use sink::{Mood, Sink, Taken};
