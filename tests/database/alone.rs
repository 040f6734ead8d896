//! One `serve` on one SQLite file; every other command beside it.

use crate::program::{Program, slack, teams_starting_in};
use sandbox::Kind;
use std::os::unix::fs::symlink;
use unstuck::store::alone::alone;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_serve_on_the_same_file_is_refused_however_it_is_named() {
    let slack = slack(|_| {}).await;
    let first = Program::on(&slack);
    let mut running = first.start(&["serve"]);
    running.until("connections", |_| (slack.connections() == 2).then_some(())).await;
    let process = std::fs::read_to_string(first.folder.path().join("unstuck.db.lock.serve")).expect("a lock");

    let mut second = Program::on(&slack);
    let (house, here) = (first.folder.path().display(), second.folder.path());
    let name = first.folder.path().file_name().and_then(|name| name.to_str()).expect("a name");
    symlink(first.folder.path().join("unstuck.db"), here.join("linked.db")).expect("a link");
    symlink("linked.db", here.join("twice.db")).expect("a link");
    symlink(first.folder.path(), here.join("house")).expect("a link");
    let spellings = [
        format!("sqlite://{house}/unstuck.db"),
        format!("sqlite:{house}/unstuck.db"),
        format!("sqlite://{house}/./unstuck.db?mode=rwc"),
        format!("sqlite:../{name}/unstuck.db"),
        format!("sqlite://{house}/%75nstuck.db"),
        "sqlite://linked.db".to_owned(),
        "sqlite:twice.db".to_owned(),
        "sqlite://house/unstuck.db".to_owned(),
    ];
    for spelling in spellings {
        second = second.set("DATABASE_URL", &spelling);
        let refused = second.run(&["serve"]).await;
        assert_eq!(refused.code, 1, "{spelling}: {}", refused.err);
        let words = format!("unstuck: another bot (process {}) serves ", process.trim());
        assert!(
            refused.err.starts_with(&words) && refused.err.contains("stop it first"),
            "{spelling}: {}",
            refused.err
        );
        assert_eq!(refused.err.trim().lines().count(), 1, "{}", refused.err);
    }
    assert_eq!(slack.connections(), 2, "the first one goes on");

    // The lock is the kernel's: whoever is killed holds it no more.
    running.told("-KILL");
    running.ends_within(std::time::Duration::from_secs(10)).await;
    let again = second.set("DATABASE_URL", format!("sqlite://{house}/unstuck.db"));
    let mut again = again.start(&["serve"]);
    again.until("connections", |_| (slack.connections() == 2).then_some(())).await;
}

#[test]
fn a_database_that_nobody_else_can_reach_needs_no_lock() {
    for url in ["sqlite::memory:", "sqlite://?mode=memory", "postgres://localhost/unstuck"] {
        let (_one, _another) = (alone(url).expect("the first"), alone(url).expect("and the second"));
    }
    let folder = tempfile::tempdir().expect("a folder");
    let url = |name: &str| format!("sqlite://{}/{name}", folder.path().display());
    let _one = alone(&url("one.db")).expect("a file that is not there yet");
    let _other = alone(&url("other.db")).expect("another file");
    assert!(alone(&url("one.db")).is_err());
    // A link to where a file will be is that file.
    symlink("two.db", folder.path().join("to-two.db")).expect("a link");
    let _two = alone(&url("to-two.db")).expect("a file that is not there yet");
    assert!(alone(&url("two.db")).is_err());
    assert!(alone(&url("nowhere/one.db")).err().expect("no folder").to_string().contains("cannot open the folder"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_command_beside_it_changes_the_running_bot_does_at_its_next_tick() {
    let slack = slack(|_| {}).await;
    let program = Program::on(&slack);
    program.writes("teams.toml", &teams_starting_in(7_200).0);
    let mut running = program.start(&["serve", "--teams", "teams.toml"]);
    running.until("connections", |_| (slack.connections() == 2).then_some(())).await;

    let beside =
        Program::on(&slack).set("DATABASE_URL", format!("sqlite://{}/unstuck.db", program.folder.path().display()));
    let (teams, start) = teams_starting_in(3);
    beside.writes("teams.toml", &teams);
    for args in [["apply", "teams.toml"].as_slice(), &["check"], &["backup", "copy.db"], &["apply", "teams.toml"]] {
        let ended = beside.run(args).await;
        assert_eq!(ended.code, 0, "{args:?}: {}{}", ended.out, ended.err);
    }
    let asked = |_: &_| slack.history("U0ANA", &slack.dm("U0ANA")).pop();
    running.until("a prompt", asked).await;
    let posted = slack.ledger().into_iter().find(|entry| matches!(entry.kind, Kind::Posted { .. })).expect("a post");
    let late = posted.at - start;
    assert!((0..6_500).contains(&late), "the prompt came {late} ms after a start of which another process told");
    assert!(!running.err().contains("locked"), "{}", running.err());
}
