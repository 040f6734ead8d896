//! What Slack has sent already: it sends again whatever was not acknowledged in time.

use super::{Result, Tx};
use crate::run;

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

/// Forgets what is older than Slack ever repeats.
pub async fn prune(tx: &mut Tx, before: i64) -> Result<u64> {
    let workspace = tx.workspace.clone();
    Ok(run!(tx, "delete from seen where workspace = $1 and at < $2", workspace, before)?)
}
