//! What may happen: the closed set of kinds, with their names in the trail.

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An account was made.
    AccountCreated,
    /// An account was deleted.
    AccountDeleted,
    /// An account that was suspended is so no longer.
    AccountResumed,
    /// An account was suspended.
    AccountSuspended,
    /// A secret was burned.
    Burned,
    /// Somebody who was signed in has shown once more who they are.
    Confirmed,
    /// A secret was created.
    Created,
    /// A means of signing in was added.
    CredentialAdded,
    /// A means of signing in was replaced.
    CredentialChanged,
    /// A means of signing in was shown that may be a copy: nobody got in.
    CredentialRefused,
    /// A means of signing in was removed.
    CredentialRemoved,
    /// A reader confirmed that the content arrived.
    Delivered,
    /// A reader's time ran out without a confirmation.
    DeliveryUnconfirmed,
    /// A payload was destroyed because its time was up.
    Expired,
    /// Somebody took away a list of what is theirs.
    Exported,
    /// A payload did not open with the server's keys: nothing was consumed.
    IntegrityFailure,
    /// An invitation is worth nothing from here on.
    InvitationWithdrawn,
    /// An API key was made.
    KeyCreated,
    /// Somebody has found an API key where it does not belong: it is worth nothing from here on.
    KeyReported,
    /// An API key is worth nothing from here on.
    KeyRevoked,
    /// An API key was made in the place of another one, which ends by itself.
    KeyRotated,
    /// A mail that could not be sent was given up.
    LetterDropped,
    /// A mail that takes no link to a secret could not be sent.
    LetterFailed,
    /// A mail that could not be sent is tried again.
    LetterRetried,
    /// A mail that takes no link to a secret was sent.
    LetterSent,
    /// Too many wrong passphrases.
    Locked,
    /// The key of a secret that waited was not there when the store was opened.
    Lost,
    /// The link was not mailed: the secret waited no longer.
    MailCancelled,
    /// The link could not be mailed to its recipient.
    MailFailed,
    /// The link was mailed to its recipient.
    MailSent,
    /// A mail was sent to see whether that works.
    MailTested,
    /// Somebody was invited to an organisation.
    MemberInvited,
    /// Somebody has joined an organisation.
    MemberJoined,
    /// Somebody has left an organisation.
    MemberLeft,
    /// Somebody was removed from an organisation.
    MemberRemoved,
    /// A member of an organisation was given another role.
    MemberRoleChanged,
    /// A reader won a view.
    Opened,
    /// What an organisation asks of its members was changed.
    OrganisationChanged,
    /// An organisation was made.
    OrganisationCreated,
    /// An organisation was deleted.
    OrganisationDeleted,
    /// Somebody who holds the link has shown that they know the passphrase, and has not opened it.
    PassphraseMatched,
    /// A wrong passphrase from somebody who holds the link.
    PassphraseRejected,
    /// A provider of identities was added.
    ProviderAdded,
    /// A provider of identities was changed.
    ProviderChanged,
    /// A provider of identities was removed.
    ProviderRemoved,
    /// An administrator has looked at records about others.
    RecordsRead,
    /// A copy was put back, and every secret that waited in it is ended, because it may have been opened or
    /// burned since.
    Restored,
    /// An account was given another role.
    RoleChanged,
    /// A session was ended, by somebody else than whoever used it.
    SessionEnded,
    /// A switch of the instance was changed.
    SettingChanged,
    /// Somebody has signed in.
    SignedIn,
    /// Somebody has signed out.
    SignedOut,
    /// Somebody has tried to sign in to an account, and was refused.
    SignInRefused,
    /// The sender unlocked it.
    Unlocked,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 54] = [
        Self::AccountCreated,
        Self::AccountDeleted,
        Self::AccountResumed,
        Self::AccountSuspended,
        Self::Burned,
        Self::Confirmed,
        Self::Created,
        Self::CredentialAdded,
        Self::CredentialChanged,
        Self::CredentialRefused,
        Self::CredentialRemoved,
        Self::Delivered,
        Self::DeliveryUnconfirmed,
        Self::Expired,
        Self::Exported,
        Self::IntegrityFailure,
        Self::InvitationWithdrawn,
        Self::KeyCreated,
        Self::KeyReported,
        Self::KeyRevoked,
        Self::KeyRotated,
        Self::LetterDropped,
        Self::LetterFailed,
        Self::LetterRetried,
        Self::LetterSent,
        Self::Locked,
        Self::Lost,
        Self::MailCancelled,
        Self::MailFailed,
        Self::MailSent,
        Self::MailTested,
        Self::MemberInvited,
        Self::MemberJoined,
        Self::MemberLeft,
        Self::MemberRemoved,
        Self::MemberRoleChanged,
        Self::Opened,
        Self::OrganisationChanged,
        Self::OrganisationCreated,
        Self::OrganisationDeleted,
        Self::PassphraseMatched,
        Self::PassphraseRejected,
        Self::ProviderAdded,
        Self::ProviderChanged,
        Self::ProviderRemoved,
        Self::RecordsRead,
        Self::Restored,
        Self::RoleChanged,
        Self::SessionEnded,
        Self::SettingChanged,
        Self::SignedIn,
        Self::SignedOut,
        Self::SignInRefused,
        Self::Unlocked,
    ];

    /// The name in the trail and in receipts. Stable: it is part of the chain.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AccountCreated => "account-created",
            Self::AccountDeleted => "account-deleted",
            Self::AccountResumed => "account-resumed",
            Self::AccountSuspended => "account-suspended",
            Self::Burned => "burned",
            Self::Confirmed => "confirmed",
            Self::Created => "created",
            Self::CredentialAdded => "credential-added",
            Self::CredentialChanged => "credential-changed",
            Self::CredentialRefused => "credential-refused",
            Self::CredentialRemoved => "credential-removed",
            Self::Delivered => "delivered",
            Self::DeliveryUnconfirmed => "delivery-unconfirmed",
            Self::Expired => "expired",
            Self::Exported => "exported",
            Self::IntegrityFailure => "integrity-failure",
            Self::InvitationWithdrawn => "invitation-withdrawn",
            Self::KeyCreated => "key-created",
            Self::KeyReported => "key-reported",
            Self::KeyRevoked => "key-revoked",
            Self::KeyRotated => "key-rotated",
            Self::LetterDropped => "letter-dropped",
            Self::LetterFailed => "letter-failed",
            Self::LetterRetried => "letter-retried",
            Self::LetterSent => "letter-sent",
            Self::Locked => "locked",
            Self::Lost => "lost",
            Self::MailCancelled => "mail-cancelled",
            Self::MailFailed => "mail-failed",
            Self::MailSent => "mail-sent",
            Self::MailTested => "mail-tested",
            Self::MemberInvited => "member-invited",
            Self::MemberJoined => "member-joined",
            Self::MemberLeft => "member-left",
            Self::MemberRemoved => "member-removed",
            Self::MemberRoleChanged => "member-role-changed",
            Self::Opened => "opened",
            Self::OrganisationChanged => "organisation-changed",
            Self::OrganisationCreated => "organisation-created",
            Self::OrganisationDeleted => "organisation-deleted",
            Self::PassphraseMatched => "passphrase-matched",
            Self::PassphraseRejected => "passphrase-rejected",
            Self::ProviderAdded => "provider-added",
            Self::ProviderChanged => "provider-changed",
            Self::ProviderRemoved => "provider-removed",
            Self::RecordsRead => "records-read",
            Self::Restored => "restored",
            Self::RoleChanged => "role-changed",
            Self::SessionEnded => "session-ended",
            Self::SettingChanged => "setting-changed",
            Self::SignedIn => "signed-in",
            Self::SignedOut => "signed-out",
            Self::SignInRefused => "sign-in-refused",
            Self::Unlocked => "unlocked",
        }
    }

    /// Whether it happens to a secret, so that its receipt tells it.
    pub const fn is_of_a_secret(self) -> bool {
        matches!(
            self,
            Self::Burned
                | Self::Created
                | Self::Delivered
                | Self::DeliveryUnconfirmed
                | Self::Expired
                | Self::IntegrityFailure
                | Self::Locked
                | Self::Lost
                | Self::MailCancelled
                | Self::MailFailed
                | Self::MailSent
                | Self::Opened
                | Self::PassphraseMatched
                | Self::PassphraseRejected
                | Self::Unlocked
        )
    }

    /// The kind with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}
