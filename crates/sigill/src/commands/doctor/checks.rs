//! The machine and the directory, one thing a function.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use ::client::{Address, Client, PlainHttp};
use rustix::fs::{Access, access, statfs};
use rustix::process::{Resource, getrlimit, getuid};
use store::inspect;
use store::keys::KeySource;
use tokio::time::timeout;

use super::{Findings, Status};
use crate::config::serve::Serve;
use crate::serve::FILES;
use crate::terminal;

/// How long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// File systems whose locks and syncs cannot be trusted from here, by the number that they carry.
const REMOTE: [(u32, &str); 4] =
    [(0x6969, "NFS"), (0xff53_4d42, "CIFS"), (0xfe53_4d42, "SMB"), (0x6573_5546, "FUSE")];
/// btrfs: overwriting leaves the old block behind.
const COPIES_ON_WRITE: u32 = 0x9123_683e;

/// What `config check` says about how safe the set-up is, as far as it calls for a look.
pub(super) fn posture(config: &Serve, found: &mut Findings) {
    let name = "public-url";
    match &config.public_url {
        Some(origin) if origin.is_secure() => {
            found.add(name, Status::Ok, format!("links start with {}", origin.as_str()));
        }
        Some(origin) if origin.is_local() => {
            let text = format!("links start with {}: for this machine only", origin.as_str());
            found.add(name, Status::Ok, text);
        }
        Some(origin) => {
            let text =
                format!("{} is not https: browsers refuse to seal and open", origin.as_str());
            found.add(name, Status::Warning, text);
        }
        None => found.add(name, Status::Ok, "links are for this machine only (localhost)"),
    }
    if !config.rate_limits.0 {
        found.add("limits", Status::Warning, "off: anybody may ask as often as they like");
    }
    let is_public = config.public_url.as_ref().is_some_and(|origin| !origin.is_local());
    if is_public && config.trusted_proxies.networks().is_empty() {
        let text = "none: if a reverse proxy is in front, all clients share its limits";
        found.add("trusted-proxies", Status::Warning, text);
    }
}

/// The directory and its files: there, ours, and closed to everybody else. Whether it is in use.
pub(super) fn directory(dir: &Path, keys: &KeySource, found: &mut Findings) -> bool {
    let name = "data directory";
    let shown = dir.display();
    let me = getuid().as_raw();
    let owner;
    match dir.metadata() {
        Ok(metadata) if !metadata.is_dir() => {
            found.add(name, Status::Fault, format!("{shown} is not a directory"));
            return false;
        }
        Ok(metadata) => {
            // Root looks for the user that the server runs as.
            owner = if me == 0 { metadata.uid() } else { me };
            closed(name, dir, &metadata, owner, found);
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let text = format!("{shown} is not there yet: `sigill serve` makes it");
            found.add(name, Status::Ok, text);
            return false;
        }
        Err(error) => {
            found.add(name, Status::Fault, format!("{shown}: {error}"));
            return false;
        }
    }
    if access(dir, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK).is_err() {
        found.add(name, Status::Fault, format!("{shown} cannot be written by this user"));
    }
    let keys = match keys {
        KeySource::File(path) => Some(("server.keys", path.clone())),
        // What others keep is judged when it is read.
        KeySource::Command(_) | KeySource::Credential { .. } | KeySource::Environment { .. } => {
            None
        }
    };
    let within = ["secret.keys", "sigill.db", "lock"].map(|file| (file, dir.join(file)));
    for (file, path) in keys.into_iter().chain(within) {
        match path.symlink_metadata() {
            Ok(metadata) => closed(file, &path, &metadata, owner, found),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => found.add(file, Status::Fault, format!("{}: {error}", path.display())),
        }
    }
    match inspect::is_in_use(dir) {
        Ok(in_use) => {
            let text = if in_use { "a server is running on it" } else { "no server is running" };
            found.add("server", Status::Ok, text);
            in_use
        }
        Err(error) => {
            found.add("server", Status::Fault, format!("the lock cannot be read: {error}"));
            false
        }
    }
}

/// Whether a file or directory is `owner`'s and nobody else's.
fn closed(name: &'static str, path: &Path, metadata: &Metadata, owner: u32, found: &mut Findings) {
    let shown = path.display();
    let mode = metadata.mode() & 0o7777;
    // Inside the directory, which is closed, a database may have what SQLite gives it.
    let open = if name == "sigill.db" { mode & 0o022 } else { mode & 0o077 };
    if metadata.uid() != owner {
        let text = format!("{shown} belongs to user {}, not to user {owner}", metadata.uid());
        found.add(name, Status::Fault, text);
    } else if open != 0 {
        let text = format!("{shown} has mode {mode:o}: others may use it. chmod go= {shown}");
        found.add(name, Status::Fault, text);
    } else {
        found.add(name, Status::Ok, format!("{shown}, for its owner alone"));
    }
}

/// The file system: room, and whether it keeps what it promises.
pub(super) fn space(config: &Serve, found: &mut Findings) {
    let Some(dir) = config.data.ancestors().find(|path| path.is_dir()).or(Some(Path::new(".")))
    else {
        return;
    };
    let reserve = config.limits.keep_free;
    match inspect::free_space(dir) {
        Ok(free) => {
            let text = format!(
                "{} free; {} are kept free (keep-free)",
                terminal::bytes(free),
                terminal::bytes(reserve)
            );
            let status = if free <= reserve { Status::Fault } else { Status::Ok };
            found.add("disk", status, text);
        }
        Err(error) => found.add("disk", Status::Fault, error.to_string()),
    }
    let kind = statfs(dir).ok().and_then(|stat| u32::try_from(stat.f_type).ok());
    if let Some((_, name)) = REMOTE.into_iter().find(|(number, _)| kind == Some(*number)) {
        let text = format!("{name}: locks and syncs may not hold. Use a local disk");
        found.add("file system", Status::Fault, text);
    } else if kind == Some(COPIES_ON_WRITE) {
        let text = "btrfs copies on write: overwritten keys stay until their block is reused. \
                    chattr +C on an empty directory";
        found.add("file system", Status::Warning, text);
    }
}

/// Whether the mail server would take a mail.
pub(super) async fn mail(config: &Serve, found: &mut Findings) {
    let name = "mail";
    let Some(mail) = &config.mail else {
        found.add(name, Status::Ok, "none: recipients are refused (smtp)");
        return;
    };
    let server = &mail.server;
    if !server.is_encrypted() && !server.is_local() {
        let text =
            format!("{server}: whoever listens on the way can open what is mailed (smtp-tls)");
        found.add(name, Status::Warning, text);
    }
    let smtp = match mail.open() {
        Ok(smtp) => smtp,
        Err(failure) => {
            found.add(name, Status::Fault, failure.to_string());
            return;
        }
    };
    match timeout(PATIENCE, smtp.greet()).await {
        Ok(Ok(())) => found.add(name, Status::Ok, format!("{server} lets this program in")),
        Ok(Err(cause)) => found.add(name, Status::Fault, format!("{server}: {cause}")),
        Err(_) => {
            let seconds = PATIENCE.as_secs();
            found.add(name, Status::Fault, format!("{server}: no answer within {seconds} s"));
        }
    }
}

/// Enough file descriptors for the connections that are allowed.
pub(super) fn descriptors(config: &Serve, found: &mut Findings) {
    let wanted = config.connections.connections.saturating_mul(2).saturating_add(FILES);
    let wanted = u64::try_from(wanted).unwrap_or(u64::MAX);
    match getrlimit(Resource::Nofile).current {
        Some(allowed) if allowed < wanted => {
            let text = format!(
                "{allowed} allowed here, {wanted} are needed for all connections, so there will be \
                 fewer: ulimit -n, or LimitNOFILE= in the unit"
            );
            found.add("open files", Status::Warning, text);
        }
        Some(_) | None => found.add("open files", Status::Ok, "enough for all connections"),
    }
}

/// Whether the server answers where people look for it.
pub(super) async fn reachable(config: &Serve, in_use: bool, found: &mut Findings) {
    let name = "reachable";
    if !in_use {
        found.add(name, Status::Ok, "not asked: no server is running on this directory");
        return;
    }
    let Ok(origin) = config.origin(config.listen) else { return };
    let shown = origin.as_str();
    let Ok(address) = Address::parse(shown, PlainHttp::Anywhere) else { return };
    let asked = async { Client::new(address)?.limits().await };
    match timeout(PATIENCE, asked).await {
        Ok(Ok(_)) => found.add(name, Status::Ok, format!("{shown} answers as Sigill does")),
        Ok(Err(error)) => found.add(name, Status::Fault, format!("{shown}: {error}")),
        Err(_) => {
            let seconds = PATIENCE.as_secs();
            found.add(name, Status::Fault, format!("{shown}: no answer within {seconds} s"));
        }
    }
}
