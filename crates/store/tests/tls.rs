//! What goes to a database over a network is encrypted, and goes to nobody else (house rule: refused, never
//! weakened in silence).

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::path::Path;

use store::postgres::Target;
use store::{OpenError, Store};
use testkit::{Cluster, Dice};

async fn connect(dir: &Path, url: &str) -> Result<Store, String> {
    let target = Target::parse(url).unwrap();
    let opened = Store::connect(&target, dir, &Dice::new(1)).await;
    opened.map_err(|error| {
        assert!(matches!(error, OpenError::Unreachable { .. }), "{error}");
        error.to_string()
    })
}

#[tokio::test]
async fn only_the_server_that_the_authority_names_is_talked_to() {
    let (cluster, authority) = Cluster::with_tls();
    let url = cluster.database();
    let dir = tempfile::tempdir().unwrap();
    let connect = async |url: String| connect(dir.path(), &url).await;
    let with = |query: &str| format!("{url}?{query}");
    let trusted = format!("sslrootcert={}", authority.display());
    drop(connect(with(&trusted)).await.unwrap());
    drop(connect(with(&format!("sslmode=verify-full&{trusted}"))).await.unwrap());
    let strange = connect(with("sslmode=verify-full")).await.err().unwrap();
    assert!(
        strange.to_lowercase().contains("certificate"),
        "nobody knows its authority: {strange}"
    );
    let named = with(&trusted).replace("127.0.0.1", "localhost");
    let named = connect(named).await.err().unwrap();
    assert!(named.to_lowercase().contains("certificate"), "another name: {named}");
    let plain = connect(with("sslmode=disable")).await.err().unwrap();
    assert!(plain.contains("no encryption"), "the server wants TLS: {plain}");
}
