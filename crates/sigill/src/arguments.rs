//! The command line. No argument ever holds something that opens or burns: the list of processes is
//! open to everybody on the machine.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command, value_parser};

use crate::config::{keys, options};

/// The whole command line.
pub(crate) fn command() -> Command {
    Command::new("sigill")
        .about("A secret, shared through a link that works once.")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .max_term_width(100)
        .arg(
            Arg::new("config")
                .long("config")
                .global(true)
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("The configuration file [SIGILL_CONFIG, default sigill.toml if it is there]"),
        )
        .subcommand(serve())
        .subcommand(config())
        .subcommand(completions())
}

fn serve() -> Command {
    let about = "Run the server: pages and API, with everything kept in one directory";
    options::augment(Command::new("serve").about(about), keys::SERVE)
}

fn config() -> Command {
    let check = Command::new("check")
        .about("Show the settings in force, where each comes from, and how safe they are")
        .arg(json());
    Command::new("config")
        .about("Look at the configuration")
        .subcommand_required(true)
        .subcommand(options::augment(check, keys::SERVE))
}

fn completions() -> Command {
    Command::new("completions").about("Write completions for a shell to standard output").arg(
        Arg::new("shell")
            .required(true)
            .value_name("SHELL")
            .value_parser(value_parser!(clap_complete::Shell)),
    )
}

fn json() -> Arg {
    Arg::new("json")
        .long("json")
        .action(clap::ArgAction::SetTrue)
        .help("Write JSON to standard output")
}

/// The value of an argument that clap has already read.
pub(crate) fn path<'a>(matches: &'a ArgMatches, name: &str) -> Option<&'a PathBuf> {
    matches.get_one(name)
}
