//! A database of its own for each test, of either kind; it goes with the test.

use sqlx::{AssertSqlSafe, Row};
use std::sync::atomic::{AtomicU32, Ordering};
use unstuck::store::Db;
use unstuck_sim::wall;

/// Whose rows a test's database holds: PostgreSQL shows and takes no others there.
pub const WORKSPACE: &str = "T0TEST";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    Sqlite,
    Postgres,
}

pub struct Database {
    pub db: Db,
    pub url: String,
    _files: tempfile::TempDir,
}

impl Database {
    /// Rows of a text `word` and a number `n`, past the bot.
    pub async fn pairs(&self, sql: &str) -> Vec<(String, i64)> {
        let sql = AssertSqlSafe(sql.to_owned());
        match &self.db {
            Db::Sqlite(pool, ..) => {
                let rows = sqlx::query(sql).fetch_all(pool).await.expect("rows");
                rows.iter().map(|row| (row.get("word"), row.get("n"))).collect()
            }
            Db::Postgres(pool) => {
                let rows = sqlx::query(sql).fetch_all(pool).await.expect("rows");
                rows.iter().map(|row| (row.get("word"), row.get("n"))).collect()
            }
        }
    }

    /// One statement, past the bot.
    pub async fn run(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        match &self.db {
            Db::Sqlite(pool, ..) => drop(sqlx::query(sql).execute(pool).await.expect("done")),
            Db::Postgres(pool) => drop(sqlx::query(sql).execute(pool).await.expect("done")),
        }
    }
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

pub const BOTH: [Which; 2] = [Which::Sqlite, Which::Postgres];

/// An address of a database that has nothing in it: a file, or a schema, which PostgreSQL makes in a millisecond.
pub async fn address(which: Which, files: &tempfile::TempDir) -> String {
    match which {
        Which::Sqlite => format!("sqlite://{}/test.db", files.path().display()),
        Which::Postgres => {
            let base = std::env::var("UNSTUCK_TEST_POSTGRES")
                .expect("no PostgreSQL for the tests: run them with scripts/test, which starts one");
            schema(&base).await
        }
    }
}

/// A schema of its own on the PostgreSQL at this address.
pub async fn schema(base: &str) -> String {
    // A process of an earlier run may have had our number; what it left is dropped.
    let name = format!("t{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    wall::schema(base, &name, WORKSPACE).await.expect("a schema")
}

pub async fn open(which: Which) -> Database {
    let files = tempfile::tempdir().expect("a directory");
    let url = address(which, &files).await;
    at(url, files).await
}

/// The database of an address, whose files go with it.
pub async fn at(url: String, files: tempfile::TempDir) -> Database {
    let db = Db::open(&url).await.expect("the database");
    wall::raise(&db).await.expect("a wall");
    Database { db, url, _files: files }
}

/// One test for each database: `both!(name, |which| async move { … })`.
macro_rules! both {
    ($($(#[$doc:meta])* $name:ident => $story:path;)*) => {$(
        $(#[$doc])*
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                $story(crate::databases::Which::Sqlite).await;
            }
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                $story(crate::databases::Which::Postgres).await;
            }
        }
    )*};
}
pub(crate) use both;
