//! When a shift starts.
//!
//! A pattern is walked on the civil calendar, where no hour is missing or double, and each civil start is then placed in the zone by name.
//! The cron crate, evaluated in a zone by itself, skips the day of a spring gap and fires twice in an autumn fold.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use jiff::civil::{Date, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Span, Timestamp, ToSpan};

const DAY_S: i32 = 86_400;
/// A civil date is never further than this from its instant's date in UTC: zones reach from −12 h to +14 h, and a gap moves less than a day.
const MARGIN: i64 = 2;
const HORIZON_YEARS: i64 = 5;

/// One start a day on the days that a cron text names. Days of the month and weekdays must both fit.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    days: cron::Schedule,
    time: Time,
}

/// One start of a shift. The date is the nominal one, on which the pattern says that it starts: it is the identity, whatever the instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurrence {
    pub date: Date,
    /// UTC milliseconds.
    pub start: i64,
}

impl Pattern {
    /// Reads "minute hour day month weekday", or six fields with seconds first.
    pub fn parse(text: &str) -> Result<Pattern, String> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let (second, [minute, hour, day, month, weekday]) = match fields[..] {
            [minute, hour, day, month, weekday] => ("0", [minute, hour, day, month, weekday]),
            [second, minute, hour, day, month, weekday] => (second, [minute, hour, day, month, weekday]),
            _ => {
                return Err(format!(
                    "{text:?} has {} fields: write five (minute hour day month weekday), such as \"0 9 * * Mon-Fri\", or six with seconds first",
                    fields.len()
                ));
            }
        };
        let (second, minute, hour) =
            (single("second", second, 59)?, single("minute", minute, 59)?, single("hour", hour, 23)?);
        if weekday.contains(|c: char| c.is_ascii_digit()) {
            return Err(format!(
                "weekday {weekday:?}: write weekdays by name, such as Mon-Fri or Sat,Sun, because their numbers mean different days to different programs"
            ));
        }
        for (name, field, alone, example) in [
            ("day", day, format!("0 0 0 {day} * *"), "write days of the month such as 1, 1-7 or *"),
            ("month", month, format!("0 0 0 * {month} *"), "write months such as 6, Jan-Jun or *"),
            (
                "weekday",
                weekday,
                format!("0 0 0 * * {weekday}"),
                "write weekdays such as Mon, Mon-Fri or *; a range runs within Sun to Sat",
            ),
        ] {
            cron::Schedule::from_str(&alone).map_err(|_| format!("{name} {field:?} is not understood: {example}"))?;
        }
        let days = cron::Schedule::from_str(&format!("0 0 0 {day} {month} {weekday}"))
            .map_err(|_| format!("{text:?} is not understood: write it like \"0 9 * * Mon-Fri\""))?;
        let time = Time::new(hour, minute, second, 0).map_err(|error| error.to_string())?;
        let pattern = Pattern { text: text.trim().to_owned(), days, time };
        if pattern.dates_from(jiff::civil::date(1999, 12, 31)).next().is_none() {
            return Err(format!("{text:?} never comes: there is no such day"));
        }
        Ok(pattern)
    }

    /// The dates after `date` that the pattern names, rising. The cron crate's calendar ends with the year 2100.
    fn dates_from(&self, date: Date) -> impl Iterator<Item = Date> + '_ {
        let midnight = NaiveDate::from_ymd_opt(date.year().into(), date.month() as u32, date.day() as u32)
            .and_then(|day| day.and_hms_opt(0, 0, 0))
            .map(|midnight| midnight.and_utc());
        midnight.into_iter().flat_map(|midnight| self.days.after_owned(midnight)).map_while(|day| {
            Date::new(i16::try_from(day.year()).ok()?, day.month().try_into().ok()?, day.day().try_into().ok()?).ok()
        })
    }

    /// The instant of this pattern's start on a date: a gap moves it forward by the gap, a fold takes the first; none on a date that did not exist.
    fn start_on(&self, date: Date, zone: &TimeZone) -> Option<i64> {
        let placed = zone.to_ambiguous_timestamp(date.to_datetime(self.time));
        match placed.offset() {
            AmbiguousOffset::Gap { before, after } if after.seconds() - before.seconds() >= DAY_S => None,
            _ => placed.compatible().ok().map(Timestamp::as_millisecond),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Pattern, String> {
        Pattern::parse(text)
    }
}

/// A field that must hold exactly one number.
fn single(name: &str, field: &str, most: i8) -> Result<i8, String> {
    if field.bytes().all(|b| b.is_ascii_digit()) {
        if let Some(number) = field.parse::<i8>().ok().filter(|number| *number <= most) {
            return Ok(number);
        }
    } else if field.bytes().all(|b| b.is_ascii_digit() || b"*,-/".contains(&b)) {
        return Err(format!("{name} {field:?} is more than one start a day: write two shifts"));
    }
    Err(format!("{name} {field:?} must be one number from 0 to {most}"))
}

/// The starts in `(from, to]`, rising. Windows that touch tile: what is owed in two of them is what is owed in both together.
pub fn owed(pattern: &Pattern, zone: &TimeZone, from: i64, to: i64) -> Vec<Occurrence> {
    if from >= to {
        return Vec::new();
    }
    let (Some(first), Some(last)) = (shifted(zone, from, -MARGIN), shifted(zone, to, MARGIN)) else {
        return Vec::new();
    };
    let mut occurrences: Vec<Occurrence> = pattern
        .dates_from(first)
        .take_while(|date| *date <= last)
        .filter_map(|date| Some(Occurrence { date, start: pattern.start_on(date, zone)? }))
        .filter(|occurrence| from < occurrence.start && occurrence.start <= to)
        .collect();
    occurrences.sort_by_key(|occurrence| (occurrence.start, occurrence.date));
    occurrences
}

/// The first start after an instant; none within five years is none.
pub fn next(pattern: &Pattern, zone: &TimeZone, after: i64) -> Option<Occurrence> {
    let first = shifted(zone, after, -MARGIN)?;
    let last = first.checked_add(HORIZON_YEARS.years()).ok()?;
    let found = pattern
        .dates_from(first)
        .take_while(|date| *date <= last)
        .filter_map(|date| pattern.start_on(date, zone))
        .find(|start| *start > after)?;
    // Asking `owed` again keeps the two in step by construction, whatever order a zone's transitions bring.
    owed(pattern, zone, after, found).into_iter().next()
}

/// The end of a shift: elapsed time, so that a fall-back night is not cut short.
pub fn end(start: i64, minutes: i64) -> i64 {
    start.saturating_add(minutes.saturating_mul(60_000))
}

/// A zone by its IANA name.
pub fn zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name.trim())
        .map_err(|_| format!("{name:?} is not a time zone: write an IANA name such as \"America/New_York\""))
}

/// The civil date at an instant, some days off.
fn shifted(zone: &TimeZone, at: i64, days: i64) -> Option<Date> {
    let at = Timestamp::from_millisecond(at).ok()?;
    zone.to_datetime(at).date().checked_add(Span::new().days(days)).ok()
}

#[cfg(test)]
mod tests;
