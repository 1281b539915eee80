//! `/v1/receipt`: follow, burn and unlock, with the token that the sender keeps.

use axum::Json;
use axum::extract::State as Extract;
use http::HeaderMap;
use service::receipt::{Burn, Receipt as Fate, Unlock};
use wire::Problem;
use wire::receipts::{BurnOutcome, Burned, Receipt, UnlockOutcome, Unlocked};

use super::receipt_token;
use crate::State;
use crate::problem::Refusal;

fn say(fate: Fate) -> Receipt {
    Receipt::new(fate.reference, &fate.secret, &fate.events)
}

/// The fate of a secret.
///
/// Asking changes nothing. A receipt outlives its secret, by 90 days unless the instance says otherwise.
#[utoipa::path(
    get,
    operation_id = "follow",
    path = "/v1/receipt",
    tag = "receipt",
    security(("receipt" = [])),
    responses(
        (status = 200, description = "What happened", body = Receipt),
    ),
)]
pub(super) async fn follow(
    Extract(state): Extract<State>,
    headers: HeaderMap,
) -> Result<Json<Receipt>, Refusal> {
    let fate = state.service().receipt(&receipt_token(&headers)?).await?;
    Ok(Json(say(fate.ok_or(Problem::Unavailable)?)))
}

/// Burns what is left.
///
/// Burning twice is no fault. `outcome` says what was the case first: `opened` when every view has its
/// reader, who may still be fetching.
#[utoipa::path(
    post,
    operation_id = "burn",
    path = "/v1/receipt/burn",
    tag = "receipt",
    security(("receipt" = [])),
    responses(
        (status = 200, description = "What it led to", body = Burned),
    ),
)]
pub(super) async fn burn(
    Extract(state): Extract<State>,
    headers: HeaderMap,
) -> Result<Json<Burned>, Refusal> {
    let burned = state.service().burn(&receipt_token(&headers)?).await?;
    let (burn, fate) = burned.ok_or(Problem::Unavailable)?;
    let outcome = match burn {
        Burn::Burned | Burn::BurnedBefore => BurnOutcome::Burned,
        Burn::Expired => BurnOutcome::Expired,
        Burn::Lost => BurnOutcome::Lost,
        Burn::Opened => BurnOutcome::Opened,
    };
    Ok(Json(Burned { outcome, receipt: say(fate) }))
}

/// Unlocks a secret whose wrong passphrases were used up.
///
/// They are forgotten, and counting starts anew.
#[utoipa::path(
    post,
    operation_id = "unlock",
    path = "/v1/receipt/unlock",
    tag = "receipt",
    security(("receipt" = [])),
    responses(
        (status = 200, description = "What it led to", body = Unlocked),
    ),
)]
pub(super) async fn unlock(
    Extract(state): Extract<State>,
    headers: HeaderMap,
) -> Result<Json<Unlocked>, Refusal> {
    let unlocked = state.service().unlock(&receipt_token(&headers)?).await?;
    let (unlock, fate) = unlocked.ok_or(Problem::Unavailable)?;
    let outcome = match unlock {
        Unlock::NotLocked => UnlockOutcome::NotLocked,
        Unlock::Unlocked => UnlockOutcome::Unlocked,
    };
    Ok(Json(Unlocked { outcome, receipt: say(fate) }))
}
