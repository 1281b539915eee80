//! Parts of an upload at several nodes, one of which dies at the worst moment (law 2).

use std::fs;

use domain::entropy::draw;
use envelope::UploadToken;
use serde_json::json;
use testkit::calls::{Shared, base64url, claim, terms};
use testkit::secrets::Sealed;
use testkit::{Ask, Bucket, Cluster};

use crate::Nodes;

const PART: usize = 8 * 1024 * 1024;

/// The object of a part was safe, and its row was not: nobody was told that it had arrived. It is sent again,
/// to another node.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_whose_node_died_before_its_row_was_kept_is_sent_again() {
    let (cluster, bucket) = (Cluster::shared(), Bucket::fresh().await);
    let secrets = tempfile::tempdir().unwrap();
    let secret = secrets.path().join("secret");
    fs::write(&secret, "hush\n").unwrap();
    let target = bucket.target(bucket.server);
    let (blobs, endpoint) = (target.to_string(), target.endpoint.unwrap());
    let options = [
        "--limits",
        "off",
        "--public-url",
        "https://secrets.example",
        "--blobs",
        &*blobs.leak(),
        "--s3-endpoint",
        &*endpoint.leak(),
        "--s3-access-key",
        "test",
        "--s3-secret-key-file",
        &*secret.display().to_string().leak(),
    ];
    let database = cluster.database();
    let mut nodes = Nodes::with(2, &database, Vec::leak(options.to_vec())).await;
    let at = async |nodes: &Nodes, number, ask: Ask| {
        ask.with("Host", "secrets.example").of(nodes.address(number)).await
    };
    let text: String = ('a'..='z').cycle().take(PART + 70_000).collect();
    let sealed = Sealed::text(&text, None, &nodes.dice);
    let token = UploadToken::new(draw(&nodes.dice));
    let begin = Ask::post("/v1/uploads").json(&json!({
        "terms": terms(&sealed, &json!({})),
        "size": sealed.envelope.len(),
        "token_hash": base64url(token.hash().as_bytes()),
    }));
    let begun = at(&nodes, 0, begin).await;
    assert_eq!(begun.status, 201, "{}", begun.text());
    let path = format!("/v1/uploads/{}", begun.json()["id"].as_str().unwrap());
    let token = token.expose().to_string();
    let parts = [&sealed.envelope[..PART], &sealed.envelope[PART..]];
    let send = |number: usize| {
        let part = Ask::new("PUT", &format!("{path}/parts/{number}")).bearer(&token);
        part.body("application/octet-stream", parts[number])
    };
    assert_eq!(at(&nodes, 0, send(0)).await.status, 204);
    assert_eq!(at(&nodes, 0, send(1)).await.status, 204);
    nodes.all[0].kill();
    // As it is when the node dies between the two.
    cluster.ask(&database, "DELETE FROM upload_parts WHERE number = 1");
    let before = bucket.objects().await;
    let complete = Ask::post(&format!("{path}/complete")).bearer(&token);
    let early = at(&nodes, 1, complete.clone()).await;
    assert_eq!(early.status, 409, "a part is missing: {}", early.text());
    assert_eq!(at(&nodes, 1, send(1)).await.status, 204, "it is taken once more");
    assert_eq!(bucket.objects().await, before, "into its own place");
    let created = at(&nodes, 1, complete).await;
    assert_eq!(created.status, 201, "{}", created.text());
    let shared = Shared::new(sealed, &created);
    nodes.restart(0).await;
    let revealed = at(&nodes, 0, claim(&shared, &nodes.token())).await;
    assert!(revealed.body == shared.sealed.envelope, "byte for byte");
}
