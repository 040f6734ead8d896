//! What Slack tells about people.

use super::{check_in, shift_start, stuck, trouble};
use crate::rules::id::{ChannelId, UserId};
use crate::rules::message::NO_ACCOUNT;
use crate::rules::people;
use crate::store::{self, Result, Tx};

/// A name, a zone or an account changed; a new zone moves the shifts that start in it. Here alone
/// names come in, and somebody of whose name nothing can be shown is called by their id.
pub async fn keep(tx: &mut Tx, id: &UserId, name: &str, zone: &str, deleted: bool) -> Result<()> {
    let name = &Some(people::name(name)).filter(|name| !name.is_empty()).unwrap_or_else(|| id.0.clone());
    let known = store::people::is_kept(tx, id).await?;
    let was = store::people::person(tx, id).await?;
    if was.zone != zone {
        shift_start::settle_old_starts(tx).await?;
    }
    if store::people::keep_person(tx, id, name, zone, deleted).await? || !known {
        store::shift::look_again_for(tx, id).await?;
    }
    if deleted && !was.deleted { gone(tx, id).await } else { Ok(()) }
}

/// An account was closed: nobody waits for it, what it had taken is open again, and managers learn
/// what it leaves behind.
async fn gone(tx: &mut Tx, id: &UserId) -> Result<()> {
    for key in store::message::waiting_for(tx, id).await? {
        store::message::cancel(tx, &key, NO_ACCOUNT).await?;
    }
    let mut left = Vec::new();
    for team in store::trouble::teams_with(tx, id).await? {
        if trouble::leaves_something(tx, &team, id).await? {
            left.push(team);
        }
    }
    check_in::gone(tx, id).await?;
    stuck::taker_gone(tx, id, |_| true).await?;
    for team in &left {
        trouble::account_closed(tx, team, id).await?;
    }
    Ok(())
}

/// Somebody left a channel: what they had taken in its teams is open again. It may be us.
pub async fn left(tx: &mut Tx, who: &UserId, channel: &ChannelId) -> Result<()> {
    if store::people::is_bot(tx, who).await? {
        return trouble::left(tx, channel).await;
    }
    stuck::taker_gone(tx, who, |team| team.channel == *channel).await.map(|_| ())
}

/// The same from an event, which Slack sends of everybody: only those whom a team names are kept.
pub async fn changed(tx: &mut Tx, id: &UserId, name: &str, zone: &str, deleted: bool) -> Result<()> {
    if store::people::is_known(tx, id).await? { keep(tx, id, name, zone, deleted).await } else { Ok(()) }
}

/// Forgets payloads that Slack never repeats any more, and what was written by people who were
/// asked nothing.
pub async fn forget(tx: &mut Tx, before: i64) -> Result<()> {
    store::pace::pull_in(tx).await?;
    store::seen::prune(tx, before).await?;
    store::answer::forget_unasked(tx, before).await
}
