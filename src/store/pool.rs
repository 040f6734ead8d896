//! The pools of connections, and what each connection is told at its beginning.

use super::connection::within;
use anyhow::Context;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, Database, Executor, PgPool, Pool, SqlitePool};
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
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
/// How long those who still use a connection are waited for at the end.
const CLOSE: Duration = Duration::from_millis(1500);
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
    match pool.connect_with(options.clone()).await {
        Ok(pool) => Ok(pool),
        Err(error) => Err(plain(error, &options).await),
    }
}

/// What is wrong, and what to do.
async fn plain(mut error: sqlx::Error, options: &PgConnectOptions) -> anyhow::Error {
    // The pool waits in vain for a server that turns it away, and does not tell why.
    if matches!(error, sqlx::Error::PoolTimedOut)
        && let Err(told) = within(ALIVE, PgConnection::connect_with(options)).await
    {
        error = told;
    }
    match error {
        sqlx::Error::Database(told) if told.code().as_deref() == Some("3D000") => {
            let name = options.get_database().unwrap_or(options.get_username());
            anyhow::anyhow!("PostgreSQL has no database {name}: make it with `createdb {name}`, or mend DATABASE_URL")
        }
        sqlx::Error::Database(told) => anyhow::anyhow!(
            "PostgreSQL refuses ({}): are the user, the password and the database of DATABASE_URL right?",
            told.message()
        ),
        sqlx::Error::Io(why) => {
            anyhow::anyhow!("cannot reach PostgreSQL ({why}): is DATABASE_URL right and the server up?")
        }
        error => anyhow::anyhow!("cannot reach PostgreSQL ({error}): is DATABASE_URL right and the server up?"),
    }
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
    if let Some(file) = file(url)?.filter(|_| !url.contains("mode=ro")) {
        make(&file);
    }
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

/// A new file is for nobody else to read; what SQLite puts beside it follows it in that. Where it cannot be made, SQLite says why.
fn make(file: &Path) {
    let _ = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
}

/// The file of a SQLite database; None for one in memory, and for PostgreSQL's.
pub(super) fn file(url: &str) -> anyhow::Result<Option<PathBuf>> {
    if !url.starts_with("sqlite:") {
        return Ok(None);
    }
    let options = SqliteConnectOptions::from_str(url).context("DATABASE_URL is not a SQLite address")?;
    let file = options.get_filename();
    // The library keeps it to itself whether a database is in memory.
    if url.contains(":memory:") || url.contains("mode=memory") || file.as_os_str().is_empty() {
        return Ok(None);
    }
    let name = file.display();
    anyhow::ensure!(!file.is_dir(), "{name} is a folder: name a file in it, such as sqlite://{name}/unstuck.db");
    Ok(Some(file.to_owned()))
}

/// Nobody looks for anything in a file that is not there.
pub(super) fn must_exist(url: &str) -> anyhow::Result<()> {
    let Some(file) = file(url)?.filter(|file| !file.exists()) else { return Ok(()) };
    anyhow::bail!("there is no database at {}: is DATABASE_URL right?", std::path::absolute(file)?.display())
}

pub(super) async fn close<D: Database>(pool: &Pool<D>) {
    let _ = tokio::time::timeout(CLOSE, pool.close()).await;
}
