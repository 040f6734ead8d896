//! The one channel message of a huddle (M5): at most one screen. What it has no room for stands on pages in its thread, each
//! with the same people or stucks for ever, so that one late answer edits the message and one page.

use super::Part;
use super::kit::{Doc, Line, line};
use super::words;
use crate::rules::shown::{DigestShown, PersonShown, PersonState, StuckShown};

mod person;
mod stucks;
pub use stucks::quick;

/// The screen: characters of fallback after escaping; its blocks show no more than that.
const SCREEN: usize = 2_850;
/// Stucks that stand in full in the channel.
const FULL: usize = 5;
/// What all stucks may take of the screen.
const STUCKS_ROOM: usize = 1_900;
const STUCK_ROOM: usize = 260;
const ONE_LINE: usize = 150;
/// The share of one person, in the channel or on a page of twelve.
const PERSON_ROOM: usize = 290;
/// Names in one grey line of the channel; where there are more, people stand on pages, which name them all.
const NAMED: usize = 8;
/// What the name of the team or of the shift may take of the first line.
const TITLE: usize = 80;

pub fn digest(shown: &DigestShown) -> Vec<Part> {
    let mut people: Vec<&PersonShown> = shown.people.iter().collect();
    people.sort_by_key(|person| (person.name.to_lowercase(), person.place));
    let answered: Vec<&PersonShown> = people.iter().copied().filter(|person| has_answered(person)).collect();
    let stucks = stucks::in_order(&shown.stucks);
    let in_state = |state: PersonState| people.iter().filter(|person| person.state == state).count();
    let all_named = in_state(PersonState::Away).max(in_state(PersonState::NotAsked)) <= NAMED;

    let mut doc = Doc::new(&shown.zone);
    let title = [&shown.team, &shown.shift].map(|name| words::cut(&words::flat(name), TITLE));
    doc.say(line().bold_typed(title.join(", ")).bold(format!(" · {}", words::weekday_and_day(&shown.date))));
    let head = doc.clone();
    let tail = tail(shown, &people, answered.is_empty());
    // Three ways to tell of the people, the roomiest that fits: whole, shortened, on pages.
    let whole: Vec<Line> = answered.iter().map(|person| person::whole(person)).collect();
    let short: Vec<Line> = answered.iter().map(|person| person::within(person, PERSON_ROOM, &shown.zone)).collect();
    for lines in [&whole, &short] {
        let mut doc = head.clone();
        doc.grey(counts(&people, false));
        stucks::on_screen(&mut doc, &stucks);
        say_people(&mut doc, lines);
        tail.iter().for_each(|line| doc.grey(line.clone()));
        if doc.size() <= SCREEN && all_named {
            let mut parts = vec![doc.named("")];
            parts.extend(stucks::elsewhere(shown, &stucks));
            for (person, _) in answered.iter().zip(lines).filter(|(person, line)| **line != person::whole(person)) {
                parts.extend(person::in_full(person, &shown.zone));
            }
            return parts;
        }
    }
    doc.grey(counts(&people, true));
    stucks::on_screen(&mut doc, &stucks);
    doc.say(line().plain("What each of us does is in the thread."));
    tail.into_iter().for_each(|line| doc.grey(line));
    let mut parts = vec![doc.named("")];
    parts.extend(stucks::elsewhere(shown, &stucks));
    parts.extend(person::pages(&people, &shown.zone, PERSON_ROOM));
    for (person, _) in answered.iter().zip(&short).filter(|(person, line)| **line != person::whole(person)) {
        parts.extend(person::in_full(person, &shown.zone));
    }
    parts
}

fn has_answered(person: &PersonShown) -> bool {
    matches!(person.state, PersonState::Answered { .. })
}

fn say_people(doc: &mut Doc, lines: &[Line]) {
    if lines.is_empty() {
        return;
    }
    doc.say(line().bold("Today"));
    lines.iter().for_each(|line| doc.and(line.clone()));
}

/// `6 of 7 answered`; with what was done and carried where the people stand on pages.
fn counts(people: &[&PersonShown], with_marks: bool) -> Line {
    let answered = people.iter().filter(|person| has_answered(person)).count();
    let yet = people.iter().filter(|person| person.state == PersonState::NotYet).count();
    let mut said = format!("{answered} of {} answered", answered + yet);
    if with_marks {
        let done: usize = people.iter().map(|person| person.done).sum();
        let carried: usize = people.iter().map(|person| person.carried).sum();
        said += &format!(" · {done} done · {carried} carried");
    }
    line().plain(said)
}

/// The grey lines at the end.
fn tail(shown: &DigestShown, people: &[&PersonShown], nobody: bool) -> Vec<Line> {
    let of = |state: PersonState| people.iter().filter(move |person| person.state == state).map(|person| &person.name);
    let mut facts = Vec::new();
    let yet = of(PersonState::NotYet).count();
    if yet > 0 {
        facts.push(format!("{yet} yet to answer"));
    }
    if shown.start_later > 0 {
        facts.push(words::count(shown.start_later, "starts later", "start later"));
    }
    for (state, word) in [(PersonState::Away, "Away"), (PersonState::NotAsked, "Not asked in time")] {
        let names: Vec<String> = of(state).map(|name| person::short_name(name)).collect();
        match names.len() {
            0 => {}
            1..=NAMED => facts.push(format!("{word}: {}", names.join(", "))),
            many => facts.push(format!("{word}: {many}")),
        }
    }
    let mut lines = Vec::new();
    if nobody {
        lines.push(line().plain("Nobody has answered yet. It fills in here as answers come."));
    }
    if !facts.is_empty() {
        lines.push(line().typed(facts.join(" · ")));
    }
    if !shown.skipped.is_empty() {
        lines.push(line().typed(skipped(&shown.skipped)));
    }
    if let Some(managers) = &shown.first {
        let first = "First check-in: answers by DM, one post a shift.";
        let names: Vec<String> = managers.iter().take(NAMED).map(|name| person::short_name(name)).collect();
        let more = managers.len() - names.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        lines.push(line().typed(match names.is_empty() {
            true => first.to_owned(),
            false => format!("{first} Managers: {}{more}.", names.join(", ")),
        }));
    }
    lines
}

/// `Not held: Early, Mon 18 May · Late, Mon 18 May.` A week without us is as many shifts as there are.
fn skipped(shifts: &[(String, String)]) -> String {
    let named = |(shift, date): &(String, String)| {
        format!("{}, {}", words::cut(&words::flat(shift), TITLE), words::weekday_and_day(date))
    };
    let names: Vec<String> = shifts.iter().take(NAMED).map(named).collect();
    let more = match shifts.len() - names.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("Not held: {}{more}. I was not running, or could not reach Slack.", names.join(" · "))
}

/// The roomiest version of a line that costs this much at most; what it cuts stands in full elsewhere.
fn fitting(room: usize, zone: &str, line_of: impl Fn(usize) -> Line) -> Line {
    let mut share = room;
    loop {
        let line = line_of(share);
        if line.size(zone) <= room || share < 16 {
            return line;
        }
        share = share * 4 / 5;
    }
}

fn named(shown: &StuckShown) -> String {
    person::short_name(&shown.asker)
}
