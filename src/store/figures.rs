//! What an operator watches: how many rows are in which state, and since when the oldest waits.

use super::row::Cells;
use super::{Result, Tx};
use crate::rows;
use crate::rules::check_in::State as CheckInState;
use crate::rules::message::{NOT_OWED, State};

/// Messages of one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Messages {
    pub state: State,
    pub rows: i64,
    /// The instant since which the oldest of them waits, UTC milliseconds: a wanted one since it was due, a doubtful one
    /// since it was first tried, a dead one since it was last tried. None where none waits.
    pub since: Option<i64>,
}

/// Check-ins of one state and one reason ('' but for the excused).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckIns {
    pub state: CheckInState,
    pub reason: String,
    pub rows: i64,
}

fn messages_row(row: &impl Cells) -> Result<Messages> {
    Ok(Messages { state: row.word("state", State::parse)?, rows: row.int("rows")?, since: row.maybe_int("since")? })
}

fn check_ins_row(row: &impl Cells) -> Result<CheckIns> {
    let state = row.word("state", CheckInState::read)?;
    Ok(CheckIns { state, reason: row.text("reason")?, rows: row.int("rows")? })
}

/// Dead ones that are simply not owed any more are nobody's trouble and are left out.
pub async fn messages(tx: &mut Tx) -> Result<Vec<Messages>> {
    let (workspace, now) = (tx.workspace.clone(), tx.now);
    let [answered, answered_before, unsaid, later_shift, orphaned, no_account, over] = NOT_OWED;
    // Three questions, because each has an index that answers it: most rows are shown, and none of those need be read.
    let sql = "select state, count(*) as rows, cast(null as bigint) as since
               from message where workspace = $1 and state in ('sending', 'shown') group by state
               union all
               select state, count(*), min(case when state = 'doubtful' then first_try_at
                                                when ts is null and due_at <= $2 then due_at
                                                when ts is not null and next_at <= $2 then next_at end)
               from message where workspace = $1 and state in ('wanted', 'doubtful') group by state
               union all
               select state, count(*), min(coalesce(last_try_at, due_at))
               from message where workspace = $1 and state = 'dead' and last_error not in ($3, $4, $5, $6, $7, $8, $9) group by state";
    rows!(
        tx,
        messages_row,
        sql,
        workspace,
        now,
        answered,
        answered_before,
        unsaid,
        later_shift,
        orphaned,
        no_account,
        over
    )
}

pub async fn check_ins(tx: &mut Tx) -> Result<Vec<CheckIns>> {
    let workspace = tx.workspace.clone();
    let sql = "select state, reason, count(*) as rows from check_in where workspace = $1 group by state, reason";
    rows!(tx, check_ins_row, sql, workspace)
}
