//! The real program is killed, frozen and stopped, and its clock leaps, while people answer and Slack misbehaves; `unstuck-kill` does
//! the same for longer.

use std::path::PathBuf;
use unstuck_sim::Place;
use unstuck_sim::kill::{self, Blow, Figures, Plan, Progress};

fn sqlite() -> Place {
    Place::Sqlite
}

fn postgres() -> Place {
    let base = std::env::var("UNSTUCK_TEST_POSTGRES").expect("no PostgreSQL for the tests: run them with scripts/test");
    Place::Postgres(base)
}

/// So many blows of these kinds, on two worlds at once.
async fn struck(place: Place, blows: &[Blow], times: u64, replicas: usize) -> Figures {
    let programs = vec![PathBuf::from(env!("CARGO_BIN_EXE_unstuck"))];
    // A seed of its own for each run of the tests would make a failure harder to tell from a change.
    let plan = Plan { programs, place, blows: blows.to_vec(), times, seed: 1, replicas, lanes: 2 };
    match kill::run(&plan, &Progress::default()).await {
        Ok(figures) => figures,
        Err(error) => panic!("{error:#}"),
    }
}

/// A run that asked nobody, posted nothing or found no answer has proved nothing.
fn was_a_day(figures: &Figures) {
    assert!(figures.posts > 10 && figures.answers > 1 && figures.faults > 1, "{figures}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_01_kill_nine_loses_nothing_on_sqlite() {
    let figures = struck(sqlite(), &[Blow::Kill], 40, 1).await;
    assert_eq!(figures.kills, 40);
    was_a_day(&figures);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_01_kill_nine_loses_nothing_on_postgres() {
    let figures = struck(postgres(), &[Blow::Kill], 40, 1).await;
    assert_eq!(figures.kills, 40);
    was_a_day(&figures);
}

// Fewer than ten freezes in a world: ten lost claims in a row are taken for a crash loop, and make a message dead.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_04_a_replica_that_is_frozen_and_woken_doubles_nothing() {
    let figures = struck(postgres(), &[Blow::Freeze], 4, 3).await;
    assert_eq!(figures.freezes, 4, "{figures}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_42_a_replica_that_keeps_losing_its_lease_doubles_nothing() {
    let figures = struck(postgres(), &[Blow::Slow], 1, 3).await;
    assert_eq!(figures.freezes, 3, "{figures}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_05_told_to_stop_it_finishes_and_told_twice_it_goes_at_once() {
    let figures = struck(sqlite(), &[Blow::Stop, Blow::StopTwice], 10, 1).await;
    assert!(figures.stops >= 8 && figures.longest_stop_ms < 20_000, "{figures}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_36_clocks_that_leap_and_are_set_right_move_nothing() {
    let figures = struck(sqlite(), &[Blow::Jump, Blow::Kill], 16, 1).await;
    assert!(figures.jumps >= 4, "{figures}");
    was_a_day(&figures);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_07_killed_while_it_makes_its_tables_on_sqlite() {
    assert_eq!(struck(sqlite(), &[], 2, 1).await.worlds, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_07_three_replicas_make_their_tables_at_once_and_are_killed() {
    assert_eq!(struck(postgres(), &[], 2, 3).await.worlds, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_40_41_three_replicas_without_a_leader_killed_and_restarted_in_turn() {
    let figures = struck(postgres(), &[Blow::Kill, Blow::Roll], 8, 3).await;
    assert!(figures.stops + figures.kills >= 8, "{figures}");
    was_a_day(&figures);
}
