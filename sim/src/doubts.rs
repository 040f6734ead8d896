//! Which messages may stand twice until the last look, because Slack showed them later than any look could wait for.

use std::collections::BTreeMap;

use unstuck::rules::message::SETTLE;

/// A look and what it looks for may miss each other by so much at the edge.
const EDGE: i64 = 1_000;

#[derive(Default)]
pub struct Doubts {
    /// By key, how many copies.
    excused: BTreeMap<String, u32>,
    /// Posts that went wrong, and until when a look for them waits.
    waiting: Vec<(i64, String)>,
}

impl Doubts {
    /// How many copies there may be beside the message.
    pub fn of(&self, key: &str) -> u32 {
        self.excused.get(key).copied().unwrap_or(0)
    }

    fn excuse(&mut self, key: String) {
        *self.excused.entry(key).or_default() += 1;
    }

    /// A post goes wrong, and Slack shows nothing of it for so long. Whoever looks for it may be `ahead` of its sender, and
    /// the clock may leap on meanwhile: then the look comes before its time.
    pub fn post(&mut self, key: &str, now: i64, shown_after: i64, ahead: i64, leaping: bool) {
        // What Slack shows at once is found whenever it is looked for.
        if shown_after == 0 {
            return;
        }
        if shown_after + ahead >= SETTLE - EDGE || leaping {
            self.excuse(key.to_owned());
        }
        self.waiting.retain(|(until, _)| *until > now);
        self.waiting.push((now + SETTLE, key.to_owned()));
    }

    /// A clock leaps: the looks for what went wrong just now, and for what was posted into a history that lags, may come too soon.
    pub fn leap<'a>(&mut self, now: i64, posted: impl Iterator<Item = (i64, &'a str)>) {
        let waiting =
            std::mem::take(&mut self.waiting).into_iter().filter(|(until, _)| *until > now).map(|(_, key)| key);
        let posted = posted.filter(|(at, _)| *at > now - SETTLE).map(|(_, key)| key.to_owned());
        waiting.chain(posted).for_each(|key| self.excuse(key));
    }
}
