//! Mails: rows that say that a link is under way, who knows it, and how many were sent.

use std::time::Duration;

use domain::account::{AccountId, Email};
use domain::hashes::Kind;
use domain::mail::{Mail, Node, Standing};
use domain::secret::Row;
use domain::time::Timestamp;

use super::bench::{Bench, NOW, together};
use super::{Fault, Result, holds};
use crate::mails::{self, MailRow, NewMail};
use crate::port::{Ahead, Query, Result as StoreResult, Transaction, Unit, View};

const HERE: Node = Node(7);
const ELSEWHERE: Node = Node(8);
const HOUR: Duration = Duration::from_hours(1);
const MINUTE: Duration = Duration::from_mins(1);

fn mail(row: i64, minutes: u64) -> Result<Mail> {
    let recipient = Email::parse("otto@example.org").map_err(|_| Fault::Not("an address"))?;
    let created_at = NOW.plus(Duration::from_mins(minutes));
    Ok(Mail {
        row: Row::new(row),
        account: AccountId::new(1),
        recipient,
        standing: Standing::Waiting,
        attempts: 0,
        created_at,
        node: HERE,
        leased_until: created_at.plus(HOUR),
        until: created_at.plus(Duration::from_hours(24)),
    })
}

async fn new(bench: &Bench<'_>, mail: &Mail) -> Result<NewMail> {
    let seal = bench.store.columns(bench.entropy).await?;
    let hash = bench.store.hash(Kind::Address, mail.recipient.as_str().as_bytes());
    Ok(NewMail::new(mail, hash, &seal))
}

struct Keep(NewMail);

impl Unit for Keep {
    type Output = (Option<Duration>, Option<Duration>);

    /// How long its sender and its recipient would have to wait for it, where two an hour are allowed.
    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Self::Output> {
        let sender = self.0.wait_of_sender(tx, 2, HOUR).await?;
        let recipient = self.0.wait_of_recipient(tx, 2, HOUR).await?;
        mails::insert(tx, &self.0).await?;
        Ok((sender, recipient))
    }
}

#[derive(Clone, Copy)]
enum Step {
    Attempt(Node),
    End(Standing),
    Forget(Timestamp),
    Renew(Timestamp),
}

/// Does something with the mail in row 1, and says whether it was under way.
struct Do(Step);

impl Unit for Do {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        let row = Row::new(1);
        match self.0 {
            Step::Attempt(node) => mails::attempt(tx, row, node, NOW.plus(HOUR)).await,
            Step::End(standing) => mails::end(tx, row, standing).await,
            Step::Forget(now) => mails::forget(tx, now).await.map(|()| true),
            Step::Renew(until) => mails::renew(tx, row, HERE, until).await.map(|()| true),
        }
    }
}

struct Look;

impl Query for Look {
    type Output = Option<MailRow>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Option<MailRow>> {
        mails::find(view, Row::new(1)).await
    }
}

struct Strays(Timestamp, Node);

impl Query for Strays {
    type Output = (Vec<Row>, Vec<Row>);

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        let lapsed = mails::strays(view, self.0, 10).await?;
        Ok((lapsed, mails::strays_of_others(view, self.1, 10).await?))
    }
}

/// The mail in row 1.
async fn read(bench: &Bench<'_>) -> Result<Option<Mail>> {
    let seal = bench.store.columns(bench.entropy).await?;
    let found = bench.store.read(Look).await?;
    Ok(found.map(|found| found.open(&seal)).transpose()?)
}

pub(super) async fn a_mail_is_under_way_until_it_ends(bench: &Bench<'_>) -> Result {
    let (store, first) = (bench.store, mail(1, 0)?);
    store.write(Keep(new(bench, &first).await?)).await?;
    holds(read(bench).await? == Some(first.clone()), "it is read as it was kept")?;
    holds(!store.write(Do(Step::Attempt(ELSEWHERE))).await?, "nobody else knows its link")?;
    holds(store.write(Do(Step::Attempt(HERE))).await?, "whoever knows it tries")?;
    let tried = Mail { attempts: 1, ..first };
    holds(read(bench).await? == Some(tried.clone()), "that is counted")?;
    holds(store.write(Do(Step::End(Standing::Sent))).await?, "it is sent")?;
    holds(!store.write(Do(Step::End(Standing::Failed))).await?, "once")?;
    holds(!store.write(Do(Step::Attempt(HERE))).await?, "and not tried again")?;
    let sent = Mail { standing: Standing::Sent, ..tried };
    holds(read(bench).await? == Some(sent), "the first word counts")
}

pub(super) async fn a_mail_is_forgotten_when_its_time_is_up(bench: &Bench<'_>) -> Result {
    let (store, first) = (bench.store, mail(1, 0)?);
    store.write(Keep(new(bench, &first).await?)).await?;
    store.write(Do(Step::Forget(first.until.minus(Duration::from_millis(1))))).await?;
    holds(read(bench).await?.is_some(), "it is kept for its time")?;
    store.write(Do(Step::Forget(first.until))).await?;
    holds(read(bench).await?.is_none(), "and forgotten then")
}

pub(super) async fn a_mail_whose_link_nobody_knows_is_found(bench: &Bench<'_>) -> Result {
    let (store, row) = (bench.store, vec![Row::new(1)]);
    store.write(Keep(new(bench, &mail(1, 0)?).await?)).await?;
    let at = async |after| store.read(Strays(NOW.plus(after), HERE)).await;
    let soon = HOUR.saturating_sub(MINUTE);
    holds(at(soon).await? == (vec![], vec![]), "its node has said that it runs")?;
    holds(at(HOUR).await? == (row.clone(), vec![]), "and must say so again")?;
    store.write(Do(Step::Renew(NOW.plus(HOUR).plus(MINUTE)))).await?;
    holds(at(HOUR).await? == (vec![], vec![]), "which it did")?;
    let others = store.read(Strays(NOW, ELSEWHERE)).await?;
    holds(others == (vec![], row), "another start knows no link of this one")?;
    store.write(Do(Step::End(Standing::Failed))).await?;
    let over = store.read(Strays(NOW.plus(HOUR.saturating_mul(2)), ELSEWHERE)).await?;
    holds(over == (vec![], vec![]), "what has ended is not under way")
}

pub(super) async fn mails_are_counted_by_sender_and_recipient(bench: &Bench<'_>) -> Result {
    let keep = async |mail: Mail| -> Result<(Option<Duration>, Option<Duration>)> {
        Ok(bench.store.write(Keep(new(bench, &mail).await?)).await?)
    };
    holds(keep(mail(1, 0)?).await? == (None, None), "the first")?;
    holds(keep(mail(2, 10)?).await? == (None, None), "the second")?;
    let (wait, others) = (Some(Duration::from_mins(40)), AccountId::new(2));
    holds(keep(mail(3, 20)?).await? == (wait, wait), "the third waits for the first")?;
    let foreign = Mail { account: others, ..mail(4, 65)? };
    let wait = Some(Duration::from_mins(5));
    holds(keep(foreign).await? == (None, wait), "a recipient is spared whoever sends")?;
    let recipient = Email::parse("maja@example.org").map_err(|_| Fault::Not("an address"))?;
    let elsewhere = Mail { recipient, ..mail(5, 65)? };
    holds(keep(elsewhere).await? == (wait, None), "a sender waits whoever gets it")?;
    holds(keep(mail(6, 200)?).await? == (None, None), "an hour later there is room")
}

/// Keeps a mail if its recipient has not got enough in this hour.
struct Spare(NewMail, u32);

impl Unit for Spare {
    type Output = bool;

    fn ahead(&self) -> Ahead {
        Ahead { counted: self.0.counted(), ..Ahead::default() }
    }

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        mails::hold(tx, &self.0).await?;
        let free = self.0.wait_of_recipient(tx, self.1, HOUR).await?.is_none();
        if free {
            mails::insert(tx, &self.0).await?;
        }
        Ok(free)
    }
}

pub(super) async fn a_recipient_is_spared_however_many_send_at_once(bench: &Bench<'_>) -> Result {
    let most = 5;
    let mut units = Vec::new();
    for (row, sender) in (1..=40).zip(100..) {
        let mail = Mail { account: AccountId::new(sender), ..mail(row, 0)? };
        units.push(Spare(new(bench, &mail).await?, most));
    }
    let mut kept = 0_u32;
    for done in together(units.into_iter().map(|unit| bench.store.write(unit))).await {
        kept = kept.saturating_add(u32::from(done?));
    }
    holds(kept == most, "so many, whoever sends them")
}
