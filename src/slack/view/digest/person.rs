//! Each agent's line, and the pages on which they stand where the channel has no room.

use crate::rules::shown::{Line as Listed, PersonShown, PersonState};
use crate::slack::view::Part;
use crate::slack::view::kit::{Doc, Line, line};
use crate::slack::view::{pages, words};

/// People on one page; a place belongs to the same page for ever.
const ON_A_PAGE: i64 = 12;
/// A name costs no more than this anywhere in the digest.
const NAME: usize = 40;

pub fn short_name(name: &str) -> String {
    words::cut(&words::flat(name), NAME)
}

/// `**Ana** ✓2 →1  EU refunds · sale macro`.
pub fn whole(person: &PersonShown) -> Line {
    let texts = person.lines.iter().map(|listed| told(listed, words::flat(&text_of(listed))));
    let last = (!person.last_text.is_empty()).then(|| line().typed(last_shift(person)));
    let mut said = head(person);
    for (at, text) in texts.chain(last).enumerate() {
        said = said.plain(if at == 0 { "  " } else { " · " }).then(text);
    }
    signed(person, said)
}

/// A line of the list; what was taken is marked with when it is due.
fn told(listed: &Listed, text: String) -> Line {
    let due_at = listed.taken.as_ref().filter(|taken| !taken.done).and_then(|taken| taken.due_at);
    match due_at {
        Some(due_at) => line().typed(text).plain(", due by ").time(due_at),
        None => line().typed(text),
    }
}

pub fn within(person: &PersonShown, room: usize, zone: &str) -> Line {
    let whole = whole(person);
    if whole.size(zone) <= room {
        return whole;
    }
    let told = " (all of it below)";
    super::fitting(room - told.len(), zone, |share| said(person, share)).plain(told)
}

fn said(person: &PersonShown, share: usize) -> Line {
    let head = head(person);
    let text = texts(person).join(" · ");
    signed(person, if text.is_empty() { head } else { head.typed(words::cut(&format!("  {text}"), share)) })
}

fn signed(person: &PersonShown, head: Line) -> Line {
    let head = if person.stuck_not_said { head.aside(" · stuck: not said") } else { head };
    match person.state {
        PersonState::Answered { late: true } => head.aside(" · late"),
        _ => head,
    }
}

/// The name and the marks, never a ratio.
fn head(person: &PersonShown) -> Line {
    let mut marks = String::new();
    for (number, sign) in [(person.done, '✓'), (person.carried, '→')] {
        if number > 0 {
            marks += &format!(" {sign}{number}");
        }
    }
    let bare = marks.is_empty() && person.lines.is_empty() && person.last_text.is_empty();
    let name = line().bold_typed(short_name(&person.name));
    if bare { name.plain(" checked in") } else { name.plain(marks) }
}

fn texts(person: &PersonShown) -> Vec<String> {
    let mut texts: Vec<String> = person.lines.iter().map(text_of).map(|text| words::flat(&text)).collect();
    if !person.last_text.is_empty() {
        texts.push(last_shift(person));
    }
    texts
}

fn last_shift(person: &PersonShown) -> String {
    format!("last shift: {}", words::flat(&person.last_text))
}

fn text_of(listed: &Listed) -> String {
    match &listed.taken {
        Some(taken) => {
            let done = if taken.done { "✓ " } else { "" };
            format!("{done}{}'s stuck: {}", short_name(&taken.asker), listed.text)
        }
        None => listed.text.clone(),
    }
}

/// All that one person said, whose line was cut.
pub fn in_full(person: &PersonShown, zone: &str) -> Vec<Part> {
    let mut lines = vec![head(person)];
    lines.extend(person.lines.iter().map(|listed| line().plain("· ").then(told(listed, text_of(listed)))));
    if !person.last_text.is_empty() {
        lines.push(line().plain("Last shift: ").typed(&person.last_text));
    }
    pages::pages(zone, lines, &format!("person:{}", person.check_in))
}

/// `people` is alphabetical.
pub fn pages(people: &[&PersonShown], zone: &str, room: usize) -> Vec<Part> {
    let last = people.iter().map(|person| person.place / ON_A_PAGE).max().unwrap_or(0);
    let page = |number: i64| {
        let mut doc = Doc::new(zone);
        doc.say(line().bold(format!("Today, part {}", number + 1)));
        let mut empty = true;
        for person in people.iter().filter(|person| person.place / ON_A_PAGE == number) {
            let line = match person.state {
                PersonState::Answered { .. } => within(person, room, zone),
                PersonState::Away => line().bold_typed(short_name(&person.name)).aside(" away"),
                PersonState::NotAsked => line().bold_typed(short_name(&person.name)).aside(" not asked in time"),
                PersonState::NotYet => continue,
            };
            empty = false;
            doc.and(line);
        }
        if empty {
            doc.grey(line().plain("Nobody on this page has answered yet."));
        }
        doc.named(&format!("people:{number}"))
    };
    let has_members = |number: &i64| people.iter().any(|person| person.place / ON_A_PAGE == *number);
    (0..=last).filter(has_members).map(page).collect()
}
