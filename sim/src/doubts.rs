//! Which messages may stand twice until the last look, because Slack showed them later than any look could wait for.

use std::collections::BTreeSet;

use unstuck::rules::message::SETTLE;

/// A look and what it looks for may miss each other by so much at the edge.
const EDGE: i64 = 1_000;

#[derive(Default)]
pub struct Doubts {
    excused: BTreeSet<String>,
    /// Posts that went wrong, and until when a look for them waits.
    waiting: Vec<(i64, String)>,
}

impl Doubts {
    pub fn excuses(&self, key: &str) -> bool {
        self.excused.contains(key)
    }

    /// A post goes wrong, and Slack shows nothing of it for so long. Whoever looks for it may be `ahead` of its sender, and
    /// the clock may leap on meanwhile: then the look comes before its time.
    pub fn post(&mut self, key: &str, now: i64, shown_after: i64, ahead: i64, leaping: bool) {
        // What Slack shows at once is found whenever it is looked for.
        if shown_after == 0 {
            return;
        }
        if shown_after + ahead >= SETTLE - EDGE || leaping {
            self.excused.insert(key.to_owned());
        }
        self.waiting.retain(|(until, _)| *until > now);
        self.waiting.push((now + SETTLE, key.to_owned()));
    }

    /// A clock leaps: the looks for what went wrong just now, and for what was posted into a history that lags, may come too soon.
    pub fn leap<'a>(&mut self, now: i64, posted: impl Iterator<Item = (i64, &'a str)>) {
        let waiting = self.waiting.drain(..).filter(|(until, _)| *until > now).map(|(_, key)| key);
        self.excused.extend(waiting);
        self.excused.extend(posted.filter(|(at, _)| *at > now - SETTLE).map(|(_, key)| key.to_owned()));
    }
}
