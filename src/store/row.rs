//! One kind of row for both databases: a column is text or a whole number, and may be absent.

use super::{Failure, Result};
use sqlx::Row;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// All rows of one statement, each through `$read`, a function over `&impl Cells`. One that cannot
/// be read is left out: see [`readable`].
#[macro_export]
macro_rules! rows {
    ($tx:expr, $read:path, $sql:expr $(, $arg:expr)* $(,)?) => {
        $crate::asked!($tx, $read, $crate::store::row::readable, $sql $(, $arg)*)
    };
}

/// The one row that a statement is about, if it is there. It is an error where it cannot be read:
/// whoever asks for it by name must not take it for missing.
#[macro_export]
macro_rules! row {
    ($tx:expr, $read:path, $sql:expr $(, $arg:expr)* $(,)?) => {
        $crate::asked!($tx, $read, $crate::store::row::only, $sql $(, $arg)*)
    };
}

/// What a statement finds, put together by `$gather`.
#[macro_export]
macro_rules! asked {
    ($tx:expr, $read:path, $gather:path, $sql:expr $(, $arg:expr)*) => {{
        let found = $crate::on!($tx, c => {
            let statement = sqlx::query($sql)$(.bind($arg))*;
            let found = $crate::store::connection::answered(statement.fetch_all(c)).await;
            found.map(|found| $gather(&found, |row| $read(row)))
        });
        $tx.noted(found).map_err($crate::store::Failure::from).flatten()
    }};
}

/// Each unreadable row is told of once; beyond so many, no more.
const TOLD_OF: usize = 1_000;

/// The rows that can be read. One that cannot, because a newer build beside this one, or before it,
/// wrote a word that we do not know, is left as it is and silences nothing but itself.
pub fn readable<R: Cells, T>(found: &[R], read: impl Fn(&R) -> Result<T>) -> Result<Vec<T>> {
    Ok(found.iter().filter_map(|row| read(row).inspect_err(|failure| unreadable(row, failure)).ok()).collect())
}

/// The first of them.
pub fn only<R: Cells, T>(found: &[R], read: impl Fn(&R) -> Result<T>) -> Result<Option<T>> {
    found.first().map(read).transpose()
}

fn unreadable(row: &impl Cells, failure: &Failure) {
    static TOLD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let id = row.text("id").or_else(|_| row.text("key")).unwrap_or_default();
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    if told.len() < TOLD_OF && told.insert(format!("{id} {failure}")) {
        tracing::warn!(event = "row_unreadable", id, %failure, "a row cannot be read and is left out");
    }
}

pub trait Cells {
    fn text(&self, column: &str) -> Result<String>;
    fn int(&self, column: &str) -> Result<i64>;
    fn maybe_text(&self, column: &str) -> Result<Option<String>>;
    fn maybe_int(&self, column: &str) -> Result<Option<i64>>;

    fn truth(&self, column: &str) -> Result<bool> {
        Ok(self.int(column)? != 0)
    }

    /// An id or a name where `''` stands for none.
    fn named(&self, column: &str) -> Result<Option<String>> {
        Ok(Some(self.text(column)?).filter(|text| !text.is_empty()))
    }

    /// A word of a closed set; one that we do not know is an error and not a guess.
    fn word<T>(&self, column: &str, read: impl Fn(&str) -> Option<T>) -> Result<T>
    where
        Self: Sized,
    {
        let word = self.text(column)?;
        read(&word).ok_or_else(|| Failure::Decode(format!("{column} '{word}' is not known")))
    }
}

macro_rules! cells {
    ($($row:ty),*) => {$(
        impl Cells for $row {
            fn text(&self, column: &str) -> Result<String> {
                Ok(self.try_get(column)?)
            }
            fn int(&self, column: &str) -> Result<i64> {
                Ok(self.try_get(column)?)
            }
            fn maybe_text(&self, column: &str) -> Result<Option<String>> {
                Ok(self.try_get(column)?)
            }
            fn maybe_int(&self, column: &str) -> Result<Option<i64>> {
                Ok(self.try_get(column)?)
            }
        }
    )*};
}

cells!(sqlx::sqlite::SqliteRow, sqlx::postgres::PgRow);
