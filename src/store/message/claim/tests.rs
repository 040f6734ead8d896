//! Years of messages that were posted long ago do not slow a courier down.

use super::NEXT_DUE;
use crate::store::Db;
use sqlx::{AssertSqlSafe, Row};

#[tokio::test]
async fn no_turn_reads_everything_that_was_ever_posted() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = Db::open(&format!("sqlite://{}/plan.db", folder.path().display())).await.expect("a database");
    let Db::Sqlite(pool, ..) = &db else { panic!("not SQLite") };
    for asked in [sweep!(), posts!(), edits!(), looks!(), NEXT_DUE] {
        let explained = sqlx::query(AssertSqlSafe(format!("explain query plan {asked}"))).fetch_all(pool).await;
        let steps = explained.expect("a plan").iter().map(|step| step.get::<String, _>("detail")).collect::<Vec<_>>();
        let all = |step: &String| {
            step.starts_with("SCAN m") || step.ends_with("(workspace=?)") && !step.contains("INDEX message_open ")
        };
        assert!(!steps.iter().any(all), "{asked}\n{steps:#?}");
    }
    db.close().await;
}
