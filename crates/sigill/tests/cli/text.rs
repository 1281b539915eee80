//! Text and fields through the command line: every byte arrives, once, and nothing shows on the way.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::{House, end_of, run, spawn, until};

#[test]
fn what_is_shared_is_opened_byte_for_byte_and_once() {
    let house = House::new();
    let long = vec![b'x'; 200_000];
    let texts: [&[u8]; 8] = [
        b"correct horse battery staple",
        b"with a line end\n",
        b"",
        b"  spaces \t and\r\nlines\n\n",
        "\u{fc}ml\u{e4}ut \u{1f511} e\u{301}".as_bytes(),
        b"\x1b[31mescape\x07\x00null",
        b"\xff\xfe not utf-8 \x80\x00",
        &long,
    ];
    for text in texts {
        let link = house.share(text, &[]);
        let opened = house.run(&["open", &link], b"").ends(0);
        assert_eq!(opened.out, text);
        assert_eq!(opened.err, "");
        // Opened is opened: the one answer (law 1, law 5).
        let again = house.run(&["open", &link], b"").ends(3);
        assert!(again.out.is_empty() && again.err.contains("Not available"), "{again:?}");
    }
}

#[test]
fn a_link_is_taken_from_standard_input_too() {
    let house = House::new();
    for arguments in [&["open"][..], &["open", "-"]] {
        let link = house.share(b"x", &[]);
        assert_eq!(house.run(arguments, format!(" {link}\n").as_bytes()).ends(0).out, b"x");
    }
    // Link and key may come apart (two channels).
    let link = house.share(b"x", &[]);
    let apart = link.replace('#', "\n");
    assert_eq!(house.run(&["open"], apart.as_bytes()).ends(0).out, b"x");
}

#[test]
fn standard_output_is_the_link_and_the_receipt_is_elsewhere() {
    let house = House::new();
    let shared = house.run(&["share", "--views", "2", "--ttl", "1h", "--strict"], b"x").ends(0);
    assert_eq!(String::from_utf8(shared.out).unwrap().matches('\n').count(), 1);
    assert!(shared.err.contains("Opens 2 times, until 20"), "{}", shared.err);
    assert!(shared.err.contains("delivered at most once"), "{}", shared.err);
    assert!(shared.err.contains("/receipt#sgr_"), "{}", shared.err);

    let shared = house.run(&["share", "--receipt", "kept"], b"x").ends(0);
    assert!(!shared.err.contains("sgr_"), "{}", shared.err);
    let kept = house.path("kept");
    assert_eq!(kept.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert!(fs::read_to_string(&kept).unwrap().starts_with("http://localhost:"));
    let before = fs::read(&kept).unwrap();
    let refused = house.run(&["share", "--receipt", "kept"], b"x").ends(9);
    assert!(refused.out.is_empty() && refused.err.contains("Nothing was shared"), "{refused:?}");
    assert_eq!(fs::read(&kept).unwrap(), before, "a file was overwritten");
}

#[test]
fn json_has_what_a_program_needs() {
    let house = House::new();
    let arguments =
        ["share", "--json", "--ttl", "90m", "--views", "3", "--when-failed", "burn", "--qr"];
    let shared = house.run(&arguments, b"x").ends(0);
    let json = shared.json();
    for name in ["link", "receipt", "receipt_link", "id", "ref", "url", "expires_at", "created_at"]
    {
        assert!(json[name].is_string(), "{name}: {json}");
    }
    assert_eq!(json["views"], 3);
    assert_eq!(json["failed_passphrases"]["action"], "burn");
    assert_eq!(json["strict"], false);
    assert!(json["link"].as_str().unwrap().starts_with(json["url"].as_str().unwrap()));
    // The QR code is drawn where results are not.
    assert!(shared.err.contains('\u{2588}') && !shared.err.contains("sgr_"), "{}", shared.err);

    let opened = house.run(&["open", "--json"], json["link"].as_str().unwrap().as_bytes()).ends(0);
    assert_eq!(opened.json(), serde_json::json!({"kind": "text", "text": "x"}));
}

#[test]
fn fields_come_from_lines_files_and_variables_and_go_one_by_one() {
    let house = House::new();
    fs::write(house.path("note"), "two\nlines\n").unwrap();
    let share = ["share", "--field", "user", "--field", "password", "--field", "note=file:note"];
    let mut command = house.command(&[&share[..], &["--field", "door code=env:CODE"]].concat());
    let link = run(command.env("CODE", " 4711 "), b"anna\nhunter 2\n").ends(0).text();
    let opened = house.run(&["open", &link, "--json"], b"").ends(0);
    assert_eq!(
        opened.json(),
        serde_json::json!({"kind": "fields", "fields": [
            {"name": "user", "value": "anna"},
            {"name": "password", "value": "hunter 2"},
            {"name": "note", "value": "two\nlines"},
            {"name": "door code", "value": " 4711 "},
        ]})
    );

    let link = house.run(&share[..5], b"anna\nhunter 2").ends(0).text();
    // A field that is not there uses nothing up: the claim is kept.
    let missing = house.run(&["open", &link, "--field", "pin"], b"").ends(2);
    assert!(missing.err.contains("user, password") && missing.err.contains("kept for you"));
    assert_eq!(house.run(&["open", &link, "--field", "password"], b"").ends(0).out, b"hunter 2");
    house.run(&["open", &link], b"").ends(3);

    let link = house.run(&share[..5], b"anna\nhunter 2\n").ends(0).text();
    let opened = house.run(&["open", &link], b"").ends(0);
    assert_eq!(opened.text(), "user: anna\npassword: hunter 2");
}

#[test]
fn fields_that_do_not_add_up_share_nothing() {
    let house = House::new();
    for (arguments, input, says) in [
        (&["share", "--field", "password=hunter2"][..], "", "everybody"),
        (&["share", "--field", "user", "--field", "user"], "a\nb\n", "twice"),
        (&["share", "--field", "user", "--field", "pin"], "a\n", "no line for --field pin"),
        (&["share", "--field", "user"], "a\nb\n", "more lines"),
        (&["share", "--field", "user=env:UNSET"], "", "UNSET"),
        (&["share", "--field", ""], "", "name"),
        (&["share", "--field", "user", "file"], "a\n", "not both"),
        (&["share", "--views", "0"], "a", "views"),
        (&["share", "--views", "101"], "a", "views"),
        (&["share", "--ttl", "30s"], "a", "ttl"),
        (&["share", "--ttl", "3600"], "a", "ttl"),
        (&["share", "--failed-passphrases", "0"], "a", "failed-passphrases"),
        (&["share", "--when-failed", "weep"], "a", "when-failed"),
        (&["share", "--server", "secrets.example"], "a", "server"),
        (&["share", "--server", "http://secrets.example"], "a", "--insecure"),
        (&["share", "--server", "https://u:p@secrets.example"], "a", "server"),
        (&["share", "--passphrase=hunter2"], "a", "unexpected value"),
        (&["share", "--colour"], "a", "--colour"),
        (&["seal"], "a", "seal"),
    ] {
        let refused = house.run(arguments, input.as_bytes()).ends(2);
        assert!(refused.out.is_empty() && refused.err.contains(says), "{arguments:?}: {refused:?}");
        if arguments.concat().contains("password=hunter2") {
            assert!(!refused.err.contains("hunter2"), "{}", refused.err);
        }
    }
    assert!(!house.log().contains("status=201"), "something was shared");
}

/// Everybody on a machine can read the command lines of all processes.
#[test]
fn the_process_list_shows_no_secret() {
    let house = House::new();
    fs::write(house.path("passphrase"), "lantern orbit\n").unwrap();
    let arguments = ["share", "--passphrase-file", "passphrase", "--receipt", "kept"];
    let mut child = spawn(&mut house.command(&arguments));
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"canary content").unwrap();
    let file = format!("/proc/{}/cmdline", child.id());
    until("the program runs", || house.path("kept").exists());
    let line = fs::read_to_string(file).unwrap();
    let words: Vec<_> = line.split('\0').filter(|word| !word.is_empty()).skip(1).collect();
    assert_eq!(words, arguments);
    drop(stdin);
    assert_eq!(end_of(&mut child), Some(0));
    // What opens or burns is refused where it would show.
    let receipt = fs::read_to_string(house.path("kept")).unwrap();
    let refused = house.run(&["receipt", receipt.trim()], b"").ends(2);
    assert!(refused.err.contains("command line") && !refused.err.contains("sgr_"), "{refused:?}");
}
