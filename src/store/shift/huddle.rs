//! The rows of huddles: gathering, posted, skipped.

use super::Huddle;
use crate::rules::check_in::AWAY;
use crate::rules::huddle::HuddleState;
use crate::rules::id::{HuddleId, TeamId};
use crate::store::row::Cells;
use crate::store::{Failure, Result, Tx, won};
use crate::{row, rows, run};

fn huddle_row(row: &impl Cells) -> Result<Huddle> {
    Ok(Huddle {
        id: row.text("id")?.into(),
        team: row.text("team")?.into(),
        shift: row.text("shift")?.into(),
        date: row.text("date")?,
        opened_at: row.int("opened_at")?,
        digest_at: row.int("digest_at")?,
        posted_at: row.maybe_int("posted_at")?,
        state: row.word("state", HuddleState::read)?,
        version: row.int("version")?,
    })
}

fn id_row(row: &impl Cells) -> Result<HuddleId> {
    Ok(row.text("id")?.into())
}

pub async fn open_huddle(tx: &mut Tx, huddle: &Huddle) -> Result<()> {
    let workspace = tx.workspace.clone();
    run!(
        tx,
        "insert into huddle (workspace, id, team, shift, date, opened_at, digest_at, state)
         values ($1, $2, $3, $4, $5, $6, $7, 'gathering') on conflict do nothing",
        workspace,
        huddle.id.as_str(),
        huddle.team.as_str(),
        huddle.shift.as_str(),
        &huddle.date,
        huddle.opened_at,
        huddle.digest_at
    )?;
    Ok(())
}

pub async fn huddle(tx: &mut Tx, id: &HuddleId) -> Result<Huddle> {
    let workspace = tx.workspace.clone();
    let found = row!(tx, huddle_row, "select * from huddle where workspace = $1 and id = $2", workspace, id.as_str())?;
    found.ok_or_else(|| Failure::Decode(format!("huddle {id} is missing")))
}

/// Locks a huddle for the rest of the transaction, so that what is decided over its check-ins is decided by one at a time.
pub async fn hold_huddle(tx: &mut Tx, id: &HuddleId) -> Result<Huddle> {
    lock_huddle(tx, id).await?;
    huddle(tx, id).await
}

/// The same for what changes its check-ins and need not know what it is.
pub async fn lock_huddle(tx: &mut Tx, id: &HuddleId) -> Result<()> {
    let workspace = tx.workspace.clone();
    run!(tx, "update huddle set version = version where workspace = $1 and id = $2", workspace, id.as_str())?;
    Ok(())
}

/// Huddles whose first collection window has closed.
pub async fn huddles_due(tx: &mut Tx) -> Result<Vec<HuddleId>> {
    let (workspace, now) = (tx.workspace.clone(), tx.now);
    let sql =
        "select id from huddle where workspace = $1 and state = 'gathering' and digest_at <= $2 order by digest_at, id";
    rows!(tx, id_row, sql, workspace, now)
}

pub(in crate::store) const MET_BEFORE: &str = "select * from huddle
     where workspace = $1 and team = $2 and state = 'posted' and opened_at < $3 order by opened_at limit 1";

/// Whether a huddle of the team was posted that opened before an instant.
pub async fn met_before(tx: &mut Tx, team: &TeamId, before: i64) -> Result<bool> {
    let workspace = tx.workspace.clone();
    Ok(!rows!(tx, huddle_row, MET_BEFORE, workspace, team.as_str(), before)?.is_empty())
}

/// gathering → posted.
pub async fn posted(tx: &mut Tx, huddle: &Huddle) -> Result<()> {
    let (workspace, now) = (tx.workspace.clone(), tx.now);
    won(run!(
        tx,
        "update huddle set state = 'posted', posted_at = $4, version = version + 1
         where workspace = $1 and id = $2 and version = $3 and state = 'gathering'",
        workspace,
        huddle.id.as_str(),
        huddle.version,
        now
    )?)
}

/// gathering → skipped.
pub async fn skipped(tx: &mut Tx, huddle: &Huddle, reason: &str) -> Result<()> {
    let workspace = tx.workspace.clone();
    won(run!(
        tx,
        "update huddle set state = 'skipped', reason = $4, version = version + 1
         where workspace = $1 and id = $2 and version = $3 and state = 'gathering'",
        workspace,
        huddle.id.as_str(),
        huddle.version,
        reason
    )?)
}

/// A huddle that was not held is told of in a digest for so long.
const TOLD_FOR: i64 = 30 * 86_400_000;

/// What was not held since the last digest is told in this one: skipped for another reason than that everybody is away, or its
/// digest could not be posted while it was worth it.
pub async fn tell_of_skipped(tx: &mut Tx, huddle: &Huddle) -> Result<()> {
    let (workspace, since) = (tx.workspace.clone(), tx.now - TOLD_FOR);
    run!(
        tx,
        "update huddle set told_in = $3 where workspace = $1 and team = $2 and id <> $3 and told_in = '' and opened_at > $5
         and state in ('skipped', 'posted') and ((state = 'skipped' and reason <> $4)
              or (state = 'posted' and exists (select 1 from message m where m.workspace = $1
                  and m.key = 'digest:' || huddle.id and m.state = 'dead' and m.ts is null)))",
        workspace,
        huddle.team.as_str(),
        huddle.id.as_str(),
        AWAY,
        since
    )?;
    Ok(())
}

pub(in crate::store) const SKIPPED_BEFORE: &str =
    "select * from huddle where workspace = $1 and told_in = $2 order by date, opened_at, id";

/// The huddles of which this one's digest tells that they were not held, oldest first.
pub async fn skipped_before(tx: &mut Tx, huddle: &HuddleId) -> Result<Vec<Huddle>> {
    let workspace = tx.workspace.clone();
    rows!(tx, huddle_row, SKIPPED_BEFORE, workspace, huddle.as_str())
}

/// skipped → gathering: an agent of a later zone is asked after all.
pub async fn gather_again(tx: &mut Tx, huddle: &Huddle) -> Result<()> {
    let workspace = tx.workspace.clone();
    run!(
        tx,
        "update huddle set state = 'gathering', digest_at = $3, reason = '', told_in = '', version = version + 1
         where workspace = $1 and id = $2 and state = 'skipped'",
        workspace,
        huddle.id.as_str(),
        huddle.digest_at
    )?;
    Ok(())
}

/// Nobody is due yet and somebody starts later: the digest waits for them.
pub async fn postpone(tx: &mut Tx, huddle: &Huddle, digest_at: i64) -> Result<()> {
    let workspace = tx.workspace.clone();
    won(run!(
        tx,
        "update huddle set digest_at = $4, version = version + 1
         where workspace = $1 and id = $2 and version = $3 and state = 'gathering'",
        workspace,
        huddle.id.as_str(),
        huddle.version,
        digest_at
    )?)
}
