//! Chapter two: the typed answer. What was typed and pressed is kept as rows, and the answer is a fold over them; this
//! file brings priorities and stucks in line with what the fold says.

use super::{check_in as frame, digest, stuck, wanted};
use crate::rules::answer::{self, Answer, Filed, Line};
use crate::rules::check_in::{self, CheckIn, Mark, OFF, Priority, Source, State};
use crate::rules::id::{ChannelId, CheckInId, MessageKey, PriorityId, StuckId, Ts, UserId, derive};
use crate::rules::keys::{self, Kind};
use crate::rules::lines;
use crate::rules::private::{Private, Reply};
use crate::rules::stuck::{self as stuck_rules, Decision, Size, State as StuckState, Stuck, What};
use crate::store::answer::{PressedRow, SaidRow};
use crate::store::shift::HuddleState;
use crate::store::{self, Result, Tx};

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
    let text = with_names(tx, text).await?;
    // Its deletion came before it, or it is a repeat; and a picture alone says nothing that we could file.
    if text.trim().is_empty() || store::answer::said_at(tx, channel, ts).await?.is_some() {
        return Ok(());
    }
    let Some(check_in) = asked_in(tx, who, channel, thread).await? else {
        let date = jiff::Timestamp::from_millisecond(tx.now).unwrap_or_default().strftime("%F").to_string();
        return wanted::idle(tx, who, &date).await;
    };
    let mut check_in = store::check_in::hold(tx, &check_in.id).await?;
    let run = run_of(tx, &check_in, ts).await?;
    let said = SaidRow {
        channel: channel.clone(),
        ts: ts.clone(),
        check_in: Some(check_in.id.clone()),
        run,
        text,
        edited_ts: None,
        deleted: false,
    };
    store::answer::keep_said(tx, &said).await?;
    bring_in_line(tx, &mut check_in).await
}

/// Somebody edited what they had typed.
pub async fn edited(tx: &mut Tx, channel: &ChannelId, ts: &Ts, edited_ts: &Ts, text: &str) -> Result<()> {
    let text = with_names(tx, text).await?;
    let Some(mut said) = store::answer::said_at(tx, channel, ts).await? else { return Ok(()) };
    if said.deleted || said.edited_ts.as_ref().is_some_and(|before| before >= edited_ts) {
        return Ok(());
    }
    if let Some(id) = &said.check_in {
        move_presses(tx, id, ts, &text).await?;
    }
    said.text = text;
    said.edited_ts = Some(edited_ts.clone());
    changed(tx, said).await
}

/// An edit that adds or removes a line moves what was pressed on the lines after it.
async fn move_presses(tx: &mut Tx, id: &CheckInId, ts: &Ts, text: &str) -> Result<()> {
    let check_in = store::check_in::get(tx, id).await?;
    let before: Vec<Line> = fold(tx, &check_in).await?.lines.into_iter().filter(|line| line.said == *ts).collect();
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
    let Some(mut said) = store::answer::said_at(tx, channel, ts).await? else {
        // It may still arrive, after its own deletion.
        let tombstone = SaidRow {
            channel: channel.clone(),
            ts: ts.clone(),
            check_in: None,
            run: 0,
            text: String::new(),
            edited_ts: None,
            deleted: true,
        };
        return store::answer::keep_said(tx, &tombstone).await;
    };
    if said.deleted {
        return Ok(());
    }
    said.deleted = true;
    changed(tx, said).await
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
    undo_off(tx, &mut check_in).await?;
    after_marks(tx, &check_in).await
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
    undo_off(tx, &mut check_in).await?;
    wanted::raise_check_in(tx, &check_in).await?;
    after_marks(tx, &check_in).await
}

async fn after_marks(tx: &mut Tx, check_in: &CheckIn) -> Result<Reply> {
    // A tick edits nothing, because Slack shows it itself; only what was posted of an answer follows it.
    if check_in.state == State::Answered {
        settle_list(tx, check_in).await?;
        wanted::raise_check_in(tx, check_in).await?;
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
    if check_in.form_sent_at.is_some() || store::priority::given_in(tx, &check_in.id).await?.iter().any(|own| !own.gone)
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
    undo_off(tx, check_in).await?;
    let answer = fold(tx, check_in).await?;
    follow_priorities(tx, check_in, &answer.lines).await?;
    follow_stucks(tx, check_in, &answer.lines).await?;
    finish(tx, check_in, answer.complete).await
}

/// The check-in's own state after anything was given by either door, and who must see it.
pub async fn finish(tx: &mut Tx, check_in: &mut CheckIn, complete: bool) -> Result<()> {
    let now = tx.now;
    let given_late = check_in.state == State::Missed && anything_given(tx, check_in).await?;
    if matches!(check_in.state, State::Asked | State::Missed) && (complete || given_late) {
        let posted = store::shift::huddle(tx, &check_in.huddle).await?.state == HuddleState::Posted;
        check_in.late = check_in.state == State::Missed || now >= check_in.closes_at && posted;
        check_in.state = State::Answered;
        check_in.answered_at = Some(now);
        check_in.snooze_at = None;
        check_in.remind_at = None;
        store::message::cancel(tx, &keys::reminder(&check_in.id), "answered").await?;
        store::message::cancel(tx, &keys::prompt_again(&check_in.id), "answered").await?;
        release_next(tx, check_in).await?;
    }
    store::check_in::keep(tx, check_in).await?;
    check_in.version += 1;
    settle_list(tx, check_in).await?;
    digest::consider(tx, &check_in.huddle).await?;
    wanted::raise_check_in(tx, check_in).await
}

/// Answering undoes Off today.
async fn undo_off(tx: &mut Tx, check_in: &mut CheckIn) -> Result<()> {
    if check_in.state == State::Excused && check_in.reason == OFF {
        store::check_in::set_away(tx, &check_in.person, &check_in.date, false).await?;
        frame::undo_off(check_in, tx.now);
        store::check_in::keep(tx, check_in).await?;
        check_in.version += 1;
    } else if check_in.state == State::Excused {
        frame::undo_off(check_in, tx.now);
        store::check_in::keep(tx, check_in).await?;
        check_in.version += 1;
    }
    Ok(())
}

/// The prompt of another team waited for this answer: it comes now.
async fn release_next(tx: &mut Tx, check_in: &CheckIn) -> Result<()> {
    let now = tx.now;
    for other in store::check_in::current(tx, &check_in.person).await? {
        if other.id != check_in.id && other.state == State::Asked {
            store::message::postpone(tx, &keys::prompt(&other.id), now).await?;
        }
    }
    Ok(())
}

/// Carried lines stand on this shift's list, done and dropped ones do not; what is still taken stays with its taker.
pub async fn settle_list(tx: &mut Tx, check_in: &CheckIn) -> Result<()> {
    let Some(last) = &check_in.last else { return Ok(()) };
    let complete = check_in.state == State::Answered;
    for line in store::priority::list(tx, last).await? {
        let stays = line.mark.settled(complete) == Mark::Carried;
        if stays {
            store::priority::put_on(tx, &check_in.id, &line.priority.id, line.priority.position).await?;
            if let Some(stuck) = &line.priority.stuck {
                stuck::due_with(tx, stuck, check_in.ends_at).await?;
            }
        } else if !(line.priority.stuck.is_some() && line.mark == Mark::Done) {
            store::priority::take_off(tx, &check_in.id, &line.priority.id).await?;
        }
    }
    Ok(())
}

/// The check-in that a typed line speaks of: of the prompt in whose thread it stands, its team's; else the latest that
/// waits for an answer, else the latest.
async fn asked_in(tx: &mut Tx, who: &UserId, channel: &ChannelId, thread: Option<&Ts>) -> Result<Option<CheckIn>> {
    let current = store::check_in::current(tx, who).await?;
    if let Some(thread) = thread
        && let Some(parent) = store::message::at_ts(tx, channel.as_str(), thread).await?
        && let Some(of) = store::check_in::find(tx, &CheckInId(parent.subject)).await?
        && let Some(check_in) = current.iter().find(|check_in| check_in.team == of.team)
    {
        return Ok(Some(check_in.clone()));
    }
    let mut open = None;
    for check_in in &current {
        let asked = store::message::find(tx, &keys::prompt(&check_in.id)).await?;
        // A prompt that waits for its turn has asked nothing yet.
        let out = asked.is_some_and(|row| row.posted().is_some() || row.due_at <= tx.now);
        if out && check_in.state == State::Asked && open.is_none() {
            open = Some(check_in.clone());
        }
    }
    Ok(open.or_else(|| current.into_iter().next()))
}

/// Lines typed in one go share a run, which is answered once: by the question that is still waiting to be posted, else
/// by the next one.
async fn run_of(tx: &mut Tx, check_in: &CheckIn, ts: &Ts) -> Result<i64> {
    let now = tx.now;
    let said = store::answer::said(tx, &check_in.id).await?;
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
    let mut named = text.to_owned();
    for word in text
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '@')
        .filter(|word| word.starts_with("@U") && word.len() > 3)
    {
        let person = store::people::person(tx, &UserId::from(&word[1..])).await?;
        named = named.replace(word, &format!("@{}", person.name));
    }
    Ok(named)
}

/// The typed lines that count as priorities become rows; rows are found again line by line.
async fn follow_priorities(tx: &mut Tx, check_in: &CheckIn, typed: &[Line]) -> Result<()> {
    let workspace = tx.workspace.clone();
    let rows = store::priority::given_in(tx, &check_in.id).await?;
    let taken_ids: Vec<String> = rows.iter().map(|row| row.id.0.clone()).collect();
    let mut used = taken_ids.clone();
    let known = rows.iter().filter_map(|row| Some((row, row.source.clone()?, row.gone && row.follows)));
    let pairs = pair(known.collect(), typed, |line| line.filed == Filed::Priority);
    for (row, line) in pairs {
        match (row, line) {
            (Some(row), Some((at, line))) => {
                let mut row = row.clone();
                row.source = Some(Source { said: line.said.clone(), line: at, text: line.text.clone() });
                if row.follows {
                    row.text = line.text.clone();
                    row.gone = false;
                    store::priority::put_on(tx, &check_in.id, &row.id, row.position).await?;
                }
                store::priority::keep(tx, &check_in.team, &row).await?;
            }
            (Some(row), None) if row.follows && !row.gone => {
                let gone = Priority { gone: true, ..row.clone() };
                store::priority::keep(tx, &check_in.team, &gone).await?;
                store::priority::take_off(tx, &check_in.id, &row.id).await?;
            }
            (None, Some((at, line))) => {
                let id = fresh(
                    &mut used,
                    "priority",
                    &[&workspace, check_in.id.as_str(), line.said.as_str(), &at.to_string()],
                );
                let row = Priority {
                    id: PriorityId(id),
                    check_in: check_in.id.clone(),
                    person: check_in.person.clone(),
                    text: line.text.clone(),
                    source: Some(Source { said: line.said.clone(), line: at, text: line.text.clone() }),
                    follows: true,
                    stuck: None,
                    gone: false,
                    position: line.said.ms() - check_in.starts_at.min(line.said.ms()) + at,
                };
                store::priority::keep(tx, &check_in.team, &row).await?;
                store::priority::put_on(tx, &check_in.id, &row.id, row.position).await?;
            }
            (Some(_) | None, None) => {}
        }
    }
    Ok(())
}

async fn follow_stucks(tx: &mut Tx, check_in: &CheckIn, typed: &[Line]) -> Result<()> {
    let workspace = tx.workspace.clone();
    let rows = store::stuck::of_check_in(tx, &check_in.id).await?;
    let mut used: Vec<String> = rows.iter().map(|row| row.id.0.clone()).collect();
    let withdrawn = |row: &Stuck| matches!(row.state, StuckState::Withdrawn { .. });
    let known = rows.iter().filter_map(|row| Some((row, row.source.clone()?, withdrawn(row) && row.follows)));
    let pairs = pair(known.collect(), typed, |line| matches!(line.filed, Filed::Stuck { .. }));
    for (row, line) in pairs {
        let size = line.and_then(|(_, line)| match line.filed {
            Filed::Stuck { size } => size,
            _ => None,
        });
        match (row, line) {
            (Some(row), Some((at, line))) => {
                let mut now = row.clone();
                now.source = Some(Source { said: line.said.clone(), line: at, text: line.text.clone() });
                if now.follows {
                    now.what = line.text.clone();
                    now.size = size.or(now.size);
                }
                update(tx, row, now).await?;
            }
            (Some(row), None) if row.follows => {
                if let Some(decision) = stuck_rules::line_gone(row, tx.now)
                    && !told_gone(tx, row).await?
                {
                    stuck::apply(tx, &mut row.clone(), &check_in.person, decision).await?;
                }
            }
            (None, Some((at, line))) => {
                let id =
                    fresh(&mut used, "stuck", &[&workspace, check_in.id.as_str(), line.said.as_str(), &at.to_string()]);
                let source = Some(Source { said: line.said.clone(), line: at, text: line.text.clone() });
                raise(
                    tx,
                    check_in,
                    NewStuck {
                        id: StuckId(id),
                        what: line.text.clone(),
                        help: String::new(),
                        helper: None,
                        size,
                        source,
                    },
                )
                .await?;
            }
            (Some(_) | None, None) => {}
        }
    }
    Ok(())
}

/// A taken or resolved stuck whose line is gone is spoken of once.
async fn told_gone(tx: &mut Tx, stuck: &Stuck) -> Result<bool> {
    Ok(store::stuck::entries(tx, &stuck.id).await?.iter().any(|entry| entry.what == What::LineGone))
}

/// What is known of a stuck when it is raised.
pub struct NewStuck {
    pub id: StuckId,
    pub what: String,
    pub help: String,
    pub helper: Option<UserId>,
    pub size: Option<Size>,
    pub source: Option<Source>,
}

/// A new stuck: in the digest that is to come; after it at once, in its own thread or as a reply that the channel sees.
pub async fn raise(tx: &mut Tx, check_in: &CheckIn, new: NewStuck) -> Result<()> {
    let stuck = Stuck {
        id: new.id,
        team: check_in.team.clone(),
        huddle: check_in.huddle.clone(),
        check_in: check_in.id.clone(),
        asker: check_in.person.clone(),
        place: store::stuck::next_place(tx, &check_in.huddle).await?,
        what: new.what,
        help: new.help,
        helper: new.helper,
        size: new.size,
        follows: new.source.is_some(),
        source: new.source,
        raised_at: tx.now,
        opened_at: None,
        edited: false,
        state: StuckState::Open,
        last_taker: None,
        escalated_by: None,
        logs: 0,
        version: 1,
    };
    store::stuck::raise(tx, &stuck).await?;
    let asker = stuck.asker.clone();
    store::stuck::note(tx, &stuck.id, &asker, What::Raised, "", None).await?;
    show(tx, &mut stuck.clone()).await
}

/// Writes what the asker changed of a stuck, by either door.
pub async fn update(tx: &mut Tx, before: &Stuck, mut now: Stuck) -> Result<()> {
    let text = (&before.what, &before.help, &before.helper) != (&now.what, &now.help, &now.helper);
    let size = before.size != now.size;
    if matches!(before.state, StuckState::Withdrawn { .. }) && before.follows {
        // The line is there again.
        let decision =
            Decision::Change { to: StuckState::Open, what: What::Reopened, detail: String::new(), opens: false };
        let asker = now.asker.clone();
        return stuck::apply(tx, &mut now, &asker, decision).await;
    }
    if !text && !size && before.source == now.source && before.follows == now.follows {
        return Ok(());
    }
    now.edited = now.edited || (text && now.opened_at.is_some());
    store::stuck::keep(tx, &now).await?;
    now.version += 1;
    if text && let Some(taker) = now.taker().cloned() {
        stuck::retitle(tx, &now, &taker).await?;
    }
    show(tx, &mut now).await
}

/// After the digest a new or newly sized stuck is shown at once; before it, it waits for it.
async fn show(tx: &mut Tx, stuck: &mut Stuck) -> Result<()> {
    let huddle = store::shift::huddle(tx, &stuck.huddle).await?;
    if huddle.state == HuddleState::Posted && stuck.state == StuckState::Open && stuck.opened_at.is_none() {
        let team = store::people::team(tx, &stuck.team).await?;
        match stuck.size {
            Some(Size::More) => stuck::open_thread(tx, stuck, &team).await?,
            Some(Size::Minute) if stuck.raised_at > huddle.posted_at.unwrap_or(i64::MAX) => {
                wanted::quick(tx, stuck, &team).await?
            }
            Some(Size::Minute) | None => {}
        }
    }
    wanted::raise_stuck(tx, stuck).await
}

type Paired<'a, Row> = (Option<&'a Row>, Option<(i64, &'a Line)>);

/// Pairs the rows that came from typed messages with the lines that are there now, message by message: same text, else
/// same place, else new. A row that is gone already comes back only by its very text.
fn pair<'a, Row>(
    rows: Vec<(&'a Row, Source, bool)>,
    typed: &'a [Line],
    counts: impl Fn(&Line) -> bool,
) -> Vec<Paired<'a, Row>> {
    let mut messages: Vec<&Ts> =
        rows.iter().map(|(_, source, _)| &source.said).chain(typed.iter().map(|line| &line.said)).collect();
    messages.sort();
    messages.dedup();
    let mut pairs = Vec::new();
    for said in messages {
        let new: Vec<&Line> = typed.iter().filter(|line| line.said == *said && counts(line)).collect();
        let texts: Vec<&str> = new.iter().map(|line| line.text.as_str()).collect();
        let mut old: Vec<(usize, &Source)> = (0..rows.len())
            .filter(|at| rows[*at].1.said == *said)
            .filter(|at| !rows[*at].2 || texts.contains(&rows[*at].1.text.as_str()))
            .map(|at| (at, &rows[at].1))
            .collect();
        old.sort_by_key(|(_, source)| source.line);
        let old: Vec<(usize, &str)> = old.into_iter().map(|(at, source)| (at, source.text.as_str())).collect();
        let found = lines::matched(&old, &texts);
        for (line, at) in new.iter().zip(&found) {
            pairs.push((at.map(|at| rows[at].0), Some((line.line as i64, *line))));
        }
        let gone = (0..rows.len()).filter(|at| rows[*at].1.said == *said && !found.contains(&Some(*at)));
        pairs.extend(gone.map(|at| (Some(rows[at].0), None)));
    }
    pairs
}

/// A derived id that no row of this check-in has yet: the place may have had another line before.
pub fn fresh(used: &mut Vec<String>, kind: &str, parts: &[&str]) -> String {
    let mut id = derive(kind, parts);
    while used.contains(&id) {
        id = derive(kind, &[&id]);
    }
    used.push(id.clone());
    id
}

/// The question of ours that was pressed, if the pressed message is one.
pub async fn question_at(tx: &mut Tx, channel: &ChannelId, ts: &Ts) -> Result<Option<MessageKey>> {
    let found = store::message::at_ts(tx, channel.as_str(), ts).await?;
    Ok(found.filter(|row| row.kind == Kind::Question.word()).map(|row| row.root))
}

/// Nobody else's prompt, and not one of an earlier shift.
pub async fn open_now(tx: &mut Tx, id: &StuckId, who: &UserId) -> Result<Reply> {
    let Some(stuck) = store::stuck::find(tx, id).await? else { return Ok(Reply::Private(Private::Gone)) };
    let reply = super::stuck::act(tx, &stuck.id, who, &stuck_rules::Verb::OpenNow).await?;
    if reply == Reply::Done {
        let check_in = store::check_in::get(tx, &stuck.check_in).await?;
        wanted::raise_check_in(tx, &check_in).await?;
    }
    Ok(reply)
}
