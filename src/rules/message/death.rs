//! Why a message is dead: what a person can do about it, and whether anybody need be told.

use super::{DELETED, EXPIRED, MAYBE_POSTED, ORPHANED, POISON, REPEAT, speaks_of_us};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// Its subject needed it no more; or the message whose thread it belongs to is dead itself.
    NotOwed,
    /// Its time was over before it could be posted.
    Expired,
    /// A person removed it from Slack.
    Deleted,
    /// Its channel was archived.
    Archived,
    /// We are not in its channel any more.
    Left,
    /// There is no such channel, or we cannot see it.
    Unseen,
    /// Its reader has no account any more.
    NoAccount,
    /// Slack refuses the token.
    Token,
    /// It could not be rendered, or whoever sent it died of it each time.
    Poison,
    /// Slack answered neither time, and may not be asked.
    MaybePosted,
    /// Slack refuses it for what it is.
    Refused,
}

/// A direct message is addressed to a person.
pub fn is_person(place: &str) -> bool {
    place.starts_with(['U', 'W'])
}

/// What the last error of a message at this place comes to. Slack's codes are single words, our own reasons are not.
pub fn death(last_error: &str, place: &str) -> Death {
    let last_error = last_error.strip_prefix(REPEAT).and_then(|rest| rest.strip_prefix("; ")).unwrap_or(last_error);
    match last_error {
        EXPIRED => Death::Expired,
        DELETED => Death::Deleted,
        ORPHANED => Death::NotOwed,
        MAYBE_POSTED => Death::MaybePosted,
        "is_archived" => Death::Archived,
        "not_in_channel" => Death::Left,
        "channel_not_found" if !is_person(place) => Death::Unseen,
        "channel_not_found" | "user_not_found" | "user_disabled" | "user_deactivated" | "is_inactive" => {
            Death::NoAccount
        }
        code if speaks_of_us(code) => Death::Token,
        poison if poison.starts_with(POISON) => Death::Poison,
        reason if reason.contains(' ') => Death::NotOwed,
        _ => Death::Refused,
    }
}

impl Death {
    /// Whether somebody may want it back.
    pub fn is_loss(self) -> bool {
        self != Death::NotOwed
    }

    /// Whether nobody can tell if it stands in Slack.
    pub fn may_stand(self, ever_in_doubt: bool) -> bool {
        self == Death::MaybePosted || ever_in_doubt
    }
}

/// Kinds that come at a wrong hour once their time is over: no operator's word changes that.
fn asks(kind: &str) -> bool {
    matches!(kind, "prompt" | "prompt again" | "reminder" | "question" | "idle")
}

/// Kinds whose time is not made longer by an operator who sends them again in it.
pub(super) fn bound_to_its_time(kind: &str) -> bool {
    asks(kind) || kind == "digest"
}

/// Whether an operator may send a dead one again; `all`: without having named it.
pub fn may_go_again(kind: &str, posted: bool, expires_at: i64, all: bool, now: i64) -> bool {
    posted || expires_at > now || !(asks(kind) || all && bound_to_its_time(kind))
}
