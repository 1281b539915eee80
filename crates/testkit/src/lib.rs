//! For tests: a clock that is set by hand, randomness that repeats itself, and secrets to share.

pub mod ambient;
pub mod forge;
pub mod secrets;
pub mod vectors;

pub use ambient::{Dice, HandClock};
