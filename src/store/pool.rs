//! The pools of connections, and what each connection is told at its beginning.

use super::connection::within;
use anyhow::Context;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, Executor, PgPool, SqlitePool};
use std::str::FromStr;
use std::time::Duration;

/// How often, and after which pause, a SQLite file that another process holds is opened again.
const OPEN_TRIES: usize = 50;
const OPEN_PAUSE: Duration = Duration::from_millis(20);
/// How long a statement of SQLite waits for a writer of another process.
pub(super) const BUSY: Duration = Duration::from_secs(5);
/// How long a free connection is waited for, and a new one.
const ACQUIRE: Duration = Duration::from_secs(5);
/// A connection that lay idle answers at once, or its server is gone.
const ALIVE: Duration = Duration::from_secs(2);
/// A connection remembers so many prepared statements: more than there are, or each would be prepared again and again.
const STATEMENTS: usize = 512;
/// The server ends a transaction whose process went away or was frozen, because it may hold rows that others wait for. It is
/// less than they wait for an answer.
const FORSAKEN: &str = "set idle_in_transaction_session_timeout = '10s'";

pub(super) async fn postgres(url: &str) -> anyhow::Result<PgPool> {
    let options =
        PgConnectOptions::from_str(url).map_err(|_| anyhow::anyhow!("DATABASE_URL is not a PostgreSQL address"))?;
    let options = options.statement_cache_capacity(STATEMENTS);
    // The library would wait for a server that vanished without a word until TCP gives up; its own test has no end.
    let pool = PgPoolOptions::new()
        .max_connections(10)
        .acquire_timeout(ACQUIRE)
        .test_before_acquire(false)
        .before_acquire(|connection, _| Box::pin(alive(connection)))
        .after_release(|connection, _| Box::pin(alive(connection)))
        .after_connect(|connection, _| Box::pin(async move { connection.execute(FORSAKEN).await.map(drop) }));
    pool.connect_with(options).await.context("cannot reach PostgreSQL; is DATABASE_URL right and the server up?")
}

async fn alive(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    within(ALIVE, connection.ping()).await.map(|()| true)
}

pub(super) async fn sqlite(url: &str) -> anyhow::Result<SqlitePool> {
    // A committed claim is our record of an intent to post, so a power cut must not undo it: FULL, not NORMAL.
    let options = SqliteConnectOptions::from_str(url)
        .context("DATABASE_URL is not a SQLite address")?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY)
        .foreign_keys(true)
        .statement_cache_capacity(STATEMENTS);
    let pool = SqlitePoolOptions::new().max_connections(4).acquire_timeout(ACQUIRE);
    let mut tries = 1;
    loop {
        match pool.clone().connect_with(options.clone()).await {
            Ok(pool) => return Ok(pool),
            // SQLite does not wait for another process that switches a new file to WAL at the same moment.
            Err(sqlx::Error::Database(error)) if tries < OPEN_TRIES && error.message().contains("locked") => tries += 1,
            Err(error) => return Err(error).with_context(|| format!("cannot open {url}")),
        }
        tokio::time::sleep(OPEN_PAUSE).await;
    }
}
