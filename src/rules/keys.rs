//! One key is one Slack message for ever. Keys are derived from our own row ids, never random, never a name or a Slack
//! id, because message metadata is public in the workspace.

use super::id::{CheckInId, HuddleId, JournalId, MessageKey, StuckId, UserId, derive};
use super::message::Class;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Prompt,
    /// The prompt after a snooze.
    PromptAgain,
    Reminder,
    /// What the bot answers below typed lines.
    Question,
    Digest,
    /// A quick stuck raised after the digest: a reply to it that the channel sees too.
    Quick,
    Help,
    /// The first reply of a help thread, which mentions the asker.
    HelpFirst,
    Log,
    Tell,
    /// Said when somebody types and no check-in of theirs is open.
    Idle,
    /// What keeps messages from going out, told to the managers.
    Trouble,
}

impl Kind {
    pub const ALL: [Kind; 12] = [
        Kind::Prompt,
        Kind::PromptAgain,
        Kind::Reminder,
        Kind::Question,
        Kind::Digest,
        Kind::Quick,
        Kind::Help,
        Kind::HelpFirst,
        Kind::Log,
        Kind::Tell,
        Kind::Idle,
        Kind::Trouble,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Kind::Prompt => "prompt",
            Kind::PromptAgain => "prompt again",
            Kind::Reminder => "reminder",
            Kind::Question => "question",
            Kind::Digest => "digest",
            Kind::Quick => "quick",
            Kind::Help => "help",
            Kind::HelpFirst => "help first",
            Kind::Log => "log",
            Kind::Tell => "tell",
            Kind::Idle => "idle",
            Kind::Trouble => "trouble",
        }
    }

    pub fn read(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// When it is posted, among what waits.
    pub fn class(self) -> i64 {
        let class = match self {
            Kind::Question | Kind::Tell | Kind::Idle => Class::Answer,
            Kind::Help | Kind::HelpFirst | Kind::Digest | Kind::Quick | Kind::Log | Kind::Trouble => Class::Opening,
            Kind::Prompt | Kind::PromptAgain => Class::Prompt,
            Kind::Reminder => Class::Rest,
        };
        class.number()
    }
}

pub fn prompt(check_in: &CheckInId) -> MessageKey {
    MessageKey(format!("prompt:{check_in}"))
}
pub fn prompt_again(check_in: &CheckInId) -> MessageKey {
    MessageKey(format!("prompt:{check_in}:again"))
}
pub fn reminder(check_in: &CheckInId) -> MessageKey {
    MessageKey(format!("reminder:{check_in}"))
}
pub fn question(check_in: &CheckInId, run: i64) -> MessageKey {
    MessageKey(format!("question:{check_in}:{run}"))
}
pub fn digest(huddle: &HuddleId) -> MessageKey {
    MessageKey(format!("digest:{huddle}"))
}
pub fn quick(stuck: &StuckId) -> MessageKey {
    MessageKey(format!("quick:{stuck}"))
}
pub fn help(stuck: &StuckId) -> MessageKey {
    MessageKey(format!("help:{stuck}"))
}
pub fn help_first(stuck: &StuckId) -> MessageKey {
    MessageKey(format!("help:{stuck}:first"))
}
pub fn log(stuck: &StuckId, number: i64) -> MessageKey {
    MessageKey(format!("help:{stuck}:log:{number}"))
}
pub fn tell(journal: &JournalId, person: &UserId) -> MessageKey {
    // A Slack id does not go into metadata as it is.
    MessageKey(format!("tell:{journal}:{}", &derive("person", &[person.as_str()])[..8]))
}
pub fn idle(person: &UserId, date: &str) -> MessageKey {
    MessageKey(format!("idle:{}", derive("idle", &[person.as_str(), date])))
}
pub fn trouble(id: &str, person: &UserId) -> MessageKey {
    MessageKey(format!("trouble:{id}:{}", &derive("person", &[person.as_str()])[..8]))
}

/// What changed, and so which messages may show something else now.
#[derive(Clone, Debug)]
pub enum Change<'a> {
    /// The state or the lines of a check-in.
    CheckIn { id: &'a CheckInId, huddle: &'a HuddleId },
    /// One question of the typed conversation.
    Question { check_in: &'a CheckInId, run: i64 },
    /// The text, state or thread of a stuck.
    Stuck { id: &'a StuckId, huddle: &'a HuddleId },
    /// The huddle's digest was posted: prompts that wait say so.
    Posted { check_ins: &'a [CheckInId] },
}

/// The documents that show a change. Raising one too many costs a look, never an edit: the courier compares first.
pub fn shown_by(change: &Change<'_>) -> Vec<MessageKey> {
    match change {
        Change::CheckIn { id, huddle } => vec![digest(huddle), prompt(id), prompt_again(id), reminder(id)],
        Change::Question { check_in, run } => vec![question(check_in, *run)],
        Change::Stuck { id, huddle } => vec![digest(huddle), help(id), quick(id)],
        Change::Posted { check_ins } => {
            check_ins.iter().flat_map(|id| [prompt(id), prompt_again(id), reminder(id)]).collect()
        }
    }
}
