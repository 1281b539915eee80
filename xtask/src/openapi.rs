//! The API's description as it is kept for review: what the handlers say, written to a file.

use std::fs;

use crate::shell::{Failure, cargo, text};
use crate::tree;

/// Writes `docs/spec/openapi.json` anew.
pub(crate) fn run() -> Result<(), Failure> {
    let document = text(&mut cargo("run --quiet --package sigill-http --example openapi"))?;
    let place = tree::root().join("docs").join("spec").join("openapi.json");
    fs::write(&place, document)
        .map_err(|error| Failure::new(format!("{}: {error}", place.display())))
}
