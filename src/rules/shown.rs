//! What a message shows: the facts of one message, read in one moment, before any word is chosen.
//! `show.rs` fills these from the rows, `slack/view` turns them into words and blocks.

use super::check_in::Mark;
use super::id::{ChannelId, CheckInId, HuddleId, JournalId, PriorityId, StuckId, Ts, UserId};
use super::keys::Kind;
use super::people::Person;
use super::stuck::{Size, Stuck, What};
use super::trouble::Trouble;

/// A line of the last shift, as question 1 lists it.
#[derive(Clone, Debug)]
pub struct LastLine {
    pub id: PriorityId,
    pub text: String,
    pub mark: Mark,
    /// On how many lists it stood; from 3 on people are told "3rd day".
    pub age: i64,
    /// A stuck of somebody else that this agent took: its Done asks what unstuck it.
    pub taken: Option<TakenLine>,
}

#[derive(Clone, Debug)]
pub struct TakenLine {
    pub stuck: StuckId,
    pub asker: String,
    pub due_at: Option<i64>,
    /// It was resolved while it stood on this list.
    pub done: bool,
}

/// A line of this shift's list.
#[derive(Clone, Debug)]
pub struct Line {
    pub id: PriorityId,
    pub text: String,
    pub carried: bool,
    pub taken: Option<TakenLine>,
}

#[derive(Clone, Debug)]
pub struct LastShift {
    /// The civil date of that shift and of this one, and how many days lie between.
    pub date: String,
    pub days_ago: i64,
    pub lines: Vec<LastLine>,
}

/// Who, where and when of a check-in; the same for its prompt, its questions and its form.
#[derive(Clone, Debug)]
pub struct CheckInShown {
    pub id: CheckInId,
    pub person: UserId,
    pub name: String,
    pub team: String,
    pub shift: String,
    pub channel: ChannelId,
    /// The zone in which plain-text times are written (the reader's).
    pub zone: String,
    pub starts_at: i64,
    pub digest_at: i64,
    pub digest_posted: bool,
    pub last: Option<LastShift>,
    /// Question 1 in the agent's own words, where nothing was known of a last shift.
    pub last_text: String,
    pub lines: Vec<Line>,
    /// Its own stucks, withdrawn ones left out, oldest first.
    pub stucks: Vec<OwnStuck>,
    /// With their ids, because the agent may be one of them and names do not tell that.
    pub managers: Vec<Person>,
    pub state: CheckInState,
    /// A later check-in exists; buttons of this one do nothing any more.
    pub superseded: bool,
    /// Question 3 was answered with none.
    pub nothing: bool,
    /// The form was sent: no stuck in it is an answer too.
    pub form_sent: bool,
}

#[derive(Clone, Debug)]
pub struct OwnStuck {
    pub id: StuckId,
    pub what: String,
    pub help: String,
    pub helper: Option<UserId>,
    pub size: Option<Size>,
    pub has_thread: bool,
    pub open: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckInState {
    Asked,
    /// The second prompt comes at this instant.
    Snoozed {
        until: i64,
    },
    Answered {
        at: i64,
        late: bool,
    },
    Missed,
    Off,
    Down,
}

/// The prompt (M1, M2 and what becomes of it).
#[derive(Clone, Debug)]
pub struct PromptShown {
    pub check_in: CheckInShown,
    /// The first prompt ever for this person: it introduces itself.
    pub first_ever: bool,
    /// The second prompt, after a snooze: it offers no further one.
    pub again: bool,
}

/// The half-way reminder.
#[derive(Clone, Debug)]
pub struct ReminderShown {
    pub check_in: CheckInShown,
}

/// What the bot answers below a run of typed lines (M4).
#[derive(Clone, Debug)]
pub struct QuestionShown {
    pub check_in: CheckInShown,
    /// What was filed of the lines of this run.
    pub lines: Vec<TypedLine>,
    /// How many more there were that stand with what was typed before.
    pub gathered: usize,
    /// Something of it stands nowhere else, because the check-in has no room for it.
    pub full: bool,
    pub step: Step,
    /// The person has open check-ins in several teams: name this one.
    pub name_team: bool,
}

#[derive(Clone, Debug)]
pub struct TypedLine {
    pub said: Ts,
    pub line: i64,
    pub text: String,
    /// How many lines of what was typed it holds.
    pub lines: usize,
    pub filed: Filed,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filed {
    Priority,
    Stuck {
        size: Option<Size>,
    },
    /// Said when nothing was asked: add it as what?
    Unfiled,
    Nothing,
}

/// Where the typed conversation stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Priorities are being typed: more, or are you stuck?
    Stuck,
    /// "I'm stuck" was pressed: what on, and what help?
    WhatStuck,
    /// A stuck waits for its size.
    Size,
    /// Something was said when nothing was asked.
    AddAs,
    /// Complete: the receipt.
    Done,
    /// A later question stands below: what was filed, with its way back, and nothing asked.
    Past,
}

/// One stuck, with the names of whoever it names.
#[derive(Clone, Debug)]
pub struct StuckShown {
    pub stuck: Stuck,
    pub asker: String,
    pub helper: Option<String>,
    /// The taker, or who ended it.
    pub by: Option<String>,
    /// The names of the managers, once somebody escalated.
    pub escalated_to: Vec<String>,
    /// Permalink of the help thread, once it is known.
    pub link: Option<String>,
    /// The team's zone, for plain-text times.
    pub zone: String,
}

/// The one channel message of a huddle and its pages (M5).
#[derive(Clone, Debug)]
pub struct DigestShown {
    pub huddle: HuddleId,
    pub team: String,
    pub shift: String,
    pub date: String,
    pub zone: String,
    pub people: Vec<PersonShown>,
    pub stucks: Vec<StuckShown>,
    /// Huddles of this team that were not held since its last digest: shift and civil date, oldest first.
    pub skipped: Vec<(String, String)>,
    /// Agents whose zone starts later today.
    pub start_later: usize,
    /// The team's first huddle: who manages, and how it works, in one grey line.
    pub first: Option<Vec<String>>,
}

#[derive(Clone, Debug)]
pub struct PersonShown {
    pub check_in: CheckInId,
    pub place: i64,
    pub name: String,
    pub state: PersonState,
    pub done: usize,
    pub carried: usize,
    /// The last shift in the agent's own words, where nothing was known of it.
    pub last_text: String,
    pub lines: Vec<Line>,
    /// Answered by typing priorities alone: nothing was said of stucks.
    pub stuck_not_said: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonState {
    NotYet,
    Answered {
        late: bool,
    },
    Away,
    /// The bot was down when the shift began: not asked.
    NotAsked,
}

/// A reply of ours in a help thread.
#[derive(Clone, Debug)]
pub struct LogShown {
    pub stuck: StuckShown,
    pub what: What,
    pub at: i64,
    pub actor: UserId,
    pub actor_name: String,
    pub detail: String,
    /// Whom this line mentions, because they must learn of it.
    pub mentions: Vec<UserId>,
    /// The people of `mentions`, and whoever else the line names.
    pub other_name: Option<String>,
}

/// A direct message that tells one person what happened to a stuck (M7, M8).
#[derive(Clone, Debug)]
pub struct TellShown {
    pub journal: JournalId,
    pub stuck: StuckShown,
    pub what: What,
    pub actor: UserId,
    pub actor_name: String,
    pub detail: String,
    pub to: UserId,
    pub role: Told,
    /// What was told is not so any more: the taking was handed back or the stuck resolved since.
    pub still_so: bool,
    /// Who handed back the taking that was told of.
    pub handed_back_by: Option<String>,
    /// The asker said that they are unstuck: they are not asked again.
    pub confirmed: bool,
    /// The long text of what taking means.
    pub at_length: bool,
    /// Plain-text times are written in this zone (the reader's).
    pub zone: String,
    /// The reader is off shift: it is theirs all the same until then.
    pub off_shift: bool,
    pub team: String,
}

/// As whom somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    Asker,
    Taker,
}

/// What keeps messages from going out, as a manager reads it.
#[derive(Clone, Debug)]
pub struct TroubleShown {
    pub trouble: Trouble,
    pub over: bool,
    pub team: String,
    /// The team posts in another channel now, or is no longer in use.
    pub moved: bool,
    /// Of a person: their name, and whether Slack told that their account was closed.
    pub person: String,
    pub closed: bool,
    /// What they leave behind: what they ask for, and how many priorities of this shift.
    pub asked: Vec<String>,
    pub priorities: usize,
    /// Which messages could not be posted, each with the channel or the name of its reader.
    pub messages: Vec<(Kind, Whither)>,
}

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whither {
    Channel(ChannelId),
    Person(String),
}
