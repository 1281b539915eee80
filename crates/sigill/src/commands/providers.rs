//! `sigill admin providers`: where people sign in with an identity that they have elsewhere.

use std::io::{self, Read as _, Write as _};

use clap::ArgMatches;
use zeroize::Zeroizing;

use crate::ambient::Environment;
use crate::config::serve::Serve;
use crate::config::{self, Sources};
use crate::control::providers::{Listed, Said, Secret, Wish};
use crate::control::{self, Answer, Ask};
use crate::failure::Failure;
use crate::terminal;

/// The largest file with a secret in bytes.
const LARGEST: u64 = 4096;

fn given(matches: &ArgMatches, name: &str) -> Option<String> {
    matches.get_one::<String>(name).cloned()
}

fn text(matches: &ArgMatches, name: &str) -> Result<String, Failure> {
    given(matches, name).ok_or_else(|| Failure::usage(format!("{name} is missing")))
}

/// The first line of a file, or of standard input where it is called `-`.
fn secret(path: &str) -> Result<Secret, Failure> {
    let mut bytes = Zeroizing::new(String::new());
    let read = if path == "-" {
        io::stdin().lock().take(LARGEST).read_to_string(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(LARGEST).read_to_string(&mut bytes))
    };
    read.map_err(|error| Failure::file(path.as_ref(), &error))?;
    Ok(Secret(bytes.lines().next().unwrap_or_default().trim_end().to_owned()))
}

/// Adds a provider, once it has shown that it is there.
pub(crate) fn add(
    matches: &ArgMatches,
    sources: &Sources,
    environment: &Environment,
) -> Result<(), Failure> {
    let config = Serve::resolve(sources)?;
    let client_secret =
        given(matches, "client-secret-file").map(|path| secret(&path)).transpose()?;
    let said = Box::new(Said {
        label: text(matches, "label")?,
        issuer: text(matches, "issuer")?,
        client_id: text(matches, "client-id")?,
        client_secret,
        domains: given(matches, "domains").unwrap_or_default(),
        scopes: given(matches, "scopes").unwrap_or_default(),
        vouched_by: text(matches, "vouched-by")?,
        sign_up: matches.get_flag("sign-up"),
        organisation: given(matches, "organisation"),
    });
    let wish = Wish::Add { said };
    let answer = control::ask(&config, environment, &Ask::Providers { wish })?;
    if let Answer::Providers { providers } = answer {
        for provider in providers {
            terminal::note(&format!("{} was added as {}.", provider.label, provider.reference));
        }
    }
    Ok(())
}

/// Shows which providers there are.
pub(crate) fn list(sources: &Sources, environment: &Environment) -> Result<(), Failure> {
    let (config, client, _) = config::everything(sources)?;
    let asked = control::ask(&config, environment, &Ask::Providers { wish: Wish::List })?;
    let Answer::Providers { providers } = asked else { return Ok(()) };
    let text = if client.json {
        let json = serde_json::json!({ "providers": providers });
        serde_json::to_string_pretty(&json).map_err(Failure::broken)? + "\n"
    } else {
        providers.iter().map(line).collect()
    };
    let mut out = io::stdout().lock();
    let printed = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    printed.map_err(|error| Failure::output(&error))?;
    if providers.is_empty() && !client.json {
        terminal::note("There is none.");
    }
    Ok(())
}

fn line(provider: &Listed) -> String {
    let Listed { reference, label, issuer, client_id, domains, sign_up, .. } = provider;
    let domains = if domains.is_empty() { "every domain".to_owned() } else { domains.join(",") };
    let sign_up = if *sign_up { "  sign-up" } else { "" };
    format!("{reference}  {label}  {issuer}  {client_id}  {domains}{sign_up}\n")
}

/// Asks a provider whether it is there and is who it should be.
pub(crate) fn check(
    matches: &ArgMatches,
    sources: &Sources,
    environment: &Environment,
) -> Result<(), Failure> {
    let config = Serve::resolve(sources)?;
    let wish = Wish::Check { reference: text(matches, "ref")? };
    control::ask(&config, environment, &Ask::Providers { wish })?;
    terminal::note("The provider is there, and is who it should be.");
    Ok(())
}

/// Removes a provider.
pub(crate) fn remove(
    matches: &ArgMatches,
    sources: &Sources,
    environment: &Environment,
) -> Result<(), Failure> {
    let config = Serve::resolve(sources)?;
    let wish = Wish::Remove { reference: text(matches, "ref")? };
    control::ask(&config, environment, &Ask::Providers { wish })?;
    terminal::note("The provider is removed. Nobody signs in there any more.");
    Ok(())
}
