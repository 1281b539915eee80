//! Creating: every field and every limit, in the good and in the bad direction.

use serde_json::{Value, json};
use testkit::calls::{self, create, create_with, creation, multipart, part, terms};
use testkit::server::{Server, Setup};
use testkit::{Answer, Ask};

/// Refused with this status and problem; nothing was kept, not even a file.
async fn refused(server: &Server, ask: Ask, status: u16, problem: &str) -> Answer {
    let before = server.kept().await;
    let answer = ask.of(server.address).await;
    assert_eq!((answer.status, answer.problem().as_str()), (status, problem), "{}", answer.text());
    assert_eq!(server.kept().await, before, "something was half stored");
    answer
}

#[tokio::test]
async fn what_is_not_said_is_one_view_one_day_and_twenty_tries() {
    let server = Server::start().await;
    let shared = server.shared().await;
    let id = &shared.id;
    let expected = json!({
        "id": id,
        "ref": shared.created["ref"],
        "url": format!("https://secrets.example/s/{id}"),
        "created_at": "2026-11-24T12:00:00.000Z",
        "expires_at": "2026-11-25T12:00:00.000Z",
        "views": 1,
        "passphrase": false,
        "failed_passphrases": { "limit": 20, "action": "lock" },
        "strict": false,
        "sealed_by": "sender",
    });
    assert_eq!(shared.created, expected);
    assert_eq!(id.len(), 22);
    assert_eq!(shared.created["ref"].as_str().unwrap().len(), 12);
}

#[tokio::test]
async fn every_term_in_bounds_is_in_force_and_echoed() {
    let server = Server::start().await;
    for asked in [
        json!({ "expires_in": 60 }),
        json!({ "expires_in": 31_536_000 }),
        json!({ "views": 1 }),
        json!({ "views": 100 }),
        json!({ "strict": true }),
        json!({ "failed_passphrases": { "limit": 1, "action": "burn" } }),
        json!({ "failed_passphrases": { "limit": 100, "action": "lock" } }),
    ] {
        let created = server.shared_as(&asked).await.created;
        for (name, value) in asked.as_object().unwrap() {
            if name == "expires_in" {
                let day = if *value == 60 {
                    "2026-11-24T12:01:00.000Z"
                } else {
                    "2027-11-24T12:00:00.000Z"
                };
                assert_eq!(created["expires_at"], day);
            } else {
                assert_eq!(&created[name], value, "{asked}");
            }
        }
    }
    let sealed = server.seal("hush", Some("a passphrase"));
    let shared = calls::share(server.address, sealed, &json!({})).await;
    assert_eq!(shared.created["passphrase"], true, "the envelope says so, nobody else");
}

#[tokio::test]
async fn every_term_out_of_bounds_is_refused_with_its_field_and_its_limits() {
    let server = Server::start().await;
    let sealed = server.seal("hush", None);
    let budget = |limit: Value| json!({ "failed_passphrases": { "limit": limit } });
    for (asked, field, min, max) in [
        (json!({ "expires_in": 0 }), "expires_in", 60, 31_536_000),
        (json!({ "expires_in": 59 }), "expires_in", 60, 31_536_000),
        (json!({ "expires_in": 31_536_001 }), "expires_in", 60, 31_536_000),
        (json!({ "expires_in": u64::MAX }), "expires_in", 60, 31_536_000),
        (json!({ "views": 0 }), "views", 1, 100),
        (json!({ "views": 101 }), "views", 1, 100),
        (budget(json!(0)), "failed_passphrases.limit", 1, 100),
        (budget(json!(101)), "failed_passphrases.limit", 1, 100),
    ] {
        let answer = refused(&server, create(&sealed, &asked), 422, "invalid").await;
        let problem = answer.json();
        assert_eq!(problem["field"], field, "{asked}");
        assert_eq!((problem["min"].as_u64(), problem["max"].as_u64()), (Some(min), Some(max)));
    }
}

#[tokio::test]
async fn a_field_of_the_wrong_kind_is_named_and_its_value_is_not_repeated() {
    let server = Server::start().await;
    let sealed = server.seal("hush", None);
    for (asked, field) in [
        (json!({ "expires_in": -1 }), "expires_in"),
        (json!({ "expires_in": 60.5 }), "expires_in"),
        (json!({ "expires_in": "canary" }), "expires_in"),
        (json!({ "expires_in": null }), "expires_in"),
        (json!({ "views": -1 }), "views"),
        (json!({ "views": 1.5 }), "views"),
        (json!({ "views": [1] }), "views"),
        (json!({ "strict": 1 }), "strict"),
        (json!({ "strict": "canary" }), "strict"),
        (json!({ "failed_passphrases": 5 }), "failed_passphrases"),
        (json!({ "failed_passphrases": { "action": "canary" } }), "failed_passphrases.action"),
        (json!({ "failed_passphrases": { "limit": "canary" } }), "failed_passphrases.limit"),
        (json!({ "failed_passphrases": { "colour": 1 } }), "failed_passphrases.colour"),
        (json!({ "link_proof_hash": "canary" }), "link_proof_hash"),
        (json!({ "proof_hash": 7 }), "proof_hash"),
        (json!({ "receipt_hash": "=".repeat(43) }), "receipt_hash"),
        (json!({ "receipt_hash": "A".repeat(44) }), "receipt_hash"),
        // Restrictions of later versions are refused, never accepted and forgotten (law 7).
        (json!({ "networks": ["192.0.2.0/24"] }), "networks"),
        (json!({ "not_before": "2027-01-01T00:00:00Z" }), "not_before"),
        (json!({ "Views": 1 }), "Views"),
    ] {
        let answer = refused(&server, create(&sealed, &asked), 422, "invalid").await;
        assert_eq!(answer.json()["field"], field, "{asked}");
        assert!(!answer.text().contains("canary"), "{}", answer.text());
    }
    for field in ["link_proof_hash", "proof_hash", "receipt_hash"] {
        let mut said = terms(&sealed, &json!({}));
        said.as_object_mut().unwrap().remove(field);
        let body = creation(said.to_string().as_bytes(), &sealed.envelope);
        let answer = refused(&server, create_with(body), 422, "invalid").await;
        assert_eq!(answer.json()["field"], field);
    }
}

#[tokio::test]
async fn a_field_twice_is_refused() {
    let server = Server::start().await;
    let sealed = server.seal("hush", None);
    let said = terms(&sealed, &json!({ "views": 1 })).to_string();
    let twice = said.replacen("\"views\":1", "\"views\":1,\"views\":100", 1);
    assert_ne!(said, twice);
    let body = creation(twice.as_bytes(), &sealed.envelope);
    let answer = create_with(body).of(server.address).await;
    assert!(matches!(answer.status, 400 | 422), "{}", answer.text());
    assert!(server.kept().await.trail.is_empty());
}

#[tokio::test]
async fn a_body_that_is_not_two_parts_in_order_is_refused() {
    let server = Server::start().await;
    let sealed = server.seal("hush", None);
    let said = terms(&sealed, &json!({})).to_string();
    let said = part("terms", "application/json", said.as_bytes());
    let envelope = part("envelope", "application/octet-stream", &sealed.envelope);
    let more = part("more", "text/plain", b"x");
    for parts in [
        vec![],
        vec![said.clone()],
        vec![envelope.clone()],
        vec![envelope.clone(), said.clone()],
        vec![said.clone(), said.clone()],
        vec![said.clone(), envelope.clone(), more.clone()],
        vec![said.clone(), envelope.clone(), envelope.clone()],
        vec![more, said.clone(), envelope.clone()],
    ] {
        refused(&server, create_with(multipart(&parts)), 400, "malformed").await;
    }
    let whole = multipart(&[said.clone(), envelope.clone()]);
    for cut in [1, 3, 30, whole.len() / 2] {
        let cut = whole[..whole.len() - cut].to_vec();
        let answer = create_with(cut).of(server.address).await;
        assert!(answer.status == 400 || answer.status == 201, "{}", answer.text());
    }
    let not_json = part("terms", "application/json", b"{");
    refused(&server, create_with(multipart(&[not_json, envelope.clone()])), 400, "malformed").await;
    let media_type = "application/json";
    refused(
        &server,
        Ask::post("/v1/secrets").body(media_type, whole),
        415,
        "unsupported-media-type",
    )
    .await;
    refused(&server, Ask::post("/v1/secrets"), 415, "unsupported-media-type").await;
    let no_boundary = Ask::post("/v1/secrets").body("multipart/form-data", "x");
    refused(&server, no_boundary, 415, "unsupported-media-type").await;
}

#[tokio::test]
async fn what_is_not_an_envelope_is_refused() {
    let server = Server::start().await;
    let sealed = server.seal("hush", None);
    let said = terms(&sealed, &json!({})).to_string();
    let good = &sealed.envelope;
    let mut other_magic = good.clone();
    other_magic[0] ^= 1;
    let mut other_version = good.clone();
    other_version[4] = 9;
    for envelope in
        [&b""[..], b"x", &good[..63], &good[..64], &good[..70], &other_magic, &other_version]
    {
        let body = creation(said.as_bytes(), envelope);
        let answer = refused(&server, create_with(body), 422, "invalid").await;
        assert_eq!(answer.json()["field"], "envelope");
    }
}

#[tokio::test]
async fn one_limit_of_size_holds_to_the_byte() {
    let mut setup = Setup::default();
    let sealed = testkit::secrets::Sealed::text(&"x".repeat(100_000), None, &testkit::Dice::new(3));
    let size = u64::try_from(sealed.envelope.len()).unwrap();
    setup.limits.max_envelope = size;
    let server = Server::with(setup.clone()).await;
    assert_eq!(create(&sealed, &json!({})).of(server.address).await.status, 201);
    setup.limits.max_envelope = size - 1;
    let server = Server::with(setup).await;
    let limits = Ask::get("/v1/limits").of(server.address).await.json();
    assert_eq!(limits["max_envelope_bytes"], size - 1, "the limit is told before it is met (R38)");
    let answer = refused(&server, create(&sealed, &json!({})), 413, "too-large").await;
    assert_eq!(answer.json()["limit"], size - 1);
    let long = format!("{{\"{}\":1}}", "x".repeat(17_000));
    let body = creation(long.as_bytes(), &sealed.envelope);
    let answer = refused(&server, create_with(body), 413, "too-large").await;
    assert_eq!(answer.json()["limit"], 16 * 1024);
}

#[tokio::test]
async fn an_instance_may_allow_less_and_says_so() {
    let mut setup = Setup::default();
    setup.limits.max_lifetime = domain::terms::Lifetime::from_seconds(3600).unwrap();
    let server = Server::with(setup).await;
    let limits = Ask::get("/v1/limits").of(server.address).await.json();
    assert_eq!(limits["expires_in"], json!({ "min": 60, "max": 3600, "default": 3600 }));
    assert_eq!(limits["views"], json!({ "min": 1, "max": 100, "default": 1 }));
    assert_eq!(limits["failed_passphrases"], json!({ "min": 1, "max": 100, "default": 20 }));
    server.shared_as(&json!({ "expires_in": 3600 })).await;
    let sealed = server.seal("hush", None);
    let asked = json!({ "expires_in": 3601 });
    let answer = refused(&server, create(&sealed, &asked), 422, "invalid").await;
    assert_eq!(answer.json()["max"], 3600);
    let answer = create(&sealed, &json!({})).of(server.address).await;
    assert_eq!(
        answer.status,
        201,
        "whoever says nothing gets the default that is told: {}",
        answer.text()
    );
}

#[tokio::test]
async fn a_full_house_refuses_creations_and_goes_on_opening() {
    let mut setup = Setup::default();
    setup.limits.max_total = 3000;
    let server = Server::with(setup).await;
    let shared = server.shared().await;
    let large = server.seal(&"x".repeat(3000), None);
    let answer = refused(&server, create(&large, &json!({})), 503, "storage-full").await;
    assert_eq!(answer.header("retry-after"), Some("60"));
    assert_eq!(answer.json()["retry_after"], 60);
    let token = server.claim_token();
    assert_eq!(calls::claim(&shared, &token).of(server.address).await.status, 200);
    assert_eq!(calls::acknowledge(&shared.id, &token).of(server.address).await.status, 204);
    assert_eq!(server.kept().await.bytes, 0, "what is gone takes no room");
}

/// R32: when the disk is nearly full nothing new is taken, and all else goes on: what it does makes room.
#[tokio::test]
async fn a_disk_that_is_nearly_full_refuses_creations_alone() {
    let mut server = Server::start().await;
    let asked = json!({ "failed_passphrases": { "limit": 1, "action": "lock" } });
    let guarded = calls::share(server.address, server.seal("hush", Some("right")), &asked).await;
    let large = server.share(server.seal(&"x".repeat(300_000), None)).await;
    let (small, unread) = (server.shared().await, server.shared().await);
    let repeated = server.seal("repeated", None);
    let keyed = create(&repeated, &json!({})).with("Idempotency-Key", "0123456789abcdef");
    assert_eq!(keyed.of(server.address).await.status, 201);
    server.setup.limits.keep_free = u64::MAX;
    let server = server.restart().await;
    let at = server.address;
    for size in [1, 300_000] {
        let more = server.seal(&"x".repeat(size), None);
        let answer = refused(&server, create(&more, &json!({})), 503, "storage-full").await;
        assert_eq!(answer.header("retry-after"), Some("60"));
        assert_eq!(answer.json()["retry_after"], 60, "R36");
    }
    let wrong = calls::wrong_guess(&guarded, &*server.dice).of(at).await;
    assert_eq!(wrong.status, 403, "a wrong passphrase is counted");
    let unlocked = calls::unlock(&guarded.receipt).of(at).await;
    assert_eq!(unlocked.json()["outcome"], "unlocked");
    for shared in [&small, &large, &guarded] {
        let token = server.claim_token();
        let opened = calls::claim(shared, &token).of(at).await;
        assert_eq!((opened.status, opened.body.len()), (200, shared.sealed.envelope.len()));
        assert_eq!(calls::fetch(&shared.id, &token).of(at).await.body, opened.body);
        assert_eq!(calls::acknowledge(&shared.id, &token).of(at).await.status, 204);
        assert_eq!(calls::fate(at, &shared.receipt).await.0, "opened");
    }
    assert_eq!(calls::burn(&unread.receipt).of(at).await.json()["outcome"], "burned");
    server.clock.advance(std::time::Duration::from_hours(25));
    server.sweep().await;
    let kept = server.kept().await;
    assert_eq!((kept.bytes, kept.files), (0, 0), "what has expired makes room as well");
    assert_eq!(Ask::get("/").of(at).await.status, 200);
    assert_eq!(Ask::get("/readyz").of(at).await.status, 200);
}

#[tokio::test]
async fn the_same_creation_asked_again_is_the_same_secret() {
    let server = Server::start().await;
    let sealed = server.seal("hush", None);
    let key = "0123456789abcdef";
    let ask = create(&sealed, &json!({})).with("Idempotency-Key", key);
    let first = ask.of(server.address).await;
    let again = ask.of(server.address).await;
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.json(), again.json());
    let other = create(&sealed, &json!({ "views": 2 })).with("Idempotency-Key", key);
    refused(&server, other, 409, "idempotency-conflict").await;
    let other = create(&server.seal("other", None), &json!({})).with("Idempotency-Key", key);
    refused(&server, other, 409, "idempotency-conflict").await;
    let server = server.restart().await;
    assert_eq!(ask.of(server.address).await.json(), first.json(), "across a restart");
    server.clock.advance(std::time::Duration::from_hours(24));
    server.sweep().await;
    let later = ask.of(server.address).await;
    assert_eq!(later.status, 201);
    assert_ne!(later.json()["id"], first.json()["id"], "a day later the key is free");
}

/// R32: one network gets its share of the room and no more, and has it back when its secrets go.
#[tokio::test]
async fn a_network_has_its_own_room() {
    let mut setup = Setup { proxies: &["127.0.0.1/32"], ..Setup::default() };
    setup.limits.max_per_network = 150_000;
    let server = Server::with(setup).await;
    let from = |sealed: &testkit::secrets::Sealed, network: &str| {
        create(sealed, &json!({})).with("X-Forwarded-For", network)
    };
    let large = || server.seal(&"x".repeat(100_000), None);
    let (first, second, small) = (large(), large(), server.seal("hush", None));
    let created = from(&first, "192.0.2.1").of(server.address).await;
    assert_eq!(created.status, 201);
    for (sealed, status) in [(&second, 403), (&small, 201), (&second, 403)] {
        let answer = from(sealed, "192.0.2.1").of(server.address).await;
        assert_eq!(answer.status, status);
        if status == 403 {
            assert_eq!(answer.problem(), "quota-exceeded");
        }
    }
    // Written in another way it is the same network; its neighbour has room of its own.
    let same = from(&second, "::ffff:192.0.2.1").of(server.address).await;
    assert_eq!(same.problem(), "quota-exceeded");
    assert_eq!(from(&second, "192.0.2.2").of(server.address).await.status, 201);
    assert_eq!(from(&large(), "2001:db8::1").of(server.address).await.status, 201);
    let neighbour = from(&large(), "2001:db8::2").of(server.address).await;
    assert_eq!(neighbour.problem(), "quota-exceeded", "one /64 is one network");
    let files = std::fs::read_dir(server.data().join("blobs")).unwrap().count();
    assert_eq!(files, 3, "what was refused left nothing behind");
    let shared = calls::Shared::new(first, &created);
    assert_eq!(calls::burn(&shared.receipt).of(server.address).await.status, 200);
    let again = from(&large(), "192.0.2.1").of(server.address).await;
    assert_eq!(again.status, 201, "its room is free again");
}

#[tokio::test]
async fn an_idempotency_key_out_of_bounds_is_named() {
    let server = Server::start().await;
    let sealed = server.seal("hush", None);
    let (short, long) = ("x".repeat(15), "x".repeat(129));
    for key in [
        short.as_str(),
        &long,
        "",
        "sixteen letters ",
        "0123456789 abcdef",
        "0123456789abcde\u{e9}",
    ] {
        let ask = create(&sealed, &json!({})).with("Idempotency-Key", key);
        let answer = refused(&server, ask, 422, "invalid").await;
        assert_eq!(answer.json()["field"], "Idempotency-Key", "{key}");
    }
    for key in ["x".repeat(16), "x".repeat(128)] {
        let ask = create(&sealed, &json!({})).with("Idempotency-Key", &key);
        assert_eq!(ask.of(server.address).await.status, 201);
    }
}
