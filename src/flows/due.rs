//! What falls due with time: the row that is owed something holds the instant; there is no second list of jobs.

use super::{check_in, digest, shift_start, stuck, trouble};
use crate::rules::id::{CheckInId, HuddleId, ShiftId, StuckId};
use crate::store::{self, Result, Tx};

/// One thing that is due.
#[derive(Clone, Debug)]
pub enum Due {
    Shift(ShiftId),
    CheckIn(CheckInId),
    Huddle(HuddleId),
    Stuck(StuckId),
    Trouble(trouble::Sight),
}

/// Everything that is due now, in the order of the day.
pub async fn now(tx: &mut Tx) -> Result<Vec<Due>> {
    let mut due: Vec<Due> = store::shift::due(tx).await?.into_iter().map(Due::Shift).collect();
    due.extend(check_in::due(tx).await?.into_iter().map(Due::CheckIn));
    due.extend(digest::due(tx).await?.into_iter().map(Due::Huddle));
    due.extend(stuck::due(tx).await?.into_iter().map(Due::Stuck));
    due.extend(trouble::due(tx).await?.into_iter().map(Due::Trouble));
    Ok(due)
}

pub async fn run(tx: &mut Tx, due: &Due) -> Result<()> {
    match due {
        Due::Shift(id) => shift_start::run(tx, id).await,
        Due::CheckIn(id) => check_in::run(tx, id).await,
        Due::Huddle(id) => digest::consider(tx, id).await,
        Due::Stuck(id) => stuck::run(tx, id).await,
        Due::Trouble(sight) => trouble::run(tx, sight).await,
    }
}

/// The next instant at which anything falls due.
pub async fn next(tx: &mut Tx) -> Result<Option<i64>> {
    let next = store::due::next(tx, stuck::UNSIZED_FOR).await?;
    let trouble = (next.troubled && !trouble::due(tx).await?.is_empty()).then_some(tx.now);
    Ok([next.at, trouble].into_iter().flatten().min())
}
