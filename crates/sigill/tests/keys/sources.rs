//! Where keys come from, and what is refused wherever they come from (R6, R47).

use std::fs;

use testkit::calls::fate;
use testkit::until;

use crate::house::{House, is_key, write};

#[tokio::test]
async fn keys_come_from_a_variable_a_credential_or_a_command() {
    let house = House::new(24);
    let fresh = house.run(&["keys-at-rest", "new"]).ends(0).out;
    let place = house.path("vault");
    write(&place, &fresh, 0o600);
    let process = house.start_with(&["--keys", "env:VAULT"], &[("VAULT", &fresh)]).await;
    let shared = house.share(&process, "hush").await;
    assert!(process.log().contains("server keys: env:VAULT"), "{}", process.log());
    process.stop().await;
    assert!(!house.keys().exists(), "no file is made beside them");

    // What systemd makes: a file that its user may read by an access list.
    let credentials = house.path("credentials");
    fs::create_dir(&credentials).unwrap();
    write(&credentials.join("vault"), &fresh, 0o440);
    let variables = [("CREDENTIALS_DIRECTORY", credentials.to_str().unwrap())];
    let process = house.start_with(&["--keys", "credential:vault"], &variables).await;
    house.opens(&process, &shared).await;
    let shared = house.share(&process, "hush").await;
    process.stop().await;

    let command = format!("command:/bin/cat {}", place.display());
    let process = house.start_with(&["--keys", &command], &[]).await;
    house.opens(&process, &shared).await;
    let shared = house.share(&process, "hush").await;
    let rotate = ["keys-at-rest", "rotate", "--data", "data", "--keys", &command];
    let rotated = house.run(&rotate).ends(0);
    assert!(rotated.out.starts_with(fresh.trim_end()) && rotated.out.contains("\nring 2 "));
    assert_eq!(
        fs::read_to_string(&place).unwrap(),
        fresh,
        "putting it there is not for the program"
    );
    write(&place, &rotated.out, 0o600);
    process.hang_up();
    let list = ["keys-at-rest", "list", "--data", "data", "--keys", &command];
    until("the key has turned", async || {
        let list = house.run(&list).ends(0).out;
        let lines: Vec<_> = list.lines().collect();
        lines.len() == 2
            && lines[0].contains(" 0 secrets")
            && lines[1].contains("wraps what is new")
    })
    .await;
    house.opens(&process, &shared).await;
    assert!(is_key(&fresh) && !is_key(&process.log()), "{}", process.log());
    process.stop().await;
}

#[tokio::test]
async fn no_source_may_be_wrong_weak_missing_or_open_to_others() {
    let house = House::new(25);
    // A fresh start makes a file, and nothing else.
    house.refuses("env:VAULT", &[], &["the variable with keys VAULT", "sigill keys-at-rest new"]);
    house.refuses("command:/bin/false", &[], &["/bin/false ended with exit status: 1"]);
    house.refuses("command:/nowhere/vault", &[], &["/nowhere/vault cannot be started"]);
    house.refuses("credential:vault", &[], &["CREDENTIALS_DIRECTORY", "LoadCredential=vault"]);
    let credentials = house.path("credentials");
    fs::create_dir(&credentials).unwrap();
    let variables = [("CREDENTIALS_DIRECTORY", credentials.to_str().unwrap())];
    house.refuses("credential:vault", &variables, &["the credential with keys vault", "new"]);
    house.refuses("file:/nowhere/server.keys", &[], &["/nowhere/server.keys"]);
    house.refuses("vault:x", &[], &["keys must be file:PATH"]);
    assert!(!house.path("data/sigill.db").exists(), "nothing was begun");

    let process = house.start().await;
    let shared = house.share(&process, "hush").await;
    process.stop().await;
    let good = fs::read_to_string(house.keys()).unwrap();
    let fresh = house.run(&["keys-at-rest", "new"]).ends(0).out;
    let without = |name: &str| -> String {
        let kept: Vec<_> = good.lines().filter(|line| !line.starts_with(name)).collect();
        kept.join("\n") + "\n"
    };
    let with_ring = |key: &str| format!("{}ring 1 {key}\n", without("ring"));
    let (place, credential) = (house.path("vault"), credentials.join("vault"));
    let (file, command) =
        (format!("file:{}", place.display()), format!("command:/bin/cat {}", place.display()));
    for (text, says) in [
        (fresh.clone(), "does not belong to this database"),
        (with_ring("00").clone(), "a key is not 64 hexadecimal digits"),
        (with_ring(&"00".repeat(32)), "a key is not random"),
        (with_ring(&"deadbeef".repeat(8)), "a key is not random"),
        (with_ring(&(0..32).fold(String::new(), |key, at| format!("{key}{at:02x}"))), "not random"),
        (with_ring("changeme"), "a key is not 64 hexadecimal digits"),
        (without("ring"), "a key is missing"),
        (good.replace("ring 1 ", "ring 2 "), "has no ring 1"),
        (String::new(), "the first line is not"),
        (format!("{good}{}", "# more\n".repeat(10_000)), "too"),
    ] {
        write(&place, &text, 0o600);
        write(&credential, &text, 0o400);
        if says != "too" {
            house.refuses(
                "env:VAULT",
                &[("VAULT", &text)],
                &["the variable with keys VAULT", says],
            );
            house.refuses(&command, &[], &["the command for keys /bin/cat", says]);
        }
        let says = if says == "too" { "it is too long" } else { says };
        house.refuses("credential:vault", &variables, &["the credential with keys vault", says]);
        house.refuses(&file, &[], &["the keys file", "vault", says]);
    }
    for mode in [0o604, 0o640, 0o660, 0o601] {
        write(&place, &good, mode);
        let says = format!("has mode {mode:o}");
        house.refuses(&file, &[], &["the keys file", &says, "chmod 600"]);
    }
    write(&credential, &good, 0o444);
    house.refuses(
        "credential:vault",
        &variables,
        &["the credential with keys vault", "has mode 444"],
    );
    fs::remove_file(&place).unwrap();
    house.refuses(&file, &[], &["vault is missing: put it back"]);
    house.refuses("env:VAULT", &[], &["the variable with keys VAULT is missing"]);

    // None of it has changed anything.
    let process = house.start().await;
    house.opens(&process, &shared).await;
    let (state, _) = fate(process.address, &shared.receipt).await;
    assert_eq!(state, "delivering");
    process.stop().await;
}
