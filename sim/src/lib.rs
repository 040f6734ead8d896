//! Seeded days of a support team. Real rules, real SQL, the real client and a Slack over HTTP; one actor at a time, each run to
//! its end before the next is chosen, so that a seed says everything and replays it.
//! `world` lives a seed, `check` judges it against the promises of docs/reliability.md. `kill` is the other half of the proof: the real
//! program, killed at random instants.

mod calendar;
mod chance;
mod check;
mod database;
mod doubts;
mod failure;
pub mod kill;
mod mirror;
mod people;
mod plan;
mod reading;
pub mod race;
mod replica;
mod shop;
mod trouble;
pub mod wall;
mod world;

use clap::ValueEnum;

pub use database::Place;
pub use failure::{Failure, Figures};

/// What to live through.
#[derive(Clone, Debug)]
pub struct Run {
    pub seed: u64,
    pub days: u32,
    pub place: Place,
    pub weather: Weather,
}

/// What goes wrong on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Weather {
    /// Everything, by chance.
    Storm,
    /// The same, and the shift starts in an hour over which the clock leaps.
    LostHour,
    /// The process dies once at each boundary of the courier for each kind of message, posted and edited.
    CrashEach,
    /// Every step, tick and delivery is done a second time.
    TwiceEach,
    /// Nothing, and what is due is done before anybody acts: what people do and read depends on no
    /// turn in between.
    Fair,
}

impl Weather {
    /// What a command says for it; of a storm, nothing.
    pub fn argument(self) -> String {
        match self.to_possible_value() {
            Some(name) if self != Weather::Storm => format!(" --weather {}", name.get_name()),
            _ => String::new(),
        }
    }
}

/// How many replicas a run has, and how far apart those of their clocks are that are gone by, in milliseconds.
pub fn replicas(run: &Run) -> (usize, i64) {
    let plan = plan::Plan::new(run, &mut chance::Chance::new(run.seed));
    (plan.replicas, plan.apart())
}

/// Lives one seed to its end. The hash tells one ledger from another; in fair weather, what people
/// end up reading and the rows that they gave.
pub async fn live(run: &Run) -> Result<(Figures, String), Box<Failure>> {
    world::World::open(run).await?.live().await
}

/// The same on a thread of its own, where nothing else runs.
pub fn live_alone(run: &Run) -> Result<(Figures, String), Box<Failure>> {
    // SQLite answers on a thread of its own: whoever waits for it lets it run before going to sleep, which is a tenth cheaper.
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().on_thread_park(std::thread::yield_now).build();
    match runtime {
        Ok(runtime) => runtime.block_on(live(run)),
        Err(error) => Err(Box::new(Failure::plain(run, format!("no runtime: {error}")))),
    }
}
