//! Every way in which a command of the sender's or the reader's ends, and that none of the bad ones
//! uses a secret up.

use std::fs;
use std::process::Command;

use crate::support::{
    House, Line, Run, answer_of, answering, answering_with, end_of, free_port, link_to, noise, run,
    signal, spawn, until,
};
use rustix::process::Signal;

/// Opens with a passphrase in the environment.
fn open(house: &House, link: &str, passphrase: &str) -> Run {
    run(house.command(&["open", link]).env("SIGILL_PASSPHRASE", passphrase), b"")
}

#[test]
fn a_wrong_passphrase_consumes_nothing() {
    let house = House::new();
    // Spaces count, and two ways to write one letter are one letter (R50).
    fs::write(house.path("passphrase"), " caf\u{e9} lantern \nignored\n").unwrap();
    let link = house.share(b"x", &["--passphrase-file", "passphrase"]);
    let wrong = open(&house, &link, "caf\u{e9} lantern").ends(4);
    assert!(
        wrong.err.contains("did not match") && wrong.err.contains("Tries left: 4"),
        "{wrong:?}"
    );
    let missing = house.run(&["open", &link], b"").ends(4);
    assert!(missing.err.contains("SIGILL_PASSPHRASE") && missing.err.contains("Nothing was lost"));
    assert_eq!(open(&house, &link, " cafe\u{301} lantern ").ends(0).out, b"x");
    open(&house, &link, " caf\u{e9} lantern ").ends(3);
    // A passphrase in the environment does not hurt a link that needs none.
    let plain = house.share(b"y", &[]);
    assert_eq!(open(&house, &plain, "lantern").ends(0).out, b"y");
    let mut empty = house.command(&["share"]);
    run(empty.env("SIGILL_PASSPHRASE", ""), b"x").ends(4);
}

#[test]
fn failures_lock_until_the_sender_unlocks_or_burn() {
    let house = House::new();
    let share = |options: &[&str]| {
        let mut command = house.command(&["share", "--json", "--failed-passphrases", "1"]);
        let json = run(command.args(options).env("SIGILL_PASSPHRASE", "p"), b"x").ends(0).json();
        (json["link"].as_str().unwrap().to_owned(), json["receipt"].as_str().unwrap().to_owned())
    };
    let (link, receipt) = share(&[]);
    open(&house, &link, "q").ends(4);
    open(&house, &link, "p").ends(3);
    let told = house.run(&["receipt"], receipt.as_bytes()).ends(0);
    assert!(told.text().contains("locked after too many wrong passphrases"), "{told:?}");
    assert!(told.text().contains("Wrong passphrases: 1; 1 lock it"), "{told:?}");
    let unlocked = house.run(&["receipt", "--unlock", "--json"], receipt.as_bytes()).ends(0);
    assert_eq!(unlocked.json()["outcome"], "unlocked");
    let unlocked = house.run(&["receipt", "--unlock"], receipt.as_bytes()).ends(0);
    assert_eq!(unlocked.text(), "It was not locked.");
    assert_eq!(open(&house, &link, "p").ends(0).out, b"x");

    let (link, receipt) = share(&["--when-failed", "burn"]);
    // "Nothing was lost" would not be true for the one that burns it.
    open(&house, &link, "q").ends(3);
    open(&house, &link, "p").ends(3);
    let told = house.run(&["receipt", "--json"], receipt.as_bytes()).ends(0);
    assert_eq!(told.json()["state"], "burned");
}

#[test]
fn a_damaged_link_is_recognised_without_the_server() {
    let mut house = House::new();
    let link = house.share(b"x", &[]);
    house.stop();
    let key = link.find('#').unwrap() + 1;
    let other = if link.ends_with('2') { '3' } else { '2' };
    let mut mistyped = link.clone();
    mistyped.pop();
    mistyped.push(other);
    for (damaged, says) in [
        (&link[..link.len() - 1], "the end is missing"),
        (&link[..key + 3], "the end is missing"),
        (&link[..key], "after # is missing"),
        (&link[..key - 1], "after # is missing"),
        (&link[..key - 4], "the end is missing"),
        (&mistyped, "a character is wrong"),
        (&format!("{link}x"), "a character is wrong"),
        ("secrets.example/s/1", "a character is wrong"),
        ("http://localhost", "the end is missing"),
        ("", "a character is wrong"),
    ] {
        let refused = house.run(&["open"], damaged.as_bytes()).ends(5);
        assert!(refused.err.contains(says), "{damaged}: {refused:?}");
        assert!(refused.err.contains("nothing was lost"), "{refused:?}");
    }
    house.run(&["open", &link], b"").ends(6);
}

#[test]
fn a_receipt_follows_and_burns() {
    let house = House::new();
    let shared = house.run(&["share", "--json"], b"x").ends(0).json();
    let (link, receipt) = (shared["link"].as_str().unwrap(), shared["receipt"].as_str().unwrap());
    let told = house.run(&["receipt", "-"], receipt.as_bytes()).ends(0);
    assert!(
        told.text().contains("waiting to be opened") && told.text().contains("created (sender)")
    );
    // Its link names the server, wherever --server points.
    let mut command = house.command(&["burn", "--json", "--server", "http://127.0.0.1:1"]);
    let receipt_link = shared["receipt_link"].as_str().unwrap();
    let burned = run(command.env("SIGILL_RECEIPT", receipt_link), b"").ends(0).json();
    assert_eq!(
        (&burned["outcome"], &burned["receipt"]["state"]),
        (&"burned".into(), &"burned".into())
    );
    house.run(&["open", link], b"").ends(3);
    fs::write(house.path("receipt"), format!("{receipt}\n")).unwrap();
    assert!(house.run(&["burn", "receipt"], b"").ends(0).text().starts_with("Burned"));

    let shared = house.run(&["share", "--json"], b"x").ends(0).json();
    house.run(&["open"], shared["link"].as_str().unwrap().as_bytes()).ends(0);
    let late = house.run(&["burn"], shared["receipt"].as_str().unwrap().as_bytes()).ends(3);
    assert!(late.text().contains("Too late") && late.err.contains("Change what it protected"));

    house.run(&["receipt"], &receipt.as_bytes()[..40]).ends(5);
    house.run(&["receipt"], b"").ends(5);
    house.run(&["receipt", "not-there"], b"").ends(9);
    let stranger = House::new();
    let unknown = stranger.run(&["receipt"], receipt.as_bytes()).ends(3);
    assert!(unknown.err.contains("no such receipt"), "{unknown:?}");
}

#[test]
fn what_the_server_refuses_says_what_and_why() {
    let house = House::with(&["--max-lifetime", "1h", "--max-envelope", "2KiB"]);
    let refused = house.run(&["share", "--ttl", "2h"], b"x").ends(8);
    assert!(refused.err.contains("from 60 to 3600"), "{refused:?}");
    let refused = house.run(&["share", "--ttl", "1h"], &[b'x'; 4000]).ends(8);
    assert!(refused.err.contains("takes at most 2.00 KiB"), "{refused:?}");
    let full = House::with(&["--keep-free", "1000000GiB"]);
    let refused = full.run(&["share"], b"x").ends(7);
    assert!(refused.err.contains("There is no room"), "{refused:?}");
}

#[test]
fn what_cannot_be_reached_or_is_not_sigill_says_so() {
    let house = House::new();
    let closed = format!("http://127.0.0.1:{}", free_port());
    let nobody = house.run(&["share", "--server", &closed], b"x").ends(6);
    assert!(
        nobody.err.contains("refused") && nobody.err.contains("Nothing was shared"),
        "{nobody:?}"
    );
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello",
        "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        "SSH-2.0-OpenSSH\r\n",
    ] {
        let url = answering(answer.as_bytes().to_vec());
        house.run(&["share", "--server", &url], b"x").ends(6);
    }
}

#[test]
fn a_fault_of_the_servers_and_damage_on_the_way_are_told_apart() {
    let house = House::new();
    let document = br#"{"type":"urn:sigill:problem:undecryptable","title":"The server cannot open it now","status":503,"detail":"Nothing was lost.\u001b[2J\nsigill: all is well"}"#;
    let head = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        document.len()
    );
    let url = answering([head.as_bytes(), document].concat());
    let broken = house.run(&["open", &link_to(&url)], b"").ends(1);
    assert!(
        broken.err.contains("Nothing was lost") && !broken.err.contains('\u{1b}'),
        "{broken:?}"
    );
    assert_eq!(broken.err.lines().count(), 1, "the server wrote a line of its own: {broken:?}");

    let answer = "HTTP/1.1 200 OK\r\nsigill-lease-ends: 2030-01-01T00:00:00.000Z\r\n\
                  content-length: 90\r\nconnection: close\r\n\r\n";
    let url = answering([answer.as_bytes(), &[b'S'; 90]].concat());
    let damaged = house.run(&["open", &link_to(&url)], b"").ends(10);
    assert!(damaged.out.is_empty() && damaged.err.contains("does not open"), "{damaged:?}");
}

#[test]
fn plain_http_to_another_machine_is_refused_unless_it_is_wanted() {
    let house = House::new();
    let link = link_to("http://secrets.example");
    let refused = house.run(&["open", &link], b"").ends(2);
    assert!(
        refused.err.contains("plain http://") && refused.err.contains("--insecure"),
        "{refused:?}"
    );
}

/// The answer to a creation is lost; the secret is there once, and its link is handed out.
#[test]
fn a_creation_whose_answer_was_lost_is_asked_again() {
    let house = House::new();
    let (line, mut cuts) = (Line::new(), 0);
    let url = line.url();
    line.connect(&house.url, move |piece, _| {
        let created = piece.windows(11).any(|window| window == b"201 Created");
        cuts += i32::from(created);
        created && cuts == 1
    });
    let link = house.run(&["share", "--server", &url], b"once").ends(0).text();
    assert_eq!(house.run(&["open", &link], b"").ends(0).out, b"once");
    let creations = house.log().matches("status=201").count();
    assert_eq!(creations, 2, "{}", house.log());
}

#[test]
fn a_signal_leaves_nothing_half_written() {
    let house = House::new();
    for kind in [Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT] {
        // Whatever whoever runs the tests has ignored.
        let mut command = Command::new("/usr/bin/env");
        command.args(["--default-signal", env!("CARGO_BIN_EXE_sigill")]);
        let mut child = spawn(house.in_house(command.args(["share", "--receipt", "kept"])));
        let input = child.stdin.take();
        until("the receipt's file is there", || house.path("kept").exists());
        signal(&child, kind);
        assert_eq!(end_of(&mut child), Some(130), "{kind:?}");
        assert!(!house.path("kept").exists());
        drop(input);
    }
}

/// What was told to outlive its terminal does.
#[test]
fn nohup_is_respected() {
    let house = House::new();
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "trap '' HUP; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_sigill")]);
    let mut child = spawn(house.in_house(command.args(["share", "--receipt", "kept"])));
    let input = child.stdin.take();
    until("the receipt's file is there", || house.path("kept").exists());
    signal(&child, Signal::HUP);
    drop(input);
    assert_eq!(end_of(&mut child), Some(0));
}

/// Law 3: what is sealed twice under one key is the same.
#[test]
fn a_file_that_changes_between_two_attempts_is_not_shared() {
    let house = House::new();
    noise(&house.path("noise"), 200_000);
    let (line, path) = (Line::new(), house.path("noise"));
    let (url, mut cuts) = (line.url(), 0);
    line.connect(&house.url, move |piece, _| {
        let created = piece.windows(11).any(|window| window == b"201 Created");
        if created && cuts == 0 {
            cuts += 1;
            let mut bytes = fs::read(&path).unwrap();
            bytes[100_000] ^= 1;
            fs::write(&path, bytes).unwrap();
            return true;
        }
        false
    });
    let refused = house.run(&["share", "noise", "--server", &url], b"").ends(9);
    let says = "the file changed while it was sent. Nothing was shared.";
    assert!(refused.out.is_empty() && refused.err.contains(says), "{refused:?}");
}

/// The address comes from the server, and a terminal and a reader get it.
#[test]
fn a_link_that_the_server_made_up_is_not_handed_out() {
    let house = House::new();
    let limits = answer_of(&house.url, "/v1/limits");
    let shared = house.run(&["share", "--json"], b"x").ends(0).json();
    let id = shared["id"].as_str().unwrap().to_owned();
    let share = |url: String| {
        let (limits, mut created) = (limits.clone(), shared.clone());
        for own in ["link", "receipt", "receipt_link"] {
            created.as_object_mut().unwrap().remove(own);
        }
        created["url"] = url.into();
        let body = created.to_string();
        let head =
            "HTTP/1.1 201 Created\r\ncontent-type: application/json\r\nconnection: close\r\n";
        let created = format!("{head}content-length: {}\r\n\r\n{body}", body.len()).into_bytes();
        let server = answering_with(move |first| {
            if first.contains("/v1/limits") { limits.clone() } else { created.clone() }
        });
        house.run(&["share", "--server", &server], b"x")
    };
    for url in [
        format!("https://a\u{1b}]0;x\u{7}.test/s/{id}"),
        format!("https://a\nb.test/s/{id}"),
        format!("https://\u{430}.test/s/{id}"),
        "https://a.test/s/1111111111111111111111".to_owned(),
        format!("https://a.test:x/s/{id}"),
    ] {
        let refused = share(url).ends(6);
        assert!(refused.out.is_empty() && !refused.err.contains('\u{1b}'), "{refused:?}");
    }
    let told = share(format!("https://a.test/s/{id}")).ends(0);
    assert!(told.text().starts_with("https://a.test/s/"), "{told:?}");
    assert!(told.err.contains("the link leads to https://a.test"), "{told:?}");
}
