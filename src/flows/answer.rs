//! Chapter two: the typed answer. What was typed and pressed is kept as rows, and the answer is a fold over them; this
//! file brings priorities and stucks in line with what the fold says.

use super::{check_in as frame, stuck, wanted};
use crate::rules::answer::{self, Answer, Line};
use crate::rules::check_in::{self, CheckIn, Event, Mark, State};
use crate::rules::huddle::HuddleState;
use crate::rules::id::{ChannelId, CheckInId, MessageKey, StuckId, Ts, UserId};
use crate::rules::keys::{self, Kind};
use crate::rules::mentions;
use crate::rules::private::Reply;
use crate::rules::stuck::{State as StuckState, Verb};
use crate::store::answer::{PressedRow, SaidRow};
use crate::store::{self, Result, Tx};

mod list;
mod rows;
mod whose;
pub use list::{carry_all, settle_list};
pub use rows::{NewStuck, raise, update};
use rows::{follow_priorities, follow_stucks};
use whose::hold_asked_in;

/// The bot answers this long after the last line of a run …
const PAUSE: i64 = 2_000;
/// … and at the latest this long after the first.
const RUN_MOST: i64 = 10_000;
/// Lines of the last shift that the prompt lists to be ticked.
pub const TICKS: usize = 10;

/// Somebody typed a line in the direct message.
pub async fn typed(
    tx: &mut Tx,
    who: &UserId,
    channel: &ChannelId,
    ts: &Ts,
    thread: Option<&Ts>,
    text: &str,
) -> Result<()> {
    let there = store::answer::hold_said(tx, channel, ts).await?;
    // It is a repeat, or its deletion came before it.
    if there.as_ref().is_some_and(|there| there.deleted || there.check_in.is_some()) {
        return Ok(());
    }
    // A picture alone says nothing that we could file.
    let said_nothing = there.as_ref().map_or(text, |edit| &edit.text).trim().is_empty();
    if said_nothing {
        return store::answer::let_go_of_said(tx, channel, ts).await;
    }
    let Some(mut check_in) = hold_asked_in(tx, who, channel, thread).await? else {
        store::answer::let_go_of_said(tx, channel, ts).await?;
        return idle(tx, who, ts).await;
    };
    // An edit that came before it says what it says now.
    let text = match &there {
        Some(edit) => edit.text.clone(),
        None => with_names(tx, text).await?,
    };
    let typed = store::answer::said(tx, &check_in.id).await?;
    let run = run_of(tx, &check_in, &typed, ts).await?;
    let mut said = SaidRow {
        channel: channel.clone(),
        ts: ts.clone(),
        check_in: Some(check_in.id.clone()),
        run,
        text: String::new(),
        edited_ts: there.and_then(|edit| edit.edited_ts),
        deleted: false,
        beyond: false,
    };
    says(&mut said, text, &typed);
    store::answer::keep_said(tx, &said).await?;
    bring_in_line(tx, &mut check_in).await
}

/// What a message says from now on, if there is room for it beside the others.
fn says(said: &mut SaidRow, text: String, typed: &[SaidRow]) {
    let others = typed.iter().filter(|other| other.ts != said.ts && !other.deleted);
    said.beyond = !answer::has_room(&text, others.map(|other| other.text.as_str()));
    said.text = if said.beyond { String::new() } else { text };
}

/// Nothing is asked of them; they are told once a day.
pub async fn idle(tx: &mut Tx, who: &UserId, at: &Ts) -> Result<()> {
    wanted::idle(tx, who, &day_of(at)).await
}

/// The civil date of an instant in UTC.
pub fn day_of(at: &Ts) -> String {
    jiff::Timestamp::from_millisecond(at.ms()).unwrap_or_default().strftime("%F").to_string()
}

/// Somebody edited what they had typed.
pub async fn edited(
    tx: &mut Tx,
    who: Option<&UserId>,
    channel: &ChannelId,
    ts: &Ts,
    edited_ts: &Ts,
    text: &str,
) -> Result<()> {
    let Some(mut said) = store::answer::hold_said(tx, channel, ts).await? else {
        // What it edits may still arrive, with its older text; of somebody who is asked nothing nothing is kept.
        if let Some(who) = who
            && store::check_in::current(tx, who).await?.is_empty()
        {
            return store::answer::let_go_of_said(tx, channel, ts).await;
        }
        let text = with_names(tx, text).await?;
        let edit = SaidRow { edited_ts: Some(edited_ts.clone()), text, ..unknown(channel, ts) };
        return store::answer::keep_said(tx, &edit).await;
    };
    if said.deleted || said.edited_ts.as_ref().is_some_and(|before| before >= edited_ts) {
        return Ok(());
    }
    let text = with_names(tx, text).await?;
    if let Some(id) = &said.check_in {
        // Before the presses are read that it moves.
        store::check_in::hold(tx, id).await?;
        move_presses(tx, id, ts, &text).await?;
    }
    let typed = match &said.check_in {
        Some(id) => store::answer::said(tx, id).await?,
        None => Vec::new(),
    };
    says(&mut said, text, &typed);
    said.edited_ts = Some(edited_ts.clone());
    changed(tx, said).await
}

/// An edit that adds or removes a line moves what was pressed on the lines after it.
async fn move_presses(tx: &mut Tx, id: &CheckInId, ts: &Ts, text: &str) -> Result<()> {
    let check_in = store::check_in::get(tx, id).await?;
    let filed = store::answer::filed(tx, id, check_in.form_sent_at).await?;
    let before: Vec<Line> = filed.into_iter().filter(|line| line.said == *ts).collect();
    let rows = store::answer::pressed(tx, id).await?;
    for row in rows.into_iter().filter(|row| row.said.as_ref() == Some(ts)) {
        let Some(what) = answer::What::from_row(&row.what, ts.as_str(), row.line) else { continue };
        store::answer::forget_pressed(tx, id, &row).await?;
        if let Some(moved) = what.moved(&before, text) {
            let line = moved.row().2;
            store::answer::keep_pressed(tx, id, &PressedRow { line, ..row }).await?;
        }
    }
    Ok(())
}

pub async fn deleted(tx: &mut Tx, channel: &ChannelId, ts: &Ts) -> Result<()> {
    let Some(mut said) = store::answer::hold_said(tx, channel, ts).await? else {
        // It may still arrive, after its own deletion.
        let tombstone = SaidRow { deleted: true, ..unknown(channel, ts) };
        return store::answer::keep_said(tx, &tombstone).await;
    };
    if said.deleted {
        return Ok(());
    }
    said.deleted = true;
    changed(tx, said).await
}

/// A message of which we have not heard yet.
fn unknown(channel: &ChannelId, ts: &Ts) -> SaidRow {
    SaidRow {
        channel: channel.clone(),
        ts: ts.clone(),
        check_in: None,
        run: 0,
        text: String::new(),
        edited_ts: None,
        deleted: false,
        beyond: false,
    }
}

async fn changed(tx: &mut Tx, said: SaidRow) -> Result<()> {
    store::answer::keep_said(tx, &said).await?;
    let Some(id) = &said.check_in else { return Ok(()) };
    let mut check_in = store::check_in::hold(tx, id).await?;
    // An answer can be changed until the next shift; what was said stays as it was answered then.
    if check_in.superseded {
        return Ok(());
    }
    wanted::raise_question(tx, id, said.run).await?;
    bring_in_line(tx, &mut check_in).await
}

/// A button of the typed conversation.
pub async fn pressed(
    tx: &mut Tx,
    id: &CheckInId,
    who: &UserId,
    at: &Ts,
    what: &answer::What,
    on: Option<&MessageKey>,
) -> Result<Reply> {
    let mut check_in = match frame::own(tx, id, who).await? {
        Ok(check_in) => check_in,
        Err(private) => return Ok(Reply::Private(private)),
    };
    let (name, said, line) = what.row();
    let row = PressedRow {
        at: at.clone(),
        what: name.to_owned(),
        said: Some(said).filter(|said| !said.is_empty()).map(Ts::from),
        line,
    };
    store::answer::keep_pressed(tx, id, &row).await?;
    if let Some(question) = on {
        store::message::raise(tx, std::slice::from_ref(question)).await?;
    }
    bring_in_line(tx, &mut check_in).await?;
    Ok(Reply::Done)
}

/// Which lines of the last shift are ticked now.
pub async fn ticked(tx: &mut Tx, id: &CheckInId, who: &UserId, at: &Ts, ticked: &[String]) -> Result<Reply> {
    let mut check_in = match frame::own(tx, id, who).await? {
        Ok(check_in) => check_in,
        Err(private) => return Ok(Reply::Private(private)),
    };
    let Some(last) = check_in.last.clone() else { return Ok(Reply::Done) };
    for line in own_lines(tx, &last).await?.into_iter().take(TICKS) {
        let mark = match (ticked.contains(&line.priority.id.0), line.mark) {
            (true, _) => Mark::Done,
            (false, Mark::Done) => Mark::None,
            (false, mark) => mark,
        };
        if check_in::newer(at, &line.marked_ts) {
            store::priority::mark(tx, &last, &line.priority.id, mark, at).await?;
        }
    }
    frame::undo_excuse(tx, &mut check_in).await?;
    after_marks(tx, &mut check_in).await
}

/// All done, and Drop all.
pub async fn mark_all(tx: &mut Tx, id: &CheckInId, who: &UserId, at: &Ts, mark: Mark) -> Result<Reply> {
    let mut check_in = match frame::own(tx, id, who).await? {
        Ok(check_in) => check_in,
        Err(private) => return Ok(Reply::Private(private)),
    };
    let Some(last) = check_in.last.clone() else { return Ok(Reply::Done) };
    for line in own_lines(tx, &last).await? {
        if check_in::newer(at, &line.marked_ts) {
            store::priority::mark(tx, &last, &line.priority.id, mark, at).await?;
        }
    }
    frame::undo_excuse(tx, &mut check_in).await?;
    wanted::raise_check_in(tx, &check_in).await?;
    after_marks(tx, &mut check_in).await
}

async fn after_marks(tx: &mut Tx, check_in: &mut CheckIn) -> Result<Reply> {
    match check_in.state {
        // A tick edits nothing, because Slack shows it itself; only what was posted of an answer follows it.
        State::Answered => {
            settle_list(tx, check_in).await?;
            wanted::raise_check_in(tx, check_in).await?;
        }
        // After the window a tick is an answer, late.
        State::Missed => finish(tx, check_in, false).await?,
        State::Asked | State::Excused => {}
    }
    Ok(Reply::Done)
}

/// Lines of a list that are the agent's own, stucks that they took left out.
async fn own_lines(tx: &mut Tx, list: &CheckInId) -> Result<Vec<check_in::Listed>> {
    let mut lines = store::priority::list(tx, list).await?;
    lines.retain(|line| line.priority.stuck.is_none());
    check_in::order(&mut lines);
    Ok(lines)
}

/// Whether an agent has given anything at all in this check-in, by either door.
pub async fn anything_given(tx: &mut Tx, check_in: &CheckIn) -> Result<bool> {
    if check_in.form_sent_at.is_some()
        || store::priority::given_in(tx, &check_in.id).await?.iter().any(|own| !own.gone && own.stuck.is_none())
    {
        return Ok(true);
    }
    if store::stuck::of_check_in(tx, &check_in.id)
        .await?
        .iter()
        .any(|own| !matches!(own.state, StuckState::Withdrawn { .. }))
    {
        return Ok(true);
    }
    let Some(last) = &check_in.last else { return Ok(false) };
    let marked = |line: &check_in::Listed| line.mark != Mark::None && line.marked_ts.ms() >= check_in.starts_at;
    Ok(own_lines(tx, last).await?.iter().any(marked))
}

/// The fold of a check-in's rows.
async fn fold(tx: &mut Tx, check_in: &CheckIn) -> Result<Answer> {
    store::answer::fold(tx, &check_in.id, check_in.form_sent_at).await
}

/// Brings priorities, stucks and the state of a check-in in line with what was typed and pressed.
pub async fn bring_in_line(tx: &mut Tx, check_in: &mut CheckIn) -> Result<()> {
    frame::undo_excuse(tx, check_in).await?;
    let answer = fold(tx, check_in).await?;
    follow_priorities(tx, check_in, &answer.lines).await?;
    follow_stucks(tx, check_in, &answer.lines).await?;
    finish(tx, check_in, answer.complete).await
}

/// Something was given by either door; `complete`: question 3 has an answer.
pub async fn finish(tx: &mut Tx, check_in: &mut CheckIn, complete: bool) -> Result<()> {
    let anything = check_in.state == State::Missed && anything_given(tx, check_in).await?;
    let huddle = store::unless_unreadable(store::shift::huddle(tx, &check_in.huddle).await)?;
    let posted = huddle.is_some_and(|huddle| huddle.state == HuddleState::Posted);
    let given = Event::Given { complete, anything, posted };
    frame::happens(tx, check_in, given).await.map(drop)
}

/// Lines typed in one go share a run, which is answered once: by the question that is still waiting to be posted, else
/// by the next one.
async fn run_of(tx: &mut Tx, check_in: &CheckIn, said: &[SaidRow], ts: &Ts) -> Result<i64> {
    let now = tx.now;
    let latest = said.iter().map(|said| said.run).max().unwrap_or(0);
    let first = said.iter().filter(|said| said.run == latest).map(|said| said.ts.ms()).min().unwrap_or(ts.ms());
    let due_at = (now + PAUSE).min((first + RUN_MOST).max(now));
    if latest > 0 && store::message::postpone(tx, &keys::question(&check_in.id, latest), due_at).await? {
        return Ok(latest);
    }
    wanted::question(tx, check_in, latest + 1, now + PAUSE).await?;
    Ok(latest + 1)
}

/// `@U…` of a mention becomes the person's name.
async fn with_names(tx: &mut Tx, text: &str) -> Result<String> {
    let people = mentions::mentioned(text);
    Ok(mentions::with_names(text, &store::people::names_of(tx, &people).await?))
}

/// "Open it now": the question below which it stands offers it no more.
pub async fn open_now(tx: &mut Tx, id: &StuckId, who: &UserId, on: Option<&MessageKey>) -> Result<Reply> {
    let reply = stuck::act(tx, id, who, &Verb::OpenNow).await?;
    if let Some(question) = on {
        store::message::raise(tx, std::slice::from_ref(question)).await?;
    }
    Ok(reply)
}

/// The question of ours that was pressed, if the pressed message is one.
pub async fn question_at(tx: &mut Tx, channel: &ChannelId, ts: &Ts) -> Result<Option<MessageKey>> {
    let found = store::message::at_ts(tx, channel.as_str(), ts).await?;
    Ok(found.filter(|row| row.kind == Kind::Question.word()).map(|row| row.root))
}
