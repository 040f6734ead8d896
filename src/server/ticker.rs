//! The ticker: looks at the clock, then does what fell due. The running bot and a simulation turn it alike.

use super::Unstuck;
use crate::rules::steady::{Look, Skew};
use crate::{store, write_tx};
use std::time::Duration;

/// It looks at least this often, whatever it was told.
const POLL: i64 = 5_000;
/// After something due could not be done.
const PAUSE: i64 = 1_000;
/// How often the clock is compared with the database's, while both can be gone by.
const COMPARE: Duration = Duration::from_secs(60);
/// An answer that took longer than this says nothing about the time.
const SLOW: i64 = 2_000;

pub struct Ticker {
    bot: Unstuck,
    /// When the clock was last compared with the database's, in elapsed time.
    compared_at: Option<Duration>,
    /// The last look did not trust the clock.
    held: bool,
    /// What an earlier clock may have put off is not yet put right.
    to_put_right: bool,
}

impl Ticker {
    pub fn new(bot: Unstuck) -> Ticker {
        Ticker { bot, compared_at: None, held: false, to_put_right: true }
    }

    /// One look at the clock and, if it can be gone by, everything that is due. Tells when to look again, UTC milliseconds.
    pub async fn turn(&mut self) -> i64 {
        self.compare().await;
        let look = self.bot.clock.look();
        if let Look::Jumped(by_ms) = look {
            tracing::error!(
                event = "clock_jumped",
                by_ms,
                "the wall clock jumped: nothing is done by the time until it goes steadily"
            );
        }
        let held = std::mem::replace(&mut self.held, look != Look::Trusted);
        if self.held {
            return self.bot.clock.now() + POLL;
        }
        if held {
            tracing::warn!(event = "clock_steady", "the wall clock goes steadily: what is due is done again");
            self.to_put_right = true;
        }
        if self.to_put_right {
            self.put_right().await;
        }
        let done = self.bot.tick().await;
        let now = self.bot.clock.now();
        let next = self.bot.next_due().await.unwrap_or(now + POLL);
        // What cannot be done stays due: it is tried again, but it must not keep us busy.
        next.clamp(now + if done { 1 } else { PAUSE }, now + POLL)
    }

    async fn put_right(&mut self) {
        let (bot, now) = (&self.bot, self.bot.clock.now());
        match write_tx!(bot.db, &bot.workspace, now, tx => store::clock::put_right(tx).await) {
            Ok(rows) => {
                if rows > 0 {
                    tracing::warn!(
                        event = "clock_put_right",
                        rows,
                        "a clock that was ahead had put things off: they are done now"
                    );
                }
                self.to_put_right = false;
                self.bot.courier.hint();
            }
            Err(failure) => {
                tracing::error!(event = "clock_not_put_right", %failure, "what an earlier clock put off cannot be put right")
            }
        }
    }

    /// Compares the clock with the database's: each minute, and before anything else while it cannot be gone by.
    async fn compare(&mut self) {
        let elapsed = self.bot.clock.elapsed();
        let due = self.compared_at.is_none_or(|at| elapsed.saturating_sub(at) >= COMPARE);
        if due || self.held {
            self.compared_at = Some(elapsed);
            self.bot.compare_clocks().await;
        }
    }
}

impl Unstuck {
    /// Where the database has a clock of its own, how far ours is from it; the operator is told when that means something new.
    /// Without an answer what was known stays as it was.
    pub async fn compare_clocks(&self) {
        let before = self.clock.of_this_machine();
        let answer = store::clock::of_server(&self.db).await;
        let took = self.clock.of_this_machine() - before;
        let theirs = match answer {
            Ok(Some(theirs)) if (0..=SLOW).contains(&took) => theirs,
            Ok(_) => return,
            Err(failure) => {
                tracing::warn!(event = "skew_not_measured", %failure, "the database does not tell its time");
                return;
            }
        };
        let ahead_ms = before + took / 2 - theirs;
        match self.clock.compared(ahead_ms) {
            Some(Skew::TooFar) => tracing::error!(
                event = "clock_skewed",
                ahead_ms,
                "the clock is a minute or more from the database's: nothing is done by the time until they agree"
            ),
            Some(Skew::Apart) => {
                tracing::warn!(event = "clock_apart", ahead_ms, "the clock is seconds from the database's")
            }
            Some(Skew::Agrees) => {
                tracing::info!(event = "clock_agrees", ahead_ms, "the clock agrees with the database's")
            }
            None => {}
        }
    }
}
