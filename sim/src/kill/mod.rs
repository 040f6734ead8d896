//! The crash loop: the real program, killed at random instants while people type and press and Slack misbehaves. The sandbox stands
//! in this process and keeps the ledger; after each day of blows the faults stop, time goes on, and everything is checked.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::anyhow;
use sandbox::Entry;
use tokio::task::JoinSet;

mod check;
mod facts;
mod figures;
mod people;
pub(crate) mod place;
mod program;
mod quiet;
mod record;
mod strike;
mod time;
mod tomorrow;
mod trouble;
mod world;

pub use figures::Figures;

use world::World;

use crate::Place;
use crate::chance::Chance;

/// A day's check costs some seconds, so a day has many blows.
const BLOWS_A_DAY: u64 = 20;
/// A world begins with an empty database and gets no older than this.
const DAYS_A_WORLD: u64 = 20;
/// Of the ledger, after a failure.
const LEDGER_TAIL: usize = 40;

/// How a program is struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Blow {
    /// SIGKILL.
    Kill,
    /// SIGSTOP for 20 to 200 seconds, then SIGCONT.
    Freeze,
    /// The same three times on end: it keeps losing its lease.
    Slow,
    /// SIGTERM.
    Stop,
    /// SIGTERM, and once more.
    StopTwice,
    /// Each replica in its turn is stopped and started again.
    Roll,
    /// The wall clock leaps, and is set right a moment later.
    Jump,
}

/// One run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// One of them at each start, by chance: several are builds of different age.
    pub programs: Vec<PathBuf>,
    pub place: Place,
    /// None: each world is only born, with kills while it is, and lives one quiet day.
    pub blows: Vec<Blow>,
    pub times: u64,
    pub seed: u64,
    /// Processes on one database; more than one only on PostgreSQL.
    pub replicas: usize,
    /// Worlds at once.
    pub lanes: u64,
}

/// What all lanes have come to so far.
#[derive(Clone, Default)]
pub struct Progress(Arc<Mutex<Figures>>);

impl Progress {
    pub fn figures(&self) -> Figures {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn add(&self, figures: &Figures) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += figures;
    }
}

/// Strikes as often as the plan says, and fails with all that is needed to look for the cause.
pub async fn run(plan: &Plan, progress: &Progress) -> anyhow::Result<Figures> {
    let left = Arc::new(AtomicU64::new(plan.times));
    let mut lanes = JoinSet::new();
    for lane in 0..plan.lanes {
        lanes.spawn(live(plan.clone(), lane, left.clone(), progress.clone()));
    }
    while let Some(ended) = lanes.join_next().await {
        ended??;
    }
    Ok(progress.figures())
}

/// One world after the other, until no blow is left.
async fn live(plan: Plan, lane: u64, left: Arc<AtomicU64>, progress: Progress) -> anyhow::Result<()> {
    let mut chance = Chance::new(plan.seed.wrapping_add(lane));
    let mut number = 0;
    while left.load(Ordering::SeqCst) > 0 {
        let name = format!("kill_{}_{lane}_{number}", std::process::id());
        number += 1;
        let mut world = World::new(&plan, chance.split(), &name).await?;
        if let Err(error) = grow_old(&mut world, &plan, &left, &progress).await {
            return Err(failed(&plan, lane, world, error).await);
        }
        progress.add(&world.ends().await?);
    }
    Ok(())
}

async fn grow_old(world: &mut World, plan: &Plan, left: &AtomicU64, progress: &Progress) -> anyhow::Result<()> {
    if plan.blows.is_empty() {
        take(left, 1);
        return world.is_born().await;
    }
    for _ in 0..DAYS_A_WORLD {
        let blows = take(left, BLOWS_A_DAY);
        if blows == 0 {
            break;
        }
        world.day(blows).await?;
        progress.add(&std::mem::take(&mut world.figures));
    }
    Ok(())
}

fn take(left: &AtomicU64, most: u64) -> u64 {
    let taken = |left: u64| Some(left.saturating_sub(most));
    let before = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, taken).unwrap_or(0);
    before.min(most)
}

async fn failed(plan: &Plan, lane: u64, world: World, error: anyhow::Error) -> anyhow::Error {
    let ledger = world.slack.ledger();
    let tail: Vec<String> = ledger[ledger.len().saturating_sub(LEDGER_TAIL)..].iter().map(line).collect();
    let (seed, so_far) = (plan.seed, world.figures.clone());
    let whole: Vec<String> = ledger.iter().map(line).collect();
    let (folder, url) = world.kept().await;
    let told = match std::fs::write(folder.join("ledger"), whole.join("\n")) {
        Ok(()) => "with the whole ledger".to_owned(),
        Err(error) => format!("its ledger could not be written: {error}"),
    };
    anyhow!(
        "seed {seed}, lane {lane}: {error:#}\n\nthe last lines of the ledger:\n{}\n\n{so_far}\nkept: {} ({told}), {url}",
        tail.join("\n"),
        folder.display()
    )
}

/// An entry of the ledger on one line.
fn line(entry: &Entry) -> String {
    let at = jiff::Timestamp::from_millisecond(entry.at).unwrap_or_default();
    let kind: String = format!("{:?}", entry.kind).chars().take(260).collect();
    format!("{:>6} {at:.3} {kind}", entry.seq)
}
