//! The log: lines on standard error, of this program's own rooms.
//!
//! What libraries say about requests and frames could hold a header or a path, so of them only errors
//! are heard, at every level (R94).

use std::io;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::values::LogFormat;

/// The rooms whose lines are heard.
const ROOMS: [&str; 6] = ["sigill", "sigill_http", "service", "store", "domain", "client"];

/// Starts the log.
pub(crate) fn start(level: LevelFilter, format: LogFormat) {
    let others = level.min(LevelFilter::ERROR);
    let filter = Targets::new()
        .with_default(others)
        .with_targets(ROOMS.into_iter().map(|room| (room, level)));
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_target(false);
    let layer = match format {
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
        LogFormat::Text => lines.with_ansi(false).boxed(),
    };
    tracing_subscriber::registry().with(layer.with_filter(filter)).init();
}
