//! One stuck: its help thread (M6), its log, its modals, and what its people are told (M7, M8).

use serde_json::Value;

use super::Part;
use super::action::{Action, Modal, field};
use super::element::{self, button, primary};
use super::kit::{Doc, Line, line};
use super::words;
use crate::rules::shown::{LogShown, StuckShown};
use crate::rules::stuck::{State, What};

mod told;
pub use told::told;

/// The parent message of a help thread: the truth, edited at every step.
pub fn help(shown: &StuckShown) -> Vec<Part> {
    let stuck = &shown.stuck;
    let zone = &shown.zone;
    let id = || stuck.id.clone();
    let mut doc = Doc::new(zone);
    let by = shown.by.as_deref().unwrap_or("Somebody");
    match &stuck.state {
        State::Open => {
            let since = stuck.opened_at.unwrap_or(stuck.raised_at);
            let head = line().plain("🟠 ").bold_typed(&shown.asker).bold(" is stuck").plain(" · open since ");
            doc.say(head.time(since).then(marks(shown)));
            doc.and(line().typed(&stuck.what));
            needs(&mut doc, shown);
            doc.row(
                "do",
                [
                    primary("I'll take this", Action::Take(id())),
                    button("Resolve", Action::Resolve(id())),
                    button("Escalate", Action::Escalate(id())),
                ],
            );
        }
        State::Taken { at, due_at, .. } => {
            let head = line().plain("🟡 ").bold_typed(by).bold(" has this").plain(" · since ").time(*at);
            doc.say(head.plain(", due by ").time_beside(*due_at, *at, zone).then(marks(shown)));
            doc.and(line().bold_typed(&shown.asker).bold(": ").typed(&stuck.what));
            needs(&mut doc, shown);
            doc.row(
                "do",
                [
                    primary("Resolve", Action::Resolve(id())),
                    button("Hand back", Action::HandBack(id())),
                    button("Escalate", Action::Escalate(id())),
                ],
            );
        }
        State::Resolved { at, outcome, .. } => {
            let head = line().plain("✅ ").bold("Resolved").plain(" by ").typed(by).plain(" at ");
            doc.say(head.time(*at).then(edited(shown)));
            doc.and(line().bold_typed(&shown.asker).bold(": ").typed(&stuck.what));
            if !stuck.help.is_empty() {
                doc.and(line().bold("Needed: ").typed(&stuck.help));
            }
            if !outcome.is_empty() {
                doc.and(line().bold("What unstuck it: ").typed(outcome));
            }
            doc.row("do", [button("Re-open", Action::Reopen(id()))]);
        }
        State::Withdrawn { at } => {
            let head = line().plain("⚪ ").bold("Withdrawn").plain(" by ").typed(&shown.asker).plain(" at ").time(*at);
            doc.say(head.then(edited(shown)));
            doc.and(line().bold_typed(&shown.asker).bold(": ").typed(&stuck.what));
            needs(&mut doc, shown);
            doc.row("do", [button("Re-open", Action::Reopen(id()))]);
        }
    }
    doc.parts()
}

fn needs(doc: &mut Doc, shown: &StuckShown) {
    if !shown.stuck.help.is_empty() {
        doc.and(line().bold("Needs: ").typed(&shown.stuck.help));
    }
    if let Some(helper) = &shown.helper {
        doc.and(line().bold("Could help: ").typed(helper));
    }
}

/// What stands beside the state: who was asked, and that the text changed.
fn marks(shown: &StuckShown) -> Line {
    let asked = match shown.escalated_to.as_slice() {
        [] => line(),
        names => line().plain(" · ").typed(words::listed(names)).plain(" asked"),
    };
    asked.then(edited(shown))
}

fn edited(shown: &StuckShown) -> Line {
    if shown.stuck.edited { line().aside(" (edited)") } else { line() }
}

/// The mention is what makes Slack tell the asker of answers.
pub fn first_reply(shown: &StuckShown) -> Vec<Part> {
    let mut doc = Doc::new(&shown.zone);
    doc.say(line().mention(&shown.stuck.asker).plain(", answers come here."));
    doc.parts()
}

/// A reply of ours in the help thread.
pub fn log(shown: &LogShown) -> Vec<Part> {
    let mut doc = Doc::new(&shown.stuck.zone);
    doc.say(log_line(shown));
    doc.parts()
}

fn log_line(shown: &LogShown) -> Line {
    let at = || line().time(shown.at).plain(" ");
    let actor = || match shown.mentions.contains(&shown.actor) {
        true => line().mention(&shown.actor),
        false => line().typed(&shown.actor_name),
    };
    let quoted = |said: Line| match shown.detail.is_empty() {
        true => said.plain("."),
        false => said.plain(": \"").typed(&shown.detail).plain("\"."),
    };
    let others = || others(shown);
    let other = || shown.other_name.clone().unwrap_or_else(|| "the one who has it".to_owned());
    match shown.what {
        What::Taken => at().then(actor()).plain(" took this."),
        What::Resolved if shown.detail.is_empty() => at().then(others()).then(actor()).plain(" resolved this."),
        What::Resolved => at().then(others()).then(actor()).plain(" resolved this: ").typed(&shown.detail),
        What::Answered => at().then(others()).then(actor()).plain(" answered this: ").typed(&shown.detail),
        What::HandedBack => {
            quoted(at().then(others()).then(actor()).plain(" handed this back")).plain(" It's open again.")
        }
        What::Escalated => escalated(shown),
        What::Reopened => at().then(others()).then(actor()).plain(" opened this again."),
        What::Withdrawn => at().then(others()).then(actor()).plain(" withdrew this. Still needed? Re-open it."),
        What::LineGone => {
            let gone = at().then(others()).then(actor()).plain(" took this off the list.");
            match shown.stuck.stuck.state {
                State::Taken { .. } => gone.plain(" It stays with ").typed(other()).plain("."),
                _ => gone,
            }
        }
        What::Changed => at().then(others()).then(actor()).plain(" changed the text above."),
        What::Opened => at().then(others()).then(actor()).plain(" opened this thread: it needs more than a minute."),
        What::Raised => at().then(actor()).plain(" is stuck."),
        What::Confirmed => at().then(actor()).plain(" is unstuck."),
        What::TakerGone => at().then(actor()).plain(" is no longer here. It's open again."),
        What::DueAsked => at().typed(other()).plain(" was asked where this stands."),
    }
}

/// Whoever else must learn of it stands first.
fn others(shown: &LogShown) -> Line {
    let mut said = line();
    for user in shown.mentions.iter().filter(|user| **user != shown.actor) {
        said = said.mention(user).plain(", ");
    }
    said
}

fn escalated(shown: &LogShown) -> Line {
    let whom = others(shown);
    let nobody = whom.0.is_empty();
    let said = whom.typed(&shown.actor_name).plain(if nobody { " asks for a manager" } else { " asks for you" });
    let said = match shown.detail.is_empty() {
        true => said.plain("."),
        false => said.plain(": \"").typed(&shown.detail).plain("\""),
    };
    if nobody { said.plain(" Nobody else manages this team.") } else { said }
}

/// What the modals say above their one field.
fn about(shown: &StuckShown) -> Value {
    element::section(&format!("{}: {}", shown.asker, shown.stuck.what))
}

fn one_line(block_id: &str, label: &str, hint: &str) -> Value {
    let mut block = element::input(block_id, label, hint, element::text_input(field::INPUT, false, ""));
    block["optional"] = Value::from(false);
    block
}

pub fn modal_resolve(shown: &StuckShown) -> Value {
    let hint = "One line. It is shown to the next person with the same problem.";
    let blocks = vec![about(shown), one_line(field::OUTCOME, "What unstuck it?", hint)];
    element::modal(&Modal::Resolve(shown.stuck.id.clone()), "Resolve", "Resolve", blocks)
}

pub fn modal_answer(shown: &StuckShown) -> Value {
    let mut blocks = vec![about(shown)];
    if !shown.stuck.help.is_empty() {
        blocks.push(element::section(&format!("Needs: {}", shown.stuck.help)));
    }
    blocks.push(one_line(field::ANSWER, "Your answer", ""));
    let title = format!("Answer {}", words::flat(&shown.asker));
    element::modal(&Modal::Answer(shown.stuck.id.clone()), &title, "Send", blocks)
}

pub fn modal_escalate(shown: &StuckShown) -> Value {
    let blocks = vec![about(shown), one_line(field::WHY, "What should they know?", "")];
    element::modal(&Modal::Escalate(shown.stuck.id.clone()), "Ask a manager", "Ask", blocks)
}
