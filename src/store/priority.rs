//! Priorities and the lists on which they stand.

use super::row::Cells;
use super::{Result, Tx};
use crate::rules::check_in::{Listed, Mark, Priority, Source};
use crate::rules::id::{CheckInId, PriorityId, StuckId, TeamId, Ts, UserId};
use crate::{rows, run};
use std::collections::BTreeMap;

fn priority_row(row: &impl Cells) -> Result<Priority> {
    let (line, text) = (row.int("line")?, row.text("said_text")?);
    Ok(Priority {
        id: row.text("id")?.into(),
        check_in: row.text("check_in")?.into(),
        person: row.text("person")?.into(),
        text: row.text("text")?,
        source: row.named("said_ts")?.map(|ts| Source { said: Ts(ts), line, text }),
        follows: row.truth("follows")?,
        stuck: row.named("stuck")?.map(StuckId),
        gone: row.truth("gone")?,
        position: row.int("position")?,
    })
}

/// The columns of a source; empty ones for what was not typed.
pub(super) fn source(source: &Option<Source>) -> (&str, i64, &str) {
    source.as_ref().map(|from| (from.said.as_str(), from.line, from.text.as_str())).unwrap_or(("", 0, ""))
}

fn listed_row(row: &impl Cells) -> Result<Listed> {
    Ok(Listed {
        priority: priority_row(row)?,
        on: row.text("on_check_in")?.into(),
        mark: row.word("mark", Mark::read)?,
        marked_ts: Ts(row.text("marked_ts")?),
        age: row.int("age")?,
    })
}

fn id_row(row: &impl Cells) -> Result<CheckInId> {
    Ok(row.text("check_in")?.into())
}

pub(super) const LIST: &str = "select p.*, l.check_in as on_check_in, l.mark, l.marked_ts,
        (select count(*) from listed o join check_in c on c.workspace = $1 and c.id = o.check_in
     where o.workspace = $1 and o.priority = l.priority and c.starts_at <= here.starts_at) as age
     from listed l join priority p on p.workspace = $1 and p.id = l.priority
     join check_in here on here.workspace = $1 and here.id = l.check_in
     where l.workspace = $1 and l.check_in = $2 and p.gone = 0 order by l.position, p.id";

/// Everything on the list of a check-in, in the order in which it came.
pub async fn list(tx: &mut Tx, check_in: &CheckInId) -> Result<Vec<Listed>> {
    let workspace = tx.workspace.clone();
    rows!(tx, listed_row, LIST, workspace, check_in.as_str())
}

fn position_row(row: &impl Cells) -> Result<(PriorityId, i64)> {
    Ok((row.text("priority")?.into(), row.int("position")?))
}

/// What stands on the list of a check-in, and where.
pub async fn positions(tx: &mut Tx, check_in: &CheckInId) -> Result<BTreeMap<PriorityId, i64>> {
    let workspace = tx.workspace.clone();
    let sql = "select priority, position from listed where workspace = $1 and check_in = $2";
    Ok(rows!(tx, position_row, sql, workspace, check_in.as_str())?.into_iter().collect())
}

/// The priorities first given in a check-in, also those taken off since.
pub async fn given_in(tx: &mut Tx, check_in: &CheckInId) -> Result<Vec<Priority>> {
    let workspace = tx.workspace.clone();
    let sql = "select * from priority where workspace = $1 and check_in = $2 order by position, id";
    rows!(tx, priority_row, sql, workspace, check_in.as_str())
}

pub async fn find(tx: &mut Tx, id: &PriorityId) -> Result<Option<Priority>> {
    let workspace = tx.workspace.clone();
    let found =
        rows!(tx, priority_row, "select * from priority where workspace = $1 and id = $2", workspace, id.as_str())?;
    Ok(found.into_iter().next())
}

pub async fn keep(tx: &mut Tx, team: &TeamId, priority: &Priority) -> Result<()> {
    let workspace = tx.workspace.clone();
    let (said_ts, line, said_text) = source(&priority.source);
    run!(
        tx,
        "insert into priority (workspace, id, team, person, check_in, text, said_ts, line, said_text, follows, stuck, gone, position)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         on conflict (workspace, id) do update
         set text = excluded.text, said_ts = excluded.said_ts, line = excluded.line, said_text = excluded.said_text, follows = excluded.follows,
             gone = excluded.gone, position = excluded.position, version = priority.version + 1",
        workspace,
        priority.id.as_str(),
        team.as_str(),
        priority.person.as_str(),
        priority.check_in.as_str(),
        &priority.text,
        said_ts,
        line,
        said_text,
        i64::from(priority.follows),
        priority.stuck.as_ref().map(StuckId::as_str).unwrap_or_default(),
        i64::from(priority.gone),
        priority.position
    )?;
    Ok(())
}

/// Puts a priority on a list; what stands there already keeps its mark.
pub async fn put_on(tx: &mut Tx, check_in: &CheckInId, priority: &PriorityId, position: i64) -> Result<()> {
    let workspace = tx.workspace.clone();
    run!(
        tx,
        "insert into listed (workspace, check_in, priority, position) values ($1, $2, $3, $4)
         on conflict (workspace, check_in, priority) do update set position = excluded.position",
        workspace,
        check_in.as_str(),
        priority.as_str(),
        position
    )?;
    Ok(())
}

pub async fn take_off(tx: &mut Tx, check_in: &CheckInId, priority: &PriorityId) -> Result<()> {
    let workspace = tx.workspace.clone();
    run!(
        tx,
        "delete from listed where workspace = $1 and check_in = $2 and priority = $3",
        workspace,
        check_in.as_str(),
        priority.as_str()
    )?;
    Ok(())
}

/// Marks a line of a list; an older press than the one that marked it changes nothing.
pub async fn mark(tx: &mut Tx, check_in: &CheckInId, priority: &PriorityId, mark: Mark, at: &Ts) -> Result<()> {
    let workspace = tx.workspace.clone();
    run!(
        tx,
        "update listed set mark = $4, marked_ts = $5 where workspace = $1 and check_in = $2 and priority = $3",
        workspace,
        check_in.as_str(),
        priority.as_str(),
        mark.word(),
        at.as_str()
    )?;
    Ok(())
}

pub(super) const OF_STUCK: &str =
    "select * from priority where workspace = $1 and stuck = $2 and person = $3 order by id";

/// The line that a taken stuck has on its taker's list, and the lists on which it stands.
pub async fn of_stuck(tx: &mut Tx, stuck: &StuckId, taker: &UserId) -> Result<Option<(Priority, Vec<CheckInId>)>> {
    let workspace = tx.workspace.clone();
    let found = rows!(tx, priority_row, OF_STUCK, &workspace, stuck.as_str(), taker.as_str())?;
    let Some(priority) = found.into_iter().next() else { return Ok(None) };
    let sql = "select l.check_in from listed l
         join check_in c on c.workspace = $1 and c.id = l.check_in
         where l.workspace = $1 and l.priority = $2 order by c.starts_at, l.check_in";
    let lists = rows!(tx, id_row, sql, &workspace, priority.id.as_str())?;
    Ok(Some((priority, lists)))
}

/// Stucks that a person took and that stand on no list yet: the next check-in lists them.
pub async fn taken_unlisted(tx: &mut Tx, team: &TeamId, person: &UserId) -> Result<Vec<Priority>> {
    let workspace = tx.workspace.clone();
    let sql = "select * from priority p where workspace = $1 and team = $2 and person = $3 and stuck <> '' and gone = 0
         and not exists (select 1 from listed l where l.workspace = $1 and l.priority = p.id)
         order by position, id";
    rows!(tx, priority_row, sql, workspace, team.as_str(), person.as_str())
}
