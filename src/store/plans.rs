//! How SQLite would run a statement: years of rows that were dealt with long ago must not slow a turn down.

use super::Db;
use super::due::NEXT;
use super::message::{REACHED, REACHED_AT};
use super::priority::{LIST, OF_STUCK};
use super::shift::{MET_BEFORE, SKIPPED_BEFORE};
use sqlx::{AssertSqlSafe, Row};

/// The steps that would read a whole table, or all of a workspace in it.
pub async fn whole_reads(sql: &str) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let db = Db::open(&format!("sqlite://{}/plan.db", folder.path().display())).await.expect("a database");
    let Db::Sqlite(pool, ..) = &db else { panic!("not SQLite") };
    let explained = sqlx::query(AssertSqlSafe(format!("explain query plan {sql}"))).fetch_all(pool).await;
    let steps = explained.expect("a plan").iter().map(|step| step.get::<String, _>("detail")).collect::<Vec<_>>();
    db.close().await;
    // What is small by nature, or an index that holds nothing but what is open, may be read from end to end.
    let small = ["shift ", "trouble ", "message_open ", "huddle_gathering ", "check_in_current ", "SCAN due"];
    let whole = |step: &String| step.starts_with("SCAN ") || step.ends_with("(workspace=?)");
    steps.into_iter().filter(|step| whole(step) && !small.iter().any(|name| step.contains(name))).collect()
}

#[tokio::test]
async fn nothing_reads_every_day_that_was() {
    for asked in [NEXT, LIST, OF_STUCK, MET_BEFORE, SKIPPED_BEFORE, REACHED, REACHED_AT] {
        assert_eq!(whole_reads(asked).await, Vec::<String>::new(), "{asked}");
    }
}
