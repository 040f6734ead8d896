//! In doubt: look for the message by its key before anything else happens to it.

use super::{Answered, Carried, Courier};
use crate::rules::id::Ts;
use crate::rules::message::{Event, State, is_person};
use crate::slack::client::{CallError, Found, Looked};
use crate::store::Result;
use crate::store::message::{Row, look_method};

/// Slack's clock and that of whoever tried first may differ by so much.
const SKEW: i64 = 10 * 60_000;
const DAY: i64 = 86_400_000;
/// What has stood for so long has had its last look for copies. Since then a channel may have gained more than one look reads.
const COPIES_FOR: i64 = 2 * DAY;
/// Slack's codes for a history that is not ours to read; posting there may still be allowed.
const BLIND: &[&str] = &["missing_scope", "not_in_channel", "no_permission"];

impl Courier {
    pub(super) async fn look(&self, row: Row) -> Result<Carried> {
        let (channel, looked) = match self.find(&row).await? {
            Ok(found) => found,
            Err(event) => return Ok(Carried::answered(row, event)),
        };
        let event = match (row.progress.state, looked) {
            (State::Doubtful, Looked::Found(found)) => return Ok(found_in(row, channel, &found)),
            (State::Doubtful, Looked::Absent) => Event::Absent,
            (_, Looked::Found(found)) if self.delete_extras(&row, &channel, &found).await => {
                Event::Rechecked { shows: shown_at(&row, found) }
            }
            (_, Looked::Found(_)) => Event::LookFailed("a copy is left".into()),
            (_, Looked::Absent) => Event::Rechecked { shows: None },
            (_, Looked::Incomplete) => Event::LookFailed("not all of the history was read".into()),
        };
        Ok(Carried::answered(row, event))
    }

    /// At the last look only what our row names may stay; a dead one names nothing.
    async fn delete_extras(&self, row: &Row, channel: &str, found: &[Found]) -> bool {
        let ours = row.posted().map(|(_, ts)| ts);
        if ours.is_some_and(|ours| !found.iter().any(|found| found.ts == *ours)) {
            return true;
        }
        let mut gone = true;
        for extra in found.iter().filter(|found| Some(&found.ts) != ours) {
            gone &= self.delete(row, channel, &extra.ts).await;
        }
        gone
    }

    /// Where it is looked for, and what was found; or what that failed with.
    async fn find(&self, row: &Row) -> Result<std::result::Result<(String, Looked), Event>> {
        let target = self.target(row).await?;
        let channel = match row.progress.channel.as_str() {
            "" if target.channel.is_empty() && is_person(&row.place) => match self.slack.open_dm(&row.place).await {
                Ok(channel) => {
                    self.keep_dm_channel(&row.place, &channel).await?;
                    channel
                }
                Err(error) => return Ok(Err(self.failed("conversations.open", error).await?)),
            },
            "" => target.channel,
            known => known.to_owned(),
        };
        let (oldest, latest) = span(row, self.clock.now());
        let (thread, key) = (target.thread_ts.as_ref(), row.key.as_str());
        match self.slack.find(&channel, thread, key, &oldest, latest.as_ref()).await {
            Ok(looked) => Ok(Ok((channel, looked))),
            Err(error) => Ok(Err(self.failed(look_method(row), error).await?)),
        }
    }

    async fn failed(&self, method: &str, error: CallError) -> Result<Event> {
        Ok(match error {
            CallError::RateLimited(wait) => {
                self.limited(method, wait).await?;
                Event::LookFailed("rate limited".into())
            }
            CallError::Refused(code) if BLIND.contains(&code.as_str()) => Event::Blind,
            CallError::Refused(code) => Event::LookRefused(code),
            CallError::Unsent(why) | CallError::Ambiguous(why) => Event::LookFailed(why),
        })
    }
}

/// Since when it is looked for; also until when, where it alone is to be seen, or was tried last days ago.
fn span(row: &Row, now: i64) -> (Ts, Option<Ts>) {
    let tried = row.progress.first_try_at.unwrap_or(row.due_at) - SKEW;
    // By a clock that was ahead: nobody knows when that was.
    let since = Ts::at(if tried > now { now - DAY } else { tried });
    match row.progress.ts.as_ref() {
        Some(ours) if *ours < Ts::at(now - COPIES_FOR) => (ours.clone(), Some(ours.clone())),
        Some(ours) => (since.min(ours.clone()), None),
        // A look that fails for days must not have to read more each time.
        None => (since, row.progress.last_try_at.filter(|last| *last < now - DAY).map(|last| Ts::at(last + SKEW))),
    }
}

/// The hash of what stands where our row says.
fn shown_at(row: &Row, found: Vec<Found>) -> Option<String> {
    let (_, ours) = row.posted()?;
    found.into_iter().find(|found| found.ts == *ours).map(|found| found.hash)
}

/// The first one is the message; copies are removed once that is settled, or at the last look if that fails.
fn found_in(row: Row, channel: String, found: &[Found]) -> Carried {
    let Some((first, extras)) = found.split_first() else {
        return Carried::answered(row, Event::LookFailed("found nothing".into()));
    };
    let extras = extras.iter().map(|extra| (channel.clone(), extra.ts.clone())).collect();
    let event = Event::Found { channel, ts: first.ts.clone(), hash: first.hash.clone() };
    Carried::Answered(Box::new(Answered { row, event, parts: Vec::new(), unsent: false, extras }))
}
