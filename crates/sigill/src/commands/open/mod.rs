//! `sigill open`: wins a view, opens it, and says that it arrived once it is safe.
//!
//! The link is judged here before anybody is asked. What could make the writing fail is looked at
//! before the claim; what fails after it can be taken up again, because the claim is kept.

mod files;
mod kept;
mod names;
mod receiver;
mod shown;

use std::io::{self, Read as _};
use std::path::PathBuf;

use ::client::{Address, AddressFault, Client, Delivery, Error};
use clap::ArgMatches;
use envelope::{Fault, Keys, Link, LinkKey, Opener, Profile};
use zeroize::Zeroizing;

use self::kept::Kept;
use self::receiver::{Receiver, Stop, Target};
use crate::ambient::Environment;
use crate::config::client::{Client as Config, plain_http};
use crate::failure::{Code, Failure};
use crate::interrupt::{self, Scratch};
use crate::passphrase::Origin;
use crate::{asking, terminal};

const NOTHING: &str = "Nothing was lost; try again.";

/// Opens.
pub(crate) fn run(
    matches: &ArgMatches,
    environment: &Environment,
    config: &Config,
) -> Result<(), Failure> {
    let argument = matches.get_one::<String>("link").cloned().map(Zeroizing::new);
    let target = Target::find(matches.get_one::<PathBuf>("out").cloned())?;
    let field = matches.get_one::<String>("field").cloned();
    let passphrase = Origin::find(environment, config.passphrase_file.as_deref())?;
    let scratch = Scratch::default();
    let receiver = Receiver::new(target, field, config.json, scratch.clone());
    interrupt::run(&scratch, async {
        let link = find(argument)?;
        let address = Address::parse(&link.origin, config.plain).map_err(|fault| match fault {
            AddressFault::NotAnAddress => damaged(Fault::Mistyped),
            AddressFault::Plain => Failure::usage(format!("the link's server {}", plain_http())),
        })?;
        let client = Client::new(address).map_err(|error| asking::failure(error, NOTHING))?;
        let mut kept = Kept::find(environment, &link.id);
        open(&client, &link, &passphrase, &mut kept, receiver).await
    })
}

/// The link: the argument, or what standard input or the terminal says.
fn find(argument: Option<Zeroizing<String>>) -> Result<Link, Failure> {
    let named = argument.filter(|text| text.as_str() != "-");
    let piped = named.is_none() && !terminal::is_asked();
    let text = match named {
        Some(text) => text,
        None if piped => {
            let most = u64::try_from(terminal::LINE).unwrap_or(u64::MAX);
            let mut text = Zeroizing::new(String::with_capacity(terminal::LINE));
            let read = io::stdin().lock().take(most).read_to_string(&mut text);
            read.map_err(|error| Failure::new(Code::File, format!("standard input: {error}")))?;
            text
        }
        None => terminal::ask_shown("Link")?,
    };
    let mut words = text.split_whitespace();
    let address = words.next().unwrap_or_default();
    match Link::parse(address) {
        Ok(link) => Ok(link),
        // The key may come another way: on a line of its own, or by asking.
        Err(Fault::MissingKey) => {
            let (origin, id) =
                Link::parse_address(address.trim_end_matches('#')).map_err(damaged)?;
            let key = match words.next() {
                Some(key) => Zeroizing::new(key.to_owned()),
                None if piped => return Err(damaged(Fault::MissingKey)),
                None => terminal::ask_hidden("Key (the part after #)")
                    .map_err(|_| damaged(Fault::MissingKey))?,
            };
            let key = LinkKey::decode(&id, key.trim()).map_err(damaged)?;
            Ok(Link { origin, id, key })
        }
        Err(fault) => Err(damaged(fault)),
    }
}

fn damaged(fault: Fault) -> Failure {
    let help = match fault {
        Fault::UnknownProfile | Fault::UnknownVersion => "A newer sigill can read it",
        Fault::BadHeader
        | Fault::BadManifest
        | Fault::BadPadding
        | Fault::Cut
        | Fault::Damaged
        | Fault::ExcessiveWork
        | Fault::MissingKey
        | Fault::Mistyped
        | Fault::UnknownFormat
        | Fault::WrongKey
        | Fault::WrongProof
        | _ => "Copy the whole link again, to its last character",
    };
    let text =
        format!("the link is not complete: {fault}. Nobody was asked, nothing was lost. {help}");
    Failure::new(Code::Link, text)
}

async fn open(
    client: &Client,
    link: &Link,
    passphrase: &Origin,
    kept: &mut Kept,
    receiver: Receiver,
) -> Result<(), Failure> {
    loop {
        let keys = derive(link, passphrase)?;
        let is_kept = kept.keep();
        let claimed = client.claim(&link.id, &keys.link_proof(), &keys.proof(), &kept.token).await;
        match claimed {
            Ok(delivery) => {
                let lease = delivery.lease_ends().map(ToOwned::to_owned);
                let receiver = receiver.of(lease.is_some() && is_kept);
                return match receive(delivery, keys, receiver).await {
                    Ok(()) => {
                        acknowledge(client, link, kept, lease.is_some()).await;
                        Ok(())
                    }
                    Err(failure) => Err(failure.and(again(kept, lease.as_deref(), is_kept))),
                };
            }
            Err(error) => {
                let retry = retries(&error, passphrase, kept);
                let failure = asking::failure(error, NOTHING);
                if !retry {
                    let over = matches!(
                        failure.code(),
                        Code::Unavailable | Code::Passphrase | Code::Refused
                    );
                    if over {
                        kept.forget();
                    }
                    return Err(failure);
                }
            }
        }
    }
}

/// Whether another attempt makes sense at once; prepares it.
fn retries(error: &Error, passphrase: &Origin, kept: &mut Kept) -> bool {
    match error.problem() {
        // The view that an earlier run had won is gone. There may be another.
        Some("unavailable") if kept.is_old => {
            kept.renew();
            true
        }
        Some("passphrase-rejected") if matches!(passphrase, Origin::Terminal) => {
            terminal::note(&terminal::one_line(&error.to_string()));
            true
        }
        _ => false,
    }
}

fn derive(link: &Link, passphrase: &Origin) -> Result<Keys, Failure> {
    let passphrase = match link.key.profile() {
        Profile::None => None,
        Profile::Argon2id => Some(passphrase.given()?),
    };
    Keys::derive(&link.key, passphrase.as_ref()).map_err(Failure::broken)
}

/// Fetches, opens and writes, a piece at a time.
async fn receive(
    mut delivery: Delivery<'_>,
    keys: Keys,
    mut receiver: Receiver,
) -> Result<(), Failure> {
    let mut opener = Opener::new(keys);
    let bar = terminal::progress("Opening", delivery.length().unwrap_or(0));
    let partly = |error| asking::failure(error, "The content did not arrive whole.");
    while let Some(piece) = delivery.next().await.map_err(partly)? {
        bar.inc(u64::try_from(piece.len()).unwrap_or(0));
        opener.push(&piece, &mut receiver).map_err(stopped)?;
    }
    opener.finish(&mut receiver).map_err(stopped)?;
    bar.finish_and_clear();
    receiver.finish()
}

fn stopped(stop: Stop) -> Failure {
    match stop {
        Stop::Failure(failure) => failure,
        Stop::Fault(fault @ Fault::WrongKey) => Failure::new(Code::Passphrase, fault),
        Stop::Fault(fault) => Failure::new(
            Code::Damaged,
            format!(
                "what arrived does not open: {fault}. What may have been printed is not the whole"
            ),
        ),
    }
}

/// The content is safe: the server may destroy it now. A strict one is gone already.
async fn acknowledge(client: &Client, link: &Link, kept: &Kept, held: bool) {
    if held && let Err(error) = client.acknowledge(&link.id, &kept.token).await {
        let text = "Note: the content is whole, but the server could not be told";
        terminal::note(&format!("{text} ({}).", *terminal::one_line(&error.to_string())));
    }
    kept.forget();
}

/// What is left after a failure.
fn again(kept: &Kept, lease: Option<&str>, is_kept: bool) -> String {
    match lease {
        Some(end) if is_kept => format!(
            "It is kept for you until {}: open it again on this machine.",
            terminal::time(end)
        ),
        Some(_) => {
            kept.forget();
            "The view is used up: there was no place to keep the claim (is HOME set?).".to_owned()
        }
        None => {
            kept.forget();
            "It was to be delivered at most once, and is gone. Ask the sender for another."
                .to_owned()
        }
    }
}
