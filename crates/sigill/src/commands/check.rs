//! `sigill config check`: the settings in force, where each comes from, and the security posture.
//!
//! Opens nothing, asks nobody, and prints no secret, because no setting is one (R100).

use std::io::{self, Write};

use serde::Serialize;

use crate::config::{self, Resolved, Sources};
use crate::failure::Failure;

#[derive(Serialize)]
struct Report {
    file: Option<String>,
    settings: Vec<Line>,
    posture: Vec<String>,
}

#[derive(Serialize)]
struct Line {
    name: &'static str,
    value: String,
    source: String,
}

/// Resolves everything, or ends with every fault there is.
pub(crate) fn run(sources: &Sources) -> Result<(), Failure> {
    let (config, client, resolved) = config::everything(sources)?;
    let settings = resolved
        .into_iter()
        .map(|Resolved { name, value, source }| Line { name, value, source })
        .collect();
    let file = sources.path().map(|path| path.display().to_string());
    let report = Report { file, settings, posture: config.posture() };
    let mut out = io::stdout().lock();
    let written =
        if client.json { print_json(&mut out, &report) } else { print_text(&mut out, &report) };
    written.map_err(|error| Failure::output(&error))
}

fn print_json(out: &mut impl Write, report: &Report) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    writeln!(out)
}

fn print_text(out: &mut impl Write, report: &Report) -> io::Result<()> {
    match &report.file {
        Some(file) => writeln!(out, "# {file} and the environment; there is no fault")?,
        None => writeln!(out, "# no file; the environment and the defaults; there is no fault")?,
    }
    for Line { name, value, source } in &report.settings {
        let line = format!("{name} = {value:?}");
        writeln!(out, "{line:<52} # {source}")?;
    }
    writeln!(out)?;
    for line in &report.posture {
        writeln!(out, "# {line}")?;
    }
    Ok(())
}
