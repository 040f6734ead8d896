//! A proof that cannot fail proves nothing. Each saboteur takes one part of the mechanism out of a copy of the sources, and the simulation or
//! the race must catch it within what CI can spend, and name the promise that it breaks. What one seed or race caught is then run again
//! without the saboteur, and must keep every promise: so it was the saboteur that was caught.
//!
//! All of them are built into one copy, and SABOTEUR names the one who is at work.

use std::fs;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

mod cron_in_a_zone;

/// Seeds that a saboteur must not survive, and their days.
const SEEDS: &str = "64";
const DAYS: &str = "7";
/// The programs of the copy; those of the sound sources keep their names beside them.
const SIM: &str = "saboteurs-sim";
const RACE: &str = "saboteurs-race";

/// One change of the sources, which does nothing unless its saboteur is at work.
struct Cut {
    file: &'static str,
    /// Stands in the file exactly once.
    takes: &'static str,
    puts: &'static str,
}

const CUTS: &[Cut] = &[
    // What is not marked as shown counts as not sent.
    Cut {
        file: "src/rules/message.rs",
        takes: r#"at.doubtful(now + SETTLE, now, "its worker went away"),"#,
        puts: r#"if crate::at_work("send-then-mark") { at.again(key, now, "its worker went away") }
                 else { at.doubtful(now + SETTLE, now, "its worker went away") },"#,
    },
    // No answer is a reason to send again.
    Cut {
        file: "src/rules/message.rs",
        takes: "(Sending, false, Ambiguous(why)) => at.doubtful(now + SETTLE, now, &why).settled(),",
        puts: r#"(Sending, false, Ambiguous(why)) if crate::at_work("blind-resend") => at.again(key, now, &why).settled(),
                 (Sending, false, Ambiguous(why)) => at.doubtful(now + SETTLE, now, &why).settled(),"#,
    },
    // However old its claim is, a worker sends.
    Cut {
        file: "src/courier/send.rs",
        takes: "Duration::from_millis(TRUST.unsigned_abs())",
        puts: r#"if crate::at_work("no-trust-window") { Duration::from_secs(u32::MAX.into()) }
                 else { Duration::from_millis(TRUST.unsigned_abs()) }"#,
    },
    // What the last look sees is not compared with what was shown last.
    Cut {
        file: "src/rules/message.rs",
        takes: "(Shown, _, Rechecked { shows: Some(hash) }) if hash != at.shown_hash => at.overtaken(now),",
        puts: r#"(Shown, _, Rechecked { shows: Some(hash) }) if hash != at.shown_hash && !crate::at_work("no-last-edit") => {
                 at.overtaken(now)
                 }"#,
    },
    // Whatever Slack sends is new.
    Cut {
        file: "src/store/seen.rs",
        takes: "Ok(touched == 1)",
        puts: r#"Ok(touched == 1 || crate::at_work("no-de-duplication"))"#,
    },
    // Whoever settles a message goes by what it is now, and does not ask whether it is still the one that was claimed.
    Cut {
        file: "src/store/message.rs",
        takes: "let saved = save(tx, row, &after).await?;",
        puts: r#"let row = &if crate::at_work("no-version-check") { get(tx, &row.key).await? } else { row.clone() };
                 let saved = save(tx, row, &after).await?;"#,
    },
    Cut {
        file: "src/rules/shift.rs",
        takes: "pub fn owed(pattern: &Pattern, zone: &TimeZone, from: i64, to: i64) -> Vec<Occurrence> {",
        puts: r#"pub fn owed(pattern: &Pattern, zone: &TimeZone, from: i64, to: i64) -> Vec<Occurrence> {
                 if crate::at_work("cron-in-a-zone") {
                     return fires(pattern, zone, from).take_while(|one| one.start <= to).collect();
                 }"#,
    },
    Cut {
        file: "src/rules/shift.rs",
        takes: "pub fn next(pattern: &Pattern, zone: &TimeZone, after: i64) -> Option<Occurrence> {",
        puts: r#"pub fn next(pattern: &Pattern, zone: &TimeZone, after: i64) -> Option<Occurrence> {
                 if crate::at_work("cron-in-a-zone") {
                     return fires(pattern, zone, after).next();
                 }"#,
    },
    Cut { file: "src/rules/shift.rs", takes: "#[cfg(test)]\nmod tests;", puts: cron_in_a_zone::FIRES },
    // A transaction asks for the right to write when it comes to write, and by then what it has read may be old.
    Cut {
        file: "src/store/connection.rs",
        takes: ".execute(BEGIN)",
        puts: r#".execute(if crate::at_work("deferred-begin") { "begin deferred" } else { BEGIN })"#,
    },
    // On PostgreSQL a plain begin loses without a word what somebody else wrote meanwhile, unless the update names what was read, and the
    // entries of a journal are numbered.
    Cut {
        file: "src/store/mod.rs",
        takes: "if touched == 1 { Ok(()) }",
        puts: r#"if touched == 1 || crate::at_work("no-compare-and-set") { Ok(()) }"#,
    },
    Cut {
        file: "src/store/stuck.rs",
        takes: "&count.to_string()]",
        puts: r#"&count.to_string(), if crate::at_work("no-compare-and-set") { actor.as_str() } else { "" }]"#,
    },
    // Who lost a race is told so, and does not try again.
    Cut {
        file: "src/store/mod.rs",
        takes: "if tries == TRIES || ",
        puts: r#"if tries == TRIES || crate::at_work("no-second-try") || "#,
    },
    Cut {
        file: "src/lib.rs",
        takes: "pub mod clock;",
        puts: r#"pub mod clock;
                 pub(crate) fn at_work(saboteur: &str) -> bool {
                     std::env::var("SABOTEUR").is_ok_and(|name| name == saboteur)
                 }"#,
    },
];

#[test]
fn send_then_mark_is_caught() {
    in_a_seed("send-then-mark", "P2", "1");
}

#[test]
fn blind_resend_is_caught() {
    in_a_seed("blind-resend", "P2", "1");
}

#[test]
fn no_trust_window_is_caught() {
    in_a_seed("no-trust-window", "P2", "1");
}

#[test]
fn no_last_edit_is_caught() {
    in_a_seed("no-last-edit", "P2", "3");
}

#[test]
fn no_de_duplication_is_caught() {
    in_a_seed("no-de-duplication", "P7", "1");
}

#[test]
fn no_version_check_is_caught() {
    in_a_seed("no-version-check", "P2", "41");
}

#[test]
fn cron_in_a_zone_is_caught() {
    // A day that has no such hour has no start for cron, in none of the zones.
    let (seeds, days) = (super::LOST_HOURS, super::LOST_HOUR_DAYS);
    let (first, all) = (seeds.start, seeds.count());
    let run = format!("{SIM} --weather lost-hour --keep-going --seed {first} --seeds {all} --days {days}");
    let said = caught("cron-in-a-zone", "P1", &run.split(' ').collect::<Vec<_>>());
    assert_eq!(said.matches("P1 owed once: no check-in for").count(), all, "not in each zone: {said}");
}

#[test]
fn deferred_begin_is_caught() {
    caught("deferred-begin", "P10", &[RACE, "--rounds", "10"]);
}

#[test]
fn no_compare_and_set_is_caught_on_postgres() {
    caught("no-compare-and-set", "P4", &[RACE, "--rounds", "10", "--database", &super::postgres()]);
}

#[test]
fn no_second_try_is_caught_on_postgres() {
    caught("no-second-try", "P10", &[RACE, "--rounds", "10", "--database", &super::postgres()]);
}

/// Seeds are lived until one breaks a promise; without the saboteur that one keeps them.
fn in_a_seed(saboteur: &str, breaks: &str, first: &str) {
    let run = [SIM, "--seed", first, "--seeds", SEEDS, "--days", DAYS, "--jobs", "1"];
    let said = breaks_it(saboteur, breaks, &run);
    let seed = said.lines().find_map(|line| line.strip_prefix("seed ")?.split(':').next()).expect("its seed");
    keeps_it(&[SIM, "--seed", seed, "--days", DAYS]);
}

fn caught(saboteur: &str, breaks: &str, run: &[&str]) -> String {
    let said = breaks_it(saboteur, breaks, run);
    keeps_it(run);
    said
}

fn breaks_it(saboteur: &str, breaks: &str, run: &[&str]) -> String {
    let (done, said) = runs(saboteur, run);
    assert_eq!(done.status.code(), Some(1), "{saboteur} goes about undetected: {said}");
    assert!(said.starts_with(&format!("{breaks} ")), "{saboteur} should break {breaks}: {said}");
    said
}

fn keeps_it(run: &[&str]) {
    let (done, said) = runs("nobody", run);
    assert!(done.status.success(), "{run:?} breaks a promise without any saboteur: {said}");
}

fn runs(saboteur: &str, run: &[&str]) -> (Output, String) {
    static PROGRAMS: OnceLock<PathBuf> = OnceLock::new();
    let mut program = Command::new(PROGRAMS.get_or_init(build).join(run[0]));
    let done = program.args(&run[1..]).env("SABOTEUR", saboteur).stderr(Stdio::null()).output().expect("it starts");
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    (done, said)
}

/// Builds the simulation and the race from the copy, in the target directory of this test, so that only the product is compiled anew;
/// gives where the programs are.
fn build() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.parent().expect("the workspace");
    let executable = std::env::current_exe().expect("this test");
    let target = executable.ancestors().nth(3).expect("target/debug/deps/test");
    let tree = target.join("saboteurs");
    fs::create_dir_all(&tree).expect("made");
    // Each test is a process of its own; one of them builds.
    let turn = File::create(tree.join("lock")).expect("a lock");
    turn.lock().expect("the turn");

    for part in ["src", "migrations", "sim/src", "Cargo.lock", "manifest.yml"] {
        copy(root, &tree, Path::new(part));
    }
    let beside = format!("path = \"{}\"", root.join("sandbox").display());
    let product = read(&root.join("Cargo.toml"));
    let product = replace_once(&product, "members = [\"sandbox\", \"sim\"]", "members = [\"sim\"]");
    // Cargo tells packages of one layout apart by their versions, not by where they stand.
    let product = replace_once(&product, "version = \"0.1.0\"", "version = \"0.1.0-saboteurs\"");
    write(&tree.join("Cargo.toml"), &replace_once(&product, "path = \"sandbox\"", &beside));
    let proof = replace_once(&read(&here.join("Cargo.toml")), "path = \"../sandbox\"", &beside);
    let proof = replace_once(&proof, "default-run = \"unstuck-sim\"", "autobins = false");
    let programs = [(SIM, "src/main.rs"), (RACE, "src/bin/unstuck-race.rs")];
    let programs = programs.map(|(name, path)| format!("\n[[bin]]\nname = \"{name}\"\npath = \"{path}\"\n"));
    write(&tree.join("sim/Cargo.toml"), &(proof + &programs.concat()));
    // The manifests name them.
    write(&tree.join("tests/main.rs"), "");
    write(&tree.join("sim/tests/main.rs"), "");

    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet", "--offline", "-p", "unstuck-sim", "--bins"]);
    // What cargo tells this test of its package would be another world to the build scripts of dependencies, and they would run again.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_PKG_") || name.to_string_lossy().starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(name);
        }
    }
    let built = cargo.current_dir(&tree).env("CARGO_TARGET_DIR", target).output().expect("cargo");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    target.join("debug")
}

/// With the cuts. What is the same already is left as it is, so that it is not compiled again.
fn copy(root: &Path, tree: &Path, part: &Path) {
    let from = root.join(part);
    if from.is_dir() {
        for entry in fs::read_dir(from).expect("a folder") {
            copy(root, tree, &part.join(entry.expect("an entry").file_name()));
        }
        return;
    }
    let cuts = CUTS.iter().filter(|cut| part == Path::new(cut.file));
    write(&tree.join(part), &cuts.fold(read(&from), |text, cut| replace_once(&text, cut.takes, cut.puts)));
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn write(path: &Path, text: &str) {
    if fs::read_to_string(path).is_ok_and(|there| there == text) {
        return;
    }
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs::write(path, text).expect("written");
}

fn replace_once(text: &str, takes: &str, puts: &str) -> String {
    assert_eq!(text.matches(takes).count(), 1, "not once in the sources: {takes}");
    text.replacen(takes, puts, 1)
}
