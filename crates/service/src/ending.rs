//! What ends when somebody goes: secrets, keys and invitations, each with its event.

use domain::account::AccountId;
use domain::audit::{Actor, Event, Kind as EventKind};
use domain::organisation::{MemberRole, OrganisationId};
use domain::secret::Row;
use domain::time::Timestamp;
use store::api_keys;
use store::organisations::{self, InvitationRow};
use store::port::{Result as StoreResult, Transaction, settle};

/// How many secrets one transaction burns.
pub(crate) const AT_ONCE: u32 = 64;

/// What becomes of secrets that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// They are burned.
    Burn,
    /// They wait on, and expire when they would have.
    Leave,
}

/// Who ends it, where and when.
#[derive(Clone, Copy)]
pub(crate) struct By {
    pub(crate) actor: Actor,
    pub(crate) organisation: Option<OrganisationId>,
    pub(crate) now: Timestamp,
}

impl By {
    const fn event(&self, kind: EventKind) -> Event {
        Event::new(self.now, kind, self.actor).within(self.organisation)
    }
}

/// Burns these secrets as far as they wait. `false`: there may be more of them than were taken at once.
pub(crate) async fn burn<T: Transaction>(tx: &mut T, rows: &[Row], by: By) -> StoreResult<bool> {
    for row in rows {
        let Some(kept) = tx.secret(*row).await? else { continue };
        let Some(after) = kept.secret.burn(by.now) else { continue };
        settle(tx, &kept.secret, &after, by.now).await?;
        tx.record(&by.event(EventKind::Burned).of(*row)).await?;
    }
    Ok(rows.len() < usize::try_from(AT_ONCE).unwrap_or(usize::MAX))
}

/// Makes an API key worth nothing, from the next request on.
pub(crate) async fn revoke<T: Transaction>(tx: &mut T, key: i64, by: By) -> StoreResult<()> {
    if api_keys::revoke(tx, key, by.now).await? {
        tx.record(&by.event(EventKind::KeyRevoked).about(key)).await?;
    }
    Ok(())
}

/// Withdraws an invitation.
pub(crate) async fn withdraw<T: Transaction>(
    tx: &mut T,
    invitation: &InvitationRow,
    by: By,
) -> StoreResult<bool> {
    let id = invitation.id();
    let withdrawn = organisations::withdraw(tx, invitation.organisation()?, id).await?;
    if withdrawn {
        tx.record(&by.event(EventKind::InvitationWithdrawn).about(id)).await?;
    }
    Ok(withdrawn)
}

/// Ends what a member has in an organisation beside their place: the keys that they have for it, and the
/// invitations that they have sent and may not send as what they are `now`.
pub(crate) async fn of_member<T: Transaction>(
    tx: &mut T,
    (id, account): (OrganisationId, AccountId),
    role: Option<MemberRole>,
    by: By,
) -> StoreResult<()> {
    if role.is_none() {
        for key in organisations::keys_of_member(tx, id, account).await? {
            revoke(tx, key, by).await?;
        }
    }
    for invitation in organisations::invitations(tx, id).await? {
        let given = invitation.role()?;
        let may = role.is_some_and(|role| role.may_give(given));
        if invitation.invited_by()? == account && !may {
            withdraw(tx, &invitation, by).await?;
        }
    }
    Ok(())
}
