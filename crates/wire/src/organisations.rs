//! Organisations: what is said about them, their members and whom they invite.
//!
//! What is read knows no field beside those that are here: nobody becomes an owner by writing so (R68).

use domain::account::Email;
use domain::organisation::{MemberRole, Name};
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Problem;
use crate::text::rfc3339;

/// What a member is in an organisation.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// May do everything, also make owners and delete the organisation.
    Owner,
    /// Looks after members and keys.
    Admin,
    /// Shares, and follows what it has shared.
    Member,
    /// Reads the trail and reports, and nothing else.
    Auditor,
}

impl From<MemberRole> for Role {
    fn from(role: MemberRole) -> Self {
        match role {
            MemberRole::Owner => Self::Owner,
            MemberRole::Administrator => Self::Admin,
            MemberRole::Member => Self::Member,
            MemberRole::Auditor => Self::Auditor,
        }
    }
}

impl From<Role> for MemberRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Owner => Self::Owner,
            Role::Admin => Self::Administrator,
            Role::Member => Self::Member,
            Role::Auditor => Self::Auditor,
        }
    }
}

/// Makes an organisation.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Founding {
    /// What it is called: 1 to 64 characters in one line.
    #[schema(min_length = 1, max_length = 64)]
    pub name: String,
}

impl Founding {
    /// The name.
    pub fn parse(&self) -> Result<Name, Problem> {
        name(&self.name)
    }
}

fn name(text: &str) -> Result<Name, Problem> {
    Name::parse(text).map_err(|error| Problem::invalid("name", error.to_string()))
}

/// Changes an organisation. What is left out stays.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrganisationChange {
    /// Another name.
    #[schema(min_length = 1, max_length = 64, nullable = false)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether members must have a second factor to act in it.
    #[schema(nullable = false)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_factor: Option<bool>,
}

impl OrganisationChange {
    /// The name, if there is another one.
    pub fn parse(&self) -> Result<Option<Name>, Problem> {
        self.name.as_deref().map(name).transpose()
    }
}

/// What becomes of secrets that wait.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Waiting {
    /// They are burned.
    Burn,
    /// They wait on, and expire when they would have.
    Leave,
}

/// Deletes something to which secrets belong.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Deletion {
    /// What becomes of the secrets that wait.
    pub waiting: Waiting,
}

/// Invites somebody.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Inviting {
    /// The address that the invitation is mailed to.
    #[schema(format = Email, max_length = 254)]
    pub email: String,
    /// What they are to be.
    pub role: Role,
}

impl Inviting {
    /// The address.
    pub fn parse(&self) -> Result<Email, Problem> {
        let wrong =
            |error: domain::account::NotAnAddress| Problem::invalid("email", format!("is {error}"));
        Email::parse(&self.email).map_err(wrong)
    }
}

/// Gives a member another role.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleChange {
    /// Which.
    pub role: Role,
}

/// Accepts an invitation.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// What stands behind the `#` of the link that was mailed.
    pub token: String,
}

/// Sets a switch of the instance.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SwitchChange {
    /// Its value.
    pub value: String,
}

/// An organisation, for somebody who is in it.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct Organisation {
    /// What names it.
    #[serde(rename = "ref")]
    #[schema(pattern = "^[0-9a-f]{12}$", example = "5b1f0c9ad2e4")]
    pub reference: String,
    /// What it is called.
    pub name: String,
    /// What you are there.
    pub role: Role,
    /// Whether its members must have a second factor to act in it.
    pub second_factor: bool,
    /// Since when it is there.
    #[schema(format = DateTime)]
    pub created_at: String,
}

impl Organisation {
    /// What is said of `organisation` to somebody who is `role` there.
    pub fn new(
        reference: String,
        organisation: &domain::organisation::Organisation,
        role: MemberRole,
    ) -> Self {
        Self {
            reference,
            name: organisation.name.as_str().to_owned(),
            role: role.into(),
            second_factor: organisation.second_factor,
            created_at: rfc3339(organisation.created_at),
        }
    }
}

/// The organisations that somebody is in.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct Organisations {
    /// The one that was joined first first.
    pub organisations: Vec<Organisation>,
}

/// A member of an organisation.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct Member {
    /// What names them.
    #[serde(rename = "ref")]
    #[schema(pattern = "^[0-9a-f]{12}$", example = "5b1f0c9ad2e4")]
    pub reference: String,
    /// Their address.
    pub email: String,
    /// What they are.
    pub role: Role,
    /// Since when they are there.
    #[schema(format = DateTime)]
    pub since: String,
    /// Whether their account may do nothing.
    pub suspended: bool,
    /// Whether it is you.
    pub is_you: bool,
}

/// An invitation that nobody has accepted.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct Invitation {
    /// What names it. It accepts nothing.
    #[serde(rename = "ref")]
    #[schema(pattern = "^[0-9a-f]{12}$", example = "5b1f0c9ad2e4")]
    pub reference: String,
    /// To whom it was sent.
    pub email: String,
    /// What they are to be.
    pub role: Role,
    /// When they were invited.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// Until when it may be accepted.
    #[schema(format = DateTime)]
    pub expires_at: String,
}

impl Invitation {
    /// What is said of an invitation.
    pub fn new(
        reference: String,
        (email, role): (&Email, MemberRole),
        (created_at, until): (Timestamp, Timestamp),
    ) -> Self {
        Self {
            reference,
            email: email.as_str().to_owned(),
            role: role.into(),
            created_at: rfc3339(created_at),
            expires_at: rfc3339(until),
        }
    }
}

/// An organisation with whom it consists of.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct OrganisationSeen {
    /// The organisation.
    pub organisation: Organisation,
    /// Its members: all of them, or, for a plain member, those who look after it.
    pub members: Vec<Member>,
    /// Whom it has invited, for whoever may invite.
    pub invitations: Vec<Invitation>,
    /// Whether you may leave: the last owner may not.
    pub may_leave: bool,
}

/// Where somebody is a member now.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct Joined {
    /// What names the organisation.
    #[schema(pattern = "^[0-9a-f]{12}$", example = "5b1f0c9ad2e4")]
    pub organisation: String,
}

/// What a page needs to know of whoever is signed in, to create for them.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct MayCreate {
    /// Whether they may create secrets here.
    pub may_create: bool,
    /// What the header `Sigill-CSRF` says in requests of this session.
    pub csrf: String,
}

/// A switch of the instance.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct Switch {
    /// Its name: `creating`, `creating-networks`, `organisations` or `sign-up`.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// Every switch of the instance.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct Switches {
    /// In the order of their names.
    pub switches: Vec<Switch>,
}
