//! The program and its mail server: the way there is encrypted, the link is in no file and no log whatever
//! happens, and a process that is killed leaves no mail behind that nobody speaks of (laws 6 and 9; R85, R94).

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that panics has failed")]
#![expect(
    clippy::disallowed_methods,
    reason = "what is queued here is sent by a process with a real clock"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::SystemTime;

use domain::account::{Email, Role};
use domain::letter::{Change, Content, Letter};
use domain::{Clock, Entropy, Timestamp};
use outside::smtp::{From, Smtp, Target};
use serde_json::Value;
use service::letters::Queued;
use service::{Limits, Service};
use store::Store;
use tempfile::TempDir;
use testkit::asking::basic;
use testkit::{Ask, Canaries, Dice, Mood, Process, Sink, until};

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

    /// What a command says that knows the mail server, and its authority as well if it `knows` that.
    fn asks(&self, arguments: &[&str], knows: bool) -> Output {
        let mut command = Command::new(binary());
        command.env_clear().current_dir(self.home.path()).args(arguments).args(["--data", "data"]);
        if knows {
            command.env("SSL_CERT_FILE", self.sink.authority());
        }
        command.output().unwrap()
    }

    /// A letter to Maja that waits for the next process.
    async fn queued(&self, content: Content) {
        let dice = Arc::new(Dice::new(5));
        let store = Store::open(&self.path("data"), &*dice).unwrap();
        let dice: Arc<dyn Entropy> = dice;
        let from = From::parse("sigill@secrets.example").unwrap();
        let smtp = Smtp::new(&Target::parse("smtp://localhost").unwrap(), "", from).unwrap();
        let service = Service::new(store, Arc::new(Now), dice, Limits::default());
        let service = service.with_mail(Arc::new(smtp));
        let to = Email::parse(MAJA).unwrap();
        service.join(&to, Role::Member).await.unwrap();
        let locale = "sv".to_owned();
        let letter = Letter { content, to, account: None, subject: 0, locale };
        assert_eq!(service.post_letter(letter, None).await.unwrap(), Queued::Waits);
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

/// The real time.
struct Now;

impl Clock for Now {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap())
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

/// Whoever was at it is dead: the next process sends it, and no file has ever had its token.
#[tokio::test]
async fn a_letter_goes_out_when_its_process_was_killed_at_it() {
    let house = House::new().await;
    house.sink.be(Mood::Mute);
    house.queued(Content::SignIn).await;
    let mut process = house.serve(true).await;
    house.sink.visited(1).await;
    process.kill();
    assert!(house.sink.taken().is_empty());
    house.sink.be(Mood::Takes);
    let process = house.serve(true).await;
    let mail = house.sink.last_of(1).await;
    assert!(mail.encrypted && mail.to == [MAJA], "{:?}", mail.to);
    let text = mail.text();
    let (_, token) = text.split_once("/sign-in/link#").unwrap();
    let token: String = token.chars().take_while(char::is_ascii_alphanumeric).collect();
    let mut canaries = Canaries::default();
    canaries.add_text("the token", &token);
    canaries.add_text("the address", MAJA);
    process.stop().await;
    assert_eq!(canaries.find_below(&house.path("data")), None);
    assert_eq!(canaries.find(&fs::read(house.path("log")).unwrap()), None);
}

/// What could not be sent is listed without an address, and tried again or given up.
#[tokio::test]
async fn an_operator_sees_what_could_not_be_sent() {
    let house = House::new().await;
    house.sink.be(Mood::Refuses);
    house.queued(Content::CredentialChanged { change: Change::PasskeyAdded }).await;
    let process = house.serve(true).await;
    let list = || serde_json::from_str::<Value>(&house.run(&["admin", "letters", "--json"]));
    until("it is dead", async || list().unwrap()["letters"][0]["state"] == "dead").await;
    let shown = list().unwrap();
    let letter = &shown["letters"][0];
    assert_eq!(letter["kind"], "credential-changed");
    assert_eq!((&letter["attempts"], &letter["due_at"]), (&Value::from(1), &Value::Null));
    assert_eq!(letter["cause"], "the mail server answered 550");
    assert!(!shown.to_string().contains("maja"), "{shown}");
    let reference = letter["ref"].as_str().unwrap();
    let line = house.run(&["admin", "letters"]);
    assert!(line.starts_with(&format!("{reference}  dead  credential-changed")), "{line}");
    house.sink.be(Mood::Takes);
    house.run(&["admin", "letters", "retry", reference]);
    assert!(house.sink.last_of(1).await.text().contains("Hur du loggar in"), "in her language");
    until("it is sent", async || list().unwrap()["letters"] == Value::Array(vec![])).await;
    for verb in ["retry", "drop"] {
        let refused = house.asks(&["admin", "letters", verb, reference], false);
        assert_eq!(refused.status.code(), Some(8), "{refused:?}");
    }
    process.stop().await;
    let log = fs::read_to_string(house.path("log")).unwrap();
    assert!(log.contains("a letter could not be sent") && !log.contains("maja"), "{log}");
}

/// The mail server listens while a command runs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_tries_whether_mail_arrives() {
    let house = House::new().await;
    let process = house.serve(true).await;
    let test = ["admin", "mail", "test", "otto@example.net"];
    house.run(&test);
    let mail = house.sink.last_of(1).await;
    assert!(mail.encrypted && mail.to == ["otto@example.net"]);
    assert!(mail.headers().join("\n").contains("Subject: Mail from"), "{:?}", mail.headers());
    house.sink.be(Mood::Refuses);
    let refused = house.asks(&test, false);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(8), "{said}");
    assert!(said.contains("answered 550") && !said.contains("otto"), "{said}");
    let wrong = house.asks(&["admin", "mail", "test", "otto"], false);
    assert_eq!(wrong.status.code(), Some(8));
    process.stop().await;
    house.sink.be(Mood::Takes);
    let options: Vec<&str> = house.options.iter().map(String::as_str).collect();
    let (options, _) = options.split_at(8);
    let alone = house.asks(&[&test[..], options].concat(), true);
    assert!(alone.status.success(), "{alone:?}");
    house.sink.last_of(2).await;
    let without = house.asks(&test, true);
    let said = String::from_utf8_lossy(&without.stderr);
    assert!(!without.status.success() && said.contains("sends no mail"), "{said}");
}

/// The mail server listens while a command runs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doctor_says_what_is_wrong_with_mail() {
    let house = House::new().await;
    let options: Vec<&str> = house.options.iter().map(String::as_str).collect();
    let (options, _) = options.split_at(8);
    let mail = |options: &[&str], knows| {
        let arguments = [&["doctor", "--json", "--listen", "127.0.0.1:0"][..], options].concat();
        let report: Value = serde_json::from_slice(&house.asks(&arguments, knows).stdout).unwrap();
        let checks = report["checks"].as_array().unwrap().clone();
        let mail = checks.into_iter().find(|check| check["name"] == "mail").unwrap();
        (mail["status"].as_str().unwrap().to_owned(), mail["text"].as_str().unwrap().to_owned())
    };
    let is = |(status, text): (String, String), expected: &str, says: &str| {
        assert!(status == expected && text.contains(says), "{status}: {text}");
    };
    is(mail(&[], true), "ok", "recipients are refused");
    is(mail(options, true), "ok", "lets this program in");
    is(mail(options, false), "fault", "not the certificate");
    house.sink.be(Mood::Away);
    is(mail(options, true), "fault", "cannot be reached");
    fs::remove_file(house.path("password")).unwrap();
    is(mail(options, true), "fault", "smtp-password-file");
    assert!(house.sink.taken().is_empty(), "it sends nothing");
}

#[tokio::test]
async fn settings_of_mail_that_cannot_be_meant_are_refused() {
    let house = House::new().await;
    let from = ["--mail-from", "sigill@secrets.example"];
    let file = ["--smtp-password-file", "password"];
    for (options, says) in [
        (vec!["--smtp", "smtp://localhost"], "mail-from is missing"),
        ([&["--smtp", "http://localhost"][..], &from[..]].concat(), "smtp"),
        (
            [&["--smtp", "smtp://a:b@localhost"][..], &from[..]].concat(),
            "the password lies in a file",
        ),
        ([&["--smtp", "smtp://sigill@localhost"][..], &from[..]].concat(), "names a user"),
        ([&["--smtp", "smtp://localhost"][..], &from[..], &file].concat(), "names no user"),
        (
            [&["--smtp", "smtps://localhost", "--smtp-tls", "off"][..], &from[..]].concat(),
            "smtp-tls cannot be off",
        ),
        (from.to_vec(), "of no use without smtp"),
        (file.to_vec(), "of no use without smtp"),
        (vec!["--smtp", "smtp://localhost", "--mail-from", "Sigill"], "mail-from"),
    ] {
        let refused = house.asks(&[&["config", "check"][..], &options[..]].concat(), true);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(2), "{options:?}: {said}");
        assert!(said.contains(says), "{options:?}: {said}");
        assert!(!said.contains("a:b"), "no password is repeated: {said}");
    }
}
