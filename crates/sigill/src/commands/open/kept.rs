//! The claim token of an opening that is under way, kept until the content is safe.
//!
//! It lies in a file of the user's from before the claim until after the last byte was written. So a
//! full disk, a lost connection or a crash uses nothing up: the same command, run again within the
//! lease, gets the same view. The token opens nothing without the link.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use domain::entropy::draw;
use envelope::{ClaimToken, SecretId};

use crate::ambient::{Environment, System};

/// A claim token and where it is kept.
pub(super) struct Kept {
    path: Option<PathBuf>,
    /// The token.
    pub(super) token: ClaimToken,
    /// Whether it is from an earlier run.
    pub(super) is_old: bool,
}

impl Kept {
    /// The token of an earlier run for `id`, or a fresh one.
    pub(super) fn find(environment: &Environment, id: &SecretId) -> Self {
        let path = directory(environment).map(|dir| dir.join(id.to_string()));
        let old = path.as_deref().and_then(|path| fs::read_to_string(path).ok());
        let old = old.and_then(|text| ClaimToken::parse(text.trim_end()).ok());
        let is_old = old.is_some();
        Self { path, token: old.unwrap_or_else(fresh), is_old }
    }

    /// Starts over with a fresh token.
    pub(super) fn renew(&mut self) {
        self.token = fresh();
        self.is_old = false;
    }

    /// Writes the token down. Whether it is there afterwards.
    pub(super) fn keep(&self) -> bool {
        self.path.as_deref().is_some_and(|path| self.write(path).is_ok())
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        if let Some(dir) = path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        }
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
        writeln!(file, "{}", *self.token.expose())
    }

    /// The opening is over, one way or the other.
    pub(super) fn forget(&self) {
        if let Some(path) = &self.path {
            // It may never have been there. A token that stays fetches nothing any more.
            drop(fs::remove_file(path));
        }
    }
}

fn fresh() -> ClaimToken {
    ClaimToken::new(draw(&System))
}

/// `$XDG_STATE_HOME/sigill/claims`, or the same below `~/.local/state`.
fn directory(environment: &Environment) -> Option<PathBuf> {
    let variable = |name: &str| environment.get(name)?.as_deref().filter(|v| v.starts_with('/'));
    let state = variable("XDG_STATE_HOME").map(PathBuf::from);
    let state = state.or_else(|| Some(Path::new(variable("HOME")?).join(".local/state")));
    Some(state?.join("sigill/claims"))
}
