//! What the operator says in the teams file. It is read whole: every problem is reported with its line, and nothing is applied when there is any.

use std::collections::HashMap;

use toml::Spanned;
use toml::de::DeTable;

pub use crate::rules::teams::{ShiftSpec, ShiftZone, TeamSpec, TeamsFile};
use crate::rules::{duration, shift};

use table::{Reading, Table};

mod table;

const NAME_MOST: usize = 75;
const COLLECT_DEFAULT_MS: i64 = 15 * 60_000;
const TEAM_KEYS: [&str; 6] = ["name", "channel", "timezone", "managers", "observers", "shift"];
const SHIFT_KEYS: [&str; 6] = ["name", "starts", "hours", "agents", "timezone", "collect"];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub line: usize,
    pub reason: String,
}

/// Reads a teams file; the problems come in the order of their lines.
pub fn parse(text: &str) -> Result<TeamsFile, Vec<Problem>> {
    let mut reading = Reading::new(text);
    let (root, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        reading.problem(error.span().map_or(0, |span| span.start), error.message());
    }
    // What stands beside broken syntax may have been read wrongly: no more is said of it.
    if !errors.is_empty() {
        return Err(reading.into_problems());
    }
    let root = Table { entries: root.get_ref(), at: 0, called: "the file".to_owned() };
    reading.known_keys(&root, &["team"]);
    let mut teams = Vec::new();
    let mut names = Names::new("teams");
    for (at, entries) in reading.tables(&root, "team", "[[team]]") {
        teams.extend(team(&mut reading, at, entries, &mut names));
    }
    let problems = reading.into_problems();
    if problems.is_empty() { Ok(TeamsFile { teams }) } else { Err(problems) }
}

fn team(reading: &mut Reading, at: usize, entries: &DeTable, names: &mut Names) -> Option<TeamSpec> {
    let table = Table::named(entries, at, "team");
    reading.known_keys(&table, &TEAM_KEYS);
    let name = name(reading, &table, names);
    let channel = reading.text(&table, "channel").and_then(|channel| channel_id(reading, channel));
    let zone = reading.text(&table, "timezone").and_then(|zone| zone_name(reading, zone));
    let managers = people(reading, &table, "managers", true);
    let observers = people(reading, &table, "observers", false);
    let mut shifts = Vec::new();
    let mut shift_names = Names::new("shifts");
    for (at, entries) in reading.tables(&table, "shift", "[[team.shift]]") {
        let table = Table::named(entries, at, "shift");
        shifts.extend(shift_spec(reading, &table, &observers, &mut shift_names));
    }
    Some(TeamSpec {
        name: name?,
        channel: channel?,
        zone: zone?,
        managers: plain(managers),
        observers: plain(observers),
        shifts,
    })
}

fn shift_spec(
    reading: &mut Reading,
    table: &Table,
    observers: &[Spanned<String>],
    names: &mut Names,
) -> Option<ShiftSpec> {
    reading.known_keys(table, &SHIFT_KEYS);
    let name = name(reading, table, names);
    let starts = reading.text(table, "starts").and_then(|starts| {
        let pattern = shift::Pattern::parse(starts.get_ref());
        reading.settle(starts.span().start, pattern.map(|pattern| pattern.to_string()))
    });
    let minutes = minutes(reading, table);
    let collect_ms = collect(reading, table, minutes);
    let agents = agents(reading, table, observers);
    let zone = match reading.optional_text(table, "timezone") {
        None => Some(ShiftZone::Team),
        Some(zone) if zone.get_ref() == "agent" => Some(ShiftZone::Agent),
        Some(zone) if zone.get_ref().eq_ignore_ascii_case("agent") => {
            reading.settle(zone.span().start, Err("\"agent\" is written in small letters".to_owned()))
        }
        Some(zone) => zone_name(reading, zone).map(ShiftZone::Named),
    };
    Some(ShiftSpec { name: name?, starts: starts?, minutes: minutes?, agents, zone: zone?, collect_ms: collect_ms? })
}

fn agents(reading: &mut Reading, table: &Table, observers: &[Spanned<String>]) -> Vec<String> {
    let agents = people(reading, table, "agents", true);
    for agent in &agents {
        if let Some(observer) = observers.iter().find(|observer| observer.get_ref() == agent.get_ref()) {
            let (id, line) = (agent.get_ref(), reading.line(observer.span().start));
            reading.problem(
                agent.span().start,
                format!("{id:?} is an observer of the team (line {line}) and cannot be its agent: observers only read"),
            );
        }
    }
    let list = table.value("agents").filter(|list| list.get_ref().as_array().is_some_and(|list| list.is_empty()));
    if let Some(list) = list {
        reading.problem(list.span().start, format!("{} has no agents", table.called));
    }
    plain(agents)
}

/// A shift's length: `hours` may be a fraction and comes to whole minutes.
fn minutes(reading: &mut Reading, table: &Table) -> Option<i64> {
    let hours = reading.number(table, "hours")?;
    let minutes = (hours.get_ref() * 60.0).round();
    let length = if *hours.get_ref() > 0.0 && *hours.get_ref() <= 24.0 && minutes >= 1.0 {
        Ok(minutes as i64)
    } else {
        Err(format!("hours must be more than 0 and at most 24, not {}", hours.get_ref()))
    };
    reading.settle(hours.span().start, length)
}

fn collect(reading: &mut Reading, table: &Table, minutes: Option<i64>) -> Option<i64> {
    let length = minutes.unwrap_or(24 * 60) * 60_000;
    let Some(written) = reading.optional_text(table, "collect") else {
        return Some(COLLECT_DEFAULT_MS.min(length));
    };
    let window = duration::parse(written.get_ref()).and_then(|window| match window {
        ..1_000 => Err(format!("collect must be at least 1s, not {:?}", written.get_ref())),
        _ if window > length => {
            let (window, length) = (duration::text(window), duration::text(length));
            Err(format!("collect ({window}) is longer than the shift ({length})"))
        }
        _ => Ok(window),
    });
    reading.settle(written.span().start, window)
}

/// The names used so far, with where.
struct Names {
    of: &'static str,
    seen: HashMap<String, usize>,
}

impl Names {
    fn new(of: &'static str) -> Names {
        Names { of, seen: HashMap::new() }
    }
}

fn name(reading: &mut Reading, table: &Table, names: &mut Names) -> Option<String> {
    let written = reading.text(table, "name")?;
    let (at, name) = (written.span().start, written.into_inner());
    let letters = name.chars().count();
    let checked = if name.is_empty() {
        Err("the name is empty".to_owned())
    } else if letters > NAME_MOST {
        Err(format!("a name has at most {NAME_MOST} characters, and this one has {letters}"))
    } else if name.chars().any(char::is_control) {
        Err("a name stands on one line".to_owned())
    } else if let Some(first) = names.seen.get(&name) {
        Err(format!("two {} are called {name:?}: the first stands on line {}", names.of, reading.line(*first)))
    } else {
        names.seen.insert(name.clone(), at);
        Ok(name)
    };
    reading.settle(at, checked)
}

fn people(reading: &mut Reading, table: &Table, key: &str, required: bool) -> Vec<Spanned<String>> {
    let mut people: Vec<Spanned<String>> = Vec::new();
    for person in reading.texts(table, key, required) {
        let (at, id) = (person.span().start, person.get_ref());
        if !slack_id(id, "UW") {
            reading.problem(at, format!("{id:?} in {key} is not a Slack user id: it starts with U or W (in Slack: the person's profile, the three dots, Copy member ID)"));
        } else if people.iter().any(|other| other.get_ref() == id) {
            reading.problem(at, format!("{id:?} stands twice in the {key} of {}", table.called));
        } else {
            people.push(person);
        }
    }
    people
}

fn channel_id(reading: &mut Reading, channel: Spanned<String>) -> Option<String> {
    let (at, id) = (channel.span().start, channel.into_inner());
    let checked = if slack_id(&id, "CG") {
        Ok(id)
    } else {
        Err(format!(
            "{id:?} is not a Slack channel id: it starts with C or G (in Slack: the end of the channel's details)"
        ))
    };
    reading.settle(at, checked)
}

fn slack_id(text: &str, kinds: &str) -> bool {
    text.len() >= 3
        && text.starts_with(|kind| kinds.contains(kind))
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

fn zone_name(reading: &mut Reading, zone: Spanned<String>) -> Option<String> {
    let known = shift::zone(zone.get_ref());
    let name = known.map(|known| known.iana_name().unwrap_or(zone.get_ref()).to_owned());
    reading.settle(zone.span().start, name)
}

fn plain(people: Vec<Spanned<String>>) -> Vec<String> {
    people.into_iter().map(Spanned::into_inner).collect()
}

#[cfg(test)]
mod tests;
