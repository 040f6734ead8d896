//! Counting, cutting and telling the time: what every message needs before it can speak.

use jiff::civil::Date;
use jiff::{Timestamp, Zoned};

/// Where something is cut, with all of it elsewhere.
pub const CUT: char = '…';

/// How long Slack may take a text to be. It does not say what it counts; this is the largest of the candidates.
pub fn length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// The same once it is escaped.
pub fn escaped_length(text: &str) -> usize {
    text.chars().map(escaped_cost).sum()
}

fn escaped_cost(letter: char) -> usize {
    match letter {
        '&' => 5,
        '<' | '>' => 4,
        other => other.len_utf16(),
    }
}

pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

pub fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// On one line: line breaks and runs of blanks become one blank.
pub fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The head that costs `room` at most when escaped, and the rest: at a line break if one stands late enough, else at a
/// blank, else between two characters.
pub fn split(text: &str, room: usize) -> (&str, &str) {
    split_by(text, room, escaped_cost)
}

/// The same, counted unescaped.
pub fn split_raw(text: &str, room: usize) -> (&str, &str) {
    split_by(text, room, char::len_utf16)
}

fn split_by(text: &str, room: usize, cost: fn(char) -> usize) -> (&str, &str) {
    let mut spent = 0;
    let (mut after_line, mut after_word, mut end) = (0, 0, text.len());
    for (at, letter) in text.char_indices() {
        spent += cost(letter);
        if spent > room {
            end = at;
            break;
        }
        if letter == '\n' {
            after_line = at + 1;
        } else if letter.is_whitespace() {
            after_word = at + letter.len_utf8();
        }
    }
    if end == text.len() {
        return (text, "");
    }
    let late = |at: usize| at > 0 && at * 2 >= end;
    let at = if text[end..].starts_with(char::is_whitespace) {
        end
    } else if late(after_line) {
        after_line
    } else if late(after_word) {
        after_word
    } else {
        end
    };
    text.split_at(at)
}

/// At most so long when escaped, with … if something is missing.
pub fn cut(text: &str, room: usize) -> String {
    cut_by(text, room, escaped_cost)
}

/// At most so long as it stands.
pub fn cut_raw(text: &str, room: usize) -> String {
    cut_by(text, room, char::len_utf16)
}

fn cut_by(text: &str, room: usize, cost: fn(char) -> usize) -> String {
    if text.chars().map(cost).sum::<usize>() <= room {
        return text.to_owned();
    }
    let (head, _) = split_by(text, room.saturating_sub(1), cost);
    format!("{}{CUT}", head.trim_end())
}

/// `19,950`.
pub fn number(number: usize) -> String {
    let digits = number.to_string();
    let grouped = digits.as_bytes().rchunks(3).rev().map(|three| String::from_utf8_lossy(three));
    grouped.collect::<Vec<_>>().join(",")
}

/// `1 priority`, `3 priorities`.
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// `3rd`.
pub fn ordinal(number: i64) -> String {
    let ending = match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// `Ana`, `Ana and Ben`, `Ana, Ben and Cleo`.
pub fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [start @ .., last] => format!("{} and {last}", start.join(", ")),
    }
}

/// With a full stop, unless it ends in a mark of its own.
pub fn sentence(text: &str) -> String {
    match text.chars().next_back() {
        Some('.' | '!' | '?' | '…' | ':' | ';') | None => text.to_owned(),
        Some(_) => format!("{text}."),
    }
}

/// The instant in a zone; in UTC if the zone is not known, because a message must never fail.
pub fn civil(at: i64, zone: &str) -> Zoned {
    let instant = Timestamp::from_millisecond(at).unwrap_or_default();
    instant.in_tz(zone).unwrap_or_else(|_| instant.to_zoned(jiff::tz::TimeZone::UTC))
}

/// `06:30`.
pub fn clock(at: i64, zone: &str) -> String {
    civil(at, zone).strftime("%H:%M").to_string()
}

/// `Mon 06:30`, and with the date where a weekday alone could mislead.
pub fn day_and_clock(at: i64, zone: &str) -> String {
    civil(at, zone).strftime("%a %-d %b %H:%M").to_string()
}

fn date(text: &str, format: &str) -> String {
    text.parse::<Date>().map_or_else(|_| text.to_owned(), |date| date.strftime(format).to_string())
}

/// `Thu`.
pub fn weekday(civil_date: &str) -> String {
    date(civil_date, "%a")
}

/// `6 May`.
pub fn day(civil_date: &str) -> String {
    date(civil_date, "%-d %b")
}

/// `Fri 23 May`.
pub fn weekday_and_day(civil_date: &str) -> String {
    date(civil_date, "%a %-d %b")
}
