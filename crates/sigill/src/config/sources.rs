//! Where settings come from: options, the environment, a file.
//!
//! A key that nobody knows is refused in the file and in the environment, so that a slip of the pen
//! cannot leave a protection off in silence (R71). Values are neither judged nor repeated here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Key, keys};
use crate::ambient::Environment;
use crate::failure::Failure;

/// The variable that names the file.
pub(crate) const FILE_VARIABLE: &str = "SIGILL_CONFIG";
/// The file that is read when none is named.
pub(crate) const DEFAULT_FILE: &str = "sigill.toml";
/// Variables that hold a secret. They are no settings: no file and no list ever shows them.
pub(crate) const PASSPHRASE: &str = "SIGILL_PASSPHRASE";
/// The receipt token or its link.
pub(crate) const RECEIPT: &str = "SIGILL_RECEIPT";
/// The API key with which a command asks a server.
pub(crate) const KEY: &str = "SIGILL_KEY";

/// What helps against a name that nobody knows.
const SPELLING: &str = "check its spelling; docs/guide/configuration.md lists all settings";

/// What was said, as text, by source.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    options: BTreeMap<&'static str, String>,
    environment: BTreeMap<&'static str, String>,
    file: BTreeMap<String, String>,
    path: Option<PathBuf>,
    faults: Vec<String>,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// `--name`.
    Option,
    /// `SIGILL_NAME`.
    Environment,
    /// A line in this file.
    File(PathBuf),
}

impl Source {
    /// How this source calls `key`.
    pub(crate) fn name(&self, key: &Key) -> String {
        match self {
            Self::Option => format!("--{}", key.name),
            Self::Environment => key.variable(),
            Self::File(path) => format!("{}: {}", path.display(), key.name),
        }
    }

    /// For the list of resolved settings.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Option => "option".to_owned(),
            Self::Environment => "environment".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }
}

impl Sources {
    /// Takes the options of a command, the environment, and the file that `named` or the environment
    /// names, or else `fallback` when that exists.
    pub(crate) fn gather(
        options: BTreeMap<&'static str, String>,
        environment: &Environment,
        named: Option<&Path>,
        fallback: Option<&Path>,
    ) -> Result<Self, Failure> {
        let mut faults = Vec::new();
        let variables = variables(environment, &mut faults);
        let from_environment = match environment.get(FILE_VARIABLE) {
            Some(Some(path)) => Some(PathBuf::from(path)),
            Some(None) => return Err(Failure::usage(format!("{FILE_VARIABLE} must be UTF-8"))),
            None => None,
        };
        let named = named.map(Path::to_owned).or(from_environment);
        let path = named.or_else(|| fallback.filter(|path| path.exists()).map(Path::to_owned));
        let file = path.as_deref().map(|path| read(path, &mut faults)).transpose()?;
        Ok(Self { options, environment: variables, file: file.unwrap_or_default(), path, faults })
    }

    /// What is wrong with names and kinds; the values are judged by who reads them.
    pub(crate) fn faults(&self) -> &[String] {
        &self.faults
    }

    /// What was said about `key` by whoever comes first.
    pub(crate) fn find(&self, key: &Key) -> Option<(Source, &str)> {
        let option = self.options.get(key.name).map(|text| (Source::Option, text));
        let variable = || self.environment.get(key.name).map(|text| (Source::Environment, text));
        let line = || {
            let path = self.path.clone().unwrap_or_default();
            self.file.get(key.name).map(|text| (Source::File(path), text))
        };
        option.or_else(variable).or_else(line).map(|(source, text)| (source, text.as_str()))
    }

    /// The file that was read.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }
}

/// The settings among the variables. `SIGILL_PORT...` and `SIGILL_SERVICE_...` are put there by
/// Kubernetes when a service is called `sigill`; they are not ours.
fn variables(
    environment: &Environment,
    faults: &mut Vec<String>,
) -> BTreeMap<&'static str, String> {
    let mut known = BTreeMap::new();
    for (variable, value) in environment {
        let foreign = ["SIGILL_PORT", "SIGILL_SERVICE_"].iter().any(|p| variable.starts_with(p));
        let other = [FILE_VARIABLE, PASSPHRASE, RECEIPT, KEY].contains(&variable.as_str());
        if !variable.starts_with("SIGILL_") || other || foreign {
            continue;
        }
        match (keys::all().find(|key| key.variable() == *variable), value) {
            (Some(key), Some(value)) => {
                known.insert(key.name, value.clone());
            }
            (Some(_), None) => faults.push(format!("{variable} must be UTF-8")),
            (None, _) => faults.push(format!("{variable} is not a setting: {SPELLING}")),
        }
    }
    known
}

fn read(path: &Path, faults: &mut Vec<String>) -> Result<BTreeMap<String, String>, Failure> {
    let name = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("{name} cannot be read: {error}")))?;
    let table: toml::Table = toml::from_str(&text).map_err(|error: toml::de::Error| {
        // The error's own text would repeat the line, and with it a value.
        let start = error.span().map_or(0, |span| span.start);
        let line = text.bytes().take(start).filter(|b| *b == b'\n').count().saturating_add(1);
        Failure::usage(format!("{name}, line {line}: this is not TOML (a key may stand twice)"))
    })?;
    let mut known = BTreeMap::new();
    for (key, value) in table {
        if !keys::all().any(|known| known.name == key) {
            faults.push(format!("{name}: `{key}` is not a setting: {SPELLING}"));
        } else if let Some(text) = flatten(value) {
            known.insert(key, text);
        } else {
            let kinds = "text, a whole number, true or false, or a list of texts";
            faults.push(format!("{name}: {key} must be {kinds}"));
        }
    }
    Ok(known)
}

/// The text that the parsers read. A list has commas between its items.
fn flatten(value: toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(value) => Some(value.to_string()),
        toml::Value::Array(items) => {
            let items = items.into_iter().map(|item| match item {
                toml::Value::String(text) if !text.is_empty() && !text.contains(',') => Some(text),
                toml::Value::String(_)
                | toml::Value::Integer(_)
                | toml::Value::Float(_)
                | toml::Value::Boolean(_)
                | toml::Value::Datetime(_)
                | toml::Value::Array(_)
                | toml::Value::Table(_) => None,
            });
            Some(items.collect::<Option<Vec<_>>>()?.join(","))
        }
        toml::Value::Float(_) | toml::Value::Datetime(_) | toml::Value::Table(_) => None,
    }
}
