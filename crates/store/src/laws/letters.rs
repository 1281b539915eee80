//! Letters: rows that any node may send, one at a time; and the places of the tokens that go out in them.

use std::time::Duration;

use domain::account::{Account, AccountId, Email, Role};
use domain::hashes::{KeyedHash, Kind as HashKind};
use domain::letter::{Cause, Content, Kind, Letter, LetterId, Standing};
use domain::time::Timestamp;

use super::bench::{Bench, NOW, together};
use super::{Fault, Result, holds};
use crate::accounts::{self, NewAccount};
use crate::codec::Columns as _;
use crate::letters::{self, LetterRow, NewLetter};
use crate::link_tokens;
use crate::port::{Query, Result as StoreResult, Transaction, Unit, View};
use crate::rows::{Statement, Value};

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
const ID: LetterId = LetterId::new(7);

fn address(text: &str) -> Result<Email> {
    Email::parse(text).map_err(|_| Fault::Not("an address"))
}

fn letter(subject: i64) -> Result<Letter> {
    let text = str::to_owned;
    Ok(Letter {
        content: Content::Invitation {
            organisation: text("Nordwind AB"),
            inviter: text("maja@example.org"),
            role: text("member"),
            until: NOW.plus(DAY),
        },
        to: address("otto@example.org")?,
        account: Some(AccountId::new(3)),
        subject,
        locale: text("sv"),
    })
}

fn hash_of(bench: &Bench<'_>, to: &Email) -> KeyedHash {
    bench.store.hash(HashKind::Address, to.as_str().as_bytes())
}

async fn new(bench: &Bench<'_>, id: LetterId, letter: &Letter) -> Result<NewLetter> {
    let seal = bench.store.columns(bench.entropy).await?;
    let recipient = hash_of(bench, &letter.to);
    Ok(NewLetter::new((id, letter), recipient, (NOW, NOW.plus(DAY)), &seal))
}

/// Keeps a letter in the place of what waits for the same.
struct Keep(NewLetter);

impl Unit for Keep {
    type Output = ();

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        letters::supersede(tx, &self.0).await?;
        letters::insert(tx, &self.0).await
    }
}

#[derive(Clone, Copy)]
enum Step {
    Bury(u32),
    Discard,
    Done(u32),
    Forget(Timestamp),
    Lease(Timestamp),
    PutOff(u32, Timestamp),
    Release,
    Revive(Timestamp),
}

/// Does something with the letter, and says whether it was as it must be for that.
#[derive(Clone, Copy)]
struct Do(Step);

impl Unit for Do {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        match self.0 {
            Step::Bury(attempt) => {
                letters::bury(tx, (ID, attempt), NOW.plus(DAY), Some(Cause::Code(550))).await
            }
            Step::Discard => letters::discard(tx, ID).await,
            Step::Done(attempt) => letters::done(tx, (ID, attempt)).await,
            Step::Forget(now) => letters::forget(tx, now).await.map(|()| true),
            Step::Lease(now) => letters::lease(tx, ID, now, now.plus(MINUTE)).await,
            Step::PutOff(attempt, at) => {
                letters::put_off(tx, (ID, attempt), at, Cause::Line).await.map(|()| true)
            }
            Step::Release => letters::release(tx).await.map(|()| true),
            Step::Revive(now) => letters::revive(tx, ID, now, now.plus(DAY)).await,
        }
    }
}

struct Look(Timestamp);

struct Seen {
    listed: Vec<LetterRow>,
    due: Vec<(LetterId, Kind)>,
    late: usize,
}

impl Query for Look {
    type Output = Seen;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Seen> {
        Ok(Seen {
            listed: letters::listed(view, 10).await?,
            due: letters::due(view, self.0, 10).await?,
            late: letters::late(view, self.0, 10).await?.len(),
        })
    }
}

pub(super) async fn a_letter_is_read_as_it_was_kept(bench: &Bench<'_>) -> Result {
    let (store, sent) = (bench.store, letter(5)?);
    store.write(Keep(new(bench, ID, &sent).await?)).await?;
    let Seen { listed, due, late } = store.read(Look(NOW)).await?;
    holds(due == [(ID, Kind::Invitation)] && late == 0, "it is due at once")?;
    let [row] = &listed[..] else { return Err(Fault::Not("one")) };
    let seal = store.columns(bench.entropy).await?;
    holds(row.open(&seal)? == sent, "to whom, and what it tells")?;
    holds(row.recipient()? == hash_of(bench, &sent.to), "it is found by its address")?;
    let numbers = (row.standing()?, row.attempts()?, row.cause()?, row.until()?);
    holds(numbers == (Standing::Waiting, 0, None, NOW.plus(DAY)), "it waits")?;
    let late = store.read(Look(NOW.plus(DAY))).await?.late;
    holds(late == 1, "it is late when its time is up")
}

pub(super) async fn a_letter_is_one_nodes_at_a_time(bench: &Bench<'_>) -> Result {
    let store = bench.store;
    store.write(Keep(new(bench, ID, &letter(5)?).await?)).await?;
    let at_once = together((0..16).map(|_| store.write(Do(Step::Lease(NOW))))).await;
    let won = at_once.into_iter().collect::<StoreResult<Vec<_>>>()?;
    holds(won.into_iter().filter(|won| *won).count() == 1, "one of many takes it")?;
    holds(store.read(Look(NOW)).await?.due.is_empty(), "it is nobody else's")?;
    let lapsed = NOW.plus(MINUTE);
    holds(store.write(Do(Step::Lease(lapsed))).await?, "until the lease lapses")?;
    store.write(Do(Step::PutOff(1, NOW.plus(DAY)))).await?;
    holds(!store.write(Do(Step::Bury(1))).await?, "whoever has lost it cannot end it")?;
    holds(!store.write(Do(Step::Done(1))).await?, "nor say that it was sent")?;
    it_is_tried_again(bench, lapsed).await
}

/// The second node puts it off, and the letter goes its way.
async fn it_is_tried_again(bench: &Bench<'_>, lapsed: Timestamp) -> Result {
    let store = bench.store;
    store.write(Do(Step::PutOff(2, lapsed.plus(HOUR)))).await?;
    holds(!store.write(Do(Step::Lease(lapsed.plus(MINUTE)))).await?, "it waits for its time")?;
    holds(store.write(Do(Step::Lease(lapsed.plus(HOUR)))).await?, "and is tried again then")?;
    store.write(Do(Step::Release)).await?;
    holds(store.write(Do(Step::Lease(lapsed.plus(HOUR)))).await?, "at once, if nobody is at it")?;
    holds(store.write(Do(Step::Done(4))).await?, "it is sent")?;
    holds(!store.write(Do(Step::Done(4))).await?, "once")?;
    holds(store.read(Look(NOW.plus(DAY))).await?.listed.is_empty(), "and not kept")
}

pub(super) async fn a_dead_letter_is_seen_until_it_is_forgotten(bench: &Bench<'_>) -> Result {
    let store = bench.store;
    store.write(Keep(new(bench, ID, &letter(5)?).await?)).await?;
    holds(!store.write(Do(Step::Revive(NOW))).await?, "what waits is not dead")?;
    holds(!store.write(Do(Step::Discard)).await?, "and not given up")?;
    holds(store.write(Do(Step::Lease(NOW))).await?, "it is tried")?;
    holds(store.write(Do(Step::Bury(1))).await?, "and dies")?;
    let Seen { listed, due, .. } = store.read(Look(NOW.plus(HOUR))).await?;
    holds(due.is_empty(), "nobody tries it any more")?;
    let [row] = &listed[..] else { return Err(Fault::Not("one")) };
    let said = (row.standing()?, row.cause()?);
    holds(said == (Standing::Dead, Some(Cause::Code(550))), "it says why")?;
    holds(store.write(Do(Step::Revive(NOW.plus(HOUR)))).await?, "it is tried again")?;
    holds(store.write(Do(Step::Lease(NOW.plus(HOUR)))).await?, "at once")?;
    holds(store.write(Do(Step::Bury(2))).await?, "and dies again")?;
    store.write(Do(Step::Forget(NOW.plus(DAY).minus(Duration::from_millis(1))))).await?;
    holds(store.read(Look(NOW)).await?.listed.len() == 1, "it is kept for its time")?;
    store.write(Do(Step::Forget(NOW.plus(DAY)))).await?;
    holds(store.read(Look(NOW)).await?.listed.is_empty(), "and forgotten then")
}

pub(super) async fn a_letter_takes_the_place_of_one_for_the_same(bench: &Bench<'_>) -> Result {
    let store = bench.store;
    for (id, subject) in [(1, 5), (2, 6), (3, 5)] {
        let new = new(bench, LetterId::new(id), &letter(subject)?).await?;
        store.write(Keep(new)).await?;
    }
    let mut due: Vec<i64> =
        store.read(Look(NOW)).await?.due.iter().map(|(id, _)| id.get()).collect();
    due.sort_unstable();
    holds(due == [2, 3], "the later one waits, and what is about another thing")
}

const TICKETS: Statement = Statement::find("tickets", &["id", "kind", "hash", "until"], "");
const HASH: Statement = Statement::find("invitations", &["id", "hash"], "WHERE hash IS NOT NULL");
const INVITE: Statement = Statement::insert(
    "invitations",
    &["id", "organisation", "email_hash", "email", "role", "invited_by", "created_at", "until"],
    "",
);
const SUSPEND: Statement = Statement::change("accounts", "UPDATE accounts SET suspended_at = ?1");

enum Issue {
    Invitation(KeyedHash),
    SetUp(AccountId, KeyedHash),
    SignIn(KeyedHash, KeyedHash),
}

/// Puts the hash of a token in its place, for a letter that is sent then.
struct Issued(Issue, Timestamp);

impl Unit for Issued {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        let Self(issue, now) = self;
        match issue {
            Issue::Invitation(hash) => link_tokens::invite(tx, 5, hash, *now).await,
            Issue::SetUp(account, hash) => link_tokens::set_up(tx, 8, *account, hash, *now).await,
            Issue::SignIn(to, hash) => link_tokens::sign_in(tx, 7, to, hash, *now).await,
        }
    }
}

/// Runs a statement as it is, or keeps an account.
enum Prepare {
    Account(NewAccount),
    Run(&'static Statement, Vec<Value>),
}

impl Unit for Prepare {
    type Output = ();

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        match self {
            Self::Account(account) => accounts::insert(tx, account).await.map(drop),
            Self::Run(statement, values) => tx.change(statement, values).await.map(drop),
        }
    }
}

/// The kind, the hash and the end of every ticket, and the hashes of invitations.
struct Tokens;

impl Query for Tokens {
    type Output = (Vec<(i64, KeyedHash, Timestamp)>, Vec<KeyedHash>);

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        let hash = |found: &crate::rows::Found| found.bytes("hash").map(KeyedHash::from_bytes);
        let tickets = view.find(&TICKETS, &[]).await?;
        let invitations = view.find(&HASH, &[]).await?;
        let ticket = |found: &crate::rows::Found| {
            Ok((found.integer("kind")?, hash(found)?, found.time("until")?))
        };
        Ok((
            tickets.iter().map(ticket).collect::<StoreResult<_>>()?,
            invitations.iter().map(hash).collect::<StoreResult<_>>()?,
        ))
    }
}

pub(super) async fn a_fresh_token_ends_the_one_before(bench: &Bench<'_>) -> Result {
    let (store, email) = (bench.store, address("otto@example.org")?);
    let (to, id) = (hash_of(bench, &email), AccountId::new(3));
    let token = || bench.hash(HashKind::Ticket);
    let (first, second, third) = (token(), token(), token());
    let sign_in = |hash, after| store.write(Issued(Issue::SignIn(to, hash), NOW.plus(after)));
    let set_up = |hash| store.write(Issued(Issue::SetUp(id, hash), NOW));
    let nothing = Duration::ZERO;
    holds(!sign_in(first, nothing).await?, "there is nobody who could sign in")?;
    holds(!set_up(first).await?, "nor be set up")?;
    let account = Account { id, email, role: Role::Member, created_at: NOW, suspended_at: None };
    let seal = store.columns(bench.entropy).await?;
    store.write(Prepare::Account(NewAccount::new(&account, to, &seal))).await?;
    holds(sign_in(first, nothing).await? && set_up(third).await?, "now there is")?;
    holds(sign_in(second, HOUR).await?, "and once more")?;
    let mut tickets = store.read(Tokens).await?.0;
    tickets.sort_by_key(|(kind, ..)| *kind);
    let ends = (NOW.plus(DAY), NOW.plus(HOUR).plus(MINUTE.saturating_mul(15)));
    holds(tickets == [(1, third, ends.0), (2, second, ends.1)], "the later link alone works")?;
    store.write(Prepare::Run(&SUSPEND, vec![NOW.as_millis().into()])).await?;
    holds(!sign_in(first, HOUR).await? && !set_up(first).await?, "nobody who is suspended")
}

pub(super) async fn an_invitation_has_a_token_while_it_stands(bench: &Bench<'_>) -> Result {
    let store = bench.store;
    let (first, second) = (bench.hash(HashKind::Invitation), bench.hash(HashKind::Invitation));
    let invite = |hash, after| store.write(Issued(Issue::Invitation(hash), NOW.plus(after)));
    holds(!invite(first, MINUTE).await?, "there is none")?;
    let bytes = Value::from(first.as_bytes().as_slice());
    let until = NOW.plus(HOUR).as_millis().into();
    let now = NOW.as_millis().into();
    let row = vec![5.into(), 1.into(), bytes.clone(), bytes, 3.into(), 3.into(), now, until];
    store.write(Prepare::Run(&INVITE, row)).await?;
    holds(invite(first, MINUTE).await? && invite(second, MINUTE).await?, "it is mailed twice")?;
    holds(store.read(Tokens).await?.1 == [second], "the later link alone works")?;
    holds(!invite(first, HOUR).await?, "not after its time")
}
