//! Several programs on one database (PostgreSQL), asked through their front doors, while whatever can
//! break between and beneath them breaks.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

mod away;
mod clocks;
mod copies;
mod doubt;
mod failover;
mod gone;
mod limits;
mod mails;
mod races;
mod uploads;

use std::fs;
use std::path::Path;

use serde_json::json;
use store::inspect;
use store::keys::KeySource;
use store::postgres::Target;
use tempfile::TempDir;
use testkit::calls::{self, Shared, burn, claim, claim_token};
use testkit::secrets::Sealed;
use testkit::{Answer, Dice, Process};

/// Programs that share a database.
struct Nodes {
    all: Vec<Process>,
    dice: Dice,
    dir: TempDir,
    database: String,
    options: &'static [&'static str],
}

impl Nodes {
    /// Starts `count` of them on the database at `address`, which take as many requests as come.
    async fn start(count: usize, address: &str) -> Self {
        Self::with(count, address, &["--limits", "off"]).await
    }

    /// Starts `count` of them with these options.
    async fn with(count: usize, address: &str, options: &'static [&'static str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (dice, database) = (Dice::new(3), address.to_owned());
        let mut nodes = Self { all: Vec::new(), dice, dir, database, options };
        for number in 0..count {
            let data = nodes.data(number);
            fs::create_dir(&data).unwrap();
            if number > 0 {
                // The first one has made the keys; the operator copies them.
                fs::copy(nodes.data(0).join("server.keys"), data.join("server.keys")).unwrap();
            }
            let process = nodes.process(number).await;
            nodes.all.push(process);
        }
        nodes
    }

    fn data(&self, number: usize) -> std::path::PathBuf {
        self.dir.path().join(format!("node{number}"))
    }

    async fn process(&self, number: usize) -> Process {
        let binary = Path::new(env!("CARGO_BIN_EXE_sigill"));
        let log = self.dir.path().join(format!("log{number}"));
        let options = [self.options, &["--database", &self.database]].concat();
        Process::start(binary, &self.data(number), &log, &options).await
    }

    /// Starts node `number` anew, after it was killed.
    async fn restart(&mut self, number: usize) {
        self.all[number] = self.process(number).await;
    }

    fn address(&self, number: usize) -> std::net::SocketAddr {
        self.all[number].address
    }

    /// A secret that waits, created on node `number`.
    async fn share(&self, number: usize) -> Shared {
        let sealed = Sealed::text("hush", None, &self.dice);
        calls::share(self.address(number), sealed, &json!({})).await
    }

    fn token(&self) -> String {
        claim_token(&self.dice)
    }

    /// What a visitor gets who asks for nothing that is there.
    async fn unavailable(&self) -> Answer {
        let gone = self.share(0).await;
        assert_eq!(burn(&gone.receipt).of(self.address(0)).await.status, 200);
        claim(&gone, &self.token()).of(self.address(0)).await.shape()
    }

    /// How many events the trail has; it must be whole.
    async fn trail(&self) -> i64 {
        let target = Target::parse(&self.database).unwrap();
        let database =
            inspect::remote(&target, &KeySource::in_directory(&self.data(0))).await.unwrap();
        database.unwrap().trail.unwrap()
    }
}
