//! Everything that is kept, on the way: into a backup, back from one, from one engine to the other.
//!
//! A backup is one file: a SQLite database with the tables of the embedded store, whichever engine it was
//! made from. It holds no keys of secrets unless they are asked for, so what was burned after it stays
//! dead when it is restored (law 4, R56), and never any of the server. In a migration the keys go along,
//! and the place that they leave is closed, because a secret has one life.
//!
//! Large payloads are files, and stay where they are.

pub(crate) mod tables;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::error::{OpenError, StoreError};
use crate::keys::{KeySource, KnownKeys};
use crate::port::Result;
use crate::postgres::Target;
use crate::postgres::moving::{self as remote, Moving};
use crate::sqlite::TURN;
use crate::sqlite::moving::{self as local, Incoming, Outgoing, Whole};
use crate::{directory, sqlite};

use self::tables::TABLES;

/// How many rows are on the way at once.
const PAGE: u32 = 500;

/// Where a store keeps everything.
#[derive(Clone, Debug)]
pub enum Place {
    /// In a data directory.
    Directory(PathBuf),
    /// In a database of several nodes.
    Database(Box<Target>),
}

/// What has happened to the secrets of a copy since it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// Nobody knows: each may have been opened or burned, so all that wait are ended at the start (law 1).
    Unknown,
    /// Nothing: somebody vouches for it, or it is no copy.
    Nothing,
}

/// What has moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// How many secrets are known.
    pub secrets: i64,
    /// How many of them wait.
    pub waiting: i64,
    /// How many events the trail has, followed from the first to the last.
    pub events: i64,
    /// Whether the keys of those that wait went along.
    pub with_keys: bool,
}

impl Moved {
    const fn of(whole: &Whole) -> Self {
        let Whole { secrets, waiting, events, with_keys, .. } = whole;
        Self { secrets: *secrets, waiting: *waiting, events: *events, with_keys: *with_keys }
    }
}

/// A database that is read.
enum From<'a> {
    Local(&'a mut Outgoing),
    Remote(&'a mut Moving),
}

/// A database that is written.
enum To<'a> {
    Local(&'a mut Incoming),
    Remote(&'a Moving),
}

/// Every row there is.
async fn pour(mut from: From<'_>, mut to: To<'_>) -> Result<()> {
    for table in TABLES {
        loop {
            let mut rows = match &mut from {
                From::Local(outgoing) => outgoing.page(table, PAGE)?,
                From::Remote(outgoing) => outgoing.page(table, PAGE).await?,
            };
            if rows.is_empty() {
                break;
            }
            rows.retain(|row| table.moves(row));
            match &to {
                To::Local(incoming) => incoming.insert(table, &rows)?,
                To::Remote(incoming) => incoming.insert(table, &rows).await?,
            }
        }
    }
    loop {
        let payloads = match &mut from {
            From::Local(outgoing) => outgoing.payloads(PAGE)?,
            From::Remote(outgoing) => outgoing.payloads(PAGE).await?,
        };
        if payloads.is_empty() {
            return Ok(());
        }
        match &mut to {
            To::Local(incoming) => incoming.insert_payloads(&payloads)?,
            To::Remote(incoming) => incoming.insert_payloads(&payloads).await?,
        }
    }
}

/// Makes a backup of `place` in the file `to`, which must not be there. Servers may be running.
pub async fn backup(place: &Place, to: &Path, with_keys: bool) -> Result<Moved, OpenError> {
    must_not_be_there(to)?;
    let whole = match place {
        Place::Directory(dir) => {
            let (dir, to) = (dir.clone(), to.to_owned());
            let copied = tokio::task::spawn_blocking(move || local::copy(&dir, &to, with_keys));
            copied.await.map_err(|_| StoreError::Closed)??
        }
        Place::Database(target) => {
            let mut outgoing = Moving::outgoing(target).await?;
            let mut incoming = Incoming::create(to, with_keys)?;
            pour(From::Remote(&mut outgoing), To::Local(&mut incoming)).await?;
            incoming.finish()?
        }
    };
    whole.place(to)?;
    Ok(Moved::of(&whole))
}

/// Puts the backup in the file `from` into `place`, which holds no database. The server's keys must be
/// those that it was made with.
pub async fn restore(
    from: &Path,
    place: &Place,
    keys: &KeySource,
    since: Since,
) -> Result<Moved, OpenError> {
    must_fit(keys, &Outgoing::backup(from)?.known_keys()?)?;
    match place {
        Place::Directory(dir) => {
            let _lock = directory::claim(dir)?;
            must_be_free(dir)?;
            let mut whole = local::restore(from, dir)?;
            let moved = Moved::of(&whole);
            if since == Since::Unknown {
                whole.mark_restored()?;
            }
            if whole.with_keys {
                must_not_be_there(&local::slots(dir))?;
                whole.move_keys(dir)?;
            }
            whole.place(&local::database(dir))?;
            Ok(moved)
        }
        Place::Database(target) => {
            let mut outgoing = Outgoing::backup(from)?;
            let (incoming, moved) = fill(&mut outgoing, target, since).await?;
            incoming.arrived().await?;
            Ok(moved)
        }
    }
}

/// Moves everything from one place to another, keys of secrets and all, and closes the first. No server
/// may run on either. Done again after it broke off, it goes on.
pub async fn migrate(from: &Place, to: &Place, keys: &KeySource) -> Result<Moved, OpenError> {
    match (from, to) {
        (Place::Directory(dir), Place::Database(target)) => out(dir, target, keys).await,
        (Place::Database(target), Place::Directory(dir)) => home(target, dir, keys).await,
        (Place::Database(old), Place::Database(new)) => over(old, new, keys).await,
        (Place::Directory(_), Place::Directory(_)) => Err(OpenError::Database(
            "from one directory to another: stop the server and move the directory".to_owned(),
        )),
    }
}

/// From a directory into a database.
async fn out(dir: &Path, target: &Target, keys: &KeySource) -> Result<Moved, OpenError> {
    let _lock = directory::claim(dir)?;
    if has_left(dir) && remote::is_arriving(target).await? {
        // What an earlier try has brought to another place is older, and must not wake up.
        let left = Outgoing::left(&closed(dir))?.trail_end()?;
        if remote::trail_end(target).await? != left {
            return Err(stale(target));
        }
        leave(dir)?;
        remote::release(target).await?;
        return look(target).await;
    }
    let mut outgoing = Outgoing::directory(dir)?;
    if outgoing.is_restored()? {
        return Err(unsettled());
    }
    must_fit(keys, &outgoing.known_keys()?)?;
    let (incoming, moved) = fill(&mut outgoing, target, Since::Nothing).await?;
    drop(outgoing);
    leave(dir)?;
    incoming.arrived().await?;
    Ok(moved)
}

/// From a database into a directory.
async fn home(target: &Target, dir: &Path, keys: &KeySource) -> Result<Moved, OpenError> {
    let _lock = directory::claim(dir)?;
    // No node starts on it meanwhile.
    let _alone = remote::alone(target).await?;
    must_be_free(dir)?;
    let ready = dir.join("sigill.db.arriving");
    if ready.exists() && remote::has_moved(target).await? {
        if Outgoing::left(&ready)?.trail_end()? != remote::trail_end(target).await? {
            return Err(stale(target));
        }
    } else {
        let mut outgoing = Moving::outgoing(target).await?;
        outgoing.must_be_settled().await?;
        must_fit(keys, &outgoing.known_keys().await?)?;
        remove(&ready)?;
        remove(&local::slots(dir))?;
        let mut incoming = Incoming::create(&ready, true)?;
        pour(From::Remote(&mut outgoing), To::Local(&mut incoming)).await?;
        drop(outgoing);
        let mut whole = incoming.finish()?;
        whole.move_keys(dir)?;
        whole.place(&ready)?;
        remote::leave(target).await?;
    }
    let whole = local::restore(&ready, dir)?;
    let moved = Moved { with_keys: true, ..Moved::of(&whole) };
    whole.place(&local::database(dir))?;
    for done in [ready, closed(dir)] {
        remove(&done)?;
    }
    Ok(moved)
}

/// From one database into another.
async fn over(old: &Target, new: &Target, keys: &KeySource) -> Result<Moved, OpenError> {
    let _alone = remote::alone(old).await?;
    if remote::has_moved(old).await? && remote::is_arriving(new).await? {
        if remote::trail_end(old).await? != remote::trail_end(new).await? {
            return Err(stale(new));
        }
        remote::release(new).await?;
        return look(new).await;
    }
    let (incoming, moved) = pour_over(old, new, keys).await?;
    remote::leave(old).await?;
    incoming.arrived().await?;
    Ok(moved)
}

async fn pour_over(
    old: &Target,
    new: &Target,
    keys: &KeySource,
) -> Result<(Moving, Moved), OpenError> {
    let mut outgoing = Moving::outgoing(old).await?;
    outgoing.must_be_settled().await?;
    must_fit(keys, &outgoing.known_keys().await?)?;
    let with_keys = !outgoing.is_keyless().await?;
    let incoming = Moving::incoming(new).await?;
    pour(From::Remote(&mut outgoing), To::Remote(&incoming)).await?;
    incoming.finish(with_keys, Since::Nothing).await?;
    let moved = told(&incoming, with_keys).await?;
    Ok((incoming, moved))
}

/// Fills the database of `target` with everything, checks it, and leaves it marked as arriving.
async fn fill(
    outgoing: &mut Outgoing,
    target: &Target,
    since: Since,
) -> Result<(Moving, Moved), OpenError> {
    let with_keys = outgoing.has_keys();
    let incoming = Moving::incoming(target).await?;
    pour(From::Local(&mut *outgoing), To::Remote(&incoming)).await?;
    incoming.finish(with_keys, since).await?;
    for table in TABLES.iter().filter(|table| table.name != "meta") {
        let (here, there) = (outgoing.count(table.name)?, incoming.count(table.name).await?);
        if here != there {
            let reason = format!("{}: {there} of {here} rows have come", table.name);
            return Err(OpenError::Database(reason));
        }
    }
    let moved = told(&incoming, with_keys).await?;
    Ok((incoming, moved))
}

async fn look(target: &Target) -> Result<Moved, OpenError> {
    told(&Moving::outgoing(target).await?, true).await
}

async fn told(moving: &Moving, with_keys: bool) -> Result<Moved, OpenError> {
    let (secrets, waiting) = (moving.count("secrets").await?, moving.count("payloads").await?);
    Ok(Moved { secrets, waiting, events: moving.verify().await?, with_keys })
}

/// What to say of a copy that an earlier try has brought, when something has happened since.
fn stale(target: &Target) -> OpenError {
    OpenError::Database(format!(
        "what an earlier migration has brought is not what has left {target} or the directory: name the \
         place that it was moved to, or a fresh one"
    ))
}

/// What to say of a restored copy whose secrets have not been ended.
fn unsettled() -> OpenError {
    OpenError::Database(
        "a backup was put back there: start the server on it once, which ends what waits in it"
            .to_owned(),
    )
}

/// Refuses keys of the server that did not make what moves.
fn must_fit(source: &KeySource, known: &KnownKeys) -> Result<(), OpenError> {
    let keys = source.read()?.ok_or_else(|| OpenError::KeysMissing(source.to_string()))?.keys();
    keys.fit(known, TURN).map_err(|misfit| misfit.of(source))
}

fn must_not_be_there(path: &Path) -> Result<(), OpenError> {
    if path.exists() {
        return Err(OpenError::NoBackup {
            path: path.to_owned(),
            reason: "is there already, and nothing is overwritten",
        });
    }
    Ok(())
}

/// Refuses a directory that holds a database.
fn must_be_free(dir: &Path) -> Result<(), OpenError> {
    if sqlite::is_fresh(dir)? { Ok(()) } else { must_not_be_there(&local::database(dir)) }
}

/// Whether everything has moved away from the directory `dir`.
pub(crate) fn has_left(dir: &Path) -> bool {
    closed(dir).exists() && !local::database(dir).exists()
}

/// The name of a database whose life goes on elsewhere.
fn closed(dir: &Path) -> PathBuf {
    dir.join("sigill.db.moved")
}

/// Closes a directory that everything has left: its keys are overwritten, its database is set aside.
fn leave(dir: &Path) -> Result<()> {
    // The name first: from here on this directory has been left, whatever happens, and a migration that is
    // run again does not pour it once more.
    if local::database(dir).exists() {
        rename(&local::database(dir), &closed(dir))?;
    }
    let path = local::slots(dir);
    let overwrite = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).open(&path)?;
        let length = file.metadata()?.len();
        io::copy(&mut io::Read::take(io::repeat(0), length), &mut file)?;
        file.flush()?;
        file.sync_all()?;
        fs::remove_file(&path)
    };
    if path.exists() {
        overwrite().map_err(StoreError::file(&path))?;
    }
    for beside in ["sigill.db-wal", "sigill.db-shm"] {
        remove(&dir.join(beside))?;
    }
    Ok(())
}

fn rename(from: &Path, to: &Path) -> Result<()> {
    let dir = to.parent().unwrap_or_else(|| Path::new("."));
    let renamed = fs::rename(from, to).and_then(|()| File::open(dir)?.sync_all());
    renamed.map_err(StoreError::file(to))
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(StoreError::file(path)),
    }
}
