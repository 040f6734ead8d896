//! What the marks of the last shift's list make of this shift's.

use super::super::stuck;
use crate::rules::check_in::{CheckIn, Mark, State};
use crate::store::{self, Result, Tx};

/// Carried lines stand on this shift's list, done and dropped ones do not; what is still taken stays with its taker.
pub async fn settle_list(tx: &mut Tx, check_in: &CheckIn) -> Result<()> {
    settle(tx, check_in, check_in.state == State::Answered).await
}

/// The same for a shift that went by without an answer.
pub async fn carry_all(tx: &mut Tx, check_in: &CheckIn) -> Result<()> {
    settle(tx, check_in, true).await
}

async fn settle(tx: &mut Tx, check_in: &CheckIn, complete: bool) -> Result<()> {
    let Some(last) = &check_in.last else { return Ok(()) };
    let there = store::priority::positions(tx, &check_in.id).await?;
    for line in store::priority::list(tx, last).await? {
        let stays = line.mark.settled(complete) == Mark::Carried;
        let stands_at = there.get(&line.priority.id);
        if stays {
            if stands_at != Some(&line.priority.position) {
                store::priority::put_on(tx, &check_in.id, &line.priority.id, line.priority.position).await?;
            }
            if let Some(stuck) = &line.priority.stuck {
                stuck::due_with(tx, stuck, check_in.ends_at).await?;
            }
        } else if stands_at.is_some() && !(line.priority.stuck.is_some() && line.mark == Mark::Done) {
            store::priority::take_off(tx, &check_in.id, &line.priority.id).await?;
        }
    }
    Ok(())
}
