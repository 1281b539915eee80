//! Members: their roles, and how they leave. How they come is in [`crate::invitations`].
//!
//! There is always an owner: that is judged in the transaction that would take the last one away, with the
//! organisation held, so that two owners who take the role from each other at once leave one.

use domain::account::{AccountId, Email};
use domain::audit::Kind as EventKind;
use domain::organisation::{MemberRole, OrganisationId};
use domain::time::Timestamp;
use store::organisations;
use store::port::{Query, Result as StoreResult, Transaction, Unit, View};

use crate::Service;
use crate::ending::{self, By};
use crate::organisations::{Acting, Denied, Need, OrganisationError, Place, permitted};
use crate::references::Named;

/// A member, as others see them.
#[derive(Clone, Debug)]
pub struct Member {
    /// What names them.
    pub reference: String,
    /// Their address.
    pub email: Email,
    /// What they are.
    pub role: MemberRole,
    /// Since when they are there.
    pub since: Timestamp,
    /// Whether their account may do nothing.
    pub suspended: bool,
    /// Whether it is whoever asks.
    pub is_self: bool,
}

impl Service {
    /// Gives a member another role.
    pub async fn give_member_role(
        &self,
        acting: Acting,
        (organisation, member): (&str, &str),
        role: MemberRole,
    ) -> Result<(), OrganisationError> {
        let (id, account) = self.member(acting, organisation, member).await?;
        let now = self.clock.now();
        Ok(self.store.write(GiveRole { acting, id, account, role, now }).await??)
    }

    /// Removes a member. Their keys for the organisation are worth nothing from here on; what they have shared
    /// for it waits on.
    pub async fn remove_member(
        &self,
        acting: Acting,
        (organisation, member): (&str, &str),
    ) -> Result<(), OrganisationError> {
        let (id, account) = self.member(acting, organisation, member).await?;
        let removes = acting.account() != Some(account);
        let now = self.clock.now();
        Ok(self.store.write(Go { acting, id, account, removes, now }).await??)
    }

    /// Leaves an organisation, with the same consequences. It takes no second factor to go.
    pub async fn leave(&self, acting: Acting, organisation: &str) -> Result<(), OrganisationError> {
        let id = self.organisation_id(acting, organisation).await?;
        let account = acting.account().ok_or(Denied::NotAllowed)?;
        let now = self.clock.now();
        Ok(self.store.write(Go { acting, id, account, removes: false, now }).await??)
    }

    /// The member of this name, for somebody who may know of them all.
    async fn member(
        &self,
        acting: Acting,
        organisation: &str,
        member: &str,
    ) -> Result<(OrganisationId, AccountId), OrganisationError> {
        let id = self.organisation_id(acting, organisation).await?;
        let members = self.store.read(Members { acting, id }).await??;
        let account = self.named(Named::Account, member, members, AccountId::get);
        Ok((id, account.ok_or(Denied::Absent)?))
    }
}

struct Members {
    acting: Acting,
    id: OrganisationId,
}

impl Query for Members {
    type Output = Result<Vec<AccountId>, Denied>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        let row = organisations::find(view, self.id).await?;
        permitted!(self.acting.place(view, row, Need::Manage).await?);
        let members = organisations::members(view, self.id).await?;
        Ok(Ok(members.into_iter().map(|member| member.account).collect()))
    }
}

struct GiveRole {
    acting: Acting,
    id: OrganisationId,
    account: AccountId,
    role: MemberRole,
    now: Timestamp,
}

impl Unit for GiveRole {
    type Output = Result<(), Denied>;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Self::Output> {
        let Self { acting, id, account, role, now } = *self;
        let place = permitted!(acting.hold(tx, id, Need::Manage).await?);
        let Some(member) = organisations::member(tx, id, account).await? else {
            return Ok(Err(Denied::Absent));
        };
        if !place.role.may_give(role) || !place.role.may_give(member.role) {
            return Ok(Err(Denied::NotAllowed));
        }
        if member.role == role {
            return Ok(Ok(()));
        }
        let steps_down = member.role == MemberRole::Owner;
        if steps_down && !organisations::has_other_owner(tx, id, account).await? {
            return Ok(Err(Denied::LastOwner));
        }
        organisations::give_role(tx, id, account, role).await?;
        let event = acting.event(now, EventKind::MemberRoleChanged, id);
        tx.record(&event.about(account.get())).await?;
        let by = By { actor: acting.actor(), organisation: Some(id), now };
        ending::of_member(tx, (id, account), Some(role), by).await?;
        Ok(Ok(()))
    }
}

struct Go {
    acting: Acting,
    id: OrganisationId,
    account: AccountId,
    /// Somebody else removes them.
    removes: bool,
    now: Timestamp,
}

impl Unit for Go {
    type Output = Result<(), Denied>;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Self::Output> {
        let Self { acting, id, account, removes, now } = *self;
        let acts = if removes {
            let Place { role, .. } = permitted!(acting.hold(tx, id, Need::Manage).await?);
            Some(role)
        } else {
            organisations::held(tx, id).await?;
            None
        };
        let Some(member) = organisations::member(tx, id, account).await? else {
            return Ok(Err(Denied::Absent));
        };
        if acts.is_some_and(|role| !role.may_give(member.role)) {
            return Ok(Err(Denied::NotAllowed));
        }
        let is_owner = member.role == MemberRole::Owner;
        if is_owner && !organisations::has_other_owner(tx, id, account).await? {
            return Ok(Err(Denied::LastOwner));
        }
        organisations::leave(tx, id, account).await?;
        let kind = if removes { EventKind::MemberRemoved } else { EventKind::MemberLeft };
        tx.record(&acting.event(now, kind, id).about(account.get())).await?;
        let by = By { actor: acting.actor(), organisation: Some(id), now };
        ending::of_member(tx, (id, account), None, by).await?;
        Ok(Ok(()))
    }
}
