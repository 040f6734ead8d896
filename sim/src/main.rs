//! `unstuck-sim --seed 7 --days 30`: lives seeds, and shows the first promise that one of them breaks.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::Parser;
use unstuck_sim::{Figures, Place, Run, Weather, live_alone};

/// Lives seeded days of a support team with faults everywhere, and checks every promise. Exits with 1 at the first that is broken.
#[derive(Parser)]
struct Told {
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many seeds, one after the other.
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// Days of each seed.
    #[arg(long, default_value_t = 30)]
    days: u32,
    /// Seeds at once.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// `sqlite`, or the address of a PostgreSQL database, in which each seed gets a schema of its own.
    #[arg(long, default_value = "sqlite")]
    database: Place,
    /// What goes wrong on the way.
    #[arg(long, value_enum, default_value_t = Weather::Storm)]
    weather: Weather,
    /// Goes on after a failure, and tells all of them.
    #[arg(long)]
    keep_going: bool,
    /// Prints each seed and the hash of its ledger, and nothing else: sim/tests/ledgers.txt;
    /// in fair weather of what people read, sim/tests/readings.txt.
    #[arg(long)]
    ledgers: bool,
}

struct Progress {
    next: AtomicU64,
    failed: AtomicBool,
    sum: Mutex<Figures>,
    ledgers: Mutex<BTreeMap<u64, String>>,
}

fn main() -> ExitCode {
    let told = Told::parse();
    let began = Instant::now();
    let progress = Progress {
        next: AtomicU64::new(told.seed),
        failed: AtomicBool::new(false),
        sum: Mutex::default(),
        ledgers: Mutex::default(),
    };
    std::thread::scope(|scope| {
        let jobs: Vec<_> = (0..told.jobs.max(1)).map(|_| scope.spawn(|| work(&told, &progress))).collect();
        let mut said = Instant::now();
        while jobs.iter().any(|job| !job.is_finished()) {
            std::thread::sleep(Duration::from_millis(50));
            if said.elapsed() > Duration::from_secs(5) {
                said = Instant::now();
                let sum = progress.sum.lock().unwrap_or_else(PoisonError::into_inner);
                eprintln!("{:>5.0} s: {} of {} seeds", began.elapsed().as_secs_f64(), sum.seeds, told.seeds);
            }
        }
    });
    let ledgers = progress.ledgers.lock().unwrap_or_else(PoisonError::into_inner);
    if told.ledgers {
        ledgers.iter().for_each(|(seed, hash)| println!("{seed} {hash}"));
    } else {
        let sum = progress.sum.lock().unwrap_or_else(PoisonError::into_inner);
        println!("{sum}; {:.1} s", began.elapsed().as_secs_f64());
    }
    if progress.failed.load(Ordering::SeqCst) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn work(told: &Told, progress: &Progress) {
    let last = told.seed + told.seeds;
    loop {
        let seed = progress.next.fetch_add(1, Ordering::SeqCst);
        if seed >= last || (progress.failed.load(Ordering::SeqCst) && !told.keep_going) {
            return;
        }
        let run = Run { seed, days: told.days, place: told.database.clone(), weather: told.weather };
        match live_alone(&run) {
            Ok((figures, hash)) => {
                if told.seeds == 1 && !told.ledgers {
                    println!("ledger {hash}");
                }
                progress.ledgers.lock().unwrap_or_else(PoisonError::into_inner).insert(seed, hash);
                *progress.sum.lock().unwrap_or_else(PoisonError::into_inner) += &figures;
            }
            Err(failure) => {
                progress.failed.store(true, Ordering::SeqCst);
                println!("{failure}");
            }
        }
    }
}
