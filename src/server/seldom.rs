//! Lines of the log that strangers can cause: one a second at most, which says how many there were,
//! and why.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::sleep;

const EVERY: Duration = Duration::from_secs(1);

/// Writes the line: how many, and how many of each kind.
type Say = fn(u64, &str);

/// Cheap to clone: all clones share one second.
#[derive(Clone)]
pub struct Seldom {
    say: Say,
    counted: Arc<Mutex<Counted>>,
}

#[derive(Default)]
struct Counted {
    /// Since the last line.
    since: BTreeMap<&'static str, u64>,
    /// Somebody waits for the second to end.
    followed: bool,
}

impl Seldom {
    pub fn new(say: Say) -> Seldom {
        Seldom { say, counted: Arc::default() }
    }

    /// The first one is told at once; those of the second after it together, at its end.
    pub fn note(&self, why: &'static str) {
        let first = self.with(|counted| {
            *counted.since.entry(why).or_default() += 1;
            !std::mem::replace(&mut counted.followed, true)
        });
        if first {
            self.tell();
            tokio::spawn(self.clone().follow());
        }
    }

    async fn follow(self) {
        loop {
            sleep(EVERY).await;
            if !self.tell() {
                return;
            }
        }
    }

    /// False where nothing was noted: then nobody follows any more.
    fn tell(&self) -> bool {
        let since = self.with(|counted| {
            let since = std::mem::take(&mut counted.since);
            counted.followed = !since.is_empty();
            since
        });
        let told = since.iter().fold(String::new(), |mut told, (why, times)| {
            let _ = write!(told, "{}{why} {times}", if told.is_empty() { "" } else { ", " });
            told
        });
        if !told.is_empty() {
            (self.say)(since.values().sum(), &told);
        }
        !told.is_empty()
    }

    fn with<T>(&self, act: impl FnOnce(&mut Counted) -> T) -> T {
        act(&mut self.counted.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing here waits, so that the one who follows never comes to his turn and the test is that
    /// one.
    #[tokio::test]
    async fn a_flood_is_one_line_a_second_with_its_number() {
        static TOLD: Mutex<Vec<(u64, String)>> = Mutex::new(Vec::new());
        let told = || std::mem::take(&mut *TOLD.lock().expect("lines"));
        let seldom = Seldom::new(|times, why| TOLD.lock().expect("lines").push((times, why.to_owned())));
        for _ in 0..500 {
            seldom.note("signature");
            seldom.note("time");
        }
        assert_eq!(told(), [(1, "signature 1".to_owned())], "at once");
        assert!(seldom.tell(), "the second is over");
        assert_eq!(told(), [(999, "signature 499, time 500".to_owned())]);
        assert!(!seldom.tell() && told().is_empty(), "and nothing more");
        seldom.note("method");
        assert_eq!(told(), [(1, "method 1".to_owned())]);
    }
}
