//! Accounts, and what an owner notes: rows that both engines keep with the same statements.

use domain::account::{Account, AccountId, Email, Role};
use domain::entropy::draw;
use domain::hashes::{KeyedHash, Kind};
use domain::organisation::OrganisationId;
use domain::owned::Owned;
use domain::secret::Row;

use super::bench::{Bench, NOW};
use super::ring::rotate;
use super::{Fault, Result, holds};
use crate::accounts::{self, AccountRow, NewAccount};
use crate::keys::keyring::Turn;
use crate::owned::{self, ChangedOwned, NewOwned, OwnedRow};
use crate::port::{Query, Result as StoreResult, Transaction, Unit, View};

fn account(bench: &Bench<'_>, email: &str) -> Result<Account> {
    let email = Email::parse(email).map_err(|_| Fault::Not("that is an address"))?;
    let id = AccountId::new(i64::from_be_bytes(draw(bench.entropy)));
    Ok(Account { id, email, role: Role::Member, created_at: NOW, suspended_at: None })
}

fn hash(bench: &Bench<'_>, account: &Account) -> KeyedHash {
    bench.store.hash(Kind::Address, account.email.as_str().as_bytes())
}

struct Join(NewAccount);

impl Unit for Join {
    type Output = (AccountId, bool);

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<(AccountId, bool)> {
        accounts::insert(tx, &self.0).await
    }
}

struct Known(KeyedHash);

impl Query for Known {
    type Output = Option<AccountRow>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Option<AccountRow>> {
        accounts::by_address(view, &self.0).await
    }
}

async fn join(bench: &Bench<'_>, account: &Account) -> Result<(AccountId, bool)> {
    let seal = bench.store.columns(bench.entropy).await?;
    let new = NewAccount::new(account, hash(bench, account), &seal);
    Ok(bench.store.write(Join(new)).await?)
}

async fn read(bench: &Bench<'_>, like: &Account) -> Result<Option<Account>> {
    let seal = bench.store.columns(bench.entropy).await?;
    let found = bench.store.read(Known(hash(bench, like))).await?;
    Ok(found.map(|found| found.open(&seal)).transpose()?)
}

pub(super) async fn an_address_has_one_account(bench: &Bench<'_>) -> Result {
    let first = account(bench, "maja@example.org")?;
    let again = account(bench, "Maja@Example.org")?;
    holds(join(bench, &first).await? == (first.id, true), "the first to come has it")?;
    holds(join(bench, &again).await? == (first.id, false), "nobody else gets it")?;
    holds(read(bench, &again).await? == Some(first), "it is read as it was kept")?;
    let other = account(bench, "otto@example.org")?;
    holds(read(bench, &other).await?.is_none(), "others are not there")
}

enum Note {
    Forget(Row),
    Keep(NewOwned),
    Replace(ChangedOwned),
}

impl Unit for Note {
    type Output = ();

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        match self {
            Self::Forget(row) => owned::forget(tx, *row).await,
            Self::Keep(new) => owned::insert(tx, new).await,
            Self::Replace(changed) => owned::replace(tx, changed).await,
        }
    }
}

struct Of(AccountId, Option<Row>);

impl Query for Of {
    type Output = Vec<OwnedRow>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Vec<OwnedRow>> {
        let listed = owned::of_account(view, self.0, self.1, 2).await?;
        Ok(listed.into_iter().map(|(_, owned)| owned).collect())
    }
}

struct Within(OrganisationId, Option<Row>);

impl Query for Within {
    type Output = Vec<OwnedRow>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Vec<OwnedRow>> {
        let listed = owned::of_organisation(view, self.0, self.1, 2).await?;
        Ok(listed.into_iter().map(|(_, owned)| owned).collect())
    }
}

pub(super) async fn an_owner_finds_what_is_theirs(bench: &Bench<'_>) -> Result {
    let seal = bench.store.columns(bench.entropy).await?;
    let (mine, theirs) = (AccountId::new(1), AccountId::new(2));
    let of = |row, account| Owned {
        row,
        account: Some(account),
        organisation: Some(OrganisationId::new(9)),
        api_key: Some(5),
        memo: Some("for the audit in March".to_owned()),
        recipients: None,
        changed_at: NOW,
    };
    let mut rows = Vec::new();
    for account in [mine, theirs, mine, mine] {
        let row = bench.keep().await?.secret.row;
        bench.store.write(Note::Keep(NewOwned::new(&of(row, account), &seal))).await?;
        rows.push(row);
    }
    let [first, second, third, last] = rows[..] else { return Err(Fault::Not("there are four")) };
    let listed = |found: &[OwnedRow]| found.iter().map(OwnedRow::row).collect::<Vec<_>>();
    let latest = bench.store.read(Of(mine, None)).await?;
    holds(listed(&latest) == [last, third], "the latest come first")?;
    let rest = bench.store.read(Of(mine, Some(third))).await?;
    holds(listed(&rest) == [first], "and the rest behind them")?;
    let organisation = OrganisationId::new(9);
    let latest = bench.store.read(Within(organisation, None)).await?;
    holds(listed(&latest) == [last, third], "an organisation finds its own")?;
    let rest = bench.store.read(Within(organisation, Some(third))).await?;
    holds(listed(&rest) == [second, first], "whoever of it has shared them")?;
    let elsewhere = bench.store.read(Within(OrganisationId::new(8), None)).await?;
    holds(elsewhere.is_empty(), "and no other does")?;
    let changed = Owned { memo: None, ..of(first, mine) };
    bench.store.write(Note::Replace(ChangedOwned::new(&changed, &seal))).await?;
    let read = bench.store.read(Of(mine, Some(third))).await?;
    let read = read.iter().map(|row| row.open(&seal)).collect::<StoreResult<Vec<_>>>()?;
    holds(read == [changed], "a note is replaced")?;
    bench.store.write(Note::Forget(first)).await?;
    holds(bench.store.read(Of(mine, Some(third))).await?.is_empty(), "it is forgotten")
}

pub(super) async fn what_is_sealed_for_people_survives_a_turn(bench: &Bench<'_>) -> Result {
    let maja = account(bench, "maja@example.org")?;
    join(bench, &maja).await?;
    let (old, _) = rotate(bench).await?;
    holds(bench.store.wrap_columns_anew().await?, "the key of the columns is wrapped anew")?;
    holds(!bench.store.wrap_columns_anew().await?, "once")?;
    bench.store.take_up(bench.store.keys().without(old).into(), Turn::AtOnce).await?;
    let read_again = bench.store.columns_anew(bench.entropy).await?;
    let found = bench.store.read(Known(hash(bench, &maja))).await?;
    let found = found.map(|found| found.open(&read_again)).transpose()?;
    holds(found == Some(maja), "it opens without the old key")
}
