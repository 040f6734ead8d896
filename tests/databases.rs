//! A database of its own for each test, of either kind; it goes with the test.

use sqlx::{AssertSqlSafe, PgPool};
use std::sync::atomic::{AtomicU32, Ordering};
use unstuck::store::Db;

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

static NUMBER: AtomicU32 = AtomicU32::new(0);

pub const BOTH: [Which; 2] = [Which::Sqlite, Which::Postgres];

/// An address of a database that has nothing in it: a file, or a schema, which PostgreSQL makes in a millisecond.
pub async fn address(which: Which, files: &tempfile::TempDir) -> String {
    match which {
        Which::Sqlite => format!("sqlite://{}/test.db", files.path().display()),
        Which::Postgres => {
            let base = std::env::var("UNSTUCK_TEST_POSTGRES")
                .expect("no PostgreSQL for the tests: run them with scripts/test, which starts one");
            let name = format!("t{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
            let admin = PgPool::connect(&base).await.expect("PostgreSQL");
            // A process of an earlier run may have had our number.
            let drop = format!("drop schema if exists {name} cascade");
            sqlx::query(AssertSqlSafe(drop)).execute(&admin).await.expect("dropped");
            sqlx::query(AssertSqlSafe(format!("create schema {name}"))).execute(&admin).await.expect("created");
            admin.close().await;
            format!("{base}?options[search_path]={name}")
        }
    }
}

pub async fn open(which: Which) -> Database {
    let files = tempfile::tempdir().expect("a directory");
    let url = address(which, &files).await;
    at(url, files).await
}

/// The database of an address, whose files go with it.
pub async fn at(url: String, files: tempfile::TempDir) -> Database {
    Database { db: Db::open(&url).await.expect("the database"), url, _files: files }
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
