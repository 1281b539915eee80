//! Backups, restores and migrations of the real program: what was burned stays dead, what waits goes on
//! waiting, and a secret never has two lives (law 4, R56).

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod backups;
mod migrations;

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::json;
use tempfile::TempDir;
use testkit::calls::{self, Shared, acknowledge, burn, claim, claim_token, fate, fetch};
use testkit::secrets::Sealed;
use testkit::{Ask, Dice, Process};

const PROGRAM: &str = env!("CARGO_BIN_EXE_sigill");

/// A directory in which everything happens.
struct House {
    dir: TempDir,
    dice: Dice,
}

impl House {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), dice: Dice::new(5) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The program on a data directory, with these options.
    async fn serve(&self, data: &Path, options: &[&str]) -> Process {
        // The directory moves along with what is in the database.
        let options = [&["--limits", "off", "--blobs", "directory"], options].concat();
        Process::start(Path::new(PROGRAM), data, &self.path("log"), &options).await
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.env_clear().current_dir(self.dir.path()).args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// What a command says that does what it should.
    fn told(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{arguments:?}: {said}");
        said
    }

    /// What a command says that refuses.
    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{arguments:?}: {said}");
        said
    }

    /// A fresh data directory with the keys of the server that runs on `data`.
    fn beside(&self, data: &Path, name: &str) -> PathBuf {
        let fresh = self.path(name);
        fs::create_dir(&fresh).unwrap();
        fs::copy(data.join("server.keys"), fresh.join("server.keys")).unwrap();
        fresh
    }

    async fn share(&self, address: SocketAddr) -> Shared {
        calls::share(address, Sealed::text("hush", None, &self.dice), &json!({})).await
    }
}

/// One secret of each kind, in the middle of its life.
struct Lives {
    small: Shared,
    large: Shared,
    locked_by_passphrase: Shared,
    half_used: Shared,
    delivering: (Shared, String),
    opened: Shared,
    burned: Shared,
}

impl Lives {
    async fn begin(house: &House, at: SocketAddr) -> Self {
        let share = async |text: &str, passphrase: Option<&str>, views: u32| {
            let sealed = Sealed::text(text, passphrase, &house.dice);
            calls::share(at, sealed, &json!({ "views": views })).await
        };
        let must = async |ask: Ask, status: u16| assert_eq!(ask.of(at).await.status, status);
        let half_used = share("hush", None, 2).await;
        must(claim(&half_used, &claim_token(&house.dice)), 200).await;
        let (delivering, token) = (share("hush", None, 1).await, claim_token(&house.dice));
        must(claim(&delivering, &token), 200).await;
        let (opened, other) = (share("hush", None, 1).await, claim_token(&house.dice));
        must(claim(&opened, &other), 200).await;
        must(acknowledge(&opened.id, &other), 204).await;
        let burned = share("hush", None, 1).await;
        must(burn(&burned.receipt), 200).await;
        Self {
            small: share("hush", None, 1).await,
            large: share(&"x".repeat(200_000), None, 1).await,
            locked_by_passphrase: share("hush", Some("right"), 1).await,
            half_used,
            delivering: (delivering, token),
            opened,
            burned,
        }
    }

    /// Everything is as it was.
    async fn go_on(&self, house: &House, at: SocketAddr) {
        let token = || claim_token(&house.dice);
        for (gone, state) in [(&self.opened, "opened"), (&self.burned, "burned")] {
            assert_eq!(fate(at, &gone.receipt).await.0, state);
            assert_eq!(claim(gone, &token()).of(at).await.status, 404);
        }
        let (delivering, theirs) = &self.delivering;
        let again = fetch(&delivering.id, theirs).of(at).await;
        assert_eq!(again.body, delivering.sealed.envelope, "the lease goes on");
        assert_eq!(claim(delivering, &token()).of(at).await.status, 404);
        assert_eq!(fate(at, &self.half_used.receipt).await.1, ["created", "opened"]);
        assert_eq!(fate(at, &self.small.receipt).await.0, "waiting");
    }

    /// What waits opens, once.
    async fn end(&self, house: &House, at: SocketAddr) {
        let all = [&self.small, &self.large, &self.locked_by_passphrase, &self.half_used];
        for shared in all {
            let mine = claim_token(&house.dice);
            let answer = claim(shared, &mine).of(at).await;
            assert_eq!((answer.status, &answer.body), (200, &shared.sealed.envelope));
            assert_eq!(acknowledge(&shared.id, &mine).of(at).await.status, 204);
            assert_eq!(claim(shared, &claim_token(&house.dice)).of(at).await.status, 404);
        }
    }
}
