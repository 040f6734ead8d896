//! `unstuck dead` and `unstuck doubt`, as an operator types them, beside the running program.

use crate::program::{Program, slack, teams_starting_in};
use crate::world::TEAMS;
use sandbox::{Fault, When};
use std::time::Duration;

#[tokio::test]
async fn the_help_of_the_repairs_suffices() {
    let program = Program::new();
    for (args, words) in [
        (["dead", "--help"].as_slice(), ["list", "retry", "could not be posted"].as_slice()),
        (&["dead", "list", "--help"], &["DATABASE_URL", "its key", "why"]),
        (&["dead", "retry", "--help"], &["[KEY]", "--all", "--kind", "SLACK_BOT_TOKEN"]),
        (&["doubt", "--help"], &["--since", "backup", "2026-05-18T06:00:00Z", "90m", "DATABASE_URL"]),
    ] {
        let help = program.run(args).await;
        assert_eq!(help.code, 0, "{args:?}: {}", help.err);
        for word in words {
            assert!(help.out.contains(word), "{args:?} does not say {word}:\n{}", help.out);
        }
    }
}

#[tokio::test]
async fn what_cannot_be_repaired_is_one_line() {
    let slack = slack(|_| {}).await;
    let program = Program::on(&slack);
    program.writes("teams.toml", TEAMS);
    // Where there is no database nothing is repaired, and none is made.
    for args in [["dead", "list"].as_slice(), &["dead", "retry", "--all"], &["doubt", "--since", "1h"]] {
        let ended = program.run(args).await;
        assert_eq!((ended.code, ended.err.trim().lines().count()), (1, 1), "{args:?}: {}{}", ended.out, ended.err);
        assert!(ended.err.starts_with("unstuck: there is no database at "), "{args:?}: {}", ended.err);
    }
    assert!(!program.folder.path().join("unstuck.db").exists(), "one was made");
    let database = format!("sqlite://{}/unstuck.db", program.folder.path().display());
    unstuck::store::Db::open(&database).await.expect("a database").close().await;
    let program = program.unset("SLACK_BOT_TOKEN");
    let ended = program.run(&["dead", "list"]).await;
    assert!(ended.code == 1 && ended.err.contains("set SLACK_BOT_TOKEN"), "{}", ended.err);
    let program = program.set("SLACK_BOT_TOKEN", "xoxb-test");
    assert_eq!(program.run(&["apply", "teams.toml"]).await.code, 0);
    let ended = program.run(&["dead", "list"]).await;
    assert_eq!((ended.code, ended.out.lines().count()), (0, 1), "{}{}", ended.out, ended.err);
    assert!(ended.out.starts_with("nothing is dead"), "{}", ended.out);
    for (args, words) in [
        (["dead", "retry", "prompt:none"].as_slice(), "no message has the key prompt:none"),
        (&["dead", "retry", "--all", "--kind", "letter"], "no kind of message is called \"letter\""),
        (&["doubt", "--since", "yesterday"], "neither an instant"),
    ] {
        let ended = program.run(args).await;
        assert_eq!((ended.code, ended.err.trim().lines().count()), (1, 1), "{args:?}: {}", ended.err);
        assert!(ended.err.contains(words), "{args:?}: {}", ended.err);
    }
    let ended = program.run(&["dead", "retry"]).await;
    assert!(ended.code != 0 && ended.err.contains("--all") || ended.err.contains("<KEY>"), "{}", ended.err);
}

/// Just when something has to be repaired Slack may be away, or the token revoked.
#[tokio::test]
async fn repairs_need_no_slack_where_the_database_knows_its_workspace() {
    let slack = slack(|_| {}).await;
    let program = Program::on(&slack);
    program.writes("teams.toml", TEAMS);
    assert_eq!(program.run(&["apply", "teams.toml"]).await.code, 0);
    let program = program.set("SLACK_API_URL", "http://127.0.0.1:1/api").set("SLACK_BOT_TOKEN", "xoxb-revoked");
    let repairs: [&[&str]; 4] =
        [&["dead", "list"], &["dead", "retry", "--all"], &["apply", "teams.toml"], &["doubt", "--since", "1h"]];
    for args in repairs {
        let ended = program.run(args).await;
        assert_eq!(ended.code, 0, "{args:?}: {}", ended.err);
    }
    // Who only looks needs no right to write.
    let read_only = format!("sqlite://{}/unstuck.db?mode=ro", program.folder.path().display());
    let ended = program.set("DATABASE_URL", read_only).run(&["dead", "list"]).await;
    assert!(ended.code == 0 && ended.out.starts_with("nothing is dead"), "{}{}", ended.out, ended.err);
}

/// A message dies while the program runs; the command beside it brings it back, and the program posts it at its next look.
#[tokio::test]
async fn a_dead_message_is_brought_back_beside_the_running_program() {
    let slack = slack(|_| {}).await;
    let program = Program::on(&slack).set("UNSTUCK_CLOCK", "clock");
    program.writes("clock", "0");
    program.writes("teams.toml", &teams_starting_in(3).0);
    let prompt = |args: &serde_json::Value| args.to_string().contains("prompt:");
    slack.faults().next_where("chat.postMessage", 1, When::Before, Fault::Error("invalid_blocks".into()), prompt);
    let mut running = program.start(&["serve", "--teams", "teams.toml"]);
    running.until("the refusal", |_| (slack.faults().left() == 0).then_some(())).await;
    let mut listed = program.run(&["dead", "list"]).await;
    for _ in 0..50 {
        if listed.out.contains("invalid_blocks") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        listed = program.run(&["dead", "list"]).await;
    }
    assert!(listed.out.contains("the questions of a shift for Ana (U0ANA), Tier 1"), "{}{}", listed.out, listed.err);
    let asked = || slack.history("U0ANA", &slack.dm("U0ANA")).len();
    assert_eq!(asked(), 0);
    let told = || slack.history("U0JESS", &slack.dm("U0JESS")).len();
    running.until("a word to the manager", |_| (told() == 1).then_some(())).await;
    // What was tried a moment ago settles first.
    program.writes("clock", "31000");
    let key = listed.out.split(' ').next().expect("a key");
    let again = program.run(&["dead", "retry", key]).await;
    assert!(again.code == 0 && again.out.contains("is looked for in Slack"), "{}{}", again.out, again.err);
    running.until("the questions", |_| (asked() == 1).then_some(())).await;
    let doubted = program.run(&["doubt", "--since", "1h"]).await;
    assert!(doubted.code == 0 && doubted.out.contains("looked for in Slack before"), "{}{}", doubted.out, doubted.err);
    assert_eq!(told(), 1, "the manager is told of it once");
}
