//! What people get by mail beside links to secrets: a link that signs in, an invitation, what has changed about
//! their account. Each is one sheet, with its texts in `web/l10n/*-letters.ftl`.
//!
//! A link carries its token behind `#`, so that no server on the way logs it, and opens a page that asks before
//! it does anything (R11).

use domain::letter::{Change, Content};
use fluent_bundle::FluentValue;
use service::letters::{Told, Write};
use service::mail::Letter;
use zeroize::Zeroizing;

use super::letter::{Sheet, moment};
use super::texts::{self, Language, Texts};
use crate::Origin;

/// Writes every letter that takes no link to a secret.
pub struct Letters {
    origin: Origin,
}

impl Letters {
    /// For the instance with this public URL.
    pub const fn new(origin: Origin) -> Self {
        Self { origin }
    }
}

impl Write for Letters {
    fn write(&self, told: &Told<'_>) -> Letter {
        let language = Language::from_tag(told.locale).unwrap_or(Language::English);
        texts::with(language, |texts| {
            Pen { origin: &self.origin, texts, told }.sheet().write(texts)
        })
    }
}

/// Writes one letter.
struct Pen<'a> {
    origin: &'a Origin,
    texts: &'a Texts,
    told: &'a Told<'a>,
}

type Values<'a> = &'a [(&'static str, FluentValue<'a>)];

impl Pen<'_> {
    fn host(&self) -> &str {
        self.origin.as_str().split_once("://").map_or("", |(_, host)| host)
    }

    /// The text `key`, which may name the host.
    fn t(&self, key: &str, values: Values<'_>) -> String {
        let host = ("host", self.host().into());
        let values: Vec<_> = [host].into_iter().chain(values.iter().cloned()).collect();
        self.texts.with(key, &values)
    }

    /// A link to a page that anybody may know.
    fn page(&self, verb: &str, path: &str) -> (String, Zeroizing<String>) {
        let link = format!("{}{path}", self.origin.as_str());
        (self.t(verb, &[]), link.into())
    }

    /// The link that takes the token.
    fn once(&self, verb: &str, path: &str) -> Option<(String, Zeroizing<String>)> {
        let token = self.told.token?.expose();
        let link = Zeroizing::new(format!("{}{path}#{}", self.origin.as_str(), *token));
        Some((self.t(verb, &[]), link))
    }

    fn sheet(&self) -> Sheet {
        let sheet = match self.told.content {
            Content::CredentialChanged { change } => self.credential(*change),
            Content::Invitation { organisation, inviter, role, until } => {
                let (day, time) = moment(*until);
                let who = [
                    ("inviter", inviter.as_str().into()),
                    ("organisation", organisation.as_str().into()),
                    ("role", role.as_str().into()),
                    ("day", day.into()),
                    ("time", time.into()),
                ];
                self.invitation(&who)
            }
            Content::KeyExpiring { label, reference, expires_at } => {
                let (day, time) = moment(*expires_at);
                let label = if label.is_empty() { reference } else { label };
                let key = [
                    ("label", label.as_str().into()),
                    ("reference", reference.as_str().into()),
                    ("day", day.into()),
                    ("time", time.into()),
                ];
                self.key(&key)
            }
            Content::NewPlace { at, network, agent } => {
                let (day, time) = moment(*at);
                let place = [
                    ("day", day.into()),
                    ("time", time.into()),
                    ("network", network.as_str().into()),
                    ("agent", agent.as_str().into()),
                ];
                self.new_place(&place)
            }
            Content::Review { organisation, findings } => {
                self.review(organisation.as_deref(), findings)
            }
            Content::SetUp => self.set_up(),
            Content::SignIn => self.sign_in(),
            Content::Test => self.test(),
        };
        let host = self.origin.as_str();
        Sheet { foot: self.texts.with("mail-foot", &[("host", host.into())]), ..sheet }
    }

    fn credential(&self, change: Change) -> Sheet {
        let what = match change {
            Change::CodesAdded => "mail-change-codes-added",
            Change::CodesRemoved => "mail-change-codes-removed",
            Change::PasskeyAdded => "mail-change-passkey-added",
            Change::PasskeyRemoved => "mail-change-passkey-removed",
            Change::PasswordChanged => "mail-change-password-changed",
            Change::PasswordRemoved => "mail-change-password-removed",
            Change::ProviderAdded => "mail-change-provider-added",
            Change::ProviderRemoved => "mail-change-provider-removed",
            Change::RecoveryCodeUsed => "mail-change-recovery-code-used",
            Change::RecoveryCodesMade => "mail-change-recovery-codes-made",
        };
        Sheet {
            subject: self.t("mail-change-subject", &[]),
            heading: self.t("mail-change-heading", &[]),
            before: vec![self.t(what, &[])],
            link: Some(self.page("mail-account-verb", "/account")),
            note: Some(self.t("mail-not-you", &[])),
            ..Sheet::default()
        }
    }

    fn invitation(&self, who: Values<'_>) -> Sheet {
        Sheet {
            subject: self.t("mail-invitation-subject", who),
            heading: self.t("mail-invitation-heading", who),
            before: vec![self.t("mail-invitation-lede", who)],
            link: self.once("mail-invitation-verb", "/invitation"),
            after: vec![self.t("mail-invitation-until", who)],
            note: Some(self.t("mail-invitation-unexpected", who)),
            ..Sheet::default()
        }
    }

    fn key(&self, key: Values<'_>) -> Sheet {
        Sheet {
            subject: self.t("mail-key-subject", key),
            heading: self.t("mail-key-heading", key),
            before: vec![self.t("mail-key-lede", key)],
            link: Some(self.page("mail-key-verb", "/keys")),
            after: vec![self.t("mail-key-rotate", key)],
            ..Sheet::default()
        }
    }

    fn new_place(&self, place: Values<'_>) -> Sheet {
        Sheet {
            subject: self.t("mail-place-subject", place),
            heading: self.t("mail-place-heading", place),
            before: vec![self.t("mail-place-lede", place)],
            link: Some(self.page("mail-account-verb", "/account")),
            note: Some(self.t("mail-not-you", &[])),
            ..Sheet::default()
        }
    }

    fn review(&self, organisation: Option<&str>, findings: &[(String, u32)]) -> Sheet {
        let lede = match organisation {
            Some(name) => self.t("mail-review-organisation", &[("organisation", name.into())]),
            None => self.t("mail-review-account", &[]),
        };
        let finding = |(name, count): &(String, u32)| {
            let key = match name.as_str() {
                "accounts-unused" => "mail-finding-accounts-unused",
                "keys-old" => "mail-finding-keys-old",
                "keys-unused" => "mail-finding-keys-unused",
                "keys-wide" => "mail-finding-keys-wide",
                "passphrase-missing" => "mail-finding-passphrase-missing",
                "second-factor-missing" => "mail-finding-second-factor-missing",
                _ => "mail-finding-other",
            };
            self.t(key, &[("count", (*count).into())])
        };
        let nothing = findings.is_empty().then(|| self.t("mail-review-nothing", &[]));
        Sheet {
            subject: self.t("mail-review-subject", &[]),
            heading: self.t("mail-review-heading", &[]),
            before: [lede].into_iter().chain(findings.iter().map(finding)).chain(nothing).collect(),
            link: Some(self.page("mail-review-verb", "/review")),
            ..Sheet::default()
        }
    }

    fn set_up(&self) -> Sheet {
        Sheet {
            subject: self.t("mail-set-up-subject", &[]),
            heading: self.t("mail-set-up-heading", &[]),
            before: vec![self.t("mail-set-up-lede", &[])],
            link: self.once("mail-set-up-verb", "/set-up"),
            after: vec![self.t("mail-set-up-until", &[])],
            note: Some(self.t("mail-unexpected", &[])),
            ..Sheet::default()
        }
    }

    fn sign_in(&self) -> Sheet {
        Sheet {
            subject: self.t("mail-sign-in-subject", &[]),
            heading: self.t("mail-sign-in-heading", &[]),
            before: vec![self.t("mail-sign-in-lede", &[])],
            link: self.once("mail-sign-in-verb", "/sign-in/link"),
            after: vec![self.t("mail-sign-in-until", &[])],
            note: Some(self.t("mail-unexpected", &[])),
            ..Sheet::default()
        }
    }

    fn test(&self) -> Sheet {
        Sheet {
            subject: self.t("mail-test-subject", &[]),
            heading: self.t("mail-test-heading", &[]),
            before: vec![self.t("mail-test-lede", &[])],
            ..Sheet::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::letter::Kind;
    use domain::session::TicketToken;
    use domain::time::Timestamp;

    fn all() -> Vec<Content> {
        let at = Timestamp::from_millis(1_732_443_120_007);
        let text = str::to_owned;
        let mut contents = vec![
            Content::KeyExpiring { label: String::new(), reference: text("0a1b"), expires_at: at },
            Content::NewPlace { at, network: text("192.0.2.0/24"), agent: text("Firefox") },
            Content::Review { organisation: None, findings: vec![] },
            Content::SetUp,
            Content::SignIn,
            Content::Test,
        ];
        for role in ["owner", "admin", "member", "auditor"] {
            contents.push(Content::Invitation {
                organisation: text("Nordwind <b>AB</b>"),
                inviter: text("maja@example.org"),
                role: text(role),
                until: at,
            });
        }
        let names = [
            "accounts-unused",
            "keys-old",
            "keys-unused",
            "keys-wide",
            "passphrase-missing",
            "second-factor-missing",
            "something else",
        ];
        contents.push(Content::Review {
            organisation: Some(text("Nordwind AB")),
            findings: names.map(|name| (text(name), 3)).to_vec(),
        });
        contents.extend(Change::ALL.map(|change| Content::CredentialChanged { change }));
        contents
    }

    fn written(content: &Content, locale: &str) -> Letter {
        let token = content.kind().has_token().then(|| TicketToken::new([7; 32]));
        let writer = Letters::new(Origin::parse("https://secrets.example").unwrap());
        writer.write(&Told { content, locale, token: token.as_ref() })
    }

    #[test]
    fn every_letter_is_written_in_both_languages() {
        for content in all() {
            let [english, swedish] = ["en", "sv-SE"].map(|locale| written(&content, locale));
            for Letter { subject, text, html } in [&english, &swedish] {
                for said in [subject, &**text, &**html] {
                    assert!(!said.contains("??") && !said.is_empty(), "{content:?}: {said}");
                }
                assert!(text.contains("https://secrets.example"), "who has sent it");
            }
            assert_ne!(*english.text, *swedish.text, "{content:?}");
            assert!(english.html.contains("lang=\"en\"") && swedish.html.contains("lang=\"sv\""));
            assert_eq!(*written(&content, "xx").text, *english.text, "English for everybody else");
        }
    }

    /// R11, law 6: a token is behind `#`, in the text and in the link, and never in what a list of mails shows.
    #[test]
    fn a_link_takes_its_token_behind_the_hash() {
        let token = TicketToken::new([7; 32]).expose();
        for content in all() {
            let Letter { subject, text, html } = written(&content, "en");
            let path = match content.kind() {
                Kind::Invitation => "/invitation",
                Kind::SetUp => "/set-up",
                Kind::SignIn => "/sign-in/link",
                Kind::CredentialChanged
                | Kind::KeyExpiring
                | Kind::NewPlace
                | Kind::Review
                | Kind::Test => {
                    assert!(!text.contains('#') && !text.contains(&*token));
                    continue;
                }
            };
            let link = format!("https://secrets.example{path}#{}", *token);
            assert!(text.contains(&format!("\n{link}\n")), "{}", *text);
            assert!(html.contains(&format!("href=\"{link}\"")));
            assert!(!subject.contains(&*token));
        }
    }

    /// Nothing is fetched and nobody is told, and no name is markup.
    #[test]
    fn a_letter_fetches_nothing() {
        for content in all() {
            let html = written(&content, "en").html;
            for part in
                ["src=", "url(", "<link", "<script", "<img", "@import", "<form", "<iframe", "<b>"]
            {
                assert!(!html.contains(part), "{content:?}: {part}");
            }
            assert!(html.matches("href=").count() <= 1);
        }
    }
}
