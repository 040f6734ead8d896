//! Each migration runs on both databases over tables that hold rows, beside others that run it, and below newer ones.
//! `tests/migrations/` holds rows as each migration left them: a new migration needs a file of its own there.

use crate::databases::{self, Which, both};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, PgPool, Row, SqlSafeStr, SqlitePool};
use std::borrow::Cow;
use std::fs;
use std::path::Path;
use unstuck::store::Db;

both! {
    each_one_keeps_the_rows_of_the_one_before => super::each_over_rows;
    a_newer_one_is_left_alone => super::newer;
    several_processes_migrate_at_once => super::at_once;
}

/// Number, name and text of each file of a folder.
fn files(folder: &str) -> Vec<(i64, String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut found: Vec<_> = fs::read_dir(folder)
        .expect("the folder")
        .map(|file| {
            let path = file.expect("a file").path();
            let name = path.file_stem().and_then(|name| name.to_str()).expect("a plain name").to_owned();
            let (number, name) = name.split_once('_').expect("0001_name.sql");
            (number.parse().expect("a number"), name.to_owned(), fs::read_to_string(&path).expect("text"))
        })
        .collect();
    found.sort_unstable();
    found
}

enum Raw {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Raw {
    async fn open(which: Which, url: &str) -> Raw {
        match which {
            Which::Sqlite => Raw::Sqlite(SqlitePool::connect(&format!("{url}?mode=rwc")).await.expect("SQLite")),
            Which::Postgres => Raw::Postgres(PgPool::connect(url).await.expect("PostgreSQL")),
        }
    }

    async fn run(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Raw::Sqlite(pool) => drop(sqlx::raw_sql(sql).execute(pool).await.expect("done")),
            Raw::Postgres(pool) => drop(sqlx::raw_sql(sql).execute(pool).await.expect("done")),
        }
    }

    async fn number(&self, sql: &str) -> i64 {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Raw::Sqlite(pool) => sqlx::query(sql).fetch_one(pool).await.expect("a row").get(0),
            Raw::Postgres(pool) => sqlx::query(sql).fetch_one(pool).await.expect("a row").get(0),
        }
    }

    async fn migrate(&self, (number, name, sql): &(i64, String, String)) {
        let sql = AssertSqlSafe(sql.clone()).into_sql_str();
        let one = Migration::new(*number, Cow::Owned(name.clone()), MigrationType::Simple, sql, false);
        let mut migrator = Migrator::with_migrations(vec![one]);
        migrator.set_ignore_missing(true);
        match self {
            Raw::Sqlite(pool) => migrator.run(pool).await.expect("migrated"),
            Raw::Postgres(pool) => migrator.run(pool).await.expect("migrated"),
        }
    }

    async fn close(self) {
        match self {
            Raw::Sqlite(pool) => pool.close().await,
            Raw::Postgres(pool) => pool.close().await,
        }
    }
}

/// The tables that a text makes, and those into which it inserts.
fn tables<'t>(sql: &'t str, before: &str) -> Vec<&'t str> {
    let lines = sql.lines().filter_map(|line| line.strip_prefix(before));
    lines.map(|rest| rest.split([' ', '(']).next().unwrap_or_default()).collect()
}

async fn each_over_rows(which: Which) {
    let folder = tempfile::tempdir().expect("a folder");
    let url = databases::address(which, &folder).await;
    let raw = Raw::open(which, &url).await;
    let (migrations, rows) = (files("migrations"), files("tests/migrations"));
    let mut filled = Vec::new();
    for migration in &migrations {
        raw.migrate(migration).await;
        let (number, name, sql) = migration;
        let (_, _, sample) =
            rows.iter().find(|(of, _, _)| of == number).unwrap_or_else(|| panic!("no rows for {number}_{name}"));
        let (made, given) = (tables(sql, "create table "), tables(sample, "insert into "));
        assert!(made.iter().all(|table| given.contains(table)), "tests/migrations leaves out a table of {name}");
        raw.run(sample).await;
        filled.extend(given.into_iter().map(str::to_owned));
    }
    raw.close().await;

    // The program finds nothing to do, so its list is the folder's, text by text.
    Db::open(&url).await.expect("the same migrations").close().await;
    let raw = Raw::open(which, &url).await;
    let known = raw.number("select count(*) from _sqlx_migrations").await;
    assert_eq!(known, i64::try_from(migrations.len()).expect("few"));
    for table in &filled {
        assert!(raw.number(&format!("select count(*) from {table}")).await >= 1, "{table} lost its row");
    }
}

async fn newer(which: Which) {
    let database = databases::open(which).await;
    let raw = Raw::open(which, &database.url).await;
    raw.run("create table of_tomorrow (id text not null primary key)").await;
    let hash = if which == Which::Sqlite { "x'00'" } else { "'\\x00'" };
    raw.run(&format!(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (9999, 'tomorrow', true, {hash}, 0)"
    ))
    .await;
    let older = Db::open(&database.url).await.expect("an older binary starts beside a newer one");
    older.ping().await.expect("it works");
    assert_eq!(raw.number("select count(*) from _sqlx_migrations where version = 9999").await, 1);
    assert_eq!(raw.number("select count(*) from of_tomorrow").await, 0);
}

async fn at_once(which: Which) {
    let folder = tempfile::tempdir().expect("a folder");
    let url = databases::address(which, &folder).await;
    let mut starting = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let url = url.clone();
        starting.spawn(async move { Db::open(&url).await.map(drop) });
    }
    for started in starting.join_all().await {
        started.expect("each of them starts");
    }
    let raw = Raw::open(which, &url).await;
    let known = raw.number("select count(*) from _sqlx_migrations").await;
    assert_eq!(known, i64::try_from(files("migrations").len()).expect("few"));
}
