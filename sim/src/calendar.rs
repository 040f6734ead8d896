//! Which check-ins are owed, worked out apart from the product: civil dates and jiff, no cron.

use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// What was missed longer ago than this is not owed any more.
const LOOK_BACK: i64 = 7 * 24 * 3_600_000;

/// One start a day on some weekdays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    pub hour: i8,
    pub minute: i8,
    pub days: Vec<Weekday>,
}

impl Start {
    pub fn cron(&self) -> String {
        let word = |day: &Weekday| match day {
            Weekday::Monday => "Mon",
            Weekday::Tuesday => "Tue",
            Weekday::Wednesday => "Wed",
            Weekday::Thursday => "Thu",
            Weekday::Friday => "Fri",
            Weekday::Saturday => "Sat",
            Weekday::Sunday => "Sun",
        };
        let days: Vec<&str> = self.days.iter().map(word).collect();
        let days = if days.len() == 7 { "*".to_owned() } else { days.join(",") };
        format!("{} {} * * {days}", self.minute, self.hour)
    }

    fn on(&self, date: Date, zone: &TimeZone) -> Option<i64> {
        let names = self.days.contains(&date.weekday());
        let start = names.then(|| date.at(self.hour, self.minute, 0, 0).to_zoned(zone.clone()).ok())??;
        Some(start.timestamp().as_millisecond())
    }
}

/// A shift as the teams file has it now.
#[derive(Clone, Debug)]
pub struct Shift {
    pub name: String,
    pub start: Start,
    pub minutes: i64,
    pub collect_ms: i64,
    /// Owes nothing before this.
    pub owes_from: i64,
    /// Who, in which zone, since when.
    pub agents: Vec<(String, String, i64)>,
}

/// Shift, person and civil date.
pub type Key = (String, String, String);

#[derive(Default)]
pub struct Calendar {
    pub shifts: Vec<Shift>,
    /// What is owed so far, and when it started.
    pub owed: BTreeMap<Key, i64>,
    /// Since when that is known: whoever moves to another zone may be owed a shift that began there hours ago.
    pub known_since: BTreeMap<Key, i64>,
    /// The next start; None: not worked out.
    pub next_start: Option<i64>,
}

impl Calendar {
    /// All starts up to now; gives those that are new.
    pub fn advance(&mut self, now: i64) -> Vec<(Key, i64)> {
        if self.next_start.is_some_and(|next| now < next) {
            return Vec::new();
        }
        let (mut fresh, mut next) = (Vec::new(), i64::MAX);
        for shift in &self.shifts {
            for (person, zone, since) in &shift.agents {
                let Ok(zone) = TimeZone::get(zone) else { continue };
                let from = shift.owes_from.max(*since).max(now - LOOK_BACK);
                for (date, start) in starts(&shift.start, &zone, from, now) {
                    if start > now {
                        next = next.min(start);
                        continue;
                    }
                    let key = (shift.name.clone(), person.clone(), date.to_string());
                    if self.owed.contains_key(&key) {
                        continue;
                    }
                    self.owed.insert(key.clone(), start);
                    self.known_since.insert(key.clone(), now);
                    fresh.push((key, start));
                }
            }
        }
        self.next_start = Some(next);
        fresh
    }

    pub fn next(&self) -> i64 {
        self.next_start.unwrap_or(0)
    }

    /// The teams file is another one from now on.
    pub fn changed(&mut self) {
        self.next_start = None;
    }
}

/// Starts after `from`, up to ten days beyond `now`.
fn starts(start: &Start, zone: &TimeZone, from: i64, now: i64) -> Vec<(Date, i64)> {
    let day = |at: i64| Timestamp::from_millisecond(at).unwrap_or_default().to_zoned(zone.clone()).date();
    let (Ok(mut date), Ok(last)) = (day(from).checked_sub(2.days()), day(now).checked_add(10.days())) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    while date <= last {
        found.extend(start.on(date, zone).filter(|at| *at > from).map(|at| (date, at)));
        let Ok(tomorrow) = date.tomorrow() else { break };
        date = tomorrow;
    }
    found
}
