//! The blows: when a program is struck, with what, and how the time goes by meanwhile.

use std::time::{Duration, Instant};

use anyhow::Context;
use sandbox::Sandbox;
use tokio::time::sleep;

use super::Blow;
use super::time::{REREAD, Time};
use super::trouble::{self, Moment};
use super::world::{CONNECTION, PULSE, PULSE_MS, World};

/// What must show at Slack comes soon, or not at all.
const SIGHT: Duration = Duration::from_millis(400);
/// What the program promises for a SIGTERM.
const DRAIN: Duration = Duration::from_secs(20);
const MINUTE: i64 = 60_000;
/// By how much a clock is wrong at once.
const LEAPS: [i64; 4] = [3 * MINUTE, 20 * MINUTE, 60 * MINUTE, 25 * 60 * MINUTE];

impl World {
    /// One blow: everybody who is dead starts, people act, Slack misbehaves, and one program is struck.
    pub(super) async fn strike(&mut self) -> anyhow::Result<()> {
        let blow = *self.chance.one(&self.blows).unwrap_or(&Blow::Kill);
        let victim = self.chance.below(self.replicas.len());
        let started = self.start_all(victim)?;
        match Moment::any(&mut self.chance) {
            Moment::Starting(after) if started && blow == Blow::Kill => sleep(after).await,
            Moment::Starting(after) => self.live(Moment::Working(after)).await?,
            moment => self.live(moment).await?,
        }
        match blow {
            Blow::Kill => self.kill(victim).await,
            Blow::Freeze => self.freeze(victim, 1).await,
            Blow::Slow => self.freeze(victim, 3).await,
            Blow::Stop => self.stop(victim, false).await,
            Blow::StopTwice => self.stop(victim, true).await,
            Blow::Roll => self.roll().await,
            Blow::Jump => self.jump().await,
        }
    }

    async fn live(&mut self, moment: Moment) -> anyhow::Result<()> {
        self.connected(CONNECTION).await;
        self.applied |= self.slack.connections() > 0;
        self.people.act(1 + self.chance.below(5));
        if self.chance.in_1000(750) {
            trouble::plan(&self.slack, &mut self.chance);
        }
        let (slack, time) = (self.slack.clone(), self.time.clone());
        let pulse = self.chance.between(0, PULSE_MS);
        tokio::select! {
            () = comes(&slack, moment) => Ok(()),
            failed = pulses(&time, pulse) => failed,
        }
    }

    async fn kill(&mut self, victim: usize) -> anyhow::Result<()> {
        self.not_by_itself(victim)?;
        self.replicas[victim].killed().await?;
        self.is_seen_off().await;
        self.figures.kills += 1;
        self.dead_time().await
    }

    /// Between an end and the next start: mostly seconds, sometimes past settle and lease, sometimes minutes.
    async fn dead_time(&mut self) -> anyhow::Result<()> {
        let ms = match self.chance.below(10) {
            0..5 => self.chance.between(0, 2_000),
            5..8 => self.chance.between(5_000, 95_000),
            _ => self.chance.between(MINUTE, 3 * MINUTE),
        };
        self.goes_by(ms).await
    }

    /// Time passes: at once where nobody works, in small steps where others do, so that none of them looks frozen.
    async fn goes_by(&mut self, ms: i64) -> anyhow::Result<()> {
        if self.replicas.len() == 1 {
            return self.time.passes(ms);
        }
        let mut left = ms.min(60_000);
        while left > 0 {
            self.time.passes(left.min(8_000))?;
            left -= 8_000;
            sleep(PULSE).await;
        }
        Ok(())
    }

    /// SIGSTOP for 20 to 200 seconds of its time, so many times.
    async fn freeze(&mut self, victim: usize, times: u32) -> anyhow::Result<()> {
        for _ in 0..times {
            self.not_by_itself(victim)?;
            self.replicas[victim].told("STOP").await?;
            let frozen = self.chance.between(20_000, 200_000);
            self.goes_by_frozen(frozen).await?;
            self.replicas[victim].told("CONT").await?;
            self.figures.freezes += 1;
            sleep(Duration::from_millis(self.chance.between(0, 150).unsigned_abs())).await;
        }
        Ok(())
    }

    async fn goes_by_frozen(&mut self, ms: i64) -> anyhow::Result<()> {
        let step = if self.replicas.len() == 1 { ms } else { 10_000 };
        let mut left = ms;
        while left > 0 {
            self.time.passes(left.min(step))?;
            left -= step;
            sleep(Duration::from_millis(if self.replicas.len() == 1 { 15 } else { 100 })).await;
        }
        Ok(())
    }

    /// SIGTERM: it ends by itself, in time and with 0; or at once, told twice.
    async fn stop(&mut self, victim: usize, twice: bool) -> anyhow::Result<()> {
        self.not_by_itself(victim)?;
        if !self.replicas[victim].runs() {
            return Ok(());
        }
        let began = Instant::now();
        self.replicas[victim].told("TERM").await?;
        if twice {
            sleep(Duration::from_millis(self.chance.between(1, 60).unsigned_abs())).await;
            // It may be gone already.
            let _ = self.replicas[victim].told("TERM").await;
        }
        let patience = if twice { Duration::from_secs(2) } else { DRAIN };
        let status = self.replicas[victim].ends_within(patience).await?;
        let words = self.replicas[victim].last_words();
        let status = status.with_context(|| format!("it was told to stop and is there after {patience:?}\n{words}"))?;
        self.is_seen_off().await;
        let fine = match status.code() {
            Some(0) => true,
            // Until it has set up its signals the default is to die, which loses nothing either.
            None => !self.replicas[victim].was_connected(),
            Some(130) => twice,
            Some(1) => words.lines().last().is_some_and(|last| last.starts_with("unstuck: Slack ")),
            Some(_) => false,
        };
        anyhow::ensure!(fine, "told to stop it ended with {status}\n{words}");
        let took = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.figures.longest_stop_ms = self.figures.longest_stop_ms.max(took);
        self.figures.stops += 1;
        self.dead_time().await
    }

    /// Everybody's wall clock leaps, by more than is gone by, and is set right before it is believed. Who starts meanwhile would have
    /// nothing else to go by.
    async fn jump(&mut self) -> anyhow::Result<()> {
        if !self.connected(CONNECTION).await {
            return Ok(());
        }
        let by = self.chance.one(&LEAPS).copied().unwrap_or(LEAPS[0]) * [1, -1][self.chance.below(2)];
        self.time.jumps(by)?;
        self.people.act(2);
        sleep(REREAD + Duration::from_millis(self.chance.between(0, 200).unsigned_abs())).await;
        if self.chance.in_1000(500) {
            self.time.passes(PULSE_MS)?;
            sleep(REREAD).await;
        }
        self.time.jumps(0)?;
        sleep(REREAD).await;
        self.figures.jumps += 1;
        Ok(())
    }

    /// A rolling restart: one after the other stops and starts again, while people go on.
    async fn roll(&mut self) -> anyhow::Result<()> {
        for at in 0..self.replicas.len() {
            self.people.act(2);
            self.stop(at, false).await?;
            self.start(at)?;
            self.connected(CONNECTION).await;
        }
        Ok(())
    }
}

/// The time of the programs goes by while they work.
async fn pulses(time: &Time, ms: i64) -> anyhow::Result<()> {
    loop {
        sleep(PULSE).await;
        time.passes(ms)?;
    }
}

async fn comes(slack: &Sandbox, moment: Moment) {
    match moment {
        Moment::Starting(after) | Moment::Working(after) => sleep(after).await,
        Moment::Seen(sight, after) => {
            let seen = async {
                let mut changed = slack.changed();
                let mut next = slack.ledger_since(0).len();
                loop {
                    let entries = slack.ledger_since(u64::try_from(next).unwrap_or(0));
                    if entries.iter().any(|entry| sight.is(entry)) {
                        return;
                    }
                    next += entries.len();
                    if changed.changed().await.is_err() {
                        return;
                    }
                }
            };
            // Nothing of the kind may happen at all; then this moment is as good as any.
            if tokio::time::timeout(SIGHT, seen).await.is_ok() {
                exactly(after).await;
            }
        }
    }
}

/// A timer has steps of a millisecond, which is long for a program.
async fn exactly(after: Duration) {
    let began = Instant::now();
    while began.elapsed() < after {
        tokio::task::yield_now().await;
    }
}
