//! What Slack tells about people.

use crate::rules::id::UserId;
use crate::store::{self, Result, Tx};

/// A name, a zone or an account changed; a new zone moves the shifts that start in it.
pub async fn keep(tx: &mut Tx, id: &UserId, name: &str, zone: &str, deleted: bool) -> Result<()> {
    let known = store::people::is_kept(tx, id).await?;
    if store::people::keep_person(tx, id, name, zone, deleted).await? || !known {
        store::shift::look_again_for(tx, id).await?;
    }
    Ok(())
}

/// The same from an event, which Slack sends of everybody: only those whom a team names are kept.
pub async fn changed(tx: &mut Tx, id: &UserId, name: &str, zone: &str, deleted: bool) -> Result<()> {
    if store::people::is_known(tx, id).await? { keep(tx, id, name, zone, deleted).await } else { Ok(()) }
}
