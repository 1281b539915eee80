//! `sigill orgs` and `sigill members`: asked of a server that runs, with a key from a file or the environment.

use std::fs;

use crate::support::House;

fn key(house: &House, scopes: &str) -> String {
    house.run(&["admin", "create", "maja@example.org", "--data", "data"], b"").ends(0);
    let make =
        ["keys", "create", "--account", "maja@example.org", "--scopes", scopes, "--data", "data"];
    house.run(&make, b"").ends(0).text()
}

#[test]
fn an_organisation_is_made_and_looked_after() {
    let house = House::new();
    let key = key(&house, "members:manage");
    fs::write(house.path("key"), &key).unwrap();
    let server = ["--server", &house.url, "--key", "key"];
    let run = |words: &[&str]| house.run(&[words, &server].concat(), b"");
    assert_eq!(run(&["orgs", "list"]).ends(0).text(), "");
    let made = run(&["orgs", "create", "Lind & Co"]).ends(0).text();
    let reference = made.split_whitespace().next().unwrap().to_owned();
    assert_eq!(made, format!("{reference}  owner  Lind & Co"));
    assert_eq!(run(&["orgs", "list"]).ends(0).text(), made);
    let people = run(&["members", "list"]).ends(0).text();
    let member = people.split_whitespace().next().unwrap().to_owned();
    assert!(people.starts_with(&format!("{member}  owner  maja@example.org  since ")), "{people}");
    let json = run(&["members", "list", "--org", &reference, "--json"]).ends(0).json();
    assert_eq!(json["members"][0]["is_you"], true);
    run(&["orgs", "change", "--name", "Lind"]).ends(0);
    assert!(run(&["orgs", "list"]).ends(0).text().ends_with("Lind"));
    // What would leave nobody is refused, and so is what takes a mail server.
    assert!(run(&["members", "role", &member, "member"]).ends(8).err.contains("last owner"));
    assert!(run(&["members", "remove", &member]).ends(8).err.contains("last owner"));
    assert!(run(&["members", "invite", "otto@example.org"]).ends(8).err.contains("no mail"));
    assert!(
        run(&["orgs", "change", "--second-factor", "on"]).ends(8).err.contains("second factor")
    );
    run(&["members", "remove", "000000000000"]).ends(3);
    run(&["members", "list", "--org", "000000000000"]).ends(3);
    run(&["members", "role", &member, "king"]).ends(2);
    run(&["orgs", "change"]).ends(2);
}

#[test]
fn a_key_is_shown_in_no_argument_and_must_have_its_scope() {
    let house = House::new();
    let key = key(&house, "receipts:read");
    let list = ["orgs", "list", "--server", &house.url];
    assert!(house.run(&list, b"").ends(2).err.contains("SIGILL_KEY"));
    let shown = house.run(&[&list[..], &["--key", &key]].concat(), b"").ends(2);
    assert!(shown.err.contains("does not belong on the command line") && !shown.err.contains(&key));
    fs::write(house.path("key"), &key).unwrap();
    let refused = house.run(&[&list[..], &["--key", "key"]].concat(), b"").ends(8);
    assert!(refused.err.contains("members:manage"), "{refused:?}");
    fs::write(house.path("key"), "\n").unwrap();
    house.run(&[&list[..], &["--key", "key"]].concat(), b"").ends(2);
}
