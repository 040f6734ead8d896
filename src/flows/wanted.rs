//! Which messages are owed: one function per message. The courier renders them when their time comes.

use crate::rules::check_in::CheckIn;
use crate::rules::huddle::GRACE as GRACE_OF_DIGEST;
use crate::rules::id::{CheckInId, JournalId, MessageKey, UserId};
use crate::rules::keys::{self, Change, Kind};
use crate::rules::message::LATER_SHIFT;
use crate::rules::message::is_person;
use crate::rules::people::Team;
use crate::rules::stuck::Stuck;
use crate::store::message::{self, NewMessage};
use crate::store::shift::Huddle;
use crate::store::{self, Result, Tx};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
/// A prompt later than this after the start of its shift would come at a wrong hour.
pub const GRACE: i64 = 2 * HOUR;
/// What answers somebody is worth nothing a day later.
const ANSWER_LIFE: i64 = 24 * HOUR;
/// Help threads and what people must know of them are kept trying for a week.
const HELP_LIFE: i64 = 7 * 24 * HOUR;

/// The last instant at which a shift's prompt may still go out.
pub fn grace_ends(starts_at: i64, ends_at: i64) -> i64 {
    starts_at + GRACE.min((ends_at - starts_at) / 2)
}

fn message(key: MessageKey, kind: Kind, subject: &str, place: &str, due_at: i64, expires_at: i64) -> NewMessage {
    NewMessage {
        root: key.clone(),
        key,
        part: String::new(),
        kind: kind.word().to_owned(),
        subject: subject.to_owned(),
        place: place.to_owned(),
        class: kind.class(),
        thread_of: None,
        after: None,
        broadcast: false,
        due_at,
        expires_at,
    }
}

pub async fn prompt(tx: &mut Tx, check_in: &CheckIn, due_at: i64) -> Result<()> {
    let ends = grace_ends(check_in.starts_at, check_in.ends_at);
    let key = keys::prompt(&check_in.id);
    want(tx, &message(key, Kind::Prompt, check_in.id.as_str(), check_in.person.as_str(), due_at, ends)).await
}

pub async fn prompt_again(tx: &mut Tx, check_in: &CheckIn) -> Result<()> {
    let key = keys::prompt_again(&check_in.id);
    let now = tx.now;
    want(tx, &message(key, Kind::PromptAgain, check_in.id.as_str(), check_in.person.as_str(), now, check_in.ends_at))
        .await
}

pub async fn reminder(tx: &mut Tx, check_in: &CheckIn) -> Result<()> {
    let key = keys::reminder(&check_in.id);
    let now = tx.now;
    want(tx, &message(key, Kind::Reminder, check_in.id.as_str(), check_in.person.as_str(), now, check_in.closes_at))
        .await
}

pub async fn question(tx: &mut Tx, check_in: &CheckIn, run: i64, due_at: i64) -> Result<()> {
    let key = keys::question(&check_in.id, run);
    let row =
        message(key, Kind::Question, check_in.id.as_str(), check_in.person.as_str(), due_at, due_at + ANSWER_LIFE);
    want(tx, &row).await
}

pub async fn idle(tx: &mut Tx, person: &UserId, date: &str) -> Result<()> {
    let now = tx.now;
    let row = message(keys::idle(person, date), Kind::Idle, person.as_str(), person.as_str(), now, now + HOUR);
    want(tx, &row).await
}

pub async fn digest(tx: &mut Tx, huddle: &Huddle, team: &Team) -> Result<()> {
    let now = tx.now;
    let row = message(
        keys::digest(&huddle.id),
        Kind::Digest,
        huddle.id.as_str(),
        team.channel.as_str(),
        now,
        huddle.digest_at + GRACE_OF_DIGEST,
    );
    want(tx, &row).await
}

/// A quick stuck raised after the digest: an edit notifies nobody, so it is a reply that the channel sees too.
pub async fn quick(tx: &mut Tx, stuck: &Stuck, team: &Team) -> Result<()> {
    let now = tx.now;
    let mut row =
        message(keys::quick(&stuck.id), Kind::Quick, stuck.id.as_str(), team.channel.as_str(), now, now + HELP_LIFE);
    row.thread_of = Some(keys::digest(&stuck.huddle));
    row.broadcast = true;
    want(tx, &row).await
}

/// The help thread of a stuck and its first reply, after the digest that names it.
pub async fn help(tx: &mut Tx, stuck: &Stuck, team: &Team) -> Result<()> {
    let now = tx.now;
    let place = team.channel.as_str();
    let mut parent = message(keys::help(&stuck.id), Kind::Help, stuck.id.as_str(), place, now, now + HELP_LIFE);
    let digest = keys::digest(&stuck.huddle);
    if message::find(tx, &digest).await?.is_some() {
        parent.after = Some(digest);
    }
    want(tx, &parent).await?;
    let mut first =
        message(keys::help_first(&stuck.id), Kind::HelpFirst, stuck.id.as_str(), place, now, now + HELP_LIFE);
    first.thread_of = Some(parent.key);
    want(tx, &first).await
}

/// One more line in a help thread, about one entry of the journal.
pub async fn log(tx: &mut Tx, stuck: &mut Stuck, entry: &JournalId, team: &Team) -> Result<()> {
    let now = tx.now;
    let key = keys::log(&stuck.id, stuck.logs);
    let mut row = message(key, Kind::Log, entry.as_str(), team.channel.as_str(), now, now + HELP_LIFE);
    row.thread_of = Some(keys::help(&stuck.id));
    stuck.logs += 1;
    want(tx, &row).await
}

/// A direct message to one person about one entry of the journal.
pub async fn tell(tx: &mut Tx, entry: &JournalId, person: &UserId) -> Result<()> {
    let now = tx.now;
    let row = message(keys::tell(entry, person), Kind::Tell, entry.as_str(), person.as_str(), now, now + HELP_LIFE);
    want(tx, &row).await
}

/// A later shift has begun: what was not posted of an earlier check-in is not posted any more.
pub async fn take_back(tx: &mut Tx, check_in: &CheckInId) -> Result<()> {
    for key in [keys::prompt(check_in), keys::prompt_again(check_in), keys::reminder(check_in)] {
        message::cancel(tx, &key, LATER_SHIFT).await?;
    }
    Ok(())
}

/// What keeps messages from going out, to one manager.
pub async fn trouble(tx: &mut Tx, id: &str, manager: &UserId) -> Result<()> {
    let now = tx.now;
    let row = message(keys::trouble(id, manager), Kind::Trouble, id, manager.as_str(), now, now + ANSWER_LIFE);
    want(tx, &row).await
}

/// Whose account was closed gets no direct messages.
async fn want(tx: &mut Tx, row: &NewMessage) -> Result<()> {
    if is_person(&row.place) && store::people::person(tx, &row.place.as_str().into()).await?.deleted {
        return Ok(());
    }
    message::want(tx, row).await.map(|_| ())
}

/// Every message that shows a change is looked at again.
pub async fn raise(tx: &mut Tx, change: Change<'_>) -> Result<()> {
    message::raise(tx, &keys::shown_by(&change)).await.map(|_| ())
}

/// What shows a check-in, and the last question of its typed conversation; earlier questions stay as they were.
pub async fn raise_check_in(tx: &mut Tx, check_in: &CheckIn) -> Result<()> {
    raise(tx, Change::CheckIn { id: &check_in.id, huddle: &check_in.huddle }).await?;
    raise_latest_question(tx, &check_in.id).await
}

/// The digest is out: prompts that wait say so, and receipts no longer promise it.
pub async fn raise_posted(tx: &mut Tx, check_ins: &[CheckInId]) -> Result<()> {
    raise(tx, Change::Posted { check_ins }).await?;
    for id in check_ins {
        raise_latest_question(tx, id).await?;
    }
    Ok(())
}

/// The answer below what was typed last is the receipt of the whole check-in, whichever door changed it.
async fn raise_latest_question(tx: &mut Tx, check_in: &CheckInId) -> Result<()> {
    let runs = crate::store::answer::said(tx, check_in).await?.into_iter().map(|said| said.run);
    match runs.max() {
        Some(run) => raise_question(tx, check_in, run).await,
        None => Ok(()),
    }
}

/// What shows a stuck, and the direct messages that were sent about it.
pub async fn raise_stuck(tx: &mut Tx, stuck: &Stuck) -> Result<()> {
    let mut keys = keys::shown_by(&Change::Stuck { id: &stuck.id, huddle: &stuck.huddle });
    for entry in crate::store::stuck::entries(tx, &stuck.id).await? {
        let told = message::of_subject(tx, entry.id.as_str()).await?;
        keys.extend(told.into_iter().filter(|row| row.kind == Kind::Tell.word()).map(|row| row.key));
    }
    message::raise(tx, &keys).await.map(|_| ())
}

pub async fn raise_question(tx: &mut Tx, check_in: &CheckInId, run: i64) -> Result<()> {
    raise(tx, Change::Question { check_in, run }).await
}
