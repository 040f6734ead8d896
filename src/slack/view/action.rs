//! Everything that can be pressed or submitted, as closed enums: what a view writes into a button is what inbound reads
//! out of it. Buttons carry ids, never state.

use crate::rules::id::{CheckInId, PriorityId, StuckId, Ts};

/// Slack's times are shorter.
const TS_LENGTH: usize = 32;

/// A press. The id of the block does not matter; `id()` is the action_id and `value()` the button's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Answer in a form, Edit, Answer now: opens the form.
    Form(CheckInId),
    Nothing(CheckInId),
    Snooze(CheckInId),
    OffToday(CheckInId),
    ImBack(CheckInId),
    /// The checkboxes of question 1; which are ticked comes with the press.
    Tick(CheckInId),
    AllDone(CheckInId),
    DropAll(CheckInId),
    /// I'm stuck, Another stuck.
    ImStuck(CheckInId),
    Size {
        check_in: CheckInId,
        said: Ts,
        line: i64,
        minute: bool,
    },
    /// It's a priority, not a stuck.
    ItsPriority {
        check_in: CheckInId,
        said: Ts,
        line: i64,
    },
    /// It's a stuck, not a priority.
    ItsStuck {
        check_in: CheckInId,
        said: Ts,
        line: i64,
    },
    AddAsPriority {
        check_in: CheckInId,
        said: Ts,
    },
    AddAsStuck {
        check_in: CheckInId,
        said: Ts,
    },
    NeverMind {
        check_in: CheckInId,
        said: Ts,
    },
    /// Add another stuck, in the open form.
    AnotherStuck,
    OpenNow(StuckId),
    Take(StuckId),
    Resolve(StuckId),
    HandBack(StuckId),
    Escalate(StuckId),
    Reopen(StuckId),
    Answer(StuckId),
    NeedsMore(StuckId),
    /// "Yes, thanks" and "That did it".
    Unstuck(StuckId),
    StillStuck(StuckId),
    /// A button that only opens a link.
    Link,
}

impl Action {
    /// Nothing is committed by pressing it: what it opens, or changes in an open one, is.
    pub fn opens_a_modal(&self) -> bool {
        matches!(
            self,
            Action::Form(_) | Action::AnotherStuck | Action::Resolve(_) | Action::Answer(_) | Action::Escalate(_)
        )
    }

    pub fn id(&self) -> &'static str {
        match self {
            Action::Form(_) => "form",
            Action::Nothing(_) => "nothing",
            Action::Snooze(_) => "snooze",
            Action::OffToday(_) => "off_today",
            Action::ImBack(_) => "im_back",
            Action::Tick(_) => "tick",
            Action::AllDone(_) => "all_done",
            Action::DropAll(_) => "drop_all",
            Action::ImStuck(_) => "im_stuck",
            Action::Size { minute: true, .. } => "size_minute",
            Action::Size { minute: false, .. } => "size_more",
            Action::ItsPriority { .. } => "its_priority",
            Action::ItsStuck { .. } => "its_stuck",
            Action::AddAsPriority { .. } => "add_priority",
            Action::AddAsStuck { .. } => "add_stuck",
            Action::NeverMind { .. } => "never_mind",
            Action::AnotherStuck => "another_stuck",
            Action::OpenNow(_) => "open_now",
            Action::Take(_) => "take",
            Action::Resolve(_) => "resolve",
            Action::HandBack(_) => "hand_back",
            Action::Escalate(_) => "escalate",
            Action::Reopen(_) => "reopen",
            Action::Answer(_) => "answer",
            Action::NeedsMore(_) => "needs_more",
            Action::Unstuck(_) => "unstuck",
            Action::StillStuck(_) => "still_stuck",
            Action::Link => "link",
        }
    }

    /// What the button's value says; for checkboxes the block_id says it, because their values are the lines.
    pub fn value(&self) -> String {
        match self {
            Action::Form(id)
            | Action::Nothing(id)
            | Action::Snooze(id)
            | Action::OffToday(id)
            | Action::ImBack(id)
            | Action::Tick(id)
            | Action::AllDone(id)
            | Action::DropAll(id)
            | Action::ImStuck(id) => id.0.clone(),
            Action::Size { check_in, said, line, .. }
            | Action::ItsPriority { check_in, said, line }
            | Action::ItsStuck { check_in, said, line } => format!("{check_in} {said} {line}"),
            Action::AddAsPriority { check_in, said }
            | Action::AddAsStuck { check_in, said }
            | Action::NeverMind { check_in, said } => format!("{check_in} {said}"),
            Action::OpenNow(id)
            | Action::Take(id)
            | Action::Resolve(id)
            | Action::HandBack(id)
            | Action::Escalate(id)
            | Action::Reopen(id)
            | Action::Answer(id)
            | Action::NeedsMore(id)
            | Action::Unstuck(id)
            | Action::StillStuck(id) => id.0.clone(),
            Action::AnotherStuck | Action::Link => String::new(),
        }
    }

    /// Reads a press back; None for what is not ours, or from a newer version of us.
    pub fn read(id: &str, value: &str) -> Option<Action> {
        let mut words = value.split(' ');
        let first = words.next().unwrap_or_default().to_owned();
        let check_in = || CheckInId(first.clone());
        let stuck = || StuckId(first.clone());
        let said = words.next().filter(|word| word.len() <= TS_LENGTH).map(Ts::from);
        let line = words.next().and_then(|word| word.parse().ok());
        let typed = || Some((check_in(), said.clone()?, line?));
        Some(match id {
            "form" => Action::Form(check_in()),
            "nothing" => Action::Nothing(check_in()),
            "snooze" => Action::Snooze(check_in()),
            "off_today" => Action::OffToday(check_in()),
            "im_back" => Action::ImBack(check_in()),
            "tick" => Action::Tick(check_in()),
            "all_done" => Action::AllDone(check_in()),
            "drop_all" => Action::DropAll(check_in()),
            "im_stuck" => Action::ImStuck(check_in()),
            "size_minute" | "size_more" => {
                let (check_in, said, line) = typed()?;
                Action::Size { check_in, said, line, minute: id == "size_minute" }
            }
            "its_priority" => typed().map(|(check_in, said, line)| Action::ItsPriority { check_in, said, line })?,
            "its_stuck" => typed().map(|(check_in, said, line)| Action::ItsStuck { check_in, said, line })?,
            "add_priority" => Action::AddAsPriority { check_in: check_in(), said: said? },
            "add_stuck" => Action::AddAsStuck { check_in: check_in(), said: said? },
            "never_mind" => Action::NeverMind { check_in: check_in(), said: said? },
            "another_stuck" => Action::AnotherStuck,
            "open_now" => Action::OpenNow(stuck()),
            "take" => Action::Take(stuck()),
            "resolve" => Action::Resolve(stuck()),
            "hand_back" => Action::HandBack(stuck()),
            "escalate" => Action::Escalate(stuck()),
            "reopen" => Action::Reopen(stuck()),
            "answer" => Action::Answer(stuck()),
            "needs_more" => Action::NeedsMore(stuck()),
            "unstuck" => Action::Unstuck(stuck()),
            "still_stuck" => Action::StillStuck(stuck()),
            "link" => Action::Link,
            _ => return None,
        })
    }
}

/// A modal of ours: `callback_id` tells which, `private_metadata` of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Modal {
    Form { check_in: CheckInId, opened: Vec<(PriorityId, String)>, sets: usize },
    Resolve(StuckId),
    Answer(StuckId),
    Escalate(StuckId),
}

impl Modal {
    pub fn callback_id(&self) -> &'static str {
        match self {
            Modal::Form { .. } => "form",
            Modal::Resolve(_) => "resolve",
            Modal::Answer(_) => "answer",
            Modal::Escalate(_) => "escalate",
        }
    }

    /// The rows that the priorities box was filled with, and what they said then: only what was changed is written.
    pub fn private_metadata(&self) -> String {
        match self {
            Modal::Form { check_in, opened, sets } => {
                let rows: Vec<String> = opened.iter().map(|(id, print)| format!("{id}:{print}")).collect();
                format!("{check_in} {sets} {}", rows.join(","))
            }
            Modal::Resolve(id) | Modal::Answer(id) | Modal::Escalate(id) => id.0.clone(),
        }
    }

    pub fn read(callback_id: &str, private_metadata: &str) -> Option<Modal> {
        let stuck = || StuckId(private_metadata.to_owned());
        Some(match callback_id {
            "form" => {
                let mut words = private_metadata.split(' ');
                let check_in = CheckInId(words.next()?.to_owned());
                let sets = words.next()?.parse().ok()?;
                let rows = words.next().unwrap_or_default().split(',').filter(|row| !row.is_empty());
                let opened = rows
                    .map(|row| row.split_once(':').map(|(id, print)| (PriorityId(id.to_owned()), print.to_owned())));
                Modal::Form { check_in, opened: opened.collect::<Option<_>>()?, sets }
            }
            "resolve" => Modal::Resolve(stuck()),
            "answer" => Modal::Answer(stuck()),
            "escalate" => Modal::Escalate(stuck()),
            _ => return None,
        })
    }
}

/// The block ids of the form's inputs; each input's action_id is `input`.
pub mod field {
    pub const INPUT: &str = "input";
    pub const PRIORITIES: &str = "priorities";
    /// Question 1 on the first day, when nothing is known of a last shift: a text field.
    pub const LAST_TEXT: &str = "last_text";
    pub const OUTCOME: &str = "outcome";
    pub const ANSWER: &str = "answer";
    pub const WHY: &str = "why";

    pub fn mark(priority: &str) -> String {
        format!("mark:{priority}")
    }
    pub fn read_mark(block_id: &str) -> Option<&str> {
        block_id.strip_prefix("mark:")
    }
    /// What unstuck the taken stuck behind this line, if it is marked done.
    pub fn unstuck(priority: &str) -> String {
        format!("unstuck:{priority}")
    }
    /// The parts of a set.
    pub const WHAT: &str = "what";
    pub const HELP: &str = "help";
    pub const HELPER: &str = "helper";
    pub const SIZE: &str = "size";
    /// The values of the choice of size.
    pub const MINUTE: &str = "minute";
    pub const MORE: &str = "more";

    /// `set` is a stuck's id with the fingerprint of what was shown, or `new1`, `new2` … for sets that were added.
    pub fn stuck(set: &str, what: &str) -> String {
        format!("stuck:{set}:{what}")
    }
    /// The set of a stuck that exists; `shown` is all that its boxes show.
    pub fn existing_set(stuck: &str, shown: &str) -> String {
        format!("{stuck}.{}", crate::rules::id::fingerprint(shown))
    }
    /// A set that was added; counted from 1.
    pub fn new_set(number: usize) -> String {
        format!("new{number}")
    }
    /// The set and the part of a block id that [`stuck`] made.
    pub fn read_stuck(block_id: &str) -> Option<(&str, &str)> {
        block_id.strip_prefix("stuck:")?.rsplit_once(':')
    }
    /// The stuck and the fingerprint of a set that [`existing_set`] made; None for an added one.
    pub fn read_existing_set(set: &str) -> Option<(&str, &str)> {
        set.rsplit_once('.')
    }
}
