//! Private lines: why a press did nothing, or what is so now. Only the person who pressed sees them.

use super::id::UserId;
use super::stuck::Refusal;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Private {
    Stuck(Refusal),
    /// A prompt's buttons are its agent's.
    NotYourPrompt {
        agent: UserId,
    },
    /// A later shift's prompt is out: this one takes no more answers.
    Over {
        date: String,
    },
    /// The prompt was snoozed before: there is one second prompt, not a third.
    SnoozedAlready,
    /// It was answered before: there is nothing to snooze.
    AnsweredAlready,
    /// The row that the button speaks of is not there (any more).
    Gone,
}

/// What a press or a submission came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    Done,
    Private(Private),
    /// At its field in the open modal: (block_id, line).
    Fields(Vec<(String, String)>),
}
