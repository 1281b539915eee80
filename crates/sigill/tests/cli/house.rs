//! The operator's side of the command line: serve, doctor, config check, completions.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, SystemTime};

use crate::support::{House, names, program, run};
use serde_json::Value;

fn check<'a>(report: &'a Value, name: &str) -> &'a Value {
    let checks = report["checks"].as_array().unwrap();
    checks.iter().find(|check| check["name"] == name).unwrap_or(&Value::Null)
}

#[test]
fn serve_says_where_it_listens_and_stops_when_it_is_told() {
    let mut house = House::new();
    let port = house.url.rsplit(':').next().unwrap();
    let says = format!("Sigill listens on 127.0.0.1:{port}. Open http://localhost:{port} to share");
    assert!(house.log().contains(&says), "{}", house.log());
    let link = house.share(b"kept", &[]);
    let data = house.path("data");
    let second =
        house.run(&["serve", "--data", data.to_str().unwrap(), "--listen", "127.0.0.1:0"], b"");
    assert!(second.ends(1).err.contains("in use by another process"));
    assert_eq!(house.stop(), Some(0));
    house.run(&["open", &link], b"").ends(6);
}

#[test]
fn doctor_finds_nothing_on_a_sound_directory() {
    let mut house = House::new();
    let listen = house.url.strip_prefix("http://").unwrap().to_owned();
    let doctor = ["doctor", "--data", "data", "--listen", &listen, "--json"];
    let report = house.run(&doctor, b"").ends(0).json();
    assert_eq!(report["healthy"], true);
    for name in
        ["configuration", "server", "keys", "database", "waiting", "clock", "disk", "reachable"]
    {
        assert_eq!(check(&report, name)["status"], "ok", "{name}: {report}");
    }
    assert!(check(&report, "reachable")["text"].as_str().unwrap().contains("answers as Sigill"));
    house.stop();
    // Nothing appears that was not there, whatever the directory is called.
    fs::rename(house.path("data"), house.path("a?b #%41")).unwrap();
    let before = names(&house.path("a?b #%41"));
    house.run(&["doctor", "--data", "a?b #%41"], b"").ends(0);
    let absolute = house.path("a?b #%41");
    house.run(&["doctor", "--data", absolute.to_str().unwrap()], b"").ends(0);
    assert_eq!(names(&absolute), before);
    fs::rename(absolute, house.path("data")).unwrap();
    let report = house.run(&doctor, b"").ends(0).json();
    assert!(check(&report, "server")["text"].as_str().unwrap().contains("no server"), "{report}");
    let nothing_yet = house.run(&["doctor", "--data", "elsewhere"], b"").ends(0);
    assert!(nothing_yet.text().contains("not there yet") && !house.path("elsewhere").exists());
}

#[test]
fn doctor_finds_what_is_broken_and_changes_nothing() {
    let mut house = House::new();
    house.share(b"x", &[]);
    house.stop();
    let data = house.path("data");
    let doctor = || house.run(&["doctor", "--data", "data", "--json"], b"").ends(11).json();

    fs::set_permissions(&data, Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(data.join("server.keys"), Permissions::from_mode(0o644)).unwrap();
    let report = doctor();
    assert_eq!(report["healthy"], false);
    for name in ["data directory", "server.keys"] {
        assert_eq!(check(&report, name)["status"], "fault", "{name}: {report}");
    }
    assert_eq!(data.metadata().unwrap().permissions().mode() & 0o777, 0o755);
    fs::set_permissions(&data, Permissions::from_mode(0o700)).unwrap();
    fs::set_permissions(data.join("server.keys"), Permissions::from_mode(0o600)).unwrap();

    // Keys of another server, keys that are no keys, no keys.
    let keys = fs::read(data.join("server.keys")).unwrap();
    let stranger = House::new();
    fs::copy(stranger.path("data/server.keys"), data.join("server.keys")).unwrap();
    let says = |text: &str| {
        let report = doctor();
        let check = check(&report, "database");
        assert_eq!(check["status"], "fault");
        assert!(check["text"].as_str().unwrap().contains(text), "{report}");
    };
    says("does not belong to this database");
    fs::write(data.join("server.keys"), "nonsense").unwrap();
    says("not that of a keys file");
    fs::remove_file(data.join("server.keys")).unwrap();
    says("is missing");
    fs::write(data.join("server.keys"), &keys).unwrap();
    fs::set_permissions(data.join("server.keys"), Permissions::from_mode(0o600)).unwrap();

    // A log that the server left is as good as the database: without it, damage shows.
    for left in ["sigill.db-wal", "sigill.db-shm"] {
        drop(fs::remove_file(data.join(left)));
    }
    let database = fs::read(data.join("sigill.db")).unwrap();
    fs::write(data.join("sigill.db"), b"this is not a database, but it is long enough").unwrap();
    says("sigill.db is damaged");
    fs::remove_file(data.join("sigill.db")).unwrap();
    says("put sigill.db back");
    fs::write(data.join("sigill.db"), &database).unwrap();
    let full = house.run(&["doctor", "--data", "data", "--keep-free", "1000000GiB"], b"").ends(11);
    assert!(full.text().contains("FAULT    disk"), "{full:?}");
    house.run(&["doctor", "--data", "data"], b"").ends(0);

    fs::write(house.path("file"), b"").unwrap();
    let report = house.run(&["doctor", "--data", "file", "--json"], b"").ends(11).json();
    assert_eq!(check(&report, "data directory")["status"], "fault");
    house.run(&["doctor", "--max-envelope", "lots"], b"").ends(2);
}

#[test]
fn doctor_finds_what_is_missing_beside_the_database_and_says_what_to_do() {
    let mut house = House::new();
    let large = house.path("large.bin");
    fs::write(&large, vec![7; 200_000]).unwrap();
    house.share(b"x", &[]);
    house.share(b"", &[large.to_str().unwrap()]);
    house.stop();
    let data = house.path("data");
    let finds = |code: i32, name: &str, status: &str, text: &str| {
        let doctor = ["doctor", "--data", "data", "--anchor", "anchor", "--backups", "backups"];
        let report = house.run(&[&doctor[..], &["--json"]].concat(), b"").ends(code).json();
        let checks = report["checks"].as_array().unwrap();
        let says = |check: &Value| check["text"].as_str().unwrap().contains(text);
        let is = |check: &&Value| check["name"] == name && check["status"] == status && says(check);
        assert!(checks.iter().any(|check| is(&check)), "{name}, {status}, {text}: {report}");
    };
    fs::create_dir(house.path("backups")).unwrap();
    finds(11, "backups", "fault", "there is none");
    let backup = house.path("backups/monday.db");
    fs::copy(data.join("sigill.db"), &backup).unwrap();
    fs::set_permissions(&backup, Permissions::from_mode(0o644)).unwrap();
    finds(0, "backups", "ok", "is whole, and has 2 events");
    finds(0, "backups", "warning", "chmod");
    finds(0, "waiting", "ok", "2 secrets, each with all it needs");
    finds(0, "anchor", "ok", "not there yet");
    let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000);
    fs::File::open(&backup).unwrap().set_modified(old).unwrap();
    finds(0, "backups", "warning", "hours old");
    fs::write(house.path("backups/tuesday.db"), "not a backup, but newer").unwrap();
    finds(11, "backups", "fault", "is damaged");
    fs::remove_file(house.path("backups/tuesday.db")).unwrap();

    fs::rename(data.join("blobs/2"), house.path("2")).unwrap();
    finds(11, "waiting", "fault", "1 of 2 are large and their files are not in blobs/");
    fs::rename(house.path("2"), data.join("blobs/2")).unwrap();
    fs::rename(data.join("secret.keys"), house.path("secret.keys")).unwrap();
    finds(0, "waiting", "warning", "2 of 2 have no key");
    fs::rename(house.path("secret.keys"), data.join("secret.keys")).unwrap();
    let hash = "ab".repeat(32);
    fs::write(house.path("anchor"), format!("sigill anchor 1\nevent 9\nhash {hash}\n")).unwrap();
    finds(11, "anchor", "fault", "an older copy");
    fs::write(house.path("anchor"), format!("sigill anchor 1\nevent 2\nhash {hash}\n")).unwrap();
    finds(11, "anchor", "fault", "another server's");
}

#[test]
fn settings_come_from_options_then_variables_then_the_file() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("sigill.toml"), "ttl = \"2h\"\nviews = 3\ndrain-time = \"7s\"\n")
        .unwrap();
    let mut command = program(home.path());
    command.args(["config", "check", "--json", "--drain-time", "9s"]).env("SIGILL_VIEWS", "4");
    let report = run(&mut command, b"").ends(0).json();
    let value = |name: &str| {
        let settings = report["settings"].as_array().unwrap();
        let setting = settings.iter().find(|setting| setting["name"] == name).unwrap();
        (
            setting["value"].as_str().unwrap().to_owned(),
            setting["source"].as_str().unwrap().to_owned(),
        )
    };
    let own = |value: &str, source: &str| (value.to_owned(), source.to_owned());
    assert_eq!(value("ttl"), own("2h", "sigill.toml"));
    assert_eq!(value("views"), own("4", "environment"));
    assert_eq!(value("drain-time"), own("9s", "option"));
    assert_eq!(value("server"), own("http://localhost:8080", "default"));

    // Whoever shares has a file of their own; what lies in the working directory is not theirs.
    let own = home.path().join(".config/sigill");
    fs::create_dir_all(&own).unwrap();
    fs::write(home.path().join("sigill.toml"), "server = \"http://secrets.example\"\n").unwrap();
    fs::write(own.join("sigill.toml"), "server = \"http://127.0.0.1:1\"\n").unwrap();
    run(program(home.path()).arg("share"), b"x").ends(6);
    fs::write(own.join("sigill.toml"), "views = 300\n").unwrap();
    let refused = run(program(home.path()).arg("share"), b"x").ends(2);
    assert!(refused.err.contains("views must be") && !refused.err.contains("300"), "{refused:?}");
}

#[test]
fn a_setting_that_is_not_understood_ends_every_command() {
    let home = tempfile::tempdir().unwrap();
    for (variable, value) in [("SIGILL_VIEW", "1"), ("SIGILL_TTL", "soon"), ("SIGILL_STRICT", "1")]
    {
        for command in ["share", "open", "receipt", "burn"] {
            let refused = run(program(home.path()).arg(command).env(variable, value), b"").ends(2);
            assert!(refused.out.is_empty() && refused.err.contains(variable), "{refused:?}");
        }
    }
    // All that is wrong is told at once: names, kinds and values, of both kinds of settings.
    fs::write(home.path().join("sigill.toml"), "lisen = 1\ndata = 1.5\nviews = 300\n").unwrap();
    let mut command = program(home.path());
    command.args(["config", "check", "--max-envelope", "0B"]);
    let refused = run(command.env("SIGILL_LISEN", "1").env("SIGILL_LISTEN", "x"), b"").ends(2);
    let told = ["SIGILL_LISEN is not", "`lisen` is not", "data must be", "views must be"];
    for told in told.into_iter().chain(["SIGILL_LISTEN must be", "max-envelope must be"]) {
        assert!(refused.err.contains(told), "{told}: {refused:?}");
    }
    for arguments in [&["share", "--ttl", "x"][..], &["config"], &["doctor", "--nothing"], &[]] {
        assert!(run(program(home.path()).args(arguments), b"").ends(2).out.is_empty());
    }
}

#[test]
fn completions_know_every_command() {
    let home = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let script = run(program(home.path()).args(["completions", shell]), b"").ends(0).text();
        for command in
            ["serve", "share", "open", "receipt", "burn", "doctor", "keys-at-rest", "config"]
        {
            assert!(script.contains(command), "{shell}: {command}");
        }
        assert!(script.contains("passphrase-file"), "{shell}");
    }
    run(program(home.path()).args(["completions", "tcsh"]), b"").ends(2);
    let help = run(program(home.path()).arg("--help"), b"").ends(0).text();
    assert!(help.contains("works once"));
}
