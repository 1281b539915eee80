//! How a command ends when it does not succeed: one exit code and one text for people.
//!
//! The text says what happened, what was lost (usually nothing) and what to do. It never repeats a
//! value that could open something.

use std::fmt;
use std::process::ExitCode;

/// Why a command ended. The numbers are stable: scripts rely on them (docs/guide/cli.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// A fault of the server's or of this program's.
    Broken,
    /// The arguments or the configuration are not right.
    Usage,
}

impl Code {
    /// The exit code.
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Broken => 1,
            Self::Usage => 2,
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
