//! `sigill share`: seals what it is given and prints the link, which is all that goes to standard
//! output. The receipt goes to people, into JSON, or into a file of the sender's.
//!
//! Nothing is created before everything that is needed was read, asked and checked.

mod content;
pub(crate) mod fields;

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::client::{Address, Client, Creation, IdempotencyKey, Parts, PlainHttp, Told};
use clap::ArgMatches;
use domain::entropy::draw;
use envelope::{Keys, Link, LinkKey, Passphrase, Profile, ReceiptToken, UploadToken};
use indicatif::ProgressBar;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use serde::Serialize;
use wire::secrets::{Action, Created, Terms};
use wire::text::Bytes32;
use zeroize::Zeroizing;

use self::content::{Content, sealed};
use super::receipt::receipt_link;
use crate::ambient::{Environment, System};
use crate::config::client::Client as Config;
use crate::failure::{Code, Failure};
use crate::interrupt::{self, Scratch};
use crate::passphrase::Origin;
use crate::{asking, terminal};

const NOTHING: &str = "Nothing was shared.";
/// Envelopes above this size go out in parts, so that a line that breaks costs little.
const LARGE: u64 = 16 * 1024 * 1024;

/// What is shared, and how it is protected.
struct Request {
    files: Vec<PathBuf>,
    fields: Vec<fields::Wanted>,
    name: Option<String>,
    passphrase: Option<Origin>,
    receipt: Option<PathBuf>,
}

/// Shares.
pub(crate) fn run(
    matches: &ArgMatches,
    environment: &Environment,
    config: &Config,
) -> Result<(), Failure> {
    let origin = Origin::find(environment, config.passphrase_file.as_deref())?;
    let wanted = matches.get_flag("passphrase") || !matches!(origin, Origin::Terminal);
    let files: Vec<PathBuf> = matches.get_many("file").unwrap_or_default().cloned().collect();
    let input = matches!(files.as_slice(), [path] if path.as_os_str() == "-");
    let request = Request {
        files: if input { Vec::new() } else { files },
        fields: fields::wanted(&matches.get_many("field").unwrap_or_default().collect::<Vec<_>>())?,
        name: matches.get_one("name").cloned(),
        passphrase: wanted.then_some(origin),
        receipt: matches.get_one("receipt").cloned(),
    };
    if !request.fields.is_empty() && !request.files.is_empty() {
        return Err(Failure::usage("a secret holds fields or files, not both: share them apart"));
    }
    if request.name.is_some() && !request.fields.is_empty() {
        return Err(Failure::usage("--name is for a file"));
    }
    let scratch = Scratch::default();
    interrupt::run(&scratch, share(request, environment, config, &scratch))
}

async fn share(
    request: Request,
    environment: &Environment,
    config: &Config,
    scratch: &Scratch,
) -> Result<(), Failure> {
    let client = asking::client(config)?;
    let receipt_file = match &request.receipt {
        Some(path) => {
            let made = scratch.create(path);
            Some(made.map_err(|error| Failure::file(path, &error).and(NOTHING))?)
        }
        None => None,
    };
    let (content, passphrase) = gather(&request, environment)?;
    let profile = if passphrase.is_some() { Profile::Argon2id } else { Profile::None };
    let key = LinkKey::new(draw(&System), profile);
    let keys = Keys::derive(&key, passphrase.as_ref()).map_err(Failure::broken)?;
    let secret = Zeroizing::new(draw::<32>(&System));
    let terms = terms(config, &keys, &secret);
    let created = create(&client, terms, content, keys, passphrase.is_some()).await?;
    let (origin, id) = Link::parse_address(&created.url).map_err(|_| foreign())?;
    let receipt = ReceiptToken::new(id, *secret);
    let made = Made { receipt, link: Link { origin, id, key }, created };
    let file = receipt_file.zip(request.receipt.as_deref());
    let handed_out = judge(&made.link, &made.created.id, &config.server).and_then(|elsewhere| {
        if let Some(address) = elsewhere {
            let asked = &config.server;
            terminal::note(&format!("Note: the link leads to {address}; {asked} was asked."));
        }
        made.hand_out(config, file, scratch)
    });
    if let Err(failure) = handed_out {
        // Nobody has the link: what nobody can open need not wait.
        let burned = client.burn(&made.receipt).await.is_ok();
        let told =
            if burned { "The secret was burned again." } else { "The secret expires unread." };
        return Err(failure.and(told));
    }
    Ok(())
}

/// What is shared, and the passphrase: everything that is asked for.
fn gather(
    request: &Request,
    environment: &Environment,
) -> Result<(Content, Option<Passphrase>), Failure> {
    let name = request.name.as_deref();
    let content = if !request.fields.is_empty() {
        Content::from_fields(fields::values(&request.fields, environment)?)
    } else if !request.files.is_empty() {
        Content::from_files(&request.files, name)?
    } else {
        if terminal::is_asked() {
            terminal::note("Type or paste the secret; end it with Enter and Ctrl+D.");
        }
        Content::from_input(io::stdin().lock(), name)?
    };
    let passphrase = request.passphrase.as_ref().map(Origin::chosen).transpose()?;
    Ok((content, passphrase))
}

fn terms(config: &Config, keys: &Keys, secret: &[u8; 32]) -> Terms {
    Terms {
        link_proof_hash: Bytes32::new(*keys.link_proof().hash().as_bytes()),
        proof_hash: Bytes32::new(*keys.proof().hash().as_bytes()),
        receipt_hash: Bytes32::new(*ReceiptToken::hash_of(secret).as_bytes()),
        expires_in: Some(config.ttl.seconds()),
        views: config.views.get().into(),
        failed_passphrases: config.budget,
        strict: config.strict,
    }
}

async fn create(
    client: &Client,
    terms: Terms,
    content: Content,
    keys: Keys,
    passphrase: bool,
) -> Result<Created, Failure> {
    let length = content.manifest.envelope_len().map_err(Failure::usage)?;
    let limits = client.limits().await.map_err(|error| asking::failure(error, NOTHING))?;
    if length > limits.max_envelope_bytes {
        let most = terminal::bytes(limits.max_envelope_bytes);
        let text = format!("this takes {}, and the server takes at most", terminal::bytes(length));
        return Err(Failure::new(Code::Refused, format!("{text} {most}. {NOTHING}")));
    }
    let (content, keys, salt) = (Arc::new(content), Arc::new(keys), draw(&System));
    let bar = terminal::progress("Sharing", length);
    let created = if length > LARGE {
        let token = UploadToken::new(draw(&System));
        let parts = Parts { terms, length, passphrase, token: &token };
        let told: Arc<Told> = {
            let bar = bar.clone();
            Arc::new(move |sent| bar.set_position(sent))
        };
        let envelope = sealed(&content, &keys, salt, &ProgressBar::hidden());
        client.upload(parts, envelope, &told).await
    } else {
        let key = IdempotencyKey::new(draw(&System));
        let creation = Creation { terms: &terms, length, key };
        client.create(&creation, || sealed(&content, &keys, salt, &bar)).await
    };
    bar.finish_and_clear();
    created.map_err(|error| {
        let unsure = matches!(error, ::client::Error::Lost);
        let lost = if unsure {
            "Whether the secret was created is not certain, but nobody has its link"
        } else {
            NOTHING
        };
        asking::failure(error, lost)
    })
}

fn foreign() -> Failure {
    Failure::new(Code::Network, "the server answered with an address that is none of Sigill's")
}

/// Whether the server's address for the link is one to hand out: of this secret, and no less safe than
/// the server that was asked. Another host may be right; then it is returned, for the sender to know.
fn judge(link: &Link, id: &str, asked: &Address) -> Result<Option<String>, Failure> {
    let address = Address::parse(&link.origin, PlainHttp::Anywhere).map_err(|_| foreign())?;
    if link.id.to_string() != id {
        return Err(foreign());
    }
    if asked.to_string().starts_with("https:") && link.origin.starts_with("http:") {
        return Err(Failure::new(
            Code::Network,
            "the server was asked over https:// and answered with a link over http://, where whoever \
             listens on the way could use it up. Its public-url is not right",
        ));
    }
    Ok((address != *asked).then(|| address.to_string()))
}

/// A secret that waits.
struct Made {
    link: Link,
    receipt: ReceiptToken,
    created: Created,
}

/// What `--json` says.
#[derive(Serialize)]
struct Report<'a> {
    link: &'a str,
    receipt: &'a str,
    receipt_link: &'a str,
    #[serde(flatten)]
    created: &'a Created,
}

impl Made {
    /// The receipt into its file or to people, then the link to standard output.
    fn hand_out(
        &self,
        config: &Config,
        file: Option<(File, &Path)>,
        scratch: &Scratch,
    ) -> Result<(), Failure> {
        let link = self.link.expose();
        let token = self.receipt.expose();
        let receipt = receipt_link(&self.link.origin, &self.receipt);
        let shown = file.is_none();
        if let Some((mut file, path)) = file {
            let write = || {
                writeln!(file, "{}", *receipt)?;
                file.sync_all()
            };
            let written = scratch.finish(&[path], write);
            written.map_err(|error| Failure::file(path, &error))?;
        }
        let mut out = io::stdout().lock();
        let printed = if config.json {
            let report = Report {
                link: &link,
                receipt: &token,
                receipt_link: &receipt,
                created: &self.created,
            };
            serde_json::to_writer_pretty(&mut out, &report)
                .map_err(io::Error::from)
                .and_then(|()| writeln!(out))
        } else {
            writeln!(out, "{}", *link)
        };
        printed.and_then(|()| out.flush()).map_err(|error| Failure::output(&error))?;
        if config.qr {
            let code = QrCode::new(link.as_bytes()).map_err(Failure::broken)?;
            let mut code = code.render::<Dense1x2>();
            let code = code.dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build();
            terminal::note(&code);
        }
        if !config.json {
            terminal::note(&self.summary());
            if shown {
                terminal::note(&format!(
                    "Receipt (follows it and burns it; keep it to yourself):\n{}",
                    *receipt
                ));
            }
        }
        Ok(())
    }

    fn summary(&self) -> String {
        let Created { views, passphrase, failed_passphrases, strict, .. } = &self.created;
        let times = if *views == 1 { "once".to_owned() } else { format!("{views} times") };
        let until = terminal::time(&self.created.expires_at);
        let passphrase = if *passphrase {
            let then = match failed_passphrases.action {
                Action::Lock => "lock",
                Action::Burn => "burn",
            };
            let limit = failed_passphrases.limit;
            format!(", with the passphrase ({limit} wrong ones {then} it)")
        } else {
            String::new()
        };
        let strict = if *strict { ", delivered at most once" } else { "" };
        format!("Opens {times}, until {until}{passphrase}{strict}.")
    }
}

#[cfg(test)]
mod tests {
    use envelope::SecretId;

    use super::*;

    #[test]
    fn a_link_is_of_this_secret_and_no_less_safe_than_the_server() {
        let id = SecretId::from_bytes([3; 16]);
        let judged = |origin: &str, named: &str, asked: &str| {
            let key = LinkKey::new([7; 32], Profile::None);
            let asked = Address::parse(asked, PlainHttp::Anywhere).unwrap();
            judge(&Link { origin: origin.to_owned(), id, key }, named, &asked).map_err(|f| f.code())
        };
        let (own, other) = (id.to_string(), SecretId::from_bytes([4; 16]).to_string());
        let asked = "https://a.test";
        assert_eq!(judged("https://a.test:443", &own, asked), Ok(None));
        let elsewhere = Some("https://b.test".to_owned());
        assert_eq!(judged("https://b.test", &own, asked), Ok(elsewhere));
        assert_eq!(judged(asked, &other, asked), Err(Code::Network));
        assert_eq!(judged("http://a.test", &own, asked), Err(Code::Network));
        assert_eq!(judged("https://a.test:x", &own, asked), Err(Code::Network));
        assert_eq!(judged("http://a.test", &own, "http://a.test"), Ok(None));
    }
}
