//! The ticker: looks at the clock, then does what fell due. The running bot and a simulation turn it alike.

use super::Unstuck;
use crate::rules::steady::Look;

/// It looks at least this often, whatever it was told.
const POLL: i64 = 5_000;
/// After something due could not be done.
const PAUSE: i64 = 1_000;

pub struct Ticker {
    bot: Unstuck,
}

impl Ticker {
    pub fn new(bot: Unstuck) -> Ticker {
        Ticker { bot }
    }

    /// One look at the clock and, if it goes steadily, everything that is due. Tells when to look again, UTC milliseconds.
    pub async fn turn(&mut self) -> i64 {
        let done = match self.bot.clock.look() {
            Look::Trusted => self.bot.tick().await,
            Look::Jumped(by_ms) => {
                tracing::error!(
                    event = "clock_jumped",
                    by_ms,
                    "the wall clock jumped: nothing is done by the time until it goes steadily"
                );
                return self.bot.clock.now() + POLL;
            }
            Look::Waiting | Look::Skewed(_) => return self.bot.clock.now() + POLL,
        };
        let now = self.bot.clock.now();
        let next = self.bot.next_due().await.unwrap_or(now + POLL);
        // What cannot be done stays due: it is tried again, but it must not keep us busy.
        next.clamp(now + if done { 1 } else { PAUSE }, now + POLL)
    }
}
