//! Organisations: who is what there, and what they may do.
//!
//! Whoever acts is judged in one place, [`Acting::place`], in the transaction that does it: by their role as it
//! is then, by the organisation that their key belongs to, by the factors that they have shown. An
//! organisation that somebody has no place in answers like one that does not exist (R60).

use std::time::Duration;

use domain::account::{AccountId, Role};
use domain::audit::{Actor, Event, Kind as EventKind};
use domain::organisation::{MemberRole, Membership, Name, Organisation, OrganisationId};
use domain::switches::Founding;
use domain::time::Timestamp;
use store::organisations::{self, MemberRow, NewOrganisation, OrganisationRow, SealedName};
use store::port::{Query, Result as StoreResult, Transaction, Unit, View};
use store::{StoreError, accounts};

use crate::Service;
use crate::ending;
use crate::invitations::{Invited, Listed};
use crate::members::Member;
use crate::people::{Asker, Person};
use crate::references::Named;

/// How many organisations one account may found.
const MOST: usize = 100;

/// Somebody who acts in organisations, or a program that does so for them.
#[derive(Clone, Copy, Debug)]
pub struct Acting {
    account: Option<AccountId>,
    actor: Actor,
    administrator: bool,
    means: Means,
}

/// With what somebody acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Means {
    /// A key of this organisation, or a person's own key.
    Key(Option<OrganisationId>),
    /// A session.
    Session {
        /// Whether it took two factors to begin it.
        second_factor: bool,
    },
}

impl From<&Person> for Acting {
    fn from(person: &Person) -> Self {
        Self {
            account: Some(person.account.id),
            actor: person.actor(),
            administrator: person.is_administrator(),
            means: Means::Session { second_factor: person.session.method.has_second_factor() },
        }
    }
}

impl From<&Asker> for Acting {
    fn from(asker: &Asker) -> Self {
        match asker {
            Asker::Person(person) => Self::from(person),
            Asker::Key(bearer) => Self {
                account: asker.account(),
                actor: asker.actor(),
                administrator: bearer
                    .account
                    .as_ref()
                    .is_some_and(|account| account.role == Role::Administrator),
                means: Means::Key(bearer.key.owner.organisation()),
            },
        }
    }
}

/// What somebody must be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Read trail and reports.
    Audit,
    /// Be there, in whatever role.
    Belong,
    /// Invite and remove people, make keys, change what the organisation is called and asks for.
    Manage,
    /// Delete the organisation.
    Own,
    /// Share secrets for it.
    Share,
}

impl Need {
    const fn is_met_by(self, role: MemberRole) -> bool {
        match self {
            Self::Audit => role.may_audit(),
            Self::Belong => true,
            Self::Manage => role.may_manage(),
            Self::Own => matches!(role, MemberRole::Owner),
            Self::Share => role.may_share(),
        }
    }
}

/// Why nothing was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// There is no such thing, as far as whoever asks may know.
    #[error("there is no such thing")]
    Absent,
    /// They are a member already.
    #[error("they are a member already")]
    AlreadyMember,
    /// Too many mails were sent; there is room again after this time.
    #[error("too many mails were sent")]
    ComeBack(Duration),
    /// It would leave the instance without an administrator.
    #[error("it would leave the instance without an administrator")]
    LastAdministrator,
    /// It would leave an organisation without an owner.
    #[error("it would leave the organisation without an owner")]
    LastOwner,
    /// Their role does not permit it.
    #[error("their role does not permit it")]
    NotAllowed,
    /// The organisation asks for a second factor, and it was not shown.
    #[error("the organisation asks for a second factor")]
    SecondFactor,
    /// There are as many of them as there may be.
    #[error("there are as many as there may be")]
    TooMany,
}

/// Why nothing was done, or whether it was.
#[derive(Debug, thiserror::Error)]
pub enum OrganisationError {
    /// It was not to be done.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// This instance sends no mail, and it takes one.
    #[error("this instance sends no mail")]
    NoMail,
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a unit finds, and why it does nothing.
pub(crate) type Judged<T> = StoreResult<Result<T, Denied>>;
type Outcome<T> = Result<T, OrganisationError>;

/// Goes on with what was permitted, and out with why it was not.
macro_rules! permitted {
    ($judged:expr) => {
        match $judged {
            Ok(permitted) => permitted,
            Err(denied) => return Ok(Err(denied)),
        }
    };
}
pub(crate) use permitted;

/// An organisation, as somebody in it acts.
pub(crate) struct Place {
    pub(crate) row: OrganisationRow,
    pub(crate) role: MemberRole,
}

impl Acting {
    /// For whom it is.
    pub const fn account(&self) -> Option<AccountId> {
        self.account
    }

    /// Who it is in the trail.
    pub const fn actor(&self) -> Actor {
        self.actor
    }

    /// An event of the organisation, by them.
    pub(crate) const fn event(&self, at: Timestamp, kind: EventKind, id: OrganisationId) -> Event {
        Event::new(at, kind, self.actor).within(Some(id))
    }

    /// What they are in the organisation of `row`, if they may do what `need` says: the one place where this is
    /// judged. A key acts in the organisation that it belongs to and in no other, and never as more than its
    /// owner is there; a person's own key acts wherever that person does, but where a second factor is asked
    /// for: nobody has shown one with it.
    pub(crate) async fn place<V: View>(
        &self,
        view: &mut V,
        row: Option<OrganisationRow>,
        need: Need,
    ) -> Judged<Place> {
        let Some(row) = row else { return Ok(Err(Denied::Absent)) };
        let id = row.id();
        let elsewhere = matches!(self.means, Means::Key(Some(of)) if of != id);
        let role = match (self.account, self.means) {
            (Some(account), _) => {
                let found = organisations::member(view, id, account).await?;
                found.map(|member| member.role)
            }
            // An organisation's own key looks after it, and makes no owners.
            (None, Means::Key(Some(_))) => Some(MemberRole::Administrator),
            (None, Means::Key(None) | Means::Session { .. }) => None,
        };
        let Some(role) = role.filter(|_| !elsewhere) else { return Ok(Err(Denied::Absent)) };
        let shown = match self.means {
            Means::Key(of) => of.is_some(),
            Means::Session { second_factor } => second_factor,
        };
        if row.second_factor()? && !shown {
            return Ok(Err(Denied::SecondFactor));
        }
        if !need.is_met_by(role) {
            return Ok(Err(Denied::NotAllowed));
        }
        Ok(Ok(Place { row, role }))
    }

    /// The same, and nobody else changes anything of the organisation before the end of the transaction.
    pub(crate) async fn hold<T: Transaction>(
        &self,
        tx: &mut T,
        id: OrganisationId,
        need: Need,
    ) -> Judged<Place> {
        let row = organisations::held(tx, id).await?;
        self.place(tx, row, need).await
    }
}

/// An organisation in the list of somebody who is in it.
#[derive(Clone, Debug)]
pub struct ListedOrganisation {
    /// What names it.
    pub reference: String,
    /// What is known about it.
    pub organisation: Organisation,
    /// What they are there.
    pub role: MemberRole,
}

/// An organisation as somebody sees it who is in it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// What they see of it in their list.
    pub listed: ListedOrganisation,
    /// The members that they may know of: all, or those who look after it.
    pub members: Vec<Member>,
    /// Whom it has invited, for whoever may invite.
    pub invitations: Vec<Listed>,
    /// Whether they may go without leaving it to nobody.
    pub may_leave: bool,
}

/// What is to be different. What is not said stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// Another name.
    pub name: Option<Name>,
    /// Whether members must have a second factor.
    pub second_factor: Option<bool>,
}

impl Service {
    /// The organisations that somebody is in, the one that they joined first first.
    pub async fn organisations(&self, acting: Acting) -> Outcome<Vec<ListedOrganisation>> {
        let rows = self.store.read(Mine(acting)).await?;
        let seal = self.store.columns(&*self.entropy).await?;
        let listed = rows.into_iter().map(|(row, role)| {
            let organisation = row.open(&seal)?;
            let reference = self.name(Named::Organisation, organisation.id.get());
            Ok(ListedOrganisation { reference, organisation, role })
        });
        Ok(listed.collect::<StoreResult<_>>()?)
    }

    /// The organisation that somebody means who is in it.
    pub(crate) async fn organisation_id(
        &self,
        acting: Acting,
        reference: &str,
    ) -> Outcome<OrganisationId> {
        let rows = self.store.read(Mine(acting)).await?;
        let ids = rows.iter().map(|(row, _)| row.id());
        let found = self.named(Named::Organisation, reference, ids, OrganisationId::get);
        found.ok_or(OrganisationError::Denied(Denied::Absent))
    }

    /// What `reference` names among these.
    pub(crate) fn named<T: Copy>(
        &self,
        named: Named,
        reference: &str,
        among: impl IntoIterator<Item = T>,
        number: impl Fn(T) -> i64,
    ) -> Option<T> {
        among.into_iter().find(|thing| self.name(named, number(*thing)) == reference)
    }

    /// The organisation of this name, for somebody who may do there what `need` says.
    pub async fn acts_in(
        &self,
        acting: Acting,
        reference: &str,
        need: Need,
    ) -> Outcome<OrganisationId> {
        let id = self.organisation_id(acting, reference).await?;
        let judged = self.store.read(Acts { acting, id, need }).await?;
        Ok(judged.map(|()| id)?)
    }

    /// Whether somebody may make an organisation.
    pub async fn may_found(&self, acting: Acting) -> Outcome<bool> {
        let permitted = match self.switches().await?.organisations {
            Founding::Administrators => acting.administrator,
            Founding::SignedIn => true,
        };
        // A key that is bound to an organisation acts there, and an organisation owns none.
        let is_free = acting.account.is_some() && !matches!(acting.means, Means::Key(Some(_)));
        Ok(permitted && is_free)
    }

    /// Makes an organisation, and whoever asks its owner.
    pub async fn found(&self, acting: Acting, name: Name) -> Outcome<ListedOrganisation> {
        let permitted = self.may_found(acting).await?;
        let owner = acting.account.filter(|_| permitted).ok_or(Denied::NotAllowed)?;
        let created_at = self.clock.now();
        let id = OrganisationId::new(self.number());
        let organisation = Organisation { id, name, created_at, second_factor: false };
        let seal = self.store.columns(&*self.entropy).await?;
        let new = NewOrganisation::new(&organisation, &seal);
        self.store.write(Found { acting, owner, id, new, now: created_at }).await??;
        let reference = self.name(Named::Organisation, id.get());
        Ok(ListedOrganisation { reference, organisation, role: MemberRole::Owner })
    }

    /// An organisation, as somebody sees it who is in it.
    pub async fn organisation(&self, acting: Acting, reference: &str) -> Outcome<Seen> {
        let id = self.organisation_id(acting, reference).await?;
        let looked = self.store.read(Look { acting, id }).await??;
        let seal = self.store.columns(&*self.entropy).await?;
        let (role, organisation) = (looked.place.role, looked.place.row.open(&seal)?);
        let mut members = Vec::new();
        for row in looked.members {
            let Membership { account, role: theirs, since, .. } = row.membership()?;
            let is_self = Some(account) == acting.account;
            // Whoever only shares knows whom to ask, and not who else is there.
            if role == MemberRole::Member && !is_self && !theirs.may_manage() {
                continue;
            }
            members.push(Member {
                reference: self.name(Named::Account, account.get()),
                email: row.email(&seal)?,
                role: theirs,
                since,
                suspended: row.is_suspended()?,
                is_self,
            });
        }
        let invited = looked.invitations.iter().map(|row| Ok(self.listed(&row.open(&seal)?)));
        Ok(Seen {
            listed: ListedOrganisation { reference: reference.to_owned(), organisation, role },
            members,
            invitations: invited.collect::<StoreResult<_>>()?,
            may_leave: looked.may_leave,
        })
    }

    /// Changes an organisation. Whoever asks its members for a second factor has shown one.
    pub async fn change_organisation(
        &self,
        acting: Acting,
        reference: &str,
        change: Change,
    ) -> Outcome<()> {
        let id = self.organisation_id(acting, reference).await?;
        let seal = self.store.columns(&*self.entropy).await?;
        let name = change.name.map(|name| (SealedName::new(id, &name, &seal), name));
        let second_factor = change.second_factor;
        let now = self.clock.now();
        let unit = ChangeIt { acting, id, name, seal, second_factor, now };
        Ok(self.store.write(unit).await??)
    }

    /// Deletes an organisation: its members are free of it, its keys and invitations are worth nothing, and what
    /// waits in it is burned or left to expire.
    pub async fn delete_organisation(
        &self,
        acting: Acting,
        reference: &str,
        waiting: ending::Waiting,
    ) -> Outcome<()> {
        let id = self.organisation_id(acting, reference).await?;
        let delete = Delete { acting, id, waiting, now: self.clock.now() };
        while !self.store.write(delete).await?? {}
        Ok(())
    }
}

struct Mine(Acting);

impl Query for Mine {
    type Output = Vec<(OrganisationRow, MemberRole)>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        let Self(acting) = self;
        match (acting.account, acting.means) {
            (Some(account), means) => {
                let rows = organisations::of_account(view, account).await?;
                let here = |id| !matches!(means, Means::Key(Some(of)) if of != id);
                let rows = rows.into_iter().filter(|(row, _)| here(row.id()));
                Ok(rows.map(|(row, member)| (row, member.role)).collect())
            }
            (None, Means::Key(Some(id))) => {
                let row = organisations::find(view, id).await?;
                Ok(row.map(|row| (row, MemberRole::Administrator)).into_iter().collect())
            }
            (None, Means::Key(None) | Means::Session { .. }) => Ok(Vec::new()),
        }
    }
}

struct Acts {
    acting: Acting,
    id: OrganisationId,
    need: Need,
}

impl Query for Acts {
    type Output = Result<(), Denied>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        let row = organisations::find(view, self.id).await?;
        Ok(self.acting.place(view, row, self.need).await?.map(drop))
    }
}

struct Found {
    acting: Acting,
    owner: AccountId,
    id: OrganisationId,
    new: NewOrganisation,
    now: Timestamp,
}

impl Unit for Found {
    type Output = Result<(), Denied>;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Self::Output> {
        let Self { acting, owner, id, new, now } = self;
        accounts::hold(tx, *owner).await?;
        if accounts::by_id(tx, *owner).await?.is_none() {
            return Ok(Err(Denied::NotAllowed));
        }
        if organisations::memberships(tx, *owner).await?.len() >= MOST {
            return Ok(Err(Denied::TooMany));
        }
        organisations::insert(tx, new).await?;
        let (organisation, account, since) = (*id, *owner, *now);
        let owner = Membership { organisation, account, role: MemberRole::Owner, since };
        organisations::join(tx, &owner).await?;
        let event = acting.event(*now, EventKind::OrganisationCreated, *id);
        tx.record(&event.about(id.get())).await?;
        Ok(Ok(()))
    }
}

struct Look {
    acting: Acting,
    id: OrganisationId,
}

struct Looked {
    place: Place,
    members: Vec<MemberRow>,
    invitations: Vec<Invited>,
    may_leave: bool,
}

impl Query for Look {
    type Output = Result<Looked, Denied>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        let Self { acting, id } = *self;
        let row = organisations::find(view, id).await?;
        let place = permitted!(acting.place(view, row, Need::Belong).await?);
        let members = organisations::listed(view, id).await?;
        let invitations = if place.role.may_manage() {
            organisations::invitations(view, id).await?
        } else {
            Vec::new()
        };
        let may_leave = match acting.account {
            Some(account) if place.role == MemberRole::Owner => {
                organisations::has_other_owner(view, id, account).await?
            }
            Some(_) => true,
            None => false,
        };
        Ok(Ok(Looked { place, members, invitations, may_leave }))
    }
}

struct ChangeIt {
    acting: Acting,
    id: OrganisationId,
    name: Option<(SealedName, Name)>,
    seal: std::sync::Arc<store::sealed::ColumnSeal>,
    second_factor: Option<bool>,
    now: Timestamp,
}

impl Unit for ChangeIt {
    type Output = Result<(), Denied>;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Self::Output> {
        let Self { acting, id, name, seal, second_factor, now } = self;
        let Place { row, .. } = permitted!(acting.hold(tx, *id, Need::Manage).await?);
        let before = row.open(seal)?;
        let second_factor = second_factor.unwrap_or(before.second_factor);
        let with_one = matches!(acting.means, Means::Session { second_factor: true });
        if second_factor && !before.second_factor && !with_one {
            return Ok(Err(Denied::SecondFactor));
        }
        let name = name.as_ref().filter(|(_, name)| *name != before.name).map(|(sealed, _)| sealed);
        if name.is_some() || second_factor != before.second_factor {
            organisations::change(tx, &row, name, second_factor).await?;
            let event = acting.event(*now, EventKind::OrganisationChanged, *id);
            tx.record(&event.about(id.get())).await?;
        }
        Ok(Ok(()))
    }
}

#[derive(Clone, Copy)]
struct Delete {
    acting: Acting,
    id: OrganisationId,
    waiting: ending::Waiting,
    now: Timestamp,
}

impl Unit for Delete {
    /// Whether it was done, or there is more to burn before.
    type Output = Result<bool, Denied>;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Self::Output> {
        let Self { acting, id, waiting, now } = *self;
        permitted!(acting.hold(tx, id, Need::Own).await?);
        let by = ending::By { actor: acting.actor, organisation: Some(id), now };
        if waiting == ending::Waiting::Burn {
            let rows = organisations::waiting(tx, id, now, ending::AT_ONCE).await?;
            if !ending::burn(tx, &rows, by).await? {
                return Ok(Ok(false));
            }
        }
        for key in organisations::keys(tx, id).await? {
            ending::revoke(tx, key, by).await?;
        }
        for invitation in organisations::invitations(tx, id).await? {
            ending::withdraw(tx, &invitation, by).await?;
        }
        organisations::delete(tx, id).await?;
        let event = acting.event(now, EventKind::OrganisationDeleted, id);
        tx.record(&event.about(id.get())).await?;
        Ok(Ok(true))
    }
}
