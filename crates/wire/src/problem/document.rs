//! A problem as clients read it.

use serde::Deserialize;

/// A problem document (RFC 9457) as a client reads it. `type` is for programs, the rest for people.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct Document {
    /// `urn:sigill:problem:` and the problem's name. The table above has all of them.
    #[serde(rename = "type")]
    #[schema(pattern = "^urn:sigill:problem:[a-z-]+$", example = "urn:sigill:problem:unavailable")]
    pub kind: String,
    /// A short title.
    pub title: String,
    /// The status code.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// What happened and what to do.
    pub detail: String,
    /// With `invalid`: the field that is wrong. Its value is never repeated.
    #[schema(nullable = false)]
    pub field: Option<String>,
    /// With `invalid`, where there are bounds: the least that the field allows.
    #[schema(nullable = false)]
    pub min: Option<u64>,
    /// With `invalid`, where there are bounds: the most that the field allows.
    #[schema(nullable = false)]
    pub max: Option<u64>,
    /// With `too-large`: the most bytes that are allowed.
    #[schema(nullable = false)]
    pub limit: Option<u64>,
    /// With `forbidden`, where an API key lacks a scope: which.
    #[schema(nullable = false)]
    pub scope: Option<String>,
    /// With `passphrase-rejected`: how many passphrases may still be tried.
    #[schema(nullable = false)]
    pub attempts_left: Option<u32>,
    /// Seconds to wait; the same as in `Retry-After`.
    #[schema(nullable = false)]
    pub retry_after: Option<u64>,
}

impl Document {
    /// The problem's name.
    pub fn name(&self) -> &str {
        self.kind.rsplit(':').next().unwrap_or_default()
    }
}
