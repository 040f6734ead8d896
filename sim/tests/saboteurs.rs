//! A proof that cannot fail proves nothing. Each saboteur takes one part of the mechanism out of a copy of the sources; the copy is built, and the
//! simulation or the race must catch it within what CI can spend, and name the promise that it breaks.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Seeds that a saboteur must not survive, and their days: what CI lives of the true sources.
const SEEDS: &str = "64";
const DAYS: &str = "7";

struct Saboteur {
    name: &'static str,
    file: &'static str,
    /// Stands in the file exactly once.
    takes: &'static str,
    puts: &'static str,
    /// The promise that breaks.
    breaks: &'static str,
}

#[test]
fn send_then_mark_is_caught() {
    // What is not marked as shown counts as not sent.
    simulated(&Saboteur {
        name: "send-then-mark",
        file: "src/rules/message.rs",
        takes: r#"(Sending, false, LeaseExpired) => at.doubtful(now + SETTLE, now, "its worker went away"),"#,
        puts: r#"(Sending, false, LeaseExpired) => at.again(key, now, "its worker went away"),"#,
        breaks: "P2",
    });
}

#[test]
fn blind_resend_is_caught() {
    simulated(&Saboteur {
        name: "blind-resend",
        file: "src/rules/message.rs",
        takes: "(Sending, false, Ambiguous(why)) => at.doubtful(now + SETTLE, now, &why).settled(),",
        puts: "(Sending, false, Ambiguous(why)) => at.again(key, now, &why).settled(),",
        breaks: "P2",
    });
}

#[test]
fn no_trust_window_is_caught() {
    simulated(&Saboteur {
        name: "no-trust-window",
        file: "src/courier/send.rs",
        takes: "Duration::from_millis(TRUST.unsigned_abs())",
        puts: "Duration::from_millis(TRUST.unsigned_abs() * 1_000_000)",
        breaks: "P2",
    });
}

#[test]
fn no_de_duplication_is_caught() {
    simulated(&Saboteur {
        name: "no-de-duplication",
        file: "src/store/seen.rs",
        takes: "Ok(touched == 1)",
        puts: "Ok(touched <= 1)",
        breaks: "P7",
    });
}

#[test]
fn no_version_check_is_caught() {
    // Whoever settles a message does not ask whether it is still the one that was claimed.
    simulated(&Saboteur {
        name: "no-version-check",
        file: "src/store/message.rs",
        takes: "where workspace = $1 and key = $2 and state = $3 and fence = $4\",",
        puts: "where workspace = $1 and key = $2 and $3 <> '' and $4 >= 0\",",
        breaks: "P2",
    });
}

fn simulated(saboteur: &Saboteur) {
    let program = build(saboteur, "src/main.rs");
    caught(saboteur, Command::new(program).args(["--seeds", SEEDS, "--days", DAYS, "--jobs", "1"]));
}

fn caught(saboteur: &Saboteur, run: &mut Command) {
    let run = run.stderr(Stdio::null()).output().expect("the program starts");
    let said = String::from_utf8_lossy(&run.stdout);
    assert_eq!(run.status.code(), Some(1), "{} goes about undetected: {said}", saboteur.name);
    let broken = said.lines().next().unwrap_or_default();
    assert!(broken.starts_with(saboteur.breaks), "{} should break {}: {said}", saboteur.name, saboteur.breaks);
}

/// Builds one program of this crate from sabotaged sources, in the target directory of this test, so that only the product is compiled anew.
fn build(saboteur: &Saboteur, program: &str) -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.parent().expect("the workspace");
    let executable = std::env::current_exe().expect("this test");
    let target = executable.ancestors().nth(3).expect("target/debug/deps/test").to_owned();
    let tree = target.join("saboteurs").join(saboteur.name);
    let name = format!("saboteur-{}", saboteur.name);

    for folder in ["src", "migrations", "sim/src"] {
        copy(&root.join(folder), &tree.join(folder));
    }
    for file in ["Cargo.lock", "manifest.yml"] {
        copy(&root.join(file), &tree.join(file));
    }
    let beside = format!("path = \"{}\"", root.join("sandbox").display());
    let product = read(&root.join("Cargo.toml"));
    let product = replace_once(&product, "members = [\"sandbox\", \"sim\"]", "members = [\"sim\"]");
    // Cargo tells packages of one layout apart by their versions, not by where they stand.
    let version = format!("version = \"0.1.0-{}\"", saboteur.name);
    let product = replace_once(&product, "version = \"0.1.0\"", &version);
    write(&tree.join("Cargo.toml"), &replace_once(&product, "path = \"sandbox\"", &beside));
    let proof = replace_once(&read(&here.join("Cargo.toml")), "path = \"../sandbox\"", &beside);
    let proof = replace_once(&proof, "default-run = \"unstuck-sim\"", "autobins = false");
    write(&tree.join("sim/Cargo.toml"), &format!("{proof}\n[[bin]]\nname = \"{name}\"\npath = \"{program}\"\n"));
    // The manifests name them.
    write(&tree.join("tests/main.rs"), "");
    write(&tree.join("sim/tests/main.rs"), "");

    let sound = read(&root.join(saboteur.file));
    write(&tree.join(saboteur.file), &replace_once(&sound, saboteur.takes, saboteur.puts));

    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet", "--offline", "-p", "unstuck-sim", "--bin", &name]);
    let built = cargo.current_dir(&tree).env("CARGO_TARGET_DIR", &target).output().expect("cargo");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    target.join("debug").join(name)
}

/// What is the same already is left as it is, so that it is not compiled again.
fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        for entry in fs::read_dir(from).expect("a folder") {
            let entry = entry.expect("an entry");
            copy(&entry.path(), &to.join(entry.file_name()));
        }
        return;
    }
    write(to, &read(from));
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
