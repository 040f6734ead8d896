//! Render, call, settle.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use sha2::{Digest, Sha256};

use super::show::part_of;
use super::{Answered, CameTo, Carried, Courier, Part, Shown};
use crate::rules::id::{MessageKey, Ts};
use crate::rules::message::{Event, Showing, State, TRUST, is_person, linked};
use crate::slack::client::{CallError, Content, Post};
use crate::slack::view::emptied;
use crate::store::message::{self, NewMessage, Orphan, Row};
use crate::store::{Result, Tx, pace};
use crate::{read_tx, write_tx};

/// Slack says how long to wait; where it does not, so long.
const DEFAULT_WAIT: Duration = Duration::from_secs(5);
/// A part that a document grows into long after its main part was due must still be posted.
const PART_FOR: i64 = 86_400_000;

/// What to send, read in one moment of the database.
struct Rendered {
    /// As it is now: the revision that was wanted before its rows were read.
    row: Row,
    shown: Shown,
    target: Target,
}

/// Where a message goes.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// Empty where a direct message has no known channel yet.
    pub channel: String,
    pub thread_ts: Option<Ts>,
}

impl Courier {
    pub(super) async fn send(&self, claimed: Row, since: Duration) -> Result<Carried> {
        let rendered = match AssertUnwindSafe(self.render(&claimed)).catch_unwind().await {
            Ok(Ok(Some(rendered))) => rendered,
            Ok(Ok(None)) => return Ok(Carried::Left(CameTo::Lost)),
            Ok(Err(failure)) => return Ok(Carried::answered(claimed, Event::Unrendered(failure.to_string()))),
            Err(_) => return Ok(Carried::answered(claimed, Event::Unrendered("its view panicked".into()))),
        };
        let Rendered { row, shown, target } = rendered;
        let parts = match shown {
            Shown::Document(parts) => parts,
            Shown::NotOwed(reason) => {
                let event = Event::NotOwed { rev: row.wanted_rev, reason };
                return Ok(Carried::answered(row, event));
            }
        };
        let part =
            parts.iter().find(|part| part.name == row.part).cloned().unwrap_or_else(|| part_of(emptied(&row.part)));
        let hash = content_hash(&part);
        if let Some((channel, ts)) = row.posted()
            && row.progress.shown_hash == hash
        {
            let event = Event::Done(Showing { channel: channel.to_owned(), ts: ts.clone(), rev: row.wanted_rev, hash });
            return Ok(Carried::Answered(Box::new(Answered { row, event, parts, unsent: true, extras: Vec::new() })));
        }
        // A worker that was frozen since its claim may no longer be the only one.
        if self.clock.elapsed().saturating_sub(since) >= Duration::from_millis(TRUST.unsigned_abs()) {
            return Ok(Carried::Left(CameTo::Late));
        }
        // A machine that slept shows it by its wall clock alone.
        if self.clock.trusted().is_none() {
            return Ok(Carried::answered(row, Event::Unsent("the clock leapt".into())));
        }
        let event = self.call(&row, &part, hash, &target).await;
        Ok(Carried::document(row, event, parts))
    }

    async fn render(&self, claimed: &Row) -> Result<Option<Rendered>> {
        let now = self.clock.now();
        let (key, fence) = (claimed.key.clone(), claimed.progress.fence);
        self.db
            .read(&self.workspace, now, |mut tx| async move {
                let (row, target) = match read(&mut tx, &key, fence).await {
                    Ok(Some(found)) => found,
                    Ok(None) => return (tx, Ok(None)),
                    Err(failure) => return (tx, Err(failure)),
                };
                let (tx, shown) = (self.show)(tx, row.clone()).await;
                (tx, shown.map(|shown| Some(Rendered { row, shown, target })))
            })
            .await
    }

    async fn call(&self, row: &Row, part: &Part, hash: String, target: &Target) -> Event {
        let content = Content { text: &part.text, blocks: &part.blocks, key: row.key.as_str(), hash: &hash };
        let answer = match row.posted() {
            Some((channel, ts)) => self.slack.update(channel, ts, content).await,
            None => {
                let channel = if target.channel.is_empty() { &row.place } else { &target.channel };
                let thread_ts = target.thread_ts.as_ref();
                let broadcast = row.broadcast && thread_ts.is_some();
                self.slack.post(Post { channel, thread_ts, broadcast, content }).await
            }
        };
        match answer {
            Ok(posted) => Event::Done(Showing { channel: posted.channel, ts: posted.ts, rev: row.wanted_rev, hash }),
            Err(CallError::RateLimited(wait)) => Event::RateLimited(ms(wait.unwrap_or(DEFAULT_WAIT))),
            Err(CallError::Unsent(why)) => Event::Unsent(why),
            Err(CallError::Refused(code)) => Event::Refused(code),
            Err(CallError::Ambiguous(why)) => Event::Ambiguous(why),
        }
    }

    /// Writes what came of a claim, if the claim is still ours; and what follows from a message that stands in Slack.
    pub(super) async fn settle_answered(&self, answered: Answered) -> Result<CameTo> {
        let now = self.clock.now();
        let settled = self.db.write(&self.workspace, now, |mut tx| {
            let answered = &answered;
            async move {
                let after = match settle_in(&mut tx, answered).await {
                    Ok(after) => after,
                    Err(failure) => return (tx, Err(failure)),
                };
                self.tell(tx, &answered.row, after).await
            }
        });
        let Some(after) = settled.await? else { return self.lost(&answered).await };
        // Wanted again without an error is a newer revision.
        let stands = after.posted().is_some() && matches!(after.progress.state, State::Shown | State::Wanted);
        if !stands || !after.progress.last_error.is_empty() {
            let (state, why) = (after.progress.state.as_str(), &after.progress.last_error);
            tracing::warn!(event = "message_troubled", key = %after.key, state, why, "a message is not simply shown");
        }
        for (channel, ts) in &answered.extras {
            self.delete(&after, channel, ts).await;
        }
        self.link(&after).await?;
        Ok(CameTo::State(after.progress.state))
    }

    /// A message that was not there before now is: documents that name it are told, in the same transaction.
    async fn tell(&self, tx: Tx, before: &Row, after: Option<Row>) -> (Tx, Result<Option<Row>>) {
        match &after {
            Some(row) if before.posted().is_none() && row.posted().is_some() => {
                let (tx, told) = (self.after_shown)(tx, row.clone()).await;
                (tx, told.map(|()| after))
            }
            _ => (tx, Ok(after)),
        }
    }

    /// The claim is gone. A post that we hold nevertheless is one too many, or the only one.
    async fn lost(&self, answered: &Answered) -> Result<CameTo> {
        let Answered { row, event: Event::Done(showing), .. } = answered else { return Ok(CameTo::Lost) };
        if row.posted().is_some() {
            return Ok(CameTo::Lost);
        }
        let now = self.clock.now();
        let adopted = self.db.write(&self.workspace, now, |mut tx| async move {
            let orphan = match adopt_in(&mut tx, answered, showing).await {
                Ok(orphan) => orphan,
                Err(failure) => return (tx, Err(failure)),
            };
            let Orphan::Adopted(adopted) = orphan else { return (tx, Ok(orphan)) };
            let (tx, told) = (self.after_shown)(tx, (*adopted).clone()).await;
            (tx, told.map(|()| Orphan::Adopted(adopted)))
        });
        if adopted.await? == Orphan::Delete {
            self.delete(row, &showing.channel, &showing.ts).await;
        }
        Ok(CameTo::Lost)
    }

    /// Removes an extra copy; tells whether it is gone.
    pub(super) async fn delete(&self, row: &Row, channel: &str, ts: &Ts) -> bool {
        match self.slack.delete(channel, ts).await {
            Ok(()) => true,
            Err(CallError::Refused(code)) if code == "message_not_found" => true,
            Err(error) => {
                tracing::warn!(event = "copy_not_removed", key = %row.key, %ts, %error, "a second copy could not be removed yet");
                false
            }
        }
    }

    /// Best effort: without its link a document is named without one, and the next edit tries again.
    async fn link(&self, row: &Row) -> Result<()> {
        let Some((channel, ts)) = row.posted() else { return Ok(()) };
        if !linked(&row.kind) || !row.is_main() || !row.link.is_empty() {
            return Ok(());
        }
        let Ok(link) = self.slack.permalink(channel, ts).await else { return Ok(()) };
        let now = self.clock.now();
        self.db
            .write(&self.workspace, now, |mut tx| {
                let linked = Row { link: link.clone(), ..row.clone() };
                async move {
                    match message::keep_link(&mut tx, &linked.key, &linked.link).await {
                        Ok(()) => (self.after_shown)(tx, linked).await,
                        Err(failure) => (tx, Err(failure)),
                    }
                }
            })
            .await
    }

    pub(super) async fn target(&self, row: &Row) -> Result<Target> {
        read_tx!(self.db, &self.workspace, self.clock.now(), tx => target(tx, row).await)
    }

    pub(super) async fn limited(&self, method: &str, wait: Option<Duration>) -> Result<()> {
        let now = self.clock.now();
        let until = now.saturating_add(ms(wait.unwrap_or(DEFAULT_WAIT)));
        write_tx!(self.db, &self.workspace, now, tx => pace::limited(tx, &pace::method(method), until).await)
    }

    pub(super) async fn keep_dm_channel(&self, person: &str, channel: &str) -> Result<()> {
        let now = self.clock.now();
        write_tx!(self.db, &self.workspace, now, tx => message::keep_dm_channel(tx, person, channel).await)
    }
}

/// The row as it is now, if this claim still holds it.
async fn read(tx: &mut Tx, key: &MessageKey, fence: i64) -> Result<Option<(Row, Target)>> {
    let row = message::get(tx, key).await?;
    if row.progress.state != State::Sending || row.progress.fence != fence {
        return Ok(None);
    }
    let target = target(tx, &row).await?;
    Ok(Some((row, target)))
}

async fn target(tx: &mut Tx, row: &Row) -> Result<Target> {
    let parent = match &row.thread_of {
        Some(parent) => message::find(tx, parent).await?,
        None => None,
    };
    if let Some((channel, ts)) = parent.as_ref().and_then(Row::posted) {
        return Ok(Target { channel: channel.to_owned(), thread_ts: Some(ts.clone()) });
    }
    let channel = if is_person(&row.place) {
        message::dm_channel(tx, &row.place).await?.unwrap_or_default()
    } else {
        row.place.clone()
    };
    Ok(Target { channel, thread_ts: None })
}

async fn settle_in(tx: &mut Tx, answered: &Answered) -> Result<Option<Row>> {
    let Answered { row, event, parts, unsent, .. } = answered;
    let limited = if let Event::RateLimited(wait) = event { Some(tx.now.saturating_add(*wait)) } else { None };
    let done = matches!(event, Event::Done(_));
    let Some(after) = message::advance(tx, row, event.clone()).await? else { return Ok(None) };
    if *unsent {
        pace::give_back(tx, &pace::method("chat.update")).await?;
    }
    if let Some(until) = limited {
        let method = if row.posted().is_some() { "chat.update" } else { "chat.postMessage" };
        pace::limited(tx, &pace::method(method), until).await?;
        if row.posted().is_none() {
            pace::limited(tx, &pace::place(&row.place), until).await?;
        }
    }
    if let Some((channel, _)) = after.posted()
        && row.posted().is_none()
        && is_person(&row.place)
    {
        message::keep_dm_channel(tx, &row.place, channel).await?;
    }
    if done && row.is_main() {
        want_parts(tx, row, parts).await?;
        // No newer revision came since the document was rendered, so its parts should be as they were rendered, too.
        if after.progress.state == State::Shown {
            settle_parts(tx, row, parts).await?;
        }
    }
    Ok(Some(after))
}

/// What is brought home shows its document as it was rendered, so nothing else would ever want the parts.
async fn adopt_in(tx: &mut Tx, answered: &Answered, showing: &Showing) -> Result<Orphan> {
    let Answered { row, parts, .. } = answered;
    let orphan = message::adopt(tx, &row.key, showing.clone()).await?;
    if matches!(orphan, Orphan::Adopted(_)) && row.is_main() {
        want_parts(tx, row, parts).await?;
    }
    Ok(orphan)
}

/// Parts that show already what they should need no look of their own: edits are scarce, and a page of twelve people is
/// the same after the thirteenth has answered. One that shows something else is edited, even if nobody saw it when the
/// document was raised, because it was being made.
async fn settle_parts(tx: &mut Tx, main: &Row, parts: &[Part]) -> Result<()> {
    for part in parts.iter().filter(|part| !part.name.is_empty()) {
        let key = MessageKey(format!("{}:{}", main.key, part.name));
        let hash = content_hash(part);
        message::unchanged(tx, &key, &hash).await?;
        message::outdated(tx, &key, &hash).await?;
    }
    Ok(())
}

/// The further parts of a document get rows of their own, each after the one before.
async fn want_parts(tx: &mut Tx, main: &Row, parts: &[Part]) -> Result<()> {
    let mut before = main.key.clone();
    for part in parts.iter().filter(|part| !part.name.is_empty()) {
        let key = MessageKey(format!("{}:{}", main.key, part.name));
        let own_thread = part.thread.then(|| main.key.clone());
        let new = NewMessage {
            key: key.clone(),
            root: main.root.clone(),
            part: part.name.clone(),
            kind: main.kind.clone(),
            subject: main.subject.clone(),
            place: main.place.clone(),
            class: main.class,
            // Slack knows threads of one level only.
            thread_of: main.thread_of.clone().or(own_thread),
            after: Some(before),
            broadcast: false,
            due_at: tx.now,
            expires_at: main.progress.expires_at.max(tx.now + PART_FOR),
        };
        message::want(tx, &new).await?;
        before = key;
    }
    Ok(())
}

fn content_hash(part: &Part) -> String {
    let mut hash = Sha256::new();
    hash.update(part.text.as_bytes());
    hash.update([0]);
    hash.update(part.blocks.to_string().as_bytes());
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn ms(wait: Duration) -> i64 {
    i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)
}
