//! The stucks of a huddle: who needs someone stands first.

use std::cmp::Reverse;

use serde_json::Value;

use super::{FULL, ONE_LINE, STUCK_ROOM, STUCKS_ROOM, fitting, named};
use crate::rules::shown::{DigestShown, StuckShown};
use crate::rules::stuck::State;
use crate::slack::view::Part;
use crate::slack::view::action::Action;
use crate::slack::view::element::button;
use crate::slack::view::kit::{Doc, Line, line};
use crate::slack::view::{pages, words};

use super::person::short_name;

const ON_A_PAGE: i64 = 10;
const PAGE_ROOM: usize = 350;

/// Those that nobody has, those that somebody has, those that are resolved; withdrawn ones are no news.
pub fn in_order(stucks: &[StuckShown]) -> Vec<&StuckShown> {
    let rank = |shown: &StuckShown| match shown.stuck.state {
        State::Open => 0,
        State::Taken { .. } => 1,
        State::Resolved { .. } => 2,
        State::Withdrawn { .. } => 3,
    };
    let mut all: Vec<&StuckShown> = stucks.iter().filter(|shown| rank(shown) < 3).collect();
    all.sort_by_key(|shown| (rank(shown), Reverse(shown.stuck.escalated_by.is_some()), shown.stuck.place));
    all
}

/// In the channel: the first in full, the others on one line each, as far as the screen goes.
pub fn on_screen(doc: &mut Doc, stucks: &[&StuckShown]) {
    let Some(first) = stucks.first() else { return };
    doc.say(line().bold(if first.stuck.needs_someone() { "Needs someone" } else { "No longer stuck" }));
    let mut left = STUCKS_ROOM;
    for (at, shown) in stucks.iter().enumerate() {
        let full = at < FULL;
        let line = if full { within(shown, STUCK_ROOM) } else { one_line(shown) };
        let size = line.size(&shown.zone) + 1;
        if !full && size > left {
            let more = stucks.len() - at;
            doc.and(super::line().plain(format!("{more} more in the thread.")));
            return;
        }
        left = left.saturating_sub(size);
        doc.and(line);
        if full {
            buttons(doc, shown);
        }
    }
}

fn buttons(doc: &mut Doc, shown: &StuckShown) {
    if shown.stuck.state == State::Open && shown.stuck.is_quick() {
        doc.row(format!("quick:{}", shown.stuck.id), quick_buttons(shown));
    }
}

fn quick_buttons(shown: &StuckShown) -> [Value; 2] {
    let id = || shown.stuck.id.clone();
    [button("Answer", Action::Answer(id())), button("Needs more", Action::NeedsMore(id()))]
}

/// What the channel has no room for: pages of ten, and the whole text of what is cut and has no help thread of its own.
pub fn elsewhere(shown: &DigestShown, stucks: &[&StuckShown]) -> Vec<Part> {
    let paged = stucks.len() > FULL;
    let mut parts = Vec::new();
    if paged {
        let last = shown.stucks.iter().map(|stuck| stuck.stuck.place / ON_A_PAGE).max().unwrap_or(0);
        parts.extend((0..=last).filter_map(|number| page(shown, stucks, number)));
    }
    let room = if paged { PAGE_ROOM } else { STUCK_ROOM };
    for one in stucks.iter().filter(|one| one.stuck.opened_at.is_none() && whole(one).size(&one.zone) > room) {
        parts.extend(in_full(one));
    }
    parts
}

fn page(shown: &DigestShown, stucks: &[&StuckShown], number: i64) -> Option<Part> {
    let on_page = |one: &StuckShown| one.stuck.place / ON_A_PAGE == number;
    if !shown.stucks.iter().any(on_page) {
        return None;
    }
    let mut doc = Doc::new(&shown.zone);
    doc.say(line().bold(format!("Needs someone, part {}", number + 1)));
    let mut here: Vec<&&StuckShown> = stucks.iter().filter(|one| on_page(one)).collect();
    here.sort_by_key(|one| one.stuck.place);
    for one in &here {
        doc.and(within(one, PAGE_ROOM));
        buttons(&mut doc, one);
    }
    if here.is_empty() {
        doc.grey(line().plain("Nothing is left on this page: all of it was taken back."));
    }
    Some(doc.named(&format!("stucks:{number}")))
}

/// All of a stuck that has no help thread.
fn in_full(shown: &StuckShown) -> Vec<Part> {
    let stuck = &shown.stuck;
    let mut lines = vec![line().bold_typed(named(shown)).bold(": ").typed(&stuck.what)];
    if !stuck.help.is_empty() {
        lines.push(line().bold("Needs: ").typed(&stuck.help));
    }
    if let State::Resolved { outcome, .. } = &stuck.state {
        lines.push(line().bold_typed(by(shown)).bold(": ").typed(outcome));
    }
    pages::pages(&shown.zone, lines, &format!("stuck:{}", stuck.id))
}

fn by(shown: &StuckShown) -> String {
    shown.by.as_deref().map_or_else(|| "Somebody".to_owned(), short_name)
}

fn whole(shown: &StuckShown) -> Line {
    said(shown, usize::MAX)
}

fn within(shown: &StuckShown, room: usize) -> Line {
    let whole = whole(shown);
    if whole.size(&shown.zone) <= room {
        return whole;
    }
    let told = if shown.stuck.opened_at.is_some() { "" } else { " (all of it in the thread)" };
    let line = fitting(room - told.len(), &shown.zone, |share| said(shown, share));
    if told.is_empty() { line } else { line.plain(told) }
}

fn one_line(shown: &StuckShown) -> Line {
    let state = match shown.stuck.state {
        State::Taken { .. } => line().plain(" ").typed(by(shown)).plain(" has it."),
        State::Resolved { .. } => line().plain(" Resolved."),
        State::Open | State::Withdrawn { .. } => line(),
    };
    let end = state.then(arrow(shown));
    fitting(ONE_LINE, &shown.zone, |share| {
        head(shown, words::cut(&words::flat(&shown.stuck.what), share)).then(end.clone())
    })
}

fn head(shown: &StuckShown, what: String) -> Line {
    let sign = match shown.stuck.state {
        State::Open if shown.stuck.is_quick() => line().plain("🔵 ").bold("Quick, "),
        State::Open => line().plain("🟠 "),
        State::Taken { .. } => line().plain("🟡 "),
        State::Resolved { .. } | State::Withdrawn { .. } => line().plain("✓ "),
    };
    sign.bold_typed(named(shown)).bold(": ").typed(words::sentence(&what))
}

/// Where its help thread is.
fn arrow(shown: &StuckShown) -> Line {
    match &shown.link {
        Some(link) => line().plain(" → ").link(link, "help thread"),
        None if shown.stuck.opened_at.is_some() => line().plain(" → help thread"),
        None => line(),
    }
}

/// One stuck; each of its texts is cut to a share.
fn said(shown: &StuckShown, share: usize) -> Line {
    let stuck = &shown.stuck;
    let text = |text: &str, share: usize| words::cut(&words::flat(text), share);
    let said = head(shown, text(&stuck.what, share));
    let said = match &stuck.state {
        State::Open | State::Withdrawn { .. } => {
            let said = match stuck.help.is_empty() {
                true => said,
                false => said.plain(" Needs: ").typed(words::sentence(&text(&stuck.help, share / 2))),
            };
            match &shown.helper {
                Some(helper) => said.plain(" Could help: ").typed(short_name(helper)).plain("."),
                None => said,
            }
        }
        State::Taken { .. } => said.plain(" ").typed(by(shown)).plain(" has it."),
        State::Resolved { .. } if stuck.opened_at.is_some() => said.plain(" Resolved by ").typed(by(shown)).plain("."),
        State::Resolved { outcome, .. } => {
            let who = said.plain(" ").bold_typed(by(shown)).bold(": ");
            who.plain("\"").typed(text(outcome, share)).plain("\"")
        }
    };
    said.then(arrow(shown))
}

/// The reply shown in the channel for a quick one that was raised after the digest: an edit notifies nobody.
pub fn quick(shown: &StuckShown) -> Vec<Part> {
    let stuck = &shown.stuck;
    let mut doc = Doc::new(&shown.zone);
    let needs = |doc: &mut Doc| {
        if !stuck.help.is_empty() {
            doc.and(line().bold("Needs: ").typed(&stuck.help));
        }
    };
    match &stuck.state {
        State::Open if stuck.is_quick() => {
            doc.say(line().plain("🔵 ").bold("Quick one from ").bold_typed(&shown.asker).bold(": ").typed(&stuck.what));
            needs(&mut doc);
            doc.row("do", quick_buttons(shown));
        }
        State::Open => {
            doc.say(line().plain("🟠 ").bold_typed(&shown.asker).bold(": ").typed(&stuck.what).then(arrow(shown)));
            needs(&mut doc);
        }
        State::Taken { .. } => {
            doc.say(line().plain("🟡 ").bold_typed(&shown.asker).bold(": ").typed(&stuck.what));
            doc.and(line().typed(by(shown)).plain(" has it.").then(arrow(shown)));
        }
        State::Resolved { outcome, .. } => {
            doc.say(line().plain("✓ ").bold_typed(&shown.asker).bold(": ").typed(&stuck.what));
            let answer = line().bold_typed(by(shown)).bold(": ").plain("\"").typed(outcome).plain("\"");
            doc.and(answer.then(arrow(shown)));
        }
        State::Withdrawn { .. } => {
            doc.say(line().plain("⚪ ").bold_typed(&shown.asker).bold(": ").typed(&stuck.what));
            doc.and(line().typed(&shown.asker).plain(" took this back."));
        }
    }
    doc.parts()
}
