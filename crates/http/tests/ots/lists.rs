//! What an account sees of its own: the list of recent receipts, the memo, and the handles by which a list names
//! what it shows. No list holds anything that opens or burns by itself (law 6, R57).

use std::time::Duration;

use serde_json::{Value, json};
use testkit::Ask;
use testkit::server::Server;

use super::calls::{
    Made, Person, START, V1_ALWAYS, exactly, follow_v1, follow_v2, form, is_receipt, is_unknown_v1,
    is_unknown_v2, is_v1_receipt, json_to, made_v1, open_v1, share, text, told,
};

async fn shared_by(server: &Server, person: &Person, fields: &[(&str, &str)]) -> Made {
    let fields = [&[("secret", "hush")], fields].concat();
    made_v1(&person.asks(form("/api/v1/share", &fields)).of(server.address).await)
}

async fn recent_v1(server: &Server, person: &Person) -> Vec<Value> {
    let list = told(server, 200, &person.asks(Ask::get("/api/v1/private/recent"))).await;
    list.as_array().expect("a bare list").clone()
}

async fn patch(
    server: &Server,
    person: Option<&Person>,
    receipt: &str,
    memo: &Value,
) -> (u16, Value) {
    let ask =
        Ask::new("PATCH", &format!("/api/v2/receipt/{receipt}")).json(&json!({ "memo": memo }));
    let ask = person.map_or(ask.clone(), |person| person.asks(ask));
    let answer = ask.of(server.address).await;
    (answer.status, answer.json())
}

#[tokio::test]
async fn v1_lists_receipts_without_their_links() {
    let server = Server::start().await;
    let ann = Person::new(&server, "ann@example.com").await;
    assert!(recent_v1(&server, &ann).await.is_empty());
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(shared_by(&server, &ann, &[("ttl", "3600")]).await);
        server.clock.advance(Duration::from_secs(1));
    }
    told(&server, 200, &open_v1(&made[1].secret)).await;
    told(&server, 200, &Ask::post(&format!("/api/v1/private/{}/burn", made[2].receipt))).await;
    for alias in ["private", "metadata", "receipt"] {
        let path = format!("/api/v1/{alias}/recent");
        let list = told(&server, 200, &ann.asks(Ask::get(&path))).await;
        let list = list.as_array().unwrap();
        assert_eq!(list.len(), 3);
        let states = ["new", "received", "burned"];
        for (place, (row, state)) in list.iter().zip(states).enumerate() {
            let more: &[&str] = if state == "received" { &["received"] } else { &["secret_ttl"] };
            is_v1_receipt(row, more);
            assert_eq!((&row["state"], &row["custid"]), (&json!(state), &json!("ann@example.com")));
            assert_eq!(
                row["created"],
                START + i64::try_from(place).unwrap(),
                "the oldest comes first"
            );
            if state != "received" {
                assert_eq!(row["secret_ttl"], Value::Null);
            }
        }
    }
}

/// R57: with the whole list in hand, somebody else opens nothing and burns nothing.
#[tokio::test]
async fn a_list_holds_nothing_that_opens_or_burns_by_itself() {
    let server = Server::start().await;
    let (ann, bea) = (
        Person::new(&server, "ann@example.com").await,
        Person::new(&server, "bea@example.com").await,
    );
    let made = shared_by(&server, &ann, &[]).await;
    let mut told_of = Vec::new();
    for path in ["/api/v1/private/recent", "/api/v2/receipt/recent", "/api/v2/private/recent"] {
        let list = ann.asks(Ask::get(path)).of(server.address).await;
        for token in [&made.secret, &made.receipt] {
            // Not whole, and not the part that is the key.
            for part in [&token[..], &token[26..], &token[30..50]] {
                assert!(!list.text().contains(part), "{path}: {}", list.text());
            }
        }
        told_of.push(list.json());
    }
    let handle = text(&told_of[0][0], "metadata_key");
    assert_eq!(told_of[1]["records"][0]["identifier"], handle.as_str());
    assert!(told_of[0][0].get("secret_identifier").is_none());
    let strangers = |ask: Ask| [ask.clone(), bea.asks(ask)];
    for ask in strangers(follow_v1(&handle)) {
        is_unknown_v1(&ask.of(server.address).await, &handle);
    }
    for ask in strangers(Ask::post(&format!("/api/v1/private/{handle}/burn"))) {
        is_unknown_v1(&ask.of(server.address).await, &handle);
    }
    for ask in strangers(open_v1(&handle)) {
        is_unknown_v1(&ask.of(server.address).await, &handle);
    }
    for ask in strangers(follow_v2(&handle)) {
        is_unknown_v2(&ask.of(server.address).await);
    }
    assert_eq!(told(&server, 200, &open_v1(&made.secret)).await["value"], "hush");
}

/// By a handle the owner follows and burns. The link is not in it.
#[tokio::test]
async fn an_owner_follows_and_burns_by_a_handle() {
    let server = Server::start().await;
    let ann = Person::new(&server, "ann@example.com").await;
    let made = shared_by(&server, &ann, &[]).await;
    let handle = text(&recent_v1(&server, &ann).await[0], "metadata_key");
    assert_ne!(handle, made.receipt);
    let receipt = told(&server, 200, &ann.asks(follow_v1(&handle))).await;
    assert_eq!(receipt["state"], "new");
    let followed = ann.asks(follow_v2(&handle)).of(server.address).await;
    assert_eq!(followed.json()["record"]["state"], "new");
    for answer in [receipt.to_string(), followed.text()] {
        assert!(
            !answer.contains(&made.secret) && !answer.contains(&made.receipt[26..]),
            "{answer}"
        );
    }
    let burned =
        told(&server, 200, &ann.asks(Ask::post(&format!("/api/v1/private/{handle}/burn")))).await;
    assert_eq!(burned["state"]["metadata_key"], handle.as_str());
    is_unknown_v1(&open_v1(&made.secret).of(server.address).await, &made.secret);
    assert_eq!(told(&server, 200, &follow_v1(&made.receipt)).await["state"], "burned");
}

#[tokio::test]
async fn a_list_is_of_ones_own_and_of_the_last_thirty_days() {
    let server = Server::start().await;
    let (ann, bea) = (
        Person::new(&server, "ann@example.com").await,
        Person::new(&server, "bea@example.com").await,
    );
    share(&server, &[("secret", "of nobody")]).await;
    let month = [("ttl", "2592000")];
    shared_by(&server, &ann, &month).await;
    shared_by(&server, &bea, &month).await;
    assert_eq!(recent_v1(&server, &ann).await.len(), 1);
    server.clock.advance(Duration::from_hours(24 * 30 - 1));
    shared_by(&server, &ann, &[]).await;
    assert_eq!(recent_v1(&server, &ann).await.len(), 2);
    server.clock.advance(Duration::from_hours(2));
    let list = recent_v1(&server, &ann).await;
    assert_eq!(list.len(), 1, "the first is older than that");
    exactly(&list[0], &[V1_ALWAYS, "secret_ttl"]);
}

#[tokio::test]
async fn v2_lists_what_waits_and_what_was_opened() {
    let server = Server::start().await;
    let ann = Person::new(&server, "ann@example.com").await;
    let (first, second) =
        (shared_by(&server, &ann, &[]).await, shared_by(&server, &ann, &[]).await);
    server.clock.advance(Duration::from_mins(1));
    told(&server, 200, &open_v1(&first.secret)).await;
    let list = told(&server, 200, &ann.asks(Ask::get("/api/v2/receipt/recent"))).await;
    exactly(&list, &["success custid count records details"]);
    assert_eq!(
        (&list["success"], &list["custid"], &list["count"]),
        (&json!(true), &Value::Null, &json!(2))
    );
    let details = &list["details"];
    exactly(
        details,
        &["type scope scope_label since now has_items revealed_receipts pending_receipts"],
    );
    assert_eq!((&details["type"], &details["has_items"]), (&json!("list"), &json!(true)));
    assert_eq!((&details["now"], &details["scope"]), (&json!(START + 60), &Value::Null));
    assert_eq!(details["since"], START + 60 - 30 * 86_400);
    for (name, count, state) in
        [("revealed_receipts", 1, "revealed"), ("pending_receipts", 1, "new")]
    {
        let receipts = details[name].as_array().unwrap();
        assert_eq!(receipts.len(), count, "{name}");
        assert_eq!(receipts[0]["state"], state, "{name}");
    }
    for record in list["records"].as_array().unwrap() {
        let mut whole = record.clone();
        // What names the link is absent, or says nothing.
        let link = "secret_identifier".to_owned();
        let link = whole.as_object_mut().unwrap().insert(link, Value::Null);
        assert!(link.is_none_or(|link| link.is_null() || link == ""));
        is_receipt(&whole, &["custid"]);
        assert_ne!(record["identifier"], second.receipt.as_str());
    }
}

#[tokio::test]
async fn an_empty_list_says_so() {
    let server = Server::start().await;
    let ann = Person::new(&server, "ann@example.com").await;
    let list = told(&server, 200, &ann.asks(Ask::get("/api/v2/receipt/recent"))).await;
    assert_eq!((&list["count"], &list["records"]), (&json!(0), &json!([])));
    assert_eq!(list["details"]["has_items"], false);
}

#[tokio::test]
async fn a_memo_is_its_owners_to_write() {
    let server = Server::start().await;
    let (ann, bea) = (
        Person::new(&server, "ann@example.com").await,
        Person::new(&server, "bea@example.com").await,
    );
    let ask =
        ann.asks(json_to("/api/v2/secret/conceal", &json!({ "secret": { "secret": "hush" } })));
    let made = super::calls::made_v2(&ask.of(server.address).await);

    let (status, answer) =
        patch(&server, Some(&ann), &made.receipt, &json!("for the auditors")).await;
    assert_eq!(status, 200, "{answer}");
    exactly(&answer, &["record"]);
    assert_eq!(answer["record"]["memo"], "for the auditors");
    let followed = told(&server, 200, &ann.asks(follow_v2(&made.receipt))).await;
    assert_eq!(followed["record"]["memo"], "for the auditors");

    let before = server.kept().await;
    let (status, answer) = patch(&server, Some(&bea), &made.receipt, &json!("mine")).await;
    assert_eq!((status, &answer["error"]), (401, &json!("Not authorized to update this receipt")));
    assert_eq!(patch(&server, None, &made.receipt, &json!("mine")).await.0, 401);
    assert_eq!(server.kept().await, before);

    let (_, answer) =
        patch(&server, Some(&ann), &made.receipt, &json!("<b>bold</b> & <script>x</script>")).await;
    let memo = text(&answer["record"], "memo");
    assert!(!memo.contains('<') && memo.contains("bold"), "{memo}");
    let long = "m".repeat(500);
    assert_eq!(
        patch(&server, Some(&ann), &made.receipt, &json!(long)).await.1["record"]["memo"],
        long
    );
    let (status, answer) = patch(&server, Some(&ann), &made.receipt, &json!("m".repeat(501))).await;
    assert!(status == 422 || answer["record"]["memo"] == long, "{status} {answer}");
}

/// What a list names is enough for its owner to write a memo, and for nobody else.
#[tokio::test]
async fn a_memo_is_written_by_a_handle_as_well() {
    let server = Server::start().await;
    let ann = Person::new(&server, "ann@example.com").await;
    let bea = Person::new(&server, "bea@example.com").await;
    shared_by(&server, &ann, &[]).await;
    let handle = text(&recent_v1(&server, &ann).await[0], "metadata_key");
    let (status, answer) = patch(&server, Some(&ann), &handle, &json!("by handle")).await;
    assert_eq!((status, &answer["record"]["memo"]), (200, &json!("by handle")));
    assert!(matches!(patch(&server, Some(&bea), &handle, &json!("mine")).await.0, 401 | 404));
    assert_eq!(patch(&server, None, &handle, &json!("mine")).await.0, 401);
}

/// The receipt of a secret that nobody owns takes no memo from anybody.
#[tokio::test]
async fn what_nobody_owns_has_no_memo() {
    let server = Server::start().await;
    let ann = Person::new(&server, "ann@example.com").await;
    let made = share(&server, &[("secret", "hush")]).await;
    assert_eq!(patch(&server, Some(&ann), &made.receipt, &json!("mine")).await.0, 401);
}
