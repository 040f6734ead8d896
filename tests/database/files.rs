//! What stands where a database, its lock or its backup is to be.

use crate::program::{Ended, Program, Running, slack};
use sandbox::Sandbox;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use unstuck::store::Db;

const PARTS: [&str; 4] = ["", "-wal", "-shm", ".lock.serve"];

fn mode(path: &Path) -> u32 {
    path.symlink_metadata().expect("a file").permissions().mode() & 0o777
}

fn with_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).expect("a mode");
}

/// As a shell starts it whose user forgot to be careful.
async fn serves(slack: &Sandbox, program: &Program) -> Running {
    let mut running = program.start_under("umask 0; exec \"$0\" \"$@\"", &["serve"]);
    running.until("connections", |_| (slack.connections() == 2).then_some(())).await;
    running
}

async fn stops(running: &mut Running) {
    running.told("-TERM");
    assert_eq!(running.ends_within(Duration::from_secs(20)).await.code(), Some(0), "{}", running.err());
}

#[track_caller]
fn refused(ended: &Ended, words: &str) {
    assert_eq!(ended.code, 1, "{words}: {}", ended.out);
    assert!(ended.err.trim().lines().count() == 1 && ended.err.contains(words), "{words}: {}", ended.err);
}

fn at(program: Program, name: &str) -> Program {
    let url = format!("sqlite://{}/{name}", program.folder.path().display());
    program.set("DATABASE_URL", url)
}

/// Each with the name in the address and the file that comes of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_database_is_for_nobody_else_to_read_whatever_stands_there() {
    let slack = slack(|_| {}).await;
    let mut program = Program::on(&slack);
    let here = program.folder.path().to_owned();
    std::fs::create_dir_all(here.join("house/a b")).expect("folders");
    symlink("house", here.join("linked")).expect("a link");
    symlink("house/target.db", here.join("dangling.db")).expect("a link");
    symlink("dangling.db", here.join("twice.db-link")).expect("a link");
    std::fs::write(here.join("empty.db"), "").expect("a file");
    with_mode(&here.join("empty.db"), 0o600);
    let table = [
        ("plain.db", "plain.db"),
        ("dangling.db", "house/target.db"),
        ("twice.db-link", "house/target.db"),
        ("linked/inside.db", "house/inside.db"),
        ("house/../house/up.db", "house/up.db"),
        ("house/a%20b/%3Fodd%23.db", "house/a b/?odd#.db"),
        ("queried.db?mode=rwc&cache=private", "queried.db"),
        ("named:memory:.db", "named:memory:.db"),
        ("empty.db", "empty.db"),
    ];
    for (name, file) in table {
        program = at(program, name);
        let mut running = serves(&slack, &program).await;
        for part in PARTS {
            let path = PathBuf::from(format!("{}{part}", here.join(file).display()));
            assert_eq!(mode(&path), 0o600, "{name}: {}", path.display());
        }
        assert!(!running.err().contains("database_caution"), "{}", running.err());
        // Nobody else gets in by any of its names.
        refused(&program.run(&["serve"]).await, "unstuck: another bot (process ");
        stops(&mut running).await;
        let copy = format!("copy of {}", name.replace('/', "-"));
        let mut copying = program.start_under("umask 0; exec \"$0\" \"$@\"", &["backup", &copy]);
        assert!(copying.ends_within(Duration::from_secs(20)).await.success(), "{name}: {}", copying.err());
        assert_eq!(mode(&here.join(&copy)), 0o600, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_database_that_others_can_read_is_told_with_its_remedy_and_stays_as_it_is() {
    let slack = slack(|_| {}).await;
    let program = Program::on(&slack);
    let file = program.folder.path().join("unstuck.db");
    Db::open(&format!("sqlite://{}", file.display())).await.expect("a database").close().await;
    with_mode(&file, 0o640);
    let remedy = format!("chmod 600 {}", file.display());
    let mut running = serves(&slack, &program).await;
    let told = |err: &str| err.lines().filter(|line| line.contains(&remedy)).count();
    assert_eq!(told(&running.err()), 1, "{}", running.err());
    stops(&mut running).await;
    let checked = program.run(&["check"]).await;
    assert!(checked.out.lines().any(|line| line.starts_with("note  ") && line.contains(&remedy)), "{}", checked.out);
    assert_eq!((mode(&file), checked.code), (0o640, 0));

    // What a killed process of an older version left beside it is as close as the database.
    with_mode(&file, 0o600);
    let mut killed = serves(&slack, &program).await;
    killed.told("-KILL");
    killed.ends_within(Duration::from_secs(10)).await;
    slack.cuts_sockets();
    let gone = async {
        while slack.connections() > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone).await.expect("Slack notices");
    let beside = PARTS[1..].iter().map(|part| PathBuf::from(format!("{}{part}", file.display())));
    beside.clone().for_each(|part| with_mode(&part, 0o644));
    let mut running = serves(&slack, &program).await;
    for part in beside {
        assert_eq!(mode(&part), 0o600, "{}", part.display());
    }
    assert_eq!(told(&running.err()), 0, "{}", running.err());
    stops(&mut running).await;
}

fn makes_a_pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo").success());
}

#[tokio::test]
async fn what_is_no_file_is_refused_in_one_line() {
    let slack = slack(|_| {}).await;
    let mut program = Program::on(&slack);
    let here = program.folder.path().to_owned();
    let path = |name: &str| here.join(name);
    makes_a_pipe(&path("pipe.db"));
    symlink("pipe.db", path("to-pipe.db")).expect("a link");
    std::fs::create_dir(path("folder.db")).expect("a folder");
    symlink("folder.db", path("to-folder.db")).expect("a link");
    symlink("round.db", path("circle.db")).expect("a link");
    symlink("circle.db", path("round.db")).expect("a link");
    symlink("nowhere/file.db", path("far.db")).expect("a link");
    let _socket = std::os::unix::net::UnixListener::bind(path("socket.db")).expect("a socket");
    let table = [
        ("pipe.db", "is a pipe and no file"),
        ("to-pipe.db", "is a pipe and no file"),
        ("folder.db", "is a folder: name a file in it"),
        ("to-folder.db", "is a folder: name a file in it"),
        ("round.db", "is a symbolic link that leads nowhere"),
        ("socket.db", "is a socket and no file"),
        ("far.db", "cannot open the folder"),
        ("nowhere/file.db", "cannot open the folder"),
    ];
    program.writes("teams.toml", crate::world::TEAMS);
    for (name, words) in table {
        program = at(program, name);
        for args in [["serve"].as_slice(), &["apply", "teams.toml"], &["dead", "list"], &["backup", "copy.db"]] {
            refused(&program.run(args).await, words);
        }
        let checked = program.run(&["check"]).await;
        let wrong = checked.out.lines().find(|line| line.starts_with("wrong ")).unwrap_or_default();
        assert!(checked.code == 1 && wrong.contains(words), "{name}: {}{}", checked.out, checked.err);
    }
    refused(&program.set("DATABASE_URL", "sqlite:file:unstuck.db").run(&["serve"]).await, "without file:");
    assert!(!path("copy.db").exists() && !path("file:unstuck.db").exists() && !path("unstuck.db").exists());
}

/// The lock and SQLite's own files: a link there leads into somebody else's file.
#[tokio::test]
async fn nothing_of_somebody_elses_is_written_through_what_stands_beside_a_database() {
    let slack = slack(|_| {}).await;
    for part in [".lock.serve", "-wal", "-shm"] {
        let program = Program::on(&slack);
        let here = program.folder.path().to_owned();
        let (beside, precious) = (here.join(format!("unstuck.db{part}")), here.join("precious"));
        std::fs::write(&precious, "precious").expect("a file");
        let clear = || {
            let _ = std::fs::remove_file(&beside);
            let _ = std::fs::remove_dir(&beside);
        };
        symlink(&precious, &beside).expect("a link");
        refused(&program.run(&["serve"]).await, &format!("unstuck.db{part} is a symbolic link"));
        clear();
        symlink(here.join("nobody"), &beside).expect("a link");
        refused(&program.run(&["serve"]).await, &format!("unstuck.db{part} is a symbolic link"));
        clear();
        makes_a_pipe(&beside);
        refused(&program.run(&["serve"]).await, &format!("unstuck.db{part} is a pipe"));
        clear();
        std::fs::create_dir(&beside).expect("a folder");
        refused(&program.run(&["serve"]).await, &format!("unstuck.db{part} is a folder"));
        clear();
        std::fs::hard_link(&precious, &beside).expect("a link");
        let words =
            if part == ".lock.serve" { "is another file too (a hard link)" } else { "has another name as well" };
        refused(&program.run(&["serve"]).await, words);
        assert_eq!(std::fs::read_to_string(&precious).expect("a file"), "precious", "{part}");
        assert!(!here.join("nobody").exists(), "{part}");
    }
    assert_eq!(slack.connections(), 0);
}

/// A database goes by its file: SQLite keeps what is newest beside its name, so that a second name
/// spoils it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hard_link_admits_no_second_bot() {
    let slack = slack(|_| {}).await;
    let program = Program::on(&slack);
    let here = program.folder.path().to_owned();
    let mut running = serves(&slack, &program).await;
    std::fs::create_dir(here.join("elsewhere")).expect("a folder");
    program.writes("teams.toml", crate::world::TEAMS);
    for name in ["second.db", "elsewhere/unstuck.db"] {
        std::fs::hard_link(here.join("unstuck.db"), here.join(name)).expect("a link");
        let other = Program::on(&slack).set("DATABASE_URL", format!("sqlite://{}/{name}", here.display()));
        other.writes("teams.toml", crate::world::TEAMS);
        refused(&other.run(&["serve"]).await, "unstuck: another bot");
        for args in [["apply", "teams.toml"].as_slice(), &["dead", "list"], &["backup", "copy.db"]] {
            refused(&other.run(args).await, "a bot serves ");
        }
    }
    assert_eq!(here.join("unstuck.db").metadata().expect("a file").nlink(), 3);
    assert_eq!(slack.connections(), 2, "the first one goes on");
    // By the bot's own name everything works, and the second name is told.
    let applied = program.run(&["apply", "teams.toml"]).await;
    assert!(applied.code == 0 && applied.err.contains("has another name too (a hard link)"), "{}", applied.err);
    assert_eq!(program.run(&["backup", "copy.db"]).await.code, 0);
    stops(&mut running).await;
    // Nobody serves it: any of its names will do.
    let other = Program::on(&slack).set("DATABASE_URL", format!("sqlite://{}/second.db", here.display()));
    let mut running = serves(&slack, &other).await;
    refused(&program.run(&["serve"]).await, "unstuck: another bot");
    stops(&mut running).await;
}

#[tokio::test]
async fn a_backup_takes_nobodys_place() {
    let program = Program::new();
    let here = program.folder.path().to_owned();
    let database = here.join("unstuck.db");
    Db::open(&format!("sqlite://{}", database.display())).await.expect("a database").close().await;
    std::fs::write(here.join("file"), "precious").expect("a file");
    symlink("file", here.join("link")).expect("a link");
    symlink("nobody", here.join("dangling")).expect("a link");
    std::fs::hard_link(&database, here.join("same")).expect("a link");
    std::fs::create_dir(here.join("folder")).expect("a folder");
    makes_a_pipe(&here.join("pipe"));
    let before = std::fs::read(&database).expect("a database");
    for name in ["file", "link", "dangling", "same", "folder", "pipe", "unstuck.db"] {
        refused(&program.run(&["backup", name]).await, &format!("{name} is there already and is not overwritten"));
    }
    assert_eq!(std::fs::read_to_string(here.join("file")).expect("a file"), "precious");
    assert_eq!(std::fs::read(&database).expect("a database"), before);
    assert!(!here.join("nobody").exists());
    for url in ["sqlite::memory:", "sqlite://:memory:", "sqlite://x.db?mode=memory"] {
        let program = Program::new().set("DATABASE_URL", url);
        refused(&program.run(&["backup", "copy.db"]).await, "is in memory and forgets everything");
    }
}
