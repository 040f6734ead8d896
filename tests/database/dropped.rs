//! A flow may be dropped at any of its awaits. Whatever it was in the middle of, whoever comes next finds a clean connection at once.

use super::{Chance, runs};
use crate::databases::{self, Which, both};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use unstuck::store::{self, Db};
use unstuck::{read_tx, write_tx};

both! {
    a_dropped_transaction_leaves_nobody_waiting => super::dropped;
    a_flow_that_goes_on_after_a_failed_statement_commits_nothing => super::spoilt;
}

const T: &str = databases::WORKSPACE;
const NOW: i64 = 1_800_000_000_000;

async fn writes(db: &Db, id: &str) -> store::Result<()> {
    write_tx!(db, T, NOW, tx => async {
        for part in 0..4 {
            store::seen::first(tx, &format!("{id}-{part}")).await?;
        }
        Ok(())
    }.await)
}

async fn reads(db: &Db) -> store::Result<usize> {
    read_tx!(db, T, NOW, tx => async {
        store::people::workspaces(tx).await?;
        Ok(store::people::workspaces(tx).await?.len())
    }.await)
}

async fn dropped(which: Which) {
    let database = databases::open(which).await;
    for run in 0..runs(3) {
        let mut tasks = JoinSet::new();
        for task in 0..12 {
            let db = database.db.clone();
            tasks.spawn(async move {
                let mut chance = Chance::of(run * 100 + task);
                for number in 0..8 {
                    let patience = Duration::from_micros(chance.below(4_000));
                    let id = format!("{run}-{task}-{number}");
                    // Whether it is dropped, comes to its end, or is refused for want of a connection, is chance.
                    let _ = tokio::time::timeout(patience, writes(&db, &id)).await;
                    let _ = tokio::time::timeout(patience / 2, reads(&db)).await;
                }
            });
        }
        tasks.join_all().await;
        let began = Instant::now();
        let after = (0..12).map(|task| {
            let db = database.db.clone();
            async move {
                writes(&db, &format!("after-{run}-{task}")).await.expect("written");
                reads(&db).await.expect("read");
            }
        });
        futures_util::future::join_all(after).await;
        assert!(began.elapsed() < Duration::from_secs(10), "it took {:?} until all was clean again", began.elapsed());
    }
    // Of each flow either all four parts are there, or none.
    let counted = read_tx!(database.db, T, NOW, tx => async {
        unstuck::rows!(tx, parts, "select count(*) as n from seen group by substr(id, 1, length(id) - 2)")
    }.await);
    assert!(counted.expect("read").iter().all(|parts| *parts == 4), "half of a flow is there");
}

fn parts(row: &impl store::row::Cells) -> store::Result<i64> {
    row.int("n")
}

/// PostgreSQL would answer such a commit with a rollback and no error; SQLite would commit the rest. Here both refuse.
async fn spoilt(which: Which) {
    let database = databases::open(which).await;
    let told = write_tx!(database.db, T, NOW, tx => async {
        store::seen::first(tx, "Ev1").await?;
        let refused = unstuck::run!(tx, "insert into seen (workspace, id, at) values ('T0TEST', 'Ev1', 0)");
        assert!(refused.is_err());
        Ok(())
    }.await);
    assert!(matches!(told, Err(store::Failure::Spoilt)), "{told:?}");
    assert!(write_tx!(database.db, T, NOW, tx => store::seen::first(tx, "Ev1").await).expect("written"), "it was kept");
}
