//! One kind of row for both databases: a column is text or a whole number, and may be absent.

use super::{Failure, Result};
use sqlx::Row;

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
