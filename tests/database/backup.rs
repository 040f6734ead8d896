//! A copy of the database of a running bot, and a bot on the copy.

use crate::databases::{self, Which};
use crate::program::Program;
use crate::world::World;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Row};
use std::path::Path;

/// What SQLite says of a file.
pub async fn check(file: &Path) -> Vec<String> {
    let mut database = SqliteConnectOptions::new().filename(file).connect().await.expect("it opens");
    let mut said = Vec::new();
    for pragma in ["pragma integrity_check", "pragma foreign_key_check"] {
        let rows = sqlx::query(pragma).fetch_all(&mut database).await.expect("it answers");
        said.extend(rows.iter().map(|row| row.get::<String, _>(0)));
    }
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_traffic_is_whole_and_a_bot_runs_on_it() {
    let mut world = World::new(Which::Sqlite).await;
    world.until("2026-05-18T06:00").await;
    world.says("U0ANA", "clear the refund backlog").await;
    let program = Program::new().set("DATABASE_URL", &world.database.url);
    let copy = |number: usize| format!("copy-{number}.db");
    let copying = async {
        for number in 0..5 {
            let done = program.run(&["backup", &copy(number)]).await;
            assert_eq!(done.code, 0, "{}", done.err);
            assert_eq!(done.out.trim(), format!("the database was copied to {}", copy(number)));
        }
    };
    let typing = async {
        for line in 0..25 {
            for who in ["U0BEN", "U0CLEO"] {
                world.slack.says(who, &world.dm(who), &format!("line {line}")).expect("typed");
            }
            world.settle().await;
        }
    };
    tokio::join!(copying, typing);
    for number in 0..5 {
        assert_eq!(check(&program.folder.path().join(copy(number))).await, ["ok"]);
    }
    let mine =
        |entry: std::fs::DirEntry| entry.file_name().to_str().filter(|name| name.contains("backup")).map(str::to_owned);
    let left: Vec<String> = std::fs::read_dir(program.folder.path())
        .expect("a folder")
        .filter_map(|entry| mine(entry.expect("an entry")))
        .collect();
    assert!(left.is_empty(), "{left:?}");

    // The next morning, a bot on the copy knows what Ana typed before it was made.
    let url = format!("sqlite://{}", program.folder.path().join(copy(4)).display());
    world.stops().await;
    world.database = databases::at(url, tempfile::tempdir().expect("a folder")).await;
    // What was on the wire in that moment is nobody's any more once its claim has run out.
    world.clock.step_to(world.clock.now() + 61_000);
    world.starts().await;
    world.until("2026-05-19T06:00").await;
    let prompt = world.reads("U0ANA");
    assert!(prompt.contains("clear the refund backlog"), "{prompt}");
}

#[tokio::test]
async fn what_a_backup_will_not_do_is_one_line() {
    let program = Program::new();
    let refused = |ended: crate::program::Ended, words: &str| {
        assert_eq!(ended.code, 1, "{}", ended.out);
        assert!(ended.err.trim().lines().count() == 1 && ended.err.contains(words), "{words}: {}", ended.err);
    };
    refused(program.run(&["backup", "copy.db"]).await, "there is no database at ");
    assert!(!program.folder.path().join("unstuck.db").exists(), "it made one");
    let database = program.folder.path().join("unstuck.db");
    unstuck::store::Db::open(&format!("sqlite://{}", database.display())).await.expect("a database").close().await;
    program.writes("copy.db", "precious");
    refused(program.run(&["backup", "copy.db"]).await, "copy.db is there already and is not overwritten");
    assert_eq!(std::fs::read_to_string(program.folder.path().join("copy.db")).expect("a file"), "precious");
    refused(program.run(&["backup", "nowhere/copy.db"]).await, "cannot write nowhere/copy.db");
    refused(program.run(&["backup", "unstuck.db"]).await, "is there already");
    program.writes("notes.db", &"no database, but as long as one. ".repeat(100));
    let notes = program.folder.path().join("notes.db").display().to_string();
    let program = program.set("DATABASE_URL", format!("sqlite://{notes}"));
    refused(program.run(&["backup", "copy2.db"]).await, &format!("unstuck: cannot read {notes}: "));
    let program = program.set("DATABASE_URL", "postgres://unstuck:secret@127.0.0.1:1/unstuck");
    let ended = program.run(&["backup", "copy2.db"]).await;
    assert!(!ended.err.contains("secret"));
    refused(ended, "pg_dump");
}
