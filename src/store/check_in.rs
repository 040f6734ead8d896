//! Check-ins and days off.

use super::row::Cells;
use super::{Failure, Result, Tx, won};
use crate::rules::check_in::{CheckIn, State};
use crate::rules::id::{CheckInId, HuddleId, MessageKey, ShiftId, TeamId, Ts, UserId};
use crate::{row, rows, run};

fn check_in_row(row: &impl Cells) -> Result<CheckIn> {
    Ok(CheckIn {
        id: row.text("id")?.into(),
        team: row.text("team")?.into(),
        shift: row.text("shift")?.into(),
        huddle: row.text("huddle")?.into(),
        person: row.text("person")?.into(),
        date: row.text("date")?,
        place: row.int("place")?,
        last: row.named("last")?.map(CheckInId),
        starts_at: row.int("starts_at")?,
        ends_at: row.int("ends_at")?,
        closes_at: row.int("closes_at")?,
        remind_at: row.maybe_int("remind_at")?,
        snooze_at: row.maybe_int("snooze_at")?,
        snoozed: row.truth("snoozed")?,
        state: row.word("state", State::read)?,
        reason: row.text("reason")?,
        answered_at: row.maybe_int("answered_at")?,
        late: row.truth("late")?,
        last_text: row.text("last_text")?,
        form_sent_at: row.maybe_int("form_sent_at")?,
        superseded: row.truth("superseded")?,
        version: row.int("version")?,
    })
}

fn key_row(row: &impl Cells) -> Result<(UserId, String)> {
    Ok((row.text("person")?.into(), row.text("date")?))
}

fn id_row(row: &impl Cells) -> Result<CheckInId> {
    Ok(row.text("id")?.into())
}

fn at_row(row: &impl Cells) -> Result<Option<i64>> {
    row.maybe_int("at")
}

/// A new check-in; false when it is there already.
pub async fn open(tx: &mut Tx, check_in: &CheckIn) -> Result<bool> {
    let workspace = tx.workspace.clone();
    let touched = run!(
        tx,
        "insert into check_in (workspace, id, team, shift, huddle, person, date, place, last, starts_at, ends_at,
             closes_at, remind_at, state, reason)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) on conflict do nothing",
        workspace,
        check_in.id.as_str(),
        check_in.team.as_str(),
        check_in.shift.as_str(),
        check_in.huddle.as_str(),
        check_in.person.as_str(),
        &check_in.date,
        check_in.place,
        check_in.last.as_ref().map(CheckInId::as_str).unwrap_or_default(),
        check_in.starts_at,
        check_in.ends_at,
        check_in.closes_at,
        check_in.remind_at,
        check_in.state.word(),
        &check_in.reason
    )?;
    Ok(touched == 1)
}

/// Writes what may change of a check-in, if nobody changed it since it was read.
pub async fn keep(tx: &mut Tx, check_in: &CheckIn) -> Result<()> {
    let workspace = tx.workspace.clone();
    won(run!(
        tx,
        "update check_in set remind_at = $4, snooze_at = $5, snoozed = $6, state = $7, reason = $8, answered_at = $9,
             late = $10, last_text = $11, form_sent_at = $12, last = $13, version = version + 1
         where workspace = $1 and id = $2 and version = $3",
        workspace,
        check_in.id.as_str(),
        check_in.version,
        check_in.remind_at,
        check_in.snooze_at,
        i64::from(check_in.snoozed),
        check_in.state.word(),
        &check_in.reason,
        check_in.answered_at,
        i64::from(check_in.late),
        &check_in.last_text,
        check_in.form_sent_at,
        check_in.last.as_ref().map(CheckInId::as_str).unwrap_or_default()
    )?)
}

pub async fn find(tx: &mut Tx, id: &CheckInId) -> Result<Option<CheckIn>> {
    let workspace = tx.workspace.clone();
    row!(tx, check_in_row, "select * from check_in where workspace = $1 and id = $2", workspace, id.as_str())
}

pub async fn get(tx: &mut Tx, id: &CheckInId) -> Result<CheckIn> {
    find(tx, id).await?.ok_or_else(|| Failure::Decode(format!("check-in {id} is missing")))
}

/// Locks a check-in for the rest of the transaction, so that what is folded from its rows is written by one at a time;
/// and its huddle, so that a digest cannot be posted past what this transaction adds to it.
pub async fn hold(tx: &mut Tx, id: &CheckInId) -> Result<CheckIn> {
    let workspace = tx.workspace.clone();
    run!(tx, "update check_in set version = version where workspace = $1 and id = $2", workspace, id.as_str())?;
    let check_in = get(tx, id).await?;
    super::shift::lock_huddle(tx, &check_in.huddle).await?;
    Ok(check_in)
}

/// The next free place in the digest's pages: each check-in keeps its own for ever.
pub async fn next_place(tx: &mut Tx, huddle: &HuddleId) -> Result<i64> {
    let workspace = tx.workspace.clone();
    let sql = "select coalesce(max(place) + 1, 0) as at from check_in where workspace = $1 and huddle = $2";
    Ok(rows!(tx, at_row, sql, workspace, huddle.as_str())?.into_iter().next().flatten().unwrap_or(0))
}

/// The check-ins that ask about what stands on a list.
pub async fn asking_about(tx: &mut Tx, list: &CheckInId) -> Result<Vec<CheckIn>> {
    let workspace = tx.workspace.clone();
    let sql = "select * from check_in where workspace = $1 and last = $2 and superseded = 0 order by starts_at, id";
    rows!(tx, check_in_row, sql, workspace, list.as_str())
}

pub async fn of_huddle(tx: &mut Tx, huddle: &HuddleId) -> Result<Vec<CheckIn>> {
    let workspace = tx.workspace.clone();
    rows!(
        tx,
        check_in_row,
        "select * from check_in where workspace = $1 and huddle = $2 order by place, id",
        workspace,
        huddle.as_str()
    )
}

/// Which check-ins of a shift exist since a date.
pub async fn known(tx: &mut Tx, shift: &ShiftId, since: &str) -> Result<Vec<(UserId, String)>> {
    let workspace = tx.workspace.clone();
    let sql = "select person, date from check_in where workspace = $1 and shift = $2 and date >= $3";
    rows!(tx, key_row, sql, workspace, shift.as_str(), since)
}

/// The current check-ins of a person, one a team at most, latest start first.
pub async fn current(tx: &mut Tx, person: &UserId) -> Result<Vec<CheckIn>> {
    let workspace = tx.workspace.clone();
    let sql =
        "select * from check_in where workspace = $1 and person = $2 and superseded = 0 order by starts_at desc, id";
    rows!(tx, check_in_row, sql, workspace, person.as_str())
}

/// The latest earlier check-in of a person in a team on whose list something stands, unless an answer since then has
/// said what became of all of it.
pub async fn last_with_priorities(tx: &mut Tx, team: &TeamId, person: &UserId, before: i64) -> Result<Option<CheckIn>> {
    let workspace = tx.workspace.clone();
    let sql = "select * from check_in c where workspace = $1 and team = $2 and person = $3 and starts_at < $4
         and exists (select 1 from listed l
             join priority p on p.workspace = $1 and p.id = l.priority
             where l.workspace = $1 and l.check_in = c.id and p.gone = 0)
         order by starts_at desc, id limit 1";
    let found = rows!(tx, check_in_row, sql, &workspace, team.as_str(), person.as_str(), before)?.into_iter().next();
    let Some(last) = found else { return Ok(None) };
    let sql = "select * from check_in where workspace = $1 and last = $2 and state = 'answered' limit 1";
    let answered = rows!(tx, check_in_row, sql, workspace, last.id.as_str())?;
    Ok(answered.is_empty().then_some(last))
}

/// Earlier check-ins of a person in a team take no more answers from now on.
pub async fn supersede(tx: &mut Tx, check_in: &CheckIn) -> Result<Vec<CheckIn>> {
    let workspace = tx.workspace.clone();
    let sql = "select * from check_in where workspace = $1 and team = $2 and person = $3 and superseded = 0 and starts_at < $4";
    let earlier =
        rows!(tx, check_in_row, sql, &workspace, check_in.team.as_str(), check_in.person.as_str(), check_in.starts_at)?;
    for one in &earlier {
        let sql = "update check_in set superseded = 1, version = version + 1 where workspace = $1 and id = $2 and superseded = 0";
        run!(tx, sql, &workspace, one.id.as_str())?;
    }
    Ok(earlier)
}

/// How somebody stands with us when they say something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Their account was closed.
    pub closed: bool,
    /// They had been asked something by then, on a shift that went on or in a team of theirs: what
    /// they say may belong to it.
    pub asked: bool,
    /// They were told on that day that nothing is asked of them.
    pub told: bool,
}

fn standing_row(row: &impl Cells) -> Result<Standing> {
    Ok(Standing { closed: row.truth("closed")?, asked: row.truth("asked")?, told: row.truth("told")? })
}

/// `$3` and `$4`: the instant at which it was said, as ours and as Slack's; `$5`: the key of the
/// line that tells them that nothing is asked. By the clock a shift may begin after it, and be
/// asked before: what was posted says when they were asked.
pub(super) const STANDING: &str = "select
     cast(case when exists (select 1 from person where workspace = $1 and id = $2 and deleted = 1) then 1 else 0 end
         as bigint) as closed,
     cast(case when exists (select 1 from check_in c where c.workspace = $1 and c.person = $2 and c.starts_at <= $3
           and (c.ends_at > $3 or exists (select 1 from member m where m.workspace = $1 and m.team = c.team
               and m.person = $2 and m.active = 1)))
       or exists (select 1 from check_in c join message m on m.workspace = $1 and m.key = 'prompt:' || c.id
           where c.workspace = $1 and c.person = $2 and c.starts_at > $3 and m.ts <= $4) then 1 else 0 end
         as bigint) as asked,
     cast(case when exists (select 1 from message where workspace = $1 and key = $5) then 1 else 0 end
         as bigint) as told";

pub async fn standing(tx: &mut Tx, who: &UserId, at: &Ts, idle: &MessageKey) -> Result<Standing> {
    let workspace = tx.workspace.clone();
    let found = row!(tx, standing_row, STANDING, workspace, who.as_str(), at.ms(), at.as_str(), idle.as_str())?;
    found.ok_or_else(|| Failure::Decode(format!("no word of {who}")))
}

/// How many check-ins somebody had before this one, in any team.
pub async fn is_first_ever(tx: &mut Tx, check_in: &CheckIn) -> Result<bool> {
    let workspace = tx.workspace.clone();
    let sql = "select min(starts_at) as at from check_in where workspace = $1 and person = $2 and state <> 'excused'";
    let first = rows!(tx, at_row, sql, workspace, check_in.person.as_str())?.into_iter().next().flatten();
    Ok(first.is_none_or(|at| at >= check_in.starts_at))
}

/// `$2`: now. Who was not asked in a week is not looked for any more.
macro_rules! unasked {
    () => {
        "c.state = 'missed' and c.closes_at > $2 - 604800000
             and exists (select 1 from message m where m.workspace = $1
                 and m.key = 'prompt:' || c.id and m.state = 'dead' and m.ts is null)"
    };
}
pub(super) use unasked;

/// Missed, by one who was never asked: the prompt was given up after the window had closed.
pub async fn never_asked(tx: &mut Tx) -> Result<Vec<CheckInId>> {
    let (workspace, now) = (tx.workspace.clone(), tx.now);
    let sql =
        concat!("select c.id from check_in c where c.workspace = $1 and ", unasked!(), " order by c.closes_at, c.id");
    rows!(tx, id_row, sql, workspace, now)
}

/// Check-ins for which something fell due: the window closed, the reminder or the second prompt is owed.
pub async fn due(tx: &mut Tx) -> Result<Vec<CheckInId>> {
    let (workspace, now) = (tx.workspace.clone(), tx.now);
    let sql = "select id from check_in where workspace = $1 and superseded = 0 and ((state = 'asked' and closes_at <= $2)
         or (state = 'asked' and remind_at <= $2) or (state in ('asked', 'missed') and snooze_at <= $2)) order by closes_at, id";
    rows!(tx, id_row, sql, workspace, now)
}

/// Asked, not answered, in a window that was closed only because a later check-in came: still to be closed.
pub async fn asked_and_superseded(tx: &mut Tx) -> Result<Vec<CheckInId>> {
    let (workspace, now) = (tx.workspace.clone(), tx.now);
    let sql = "select id from check_in where workspace = $1 and superseded = 1 and state = 'asked' and closes_at <= $2 order by id";
    rows!(tx, id_row, sql, workspace, now)
}

pub async fn is_away(tx: &mut Tx, person: &UserId, date: &str) -> Result<bool> {
    let workspace = tx.workspace.clone();
    let sql = "select person, date from away where workspace = $1 and person = $2 and date = $3";
    Ok(!rows!(tx, key_row, sql, workspace, person.as_str(), date)?.is_empty())
}

pub async fn set_away(tx: &mut Tx, person: &UserId, date: &str, away: bool) -> Result<()> {
    let workspace = tx.workspace.clone();
    if away {
        run!(
            tx,
            "insert into away (workspace, person, date) values ($1, $2, $3) on conflict do nothing",
            workspace,
            person.as_str(),
            date
        )?;
    } else {
        run!(
            tx,
            "delete from away where workspace = $1 and person = $2 and date = $3",
            workspace,
            person.as_str(),
            date
        )?;
    }
    Ok(())
}

pub async fn on_date(tx: &mut Tx, person: &UserId, date: &str) -> Result<Vec<CheckIn>> {
    let workspace = tx.workspace.clone();
    let sql = "select * from check_in where workspace = $1 and person = $2 and date = $3 and superseded = 0 order by starts_at, id";
    rows!(tx, check_in_row, sql, workspace, person.as_str(), date)
}

/// The shifts that a person was on at an instant, the one that ends first before the others.
pub async fn running(tx: &mut Tx, person: &UserId, at: i64) -> Result<Vec<CheckIn>> {
    let workspace = tx.workspace.clone();
    let sql = "select * from check_in where workspace = $1 and person = $2 and starts_at <= $3 and ends_at > $3
         and reason <> 'off' order by ends_at, id";
    rows!(tx, check_in_row, sql, workspace, person.as_str(), at)
}
