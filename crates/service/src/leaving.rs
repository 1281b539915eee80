//! Deleting an account: what ends with it, and what does not.
//!
//! Sessions, means of signing in, keys, memberships and notes are gone. What waits is burned or left, as was
//! said. Receipts are capabilities and go on, and so does the trail. The last owner of an organisation and
//! the last administrator of the instance stay until somebody else is one.

use domain::account::{AccountId, Role};
use domain::audit::{Actor, Event, Kind as EventKind};
use domain::organisation::Membership;
use domain::organisation::OrganisationId;
use domain::time::Timestamp;
use store::port::{Query, Result as StoreResult, Transaction, Unit, View};
use store::{StoreError, accounts, leaving, organisations};

use crate::Service;
use crate::ending::{self, By, Waiting};
use crate::organisations::{Denied, OrganisationError};
use crate::people::Person;

impl Service {
    /// Deletes the account of somebody who has just shown once more who they are.
    pub async fn delete_own_account(
        &self,
        person: &Person,
        waiting: Waiting,
    ) -> Result<(), OrganisationError> {
        self.delete_account(person.account.id, waiting, person.actor()).await
    }

    /// Deletes an account, for `actor`.
    pub async fn delete_account(
        &self,
        account: AccountId,
        waiting: Waiting,
        actor: Actor,
    ) -> Result<(), OrganisationError> {
        let delete = Delete { account, waiting, actor, now: self.clock.now() };
        while !self.store.write(delete).await?? {}
        while self.store.write(ForgetOwned(account)).await? {}
        Ok(())
    }

    /// The names of the organisations that would be without an owner if this account were deleted.
    pub async fn sole_owner_of(&self, account: AccountId) -> Result<Vec<String>, StoreError> {
        let rows = self.store.read(SoleOwner(account)).await?;
        let seal = self.store.columns(&*self.entropy).await?;
        rows.iter().map(|row| Ok(row.open(&seal)?.name.as_str().to_owned())).collect()
    }
}

#[derive(Clone, Copy)]
struct Delete {
    account: AccountId,
    waiting: Waiting,
    actor: Actor,
    now: Timestamp,
}

impl Unit for Delete {
    /// Whether it was done, or there is more to burn before.
    type Output = Result<bool, Denied>;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Self::Output> {
        let Self { account, waiting, actor, now } = *self;
        // Two administrators who go at once do not both count on the other.
        accounts::hold_administrators(tx).await?;
        accounts::hold(tx, account).await?;
        let Some(row) = accounts::by_id(tx, account).await? else {
            return Ok(Err(Denied::Absent));
        };
        if row.role()? == Role::Administrator
            && !leaving::has_other_administrator(tx, account).await?
        {
            return Ok(Err(Denied::LastAdministrator));
        }
        let memberships = organisations::memberships(tx, account).await?;
        if is_last_of_any(tx, &memberships).await? {
            return Ok(Err(Denied::LastOwner));
        }
        let by = By { actor, organisation: None, now };
        if waiting == Waiting::Burn {
            let rows = leaving::waiting(tx, account, now, ending::AT_ONCE).await?;
            if !ending::burn(tx, &rows, by).await? {
                return Ok(Ok(false));
            }
        }
        leave_all(tx, &memberships, by).await?;
        for (key, organisation) in leaving::keys(tx, account).await? {
            let organisation = organisation.map(OrganisationId::new);
            ending::revoke(tx, key, By { organisation, ..by }).await?;
        }
        leaving::delete(tx, account).await?;
        tx.record(&Event::new(now, EventKind::AccountDeleted, actor).about(account.get())).await?;
        Ok(Ok(true))
    }
}

/// Whether one of these organisations would have no owner without this member. Holds each of them.
async fn is_last_of_any<T: Transaction>(
    tx: &mut T,
    memberships: &[Membership],
) -> StoreResult<bool> {
    for member in memberships {
        organisations::held(tx, member.organisation).await?;
        if is_last_owner(tx, member.organisation, member.account).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Takes somebody out of every organisation.
async fn leave_all<T: Transaction>(
    tx: &mut T,
    memberships: &[Membership],
    by: By,
) -> StoreResult<()> {
    for member in memberships {
        let (id, account) = (member.organisation, member.account);
        let by = By { organisation: Some(id), ..by };
        ending::of_member(tx, (id, account), None, by).await?;
        organisations::leave(tx, id, account).await?;
        let left = Event::new(by.now, EventKind::MemberLeft, by.actor).about(account.get());
        tx.record(&left.within(Some(id))).await?;
    }
    Ok(())
}

async fn is_last_owner<V: View>(
    view: &mut V,
    id: OrganisationId,
    account: AccountId,
) -> StoreResult<bool> {
    use domain::organisation::MemberRole::Owner;
    let member = organisations::member(view, id, account).await?;
    let owns = member.is_some_and(|member| member.role == Owner);
    Ok(owns && !organisations::has_other_owner(view, id, account).await?)
}

struct SoleOwner(AccountId);

impl Query for SoleOwner {
    type Output = Vec<organisations::OrganisationRow>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        let mut sole = Vec::new();
        for (row, _) in organisations::of_account(view, self.0).await? {
            if is_last_owner(view, row.id(), self.0).await? {
                sole.push(row);
            }
        }
        Ok(sole)
    }
}

struct ForgetOwned(AccountId);

impl Unit for ForgetOwned {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        leaving::forget_owned(tx, self.0).await
    }
}
