//! What a database may do to a bot: be busy, slow, full, away, cut off, restarted or copied; and what a second bot may do to a file.

mod alone;
mod care;
mod files;
mod backup;
mod contention;
mod cuts;
mod away;
mod disk;
mod dropped;

use crate::world::World;
use sandbox::{Kind, Message};
use std::time::{Duration, Instant};

/// Chance that is the same in each run of the same seed.
pub struct Chance(u64);

impl Chance {
    pub fn of(seed: u64) -> Chance {
        Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// Below a number that is not zero.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }
}

/// How many runs of something random: few in the usual tests, as many as asked for in a long one.
pub fn runs(few: u64) -> u64 {
    std::env::var("UNSTUCK_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(few)
}

impl World {
    /// How often Slack went without an acknowledgement so far.
    pub fn unacked(&self) -> usize {
        self.slack.ledger().iter().filter(|entry| matches!(entry.kind, Kind::Unacked { .. })).count()
    }

    /// Waits in real time until something can be seen.
    pub async fn sees(&self, what: &str, mut seen: impl FnMut(&World) -> bool) {
        let began = Instant::now();
        while !seen(self) {
            assert!(began.elapsed() < Duration::from_secs(40), "{what} does not come");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Every message of ours that stands in a conversation which somebody sees, by its key; each key once.
    pub fn each_key_once(&self, people: &[&str]) -> Vec<String> {
        let mut keys = Vec::new();
        let mut take = |who: &str, channel: &str| {
            let ours = self.everything(who, channel).into_iter().filter(Message::by_bot);
            keys.extend(ours.filter(|message| !message.deleted).map(|message| crate::world::key(&message)));
        };
        people.iter().for_each(|who| take(who, &self.dm(who)));
        take("U0JESS", crate::world::SUPPORT);
        keys.sort_unstable();
        let all = keys.len();
        keys.dedup();
        assert_eq!(keys.len(), all, "a message stands there twice");
        keys
    }
}
