//! Whether the bot is at rest, and until when: what steps the time asks this, so that a jump is a day lived quickly and
//! not an outage.

use super::Unstuck;
use crate::{read_tx, store};

/// What the bot has to do at this moment of its clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// Something is due or on its way.
    Busy,
    /// Nothing before this instant; None: nothing at all.
    Until(Option<i64>),
}

impl Unstuck {
    pub async fn rest(&self) -> store::Result<Rest> {
        let now = self.clock.now();
        let at_rest = self.courier.at_rest();
        let (day, messages, sending) = read_tx!(self.db, &self.workspace, now, tx => async {
            let day = crate::flows::due::next(tx).await?;
            let messages = store::message::next_due(tx, "").await?;
            Ok((day, messages, store::message::on_the_wire(tx).await?))
        }.await)?;
        let next = [day, messages].into_iter().flatten().min();
        // Nothing was under way before the look at the rows, and nothing has begun since.
        let moved = at_rest.is_none() || self.courier.at_rest() != at_rest;
        if moved || sending || next.is_some_and(|next| next <= now) {
            return Ok(Rest::Busy);
        }
        Ok(Rest::Until(next.filter(|next| *next < i64::MAX)))
    }
}
