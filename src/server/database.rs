//! The database of a command: opened, and what its operator should know of it said once.

use crate::store::{self, Db};

pub async fn open(url: &str) -> anyhow::Result<Db> {
    told(url, Db::open(url).await)
}

/// For a command that looks for something in it.
pub async fn open_existing(url: &str) -> anyhow::Result<Db> {
    told(url, Db::open_existing(url).await)
}

/// For a command that leaves something in it.
pub async fn open_lasting(url: &str) -> anyhow::Result<Db> {
    store::file::must_last(url)?;
    open(url).await
}

/// One that does not open has its own line.
fn told(url: &str, opened: anyhow::Result<Db>) -> anyhow::Result<Db> {
    if opened.is_ok() {
        for why in store::caution::cautions(url) {
            tracing::warn!(event = "database_caution", why, "the database wants care");
        }
    }
    opened
}
