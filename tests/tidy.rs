//! The house rules, read off the sources: who may import whom, how big things grow, where time, SQL and words live.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Above the first number a file or function is named, above the second it is refused.
const FILE: (usize, usize) = (400, 600);
const FUNCTION: (usize, usize) = (70, 105);

/// Modules of the product, from the longest path to the shortest, and what each may import of ours.
const LAYERS: &[(&str, &[&str])] = &[
    ("slack/view", &["rules", "slack/view"]),
    ("slack", &["rules", "slack"]),
    ("rules", &["rules"]),
    ("store", &["rules", "store"]),
    ("flows", &["rules", "store", "flows"]),
    ("courier", &["rules", "store", "slack", "slack/view", "courier", "clock"]),
    ("clock", &["rules", "clock"]),
    ("config", &["rules", "config"]),
];

/// The macros of `store`, which stand in the crate's root.
const MACROS: [&str; 8] = ["on", "run", "asked", "row", "rows", "read_tx", "glance", "write_tx"];

/// Who may wait in real time, and why; everybody else has the clock.
const REAL_TIME: &[(&str, &str)] = &[
    ("src/clock.rs", "it is the clock"),
    ("src/slack/client/transport.rs", "deadlines of HTTP"),
    ("src/slack/socket.rs", "deadlines of a socket, and the pause before a new one"),
    ("src/slack/socket/connection.rs", "deadlines of a socket"),
    ("src/courier.rs", "how long a stop waits, and the pause when the database is away"),
    ("src/server.rs", "how long a stop may take"),
    ("src/server/http.rs", "deadlines of HTTP, and the moment that a balancer needs"),
    ("src/server/identity.rs", "how long Slack may take before what it sent is acknowledged"),
    ("src/server/line.rs", "how long Slack waits for an acknowledgement"),
    ("src/server/listen.rs", "deadlines of HTTP"),
    ("src/server/metrics.rs", "how long the database may take, and how long its figures are kept"),
    ("src/server/operate.rs", "how long the database may take, and how long its answer is kept"),
    ("src/server/seldom.rs", "the second of a line of the log"),
    ("src/store/connection.rs", "how long an answer of the database is waited for"),
    ("src/store/pool.rs", "the pause before a file that another process holds is opened again"),
    ("src/demo/time.rs", "somebody looks on"),
];

struct Source {
    /// From the root of the repository.
    path: String,
    text: String,
}

impl Source {
    fn is_test(&self) -> bool {
        let path = &self.path;
        path.starts_with("tests/") || path.contains("/tests/") || path.ends_with("/tests.rs")
    }

    /// The lines that are no comment, with their numbers.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(at, line)| (at + 1, line));
        lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// `rules/stuck` for src/rules/stuck.rs.
    fn module(&self) -> Option<&str> {
        let path = self.path.strip_prefix("src/")?.strip_suffix(".rs")?;
        Some(path.strip_suffix("/mod").unwrap_or(path))
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    for folder in ["src", "tests", "bench", "examples", "sandbox/src", "sandbox/tests", "sim/src", "sim/tests"] {
        collect(&root().join(folder), &mut found);
    }
    assert!(found.len() > 100, "the sources were not found");
    found
}

fn collect(folder: &Path, found: &mut Vec<Source>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            let name = path.strip_prefix(root()).expect("inside").to_str().expect("a plain name").to_owned();
            found.push(Source { path: name, text: fs::read_to_string(&path).expect("text") });
        }
    }
}

/// What each source says that it should not, all of it at once.
fn refuse(rule: &str, wrong: impl Fn(&Source, &mut Vec<String>)) {
    let mut told = String::new();
    for source in sources() {
        let mut found = Vec::new();
        wrong(&source, &mut found);
        for one in found {
            let _ = write!(told, "\n{}:{one}", source.path);
        }
    }
    assert!(told.is_empty(), "{rule}:{told}");
}

/// Every name that follows `crate::`, groups opened: `use crate::{flows, store::Db}` gives both. `slack::view` is a place of its own.
fn imports(line: &str, before: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in line.match_indices(before) {
        let inside = at.checked_sub(1).is_some_and(|at| line.as_bytes()[at].is_ascii_alphanumeric());
        let rest = &line[at + before.len()..];
        if inside {
            continue;
        }
        match rest.strip_prefix('{') {
            Some(group) => names.extend(outermost(group).into_iter().map(place)),
            None => names.push(place(rest)),
        }
    }
    names
}

fn outermost(group: &str) -> Vec<&str> {
    let (mut depth, mut from, mut parts) = (0, 0, Vec::new());
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => {
                parts.push(group[from..at].trim());
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(group[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    parts
}

fn place(path: &str) -> String {
    let end = path.find(|letter: char| !letter.is_alphanumeric() && letter != '_' && letter != ':');
    let mut parts = path[..end.unwrap_or(path.len())].split("::");
    match (parts.next().unwrap_or_default(), parts.next()) {
        ("slack", Some("view")) => "slack/view".to_owned(),
        (name, _) if MACROS.contains(&name) => "store".to_owned(),
        (name, _) => name.to_owned(),
    }
}

fn within(module: &str, layer: &str) -> bool {
    module == layer || module.strip_prefix(layer).is_some_and(|rest| rest.starts_with('/'))
}

#[test]
fn each_layer_imports_only_what_it_may() {
    refuse("imports", |source, wrong| {
        let Some(module) = source.module().filter(|_| !source.is_test()) else { return };
        let Some((layer, may)) = LAYERS.iter().find(|(layer, _)| within(module, layer)) else { return };
        // A `use` may go over several lines; one statement a line is what is looked at.
        let joined = source.text.replace(",\n", ",").replace("{\n", "{");
        let code = joined.lines().filter(|line| !line.trim_start().starts_with("//"));
        for name in code.flat_map(|line| imports(line, "crate::")) {
            if !may.contains(&name.as_str()) {
                wrong.push(format!(" {layer} imports {name}; it may import {}", may.join(", ")));
            }
        }
        let climbs = module.matches('/').count() - layer.matches('/').count();
        let too_far = "super::".repeat(climbs + 1);
        for (line, _) in source.code().filter(|(_, line)| line.contains(&too_far)) {
            wrong.push(format!("{line}: {too_far} leaves {layer}"));
        }
    });
}

#[test]
fn rules_do_nothing_but_decide() {
    let outside = ["async ", "tokio", "sqlx", "reqwest", "tracing::", "std::fs", "std::net", "std::env", "println!"];
    refuse("rules are pure", |source, wrong| {
        if !source.path.starts_with("src/rules/") || source.is_test() {
            return;
        }
        for (number, line) in source.code() {
            wrong.extend(outside.iter().filter(|one| line.contains(*one)).map(|one| format!("{number}: {one}")));
        }
    });
}

#[test]
fn the_sandbox_and_the_product_know_nothing_of_each_other() {
    refuse("the sandbox knows no bot, and the bot no sandbox outside the demo", |source, wrong| {
        let of_sandbox = source.path.starts_with("sandbox/");
        let free = source.is_test() && !of_sandbox
            || source.path.starts_with("src/demo/")
            || source.path.starts_with("bench/")
            || source.path.starts_with("sim/");
        let forbidden = if of_sandbox { "unstuck::" } else { "sandbox::" };
        let found = source.code().filter(|(_, line)| !free && line.contains(forbidden));
        wrong.extend(found.map(|(number, line)| format!("{number}: {}", line.trim())));
    });
    let manifest = fs::read_to_string(root().join("sandbox/Cargo.toml")).expect("its manifest");
    assert!(!manifest.contains("unstuck"), "sandbox/Cargo.toml names the product");
}

/// SQL is `store`'s, HTTP and Block Kit are `slack`'s; whoever wants them asks these two.
#[test]
fn sql_and_slack_stay_in_their_places() {
    let rules: &[(&str, &[&str])] = &[
        ("src/store/", &["sqlx", "run!(", "rows!(", "\"select ", "\"insert into ", "\"delete from "]),
        ("src/slack/", &["slack_morphism", "reqwest", "tungstenite", "\"plain_text\"", "\"mrkdwn\"", "\"rich_text\""]),
    ];
    refuse("a place of its own", |source, wrong| {
        if !source.path.starts_with("src/") || source.is_test() {
            return;
        }
        for (place, theirs) in rules.iter().filter(|(place, _)| !source.path.starts_with(place)) {
            for (number, line) in source.code() {
                let found = theirs.iter().filter(|one| line.contains(*one));
                wrong.extend(found.map(|one| format!("{number}: {one} belongs into {place}")));
            }
        }
    });
}

#[test]
fn time_comes_from_the_clock() {
    let looks = ["SystemTime::now", "Timestamp::now", "Zoned::now", "Utc::now", "Local::now"];
    refuse("time", |source, wrong| {
        if !source.path.starts_with("src/") || source.is_test() {
            return;
        }
        let real = REAL_TIME.iter().any(|(path, _)| *path == source.path);
        for (number, line) in source.code() {
            let civil = source.path != "src/clock.rs" && looks.iter().any(|look| line.contains(look));
            let elapsed = !real && (line.contains("Instant::now") || line.contains("tokio::time"));
            if civil || elapsed {
                wrong.push(format!("{number}: {}", line.trim()));
            }
        }
    });
    for (path, _) in REAL_TIME {
        assert!(root().join(path).exists(), "{path} is excused and does not exist");
    }
}

#[test]
fn nothing_is_unwrapped_left_out_or_put_off() {
    let never = ["#[ignore", "todo!(", "unimplemented!(", "dbg!(", "TODO", "FIXME"];
    refuse("not here", |source, wrong| {
        // This file has to name them.
        if source.path == "tests/tidy.rs" {
            return;
        }
        for (number, line) in source.text.lines().enumerate() {
            let unwraps = !source.is_test() && line.contains(".unwrap()");
            if unwraps || never.iter().any(|one| line.contains(one)) {
                wrong.push(format!("{}: {}", number + 1, line.trim()));
            }
        }
    });
}

/// A test file that nobody declares is never run.
#[test]
fn every_file_is_declared() {
    let all = sources();
    let declared = |file: &Source, name: &str, by: &Source| {
        let path = Path::new(&file.path).file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let plain = by.code().any(|(_, line)| line.trim_end().ends_with(&format!("mod {name};")));
        plain || by.text.contains(&format!("/{path}\"]"))
    };
    for file in &all {
        let (folder, name) = file.path.rsplit_once('/').expect("a folder");
        let name = name.trim_end_matches(".rs");
        if ["src", "tests", "sandbox/src", "sandbox/tests", "sim/src", "sim/tests"].contains(&folder)
            && ["main", "lib"].contains(&name)
            // Cargo finds programs by itself.
            || folder.ends_with("src/bin")
            || folder.starts_with("bench")
            || folder.starts_with("examples")
        {
            continue;
        }
        // x/mod.rs is declared beside x.
        let (folder, name) = if name == "mod" { folder.rsplit_once('/').expect("a folder") } else { (folder, name) };
        let parents = ["/mod.rs", "/lib.rs", "/main.rs", ".rs"].map(|end| format!("{folder}{end}"));
        let by = all.iter().filter(|one| parents.contains(&one.path) || one.path.starts_with("tests/"));
        assert!(by.into_iter().any(|by| declared(file, name, by)), "{} is declared nowhere", file.path);
    }
}

#[test]
fn files_and_functions_stay_small() {
    let (mut named, mut refused) = (Vec::new(), Vec::new());
    let mut judge = |what: String, lines: usize, (note, limit): (usize, usize)| {
        let told = format!("{what}: {lines} lines (limit {limit})");
        if lines > limit {
            refused.push(told);
        } else if lines > note {
            named.push(told);
        }
    };
    for source in sources() {
        judge(source.path.clone(), source.text.lines().count(), FILE);
        for (name, lines) in functions(&source.text) {
            judge(format!("{} fn {name}", source.path), lines, FUNCTION);
        }
    }
    for told in named {
        eprintln!("large: {told}");
    }
    assert!(refused.is_empty(), "too large:\n{}", refused.join("\n"));
}

/// Names and lengths, by rustfmt's indentation: a function ends at the brace below its first letter.
fn functions(text: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let heads = ["fn ", "pub fn ", "async fn ", "pub async fn ", "const fn ", "pub const fn "];
        let narrow = code.starts_with("pub(") && code.contains(" fn ");
        if !narrow && !heads.iter().any(|head| code.starts_with(head)) {
            continue;
        }
        let end = format!("{}}}", &line[..line.len() - code.len()]);
        let Some(length) = lines[at..].iter().position(|line| *line == end) else { continue };
        let name = code.split_once("fn ").map_or("", |(_, rest)| rest);
        found.push((name.split(['(', '<']).next().unwrap_or_default().to_owned(), length + 1));
    }
    found
}

#[test]
fn the_reader_of_sources_sees_what_it_should() {
    assert_eq!(
        imports("use crate::{flows, read_tx, store::{self, Db}, slack::view};", "crate::"),
        ["flows", "store", "store", "slack/view"]
    );
    assert_eq!(imports("    let x = crate::slack::view::emoji(y);", "crate::"), ["slack/view"]);
    assert_eq!(imports("use $crate::store::TxOn;", "crate::"), ["store"]);
    assert_eq!(functions("fn a() {\n    b();\n}\n"), [("a".to_owned(), 3)]);
}
