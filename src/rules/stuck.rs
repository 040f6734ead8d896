//! A stuck from its first second to its last: who may do what in which state, and what then changes.

use super::check_in::Source;
use super::id::{CheckInId, HuddleId, StuckId, TeamId, UserId};
use super::people::{Members, Role};

/// How long a resolved or withdrawn stuck can be opened again.
pub const REOPEN_MS: i64 = 7 * 24 * 3600 * 1000;
/// A stuck that is taken off shift, when the shift on which it was raised is over, is due this much later.
pub const OFF_SHIFT_MS: i64 = 8 * 3600 * 1000;

/// How much help it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Size {
    Minute,
    More,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Open,
    Taken { by: UserId, at: i64, due_at: i64 },
    Resolved { by: UserId, at: i64, outcome: String },
    Withdrawn { at: i64 },
}

#[derive(Clone, Debug)]
pub struct Stuck {
    pub id: StuckId,
    pub team: TeamId,
    pub huddle: HuddleId,
    pub check_in: CheckInId,
    pub asker: UserId,
    pub place: i64,
    pub what: String,
    pub help: String,
    /// Who could help, if the asker knows.
    pub helper: Option<UserId>,
    /// None until the asker has said; counts as more than a minute when the digest posts.
    pub size: Option<Size>,
    pub source: Option<Source>,
    pub follows: bool,
    pub raised_at: i64,
    /// Since when its help thread is owed; None while it has none.
    pub opened_at: Option<i64>,
    /// Its text changed after its help thread was opened.
    pub edited: bool,
    pub state: State,
    /// Who held it last, or ended it: may open it again.
    pub last_taker: Option<UserId>,
    pub escalated_by: Option<UserId>,
    /// Replies of ours in its help thread so far.
    pub logs: i64,
    pub version: i64,
}

impl Stuck {
    pub fn taker(&self) -> Option<&UserId> {
        match &self.state {
            State::Taken { by, .. } => Some(by),
            _ => None,
        }
    }

    /// A stuck of a minute or less that has no help thread: it lives in the digest.
    pub fn is_quick(&self) -> bool {
        self.size == Some(Size::Minute) && self.opened_at.is_none()
    }

    pub fn needs_someone(&self) -> bool {
        matches!(self.state, State::Open | State::Taken { .. })
    }
}

/// What somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verb {
    Take,
    Resolve {
        outcome: String,
    },
    /// The one-line answer to a stuck of a minute or less.
    Answer {
        text: String,
    },
    NeedsMore,
    HandBack {
        reason: String,
    },
    Escalate {
        why: String,
    },
    Reopen,
    /// "Still stuck", pressed by the asker.
    StillStuck,
    /// The asker opens its help thread before the digest posts.
    OpenNow,
}

/// Why somebody may not, or cannot any more; one line tells them (slack/view/refusal.rs).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Somebody else has it.
    Has {
        who: UserId,
        since: i64,
    },
    OwnStuck,
    /// Not agent or manager of the team: whom to ask instead.
    Outsider {
        verb: &'static str,
        managers: Vec<UserId>,
    },
    Observer {
        managers: Vec<UserId>,
    },
    /// Only the taker or a manager.
    OnlyTaker {
        taker: UserId,
        verb: &'static str,
    },
    /// Only the asker, the taker or a manager.
    OnlyConcerned {
        verb: &'static str,
        asker: UserId,
        taker: Option<UserId>,
    },
    OnlyAsker {
        asker: UserId,
    },
    Resolved {
        by: UserId,
        at: i64,
    },
    Withdrawn {
        by: UserId,
    },
    NotTaken,
    StillOpen,
    TooOld,
    HasThread,
}

/// What happened, in the journal's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Raised,
    Opened,
    Taken,
    Resolved,
    Answered,
    HandedBack,
    Escalated,
    Reopened,
    Withdrawn,
    Changed,
    /// The line of a taken or resolved stuck was removed by its asker: it stays, and asker and taker are told.
    LineGone,
    /// The taker, who has no list, is asked at its due time.
    DueAsked,
    /// The asker said that they are unstuck.
    Confirmed,
    /// Whoever had it left the channel, or their account was closed: it is open again.
    TakerGone,
}

impl What {
    const ALL: [What; 14] = [
        What::Raised,
        What::Opened,
        What::Taken,
        What::Resolved,
        What::Answered,
        What::HandedBack,
        What::Escalated,
        What::Reopened,
        What::Withdrawn,
        What::Changed,
        What::LineGone,
        What::DueAsked,
        What::Confirmed,
        What::TakerGone,
    ];

    pub fn word(self) -> &'static str {
        match self {
            What::Raised => "raised",
            What::Opened => "opened",
            What::Taken => "taken",
            What::Resolved => "resolved",
            What::Answered => "answered",
            What::HandedBack => "handed back",
            What::Escalated => "escalated",
            What::Reopened => "reopened",
            What::Withdrawn => "withdrawn",
            What::Changed => "changed",
            What::LineGone => "line gone",
            What::DueAsked => "due asked",
            What::Confirmed => "confirmed",
            What::TakerGone => "taker gone",
        }
    }

    pub fn read(word: &str) -> Option<What> {
        What::ALL.into_iter().find(|what| what.word() == word)
    }
}

/// What a verb does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is so already (the taker takes again): nothing changes, nobody is told.
    Already,
    Change {
        to: State,
        what: What,
        detail: String,
        opens: bool,
    },
}

/// What the decision needs to know besides the stuck.
pub struct Around<'a> {
    pub members: &'a Members,
    pub now: i64,
    /// When it is due for the one who presses, should they take it.
    pub due_at: i64,
}

pub fn decide(stuck: &Stuck, who: &UserId, verb: &Verb, around: &Around) -> Result<Decision, Refusal> {
    allowed(stuck, who, verb, around)?;
    let change = |to: State, what: What, detail: &str| {
        Ok(Decision::Change { to, what, detail: detail.to_owned(), opens: false })
    };
    let opening = |to: State, what: What| Ok(Decision::Change { to, what, detail: String::new(), opens: true });
    let now = around.now;
    match (&stuck.state, verb) {
        (State::Open, Verb::Take) => {
            let to = State::Taken { by: who.clone(), at: now, due_at: around.due_at };
            // Taking a quick one means more than a line: it gets its help thread.
            Ok(Decision::Change { to, what: What::Taken, detail: String::new(), opens: stuck.opened_at.is_none() })
        }
        (State::Taken { by, .. }, Verb::Take) if by == who => Ok(Decision::Already),
        (State::Taken { by, at, .. }, Verb::Take) => Err(Refusal::Has { who: by.clone(), since: *at }),
        (State::Open | State::Taken { .. }, Verb::Resolve { outcome }) => {
            change(State::Resolved { by: who.clone(), at: now, outcome: outcome.clone() }, What::Resolved, outcome)
        }
        (State::Open, Verb::Answer { text }) => {
            change(State::Resolved { by: who.clone(), at: now, outcome: text.clone() }, What::Answered, text)
        }
        (State::Taken { by, at, .. }, Verb::Answer { .. }) => Err(Refusal::Has { who: by.clone(), since: *at }),
        (State::Open, Verb::NeedsMore | Verb::OpenNow) if stuck.opened_at.is_none() => {
            opening(State::Open, What::Opened)
        }
        (State::Open | State::Taken { .. }, Verb::NeedsMore | Verb::OpenNow) => Err(Refusal::HasThread),
        (State::Taken { .. }, Verb::HandBack { reason }) => change(State::Open, What::HandedBack, reason),
        (State::Open, Verb::HandBack { .. }) => Err(Refusal::NotTaken),
        (state @ (State::Open | State::Taken { .. }), Verb::Escalate { why }) => {
            change(state.clone(), What::Escalated, why)
        }
        (State::Resolved { at, .. } | State::Withdrawn { at }, Verb::Reopen | Verb::StillStuck) => {
            if now - at > REOPEN_MS {
                return Err(Refusal::TooOld);
            }
            // "Still stuck" on a quick answer, or a re-opened one, needs more than a line: it has a help thread from now on.
            opening(State::Open, What::Reopened)
        }
        (State::Open | State::Taken { .. }, Verb::Reopen | Verb::StillStuck) => Err(Refusal::StillOpen),
        (State::Resolved { by, at, .. }, _) => Err(Refusal::Resolved { by: by.clone(), at: *at }),
        (State::Withdrawn { .. }, _) => Err(Refusal::Withdrawn { by: stuck.asker.clone() }),
    }
}

/// Who may press what; whether it still makes sense is [`decide`]'s question.
fn allowed(stuck: &Stuck, who: &UserId, verb: &Verb, around: &Around) -> Result<(), Refusal> {
    let members = around.members;
    let manages = members.is(who, Role::Manager);
    let asks = *who == stuck.asker;
    let helps = members.works(who) || stuck.helper.as_ref() == Some(who);
    let concerned = |verb| {
        let taker = stuck.taker().or(stuck.last_taker.as_ref()).cloned();
        if asks || manages || taker.as_ref() == Some(who) {
            Ok(())
        } else {
            Err(Refusal::OnlyConcerned { verb, asker: stuck.asker.clone(), taker })
        }
    };
    let helper = |verb| match (helps || asks, members.is(who, Role::Observer)) {
        (true, _) => Ok(()),
        (false, true) => Err(Refusal::Observer { managers: members.managers() }),
        (false, false) => Err(Refusal::Outsider { verb, managers: members.managers() }),
    };
    match (verb, &stuck.state) {
        (Verb::Take, _) if asks => Err(Refusal::OwnStuck),
        (Verb::Take, _) => helper("take"),
        (Verb::Answer { .. }, _) => helper("answer"),
        (Verb::NeedsMore, _) => helper("open"),
        (Verb::Escalate { .. }, _) => helper("escalate"),
        (Verb::Resolve { .. }, State::Taken { .. }) => concerned("resolve"),
        (Verb::Resolve { .. }, _) => helper("resolve"),
        (Verb::Reopen, _) => concerned("re-open"),
        (Verb::HandBack { .. }, State::Taken { by, .. }) if by != who && !manages => {
            Err(Refusal::OnlyTaker { taker: by.clone(), verb: "hand back" })
        }
        (Verb::HandBack { .. }, State::Taken { .. }) => Ok(()),
        (Verb::HandBack { .. }, _) => helper("hand back"),
        (Verb::StillStuck | Verb::OpenNow, _) if asks => Ok(()),
        (Verb::StillStuck | Verb::OpenNow, _) => Err(Refusal::OnlyAsker { asker: stuck.asker.clone() }),
    }
}

/// Its asker removed the line: an open one is withdrawn; a taken or resolved one stays.
pub fn line_gone(stuck: &Stuck, now: i64) -> Option<Decision> {
    match &stuck.state {
        State::Open => Some(Decision::Change {
            to: State::Withdrawn { at: now },
            what: What::Withdrawn,
            detail: String::new(),
            opens: false,
        }),
        State::Taken { .. } | State::Resolved { .. } => Some(Decision::Change {
            to: stuck.state.clone(),
            what: What::LineGone,
            detail: String::new(),
            opens: false,
        }),
        State::Withdrawn { .. } => None,
    }
}

/// Its taker is gone: it needs someone again.
pub fn taker_gone(stuck: &Stuck) -> Option<Decision> {
    let gone = || Decision::Change { to: State::Open, what: What::TakerGone, detail: String::new(), opens: false };
    stuck.taker().map(|_| gone())
}

/// When a stuck that is taken now is due: at the end of the taker's running shift (of two, the one that ends first); off
/// shift, at the end of the shift on which it was raised, or eight hours from now if that is over.
pub fn due_at(running_ends: &[i64], raised_shift_ends: i64, now: i64) -> i64 {
    match running_ends.iter().copied().filter(|end| *end > now).min() {
        Some(end) => end,
        None if raised_shift_ends > now => raised_shift_ends,
        None => now + OFF_SHIFT_MS,
    }
}

#[cfg(test)]
mod tests;
