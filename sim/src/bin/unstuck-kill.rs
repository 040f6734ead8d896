//! `unstuck-kill`: kills the real program again and again, and checks that nothing is lost, nothing left twice and nothing at a wrong hour.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use unstuck_sim::Place;
use unstuck_sim::kill::{self, Blow, Plan, Progress};

/// Kill -9 of the real program in a loop, with a Slack that misbehaves.
#[derive(Parser)]
struct Cli {
    /// How many blows
    #[arg(long, default_value_t = 200)]
    times: u64,
    /// sqlite, or an address postgres://… (each world makes a schema of its own)
    #[arg(long, default_value = "sqlite")]
    database: Place,
    /// What people do and what goes wrong follows from it; what a kill meets is the machine's chance
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The program; several, with commas, are builds of different age, of which each start takes one
    #[arg(long, value_delimiter = ',', default_value = "target/release/unstuck")]
    program: Vec<PathBuf>,
    /// Kill only at the start, on an empty database, while its tables are made; --times says how many databases
    #[arg(long)]
    births: bool,
    /// The kinds of blow, each as likely as the others
    #[arg(long = "with", value_enum, value_delimiter = ',', default_values_t = [Blow::Kill])]
    blows: Vec<Blow>,
    /// Processes on one database (PostgreSQL)
    #[arg(long, default_value_t = 1)]
    replicas: usize,
    /// Worlds at once
    #[arg(long, default_value_t = 2)]
    jobs: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    if cli.replicas > 1 && matches!(cli.database, Place::Sqlite) {
        eprintln!("unstuck-kill: SQLite has one server; --replicas is for PostgreSQL");
        return ExitCode::FAILURE;
    }
    let mut programs = Vec::new();
    for program in &cli.program {
        let Ok(program) = program.canonicalize() else {
            eprintln!("unstuck-kill: {} is not there: cargo build --release", program.display());
            return ExitCode::FAILURE;
        };
        programs.push(program);
    }
    let plan = Plan {
        programs,
        place: cli.database,
        blows: if cli.births { Vec::new() } else { cli.blows },
        times: cli.times,
        seed: cli.seed,
        replicas: cli.replicas.max(1),
        lanes: cli.jobs.max(1),
    };
    let (progress, began) = (Progress::default(), Instant::now());
    let run = kill::run(&plan, &progress);
    tokio::pin!(run);
    let ended = loop {
        tokio::select! {
            ended = &mut run => break ended,
            () = tokio::time::sleep(Duration::from_secs(10)) => {
                let so_far = progress.figures();
                let struck = so_far.kills + so_far.freezes + so_far.stops + so_far.jumps;
                println!("{:>5} s: {struck} of {}, {} days checked", began.elapsed().as_secs(), plan.times, so_far.days);
            }
        }
    };
    match ended {
        Ok(figures) => {
            println!(
                "{figures}\nnothing lost, nothing left twice, nothing at a wrong hour; {} s",
                began.elapsed().as_secs()
            );
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error:#}\n{} s", began.elapsed().as_secs());
            ExitCode::FAILURE
        }
    }
}
