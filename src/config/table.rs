//! A table of a TOML file, read key by key: each reader notes what is wrong, with its place, and goes on.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Problem;

/// The file being read and what was found wrong in it.
pub struct Reading<'t> {
    text: &'t str,
    problems: Vec<Problem>,
}

/// A table, where it begins, and what a person would call it.
pub struct Table<'t> {
    pub entries: &'t DeTable<'t>,
    pub at: usize,
    pub called: String,
}

impl<'t> Table<'t> {
    /// A table that is called by its name, when it has one.
    pub fn named(entries: &'t DeTable<'t>, at: usize, noun: &str) -> Table<'t> {
        let name = entries.get("name").and_then(|name| name.get_ref().as_str()).map(str::trim);
        let called = match name.filter(|name| !name.is_empty()) {
            Some(name) => format!("{noun} {name:?}"),
            None => format!("this {noun}"),
        };
        Table { entries, at, called }
    }

    pub fn value(&self, key: &str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.entries.get(key)
    }
}

impl<'t> Reading<'t> {
    pub fn new(text: &'t str) -> Reading<'t> {
        Reading { text, problems: Vec::new() }
    }

    pub fn line(&self, at: usize) -> usize {
        1 + self.text.bytes().take(at).filter(|byte| *byte == b'\n').count()
    }

    pub fn problem(&mut self, at: usize, reason: impl Into<String>) {
        let problem = Problem { line: self.line(at), reason: reason.into() };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// Takes a good value, or notes why it is not.
    pub fn settle<T>(&mut self, at: usize, value: Result<T, String>) -> Option<T> {
        value.map_err(|reason| self.problem(at, reason)).ok()
    }

    pub fn into_problems(mut self) -> Vec<Problem> {
        self.problems.sort_by_key(|problem| problem.line);
        self.problems
    }

    pub fn known_keys(&mut self, table: &Table, known: &[&str]) {
        for key in table.entries.keys().filter(|key| !known.contains(&key.get_ref().as_ref())) {
            let written = key.get_ref();
            let advice = match nearest(written, known) {
                Some(near) => format!("did you mean {near:?}?"),
                None => format!("{} may hold {}", table.called, known.join(", ")),
            };
            self.problem(key.span().start, format!("unknown key {written:?}: {advice}"));
        }
    }

    /// A text that must be there, trimmed.
    pub fn text(&mut self, table: &Table, key: &str) -> Option<Spanned<String>> {
        if table.value(key).is_none() {
            self.missing(table, key);
        }
        self.optional_text(table, key)
    }

    pub fn optional_text(&mut self, table: &Table, key: &str) -> Option<Spanned<String>> {
        let value = table.value(key)?;
        self.as_text(value, || format!("{key} must be a text in quotes"))
    }

    /// A number that must be there.
    pub fn number(&mut self, table: &Table, key: &str) -> Option<Spanned<f64>> {
        let Some(value) = table.value(key) else {
            self.missing(table, key);
            return None;
        };
        let number = match value.get_ref() {
            // One that is too long for any number is beyond every limit, too.
            DeValue::Integer(written) => {
                Some(i64::from_str_radix(written.as_str(), written.radix()).map_or(f64::INFINITY, |n| n as f64))
            }
            DeValue::Float(written) => written.as_str().parse().ok(),
            _ => None,
        };
        let number = number.ok_or_else(|| format!("{key} must be a number such as 8 or 7.5, not {}", kind(value)));
        self.settle(value.span().start, number).map(|number| Spanned::new(value.span(), number))
    }

    /// A list of texts; what is no text in it is reported and left out.
    pub fn texts(&mut self, table: &Table, key: &str, required: bool) -> Vec<Spanned<String>> {
        let Some(value) = table.value(key) else {
            if required {
                self.missing(table, key);
            }
            return Vec::new();
        };
        let DeValue::Array(items) = value.get_ref() else {
            self.problem(value.span().start, format!("{key} must be a list such as [\"U0ANA\"], not {}", kind(value)));
            return Vec::new();
        };
        items.iter().filter_map(|item| self.as_text(item, || format!("{key} must hold texts in quotes"))).collect()
    }

    /// The tables of a list of which there must be one at least, written with two brackets each.
    pub fn tables<'d>(&mut self, table: &Table<'d>, key: &str, header: &str) -> Vec<(usize, &'d DeTable<'d>)> {
        let Some(value) = table.value(key) else {
            self.problem(table.at, format!("{} has no {key}: add a {header}", table.called));
            return Vec::new();
        };
        let DeValue::Array(items) = value.get_ref() else {
            self.problem(value.span().start, format!("write {header}, with two brackets on each side"));
            return Vec::new();
        };
        if items.is_empty() {
            self.problem(value.span().start, format!("{} has no {key}: add a {header}", table.called));
        }
        let mut tables = Vec::new();
        for item in items.iter() {
            match item.get_ref() {
                DeValue::Table(entries) => tables.push((item.span().start, entries)),
                _ => self.problem(item.span().start, format!("a {key} is written as {header}, not as {}", kind(item))),
            }
        }
        tables
    }

    fn missing(&mut self, table: &Table, key: &str) {
        self.problem(table.at, format!("{} has no {key:?}", table.called));
    }

    fn as_text(&mut self, value: &Spanned<DeValue>, rule: impl Fn() -> String) -> Option<Spanned<String>> {
        let text = value.get_ref().as_str().map(|text| Spanned::new(value.span(), text.trim().to_owned()));
        self.settle(value.span().start, text.ok_or_else(|| format!("{}, not {}", rule(), kind(value))))
    }
}

fn kind(value: &Spanned<DeValue>) -> &'static str {
    match value.get_ref() {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or a time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// The known key that was probably meant: at most a third of it is different, or the one is a part of the other.
fn nearest<'k>(written: &str, known: &[&'k str]) -> Option<&'k str> {
    let written = written.to_lowercase();
    let part = |key: &&&str| written.len() >= 3 && (key.contains(&*written) || written.contains(**key));
    let close = known.iter().map(|key| (edits(&written, key), *key)).min()?;
    if close.0 <= (close.1.len() / 3).max(1) { Some(close.1) } else { known.iter().find(part).copied() }
}

/// How many letters must be put in, taken out or changed to make the one word the other.
fn edits(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let changed = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}
