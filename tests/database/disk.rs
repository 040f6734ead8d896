//! A disk that is full, that may only be read, or that loses its power.

use super::backup::check;
use super::{Chance, runs};
use crate::databases::{self, Which};
use crate::program::{Program, slack, teams_starting_in};
use sandbox::{Kind, Message, Sandbox};
use sqlx::{Row, SqlitePool};
use std::path::{Path, PathBuf};
use std::process::Command;
use unstuck::store::{self, Db};
use unstuck::{read_tx, write_tx};

const T: &str = "T1";
const NOW: i64 = 1_800_000_000_000;

/// No file of this process may grow beyond so many bytes, as if the disk were full there.
fn room(process: u32, bytes: &str) {
    let limit = format!("--fsize={bytes}:");
    let done = Command::new("prlimit").args(["--pid", &process.to_string(), &limit]).status().expect("prlimit");
    assert!(done.success());
}

fn told(slack: &Sandbox) -> Vec<Message> {
    slack.history("U0ANA", &slack.dm("U0ANA")).into_iter().filter(Message::by_bot).collect()
}

/// Whether the event of what was typed was acknowledged.
fn acked(slack: &Sandbox, words: &str) -> bool {
    let mut sent = Vec::new();
    slack.ledger().into_iter().any(|entry| match entry.kind {
        Kind::Delivered { envelope_id, payload, .. } => {
            let text = payload["event"]["text"].as_str().unwrap_or_default();
            if text.contains(words) && payload["event"]["bot_id"].is_null() {
                sent.push(envelope_id);
            }
            false
        }
        Kind::Acked { envelope_id, .. } => sent.contains(&envelope_id),
        _ => false,
    })
}

/// Until nothing is under way: what cannot be settled on a full disk keeps its place until its lease ends, a minute later.
async fn all_settled(file: &Path) {
    let pool = SqlitePool::connect(&format!("sqlite://{}", file.display())).await.expect("beside the program");
    let open = "select count(*) from message where state <> 'shown'";
    let settled = async {
        while sqlx::query_scalar::<_, i64>(open).fetch_one(&pool).await.expect("counted") > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), settled).await.expect("settled");
    pool.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_29_a_full_disk_acknowledges_nothing_says_so_and_recovers() {
    let slack = slack(|_| {}).await;
    let program = Program::on(&slack);
    program.writes("teams.toml", &teams_starting_in(4).0);
    // A write beyond the limit then fails, as on a full disk, instead of ending the process.
    let mut running = program.start_under("trap '' XFSZ; exec \"$0\" \"$@\"", &["serve", "--teams", "teams.toml"]);
    running.until("a prompt", |_| told(&slack).pop()).await;
    all_settled(&program.folder.path().join("unstuck.db")).await;
    let log = program.folder.path().join("unstuck.db-wal");
    let full = std::fs::metadata(log).expect("a write-ahead log").len();
    room(running.process(), &full.to_string());
    let dm = slack.dm("U0ANA");
    slack.says("U0ANA", &dm, "clear the refund backlog").expect("typed");
    running.until("a line about it", |running| running.err().contains("not acknowledged").then_some(())).await;
    let line = running.err().lines().find(|line| line.contains("not acknowledged")).map(str::to_owned).expect("a line");
    assert!(line.contains("database: ") && !line.contains("refund"), "{line}");
    assert!(!acked(&slack, "backlog"));

    room(running.process(), "unlimited");
    running.until("the acknowledgement of what Slack sent again", |_| acked(&slack, "backlog").then_some(())).await;
    let listed = |message: &Message| message.plain().contains("clear the refund backlog");
    running.until("an answer", |_| told(&slack).iter().any(listed).then_some(())).await;
    slack.says("U0ANA", &dm, "and call the bank").expect("typed");
    let both = |message: &Message| message.plain().contains("call the bank");
    running.until("another answer", |_| told(&slack).iter().any(both).then_some(())).await;
    running.told("-TERM");
    assert_eq!(running.ends_within(std::time::Duration::from_secs(20)).await.code(), Some(0));
}

/// SQLite rolls a transaction back by itself when the disk is full, and the library goes on counting it: whoever had the
/// connection next was refused every write, and read an old moment of the database for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_29_a_connection_that_met_a_full_disk_serves_nobody_again() {
    let database = databases::open(Which::Sqlite).await;
    let Db::Sqlite(pool, _) = &database.db else { panic!("not SQLite") };
    for (pragma, full) in [("pragma max_page_count = 1", true), ("pragma query_only = on", false)] {
        let mut all = Vec::new();
        for _ in 0..4 {
            all.push(pool.acquire().await.expect("a connection"));
        }
        for connection in &mut all {
            sqlx::query(pragma).fetch_optional(&mut **connection).await.expect("a limit");
        }
        drop(all);
        let long = &"x".repeat(100_000);
        let mut refused = 0;
        for _ in 0..8 {
            let kept = write_tx!(database.db, T, NOW, tx => store::people::keep_workspace(tx, "U0BOT", long).await);
            refused += usize::from(kept.is_err());
        }
        assert!(refused >= 1, "{pragma}: nothing was full");
        let failed = write_tx!(database.db, T, NOW, tx => store::seen::first(tx, &format!("Ev-{full}")).await);
        assert!(failed.expect("there is room again"), "{pragma}");
        let other = Db::open(&database.url).await.expect("another process");
        let name = &format!("Corner Shop {full}");
        write_tx!(other, T, NOW, tx => store::people::keep_workspace(tx, "U0BOT", name).await).expect("written");
        for _ in 0..8 {
            let sql = "select name from workspace where workspace = 'T1'";
            let read = read_tx!(database.db, T, NOW, tx => async { unstuck::rows!(tx, named, sql) }.await);
            assert_eq!(read.expect("read"), std::slice::from_ref(name), "an old moment of the database");
        }
    }
}

fn named(row: &impl store::row::Cells) -> store::Result<String> {
    row.text("name")
}

#[tokio::test]
async fn row_29_a_database_that_may_only_be_read_is_one_line_at_the_start() {
    let slack = slack(|_| {}).await;
    let program = Program::on(&slack);
    let url = format!("sqlite://{}/unstuck.db", program.folder.path().display());
    Db::open(&url).await.expect("a database").close().await;
    let program = program.set("DATABASE_URL", format!("{url}?mode=ro"));
    let ended = program.run(&["serve"]).await;
    assert_eq!(ended.code, 1);
    assert!(
        ended.err.trim().lines().count() == 1 && ended.err.matches("readonly database").count() == 1,
        "{}",
        ended.err
    );
    assert_eq!(slack.connections(), 0);
    let ended = program.run(&["check"]).await;
    let found = ended.out.lines().find(|line| line.starts_with("wrong ")).expect("something is wrong");
    assert!(found.contains("read and not written") && found.contains("give the bot's user the right"), "{found}");
}

#[tokio::test]
async fn row_30_each_pooled_connection_waits_for_the_disk() {
    let database = databases::open(Which::Sqlite).await;
    let Db::Sqlite(pool, _) = &database.db else { panic!("not SQLite") };
    // A transaction leaves its connection as it found it.
    claim(&database.db, 1).await;
    let mut all = Vec::new();
    for _ in 0..4 {
        let mut connection = pool.acquire().await.expect("a connection");
        let mode = sqlx::query("pragma journal_mode").fetch_one(&mut *connection).await.expect("a mode");
        assert_eq!(mode.get::<String, _>(0), "wal");
        // 2 is FULL.
        for (pragma, wanted) in [("pragma synchronous", 2), ("pragma foreign_keys", 1), ("pragma busy_timeout", 5_000)]
        {
            let found = sqlx::query(pragma).fetch_one(&mut *connection).await.expect("a number");
            assert_eq!(found.get::<i64, _>(0), wanted, "{pragma}");
        }
        all.push(connection);
    }
    assert_eq!(pool.size(), 4, "all of them were looked at");
}

/// What a disk holds after the power went: the database, and so much of its write-ahead log.
fn survives(from: &Path, to: &Path, log: &[u8]) -> PathBuf {
    std::fs::create_dir_all(to).expect("a folder");
    let file = to.join("test.db");
    std::fs::copy(from, &file).expect("a copy");
    std::fs::write(to.join("test.db-wal"), log).expect("a log");
    file
}

async fn claims(db: &Db) -> Vec<i64> {
    let sql = "select at as n from seen order by at";
    read_tx!(db, T, NOW, tx => async { unstuck::rows!(tx, number, sql) }.await).expect("read")
}

fn number(row: &impl store::row::Cells) -> store::Result<i64> {
    row.int("n")
}

async fn claim(db: &Db, number: i64) {
    let id = &format!("Ev{number}-{}", "x".repeat(3_000));
    assert!(write_tx!(db, T, number, tx => store::seen::first(tx, id).await).expect("committed"));
}

/// At each commit the log is on the disk up to there; of what is written after it, any part may be there, or garbage.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_30_every_claim_that_was_committed_survives_a_power_cut() {
    let database = databases::open(Which::Sqlite).await;
    let file = PathBuf::from(database.url.strip_prefix("sqlite://").expect("a file"));
    let (folder, mut chance) = (tempfile::tempdir().expect("a folder"), Chance::of(30));
    let log = || std::fs::read(file.with_extension("db-wal")).expect("a log");
    for cut in 0..i64::try_from(runs(20)).expect("few") {
        claim(&database.db, 2 * cut).await;
        let (synced, main) = (log().len(), std::fs::read(&file).expect("the database"));
        claim(&database.db, 2 * cut + 1).await;
        let mut written = log();
        if written.len() <= synced || std::fs::read(&file).expect("the database") != main {
            // A checkpoint came in between, and the log began anew: this instant cannot be cut out of it.
            continue;
        }
        let at = synced + usize::try_from(chance.below((written.len() - synced) as u64)).expect("a place");
        written.truncate(at);
        if cut % 3 == 0 {
            let torn = synced + (at - synced) / 2;
            written[torn..].iter_mut().for_each(|byte| *byte = chance.below(256) as u8);
        }
        let survivor = survives(&file, &folder.path().join(cut.to_string()), &written);
        let db = Db::open(&format!("sqlite://{}", survivor.display())).await.expect("it opens");
        let found = claims(&db).await;
        assert_eq!(found[..], (0..=2 * cut).collect::<Vec<_>>(), "cut at {at} of {synced} synced bytes");
        db.close().await;
        assert_eq!(check(&survivor).await, ["ok"]);
    }
}

/// The log is on the disk before a checkpoint copies its pages home; which of them arrived is chance.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_30_a_power_cut_in_a_checkpoint_loses_nothing() {
    const PAGE: usize = 4096;
    let database = databases::open(Which::Sqlite).await;
    let file = PathBuf::from(database.url.strip_prefix("sqlite://").expect("a file"));
    let (folder, mut chance) = (tempfile::tempdir().expect("a folder"), Chance::of(31));
    let Db::Sqlite(pool, _) = &database.db else { panic!("not SQLite") };
    for cut in 0..i64::try_from(runs(20)).expect("few") / 4 {
        for number in 0..8 {
            claim(&database.db, cut * 8 + number).await;
        }
        let (log, before) =
            (std::fs::read(file.with_extension("db-wal")).expect("a log"), std::fs::read(&file).expect("a file"));
        checkpoint(pool).await;
        let mut half = std::fs::read(&file).expect("a file");
        for page in 0..half.len() / PAGE {
            let place = page * PAGE..(page + 1) * PAGE;
            if chance.below(2) == 0 {
                let old = before.get(place.clone()).map_or_else(|| vec![0; PAGE], <[u8]>::to_vec);
                half[place].copy_from_slice(&old);
            }
        }
        let torn = folder.path().join("half.db");
        std::fs::write(&torn, half).expect("written");
        let survivor = survives(&torn, &folder.path().join(cut.to_string()), &log);
        let db = Db::open(&format!("sqlite://{}", survivor.display())).await.expect("it opens");
        assert_eq!(claims(&db).await, (0..(cut + 1) * 8).collect::<Vec<_>>());
        db.close().await;
        assert_eq!(check(&survivor).await, ["ok"]);
    }
}

async fn checkpoint(pool: &SqlitePool) {
    sqlx::query("pragma wal_checkpoint(full)").fetch_all(pool).await.expect("a checkpoint");
}
