//! What a manager is told when messages cannot go out: what happened, and the one thing that mends it. When it is over the
//! same message says so. The operator's `unstuck dead list` names messages and reasons with the same words.

use super::Part;
use super::kit::{Doc, Line, line};
use super::words;
use crate::rules::id::ChannelId;
use crate::rules::keys::Kind;
use crate::rules::message::{Death, POISON};
use crate::rules::shown::{TroubleShown, Whither};
use crate::rules::trouble::Trouble;

const APPLY: &str = "unstuck apply teams.toml";
const LIST: &str = "unstuck dead list";
const RETRY: &str = "unstuck dead retry --all";
/// So many are named; the list of the operator has all.
const NAMED: usize = 5;

pub fn trouble(shown: &TroubleShown) -> Vec<Part> {
    let mut doc = Doc::new("UTC");
    if shown.over {
        over(&mut doc, shown);
        return doc.parts();
    }
    match &shown.trouble {
        Trouble::Archived(channel) => {
            doc.say(line().plain("I can't post in ").channel(channel).plain(" any more: it was archived."));
            another_channel(&mut doc, "Un-archive it", shown);
        }
        Trouble::Left(channel) => left(&mut doc, channel),
        Trouble::Unseen(channel) => {
            doc.say(
                line()
                    .plain("I can't see the channel of ")
                    .bold_typed(&shown.team)
                    .plain(format!(" ({channel}) any more: it was deleted, or it is private and I'm not in it.")),
            );
            another_channel(&mut doc, "Invite me there", shown);
        }
        Trouble::Person(_) => person(&mut doc, shown),
        Trouble::Unposted => unposted(&mut doc, shown),
        Trouble::Token => doc.say(line().plain("Slack refuses my token: the app must be installed again.")),
    }
    doc.parts()
}

fn left(doc: &mut Doc, channel: &ChannelId) {
    doc.say(line().plain("I'm not in ").channel(channel).plain(" any more, so I can't post there."));
    let invite = line().plain("Type ").bold("/invite @Unstuck").plain(" there. ");
    doc.and(invite.plain("What waits is posted then, as long as its time isn't over."));
}

/// `first` mends it too.
fn another_channel(doc: &mut Doc, first: &str, shown: &TroubleShown) {
    let name = line().plain(first.to_owned()).plain(", or name another channel for ").bold_typed(&shown.team);
    doc.and(name.plain(" in teams.toml and ask whoever runs me to type ").bold(APPLY).plain("."));
    doc.and(line().plain("After that, ").bold(RETRY).plain(" posts what could not be posted."));
}

fn person(doc: &mut Doc, shown: &TroubleShown) {
    let name = || line().bold_typed(&shown.person);
    if shown.closed {
        doc.say(
            name().plain("'s account was closed, so I don't ask them any more, and nobody waits for their answers."),
        );
        for what in &shown.asked {
            doc.list(line().plain("Still open, asked by them: ").typed(words::sentence(what)));
        }
        if shown.priorities > 0 {
            let count = words::count(shown.priorities, "priority", "priorities");
            doc.and(line().plain(format!("On their list this shift: {count}.")));
        }
        doc.and(line().plain("What they had taken is open again."));
    } else {
        doc.say(line().plain("I can't send direct messages to ").then(name()).plain(": Slack knows no such account."));
    }
    let out = line().plain("Take them out of teams.toml, or correct their id there, and ask whoever runs me to type ");
    doc.and(out.bold(APPLY).plain("."));
}

fn unposted(doc: &mut Doc, shown: &TroubleShown) {
    let count = words::count(shown.messages.len(), "message", "messages");
    doc.say(line().plain(format!("I could not post {count}. Everything else goes on.")));
    for (kind, whither) in shown.messages.iter().take(NAMED) {
        doc.list(line().plain("• ").then(message(*kind, whither)));
    }
    if shown.messages.len() > NAMED {
        doc.list(line().plain(format!("• and {} more", shown.messages.len() - NAMED)));
    }
    let ask = line().plain("Ask whoever runs me to type ").bold(LIST).plain(", which says why, and ");
    doc.say(ask.bold(RETRY).plain(", which sends again what can still be sent."));
}

fn message(kind: Kind, whither: &Whither) -> Line {
    let what = line().plain(name(kind));
    match whither {
        Whither::Channel(channel) => what.plain(" in ").channel(channel),
        Whither::Person(name) => what.plain(" for ").typed(name),
    }
}

fn over(doc: &mut Doc, shown: &TroubleShown) {
    let done = line().plain("✓ ");
    match &shown.trouble {
        Trouble::Archived(_) | Trouble::Left(_) | Trouble::Unseen(_) if shown.moved => {
            doc.say(done.bold_typed(&shown.team).plain(" posts in another channel now."));
            doc.and(line().bold(RETRY).plain(" posts what could not be posted."));
        }
        Trouble::Archived(channel) | Trouble::Left(channel) | Trouble::Unseen(channel) => {
            doc.say(done.plain("I post in ").channel(channel).plain(" again."));
        }
        Trouble::Person(_) => doc.say(done.plain("That's settled: ").typed(&shown.person).plain(".")),
        Trouble::Unposted => doc.say(done.plain("What I could not post is being sent again.")),
        Trouble::Token => doc.say(done.plain("Slack knows me again.")),
    }
}

/// What a message is, as people call it.
pub fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Prompt | Kind::PromptAgain => "the questions of a shift",
        Kind::Reminder => "a reminder",
        Kind::Question | Kind::Idle => "an answer to what was typed",
        Kind::Digest => "the post of a shift",
        Kind::Quick => "a quick stuck",
        Kind::Help => "a help thread",
        Kind::HelpFirst | Kind::Log => "a reply in a help thread",
        Kind::Tell => "news of a stuck",
        Kind::Trouble => "a word to a manager",
    }
}

/// Why a message is dead, in plain words and one line.
pub fn why(death: Death, last_error: &str) -> String {
    match death {
        Death::NotOwed => last_error.to_owned(),
        Death::Expired => "its time was over before it could be posted".to_owned(),
        Death::Deleted => "somebody removed it from Slack".to_owned(),
        Death::Archived => "its channel was archived".to_owned(),
        Death::Left => "Unstuck is not in its channel".to_owned(),
        Death::Unseen => "there is no such channel, or Unstuck cannot see it".to_owned(),
        Death::NoAccount => "its reader has no account any more".to_owned(),
        Death::Token => "Slack refuses the token".to_owned(),
        Death::MaybePosted => "Slack did not answer, and its history could not be read".to_owned(),
        Death::Poison => {
            let last = last_error.strip_prefix(POISON).unwrap_or_default().trim_start_matches(": ");
            let last = if last.is_empty() { String::new() } else { format!(" ({last})") };
            format!("it was tried too often and never worked{last}")
        }
        Death::Refused => format!("Slack refuses it as it is ({last_error})"),
    }
}

/// The same of a whole trouble, for the operator.
pub fn standing(shown: &TroubleShown) -> String {
    let team = &shown.team;
    match &shown.trouble {
        Trouble::Archived(channel) => {
            format!("{team}: {channel} was archived: un-archive it or name another channel in teams.toml, `{APPLY}`, then `{RETRY}`")
        }
        Trouble::Left(channel) => {
            format!("{team}: the bot is not in {channel} any more: type /invite @Unstuck there")
        }
        Trouble::Unseen(channel) => {
            format!("{team}: {channel} is gone, or private and without the bot: invite it, or name another channel in teams.toml, `{APPLY}`, then `{RETRY}`")
        }
        Trouble::Person(_) => {
            format!("{team}: {} cannot be reached, their account was closed: take them out of teams.toml and `{APPLY}`", words::flat(&shown.person))
        }
        Trouble::Unposted => {
            let count = words::count(shown.messages.len(), "message", "messages");
            format!("{team}: {count} could not be posted: `{LIST}` says why, `{RETRY}` sends them again")
        }
        Trouble::Token => {
            "Slack refuses the bot token: install the app again, copy its new token to SLACK_BOT_TOKEN and start again; what is still in its time goes out then".to_owned()
        }
    }
}
