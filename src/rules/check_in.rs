//! One agent's part of one huddle, and the lines on its list.

mod life;
pub use life::{Effect, Event, SNOOZE, Step, next};

use super::id::{CheckInId, HuddleId, PriorityId, ShiftId, StuckId, TeamId, Ts, UserId};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Asked,
    Answered,
    /// Nothing was given by the time the window closed; it can still be answered, late.
    Missed,
    /// Not counted: off, or the bot was down when the shift started.
    Excused,
}

impl State {
    pub fn word(self) -> &'static str {
        match self {
            State::Asked => "asked",
            State::Answered => "answered",
            State::Missed => "missed",
            State::Excused => "excused",
        }
    }

    pub fn read(word: &str) -> Option<State> {
        [State::Asked, State::Answered, State::Missed, State::Excused].into_iter().find(|state| state.word() == word)
    }
}

/// Why a check-in is excused.
pub const OFF: &str = "off";
pub const DOWN: &str = "not asked in time";
/// Their account was closed.
pub const GONE: &str = "gone";

/// Why a huddle has no digest of its own.
pub const AWAY: &str = "everybody is away";
pub const LATE: &str = "not posted in time";

#[derive(Clone, Debug)]
pub struct CheckIn {
    pub id: CheckInId,
    pub team: TeamId,
    pub shift: ShiftId,
    pub huddle: HuddleId,
    pub person: UserId,
    /// The civil date on which the shift starts, `2026-11-20`.
    pub date: String,
    pub place: i64,
    /// The check-in whose priorities question 1 asks about.
    pub last: Option<CheckInId>,
    pub starts_at: i64,
    pub ends_at: i64,
    pub closes_at: i64,
    pub remind_at: Option<i64>,
    pub snooze_at: Option<i64>,
    pub snoozed: bool,
    pub state: State,
    pub reason: String,
    pub answered_at: Option<i64>,
    pub late: bool,
    /// Question 1 in the agent's own words, where nothing was known of a last shift.
    pub last_text: String,
    /// When the form was first sent: question 3 has an answer since.
    pub form_sent_at: Option<i64>,
    /// A later check-in of this person in this team exists: this one takes no more answers.
    pub superseded: bool,
    pub version: i64,
}

impl CheckIn {
    /// Whether somebody is on this shift now.
    pub fn running(&self, now: i64) -> bool {
        self.starts_at <= now && now < self.ends_at
    }
}

#[cfg(test)]
impl CheckIn {
    pub const SAMPLE_START: i64 = 1_000_000;

    /// Ana was asked at the start, her window is a quarter of an hour, and nothing happened yet.
    pub fn sample() -> CheckIn {
        let start = CheckIn::SAMPLE_START;
        CheckIn {
            id: "c1".into(),
            team: "t1".into(),
            shift: "s1".into(),
            huddle: "h1".into(),
            person: "U0ANA".into(),
            date: "2026-05-18".to_owned(),
            place: 0,
            last: None,
            starts_at: start,
            ends_at: start + 28_800_000,
            closes_at: start + 900_000,
            remind_at: Some(start + 450_000),
            snooze_at: None,
            snoozed: false,
            state: State::Asked,
            reason: String::new(),
            answered_at: None,
            late: false,
            last_text: String::new(),
            form_sent_at: None,
            superseded: false,
            version: 1,
        }
    }
}

/// What became of a line of the last shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    None,
    Done,
    Carried,
    Dropped,
}

impl Mark {
    pub fn word(self) -> &'static str {
        match self {
            Mark::None => "none",
            Mark::Done => "done",
            Mark::Carried => "carried",
            Mark::Dropped => "dropped",
        }
    }

    pub fn read(word: &str) -> Option<Mark> {
        [Mark::None, Mark::Done, Mark::Carried, Mark::Dropped].into_iter().find(|mark| mark.word() == word)
    }

    /// What is not marked when the check-in completes carries over.
    pub fn settled(self, complete: bool) -> Mark {
        if self == Mark::None && complete { Mark::Carried } else { self }
    }
}

/// The typed line that a row came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub said: Ts,
    pub line: i64,
    /// What the line said when it was last read: by this it is found again in an edited message.
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Priority {
    pub id: PriorityId,
    pub check_in: CheckInId,
    pub person: UserId,
    pub text: String,
    pub source: Option<Source>,
    /// An edit of that message changes it; false once the form changed it.
    pub follows: bool,
    pub stuck: Option<StuckId>,
    pub gone: bool,
    pub position: i64,
}

/// A priority on the list of one check-in.
#[derive(Clone, Debug)]
pub struct Listed {
    pub priority: Priority,
    pub on: CheckInId,
    pub mark: Mark,
    pub marked_ts: Ts,
    /// On how many lists it stood up to and including this one.
    pub age: i64,
}

/// A tick or a mark counts if it is not older than the one that is there.
pub fn newer(marked: &Ts, there: &Ts) -> bool {
    there.as_str().is_empty() || marked >= there
}

/// Where a carried line comes from decides its order: what was taken first, then carried lines, then new ones.
pub fn order(lines: &mut [Listed]) {
    lines.sort_by_key(|line| {
        (line.priority.stuck.is_none(), line.age < 2, line.priority.position, line.priority.id.clone())
    });
}
