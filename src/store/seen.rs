//! What Slack has sent already: it sends again whatever was not acknowledged in time.

use super::row::Cells;
use super::{Result, Tx};
use crate::{row, run};

/// Notes the payload; false where it was here before, and then nothing of it may happen again.
pub async fn first(tx: &mut Tx, id: &str) -> Result<bool> {
    let (workspace, now) = (tx.workspace.clone(), tx.now);
    let touched = run!(
        tx,
        "insert into seen (workspace, id, at) values ($1, $2, $3) on conflict (workspace, id) do nothing",
        workspace,
        id,
        now
    )?;
    Ok(touched == 1)
}

/// It was refused, and its sender was told so in these words.
pub async fn refuse(tx: &mut Tx, id: &str, told: &str) -> Result<()> {
    let workspace = tx.workspace.clone();
    run!(tx, "update seen set refused = $3 where workspace = $1 and id = $2", workspace, id, told)?;
    Ok(())
}

fn refused_row(row: &impl Cells) -> Result<Option<String>> {
    row.named("refused")
}

/// What the sender of a payload was told when it was refused; None where it was done, or was never
/// here.
pub async fn refused(tx: &mut Tx, id: &str) -> Result<Option<String>> {
    let workspace = tx.workspace.clone();
    let sql = "select refused from seen where workspace = $1 and id = $2";
    Ok(row!(tx, refused_row, sql, workspace, id)?.flatten())
}

/// Whether it was here.
pub async fn is_noted(tx: &mut Tx, id: &str) -> Result<bool> {
    let workspace = tx.workspace.clone();
    let sql = "select refused from seen where workspace = $1 and id = $2";
    Ok(row!(tx, refused_row, sql, workspace, id)?.is_some())
}

/// Forgets what is older than Slack ever repeats.
pub async fn prune(tx: &mut Tx, before: i64) -> Result<u64> {
    let workspace = tx.workspace.clone();
    Ok(run!(tx, "delete from seen where workspace = $1 and at < $2", workspace, before)?)
}
