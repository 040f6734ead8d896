//! Private lines (M9): why something cannot be done, and what to do instead. Each is one line, escaped, ready to be sent as
//! the text of an ephemeral message.

use super::words;
use crate::rules::id::{ChannelId, UserId};
use crate::rules::stuck::Refusal;

/// Somebody typed a slash command; there is none yet.
pub fn no_commands() -> &'static str {
    "Unstuck has no commands. It asks you here in Slack, in a direct message, when your shift starts."
}

/// `zone` is where the reader's clock stands.
pub fn refusal(why: &Refusal, names: &dyn Fn(&UserId) -> String, zone: &str) -> String {
    let name = |user: &UserId| words::escape(&names(user));
    match why {
        Refusal::Has { who, since } => {
            let since = words::clock(*since, zone);
            format!("{} has this since {since}, just before you. You can still help in the thread.", name(who))
        }
        Refusal::OwnStuck => "It's your own stuck. Solved it? Press Resolve.".to_owned(),
        Refusal::Outsider { verb, managers } => {
            format!(
                "Only members of the team can {}. You can still answer in the thread, or ask {} to add you.",
                this(verb),
                one_of(managers, &name)
            )
        }
        Refusal::Observer { managers } => {
            format!(
                "You follow this team and aren't on its shifts, so its members press this. You can still answer in the thread, or ask {}.",
                one_of(managers, &name)
            )
        }
        Refusal::OnlyTaker { taker, verb } => format!("Only {} or a manager can {}.", name(taker), this(verb)),
        Refusal::OnlyConcerned { verb, asker, taker: Some(taker) } => {
            format!(
                "Only {}, {} or a manager can {}. You can still answer in the thread.",
                name(asker),
                name(taker),
                this(verb)
            )
        }
        Refusal::OnlyConcerned { verb, asker, taker: None } => {
            format!("Only {} or a manager can {}. You can still answer in the thread.", name(asker), this(verb))
        }
        Refusal::OnlyAsker { asker } => format!("Only {} can say that: it's their stuck.", name(asker)),
        Refusal::Resolved { by, at } => {
            format!("That's changed since: {} resolved it at {}.", name(by), words::clock(*at, zone))
        }
        Refusal::Withdrawn { by } => {
            format!("That's changed since: {} took it back. Still needed? Press Re-open in its thread.", name(by))
        }
        Refusal::NotTaken => "That's changed since: nobody has it now. You can press I'll take this.".to_owned(),
        Refusal::StillOpen => "That's changed since: it's open already. Answers come in its thread.".to_owned(),
        Refusal::TooOld => "That was more than 7 days ago. If it's back, raise it again.".to_owned(),
        Refusal::HasThread => "It has a help thread already. Answer there.".to_owned(),
    }
}

/// `Jess or Kim`; of many the first three.
fn one_of(people: &[UserId], name: &dyn Fn(&UserId) -> String) -> String {
    match people {
        [] => "a manager of the team".to_owned(),
        people => people.iter().take(3).map(name).collect::<Vec<_>>().join(" or "),
    }
}

/// `take this`, `hand this back`.
fn this(verb: &str) -> String {
    match verb.split_once(' ') {
        Some((verb, particle)) => format!("{verb} this {particle}"),
        None => format!("{verb} this"),
    }
}

/// A button of a check-in that a later one has replaced; `day` is the civil date on which its shift began.
pub fn superseded(day: &str) -> String {
    let day = day
        .parse::<jiff::civil::Date>()
        .map_or_else(|_| "an earlier day".to_owned(), |date| date.strftime("%A").to_string());
    format!("That was {day}'s. Your next check-in stands below; answer that one.")
}

pub fn not_your_prompt(name: &str) -> String {
    format!("That's {}'s check-in. Only they can answer it.", words::escape(name))
}

/// Slack did not open the form in time, or refused to.
pub fn form_did_not_open() -> String {
    "The form did not open. Press again, or just type your answers here.".to_owned()
}

/// The same for the one-line modals of a stuck.
pub fn modal_did_not_open() -> String {
    "Slack did not open that. Press again, or answer in the thread.".to_owned()
}

pub fn snoozed_already(until: i64, zone: &str) -> String {
    format!("Snoozed already, until {}. You can answer any time before.", words::clock(until, zone))
}

pub fn snoozed_once() -> String {
    "You snoozed once already. I won't ask again; answer any time before your next shift.".to_owned()
}

pub fn answered_already() -> String {
    "You've answered already. To change something, press Edit.".to_owned()
}

/// Nothing was listed to tick: the lines went since the message was shown.
pub fn lines_gone() -> String {
    "Those priorities have changed since. Press Answer in a form to see them as they are.".to_owned()
}

/// A button of a version of us that is older or newer than what runs.
pub fn unknown() -> String {
    "I don't know that button any more. The newest message says what is so now.".to_owned()
}

pub fn stuck_gone() -> String {
    "I can't find that any more. Raise it again if you're still stuck.".to_owned()
}

pub fn failed() -> String {
    "That did not work, and nothing was changed. Press again in a minute.".to_owned()
}

/// "Needs more" was pressed.
pub fn thread_opens(asker: &str, channel: &ChannelId) -> String {
    format!("{}'s stuck gets a help thread in <#{channel}>. Answers come there.", words::escape(asker))
}

/// "Yes, thanks" and "That did it".
pub fn unstuck() -> String {
    "Good. It's kept for the next person with the same problem.".to_owned()
}

/// At a field of the form.
pub mod at_field {
    use super::words;

    pub fn help_without_what() -> String {
        "Say what you are stuck on, or clear \"What help do you need?\"".to_owned()
    }

    /// `most` is what the field takes, `have` what it has.
    pub fn too_long(most: usize, have: usize) -> String {
        format!("Use {} characters or fewer (you have {}).", thousands(most), thousands(have))
    }

    pub fn too_many_lines(most: usize) -> String {
        format!("Use {most} lines or fewer.")
    }

    pub fn say_what_unstuck_it() -> String {
        "Say in one line what unstuck it.".to_owned()
    }

    pub fn say_something() -> String {
        "Say it in one line.".to_owned()
    }

    /// What happened to a stuck while the modal was open; a refusal, which Slack shows unformatted.
    pub fn refused(refusal: &str) -> String {
        words::unescape(refusal)
    }

    fn thousands(number: usize) -> String {
        if number < 1000 { number.to_string() } else { format!("{},{:03}", number / 1000, number % 1000) }
    }
}
