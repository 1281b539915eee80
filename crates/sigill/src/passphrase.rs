//! Where a passphrase comes from: a variable, a file, or the terminal. Never from an argument, which
//! everybody on the machine could read.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use envelope::{MAX_PASSPHRASE, Passphrase};
use zeroize::Zeroizing;

use crate::ambient::Environment;
use crate::config::sources::PASSPHRASE;
use crate::failure::{Code, Failure};
use crate::terminal;

/// Where it comes from.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    /// The variable `SIGILL_PASSPHRASE`.
    Environment(Zeroizing<String>),
    /// The first line of a file.
    File(PathBuf),
    /// Whoever sits at the terminal.
    Terminal,
}

impl Origin {
    /// The variable, if it is set, else the file, if one is named, else the terminal.
    pub(crate) fn find(environment: &Environment, file: Option<&Path>) -> Result<Self, Failure> {
        match (environment.get(PASSPHRASE), file) {
            (Some(Some(text)), _) => Ok(Self::Environment(Zeroizing::new(text.clone()))),
            (Some(None), _) => Err(Failure::usage(format!("{PASSPHRASE} must be UTF-8"))),
            (None, Some(path)) => Ok(Self::File(path.to_owned())),
            (None, None) => Ok(Self::Terminal),
        }
    }

    /// The passphrase, to seal with: asked twice, so that it is the one that was meant.
    pub(crate) fn chosen(&self) -> Result<Passphrase, Failure> {
        let text = self.read("Passphrase")?;
        if matches!(self, Self::Terminal) && terminal::ask_hidden("Once more")? != text {
            return Err(Failure::new(
                Code::Passphrase,
                "the two passphrases differ. Nothing was shared",
            ));
        }
        Passphrase::new(&text).map_err(|fault| Failure::new(Code::Passphrase, fault))
    }

    /// The passphrase, to open with.
    pub(crate) fn given(&self) -> Result<Passphrase, Failure> {
        let text = self.read("Passphrase")?;
        Passphrase::new(&text).map_err(|fault| Failure::new(Code::Passphrase, fault))
    }

    fn read(&self, what: &str) -> Result<Zeroizing<String>, Failure> {
        match self {
            Self::Environment(text) => Ok(text.clone()),
            Self::File(path) => first_line(path).map_err(|error| Failure::file(path, &error)),
            Self::Terminal => terminal::ask_hidden(what).map_err(|_| {
                Failure::new(
                    Code::Passphrase,
                    format!(
                        "a passphrase is needed, and there is no terminal to ask on: set \
                         {PASSPHRASE}, or name a file with --passphrase-file. Nothing was lost"
                    ),
                )
            }),
        }
    }
}

fn first_line(path: &Path) -> io::Result<Zeroizing<String>> {
    let most = MAX_PASSPHRASE.saturating_mul(4).saturating_add(2);
    let mut line = Zeroizing::new(String::with_capacity(most));
    let most = u64::try_from(most).unwrap_or(u64::MAX);
    BufReader::new(File::open(path)?).take(most).read_line(&mut line)?;
    let end = line.trim_end_matches('\n').trim_end_matches('\r').len();
    line.truncate(end);
    Ok(line)
}
