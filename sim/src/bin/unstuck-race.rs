//! `unstuck-race --rounds 30`: everybody acts at once, on two processes.

use std::process::ExitCode;

use clap::Parser;
use unstuck_sim::{Place, race};

/// Lets eight presses on one help thread race each other on two processes, beside couriers and operators, and checks that one of them has
/// it and that nobody fails.
#[derive(Parser)]
struct Told {
    /// Rounds of eight presses.
    #[arg(long, default_value_t = 20)]
    rounds: u64,
    /// `sqlite`, or the address of a PostgreSQL database, in which the race gets a schema of its own.
    #[arg(long, default_value = "sqlite")]
    database: Place,
}

#[tokio::main]
async fn main() -> ExitCode {
    let told = Told::parse();
    match race::race(&told.database, told.rounds).await {
        Ok(pressed) => {
            println!("{} rounds, {pressed} presses, one owner each time", told.rounds);
            ExitCode::SUCCESS
        }
        Err(broken) => {
            println!("{broken}");
            ExitCode::FAILURE
        }
    }
}
