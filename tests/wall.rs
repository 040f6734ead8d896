//! The wall around a workspace's rows, which every test on PostgreSQL has: past it nothing is seen,
//! and nothing is written.

use crate::databases::{self, Database, WORKSPACE, Which};
use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{AssertSqlSafe, Connection, Row};
use unstuck::store::{self, Db, Failure};
use unstuck::{read_tx, write_tx};

/// What tests/migrations/ calls the workspace of its rows.
const OTHER: &str = "T1";
const NOW: i64 = 1_800_000_000_000;
/// PostgreSQL's word for what a policy refuses.
const REFUSED: &str = "42501";

fn pool(database: &Database) -> &PgPool {
    match &database.db {
        Db::Postgres(pool) => pool,
        Db::Sqlite(..) => panic!("not PostgreSQL"),
    }
}

/// A superuser's session in the same schema: there is no wall for it.
async fn superuser(database: &Database) -> PgConnection {
    let base = std::env::var("UNSTUCK_TEST_POSTGRES").expect("scripts/test");
    let schema = database.url.rsplit('=').next().expect("a schema");
    PgConnection::connect(&format!("{base}?options[search_path]={schema}")).await.expect("PostgreSQL")
}

/// A row of another workspace stands in each table.
async fn beside_another_workspace() -> (Database, Vec<String>) {
    let database = databases::open(Which::Postgres).await;
    let mut superuser = superuser(&database).await;
    let mut files: Vec<_> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/migrations"))
        .expect("rows")
        .map(|file| file.expect("a file").path())
        .collect();
    files.sort();
    for file in files {
        let rows = AssertSqlSafe(std::fs::read_to_string(file).expect("text"));
        sqlx::raw_sql(rows).execute(&mut superuser).await.expect("another workspace's rows");
    }
    let sql = "select table_name as name from information_schema.columns
               where table_schema = current_schema() and column_name = 'workspace' order by 1";
    let tables = sqlx::query(sql).fetch_all(&mut superuser).await.expect("tables");
    (database, tables.iter().map(|row| row.get("name")).collect())
}

async fn count(pool: &PgPool, from: &str) -> i64 {
    let sql = AssertSqlSafe(format!("select count(*) as n from {from}"));
    sqlx::query(sql).fetch_one(pool).await.expect("a number").get("n")
}

#[tokio::test]
async fn another_workspaces_rows_are_out_of_reach_in_every_table() {
    let (database, tables) = beside_another_workspace().await;
    assert!(tables.len() >= 20, "{tables:?}");
    let (pool, mut superuser) = (pool(&database), superuser(&database).await);
    for table in &tables {
        let all = AssertSqlSafe(format!("select count(*) as n from {table}"));
        let there: i64 = sqlx::query(all).fetch_one(&mut superuser).await.expect("a number").get("n");
        assert!(there >= 1, "{table} is empty, and proves nothing");
        // Which workspaces there are is no secret.
        let seen = if table == "workspace" { there } else { 0 };
        assert_eq!(count(pool, table).await, seen, "{table} is read");
        for sql in [format!("update {table} set workspace = workspace"), format!("delete from {table}")] {
            let done = sqlx::query(AssertSqlSafe(sql.clone())).execute(pool).await.expect("nothing to do");
            assert_eq!(done.rows_affected(), 0, "{sql}");
        }
        let taken = format!("update {table} set workspace = '{WORKSPACE}' where workspace = '{OTHER}'");
        assert_eq!(sqlx::query(AssertSqlSafe(taken)).execute(pool).await.expect("done").rows_affected(), 0);
    }
    let role = sqlx::query("select rolsuper or rolbypassrls as free from pg_roles where rolname = current_user");
    assert!(!role.fetch_one(pool).await.expect("a role").get::<bool, _>("free"), "there is no wall for this role");
}

#[tokio::test]
async fn a_transaction_of_another_workspace_is_refused() {
    let (database, _) = beside_another_workspace().await;
    let db = &database.db;
    assert!(write_tx!(db, WORKSPACE, NOW, tx => store::seen::first(tx, "Ev1").await).expect("our own"));
    let refused = write_tx!(db, OTHER, NOW, tx => store::seen::first(tx, "Ev1").await);
    let Err(Failure::Database(sqlx::Error::Database(error))) = &refused else { panic!("{refused:?}") };
    assert_eq!(error.code().as_deref(), Some(REFUSED));
    let theirs = read_tx!(db, OTHER, NOW, tx => store::people::teams(tx).await).expect("read");
    assert!(theirs.is_empty(), "{theirs:?}");
    let moved =
        sqlx::query(AssertSqlSafe(format!("update seen set workspace = '{OTHER}'"))).execute(pool(&database)).await;
    assert!(moved.is_err(), "a row went over the wall");
    // What may pass: which workspaces there are, and whether anything can be written at all.
    assert_eq!(read_tx!(db, "", NOW, tx => store::people::workspaces(tx).await).expect("read"), [OTHER]);
    db.takes_writes().await.expect("it takes writes");
}

/// Without a workspace there is nothing to see, so that a session which forgot to say it fails its
/// test.
#[tokio::test]
async fn a_session_of_no_workspace_sees_nothing() {
    let database = databases::open(Which::Postgres).await;
    assert!(write_tx!(database.db, WORKSPACE, NOW, tx => store::seen::first(tx, "Ev1").await).expect("noted"));
    assert_eq!(count(pool(&database), "seen").await, 1);
    let url = database.url.replace(&format!("options[unstuck.workspace]={WORKSPACE}&"), "");
    assert_ne!(url, database.url);
    let nobodys = PgPool::connect(&url).await.expect("PostgreSQL");
    assert_eq!(count(&nobodys, "seen").await, 0);
}
