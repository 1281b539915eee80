//! What sends mail: a mail server, its password, and who mails are from.

use std::fs;
use std::path::PathBuf;

use outside::smtp::{From, Smtp, Target};
use zeroize::Zeroizing;

use super::values::Switch;
use super::{Reader, keys};
use crate::failure::Failure;

/// The settings of mail, which belong together.
#[derive(Clone, Debug)]
pub(crate) struct Mail {
    /// The mail server.
    pub(crate) server: Target,
    password_file: Option<PathBuf>,
    from: From,
}

/// Reads them, and notes what is wrong.
pub(super) fn read(reader: &mut Reader<'_>) -> Option<Mail> {
    let server: Option<Target> = reader.optional(&keys::SMTP);
    let password_file: Option<PathBuf> = reader.optional(&keys::SMTP_PASSWORD_FILE);
    let tls: Option<Switch> = reader.optional(&keys::SMTP_TLS);
    let from: Option<From> = reader.optional(&keys::MAIL_FROM);
    let Some(mut server) = server else {
        if password_file.is_some() || tls.is_some() || from.is_some() {
            reader.fault("smtp-password-file, smtp-tls and mail-from are of no use without smtp");
        }
        return None;
    };
    match (server.has_user(), &password_file) {
        (true, None) => reader.fault("smtp-password-file is missing: smtp names a user"),
        (false, Some(_)) => reader.fault("smtp-password-file is of no use: smtp names no user"),
        (true, Some(_)) | (false, None) => {}
    }
    if let Some(Switch(tls)) = tls {
        if server.is_implicit() && !tls {
            reader.fault("smtp-tls cannot be off with smtps: write smtp");
        }
        server = server.with_tls(tls);
    }
    let Some(from) = from else {
        reader.fault("mail-from is missing: smtp needs it");
        return None;
    };
    Some(Mail { server, password_file, from })
}

impl Mail {
    /// What sends it, with the password from its file.
    pub(crate) fn open(&self) -> Result<Smtp, Failure> {
        let password = match &self.password_file {
            None => Zeroizing::default(),
            Some(path) => {
                let unusable = |error| {
                    Failure::usage(format!("smtp-password-file {}: {error}", path.display()))
                };
                let text = Zeroizing::new(fs::read_to_string(path).map_err(unusable)?);
                Zeroizing::new(text.lines().next().unwrap_or_default().to_owned())
            }
        };
        Smtp::new(&self.server, &password, self.from.clone())
            .map_err(|cause| Failure::usage(format!("smtp: {cause}")))
    }

    /// How safe that is.
    pub(crate) fn posture(&self) -> String {
        let Self { server, from, .. } = self;
        if server.is_encrypted() {
            format!("mail: {server}, encrypted, from {from}")
        } else if server.is_local() {
            format!("mail: {server}, on this machine, from {from}")
        } else {
            format!(
                "mail: {server}, NOT encrypted: whoever listens on the way can open what is mailed"
            )
        }
    }
}
