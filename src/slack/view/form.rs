//! The form (M3): the same three questions in one modal, prefilled.

use serde_json::Value;

use super::action::{Action, Modal, field};
use super::element;
use super::kit::line;
use super::{prompt, words};
use crate::rules::check_in::Mark;
use crate::rules::form::StuckInput;
use crate::rules::id::{PriorityId, fingerprint};
use crate::rules::shown::{CheckInShown, LastLine, LastShift, Line, OwnStuck};
use crate::rules::stuck::Size;

/// Lines of the last shift that can be marked; what is beyond carries over.
const MARKED: usize = 40;
/// Their blocks; a taken one has two. Ten sets of four and the rest need the other half of Slack's hundred.
const MARK_BLOCKS: usize = 50;
/// Sets for a stuck.
pub const SETS: usize = 10;
/// What one box takes.
const BOX: usize = 3_000;
const LABEL: usize = 1_900;
/// Bytes of prefilled boxes and of labels: a view is refused from 250,000 on.
const BOXES_ROOM: usize = 120_000;
const LABELS_ROOM: usize = 60_000;
const METADATA: usize = 3_000;

pub struct FormInput {
    pub check_in: CheckInShown,
    /// How many sets for a stuck; at least one for each stuck that exists, and ten at most. Entered values need nothing:
    /// Slack keeps what was typed as long as the block ids stay.
    pub sets: usize,
}

pub fn form(shown: &FormInput) -> Value {
    let check_in = &shown.check_in;
    let sets = shown.sets.max(check_in.stucks.len()).clamp(1, SETS);
    let mut blocks = Vec::new();
    match check_in.last.as_ref().filter(|last| !last.lines.is_empty()) {
        Some(last) => marks(&mut blocks, check_in, last),
        None => {
            blocks.push(element::input(
                field::LAST_TEXT,
                "Your priorities last shift: done or not done?",
                "In your own words. From your next shift on they are listed here to mark.",
                element::text_input(field::INPUT, true, fitting(&check_in.last_text)),
            ));
        }
    }
    let opened = priorities(&mut blocks, check_in, sets);
    stucks(&mut blocks, check_in, sets);
    let seen = line().plain("Seen by everyone in ").channel(&check_in.channel);
    blocks.extend(element::context(&seen.plain(". Paste the ticket link, not customer details."), &check_in.zone));
    let modal = Modal::Form { check_in: check_in.id.clone(), opened, sets };
    element::modal(
        &modal,
        &format!("{} check-in", words::cut_raw(&words::flat(&check_in.team), 24 - 9)),
        "Send",
        blocks,
    )
}

/// The text of a box, unless it is too long for one.
fn fitting(text: &str) -> &str {
    if words::length(text) <= BOX { text } else { "" }
}

fn grey(blocks: &mut Vec<Value>, text: String) {
    blocks.extend(element::context(&line().typed(text), "UTC"));
}

fn marks(blocks: &mut Vec<Value>, check_in: &CheckInShown, last: &LastShift) {
    blocks.push(element::heading("Your priorities last shift"));
    let mut used = 0;
    let fits = |line: &&LastLine| {
        used += 1 + usize::from(asks_what(line));
        used <= MARK_BLOCKS
    };
    let lines: Vec<&LastLine> = last.lines.iter().take(MARKED).take_while(fits).collect();
    let label_room = (LABELS_ROOM / 8 / lines.len().max(1)).clamp(100, LABEL);
    for line in &lines {
        mark(blocks, line, label_room, &check_in.zone);
    }
    let beyond = last.lines.len() - lines.len();
    if beyond > 0 {
        let more =
            words::count(beyond, "more priority carries over by itself.", "more priorities carry over by themselves.");
        grey(blocks, more);
    }
}

/// A stuck of somebody else that is still this agent's: Done asks what unstuck it.
fn asks_what(line: &LastLine) -> bool {
    line.taken.is_some() && line.mark != Mark::Dropped
}

fn mark(blocks: &mut Vec<Value>, line: &LastLine, label_room: usize, zone: &str) {
    let due = line.taken.as_ref().and_then(|taken| taken.due_at);
    let due = due.map_or(String::new(), |at| format!(" · due by {}", words::clock(at, zone)));
    let age = prompt::age(line.age) + &due;
    let whole = match &line.taken {
        Some(taken) => format!("{}'s stuck: {}", taken.asker, words::flat(&line.text)),
        None => words::flat(&line.text),
    };
    let (head, tail) = words::split_raw(&whole, label_room);
    // What the label has no room for stands right below it.
    let (label, hint) = match (head.trim(), tail) {
        ("", _) => (format!("(empty){age}"), String::new()),
        (head, "") => (format!("{head}{age}"), String::new()),
        (head, tail) if words::length(tail) < label_room => (format!("{head}…{age}"), format!("…{tail}")),
        (head, tail) => {
            (format!("{head}…{age}"), format!("…{} (all of it in the DM)", words::cut_raw(tail, label_room)))
        }
    };
    let options = [("Done", Mark::Done.word()), ("Carry over", Mark::Carried.word()), ("Drop", Mark::Dropped.word())];
    let chosen = if line.mark == Mark::None { Mark::Carried } else { line.mark };
    let radio = element::radio(field::INPUT, &options, chosen.word());
    blocks.push(element::input(&field::mark(line.id.as_str()), &label, &hint, radio));
    if asks_what(line) {
        blocks.push(element::input(
            &field::unstuck(line.id.as_str()),
            "What unstuck it?",
            "If it is done. One line; it is shown to the next person with the same problem.",
            element::text_input(field::INPUT, false, ""),
        ));
    }
}

/// The box of this shift's own new lines; returns what it was filled with.
fn priorities(blocks: &mut Vec<Value>, check_in: &CheckInShown, sets: usize) -> Vec<(PriorityId, String)> {
    let (kept, own): (Vec<&Line>, Vec<&Line>) =
        check_in.lines.iter().partition(|line| line.carried || line.taken.is_some());
    if !kept.is_empty() {
        let list: Vec<String> = kept.iter().take(MARKED).map(|line| short(line)).collect();
        let more = kept.len().saturating_sub(MARKED);
        let more = if more > 0 { format!(" · and {more} more") } else { String::new() };
        grey(blocks, words::cut_raw(&format!("On your list already: {}{more}", list.join(" · ")), 2_900));
    }
    let mut opened = Vec::new();
    let mut text = String::new();
    let mut left_out = Vec::new();
    let mut metadata = Modal::Form { check_in: check_in.id.clone(), opened: Vec::new(), sets }.private_metadata().len();
    for line in own {
        let print = fingerprint(&line.text);
        let more = line.id.as_str().len() + print.len() + 2;
        let fits = words::length(&text) + words::length(&line.text) < BOX && metadata + more <= METADATA;
        if !fits || line.text.contains(['\n', '\r']) || line.text.trim().is_empty() {
            left_out.push(short(line));
            continue;
        }
        metadata += more;
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&line.text);
        opened.push((line.id.clone(), print));
    }
    let hint = "One a line; what carries over is kept for you.";
    let input = element::text_input(field::INPUT, true, &text);
    blocks.push(element::input(field::PRIORITIES, "Your priorities this shift", hint, input));
    if !left_out.is_empty() {
        let edit = format!("On your list too; edit it in the DM: {}", left_out.join(" · "));
        grey(blocks, words::cut_raw(&edit, 2_900));
    }
    opened
}

fn short(line: &Line) -> String {
    let text = words::cut_raw(&words::flat(&line.text), 75);
    match &line.taken {
        Some(taken) => format!("{}'s stuck: {text}", taken.asker),
        None => text,
    }
}

fn stucks(blocks: &mut Vec<Value>, check_in: &CheckInShown, sets: usize) {
    let mut room = BOXES_ROOM;
    let shown = check_in.stucks.iter().take(SETS);
    let existing = shown.len();
    for stuck in shown {
        set(blocks, &set_name(stuck), Some(stuck), &mut room);
    }
    for new in existing..sets {
        set(blocks, &field::new_set(new + 1 - existing), None, &mut room);
    }
    if check_in.stucks.len() > SETS {
        let more = check_in.stucks.len() - SETS;
        grey(blocks, format!("You are stuck on {more} more; edit them in the DM."));
    }
    if sets < SETS {
        blocks.push(element::actions("another", vec![element::button("Add another stuck", Action::AnotherStuck)]));
    } else {
        grey(blocks, "That's ten. To raise one more, send this and press I'm stuck in the DM, or just type \"stuck\" and what on.".to_owned());
    }
}

/// Which set an existing stuck stands in: it tells whether the boxes still show what is so.
pub fn set_name(stuck: &OwnStuck) -> String {
    field::existing_set(stuck.id.as_str(), &as_filled(stuck).shown())
}

/// What the boxes of a set hold when nobody has touched them; a size that was not said is shown as the longer one.
fn as_filled(stuck: &OwnStuck) -> StuckInput {
    StuckInput {
        id: Some(stuck.id.clone()),
        what: stuck.what.clone(),
        help: stuck.help.clone(),
        helper: stuck.helper.clone(),
        size: Some(stuck.size.unwrap_or(Size::More)),
    }
}

fn size_word(size: Size) -> &'static str {
    match size {
        Size::Minute => field::MINUTE,
        Size::More => field::MORE,
    }
}

fn set(blocks: &mut Vec<Value>, set: &str, stuck: Option<&OwnStuck>, room: &mut usize) {
    // None: too long for its box, so the box stays empty and the text as it is.
    let mut prefill = |text: &str| {
        let costs = Value::from(text).to_string().len();
        let fits = words::length(text) <= BOX && costs <= *room;
        *room -= if fits { costs } else { 0 };
        fits.then(|| text.to_owned())
    };
    let what = prefill(stuck.map_or("", |stuck| &stuck.what));
    let help = prefill(stuck.map_or("", |stuck| &stuck.help));
    let hint = |text: &Option<String>, otherwise: &'static str| match text {
        Some(_) => otherwise,
        None => "Too long for this box and kept as it is; edit it in the DM.",
    };
    let block = |what: &str| field::stuck(set, what);
    blocks.push(element::input(
        &block(field::WHAT),
        "What are you stuck on?",
        hint(&what, "Leave it empty if nothing."),
        element::text_input(field::INPUT, true, what.as_deref().unwrap_or_default()),
    ));
    blocks.push(element::input(
        &block(field::HELP),
        "What help do you need?",
        hint(&help, ""),
        element::text_input(field::INPUT, true, help.as_deref().unwrap_or_default()),
    ));
    let mut person = serde_json::json!({"type": "users_select", "action_id": field::INPUT});
    if let Some(helper) = stuck.and_then(|stuck| stuck.helper.as_ref()) {
        person["initial_user"] = Value::from(helper.as_str());
    }
    blocks.push(element::input(&block(field::HELPER), "Who could help?", "If you know.", person));
    let size = stuck.and_then(|stuck| stuck.size).map_or(field::MORE, size_word);
    let sizes = [("A minute or less", field::MINUTE), ("More than a minute", field::MORE)];
    let radio = element::radio(field::INPUT, &sizes, size);
    blocks.push(element::input(&block(field::SIZE), "How much help is it?", "", radio));
}
