//! The direct message that asks (M1, M2), what becomes of it, and its one reminder.

use serde_json::Value;

use super::Part;
use super::action::Action;
use super::element::{button, primary};
use super::kit::{Doc, Line, Tick, line};
use super::receipt::{self, Door};
use super::words;
use crate::rules::check_in::Mark;
use crate::rules::shown::{CheckInShown, CheckInState, LastLine, LastShift, PromptShown, ReminderShown, TakenLine};

/// Lines of the last shift in the message itself; the form has the rest.
const TICKED: usize = 10;
const TAKEN: usize = 8;
/// A checkbox label; longer ones are shown whole below the boxes.
const LABEL: usize = 75;
/// Ten labels of nothing but `&` must leave room for the questions.
const LABEL_ESCAPED: usize = 150;
/// From this age on a line is told its age.
pub(super) const OLD: i64 = 3;
/// A last shift that is older than this is named by its date.
const RECENT_DAYS: i64 = 3;

pub fn prompt(shown: &PromptShown) -> Vec<Part> {
    let check_in = &shown.check_in;
    let mut doc = Doc::new(&check_in.zone);
    if check_in.superseded {
        superseded(&mut doc, check_in);
        return doc.parts();
    }
    let id = || check_in.id.clone();
    match &check_in.state {
        CheckInState::Asked | CheckInState::Missed | CheckInState::Down => questions(&mut doc, shown),
        CheckInState::Snoozed { until } => {
            doc.say(line().plain("Snoozed until ").time(*until).plain("."));
            doc.row("do", [button("Answer now", Action::Form(id()))]);
        }
        CheckInState::Off => {
            doc.say(line().plain("Enjoy your day. You're marked away, and I won't ask."));
            doc.row("do", [button("I'm back", Action::ImBack(id()))]);
        }
        CheckInState::Answered { .. } => {
            receipt::say(&mut doc, check_in, Door::Prompt);
            doc.row("do", [button("Edit", Action::Form(id()))]);
        }
    }
    doc.parts()
}

/// Somebody typed and no check-in of theirs is open. `asked`: one day there will be.
pub fn idle(asked: bool) -> Vec<Part> {
    let mut doc = Doc::new("UTC");
    let next = if asked {
        "I'll ask you when your next shift starts."
    } else {
        "I ask a team's agents when their shifts start."
    };
    doc.say(line().plain(format!("There is nothing to answer right now. {next}")));
    doc.parts()
}

pub fn reminder(shown: &ReminderShown) -> Vec<Part> {
    let check_in = &shown.check_in;
    let mut doc = Doc::new(&check_in.zone);
    if check_in.superseded {
        superseded(&mut doc, check_in);
    } else if check_in.state == CheckInState::Asked && !check_in.digest_posted {
        let still = line().plain("Still time for the ").time(check_in.digest_at).plain(" post, ");
        doc.say(still.typed(&check_in.name).plain(". One tap is enough:"));
        let id = || check_in.id.clone();
        let buttons = [button("Nothing stuck", Action::Nothing(id())), button("Answer in a form", Action::Form(id()))];
        doc.row("do", buttons);
    } else if !receipt::say(&mut doc, check_in, Door::Prompt) {
        doc.say(line().plain("I reminded you here of your check-in. The message above is the one that counts."));
    }
    doc.parts()
}

fn superseded(doc: &mut Doc, shown: &CheckInShown) {
    if receipt::say(doc, shown, Door::Prompt) {
        return;
    }
    if shown.state == CheckInState::Off {
        return doc.say(line().plain("You were marked away, and I did not ask."));
    }
    let day = words::civil(shown.starts_at, &shown.zone).strftime("%A").to_string();
    doc.say(line().plain(format!("That was {day}'s check-in. Your next one stands below; answer that one.")));
}

fn questions(doc: &mut Doc, shown: &PromptShown) {
    let check_in = &shown.check_in;
    let greeting = greeting(check_in);
    let known = check_in.last.as_ref().filter(|last| !last.lines.is_empty());
    if shown.first_ever {
        doc.say(introduction(check_in, &greeting));
    } else {
        doc.say(line().plain(format!("{greeting}, ")).typed(&check_in.name).plain(". ").then(team_and_shift(check_in)));
    }
    match known {
        Some(last) => question_one(doc, check_in, last),
        None => {
            doc.say(line().bold("1. Your priorities last shift: done or not done?"));
            doc.grey(
                line().plain("From your next shift on they are listed here to tick; today, if you like, in the form."),
            );
        }
    }
    doc.say(line().bold("2. What are your priorities this shift?").plain(if known.is_some() {
        " One a line, just type them here."
    } else {
        " Just type them here, one a line or one a message."
    }));
    doc.and(line().bold("3. Are you stuck on anything, and what help do you need?"));
    doc.row("do", buttons(shown));
    closing(doc, shown);
}

fn introduction(check_in: &CheckInShown, greeting: &str) -> Line {
    let hello = line().plain(format!("{greeting}, ")).typed(&check_in.name).plain(". I'm Unstuck. ");
    let who = match check_in.managers.as_slice() {
        [one] if one.id != check_in.person => hello.typed(&one.name).plain(" added you to ").bold_typed(&check_in.team),
        [] | [_] => hello.plain("You were added to ").bold_typed(&check_in.team),
        several => {
            let managed = hello.plain("You were added to ").bold_typed(&check_in.team).plain(" (");
            let names: Vec<String> = several.iter().map(|manager| manager.name.clone()).collect();
            managed.typed(words::listed(&names)).plain(" manage it)")
        }
    };
    who.plain(", so I'll ask you three short things when your shift starts. No meeting, about a minute.")
}

fn team_and_shift(check_in: &CheckInShown) -> Line {
    line().bold_typed(format!("{}, {}", check_in.team, check_in.shift))
}

fn greeting(check_in: &CheckInShown) -> String {
    match words::civil(check_in.starts_at, &check_in.zone).hour() {
        4..=11 => "Good morning",
        12..=17 => "Good afternoon",
        18..=23 => "Good evening",
        _ => "Hello",
    }
    .to_owned()
}

fn question_one(doc: &mut Doc, check_in: &CheckInShown, last: &LastShift) {
    let (own, taken): (Vec<&LastLine>, Vec<&LastLine>) = last.lines.iter().partition(|line| line.taken.is_none());
    let when = if last.days_ago > RECENT_DAYS {
        format!("1. Your priorities from {} (your last shift): done or not done?", words::day(&last.date))
    } else if last.days_ago <= 0 {
        "1. Your priorities last shift (today): done or not done?".to_owned()
    } else {
        format!("1. Your priorities last shift ({}): done or not done?", words::weekday(&last.date))
    };
    let ask = line().bold(when);
    doc.say(if own.is_empty() { ask } else { ask.plain(" Tick what is done.") });
    if !own.is_empty() {
        own_lines(doc, check_in, last, &own);
    }
    for (at, line) in taken.iter().take(TAKEN).enumerate() {
        if let Some(stuck) = &line.taken {
            taken_line(doc, line, stuck, at);
        }
    }
    let beyond = own.len().saturating_sub(TICKED) + taken.len().saturating_sub(TAKEN);
    let keeps = if own.is_empty() { "" } else { "What you don't tick carries over. To drop one: Answer in a form." };
    let more = if beyond > 0 { format!("{beyond} more in the form.") } else { String::new() };
    doc.grey(line().plain(format!("{keeps} {more}").trim()));
}

fn own_lines(doc: &mut Doc, check_in: &CheckInShown, last: &LastShift, own: &[&LastLine]) {
    let shown = own.iter().take(TICKED);
    let ticks =
        shown.clone().map(|line| Tick { value: line.id.0.clone(), label: label(line), on: line.mark == Mark::Done });
    let mut buttons = vec![button("All done", Action::AllDone(check_in.id.clone()))];
    if last.days_ago > RECENT_DAYS {
        buttons.push(button("Drop all", Action::DropAll(check_in.id.clone())));
    }
    doc.ticks(&Action::Tick(check_in.id.clone()), ticks.collect(), buttons);
    for line in shown.filter(|line| label(line) != words::flat(&line.text) + &age(line.age)) {
        doc.list(super::kit::line().plain("In full: ").typed(&line.text));
    }
}

/// The text of a checkbox: one line, with its age.
fn label(line: &LastLine) -> String {
    let age = age(line.age);
    let text = words::cut(&words::cut_raw(&words::flat(&line.text), LABEL - words::length(&age)), LABEL_ESCAPED);
    if text.is_empty() { format!("(empty){age}") } else { text + &age }
}

/// ` · 3rd day`, counted in shifts, for the agent alone.
pub(super) fn age(age: i64) -> String {
    if age >= OLD { format!(" · {} day", words::ordinal(age)) } else { String::new() }
}

fn taken_line(doc: &mut Doc, last: &LastLine, stuck: &TakenLine, at: usize) {
    let what = line().typed(format!("{}'s stuck: ", stuck.asker)).typed(&last.text).plain(age(last.age));
    let id = || stuck.stuck.clone();
    match last.mark {
        Mark::Done => doc.say(line().plain("✓ ").then(what)),
        Mark::Dropped => doc.say(what.plain(" · handed back")),
        Mark::None | Mark::Carried => {
            doc.say(line().plain("☐ ").then(what));
            let buttons = [button("Resolve", Action::Resolve(id())), button("Hand back", Action::HandBack(id()))];
            doc.row(format!("taken:{at}"), buttons);
        }
    }
}

fn buttons(shown: &PromptShown) -> Vec<Value> {
    let id = || shown.check_in.id.clone();
    let mut all = vec![primary("Answer in a form", Action::Form(id())), button("Nothing stuck", Action::Nothing(id()))];
    if !shown.again {
        all.push(button("Snooze 30 min", Action::Snooze(id())));
    }
    all.push(button("Off today", Action::OffToday(id())));
    all
}

fn closing(doc: &mut Doc, shown: &PromptShown) {
    let check_in = &shown.check_in;
    if check_in.digest_posted || check_in.state == CheckInState::Missed {
        let up = line().plain("The ").time(check_in.digest_at).plain(" post is up.");
        doc.grey(up.plain(" You can still answer; it will be added."));
    } else if check_in.state == CheckInState::Down {
        doc.grey(line().plain("I could not ask you in time. You can still answer; it will be added to the post."));
    } else if shown.first_ever {
        let where_to = line().plain("Your answers go into one post in ").channel(&check_in.channel);
        let when = where_to.plain(", around ").time(check_in.digest_at);
        doc.grey(when.plain(". You can change them until your next shift."));
    }
}
