//! Organisations, their members and whom they have invited, as rows.
//!
//! Whoever changes anything of an organisation holds its row first ([`held`]): what was read after that is
//! still true at the commit, so that two owners who take the role from each other leave one.

use domain::account::{AccountId, Email};
use domain::hashes::KeyedHash;
use domain::organisation::{
    Invitation, MemberRole, Membership, Name, Organisation, OrganisationId,
};
use domain::secret::Row;
use domain::time::Timestamp;

use crate::codec::Columns as _;
use crate::port::{Result, Transaction, View, one};
use crate::rows::{self, Found, Statement, Value};
use crate::sealed::{ColumnSeal, Place};

const ORGANISATIONS: &str = "organisations";
const ORGANISATION: &[&str] = &["id", "name", "created_at", "second_factor"];
const BY_ID: Statement = Statement::find(ORGANISATIONS, ORGANISATION, "WHERE id = ?1");
const LATEST: Statement =
    Statement::find(ORGANISATIONS, ORGANISATION, "ORDER BY created_at DESC, id LIMIT ?1");
const COUNT: Statement = Statement::find(ORGANISATIONS, &["count(*)"], "");
const COUNT_MEMBERS: Statement =
    Statement::find("members", &["count(*)"], "WHERE organisation = ?1");
const OF_ACCOUNT: Statement = Statement::find(
    "organisations JOIN members ON members.organisation = organisations.id",
    &["id", "name", "created_at", "second_factor", "account", "role", "since"],
    "WHERE members.account = ?1 ORDER BY since, id LIMIT 1000",
);
const INSERT: Statement = Statement::insert(ORGANISATIONS, ORGANISATION, "");
const CHANGE: Statement = Statement::change(
    ORGANISATIONS,
    "UPDATE organisations SET name = ?2, second_factor = ?3 WHERE id = ?1",
);
const DELETE: Statement =
    Statement::change(ORGANISATIONS, "DELETE FROM organisations WHERE id = ?1");

const MEMBERS: &str = "members";
const MEMBER: &[&str] = &["organisation", "account", "role", "since"];
const ONE: Statement = Statement::find(MEMBERS, MEMBER, "WHERE organisation = ?1 AND account = ?2");
const ANY_OF: Statement = Statement::find(MEMBERS, MEMBER, "WHERE account = ?1 LIMIT 1");
const ALL_OF: Statement =
    Statement::find(MEMBERS, MEMBER, "WHERE account = ?1 ORDER BY organisation");
const IN_ORGANISATION: Statement =
    Statement::find(MEMBERS, MEMBER, "WHERE organisation = ?1 ORDER BY since, account");
/// Members with the addresses of their accounts. The account comes first: it is the row of what is sealed.
const LISTED: Statement = Statement::find(
    "members JOIN accounts ON accounts.id = members.account",
    &["account", "email", "organisation", "members.role", "since", "suspended_at"],
    "WHERE organisation = ?1 ORDER BY since, account LIMIT 10000",
);
const OTHER_OWNERS: Statement = Statement::find(
    MEMBERS,
    MEMBER,
    "WHERE organisation = ?1 AND role = 1 AND account <> ?2 LIMIT 1",
);
const WITH_ADDRESS: Statement = Statement::find(
    "members JOIN accounts ON accounts.id = members.account",
    &["account"],
    "WHERE organisation = ?1 AND email_hash = ?2",
);
const JOIN: Statement =
    Statement::insert(MEMBERS, MEMBER, "ON CONFLICT (organisation, account) DO NOTHING");
const GIVE_ROLE: Statement = Statement::change(
    MEMBERS,
    "UPDATE members SET role = ?3 WHERE organisation = ?1 AND account = ?2",
);
const LEAVE: Statement =
    Statement::change(MEMBERS, "DELETE FROM members WHERE organisation = ?1 AND account = ?2");
const EMPTY: Statement = Statement::change(MEMBERS, "DELETE FROM members WHERE organisation = ?1");

const INVITATIONS: &str = "invitations";
const INVITATION: &[&str] =
    &["id", "organisation", "email", "role", "invited_by", "created_at", "until", "email_hash"];
const INVITED: Statement = Statement::find(
    INVITATIONS,
    INVITATION,
    "WHERE organisation = ?1 ORDER BY created_at, id LIMIT 10000",
);
const BY_TOKEN: Statement =
    Statement::find(INVITATIONS, INVITATION, "WHERE hash = ?1 AND until > ?2");
const TO_ADDRESS: Statement =
    Statement::find(INVITATIONS, INVITATION, "WHERE organisation = ?1 AND email_hash = ?2");
const INVITE: Statement = Statement::insert(INVITATIONS, INVITATION, "");
const WITHDRAW: Statement =
    Statement::change(INVITATIONS, "DELETE FROM invitations WHERE organisation = ?1 AND id = ?2");
const WITHDRAW_ALL: Statement =
    Statement::change(INVITATIONS, "DELETE FROM invitations WHERE organisation = ?1");
const FORGET_INVITATIONS: Statement = Statement::change(
    INVITATIONS,
    "DELETE FROM invitations WHERE id IN (SELECT id FROM invitations WHERE until <= ?1 LIMIT 1000)",
);

const KEYS: &str = "api_keys";
const KEYS_OF_ORGANISATION: Statement =
    Statement::find(KEYS, &["id"], "WHERE organisation = ?1 AND revoked_at IS NULL ORDER BY id");
const KEYS_OF_MEMBER: Statement = Statement::find(
    KEYS,
    &["id"],
    "WHERE organisation = ?1 AND account = ?2 AND revoked_at IS NULL ORDER BY id",
);
const WAITING: Statement = Statement::find(
    "owned JOIN secrets USING (row)",
    &["row"],
    "WHERE organisation = ?1 AND standing IN (1, 2) AND expires_at > ?2 ORDER BY row LIMIT ?3",
);

/// Up to `limit` organisations, the latest first.
pub async fn latest<V: View>(view: &mut V, limit: u32) -> Result<Vec<OrganisationRow>> {
    let found = view.find(&LATEST, &[i64::from(limit).into()]).await?;
    Ok(found.into_iter().map(OrganisationRow).collect())
}

/// How many organisations there are.
pub async fn count<V: View>(view: &mut V) -> Result<u64> {
    rows::count(view, &COUNT, &[]).await
}

/// How many members one has.
pub async fn count_members<V: View>(view: &mut V, id: OrganisationId) -> Result<u64> {
    rows::count(view, &COUNT_MEMBERS, &[id.get().into()]).await
}

/// An organisation as it lies in the store: its name is still sealed.
#[derive(Clone, Debug)]
pub struct OrganisationRow(Found);

impl OrganisationRow {
    /// Its number.
    pub fn id(&self) -> OrganisationId {
        OrganisationId::new(self.0.id())
    }

    /// Whether its members must have a second factor to act in it.
    pub fn second_factor(&self) -> Result<bool> {
        Ok(self.0.integer("second_factor")? != 0)
    }

    /// Reads it.
    pub fn open(&self, seal: &ColumnSeal) -> Result<Organisation> {
        let found = &self.0;
        let place = Place { table: ORGANISATIONS, row: found.id(), column: "name" };
        let sealed = found.any_bytes("name")?.ok_or_else(|| found.impossible("name"))?;
        let name = Name::parse(&seal.open(place, sealed)?);
        Ok(Organisation {
            id: self.id(),
            name: name.map_err(|_| found.impossible("name"))?,
            created_at: found.time("created_at")?,
            second_factor: self.second_factor()?,
        })
    }
}

/// An organisation that is about to be kept, with its name sealed.
#[derive(Clone, Debug)]
pub struct NewOrganisation {
    id: OrganisationId,
    name: Value,
    created_at: Timestamp,
    second_factor: bool,
}

impl NewOrganisation {
    /// Seals `organisation`.
    pub fn new(organisation: &Organisation, seal: &ColumnSeal) -> Self {
        Self {
            id: organisation.id,
            name: sealed_name(organisation.id, &organisation.name, seal),
            created_at: organisation.created_at,
            second_factor: organisation.second_factor,
        }
    }
}

/// A name that is about to replace another one.
#[derive(Clone, Debug)]
pub struct SealedName(Value);

impl SealedName {
    /// Seals the name of the organisation `id`.
    pub fn new(id: OrganisationId, name: &Name, seal: &ColumnSeal) -> Self {
        Self(sealed_name(id, name, seal))
    }
}

fn sealed_name(id: OrganisationId, name: &Name, seal: &ColumnSeal) -> Value {
    let place = Place { table: ORGANISATIONS, row: id.get(), column: "name" };
    seal.seal(place, name.as_str()).as_slice().into()
}

/// The organisation with this number.
pub async fn find<V: View>(view: &mut V, id: OrganisationId) -> Result<Option<OrganisationRow>> {
    let found = view.find(&BY_ID, &[id.get().into()]).await?;
    Ok(found.into_iter().next().map(OrganisationRow))
}

/// The same, and until the end of the transaction nobody else changes anything of it.
pub async fn held<T: Transaction>(
    tx: &mut T,
    id: OrganisationId,
) -> Result<Option<OrganisationRow>> {
    let found = tx.find(&BY_ID.hold(), &[id.get().into()]).await?;
    Ok(found.into_iter().next().map(OrganisationRow))
}

/// The organisations of an account, and what it is there; a thousand at most.
pub async fn of_account<V: View>(
    view: &mut V,
    account: AccountId,
) -> Result<Vec<(OrganisationRow, Membership)>> {
    let found = view.find(&OF_ACCOUNT, &[account.get().into()]).await?;
    let listed = found.into_iter().map(|found| {
        let organisation = OrganisationId::new(found.id());
        let membership = Membership {
            organisation,
            account: AccountId::new(found.integer("account")?),
            role: role(&found, "role")?,
            since: found.time("since")?,
        };
        Ok((OrganisationRow(found), membership))
    });
    listed.collect()
}

/// Keeps an organisation.
pub async fn insert<T: Transaction>(tx: &mut T, organisation: &NewOrganisation) -> Result<()> {
    let NewOrganisation { id, name, created_at, second_factor } = organisation;
    let values = [
        id.get().into(),
        name.clone(),
        created_at.as_millis().into(),
        i64::from(*second_factor).into(),
    ];
    one(tx, "insert organisation", &INSERT, &values).await
}

/// Changes an organisation that is held: its name, if there is another one, and what it asks of its members.
pub async fn change<T: Transaction>(
    tx: &mut T,
    before: &OrganisationRow,
    name: Option<&SealedName>,
    second_factor: bool,
) -> Result<()> {
    let kept = before.0.any_bytes("name")?.ok_or_else(|| before.0.impossible("name"))?;
    let name = name.map_or_else(|| Value::from(kept), |name| name.0.clone());
    let values = [before.0.id().into(), name, i64::from(second_factor).into()];
    one(tx, "change organisation", &CHANGE, &values).await
}

/// Deletes an organisation, its memberships and its invitations.
pub async fn delete<T: Transaction>(tx: &mut T, id: OrganisationId) -> Result<()> {
    for statement in [&EMPTY, &WITHDRAW_ALL] {
        tx.change(statement, &[id.get().into()]).await?;
    }
    one(tx, "delete organisation", &DELETE, &[id.get().into()]).await
}

const fn column(role: MemberRole) -> i64 {
    match role {
        MemberRole::Owner => 1,
        MemberRole::Administrator => 2,
        MemberRole::Member => 3,
        MemberRole::Auditor => 4,
    }
}

fn role(found: &Found, name: &'static str) -> Result<MemberRole> {
    let number = found.integer(name)?;
    let role = MemberRole::ALL.into_iter().find(|role| column(*role) == number);
    role.ok_or_else(|| found.impossible(name))
}

fn membership(found: &Found) -> Result<Membership> {
    Ok(Membership {
        organisation: OrganisationId::new(found.integer("organisation")?),
        account: AccountId::new(found.integer("account")?),
        role: role(found, "role")?,
        since: found.time("since")?,
    })
}

/// What an account is in an organisation.
pub async fn member<V: View>(
    view: &mut V,
    organisation: OrganisationId,
    account: AccountId,
) -> Result<Option<Membership>> {
    let values = [organisation.get().into(), account.get().into()];
    view.find(&ONE, &values).await?.first().map(membership).transpose()
}

/// Whether an account is a member of any organisation.
pub async fn is_member<V: View>(view: &mut V, account: AccountId) -> Result<bool> {
    Ok(!view.find(&ANY_OF, &[account.get().into()]).await?.is_empty())
}

/// Every place that an account has, in the order in which whoever needs several holds organisations.
pub async fn memberships<V: View>(view: &mut V, account: AccountId) -> Result<Vec<Membership>> {
    view.find(&ALL_OF, &[account.get().into()]).await?.iter().map(membership).collect()
}

/// Every place in an organisation, the oldest first.
pub async fn members<V: View>(
    view: &mut V,
    organisation: OrganisationId,
) -> Result<Vec<Membership>> {
    let found = view.find(&IN_ORGANISATION, &[organisation.get().into()]).await?;
    found.iter().map(membership).collect()
}

/// Whether somebody with the address of this hash is a member, in one look, whoever has an account.
pub async fn has_address<V: View>(
    view: &mut V,
    organisation: OrganisationId,
    email_hash: &KeyedHash,
) -> Result<bool> {
    let values = [organisation.get().into(), email_hash.as_bytes().as_slice().into()];
    Ok(!view.find(&WITH_ADDRESS, &values).await?.is_empty())
}

/// Whether an organisation has an owner beside this account.
pub async fn has_other_owner<V: View>(
    view: &mut V,
    organisation: OrganisationId,
    account: AccountId,
) -> Result<bool> {
    let values = [organisation.get().into(), account.get().into()];
    Ok(!view.find(&OTHER_OWNERS, &values).await?.is_empty())
}

/// A member as it is listed: the address is still sealed.
#[derive(Clone, Debug)]
pub struct MemberRow(Found);

impl MemberRow {
    /// Their place.
    pub fn membership(&self) -> Result<Membership> {
        let found = &self.0;
        Ok(Membership {
            organisation: OrganisationId::new(found.integer("organisation")?),
            account: AccountId::new(found.id()),
            role: role(found, "members.role")?,
            since: found.time("since")?,
        })
    }

    /// Whether their account may do nothing.
    pub fn is_suspended(&self) -> Result<bool> {
        Ok(self.0.nullable("suspended_at")?.is_some())
    }

    /// Their address.
    pub fn email(&self, seal: &ColumnSeal) -> Result<Email> {
        let found = &self.0;
        let place = Place { table: "accounts", row: found.id(), column: "email" };
        let sealed = found.any_bytes("email")?.ok_or_else(|| found.impossible("email"))?;
        Email::parse(&seal.open(place, sealed)?).map_err(|_| found.impossible("email"))
    }
}

/// The members of an organisation, the oldest first.
pub async fn listed<V: View>(view: &mut V, organisation: OrganisationId) -> Result<Vec<MemberRow>> {
    let found = view.find(&LISTED, &[organisation.get().into()]).await?;
    Ok(found.into_iter().map(MemberRow).collect())
}

/// Gives an account a place. Says whether it had none.
pub async fn join<T: Transaction>(tx: &mut T, membership: &Membership) -> Result<bool> {
    let values = [
        membership.organisation.get().into(),
        membership.account.get().into(),
        column(membership.role).into(),
        membership.since.as_millis().into(),
    ];
    Ok(tx.change(&JOIN, &values).await? == 1)
}

/// Gives a member another role.
pub async fn give_role<T: Transaction>(
    tx: &mut T,
    organisation: OrganisationId,
    account: AccountId,
    role: MemberRole,
) -> Result<()> {
    let values = [organisation.get().into(), account.get().into(), column(role).into()];
    one(tx, "change role of member", &GIVE_ROLE, &values).await
}

/// Takes the place of a member away.
pub async fn leave<T: Transaction>(
    tx: &mut T,
    organisation: OrganisationId,
    account: AccountId,
) -> Result<()> {
    let values = [organisation.get().into(), account.get().into()];
    one(tx, "remove member", &LEAVE, &values).await
}

/// An invitation as it lies in the store: the address is still sealed.
#[derive(Clone, Debug)]
pub struct InvitationRow(Found);

impl InvitationRow {
    /// Its number.
    pub fn id(&self) -> i64 {
        self.0.id()
    }

    /// Where.
    pub fn organisation(&self) -> Result<OrganisationId> {
        self.0.integer("organisation").map(OrganisationId::new)
    }

    /// As what.
    pub fn role(&self) -> Result<MemberRole> {
        role(&self.0, "role")
    }

    /// By whom.
    pub fn invited_by(&self) -> Result<AccountId> {
        self.0.integer("invited_by").map(AccountId::new)
    }

    /// The hash of the address that was invited.
    pub fn address(&self) -> Result<KeyedHash> {
        self.0.hash("email_hash")
    }

    /// Reads it.
    pub fn open(&self, seal: &ColumnSeal) -> Result<Invitation> {
        let found = &self.0;
        let place = Place { table: INVITATIONS, row: found.id(), column: "email" };
        let sealed = found.any_bytes("email")?.ok_or_else(|| found.impossible("email"))?;
        let email = Email::parse(&seal.open(place, sealed)?);
        Ok(Invitation {
            id: found.id(),
            organisation: self.organisation()?,
            email: email.map_err(|_| found.impossible("email"))?,
            role: self.role()?,
            invited_by: AccountId::new(found.integer("invited_by")?),
            created_at: found.time("created_at")?,
            until: found.time("until")?,
        })
    }
}

/// An invitation that is about to be kept, with its address sealed.
#[derive(Clone, Debug)]
pub struct NewInvitation {
    organisation: OrganisationId,
    email_hash: KeyedHash,
    values: Vec<Value>,
}

impl NewInvitation {
    /// Seals `invitation`, whose address has this hash.
    pub fn new(invitation: &Invitation, email_hash: KeyedHash, seal: &ColumnSeal) -> Self {
        let place = Place { table: INVITATIONS, row: invitation.id, column: "email" };
        let values = vec![
            invitation.id.into(),
            invitation.organisation.get().into(),
            seal.seal(place, invitation.email.as_str()).as_slice().into(),
            column(invitation.role).into(),
            invitation.invited_by.get().into(),
            invitation.created_at.as_millis().into(),
            invitation.until.as_millis().into(),
            email_hash.as_bytes().as_slice().into(),
        ];
        Self { organisation: invitation.organisation, email_hash, values }
    }
}

/// Keeps an invitation in the place of the one before it. Nothing accepts it before it was mailed.
pub async fn invite<T: Transaction>(tx: &mut T, invitation: &NewInvitation) -> Result<()> {
    let former = invitation_to(tx, invitation.organisation, &invitation.email_hash).await?;
    if let Some(former) = former {
        withdraw(tx, invitation.organisation, former.id()).await?;
    }
    one(tx, "insert invitation", &INVITE, &invitation.values).await
}

/// The invitation that was sent to the address of this hash, even if its time is up.
pub async fn invitation_to<V: View>(
    view: &mut V,
    organisation: OrganisationId,
    email_hash: &KeyedHash,
) -> Result<Option<InvitationRow>> {
    let values = [organisation.get().into(), email_hash.as_bytes().as_slice().into()];
    Ok(view.find(&TO_ADDRESS, &values).await?.into_iter().next().map(InvitationRow))
}

/// The invitation that the token of this hash accepts, while its time is not up.
pub async fn invitation<V: View>(
    view: &mut V,
    token: &KeyedHash,
    now: Timestamp,
) -> Result<Option<InvitationRow>> {
    let values = [token.as_bytes().as_slice().into(), now.as_millis().into()];
    Ok(view.find(&BY_TOKEN, &values).await?.into_iter().next().map(InvitationRow))
}

/// Everybody whom an organisation has invited and who has not accepted, the oldest first.
pub async fn invitations<V: View>(
    view: &mut V,
    organisation: OrganisationId,
) -> Result<Vec<InvitationRow>> {
    let found = view.find(&INVITED, &[organisation.get().into()]).await?;
    Ok(found.into_iter().map(InvitationRow).collect())
}

/// An invitation is worth nothing from here on. Says whether there was one.
pub async fn withdraw<T: Transaction>(
    tx: &mut T,
    organisation: OrganisationId,
    id: i64,
) -> Result<bool> {
    Ok(tx.change(&WITHDRAW, &[organisation.get().into(), id.into()]).await? == 1)
}

/// Forgets invitations whose time is up, a thousand at most.
pub async fn forget_invitations<T: Transaction>(tx: &mut T, now: Timestamp) -> Result<()> {
    tx.change(&FORGET_INVITATIONS, &[now.as_millis().into()]).await.map(drop)
}

/// The API keys of an organisation that are not revoked: its own, and those of its members for it.
pub async fn keys<V: View>(view: &mut V, organisation: OrganisationId) -> Result<Vec<i64>> {
    let found = view.find(&KEYS_OF_ORGANISATION, &[organisation.get().into()]).await?;
    Ok(found.iter().map(Found::id).collect())
}

/// The API keys that a member has for an organisation and that are not revoked.
pub async fn keys_of_member<V: View>(
    view: &mut V,
    organisation: OrganisationId,
    account: AccountId,
) -> Result<Vec<i64>> {
    let values = [organisation.get().into(), account.get().into()];
    Ok(view.find(&KEYS_OF_MEMBER, &values).await?.iter().map(Found::id).collect())
}

/// Up to `limit` secrets of an organisation that could be burned now.
pub async fn waiting<V: View>(
    view: &mut V,
    organisation: OrganisationId,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Row>> {
    let values = [organisation.get().into(), now.as_millis().into(), i64::from(limit).into()];
    let found = view.find(&WAITING, &values).await?;
    Ok(found.iter().map(|found| Row::new(found.id())).collect())
}
