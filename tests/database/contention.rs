//! Many who read and then write the same row at once. Without a proper begin SQLite refused 366 of 400 as "locked", and without a
//! compare-and-set PostgreSQL lost 329 of 400 and said nothing.

use super::runs;
use crate::databases::{self, Database, Which, both};
use crate::world::World;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::task::JoinSet;
use unstuck::rules::id::UserId;
use unstuck::rules::message::Class;
use unstuck::store::message::{self, NewMessage, Preference, Work};
use unstuck::store::{self, Db, Failure, Tx};
use unstuck::{read_tx, run, write_tx};

both! {
    rows_25_26_four_hundred_read_then_writes_of_eight_lose_nothing => super::increments;
    row_25_whoever_types_and_presses_meets_no_lock => super::people;
    row_40_eight_claimers_over_three_pools_claim_each_row_once => super::claimers;
}

const T: &str = databases::WORKSPACE;
const NOW: i64 = 1_800_000_000_000;

/// As many pools as there might be processes.
async fn pools(database: &Database) -> Vec<Db> {
    let mut pools = vec![database.db.clone()];
    for _ in 0..2 {
        pools.push(Db::open(&database.url).await.expect("another pool"));
    }
    pools
}

async fn increment(tx: &mut Tx) -> store::Result<()> {
    let ana = UserId::from("U0ANA");
    let before: i64 = store::people::person(tx, &ana).await?.name.parse().expect("a number");
    let workspace = tx.workspace.clone();
    // The name is the version here: an update that names what it read.
    let sql = "update person set name = $3 where workspace = $1 and id = 'U0ANA' and name = $2";
    store::won(run!(tx, sql, workspace, before.to_string(), (before + 1).to_string())?)
}

async fn increments(which: Which) {
    let database = databases::open(which).await;
    let sql = "insert into person (workspace, id, name, zone) values ('T0TEST', 'U0ANA', '0', '')";
    write_tx!(database.db, T, NOW, tx => async { Ok(run!(tx, sql)?) }.await).expect("a person");
    let pools = pools(&database).await;
    let mut writers = JoinSet::new();
    for writer in 0..8 {
        let db = pools[writer % pools.len()].clone();
        writers.spawn(async move {
            let mut written = 0;
            while written < 50 {
                match write_tx!(db, T, NOW, tx => increment(tx).await) {
                    Ok(()) => written += 1,
                    // Lost three times in a row: told so, and done again. Nothing else may reach anybody.
                    Err(Failure::Conflict) => {}
                    Err(failure) => panic!("{failure}"),
                }
            }
        });
    }
    writers.join_all().await;
    let ana = UserId::from("U0ANA");
    let name = read_tx!(database.db, T, NOW, tx => store::people::person(tx, &ana).await).expect("Ana").name;
    assert_eq!(name, "400");
}

async fn people(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    let mut others = JoinSet::new();
    let pools = pools(&world.database).await;
    for other in 0..8 {
        let db = pools[other % pools.len()].clone();
        others.spawn(async move {
            for number in 0..40 {
                let id = &format!("Ev-{other}-{number}");
                write_tx!(db, T, NOW, tx => store::seen::first(tx, id).await).expect("written");
            }
        });
    }
    let agents = ["U0ANA", "U0BEN", "U0CLEO"];
    for line in 0..6 {
        for who in agents {
            world.slack.says(who, &world.dm(who), &format!("priority {line}")).expect("typed");
        }
        world.settle().await;
    }
    let press = async |who: &str| world.presses(who, "Nothing stuck").await;
    tokio::join!(press(agents[0]), press(agents[1]), press(agents[2]));
    others.join_all().await;
    world.seconds_pass(3).await;
    assert_eq!(world.unacked(), 0, "something was not acknowledged");
    for who in agents {
        let told = world.told(who).join("\n");
        assert!((0..6).all(|line| told.contains(&format!("priority {line}"))), "{told}");
    }
    world.each_key_once(&agents);
}

async fn claimers(which: Which) {
    let rows = i64::try_from(100 * runs(2)).expect("few");
    let database = databases::open(which).await;
    let wanted: Vec<NewMessage> = (0..rows)
        .map(|row| NewMessage::main(format!("k{row}").as_str(), "tell", "s", &format!("C{row}"), Class::Rest))
        .collect();
    for some in wanted.chunks(100) {
        write_tx!(database.db, T, NOW, tx => async {
            for new in some {
                message::want(tx, new).await?;
            }
            Ok(())
        }.await)
        .expect("wanted");
    }
    // The time goes on with each claim, because a workspace posts ten in a second at most.
    let (now, left) = (Arc::new(AtomicI64::new(NOW)), Arc::new(AtomicI64::new(rows)));
    let mut claimers = JoinSet::new();
    let pools = pools(&database).await;
    for claimer in 0..8 {
        let (db, now, left) = (pools[claimer % pools.len()].clone(), now.clone(), left.clone());
        claimers.spawn(async move {
            let mut mine = Vec::new();
            while left.load(Ordering::SeqCst) > 0 {
                let at = now.fetch_add(100, Ordering::SeqCst);
                assert!(at < NOW + 300 * rows, "{left:?} are left");
                match write_tx!(db, T, at, tx => message::claim(tx, "", Preference::Posts).await) {
                    // Leases run out meanwhile: such a row was claimed before, and is looked for.
                    Ok(claimed) => {
                        if let Some(Work::Post(row)) = claimed.work {
                            left.fetch_sub(1, Ordering::SeqCst);
                            mine.push(row.key.0);
                        }
                    }
                    Err(Failure::Conflict) => {}
                    Err(failure) => panic!("{failure}"),
                }
            }
            mine
        });
    }
    let mut claimed: Vec<String> = claimers.join_all().await.into_iter().flatten().collect();
    let all = claimed.len();
    claimed.sort_unstable();
    claimed.dedup();
    let whole = usize::try_from(rows).expect("few");
    assert_eq!((claimed.len(), all), (whole, whole), "claimed once, and claimed at all");
}
