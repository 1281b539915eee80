//! What is kept: the database, the server that has it, the anchor, the backups. One thing a function.

use std::fmt::Write as _;
use std::fs::{self, DirEntry};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use domain::Clock as _;
use domain::time::Timestamp;
use store::blobs::BucketTarget;
use store::inspect::{self, Database, RELIED_ON, RingUse, Server, Waiting};
use store::postgres::Target;
use store::{OpenError, anchor::Anchor};

use super::{Findings, Status};
use crate::ambient::System;
use crate::config::serve::Serve;
use crate::terminal;

/// How far a clock may be behind what the database has seen, or beside what its server shows.
const BEHIND: Duration = Duration::from_secs(5);
/// No correct clock shows less: 2025-01-01.
const NO_EARLIER: Timestamp = Timestamp::from_millis(1_735_689_600_000);
/// A daily backup that is late.
const LATE: Duration = Duration::from_hours(26);

/// Keys, schema, soundness, trail and clock mark of the database.
pub(super) fn database(
    config: &Serve,
    looked: Result<Option<Database>, OpenError>,
    found: &mut Findings,
) {
    let now = System.now();
    match looked {
        Ok(None) => found.add("database", Status::Ok, "none yet"),
        Ok(Some(database)) => {
            contents(config, &database, found);
            if let Some(mark) = database.time_mark
                && now.plus(BEHIND) < mark
            {
                let seconds = now.until(mark).as_secs();
                let text = format!("{seconds} s behind what the database has seen: set the clock");
                found.add("clock", Status::Fault, text);
                return;
            }
        }
        Err(error) => found.add("database", Status::Fault, error.to_string()),
    }
    if now >= NO_EARLIER {
        found.add("clock", Status::Ok, "not behind anything that is known");
    } else {
        found.add("clock", Status::Fault, "it shows a year that is over: set the clock");
    }
}

fn contents(config: &Serve, database: &Database, found: &mut Findings) {
    found.add("keys", Status::Ok, ring(&database.rings));
    let (schema, known) = (database.schema, database.known);
    let text = if schema == known {
        format!("sound; schema {schema} is this program's")
    } else {
        format!("sound; schema {schema}, brought to {known} at the next start")
    };
    found.add("database", Status::Ok, text);
    match database.trail {
        Ok(events) => found.add("trail", Status::Ok, format!("{events} events, unbroken")),
        Err(fault) => {
            let text = format!(
                "the audit trail: {fault}. Keep a copy of the database as it is, find out who wrote to it, \
                 and restore the latest backup whose trail is whole"
            );
            found.add("trail", Status::Fault, text);
        }
    }
    let mut waits = database.waiting;
    if config.blobs.is_some() {
        // They are in the bucket.
        waits.without_file = 0;
    }
    waiting(waits, found);
    let taken = terminal::bytes(database.live_bytes);
    let most = config.limits.max_total;
    // Nine tenths: soon senders are refused.
    let nearly = database.live_bytes > most.saturating_sub(most.saturating_div(10));
    let status = if nearly { Status::Warning } else { Status::Ok };
    let text = format!("{taken} of {} taken (max-stored)", terminal::bytes(most));
    found.add("stored", status, text);
}

/// That the keys belong to the database, and how far those of the ring have turned.
fn ring(rings: &[RingUse]) -> String {
    let mut text = "they belong to this database".to_owned();
    for RingUse { ring, secrets, columns, active } in rings {
        let people = if *columns { " and that of what is known about people" } else { "" };
        let wraps = if *active { ", and wraps what is new" } else { "" };
        // A string takes everything.
        let _written =
            write!(text, "; ring {} has wrapped {secrets} keys{people}{wraps}", ring.get());
    }
    text
}

fn waiting(waiting: Waiting, found: &mut Findings) {
    let Waiting { secrets, without_key, without_file } = waiting;
    if without_key > 0 {
        let text = format!(
            "{without_key} of {secrets} have no key: a copy was restored without secret.keys. If that file \
             is still somewhere, put it back before the next start, which ends them as lost"
        );
        found.add("waiting", Status::Warning, text);
    }
    if without_file > 0 {
        let text = format!(
            "{without_file} of {secrets} are large and their files are not in blobs/: put these back. Until \
             then their readers are told that they cannot be opened, and nothing is used up"
        );
        found.add("waiting", Status::Fault, text);
    }
    if without_key == 0 && without_file == 0 {
        found.add("waiting", Status::Ok, format!("{secrets} secrets, each with all it needs"));
    }
}

/// What the database server promises, as far as the laws rest on it.
pub(super) fn server(target: &Target, looked: Result<Server, OpenError>, found: &mut Findings) {
    let server = match looked {
        Ok(server) => server,
        Err(error) => return found.add("database server", Status::Fault, error.to_string()),
    };
    let text = format!("PostgreSQL {} at {target}", server.version);
    found.add("database server", Status::Ok, text);
    let name = "database connection";
    if target.is_encrypted() {
        found.add(name, Status::Ok, "encrypted, the server's certificate is verified");
    } else if target.is_local() {
        found.add(name, Status::Ok, "does not leave this machine");
    } else {
        let text = "NOT encrypted: whoever listens on the way can change what is kept. Take \
                    sslmode=disable out of the address";
        found.add(name, Status::Warning, text);
    }
    for (setting, value) in RELIED_ON.into_iter().zip(&server.settings) {
        promise(setting, value, found);
    }
    let now = System.now();
    let beside = now.until(server.time).max(server.time.until(now));
    if beside > BEHIND {
        let text = format!("{} s beside that of this machine: run NTP on both", beside.as_secs());
        found.add("database clock", Status::Fault, text);
    } else {
        found.add("database clock", Status::Ok, "shows the time of this machine");
    }
}

fn promise(setting: &'static str, value: &str, found: &mut Findings) {
    let (status, text) = match (setting, value) {
        ("fsync", "off") => (
            Status::Fault,
            "off: a power cut loses secrets and may damage everything. Switch it on",
        ),
        ("full_page_writes", "off") => (
            Status::Warning,
            "off: a power cut may damage the database, unless the disk never tears a page",
        ),
        ("synchronous_commit", "local" | "remote_write") => (
            Status::Warning,
            "an answer does not wait until a standby has it on disk: with the primary may go what was \
             acknowledged. Set it to on",
        ),
        ("synchronous_standby_names", "") => (
            Status::Ok,
            "none: everything is on one machine, and lost with it. For another, see docs/guide/scaling.md",
        ),
        ("autovacuum", "off") => (
            Status::Warning,
            "off: what has ended keeps its room, and tables grow for ever. Switch it on",
        ),
        _ => (Status::Ok, value),
    };
    found.add(setting, status, text);
}

/// Whether the database goes on where the anchor was.
pub(super) fn anchor(anchor: &Anchor, held: Result<(), OpenError>, found: &mut Findings) {
    let name = "anchor";
    let shown = anchor.path().display();
    match (held, anchor.path().exists()) {
        (Ok(()), true) => {
            found.add(name, Status::Ok, format!("{shown}: the database has all that it knows"));
        }
        (Ok(()), false) => {
            found.add(
                name,
                Status::Ok,
                format!("{shown} is not there yet: `sigill serve` makes it"),
            );
        }
        (Err(error), _) => found.add(name, Status::Fault, error.to_string()),
    }
}

/// Whether the bucket can be used, and is this database's.
pub(super) fn bucket(target: &BucketTarget, bound: Result<bool, OpenError>, found: &mut Findings) {
    let name = "bucket";
    match bound {
        Ok(true) => {
            let text = format!("{target} can be read and written, and is this database's");
            found.add(name, Status::Ok, text);
        }
        Ok(false) => {
            let text = format!("{target} can be read and written; `sigill serve` makes it its own");
            found.add(name, Status::Ok, text);
        }
        Err(error) => found.add(name, Status::Fault, format!("{target}: {error}")),
    }
}

/// The newest backup in `dir`: how old, whether whole, and whether it brings back what has ended.
pub(super) fn backups(dir: &Path, found: &mut Findings) {
    let name = "backups";
    let newest = match newest(dir) {
        Ok(Some(newest)) => newest,
        Ok(None) => {
            let text = format!("there is none in {}", dir.display());
            return found.add(name, Status::Fault, text);
        }
        Err(error) => {
            return found.add(name, Status::Fault, format!("{}: {error}", dir.display()));
        }
    };
    let (path, Ok(metadata)) = (newest.path(), newest.metadata()) else { return };
    let shown = path.display();
    let backup = match inspect::backup(&path) {
        Ok(backup) => backup,
        Err(error) => return found.add(name, Status::Fault, format!("{shown}: {error}")),
    };
    let made = Timestamp::from_millis(metadata.mtime().saturating_mul(1000));
    let age = made.until(System.now());
    let mode = metadata.mode() & 0o777;
    match backup.trail {
        Ok(events) if age > LATE => {
            let hours = age.as_secs().saturating_div(3600);
            let text = format!("the newest, {shown} with {events} events, is {hours} hours old");
            found.add(name, Status::Warning, text);
        }
        Ok(events) => {
            found.add(name, Status::Ok, format!("{shown} is whole, and has {events} events"));
        }
        Err(fault) => {
            found.add(name, Status::Fault, format!("{shown}: the audit trail: {fault}"));
        }
    }
    if backup.with_keys {
        let text = format!(
            "{shown} holds the keys of secrets: restored, it brings back what was burned since. Remove it \
             once everything has moved"
        );
        found.add(name, Status::Warning, text);
    }
    if mode & 0o077 != 0 {
        found.add(name, Status::Warning, format!("{shown} has mode {mode:o}: chmod go= {shown}"));
    }
}

fn newest(dir: &Path) -> io::Result<Option<DirEntry>> {
    let mut newest = None;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        let made = (metadata.mtime(), metadata.mtime_nsec());
        if metadata.is_file() && newest.as_ref().is_none_or(|(before, _)| made > *before) {
            newest = Some((made, entry));
        }
    }
    Ok(newest.map(|(_, entry)| entry))
}
