//! What the store promises, on both databases.

use crate::databases::{self, Database, Which, both};
use crate::world::World;
use std::sync::atomic::{AtomicUsize, Ordering};
use unstuck::rules::id::{CheckInId, HuddleId, MessageKey, StuckId, TeamId, UserId};
use unstuck::rules::keys;
use unstuck::rules::stuck::{State, Stuck};
use unstuck::store::{self, Failure, Tx};
use unstuck::{read_tx, run, write_tx};

const T: &str = databases::WORKSPACE;
const NOW: i64 = 1_800_000_000_000;

both! {
    a_lost_race_runs_again_and_then_gives_up => super::races;
    eight_writers_lose_nothing => super::writers;
    a_row_that_cannot_be_is_refused_or_an_error => super::impossible;
    a_failed_flow_leaves_nothing => super::rolled_back;
}

fn stuck(id: &str) -> Stuck {
    Stuck {
        id: StuckId::from(id),
        team: TeamId::from("tier-1"),
        huddle: HuddleId::from("h1"),
        check_in: CheckInId::from("c1"),
        asker: UserId::from("U0ANA"),
        place: 0,
        what: "the refund tool says 403".into(),
        help: String::new(),
        helper: None,
        size: None,
        source: None,
        follows: false,
        raised_at: NOW,
        opened_at: None,
        edited: false,
        state: State::Open,
        last_taker: None,
        escalated_by: None,
        logs: 0,
        version: 1,
    }
}

async fn with_a_stuck(which: Which) -> Database {
    let database = databases::open(which).await;
    let new = &stuck("s1");
    write_tx!(database.db, T, NOW, tx => store::stuck::raise(tx, new).await).expect("raised");
    database
}

async fn races(which: Which) {
    let database = databases::open(which).await;
    let runs = &AtomicUsize::new(0);
    let once = write_tx!(database.db, T, NOW, tx => {
        let first = store::seen::first(tx, "Ev1").await;
        // What the lost run wrote is gone when it runs again.
        match runs.fetch_add(1, Ordering::SeqCst) {
            0 => first.and(Err(Failure::Conflict)),
            _ => first,
        }
    });
    assert!(once.expect("the second run wins"));
    assert_eq!(runs.swap(0, Ordering::SeqCst), 2);
    let never = write_tx!(database.db, T, NOW, _tx => {
        runs.fetch_add(1, Ordering::SeqCst);
        Err::<(), _>(Failure::Conflict)
    });
    assert!(matches!(never, Err(Failure::Conflict)));
    assert_eq!(runs.load(Ordering::SeqCst), 3);
}

async fn rolled_back(which: Which) {
    let database = databases::open(which).await;
    let failed = write_tx!(database.db, T, NOW, tx => {
        let first = store::seen::first(tx, "Ev1").await;
        first.and(Err::<(), _>(Failure::Decode("a bad row".into())))
    });
    assert!(matches!(failed, Err(Failure::Decode(_))));
    assert!(write_tx!(database.db, T, NOW, tx => store::seen::first(tx, "Ev1").await).expect("noted"));
}

async fn writers(which: Which) {
    let database = with_a_stuck(which).await;
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let db = database.db.clone();
        writers.spawn(async move {
            let mut written = 0;
            while written < 10 {
                let done = write_tx!(db, T, NOW, tx => {
                    let read = store::stuck::get(tx, &StuckId::from("s1")).await;
                    match read {
                        Ok(mut stuck) => {
                            stuck.logs += 1;
                            store::stuck::keep(tx, &stuck).await
                        }
                        Err(failure) => Err(failure),
                    }
                });
                match done {
                    Ok(()) => written += 1,
                    // Lost three times in a row: a person's press would be told so, and pressed again.
                    Err(Failure::Conflict) => {}
                    Err(failure) => panic!("{failure}"),
                }
            }
        });
    }
    writers.join_all().await;
    let left = read_tx!(database.db, T, NOW, tx => store::stuck::get(tx, &StuckId::from("s1")).await).expect("a stuck");
    assert_eq!((left.logs, left.version), (80, 81));
}

async fn impossible(which: Which) {
    let database = with_a_stuck(which).await;
    let contradictions = [
        "update stuck set state = 'taken'",
        "update stuck set taker = 'U0BEN'",
        "update stuck set state = 'resolved'",
        "update stuck set state = 'withdrawn'",
    ];
    for sql in contradictions {
        let refused = write_tx!(database.db, T, NOW, tx => raw(tx, sql).await);
        assert!(matches!(refused, Err(Failure::Database(_))), "{sql}");
    }
    write_tx!(database.db, T, NOW, tx => raw(tx, "update stuck set state = 'lost'").await).expect("a word of tomorrow");
    let read = read_tx!(database.db, T, NOW, tx => store::stuck::get(tx, &StuckId::from("s1")).await);
    assert!(matches!(read, Err(Failure::Decode(_))), "{read:?}");
    let missing = read_tx!(database.db, T, NOW, tx => store::message::get(tx, &MessageKey::from("none")).await);
    assert!(matches!(missing, Err(Failure::Decode(_))));
    a_word_of_tomorrow(which).await;
}

async fn raw(tx: &mut Tx, sql: &'static str) -> store::Result<u64> {
    Ok(run!(tx, sql)?)
}

/// What a read says to an unknown word. It always ends in an error, so that what was spoilt is whole again afterwards.
async fn spoilt(tx: &mut Tx, table: &str, sql: &'static str) -> store::Result<()> {
    let ana = UserId::from("U0ANA");
    let check_in = store::check_in::current(tx, &ana).await?.remove(0);
    assert!(raw(tx, sql).await? > 0, "{table} has no rows");
    match table {
        "check_in" => drop(store::check_in::get(tx, &check_in.id).await?),
        "huddle" => drop(store::shift::huddle(tx, &check_in.huddle).await?),
        "message" => drop(store::message::get(tx, &keys::prompt(&check_in.id)).await?),
        "member" => assert!(store::people::members(tx, &check_in.team).await?.0.is_empty()),
        _ => assert!(store::priority::list(tx, &check_in.id).await?.is_empty()),
    }
    Err(Failure::Decode(format!("{table} was read")))
}

/// Every closed word of the tables that a day fills: one that is not known is never guessed. What
/// was asked for by name is an error then, and a list leaves it out.
async fn a_word_of_tomorrow(which: Which) {
    let mut world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.says("U0ANA", "clear the refund backlog").await;
    world.stops().await;
    let (db, workspace, now) = (&world.database.db, &world.bot.workspace, world.clock.now());
    let words: [(&str, &str); 5] = [
        ("check_in", "update check_in set state = 'x'"),
        ("huddle", "update huddle set state = 'x'"),
        ("member", "update member set role = 'x'"),
        ("listed", "update listed set mark = 'x'"),
        ("message", "update message set state = 'x' where kind = 'prompt'"),
    ];
    for (table, sql) in words {
        let read = write_tx!(db, workspace, now, tx => spoilt(tx, table, sql).await);
        let Err(Failure::Decode(reason)) = read else { panic!("{table}: {read:?}") };
        let in_a_list = ["member", "listed"].contains(&table);
        assert_eq!(reason.ends_with("was read"), in_a_list, "{table}: {reason}");
        assert!(in_a_list || reason.contains('x'), "{table}: {reason}");
    }
}
