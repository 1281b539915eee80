//! The program and its mail server: the way there is encrypted, the link is in no file and no log whatever
//! happens, and a process that is killed leaves no mail behind that nobody speaks of (laws 6 and 9; R85, R94).

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that panics has failed")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use testkit::asking::basic;
use testkit::{Ask, Canaries, Mood, Process, Sink, until};

const MAJA: &str = "maja@example.org";

/// A house with a mail server.
struct House {
    home: TempDir,
    sink: Sink,
    options: Vec<String>,
}

fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_sigill"))
}

impl House {
    async fn new() -> Self {
        let (home, sink) = (tempfile::tempdir().unwrap(), Sink::with_tls().await);
        let password = home.path().join("password");
        fs::write(&password, "hush hush, mail server\n").unwrap();
        let options = [
            "--smtp",
            &format!("smtp://sigill@localhost:{}", sink.address.port()),
            "--smtp-password-file",
            password.to_str().unwrap(),
            "--smtp-tls",
            "on",
            "--mail-from",
            "Sigill <sigill@secrets.example>",
            "--log",
            "trace",
        ];
        let options = options.map(str::to_owned).to_vec();
        Self { home, sink, options }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Starts the program. It trusts the authority of the mail server, if it `knows` it.
    async fn serve(&self, knows: bool) -> Process {
        let options: Vec<&str> = self.options.iter().map(String::as_str).collect();
        let authority = self.sink.authority();
        let trusted = [("SSL_CERT_FILE", authority.to_str().unwrap())];
        let variables = if knows { &trusted[..] } else { &[] };
        let (data, log) = (self.path("data"), self.path("log"));
        Process::start_in(binary(), &data, &log, &options, variables).await
    }

    fn run(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(binary());
        command.env_clear().current_dir(self.home.path()).args(arguments);
        let output = command.args(["--data", "data"]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// A key of Maja's account.
    fn key(&self) -> String {
        self.run(&["admin", "create", MAJA]);
        self.run(&["keys", "create", "--account", MAJA, "--scopes", "all"])
    }

    /// A secret whose link goes to Otto.
    async fn mailed(&self, process: &Process, key: &str) -> Value {
        let form = "secret=hush&recipient=otto%40example.net";
        let ask = Ask::post("/api/v1/share").body("application/x-www-form-urlencoded", form);
        let answer = ask.with("Authorization", &basic(MAJA, key)).of(process.address).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// Nothing that opens, burns or tells is in a file or in the log.
    fn clean(&self, made: &Value, when: &str) {
        let mut canaries = Canaries::default();
        for name in ["secret_key", "metadata_key"] {
            canaries.add_text(name, made[name].as_str().unwrap());
        }
        canaries.add_text("the recipient", "otto@example.net");
        canaries.add_text("the password", "hush hush, mail server");
        assert_eq!(canaries.find_below(&self.path("data")), None, "{when}");
        assert_eq!(canaries.find(&fs::read(self.path("log")).unwrap()), None, "{when}");
    }
}

/// To whom the receipt says that the link was mailed.
async fn recipients(process: &Process, made: &Value) -> usize {
    let path = format!("/api/v1/private/{}", made["metadata_key"].as_str().unwrap());
    let told = Ask::get(&path).of(process.address).await.json();
    told["recipient"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_link_goes_to_the_mail_server_encrypted_and_into_no_file() {
    let house = House::new().await;
    let process = house.serve(true).await;
    let key = house.key();
    let made = house.mailed(&process, &key).await;
    let mail = house.sink.last_of(1).await;
    assert!(mail.encrypted && mail.shown.is_some(), "by TLS, and with a password");
    assert_eq!(Some(mail.token().as_str()), made["secret_key"].as_str());
    let headers = mail.headers().join("\n");
    assert!(headers.contains("@secrets.example>") && !headers.contains("localhost"), "{headers}");
    house.clean(&made, "after it was sent");
    process.stop().await;
    house.clean(&made, "after the end");
}

#[tokio::test]
async fn a_mail_server_that_nobody_vouches_for_gets_nothing() {
    let house = House::new().await;
    let process = house.serve(false).await;
    let key = house.key();
    let made = house.mailed(&process, &key).await;
    until("it is put off", async || process.log().contains("not the certificate")).await;
    assert!(house.sink.taken().is_empty());
    house.clean(&made, "after it was refused");
}

#[tokio::test]
async fn a_process_that_is_killed_leaves_a_mail_that_has_failed() {
    let house = House::new().await;
    house.sink.be(Mood::Away);
    let mut process = house.serve(true).await;
    let key = house.key();
    let made = house.mailed(&process, &key).await;
    until("it is put off", async || process.log().contains("it is tried again")).await;
    assert_eq!(recipients(&process, &made).await, 1);
    process.kill();
    house.clean(&made, "after the kill");
    house.sink.be(Mood::Takes);
    let process = house.serve(true).await;
    assert_eq!(recipients(&process, &made).await, 0, "the receipt says that nobody got it");
    assert!(house.sink.taken().is_empty(), "nobody knows the link");
    house.clean(&made, "after the next start");
}
