//! The pools of connections, and what each connection is told at its beginning.

use super::connection::{ANSWER, within};
use super::{alone, file};
use anyhow::Context;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::sqlite::{SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, Database, Executor, PgPool, Pool, Row, SqlitePool};
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
/// How it keeps texts, and whether it takes writes.
const WHAT_IT_IS: &str = "select current_setting('server_encoding'), pg_is_in_recovery(), \
     current_setting('transaction_read_only')";
/// The server ends a transaction whose process went away or was frozen, because it may hold rows that others wait for. It is
/// less than they wait for an answer.
const FORSAKEN: &str = "set idle_in_transaction_session_timeout = '10s'";

pub(super) async fn postgres(url: &str) -> anyhow::Result<PgPool> {
    let options = address(url)?.statement_cache_capacity(STATEMENTS);
    // The library would wait for a server that vanished without a word until TCP gives up; its own test has no end.
    let pool = PgPoolOptions::new()
        .max_connections(10)
        .acquire_timeout(ACQUIRE)
        .test_before_acquire(false)
        .before_acquire(|connection, _| Box::pin(alive(connection)))
        .after_release(|connection, _| Box::pin(alive(connection)))
        .after_connect(|connection, _| Box::pin(async move { connection.execute(FORSAKEN).await.map(drop) }));
    let pool = match pool.connect_with(options.clone()).await {
        Ok(pool) => pool,
        Err(error) => return Err(plain(error, &options).await),
    };
    let fits = match within(ANSWER, sqlx::query(WHAT_IT_IS).fetch_one(&pool)).await {
        Ok(told) => fits(told.get(0), told.get(1), told.get(2), &options),
        Err(error) => Err(plain(error, &options).await),
    };
    if fits.is_err() {
        close(&pool).await;
    }
    fits.map(|()| pool)
}

pub(super) fn address(url: &str) -> anyhow::Result<PgConnectOptions> {
    PgConnectOptions::from_str(url).map_err(|_| anyhow::anyhow!("DATABASE_URL is not a PostgreSQL address"))
}

/// It would be found out only when somebody types a letter that it lacks, or when the first shift
/// begins.
fn fits(encoding: &str, is_copy: bool, read_only: &str, options: &PgConnectOptions) -> anyhow::Result<()> {
    let name = options.get_database().unwrap_or(options.get_username());
    anyhow::ensure!(
        encoding == "UTF8",
        "the PostgreSQL database {name} keeps its texts as {encoding} and cannot hold everything that people type: \
         make one with `createdb --encoding UTF8 --template template0 NAME`, and name it in DATABASE_URL"
    );
    anyhow::ensure!(
        !is_copy,
        "this PostgreSQL server is a copy that follows another one (a standby) and takes no writes: \
         name the server that it follows in DATABASE_URL"
    );
    anyhow::ensure!(
        read_only == "off",
        "the PostgreSQL database {name} takes no writes (default_transaction_read_only is on): turn that off for it, \
         for the bot's user or for the server, or name another one in DATABASE_URL"
    );
    Ok(())
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
            anyhow::anyhow!(
                "PostgreSQL has no database {name}: make it with `createdb --encoding UTF8 --template template0 {name}`, or mend DATABASE_URL"
            )
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
    let named = file::named(url)?;
    let options = named
        .options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY)
        .foreign_keys(true)
        .statement_cache_capacity(STATEMENTS);
    if let Some(file) = &named.file {
        alone::by_the_name_of_the_bot(file)?;
        if !named.read_only {
            file::make(file);
        }
    }
    let mut pool = SqlitePoolOptions::new().max_connections(4).acquire_timeout(ACQUIRE);
    if named.file.is_none() {
        // What is in memory goes with its last connection, which must not be one that was idle for
        // a while.
        pool = pool.min_connections(1).idle_timeout(None).max_lifetime(None);
    }
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

pub(super) async fn close<D: Database>(pool: &Pool<D>) {
    let _ = tokio::time::timeout(CLOSE, pool.close()).await;
}
