//! Creating and opening on PostgreSQL, beside what the same server does for bare statements.
//!
//! The database is somebody's own ([`Options::database`]), empty, and set up as they like it. `pgbench` adds
//! rows of 1 KiB, each in a transaction of its own, with as many connections; nothing that is not that
//! lies between it and the disk.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::storing::{Sharing, Until, supply};
use super::{CONNECTIONS, keep};
use crate::figures::Round;
use crate::load::closed;
use crate::options::Options;
use crate::secrets::Dice;
use crate::server::Server;
use crate::void::Void;

/// How many secrets are sealed for one second of load.
const SUPPLY: u64 = 25_000;

const TABLE: &str = "DROP TABLE IF EXISTS bare;
CREATE TABLE bare (row BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body BYTEA NOT NULL);
ALTER TABLE bare ALTER COLUMN body SET STORAGE EXTERNAL;
";
const INSERT: &str = "INSERT INTO bare (body) VALUES (decode(repeat('a7', 1024), 'hex'));\n";

/// Measures both, one right after the other.
pub(super) async fn measure(options: &Options, round: &mut Round) -> Result<(), Void> {
    let Some(database) = &options.database else {
        return Err(Void::new("the scenario postgres needs --database and an empty database"));
    };
    bare(options, database, &["-t", "1"], TABLE)?;
    let (clients, seconds) = (CONNECTIONS.to_string(), options.span.as_secs().max(1).to_string());
    let load = ["-M", "prepared", "-c", &clients, "-T", &seconds];
    let insert = bare(options, database, &load, INSERT)?;
    round.put("pg-insert", insert);

    // The keys that belong to the database lie here: one directory serves all rounds.
    let data = options.scratch.join("postgres");
    fs::create_dir_all(&data)?;
    let server = Server::sharing(&options.program, &data, database).await?;
    let mut dice = Dice::new(6);
    let millis = u64::try_from(options.span.as_millis()).unwrap_or(u64::MAX);
    let count =
        usize::try_from(SUPPLY.saturating_mul(millis).div_euclid(1000)).unwrap_or(usize::MAX);
    let scripts = Sharing::on(CONNECTIONS, &supply(count, &mut dice)?, Until::Created);
    let run = closed(&server, scripts, options.span).await?;
    keep(round, ["pg-create", "pg-create-cpu", "pg-create-generator"], &run);
    round.put("pg-ratio", run.rate / insert);
    let scripts = Sharing::on(CONNECTIONS, &supply(count, &mut dice)?, Until::Acknowledged);
    let run = closed(&server, scripts, options.span).await?;
    keep(round, ["pg-cycle", "pg-cycle-cpu", "pg-cycle-generator"], &run);
    server.stop().await
}

/// Runs `script` with pgbench; how many transactions it did in a second.
fn bare(options: &Options, database: &str, arguments: &[&str], script: &str) -> Result<f64, Void> {
    let path = options.scratch.join("script.sql");
    fs::write(&path, script)?;
    let output = Command::new(pgbench())
        .arg("-n")
        .args(arguments)
        .arg("-f")
        .arg(&path)
        .arg(database)
        .output()
        .map_err(|error| {
            Void::new(format!("pgbench, of the Debian package postgresql: {error}"))
        })?;
    let said = String::from_utf8_lossy(&output.stdout);
    let rate = said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next());
    rate.and_then(|rate| rate.parse().ok()).filter(|_| output.status.success()).ok_or_else(|| {
        Void::new(format!("pgbench: {said}{}", String::from_utf8_lossy(&output.stderr)))
    })
}

/// Packages put it beside the server, where no shell looks.
fn pgbench() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let places = versions.map(|version| version.path().join("bin/pgbench"));
    places.filter(|place| place.exists()).max().unwrap_or_else(|| PathBuf::from("pgbench"))
}
