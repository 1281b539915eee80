//! `sigill doctor`: looks at the machine, the data directory and the running server, and changes
//! nothing. It may run while the server does. In a bucket it writes an empty object and removes it.
//!
//! A fault is something that breaks a promise or will stop the server; a warning is something that an
//! operator should know. Only faults make the exit code.

mod checks;
mod kept;

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use store::inspect;

use crate::ambient::Environment;
use crate::config::server_keys::KeysAt;
use crate::config::{self, Sources};
use crate::failure::{Code, Failure};
use crate::interrupt::{self, Scratch};
use crate::{serve, terminal};

/// How a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Fault,
    Ok,
    Warning,
}

/// What was looked at, and how it is.
#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    status: Status,
    text: String,
}

#[derive(Serialize)]
struct Report<'a> {
    healthy: bool,
    checks: &'a [Check],
}

/// Collects what is seen.
#[derive(Default)]
struct Findings(Vec<Check>);

impl Findings {
    fn add(&mut self, name: &'static str, status: Status, text: impl Into<String>) {
        self.0.push(Check { name, status, text: text.into() });
    }
}

/// Looks at everything and prints it.
pub(crate) fn run(
    sources: &Sources,
    environment: &Environment,
    backups: Option<&Path>,
) -> Result<(), Failure> {
    let (config, client, _) = config::everything(sources)?;
    let keys = KeysAt::source(config.keys.as_ref(), &config.data, environment)?;
    let mut findings = Findings::default();
    let found = &mut findings;
    found.add("configuration", Status::Ok, "every setting is understood");
    checks::posture(&config, found);
    let in_use = checks::directory(&config.data, &keys, found);
    let target = serve::target(&config)?;
    interrupt::run(&Scratch::default(), async {
        match &target {
            None => kept::database(&config, inspect::database(&config.data, &keys), found),
            Some(target) => {
                kept::server(target, inspect::server(target).await, found);
                kept::database(&config, inspect::remote(target, &keys).await, found);
            }
        }
        if let Some(anchor) = &config.anchor {
            kept::anchor(anchor, anchor.hold(&config.data, target.as_ref()).await, found);
        }
        if let Some(bucket) = serve::bucket(&config)? {
            kept::bucket(&bucket, inspect::bucket(&bucket, &keys).await, found);
        }
        if let Some(dir) = backups {
            kept::backups(dir, found);
        }
        checks::space(&config, found);
        checks::descriptors(&config, found);
        checks::mail(&config, found).await;
        checks::reachable(&config, in_use, found).await;
        Ok(())
    })?;
    let Findings(all) = findings;
    let faults = all.iter().filter(|check| check.status == Status::Fault).count();
    let mut out = io::stdout().lock();
    let report = Report { healthy: faults == 0, checks: &all };
    let printed =
        if client.json { print_json(&mut out, &report) } else { print_text(&mut out, &report) };
    printed.and_then(|()| out.flush()).map_err(|error| Failure::output(&error))?;
    match faults {
        0 => Ok(()),
        1 => Err(Failure::new(Code::Unwell, "one thing is not right; nothing was changed")),
        faults => {
            let text = format!("{faults} things are not right; nothing was changed");
            Err(Failure::new(Code::Unwell, text))
        }
    }
}

fn print_json(out: &mut impl Write, report: &Report<'_>) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    writeln!(out)
}

fn print_text(out: &mut impl Write, report: &Report<'_>) -> io::Result<()> {
    for Check { name, status, text } in report.checks {
        let status = match status {
            Status::Fault => "FAULT",
            Status::Ok => "ok",
            Status::Warning => "warning",
        };
        writeln!(out, "{status:<8} {name}: {}", *terminal::one_line(text))?;
    }
    Ok(())
}
