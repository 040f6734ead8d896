//! When the next call of a method, or the next post to a place, is free. Replicas share these rows.

use super::row::Cells;
use super::{Result, Tx};
use crate::rules::pace::{self, Rate};
use crate::{rows, run};

/// A row of the table: a method, or a method at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct What {
    pub name: String,
    pub rate: Rate,
}

pub fn method(name: &str) -> What {
    What { name: name.to_owned(), rate: pace::of_method(name) }
}

/// Posts to one channel or person.
pub fn place(place: &str) -> What {
    What { name: format!("chat.postMessage {place}"), rate: pace::POST_IN_PLACE }
}

fn free_at(row: &impl Cells) -> Result<i64> {
    row.int("free_at")
}

/// When the next call is allowed; nothing is taken.
pub async fn opens_at(tx: &mut Tx, what: &What) -> Result<i64> {
    let workspace = tx.workspace.clone();
    let sql = "select free_at from pace where workspace = $1 and what = $2";
    let found = rows!(tx, free_at, sql, workspace, what.name.as_str())?;
    Ok(found.first().map_or(0, |free_at| pace::opens_at(what.rate, *free_at, tx.now)))
}

/// Takes one call, or tells when to ask again.
pub async fn take(tx: &mut Tx, what: &What) -> Result<std::result::Result<(), i64>> {
    let free_at = lock(tx, what).await?;
    match pace::take(what.rate, free_at, tx.now) {
        Ok(next) => Ok(Ok(set(tx, what, next).await?)),
        Err(opens_at) => Ok(Err(opens_at)),
    }
}

/// A call was taken and not made, because nothing had changed.
pub async fn give_back(tx: &mut Tx, what: &What) -> Result<()> {
    let free_at = lock(tx, what).await?;
    set(tx, what, pace::give_back(what.rate, free_at, tx.now)).await
}

/// Slack said when to come back.
pub async fn limited(tx: &mut Tx, what: &What, until: i64) -> Result<()> {
    let free_at = lock(tx, what).await?;
    set(tx, what, pace::limited(what.rate, free_at, tx.now, until)).await
}

/// What lies further ahead than any wait that is heeded was written by an earlier version, or by a
/// clock that was ahead: it is free now, and does not come to be believed as the time goes on.
pub async fn pull_in(tx: &mut Tx) -> Result<()> {
    let (workspace, now) = (tx.workspace.clone(), tx.now);
    let sql = "update pace set free_at = $2 where workspace = $1 and free_at > $3";
    run!(tx, sql, workspace, now, now + pace::FARTHEST)?;
    Ok(())
}

/// An update that changes nothing makes the next claimer wait for this transaction, on both databases with one text.
async fn lock(tx: &mut Tx, what: &What) -> Result<i64> {
    let workspace = tx.workspace.clone();
    let sql = "insert into pace (workspace, what, free_at) values ($1, $2, 0)
               on conflict (workspace, what) do update set free_at = pace.free_at returning free_at";
    Ok(rows!(tx, free_at, sql, workspace, what.name.as_str())?.first().copied().unwrap_or(0))
}

async fn set(tx: &mut Tx, what: &What, free_at: i64) -> Result<()> {
    let workspace = tx.workspace.clone();
    let sql = "update pace set free_at = $3 where workspace = $1 and what = $2";
    run!(tx, sql, workspace, what.name.as_str(), free_at)?;
    Ok(())
}
