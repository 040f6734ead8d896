//! One clock for the bot and its Slack, stepped through each due instant on the way.

use super::PATIENCE;
use super::others::Others;
use crate::server::{Rest, Unstuck};
use sandbox::Sandbox;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

/// Between two looks whether all is done.
const LOOK: Duration = Duration::from_millis(3);

#[derive(Clone)]
pub struct Day {
    bot: Unstuck,
    sandbox: Sandbox,
    /// People who act by themselves as the time goes on.
    others: Option<Others>,
    /// One jump at a time.
    moving: Arc<Mutex<()>>,
}

impl Day {
    pub fn new(bot: Unstuck, sandbox: Sandbox, others: Option<Others>) -> Day {
        Day { bot, sandbox, others, moving: Arc::default() }
    }

    pub fn now(&self) -> i64 {
        self.bot.clock.now()
    }

    pub fn clock(&self) -> &crate::clock::Clock {
        &self.bot.clock
    }

    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// The others do what is due, and not while the time is being moved: a step between a press and its answer would
    /// look like an outage.
    pub async fn others_act(&self) {
        let _not_while_it_moves = self.moving.lock().await;
        if let Some(others) = &self.others {
            others.act(self.now()).await;
        }
    }

    pub async fn until_connected(&self) -> anyhow::Result<()> {
        let patience = Instant::now() + PATIENCE;
        while self.sandbox.connections() == 0 {
            anyhow::ensure!(Instant::now() < patience, "the bot did not connect");
            sleep(LOOK).await;
        }
        Ok(())
    }

    /// Lives on to an instant: stops at everything that falls due before it, and waits until all of it is done.
    pub async fn go_to(&self, target: i64) -> anyhow::Result<()> {
        let _one_at_a_time = self.moving.lock().await;
        loop {
            let next = self.settle().await?;
            match next.filter(|next| *next < target) {
                Some(next) => self.bot.clock.step_to(next),
                None => {
                    self.bot.clock.step_to(target);
                    self.settle().await?;
                    return Ok(());
                }
            }
            self.bot.hint();
        }
    }

    /// Waits until nothing is due and nothing on its way; tells when something is due next.
    pub async fn settle(&self) -> anyhow::Result<Option<i64>> {
        let patience = Instant::now() + PATIENCE;
        loop {
            if let Some(others) = &self.others {
                others.act(self.now()).await;
            }
            self.sandbox.settled().await;
            if let Rest::Until(next) = self.bot.rest().await?
                && self.sandbox.busy() == 0
            {
                let mine = self.others.as_ref().and_then(Others::next);
                return Ok([next, mine].into_iter().flatten().min());
            }
            self.bot.hint();
            anyhow::ensure!(Instant::now() < patience, "something is not done after half a minute");
            sleep(LOOK).await;
        }
    }
}
