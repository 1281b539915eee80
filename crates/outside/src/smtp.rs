//! Mail by SMTP, through the mail server of the operator's choice.
//!
//! The way there is encrypted and the server's certificate verified, by STARTTLS or from the first byte
//! (`smtps`), unless the host is this machine or the operator says so: never silently less. Nothing that the
//! other side says is kept or logged but its code (R94). One connection a mail: a mail is a rare thing.

use std::error::Error as _;
use std::net::IpAddr;
use std::time::{Duration, UNIX_EPOCH};
use std::{fmt, io};

use domain::account::Email;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{AsyncSmtpTransport, Error};
use lettre::{Address, AsyncTransport as _, Message as Written, Tokio1Executor};
use service::mail::{Cause, Mail, Message, Sending, Unsent};
use zeroize::Zeroizing;

/// How long one answer of the mail server may take.
const ANSWER: Duration = Duration::from_secs(20);
/// What the mail server says when it does not let this program in: somebody will mend the password, and what
/// waits until then is not lost (RFC 4954, section 6).
const NOT_LET_IN: [u16; 4] = [530, 534, 535, 538];

/// A mail server, as the operator names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    host: String,
    port: u16,
    user: Option<String>,
    /// Whether TLS begins with the first byte.
    implicit: bool,
    encrypted: bool,
}

/// Why a text names no mail server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be smtp://USER@HOST:PORT or smtps://USER@HOST:PORT; the user and the port may be left out, and \
     the password lies in a file"
)]
pub struct TargetFault;

impl Target {
    /// Reads a URL. Without a port it is 587, and 465 for `smtps`.
    pub fn parse(text: &str) -> Result<Self, TargetFault> {
        let (scheme, rest) = text.split_once("://").ok_or(TargetFault)?;
        let implicit = match scheme {
            "smtp" => false,
            "smtps" => true,
            _ => return Err(TargetFault),
        };
        let (user, place) = match rest.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, rest),
        };
        let visible = |user: &str| {
            !user.is_empty() && user.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':')
        };
        if user.is_some_and(|user| !visible(user)) {
            return Err(TargetFault);
        }
        let (host, port) = split(place).ok_or(TargetFault)?;
        let port = port.unwrap_or(if implicit { 465 } else { 587 });
        let host = host.to_ascii_lowercase();
        let encrypted = implicit || !is_here(&host);
        Ok(Self { host, port, user: user.map(str::to_owned), implicit, encrypted })
    }

    /// The same, where the operator says whether the way is encrypted. `smtps` always is.
    #[must_use]
    pub fn with_tls(self, encrypted: bool) -> Self {
        Self { encrypted: encrypted || self.implicit, ..self }
    }

    /// Whether TLS begins with the first byte.
    pub const fn is_implicit(&self) -> bool {
        self.implicit
    }

    /// Whether the way there is encrypted.
    pub const fn is_encrypted(&self) -> bool {
        self.encrypted
    }

    /// Whether it is on this machine.
    pub fn is_local(&self) -> bool {
        is_here(&self.host)
    }

    /// Whether it must be shown a password.
    pub const fn has_user(&self) -> bool {
        self.user.is_some()
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.implicit { "smtps" } else { "smtp" };
        write!(f, "{scheme}://")?;
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        let Self { host, port, .. } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

/// A host, perhaps in brackets, and perhaps a port.
fn split(place: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match place.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']')?;
            host.parse::<IpAddr>().ok()?;
            (host, rest.strip_prefix(':').or_else(|| rest.is_empty().then_some("")))
        }
        None => match place.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (place, Some("")),
        },
    };
    let port = match port? {
        "" if place.ends_with(':') => return None,
        "" => None,
        port => Some(port.parse().ok().filter(|port| *port != 0)?),
    };
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let named = host.split('.').all(label) && host.len() <= 253;
    (named || host.parse::<IpAddr>().is_ok()).then_some((host, port))
}

fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// Who mails are from: an address, and perhaps a name before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct From {
    name: Option<String>,
    email: Email,
}

/// Why a text says nobody whom mails could be from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an e-mail address, or a name and an address: Sigill <sigill@example.org>")]
pub struct FromFault;

impl From {
    /// Reads `ADDRESS` or `NAME <ADDRESS>`.
    pub fn parse(text: &str) -> Result<Self, FromFault> {
        let (name, address) = match text.strip_suffix('>') {
            Some(rest) => {
                let (name, address) = rest.split_once('<').ok_or(FromFault)?;
                (Some(name.trim().trim_matches('"').to_owned()), address)
            }
            None => (None, text),
        };
        let name = name.filter(|name| !name.is_empty());
        let fits = |name: &String| {
            !name.chars().any(|c| c.is_control() || "<>\"\u{2028}\u{2029}".contains(c))
        };
        if !name.as_ref().is_none_or(fits) || address.trim() != address {
            return Err(FromFault);
        }
        let email = Email::parse(address).map_err(|_| FromFault)?;
        mailbox(None, &email).map_err(|_| FromFault)?;
        Ok(Self { name, email })
    }

    fn domain(&self) -> &str {
        self.email.as_str().rsplit_once('@').map_or("localhost", |(_, domain)| domain)
    }
}

impl fmt::Display for From {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} <{}>", self.email.as_str()),
            None => f.write_str(self.email.as_str()),
        }
    }
}

fn mailbox(name: Option<String>, email: &Email) -> Result<Mailbox, Cause> {
    let address: Address = email.as_str().parse().map_err(|_| Cause::Message)?;
    Ok(Mailbox::new(name, address))
}

/// Sends mail by SMTP.
pub struct Smtp {
    from: From,
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

impl Smtp {
    /// Talks to nobody yet. Certificates are judged as this machine judges them.
    pub fn new(target: &Target, password: &str, from: From) -> Result<Self, Cause> {
        let tls = || TlsParameters::new(target.host.clone()).map_err(|_| Cause::Tls);
        let tls = match (target.implicit, target.encrypted) {
            (true, _) => Tls::Wrapper(tls()?),
            (false, true) => Tls::Required(tls()?),
            (false, false) => Tls::None,
        };
        // The name of this machine is nobody's business: it greets as whom it sends for.
        let name = ClientId::Domain(from.domain().to_owned());
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&target.host)
            .port(target.port)
            .timeout(Some(ANSWER))
            .hello_name(name)
            .tls(tls);
        if let Some(user) = &target.user {
            builder = builder.credentials(Credentials::new(user.clone(), password.to_owned()));
        }
        Ok(Self { from, transport: builder.build() })
    }

    /// Asks the mail server whether it would take a mail, without sending one.
    pub async fn greet(&self) -> Result<(), Cause> {
        match self.transport.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Cause::Line),
            Err(error) => match judge(&error) {
                Unsent::Later(cause) | Unsent::Never(cause) => Err(cause),
            },
        }
    }

    /// The message as it goes over the line.
    fn write(&self, message: &Message) -> Result<Written, Cause> {
        let Message { id, at, to, reply_to, letter } = message;
        let millis = u64::try_from(at.as_millis()).unwrap_or_default();
        let id = id.iter().fold(String::new(), |id, byte| format!("{id}{byte:02x}"));
        let id = format!("<{id}@{}>", self.from.domain());
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        let written = Written::builder().from(mailbox(self.from.name.clone(), &self.from.email)?);
        let written = match reply_to {
            Some(reply_to) => written.reply_to(mailbox(None, reply_to)?),
            None => written,
        };
        written
            .to(mailbox(None, to)?)
            .date(UNIX_EPOCH.checked_add(Duration::from_millis(millis)).unwrap_or(UNIX_EPOCH))
            .message_id(Some(id))
            // RFC 3834: nobody's machine should answer.
            .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()))
            .subject(one_line(&letter.subject))
            .multipart(MultiPart::alternative_plain_html(
                letter.text.to_string(),
                letter.html.to_string(),
            ))
            .map_err(|_| Cause::Message)
    }
}

/// A line that ends nowhere but at its end.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

impl Mail for Smtp {
    fn send<'a>(&'a self, message: &'a Message) -> Sending<'a> {
        Box::pin(async move {
            let written = self.write(message).map_err(Unsent::Never)?;
            let bytes = Zeroizing::new(written.formatted());
            let sent = self.transport.send_raw(written.envelope(), &bytes).await;
            sent.map(drop).map_err(|error| judge(&error))
        })
    }
}

/// What an error means, without what it says.
fn judge(error: &Error) -> Unsent {
    if let Some(code) = error.status().map(u16::from) {
        return if error.is_transient() || NOT_LET_IN.contains(&code) {
            Unsent::Later(Cause::Code(code))
        } else {
            Unsent::Never(Cause::Code(code))
        };
    }
    Unsent::Later(if error.is_tls() || is_of_tls(error) {
        Cause::Tls
    } else if error.is_timeout() {
        Cause::Timeout
    } else if error.is_client() {
        Cause::Incapable
    } else {
        Cause::Line
    })
}

/// Whether a handshake has failed: that comes as data that makes no sense.
fn is_of_tls(error: &Error) -> bool {
    let mut source = error.source();
    while let Some(cause) = source {
        let failed = cause.downcast_ref::<io::Error>();
        if failed.is_some_and(|failed| failed.kind() == io::ErrorKind::InvalidData) {
            return true;
        }
        source = cause.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::time::Timestamp;
    use service::mail::Letter;

    #[test]
    fn a_mail_server_is_named_without_its_password() {
        for (text, shown, encrypted) in [
            ("smtp://mail.example.org", "smtp://mail.example.org:587", true),
            ("smtps://Sigill@Mail.example.org", "smtps://Sigill@mail.example.org:465", true),
            ("smtp://a@example.org@mail.example:25", "smtp://a@example.org@mail.example:25", true),
            ("smtp://localhost:25", "smtp://localhost:25", false),
            ("smtp://[::1]:25", "smtp://[::1]:25", false),
            ("smtps://127.0.0.1", "smtps://127.0.0.1:465", true),
        ] {
            let target = Target::parse(text).unwrap();
            assert_eq!(target.to_string(), shown);
            assert_eq!(target.is_encrypted(), encrypted, "{text}");
        }
        let remote = Target::parse("smtp://mail.example.org").unwrap();
        assert!(!remote.clone().with_tls(false).is_encrypted());
        assert!(!remote.is_local());
        let implicit = Target::parse("smtps://mail.example.org").unwrap();
        assert!(implicit.with_tls(false).is_encrypted(), "smtps is TLS");
        for wrong in [
            "",
            "mail.example.org",
            "http://mail.example.org",
            "smtp://",
            "smtp://user:password@mail.example.org",
            "smtp://@mail.example.org",
            "smtp://mail.example.org:",
            "smtp://mail.example.org:0",
            "smtp://mail.example.org:70000",
            "smtp://mail.example.org/path",
            "smtp://mail example.org",
            "smtp://mail.example.org\r\nRCPT",
            "smtp://[mail.example.org]",
        ] {
            assert!(Target::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn mails_are_from_an_address() {
        for text in ["sigill@example.org", "Sigill <sigill@example.org>"] {
            assert_eq!(From::parse(text).unwrap().to_string(), text);
        }
        for wrong in [
            "",
            "Sigill",
            "Sigill <sigill>",
            "Sigill sigill@example.org>",
            "A\r\nBcc: b@example.org <a@example.org>",
            "a@example.org\r\n",
            "<<a@example.org>",
            "Sigill <a@example.org\n>",
        ] {
            assert!(From::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    /// The headers that a mail server reads, and the rest, of a letter to `to` with this subject and text.
    fn written(from: &str, subject: &str, text: &str) -> (String, String) {
        let target = Target::parse("smtp://localhost").unwrap();
        let smtp = Smtp::new(&target, "", From::parse(from).unwrap()).unwrap();
        let letter = Letter {
            subject: subject.to_owned(),
            text: text.to_owned().into(),
            html: text.to_owned().into(),
        };
        let message = Message {
            id: [7; 16],
            at: Timestamp::from_millis(1_700_000_000_000),
            to: Email::parse("otto@example.net").unwrap(),
            reply_to: Email::parse("maja@example.net").ok(),
            letter,
        };
        let bytes = smtp.write(&message).ok().unwrap().formatted();
        let text = String::from_utf8(bytes).unwrap();
        let (head, rest) = text.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), rest.to_owned())
    }

    fn names(head: &str) -> Vec<&str> {
        let lines = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
        lines.map(|line| line.split_once(':').unwrap().0).collect()
    }

    #[test]
    fn a_mail_says_that_a_machine_wrote_it_and_not_which() {
        let (head, _) = written("Sigill <sigill@example.org>", "A secret", "hello");
        assert!(head.contains("Auto-Submitted: auto-generated"), "{head}");
        let id = "07".repeat(16);
        assert!(head.contains(&format!("Message-ID: <{id}@example.org>")), "{head}");
        assert!(head.contains("Date: Tue, 14 Nov 2023 22:13:20 +0000"), "{head}");
    }

    /// No text that somebody gives begins a header of its own, in whatever field it comes.
    #[test]
    fn no_field_begins_another_header() {
        let injected = "x\r\nBcc: victim@example.net\r\n\r\nBcc: victim@example.net";
        let (honest, _) = written("sigill@example.org", "A secret", "hello");
        let (head, _) = written("sigill@example.org", injected, injected);
        assert_eq!(names(&head), names(&honest));
        for field in ["\r", "\n", "\r\n", "\0", "\u{2028}", "\u{85}"] {
            let subject = format!("one{field}Bcc: victim@example.net");
            let (head, _) = written("sigill@example.org", &subject, "hello");
            assert_eq!(names(&head), names(&honest), "{field:?}");
            let address = format!("a{field}Bcc: b@example.net");
            assert!(Email::parse(&address).is_err(), "{field:?}");
            assert!(From::parse(&format!("x{field}x <a@example.org>")).is_err(), "{field:?}");
        }
    }
}
