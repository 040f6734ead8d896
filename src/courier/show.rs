//! What a message shows, read from the rows of this moment and put into words by `slack::view`.

use super::{Part, Shown};
use crate::rules::answer::{self, Asking};
use crate::rules::check_in::{self, CheckIn, DOWN, GONE, Listed, Mark, OFF, State};
use crate::rules::huddle::HuddleState;
use crate::rules::id::{CheckInId, HuddleId, JournalId, StuckId, UserId};
use crate::rules::keys::{self, Kind};
use crate::rules::message::{ANSWERED_BEFORE, UNSAID};
use crate::rules::shown::*;
use crate::rules::stuck::{State as StuckState, Stuck};
use crate::slack::view;
use crate::store::message::Row;
use crate::store::{self, Failure, Result, Tx};

mod stuck;
pub mod trouble;

pub use stuck::stuck_shown;

/// The document that a message row is a part of.
pub async fn show(tx: &mut Tx, row: &Row) -> Result<Shown> {
    let kind =
        Kind::read(&row.kind).ok_or_else(|| Failure::Decode(format!("message kind '{}' is not known", row.kind)))?;
    let subject = row.subject.as_str();
    let check_in = || CheckInId(subject.to_owned());
    let stuck = || StuckId(subject.to_owned());
    let entry = || JournalId(subject.to_owned());
    let parts = match kind {
        Kind::Prompt => return prompt(tx, &check_in(), false).await,
        Kind::PromptAgain => return prompt(tx, &check_in(), true).await,
        Kind::Reminder => return reminder(tx, &check_in(), row.posted().is_some()).await,
        Kind::Question => {
            let run = row.root.as_str().rsplit(':').next().and_then(|run| run.parse().ok()).unwrap_or(0);
            return question(tx, &check_in(), run, row.posted().is_some()).await;
        }
        Kind::Idle => view::prompt::idle(store::shift::is_on_any(tx, &UserId::from(subject)).await?),
        Kind::Digest => view::digest::digest(&digest(tx, &HuddleId(subject.to_owned())).await?),
        Kind::Quick => view::digest::quick(&stuck_shown(tx, &stuck()).await?),
        Kind::Help => view::stuck::help(&stuck_shown(tx, &stuck()).await?),
        Kind::HelpFirst => view::stuck::first_reply(&stuck_shown(tx, &stuck()).await?),
        Kind::Log => view::stuck::log(&stuck::log(tx, &entry()).await?),
        Kind::Trouble => view::trouble::trouble(&trouble::shown(tx, subject).await?),
        Kind::Tell => view::stuck::told(&stuck::tell(tx, &entry(), &UserId::from(row.place.as_str())).await?),
    };
    Ok(document(parts))
}

/// What a message that is now in Slack changes in others: the digest names the help threads by their links.
pub async fn after_shown(tx: &mut Tx, row: &Row) -> Result<()> {
    if row.kind == Kind::Help.word() && row.is_main() {
        let stuck = store::stuck::get(tx, &StuckId(row.subject.clone())).await?;
        let mut linked = vec![keys::digest(&stuck.huddle), keys::quick(&stuck.id)];
        for entry in store::stuck::entries(tx, &stuck.id).await? {
            let told = store::message::of_subject(tx, entry.id.as_str()).await?;
            linked.extend(told.into_iter().filter(|row| row.kind == Kind::Tell.word()).map(|row| row.key));
        }
        store::message::raise(tx, &linked).await?;
    }
    Ok(())
}

async fn prompt(tx: &mut Tx, id: &CheckInId, again: bool) -> Result<Shown> {
    let row = store::check_in::get(tx, id).await?;
    let first_ever = store::check_in::is_first_ever(tx, &row).await?;
    let check_in = check_in_of(tx, &row).await?;
    Ok(document(view::prompt::prompt(&PromptShown { check_in, first_ever, again: again || row.snoozed })))
}

/// Posted only while it is owed; once it stands there, neither its buttons nor its words must outlive that.
async fn reminder(tx: &mut Tx, id: &CheckInId, posted: bool) -> Result<Shown> {
    let row = store::check_in::get(tx, id).await?;
    let owed = row.state == State::Asked && !row.superseded;
    if !owed && !posted {
        return Ok(Shown::NotOwed(ANSWERED_BEFORE.to_owned()));
    }
    let check_in = check_in_of(tx, &row).await?;
    Ok(document(view::prompt::reminder(&ReminderShown { check_in })))
}

async fn question(tx: &mut Tx, id: &CheckInId, run: i64, posted: bool) -> Result<Shown> {
    let row = store::check_in::get(tx, id).await?;
    let answer = fold(tx, &row).await?;
    let lines: Vec<TypedLine> = answer.lines.iter().filter(|line| line.run == run).map(typed_line).collect();
    let runs = store::answer::said(tx, id).await?.into_iter().map(|said| said.run).max();
    let check_in = check_in_of(tx, &row).await?;
    let step = step(&answer, &lines, runs == Some(run), &check_in);
    let gathered = answer.gathered.get(&run).copied().unwrap_or_default();
    let full = answer.full.contains(&run);
    if lines.is_empty() && gathered == 0 && !full && step == Step::Past && !posted {
        return Ok(Shown::NotOwed(UNSAID.to_owned()));
    }
    let name_team = store::check_in::current(tx, &row.person).await?.len() > 1;
    Ok(document(view::answer::question(&QuestionShown { check_in, lines, gathered, full, step, name_team })))
}

/// Where the conversation stands at one of its questions.
fn step(answer: &answer::Answer, lines: &[TypedLine], latest: bool, check_in: &CheckInShown) -> Step {
    if check_in.superseded {
        return Step::Past;
    }
    if lines.iter().any(|line| line.filed == Filed::Unfiled) {
        return Step::AddAs;
    }
    if lines.iter().any(|line| matches!(line.filed, Filed::Stuck { size: None })) {
        return Step::Size;
    }
    match (latest, answer.asking) {
        (false, _) => Step::Past,
        (true, Asking::AStuck) => Step::WhatStuck,
        (true, _) if answer.complete => Step::Done,
        (true, _) => Step::Stuck,
    }
}

fn typed_line(line: &answer::Line) -> TypedLine {
    let filed = match line.filed {
        answer::Filed::Priority => Filed::Priority,
        answer::Filed::Stuck { size } => Filed::Stuck { size },
        answer::Filed::Unfiled => Filed::Unfiled,
        answer::Filed::Nothing => Filed::Nothing,
    };
    let (said, text) = (line.said.clone(), line.text.clone());
    TypedLine { said, line: line.line as i64, text, lines: line.lines, filed }
}

async fn fold(tx: &mut Tx, check_in: &CheckIn) -> Result<answer::Answer> {
    store::answer::fold(tx, &check_in.id, check_in.form_sent_at).await
}

/// Everything about a check-in that its prompt, its questions and its form show.
pub async fn check_in_shown(tx: &mut Tx, id: &CheckInId) -> Result<CheckInShown> {
    let row = store::check_in::get(tx, id).await?;
    check_in_of(tx, &row).await
}

async fn check_in_of(tx: &mut Tx, row: &CheckIn) -> Result<CheckInShown> {
    let team = store::people::team(tx, &row.team).await?;
    let shift = store::shift::get(tx, &row.shift).await?;
    let huddle = store::unless_unreadable(store::shift::huddle(tx, &row.huddle).await)?;
    let person = store::people::person(tx, &row.person).await?;
    let answer = fold(tx, row).await?;
    let mut managers = Vec::new();
    for manager in store::people::members(tx, &row.team).await?.managers() {
        managers.push(store::people::person(tx, &manager).await?);
    }
    let stucks = store::stuck::of_check_in(tx, &row.id).await?;
    let state = match row.state {
        State::Asked | State::Missed if row.snooze_at.is_some() => {
            CheckInState::Snoozed { until: row.snooze_at.unwrap_or_default() }
        }
        State::Asked => CheckInState::Asked,
        State::Missed => CheckInState::Missed,
        State::Answered => CheckInState::Answered { at: row.answered_at.unwrap_or_default(), late: row.late },
        State::Excused if row.reason == DOWN => CheckInState::Down,
        State::Excused => CheckInState::Off,
    };
    Ok(CheckInShown {
        id: row.id.clone(),
        person: row.person.clone(),
        name: person.name,
        team: team.name.clone(),
        shift: shift.name,
        channel: team.channel.clone(),
        zone: if person.zone.is_empty() { team.zone.clone() } else { person.zone },
        starts_at: row.starts_at,
        digest_at: huddle.as_ref().map_or(row.closes_at, |huddle| huddle.digest_at),
        digest_posted: huddle.is_some_and(|huddle| huddle.state == HuddleState::Posted),
        last: last_shift(tx, row).await?,
        last_text: row.last_text.clone(),
        lines: lines(tx, &row.id).await?,
        stucks: stucks
            .into_iter()
            .filter(|stuck| !matches!(stuck.state, StuckState::Withdrawn { .. }))
            .map(own_stuck)
            .collect(),
        managers,
        state,
        superseded: row.superseded,
        nothing: answer.nothing,
        form_sent: row.form_sent_at.is_some(),
    })
}

fn own_stuck(stuck: Stuck) -> OwnStuck {
    OwnStuck {
        open: matches!(stuck.state, StuckState::Open),
        has_thread: stuck.opened_at.is_some(),
        id: stuck.id,
        what: stuck.what,
        help: stuck.help,
        helper: stuck.helper,
        size: stuck.size,
    }
}

async fn last_shift(tx: &mut Tx, row: &CheckIn) -> Result<Option<LastShift>> {
    let Some(last) = &row.last else { return Ok(None) };
    let last = store::check_in::get(tx, last).await?;
    let mut listed = store::priority::list(tx, &last.id).await?;
    check_in::order(&mut listed);
    let mut lines = Vec::new();
    for line in listed {
        let taken = taken(tx, &line).await?;
        // What was resolved is not asked about again.
        if taken.as_ref().is_some_and(|taken| taken.done) {
            continue;
        }
        let text = line.priority.text.clone();
        lines.push(LastLine { id: line.priority.id, text, mark: line.mark, age: line.age, taken });
    }
    let date = |text: &str| text.parse::<jiff::civil::Date>().map_err(|error| Failure::Decode(error.to_string()));
    let days_ago = date(&last.date)?.until(date(&row.date)?).map_or(0, |span| i64::from(span.get_days()));
    Ok(Some(LastShift { date: last.date, days_ago, lines }))
}

/// The list of this shift: what was taken first, then carried lines, then new ones.
async fn lines(tx: &mut Tx, id: &CheckInId) -> Result<Vec<Line>> {
    let mut listed = store::priority::list(tx, id).await?;
    check_in::order(&mut listed);
    let mut lines = Vec::new();
    for line in listed {
        let taken = taken(tx, &line).await?;
        lines.push(Line { id: line.priority.id, text: line.priority.text, carried: line.age > 1, taken });
    }
    Ok(lines)
}

/// The stuck behind a line that this person took: while they have it, and on the list on which it was resolved.
async fn taken(tx: &mut Tx, line: &Listed) -> Result<Option<TakenLine>> {
    let Some(id) = &line.priority.stuck else { return Ok(None) };
    let stuck = store::stuck::get(tx, id).await?;
    let asker = store::people::person(tx, &stuck.asker).await?.name;
    let due_at = match &stuck.state {
        StuckState::Taken { due_at, .. } => Some(*due_at),
        _ => None,
    };
    Ok(Some(TakenLine { stuck: id.clone(), asker, due_at, done: line.mark == Mark::Done }))
}

async fn digest(tx: &mut Tx, id: &HuddleId) -> Result<DigestShown> {
    let huddle = store::shift::huddle(tx, id).await?;
    let team = store::people::team(tx, &huddle.team).await?;
    let shift = store::shift::get(tx, &huddle.shift).await?;
    let mut people = Vec::new();
    let raised = store::stuck::of_huddle(tx, id).await?;
    let names = store::people::names(tx).await?;
    for check_in in store::check_in::of_huddle(tx, id).await? {
        // Whose account was closed is neither away nor missing.
        if check_in.state == State::Excused && check_in.reason == GONE {
            continue;
        }
        let is_stuck = raised.iter().any(|stuck| stuck.check_in == check_in.id);
        let name = names.get(&check_in.person).cloned().unwrap_or_else(|| check_in.person.0.clone());
        people.push(person_shown(tx, &check_in, name, is_stuck).await?);
    }
    let mut stucks = Vec::new();
    for stuck in raised {
        // What was taken back before anybody saw it is nobody's business.
        if !matches!(stuck.state, StuckState::Withdrawn { .. }) || stuck.opened_at.is_some() {
            stucks.push(stuck::shown_of(tx, stuck, &team).await?);
        }
    }
    let first = !store::shift::met_before(tx, &huddle.team, huddle.opened_at).await?;
    let mut managers = Vec::new();
    for manager in store::people::members(tx, &huddle.team).await?.managers() {
        managers.push(store::people::person(tx, &manager).await?.name);
    }
    let mut skipped = Vec::new();
    for before in store::shift::skipped_before(tx, &huddle.id).await? {
        skipped.push((store::shift::get(tx, &before.shift).await?.name, before.date));
    }
    Ok(DigestShown {
        skipped,
        start_later: store::shift::start_later(tx, &huddle).await?.len(),
        huddle: huddle.id,
        team: team.name,
        shift: shift.name,
        date: huddle.date,
        zone: team.zone,
        people,
        stucks,
        first: first.then_some(managers),
    })
}

async fn person_shown(tx: &mut Tx, check_in: &CheckIn, name: String, is_stuck: bool) -> Result<PersonShown> {
    let complete = check_in.state == State::Answered;
    let marks: Vec<Mark> = match &check_in.last {
        Some(last) if complete => {
            store::priority::list(tx, last).await?.into_iter().map(|line| line.mark.settled(complete)).collect()
        }
        _ => Vec::new(),
    };
    let count = |mark: Mark| marks.iter().filter(|one| **one == mark).count();
    let may_be_unsaid = complete && !is_stuck && check_in.form_sent_at.is_none();
    let stuck_not_said = may_be_unsaid && !fold(tx, check_in).await?.nothing;
    let lines = if complete { lines(tx, &check_in.id).await? } else { Vec::new() };
    Ok(PersonShown {
        check_in: check_in.id.clone(),
        place: check_in.place,
        name,
        state: match check_in.state {
            State::Asked | State::Missed => PersonState::NotYet,
            State::Answered => PersonState::Answered { late: check_in.late },
            State::Excused if check_in.reason == OFF => PersonState::Away,
            State::Excused => PersonState::NotAsked,
        },
        done: count(Mark::Done),
        carried: count(Mark::Carried),
        last_text: check_in.last_text.clone(),
        lines,
        stuck_not_said,
    })
}

fn document(parts: Vec<view::Part>) -> Shown {
    Shown::Document(parts.into_iter().map(part_of).collect())
}

/// The first part is the message itself, the others are replies in its thread.
pub(super) fn part_of(part: view::Part) -> Part {
    Part { thread: !part.name.is_empty(), name: part.name, text: part.text, blocks: part.blocks }
}
