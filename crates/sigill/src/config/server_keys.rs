//! Where the server's keys are: what the setting may say, and the source that it means.

use std::path::{Path, PathBuf};

use store::keys::KeySource;
use zeroize::Zeroizing;

use super::values::Setting;
use crate::ambient::Environment;
use crate::failure::Failure;

/// Where systemd puts the credentials of a unit.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// What the setting says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeysAt {
    /// A program with its arguments.
    Command(Vec<String>),
    /// A credential of the unit.
    Credential(String),
    /// A variable.
    Environment(String),
    /// A file.
    File(PathBuf),
}

impl Setting for KeysAt {
    fn parse(text: &str) -> Result<Self, String> {
        parse(text).ok_or_else(|| {
            "must be file:PATH, env:NAME (a name that does not begin with SIGILL_), credential:NAME, or \
             command:PROGRAM ARGUMENTS (the program with its whole path, blanks between its arguments)"
                .to_owned()
        })
    }

    fn show(&self) -> String {
        match self {
            Self::Command(words) => format!("command:{}", words.join(" ")),
            Self::Credential(name) => format!("credential:{name}"),
            Self::Environment(name) => format!("env:{name}"),
            Self::File(path) => format!("file:{}", path.display()),
        }
    }
}

fn parse(text: &str) -> Option<KeysAt> {
    let (kind, rest) = text.split_once(':')?;
    match kind {
        "command" => {
            let words: Vec<String> = rest.split_ascii_whitespace().map(str::to_owned).collect();
            words.first()?.starts_with('/').then_some(KeysAt::Command(words))
        }
        "credential" => {
            let plain = !rest.is_empty() && !rest.contains('/') && rest != "." && rest != "..";
            plain.then(|| KeysAt::Credential(rest.to_owned()))
        }
        // A variable that begins like a setting would be taken for one.
        "env" => {
            let mut bytes = rest.bytes();
            let fits = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
                && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
                && !rest.starts_with("SIGILL_");
            fits.then(|| KeysAt::Environment(rest.to_owned()))
        }
        "file" => (!rest.is_empty()).then(|| KeysAt::File(PathBuf::from(rest))),
        _ => None,
    }
}

impl KeysAt {
    /// The source that this is, or the file in the data directory when nothing is said.
    pub(crate) fn source(
        at: Option<&Self>,
        data: &Path,
        environment: &Environment,
    ) -> Result<KeySource, Failure> {
        match at {
            None => Ok(KeySource::in_directory(data)),
            Some(Self::Command(words)) => Ok(KeySource::Command(words.clone())),
            Some(Self::Credential(name)) => {
                let Some(Some(directory)) = environment.get(CREDENTIALS) else {
                    return Err(Failure::usage(format!(
                        "keys: there is no credential {name}, because {CREDENTIALS} is not set: name it \
                         in the unit (LoadCredential={name}:PATH)"
                    )));
                };
                let path = Path::new(directory).join(name);
                Ok(KeySource::Credential { name: name.clone(), path })
            }
            Some(Self::Environment(name)) => match environment.get(name) {
                Some(None) => {
                    Err(Failure::usage(format!("keys: the variable {name} must be UTF-8")))
                }
                Some(Some(value)) => {
                    let value = Some(Zeroizing::new(value.clone()));
                    Ok(KeySource::Environment { name: name.clone(), value })
                }
                None => Ok(KeySource::Environment { name: name.clone(), value: None }),
            },
            Some(Self::File(path)) => Ok(KeySource::File(path.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_one_of_four_and_says_so() {
        for text in [
            "file:/etc/sigill/server.keys",
            "env:SECRETS_KEYS",
            "credential:sigill.keys",
            "command:/usr/bin/vault kv get -field keys secret/sigill",
        ] {
            assert_eq!(KeysAt::parse(text).unwrap().show(), text);
        }
        for wrong in [
            "",
            "/etc/sigill/server.keys",
            "file:",
            "env:",
            "env:1",
            "env:A-B",
            "env:SIGILL_SERVER_KEYS",
            "credential:",
            "credential:../etc/shadow",
            "credential:..",
            "command:",
            "command:vault kv get",
            "vault:secret",
        ] {
            assert!(KeysAt::parse(wrong).is_err(), "{wrong}");
        }
    }
}
