//! `sigill receipt` and `sigill burn`: what became of a secret, and its end.
//!
//! The receipt comes from a file, a variable, standard input or the terminal, never from an argument.
//! A receipt's link names its server; a bare token belongs to the configured one.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use ::client::{Address, AddressFault, Client, Error};
use clap::ArgMatches;
use envelope::{Fault, ReceiptToken};
use serde::Serialize;
use wire::receipts::{BurnOutcome, Receipt, State, UnlockOutcome};
use wire::secrets::Action;
use zeroize::Zeroizing;

use crate::ambient::Environment;
use crate::config::client::{Client as Config, plain_http};
use crate::config::sources::RECEIPT;
use crate::failure::{Code, Failure};
use crate::interrupt::{self, Scratch};
use crate::{asking, terminal};

/// What is asked with a receipt.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wish {
    /// Burn what is left.
    Burn,
    /// Tell what happened.
    Follow,
    /// Let passphrases be tried again.
    Unlock,
}

/// The page that a receipt token opens.
pub(crate) fn receipt_link(origin: &str, token: &ReceiptToken) -> Zeroizing<String> {
    Zeroizing::new(format!("{origin}/receipt#{}", *token.expose()))
}

/// Asks, and prints what came of it.
pub(crate) fn run(
    matches: &ArgMatches,
    environment: &Environment,
    config: Config,
    wish: Wish,
) -> Result<(), Failure> {
    let file = matches.get_one::<PathBuf>("file").cloned();
    interrupt::run(&Scratch::default(), async {
        let text = find(file, environment)?;
        let (token, server) = parse(&text, &config)?;
        let config = Config { server, ..config };
        ask(&asking::client(&config)?, &token, wish, config.json).await
    })
}

/// The receipt as text: from the named file, the variable, standard input or the terminal.
fn find(file: Option<PathBuf>, environment: &Environment) -> Result<Zeroizing<String>, Failure> {
    match (file, environment.get(RECEIPT)) {
        (Some(path), _) if path.as_os_str() == "-" => read(io::stdin().lock(), "standard input"),
        (Some(path), _) => {
            if path.to_string_lossy().contains("sgr_") {
                return Err(Failure::usage(
                    "a receipt does not belong on the command line, where everybody on this machine \
                     can read it: name its file, send it to standard input, or set SIGILL_RECEIPT",
                ));
            }
            let name = path.display().to_string();
            read(File::open(&path).map_err(|error| Failure::file(&path, &error))?, &name)
        }
        (None, Some(Some(text))) => Ok(Zeroizing::new(text.clone())),
        (None, Some(None)) => Err(Failure::usage(format!("{RECEIPT} must be UTF-8"))),
        (None, None) if terminal::is_asked() => terminal::ask_hidden("Receipt"),
        (None, None) => read(io::stdin().lock(), "standard input"),
    }
}

fn read(input: impl Read, name: &str) -> Result<Zeroizing<String>, Failure> {
    let most = u64::try_from(terminal::LINE).unwrap_or(u64::MAX);
    let mut text = Zeroizing::new(String::with_capacity(terminal::LINE));
    let read = input.take(most).read_to_string(&mut text);
    read.map_err(|error| Failure::new(Code::File, format!("{name}: {error}")))?;
    Ok(text)
}

fn parse(text: &str, config: &Config) -> Result<(ReceiptToken, Address), Failure> {
    let text = text.trim();
    let (origin, token) = match text.split_once("/receipt#") {
        Some((origin, token)) => (Some(origin), token),
        None => (None, text),
    };
    let damaged = |fault: Fault| {
        Failure::new(
            Code::Link,
            format!("the receipt cannot be read: {fault}. Nothing was asked. Copy the whole of it"),
        )
    };
    let token = ReceiptToken::parse(token).map_err(damaged)?;
    let server = match origin {
        None => config.server.clone(),
        Some(origin) => Address::parse(origin, config.plain).map_err(|fault| match fault {
            AddressFault::NotAnAddress => damaged(Fault::Mistyped),
            AddressFault::Plain => Failure::usage(format!("the receipt's server {}", plain_http())),
        })?,
    };
    Ok((token, server))
}

async fn ask(client: &Client, token: &ReceiptToken, wish: Wish, json: bool) -> Result<(), Failure> {
    let failure = |error: Error| {
        if error.problem() == Some("unavailable") {
            return Failure::new(
                Code::Unavailable,
                "the server has no such receipt: it is of another server, or it was kept for as \
                 long as receipts are kept",
            );
        }
        asking::failure(error, "What became of it is not known; asking again is safe.")
    };
    match wish {
        Wish::Follow => {
            let receipt = client.receipt(token).await.map_err(failure)?;
            print(json, &receipt, |out| tell(out, &receipt))
        }
        Wish::Unlock => {
            let unlocked = client.unlock(token).await.map_err(failure)?;
            let text = match unlocked.outcome {
                UnlockOutcome::Unlocked => "Unlocked: passphrases can be tried again.",
                UnlockOutcome::NotLocked => "It was not locked.",
            };
            print(json, &unlocked, |out| writeln!(out, "{text}"))
        }
        Wish::Burn => {
            let burned = client.burn(token).await.map_err(failure)?;
            let text = match burned.outcome {
                BurnOutcome::Burned => "Burned. Nothing is left to open.",
                BurnOutcome::Expired => "Its time was up before. Nothing is left to open.",
                BurnOutcome::Lost => "The server had lost its key before. Nothing is left to open.",
                BurnOutcome::Opened => "Too late: every view has its reader.",
            };
            print(json, &burned, |out| writeln!(out, "{text}"))?;
            match burned.outcome {
                BurnOutcome::Burned | BurnOutcome::Expired | BurnOutcome::Lost => Ok(()),
                BurnOutcome::Opened => Err(Failure::new(
                    Code::Unavailable,
                    "it was opened before it could be burned. Change what it protected, if that \
                     was not your reader",
                )),
            }
        }
    }
}

fn print(
    json: bool,
    answer: &impl Serialize,
    text: impl FnOnce(&mut io::StdoutLock<'static>) -> io::Result<()>,
) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let printed = if json {
        serde_json::to_writer_pretty(&mut out, answer)
            .map_err(io::Error::from)
            .and_then(|()| writeln!(out))
    } else {
        text(&mut out)
    };
    printed.and_then(|()| out.flush()).map_err(|error| Failure::output(&error))
}

fn tell(out: &mut impl Write, receipt: &Receipt) -> io::Result<()> {
    let state = match receipt.state {
        State::Waiting => "waiting to be opened",
        State::Locked => "locked after too many wrong passphrases",
        State::Delivering => "opened; the content is being fetched",
        State::Opened => "opened; nothing is left",
        State::Burned => "burned; nothing is left",
        State::Expired => "expired; nothing is left",
        State::Lost => "lost: the server was restored without its key. Share it again",
    };
    writeln!(out, "Secret {}: {state}", terminal::one_line(&receipt.reference).as_str())?;
    writeln!(out, "Views left: {} of {}", receipt.views_left, receipt.views)?;
    writeln!(out, "Expires: {}", terminal::time(&receipt.expires_at))?;
    if receipt.passphrase {
        let failures = receipt.failed_passphrases;
        let then = match failures.action {
            Action::Lock => "lock",
            Action::Burn => "burn",
        };
        let (failed, limit) = (failures.failed, failures.limit);
        writeln!(out, "Wrong passphrases: {failed}; {limit} {then} it")?;
    }
    for event in &receipt.events {
        let (kind, actor) = (terminal::one_line(&event.kind), terminal::one_line(&event.actor));
        writeln!(out, "{}  {} ({})", terminal::time(&event.at), kind.as_str(), actor.as_str())?;
    }
    Ok(())
}
