//! What a sender wants, checked in the order in which these clients know it.

use domain::account::Email;
use domain::terms::Lifetime;
use envelope::Passphrase;
use serde_json::{Map, Value};
use service::conceal::{Concealed, Request};
use service::mail::Post;
use service::owned::Owner;
use zeroize::Zeroizing;

use super::Asked;
use super::generate::{Alphabet, LENGTH, LONGEST};
use super::params::Params;
use super::trouble::{Trouble, Wrong};
use crate::pages::letter::{Told, letter};

/// The longest content in bytes.
const CONTENT: usize = 10_000;
/// The lifetime where nobody says one: 7 days.
const DEFAULT_TTL: i64 = 604_800;
/// The longest that anybody may choose: 7 days.
const ANONYMOUS_TTL: i64 = 604_800;
/// The longest that an account may choose: 30 days.
const ACCOUNT_TTL: i64 = 2_592_000;
/// How many characters a passphrase has.
const PASSPHRASE: std::ops::RangeInclusive<usize> = 4..=128;

/// Where the content comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The sender gives it.
    Given,
    /// The server makes it up.
    Generated,
}

impl Kind {
    /// Its name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Given => "conceal",
            Self::Generated => "generate",
        }
    }
}

/// A secret that was made.
pub(super) struct Made {
    pub(super) concealed: Concealed,
    /// What the server has made up.
    pub(super) value: Option<Zeroizing<String>>,
    /// To whom the link goes, obscured.
    pub(super) recipients: Option<String>,
}

/// Makes the secret that `params` ask for.
pub(super) async fn make(asked: &Asked, params: &Params, kind: Kind) -> Result<Made, Trouble> {
    asked.creates().await?;
    let content = content(asked, params, kind)?;
    let recipient = recipient(asked, params)?;
    domain(asked, params)?;
    let passphrase = passphrase(params)?;
    if content.is_empty() {
        return Err(Wrong::Missing.into());
    }
    let value = (kind == Kind::Generated).then(|| content.clone());
    let recipients = recipient.as_ref().map(obscured);
    let post = recipient.and_then(|to| post(asked, to));
    let owner = asked.caller.as_ref().map(|caller| Owner::of(&caller.key, recipients.clone()));
    let request = Request {
        content,
        generated: kind == Kind::Generated,
        passphrase,
        lifetime: lifetime(asked, params),
        owner,
        post,
        network: &asked.network,
    };
    let concealed = asked.state.service().conceal(request).await?;
    Ok(Made { concealed, value, recipients })
}

fn content(asked: &Asked, params: &Params, kind: Kind) -> Result<Zeroizing<String>, Trouble> {
    match kind {
        Kind::Given => {
            let content = Zeroizing::new(params.content("secret").unwrap_or_default());
            if content.len() > CONTENT {
                return Err(Wrong::TooLarge.into());
            }
            Ok(content)
        }
        Kind::Generated => {
            let length = params.number("length").and_then(|length| usize::try_from(length).ok());
            let length = length.filter(|length| *length > 0).unwrap_or(LENGTH);
            if length > LONGEST {
                return Err(Wrong::Length.into());
            }
            let sets: Option<&Map<String, Value>> = params.member("character_sets");
            Ok(Alphabet::read(sets).password(length, asked.state.service().entropy()))
        }
    }
}

/// The one who gets the mail. All must be addresses; the first gets it.
fn recipient(asked: &Asked, params: &Params) -> Result<Option<Email>, Trouble> {
    let recipients = params.texts("recipient");
    let Some(_) = recipients.first() else { return Ok(None) };
    if asked.caller.is_none() {
        return Err(Wrong::AccountNeeded.into());
    }
    let mut parsed = Vec::new();
    for recipient in recipients {
        let Ok(email) = Email::parse(&recipient) else {
            let shown = recipient.chars().filter(|c| !c.is_control() && !"<>".contains(*c));
            return Err(Wrong::Recipient(shown.take(254).collect()).into());
        };
        parsed.push(email);
    }
    if !asked.state.service().sends_mail() {
        return Err(Wrong::NoMail.into());
    }
    Ok(parsed.into_iter().next())
}

/// The mail that takes the link to `to`.
fn post(asked: &Asked, to: Email) -> Option<Post<'_>> {
    let sender = asked.caller.as_ref()?.account.email.clone();
    let from = sender.clone();
    let write = Box::new(move |concealed: &Concealed| {
        let told = Told {
            sender: &from,
            origin: asked.state.origin(),
            link: &concealed.link,
            expires_at: concealed.secret.expires_at,
            passphrase: concealed.secret.passphrase,
        };
        letter(asked.locale, &told)
    });
    Some(Post { account: asked.caller.as_ref()?.account.id, sender, to, write })
}

/// `al***@e***.com`
fn obscured(email: &Email) -> String {
    let (local, domain) = email.as_str().rsplit_once('@').unwrap_or_default();
    let start = |text: &str, count: usize| text.chars().take(count).collect::<String>();
    let (name, rest) = domain.split_once('.').unwrap_or((domain, ""));
    let end = rest.rsplit('.').next().unwrap_or_default();
    format!("{}***@{}***.{end}", start(local, 2), start(name, 1))
}

/// A domain must be this server's. What cannot be one is not looked at.
fn domain(asked: &Asked, params: &Params) -> Result<(), Trouble> {
    let Some(domain) = params.text("share_domain") else { return Ok(()) };
    let domain = domain.trim().to_ascii_lowercase();
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let valid = domain.contains('.') && domain.len() <= 253 && domain.split('.').all(label);
    if !valid || asked.state.origin().is_host(&domain) {
        return Ok(());
    }
    Err(Wrong::Domain(domain).into())
}

fn passphrase(params: &Params) -> Result<Option<Passphrase>, Trouble> {
    let Some(text) = params.text("passphrase").map(Zeroizing::new) else { return Ok(None) };
    let length = text.chars().count();
    if length < *PASSPHRASE.start() {
        return Err(Wrong::PassphraseShort.into());
    }
    if length > *PASSPHRASE.end() {
        return Err(Wrong::PassphraseLong.into());
    }
    Passphrase::new(&text).map(Some).map_err(|_| Wrong::PassphraseLong.into())
}

/// Never an error: what is out of bounds is brought inside.
fn lifetime(asked: &Asked, params: &Params) -> Lifetime {
    let ceiling = if asked.caller.is_some() { ACCOUNT_TTL } else { ANONYMOUS_TTL };
    let instance = asked.state.service().limits().max_lifetime;
    let ceiling = ceiling.min(i64::try_from(instance.seconds()).unwrap_or(ceiling)).max(60);
    let wanted = params.number("ttl").unwrap_or(DEFAULT_TTL).clamp(60, ceiling);
    let seconds = u64::try_from(wanted).unwrap_or(60);
    Lifetime::from_seconds(seconds).unwrap_or(Lifetime::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipients_are_shown_obscured() {
        let shown = |email| obscured(&Email::parse(email).unwrap());
        assert_eq!(shown("alice@example.com"), "al***@e***.com");
        assert_eq!(shown("a@mail.example.co.uk"), "a***@m***.uk");
    }
}
