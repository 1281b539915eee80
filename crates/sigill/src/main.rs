//! The program: arguments, configuration, and the wiring of all rooms.
//!
//! Results go to standard output and nothing else does; everything for people goes to standard error.
//! The exit codes are [`failure::Code`]'s.

mod ambient;
mod arguments;
mod asking;
mod commands;
mod config;
mod control;
mod failure;
mod interrupt;
mod logging;
mod passphrase;
mod serve;
mod terminal;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ArgMatches;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::ambient::Environment;
use crate::commands::receipt::Wish;
use crate::config::client::Client;
use crate::config::sources::DEFAULT_FILE;
use crate::config::{Key, Sources, keys, options};
use crate::failure::Failure;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let result = limits().and_then(|()| run(&arguments::command().get_matches()));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Nobody is left to tell when standard error is closed.
            drop(writeln!(std::io::stderr(), "sigill: {failure}"));
            failure.exit()
        }
    }
}

/// A crash must not write keys to a disk (R94), and every connection is a file descriptor: the program
/// takes as many as it may.
fn limits() -> Result<(), Failure> {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    setrlimit(Resource::Core, none).map_err(Failure::broken)?;
    let files = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: files.maximum, ..files }).map_err(Failure::broken)
}

fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let environment = ambient::environment();
    match matches.subcommand() {
        Some(("serve", matches)) => {
            let sources = server_sources(matches, keys::SERVE, &environment)?;
            let config = config::serve::Serve::resolve(&sources)?;
            serve::run(&config, &environment, matches.get_flag("after-restore"))
        }
        Some(("share", matches)) => {
            let config = client(matches, keys::SHARE, &environment)?;
            commands::share::run(matches, &environment, &config)
        }
        Some(("open", matches)) => {
            let config = client(matches, keys::OPEN, &environment)?;
            commands::open::run(matches, &environment, &config)
        }
        Some(("receipt", matches)) => {
            let wish = if matches.get_flag("unlock") { Wish::Unlock } else { Wish::Follow };
            let config = client(matches, keys::FOLLOW, &environment)?;
            commands::receipt::run(matches, &environment, config, wish)
        }
        Some(("burn", matches)) => {
            let config = client(matches, keys::FOLLOW, &environment)?;
            commands::receipt::run(matches, &environment, config, Wish::Burn)
        }
        Some(("doctor", matches)) => {
            let keys = &[keys::SERVE, keys::CHECK].concat();
            let sources = server_sources(matches, keys, &environment)?;
            let backups = arguments::path(matches, "backups").map(AsRef::as_ref);
            commands::doctor::run(&sources, &environment, backups)
        }
        Some(("keys-at-rest", matches)) => keys_at_rest(matches, &environment),
        Some(("admin", matches)) => admin(matches, &environment),
        Some(("keys", matches)) => api_keys(matches, &environment),
        Some(("orgs", matches)) => organisations(matches, &environment),
        Some(("members", matches)) => members(matches, &environment),
        Some(("backup", matches)) => {
            let sources = server_sources(matches, keys::AT_REST, &environment)?;
            commands::moving::backup(matches, &sources)
        }
        Some(("restore", matches)) => {
            let sources = server_sources(matches, keys::AT_REST, &environment)?;
            commands::moving::restore(matches, &sources, &environment)
        }
        Some(("migrate", matches)) => {
            let sources = server_sources(matches, keys::AT_REST, &environment)?;
            commands::moving::migrate(matches, &sources, &environment)
        }
        Some(("config", matches)) => match matches.subcommand() {
            Some(("check", matches)) => {
                let keys = &[keys::SERVE, keys::CHECK].concat();
                commands::check::run(&server_sources(matches, keys, &environment)?)
            }
            _ => Err(Failure::usage("a subcommand is missing")),
        },
        Some(("completions", matches)) => commands::completions::run(matches),
        _ => Err(Failure::usage("a command is missing")),
    }
}

fn admin(matches: &ArgMatches, environment: &Environment) -> Result<(), Failure> {
    match matches.subcommand() {
        Some(("create", matches)) => {
            let sources = server_sources(matches, keys::AT_REST, environment)?;
            commands::accounts::create_admin(matches, &sources, environment)
        }
        Some(("letters", matches)) => letters(matches, environment),
        Some(("providers", matches)) => providers(matches, environment),
        Some(("mail", matches)) => match matches.subcommand() {
            Some(("test", matches)) => {
                let sources = server_sources(matches, keys::MAIL, environment)?;
                commands::letters::test(matches, &sources, environment)
            }
            _ => Err(Failure::usage("a subcommand is missing")),
        },
        Some(("switches", matches)) => {
            let keys = &[keys::AT_REST, keys::CHECK].concat();
            let sources = server_sources(matches, keys, environment)?;
            commands::switches::run(matches, &sources, environment)
        }
        _ => Err(Failure::usage("a subcommand is missing")),
    }
}

fn providers(matches: &ArgMatches, environment: &Environment) -> Result<(), Failure> {
    use commands::providers as command;
    let sources = |matches, keys: &[&'static Key]| server_sources(matches, keys, environment);
    let at_rest = |matches| sources(matches, keys::AT_REST);
    match matches.subcommand() {
        Some(("add", matches)) => command::add(matches, &at_rest(matches)?, environment),
        Some(("check", matches)) => command::check(matches, &at_rest(matches)?, environment),
        Some(("list", matches)) => {
            let keys = &[keys::AT_REST, keys::CHECK].concat();
            command::list(&sources(matches, keys)?, environment)
        }
        Some(("remove", matches)) => command::remove(matches, &at_rest(matches)?, environment),
        _ => Err(Failure::usage("a subcommand is missing")),
    }
}

fn letters(matches: &ArgMatches, environment: &Environment) -> Result<(), Failure> {
    use commands::letters as command;
    let sources = |matches| server_sources(matches, keys::AT_REST, environment);
    match matches.subcommand() {
        Some(("retry", matches)) => command::retry(matches, &sources(matches)?, environment),
        Some(("drop", matches)) => command::drop_one(matches, &sources(matches)?, environment),
        _ => {
            let keys = &[keys::AT_REST, keys::CHECK].concat();
            command::list(&server_sources(matches, keys, environment)?, environment)
        }
    }
}

fn api_keys(matches: &ArgMatches, environment: &Environment) -> Result<(), Failure> {
    use commands::accounts as command;
    let sources = |matches, keys: &[&'static Key]| server_sources(matches, keys, environment);
    match matches.subcommand() {
        Some(("create", matches)) => {
            command::create_key(matches, &sources(matches, keys::AT_REST)?, environment)
        }
        Some(("list", matches)) => {
            let keys = &[keys::AT_REST, keys::CHECK].concat();
            command::list_keys(matches, &sources(matches, keys)?, environment)
        }
        Some(("revoke", matches)) => {
            command::revoke_key(matches, &sources(matches, keys::AT_REST)?, environment)
        }
        _ => Err(Failure::usage("a subcommand is missing")),
    }
}

fn organisations(matches: &ArgMatches, environment: &Environment) -> Result<(), Failure> {
    use commands::organisations::Wish;
    let (wish, matches) = match matches.subcommand() {
        Some(("change", matches)) => (Wish::Change, matches),
        Some(("create", matches)) => (Wish::Create, matches),
        Some(("list", matches)) => (Wish::List, matches),
        _ => return Err(Failure::usage("a subcommand is missing")),
    };
    let config = client(matches, keys::FOLLOW, environment)?;
    commands::organisations::run(matches, environment, &config, wish)
}

fn members(matches: &ArgMatches, environment: &Environment) -> Result<(), Failure> {
    use commands::organisations::Wish;
    let (wish, matches) = match matches.subcommand() {
        Some(("invite", matches)) => (Wish::Invite, matches),
        Some(("list", matches)) => (Wish::Members, matches),
        Some(("remove", matches)) => (Wish::Remove, matches),
        Some(("role", matches)) => (Wish::Role, matches),
        _ => return Err(Failure::usage("a subcommand is missing")),
    };
    let config = client(matches, keys::FOLLOW, environment)?;
    commands::organisations::run(matches, environment, &config, wish)
}

fn keys_at_rest(matches: &ArgMatches, environment: &Environment) -> Result<(), Failure> {
    use commands::keys_at_rest as command;
    let sources = |matches, keys: &[&'static Key]| server_sources(matches, keys, environment);
    match matches.subcommand() {
        Some(("new", _)) => command::new(),
        Some(("list", matches)) => {
            let keys = &[keys::AT_REST, keys::CHECK].concat();
            command::list(&sources(matches, keys)?, environment)
        }
        Some(("rotate", matches)) => {
            command::rotate(&sources(matches, keys::AT_REST)?, environment)
        }
        Some(("activate", matches)) => {
            command::activate(&sources(matches, keys::AT_REST)?, environment)
        }
        Some(("retire", matches)) => {
            command::retire(matches, &sources(matches, keys::AT_REST)?, environment)
        }
        _ => Err(Failure::usage("a subcommand is missing")),
    }
}

/// The settings of the server and its tools: `sigill.toml` lies in the working directory.
fn server_sources(
    matches: &ArgMatches,
    keys: &[&'static Key],
    environment: &Environment,
) -> Result<Sources, Failure> {
    sources(matches, keys, environment, Some(Path::new(DEFAULT_FILE)))
}

/// The settings of whoever shares and opens: a file of the user's. What lies in the working
/// directory was put there by others, and could name a server of theirs.
fn client(
    matches: &ArgMatches,
    keys: &[&'static Key],
    environment: &Environment,
) -> Result<Client, Failure> {
    let directory = |name: &str| environment.get(name)?.as_deref().filter(|v| v.starts_with('/'));
    let own = directory("XDG_CONFIG_HOME").map(PathBuf::from);
    let own = own.or_else(|| Some(Path::new(directory("HOME")?).join(".config")));
    let fallback = own.map(|own| own.join("sigill").join(DEFAULT_FILE));
    let sources = sources(matches, keys, environment, fallback.as_deref())?;
    Client::resolve(&sources)
}

fn sources(
    matches: &ArgMatches,
    keys: &[&'static Key],
    environment: &Environment,
    fallback: Option<&Path>,
) -> Result<Sources, Failure> {
    Sources::gather(
        options::given(matches, keys),
        environment,
        arguments::path(matches, "config").map(AsRef::as_ref),
        fallback,
    )
}
