//! Seeds that are lived at every change. `cargo run --release -p unstuck-sim -- --seed 1 --seeds 5000` lives more.

mod saboteurs;

use std::collections::BTreeSet;

use unstuck::rules::keys::Kind;
use unstuck_sim::{Figures, Place, Run, Weather, live_alone};

/// Seeds that broke a promise once.
const REGRESSIONS: &[u64] = &[2, 23];
/// Seeds in which a shift starts in an hour that the clock leaps over: London, New York, Lord Howe, Cairo.
const GAPS: &[u64] = &[595, 630, 1194, 1290];

fn lives(seeds: impl IntoIterator<Item = u64>, days: u32, place: &Place, weather: Weather) -> Figures {
    let mut sum = Figures::default();
    for seed in seeds {
        let run = Run { seed, days, place: place.clone(), weather };
        match live_alone(&run) {
            Ok((figures, _)) => sum += &figures,
            Err(failure) => panic!("{failure}"),
        }
    }
    sum
}

macro_rules! eight_seeds {
    ($($name:ident from $first:expr;)*) => {$(
        #[test]
        fn $name() {
            let sum = lives($first..$first + 8, 7, &Place::Sqlite, Weather::Storm);
            assert!(sum.prompts > 20 && sum.answers_checked > 20, "hardly anything happened: {sum}");
        }
    )*};
}

// Rows 4, 8 to 15, 18 to 21, 36, 38, 39, 42 and 44 of the fault matrix, by chance.
eight_seeds! {
    sim_seeds_100_to_107 from 100;
    sim_seeds_108_to_115 from 108;
    sim_seeds_116_to_123 from 116;
    sim_seeds_124_to_131 from 124;
    sim_seeds_132_to_139 from 132;
    sim_seeds_140_to_147 from 140;
    sim_seeds_148_to_155 from 148;
    sim_seeds_156_to_163 from 156;
}

#[test]
fn seeds_that_broke_a_promise_once_keep_it_now() {
    lives(REGRESSIONS.iter().copied(), 7, &Place::Sqlite, Weather::Storm);
}

#[test]
fn row_38_starts_that_the_clock_leaps_over_are_owed_once() {
    lives(GAPS.iter().copied(), 5, &Place::Sqlite, Weather::Storm);
}

#[test]
fn rows_37_40_replicas_on_postgresql_with_clocks_that_differ() {
    let place =
        std::env::var("UNSTUCK_TEST_POSTGRES").expect("no PostgreSQL for the tests: run them with scripts/test");
    let sum = lives(200..204, 4, &Place::Postgres(place), Weather::Storm);
    assert!(sum.prompts > 5, "hardly anything happened: {sum}");
}

#[test]
fn the_same_seed_writes_the_same_ledger() {
    let run = Run { seed: 9, days: 4, place: Place::Sqlite, weather: Weather::Storm };
    let (first, second) = (live_alone(&run).expect("lived"), live_alone(&run).expect("lived"));
    assert_eq!(first, second);
    let other = live_alone(&Run { seed: 10, ..run }).expect("lived");
    assert_ne!(first.1, other.1, "another seed lives another life");
}

/// Every kind, at every boundary, posted and (where it is edited at all) edited.
#[test]
fn row_02_a_crash_at_each_boundary_of_each_kind_loses_and_doubles_nothing() {
    let sum = lives(300..312, 6, &Place::Sqlite, Weather::CrashEach);
    let mut missing = BTreeSet::new();
    for boundary in ["claimed", "rendered", "answered", "settled"] {
        let posts = Kind::ALL.iter().map(|kind| ("post", kind.word()));
        for (what, kind) in
            posts.chain([("edit", "prompt"), ("edit", "digest"), ("edit", "help"), ("edit", "question")])
        {
            if !sum.crashed_at.contains(&(boundary, what, kind.to_owned())) {
                missing.insert((boundary, what, kind));
            }
        }
    }
    assert!(missing.is_empty(), "nobody died at {missing:?}");
}

#[test]
fn row_03_every_step_tick_and_delivery_done_twice_is_done_once() {
    let sum = lives(400..406, 4, &Place::Sqlite, Weather::TwiceEach);
    assert!(sum.replays > 100, "hardly anything came twice: {sum}");
}
