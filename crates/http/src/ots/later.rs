//! Versions 2 and 3: envelopes around records, statuses that mean something.

use domain::account::Scope;
use http::Method;
use serde_json::{Map, Value, json};
use service::disclose::{Attempt, Disclosed, Wish};
use service::receipt::{Burn, Token};

use super::auth::Refused;
use super::first::{RECENT, burn_seen};
use super::records::{self, State as Standing, View, display_lines};
use super::trouble::{Outcome, Trouble, Wrong};
use super::wanted::{Kind, make};
use super::{Asked, Routes, Sight, Version, link, sanitized};
use crate::layers::limits::Class;
use crate::surface::{Access, Policy, Surface};

/// The longest note in characters.
const MEMO: usize = 500;
/// How many receipts are looked up at once, and how many secrets are asked about.
const RECEIPTS: usize = 25;
const SECRETS: usize = 200;

/// The routes of version 2.
pub(super) fn second() -> Surface {
    let saying = Policy::new(Class::Conceal, Access::Open);
    let routes = Routes::of(Version::Two)
        .creation("")
        .creation("/guest")
        .opening("")
        .opening("/guest")
        .receipts("/receipt")
        .receipts("/private")
        .guest_receipts()
        .get("/receipt/recent", Class::List, recent)
        .get("/private/recent", Class::List, recent)
        .states()
        .about();
    routes.surface.on(Method::OPTIONS, "/secret/conceal", saying, super::options).on(
        Method::OPTIONS,
        "/secret/generate",
        saying,
        super::options,
    )
}

/// The routes of version 3 that take no session: guests', and what is public.
pub(super) fn third() -> Surface {
    let session = [
        (Method::POST, "/secret/conceal"),
        (Method::POST, "/secret/generate"),
        (Method::POST, "/secret/{key}/reveal"),
        (Method::GET, "/secret/{key}"),
        (Method::GET, "/receipt/recent"),
        (Method::GET, "/receipt/{key}"),
        (Method::PATCH, "/receipt/{key}"),
        (Method::POST, "/receipt/{key}/burn"),
    ];
    let closed = session.into_iter().fold(Routes::of(Version::Three), |routes, (method, path)| {
        routes.on(method, path, Class::Follow, sessions_only)
    });
    let routes = closed
        .creation("/guest")
        .opening("/guest")
        .guest_receipts()
        .post("/guest/receipts", Class::Follow, many_receipts)
        .states()
        .about();
    routes.surface
}

/// What takes a session, which nobody has here.
async fn sessions_only(asked: Asked) -> (Asked, Outcome) {
    (asked, Err(Trouble::Refused(Refused::Missing)))
}

impl Routes {
    fn creation(self, prefix: &str) -> Self {
        let (given, generated) = ("/secret/conceal", "/secret/generate");
        self.post(format!("{prefix}{given}"), Class::Conceal, async |asked| {
            conceal(asked, Kind::Given).await
        })
        .post(format!("{prefix}{generated}"), Class::Conceal, async |asked| {
            conceal(asked, Kind::Generated).await
        })
    }

    fn opening(self, prefix: &str) -> Self {
        self.get(format!("{prefix}/secret/{{key}}"), Class::Disclose, show).post(
            format!("{prefix}/secret/{{key}}/reveal"),
            Class::Disclose,
            reveal,
        )
    }

    fn states(self) -> Self {
        self.post("/secret/status", Class::Follow, many_states).get(
            "/secret/{key}/status",
            Class::Follow,
            state_of,
        )
    }

    fn guest_receipts(self) -> Self {
        self.get("/guest/receipt/{key}", Class::Follow, receipt).post(
            "/guest/receipt/{key}/burn",
            Class::Follow,
            burn,
        )
    }

    fn receipts(self, prefix: &str) -> Self {
        let one = format!("{prefix}/{{key}}");
        self.get(&one, Class::Follow, receipt).on(Method::PATCH, &one, Class::Follow, note).post(
            format!("{one}/burn"),
            Class::Follow,
            burn,
        )
    }

    fn about(self) -> Self {
        self.get("/status", Class::Read, status)
            .get("/supported-locales", Class::Read, locales)
            .get("/version", Class::Read, program)
    }
}

/// The answer of a request that is about the instance: version 2 says that it succeeded.
fn said(asked: &Asked, mut body: Value) -> Value {
    if asked.version == Version::Two
        && let Value::Object(fields) = &mut body
    {
        fields.insert("success".to_owned(), true.into());
    }
    body
}

async fn status(asked: Asked) -> (Asked, Outcome) {
    let body = said(&asked, json!({"status": "nominal", "locale": asked.locale}));
    (asked, Ok(body))
}

async fn locales(asked: Asked) -> (Asked, Outcome) {
    let body = json!({"locales": ["en", "sv"], "default_locale": "en", "locale": asked.locale});
    let body = said(&asked, body);
    (asked, Ok(body))
}

async fn program(asked: Asked) -> (Asked, Outcome) {
    let numbers = env!("CARGO_PKG_VERSION").split('.');
    let numbers: Vec<u64> = numbers.filter_map(|number| number.parse().ok()).collect();
    let body = said(&asked, json!({"version": numbers, "locale": asked.locale}));
    let outcome = asked.caller().map(|_| body);
    (asked, outcome)
}

async fn conceal(mut asked: Asked, kind: Kind) -> (Asked, Outcome) {
    let params = std::mem::take(&mut asked.params).inside("secret");
    let outcome = make(&asked, &params, kind).await.map(|made| {
        let view = View::made(&asked, &made);
        let receipt = Value::Object(view.later());
        let concealed = &made.concealed;
        let key = concealed.link.expose();
        let secret = records::secret(&key, &concealed.secret, Standing::New);
        let recipients: Vec<&str> = made.recipients.as_deref().into_iter().collect();
        let mut record = json!({"receipt": receipt, "secret": secret, "share_domain": null});
        if asked.version == Version::Two
            && let Value::Object(fields) = &mut record
        {
            fields.insert("metadata".to_owned(), receipt);
        }
        json!({
            "success": true,
            "record": record,
            "details": {"kind": kind.name(), "recipient": recipients, "recipient_safe": recipients},
        })
    });
    (asked, outcome)
}

/// What is shown of a secret.
struct Shown<'a> {
    /// Whether its content was asked for.
    wanted: bool,
    correct: bool,
    value: Option<&'a str>,
}

fn shown(asked: &Asked, mut record: Map<String, Value>, shown: &Shown<'_>) -> Value {
    let Shown { wanted, correct, value } = shown;
    if let Some(value) = value {
        record.insert("secret_value".to_owned(), (*value).into());
    }
    record.insert("key".to_owned(), asked.key.as_str().into());
    let one_liner = value.map(|value| !value.trim_end().contains('\n'));
    json!({
        "record": record,
        "details": {
            "continue": wanted,
            "is_owner": false,
            "show_secret": value.is_some(),
            "correct_passphrase": correct,
            "display_lines": display_lines(value.unwrap_or_default()),
            "one_liner": one_liner,
        },
    })
}

async fn show(asked: Asked) -> (Asked, Outcome) {
    let outcome = look(&asked).await;
    (asked, outcome)
}

async fn look(asked: &Asked) -> Outcome {
    asked.may(Scope::SecretsOpen)?;
    let found = asked.state.service().look(&asked.link()).await?;
    let secret = found.ok_or_else(|| Trouble::UnknownSecret(asked.key.clone()))?;
    let record = records::secret(&sanitized(&asked.key), &secret, Standing::New);
    // A GET takes nothing, whatever it asks for (law 8).
    let nothing = Shown { wanted: false, correct: !secret.passphrase, value: None };
    Ok(shown(asked, record, &nothing))
}

async fn reveal(asked: Asked) -> (Asked, Outcome) {
    let outcome = disclose(&asked).await;
    (asked, outcome)
}

async fn disclose(asked: &Asked) -> Outcome {
    asked.may(Scope::SecretsOpen)?;
    let wanted = asked.params.is("continue");
    // An empty one counts as a try, and none does not.
    let passphrase = asked.params.said("passphrase");
    let attempt = Attempt {
        token: &asked.link(),
        passphrase: passphrase.as_deref(),
        wish: if wanted { Wish::Take } else { Wish::Judge },
        network: &asked.network,
    };
    let key = sanitized(&asked.key);
    match asked.state.service().disclose(attempt).await? {
        Disclosed::Content { text, secret } => {
            let record = records::secret(&key, &secret, Standing::Revealed);
            let correct = secret.passphrase;
            Ok(shown(asked, record, &Shown { wanted, correct, value: Some(&text) }))
        }
        Disclosed::Fits(secret) => {
            let record = records::secret(&key, &secret, Standing::New);
            let correct = secret.passphrase;
            Ok(shown(asked, record, &Shown { wanted, correct, value: None }))
        }
        Disclosed::Busy(busy) => Err(busy.into()),
        Disclosed::PassphraseNeeded | Disclosed::PassphraseRejected { .. } => {
            Err(Trouble::Passphrase("Incorrect passphrase"))
        }
        Disclosed::TooManyAttempts { wait } => Err(Trouble::TooManyAttempts(wait)),
        Disclosed::Unavailable => Err(Trouble::UnknownSecret(asked.key.clone())),
    }
}

async fn state_of(asked: Asked) -> (Asked, Outcome) {
    let outcome = state(&asked, &asked.key)
        .await
        .map(|found| found.unwrap_or_else(|| json!({"record": {"state": "unknown"}})));
    (asked, outcome)
}

async fn state(asked: &Asked, key: &str) -> Result<Option<Value>, Trouble> {
    let found = asked.state.service().look(&link(key)).await?;
    Ok(found.map(|secret| {
        let record = records::secret(&sanitized(key), &secret, Standing::New);
        let left = records::waits(asked, &secret);
        json!({"record": record, "details": {"current_expiration": left}})
    }))
}

async fn many_states(asked: Asked) -> (Asked, Outcome) {
    let outcome = look_at_many(&asked).await;
    (asked, outcome)
}

/// The identifiers that were named: a list, or a text with commas.
fn identifiers(asked: &Asked, most: usize) -> Vec<String> {
    let named = asked.params.texts("identifiers");
    let keys = named.iter().flat_map(|text| text.split(',')).map(str::trim);
    keys.filter(|key| !key.is_empty()).map(str::to_owned).take(most).collect()
}

async fn look_at_many(asked: &Asked) -> Outcome {
    let mut found = Vec::new();
    for key in identifiers(asked, SECRETS) {
        if let Some(secret) = asked.state.service().look(&link(&key)).await? {
            found.push(Value::Object(records::secret(&sanitized(&key), &secret, Standing::New)));
        }
    }
    let count = found.len();
    Ok(json!({"records": found, "count": count}))
}

async fn receipt(asked: Asked) -> (Asked, Outcome) {
    let outcome = follow(&asked).await;
    (asked, outcome)
}

async fn follow(asked: &Asked) -> Outcome {
    asked.may(Scope::ReceiptsRead)?;
    let (sight, receipt) = asked.receipt().await?;
    let view = View::seen(asked, &sight, &receipt);
    let value = match &sight {
        Sight::Token(token) => asked.state.service().generated(token).await?,
        Sight::Handle(_) => None,
    };
    let waits = view.waits();
    let open = waits.is_some() && !receipt.secret.passphrase;
    let details = json!({
        "type": "record",
        "display_lines": value.as_deref().map_or(0, |value| display_lines(value)),
        "no_cache": true,
        "secret_realttl": waits,
        "view_count": 0,
        "first_access": null,
        "last_access": null,
        "has_passphrase": receipt.secret.passphrase,
        "can_decrypt": open,
        "secret_value": value.as_deref(),
        "show_secret": value.is_some(),
        "show_secret_link": open && view.names.secret.is_some(),
        "show_receipt_link": waits.is_some(),
        "show_receipt": true,
        "show_recipients": view.recipients.is_some(),
    });
    Ok(json!({"record": view.placed(), "details": details}))
}

async fn burn(asked: Asked) -> (Asked, Outcome) {
    let outcome = destroy(&asked).await;
    (asked, outcome)
}

async fn destroy(asked: &Asked) -> Outcome {
    asked.may(Scope::SecretsBurn)?;
    let (sight, before) = asked.receipt().await?;
    let waits = View::seen(asked, &sight, &before).waits().is_some();
    if !waits {
        return Ok(json!({"success": true}));
    }
    let wanted = asked.params.is("continue");
    let burned = if wanted {
        match burn_seen(asked, &sight).await? {
            Some(Burn::Burned) => true,
            Some(Burn::BurnedBefore | Burn::Expired | Burn::Lost | Burn::Opened) | None => {
                return Ok(json!({"success": true}));
            }
        }
    } else {
        false
    };
    let (sight, after) = asked.receipt().await?;
    let view = View::seen(asked, &sight, &after);
    let details = json!({
        "type": "record",
        "title": "Secret burned",
        "display_lines": 0,
        "display_feedback": false,
        "no_cache": true,
        "view_count": 0,
        "has_passphrase": false,
        "can_decrypt": false,
        "show_secret": false,
        "show_secret_link": false,
        "show_receipt_link": false,
        "show_receipt": true,
        "show_recipients": view.recipients.is_some(),
        "is_orphaned": false,
    });
    Ok(json!({"success": burned, "record": view.placed(), "details": details}))
}

async fn note(asked: Asked) -> (Asked, Outcome) {
    let outcome = write_note(&asked).await;
    (asked, outcome)
}

async fn write_note(asked: &Asked) -> Outcome {
    let account = asked.caller()?.account.id;
    asked.may(Scope::ReceiptsRead)?;
    let (sight, receipt) = asked.receipt().await?;
    if receipt.owned.as_ref().is_none_or(|owned| owned.account != Some(account)) {
        return Err(Trouble::NotOwner);
    }
    let memo = without_tags(&asked.params.said("memo").unwrap_or_default());
    if memo.chars().count() > MEMO {
        return Err(Wrong::Memo.into());
    }
    let memo = Some(memo).filter(|memo| !memo.is_empty());
    let service = asked.state.service();
    let noted = match &sight {
        Sight::Handle(handle) => service.note(Token::Owner(handle, account), account, memo).await?,
        Sight::Token(token) => service.note(token, account, memo).await?,
    };
    let noted = noted.ok_or_else(|| Trouble::UnknownReceipt(asked.key.clone()))?;
    Ok(json!({"record": View::seen(asked, &sight, &noted).later()}))
}

/// A text without what looks like markup.
fn without_tags(text: &str) -> String {
    let mut inside = false;
    let kept = text.chars().filter(|character| {
        match character {
            '<' => inside = true,
            '>' if inside => {
                inside = false;
                return false;
            }
            _ => {}
        }
        !inside && (!character.is_control() || matches!(character, '\n' | '\t'))
    });
    kept.collect::<String>().trim().to_owned()
}

async fn recent(asked: Asked) -> (Asked, Outcome) {
    let outcome = list(&asked).await;
    (asked, outcome)
}

async fn list(asked: &Asked) -> Outcome {
    let account = asked.caller()?.account.id;
    asked.may(Scope::ReceiptsRead)?;
    let mut listed = asked.state.service().recent(account, RECENT).await?;
    listed.sort_by_key(|listed| std::cmp::Reverse((listed.secret.created_at, listed.secret.row)));
    let views = listed.iter().map(|listed| View::listed(asked, listed));
    let (mut records, mut revealed, mut pending) = (Vec::new(), Vec::new(), Vec::new());
    for view in views {
        let mut record = view.later();
        // Nothing in a list names what opens (law 6).
        record.remove("secret_identifier");
        let record = Value::Object(record);
        if view.waits().is_some() { &mut pending } else { &mut revealed }.push(record.clone());
        records.push(record);
    }
    let now = asked.seconds();
    let since = now.saturating_sub(i64::try_from(RECENT.as_secs()).unwrap_or(0));
    Ok(said(
        asked,
        json!({
            "custid": null,
            "count": records.len(),
            "records": records,
            "details": {
                "type": "list",
                "scope": null,
                "scope_label": null,
                "since": since,
                "now": now,
                "has_items": !listed.is_empty(),
                "revealed_receipts": revealed,
                "pending_receipts": pending,
            },
        }),
    ))
}

async fn many_receipts(asked: Asked) -> (Asked, Outcome) {
    let outcome = follow_many(&asked).await;
    (asked, outcome)
}

async fn follow_many(asked: &Asked) -> Outcome {
    asked.may(Scope::ReceiptsRead)?;
    let mut records = Vec::new();
    for key in identifiers(asked, RECEIPTS) {
        let key: String = key.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
        match asked.receipt_named(&key).await {
            Ok((sight, receipt)) => records.push(View::seen(asked, &sight, &receipt).later()),
            Err(Trouble::UnknownReceipt(_)) => {}
            Err(trouble) => return Err(trouble),
        }
    }
    let count = records.len();
    Ok(json!({"records": records, "count": count}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_have_no_markup() {
        assert_eq!(without_tags(" a <b>bold</b> word\n"), "a bold word");
        assert_eq!(without_tags("1 < 2"), "1");
        assert_eq!(without_tags("2 > 1"), "2 > 1");
    }
}
