//! Files through the command line: whole, in bounded memory, under names that do no harm, across lines
//! that break.

use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Stdio};

use crate::support::{
    House, Line, answering, end_of, link_to, names, noise, program, run, signal, until,
};
use rustix::process::Signal;
use testkit::forge::{self, Forge};

#[test]
fn files_arrive_whole_and_nothing_is_overwritten() {
    let house = House::new();
    let dir = house.path("in");
    fs::create_dir(&dir).unwrap();
    noise(&dir.join("noise"), 300_000);
    fs::write(dir.join("empty"), b"").unwrap();
    fs::write(dir.join("\u{fc}ml\u{e4}ut n.txt"), b"x\n").unwrap();
    let link = house.share(b"", &["in/noise", "in/empty", "in/\u{fc}ml\u{e4}ut n.txt"]);
    fs::create_dir(house.path("out")).unwrap();
    // Several files need a place; saying so uses nothing up.
    house.run(&["open", &link], b"").ends(2);
    house.run(&["open", &link, "--out", "one"], b"").ends(2);
    // What is there stays, and nothing of the rest is left behind.
    fs::write(house.path("out/empty"), b"mine").unwrap();
    let refused = house.run(&["open", &link, "--out", "out"], b"").ends(9);
    assert!(refused.err.contains("not overwritten") && refused.err.contains("kept for you"));
    assert_eq!(names(&house.path("out")), ["empty"]);
    fs::remove_file(house.path("out/empty")).unwrap();

    let opened = house.run(&["open", &link, "--out", "out", "--json"], b"").ends(0).json();
    assert_eq!(opened["kind"], "files");
    assert_eq!(opened["files"][0]["path"], "out/noise");
    assert_eq!(opened["files"][0]["size"], 300_000);
    assert_eq!(names(&house.path("out")), names(&dir));
    for name in names(&dir) {
        let path = house.path("out").join(&name);
        assert_eq!(fs::read(&path).unwrap(), fs::read(dir.join(&name)).unwrap(), "{name}");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }
    house.run(&["open", &link, "--out", "out"], b"").ends(3);
}

#[test]
fn one_file_goes_to_standard_output_or_under_a_name_of_ones_own() {
    let house = House::new();
    noise(&house.path("noise"), 70_000);
    let bytes = fs::read(house.path("noise")).unwrap();
    let link = house.share(b"", &["noise"]);
    assert_eq!(house.run(&["open", &link], b"").ends(0).out, bytes);
    let link = house.share(&bytes, &["--name", "key.bin"]);
    house.run(&["open", &link, "--out", "mine"], b"").ends(0);
    assert_eq!(fs::read(house.path("mine")).unwrap(), bytes);
    // A text goes into a file as it is.
    let link = house.share(b"text\n", &[]);
    house.run(&["open", &link, "--out", "mine"], b"").ends(9);
    house.run(&["open", &link, "--out", "no/where"], b"").ends(9);
    house.run(&["open", &link, "--out", "text"], b"").ends(0);
    assert_eq!(fs::read(house.path("text")).unwrap(), b"text\n");
}

#[test]
fn what_cannot_be_shared_says_why() {
    let house = House::new();
    fs::create_dir(house.path("a")).unwrap();
    for name in ["a/x", "x"] {
        fs::write(house.path(name), b"x").unwrap();
    }
    for (arguments, code, says) in [
        (&["share", "not-there"][..], 9, "Nothing was shared"),
        (&["share", "a"], 2, "no regular file"),
        (&["share", "x", "a/x"], 2, "same name"),
        (&["share", "x", "a/x", "--name", "y"], 2, "--name"),
        (&["share", "--name", "../x"], 2, "slashes"),
        (&["share", "--name", "..", "x"], 2, "slashes"),
    ] {
        let refused = house.run(arguments, b"x").ends(code);
        assert!(refused.out.is_empty() && refused.err.contains(says), "{arguments:?}: {refused:?}");
    }
    let large = vec![b'x'; (16 << 20) + 1];
    let refused = house.run(&["share"], &large).ends(2);
    assert!(refused.err.contains("more than 16.00 MiB"), "{refused:?}");
}

#[test]
fn names_from_the_envelope_do_no_harm() {
    let house = House::new();
    for (name, saved) in [(".bashrc", "_.bashrc"), ("-rf", "_-rf"), ("~root", "_~root")] {
        let link = house.share(b"x", &[&format!("--name={name}")]);
        fs::create_dir(house.path("out")).unwrap();
        house.run(&["open", &link, "--out", "out"], b"").ends(0);
        assert_eq!(names(&house.path("out")), [saved]);
        fs::remove_dir_all(house.path("out")).unwrap();
    }
}

/// A sealer who does what the format forbids reaches nothing outside of the directory.
#[test]
fn a_name_that_leads_elsewhere_is_refused_with_the_whole_secret() {
    let house = House::new();
    let forge = Forge { key: [7; 32], passphrase: None };
    for name in
        ["../evil", "/tmp/evil", "..", "a/../../evil", "\u{1b}]0;evil\u{7}", "a\0b", "c:\\evil"]
    {
        let manifest = forge::manifest(3, &[forge::item(0, name.as_bytes(), b"", 4)]);
        let envelope = forge.envelope(&forge::padded(&[&manifest[..], b"evil"].concat()));
        let head = format!(
            "HTTP/1.1 200 OK\r\nsigill-lease-ends: 2030-01-01T00:00:00.000Z\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n",
            envelope.len()
        );
        let url = answering([head.as_bytes(), &envelope].concat());
        fs::create_dir(house.path("out")).unwrap();
        for target in [&["--out", "out"][..], &["--out", "file"], &[]] {
            let link = link_to(&url);
            let open = [&["open", &link], target].concat();
            let refused = house.run(&open, b"").ends(10);
            assert!(refused.out.is_empty() && !refused.err.contains('\u{1b}'), "{refused:?}");
        }
        assert!(names(&house.path("out")).is_empty() && !house.path("file").exists());
        fs::remove_dir(house.path("out")).unwrap();
    }
    // The same by the rules arrives: the refusal is the name's.
    let manifest = forge::manifest(3, &[forge::item(0, b"good", b"", 4)]);
    let envelope = forge.envelope(&forge::padded(&[&manifest[..], b"fine"].concat()));
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", envelope.len());
    let url = answering([head.as_bytes(), &envelope].concat());
    assert_eq!(house.run(&["open", &link_to(&url)], b"").ends(0).out, b"fine");
}

/// Law 2: what could not be written was not delivered.
#[test]
fn a_full_disk_uses_nothing_up() {
    let house = House::new();
    let link = house.share(b"precious", &[]);
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut command = house.command(&["open", &link]);
    command.stdout(full).stdin(Stdio::null()).stderr(Stdio::piped());
    let output = command.spawn().unwrap().wait_with_output().unwrap();
    let says = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(9), "{says}");
    assert!(says.contains("kept for you until 20"), "{says}");
    assert!(!house.log().contains("/ack"), "{}", house.log());
    // Somebody else gets nothing; the same user gets it again.
    let stranger = tempfile::tempdir().unwrap();
    run(program(stranger.path()).args(["open", &link]), b"").ends(3);
    assert_eq!(house.run(&["open", &link], b"").ends(0).out, b"precious");

    let link = house.share(b"precious", &["--strict"]);
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut command = house.command(&["open", &link]);
    command.stdout(full).stdin(Stdio::null()).stderr(Stdio::piped());
    let output = command.spawn().unwrap().wait_with_output().unwrap();
    assert!(String::from_utf8(output.stderr).unwrap().contains("at most once, and is gone"));
    house.run(&["open", &link], b"").ends(3);
}

#[test]
fn a_download_goes_on_where_it_broke() {
    let line = Line::new();
    let url = line.url();
    let house = House::with(&["--public-url", &url]);
    let mut cuts = 0;
    line.connect(&house.url, move |_, seen| {
        let cut = seen > 1_000_000 && cuts < 3;
        cuts += i32::from(cut);
        cut
    });
    noise(&house.path("noise"), 8 << 20);
    let link = house.share(b"", &["noise"]);
    assert!(link.starts_with(&url), "{link}");
    house.run(&["open", &link, "--out", "out"], b"").ends(0);
    assert_eq!(fs::read(house.path("out")).unwrap(), fs::read(house.path("noise")).unwrap());
    assert_eq!(house.log().matches("status=206").count(), 3, "{}", house.log());
}

#[test]
fn a_stopped_download_leaves_nothing_and_can_be_taken_up_again() {
    let line = Line::new();
    let url = line.url();
    let house = House::with(&["--public-url", &url]);
    // The line keeps silent after a megabyte until the test lets it go on.
    let (go_on, wait) = std::sync::mpsc::channel::<()>();
    line.connect(&house.url, move |_, seen| seen > 1_000_000 && wait.recv().is_err());
    noise(&house.path("noise"), 8 << 20);
    let link = house.share(b"", &["noise"]);
    fs::create_dir(house.path("out")).unwrap();
    let mut command = house.command(&["open", &link, "--out", "out"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    until("a part is there", || !names(&house.path("out")).is_empty());
    signal(&child, Signal::INT);
    assert_eq!(end_of(&mut child), Some(130));
    assert!(names(&house.path("out")).is_empty());
    for _ in 0..10_000 {
        go_on.send(()).unwrap();
    }
    house.run(&["open", &link, "--out", "out"], b"").ends(0);
    assert_eq!(fs::read(house.path("out/noise")).unwrap(), fs::read(house.path("noise")).unwrap());
}

/// A file that is whole is closed before the next one is begun.
#[test]
fn more_files_arrive_than_may_be_open() {
    let house = House::new();
    fs::create_dir(house.path("out")).unwrap();
    let files: Vec<_> = (100..200).map(|number| number.to_string()).collect();
    for name in &files {
        fs::write(house.path(name), name).unwrap();
    }
    let link = house.share(b"", &files.iter().map(String::as_str).collect::<Vec<_>>());
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "ulimit -n 64 && exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_sigill")]);
    command.args(["open", &link, "--out", "out"]).current_dir(house.dir.path());
    run(command.env_clear().env("HOME", house.dir.path()), b"").ends(0);
    assert_eq!(names(&house.path("out")), files);
    for name in files {
        assert_eq!(fs::read_to_string(house.path("out").join(&name)).unwrap(), name);
    }
}

/// The most memory that a process has had, in KiB, told by the system while it waits for us.
fn peak(child: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Three times the bound goes through, with a passphrase, whose derivation alone takes half of it.
#[test]
fn large_files_are_sealed_and_opened_below_64_mb() {
    const SIZE: u64 = 192 << 20;
    const MOST: u64 = 64_000_000 / 1024;
    let line = Line::new();
    let url = line.url();
    let house = House::with(&["--public-url", &url]);
    // The line holds the end of each answer back until the peak was read.
    let (go_on, wait) = std::sync::mpsc::channel::<()>();
    let (held, told) = std::sync::mpsc::channel::<()>();
    let mut times = 0;
    line.connect(&house.url, move |piece, seen| {
        let created = piece.windows(11).any(|window| window == b"201 Created");
        let last = u64::try_from(seen + piece.len()).unwrap() > SIZE;
        if (created && times == 0) || (last && times == 1) {
            times += 1;
            held.send(()).unwrap();
            return wait.recv().is_err();
        }
        false
    });
    noise(&house.path("noise"), SIZE);
    let start = |arguments: &[&str]| {
        let mut command = house.command(arguments);
        command.env("SIGILL_PASSPHRASE", "lantern").env("SIGILL_SERVER", &url);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        command.spawn().unwrap()
    };
    let finish = |child: Child| {
        told.recv().unwrap();
        let peak = peak(&child);
        go_on.send(()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert!(peak < MOST, "{peak} KiB");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let link = finish(start(&["share", "noise"]));
    finish(start(&["open", &link, "--out", "out"]));
    let (mut left, mut right) =
        (File::open(house.path("noise")).unwrap(), File::open(house.path("out")).unwrap());
    let (mut a, mut b) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    for _ in 0..SIZE >> 20 {
        left.read_exact(&mut a).unwrap();
        right.read_exact(&mut b).unwrap();
        assert!(a == b, "the file differs");
    }
    assert_eq!(right.read(&mut b).unwrap(), 0);
}
