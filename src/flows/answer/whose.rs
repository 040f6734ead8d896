//! Which check-in a typed line speaks of.

use super::fold;
use crate::rules::answer::Asking;
use crate::rules::check_in::{CheckIn, State};
use crate::rules::id::{ChannelId, CheckInId, Ts, UserId};
use crate::rules::keys::Kind;
use crate::store::{self, Result, Tx};

/// The check-in that a typed line speaks of: of the prompt in whose thread it stands, its team's;
/// else the latest that waits for an answer, else the latest.
async fn asked_in(tx: &mut Tx, who: &UserId, channel: &ChannelId, thread: Option<&Ts>) -> Result<Option<CheckIn>> {
    let current = store::check_in::current(tx, who).await?;
    if let Some(thread) = thread
        && let Some(parent) = store::message::at_ts(tx, channel.as_str(), thread).await?
        && let Some(of) = store::check_in::find(tx, &CheckInId(parent.subject)).await?
        && let Some(check_in) = current.iter().find(|check_in| check_in.team == of.team)
    {
        return Ok(Some(check_in.clone()));
    }
    let mut latest = None;
    for check_in in &current {
        if let Some(at) = asked_at(tx, check_in).await?
            && latest.as_ref().is_none_or(|(then, _)| *then < at)
        {
            latest = Some((at, check_in.clone()));
        }
    }
    Ok(latest.map(|(_, check_in)| check_in).or_else(|| current.into_iter().next()))
}

/// The same, held for what follows. A later shift may have begun while it was waited for: then it
/// is that one's.
pub(super) async fn hold_asked_in(
    tx: &mut Tx,
    who: &UserId,
    channel: &ChannelId,
    thread: Option<&Ts>,
) -> Result<Option<CheckIn>> {
    loop {
        let Some(asked) = asked_in(tx, who, channel, thread).await? else { return Ok(None) };
        let held = store::check_in::hold(tx, &asked.id).await?;
        if !held.superseded {
            return Ok(Some(held));
        }
    }
}

/// When a check-in asked last what is still open; a prompt that waits for its turn has asked
/// nothing yet.
async fn asked_at(tx: &mut Tx, check_in: &CheckIn) -> Result<Option<i64>> {
    if fold(tx, check_in).await?.asking == Asking::AStuck {
        let pressed = store::answer::pressed(tx, &check_in.id).await?;
        return Ok(pressed.iter().map(|press| press.at.ms()).max().or(Some(check_in.starts_at)));
    }
    if check_in.state != State::Asked {
        return Ok(None);
    }
    let rows = store::message::of_subject(tx, check_in.id.as_str()).await?;
    let out = rows.iter().filter(|row| row.kind != Kind::Reminder.word());
    Ok(out.filter(|row| row.posted().is_some() || row.due_at <= tx.now).map(|row| row.due_at).max())
}
