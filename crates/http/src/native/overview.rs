//! `/v1/overview`: what whoever asks has shared. Secrets go by references, which open and burn nothing.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State as Extract};
use axum::response::{IntoResponse as _, Response};
use domain::account::Scope;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderMap, StatusCode, Uri};
use service::overview::{AT_ONCE, Group, Overseen as Theirs};
use service::receipt::Burn;
use wire::Problem;
use wire::overview::{BurnedOne, BurnedSeveral, Burning, Noting, Overseen, Overview, csv};
use wire::receipts::BurnOutcome;

use super::json;
use crate::State;
use crate::layers::guard::Asker;
use crate::layers::limits::Class;
use crate::pages::form::Form;
use crate::problem::Refusal;
use crate::surface::{Access, Policy, Surface};

/// The routes.
pub(super) fn routes() -> Surface {
    let reading = Policy::new(Class::House, Access::Asker(Scope::ReceiptsRead));
    let noting = Policy::new(Class::Manage, Access::Asker(Scope::ReceiptsRead));
    let burning = Policy::new(Class::Manage, Access::AskerConfirmed(Scope::SecretsBurn));
    Surface::new()
        .get("/v1/overview", reading, list)
        .get("/v1/overview/export", noting, export)
        .post("/v1/overview/burn", burning, burn)
        .put("/v1/overview/{ref}/note", noting, note)
}

/// A secret as its owner is told of it.
pub(crate) fn said(theirs: Theirs) -> Overseen {
    let Theirs { reference, secret, until, memo, recipients } = theirs;
    Overseen::new(reference, &secret, until, memo, recipients)
}

/// What burning has led to.
pub(crate) const fn outcome(burn: Burn) -> BurnOutcome {
    match burn {
        Burn::Burned | Burn::BurnedBefore => BurnOutcome::Burned,
        Burn::Expired => BurnOutcome::Expired,
        Burn::Lost => BurnOutcome::Lost,
        Burn::Opened => BurnOutcome::Opened,
    }
}

/// What a list is narrowed to.
#[derive(Default)]
pub(crate) struct Narrowed {
    pub(crate) group: Option<Group>,
    pub(crate) text: String,
}

impl Narrowed {
    /// What an address asks for.
    pub(crate) fn read(asked: &Form) -> Result<Self, Problem> {
        let group = match asked.get("state") {
            "" => None,
            name => Some(Group::from_name(name).ok_or_else(|| {
                Problem::invalid("state", "must be waiting, opened, burned, gone or look")
            })?),
        };
        Ok(Self { group, text: asked.get("q").trim().to_owned() })
    }

    /// Whether it stays.
    pub(crate) fn keeps(&self, theirs: &Theirs) -> bool {
        self.group.is_none_or(|group| group.has(&theirs.secret)) && theirs.says(&self.text)
    }
}

/// What follows the question mark.
pub(crate) fn query(uri: &Uri) -> Result<Form, Problem> {
    Form::parse(uri.query().unwrap_or_default().as_bytes())
}

/// What you have shared.
///
/// The latest first. A key finds what its owner has shared, one of an organisation what was shared for it with
/// keys like it. Nothing in it opens or burns. `gone` is what has expired or was lost, `look` what waits while somebody
/// tries passphrases.
#[utoipa::path(
    get,
    operation_id = "overview",
    path = "/v1/overview",
    tag = "overview",
    security(("key" = [])),
    params(
        ("state" = Option<String>, Query, description = "`waiting`, `opened`, `burned`, `gone` or `look`"),
        ("q" = Option<String>, Query, description = "What the note or the reference says"),
    ),
    responses((status = 200, description = "What was shared", body = Overview)),
)]
pub(super) async fn list(
    Extract(state): Extract<State>,
    asker: Asker,
    uri: Uri,
) -> Result<Json<Overview>, Refusal> {
    let narrowed = Narrowed::read(&query(&uri)?)?;
    let theirs = state.service().overview(&asker).await?;
    let secrets = theirs.into_iter().filter(|theirs| narrowed.keeps(theirs)).map(said).collect();
    Ok(Json(Overview { secrets }))
}

/// The overview, to take away.
///
/// A table for spreadsheets, or JSON. The trail says that it was taken.
#[utoipa::path(
    get,
    operation_id = "exportOverview",
    path = "/v1/overview/export",
    tag = "overview",
    security(("key" = [])),
    params(("format" = String, Query, description = "`csv` or `json`")),
    responses((status = 200, description = "All of it", body = Overview)),
)]
pub(super) async fn export(
    Extract(state): Extract<State>,
    asker: Asker,
    uri: Uri,
) -> Result<Response, Refusal> {
    let asked = query(&uri)?;
    let is_csv = match asked.get("format") {
        "csv" => true,
        "json" => false,
        _ => return Err(Problem::invalid("format", "must be csv or json").into()),
    };
    let theirs = state.service().export(&asker).await?;
    let secrets: Vec<_> = theirs.into_iter().map(said).collect();
    let named = |name: &'static str| [(CONTENT_DISPOSITION, name)];
    if is_csv {
        let kind = [(CONTENT_TYPE, "text/csv; charset=utf-8; header=present")];
        let named = named("attachment; filename=\"sigill-overview.csv\"");
        return Ok((named, kind, csv(&secrets)).into_response());
    }
    let named = named("attachment; filename=\"sigill-overview.json\"");
    Ok((named, Json(Overview { secrets })).into_response())
}

/// Burns several.
///
/// What is not yours answers like what does not exist. Each outcome says what was the case first, as burning with
/// a receipt does.
#[utoipa::path(
    post,
    operation_id = "burnSeveral",
    path = "/v1/overview/burn",
    tag = "overview",
    security(("key" = [])),
    request_body = Burning,
    responses((status = 200, description = "What became of each", body = BurnedSeveral)),
)]
pub(super) async fn burn(
    Extract(state): Extract<State>,
    asker: Asker,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<BurnedSeveral>, Refusal> {
    let Burning { refs } = json(&headers, body).await?;
    if refs.is_empty() || refs.len() > AT_ONCE {
        return Err(Problem::invalid("refs", "must be 1 to 100 references").into());
    }
    let burned = state.service().burn_several(&asker, &refs).await?;
    let one = |(reference, burn): (String, Option<Burn>)| BurnedOne {
        reference,
        outcome: burn.map(outcome),
    };
    Ok(Json(BurnedSeveral { secrets: burned.into_iter().map(one).collect() }))
}

/// Replaces the note about one.
#[utoipa::path(
    put,
    operation_id = "note",
    path = "/v1/overview/{ref}/note",
    tag = "overview",
    security(("key" = [])),
    params(("ref" = String, Path, description = "What names the secret in the overview")),
    request_body = Noting,
    responses((status = 204, description = "It is noted")),
)]
pub(super) async fn note(
    Extract(state): Extract<State>,
    Path(reference): Path<String>,
    asker: Asker,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Refusal> {
    let noting: Noting = json(&headers, body).await?;
    let note = noting.judge()?;
    if state.service().annotate(&asker, &reference, note).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::NotFound.into())
    }
}
