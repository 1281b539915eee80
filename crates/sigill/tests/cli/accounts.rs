//! Accounts and API keys, made on the server's own machine.

use std::fs;
use std::process::Stdio;

use rustix::process::Signal;

use crate::support::{House, names, program, run, signal, until};

#[test]
fn a_key_is_made_beside_a_server_that_runs_and_without_one() {
    let mut house = House::new();
    let join = ["admin", "create", "maja@example.org", "--data", "data"];
    let make = |scopes: &'static str| {
        let options = ["--account", "Maja@Example.org", "--scopes", scopes, "--data", "data"];
        [&["keys", "create"][..], &options].concat()
    };
    let refused = house.run(&make("all"), b"").ends(8);
    assert!(refused.err.contains("sigill admin create"), "{refused:?}");
    let made = house.run(&join, b"").ends(0);
    assert!(made.err.contains("was made"), "{made:?}");
    let link = made.text();
    assert!(link.starts_with("http://localhost:") && link.contains("/set-up#"), "{link}");
    assert_eq!(link.lines().count(), 1);
    assert!(house.run(&join, b"").ends(0).err.contains("already"));
    let beside = house.run(&make("secrets:create,receipts:read"), b"").ends(0).text();
    let list = ["keys", "list", "--account", "maja@example.org", "--data", "data", "--json"];
    let listed = house.run(&list, b"").ends(0).json();
    let key = &listed["keys"][0];
    assert_eq!(
        (&key["state"], &key["scopes"]),
        (&"valid".into(), &"secrets:create,receipts:read".into())
    );
    assert!(!listed.to_string().contains("sigill_"), "{listed}");
    let reference = key["ref"].as_str().unwrap();
    let account = ["--account", "maja@example.org", "--data", "data"];
    let revoke = [&["keys", "revoke", reference][..], &account].concat();
    house.run(&revoke, b"").ends(0);
    assert!(house.run(&revoke, b"").ends(8).err.contains("sigill keys list"));
    let shown = house.run(&[&["keys", "list"][..], &account].concat(), b"").ends(0).text();
    assert!(shown.starts_with(&format!("{reference}  revoked  secrets:create")), "{shown}");
    house.stop();
    let alone = house.run(&make("all"), b"").ends(0).text();
    for key in [&beside, &alone] {
        assert!(key.starts_with("sigill_") && key.trim_end().len() == 57, "{key:?}");
        assert_eq!(key.lines().count(), 1);
    }
    assert_ne!(beside, alone);
    assert!(!names(&house.path("data")).iter().any(|name| name.contains("control.sock")));
    // What an interrupted server left behind holds nobody up.
    fs::write(house.path("data/control.sock"), b"").unwrap();
    house.run(&make("all"), b"").ends(0);
}

#[test]
fn what_is_asked_wrongly_makes_nothing() {
    let house = House::new();
    let join = |email: &'static str| ["admin", "create", email, "--data", "data"];
    for wrong in ["maja", "maja@example", "maja@example.org\r\nBcc: otto@example.org"] {
        assert!(house.run(&join(wrong), b"").ends(8).err.contains("not an e-mail address"));
    }
    house.run(&join("maja@example.org"), b"").ends(0);
    let key = |option: &'static str, value: &'static str| {
        let all = ["keys", "create", "--account", "maja@example.org", "--data", "data"];
        [&all[..], &["--scopes", "all"], &[option, value]].concat()
    };
    assert!(house.run(&key("--expires-in", "soon"), b"").ends(2).err.contains("or never"));
    house.run(&key("--expires-in", "12h"), b"").ends(0);
    house.run(&key("--expires-in", "never"), b"").ends(0);
    let scopes = ["keys", "create", "--account", "maja@example.org", "--data", "data", "--scopes"];
    for wrong in ["", "everything", "secrets:create;secrets:open"] {
        let refused = house.run(&[&scopes[..], &[wrong]].concat(), b"").ends(8);
        assert!(refused.err.contains("secrets:create") && refused.out.is_empty(), "{refused:?}");
    }
}

#[test]
fn a_directory_with_a_long_name_has_a_door_too() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("d".repeat(120));
    let serve = ["serve", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()];
    let mut server = program(home.path()).args(serve).stderr(Stdio::null()).spawn().unwrap();
    until("the door is open", || data.join("control.sock").exists());
    let join = ["admin", "create", "maja@example.org", "--data", data.to_str().unwrap()];
    // Nobody else could open the directory.
    run(program(home.path()).args(join), b"").ends(0);
    signal(&server, Signal::TERM);
    assert_eq!(server.wait().unwrap().code(), Some(0));
}

/// R69: the operator's switches, beside a server that runs and without one.
#[test]
fn a_switch_is_shown_and_turned() {
    let mut house = House::new();
    let switches = ["admin", "switches", "--data", "data"];
    let shown = house.run(&switches, b"").ends(0).text();
    assert_eq!(
        shown,
        "creating  anybody\ncreating-networks  none\norganisations  administrators\nsign-up  closed"
    );
    let turn = |name: &'static str, value: &'static str| {
        ["admin", "switches", name, value, "--data", "data"]
    };
    assert!(house.run(&turn("creating", "keys"), b"").ends(0).err.contains("from here on"));
    assert!(house.run(&turn("creating", "keys"), b"").ends(0).err.contains("already"));
    let refused = house.run(&turn("creating", "everybody"), b"").ends(8);
    assert!(refused.err.contains("creating must be anybody, signed-in, members or keys"));
    assert!(house.run(&turn("opening", "nobody"), b"").ends(8).err.contains("sign-up"));
    house.run(&["admin", "switches", "creating", "--data", "data"], b"").ends(2);
    house.stop();
    let listed = house.run(&[&switches[..], &["--json"]].concat(), b"").ends(0).json();
    assert_eq!(listed["switches"][0]["value"], "keys");
}
