//! `sigill admin mail test` and `sigill admin letters`: whether mail works, and what could not be sent.

use std::io::{self, Write as _};

use clap::ArgMatches;

use crate::ambient::Environment;
use crate::config::serve::Serve;
use crate::config::{self, Sources};
use crate::control::letters::{Listed, Wish};
use crate::control::{self, Answer, Ask};
use crate::failure::Failure;
use crate::terminal;

fn text(matches: &ArgMatches, name: &str) -> Result<String, Failure> {
    let given = matches.get_one::<String>(name).cloned();
    given.ok_or_else(|| Failure::usage(format!("{name} is missing")))
}

/// Sends a mail.
pub(crate) fn test(
    matches: &ArgMatches,
    sources: &Sources,
    environment: &Environment,
) -> Result<(), Failure> {
    let config = Serve::resolve(sources)?;
    let wish = Wish::Test { to: text(matches, "address")? };
    control::ask(&config, environment, &Ask::Letters { wish })?;
    terminal::note("The mail server has taken the mail. Look whether it arrives, and where.");
    Ok(())
}

/// Shows the letters that wait and those that could not be sent.
pub(crate) fn list(sources: &Sources, environment: &Environment) -> Result<(), Failure> {
    let (config, client, _) = config::everything(sources)?;
    let asked = control::ask(&config, environment, &Ask::Letters { wish: Wish::List })?;
    let Answer::Letters { letters } = asked else { return Ok(()) };
    let text = if client.json {
        let json = serde_json::json!({ "letters": letters });
        serde_json::to_string_pretty(&json).map_err(Failure::broken)? + "\n"
    } else {
        letters.iter().map(line).collect()
    };
    let mut out = io::stdout().lock();
    let printed = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    printed.map_err(|error| Failure::output(&error))?;
    if letters.is_empty() && !client.json {
        terminal::note("Nothing waits, and nothing is dead.");
    }
    Ok(())
}

fn line(letter: &Listed) -> String {
    let Listed { reference, kind, state, attempts, cause, created_at, due_at, until } = letter;
    let next = match due_at {
        Some(due_at) => format!("next {due_at}"),
        None => format!("kept until {until}"),
    };
    let cause = cause.as_deref().unwrap_or("not tried yet");
    format!(
        "{reference}  {state}  {kind}  created {created_at}  tried {attempts}  {next}  {cause}\n"
    )
}

/// Tries a dead letter again.
pub(crate) fn retry(
    matches: &ArgMatches,
    sources: &Sources,
    environment: &Environment,
) -> Result<(), Failure> {
    let config = Serve::resolve(sources)?;
    let wish = Wish::Retry { reference: text(matches, "ref")? };
    control::ask(&config, environment, &Ask::Letters { wish })?;
    terminal::note("It is tried again, for a day.");
    Ok(())
}

/// Gives a dead letter up.
pub(crate) fn drop_one(
    matches: &ArgMatches,
    sources: &Sources,
    environment: &Environment,
) -> Result<(), Failure> {
    let config = Serve::resolve(sources)?;
    let wish = Wish::Drop { reference: text(matches, "ref")? };
    control::ask(&config, environment, &Ask::Letters { wish })?;
    terminal::note("It is given up.");
    Ok(())
}
