//! The direct messages to the taker (M7) and to the asker (M8). A message that is not so any more says so and loses its
//! buttons; it is edited, not followed by another.

use serde_json::Value;

use crate::rules::shown::{TellShown, Told};
use crate::rules::stuck::{State, What};
use crate::slack::view::Part;
use crate::slack::view::action::Action;
use crate::slack::view::element::{button, link_button};
use crate::slack::view::kit::{Doc, Line, line};
use crate::slack::view::words;

pub fn told(shown: &TellShown) -> Vec<Part> {
    let mut doc = Doc::new(&shown.zone);
    match shown.role {
        Told::Asker => asker(&mut doc, shown),
        Told::Taker => taker(&mut doc, shown),
    }
    doc.parts()
}

/// The stuck, as its people are reminded of it.
fn what(shown: &TellShown, start: Line) -> Line {
    start.bold_typed(words::sentence(&shown.stuck.stuck.what))
}

fn open_thread(shown: &TellShown) -> Option<Value> {
    shown.stuck.link.as_ref().map(|link| link_button("Open thread", link))
}

fn asker(doc: &mut Doc, shown: &TellShown) {
    let id = || shown.stuck.stuck.id.clone();
    let actor = || line().typed(&shown.actor_name);
    let quote = || line().plain("\"").typed(&shown.detail).plain("\"");
    match shown.what {
        What::Taken if shown.still_so => doc.say(what(shown, actor().plain(" has your stuck: "))),
        What::Taken => no_longer_taken(doc, shown),
        What::Resolved => {
            doc.say(what(shown, actor().plain(" says this is resolved: ")));
            if !shown.detail.is_empty() {
                doc.and(quote());
            }
            if shown.confirmed {
                doc.and(unstuck());
                return;
            }
            if shown.still_so {
                doc.and(line().plain("Are you unstuck?"));
                let buttons =
                    [button("Yes, thanks", Action::Unstuck(id())), button("Still stuck", Action::StillStuck(id()))];
                doc.row("do", buttons.into_iter().chain(open_thread(shown)));
                return;
            }
            doc.and(now(shown));
        }
        What::Answered => {
            let said = actor().plain(" on ").bold_typed(&shown.stuck.stuck.what).plain(": ");
            doc.say(said.then(quote()));
            if shown.confirmed {
                doc.and(unstuck());
                return;
            }
            if shown.still_so {
                let buttons =
                    [button("That did it", Action::Unstuck(id())), button("Still stuck", Action::StillStuck(id()))];
                doc.row("do", buttons);
                return;
            }
            doc.and(now(shown));
        }
        What::HandedBack => no_longer_taken(doc, shown),
        What::TakerGone => {
            doc.say(what(shown, actor().plain(" is no longer here, so your stuck is open again: ")));
            doc.and(line().plain("Everybody in the channel sees it."));
        }
        What::LineGone => {
            doc.say(what(shown, line().plain("You took this off your list: ")));
            doc.and(match (&shown.stuck.stuck.state, &shown.stuck.by) {
                (State::Taken { .. }, Some(by)) => line().typed(by).plain(" has it and knows; its thread stays."),
                (State::Resolved { .. }, Some(by)) => line().typed(by).plain(" resolved it; its thread stays."),
                _ => line().plain("Its thread stays."),
            });
        }
        What::Escalated => {
            doc.say(what(shown, actor().plain(" asked a manager about your stuck: ")));
            if !shown.detail.is_empty() {
                doc.and(quote());
            }
        }
        What::Reopened => doc.say(what(shown, actor().plain(" opened your stuck again: "))),
        What::Withdrawn => doc.say(what(shown, line().plain("You withdrew this: "))),
        What::Opened => doc.say(what(shown, actor().plain(" opened a help thread for your stuck: "))),
        What::Changed => doc.say(what(shown, line().plain("Your stuck reads now: "))),
        What::Raised | What::Confirmed => doc.say(what(shown, line().plain("You're stuck on this: "))),
        What::DueAsked => doc.say(what(shown, actor().plain(" was asked where your stuck stands: "))),
    }
    doc.row("do", open_thread(shown));
}

/// "Yes, thanks" and "That did it" were pressed.
fn unstuck() -> Line {
    line().plain("Good. It's kept for the next person with the same problem.")
}

/// "Ben has your stuck", once that is over.
fn no_longer_taken(doc: &mut Doc, shown: &TellShown) {
    let had = || line().typed(&shown.actor_name);
    match &shown.stuck.stuck.state {
        State::Open => {
            doc.say(what(shown, line().plain("Open again: ")));
            let seen = "Everybody in the channel sees that it's open.";
            doc.and(match &shown.handed_back_by {
                Some(by) => line().typed(by).plain(" handed it back. ").plain(seen),
                None => line().plain(seen),
            });
        }
        _ => {
            doc.say(what(shown, had().plain(" had your stuck: ")));
            doc.and(now(shown));
        }
    }
}

/// What is so now, in one sentence.
fn now(shown: &TellShown) -> Line {
    let by = || line().typed(shown.stuck.by.as_deref().unwrap_or("Somebody"));
    match &shown.stuck.stuck.state {
        State::Open => line().plain("It's open again."),
        State::Taken { .. } => by().plain(" has it now."),
        State::Resolved { .. } => line().plain("It's resolved."),
        State::Withdrawn { .. } => line().plain("It was withdrawn."),
    }
}

fn taker(doc: &mut Doc, shown: &TellShown) {
    let asker = || line().typed(&shown.stuck.asker);
    let actor = || line().typed(&shown.actor_name);
    let own = shown.actor == shown.stuck.stuck.asker;
    match shown.what {
        What::Taken if shown.still_so => return taken(doc, shown),
        What::Taken => {
            doc.say(what(shown, line().plain("You had ").then(asker()).plain("'s stuck: ")));
            doc.and(match &shown.stuck.stuck.state {
                State::Taken { by, .. } if *by == shown.to => line().plain("You have it again: see below."),
                _ => now(shown).plain(" It's off your list."),
            });
        }
        What::Resolved | What::Answered => {
            let how = if own { " solved it: " } else { " resolved it: " };
            doc.say(what(shown, actor().plain(how)));
            if !shown.detail.is_empty() {
                doc.and(line().plain("\"").typed(&shown.detail).plain("\""));
            }
            doc.and(line().plain("It's off your list."));
        }
        What::HandedBack => {
            doc.say(what(shown, actor().plain(" handed back what you had, ").then(asker()).plain("'s stuck: ")));
            doc.and(line().plain("It's open again, and off your list."));
        }
        What::Reopened => {
            let still = if own { actor().plain(" is still stuck: ") } else { actor().plain(" opened this again: ") };
            doc.say(what(shown, still));
            doc.and(line().plain("It's open to everybody, and off your list. Take it again if you like."));
        }
        What::Withdrawn => {
            doc.say(what(shown, actor().plain(" withdrew this: ")));
            doc.and(line().plain("It's off your list."));
        }
        What::LineGone => {
            doc.say(what(shown, asker().plain(" took this off the list: ")));
            if matches!(shown.stuck.stuck.state, State::Taken { .. }) && shown.still_so {
                doc.and(line().plain("You still have it. Resolve it if it's solved, or hand it back."));
                return verbs(doc, shown, false);
            }
            doc.and(line().plain("Nothing to do for you."));
        }
        What::Escalated => doc.say(what(shown, actor().plain(" asked a manager about what you have: "))),
        What::Changed => doc.say(what(shown, asker().plain("'s stuck reads now: "))),
        What::DueAsked if shown.still_so => return due(doc, shown),
        What::DueAsked => {
            doc.say(what(shown, asker().plain("'s stuck: ")));
            doc.and(now(shown));
        }
        What::Opened | What::Raised | What::Confirmed | What::TakerGone => {
            doc.say(what(shown, asker().plain(" is stuck: ")));
        }
    }
    doc.row("do", open_thread(shown));
}

fn due_at(shown: &TellShown) -> Line {
    match &shown.stuck.stuck.state {
        State::Taken { at, due_at, .. } => line().time_beside(*due_at, *at, &shown.zone),
        _ => line().plain("the end of the shift"),
    }
}

/// What taking means, at length the first times.
fn taken(doc: &mut Doc, shown: &TellShown) {
    let (asker, taker) = (&shown.stuck.asker, shown.stuck.by.as_deref().unwrap_or_default());
    if shown.at_length {
        doc.say(what(
            shown,
            line().plain("Thanks, ").typed(taker).plain(". You have ").typed(asker).plain("'s stuck: "),
        ));
        let due = match shown.off_shift {
            true => line().plain("You're off shift, so this is yours until ").then(due_at(shown)).plain("."),
            false => line().plain("It's on your priorities, due by ").then(due_at(shown)).plain("."),
        };
        doc.and(due.plain(
            " You find the answer or the person who has it; you need not do it alone. \
             Can't after all? Hand it back, no reason needed.",
        ));
    } else {
        let have = what(shown, line().plain("You have ").typed(asker).plain("'s stuck: "));
        doc.say(match shown.off_shift {
            true => have.plain(" You're off shift, so this is yours until ").then(due_at(shown)).plain("."),
            false => have.plain(" Due by ").then(due_at(shown)).plain("."),
        });
    }
    verbs(doc, shown, false);
}

/// A taker who has no list is asked when it is due.
fn due(doc: &mut Doc, shown: &TellShown) {
    doc.say(what(
        shown,
        line().typed(&shown.stuck.asker).plain("'s stuck was due by ").then(due_at(shown)).plain(": "),
    ));
    doc.and(line().plain("Where does it stand?"));
    verbs(doc, shown, true);
}

fn verbs(doc: &mut Doc, shown: &TellShown, escalate: bool) {
    let id = || shown.stuck.stuck.id.clone();
    let mut buttons: Vec<Value> = open_thread(shown).into_iter().collect();
    buttons.push(button("Resolve", Action::Resolve(id())));
    buttons.push(button("Hand back", Action::HandBack(id())));
    if escalate {
        buttons.push(button("Escalate", Action::Escalate(id())));
    }
    doc.row("do", buttons);
}
