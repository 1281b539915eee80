//! What is kept for review and made from the code: the API's description, and the table of routes.

use std::fs;

use crate::shell::{Failure, cargo, text};
use crate::tree;

/// Writes `docs/spec/openapi.json` anew.
pub(crate) fn run() -> Result<(), Failure> {
    write("openapi", "openapi.json")
}

/// Writes `docs/spec/routes.md` anew.
pub(crate) fn routes() -> Result<(), Failure> {
    write("routes", "routes.md")
}

/// Writes what an example prints.
fn write(example: &str, name: &str) -> Result<(), Failure> {
    let printed = format!("run --quiet --package sigill-http --example {example}");
    let document = text(&mut cargo(&printed))?;
    let place = tree::root().join("docs").join("spec").join(name);
    fs::write(&place, document)
        .map_err(|error| Failure::new(format!("{}: {error}", place.display())))
}
