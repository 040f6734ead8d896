//! The only SQL. One text runs on SQLite and PostgreSQL; `Db::write` alone begins and commits.

pub mod row;
pub mod people;
pub mod shift;
pub mod check_in;
pub mod priority;
pub mod answer;
pub mod stuck;
pub mod message;
pub mod pace;
pub mod seen;
pub mod clock;

use anyhow::Context;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{PgPool, Postgres, SqlSafeStr, Sqlite, SqlitePool, Transaction};
use std::borrow::Cow;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// How often a flow that lost a compare-and-set is run again before it gives up.
const TRIES: usize = 3;
/// How often, and after which pause, a SQLite file that another process holds is opened again.
const OPEN_TRIES: usize = 50;
const OPEN_PAUSE: Duration = Duration::from_millis(20);
/// How long a statement of SQLite waits for the writer before it.
const BUSY: Duration = Duration::from_secs(5);

/// The operator sees this: the database is away, or a row is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Somebody else changed the row first; the flow is run again from its beginning.
    #[error("another change came first")]
    Conflict,
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    #[error("a row cannot be read: {0}")]
    Decode(String),
}

pub type Result<T> = std::result::Result<T, Failure>;

/// One of the two databases.
#[derive(Clone, Debug)]
pub enum Db {
    /// With the turn of its one writer: SQLite lets whoever asks next try again after a nap, which under a crowd can take
    /// longer than its patience; a queue of our own is fair. Other processes on the file still wait for each other.
    Sqlite(SqlitePool, Arc<Mutex<()>>),
    Postgres(PgPool),
}

/// A transaction on one of the two, for one workspace. Flows and store functions take it and never begin or commit.
pub struct Tx {
    on: TxOn,
    /// The workspace (Slack's team id) whose rows this transaction reads and writes.
    pub workspace: String,
    /// The instant that this transaction takes for now, UTC milliseconds.
    pub now: i64,
    /// Held until the transaction has ended.
    _turn: Option<OwnedMutexGuard<()>>,
}

pub enum TxOn {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// Runs the same body on whichever connection the transaction has; `$c` is an executor.
#[macro_export]
macro_rules! on {
    ($tx:expr, $c:ident => $body:expr) => {
        match $tx.connection() {
            $crate::store::TxOn::Sqlite(tx) => {
                let $c = &mut **tx;
                $body
            }
            $crate::store::TxOn::Postgres(tx) => {
                let $c = &mut **tx;
                $body
            }
        }
    };
}

/// Executes one statement with its arguments and tells how many rows it touched.
#[macro_export]
macro_rules! run {
    ($tx:expr, $sql:expr $(, $arg:expr)* $(,)?) => {
        $crate::on!($tx, c => sqlx::query($sql)$(.bind($arg))*.execute(c).await.map(|done| done.rows_affected()))
    };
}

/// `write_tx!(db, workspace, now, tx => flow(tx, …).await)`: the flow in one transaction, committed.
#[macro_export]
macro_rules! write_tx {
    ($db:expr, $workspace:expr, $now:expr, $tx:ident => $flow:expr) => {
        $db.write($workspace, $now, |mut owned| async move {
            let $tx = &mut owned;
            let done = $flow;
            (owned, done)
        })
        .await
    };
}

/// `read_tx!(db, workspace, now, tx => look(tx, …).await)`: one moment of the database.
#[macro_export]
macro_rules! read_tx {
    ($db:expr, $workspace:expr, $now:expr, $tx:ident => $look:expr) => {
        $db.read($workspace, $now, |mut owned| async move {
            let $tx = &mut owned;
            let done = $look;
            (owned, done)
        })
        .await
    };
}

/// All rows of one statement, each through `$read`, a function over `&impl Cells`.
#[macro_export]
macro_rules! rows {
    ($tx:expr, $read:path, $sql:expr $(, $arg:expr)* $(,)?) => {
        $crate::on!($tx, c => {
            let found = sqlx::query($sql)$(.bind($arg))*.fetch_all(c).await?;
            found.iter().map(|row| $read(row)).collect::<$crate::store::Result<Vec<_>>>()
        })
    };
}

impl Tx {
    pub fn connection(&mut self) -> &mut TxOn {
        &mut self.on
    }

    /// PostgreSQL lets replicas pass each other's locked rows; SQLite has one writer and needs nothing.
    pub fn skip_locked(&self) -> bool {
        matches!(self.on, TxOn::Postgres(_))
    }

    async fn commit(self) -> Result<()> {
        match self.on {
            TxOn::Sqlite(tx) => tx.commit().await?,
            TxOn::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}

/// An update that names the state it comes from either touches its one row or lost the race.
pub fn won(touched: u64) -> Result<()> {
    if touched == 1 { Ok(()) } else { Err(Failure::Conflict) }
}

impl Db {
    /// Opens `sqlite://file` or `postgres://…` and brings its tables up to date.
    pub async fn open(url: &str) -> anyhow::Result<Db> {
        let db = if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let options = PgConnectOptions::from_str(url)
                .map_err(|_| anyhow::anyhow!("DATABASE_URL is not a PostgreSQL address"))?;
            let pool = PgPoolOptions::new().max_connections(10).acquire_timeout(Duration::from_secs(5));
            Db::Postgres(
                pool.connect_with(options)
                    .await
                    .context("cannot reach PostgreSQL; is DATABASE_URL right and the server up?")?,
            )
        } else if url.starts_with("sqlite:") {
            Db::Sqlite(open_sqlite(url).await?, Arc::default())
        } else {
            anyhow::bail!("DATABASE_URL must begin with sqlite:// or postgres://");
        };
        db.migrate().await.context("the database's tables could not be brought up to date")?;
        Ok(db)
    }

    async fn migrate(&self) -> anyhow::Result<()> {
        let migrations = MIGRATIONS.iter().map(|(version, name, sql)| {
            let kind = MigrationType::Simple;
            Migration::new(*version, Cow::Borrowed(*name), kind, sql.into_sql_str(), false)
        });
        // A newer binary may have gone ahead during a rolling deploy: what we do not know is left alone.
        let mut migrator = Migrator::with_migrations(migrations.collect());
        migrator.set_ignore_missing(true);
        match self {
            Db::Sqlite(pool, _) => {
                // On SQLite they have no lock: whoever loses one to another process waits until that is done, and looks again.
                for _ in MIGRATIONS {
                    if migrator.run(pool).await.is_ok() {
                        return Ok(());
                    }
                    pool.begin_with("begin immediate").await?.rollback().await?;
                }
                migrator.run(pool).await?;
            }
            Db::Postgres(pool) => migrator.run(pool).await?,
        }
        Ok(())
    }

    async fn begin(&self, workspace: &str, now: i64) -> Result<Tx> {
        // A deferred transaction of SQLite that reads and then writes fails as "locked"; IMMEDIATE waits its turn.
        let (on, _turn) = match self {
            Db::Sqlite(pool, writer) => {
                let turn = writer.clone().lock_owned().await;
                (TxOn::Sqlite(pool.begin_with("begin immediate").await?), Some(turn))
            }
            Db::Postgres(pool) => (TxOn::Postgres(whole(pool, "begin").await?), None),
        };
        Ok(Tx { on, workspace: workspace.to_owned(), now, _turn })
    }

    /// Runs a flow in one transaction and commits what it changed; call it through [`write_tx!`](crate::write_tx). A flow that lost a race
    /// runs again, from its beginning, three times at most. The transaction goes in and comes back by value, because
    /// a borrowed one cannot be proved `Send` in a spawned task.
    pub async fn write<T, F, Fut>(&self, workspace: &str, now: i64, flow: F) -> Result<T>
    where
        F: Fn(Tx) -> Fut,
        Fut: Future<Output = (Tx, Result<T>)>,
    {
        let mut tries = 1;
        loop {
            let tx = self.begin(workspace, now).await?;
            match flow(tx).await {
                (tx, Ok(value)) => {
                    tx.commit().await?;
                    return Ok(value);
                }
                (_, Err(failure)) if tries < TRIES && failure.is_race() => tries += 1,
                (_, Err(failure)) => return Err(failure),
            }
        }
    }

    /// Reads in one transaction, for a view of one moment; nothing is committed. Call it through [`read_tx!`](crate::read_tx).
    pub async fn read<T, F, Fut>(&self, workspace: &str, now: i64, look: F) -> Result<T>
    where
        F: FnOnce(Tx) -> Fut,
        Fut: Future<Output = (Tx, Result<T>)>,
    {
        let on = match self {
            Db::Sqlite(pool, _) => TxOn::Sqlite(pool.begin().await?),
            Db::Postgres(pool) => TxOn::Postgres(whole(pool, "begin isolation level repeatable read read only").await?),
        };
        look(Tx { on, workspace: workspace.to_owned(), now, _turn: None }).await.1
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        match self {
            Db::Sqlite(pool, _) => sqlx::query("select 1").execute(pool).await.map(|_| ())?,
            Db::Postgres(pool) => sqlx::query("select 1").execute(pool).await.map(|_| ())?,
        }
        Ok(())
    }

    pub async fn close(&self) {
        match self {
            Db::Sqlite(pool, _) => pool.close().await,
            Db::Postgres(pool) => pool.close().await,
        }
    }
}

async fn open_sqlite(url: &str) -> anyhow::Result<SqlitePool> {
    // A committed claim is our record of an intent to post, so a power cut must not undo it: FULL, not NORMAL.
    let options = SqliteConnectOptions::from_str(url)
        .context("DATABASE_URL is not a SQLite address")?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY)
        .foreign_keys(true);
    let pool = SqlitePoolOptions::new().max_connections(4).acquire_timeout(Duration::from_secs(5));
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

/// A flow may be dropped at any await, and sqlx does not roll back a BEGIN that was dropped while under way: its connection would go back
/// to the pool inside a transaction. In a task of its own it always comes to its end.
async fn whole(pool: &PgPool, begin: &'static str) -> std::result::Result<Transaction<'static, Postgres>, sqlx::Error> {
    let pool = pool.clone();
    tokio::spawn(async move { pool.begin_with(begin).await }).await.map_err(|_| sqlx::Error::WorkerCrashed)?
}

impl Failure {
    /// A lost compare-and-set, or PostgreSQL's word for the same (a deadlock, a failed serialisation).
    fn is_race(&self) -> bool {
        match self {
            Failure::Conflict => true,
            Failure::Database(sqlx::Error::Database(error)) => {
                matches!(error.code().as_deref(), Some("40001" | "40P01" | "23505"))
            }
            _ => false,
        }
    }
}

const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "huddle", include_str!("../../migrations/0001_huddle.sql")),
    (3, "told", include_str!("../../migrations/0003_told.sql")),
];
