//! Organisations: members, of whom one is always an owner, invitations, and the switches of the instance.

use std::time::Duration;

use domain::account::{Account, AccountId, Email, Role};
use domain::entropy::draw;
use domain::hashes::{KeyedHash, Kind};
use domain::organisation::{
    Invitation, MemberRole, Membership, Name, Organisation, OrganisationId,
};

use super::bench::{Bench, NOW};
use super::{Fault, Result, holds};
use crate::accounts::{self, NewAccount};
use crate::organisations::{
    self, InvitationRow, MemberRow, NewInvitation, NewOrganisation, OrganisationRow, SealedName,
};
use crate::port::{Query, Result as StoreResult, Transaction, Unit, View};
use crate::{link_tokens, settings};

fn number(bench: &Bench<'_>) -> i64 {
    i64::from_be_bytes(draw(bench.entropy)) & i64::MAX
}

fn organisation(bench: &Bench<'_>) -> Result<Organisation> {
    let name = Name::parse("Lind & Co").map_err(|_| Fault::Not("that is a name"))?;
    let id = OrganisationId::new(number(bench));
    Ok(Organisation { id, name, created_at: NOW, second_factor: false })
}

fn place(organisation: OrganisationId, account: i64, role: MemberRole) -> Membership {
    Membership { organisation, account: AccountId::new(account), role, since: NOW }
}

enum Step {
    Change(OrganisationId, Option<SealedName>, bool),
    Delete(OrganisationId),
    Found(NewOrganisation),
    Invite(NewInvitation),
    Join(Membership),
    Leave(Membership),
    /// Leaves, unless nobody else is an owner: what a use case does, and may do at any time.
    LeaveToOthers(Membership),
    Promote(Membership),
    Set(&'static str, &'static str),
    Withdraw(OrganisationId, i64),
}

/// Does something, and says whether it was something to do.
struct Do(Step);

impl Unit for Do {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        match &self.0 {
            Step::Change(id, name, second_factor) => {
                let Some(row) = organisations::held(tx, *id).await? else { return Ok(false) };
                organisations::change(tx, &row, name.as_ref(), *second_factor).await?;
            }
            Step::Delete(id) => organisations::delete(tx, *id).await?,
            Step::Found(new) => organisations::insert(tx, new).await?,
            Step::Invite(new) => organisations::invite(tx, new).await?,
            Step::Join(place) => return organisations::join(tx, place).await,
            Step::Leave(place) => {
                organisations::leave(tx, place.organisation, place.account).await?;
            }
            Step::LeaveToOthers(Membership { organisation, account, .. }) => {
                organisations::held(tx, *organisation).await?;
                if !organisations::has_other_owner(tx, *organisation, *account).await? {
                    return Ok(false);
                }
                organisations::leave(tx, *organisation, *account).await?;
            }
            Step::Promote(place) => {
                let Membership { organisation, account, role, .. } = *place;
                organisations::give_role(tx, organisation, account, role).await?;
            }
            Step::Set(name, value) => return settings::set(tx, name, value, NOW).await,
            Step::Withdraw(id, invitation) => {
                return organisations::withdraw(tx, *id, *invitation).await;
            }
        }
        Ok(true)
    }
}

/// Everything that is known about an organisation.
struct Look(OrganisationId);

struct Seen {
    organisation: Option<OrganisationRow>,
    members: Vec<Membership>,
    listed: Vec<MemberRow>,
    invitations: Vec<InvitationRow>,
    switches: Vec<(String, String)>,
}

impl Query for Look {
    type Output = Seen;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Seen> {
        Ok(Seen {
            organisation: organisations::find(view, self.0).await?,
            members: organisations::members(view, self.0).await?,
            listed: organisations::listed(view, self.0).await?,
            invitations: organisations::invitations(view, self.0).await?,
            switches: settings::all(view).await?,
        })
    }
}

async fn found(bench: &Bench<'_>) -> Result<Organisation> {
    let organisation = organisation(bench)?;
    let seal = bench.store.columns(bench.entropy).await?;
    bench.store.write(Do(Step::Found(NewOrganisation::new(&organisation, &seal)))).await?;
    Ok(organisation)
}

pub(super) async fn an_organisation_is_read_as_it_was_kept(bench: &Bench<'_>) -> Result {
    let seal = bench.store.columns(bench.entropy).await?;
    let kept = found(bench).await?;
    let read = async |id| -> Result<Option<Organisation>> {
        let seen = bench.store.read(Look(id)).await?;
        Ok(seen.organisation.map(|row| row.open(&seal)).transpose()?)
    };
    holds(read(kept.id).await?.as_ref() == Some(&kept), "it is read as it was kept")?;
    let name = Name::parse("Lind").map_err(|_| Fault::Not("that is a name"))?;
    let changed = Organisation { name, second_factor: true, ..kept.clone() };
    let sealed = SealedName::new(kept.id, &changed.name, &seal);
    bench.store.write(Do(Step::Change(kept.id, Some(sealed), true))).await?;
    holds(read(kept.id).await?.as_ref() == Some(&changed), "it is changed")?;
    bench.store.write(Do(Step::Change(kept.id, None, false))).await?;
    let same = Organisation { second_factor: false, ..changed };
    holds(read(kept.id).await? == Some(same), "its name stays")?;
    bench.store.write(Do(Step::Join(place(kept.id, 1, MemberRole::Owner)))).await?;
    bench.store.write(Do(Step::Delete(kept.id))).await?;
    let gone = bench.store.read(Look(kept.id)).await?;
    holds(gone.organisation.is_none() && gone.members.is_empty(), "it is gone with its members")?;
    holds(bench.store.write(Do(Step::Delete(kept.id))).await.is_err(), "once")
}

pub(super) async fn a_place_is_taken_once_and_left(bench: &Bench<'_>) -> Result {
    let seal = bench.store.columns(bench.entropy).await?;
    let id = found(bench).await?.id;
    let email = Email::parse("maja@example.org").map_err(|_| Fault::Not("that is an address"))?;
    let account = Account {
        id: AccountId::new(number(bench)),
        email: email.clone(),
        role: Role::Member,
        created_at: NOW,
        suspended_at: None,
    };
    let hash = bench.store.hash(Kind::Address, email.as_str().as_bytes());
    bench.store.write(Open(NewAccount::new(&account, hash, &seal))).await?;
    let member = Membership { account: account.id, ..place(id, 0, MemberRole::Member) };
    holds(bench.store.write(Do(Step::Join(member))).await?, "it is taken")?;
    let again = Membership { role: MemberRole::Owner, ..member };
    holds(!bench.store.write(Do(Step::Join(again))).await?, "once")?;
    let auditor = Membership { role: MemberRole::Auditor, ..member };
    bench.store.write(Do(Step::Promote(auditor))).await?;
    let seen = bench.store.read(Look(id)).await?;
    holds(seen.members == [auditor], "it is the one that was given")?;
    let [listed] = &seen.listed[..] else { return Err(Fault::Not("one is listed")) };
    holds(listed.membership()? == auditor && listed.email(&seal)? == email, "with its address")?;
    bench.store.write(Do(Step::Leave(member))).await?;
    holds(bench.store.read(Look(id)).await?.members.is_empty(), "it is left")?;
    holds(bench.store.write(Do(Step::Leave(member))).await.is_err(), "once")?;
    holds(bench.store.write(Do(Step::Promote(member))).await.is_err(), "and has no role then")
}

struct Open(NewAccount);

impl Unit for Open {
    type Output = ();

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        accounts::insert(tx, &self.0).await.map(drop)
    }
}

pub(super) async fn owners_who_leave_at_once_leave_one(bench: &Bench<'_>) -> Result {
    for _ in 0..8 {
        let id = found(bench).await?.id;
        let owners = [1, 2, 3].map(|account| place(id, account, MemberRole::Owner));
        for owner in owners {
            bench.store.write(Do(Step::Join(owner))).await?;
        }
        let [one, two, three] =
            owners.map(|owner| bench.store.write(Do(Step::LeaveToOthers(owner))));
        let left = tokio::join!(one, two, three);
        let left = [left.0?, left.1?, left.2?].into_iter().filter(|left| *left).count();
        let seen = bench.store.read(Look(id)).await?;
        holds(left == 2 && seen.members.len() == 1, "one of them is still there")?;
    }
    Ok(())
}

pub(super) async fn an_address_has_one_invitation_of_an_organisation(bench: &Bench<'_>) -> Result {
    let seal = bench.store.columns(bench.entropy).await?;
    let (one, other) = (found(bench).await?.id, found(bench).await?.id);
    let email = Email::parse("otto@example.org").map_err(|_| Fault::Not("that is an address"))?;
    let hash = bench.store.hash(Kind::Address, email.as_str().as_bytes());
    let invitation = |organisation, role| Invitation {
        id: number(bench),
        organisation,
        email: email.clone(),
        role,
        invited_by: AccountId::new(1),
        created_at: NOW,
        until: NOW.plus(Duration::from_hours(1)),
    };
    let first = invitation(one, MemberRole::Member);
    let second = invitation(one, MemberRole::Auditor);
    let elsewhere = invitation(other, MemberRole::Member);
    for invitation in [&first, &elsewhere, &second] {
        let new = NewInvitation::new(invitation, hash, &seal);
        bench.store.write(Do(Step::Invite(new))).await?;
    }
    let listed = async |id| -> Result<Vec<Invitation>> {
        let seen = bench.store.read(Look(id)).await?;
        Ok(seen.invitations.iter().map(|row| row.open(&seal)).collect::<StoreResult<_>>()?)
    };
    holds(listed(one).await? == [second.clone()], "the last one counts")?;
    holds(listed(other).await? == [elsewhere.clone()], "and another one's stays")?;
    its_token_works_until_its_time_is_up(bench, (one, &second), &elsewhere).await
}

/// An invitation that was sent is accepted by its token, and by nothing once it is withdrawn.
async fn its_token_works_until_its_time_is_up(
    bench: &Bench<'_>,
    (one, second): (OrganisationId, &Invitation),
    elsewhere: &Invitation,
) -> Result {
    let token = bench.hash(Kind::Invitation);
    let until = second.until;
    let accepted = async |at| -> Result<bool> {
        Ok(bench.store.read(Accepts(token, at)).await?.is_some_and(|row| row.id() == second.id))
    };
    holds(!accepted(NOW).await?, "nothing accepts it before it is sent")?;
    holds(bench.store.write(Sent(second.id, token)).await?, "it is sent")?;
    holds(accepted(NOW).await?, "its token does")?;
    holds(!accepted(until).await?, "until its time is up")?;
    let withdraw = async |id, invitation: &Invitation| {
        bench.store.write(Do(Step::Withdraw(id, invitation.id))).await
    };
    holds(!withdraw(one, elsewhere).await?, "another organisation's stays where it is")?;
    holds(withdraw(one, second).await? && !withdraw(one, second).await?, "it goes once")?;
    holds(!accepted(NOW).await?, "and its token with it")
}

struct Accepts(KeyedHash, domain::Timestamp);

impl Query for Accepts {
    type Output = Option<InvitationRow>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        organisations::invitation(view, &self.0, self.1).await
    }
}

/// An invitation was mailed with the token of this hash.
struct Sent(i64, KeyedHash);

impl Unit for Sent {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        link_tokens::invite(tx, self.0, &self.1, NOW).await
    }
}

pub(super) async fn a_switch_is_set_once(bench: &Bench<'_>) -> Result {
    let set = async |value| bench.store.write(Do(Step::Set("creating", value))).await;
    holds(set("keys").await?, "it is set")?;
    holds(!set("keys").await?, "once")?;
    holds(set("anybody").await?, "and set otherwise")?;
    let seen = bench.store.read(Look(OrganisationId::new(1))).await?;
    holds(
        seen.switches == [("creating".to_owned(), "anybody".to_owned())],
        "it is what was said last",
    )
}
