//! Which database, and how it is reached: `postgres://USER@HOST:PORT/NAME?...`.
//!
//! The connection is encrypted and the server's certificate verified, unless every host is this machine
//! or the address says `sslmode=disable`. Several hosts may be named: the one that takes writes is used,
//! so nodes find the new primary after a failover by themselves.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres_rustls::MakeRustlsConnect;
use zeroize::Zeroizing;

use crate::error::{OpenError, StoreError};

/// How long reaching one host may take.
const REACH: Duration = Duration::from_secs(3);
/// How long a silent peer is believed to be there.
const SILENCE: Duration = Duration::from_secs(10);

/// A database that can be reached. Shows itself without its password.
#[derive(Clone)]
pub struct Target {
    config: Config,
    tls: Tls,
}

#[derive(Clone, PartialEq, Eq)]
enum Tls {
    /// Within this machine, or because the operator says so.
    Off,
    /// Verified with the certificates that the machine trusts.
    Machine,
    /// Verified with the certificates of this file.
    File(PathBuf),
}

/// What is wrong with an address, without its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetFault {
    /// Not an address of PostgreSQL.
    #[error("is not postgres://USER@HOST:PORT/NAME")]
    Form,
    /// No host.
    #[error("names no host")]
    Host,
    /// A way of encryption that is none.
    #[error(
        "sslmode is verify-full (the default) or disable: nothing in between keeps an attacker out"
    )]
    Sslmode,
    /// A file that cannot be meant.
    #[error("sslrootcert names a file, and sslmode=disable uses none")]
    Unused,
}

impl Target {
    /// Understands an address.
    pub fn parse(address: &str) -> Result<Self, TargetFault> {
        if !address.starts_with("postgres://") && !address.starts_with("postgresql://") {
            return Err(TargetFault::Form);
        }
        let (start, query) = address.split_once('?').unwrap_or((address, ""));
        let (mut mode, mut root, mut rest) = (None, None, Vec::new());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", value)) => mode = Some(value),
                Some(("sslrootcert", value)) => root = Some(PathBuf::from(value)),
                Some(_) => rest.push(pair),
                None => return Err(TargetFault::Form),
            }
        }
        let address = Zeroizing::new(format!("{start}?{}", rest.join("&")));
        let mut config = Config::from_str(&address).map_err(|_| TargetFault::Form)?;
        if config.get_hosts().is_empty() {
            return Err(TargetFault::Host);
        }
        let tls = match (mode, root) {
            (Some("disable"), Some(_)) => return Err(TargetFault::Unused),
            (Some("disable"), None) => Tls::Off,
            (None, None) if config.get_hosts().iter().all(is_here) => Tls::Off,
            (None | Some("verify-full" | "require"), Some(root)) => Tls::File(root),
            (None | Some("verify-full" | "require"), None) => Tls::Machine,
            (Some(_), _) => return Err(TargetFault::Sslmode),
        };
        config.ssl_mode(if tls == Tls::Off { SslMode::Disable } else { SslMode::Require });
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        config.application_name("sigill");
        config.connect_timeout(REACH);
        config.keepalives_idle(SILENCE);
        config.tcp_user_timeout(SILENCE);
        Ok(Self { config, tls })
    }

    /// Uses this password, whatever the address said.
    pub fn set_password(&mut self, password: &str) {
        self.config.password(password);
    }

    /// Whether every host is this machine.
    pub fn is_local(&self) -> bool {
        self.config.get_hosts().iter().all(is_here)
    }

    /// Whether the connection is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.tls != Tls::Off
    }

    /// What to say when it cannot be reached.
    pub(super) fn unreachable(&self, error: &StoreError) -> OpenError {
        let reason = if let StoreError::Unreachable(reason) = error {
            reason.clone()
        } else {
            error.to_string()
        };
        OpenError::Unreachable { target: self.to_string(), reason }
    }

    pub(super) const fn config(&self) -> &Config {
        &self.config
    }

    /// What encrypts; unused where the address says so.
    pub(super) fn connector(&self) -> Result<MakeRustlsConnect, OpenError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| OpenError::Database(error.to_string()))?;
        let config = match &self.tls {
            Tls::Off => builder.with_root_certificates(RootCertStore::empty()),
            Tls::File(path) => builder.with_root_certificates(roots(path)?),
            Tls::Machine => builder
                .with_platform_verifier()
                .map_err(|error| OpenError::Database(error.to_string()))?,
        };
        Ok(MakeRustlsConnect::new(config.with_no_client_auth()))
    }
}

/// Whether `host` is this machine.
fn is_here(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost"
                || name.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
        }
    }
}

fn roots(path: &Path) -> Result<RootCertStore, OpenError> {
    let unusable = |reason: String| {
        OpenError::Database(format!("sslrootcert {} cannot be used: {reason}", path.display()))
    };
    let mut roots = RootCertStore::empty();
    let certificates =
        CertificateDer::pem_file_iter(path).map_err(|error| unusable(error.to_string()))?;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
        roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
    }
    if roots.is_empty() { Err(unusable("it holds no certificate".to_owned())) } else { Ok(roots) }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postgres://")?;
        let ports = self.config.get_ports();
        for (number, host) in self.config.get_hosts().iter().enumerate() {
            if number > 0 {
                f.write_str(",")?;
            }
            match host {
                Host::Tcp(name) => f.write_str(name)?,
                Host::Unix(path) => write!(f, "{}", path.display())?,
            }
            if let Some(port) = ports.get(number).or_else(|| ports.first()) {
                write!(f, ":{port}")?;
            }
        }
        write!(f, "/{}", self.config.get_dbname().unwrap_or_default())
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leaves_the_machine_is_encrypted() {
        for (address, encrypted) in [
            ("postgres://u@localhost/s", false),
            ("postgres://u@127.0.0.1:5433/s", false),
            ("postgres://u@%2Frun%2Fpostgresql/s", false),
            ("postgres://u@localhost,db.example/s", true),
            ("postgres://u@db.example/s", true),
            ("postgres://u@db.example/s?sslmode=require", true),
            ("postgres://u@localhost/s?sslmode=verify-full", true),
            ("postgres://u@db.example/s?sslmode=disable", false),
        ] {
            let target = Target::parse(address).unwrap();
            assert_eq!(target.is_encrypted(), encrypted, "{address}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for (address, fault) in [
            ("mysql://u@localhost/s", TargetFault::Form),
            ("postgres://u@localhost/s?colour=red", TargetFault::Form),
            ("postgres:///s", TargetFault::Host),
            ("postgres://u@db.example/s?sslmode=prefer", TargetFault::Sslmode),
            ("postgres://u@db.example/s?sslmode=disable&sslrootcert=/ca", TargetFault::Unused),
        ] {
            assert_eq!(Target::parse(address).unwrap_err(), fault, "{address}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let target = Target::parse("postgres://u:hush@one:5433,two:5434/s").unwrap();
        assert_eq!(target.to_string(), "postgres://one:5433,two:5434/s");
        assert!(!format!("{target:?}").contains("hush"));
    }
}
