//! Shifts, who is on them, and the huddles that they open.

use super::row::Cells;
use super::{Failure, Result, Tx};
use crate::rules::huddle::HuddleState;
use crate::rules::id::{HuddleId, ShiftId, TeamId, UserId};
use crate::rules::people::Team;
use crate::rules::shift::{self as calendar, Pattern};
use crate::{rows, run};
use jiff::tz::TimeZone;

mod huddle;
#[cfg(test)]
pub(super) use huddle::{MET_BEFORE, SKIPPED_BEFORE};
pub use huddle::{
    gather_again, hold_huddle, huddle, huddles_due, lock_huddle, met_before, open_huddle, posted, postpone, skipped,
    skipped_before, tell_of_skipped,
};

#[derive(Clone, Debug)]
pub struct Shift {
    pub id: ShiftId,
    pub team: TeamId,
    pub name: String,
    /// Cron text, on the civil calendar.
    pub starts: String,
    /// Empty: the team's; `agent`: each agent's own; else a zone of its own.
    pub zone: String,
    pub minutes: i64,
    pub collect_ms: i64,
    pub owes_from: i64,
    pub retired: bool,
}

/// One agent's place on a shift.
#[derive(Clone, Debug)]
pub struct OnShift {
    pub person: UserId,
    pub place: i64,
    pub since_at: i64,
    /// The agent's own zone; empty where Slack knows none, None while Slack has not been asked.
    pub zone: Option<String>,
    pub deleted: bool,
}

#[derive(Clone, Debug)]
pub struct Huddle {
    pub id: HuddleId,
    pub team: TeamId,
    pub shift: ShiftId,
    pub date: String,
    pub opened_at: i64,
    pub digest_at: i64,
    pub posted_at: Option<i64>,
    pub state: HuddleState,
    pub version: i64,
}

fn shift_row(row: &impl Cells) -> Result<Shift> {
    Ok(Shift {
        id: row.text("id")?.into(),
        team: row.text("team")?.into(),
        name: row.text("name")?,
        starts: row.text("starts")?,
        zone: row.text("zone")?,
        minutes: row.int("minutes")?,
        collect_ms: row.int("collect_ms")?,
        owes_from: row.int("owes_from")?,
        retired: row.truth("retired")?,
    })
}

fn on_shift_row(row: &impl Cells) -> Result<OnShift> {
    Ok(OnShift {
        person: row.text("person")?.into(),
        place: row.int("place")?,
        since_at: row.int("since_at")?,
        zone: row.maybe_text("zone")?,
        deleted: row.maybe_int("deleted")?.unwrap_or(0) != 0,
    })
}

fn id_row(row: &impl Cells) -> Result<ShiftId> {
    Ok(row.text("id")?.into())
}

fn count_row(row: &impl Cells) -> Result<i64> {
    row.int("n")
}

/// Shifts that must be looked at now.
pub async fn due(tx: &mut Tx) -> Result<Vec<ShiftId>> {
    let (workspace, now) = (tx.workspace.clone(), tx.now);
    let sql = "select id from shift where workspace = $1 and retired = 0 and next_at <= $2 order by next_at, id";
    rows!(tx, id_row, sql, workspace, now)
}

pub async fn all(tx: &mut Tx) -> Result<Vec<Shift>> {
    let workspace = tx.workspace.clone();
    rows!(tx, shift_row, "select * from shift where workspace = $1 order by team, name", workspace)
}

pub async fn get(tx: &mut Tx, id: &ShiftId) -> Result<Shift> {
    let workspace = tx.workspace.clone();
    let found = rows!(tx, shift_row, "select * from shift where workspace = $1 and id = $2", workspace, id.as_str())?;
    found.into_iter().next().ok_or_else(|| Failure::Decode(format!("shift {id} is missing")))
}

/// Locks a shift for the rest of the transaction: what is worked out of its row and its roster is written over nobody's change.
pub async fn hold(tx: &mut Tx, id: &ShiftId) -> Result<Shift> {
    let workspace = tx.workspace.clone();
    run!(tx, "update shift set version = version where workspace = $1 and id = $2", workspace, id.as_str())?;
    get(tx, id).await
}

/// Writes a shift as the teams file has it and has it looked at again.
pub async fn keep(tx: &mut Tx, shift: &Shift) -> Result<()> {
    let workspace = tx.workspace.clone();
    run!(
        tx,
        "insert into shift (workspace, id, team, name, starts, zone, minutes, collect_ms, owes_from, next_at, retired)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0)
         on conflict (workspace, id) do update
         set starts = excluded.starts, zone = excluded.zone, minutes = excluded.minutes, collect_ms = excluded.collect_ms,
             owes_from = excluded.owes_from, next_at = 0, retired = 0, version = shift.version + 1",
        workspace,
        shift.id.as_str(),
        shift.team.as_str(),
        &shift.name,
        &shift.starts,
        &shift.zone,
        shift.minutes,
        shift.collect_ms,
        shift.owes_from
    )?;
    Ok(())
}

pub async fn retire(tx: &mut Tx, id: &ShiftId) -> Result<()> {
    let workspace = tx.workspace.clone();
    run!(
        tx,
        "update shift set retired = 1, version = version + 1 where workspace = $1 and id = $2 and retired = 0",
        workspace,
        id.as_str()
    )?;
    Ok(())
}

pub async fn look_again_at(tx: &mut Tx, id: &ShiftId, at: i64) -> Result<()> {
    let workspace = tx.workspace.clone();
    run!(tx, "update shift set next_at = $3 where workspace = $1 and id = $2", workspace, id.as_str(), at)?;
    Ok(())
}

/// Somebody's zone changed: their shifts are computed afresh at the next tick.
pub async fn look_again_for(tx: &mut Tx, person: &UserId) -> Result<()> {
    let workspace = tx.workspace.clone();
    run!(
        tx,
        "update shift set next_at = 0 where workspace = $1 and retired = 0
         and id in (select shift from roster where workspace = $1 and person = $2 and until_at is null)",
        workspace,
        person.as_str()
    )?;
    Ok(())
}

/// Who is on a shift now, in the order of the file.
pub async fn roster(tx: &mut Tx, shift: &ShiftId) -> Result<Vec<OnShift>> {
    let workspace = tx.workspace.clone();
    let sql = "select r.person, r.place, r.since_at, p.zone, p.deleted from roster r
         left join person p on p.workspace = $1 and p.id = r.person
         where r.workspace = $1 and r.shift = $2 and r.until_at is null order by r.place, r.person";
    rows!(tx, on_shift_row, sql, workspace, shift.as_str())
}

pub async fn join(tx: &mut Tx, shift: &ShiftId, person: &UserId, place: i64, since_at: i64) -> Result<()> {
    let workspace = tx.workspace.clone();
    run!(
        tx,
        "insert into roster (workspace, shift, person, place, since_at) values ($1, $2, $3, $4, $5)
         on conflict (workspace, shift, person, since_at) do update set until_at = null, place = excluded.place",
        workspace,
        shift.as_str(),
        person.as_str(),
        place,
        since_at
    )?;
    Ok(())
}

pub async fn leave(tx: &mut Tx, shift: &ShiftId, person: &UserId) -> Result<()> {
    let (workspace, now) = (tx.workspace.clone(), tx.now);
    run!(
        tx,
        "update roster set until_at = $4 where workspace = $1 and shift = $2 and person = $3 and until_at is null",
        workspace,
        shift.as_str(),
        person.as_str(),
        now
    )?;
    Ok(())
}

pub async fn has_agent(tx: &mut Tx, team: &TeamId, person: &UserId) -> Result<bool> {
    let workspace = tx.workspace.clone();
    let sql = "select count(*) as n from roster r
         join shift s on s.workspace = $1 and s.id = r.shift
         where r.workspace = $1 and s.team = $2 and r.person = $3 and r.until_at is null and s.retired = 0";
    Ok(rows!(tx, count_row, sql, workspace, team.as_str(), person.as_str())?.first().is_some_and(|n| *n > 0))
}

/// Whether somebody is on a shift of any team, and so is asked one day.
pub async fn is_on_any(tx: &mut Tx, person: &UserId) -> Result<bool> {
    let workspace = tx.workspace.clone();
    let sql = "select count(*) as n from roster r
         join shift s on s.workspace = $1 and s.id = r.shift
         where r.workspace = $1 and r.person = $2 and r.until_at is null and s.retired = 0";
    Ok(rows!(tx, count_row, sql, workspace, person.as_str())?.first().is_some_and(|n| *n > 0))
}

/// In which zone a shift starts for an agent.
pub fn zone_of(shift: &Shift, team: &Team, agent: &OnShift) -> Result<TimeZone> {
    let name = match shift.zone.as_str() {
        "agent" => agent.zone.as_deref().filter(|zone| !zone.is_empty()).unwrap_or(&team.zone),
        "" => &team.zone,
        own => own,
    };
    // A zone that Slack names and we do not know must not stop the others: the team's serves.
    calendar::zone(name).or_else(|_| calendar::zone(&team.zone)).map_err(Failure::Decode)
}

/// When those of a shift's agents start who start later on the huddle's date, earliest first.
pub async fn start_later(tx: &mut Tx, huddle: &Huddle) -> Result<Vec<i64>> {
    let shift = get(tx, &huddle.shift).await?;
    if shift.retired || shift.zone != "agent" {
        return Ok(Vec::new());
    }
    let team = super::people::team(tx, &shift.team).await?;
    let pattern = Pattern::parse(&shift.starts).map_err(Failure::Decode)?;
    let now = tx.now;
    let mut starts = Vec::new();
    for agent in roster(tx, &shift.id).await? {
        let zone = zone_of(&shift, &team, &agent)?;
        if let Some(next) = calendar::next(&pattern, &zone, now)
            && next.date.to_string() == huddle.date
            && !agent.deleted
        {
            starts.push(next.start);
        }
    }
    starts.sort_unstable();
    Ok(starts)
}
