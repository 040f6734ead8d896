//! A build of tomorrow at the same database.

use sqlx::AssertSqlSafe;
use unstuck::store::Db;

use super::place::WORKSPACE;

/// The key of a message that only a newer build knows how to show.
pub const POEM: &str = "poem:1";

/// A newer build was here: it knows one more migration, and wants a message of a kind of its own, which is due.
pub async fn was_here(db: &Db) -> anyhow::Result<()> {
    let migration = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         select 9000, 'of tomorrow', success, checksum, execution_time from _sqlx_migrations where version = 1";
    let message = format!(
        "insert into message (workspace, key, root, kind, subject, place, class, due_at, expires_at, next_at)
         values ('{WORKSPACE}', '{POEM}', '{POEM}', 'poem', '', 'C0SUPPORT', 0, 0, {}, 0)",
        i64::MAX
    );
    for sql in [migration.to_owned(), message] {
        let written = match db {
            Db::Sqlite(pool, ..) => sqlx::query(AssertSqlSafe(sql)).execute(pool).await?.rows_affected(),
            Db::Postgres(pool, ..) => sqlx::query(AssertSqlSafe(sql)).execute(pool).await?.rows_affected(),
        };
        anyhow::ensure!(written == 1, "{written} rows are of tomorrow");
    }
    Ok(())
}
