//! Law 4 on whole directories: what was copied while the program ran, at whatever moment, opens nothing that has
//! ended; a copy that is put back, keys and all, is refused by the anchor; and what has ended leaves the log of the database even when there is always something to do (R42, R56).

#![expect(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use serde_json::json;
use tempfile::TempDir;
use testkit::calls::{self, Shared, acknowledge, burn, claim, claim_token};
use testkit::secrets::Sealed;
use testkit::{Canaries, Dice, Process, Server, directory, until};

const BINARY: &str = env!("CARGO_BIN_EXE_sigill");

/// A program on a directory, and copies of that.
struct House {
    dir: TempDir,
    dice: Dice,
}

impl House {
    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    async fn start(&self, data: &str) -> Process {
        self.start_with(data, &[]).await
    }

    async fn start_with(&self, data: &str, options: &[&str]) -> Process {
        let options = [&["--limits", "off"], options].concat();
        Process::start(Path::new(BINARY), &self.path(data), &self.path("log"), &options).await
    }

    /// What the program says that does not start.
    fn refuses(&self, data: &str, options: &[&str]) -> String {
        let mut command = Command::new(BINARY);
        command.env_clear().current_dir(self.dir.path());
        command.args(["serve", "--listen", "127.0.0.1:0", "--data", data]).args(options);
        let output = command.output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    }

    async fn share(
        &self,
        at: &Process,
        text: &str,
        passphrase: Option<&str>,
        views: u32,
    ) -> Shared {
        let sealed = Sealed::text(text, passphrase, &self.dice);
        calls::share(at.address, sealed, &json!({ "expires_in": 31_536_000, "views": views })).await
    }

    /// The status of an answer to somebody who holds link and passphrase, and their claim token.
    async fn open(&self, at: &Process, shared: &Shared) -> (u16, String) {
        let token = claim_token(&self.dice);
        (claim(shared, &token).of(at.address).await.status, token)
    }

    /// How many of `secrets` open on the program in the directory `copy`.
    async fn opening(&self, copy: &str, secrets: &[&Shared]) -> usize {
        let process = self.start(copy).await;
        let mut count = 0;
        for shared in secrets {
            count += usize::from(self.open(&process, shared).await.0 == 200);
        }
        process.stop().await;
        count
    }

    /// Copies the directory as it is, with the file of keys and without.
    fn copy(&self, name: &str) -> [String; 2] {
        let [whole, without] = ["whole", "without"].map(|kind| format!("{name}-{kind}"));
        for to in [&whole, &without] {
            directory::copy(&self.path("data"), &self.path(to));
        }
        fs::remove_file(self.path(&without).join("secret.keys")).unwrap();
        [whole, without]
    }
}

/// The wrapped keys in `secret.keys`.
fn keys(dir: &Path) -> Canaries {
    let mut canaries = Canaries::default();
    for key in directory::keys(dir).values() {
        canaries.add("a key", key);
    }
    canaries
}

#[tokio::test]
async fn whatever_was_copied_opens_nothing_that_has_ended() {
    let house = House { dir: tempfile::tempdir().unwrap(), dice: Dice::new(23) };
    let process = house.start("data").await;
    let small = house.share(&process, "hush", None, 1).await;
    let large = house.share(&process, &"hush".repeat(50_000), None, 1).await;
    let guarded = house.share(&process, "hush", Some("correct horse"), 1).await;
    let half = house.share(&process, "hush", None, 2).await;
    let running = house.share(&process, "hush", None, 1).await;
    let all = [&small, &large, &guarded, &half, &running];
    let known = keys(&house.path("data"));
    let before = house.copy("before");

    let (status, token) = house.open(&process, &half).await;
    assert_eq!(status, 200);
    assert_eq!(acknowledge(&half.id, &token).of(process.address).await.status, 204);
    let (status, token) = house.open(&process, &running).await;
    assert_eq!(status, 200);
    let meanwhile = house.copy("meanwhile");

    for burned in [&small, &large, &guarded, &half] {
        assert_eq!(burn(&burned.receipt).of(process.address).await.status, 200);
    }
    assert_eq!(acknowledge(&running.id, &token).of(process.address).await.status, 204);
    // Not a minute later: now, with everything that is there.
    let after = house.copy("after");
    process.stop().await;
    let stopped = house.copy("stopped");

    // With its keys the first copy opens, so it is a good one.
    for copy in [&before[1], &meanwhile[1], &after[0], &after[1], &stopped[0], &stopped[1]] {
        assert_eq!(known.find_below(&house.path(copy)), None, "{copy}");
    }
    assert!(known.find_below(&house.path(&before[0])).is_some());
    assert_eq!(house.opening(&before[0], &all).await, all.len());
    for copy in [&before[1], &meanwhile[1], &after[0], &after[1], &stopped[0], &stopped[1]] {
        assert_eq!(house.opening(copy, &all).await, 0, "{copy}");
    }
}

/// A copy of everything, keys of secrets included, is put back: what was burned since would wait again. The
/// anchor knows better (R56).
#[tokio::test]
async fn an_older_copy_is_refused_and_opens_nothing_when_it_is_wanted() {
    let house = House { dir: tempfile::tempdir().unwrap(), dice: Dice::new(29) };
    let anchor = house.path("anchor").display().to_string();
    let process = house.start_with("data", &["--anchor", &anchor]).await;
    let burned = house.share(&process, "hush", None, 1).await;
    let waiting = house.share(&process, &"hush".repeat(50_000), None, 1).await;
    // The database may be ahead of the anchor, never behind.
    let [copied, _] = house.copy("copy");
    assert_eq!(burn(&burned.receipt).of(process.address).await.status, 200);
    process.stop().await;
    let noted = fs::read_to_string(&anchor).unwrap();
    assert!(noted.contains("event 3\n"), "{noted}");

    // The one that goes on where it was starts.
    house.start_with("data", &["--anchor", &anchor]).await.stop().await;
    let before = keys(&house.path(&copied));
    let says = house.refuses(&copied, &["--anchor", &anchor]);
    assert!(says.contains("ends with event 2") && says.contains("knows of event 3"), "{says}");
    let says = house.refuses("nothing", &["--anchor", &anchor]);
    assert!(says.contains("ends with event 0"), "{says}");
    // Nothing was changed: without the anchor the burned one would be back.
    assert!(before.find_below(&house.path(&copied)).is_some());
    directory::copy(&house.path(&copied), &house.path("went-on"));
    let process = house.start("went-on").await;
    assert_eq!(house.open(&process, &burned).await.0, 200, "or this test shows nothing");
    process.stop().await;
    let says = house.refuses("went-on", &["--anchor", &anchor]);
    assert!(says.contains("event 3 of the database is not the one"), "{says}");

    let process = house.start_with(&copied, &["--anchor", &anchor, "--after-restore"]).await;
    for shared in [&burned, &waiting] {
        assert_eq!(house.open(&process, shared).await.0, 404);
        let (state, events) = calls::fate(process.address, &shared.receipt).await;
        assert_eq!((state.as_str(), events), ("lost", vec!["created".into(), "lost".into()]));
    }
    until("no key is left", async || before.find_below(&house.path(&copied)).is_none()).await;
    assert_eq!(fs::read_dir(house.path(&copied).join("blobs")).unwrap().count(), 0);
    let fresh = house.share(&process, "hush", None, 1).await;
    process.stop().await;
    // From here on this is the one.
    let process = house.start_with(&copied, &["--anchor", &anchor]).await;
    assert_eq!(house.open(&process, &fresh).await.0, 200);
    process.stop().await;
    house.refuses("data", &["--anchor", &anchor]);

    fs::write(&anchor, "nonsense").unwrap();
    let says = house.refuses(&copied, &["--anchor", &anchor]);
    assert!(says.contains("is no anchor"), "{says}");
    let inside = house.path(&copied).join("anchor").display().to_string();
    assert!(house.refuses(&copied, &["--anchor", &inside]).contains("outside"));
}

#[tokio::test]
async fn the_log_is_emptied_when_there_is_always_something_to_do() {
    let server = Server::start().await;
    let log = server.data().join("sigill.db-wal");
    let length = || fs::metadata(&log).map_or(0, |metadata| metadata.len());
    let (address, dice) = (server.address, Arc::clone(&server.dice));
    let mut senders = tokio::task::JoinSet::new();
    for _ in 0..3 {
        let dice = Arc::clone(&dice);
        senders.spawn(async move {
            loop {
                let sealed = Sealed::text("hush", None, &*dice);
                let shared = calls::share(address, sealed, &json!({})).await;
                burn(&shared.receipt).of(address).await;
            }
        });
    }
    until("the log is long", async || length() > 500_000).await;
    let long = length();
    // It never shrinks but by being emptied.
    server.sweep().await;
    until("the log was emptied", async || length() < long).await;
    senders.shutdown().await;
}
