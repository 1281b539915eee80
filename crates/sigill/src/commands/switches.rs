//! `sigill admin switches`: what the instance lets people do, on the server's own machine.

use std::io::{self, Write as _};

use clap::ArgMatches;

use crate::ambient::Environment;
use crate::config;
use crate::config::Sources;
use crate::control::{self, Answer, Ask, Switch};
use crate::failure::Failure;
use crate::terminal;

/// Shows every switch, or turns one.
pub(crate) fn run(
    matches: &ArgMatches,
    sources: &Sources,
    environment: &Environment,
) -> Result<(), Failure> {
    let (config, client, _) = config::everything(sources)?;
    let given = |name| matches.get_one::<String>(name).cloned();
    let (Some(name), value) = (given("name"), given("value")) else {
        let Answer::Switches { switches } =
            control::ask(&config, environment, &Ask::ListSwitches {})?
        else {
            return Ok(());
        };
        return show(&switches, client.json);
    };
    let value = value.ok_or_else(|| Failure::usage(format!("say what {name} is to be")))?;
    if let Answer::Turned { changed } =
        control::ask(&config, environment, &Ask::TurnSwitch { name, value })?
    {
        terminal::note(if changed {
            "It is so from here on: at once on this machine, within a second on every other node."
        } else {
            "It was so already."
        });
    }
    Ok(())
}

fn show(switches: &[Switch], json: bool) -> Result<(), Failure> {
    let text = if json {
        let json = serde_json::json!({ "switches": switches });
        let json = serde_json::to_string_pretty(&json).map_err(Failure::broken)?;
        format!("{json}\n")
    } else {
        switches.iter().fold(String::new(), |lines, Switch { name, value }| {
            let value = if value.is_empty() { "none" } else { value };
            lines + &format!("{name}  {value}\n")
        })
    };
    let mut out = io::stdout().lock();
    let printed = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    printed.map_err(|error| Failure::output(&error))
}
