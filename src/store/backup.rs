//! A copy of a SQLite database while the bot writes to it: one moment of it, whole, and on the disk before it has its name.

use super::pool::BUSY;
use super::{alone, file};
use anyhow::Context;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection, Row};
use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

/// Writes the copy; an existing file is never overwritten, and a copy that is not whole is not kept.
pub async fn backup(url: &str, to: &Path) -> anyhow::Result<()> {
    anyhow::ensure!(
        !file::is_postgres(url),
        "this database is PostgreSQL: back it up with pg_dump, also while the bot runs"
    );
    anyhow::ensure!(file::is_sqlite(url), "DATABASE_URL must begin with sqlite:// or postgres://");
    // Nothing is created and nothing migrated: what is there is copied.
    file::must_exist(url)?;
    let options = file::named(url)?.options;
    let from = options.get_filename().to_owned();
    alone::by_the_name_of_the_bot(&from)?;
    // A link that leads nowhere is something, too.
    let is_free = to.symlink_metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound);
    anyhow::ensure!(is_free, "{} is there already and is not overwritten: name another file", to.display());
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = || format!("cannot write {}", to.display());
    let copy = tempfile::Builder::new().prefix(".unstuck-backup.").tempfile_in(folder).with_context(failed)?;
    let name = copy.path().to_str().context("the backup's path is not plain text")?;
    let unread = || format!("cannot read {}", from.display());
    let mut database = options.busy_timeout(BUSY).connect().await.with_context(unread)?;
    // What is no database shows only when something is asked of it.
    sqlx::query("pragma schema_version").execute(&mut database).await.with_context(unread)?;
    // SQLite takes an empty file for one that it may fill.
    sqlx::query("vacuum into $1").bind(name).execute(&mut database).await.with_context(failed)?;
    database.close().await?;
    let whole = whole(copy.path()).await.context("the copy cannot be read")?;
    anyhow::ensure!(whole, "the copy is not whole, so it is not kept: run it again, and look after the disk");
    copy.as_file().sync_all().with_context(failed)?;
    copy.persist_noclobber(to).map_err(|kept| kept.error).with_context(failed)?;
    File::open(folder).and_then(|folder| folder.sync_all()).with_context(failed)
}

/// What SQLite itself says of a file: nothing torn, and nothing that refers to what is not there.
async fn whole(file: &Path) -> sqlx::Result<bool> {
    let mut copy: SqliteConnection = SqliteConnectOptions::new().filename(file).read_only(true).connect().await?;
    let said = sqlx::query("pragma integrity_check").fetch_all(&mut copy).await?;
    let astray = sqlx::query("pragma foreign_key_check").fetch_all(&mut copy).await?;
    copy.close().await?;
    Ok(astray.is_empty() && said.len() == 1 && said[0].try_get::<String, _>(0)? == "ok")
}
