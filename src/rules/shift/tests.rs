use jiff::civil::date;
use proptest::prelude::*;

use super::*;

mod zones;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

fn pattern(text: &str) -> Pattern {
    Pattern::parse(text).unwrap()
}

fn at(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_millisecond()
}

/// The whole proof takes minutes: it is run before a release (`UNSTUCK_PROOF=whole`), a part of it at each change.
fn whole() -> bool {
    std::env::var("UNSTUCK_PROOF").is_ok_and(|proof| proof == "whole")
}

fn cases() -> u32 {
    if whole() { 1_000_000 } else { 10_000 }
}

fn shown(occurrences: &[Occurrence]) -> Vec<(String, String)> {
    let instant = |ms| Timestamp::from_millisecond(ms).unwrap().to_string();
    occurrences.iter().map(|o| (o.date.to_string(), instant(o.start))).collect()
}

#[test]
fn row_33_named_cases_have_exactly_these_instants() {
    for (case, zone_name, text, nominal, instant) in [
        ("gap", "America/New_York", "30 2 * * *", "2027-03-14", "2027-03-14T07:30:00Z"),
        ("fold", "America/New_York", "30 1 * * *", "2026-11-01", "2026-11-01T05:30:00Z"),
        ("the hour after a fold", "America/New_York", "0 2 * * *", "2026-11-01", "2026-11-01T07:00:00Z"),
        ("gap", "Europe/London", "30 1 * * *", "2027-03-28", "2027-03-28T01:30:00Z"),
        ("fold", "Europe/London", "30 1 * * *", "2026-10-25", "2026-10-25T00:30:00Z"),
        ("half-hour gap", "Australia/Lord_Howe", "15 2 * * *", "2026-10-04", "2026-10-03T15:45:00Z"),
        ("half-hour fold", "Australia/Lord_Howe", "45 1 * * *", "2027-04-04", "2027-04-03T14:45:00Z"),
        ("no midnight", "Africa/Cairo", "0 0 * * *", "2026-04-24", "2026-04-23T22:00:00Z"),
        ("Ramadan ends", "Africa/Casablanca", "30 2 * * *", "2026-03-22", "2026-03-22T02:30:00Z"),
        ("Ramadan begins", "Africa/Casablanca", "30 2 * * *", "2026-02-15", "2026-02-15T01:30:00Z"),
        ("quarter-hour zone", "Asia/Kathmandu", "0 9 * * *", "2026-06-01", "2026-06-01T03:15:00Z"),
        ("seconds", "UTC", "45 30 9 * * *", "2026-06-01", "2026-06-01T09:30:45Z"),
        ("moved across midnight", "America/Nuuk", "30 23 * * *", "2025-03-29", "2025-03-30T01:30:00Z"),
        ("negative daylight time begins", "Europe/Dublin", "30 1 * * *", "2026-10-25", "2026-10-25T00:30:00Z"),
        ("negative daylight time ends", "Europe/Dublin", "30 1 * * *", "2027-03-28", "2027-03-28T01:30:00Z"),
        ("two hours at once", "Antarctica/Troll", "30 1 * * *", "2026-03-29", "2026-03-29T01:30:00Z"),
        ("two hours back", "Antarctica/Troll", "30 1 * * *", "2026-10-25", "2026-10-24T23:30:00Z"),
        ("midnight twice", "Africa/Cairo", "30 23 * * *", "2026-10-29", "2026-10-29T20:30:00Z"),
        ("before a lost day", "Pacific/Apia", "0 9 * * *", "2011-12-29", "2011-12-29T19:00:00Z"),
        ("after a lost day", "Pacific/Apia", "0 9 * * *", "2011-12-31", "2011-12-30T19:00:00Z"),
    ] {
        let (around, expected) = (at(instant), vec![(nominal.to_owned(), instant.to_owned())]);
        let zone = zone(zone_name).unwrap();
        let found = owed(&pattern(text), &zone, around - 6 * HOUR, around + 6 * HOUR);
        assert_eq!(shown(&found), expected, "{zone_name}, {case}");
        assert_eq!(next(&pattern(text), &zone, around - 1).as_slice(), found, "{zone_name}, {case}: next");
    }
}

#[test]
fn rows_32_33_a_date_that_did_not_exist_owes_nothing() {
    for (zone_name, lost) in [("Pacific/Apia", date(2011, 12, 30)), ("Pacific/Kwajalein", date(1993, 8, 21))] {
        let zone = zone(zone_name).unwrap();
        let from = lost.yesterday().unwrap().to_zoned(zone.clone()).unwrap().timestamp().as_millisecond() - 1;
        for text in ["0 0 * * *", "0 9 * * *", "59 23 * * *"] {
            let dates: Vec<Date> =
                owed(&pattern(text), &zone, from, from + 2 * DAY).into_iter().map(|o| o.date).collect();
            assert_eq!(dates, [lost.yesterday().unwrap(), lost.tomorrow().unwrap()], "{zone_name} {text}");
        }
    }
}

#[test]
fn row_35_windows_are_open_at_the_start_and_closed_at_the_end() {
    let (pattern, zone) = (pattern("0 9 * * *"), TimeZone::UTC);
    let nine = at("2026-06-01T09:00:00Z");
    assert_eq!(owed(&pattern, &zone, nine - 1, nine).len(), 1);
    assert_eq!(owed(&pattern, &zone, nine, nine + 1), []);
    assert_eq!(owed(&pattern, &zone, nine, nine), []);
    assert_eq!(owed(&pattern, &zone, nine, nine - DAY), []);
    assert_eq!(next(&pattern, &zone, nine).unwrap().start, nine + DAY);
    assert_eq!(owed(&pattern, &zone, i64::MIN, i64::MAX), []);
}

#[test]
fn weekdays_months_and_days_of_the_month_choose_the_dates() {
    for (text, dates) in [
        ("0 9 * * Mon-Fri", vec![1, 2, 3, 4, 5, 8, 9, 10, 11, 12]),
        ("0 9 * * sat,Sunday", vec![6, 7, 13, 14]),
        ("0 9 1,10-11 Jun *", vec![1, 10, 11]),
        ("0 9 1-7 6 Fri", vec![5]),
        ("0 9 */5 * ?", vec![1, 6, 11]),
        ("0 9 * Jul *", vec![]),
    ] {
        let found = owed(&pattern(text), &TimeZone::UTC, at("2026-06-01T00:00:00Z"), at("2026-06-15T00:00:00Z"));
        assert_eq!(found.iter().map(|o| o.date.day()).collect::<Vec<i8>>(), dates, "{text}");
    }
}

#[test]
fn row_34_an_overnight_shift_keeps_its_date_and_its_elapsed_length() {
    for (zone_name, day, start, finish) in [
        ("America/New_York", "2026-10-31", "2026-11-01T02:00:00Z", "2026-11-01T10:00:00Z"),
        ("America/New_York", "2027-03-13", "2027-03-14T03:00:00Z", "2027-03-14T11:00:00Z"),
        ("Europe/London", "2026-10-24", "2026-10-24T21:00:00Z", "2026-10-25T05:00:00Z"),
        ("Europe/London", "2027-03-27", "2027-03-27T22:00:00Z", "2027-03-28T06:00:00Z"),
        ("Australia/Lord_Howe", "2026-10-03", "2026-10-03T11:30:00Z", "2026-10-03T19:30:00Z"),
        ("Australia/Lord_Howe", "2027-04-03", "2027-04-03T11:00:00Z", "2027-04-03T19:00:00Z"),
    ] {
        let zone = zone(zone_name).unwrap();
        let found = next(&pattern("0 22 * * Sat"), &zone, at(start) - HOUR).unwrap();
        assert_eq!((found.date.to_string(), found.start), (day.to_owned(), at(start)));
        assert_eq!(end(found.start, 8 * 60), at(finish));
    }
}

#[test]
fn row_34_a_split_shift_is_two_patterns_and_each_owes_its_own() {
    let zone = zone("Europe/London").unwrap();
    let (from, to) = (at("2026-10-24T22:59:59Z"), at("2026-10-25T23:59:59Z"));
    let starts = |text| owed(&pattern(text), &zone, from, to).into_iter().map(|o| o.start).collect::<Vec<i64>>();
    assert_eq!(starts("0 8 * * *"), [at("2026-10-25T08:00:00Z")]);
    assert_eq!(starts("30 16 * * *"), [at("2026-10-25T16:30:00Z")]);
}

#[test]
fn next_looks_five_years_ahead() {
    let leap = pattern("0 9 29 Feb *");
    assert_eq!(next(&leap, &TimeZone::UTC, at("2025-01-01T00:00:00Z")).unwrap().date, date(2028, 2, 29));
    assert_eq!(next(&leap, &TimeZone::UTC, at("2096-03-01T00:00:00Z")), None);
}

#[test]
fn five_fields_or_six_are_read_and_shown_as_written() {
    for text in ["0 6 * * Mon-Fri", "0 0 6 * * Mon-Fri", "  05 09 1 Jan,Jul * "] {
        assert_eq!(pattern(text).to_string(), text.trim());
    }
    assert_eq!(pattern("0 6 * * *").time, pattern("0 0 6 * * *").time);
}

#[test]
fn what_is_not_one_start_a_day_is_refused_with_a_reason() {
    for (text, reason) in [
        ("", "0 fields"),
        ("0 9 * *", "4 fields"),
        ("0 0 9 * * Mon 2027", "7 fields"),
        ("@daily", "1 fields"),
        ("0 6,14 * * *", "hour \"6,14\" is more than one start a day: write two shifts"),
        ("0 */8 * * *", "write two shifts"),
        ("0 6-8 * * *", "write two shifts"),
        ("* 6 * * *", "minute \"*\" is more than one start a day"),
        ("0,30 0 6 * * *", "second \"0,30\" is more than one start a day"),
        ("60 6 * * *", "minute \"60\" must be one number from 0 to 59"),
        ("0 24 * * *", "hour \"24\" must be one number from 0 to 23"),
        ("0 999999 * * *", "hour \"999999\" must be one number"),
        ("0 +6 * * *", "hour \"+6\" must be one number"),
        ("0 6am * * *", "hour \"6am\" must be one number"),
        ("0 9 * * 1-5", "weekdays by name"),
        ("0 9 * * Mon,2", "weekdays by name"),
        ("0 9 * * Fri-Mon", "a range runs within Sun to Sat"),
        ("0 9 * * Mittwoch", "weekday \"Mittwoch\" is not understood"),
        ("0 9 32 * *", "day \"32\" is not understood"),
        ("0 9 1, * *", "day \"1,\" is not understood"),
        ("0 9 */0 * *", "day \"*/0\" is not understood"),
        ("0 9 * 13 *", "month \"13\" is not understood"),
        ("0 9 30 Feb *", "never comes"),
    ] {
        let refusal = Pattern::parse(text).expect_err(text);
        assert!(refusal.contains(reason), "{text:?}: {refusal}");
    }
}

#[test]
fn zones_are_iana_names() {
    assert_eq!(zone(" Europe/Berlin ").unwrap().iana_name(), Some("Europe/Berlin"));
    for name in ["", "Mars/Olympus", "GMT+25", "Berlin"] {
        assert!(zone(name).unwrap_err().contains("America/New_York"), "{name}");
    }
}

const ODD_ZONES: [&str; 12] = [
    "UTC",
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Pacific/Apia",
    "Pacific/Kwajalein",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "America/Nuuk",
    "Pacific/Kiritimati",
    "Antarctica/Troll",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases()) })]

    #[test]
    fn row_35_owed_tiles(
        zone_name in proptest::sample::select(&ODD_ZONES[..]),
        (minute, hour) in (0..60, 0..24),
        days in proptest::sample::select(&["* * *", "* * Mon-Fri", "1,15,30 * *", "* * Sun"][..]),
        // From 1990, so that the lost days of Kwajalein, Kiritimati and Apia are in reach.
        start in 631_152_000_000_i64..2_051_222_400_000,
        (one, two) in (0..20 * DAY, 0..20 * DAY),
    ) {
        let (pattern, zone) = (pattern(&format!("{minute} {hour} {days}")), zone(zone_name).unwrap());
        let (middle, last) = (start + one, start + one + two);
        let mut parts = owed(&pattern, &zone, start, middle);
        parts.extend(owed(&pattern, &zone, middle, last));
        let whole = owed(&pattern, &zone, start, last);
        prop_assert_eq!(&parts, &whole);
        prop_assert!(whole.windows(2).all(|pair| pair[0].start < pair[1].start && pair[0].date < pair[1].date));
        prop_assert!(whole.iter().all(|o| start < o.start && o.start <= last));
        if let Some(first) = whole.first() {
            prop_assert_eq!(next(&pattern, &zone, start), Some(*first));
            // A boundary right on a start gives it to the earlier window alone.
            let (before, after) = (owed(&pattern, &zone, start, first.start), owed(&pattern, &zone, first.start, last));
            prop_assert_eq!([before, after].concat(), whole);
        }
    }

    /// A night that starts before a transition and ends after it, or a day in two parts: each start is one of its own civil
    /// date, and a shift is as long in elapsed time as it was written.
    #[test]
    fn row_34_nights_and_split_shifts_keep_their_dates_and_lengths(
        zone_name in proptest::sample::select(&ODD_ZONES[..]),
        (minute, hour, later) in (0..60, 0..20_i32, 4..16_i32),
        length in 1..24 * 60_i64,
        around in 1_420_070_400_000_i64..2_082_758_400_000,
    ) {
        let zone = zone(zone_name).unwrap();
        let near = zone.following(Timestamp::from_millisecond(around).unwrap()).next();
        // The night of the zone's next transition where it has one.
        let around = near.map_or(around, |change| change.timestamp().as_millisecond());
        let (from, to) = (around - 3 * DAY, around + 3 * DAY);
        let first = owed(&pattern(&format!("{minute} {hour} * * *")), &zone, from, to);
        for one in &first {
            let lasts = (end(one.start, length) - one.start, Timestamp::from_millisecond(one.start).unwrap());
            prop_assert_eq!(lasts.0, length * 60_000);
            let civil = zone.to_datetime(lasts.1);
            // A gap may push a start on, by less than a day; nothing ever pulls it back.
            prop_assert!(civil.date() == one.date || Some(civil.date()) == one.date.tomorrow().ok(), "{} {}", one.date, civil);
        }
        let second_hour = (hour + later).min(23);
        let second = owed(&pattern(&format!("{minute} {second_hour} * * *")), &zone, from, to);
        for one in &first {
            // Hours apart, so no gap of an ordinary zone turns their order round.
            let other = second.iter().find(|other| other.date == one.date);
            let in_order = other.is_none_or(|other| one.start < other.start);
            prop_assert!(second_hour - hour < 4 || in_order, "{} {:?} {:?}", zone_name, one, other);
        }
        let dates = |found: &[Occurrence]| found.iter().map(|one| one.date).collect::<std::collections::BTreeSet<_>>().len();
        prop_assert_eq!((dates(&first), dates(&second)), (first.len(), second.len()));
    }

    #[test]
    fn reading_any_text_ends_in_a_pattern_or_a_reason(text in "[-0-9*/,?A-Za-z ]{0,24}") {
        if let Err(reason) = Pattern::parse(&text) {
            prop_assert!(!reason.is_empty());
        }
    }
}
