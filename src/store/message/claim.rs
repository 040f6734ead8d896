//! Which message a courier takes next, and when the next one is due.

use super::{Row, advance, message_row};
use crate::rows;
use crate::rules::message::{Event, LEASE, ORPHANED, State};
use crate::rules::pace;
use crate::store::row::Cells;
use crate::store::{Failure, Result, Tx, pace as paces};

/// No claim that is still held ends so far in the future, whatever the skew of its holder: it was made by a clock that was wrong.
const FAR: i64 = LEASE + 10 * 60_000;

/// What may need a courier, in the words of its index `message_open`: SQLite takes the index for no others, and without it each
/// turn would read everything that was ever posted.
macro_rules! open {
    () => {
        "(m.state in ('wanted', 'sending', 'doubtful') or m.recheck_at is not null)"
    };
}

/// A reply whose parent was never posted and never will be: it would wait for nothing until its time is over.
macro_rules! orphan {
    () => {
        "(m.state = 'wanted' and m.ts is null and m.broadcast = 0 and m.thread_of <> '' and exists
           (select 1 from message as p where p.workspace = $1 and p.key = m.thread_of
                and p.state = 'dead' and p.ts is null))"
    };
}

/// How many rows one sweep takes on: the rest waits for the next.
macro_rules! sweep {
    () => {
        concat!(
            "select * from message as m
             where workspace = $1 and ",
            open!(),
            " and ($3 = '' or $3 like '%,' || kind || ',%')
               and ((state = 'sending' and (lease_until <= $2 or lease_until > $4))
                  or (state = 'wanted' and ts is null and expires_at <= $2)
                 or ",
            orphan!(),
            ") order by key limit 50"
        )
    };
}

/// A post: its parent is there, what goes before it is there or never will be, and nobody is posting to its place.
/// A reply that the channel sees too can stand alone where its parent never came to be.
macro_rules! unblocked {
    () => {
        "m.workspace = $1 and m.state = 'wanted' and m.ts is null and ($3 = '' or $3 like '%,' || m.kind || ',%')
           and (m.thread_of = '' or exists (select 1 from message as p
                where p.workspace = $1 and p.key = m.thread_of
                  and (p.ts is not null or (p.state = 'dead' and m.broadcast = 1))))
           and (m.after = '' or not exists (select 1 from message as a
                where a.workspace = $1 and a.key = m.after and a.ts is null and a.state <> 'dead'))"
    };
}

macro_rules! posts {
    () => {
        concat!(
            "select * from message as m where ",
            unblocked!(),
            " and m.next_at <= $2 and m.expires_at > $2
              and not exists (select 1 from message as live where live.workspace = $1
                  and live.place = m.place and live.state = 'sending' and live.ts is null
                  and live.lease_until > $2)
              and not exists (select 1 from pace where pace.workspace = $1
                  and pace.what = 'chat.postMessage ' || m.place and pace.free_at > $4
                  and pace.free_at <= $5)
              order by m.class, m.due_at, m.key limit 1"
        )
    };
}

/// The further parts of a document wait for its main part, which settles those that need no edit.
macro_rules! main_first {
    () => {
        " and (m.part = '' or not exists (select 1 from message as main where main.workspace = $1
               and main.key = m.root and main.state in ('wanted', 'sending') and main.ts is not null))"
    };
}

/// The order of kinds is that of `rules::message::edit_rank`; a test holds them together.
macro_rules! edits {
    () => {
        concat!(
            "select * from message as m
             where workspace = $1 and state = 'wanted' and ts is not null and next_at <= $2
               and ($3 = '' or $3 like '%,' || kind || ',%')",
            main_first!(),
            " order by case when kind = 'help' then 0 when kind = 'digest' then 1
                  when kind = 'question' then 2 when kind = 'prompt' then 3 else 4 end,
                  coalesce(last_try_at, 0), key limit 1"
        )
    };
}

/// A reply is looked for in its thread, once that is there or never will be.
macro_rules! has_its_thread {
    () => {
        "(m.thread_of = '' or not exists (select 1 from message as p where p.workspace = $1
               and p.key = m.thread_of and p.ts is null and p.state <> 'dead'))"
    };
}

macro_rules! looks {
    () => {
        concat!(
            "select * from message as m
             where workspace = $1 and ",
            open!(),
            " and ($3 = '' or $3 like '%,' || kind || ',%')
               and ((state = 'doubtful' and next_at <= $2 and ",
            has_its_thread!(),
            ") or (state in ('shown', 'dead') and recheck_at <= $2))
             order by case when state = 'doubtful' then 0 else 1 end, next_at, key limit 1"
        )
    };
}

/// The one statement that differs between the databases: replicas on PostgreSQL pass each other's locked rows.
macro_rules! by_engine {
    ($tx:expr, $text:ident) => {
        if $tx.skip_locked() { concat!($text!(), " for update of m skip locked") } else { $text!() }
    };
}

/// What a worker took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    Post(Row),
    Edit(Row),
    Look(Row),
}

/// Workers share the house: some look at posts first, the others at edits, so that neither waits behind a crowd of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preference {
    Posts,
    Edits,
}

#[derive(Clone, Debug, Default)]
pub struct Claimed {
    pub work: Option<Work>,
    /// Rows that became doubtful, wanted again or dead on the way.
    pub swept: Vec<Row>,
}

/// Sweeps what was left behind, then takes one piece of work if there is one. `kinds` is `,prompt,digest,` or empty for all:
/// what an older binary does not know it leaves alone.
pub async fn claim(tx: &mut Tx, kinds: &str, prefer: Preference) -> Result<Claimed> {
    let mut claimed = Claimed { work: None, swept: sweep(tx, kinds).await? };
    if prefer == Preference::Edits {
        claimed.work = claim_edit(tx, kinds, &mut claimed.swept).await?;
    }
    if claimed.work.is_none() {
        claimed.work = claim_post(tx, kinds, &mut claimed.swept).await?;
    }
    if claimed.work.is_none() && prefer == Preference::Posts {
        claimed.work = claim_edit(tx, kinds, &mut claimed.swept).await?;
    }
    if claimed.work.is_none() {
        claimed.work = claim_look(tx, kinds).await?;
    }
    Ok(claimed)
}

/// A claim that ran out leads to a look, never to a second send; what nobody posted in its time is dead.
async fn sweep(tx: &mut Tx, kinds: &str) -> Result<Vec<Row>> {
    let (workspace, now) = (tx.workspace.clone(), tx.now);
    let sql = by_engine!(tx, sweep);
    let left = rows!(tx, message_row, sql, workspace, now, kinds, now + FAR)?;
    let mut swept = Vec::new();
    for row in left {
        let event = match row.progress.state {
            State::Sending => Event::LeaseExpired,
            _ if row.progress.expires_at <= now => Event::Expired,
            _ => Event::Cancelled(ORPHANED.to_owned()),
        };
        swept.extend(advance(tx, &row, event).await?);
    }
    Ok(swept)
}

async fn claim_post(tx: &mut Tx, kinds: &str, swept: &mut Vec<Row>) -> Result<Option<Work>> {
    let (workspace, now) = (tx.workspace.clone(), tx.now);
    let method = paces::method("chat.postMessage");
    if paces::opens_at(tx, &method).await? > now {
        return Ok(None);
    }
    let sql = by_engine!(tx, posts);
    let open_until = now + pace::ahead(pace::POST_IN_PLACE);
    let farthest = open_until + pace::FARTHEST;
    let found = rows!(tx, message_row, sql, workspace, now, kinds, open_until, farthest)?.pop();
    let Some(row) = found else { return Ok(None) };
    let place = paces::place(&row.place);
    if paces::take(tx, &method).await?.is_err() || paces::take(tx, &place).await?.is_err() {
        return Ok(None);
    }
    // Whoever held the place's pace a moment ago has committed by now, so a claim of another replica shows itself here.
    if lives(tx, &row.place).await? {
        return Err(Failure::Conflict);
    }
    Ok(take(tx, row, swept).await?.map(Work::Post))
}

fn number(row: &impl Cells) -> Result<i64> {
    row.int("n")
}

async fn lives(tx: &mut Tx, place: &str) -> Result<bool> {
    let (workspace, now) = (tx.workspace.clone(), tx.now);
    let sql = "select count(*) as n from message where workspace = $1 and place = $2 and state = 'sending'
               and ts is null and lease_until > $3";
    Ok(rows!(tx, number, sql, workspace, place, now)?.first().is_some_and(|live| *live > 0))
}

async fn claim_edit(tx: &mut Tx, kinds: &str, swept: &mut Vec<Row>) -> Result<Option<Work>> {
    let (workspace, now) = (tx.workspace.clone(), tx.now);
    let method = paces::method("chat.update");
    if paces::opens_at(tx, &method).await? > now {
        return Ok(None);
    }
    let sql = by_engine!(tx, edits);
    let Some(row) = rows!(tx, message_row, sql, workspace, now, kinds)?.pop() else { return Ok(None) };
    if paces::take(tx, &method).await?.is_err() {
        return Ok(None);
    }
    Ok(take(tx, row, swept).await?.map(Work::Edit))
}

/// A row that was tried too often dies here instead of going out once more.
async fn take(tx: &mut Tx, row: Row, swept: &mut Vec<Row>) -> Result<Option<Row>> {
    let row = advance(tx, &row, Event::Claimed).await?.ok_or(Failure::Conflict)?;
    if row.progress.state == State::Sending {
        return Ok(Some(row));
    }
    swept.push(row);
    Ok(None)
}

async fn claim_look(tx: &mut Tx, kinds: &str) -> Result<Option<Work>> {
    let (workspace, now) = (tx.workspace.clone(), tx.now);
    let sql = by_engine!(tx, looks);
    let Some(row) = rows!(tx, message_row, sql, workspace, now, kinds)?.pop() else { return Ok(None) };
    if paces::take(tx, &paces::method(look_method(&row))).await?.is_err() {
        return Ok(None);
    }
    Ok(advance(tx, &row, Event::LookClaimed).await?.map(Work::Look))
}

/// How a message is looked for.
pub fn look_method(row: &Row) -> &'static str {
    if row.thread_of.is_some() { "conversations.replies" } else { "conversations.history" }
}

fn maybe_number(row: &impl Cells) -> Result<Option<i64>> {
    row.maybe_int("n")
}

/// When the courier has something to do again; in the past while other work holds it up. It is one statement, because
/// every worker asks it at every turn, and far more often than there is work.
pub async fn next_due(tx: &mut Tx, kinds: &str) -> Result<Option<i64>> {
    let (workspace, far, farthest) = (tx.workspace.clone(), tx.now + FAR, tx.now + pace::FARTHEST);
    let ahead = |method| pace::ahead(pace::of_method(method));
    let found = rows!(
        tx,
        maybe_number,
        NEXT_DUE,
        workspace,
        far,
        kinds,
        pace::ahead(pace::POST_IN_PLACE),
        ahead("chat.postMessage"),
        ahead("chat.update"),
        ahead("conversations.history"),
        farthest
    )?;
    Ok(found.into_iter().next().flatten())
}

/// The first of each kind of work, put off until its method may be called; a pace that lies too far
/// ahead is not believed, as `rules::pace` has it.
const NEXT_DUE: &str = concat!(
    "select min(case when pace.free_at > due.at + due.ahead and pace.free_at <= $8 + due.ahead
                      then pace.free_at - due.ahead else due.at end) as n from (
         select 'chat.postMessage' as what, cast($5 as bigint) as ahead,
                min(case when pace.free_at > m.next_at + $4 and pace.free_at <= $8 + $4
                         then pace.free_at - $4 else m.next_at end) as at
           from message as m left join pace on pace.workspace = $1
                and pace.what = 'chat.postMessage ' || m.place
          where ",
    unblocked!(),
    "    union all select 'chat.update', $6, min(next_at) from message as m
          where workspace = $1 and state = 'wanted' and ts is not null and ($3 = '' or $3 like '%,' || kind || ',%')",
    main_first!(),
    "    union all select 'conversations.history', $7,
                min(case when state = 'doubtful' then next_at else recheck_at end)
           from message as m
          where workspace = $1 and ",
    open!(),
    "       and ($3 = '' or $3 like '%,' || kind || ',%') and ((state = 'doubtful' and ",
    has_its_thread!(),
    "           ) or (state in ('shown', 'dead') and recheck_at is not null))
         union all select '', 0, min(case when lease_until > $2 then 0 else lease_until end) from message
          where workspace = $1 and state = 'sending' and ($3 = '' or $3 like '%,' || kind || ',%')
         union all select '', 0, min(expires_at) from message
          where workspace = $1 and state = 'wanted' and ts is null and ($3 = '' or $3 like '%,' || kind || ',%')
         union all select '', 0, min(0) from message as m
          where workspace = $1 and ($3 = '' or $3 like '%,' || kind || ',%') and ",
    orphan!(),
    ") as due left join pace on pace.workspace = $1 and pace.what = due.what"
);

#[cfg(test)]
mod tests;
