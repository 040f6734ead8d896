//! Messages that went wrong: what is to be told of them, and how an operator brings them back.

use super::{NewMessage, Row, advance, find, get, message_row};
use crate::rules::id::{MessageKey, TeamId, UserId};
use crate::rules::message::{DELETED, Event, ORPHANED, State, may_go_again};
use crate::store::row::Cells;
use crate::store::{Result, Tx};
use crate::{rows, run};

/// For so long after a restore, messages about what was going on before it are looked for before they are posted.
const RESTORED_FOR: i64 = 7 * 24 * 3600 * 1000;

/// What an operator should look at, latest first.
pub async fn dead(tx: &mut Tx) -> Result<Vec<Row>> {
    let workspace = tx.workspace.clone();
    let sql = "select * from message where workspace = $1 and state = 'dead' order by due_at desc, key";
    rows!(tx, message_row, sql, workspace)
}

/// What became of an operator's wish to send a message again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Retry {
    /// It goes out again, and so many replies in its thread that died with it.
    Again {
        key: MessageKey,
        replies: u64,
    },
    /// It may have been posted: it is looked for first.
    Looked {
        key: MessageKey,
        replies: u64,
    },
    Unknown,
    NotDead(State),
    /// Its time is over: now it would come at a wrong hour.
    TooLate,
    /// A person removed it from Slack: there is nothing to edit, and it is not posted twice.
    Removed,
}

/// An operator wants a dead one after all. `all`: without having named it.
pub async fn retry(tx: &mut Tx, key: &MessageKey, all: bool) -> Result<Retry> {
    let Some(row) = find(tx, key).await? else { return Ok(Retry::Unknown) };
    if row.progress.state != State::Dead {
        return Ok(Retry::NotDead(row.progress.state));
    }
    if row.progress.last_error == DELETED {
        return Ok(Retry::Removed);
    }
    if !may_go_again(&row.kind, row.posted().is_some(), row.progress.expires_at, all, tx.now) {
        return Ok(Retry::TooLate);
    }
    // Whoever took it for a last look meanwhile is only looked at again.
    let Some(after) = advance(tx, &row, Event::Retried).await? else { return Ok(Retry::NotDead(State::Sending)) };
    forget_trouble(tx, key).await?;
    let replies = if row.posted().is_none() { retry_replies(tx, key).await? } else { 0 };
    let key = key.clone();
    Ok(match after.progress.state {
        State::Doubtful => Retry::Looked { key, replies },
        _ => Retry::Again { key, replies },
    })
}

async fn retry_replies(tx: &mut Tx, parent: &MessageKey) -> Result<u64> {
    let workspace = tx.workspace.clone();
    let sql = "select * from message where workspace = $1 and thread_of = $2 and state = 'dead' and last_error = $3 order by key";
    let mut again = 0;
    for reply in rows!(tx, message_row, sql, workspace, parent.as_str(), ORPHANED)? {
        if advance(tx, &reply, Event::Retried).await?.is_some() {
            forget_trouble(tx, &reply.key).await?;
            again += 1;
        }
    }
    Ok(again)
}

/// Should it die again, it is told of again.
async fn forget_trouble(tx: &mut Tx, key: &MessageKey) -> Result<()> {
    let workspace = tx.workspace.clone();
    run!(tx, "update message set trouble = '' where workspace = $1 and key = $2", workspace, key.as_str())?;
    Ok(())
}

/// After a restore: whatever may have been posted since then is looked for in Slack before it is sent; what is there
/// already, and what is made of the same shifts from now on.
pub async fn doubt(tx: &mut Tx, since: i64) -> Result<u64> {
    let (workspace, now) = (tx.workspace.clone(), tx.now);
    run!(
        tx,
        "insert into restored (workspace, since_at, until_at) values ($1, $2, $3) on conflict (workspace) do update
         set since_at = case when restored.since_at < excluded.since_at then restored.since_at else excluded.since_at end,
             until_at = excluded.until_at",
        &workspace,
        since,
        now
    )?;
    let sql =
        "select * from message where workspace = $1 and state = 'wanted' and ts is null and due_at <= $2 order by key";
    let mut doubted = 0;
    for row in rows!(tx, message_row, sql, workspace, now)? {
        doubted += u64::from(advance(tx, &row, Event::Doubted { since }).await?.is_some());
    }
    Ok(doubted)
}

fn span(row: &impl Cells) -> Result<(i64, i64)> {
    Ok((row.int("since_at")?, row.int("until_at")?))
}

fn number(row: &impl Cells) -> Result<i64> {
    row.int("n")
}

/// A message that is wanted after a restore may stand in Slack already, because keys are derived from what things are.
pub(super) async fn doubt_if_restored(tx: &mut Tx, new: &NewMessage) -> Result<()> {
    let (workspace, after) = (tx.workspace.clone(), tx.now - RESTORED_FOR);
    let sql = "select since_at, until_at from restored where workspace = $1 and until_at > $2";
    let Some((since, until)) = rows!(tx, span, sql, workspace, after)?.pop() else { return Ok(()) };
    let fresh = matches!(
        new.kind.as_str(),
        "prompt"
            | "prompt again"
            | "reminder"
            | "question"
            | "digest"
            | "help"
            | "help first"
            | "quick"
            | "log"
            | "tell"
    );
    if fresh && !began_before(tx, &new.subject, until).await? {
        return Ok(());
    }
    let row = get(tx, &new.key).await?;
    advance(tx, &row, Event::Doubted { since }).await.map(|_| ())
}

/// Whether a check-in, a huddle, a stuck or what happened to it belongs to a shift that began before an instant.
async fn began_before(tx: &mut Tx, subject: &str, at: i64) -> Result<bool> {
    let workspace = tx.workspace.clone();
    let sql = "select count(*) as n from check_in c where c.workspace = $1 and c.starts_at <= $3
         and (c.id = $2 or c.huddle = $2 or exists (select 1 from stuck s
             where s.workspace = $1 and s.check_in = c.id and (s.id = $2
                 or exists (select 1 from journal j
                     where j.workspace = $1 and j.subject = s.id and j.id = $2))))";
    Ok(rows!(tx, number, sql, workspace, subject, at)?.first().is_some_and(|found| *found > 0))
}

/// Dead ones that nobody has looked over yet.
pub async fn unlooked(tx: &mut Tx) -> Result<Vec<Row>> {
    let workspace = tx.workspace.clone();
    let sql = "select * from message where workspace = $1 and state = 'dead' and trouble = '' order by key";
    rows!(tx, message_row, sql, workspace)
}

/// Notes with which trouble a dead one is told of; '-' with none.
pub async fn look_over(tx: &mut Tx, key: &MessageKey, trouble: &str) -> Result<()> {
    let workspace = tx.workspace.clone();
    let sql = "update message set trouble = $3 where workspace = $1 and key = $2 and state = 'dead'";
    run!(tx, sql, workspace, key.as_str(), trouble)?;
    Ok(())
}

/// The dead ones that a trouble was told of with.
pub async fn of_trouble(tx: &mut Tx, trouble: &str) -> Result<Vec<Row>> {
    let workspace = tx.workspace.clone();
    let sql = "select * from message where workspace = $1 and state = 'dead' and trouble = $2 order by kind, key";
    rows!(tx, message_row, sql, workspace, trouble)
}

fn stalled_row(row: &impl Cells) -> Result<(String, String, i64)> {
    Ok((row.text("place")?, row.text("last_error")?, row.int("n")?))
}

/// Places for which something waits after an error: the place, the error, and when it was met last.
pub async fn stalled(tx: &mut Tx) -> Result<Vec<(String, String, i64)>> {
    let workspace = tx.workspace.clone();
    let sql = "select place, last_error, max(coalesce(last_try_at, 0)) as n from message
               where workspace = $1 and state = 'wanted' and last_error <> '' group by place, last_error order by 1, 2";
    rows!(tx, stalled_row, sql, workspace)
}

pub(in crate::store) const REACHED_AT: &str =
    "select cast(1 as bigint) as n from message where workspace = $1 and place = $2 and ts > $3 limit 1";
pub(in crate::store) const REACHED: &str =
    "select cast(1 as bigint) as n from message where workspace = $1 and ts > $2 limit 1";

/// Whether a message of ours was posted since then: in one place, or anywhere.
pub async fn place_is_reached(tx: &mut Tx, place: Option<&str>, since: i64) -> Result<bool> {
    let workspace = tx.workspace.clone();
    let after = crate::rules::id::Ts::at(since).0;
    let found = match place {
        Some(place) => rows!(tx, number, REACHED_AT, workspace, place, after)?,
        None => rows!(tx, number, REACHED, workspace, after)?,
    };
    Ok(!found.is_empty())
}

/// What waits to be posted to somebody.
pub async fn waiting_for(tx: &mut Tx, person: &UserId) -> Result<Vec<MessageKey>> {
    let workspace = tx.workspace.clone();
    let sql =
        "select * from message where workspace = $1 and place = $2 and state = 'wanted' and ts is null order by key";
    Ok(rows!(tx, message_row, sql, workspace, person.as_str())?.into_iter().map(|row| row.key).collect())
}

/// The team has another channel: what was not posted goes there; what may stand in the old one stays with it.
pub async fn move_to(tx: &mut Tx, team: &TeamId, channel: &str) -> Result<u64> {
    let workspace = tx.workspace.clone();
    Ok(run!(
        tx,
        "update message set place = $3
         where workspace = $1 and place <> $3 and ts is null and recheck_at is null and state in ('wanted', 'dead')
           and kind in ('digest', 'quick', 'help', 'help first', 'log')
           and (subject in (select id from huddle where workspace = $1 and team = $2)
             or subject in (select id from stuck where workspace = $1 and team = $2)
             or subject in (select j.id from journal j
                            join stuck s on s.workspace = $1 and s.id = j.subject
                            where j.workspace = $1 and s.team = $2))",
        workspace,
        team.as_str(),
        channel
    )?)
}
