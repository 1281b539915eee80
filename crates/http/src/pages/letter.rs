//! What people get by mail: a link, who sends it, and what to think of it.
//!
//! Text and HTML say the same. The HTML brings its looks along and fetches nothing from anywhere: whoever
//! opens the mail tells nobody.

use domain::account::Email;
use domain::time::Timestamp;
use envelope::SecretToken;
use maud::{DOCTYPE, html};
use service::mail::Letter;
use wire::text::rfc3339;
use zeroize::Zeroizing;

use super::texts::{Language, Texts};
use crate::Origin;

/// Paper, ink and wax, as styles/sigill.css has them by day: mail programs know no variables.
const DESK: &str = "margin:0;padding:32px 16px;background:#f0ece4;color:#1b212c;\
     font:17px/1.55 ui-sans-serif,system-ui,-apple-system,'Segoe UI','Noto Sans',sans-serif";
const SHEET: &str = "max-width:560px;margin:0 auto;padding:32px;background:#fcfbf8;\
     border:1px solid #dad4c8;border-radius:5px";
const HEADING: &str = "margin:0 0 16px;font:400 26px/1.2 'Iowan Old Style','Palatino Linotype',\
     Palatino,Georgia,serif;overflow-wrap:anywhere";
const VERB: &str = "display:inline-block;padding:12px 22px;background:#a3221e;color:#fff8f2;\
     border-radius:3px;text-decoration:none";
const PLAIN: &str = "margin:0 0 16px";
const FOOT: &str = "max-width:560px;margin:16px auto 0;font-size:15px;color:#565a63";
const LINK: &str = "margin:0 0 16px;font:14px/1.6 ui-monospace,Menlo,Consolas,monospace;\
     color:#565a63;overflow-wrap:anywhere";
const NOTE: &str = "margin:24px 0 0;padding:14px 16px;background:#f6e5dc;font-size:15px;\
     border-radius:3px";

/// What a letter tells.
pub(crate) struct Told<'a> {
    /// Who sends the secret.
    pub(crate) sender: &'a Email,
    /// What the link starts with.
    pub(crate) origin: &'a Origin,
    /// The link.
    pub(crate) link: &'a SecretToken,
    /// Until when the secret waits.
    pub(crate) expires_at: Timestamp,
    /// Whether a passphrase is needed as well.
    pub(crate) passphrase: bool,
}

/// The letter in the language of the tag `locale`.
pub(crate) fn letter(locale: &str, told: &Told<'_>) -> Letter {
    let texts = Texts::new(Language::from_tag(locale).unwrap_or(Language::English));
    let link = Zeroizing::new(format!("{}/secret/{}", told.origin.as_str(), *told.link.expose()));
    let words = Words::new(&texts, told);
    Letter {
        subject: texts.with("letter-subject", &[("sender", told.sender.as_str().into())]),
        text: words.plain(&link),
        html: words.html(&texts, &link),
    }
}

/// Everything that it says beside the link.
struct Words {
    heading: String,
    verb: String,
    once: String,
    until: String,
    passphrase: Option<String>,
    unexpected: String,
    foot: String,
}

impl Words {
    fn new(texts: &Texts, told: &Told<'_>) -> Self {
        let t = |key: &str| texts.get(key);
        let sender = told.sender.as_str();
        let until = rfc3339(told.expires_at);
        let day = until.get(..10).unwrap_or_default();
        let time = until.get(11..16).unwrap_or_default();
        Self {
            heading: texts.with("letter-heading", &[("sender", sender.into())]),
            verb: t("letter-verb"),
            once: t("letter-once"),
            until: texts.with("letter-until", &[("day", day.into()), ("time", time.into())]),
            passphrase: told.passphrase.then(|| t("letter-passphrase")),
            unexpected: texts.with("letter-unexpected", &[("sender", sender.into())]),
            foot: texts.with("letter-foot", &[("host", told.origin.as_str().into())]),
        }
    }

    fn plain(&self, link: &str) -> Zeroizing<String> {
        let Self { heading, verb, once, until, passphrase, unexpected, foot } = self;
        let verb = Zeroizing::new(format!("{verb}:\n{link}"));
        let mut parts = vec![heading.as_str(), &verb, once, until];
        parts.extend(passphrase.as_deref());
        parts.extend([unexpected.as_str(), foot]);
        Zeroizing::new(parts.join("\n\n") + "\n")
    }

    fn html(&self, texts: &Texts, link: &str) -> Zeroizing<String> {
        let Self { heading, verb, once, until, passphrase, unexpected, foot } = self;
        let page = html! {
            (DOCTYPE)
            html lang=(texts.language().tag()) dir="ltr" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (heading) }
                }
                body style=(DESK) {
                    div style=(SHEET) {
                        h1 style=(HEADING) { bdi { (heading) } }
                        p style=(PLAIN) { (once) }
                        p style=(PLAIN) { a style=(VERB) href=(link) { (verb) } }
                        p style=(LINK) { (link) }
                        p style=(PLAIN) { (until) }
                        @if let Some(passphrase) = passphrase {
                            p style=(PLAIN) { (passphrase) }
                        }
                        p style=(NOTE) { (unexpected) }
                    }
                    p style=(FOOT) { (foot) }
                }
            }
        };
        Zeroizing::new(page.into_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(locale: &str, sender: &str, passphrase: bool) -> Letter {
        let told = Told {
            sender: &Email::parse(sender).unwrap(),
            origin: &Origin::parse("https://secrets.example").unwrap(),
            link: &SecretToken::nobodys("letter"),
            expires_at: Timestamp::from_millis(1_732_443_120_007),
            passphrase,
        };
        letter(locale, &told)
    }

    fn link() -> String {
        format!("https://secrets.example/secret/{}", *SecretToken::nobodys("letter").expose())
    }

    #[test]
    fn a_letter_says_who_sends_what_until_when_and_what_to_fear() {
        for (locale, words) in [
            (
                "en",
                ["maja@example.org has sent you a secret", "2024-11-24", "10:12", "If you did not"],
            ),
            ("sv", ["maja@example.org har skickat", "2024-11-24", "10:12", "Om du inte"]),
        ] {
            let Letter { subject, text, html } = written(locale, "maja@example.org", false);
            assert!(subject.contains("maja@example.org") && !subject.contains("/secret/"));
            for word in words {
                assert!(text.contains(word) && html.contains(word), "{locale}: {word}: {}", *text);
            }
            assert!(text.contains(&format!("\n{}\n", link())), "{}", *text);
            assert!(html.contains(&format!("href=\"{}\"", link())));
            for said in [&subject, &*text, &*html] {
                assert!(!said.contains("??"), "{said}");
            }
        }
    }

    #[test]
    fn a_passphrase_is_mentioned_where_one_is_needed() {
        for locale in ["en", "sv"] {
            let (with, without) =
                (written(locale, "a@example.org", true), written(locale, "a@example.org", false));
            assert!(with.text.len() > without.text.len());
            assert!(with.html.len() > without.html.len());
        }
    }

    /// Nothing is fetched and nobody is told: no picture, no style, no font, no script from anywhere, and one
    /// address alone, the link.
    #[test]
    fn a_letter_fetches_nothing() {
        let html = written("en", "a@example.org", true).html;
        for part in ["src=", "url(", "<link", "<script", "<img", "@import", "<form", "<iframe"] {
            assert!(!html.contains(part), "{part}");
        }
        assert_eq!(html.matches("href=").count(), 1);
    }

    #[test]
    fn an_address_is_no_markup() {
        let html = written("en", "a&b'c@example.org", false).html;
        assert!(html.contains("a&amp;b'c@example.org") && !html.contains("a&b"), "{}", *html);
    }
}
