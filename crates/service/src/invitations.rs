//! Invitations: the one way into an organisation.
//!
//! An invitation goes by mail to one address, and is accepted with the token of that mail, once, by somebody
//! who is signed in with that address, or who makes an account with it. Whoever invites hears the same,
//! whether there is such an account or not (R25): nothing here looks for one.

use domain::account::{Account, AccountId, Email, Role};
use domain::audit::{Actor, Event, Kind as EventKind};
use domain::hashes::{KeyedHash, Kind};
use domain::letter::{Content, Letter};
use domain::organisation::{INVITATION, Invitation, MemberRole, Membership, OrganisationId};
use domain::session::{Method, SessionToken, Stage, TicketToken};
use domain::time::Timestamp;
use store::StoreError;
use store::accounts::{self, AccountRow, NewAccount};
use store::organisations::{self, InvitationRow, NewInvitation, OrganisationRow};
use store::port::{Query, Result as StoreResult, Transaction, Unit, View};

use crate::Service;
use crate::ending::{self, By};
use crate::letters::{self, NewLetter, NotWritten, Queued};
use crate::organisations::{Acting, Denied, Need, OrganisationError, permitted};
use crate::people::Person;
use crate::references::Named;
use crate::sessions::{self, Seat, Started};

pub(crate) type Invited = InvitationRow;

/// An invitation, as those see it who may invite.
#[derive(Clone, Debug)]
pub struct Listed {
    /// What names it.
    pub reference: String,
    /// To whom it goes.
    pub email: Email,
    /// As what.
    pub role: MemberRole,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

/// Whom to invite.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// To whom it goes.
    pub email: &'a Email,
    /// As what.
    pub role: MemberRole,
    /// The tag of the language of the mail.
    pub locale: &'a str,
    /// The network that asks, as bytes that are only hashed.
    pub network: &'a [u8],
}

/// What became of an invitation that somebody has accepted.
#[derive(Clone, Debug)]
pub enum Accepted {
    /// It is for another address than the one that they are signed in with.
    Another,
    /// There is no account with its address, and none may be made.
    Closed,
    /// They are a member.
    Joined {
        /// What names the organisation.
        reference: String,
    },
    /// They are a member, with an account that was made for it, and signed in.
    SignedUp {
        /// What names the organisation.
        reference: String,
        /// What their browser shows from here on.
        token: Token,
    },
    /// There is an account with its address: that is what to sign in with first.
    SignIn,
    /// It was accepted or withdrawn, its time is up, or it never was one.
    Worthless,
}

/// A session's token, on its way to a browser.
#[derive(Clone)]
pub struct Token(std::sync::Arc<SessionToken>);

impl Token {
    /// The token.
    pub fn session(&self) -> &SessionToken {
        &self.0
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(..)")
    }
}

impl Service {
    pub(crate) fn listed(&self, invitation: &Invitation) -> Listed {
        Listed {
            reference: self.name(Named::Invitation, invitation.id),
            email: invitation.email.clone(),
            role: invitation.role,
            created_at: invitation.created_at,
            until: invitation.until,
        }
    }

    /// Invites somebody, in the place of the invitation that they may have already.
    pub async fn invite(
        &self,
        acting: Acting,
        organisation: &str,
        wish: Wish<'_>,
    ) -> Result<Listed, OrganisationError> {
        let Wish { email, role, locale, network } = wish;
        let id = self.organisation_id(acting, organisation).await?;
        let (row, inviter) = self.store.read(Inviting { acting, id, role }).await??;
        let seal = self.store.columns(&*self.entropy).await?;
        let name = row.open(&seal)?.name.as_str().to_owned();
        let created_at = self.clock.now();
        let invitation = Invitation {
            id: self.number(),
            organisation: id,
            email: email.clone(),
            role,
            // Nobody has the number 0: an organisation's own key has invited them.
            invited_by: acting.account().unwrap_or(AccountId::new(0)),
            created_at,
            until: created_at.plus(INVITATION),
        };
        let inviter = inviter.map(|row| row.open(&seal)).transpose()?;
        let inviter = inviter.map_or_else(|| name.clone(), |it| it.email.as_str().to_owned());
        let content = Content::Invitation {
            organisation: name,
            inviter,
            role: role.name().to_owned(),
            until: invitation.until,
        };
        let (to, locale) = (email.clone(), locale.to_owned());
        let (account, subject) = (acting.account(), invitation.id);
        let letter = Letter { content, to, account, subject, locale };
        let letter =
            self.write_letter(letter, Some(network)).await.map_err(|error| match error {
                NotWritten::NoMail => OrganisationError::NoMail,
                NotWritten::Store(error) => OrganisationError::Store(error),
            })?;
        let address = self.address(email);
        let new = NewInvitation::new(&invitation, address, &seal);
        let number = invitation.id;
        let invite = Invite { acting, id, role, address, new, number, letter, now: created_at };
        self.store.write(invite).await??;
        self.letters_come();
        Ok(self.listed(&invitation))
    }

    /// Withdraws an invitation.
    pub async fn withdraw_invitation(
        &self,
        acting: Acting,
        (organisation, invitation): (&str, &str),
    ) -> Result<(), OrganisationError> {
        let id = self.organisation_id(acting, organisation).await?;
        let listed = self.store.read(Sent { acting, id }).await??;
        let found = self.named(Named::Invitation, invitation, &listed, InvitationRow::id);
        let row = found.ok_or(Denied::Absent)?.clone();
        let now = self.clock.now();
        Ok(self.store.write(Withdraw { acting, id, row, now }).await??)
    }

    /// Accepts the invitation that this token was mailed with: as `person`, or as somebody new.
    pub async fn accept_invitation(
        &self,
        token: &TicketToken,
        person: Option<&Person>,
        seat: &Seat,
    ) -> Result<Accepted, StoreError> {
        let hash = self.store.hash(Kind::Invitation, token.secret());
        let now = self.clock.now();
        let Some(row) = self.store.read(Shown { hash, now }).await? else {
            return Ok(Accepted::Worthless);
        };
        let (organisation, invited) = (row.organisation()?, row.id());
        let reference = self.name(Named::Organisation, organisation.get());
        let (who, token) = if let Some(person) = person {
            let (account, address) = (person.account.id, self.address(&person.account.email));
            (Who::Known { account, address }, None)
        } else {
            let seal = self.store.columns(&*self.entropy).await?;
            let email = row.open(&seal)?.email;
            let permitted = self.switches().await?.sign_up.permits(&email, true);
            let id = AccountId::new(self.number());
            let (role, created_at) = (Role::Member, now);
            let account =
                Account { id, email: email.clone(), role, created_at, suspended_at: None };
            let account = NewAccount::new(&account, self.address(&email), &seal);
            // Whoever has the mail may read what goes to its address: no more than a mailed link shows.
            let method = (Stage::Whole, Method::MailedLink);
            let (token, session) = self.beginning(id, method, seat).await?;
            (Who::New { id, account, session, permitted }, Some(token))
        };
        let accept = Accept { hash, organisation, invited, who, now };
        Ok(match self.store.write(accept).await? {
            Entry::Another => Accepted::Another,
            Entry::Closed => Accepted::Closed,
            Entry::SignIn => Accepted::SignIn,
            Entry::Worthless => Accepted::Worthless,
            Entry::In => match token {
                Some(token) => {
                    Accepted::SignedUp { reference, token: Token(std::sync::Arc::new(token)) }
                }
                None => Accepted::Joined { reference },
            },
        })
    }
}

struct Inviting {
    acting: Acting,
    id: OrganisationId,
    role: MemberRole,
}

impl Query for Inviting {
    type Output = Result<(OrganisationRow, Option<AccountRow>), Denied>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        let Self { acting, id, role } = *self;
        let row = organisations::find(view, id).await?;
        let place = permitted!(acting.place(view, row, Need::Manage).await?);
        if !place.role.may_give(role) {
            return Ok(Err(Denied::NotAllowed));
        }
        let inviter = match acting.account() {
            Some(account) => accounts::by_id(view, account).await?,
            None => None,
        };
        Ok(Ok((place.row, inviter)))
    }
}

struct Invite {
    acting: Acting,
    id: OrganisationId,
    role: MemberRole,
    address: KeyedHash,
    new: NewInvitation,
    number: i64,
    letter: NewLetter,
    now: Timestamp,
}

/// How many invitations of one organisation may be open.
const MOST: usize = 1000;

impl Unit for Invite {
    type Output = Result<(), Denied>;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Self::Output> {
        let Self { acting, id, role, address, new, number, letter, now } = self;
        let place = permitted!(acting.hold(tx, *id, Need::Manage).await?);
        if !place.role.may_give(*role) {
            return Ok(Err(Denied::NotAllowed));
        }
        if organisations::has_address(tx, *id, address).await? {
            return Ok(Err(Denied::AlreadyMember));
        }
        if organisations::invitations(tx, *id).await?.len() >= MOST {
            return Ok(Err(Denied::TooMany));
        }
        if let Queued::ComeBack(wait) = letters::queue(tx, letter).await? {
            return Ok(Err(Denied::ComeBack(wait)));
        }
        organisations::invite(tx, new).await?;
        tx.record(&acting.event(*now, EventKind::MemberInvited, *id).about(*number)).await?;
        Ok(Ok(()))
    }
}

struct Sent {
    acting: Acting,
    id: OrganisationId,
}

impl Query for Sent {
    type Output = Result<Vec<InvitationRow>, Denied>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        let row = organisations::find(view, self.id).await?;
        permitted!(self.acting.place(view, row, Need::Manage).await?);
        organisations::invitations(view, self.id).await.map(Ok)
    }
}

struct Withdraw {
    acting: Acting,
    id: OrganisationId,
    row: InvitationRow,
    now: Timestamp,
}

impl Unit for Withdraw {
    type Output = Result<(), Denied>;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Self::Output> {
        let Self { acting, id, row, now } = self;
        permitted!(acting.hold(tx, *id, Need::Manage).await?);
        let by = By { actor: acting.actor(), organisation: Some(*id), now: *now };
        let withdrawn = ending::withdraw(tx, row, by).await?;
        Ok(if withdrawn { Ok(()) } else { Err(Denied::Absent) })
    }
}

struct Shown {
    hash: KeyedHash,
    now: Timestamp,
}

impl Query for Shown {
    type Output = Option<InvitationRow>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        organisations::invitation(view, &self.hash, self.now).await
    }
}

/// Who accepts.
enum Who {
    /// Somebody who is signed in.
    Known { account: AccountId, address: KeyedHash },
    /// Somebody who has the mail and nothing else.
    New { id: AccountId, account: NewAccount, session: Started, permitted: bool },
}

struct Accept {
    hash: KeyedHash,
    organisation: OrganisationId,
    invited: i64,
    who: Who,
    now: Timestamp,
}

enum Entry {
    Another,
    Closed,
    In,
    SignIn,
    Worthless,
}

impl Unit for Accept {
    type Output = Entry;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Entry> {
        let Self { hash, organisation, invited, who, now } = self;
        if organisations::held(tx, *organisation).await?.is_none() {
            return Ok(Entry::Worthless);
        }
        // Read once more now that nobody else changes anything of the organisation.
        let row = organisations::invitation(tx, hash, *now).await?;
        let Some(row) = row.filter(|row| row.id() == *invited) else {
            return Ok(Entry::Worthless);
        };
        let account = match who {
            Who::Known { account, address } => {
                if row.address()? != *address {
                    return Ok(Entry::Another);
                }
                accounts::hold(tx, *account).await?;
                if accounts::by_id(tx, *account).await?.is_none() {
                    return Ok(Entry::Worthless);
                }
                *account
            }
            Who::New { id, account, session, permitted } => {
                if accounts::by_address(tx, &row.address()?).await?.is_some() {
                    return Ok(Entry::SignIn);
                }
                if !permitted {
                    return Ok(Entry::Closed);
                }
                let (_, created) = accounts::insert(tx, account).await?;
                if !created {
                    return Ok(Entry::SignIn);
                }
                let actor = Actor::Account(*id);
                let event = Event::new(*now, EventKind::AccountCreated, actor);
                tx.record(&event.about(id.get())).await?;
                sessions::begin(tx, session).await?;
                *id
            }
        };
        organisations::withdraw(tx, *organisation, *invited).await?;
        let (organisation, role, since) = (*organisation, row.role()?, *now);
        if organisations::join(tx, &Membership { organisation, account, role, since }).await? {
            let event = Event::new(*now, EventKind::MemberJoined, Actor::Account(account));
            tx.record(&event.about(account.get()).within(Some(organisation))).await?;
        }
        Ok(Entry::In)
    }
}
