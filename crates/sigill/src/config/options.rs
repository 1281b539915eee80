//! Settings as options of a command, made from the table of keys.

use std::collections::BTreeMap;

use clap::{Arg, ArgMatches, Command};

use super::Key;

/// Adds an option for each of `keys`.
pub(crate) fn augment(command: Command, keys: &'static [&'static Key]) -> Command {
    command.args(keys.iter().map(|key| {
        let default = match (key.default)() {
            Some(default) if !default.is_empty() => format!(", default {default}"),
            _ => String::new(),
        };
        let argument = Arg::new(key.name).long(key.name).value_name(key.value).help(format!(
            "{} [{}{default}]",
            key.help,
            key.variable()
        ));
        if key.switch {
            argument.num_args(0..=1).require_equals(true).default_missing_value("on")
        } else {
            argument
        }
    }))
}

/// The options that were given.
pub(crate) fn given(matches: &ArgMatches, keys: &[&'static Key]) -> BTreeMap<&'static str, String> {
    let pairs = keys.iter().filter_map(|key| {
        let value = matches.get_one::<String>(key.name)?;
        Some((key.name, value.clone()))
    });
    pairs.collect()
}
