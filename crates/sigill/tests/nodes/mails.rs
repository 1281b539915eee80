//! Mails of a node that is gone: whoever is left says that nobody got them, and not of those whose node runs
//! (law 9; R85).

use std::process::Command;

use serde_json::Value;
use testkit::asking::basic;
use testkit::{Ask, Cluster, Mood, Process, Sink, until};

use crate::Nodes;

const MAJA: &str = "maja@example.org";

fn run(nodes: &Nodes, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sigill"));
    command.env_clear().current_dir(nodes.dir.path()).args(arguments);
    let data = nodes.data(0).display().to_string();
    let output = command.args(["--data", &data, "--database", &nodes.database]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A secret whose link goes to Otto.
async fn mailed(process: &Process, key: &str) -> Value {
    let form = "secret=hush&recipient=otto%40example.net";
    let ask = Ask::post("/api/v1/share").body("application/x-www-form-urlencoded", form);
    let answer = ask.with("Authorization", &basic(MAJA, key)).of(process.address).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// To whom the receipt says that the link was mailed.
async fn recipients(process: &Process, made: &Value) -> usize {
    let path = format!("/api/v1/private/{}", made["metadata_key"].as_str().unwrap());
    let told = Ask::get(&path).of(process.address).await.json();
    told["recipient"].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_node_that_is_gone_did_not_send_has_failed_and_nothing_else() {
    let (cluster, sink) = (Cluster::shared(), Sink::start().await);
    sink.be(Mood::Away);
    let database = cluster.database();
    let options = [
        "--limits",
        "off",
        "--smtp",
        &*sink.url().leak(),
        "--mail-from",
        "Sigill <sigill@secrets.example>",
    ];
    let mut nodes = Nodes::with(2, &database, Vec::leak(options.to_vec())).await;
    run(&nodes, &["admin", "create", MAJA]);
    let key = run(&nodes, &["keys", "create", "--account", MAJA, "--scopes", "all"]);
    let lost = mailed(&nodes.all[0], &key).await;
    let waits = mailed(&nodes.all[1], &key).await;
    let put_off = "it is tried again";
    until("both are put off", async || nodes.all.iter().all(|node| node.log().contains(put_off)))
        .await;
    nodes.all[0].kill();
    assert_eq!(recipients(&nodes.all[1], &lost).await, 1, "it may run for all that is known");
    // Minutes go by in which the node that is gone does not say that it runs.
    let gone = "SELECT count(*) FROM mails WHERE state = 3";
    let lapse = "UPDATE mails SET leased_until = 0 WHERE row = (SELECT min(row) FROM mails)";
    cluster.ask(&database, lapse);
    until("whoever is left says so", async || cluster.ask(&database, gone) == "1").await;
    assert_eq!(recipients(&nodes.all[1], &lost).await, 0, "nobody got it");
    assert_eq!(recipients(&nodes.all[1], &waits).await, 1, "the other one is under way");
    nodes.restart(0).await;
    assert_eq!(recipients(&nodes.all[0], &waits).await, 1, "and no start of a node ends it");
    sink.be(Mood::Takes);
    assert!(sink.taken().is_empty(), "nobody knows the link that is lost");
    assert!(nodes.trail().await >= 3);
}
