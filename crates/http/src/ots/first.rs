//! Version 1: flat, frozen, 200 or 404.

use std::time::Duration;

use domain::account::Scope;
use serde_json::{Value, json};
use service::disclose::{Attempt, Burned, Disclosed, Wish};
use service::receipt::{Burn, Token};

use super::records::{State as Standing, Told, View, seconds};
use super::trouble::{Outcome, Trouble};
use super::wanted::{Kind, make};
use super::{Asked, Routes, Sight, Version};
use crate::layers::limits::Class;
use crate::surface::Surface;

/// How far back lists go.
pub(super) const RECENT: Duration = Duration::from_hours(30 * 24);
/// Keys that are shorter are not looked at.
const SHORTEST: usize = 20;

/// The routes.
pub(super) fn routes() -> Surface {
    let mut routes = Routes::of(Version::One)
        .post("/share", Class::Conceal, async |asked| conceal(asked, Kind::Given).await)
        .post("/create", Class::Conceal, async |asked| conceal(asked, Kind::Given).await)
        .post("/generate", Class::Conceal, async |asked| conceal(asked, Kind::Generated).await)
        .post("/secret/{key}", Class::Disclose, disclose)
        .get("/status", Class::Read, status)
        .get("/authcheck", Class::Read, authcheck);
    for name in ["private", "metadata", "receipt"] {
        let one = format!("/{name}/{{key}}");
        routes = routes
            .get(format!("/{name}/recent"), Class::List, recent)
            .get(&one, Class::Follow, receipt)
            .post(&one, Class::Follow, receipt)
            .post(format!("{one}/burn"), Class::Follow, burn);
    }
    routes.surface
}

async fn status(asked: Asked) -> (Asked, Outcome) {
    let body = json!({"status": "nominal", "locale": asked.locale});
    (asked, Ok(body))
}

async fn authcheck(asked: Asked) -> (Asked, Outcome) {
    let body = json!({"status": "nominal", "locale": asked.locale});
    let outcome = asked.caller().and_then(|_| asked.may(Scope::AccountRead)).map(|()| body);
    (asked, outcome)
}

async fn conceal(asked: Asked, kind: Kind) -> (Asked, Outcome) {
    let outcome = make(&asked, &asked.params, kind).await.map(|made| {
        let mut fields = View::made(&asked, &made).first(Told::Created);
        if let Some(value) = &made.value {
            fields.insert("value".to_owned(), value.as_str().into());
            fields.insert("secret_value".to_owned(), value.as_str().into());
        }
        Value::Object(fields)
    });
    (asked, outcome)
}

async fn disclose(asked: Asked) -> (Asked, Outcome) {
    let outcome = reveal(&asked).await;
    (asked, outcome)
}

/// A key that can be one at all.
fn key(asked: &Asked) -> Result<(), Trouble> {
    if asked.key.chars().count() < SHORTEST { Err(Trouble::ShortKey) } else { Ok(()) }
}

async fn reveal(asked: &Asked) -> Outcome {
    key(asked)?;
    asked.may(Scope::SecretsOpen)?;
    let passphrase = asked.params.text("passphrase");
    let attempt = Attempt {
        token: &asked.link(),
        passphrase: passphrase.as_deref(),
        wish: Wish::Take,
        network: &asked.network,
    };
    let unknown = || Err(Trouble::UnknownSecret(asked.key.clone()));
    match asked.state.service().disclose(attempt).await? {
        Disclosed::Content { text, .. } => Ok(json!({
            "value": *text,
            "secret_key": asked.key,
            "share_domain": asked.state.origin().as_str(),
        })),
        Disclosed::Busy(busy) => Err(busy.into()),
        Disclosed::TooManyAttempts { wait } => Err(Trouble::TooManyAttempts(wait)),
        Disclosed::Fits(_)
        | Disclosed::PassphraseNeeded
        | Disclosed::PassphraseRejected { .. }
        | Disclosed::Unavailable => unknown(),
    }
}

async fn receipt(asked: Asked) -> (Asked, Outcome) {
    let outcome = follow(&asked).await;
    (asked, outcome)
}

async fn follow(asked: &Asked) -> Outcome {
    key(asked)?;
    asked.may(Scope::ReceiptsRead)?;
    let (sight, receipt) = asked.receipt().await?;
    let mut fields = View::seen(asked, &sight, &receipt).first(Told::Asked);
    if let Sight::Token(token) = &sight
        && let Some(value) = asked.state.service().generated(token).await?
    {
        fields.insert("value".to_owned(), value.as_str().into());
        fields.insert("secret_value".to_owned(), value.as_str().into());
    }
    Ok(Value::Object(fields))
}

async fn burn(asked: Asked) -> (Asked, Outcome) {
    let outcome = destroy(&asked).await;
    (asked, outcome)
}

async fn destroy(asked: &Asked) -> Outcome {
    key(asked)?;
    asked.may(Scope::SecretsBurn)?;
    let (sight, before) = asked.receipt().await?;
    let view = View::seen(asked, &sight, &before);
    let unknown = || Trouble::UnknownSecret(asked.key.clone());
    if view.state() != Standing::New {
        return Err(unknown());
    }
    match burn_seen(asked, &sight).await? {
        Some(Burn::Burned) => {}
        Some(Burn::BurnedBefore | Burn::Expired | Burn::Lost | Burn::Opened) | None => {
            return Err(unknown());
        }
    }
    let short = view.names.short.clone();
    Ok(json!({"state": view.first(Told::Burned), "secret_shortkey": short}))
}

/// Burns what somebody sees; `None` when it is not there any more.
pub(super) async fn burn_seen(asked: &Asked, sight: &Sight) -> Result<Option<Burn>, Trouble> {
    let service = asked.state.service();
    match sight {
        Sight::Handle(handle) => {
            let account = asked.caller()?.account.id;
            let burned = service.burn(Token::Owner(handle, account)).await?;
            Ok(burned.map(|(burn, _)| burn))
        }
        Sight::Token(token) => {
            let passphrase = asked.params.said("passphrase");
            let burned =
                service.burn_with_passphrase(token, passphrase.as_deref(), &asked.network).await?;
            match burned {
                Burned::Done(burn, _) => Ok(Some(burn)),
                Burned::Busy(busy) => Err(busy.into()),
                Burned::PassphraseNeeded | Burned::PassphraseRejected { .. } => {
                    Err(Trouble::Passphrase("Double check that passphrase"))
                }
                Burned::TooManyAttempts { wait } => Err(Trouble::TooManyAttempts(wait)),
                Burned::Unavailable => Ok(None),
            }
        }
    }
}

async fn recent(asked: Asked) -> (Asked, Outcome) {
    let outcome = list(&asked).await;
    (asked, outcome)
}

async fn list(asked: &Asked) -> Outcome {
    let account = asked.caller()?.account.id;
    asked.may(Scope::ReceiptsRead)?;
    let mut listed = asked.state.service().recent(account, RECENT).await?;
    listed.sort_by_key(|listed| (seconds(listed.secret.created_at), listed.secret.row));
    let told = |listed| Value::Object(View::listed(asked, listed).first(Told::Listed));
    Ok(listed.iter().map(told).collect())
}
