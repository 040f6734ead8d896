//! The only SQL. One text runs on SQLite and PostgreSQL; `Db::write` alone begins and commits.

pub mod connection;
mod pool;
pub mod file;
pub mod caution;
pub mod alone;
pub mod backup;
pub mod row;
pub mod people;
pub mod shift;
pub mod check_in;
pub mod priority;
pub mod answer;
pub mod stuck;
pub mod message;
pub mod trouble;
pub mod due;
#[cfg(test)]
mod plans;
pub mod pace;
pub mod seen;
pub mod clock;
pub mod figures;

use anyhow::Context;
use connection::Held;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{PgPool, Postgres, SqlSafeStr, Sqlite, SqlitePool};
use std::borrow::Cow;
use std::sync::Arc;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// How often a flow that lost a compare-and-set is run again before it gives up.
const TRIES: usize = 3;

/// The operator sees this: the database is away, or a row is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Somebody else changed the row first; the flow is run again from its beginning.
    #[error("another change came first")]
    Conflict,
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// A flow went on after a statement had failed: what it did then is not committed.
    #[error("a statement failed before the end of its flow")]
    Spoilt,
    #[error("a row cannot be read: {0}")]
    Decode(String),
}

/// What could be read; None, and a line for the operator, where a row is not what it should be. For
/// what must go on without it.
pub fn unless_unreadable<T>(read: Result<T>) -> Result<Option<T>> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(failure @ Failure::Decode(_)) => {
            tracing::warn!(event = "left_out", %failure, "what cannot be read is left out");
            Ok(None)
        }
        Err(failure) => Err(failure),
    }
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
    health: Health,
    /// Held until the transaction has ended.
    _turn: Option<OwnedMutexGuard<()>>,
}

/// What became of the statements so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    Sound,
    /// The database refused one: there is nothing to commit.
    Spoilt,
    /// One had no answer: nothing more is asked on this connection.
    Broken,
}

pub enum TxOn {
    Sqlite(Held<Sqlite>),
    Postgres(Held<Postgres>),
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
    ($tx:expr, $sql:expr $(, $arg:expr)* $(,)?) => {{
        let done = $crate::on!($tx, c => {
            let statement = sqlx::query($sql)$(.bind($arg))*;
            $crate::store::connection::answered(statement.execute(c)).await.map(|done| done.rows_affected())
        });
        $tx.noted(done)
    }};
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

/// `glance!(db, workspace, now, tx => look(tx, …).await)`: what one statement sees.
#[macro_export]
macro_rules! glance {
    ($db:expr, $workspace:expr, $now:expr, $tx:ident => $look:expr) => {
        $db.glance($workspace, $now, |mut owned| async move {
            let $tx = &mut owned;
            let done = $look;
            (owned, done)
        })
        .await
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

    /// Remembers that a statement failed.
    pub fn noted<T>(&mut self, done: std::result::Result<T, sqlx::Error>) -> std::result::Result<T, sqlx::Error> {
        match (&done, self.health) {
            (Ok(_), _) | (_, Health::Broken) => {}
            (Err(sqlx::Error::Database(_)), _) => self.health = Health::Spoilt,
            (Err(_), _) => self.health = Health::Broken,
        }
        done
    }

    /// PostgreSQL answers the commit of a spoilt transaction with a rollback and no error, so it is not asked. An error of the
    /// commit itself leaves open whether it happened: whoever called must bear both.
    async fn commit(self) -> Result<()> {
        if self.health != Health::Sound {
            self.roll_back().await;
            return Err(Failure::Spoilt);
        }
        Ok(self.end("commit").await?)
    }

    /// One that fails, or is not even tried, closes the connection, which is a rollback too.
    async fn roll_back(self) {
        if self.health == Health::Broken {
            return;
        }
        if let Err(error) = self.end("rollback").await {
            tracing::debug!(event = "connection_closed", %error, "a connection was closed instead of rolled back");
        }
    }

    /// After a statement that failed the connection is closed instead.
    fn let_go(self) {
        if self.health == Health::Sound {
            match self.on {
                TxOn::Sqlite(held) => held.let_go(),
                TxOn::Postgres(held) => held.let_go(),
            }
        }
    }

    async fn end(self, how: &'static str) -> std::result::Result<(), sqlx::Error> {
        match self.on {
            TxOn::Sqlite(held) => held.end(how).await,
            TxOn::Postgres(held) => held.end(how).await,
        }
    }
}

/// An update that names the state it comes from either touches its one row or lost the race.
pub fn won(touched: u64) -> Result<()> {
    if touched == 1 { Ok(()) } else { Err(Failure::Conflict) }
}

impl Db {
    /// Opens `sqlite://file` or `postgres://…` and brings its tables up to date.
    pub async fn open(url: &str) -> anyhow::Result<Db> {
        let db = if file::is_postgres(url) {
            Db::Postgres(pool::postgres(url).await?)
        } else if file::is_sqlite(url) {
            Db::Sqlite(pool::sqlite(url).await?, Arc::default())
        } else {
            anyhow::bail!("DATABASE_URL must begin with sqlite:// or postgres://");
        };
        db.migrate().await.context("the database's tables could not be brought up to date")?;
        Ok(db)
    }

    /// The same where the database must be there: whoever looks for something in it has mistyped its name otherwise.
    pub async fn open_existing(url: &str) -> anyhow::Result<Db> {
        file::must_exist(url)?;
        Db::open(url).await
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
                (TxOn::Sqlite(Held::begin_immediate(pool).await?), Some(turn))
            }
            Db::Postgres(pool) => (TxOn::Postgres(Held::begin(pool, "begin").await?), None),
        };
        Ok(Tx { on, workspace: workspace.to_owned(), now, health: Health::Sound, _turn })
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
                (tx, Err(failure)) => {
                    tx.roll_back().await;
                    if tries == TRIES || !failure.is_race() {
                        return Err(failure);
                    }
                    tries += 1;
                }
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
            Db::Sqlite(pool, _) => TxOn::Sqlite(Held::begin(pool, "begin").await?),
            Db::Postgres(pool) => {
                TxOn::Postgres(Held::begin(pool, "begin isolation level repeatable read read only").await?)
            }
        };
        let (tx, looked) =
            look(Tx { on, workspace: workspace.to_owned(), now, health: Health::Sound, _turn: None }).await;
        tx.roll_back().await;
        looked
    }

    /// Reads with one statement, which sees one moment by itself: a transaction around it would ask the server three times
    /// instead of once. Call it through [`glance!`](crate::glance).
    pub async fn glance<T, F, Fut>(&self, workspace: &str, now: i64, look: F) -> Result<T>
    where
        F: FnOnce(Tx) -> Fut,
        Fut: Future<Output = (Tx, Result<T>)>,
    {
        let on = match self {
            Db::Sqlite(pool, _) => TxOn::Sqlite(Held::bare(pool).await?),
            Db::Postgres(pool) => TxOn::Postgres(Held::bare(pool).await?),
        };
        let (tx, looked) =
            look(Tx { on, workspace: workspace.to_owned(), now, health: Health::Sound, _turn: None }).await;
        tx.let_go();
        looked
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        match self {
            Db::Sqlite(pool, _) => Held::begin(pool, "begin").await?.end("rollback").await?,
            Db::Postgres(pool) => Held::begin(pool, "begin").await?.end("rollback").await?,
        }
        Ok(())
    }

    /// Whether it may be written to: something is, and taken back.
    pub async fn takes_writes(&self) -> Result<()> {
        let mut tx = self.begin("", 0).await?;
        let written = seen::first(&mut tx, "a look").await;
        tx.roll_back().await;
        written.map(drop)
    }

    /// After it everything stands in SQLite's one file, and nothing in the log beside it, unless another process has it open too.
    pub async fn close(&self) {
        match self {
            Db::Sqlite(pool, _) => pool::close(pool).await,
            Db::Postgres(pool) => pool::close(pool).await,
        }
    }
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
    (2, "trouble", include_str!("../../migrations/0002_trouble.sql")),
    (3, "told", include_str!("../../migrations/0003_told.sql")),
    (4, "found_quickly", include_str!("../../migrations/0004_found_quickly.sql")),
    (5, "reached", include_str!("../../migrations/0005_reached.sql")),
    (6, "refused", include_str!("../../migrations/0006_refused.sql")),
    (7, "beyond", include_str!("../../migrations/0007_beyond.sql")),
];
