//! Why a figure is void, for people.

use std::fmt;

/// Why something could not be measured.
#[derive(Debug)]
pub(crate) struct Void(String);

impl Void {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Void {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "void: {}", self.0)
    }
}

impl From<std::io::Error> for Void {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<tokio::task::JoinError> for Void {
    fn from(error: tokio::task::JoinError) -> Self {
        Self(error.to_string())
    }
}
