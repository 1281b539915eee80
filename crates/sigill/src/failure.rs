//! How a command ends when it does not succeed: one exit code and one text for people.
//!
//! The text says what happened, what was lost (usually nothing) and what to do. It never repeats a
//! value that could open something.

use std::fmt;
use std::io;
use std::path::Path;
use std::process::ExitCode;

/// Why a command ended. The numbers are stable: scripts rely on them (docs/guide/cli.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// A fault of the server's or of this program's.
    Broken,
    /// The server has too much to do, or no room, or has heard too much from here: try again later.
    Busy,
    /// What was delivered does not open: it was damaged on its way or by its sender.
    Damaged,
    /// A local file cannot be read or written.
    File,
    /// Told to stop.
    Interrupted,
    /// The link or the receipt is cut, mistyped, or of a kind that this program does not know.
    Link,
    /// The server cannot be reached, the connection was lost, or what answers is not Sigill.
    Network,
    /// The passphrase is missing or did not match.
    Passphrase,
    /// The server does not take what was asked for.
    Refused,
    /// Opened, burned, expired, or never there: the server does not say which.
    Unavailable,
    /// `sigill doctor` has found a fault.
    Unwell,
    /// The arguments or the configuration are not right.
    Usage,
}

impl Code {
    /// The exit code.
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Broken => 1,
            Self::Usage => 2,
            Self::Unavailable => 3,
            Self::Passphrase => 4,
            Self::Link => 5,
            Self::Network => 6,
            Self::Busy => 7,
            Self::Refused => 8,
            Self::File => 9,
            Self::Damaged => 10,
            Self::Unwell => 11,
            Self::Interrupted => 130,
        }
    }
}

/// A command that did not succeed.
#[derive(Debug)]
pub(crate) struct Failure {
    code: Code,
    text: String,
}

impl Failure {
    /// Ends with `code` and says `text`.
    pub(crate) fn new(code: Code, text: impl fmt::Display) -> Self {
        Self { code, text: text.to_string() }
    }

    /// Arguments or configuration that are not right.
    pub(crate) fn usage(text: impl fmt::Display) -> Self {
        Self::new(Code::Usage, text)
    }

    /// Something that should not happen on a sound machine.
    pub(crate) fn broken(text: impl fmt::Display) -> Self {
        Self::new(Code::Broken, text)
    }

    /// A local file that cannot be read or written.
    pub(crate) fn file(path: &Path, error: &io::Error) -> Self {
        Self::new(Code::File, format!("{}: {error}", path.display()))
    }

    /// Standard output that cannot be written.
    pub(crate) fn output(error: &io::Error) -> Self {
        Self::new(Code::File, format!("standard output: {error}"))
    }

    /// What kind it is.
    pub(crate) const fn code(&self) -> Code {
        self.code
    }

    /// The same failure, with more said.
    #[must_use]
    pub(crate) fn and(mut self, more: impl fmt::Display) -> Self {
        self.text = format!("{}\n{more}", self.text);
        self
    }

    /// For the process.
    pub(crate) fn exit(&self) -> ExitCode {
        ExitCode::from(self.code.number())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
