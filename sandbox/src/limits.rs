//! How often a method may be called: one table, on the sandbox's clock.

use std::collections::BTreeMap;

use crate::spec::Method;

/// So many a minute, and so many at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    pub per_minute: f64,
    pub burst: f64,
}

const fn tier(per_minute: f64) -> Rate {
    Rate { per_minute, burst: per_minute }
}

pub const TIERS: &[(&str, Rate)] = &[("t1", tier(1.0)), ("t2", tier(20.0)), ("t3", tier(50.0)), ("t4", tier(100.0))];
/// Methods that Slack's tables call special.
pub const SPECIAL: &[(&str, Rate)] = &[("auth.test", tier(600.0)), ("chat.getPermalink", tier(600.0))];
pub const POST_IN_CHANNEL: Rate = Rate { per_minute: 60.0, burst: 5.0 };
pub const POST_IN_WORKSPACE: Rate = Rate { per_minute: 600.0, burst: 100.0 };

#[derive(Default)]
pub(crate) struct Buckets {
    buckets: BTreeMap<String, Bucket>,
}

struct Bucket {
    left: f64,
    at: i64,
}

impl Buckets {
    /// Takes one call, or tells how many seconds to wait.
    pub fn take(&mut self, method: &Method, channel: Option<&str>, now: i64) -> Result<(), u64> {
        let asked = rates(method, channel);
        let wait = asked.iter().map(|(key, rate)| self.wait(key, *rate, now)).max().unwrap_or(0);
        if wait > 0 {
            return Err(wait);
        }
        for (key, _) in asked {
            if let Some(bucket) = self.buckets.get_mut(&key) {
                bucket.left -= 1.0;
            }
        }
        Ok(())
    }

    /// Fills the bucket up to now and tells the seconds until it holds one.
    fn wait(&mut self, key: &str, rate: Rate, now: i64) -> u64 {
        let bucket = self.buckets.entry(key.to_owned()).or_insert(Bucket { left: rate.burst, at: now });
        let passed = (now - bucket.at).max(0) as f64;
        bucket.left = (bucket.left + passed * rate.per_minute / 60_000.0).min(rate.burst);
        bucket.at = now;
        // Filling in small steps must not leave a bucket a rounding error short of one.
        if bucket.left >= 1.0 - 1e-6 {
            0
        } else {
            ((1.0 - bucket.left) * 60.0 / rate.per_minute).ceil().max(1.0) as u64
        }
    }
}

fn rates(method: &Method, channel: Option<&str>) -> Vec<(String, Rate)> {
    if method.name == "chat.postMessage" {
        let place = channel.map(|channel| (format!("{} {channel}", method.name), POST_IN_CHANNEL));
        return place.into_iter().chain([(method.name.to_owned(), POST_IN_WORKSPACE)]).collect();
    }
    let special = SPECIAL.iter().find(|(name, _)| *name == method.name);
    let found = special.or_else(|| TIERS.iter().find(|(name, _)| *name == method.tier));
    found.map(|(_, rate)| (method.name.to_owned(), *rate)).into_iter().collect()
}
