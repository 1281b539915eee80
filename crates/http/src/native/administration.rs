//! `/v1/admin`: accounts, organisations, mails and how the instance is, for administrators who are signed in.

use axum::Json;
use axum::extract::{Path, State as Extract};
use domain::letter::Standing;
use http::StatusCode;
use service::StoreError;
use service::administration::{ListedAccount, ListedPlace, Suspended};
use service::letters::dead::ListedLetter;
use wire::Problem;
use wire::administration::{Account, Accounts, Condition, Letter, Letters, Place, Places, role};
use wire::text::rfc3339;

use crate::State;
use crate::layers::guard::Person;
use crate::layers::limits::Class;
use crate::problem::Refusal;
use crate::surface::{Access, Policy, Surface};

/// The routes.
pub(super) fn routes() -> Surface {
    let reading = Policy::new(Class::House, Access::Administrator);
    let changing = Policy::new(Class::Manage, Access::Administrator);
    Surface::new()
        .get("/v1/admin/condition", reading, tell)
        .get("/v1/admin/accounts", reading, list_accounts)
        .post("/v1/admin/accounts/{ref}/suspend", changing, suspend)
        .post("/v1/admin/accounts/{ref}/resume", changing, resume)
        .get("/v1/admin/organisations", reading, list_organisations)
        .get("/v1/admin/letters", reading, list_letters)
        .post("/v1/admin/letters/{ref}/retry", changing, retry)
        .delete("/v1/admin/letters/{ref}", changing, give_up)
}

/// An account as it is said.
fn account(listed: ListedAccount) -> Account {
    let ListedAccount { reference, account, seen_on } = listed;
    Account {
        reference,
        email: account.email.as_str().to_owned(),
        role: role(account.role).to_owned(),
        created_at: rfc3339(account.created_at),
        suspended_at: account.suspended_at.map(rfc3339),
        seen_on: seen_on.map(|day| rfc3339(day).chars().take(10).collect()),
    }
}

/// The accounts, for the page as well.
pub(crate) async fn accounts(state: &State, person: &Person) -> Result<Vec<Account>, StoreError> {
    let listed = state.service().accounts(person.actor()).await?;
    Ok(listed.into_iter().map(account).collect())
}

/// The organisations, for the page as well.
pub(crate) async fn places(state: &State, person: &Person) -> Result<Vec<Place>, StoreError> {
    let listed = state.service().places(person.actor()).await?;
    let place = |ListedPlace { reference, name, created_at, members }| Place {
        reference,
        name,
        created_at: rfc3339(created_at),
        members,
    };
    Ok(listed.into_iter().map(place).collect())
}

/// The mails, for the page as well.
pub(crate) async fn letters(state: &State) -> Result<Vec<Letter>, StoreError> {
    let letter = |listed: ListedLetter| Letter {
        reference: listed.reference,
        kind: listed.kind.name().to_owned(),
        state: listed.standing.name().to_owned(),
        attempts: listed.attempts,
        cause: listed.cause.map(|cause| cause.to_string()),
        created_at: rfc3339(listed.created_at),
        due_at: listed.due_at.map(rfc3339),
    };
    Ok(state.service().letters().await?.into_iter().map(letter).collect())
}

/// How the instance is, for the page as well.
pub(crate) async fn condition(state: &State) -> Result<Condition, StoreError> {
    let service = state.service();
    let found = service.condition().await?;
    let letters = service.letters().await?;
    let dead = letters.iter().filter(|letter| letter.standing == Standing::Dead).count();
    let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let (stretching, waits) = found.stretching;
    Ok(Condition {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        live_bytes: found.live_bytes,
        max_total: found.max_total,
        free_space: found.free_space,
        keep_free: found.keep_free,
        accounts: found.accounts,
        organisations: found.organisations,
        sends_mail: found.sends_mail,
        dead_letters: number(dead),
        stretching: number(stretching),
        stretching_waits: number(waits),
    })
}

/// How the instance is.
#[utoipa::path(
    get,
    operation_id = "condition",
    path = "/v1/admin/condition",
    tag = "administration",
    responses((status = 200, description = "How it is", body = Condition)),
)]
pub(super) async fn tell(
    Extract(state): Extract<State>,
    _person: Person,
) -> Result<Json<Condition>, Refusal> {
    Ok(Json(condition(&state).await?))
}

/// The accounts of the instance.
///
/// Reading leaves an event in the trail.
#[utoipa::path(
    get,
    operation_id = "listAccounts",
    path = "/v1/admin/accounts",
    tag = "administration",
    responses((status = 200, description = "The latest first", body = Accounts)),
)]
pub(super) async fn list_accounts(
    Extract(state): Extract<State>,
    person: Person,
) -> Result<Json<Accounts>, Refusal> {
    Ok(Json(Accounts { accounts: accounts(&state, &person).await? }))
}

fn outcome(suspended: Suspended) -> Result<StatusCode, Refusal> {
    match suspended {
        Suspended::Done | Suspended::Before => Ok(StatusCode::NO_CONTENT),
        Suspended::Unknown => Err(Problem::NotFound.into()),
        Suspended::LastAdministrator => {
            let reason = "is the last administrator: nobody would look after the instance";
            Err(Problem::invalid("ref", reason).into())
        }
    }
}

/// Suspends an account.
///
/// Its sessions are over and its keys are worth nothing, from the next request on. What it has shared stays.
#[utoipa::path(
    post,
    operation_id = "suspend",
    path = "/v1/admin/accounts/{ref}/suspend",
    tag = "administration",
    params(("ref" = String, Path, description = "What names the account in the list")),
    responses((status = 204, description = "It is so")),
)]
pub(super) async fn suspend(
    Extract(state): Extract<State>,
    person: Person,
    Path(reference): Path<String>,
) -> Result<StatusCode, Refusal> {
    outcome(state.service().suspend(person.actor(), &reference).await?)
}

/// Lets an account do again what it might before.
#[utoipa::path(
    post,
    operation_id = "resume",
    path = "/v1/admin/accounts/{ref}/resume",
    tag = "administration",
    params(("ref" = String, Path, description = "What names the account in the list")),
    responses((status = 204, description = "It is so")),
)]
pub(super) async fn resume(
    Extract(state): Extract<State>,
    person: Person,
    Path(reference): Path<String>,
) -> Result<StatusCode, Refusal> {
    outcome(state.service().resume(person.actor(), &reference).await?)
}

/// The organisations of the instance.
///
/// Reading leaves an event in the trail.
#[utoipa::path(
    get,
    operation_id = "listOrganisationsOfAll",
    path = "/v1/admin/organisations",
    tag = "administration",
    responses((status = 200, description = "The latest first", body = Places)),
)]
pub(super) async fn list_organisations(
    Extract(state): Extract<State>,
    person: Person,
) -> Result<Json<Places>, Refusal> {
    Ok(Json(Places { organisations: places(&state, &person).await? }))
}

/// The mails that wait, and those that could not be sent.
#[utoipa::path(
    get,
    operation_id = "listLetters",
    path = "/v1/admin/letters",
    tag = "administration",
    responses((status = 200, description = "The dead first", body = Letters)),
)]
pub(super) async fn list_letters(
    Extract(state): Extract<State>,
    _person: Person,
) -> Result<Json<Letters>, Refusal> {
    Ok(Json(Letters { letters: letters(&state).await? }))
}

/// Tries a dead mail again.
#[utoipa::path(
    post,
    operation_id = "retryLetter",
    path = "/v1/admin/letters/{ref}/retry",
    tag = "administration",
    params(("ref" = String, Path, description = "What names the mail in the list")),
    responses((status = 204, description = "It waits again")),
)]
pub(super) async fn retry(
    Extract(state): Extract<State>,
    person: Person,
    Path(reference): Path<String>,
) -> Result<StatusCode, Refusal> {
    there_was(state.service().retry_letter(&reference, person.actor()).await?)
}

/// Gives a dead mail up.
#[utoipa::path(
    delete,
    operation_id = "dropLetter",
    path = "/v1/admin/letters/{ref}",
    tag = "administration",
    params(("ref" = String, Path, description = "What names the mail in the list")),
    responses((status = 204, description = "It is gone")),
)]
pub(super) async fn give_up(
    Extract(state): Extract<State>,
    person: Person,
    Path(reference): Path<String>,
) -> Result<StatusCode, Refusal> {
    there_was(state.service().drop_letter(&reference, person.actor()).await?)
}

fn there_was(one: bool) -> Result<StatusCode, Refusal> {
    if one { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::NotFound.into()) }
}
