//! What can be opened only this once is handed out, however it was asked for: a "no" would destroy it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use crate::support::{House, answering, link_to, names, run};
use testkit::forge::{self, Forge};

/// The directory that was made for what had no place.
fn fresh(house: &House) -> PathBuf {
    let made: Vec<_> =
        names(house.dir.path()).into_iter().filter(|name| name.starts_with("sigill-")).collect();
    assert_eq!(made.len(), 1, "{made:?}");
    let dir = house.path(&made[0]);
    assert_eq!(dir.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    dir
}

/// Law 2, for a strict secret: what would be refused is saved beside it.
#[test]
fn files_without_a_place_get_one() {
    let house = House::new();
    fs::write(house.path("a"), b"1").unwrap();
    fs::write(house.path("b"), b"2").unwrap();
    for (files, options) in [
        (&["a", "b"][..], &[][..]),
        (&["a", "b"], &["--out", "one"]),
        (&["a"], &["--json"]),
        (&["a", "b"], &["--field", "pin"]),
    ] {
        let link = house.share(b"", &[files, &["--strict"]].concat());
        let opened = house.run(&[&["open", &link], options].concat(), b"").ends(0);
        let says = opened.err.contains("no second time") && opened.err.contains("Saved sigill-");
        assert!(says, "{opened:?}");
        let dir = fresh(&house);
        assert_eq!(names(&dir), files);
        assert_eq!(fs::read(dir.join("a")).unwrap(), b"1");
        assert_eq!(dir.join("a").metadata().unwrap().permissions().mode() & 0o777, 0o600);
        fs::remove_dir_all(dir).unwrap();
    }
    // A name that is taken.
    fs::create_dir(house.path("out")).unwrap();
    fs::write(house.path("out/a"), b"mine").unwrap();
    fs::write(house.path("out/secret.txt"), b"mine").unwrap();
    let link = house.share(b"", &["a", "--strict"]);
    house.run(&["open", &link, "--out", "out"], b"").ends(0);
    let link = house.share(b"text", &["--strict"]);
    house.run(&["open", &link, "--out", "out"], b"").ends(0);
    assert_eq!(names(&house.path("out")), ["2-a", "2-secret.txt", "a", "secret.txt"]);
    assert_eq!(fs::read(house.path("out/2-a")).unwrap(), b"1");
    assert_eq!(fs::read(house.path("out/2-secret.txt")).unwrap(), b"text");
    assert_eq!(fs::read(house.path("out/a")).unwrap(), b"mine");
}

#[test]
fn a_field_that_is_not_there_shows_all_of_them() {
    let house = House::new();
    let share = ["--field", "user", "--field", "password"];
    let link = house.share(b"anna\nhunter 2\n", &[&share[..], &["--strict"]].concat());
    let opened = house.run(&["open", &link, "--field", "pin"], b"").ends(0);
    assert_eq!(opened.text(), "user: anna\npassword: hunter 2");
    assert!(opened.err.contains("no field of that name"), "{opened:?}");
    let link = house.share(b"text", &["--strict"]);
    assert_eq!(house.run(&["open", &link, "--field", "pin"], b"").ends(0).out, b"text");
    // Without a place for the claim nothing can be opened again either.
    let link = house.share(b"anna\nhunter 2\n", &share);
    let mut command = house.command(&["open", &link, "--field", "pin"]);
    assert!(run(command.env_remove("HOME"), b"").ends(0).text().contains("hunter 2"));
}

#[test]
fn a_text_too_large_for_json_goes_into_a_file() {
    let house = House::new();
    let forge = Forge { key: [7; 32], passphrase: None };
    let text = vec![b'x'; (16 << 20) + 1];
    let envelope = forge.envelope(&forge::text(&text));
    let answer = |lease: &str| {
        let length = envelope.len();
        let head = format!("HTTP/1.1 200 OK\r\n{lease}content-length: {length}\r\n\r\n");
        link_to(&answering([head.as_bytes(), &envelope].concat()))
    };
    let held = answer("sigill-lease-ends: 2030-01-01T00:00:00.000Z\r\n");
    let refused = house.run(&["open", &held, "--json"], b"").ends(2);
    assert!(refused.err.contains("kept for you until 2030"), "{refused:?}");
    let opened = house.run(&["open", &answer(""), "--json"], b"").ends(0).json();
    let path = house.path(opened["files"][0]["path"].as_str().unwrap());
    assert_eq!(path, fresh(&house).join("secret.txt"));
    assert!(fs::read(path).unwrap() == text, "the text differs");
}
