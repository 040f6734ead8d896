//! docs/operating.md says every event of the log and every metric: the page and the code are held together.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

pub const PAGE: &str = include_str!("../docs/operating.md");

/// A level and the names of fields, in their order.
type Said = (String, Vec<String>);

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        match path.extension().is_some_and(|kind| kind == "rs") {
            true => found.push(path),
            false if path.is_dir() => sources(&path, found),
            false => {}
        }
    }
}

/// What stands between the brackets that were just opened, cut at its outermost commas.
fn arguments(text: &str) -> Vec<String> {
    let (mut depth, mut quoted, mut escaped, mut all) = (0, false, false, vec![String::new()]);
    for letter in text.chars() {
        match letter {
            '"' if !escaped => quoted = !quoted,
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' | ']' | '}' if !quoted && depth == 0 => break,
            ')' | ']' | '}' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                all.push(String::new());
                continue;
            }
            _ => {}
        }
        escaped = quoted && letter == '\\' && !escaped;
        all.last_mut().expect("one").push(letter);
    }
    all.iter().map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()).collect()
}

/// The events of a source, each with its level and its fields; one without a name is named after its place.
fn events(path: &Path, text: &str) -> Vec<(String, Said)> {
    let mut found = Vec::new();
    for level in ["error", "warn", "info", "debug", "trace"] {
        let opening = format!("tracing::{level}!(");
        for (at, _) in text.match_indices(&opening) {
            let arguments = arguments(&text[at + opening.len()..]);
            let name = arguments.first().and_then(|first| first.strip_prefix("event = \"")?.strip_suffix('"'));
            let line = text[..at].matches('\n').count() + 1;
            let name = name.map_or_else(|| format!("nameless at {}:{line}", path.display()), str::to_owned);
            let fields = arguments.iter().skip(1).filter(|one| !one.starts_with('"'));
            let field = |one: &String| {
                let name = one.split(" = ").next().unwrap_or_default();
                name.trim_start_matches(['%', '?']).to_owned()
            };
            found.push((name, (level.to_owned(), fields.map(field).collect())));
        }
    }
    found
}

/// The rows of the page's tables whose first cell is a name in backticks.
fn table(from: &str) -> Vec<Vec<String>> {
    let rest = &PAGE[PAGE.find(from).expect("a heading")..];
    let end = rest[from.len()..].find("\n## ").map_or(rest.len(), |end| end + from.len());
    let rows = rest[..end].lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
}

#[test]
fn the_log_says_what_the_page_says() {
    let mut paths = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut paths);
    let mut told = BTreeMap::<String, BTreeSet<Said>>::new();
    for path in &paths {
        for (name, said) in events(path, &fs::read_to_string(path).expect("text")) {
            told.entry(name).or_default().insert(said);
        }
    }
    assert!(told.len() > 30, "the sources were not found: {told:?}");
    let mut page = BTreeMap::<String, BTreeSet<Said>>::new();
    for row in table("## Log") {
        let fields = row[2].split(", ").filter(|field| !field.is_empty()).map(str::to_owned).collect();
        page.entry(row[0].trim_matches('`').to_owned()).or_default().insert((row[1].clone(), fields));
    }
    let differ = |one: &BTreeMap<_, _>, other: &BTreeMap<_, _>| {
        let lacking = one.iter().filter(|(name, said)| other.get(*name) != Some(*said));
        lacking.map(|(name, said)| format!("{name} {said:?}")).collect::<Vec<_>>()
    };
    let (unsaid, untold) = (differ(&told, &page), differ(&page, &told));
    assert!(
        unsaid.is_empty() && untold.is_empty(),
        "in the code, not so in docs/operating.md: {unsaid:#?}\nthere, not so in the code: {untold:#?}"
    );
}

/// The metrics that the page names, without what the format adds to a counter.
pub fn metrics() -> BTreeSet<String> {
    let names = table("## Metrics").into_iter().map(|row| row[0].trim_matches('`').to_owned());
    names
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'))
        .map(|name| name.trim_end_matches("_total").trim_end_matches("_info").to_owned())
        .collect()
}

#[test]
fn the_reader_of_events_sees_what_it_should() {
    let text = "tracing::warn!(event = \"one\", key = %row.key(a, b), ?wait, why, \"a, \\\"b\\\" (c\");\n tracing::info!(\"{line}\");";
    let found = events(Path::new("x.rs"), text);
    let fields = ["key", "wait", "why"].map(str::to_owned).to_vec();
    assert_eq!(found[0], ("one".to_owned(), ("warn".to_owned(), fields)));
    assert_eq!(found[1], ("nameless at x.rs:2".to_owned(), ("info".to_owned(), Vec::new())));
}
