//! `sigill backup`, `sigill restore`, `sigill migrate`: everything that is kept, on the way.

use std::path::{Path, PathBuf};

use clap::ArgMatches;
use store::OpenError;
use store::keys::KeySource;
use store::moving::{self, Moved, Place, Since};
use store::postgres::Target;

use crate::ambient::Environment;
use crate::config::Sources;
use crate::config::serve::Serve;
use crate::config::server_keys::KeysAt;
use crate::failure::{Code, Failure};
use crate::interrupt::{self, Scratch};
use crate::{arguments, serve, terminal};

/// Where the settings say that everything is.
fn place(config: &Serve) -> Result<Place, Failure> {
    Ok(match serve::target(config)? {
        None => Place::Directory(config.data.clone()),
        Some(target) => Place::Database(Box::new(target)),
    })
}

fn wait(work: impl Future<Output = Result<Moved, OpenError>>) -> Result<Moved, Failure> {
    interrupt::run(&Scratch::default(), async {
        work.await.map_err(|error| {
            if matches!(error, OpenError::NoBackup { .. }) {
                Failure::new(Code::File, error.to_string())
            } else {
                Failure::broken(error)
            }
        })
    })
}

fn file(matches: &ArgMatches) -> Result<&PathBuf, Failure> {
    arguments::path(matches, "file").ok_or_else(|| Failure::usage("the file is missing"))
}

fn say(moved: Moved) -> String {
    let Moved { secrets, waiting, events, .. } = moved;
    format!("{secrets} secrets, {waiting} of them waiting; {events} events, the trail is whole")
}

/// Makes a backup.
pub(crate) fn backup(matches: &ArgMatches, sources: &Sources) -> Result<(), Failure> {
    let config = Serve::resolve(sources)?;
    let (place, to) = (place(&config)?, file(matches)?);
    let moved = wait(moving::backup(&place, to, matches.get_flag("with-keys")))?;
    terminal::note(&format!("{} was written and checked: {}.", to.display(), say(moved)));
    terminal::note(if moved.with_keys {
        "It holds the keys of the secrets that wait: restored, it brings back what is opened or burned \
         after this moment. Destroy it when it has served. Large secrets are in blobs/ and not in it."
    } else {
        "It holds no keys of secrets: restored, it brings receipts and the trail back, and of the secrets \
         that wait those alone whose keys are still in secret.keys beside it. Keep the server's keys \
         apart from it."
    });
    Ok(())
}

/// Puts a backup back.
pub(crate) fn restore(
    matches: &ArgMatches,
    sources: &Sources,
    environment: &Environment,
) -> Result<(), Failure> {
    let config = Serve::resolve(sources)?;
    let keys = KeysAt::source(config.keys.as_ref(), &config.data, environment)?;
    let (place, from) = (place(&config)?, file(matches)?);
    let vouched = matches.get_flag("nothing-opened-since");
    let since = if vouched { Since::Nothing } else { Since::Unknown };
    let moved = wait(moving::restore(from, &place, &keys, since))?;
    terminal::note(&format!("{} is back: {}.", from.display(), say(moved)));
    terminal::note(match (since, moved.with_keys) {
        (Since::Unknown, _) => {
            "At the start, every secret that waits in it ends as lost, because nobody knows which were \
             opened or burned since; their receipts say so."
        }
        (Since::Nothing, true) => "What waited opens again.",
        (Since::Nothing, false) => {
            "What waited opens again where its key is still there; at the start the others end as lost."
        }
    });
    Ok(())
}

/// Moves everything to the other engine.
pub(crate) fn migrate(
    matches: &ArgMatches,
    sources: &Sources,
    environment: &Environment,
) -> Result<(), Failure> {
    let config = Serve::resolve(sources)?;
    let end = |name: &str| -> Result<Place, Failure> {
        let said = matches.get_one::<String>(name);
        let said = said.ok_or_else(|| Failure::usage(format!("--{name} is missing")))?;
        if !said.contains("://") {
            return Ok(Place::Directory(PathBuf::from(said)));
        }
        let target = Target::parse(said);
        let target = target.map_err(|fault| Failure::usage(format!("--{name} {fault}")))?;
        let file = format!("{name}-password-file");
        let target = match arguments::path(matches, &file) {
            Some(path) => serve::with_password(target, &file, path)?,
            None => serve::with_own_password(target, &config)?,
        };
        Ok(Place::Database(Box::new(target)))
    };
    let (from, to) = (end("from")?, end("to")?);
    // The directory that takes part is the node's own; it holds the keys of the server.
    let data = match (&from, &to) {
        (Place::Directory(dir), _) | (_, Place::Directory(dir)) => dir.clone(),
        (Place::Database(_), Place::Database(_)) => config.data.clone(),
    };
    let keys = KeysAt::source(config.keys.as_ref(), &data, environment)?;
    let moved = wait(moving::migrate(&from, &to, &keys))?;
    terminal::note(&format!("Everything has moved: {}.", say(moved)));
    terminal::note(&next(&to, &data, &keys));
    Ok(())
}

fn next(to: &Place, data: &Path, keys: &KeySource) -> String {
    match to {
        Place::Directory(dir) => format!(
            "The database was closed. Start the server with --data {} and without --database.",
            dir.display()
        ),
        Place::Database(target) => format!(
            "What was left is closed. Start the server with --data {} and --database for {target}. \
             Other nodes need a copy of {keys}.",
            data.display()
        ),
    }
}
