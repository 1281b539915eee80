//! What people get by mail: the sheet that every letter is written on, and the letter that takes the link of
//! a secret: who sends it, and what to think of it. [`super::letters`] are the others.
//!
//! Text and HTML say the same. The HTML brings its looks along and fetches nothing from anywhere: whoever
//! opens the mail tells nobody.

use std::ops::Range;

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

/// What is on a sheet, from top to bottom.
#[derive(Default)]
pub(crate) struct Sheet {
    /// What the mail is called in a list. It holds nothing that opens.
    pub(crate) subject: String,
    /// What it is about.
    pub(crate) heading: String,
    /// What is said before the link.
    pub(crate) before: Vec<String>,
    /// What the link does, and the link.
    pub(crate) link: Option<(String, Zeroizing<String>)>,
    /// What is said after it.
    pub(crate) after: Vec<String>,
    /// What to beware of.
    pub(crate) note: Option<String>,
    /// Who has sent it, and why.
    pub(crate) foot: String,
}

impl Sheet {
    /// As a letter, in the language of `texts`.
    pub(crate) fn write(self, texts: &Texts) -> Letter {
        Letter { text: self.plain(), html: self.html(texts), subject: self.subject }
    }

    fn plain(&self) -> Zeroizing<String> {
        let Self { heading, before, link, after, note, foot, .. } = self;
        let link = link.as_ref();
        let link = link.map(|(verb, link)| Zeroizing::new(format!("{verb}:\n{}", **link)));
        let mut parts = vec![heading.as_str()];
        parts.extend(before.iter().map(String::as_str));
        parts.extend(link.as_ref().map(|link| link.as_str()));
        parts.extend(after.iter().chain(note).map(String::as_str));
        parts.push(foot);
        Zeroizing::new(parts.join("\n\n") + "\n")
    }

    fn html(&self, texts: &Texts) -> Zeroizing<String> {
        let Self { heading, before, link, after, note, foot, .. } = self;
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
                        @for said in before { p style=(PLAIN) { (said) } }
                        @if let Some((verb, link)) = link {
                            p style=(PLAIN) { a style=(VERB) href=(**link) { (verb) } }
                            p style=(LINK) { (**link) }
                        }
                        @for said in after { p style=(PLAIN) { (said) } }
                        @if let Some(note) = note { p style=(NOTE) { (note) } }
                    }
                    p style=(FOOT) { (foot) }
                }
            }
        };
        Zeroizing::new(page.into_string())
    }
}

/// A day and a time of that day in UTC, as people read them.
pub(crate) fn moment(at: Timestamp) -> (String, String) {
    let text = rfc3339(at);
    let part = |range: Range<usize>| text.get(range).unwrap_or_default().to_owned();
    (part(0..10), part(11..16))
}

/// What a letter tells that takes the link of a secret.
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
    let t = |key: &str| texts.get(key);
    let from = |key: &str| texts.with(key, &[("sender", told.sender.as_str().into())]);
    let (day, time) = moment(told.expires_at);
    let until = texts.with("letter-until", &[("day", day.into()), ("time", time.into())]);
    let passphrase = told.passphrase.then(|| t("letter-passphrase"));
    let sheet = Sheet {
        subject: from("letter-subject"),
        heading: from("letter-heading"),
        before: vec![t("letter-once")],
        link: Some((t("letter-verb"), link)),
        after: [until].into_iter().chain(passphrase).collect(),
        note: Some(from("letter-unexpected")),
        foot: texts.with("letter-foot", &[("host", told.origin.as_str().into())]),
    };
    sheet.write(&texts)
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
