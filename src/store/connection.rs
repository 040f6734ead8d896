//! A connection while one transaction has it. What did not come to its end is closed and never used again: whatever the
//! database, the network or a dropped future left it in, nobody else meets it.

use super::pool::BUSY;
use sqlx::pool::PoolConnection;
use sqlx::{Database, Executor, Pool, Sqlite};
use std::future::Future;
use std::io;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// So long the answer to one statement is waited for. A server that vanished without a word never answers, and TCP alone
/// would wait for a quarter of an hour. It is more than SQLite waits for another writer, and far less than a lease.
pub(super) const ANSWER: Duration = Duration::from_secs(15);

/// An open transaction's connection.
pub struct Held<D: Database> {
    connection: PoolConnection<D>,
    open: bool,
}

impl<D: Database> Held<D>
where
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
{
    pub(super) async fn begin(pool: &Pool<D>, begin: &'static str) -> Result<Held<D>, sqlx::Error> {
        let mut held = Held { connection: pool.acquire().await?, open: true };
        answered((&mut *held.connection).execute(begin)).await?;
        Ok(held)
    }

    /// For one statement, which is a transaction by itself: there is nothing to begin, and nothing to end.
    pub(super) async fn bare(pool: &Pool<D>) -> Result<Held<D>, sqlx::Error> {
        Ok(Held { connection: pool.acquire().await?, open: true })
    }

    /// The one statement was answered.
    pub(super) fn let_go(mut self) {
        self.open = false;
    }

    /// `commit` or `rollback`. After an error nobody knows which of the two it was.
    pub(super) async fn end(mut self, end: &'static str) -> Result<(), sqlx::Error> {
        answered((&mut *self.connection).execute(end)).await?;
        self.open = false;
        Ok(())
    }
}

impl Held<Sqlite> {
    /// SQLite's own patience asks ever more rarely, and under a crowd of other processes it can pass over somebody until it is
    /// exhausted; so it is given little of it at a time, and asked again.
    pub(super) async fn begin_immediate(pool: &Pool<Sqlite>) -> Result<Held<Sqlite>, sqlx::Error> {
        const BEGIN: &str = "pragma busy_timeout = 40; begin immediate; pragma busy_timeout = 5000";
        let mut held = Held { connection: pool.acquire().await?, open: true };
        let until = Instant::now() + BUSY;
        loop {
            STATEMENTS.fetch_add(2, Ordering::Relaxed);
            match answered((&mut *held.connection).execute(BEGIN)).await {
                Ok(_) => return Ok(held),
                Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("5") && Instant::now() < until => {
                }
                Err(error) => return Err(error),
            }
        }
    }
}

impl<D: Database> Deref for Held<D> {
    type Target = D::Connection;

    fn deref(&self) -> &D::Connection {
        &self.connection
    }
}

impl<D: Database> DerefMut for Held<D> {
    fn deref_mut(&mut self) -> &mut D::Connection {
        &mut self.connection
    }
}

impl<D: Database> Drop for Held<D> {
    fn drop(&mut self) {
        if self.open {
            self.connection.close_on_drop();
        }
    }
}

/// How many statements this process has asked its database to execute.
static STATEMENTS: AtomicU64 = AtomicU64::new(0);

/// How many statements this process has asked its database to execute, those that begin and end
/// transactions among them; a text of three counts as three.
pub fn statements() -> u64 {
    STATEMENTS.load(Ordering::Relaxed)
}

/// What a statement answers, or that it does not answer.
pub async fn answered<T>(statement: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    STATEMENTS.fetch_add(1, Ordering::Relaxed);
    within(ANSWER, statement).await
}

pub(super) async fn within<T>(
    patience: Duration,
    statement: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    tokio::time::timeout(patience, statement)
        .await
        .unwrap_or_else(|_| Err(sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, "it did not answer in time"))))
}
