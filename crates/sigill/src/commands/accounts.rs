//! `sigill admin` and `sigill keys`: accounts and API keys, on the server's own machine.

use std::io::{self, Write as _};

use clap::ArgMatches;

use crate::ambient::Environment;
use crate::config::serve::Serve;
use crate::config::values::{Setting as _, Span};
use crate::config::{self, Sources};
use crate::control::{self, Answer, Ask, Listed};
use crate::failure::Failure;
use crate::terminal;

fn text(matches: &ArgMatches, name: &str) -> Result<String, Failure> {
    let given = matches.get_one::<String>(name).cloned();
    given.ok_or_else(|| Failure::usage(format!("{name} is missing")))
}

/// Makes an account, an administrator's unless told otherwise, and prints the link that sets it up, this once.
pub(crate) fn create_admin(
    matches: &ArgMatches,
    sources: &Sources,
    environment: &Environment,
) -> Result<(), Failure> {
    let config = Serve::resolve(sources)?;
    let administrator = !matches.get_flag("member");
    let ask = Ask::Join { email: text(matches, "email")?, administrator };
    if let Answer::Joined { created, set_up } = control::ask(&config, environment, &ask)? {
        let what = if created { "was made" } else { "was there already" };
        let role = if administrator { "an administrator" } else { "a member" };
        terminal::note(&format!("The account {what}. It is {role}."));
        if let Some(token) = set_up {
            let origin = config.origin(config.listen)?;
            let mut out = io::stdout().lock();
            let printed =
                writeln!(out, "{}/set-up#{token}", origin.as_str()).and_then(|()| out.flush());
            printed.map_err(|error| Failure::output(&error))?;
            terminal::note(
                "The link sets up how its owner signs in. It works once, for a day, and ends the one before.",
            );
        }
    }
    Ok(())
}

/// Makes an API key and prints it, this once.
pub(crate) fn create_key(
    matches: &ArgMatches,
    sources: &Sources,
    environment: &Environment,
) -> Result<(), Failure> {
    let config = Serve::resolve(sources)?;
    let expires = text(matches, "expires-in")?;
    let lifetime = if expires == "never" {
        None
    } else {
        let span = Span::parse(&expires)
            .map_err(|error| Failure::usage(format!("--expires-in {error}, or never")))?;
        Some(span.0.as_secs())
    };
    let (email, scopes) = (text(matches, "account")?, text(matches, "scopes")?);
    let ask = Ask::CreateKey { email, scopes, lifetime };
    if let Answer::Key { key } = control::ask(&config, environment, &ask)? {
        let mut out = io::stdout().lock();
        let printed = writeln!(out, "{key}").and_then(|()| out.flush());
        printed.map_err(|error| Failure::output(&error))?;
        terminal::note("It is shown this once. Whoever has it acts for the account.");
    }
    Ok(())
}

/// Shows which API keys an account has.
pub(crate) fn list_keys(
    matches: &ArgMatches,
    sources: &Sources,
    environment: &Environment,
) -> Result<(), Failure> {
    let (config, client, _) = config::everything(sources)?;
    let ask = Ask::ListKeys { email: text(matches, "account")? };
    let Answer::Keys { keys } = control::ask(&config, environment, &ask)? else { return Ok(()) };
    let text = if client.json {
        let json = serde_json::to_string_pretty(&serde_json::json!({ "keys": keys }))
            .map_err(Failure::broken)?;
        format!("{json}\n")
    } else {
        keys.iter().fold(String::new(), |lines, key| {
            let Listed { reference, scopes, state, created_at, expires_at, used_on } = key;
            let expires = expires_at.as_deref().unwrap_or("never");
            let used = used_on.as_deref().unwrap_or("never");
            lines
                + &format!(
                    "{reference}  {state}  {scopes}  created {created_at}  expires {expires}  used {used}\n"
                )
        })
    };
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| Failure::output(&error))
}

/// Makes an API key worth nothing.
pub(crate) fn revoke_key(
    matches: &ArgMatches,
    sources: &Sources,
    environment: &Environment,
) -> Result<(), Failure> {
    let config = Serve::resolve(sources)?;
    let (email, reference) = (text(matches, "account")?, text(matches, "ref")?);
    control::ask(&config, environment, &Ask::RevokeKey { email, reference })?;
    terminal::note("The key is worth nothing from the next request on.");
    Ok(())
}
