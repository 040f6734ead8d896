//! What a run came to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::AddAssign;

use crate::Run;

/// A promise that was broken, and how to see it again.
#[derive(Clone, Debug)]
pub struct Failure {
    pub run: Run,
    /// The promise and what was found, such as "P2 shown once: …".
    pub says: String,
    /// The last lines of the ledger.
    pub ledger: Vec<String>,
}

impl Failure {
    pub fn plain(run: &Run, says: String) -> Failure {
        Failure { run: run.clone(), says, ledger: Vec::new() }
    }

    /// The command that lives it again.
    pub fn command(&self) -> String {
        let Run { seed, days, place, weather } = &self.run;
        let (place, weather) = (place.argument(), weather.argument());
        format!("cargo run --release -p unstuck-sim -- --seed {seed} --days {days}{place}{weather}")
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.says)?;
        writeln!(f, "seed {}: {}", self.run.seed, self.command())?;
        self.ledger.iter().try_for_each(|line| writeln!(f, "  {line}"))
    }
}

/// How much happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub seeds: u64,
    pub days: u64,
    pub prompts: u64,
    pub messages: u64,
    pub calls: u64,
    pub deliveries: u64,
    pub replays: u64,
    pub acts: u64,
    pub crashes: u64,
    pub freezes: u64,
    pub answers_checked: u64,
    pub faults: BTreeMap<&'static str, u64>,
    /// Where a process was made to die: the boundary, post or edit, the kind.
    pub crashed_at: BTreeSet<(&'static str, &'static str, String)>,
}

impl AddAssign<&Figures> for Figures {
    fn add_assign(&mut self, other: &Figures) {
        self.seeds += other.seeds;
        self.days += other.days;
        self.prompts += other.prompts;
        self.messages += other.messages;
        self.calls += other.calls;
        self.deliveries += other.deliveries;
        self.replays += other.replays;
        self.acts += other.acts;
        self.crashes += other.crashes;
        self.freezes += other.freezes;
        self.answers_checked += other.answers_checked;
        for (kind, count) in &other.faults {
            *self.faults.entry(kind).or_default() += count;
        }
        self.crashed_at.extend(other.crashed_at.iter().cloned());
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} seeds, {} days, {} prompts asked, {} messages, {} calls, {} acts of people, {} deliveries, {} replays, \
             {} acknowledged answers found, {} crashes, {} freezes; faults:",
            self.seeds,
            self.days,
            self.prompts,
            self.messages,
            self.calls,
            self.acts,
            self.deliveries,
            self.replays,
            self.answers_checked,
            self.crashes,
            self.freezes
        )?;
        for (kind, count) in &self.faults {
            write!(f, " {kind} {count}")?;
        }
        Ok(())
    }
}
