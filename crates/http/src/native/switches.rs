//! `/v1/admin/switches`: what this instance lets people do, for its administrators.

use axum::body::Body;
use axum::extract::{Path, State as Extract};
use axum::{Extension, Json};
use domain::switches::NotASwitch;
use http::{HeaderMap, StatusCode};
use service::people::Asker;
use service::switches::SwitchError;
use wire::Problem;
use wire::organisations::{MayCreate, Switch, SwitchChange, Switches};

use super::json;
use crate::State;
use crate::layers::address::ClientAddress;
use crate::layers::guard::Person;
use crate::layers::limits::Class;
use crate::problem::Refusal;
use crate::surface::{Access, Policy, Surface};

/// The routes.
pub(super) fn routes() -> Surface {
    Surface::new()
        .get("/v1/creating", Policy::new(Class::House, Access::Person), creating)
        .get("/v1/admin/switches", Policy::new(Class::House, Access::Administrator), list)
        .put("/v1/admin/switches/{name}", Policy::new(Class::Manage, Access::Administrator), turn)
}

/// Whether you may create secrets.
///
/// For pages, which send what it answers beside it when they create for somebody who is signed in.
#[utoipa::path(
    get,
    operation_id = "mayCreate",
    path = "/v1/creating",
    tag = "instance",
    responses((status = 200, description = "Whether, and what to send", body = MayCreate)),
)]
pub(super) async fn creating(
    Extract(state): Extract<State>,
    Extension(address): Extension<ClientAddress>,
    person: Person,
) -> Result<Json<MayCreate>, Refusal> {
    let asker = Asker::Person(service::people::Person::clone(&person));
    let may_create = state.service().may_create(Some(&asker), address.0).await?;
    Ok(Json(MayCreate { may_create, csrf: person.csrf().to_owned() }))
}

/// The switches of the instance.
#[utoipa::path(
    get,
    operation_id = "switches",
    path = "/v1/admin/switches",
    tag = "administration",
    responses((status = 200, description = "All of them", body = Switches)),
)]
pub(super) async fn list(
    Extract(state): Extract<State>,
    _person: Person,
) -> Result<Json<Switches>, Refusal> {
    let switches = state.service().switches().await?;
    let switch = |(name, value): (&str, String)| Switch { name: name.to_owned(), value };
    Ok(Json(Switches { switches: switches.values().into_iter().map(switch).collect() }))
}

/// Turns a switch.
///
/// It holds at once on the node that is asked, and within a second on every other one.
#[utoipa::path(
    put,
    operation_id = "turnSwitch",
    path = "/v1/admin/switches/{name}",
    tag = "administration",
    params(super::openapi::OfSwitch),
    request_body = SwitchChange,
    responses((status = 204, description = "It is so")),
)]
pub(super) async fn turn(
    Extract(state): Extract<State>,
    person: Person,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Refusal> {
    let said: SwitchChange = json(&headers, body).await?;
    match state.service().turn_switch_as(&person, &name, &said.value).await {
        Ok(Some(_)) => Ok(StatusCode::NO_CONTENT),
        // The guard lets nobody else in.
        Ok(None) | Err(SwitchError::Not(NotASwitch::Name)) => Err(Problem::NotFound.into()),
        Err(SwitchError::Not(NotASwitch::Value { values, .. })) => {
            Err(Problem::invalid("value", format!("must be {values}")).into())
        }
        Err(SwitchError::Store(error)) => Err(error.into()),
    }
}
