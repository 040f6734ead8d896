//! What time it is on the database's machine, and what a clock that was wrong left behind.

use super::connection::answered;
use super::row::Cells;
use super::{Db, Result, Tx};
use crate::run;

/// Nothing but a prompt that waits for another one is put off for longer than this.
const FAR: i64 = 10 * 60_000;

/// UTC milliseconds by the server's clock; None on SQLite, which has no clock but ours.
pub async fn of_server(db: &Db) -> Result<Option<i64>> {
    match db {
        Db::Sqlite(..) => Ok(None),
        Db::Postgres(pool) => {
            let sql = "select cast(floor(extract(epoch from clock_timestamp()) * 1000) as bigint) as at";
            Ok(Some(answered(sqlx::query(sql).fetch_one(pool)).await?.int("at")?))
        }
    }
}

/// What was put off by a clock that was ahead would wait until that time really comes: it is looked at now. Tells how many
/// rows there were.
pub async fn put_right(tx: &mut Tx) -> Result<u64> {
    let (workspace, now) = (tx.workspace.clone(), tx.now);
    let sql = "update message set next_at = $2 where workspace = $1 and next_at > $3 and state <> 'dead'
               and (kind <> 'prompt' or tries > 0 or ts is not null)";
    let waiting = run!(tx, sql, &workspace, now, now + FAR)?;
    let sql = "update message set recheck_at = $2 where workspace = $1 and recheck_at > $3";
    let rechecks = run!(tx, sql, &workspace, now, now + 2 * FAR)?;
    let sql = "update pace set free_at = $2 where workspace = $1 and free_at > $3";
    Ok(waiting + rechecks + run!(tx, sql, &workspace, now, now + FAR)?)
}
