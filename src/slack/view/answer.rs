//! What the bot answers below a run of typed lines (M4).

use super::Part;
use super::action::Action;
use super::element::button;
use super::kit::{Doc, Line, line};
use super::receipt::{self, Door};
use super::words;
use crate::rules::id::Ts;
use crate::rules::lines::APART_IN_ALL;
use crate::rules::shown::{CheckInShown, Filed, QuestionShown, Step, TypedLine};
use crate::rules::stuck::Size;

/// Questions about single lines in one message; the rest are asked once these are answered.
const ASKED: usize = 15;
/// Characters of priorities that stand in one line.
const IN_A_ROW: usize = 300;
/// Characters of an item of many lines that tell which it is.
const BEGINS: usize = 75;

pub fn question(shown: &QuestionShown) -> Vec<Part> {
    let check_in = &shown.check_in;
    let mut doc = Doc::new(&check_in.zone);
    if shown.name_team {
        doc.say(line().bold_typed(&check_in.team));
    }
    match shown.step {
        Step::Stuck => priorities(&mut doc, shown),
        Step::WhatStuck => {
            filed(&mut doc, shown);
            doc.and(line().plain("What are you stuck on, and what help do you need? Just type it."));
        }
        Step::Size => sizes(&mut doc, shown),
        Step::AddAs => add_as(&mut doc, shown),
        Step::Done => done(&mut doc, shown),
        Step::Past => past(&mut doc, shown),
    }
    doc.parts()
}

fn of(shown: &QuestionShown, filed: Filed) -> Vec<&TypedLine> {
    shown.lines.iter().filter(|line| line.filed == filed).collect()
}

/// What this run was taken for: `2 priorities: a · b.`, and its stucks.
fn filed(doc: &mut Doc, shown: &QuestionShown) -> bool {
    let priorities = of(shown, Filed::Priority);
    if !priorities.is_empty() {
        doc.say(line().plain(format!("{}: ", receipt::priorities(priorities.len()))).then(in_a_row(&priorities)));
        if !short(&priorities) {
            priorities.iter().for_each(|one| doc.list(line().plain("· ").then(told(one))));
        }
    }
    let stucks = shown.lines.iter().filter_map(|line| match line.filed {
        Filed::Stuck { size: Some(size) } => Some((line, size)),
        _ => None,
    });
    let mut any = !priorities.is_empty();
    for (stuck, size) in stucks {
        any = true;
        doc.list(line().plain("Stuck: ").then(told(stuck)).plain(format!(" · {}", size_words(size))));
    }
    any | gathered(doc, shown)
}

/// What was typed, in full; of lines that stand together as one item, how it begins and how many
/// they are.
fn told(typed: &TypedLine) -> Line {
    if typed.lines == 1 {
        return line().bold_typed(&typed.text);
    }
    let more = words::number(typed.lines - 1);
    let begins = words::cut_raw(&words::flat(&typed.text), BEGINS);
    line().bold_typed(begins).plain(format!(" (and {more} more lines: they stand together as one)"))
}

/// A list that is full takes more, but not line by line.
fn gathered(doc: &mut Doc, shown: &QuestionShown) -> bool {
    if shown.full {
        doc.list(line().plain("There's no room left in your check-in. What you typed stands here, and on no list."));
    }
    if shown.gathered == 0 {
        return shown.full;
    }
    let these = match shown.gathered {
        1 => "This line stands".to_owned(),
        lines => format!("These {} lines stand", words::number(lines)),
    };
    doc.list(
        line().plain(format!(
            "{these} together with what came before, as one: {APART_IN_ALL} lines stand by themselves."
        )),
    );
    true
}

/// The conversation has gone on: what this run was taken for stands there, and no button any more.
fn past(doc: &mut Doc, shown: &QuestionShown) {
    let any = filed(doc, shown);
    let open = of(shown, Filed::Stuck { size: None });
    for stuck in &open {
        doc.list(line().plain("Stuck: ").then(told(stuck)));
    }
    if shown.lines.is_empty() && shown.gathered == 0 && !shown.full {
        return doc.and(line().plain("You took back what you had typed here."));
    }
    // Slack refuses a message without a word, and the buttons of before would stay.
    if !any && open.is_empty() {
        let nothing = !of(shown, Filed::Nothing).is_empty();
        doc.and(if nothing { line().plain("Nothing stuck.") } else { filed_only(&shown.check_in) });
    }
}

/// Few and short, they stand in one line.
fn short(lines: &[&TypedLine]) -> bool {
    let together = lines.iter().any(|line| line.lines > 1);
    !together && lines.iter().map(|line| line.text.chars().count()).sum::<usize>() <= IN_A_ROW
}

fn in_a_row(lines: &[&TypedLine]) -> Line {
    if !short(lines) {
        return line();
    }
    let mut row = line();
    for (at, one) in lines.iter().enumerate() {
        row = if at == 0 { row } else { row.plain(" · ") }.bold_typed(words::flat(&one.text));
    }
    row.plain(".")
}

fn size_words(size: Size) -> &'static str {
    match size {
        Size::Minute => "a minute or less",
        Size::More => "more than a minute",
    }
}

fn priorities(doc: &mut Doc, shown: &QuestionShown) {
    let any = filed(doc, shown);
    let ask = if any { "Type more, or: are you stuck on anything?" } else { "Are you stuck on anything?" };
    doc.and(line().plain(ask));
    if shown.check_in.superseded {
        return;
    }
    let id = || shown.check_in.id.clone();
    let mut buttons = vec![button("Nothing stuck", Action::Nothing(id())), button("I'm stuck", Action::ImStuck(id()))];
    // A line that was meant as a stuck goes back with one tap, where it is clear which line that is.
    if let [TypedLine { said, line, filed: Filed::Priority, .. }] = shown.lines.as_slice() {
        let action = Action::ItsStuck { check_in: id(), said: said.clone(), line: *line };
        buttons.push(button("It's a stuck, not a priority", action));
    }
    doc.row("do", buttons);
}

fn sizes(doc: &mut Doc, shown: &QuestionShown) {
    filed(doc, shown);
    let open = of(shown, Filed::Stuck { size: None });
    for (at, typed) in open.iter().take(ASKED).enumerate() {
        let stuck = line().plain("Stuck: ").then(told(typed));
        doc.say(stuck.plain(sentence_gap(&typed.text)).plain("How much help is it?"));
        if shown.check_in.superseded {
            continue;
        }
        let size = |minute| Action::Size {
            check_in: shown.check_in.id.clone(),
            said: typed.said.clone(),
            line: typed.line,
            minute,
        };
        let priority =
            Action::ItsPriority { check_in: shown.check_in.id.clone(), said: typed.said.clone(), line: typed.line };
        doc.row(
            format!("size:{at}"),
            [
                button("A minute or less", size(true)),
                button("More than a minute", size(false)),
                button("It's a priority, not a stuck", priority),
            ],
        );
    }
    next(doc, open.into_iter().skip(ASKED));
}

fn sentence_gap(text: &str) -> &'static str {
    if words::sentence(text).len() == text.len() { " " } else { ". " }
}

/// What is beyond the questions of one message is named, and asked about next.
fn next<'a>(doc: &mut Doc, lines: impl Iterator<Item = &'a TypedLine>) {
    for typed in lines {
        doc.list(line().plain("I'll ask next about: ").typed(&typed.text));
    }
}

fn add_as(doc: &mut Doc, shown: &QuestionShown) {
    filed(doc, shown);
    let unfiled = of(shown, Filed::Unfiled);
    let mut messages: Vec<&Ts> = unfiled.iter().map(|line| &line.said).collect();
    messages.dedup();
    let several = messages.len() > 1;
    for (at, said) in messages.iter().take(ASKED).enumerate() {
        let ask = if shown.check_in.superseded {
            line().plain("That came after your next check-in.")
        } else {
            line().plain("Your check-in is done. Add that as:")
        };
        if several {
            let lines = unfiled.iter().filter(|line| line.said == **said);
            let texts: Vec<&str> = lines.map(|line| line.text.as_str()).collect();
            doc.say(line().bold_typed(texts.join("\n")));
            if at == 0 {
                doc.and(ask);
            }
        } else {
            doc.say(ask);
        }
        if shown.check_in.superseded {
            continue;
        }
        let (check_in, said) = (|| shown.check_in.id.clone(), || (*said).clone());
        doc.row(
            format!("add:{at}"),
            [
                button("Priority", Action::AddAsPriority { check_in: check_in(), said: said() }),
                button("Stuck", Action::AddAsStuck { check_in: check_in(), said: said() }),
                button("Never mind", Action::NeverMind { check_in: check_in(), said: said() }),
            ],
        );
    }
    let asked: Vec<&Ts> = messages.into_iter().take(ASKED).collect();
    next(doc, unfiled.into_iter().filter(|line| !asked.contains(&&line.said)));
}

fn done(doc: &mut Doc, shown: &QuestionShown) {
    let check_in = &shown.check_in;
    filed(doc, shown);
    if !receipt::say(doc, check_in, Door::Typed) {
        doc.and(filed_only(check_in));
    }
    if check_in.superseded {
        return;
    }
    let id = || check_in.id.clone();
    let mut buttons = Vec::new();
    if !check_in.stucks.is_empty() {
        buttons.push(button("Another stuck", Action::ImStuck(id())));
    }
    let waiting =
        check_in.stucks.iter().rev().find(|stuck| {
            stuck.open && !stuck.has_thread && !check_in.digest_posted && stuck.size != Some(Size::Minute)
        });
    if let Some(stuck) = waiting {
        buttons.push(button("Open it now", Action::OpenNow(stuck.id.clone())));
    }
    buttons.push(button("Edit", Action::Form(id())));
    doc.row("do", buttons);
}

fn filed_only(check_in: &CheckInShown) -> Line {
    if check_in.superseded {
        line().plain("Your next check-in stands below.")
    } else {
        line().plain("Noted. You can change it until your next shift.")
    }
}
