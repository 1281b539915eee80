//! The program on a disk that fills up (R32, law 2): what was answered is kept, everything else is refused
//! with a reason, and when there is room again it goes on without a restart.

use std::fs;
use std::thread;

use domain::entropy::draw;
use envelope::UploadToken;
use serde_json::json;
use testkit::calls::{Shared, base64url, claim, claim_token, terms};
use testkit::history::Asked;
use testkit::secrets::Sealed;
use testkit::{Ask, Connection, Dice, Process, until};

use crate::disk::{Disk, Faults, Left};
use crate::life::{LARGE, Life, Past};
use crate::{goes_on, run};

/// How many pages of room there are left: from nothing at all to what a few operations take.
const ROOMS: [usize; 12] = [0, 1, 2, 4, 7, 10, 14, 20, 28, 40, 60, 90];

/// The program on such a disk, at rest, with a life to be lived.
async fn started(past: &Past) -> (Disk, Process, Life) {
    let disk = Disk::new(past.data());
    let mut process = disk.start(Faults::Fill).await.unwrap();
    assert!(!disk.rests(&mut process).await);
    (disk, process, past.life(1))
}

/// The names of what lies in the directory of large secrets.
fn blobs(disk: &Disk) -> Vec<String> {
    let files = fs::read_dir(disk.data().join("blobs")).unwrap();
    let mut names: Vec<_> =
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn wherever_the_room_ends_what_was_said_is_true() {
    let past = run(Past::some());
    let lane = |rooms: &[usize]| {
        let lives = rooms.iter().map(|pages| {
            run(async {
                let (disk, process, mut life) = started(&past).await;
                disk.fill(*pages);
                let failed = life.muddle(process.address, 40).await;
                let faults = life.faults();
                assert!(faults.iter().all(|fault| fault == "storage-full"), "{faults:?}");
                disk.make_room();
                goes_on(&disk, process, life, &format!("{pages} pages")).await;
                failed
            })
        });
        lives.sum::<usize>()
    };
    let failed: usize = thread::scope(|scope| {
        let lanes: Vec<_> = ROOMS.chunks(3).map(|rooms| scope.spawn(move || lane(rooms))).collect();
        lanes.into_iter().map(|lane| lane.join().unwrap()).sum()
    });
    assert!(failed > 100, "only {failed} operations failed");
}

#[test]
fn without_any_room_nothing_is_used_up_and_whoever_only_looks_is_answered() {
    run(async {
        let past = Past::some().await;
        let (disk, process, mut life) = started(&past).await;
        let at = &mut Connection::open(process.address).await;
        disk.fill(0);
        assert!(!life.creates(at, 4).await);
        assert_eq!(life.faults(), ["storage-full"]);
        assert!(!life.creates(at, LARGE).await);
        assert_eq!(life.faults(), ["storage-full"]);
        life.open(at, 0).await.unwrap();
        assert_eq!(life.faults(), ["storage-full"]);
        assert_eq!(life.ask(at, 0, Asked::Burn).await.unwrap(), None);
        assert_eq!(life.faults(), ["storage-full"]);
        assert!(life.ask(at, 0, Asked::Follow).await.unwrap().is_some());
        assert_eq!(Ask::get("/healthz").of(process.address).await.status, 200);
        disk.make_room();
        goes_on(&disk, process, life, "no room").await;
    });
}

#[test]
fn a_start_without_room_says_so_and_the_next_one_works() {
    run(async {
        let past = Past::some().await;
        let disk = Disk::new(past.data());
        disk.fill(1);
        assert!(disk.start(Faults::Fill).await.is_none());
        let process = disk.restart(Left::ByTheProcess).await;
        let says = "sigill.db has no room to be opened: make room";
        assert!(process.log().contains(says), "{}", process.log());
        let concluded = past.life(1).conclude(process.address).await;
        assert!(concluded.is_ok(), "{}", concluded.unwrap_err());
    });
}

#[test]
fn without_room_for_a_large_secret_a_small_one_is_kept() {
    run(async {
        let past = Past::some().await;
        let (disk, process, mut life) = started(&past).await;
        let at = &mut Connection::open(process.address).await;
        let before = blobs(&disk);
        disk.fill(LARGE.div_ceil(4096) - 1);
        assert!(!life.creates(at, LARGE).await);
        assert_eq!(life.faults(), ["storage-full"]);
        assert!(process.log().contains("blobs"), "{}", process.log());
        assert_eq!(blobs(&disk), before, "nothing half-made is left");
        assert!(life.creates(at, 4).await);
        disk.make_room();
        assert!(life.creates(at, LARGE).await);
        goes_on(&disk, process, life, "no room for a large one").await;
    });
}

#[test]
fn without_room_for_its_key_no_secret_is_kept() {
    run(async {
        for pages in [0, 4, 15] {
            let past = Past::none();
            let (disk, process, mut life) = started(&past).await;
            let at = &mut Connection::open(process.address).await;
            disk.fill(pages);
            for _ in 0..2 {
                assert!(!life.creates(at, 4).await);
                assert_eq!(life.faults(), ["storage-full"]);
            }
            assert!(process.log().contains("secret.keys"), "{}", process.log());
            disk.make_room();
            assert!(life.creates(at, 4).await);
            goes_on(&disk, process, life, &format!("no room for keys, {pages} pages")).await;
        }
    });
}

#[test]
fn an_upload_goes_on_with_the_part_that_found_no_room() {
    run(async {
        let past = Past::some().await;
        let (disk, mut process, _) = started(&past).await;
        let dice = Dice::new(5);
        let sealed = Sealed::text(&"x".repeat(LARGE), None, &dice);
        let token = UploadToken::new(draw(&dice));
        let begin = Ask::post("/v1/uploads").json(&json!({
            "terms": terms(&sealed, &json!({})),
            "size": sealed.envelope.len(),
            "token_hash": base64url(token.hash().as_bytes()),
        }));
        let refused = async |ask: &Ask| {
            let answer = ask.of(process.address).await;
            assert_eq!((answer.status, &*answer.problem()), (503, "storage-full"));
            assert_eq!(answer.header("retry-after"), Some("60"));
        };
        let before = blobs(&disk);
        disk.fill(1);
        refused(&begin).await;
        assert_eq!(blobs(&disk), before);
        disk.make_room();
        let begun = begin.of(process.address).await;
        assert_eq!(begun.status, 201, "{}", begun.text());
        let path = format!("/v1/uploads/{}", begun.json()["id"].as_str().unwrap());
        let token = token.expose().to_string();
        let part = Ask::new("PUT", &format!("{path}/parts/0")).bearer(&token);
        let part = part.body("application/octet-stream", &*sealed.envelope);
        until("it rests", async || {
            fs::metadata(disk.data().join("sigill.db-wal")).unwrap().len() == 0
        })
        .await;
        disk.fill(9);
        refused(&part).await;
        let complete = Ask::post(&format!("{path}/complete")).bearer(&token);
        disk.make_room();
        assert_eq!(complete.of(process.address).await.problem(), "incomplete");
        assert_eq!(part.of(process.address).await.status, 204);
        let shared = Shared::new(sealed, &complete.of(process.address).await);
        process.kill();
        let process = disk.restart(Left::ByThePowerCut).await;
        let revealed = claim(&shared, &claim_token(&dice)).of(process.address).await;
        assert!(revealed.body == shared.sealed.envelope, "byte for byte");
    });
}
