//! When something of the day falls due next. It is one statement, because the ticker asks it after every change.

use super::check_in::unasked;
use super::row::Cells;
use super::stuck::sizeless;
use super::{Result, Tx};
use crate::rows;

/// What the rows know of the time to come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Next {
    /// The earliest instant at which anything falls due; it may have passed.
    pub at: Option<i64>,
    /// Messages died, or wait after an error, or did: whether there is anything to do about it is not known yet.
    pub troubled: bool,
}

fn next_row(row: &impl Cells) -> Result<Next> {
    Ok(Next { at: row.maybe_int("at")?, troubled: row.truth("troubled")? })
}

/// `unsized_for`: so long a stuck may stay without a size after the digest, in milliseconds.
pub async fn next(tx: &mut Tx, unsized_for: i64) -> Result<Next> {
    let (workspace, now) = (tx.workspace.clone(), tx.now);
    Ok(rows!(tx, next_row, NEXT, workspace, now, unsized_for)?.pop().unwrap_or_default())
}

pub(super) const NEXT: &str = concat!(
    "select min(at) as at, cast(max(troubled) as bigint) as troubled from (
         select min(next_at) as at, 0 as troubled from shift where workspace = $1 and retired = 0
         union all select min(closes_at), 0 from check_in where workspace = $1 and state = 'asked'
         union all select min(remind_at), 0 from check_in where workspace = $1 and state = 'asked' and superseded = 0
         union all select min(snooze_at), 0 from check_in
             where workspace = $1 and state in ('asked', 'missed') and superseded = 0 and snooze_at is not null
         union all select min(cast($2 as bigint)), 0 from check_in c where c.workspace = $1 and ",
    unasked!(),
    "    union all select min(digest_at), 0 from huddle where workspace = $1 and state = 'gathering'
         union all select min(due_at), 0 from stuck where workspace = $1 and state = 'taken' and due_asked = 0
         union all select min(s.raised_at) + $3, 0 ",
    sizeless!(),
    "    union all select null, max(1) from message where workspace = $1 and state = 'dead' and trouble = ''
         union all select null, max(1) from message where workspace = $1 and state = 'wanted' and last_error <> ''
         union all select null, max(1) from trouble where workspace = $1 and over_at is null) as due"
);
