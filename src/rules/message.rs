//! What becomes of one Slack message of ours: wanted, sending, doubtful, shown, dead.
//! Slack has no idempotency key, so a post whose answer did not come is neither done nor failed: it is *doubtful*, and it is looked for
//! by its key before anything is sent again. An edit is idempotent and is simply sent again; but Slack may carry the lost one out
//! after a newer one, so that what it shows is compared at the last look.

use super::id::Ts;
use super::pace::LONGEST_WAIT;

mod death;
mod progress;
pub use death::{Death, death, is_person, may_go_again};
pub use progress::back_off;

/// A claim holds this long; a worker that dies or freezes loses it then.
pub const LEASE: i64 = 60_000;
/// A call is given up after this.
pub const TIMEOUT: i64 = 10_000;
/// Kept free between the last moment at which a claim may still send, and its end.
pub const MARGIN: i64 = 5_000;
/// Only so long after the claim may its holder write to the wire: it must be answered before another may take over.
pub const TRUST: i64 = LEASE - TIMEOUT - MARGIN;
/// Slack's history may lag behind a post by this much; it must exceed `TIMEOUT`.
pub const SETTLE: i64 = 30_000;
/// A row that was ever in doubt, as a post or over an edit, is looked at once more this much later.
pub const RECHECK: i64 = 600_000;
const RECHECK_UNTIL: i64 = 86_400_000;
/// What an operator sends again has an hour left at least; what is bound to an hour of the day does not get more.
const RETRY_FOR: i64 = 3_600_000;
const BACK_OFF_CAP: i64 = 300_000;
const POISON_TRIES: i64 = 20;
/// Claims in a row whose worker never came back. Five were within the reach of a healthy message in the kill loop; ten take half an
/// hour at least.
const POISON_CLAIMS: i64 = 10;
/// An outage is nobody's poison: calls that never left the machine count up to here, which is past the back-off's cap.
const UNSENT_TRIES: i64 = 10;
/// The digest is edited once in this time at most.
const DIGEST_EDIT_GAP: i64 = 6_000;

/// Why a row is dead, where Slack gave no code.
pub const EXPIRED: &str = "expired";
pub const POISON: &str = "poison";
pub const REPEAT: &str = "may be a repeat";
/// Dead because it is not owed any more: nobody has to look at it.
pub const ANSWERED: &str = "answered";
pub const ANSWERED_BEFORE: &str = "answered before it was due";
pub const UNSAID: &str = "what was typed was taken back";
pub const LATER_SHIFT: &str = "a later shift has begun";
pub const NO_ACCOUNT: &str = "its reader's account was closed";
pub const OVER: &str = "it is over";
pub const NOT_OWED: [&str; 7] = [ANSWERED, ANSWERED_BEFORE, UNSAID, LATER_SHIFT, ORPHANED, NO_ACCOUNT, OVER];
/// A person removed it from Slack: it is not posted a second time.
pub const DELETED: &str = "deleted";
/// A reply goes with the message whose thread it belongs to, and comes back with it.
pub const ORPHANED: &str = "the message that it answers was not posted";
const OVERTAKEN: &str = "Slack shows something else than what it was told last";
const MAYBE_POSTED: &str = "it may have been posted: Slack answered neither time, and its history could not be read";

/// Posts go in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// It answers somebody who is typing or pressing right now.
    Answer,
    /// A help thread or a digest.
    Opening,
    Prompt,
    Rest,
}

impl Class {
    pub fn number(self) -> i64 {
        self as i64
    }
}

/// Edits are the scarce thing (50 a minute for the whole workspace): which kind goes first.
pub fn edit_rank(kind: &str) -> i64 {
    match kind {
        "help" => 0,
        "digest" => 1,
        "question" => 2,
        "prompt" => 3,
        _ => 4,
    }
}

/// How long a message of this kind stays as it is after it was posted or edited.
pub fn edit_gap(kind: &str) -> i64 {
    if kind == "digest" { DIGEST_EDIT_GAP } else { 0 }
}

/// Messages of this kind are named by others with a link.
pub fn linked(kind: &str) -> bool {
    kind == "help"
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// To be posted; or, where it has a `ts`, to be edited.
    Wanted,
    Sending,
    Doubtful,
    Shown,
    Dead,
}

impl State {
    pub const ALL: [State; 5] = [State::Wanted, State::Sending, State::Doubtful, State::Shown, State::Dead];

    pub fn as_str(self) -> &'static str {
        match self {
            State::Wanted => "wanted",
            State::Sending => "sending",
            State::Doubtful => "doubtful",
            State::Shown => "shown",
            State::Dead => "dead",
        }
    }

    pub fn parse(text: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// How far a message has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    pub state: State,
    pub channel: String,
    pub ts: Option<Ts>,
    pub shown_rev: i64,
    /// What Slack shows now, as a hash of text and blocks.
    pub shown_hash: String,
    pub next_at: i64,
    /// Not to be posted after this; what stands in Slack is edited for as long as it is wanted.
    pub expires_at: i64,
    pub tries: i64,
    /// Claims in a row whose holder never came back: a crash loop.
    pub unsettled: i64,
    /// The claim's number: whoever settles must still hold it.
    pub fence: i64,
    pub lease_until: Option<i64>,
    pub first_try_at: Option<i64>,
    pub last_try_at: Option<i64>,
    /// Set from the last doubt until the last look.
    pub recheck_at: Option<i64>,
    pub last_error: String,
}

/// What Slack shows: where, and which revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Showing {
    pub channel: String,
    pub ts: Ts,
    pub rev: i64,
    pub hash: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A worker takes it to send it.
    Claimed,
    /// Slack shows it.
    Done(Showing),
    /// The subject says that it is no longer to be sent.
    NotOwed {
        rev: i64,
        reason: String,
    },
    /// Slack asks for so many milliseconds.
    RateLimited(i64),
    /// Nothing left this machine.
    Unsent(String),
    /// It could not be rendered.
    Unrendered(String),
    /// Slack's code.
    Refused(String),
    /// Slack may or may not have done it.
    Ambiguous(String),
    LeaseExpired,
    /// A worker takes it to look for it.
    LookClaimed,
    /// The first post with its key.
    Found {
        channel: String,
        ts: Ts,
        hash: String,
    },
    /// Not in a complete scan of all since the first try.
    Absent,
    LookFailed(String),
    LookRefused(String),
    /// Its history may not be read.
    Blind,
    /// The last look is done and extra copies are gone. The hash of what stands at its place, where that was seen.
    Rechecked {
        shows: Option<String>,
    },
    /// A worker that lost its claim brings a post, and none is known.
    Adopted(Showing),
    Expired,
    Cancelled(String),
    /// An operator asks for it again.
    Retried,
    /// An operator restored a backup: whatever is not known to be sent may have been, since then.
    Doubted {
        since: i64,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a message that is {} (posted: {posted}) cannot take {event:?}", .state.as_str())]
pub struct Illegal {
    pub state: State,
    pub posted: bool,
    pub event: Event,
}

/// The token, a scope or the invitation is missing, and nothing is wrong with the message: once that is mended it goes out,
/// if its time is not over.
fn speaks_of_us(code: &str) -> bool {
    matches!(
        code,
        "invalid_auth"
            | "not_authed"
            | "token_revoked"
            | "token_expired"
            | "account_inactive"
            | "missing_scope"
            | "not_in_channel"
            | "org_login_required"
            | "team_added_to_org"
            | "team_access_not_granted"
            | "two_factor_setup_required"
    )
}

/// The whole life of a message. What is not listed as legal is an error.
pub fn next(key: &str, kind: &str, at: &Progress, event: Event, now: i64) -> Result<Progress, Illegal> {
    use Event::*;
    use State::*;
    let posted = at.ts.is_some();
    Ok(match (at.state, posted, event) {
        (Wanted, _, Claimed) => at.claimed(now),
        (Wanted, false, Expired) => at.dead(EXPIRED),
        (Wanted, false, Cancelled(reason)) => at.dead(&reason),
        (Wanted, false, Doubted { since }) => Progress {
            first_try_at: Some(at.first_try_at.unwrap_or(since).min(since)),
            ..at.doubtful(now.max(at.next_at), now, "restored")
        },

        (Sending, _, Done(showing)) => at.shown(showing, kind, now),
        (Sending, false, NotOwed { reason, .. }) => at.dead(&reason),
        (Sending, true, NotOwed { rev, .. }) => {
            Progress { state: Shown, shown_rev: rev, tries: 0, unsettled: 0, lease_until: None, ..at.clone() }
        }
        (Sending, _, RateLimited(wait)) => {
            let wait = wait.clamp(0, LONGEST_WAIT);
            Progress { tries: at.tries - 1, unsettled: 0, ..at.wanted(now + wait, "rate limited") }
        }
        (Sending, _, Unsent(why)) => {
            let tries = at.tries.min(UNSENT_TRIES);
            Progress { tries, unsettled: 0, ..at.wanted(now + back_off(key, tries), &why) }
        }
        (Sending, _, Unrendered(why)) => at.again(key, now, &why).settled(),
        (Sending, _, Refused(code)) if speaks_of_us(&code) => {
            let tries = at.tries.min(UNSENT_TRIES);
            Progress { tries, unsettled: 0, ..at.wanted(now + back_off(key, tries), &code) }
        }
        (Sending, true, Refused(code)) if code == "message_not_found" => at.dead(DELETED),
        (Sending, _, Refused(code)) => at.dead(&code),
        (Sending, false, Ambiguous(why)) => at.doubtful(now + SETTLE, now, &why).settled(),
        (Sending, false, LeaseExpired) => at.doubtful(now + SETTLE, now, "its worker went away"),
        (Sending, true, Ambiguous(why)) => at.again(key, now, &why).settled().unread(now),
        (Sending, true, LeaseExpired) => at.again(key, now, "its worker went away").unread(now),

        (Doubtful, false, LookClaimed) => Progress { fence: at.fence + 1, next_at: now + LEASE, ..at.clone() },
        (Doubtful, false, Found { channel, ts, hash }) => at.shown(Showing { channel, ts, rev: 0, hash }, kind, now),
        (Doubtful, false, Absent) => match at.settles_at() {
            settles_at if now < settles_at => Progress { next_at: settles_at, ..at.clone() },
            _ if at.expires_at <= now => at.dead(EXPIRED),
            _ if at.tries <= 1 => at.poisoned().unwrap_or_else(|| at.wanted(now, &at.last_error)),
            // Slack may be in trouble for an hour: twenty tries must outlast that.
            _ => at.again(key, now, &at.last_error),
        },
        (Doubtful, false, LookFailed(_)) => at.looks_again(key, now),
        (Doubtful, false, LookRefused(code)) if speaks_of_us(&code) => at.looks_again(key, now),
        (Doubtful, false, LookRefused(code)) => at.dead(&code),
        (Doubtful, false, Blind) if at.last_error.starts_with(REPEAT) => at.dead(MAYBE_POSTED),
        (Doubtful, false, Blind) if at.expires_at <= now => at.dead(EXPIRED),
        (Doubtful, false, Blind) => at.wanted(now.max(at.settles_at()), REPEAT),

        (Shown | Dead, _, LookClaimed) => Progress { fence: at.fence + 1, recheck_at: Some(now + LEASE), ..at.clone() },
        (Shown, _, Rechecked { shows: Some(hash) }) if hash != at.shown_hash => at.overtaken(now),
        (Shown | Dead, _, LookRefused(code)) if speaks_of_us(&code) => at.rechecks_again(now),
        (Shown | Dead, _, Rechecked { .. } | Blind | LookRefused(_)) => Progress { recheck_at: None, ..at.clone() },
        (Shown | Dead, _, LookFailed(_)) => at.rechecks_again(now),

        (Wanted | Sending | Doubtful, false, Adopted(showing)) => {
            let recheck_at = Some(now + RECHECK);
            Progress { fence: at.fence + 1, recheck_at, ..at.shown(showing, kind, now) }
        }
        (Dead, _, Retried) => at.retried(kind, now),

        // All else is illegal. Every event is named, so that a new one must be thought about.
        (
            state,
            posted,
            event @ (Claimed
            | Done(_)
            | NotOwed { .. }
            | RateLimited(_)
            | Unsent(_)
            | Unrendered(_)
            | Refused(_)
            | Ambiguous(_)
            | LeaseExpired
            | LookClaimed
            | Found { .. }
            | Absent
            | LookFailed(_)
            | LookRefused(_)
            | Blind
            | Rechecked { .. }
            | Adopted(_)
            | Expired
            | Cancelled(_)
            | Retried
            | Doubted { .. }),
        ) => return Err(Illegal { state, posted, event }),
    })
}

#[cfg(test)]
mod tests;
