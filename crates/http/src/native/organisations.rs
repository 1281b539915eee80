//! `/v1/organisations`: organisations, their members and whom they invite.
//!
//! A person who is signed in may ask, and a program whose key has the scope `members:manage`. What they may do
//! is judged where it is done, by their role as it is then.

use axum::body::Body;
use axum::extract::{Path, State as Extract};
use axum::{Extension, Json};
use domain::account::Scope;
use domain::session::TicketToken;
use http::{HeaderMap, Method, StatusCode, Uri};
use service::ending;
use service::invitations::{Accepted, Listed, Wish};
use service::organisations::{Acting, Change, Denied, ListedOrganisation, OrganisationError, Seen};
use service::sessions::Seat;
use wire::Problem;
use wire::organisations::{
    Acceptance, Deletion, Founding, Invitation, Inviting, Joined, Member, Organisation,
    OrganisationChange, OrganisationSeen, Organisations, RoleChange, Waiting,
};
use wire::problem::Lacking;
use wire::text::rfc3339;

use super::json;
use crate::State;
use crate::layers::address::ClientAddress;
use crate::layers::guard::{Asker, Person};
use crate::layers::limits::Class;
use crate::pages;
use crate::problem::Refusal;
use crate::surface::{Access, Policy, Surface};

/// The routes.
pub(super) fn routes() -> Surface {
    let scope = Scope::MembersManage;
    let look = Policy::new(Class::House, Access::Asker(scope));
    let make = Policy::new(Class::Manage, Access::Asker(scope));
    let manage = Policy::new(Class::Manage, Access::AskerConfirmed(scope));
    let person = Policy::new(Class::Manage, Access::Person);
    let end = Policy::new(Class::Manage, Access::Confirmed);
    let try_it = Policy::new(Class::SignIn, Access::Person);
    let one = "/v1/organisations/{organisation}";
    let (member, invitations) = (format!("{one}/members/{{member}}"), format!("{one}/invitations"));
    Surface::new()
        .get("/v1/organisations", look, list)
        .post("/v1/organisations", make, found)
        .get(one, look, see)
        .on(Method::PATCH, one, manage, change)
        .post(format!("{one}/delete"), end, delete)
        .post(format!("{one}/leave"), person, leave)
        .on(Method::PATCH, member.clone(), manage, give_role)
        .delete(member, manage, remove)
        .post(invitations.clone(), manage, invite)
        .delete(format!("{invitations}/{{invitation}}"), manage, withdraw)
        .post("/v1/invitation/accept", try_it, accept)
        .post("/v1/account/delete", end, delete_account)
}

/// What a client hears in place of what it wanted.
pub(crate) fn refuse(error: OrganisationError) -> Refusal {
    let denied = match error {
        OrganisationError::Denied(denied) => denied,
        OrganisationError::NoMail => {
            let reason = "cannot be invited: this instance sends no mail";
            return Problem::invalid("email", reason).into();
        }
        OrganisationError::Store(error) => return error.into(),
    };
    let problem = match denied {
        Denied::Absent => Problem::NotFound,
        Denied::AlreadyMember => Problem::invalid("email", "is a member's already"),
        Denied::ComeBack(wait) => {
            Problem::TooManyRequests { retry_after: wait.as_secs().saturating_add(1) }
        }
        Denied::LastAdministrator => {
            Problem::invalid("account", "is the last administrator's: make another one first")
        }
        Denied::LastOwner => {
            Problem::invalid("role", "is the last owner's: make somebody else an owner first")
        }
        Denied::NotAllowed => Problem::Forbidden { lacking: Lacking::Role },
        Denied::SecondFactor => Problem::Forbidden { lacking: Lacking::SecondFactor },
        Denied::TooMany => Problem::invalid("the body", "asks for one more than there may be"),
    };
    problem.into()
}

fn say(listed: ListedOrganisation) -> Organisation {
    Organisation::new(listed.reference, &listed.organisation, listed.role)
}

fn say_invited(listed: Listed) -> Invitation {
    let times = (listed.created_at, listed.until);
    Invitation::new(listed.reference, (&listed.email, listed.role), times)
}

fn say_seen(seen: Seen) -> OrganisationSeen {
    let member = |member: service::members::Member| Member {
        reference: member.reference,
        email: member.email.as_str().to_owned(),
        role: member.role.into(),
        since: rfc3339(member.since),
        suspended: member.suspended,
        is_you: member.is_self,
    };
    OrganisationSeen {
        organisation: say(seen.listed),
        members: seen.members.into_iter().map(member).collect(),
        invitations: seen.invitations.into_iter().map(say_invited).collect(),
        may_leave: seen.may_leave,
    }
}

const fn waiting(said: Waiting) -> ending::Waiting {
    match said {
        Waiting::Burn => ending::Waiting::Burn,
        Waiting::Leave => ending::Waiting::Leave,
    }
}

/// It was done, and there is nothing to say about it.
fn done(outcome: Result<(), OrganisationError>) -> Result<StatusCode, Refusal> {
    outcome.map(|()| StatusCode::NO_CONTENT).map_err(refuse)
}

/// The organisations that you are in.
///
/// A key that belongs to an organisation reaches that one alone.
#[utoipa::path(
    get,
    operation_id = "listOrganisations",
    path = "/v1/organisations",
    tag = "organisations",
    responses((status = 200, description = "All of them", body = Organisations)),
)]
pub(super) async fn list(
    Extract(state): Extract<State>,
    asker: Asker,
) -> Result<Json<Organisations>, Refusal> {
    let listed = state.service().organisations(Acting::from(&*asker)).await.map_err(refuse)?;
    Ok(Json(Organisations { organisations: listed.into_iter().map(say).collect() }))
}

/// Makes an organisation, and you its owner.
///
/// Administrators of the instance may, and others where the switch `organisations` says so. A key that
/// belongs to an organisation may not.
#[utoipa::path(
    post,
    operation_id = "foundOrganisation",
    path = "/v1/organisations",
    tag = "organisations",
    request_body = Founding,
    responses((status = 201, description = "It is there", body = Organisation)),
)]
pub(super) async fn found(
    Extract(state): Extract<State>,
    asker: Asker,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Organisation>), Refusal> {
    let name = json::<Founding>(&headers, body).await?.parse()?;
    let made = state.service().found(Acting::from(&*asker), name).await.map_err(refuse)?;
    Ok((StatusCode::CREATED, Json(say(made))))
}

/// An organisation that you are in, with its members.
#[utoipa::path(
    get,
    operation_id = "seeOrganisation",
    path = "/v1/organisations/{organisation}",
    tag = "organisations",
    params(super::openapi::InOrganisation),
    responses((status = 200, description = "As far as you may know it", body = OrganisationSeen)),
)]
pub(super) async fn see(
    Extract(state): Extract<State>,
    asker: Asker,
    Path(organisation): Path<String>,
) -> Result<Json<OrganisationSeen>, Refusal> {
    let acting = Acting::from(&*asker);
    let seen = state.service().organisation(acting, &organisation).await.map_err(refuse)?;
    Ok(Json(say_seen(seen)))
}

/// Changes what an organisation is called, and what it asks of its members.
///
/// Only somebody who has signed in with a second factor may ask others for one.
#[utoipa::path(
    patch,
    operation_id = "changeOrganisation",
    path = "/v1/organisations/{organisation}",
    tag = "organisations",
    params(super::openapi::InOrganisation),
    request_body = OrganisationChange,
    responses((status = 204, description = "It is so")),
)]
pub(super) async fn change(
    Extract(state): Extract<State>,
    asker: Asker,
    Path(organisation): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Refusal> {
    let said: OrganisationChange = json(&headers, body).await?;
    let change = Change { name: said.parse()?, second_factor: said.second_factor };
    let acting = Acting::from(&*asker);
    done(state.service().change_organisation(acting, &organisation, change).await)
}

/// Deletes an organisation.
///
/// Its keys are revoked and its invitations withdrawn. What waits is burned or left to expire, as is said.
/// It takes an owner who is signed in.
#[utoipa::path(
    post,
    operation_id = "deleteOrganisation",
    path = "/v1/organisations/{organisation}/delete",
    tag = "organisations",
    params(super::openapi::InOrganisation),
    request_body = Deletion,
    responses((status = 204, description = "It is gone")),
)]
pub(super) async fn delete(
    Extract(state): Extract<State>,
    person: Person,
    Path(organisation): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Refusal> {
    let said: Deletion = json(&headers, body).await?;
    let (acting, waiting) = (Acting::from(&*person), waiting(said.waiting));
    done(state.service().delete_organisation(acting, &organisation, waiting).await)
}

/// Leaves an organisation.
///
/// Your keys for it are worth nothing from here on. What you have shared for it waits on and stays in its
/// overview; receipts that you hold go on.
#[utoipa::path(
    post,
    operation_id = "leaveOrganisation",
    path = "/v1/organisations/{organisation}/leave",
    tag = "organisations",
    params(super::openapi::InOrganisation),
    responses((status = 204, description = "You are out")),
)]
pub(super) async fn leave(
    Extract(state): Extract<State>,
    person: Person,
    Path(organisation): Path<String>,
) -> Result<StatusCode, Refusal> {
    done(state.service().leave(Acting::from(&*person), &organisation).await)
}

/// Gives a member another role.
#[utoipa::path(
    patch,
    operation_id = "giveRole",
    path = "/v1/organisations/{organisation}/members/{member}",
    tag = "organisations",
    params(super::openapi::OfMember),
    request_body = RoleChange,
    responses((status = 204, description = "They have it")),
)]
pub(super) async fn give_role(
    Extract(state): Extract<State>,
    asker: Asker,
    Path((organisation, member)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Refusal> {
    let role = json::<RoleChange>(&headers, body).await?.role.into();
    let (acting, which) = (Acting::from(&*asker), (organisation.as_str(), member.as_str()));
    done(state.service().give_member_role(acting, which, role).await)
}

/// Removes a member.
#[utoipa::path(
    delete,
    operation_id = "removeMember",
    path = "/v1/organisations/{organisation}/members/{member}",
    tag = "organisations",
    params(super::openapi::OfMember),
    responses((status = 204, description = "They are out")),
)]
pub(super) async fn remove(
    Extract(state): Extract<State>,
    asker: Asker,
    Path((organisation, member)): Path<(String, String)>,
) -> Result<StatusCode, Refusal> {
    let (acting, which) = (Acting::from(&*asker), (organisation.as_str(), member.as_str()));
    done(state.service().remove_member(acting, which).await)
}

/// Invites somebody by mail.
///
/// The answer is the same whether the address has an account or not. The one before it to the same address
/// is worth nothing any more.
#[utoipa::path(
    post,
    operation_id = "invite",
    path = "/v1/organisations/{organisation}/invitations",
    tag = "organisations",
    params(super::openapi::InOrganisation),
    request_body = Inviting,
    responses((status = 201, description = "It is on its way", body = Invitation)),
)]
pub(super) async fn invite(
    Extract(state): Extract<State>,
    asker: Asker,
    Path(organisation): Path<String>,
    Extension(address): Extension<ClientAddress>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Invitation>), Refusal> {
    let said: Inviting = json(&headers, body).await?;
    let (email, network) = (&said.parse()?, &address.network());
    let locale = pages::language_tag(&uri, &headers);
    let wish = Wish { email, role: said.role.into(), locale, network };
    let acting = Acting::from(&*asker);
    let invited = state.service().invite(acting, &organisation, wish).await.map_err(refuse)?;
    Ok((StatusCode::CREATED, Json(say_invited(invited))))
}

/// Withdraws an invitation.
#[utoipa::path(
    delete,
    operation_id = "withdraw",
    path = "/v1/organisations/{organisation}/invitations/{invitation}",
    tag = "organisations",
    params(super::openapi::OfInvitation),
    responses((status = 204, description = "It is worth nothing")),
)]
pub(super) async fn withdraw(
    Extract(state): Extract<State>,
    asker: Asker,
    Path((organisation, invitation)): Path<(String, String)>,
) -> Result<StatusCode, Refusal> {
    let (acting, which) = (Acting::from(&*asker), (organisation.as_str(), invitation.as_str()));
    done(state.service().withdraw_invitation(acting, which).await)
}

/// Accepts an invitation, as whoever is signed in.
///
/// One that was accepted or withdrawn, whose time is up, or that is for another address: 404 `not-found`.
#[utoipa::path(
    post,
    operation_id = "acceptInvitation",
    path = "/v1/invitation/accept",
    tag = "organisations",
    request_body = Acceptance,
    responses((status = 200, description = "You are a member", body = Joined)),
)]
pub(super) async fn accept(
    Extract(state): Extract<State>,
    person: Person,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Joined>, Refusal> {
    let said: Acceptance = json(&headers, body).await?;
    let token = TicketToken::parse(said.token.trim()).ok_or(Problem::NotFound)?;
    let seat = Seat::default();
    match state.service().accept_invitation(&token, Some(&person), &seat).await? {
        Accepted::Joined { reference } => Ok(Json(Joined { organisation: reference })),
        Accepted::Another
        | Accepted::Closed
        | Accepted::SignIn
        | Accepted::SignedUp { .. }
        | Accepted::Worthless => Err(Problem::NotFound.into()),
    }
}

/// Deletes your account.
///
/// Sessions, means of signing in, keys and memberships are gone; what waits is burned or left to expire, as
/// is said; receipts that somebody holds go on, and so does the trail. Refused for the last owner of an
/// organisation and for the last administrator.
#[utoipa::path(
    post,
    operation_id = "deleteAccount",
    path = "/v1/account/delete",
    tag = "organisations",
    request_body = Deletion,
    responses((status = 204, description = "It is gone")),
)]
pub(super) async fn delete_account(
    Extract(state): Extract<State>,
    person: Person,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Refusal> {
    let said: Deletion = json(&headers, body).await?;
    done(state.service().delete_own_account(&person, waiting(said.waiting)).await)
}
