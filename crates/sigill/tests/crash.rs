//! `kill -9` at random instants around create and claim, on the real program (laws 1 and 2, R3).
//!
//! Each run starts the program on the directory that the last one left, settles what that one left open,
//! sets many senders and readers loose at once, and kills the program somewhere in the middle. What the
//! program has said to anybody must be true afterwards, whenever it died.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::calls::{self, Shared, acknowledge, claim, claim_token, create, fetch, follow};
use testkit::secrets::Sealed;
use testkit::{Dice, Process};
use tokio::sync::Mutex;

/// How often the program is killed at least, and at most to catch it in the middle of so many stories.
const RUNS: (usize, usize) = (200, 1000);
/// How many secrets there must have been to be lost, and how many of them with an open end.
const STORIES: (usize, usize) = (200, 50);
/// How many senders are at work when it is.
const SENDERS: u64 = 6;
/// How many readers want each secret.
const READERS: usize = 2;

/// How far one reader has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reached {
    /// They have not asked yet.
    Nothing,
    /// They have asked, and heard nothing, or that there is nothing for them.
    Asked,
    /// They have at least a byte of the envelope, and have said so.
    Envelope,
    /// And have heard that this was heard.
    Heard,
}

/// One who wants a secret.
struct Reader {
    token: String,
    reached: Reached,
}

/// One secret, created for certain, and who wants it.
struct Story {
    shared: Shared,
    readers: Vec<Reader>,
}

type Stories = Arc<Mutex<Vec<Story>>>;

/// Creates a secret; lets all readers claim it at once; the winner acknowledges. Ends with the program.
async fn live(address: SocketAddr, dice: Arc<Dice>, stories: Stories) {
    loop {
        let sealed = Sealed::text("hush", None, &*dice);
        let Some(answer) = create(&sealed, &json!({})).try_of(address).await else { return };
        if answer.cut {
            return;
        }
        // From here on the secret is acknowledged: it must not be lost.
        let shared = Shared::new(sealed, &answer);
        let fresh = || Reader { token: claim_token(&*dice), reached: Reached::Nothing };
        let asks: Vec<_> = (0..READERS).map(|_| fresh()).collect();
        let claims: Vec<_> = asks.iter().map(|reader| claim(&shared, &reader.token)).collect();
        let (id, envelope) = (shared.id.clone(), shared.sealed.envelope.clone());
        let place = {
            let mut stories = stories.lock().await;
            stories.push(Story { shared, readers: asks });
            stories.len() - 1
        };
        // Some secrets are left for the next run.
        if dice.roll().is_multiple_of(4) {
            continue;
        }
        let mut running = Vec::new();
        for (number, ask) in claims.into_iter().enumerate() {
            stories.lock().await[place].readers[number].reached = Reached::Asked;
            running.push(tokio::spawn(async move { ask.try_of(address).await }));
        }
        for (number, answer) in running.into_iter().enumerate() {
            let Some(answer) = answer.await.unwrap() else { continue };
            // One byte of it is enough to have been delivered.
            if answer.status != 200 {
                assert_eq!(answer.status, 404, "{}", answer.text());
                continue;
            }
            assert!(answer.cut || answer.body == envelope);
            let token = {
                let reader = &mut stories.lock().await[place].readers[number];
                reader.reached = Reached::Envelope;
                reader.token.clone()
            };
            let answer = acknowledge(&id, &token).try_of(address).await;
            if answer.is_some_and(|answer| answer.status == 204) {
                stories.lock().await[place].readers[number].reached = Reached::Heard;
            }
        }
    }
}

fn count(events: &[Value], kind: &str) -> usize {
    events.iter().filter(|event| event["kind"] == kind).count()
}

/// Whether the receipt fits what readers have heard; whether it says that the content was delivered.
fn judge(fate: &Value, readers: &[Reader]) -> bool {
    let events = fate["events"].as_array().unwrap();
    let reached = |least| readers.iter().filter(|reader| reader.reached >= least).count();
    let holders = reached(Reached::Envelope);
    assert!(holders <= 1, "two readers have one view");
    assert_eq!(count(events, "created"), 1);
    let (opened, delivered) = (count(events, "opened"), count(events, "delivered"));
    assert!((holders..=1).contains(&opened), "the receipt knows another reader: {events:?}");
    assert!(opened == 0 || reached(Reached::Asked) > 0, "opened by nobody: {events:?}");
    assert!((reached(Reached::Heard)..=holders).contains(&delivered), "{events:?}");
    let expected = match (opened, delivered) {
        (0, _) => "waiting",
        (_, 0) => "delivering",
        _ => "opened",
    };
    assert_eq!(fate["state"], expected, "{events:?}");
    delivered == 1
}

/// Whoever had the envelope gets it again; if nobody had it, one of all who ask. Never two.
async fn winner(address: SocketAddr, story: &Story) -> Option<usize> {
    let mut winner = None;
    for (number, reader) in story.readers.iter().enumerate() {
        let answer = claim(&story.shared, &reader.token).of(address).await;
        if answer.status == 200 {
            assert_eq!(answer.body, story.shared.sealed.envelope);
            assert_eq!(winner.replace(number), None, "two readers have one view");
        }
    }
    winner
}

/// What the program says now about a story of before, and whether it fits what it said then.
async fn settle(address: SocketAddr, story: &Story) {
    let Story { shared, readers } = story;
    let answer = follow(&shared.receipt).of(address).await;
    assert_eq!(answer.status, 200, "an acknowledged secret was lost: {}", answer.text());
    let delivered = judge(&answer.json(), readers);
    let winner = winner(address, story).await;
    assert_eq!(winner.is_none(), delivered);
    let holder = readers.iter().position(|reader| reader.reached >= Reached::Envelope);
    assert!(delivered || holder.is_none() || holder == winner, "the view went to somebody else");
    conclude(address, story, winner).await;
}

/// Takes the story to its end, as if nothing had happened.
async fn conclude(address: SocketAddr, story: &Story, winner: Option<usize>) {
    let Story { shared, readers } = story;
    let stranger = claim_token(&Dice::new(4711));
    assert_eq!(claim(shared, &stranger).of(address).await.status, 404);
    if let Some(winner) = winner {
        let token = &readers[winner].token;
        assert_eq!(fetch(&shared.id, token).of(address).await.body, shared.sealed.envelope);
        assert_eq!(acknowledge(&shared.id, token).of(address).await.status, 204);
    }
    let (state, kinds) = calls::fate(address, &shared.receipt).await;
    assert_eq!(state, "opened");
    assert_eq!(kinds, ["created", "opened", "delivered"]);
}

/// Says which seed to look at when the test fails.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("the seed was {}", self.0);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whenever_the_program_is_killed_what_it_has_said_is_true() {
    let seed = Seed(u64::from(std::process::id()));
    let dice = Arc::new(Dice::new(seed.0));
    let dir = tempfile::tempdir().unwrap();
    let (data, log) = (dir.path().join("data"), dir.path().join("log"));
    let binary = Path::new(env!("CARGO_BIN_EXE_sigill"));
    let mut left: Vec<Story> = Vec::new();
    let (mut runs, mut secrets, mut open) = (0, 0, 0);
    while runs < RUNS.0 || (runs < RUNS.1 && (secrets < STORIES.0 || open < STORIES.1)) {
        runs += 1;
        let mut process = Process::start(binary, &data, &log, &["--limits", "off"]).await;
        for story in &left {
            settle(process.address, story).await;
        }
        secrets += left.len();
        let told = |story: &&Story| story.readers.iter().any(|it| it.reached == Reached::Heard);
        open += left.iter().filter(|story| !told(story)).count();
        let stories: Stories = Arc::default();
        let running: Vec<_> = (0..SENDERS)
            .map(|_| {
                let dice = Arc::new(Dice::new(dice.roll()));
                tokio::spawn(live(process.address, dice, Arc::clone(&stories)))
            })
            .collect();
        // The instant is what is random here: microseconds decide what it hits.
        tokio::time::sleep(Duration::from_micros(dice.roll() % 60_000)).await;
        process.kill();
        for sender in running {
            sender.await.unwrap();
        }
        left = std::mem::take(&mut *stories.lock().await);
    }
    assert!(secrets >= STORIES.0, "only {secrets} secrets were there to be lost");
    assert!(open >= STORIES.1, "only {open} stories were cut off");
}
