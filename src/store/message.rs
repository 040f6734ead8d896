//! Rows of Slack messages: what flows want, and how far the courier has come with it.

use super::row::Cells;
use super::{Failure, Result, Tx};
use crate::rules::id::{MessageKey, Ts};
use crate::rules::message::{Class, Event, Progress, Showing, State, next};
use crate::{row, rows, run};

mod claim;
mod dead;
pub use claim::{Claimed, Preference, Work, claim, look_method, next_due};
#[cfg(test)]
pub(super) use dead::{REACHED, REACHED_AT};
pub use dead::{
    Retry, dead, doubt, look_over, move_to, of_trouble, place_is_reached, retry, stalled, unlooked, waiting_for,
};

/// One Slack message of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub key: MessageKey,
    /// The document that it is a part of; its own key for the main part.
    pub root: MessageKey,
    pub part: String,
    pub kind: String,
    pub subject: String,
    /// A channel, or a person for a direct message.
    pub place: String,
    pub class: i64,
    pub thread_of: Option<MessageKey>,
    pub after: Option<MessageKey>,
    pub broadcast: bool,
    pub wanted_rev: i64,
    pub link: String,
    pub due_at: i64,
    pub progress: Progress,
}

impl Row {
    /// It will not be sent any more.
    pub fn is_dead(&self) -> bool {
        self.progress.state == State::Dead
    }

    pub fn is_main(&self) -> bool {
        self.part.is_empty()
    }

    /// Where it stands in Slack.
    pub fn posted(&self) -> Option<(&str, &Ts)> {
        self.progress.ts.as_ref().map(|ts| (self.progress.channel.as_str(), ts))
    }
}

/// A message that a flow wants.
#[derive(Clone, Debug)]
pub struct NewMessage {
    pub key: MessageKey,
    pub root: MessageKey,
    pub part: String,
    pub kind: String,
    pub subject: String,
    pub place: String,
    pub class: i64,
    pub thread_of: Option<MessageKey>,
    pub after: Option<MessageKey>,
    pub broadcast: bool,
    pub due_at: i64,
    pub expires_at: i64,
}

impl NewMessage {
    /// The main part of a document, due now.
    pub fn main(key: impl Into<MessageKey>, kind: &str, subject: &str, place: &str, class: Class) -> NewMessage {
        let key = key.into();
        NewMessage {
            root: key.clone(),
            key,
            part: String::new(),
            kind: kind.to_owned(),
            subject: subject.to_owned(),
            place: place.to_owned(),
            class: class.number(),
            thread_of: None,
            after: None,
            broadcast: false,
            due_at: 0,
            expires_at: i64::MAX,
        }
    }
}

fn message_row(row: &impl Cells) -> Result<Row> {
    Ok(Row {
        key: row.text("key")?.into(),
        root: row.text("root")?.into(),
        part: row.text("part")?,
        kind: row.text("kind")?,
        subject: row.text("subject")?,
        place: row.text("place")?,
        class: row.int("class")?,
        thread_of: row.named("thread_of")?.map(MessageKey),
        after: row.named("after")?.map(MessageKey),
        broadcast: row.truth("broadcast")?,
        wanted_rev: row.int("wanted_rev")?,
        link: row.text("link")?,
        due_at: row.int("due_at")?,
        progress: Progress {
            state: row.word("state", State::parse)?,
            channel: row.text("channel")?,
            ts: row.maybe_text("ts")?.map(Ts),
            shown_rev: row.int("shown_rev")?,
            shown_hash: row.text("shown_hash")?,
            next_at: row.int("next_at")?,
            expires_at: row.int("expires_at")?,
            tries: row.int("tries")?,
            unsettled: row.int("unsettled")?,
            fence: row.int("fence")?,
            lease_until: row.maybe_int("lease_until")?,
            first_try_at: row.maybe_int("first_try_at")?,
            last_try_at: row.maybe_int("last_try_at")?,
            recheck_at: row.maybe_int("recheck_at")?,
            last_error: row.text("last_error")?,
        },
    })
}

/// Wants a message once, for ever: a key that is there already stays as it is. Tells whether it is new.
pub async fn want(tx: &mut Tx, new: &NewMessage) -> Result<bool> {
    let workspace = tx.workspace.clone();
    let key_or_none = |key: &Option<MessageKey>| key.as_ref().map_or(String::new(), |key| key.0.clone());
    let touched = run!(
        tx,
        "insert into message (workspace, key, root, part, kind, subject, place, class, thread_of, after, broadcast,
                              due_at, expires_at, next_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $12)
         on conflict (workspace, key) do nothing",
        workspace,
        new.key.as_str(),
        new.root.as_str(),
        new.part.as_str(),
        new.kind.as_str(),
        new.subject.as_str(),
        new.place.as_str(),
        new.class,
        key_or_none(&new.thread_of),
        key_or_none(&new.after),
        i64::from(new.broadcast),
        new.due_at,
        new.expires_at
    )?;
    if touched == 1 {
        dead::doubt_if_restored(tx, new).await?;
    }
    Ok(touched == 1)
}

/// What these documents show has changed: each of their messages is wanted anew, since now. In key order, so that two flows never wait in a ring.
pub async fn raise(tx: &mut Tx, roots: &[MessageKey]) -> Result<u64> {
    let mut roots: Vec<&MessageKey> = roots.iter().collect();
    roots.sort_unstable();
    roots.dedup();
    let mut touched = 0;
    for root in roots {
        touched += raise_one(tx, root).await?;
    }
    Ok(touched)
}

async fn raise_one(tx: &mut Tx, root: &MessageKey) -> Result<u64> {
    let (workspace, now) = (tx.workspace.clone(), tx.now);
    Ok(run!(
        tx,
        "update message set wanted_rev = wanted_rev + 1,
                state = case when state = 'shown' then 'wanted' else state end,
                next_at = case when state = 'shown' and next_at < $3 then $3 else next_at end
         where workspace = $1 and root = $2 and state in ('wanted', 'sending', 'doubtful', 'shown')",
        workspace,
        root.as_str(),
        now
    )?)
}

/// Takes back what was never posted; tells whether that was still possible.
pub async fn cancel(tx: &mut Tx, key: &MessageKey, reason: &str) -> Result<bool> {
    match find(tx, key).await? {
        Some(row) if row.progress.state == State::Wanted && row.progress.ts.is_none() => {
            Ok(advance(tx, &row, Event::Cancelled(reason.to_owned())).await?.is_some())
        }
        _ => Ok(false),
    }
}

/// Moves a message that nobody has tried to post yet; tells whether that was still possible.
pub async fn postpone(tx: &mut Tx, key: &MessageKey, due_at: i64) -> Result<bool> {
    let workspace = tx.workspace.clone();
    let touched = run!(
        tx,
        "update message set due_at = $3, next_at = $3
         where workspace = $1 and key = $2 and state = 'wanted' and ts is null and first_try_at is null",
        workspace,
        key.as_str(),
        due_at
    )?;
    Ok(touched == 1)
}

pub async fn find(tx: &mut Tx, key: &MessageKey) -> Result<Option<Row>> {
    let workspace = tx.workspace.clone();
    let sql = "select * from message where workspace = $1 and key = $2";
    row!(tx, message_row, sql, workspace, key.as_str())
}

pub async fn get(tx: &mut Tx, key: &MessageKey) -> Result<Row> {
    find(tx, key).await?.ok_or_else(|| Failure::Decode(format!("message {key} is missing")))
}

/// A document: its main part first.
pub async fn of_root(tx: &mut Tx, root: &MessageKey) -> Result<Vec<Row>> {
    let workspace = tx.workspace.clone();
    let sql = "select * from message where workspace = $1 and root = $2 order by part, key";
    rows!(tx, message_row, sql, workspace, root.as_str())
}

pub async fn of_subject(tx: &mut Tx, subject: &str) -> Result<Vec<Row>> {
    let workspace = tx.workspace.clone();
    let sql = "select * from message where workspace = $1 and subject = $2 order by due_at, key";
    rows!(tx, message_row, sql, workspace, subject)
}

/// Which message of ours stands there.
pub async fn at_ts(tx: &mut Tx, channel: &str, ts: &Ts) -> Result<Option<Row>> {
    let workspace = tx.workspace.clone();
    let sql = "select * from message where workspace = $1 and channel = $2 and ts = $3";
    row!(tx, message_row, sql, workspace, channel, ts.as_str())
}

/// Lets an event happen to a row as it was read. None where somebody else changed it first: its claim is gone.
pub async fn advance(tx: &mut Tx, row: &Row, event: Event) -> Result<Option<Row>> {
    let after = next(row.key.as_str(), &row.kind, &row.progress, event, tx.now)
        .map_err(|illegal| Failure::Decode(format!("message {}: {illegal}", row.key)))?;
    let saved = save(tx, row, &after).await?;
    Ok(saved.map(|(state, wanted_rev)| Row { progress: Progress { state, ..after }, wanted_rev, ..row.clone() }))
}

fn saved_row(row: &impl Cells) -> Result<(State, i64)> {
    Ok((row.word("state", State::parse)?, row.int("wanted_rev")?))
}

/// A revision that was wanted meanwhile makes what is shown now a thing to edit, in the same statement. Gives the state that it
/// came to and the revision that is wanted; None where the row is another one by now.
async fn save(tx: &mut Tx, row: &Row, to: &Progress) -> Result<Option<(State, i64)>> {
    let workspace = tx.workspace.clone();
    row!(
        tx,
        saved_row,
        "update message set state = case when $5 = 'shown' and wanted_rev > $6 then 'wanted' else $5 end, shown_rev = $6,
                shown_hash = $7, channel = $8, ts = $9, next_at = $10, expires_at = $11, tries = $12, unsettled = $13,
                fence = $14, lease_until = $15, first_try_at = $16, last_try_at = $17, recheck_at = $18, last_error = $19
         where workspace = $1 and key = $2 and state = $3 and fence = $4 returning state, wanted_rev",
        workspace,
        row.key.as_str(),
        row.progress.state.as_str(),
        row.progress.fence,
        to.state.as_str(),
        to.shown_rev,
        to.shown_hash.as_str(),
        to.channel.as_str(),
        to.ts.as_ref().map(|ts| ts.0.clone()),
        to.next_at,
        to.expires_at,
        to.tries,
        to.unsettled,
        to.fence,
        to.lease_until,
        to.first_try_at,
        to.last_try_at,
        to.recheck_at,
        to.last_error.as_str()
    )
}

/// What a worker that lost its claim must do with the post that it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Orphan {
    Known,
    Adopted(Box<Row>),
    Delete,
}

/// The claim is gone but the post is there: it is ours if none is known yet, else one too many.
pub async fn adopt(tx: &mut Tx, key: &MessageKey, showing: Showing) -> Result<Orphan> {
    let row = get(tx, key).await?;
    match (&row.progress.ts, row.progress.state) {
        (Some(ts), _) if *ts == showing.ts => Ok(Orphan::Known),
        (Some(_), _) | (None, State::Dead | State::Shown) => Ok(Orphan::Delete),
        (None, State::Wanted | State::Sending | State::Doubtful) => {
            let adopted = advance(tx, &row, Event::Adopted(showing)).await?;
            adopted.map(|row| Orphan::Adopted(Box::new(row))).ok_or(Failure::Conflict)
        }
    }
}

/// Slack's own address of the message.
pub async fn keep_link(tx: &mut Tx, key: &MessageKey, link: &str) -> Result<()> {
    let workspace = tx.workspace.clone();
    run!(tx, "update message set link = $3 where workspace = $1 and key = $2", workspace, key.as_str(), link)?;
    Ok(())
}

fn channel_row(row: &impl Cells) -> Result<String> {
    row.text("dm_channel")
}

/// The direct message of a person, where it is known.
pub async fn dm_channel(tx: &mut Tx, person: &str) -> Result<Option<String>> {
    let workspace = tx.workspace.clone();
    let sql = "select dm_channel from person where workspace = $1 and id = $2 and dm_channel <> ''";
    Ok(rows!(tx, channel_row, sql, workspace, person)?.pop())
}

pub async fn keep_dm_channel(tx: &mut Tx, person: &str, channel: &str) -> Result<()> {
    let workspace = tx.workspace.clone();
    let sql = "update person set dm_channel = $3 where workspace = $1 and id = $2 and dm_channel <> $3";
    run!(tx, sql, workspace, person, channel)?;
    Ok(())
}

/// A posted message that is wanted anew and shows just that already: wanted → shown.
pub async fn unchanged(tx: &mut Tx, key: &MessageKey, hash: &str) -> Result<()> {
    let workspace = tx.workspace.clone();
    run!(
        tx,
        "update message set state = 'shown', shown_rev = wanted_rev
         where workspace = $1 and key = $2 and state = 'wanted' and ts is not null and shown_hash = $3",
        workspace,
        key.as_str(),
        hash
    )?;
    Ok(())
}

/// A posted message that is taken to show what it should, and shows something else: shown → wanted.
pub async fn outdated(tx: &mut Tx, key: &MessageKey, hash: &str) -> Result<()> {
    let (workspace, now) = (tx.workspace.clone(), tx.now);
    run!(
        tx,
        "update message set state = 'wanted', wanted_rev = wanted_rev + 1,
                next_at = case when next_at < $4 then $4 else next_at end
         where workspace = $1 and key = $2 and state = 'shown' and shown_hash <> $3",
        workspace,
        key.as_str(),
        hash,
        now
    )?;
    Ok(())
}

/// Whether a call of ours may be under way.
pub async fn on_the_wire(tx: &mut Tx) -> Result<bool> {
    let workspace = tx.workspace.clone();
    let sql = "select * from message where workspace = $1 and state = 'sending'";
    Ok(!rows!(tx, message_row, sql, workspace)?.is_empty())
}
