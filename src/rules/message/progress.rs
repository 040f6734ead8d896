//! The steps of the table: what a claim, a doubt or a death does to a row.

use super::death::bound_to_its_time;
use super::{
    BACK_OFF_CAP, EXPIRED, LEASE, MAYBE_POSTED, OVERTAKEN, POISON, POISON_CLAIMS, POISON_TRIES, Progress, RECHECK,
    RECHECK_UNTIL, REPEAT, RETRY_FOR, SETTLE, Showing, State, edit_gap,
};
use crate::rules::id::derive;

impl Progress {
    /// A message that nobody has tried to send.
    pub fn new(due_at: i64, expires_at: i64) -> Progress {
        Progress {
            state: State::Wanted,
            channel: String::new(),
            ts: None,
            shown_rev: 0,
            shown_hash: String::new(),
            next_at: due_at,
            expires_at,
            tries: 0,
            unsettled: 0,
            fence: 0,
            lease_until: None,
            first_try_at: None,
            last_try_at: None,
            recheck_at: None,
            last_error: String::new(),
        }
    }

    pub(super) fn claimed(&self, now: i64) -> Progress {
        if self.ts.is_none() && self.expires_at <= now {
            return self.dead(EXPIRED);
        }
        self.poisoned().unwrap_or_else(|| Progress {
            state: State::Sending,
            tries: self.tries + 1,
            unsettled: self.unsettled + 1,
            fence: self.fence + 1,
            lease_until: Some(now + LEASE),
            first_try_at: self.first_try_at.or(Some(now)),
            last_try_at: Some(now),
            ..self.clone()
        })
    }

    pub(super) fn shown(&self, showing: Showing, kind: &str, now: i64) -> Progress {
        let repeated = self.last_error.starts_with(REPEAT);
        Progress {
            state: State::Shown,
            channel: showing.channel,
            ts: Some(showing.ts),
            shown_rev: showing.rev,
            shown_hash: showing.hash,
            next_at: now + edit_gap(kind),
            tries: 0,
            unsettled: 0,
            lease_until: None,
            // As long after the last doubt as it was set: an edit does not put the last look off.
            recheck_at: self.recheck_at,
            last_error: if repeated { REPEAT.to_owned() } else { String::new() },
            ..self.clone()
        }
    }

    pub(super) fn wanted(&self, next_at: i64, why: &str) -> Progress {
        Progress { state: State::Wanted, next_at, lease_until: None, last_error: self.remember(why), ..self.clone() }
    }

    /// Wanted once more after the back-off, unless it was tried too often.
    pub(super) fn again(&self, key: &str, now: i64, why: &str) -> Progress {
        self.poisoned().unwrap_or_else(|| self.wanted(now + back_off(key, self.tries), why))
    }

    pub(super) fn doubtful(&self, next_at: i64, now: i64, why: &str) -> Progress {
        Progress {
            state: State::Doubtful,
            next_at,
            lease_until: None,
            recheck_at: Some(now + RECHECK),
            last_error: self.remember(why),
            ..self.clone()
        }
    }

    /// An edit may have been made and its answer lost: what Slack shows now is not known, so a document that is again what it
    /// was before that edit must be sent as well. Slack may even make it after a newer one, which the last look will see.
    pub(super) fn unread(self, now: i64) -> Progress {
        Progress { shown_hash: String::new(), recheck_at: Some(now + RECHECK), ..self }
    }

    /// A lost edit came after a newer one, or the history that was looked at is behind: whichever it is, what Slack shows is
    /// not relied on, and what is wanted is sent once more.
    pub(super) fn overtaken(&self, now: i64) -> Progress {
        let (shown_hash, recheck_at) = (String::new(), None);
        Progress { shown_hash, recheck_at, ..self.wanted(now.max(self.next_at), OVERTAKEN) }
    }

    pub(super) fn dead(&self, reason: &str) -> Progress {
        let reason = if reason.is_empty() { "no reason given" } else { reason };
        Progress { state: State::Dead, lease_until: None, last_error: reason.to_owned(), ..self.clone() }
    }

    pub(super) fn poisoned(&self) -> Option<Progress> {
        // What stands in Slack is known to be harmless to its worker: only its tries count.
        let crash_loop = self.ts.is_none() && self.unsettled >= POISON_CLAIMS;
        let poison = self.tries >= POISON_TRIES || crash_loop;
        poison.then(|| match self.last_error.as_str() {
            "" => self.dead(POISON),
            last => self.dead(&format!("{POISON}: {last}")),
        })
    }

    pub(super) fn retried(&self, kind: &str, now: i64) -> Progress {
        let in_its_time = bound_to_its_time(kind) && self.expires_at > now;
        let fresh = Progress {
            next_at: now,
            expires_at: if in_its_time { self.expires_at } else { self.expires_at.max(now + RETRY_FOR) },
            tries: 0,
            unsettled: 0,
            last_error: String::new(),
            ..self.clone()
        };
        match (&self.ts, self.first_try_at) {
            (None, Some(_)) => fresh.doubtful(now, now, "asked for again"),
            _ => fresh.wanted(now, ""),
        }
    }

    pub(super) fn settled(self) -> Progress {
        Progress { unsettled: 0, ..self }
    }

    /// That a second copy may exist must not be forgotten over the next mishap.
    pub(super) fn remember(&self, why: &str) -> String {
        match self.last_error.starts_with(REPEAT) && !why.starts_with(REPEAT) {
            true => format!("{REPEAT}; {why}"),
            false => why.to_owned(),
        }
    }

    /// From then on, what is not in Slack's history was not posted.
    pub(super) fn settles_at(&self) -> i64 {
        self.last_try_at.map_or(i64::MIN, |last| last + SETTLE)
    }

    /// Nobody could look. A day after its time is over it is given up.
    pub(super) fn looks_again(&self, key: &str, now: i64) -> Progress {
        if now - self.expires_at.max(self.last_try_at.unwrap_or(self.expires_at)) >= RECHECK_UNTIL {
            return self.dead(MAYBE_POSTED);
        }
        Progress { next_at: now + self.look_back_off(key, now), ..self.clone() }
    }

    pub(super) fn rechecks_again(&self, now: i64) -> Progress {
        let soon = self.last_try_at.is_some_and(|last| now - last < RECHECK_UNTIL);
        Progress { recheck_at: soon.then_some(now + RECHECK), ..self.clone() }
    }

    /// As long again as it has been in doubt: looks that fail need no counter of their own.
    fn look_back_off(&self, key: &str, now: i64) -> i64 {
        let doubted = self.last_try_at.map_or(0, |last| now - last);
        jittered(doubted.clamp(SETTLE / 2, BACK_OFF_CAP), key, self.fence)
    }
}

/// 2ⁿ seconds, five minutes at most, give or take a fifth: hashed from key and try, so that a simulation replays and a crowd spreads.
pub fn back_off(key: &str, tries: i64) -> i64 {
    let seconds = 1i64 << tries.clamp(0, 20);
    jittered((seconds * 1000).min(BACK_OFF_CAP), key, tries)
}

fn jittered(wait: i64, key: &str, salt: i64) -> i64 {
    let hash = derive("jitter", &[key, &salt.to_string()]);
    let share = i64::from_str_radix(&hash[..4], 16).unwrap_or(0x8000);
    wait * 4 / 5 + wait * 2 / 5 * share / 0xffff
}
