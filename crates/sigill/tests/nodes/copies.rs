//! What operators do with the database of several nodes: look at it, and put back a copy that is too old (R56).

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use testkit::calls::{self, burn, claim, fate};
use testkit::secrets::Sealed;
use testkit::{Cluster, Process};

use crate::Nodes;

/// Runs the program beside the nodes.
fn run(nodes: &Nodes, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sigill"));
    command.env_clear().current_dir(nodes.dir.path()).args(arguments).output().unwrap()
}

#[tokio::test]
async fn doctor_says_what_the_database_server_promises() {
    let cluster = Cluster::start(&["fsync=off", "autovacuum=off"]);
    let database = cluster.database();
    let nodes = Nodes::start(1, &database).await;
    nodes.share(0).await;
    let data = nodes.data(0).display().to_string();
    let listen = nodes.address(0).to_string();
    let doctor = ["doctor", "--json", "--data", &data, "--listen", &listen, "--database"];
    let report = |database: &str, code: i32| -> Value {
        let output = run(&nodes, &[&doctor[..], &[database]].concat());
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let find = |report: &Value, name: &str, status: &str, text: &str| {
        let checks = report["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["name"] == name).unwrap();
        assert_eq!(check["status"], status, "{report}");
        assert!(check["text"].as_str().unwrap().contains(text), "{report}");
    };
    let told = report(&database, 11);
    for (name, status, text) in [
        ("database server", "ok", "PostgreSQL 1"),
        ("database connection", "ok", "this machine"),
        ("fsync", "fault", "Switch it on"),
        ("full_page_writes", "ok", "on"),
        ("synchronous_commit", "ok", "on"),
        ("synchronous_standby_names", "ok", "one machine"),
        ("autovacuum", "warning", "Switch it on"),
        ("database clock", "ok", ""),
        ("database", "ok", "sound"),
        ("trail", "ok", "1 events"),
        ("waiting", "ok", "1 secrets, each with all it needs"),
        ("reachable", "ok", "answers"),
    ] {
        find(&told, name, status, text);
    }
    assert!(!told.to_string().contains("hush-"), "no password: {told}");
    cluster.ask(&database, "DELETE FROM secret_keys");
    find(&report(&database, 11), "waiting", "warning", "1 of 1 have no key");
    let nowhere = "postgres://sigill@127.0.0.1:1/nothing";
    find(&report(nowhere, 11), "database server", "fault", "cannot be reached");
}

#[tokio::test]
async fn an_older_copy_of_the_database_is_refused_and_opens_nothing_when_it_is_wanted() {
    let cluster = Cluster::shared();
    let database = cluster.database();
    let name = database.rsplit('/').next().unwrap();
    let mut nodes = Nodes::start(1, &database).await;
    let (burned, waiting) = (nodes.share(0).await, nodes.share(0).await);
    nodes.all.remove(0).stop().await;
    // A copy with the keys of secrets in it, as every copy of the whole database is.
    let copy = cluster.url(&format!("{name}_copy"));
    let postgres = cluster.url("postgres");
    cluster.ask(&postgres, &format!("CREATE DATABASE {name}_copy TEMPLATE {name}"));

    let binary = Path::new(env!("CARGO_BIN_EXE_sigill"));
    let (data, log) = (nodes.data(0), nodes.dir.path().join("log0"));
    let anchor = nodes.dir.path().join("anchor").display().to_string();
    let start = async |database: &str, more: &[&str]| {
        let options = ["--limits", "off", "--anchor", &anchor, "--database", database];
        Process::start(binary, &data, &log, &[&options[..], more].concat()).await
    };
    let process = start(&database, &[]).await;
    assert_eq!(burn(&burned.receipt).of(process.address).await.status, 200);
    process.stop().await;
    start(&database, &[]).await.stop().await;

    let at = data.display().to_string();
    let serve = ["serve", "--listen", "127.0.0.1:0", "--data", &at, "--anchor", &anchor];
    let refused = run(&nodes, &[&serve[..], &["--database", &copy]].concat());
    let says = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{says}");
    assert!(says.contains("ends with event 2") && says.contains("knows of event 3"), "{says}");

    let process = start(&copy, &["--after-restore"]).await;
    for shared in [&burned, &waiting] {
        assert_eq!(claim(shared, &nodes.token()).of(process.address).await.status, 404);
        assert_eq!(fate(process.address, &shared.receipt).await.0, "lost");
    }
    assert_eq!(cluster.ask(&copy, "SELECT count(*) FROM secret_keys"), "0");
    process.stop().await;
    start(&copy, &[]).await.stop().await;
}

/// Law 2, R56: whichever nodes end what waits in a copy, and however late they are, what was taken since
/// waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_start_on_a_copy_together_end_it_and_nothing_else() {
    let cluster = Cluster::shared();
    let (database, copy) = (cluster.database(), cluster.database());
    let mut nodes = Nodes::start(3, &database).await;
    let mut old = Vec::new();
    for _ in 0..150 {
        old.push(nodes.share(0).await);
    }
    for node in nodes.all.drain(..) {
        node.stop().await;
    }
    let data = nodes.data(0).display().to_string();
    let backup = ["backup", "copy", "--with-keys", "--data", &data, "--database", &database];
    assert!(run(&nodes, &backup).status.success());
    let restored = run(&nodes, &["restore", "copy", "--data", &data, "--database", &copy]);
    assert!(restored.status.success(), "{restored:?}");

    nodes.database = copy;
    let start = async |number| {
        let process = nodes.process(number).await;
        let sealed = Sealed::text("hush", None, &nodes.dice);
        let new = calls::share(process.address, sealed, &json!({})).await;
        (process, new)
    };
    let (one, two, three) = tokio::join!(start(0), start(1), start(2));
    for (shared, at) in old.iter().zip([&one, &two, &three].into_iter().cycle()) {
        assert_eq!(claim(shared, &nodes.token()).of(at.0.address).await.status, 404);
    }
    assert_eq!(fate(one.0.address, &old[0].receipt).await.1, ["created", "lost"]);
    for (_, new) in [&one, &two, &three] {
        let answer = claim(new, &nodes.token()).of(two.0.address).await;
        assert!(answer.body == new.sealed.envelope);
    }
}
