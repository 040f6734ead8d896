//! "✓ Checked in": what the prompt and the typed conversation both become once question 3 has an answer.

use super::kit::{Doc, Line, line};
use super::words;
use crate::rules::check_in::Mark;
use crate::rules::shown::{CheckInShown, CheckInState, OwnStuck};
use crate::rules::stuck::Size;

/// Where it is read: in the place of the prompt, or below what was typed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Door {
    Prompt,
    Typed,
}

/// The receipt, without its buttons, if the check-in is answered.
pub fn say(doc: &mut Doc, shown: &CheckInShown, door: Door) -> bool {
    let CheckInState::Answered { at, late } = shown.state else { return false };
    let start = line().plain("✓ Checked in ").time(at);
    let said = if shown.nothing && shown.stucks.is_empty() && shown.lines.iter().all(|line| line.carried) {
        start.then(nothing_stuck(shown))
    } else {
        start.then(counts(shown)).then(stucks(shown, door))
    };
    doc.say(if late { said.plain(" Added to the post.") } else { said });
    true
}

/// The answer of one tap: nothing new, nothing stuck.
fn nothing_stuck(shown: &CheckInShown) -> Line {
    let carried = shown.lines.len();
    let said = line().plain(". Nothing stuck.");
    let done = match marked(shown, Mark::Done) {
        0 => said,
        done => said.plain(format!(" Done: {done}.")),
    };
    let kept = match carried {
        0 => done,
        _ => done.plain(format!(" Carried over: {}.", priorities(carried))),
    };
    kept.plain(" Anything new this shift? Just type it.")
}

fn counts(shown: &CheckInShown) -> Line {
    let (done, carried) = (marked(shown, Mark::Done), shown.lines.iter().filter(|line| line.carried).count());
    let mut facts = Vec::new();
    let marks = [(done, "done"), (carried, "carried")].into_iter().filter(|(number, _)| *number > 0);
    let marks: Vec<String> = marks.map(|(number, what)| format!("{number} {what}")).collect();
    if !marks.is_empty() {
        facts.push(marks.join(", "));
    }
    if !shown.lines.is_empty() {
        facts.push(priorities(shown.lines.len()));
    }
    if (shown.nothing || shown.form_sent) && shown.stucks.is_empty() {
        facts.push("nothing stuck".to_owned());
    }
    let said: String = facts.iter().map(|fact| format!(" · {fact}")).collect();
    line().plain(said)
}

/// How many, how much help, and where it will come from.
fn stucks(shown: &CheckInShown, door: Door) -> Line {
    if shown.stucks.is_empty() {
        return line().plain(".");
    }
    let said = line().plain(format!(" · {} stuck", shown.stucks.len()));
    let size = match shown.stucks.as_slice() {
        [OwnStuck { size: Some(Size::Minute), .. }] => ", a minute or less",
        [OwnStuck { size: Some(Size::More), .. }] if door == Door::Typed => ", more than a minute",
        _ => "",
    };
    let said = said.plain(size);
    let long = |stuck: &&OwnStuck| stuck.open && stuck.size != Some(Size::Minute);
    let waiting = shown.stucks.iter().filter(long).filter(|stuck| !stuck.has_thread).count();
    if waiting > 0 && !shown.digest_posted {
        let opens = if waiting == 1 { "elp thread opens" } else { "elp threads open" };
        return match door {
            Door::Prompt => said.plain(format!(" (h{opens} with the post at ")).time(shown.digest_at).plain(")."),
            Door::Typed if waiting == 1 => {
                said.plain(format!(". Its h{opens} with the ")).time(shown.digest_at).plain(" post.")
            }
            Door::Typed => said.plain(format!(". H{opens} with the ")).time(shown.digest_at).plain(" post."),
        };
    }
    if shown.stucks.iter().any(|stuck| stuck.open && stuck.has_thread) {
        said.plain(". Answers come in the help thread.")
    } else {
        said.plain(".")
    }
}

pub fn priorities(number: usize) -> String {
    words::count(number, "priority", "priorities")
}

fn marked(shown: &CheckInShown, mark: Mark) -> usize {
    shown.last.iter().flat_map(|last| &last.lines).filter(|line| line.mark == mark).count()
}
