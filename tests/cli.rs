//! The command line, as an operator meets it.

use crate::databases;
use crate::program::{Program, get, slack, teams_starting_in};
use crate::world::{SUPPORT, TEAMS};
use sandbox::{Fault, Kind, Message, Sandbox, When};
use std::net::TcpListener;
use std::time::{Duration, Instant};

#[tokio::test]
async fn the_help_of_each_command_suffices() {
    // A value from the environment is a secret and no example.
    let program = Program::new().set("SLACK_BOT_TOKEN", "xoxb-hush").set("DATABASE_URL", "postgres://a:hush@b/c");
    let program = program.set("SLACK_SIGNING_SECRET", "hush");
    let wanted: [(&[&str], &[&str]); 6] = [
        (&["--help"], &["demo", "serve", "apply", "backup", "check"]),
        (&["demo", "--help"], &["--port", "8000", "page"]),
        (
            &["serve", "--help"],
            &[
                "SLACK_BOT_TOKEN",
                "SLACK_APP_TOKEN",
                "SLACK_SIGNING_SECRET",
                "DATABASE_URL",
                "UNSTUCK_HTTP",
                "UNSTUCK_HEALTH",
                "UNSTUCK_LOG_FORMAT",
                "/slack/events",
                "/ready",
                "--teams",
                "--sockets",
                "SIGTERM",
                "xapp-",
                "sqlite://",
            ],
        ),
        (&["apply", "--help"], &["<FILE>", "teams.example.toml", "SLACK_BOT_TOKEN", "DATABASE_URL"]),
        (&["backup", "--help"], &["<FILE>", "not overwritten", "DATABASE_URL"]),
        (&["check", "--help"], &["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "DATABASE_URL"]),
    ];
    for (args, words) in wanted {
        let help = program.run(args).await;
        assert_eq!(help.code, 0, "{args:?}: {}", help.err);
        for word in words {
            assert!(help.out.contains(word), "{args:?} does not say {word}:\n{}", help.out);
        }
        assert!(!help.out.contains("hush"), "{args:?} shows a secret");
    }
    let nothing = program.run(&[]).await;
    assert!(nothing.code != 0 && nothing.err.contains("Usage: unstuck"), "{}", nothing.err);
}

#[tokio::test]
async fn apply_says_what_it_changed_and_a_second_time_nothing() {
    let slack = slack(|_| {}).await;
    let program = Program::on(&slack);
    program.writes("teams.toml", TEAMS);
    let first = program.run(&["apply", "teams.toml"]).await;
    assert_eq!(first.code, 0, "{}", first.err);
    assert!(first.out.contains("Tier 1") && first.out.contains("Early") && first.out.contains("Late"), "{}", first.out);
    let second = program.run(&["apply", "teams.toml"]).await;
    assert_eq!((second.code, second.out.trim()), (0, "nothing to change"), "{}", second.err);

    // The database knows its one workspace by now, so no token is needed.
    let program = program.unset("SLACK_BOT_TOKEN");
    program.writes("teams.toml", &TEAMS.replace("0 14 * * Mon-Fri", "0 15 * * Mon-Fri"));
    let third = program.run(&["apply", "teams.toml"]).await;
    assert_eq!(third.code, 0, "{}", third.err);
    assert!(third.out.contains("Late") && !third.out.contains("Early"), "{}", third.out);
    // A variable that is set to nothing is not set.
    let fourth = program.set("SLACK_BOT_TOKEN", "").run(&["apply", "teams.toml"]).await;
    assert_eq!((fourth.code, fourth.out.trim()), (0, "nothing to change"), "{}", fourth.err);
}

#[tokio::test]
async fn a_bad_file_is_refused_whole_with_each_line() {
    let slack = slack(|_| {}).await;
    let program = Program::on(&slack);
    program.writes("teams.toml", TEAMS);
    assert_eq!(program.run(&["apply", "teams.toml"]).await.code, 0);
    let bad = TEAMS.replace("name = \"Early\"", "name = \"Dawn\"").replace("0 14 * * Mon-Fri", "0 25 * * Mon-Fri");
    program.writes("bad.toml", &bad.replace("U0OMAR", "omar"));
    let line = |words: &str| 1 + bad.lines().position(|line| line.contains(words)).expect("a line");
    for args in [["apply", "bad.toml"].as_slice(), ["serve", "--teams", "bad.toml"].as_slice()] {
        let refused = program.run(args).await;
        assert_eq!(refused.code, 1, "{}", refused.out);
        for at in [line("0 25 * *"), line("U0OMAR")] {
            assert!(refused.err.contains(&format!("bad.toml:{at}: ")), "{}", refused.err);
        }
        assert!(refused.err.contains("nothing of the teams file was applied"), "{}", refused.err);
    }
    let after = program.run(&["apply", "teams.toml"]).await;
    assert_eq!(after.out.trim(), "nothing to change", "a part of the bad file was applied");
    let missing = program.run(&["apply", "none.toml"]).await;
    assert!(missing.code == 1 && missing.err.starts_with("unstuck: cannot read none.toml"), "{}", missing.err);
    std::fs::write(program.folder.path().join("bin.toml"), [0xff, 0xfe, 0]).expect("written");
    for path in [".", "bin.toml"] {
        let refused = program.run(&["apply", path]).await;
        let wanted =
            format!("unstuck: cannot read {path}: this is no teams file, which is text like teams.example.toml");
        assert_eq!((refused.code, refused.err.trim()), (1, wanted.as_str()));
    }
}

#[tokio::test]
async fn what_is_missing_is_one_clear_line() {
    let slack = slack(|_| {}).await;
    let program = Program::on(&slack);
    program.writes("teams.toml", TEAMS);
    let one_line = |err: &str, words: &str| {
        assert!(
            err.trim().lines().count() == 1 && err.starts_with("unstuck: ") && err.contains(words),
            "{words}: {err}"
        );
    };
    let program = program.unset("SLACK_BOT_TOKEN");
    let ended = program.run(&["apply", "teams.toml"]).await;
    one_line(&ended.err, "set SLACK_BOT_TOKEN");
    let ended = program.run(&["serve"]).await;
    assert_eq!(ended.code, 1);
    one_line(&ended.err, "SLACK_BOT_TOKEN is not set");
    let program = program.set("SLACK_BOT_TOKEN", "xoxb-test").unset("SLACK_APP_TOKEN");
    one_line(&program.run(&["serve"]).await.err, "SLACK_APP_TOKEN is not set");
    let program = program.set("SLACK_BOT_TOKEN", "xoxb-wrong").set("SLACK_APP_TOKEN", "xapp-test");
    one_line(&program.run(&["serve"]).await.err, "Slack does not know SLACK_BOT_TOKEN");
    let program = program.set("SLACK_BOT_TOKEN", "xapp-test");
    one_line(&program.run(&["serve"]).await.err, "copy the one that starts with xoxb-");
    let program = program.set("SLACK_BOT_TOKEN", "xoxb-test").set("SLACK_APP_TOKEN", "xapp-wrong");
    let ended = program.set("RUST_LOG", "off").run(&["serve"]).await;
    assert_eq!(ended.code, 1);
    one_line(&ended.err, "SLACK_APP_TOKEN is refused (invalid_auth)");
    let program = Program::on(&slack).set("SLACK_API_URL", slack.api_url().replace("/api", "/nowhere"));
    one_line(&program.run(&["serve"]).await.err, "is SLACK_API_URL right");
    let program = program.set("DATABASE_URL", "mysql://somewhere");
    one_line(&program.run(&["serve"]).await.err, "DATABASE_URL must begin with sqlite:// or postgres://");
    // The switch of the tests is refused beside the real Slack.
    let program = Program::new().set("SLACK_BOT_TOKEN", "a").set("SLACK_APP_TOKEN", "b").set("UNSTUCK_CLOCK", "clock");
    one_line(&program.run(&["serve"]).await.err, "UNSTUCK_CLOCK moves the time and is for tests");
}

/// Checks, and expects these words in the lines that say what is wrong; no words, no wrong.
async fn checks(program: &Program, wrong: &[&str]) {
    let ended = program.run(&["check"]).await;
    assert_eq!(ended.code, i32::from(!wrong.is_empty()), "{}{}", ended.out, ended.err);
    let said: Vec<&str> = ended.out.lines().filter(|line| line.starts_with("wrong ")).collect();
    assert_eq!(said.len(), wrong.len(), "{}", ended.out);
    for words in wrong {
        assert!(said.iter().any(|line| line.contains(words)), "no '{words}':\n{}", ended.out);
    }
    assert!(
        !format!("{}{}", ended.out, ended.err).contains("secret"),
        "it shows a secret:\n{}{}",
        ended.out,
        ended.err
    );
}

#[tokio::test]
async fn check_says_what_is_wrong_in_plain_words() {
    let whole = slack(|_| {}).await;
    let program = Program::on(&whole);
    checks(&program, &[]).await;
    program.writes("teams.toml", TEAMS);
    assert_eq!(program.run(&["apply", "teams.toml"]).await.code, 0);
    checks(&program, &[]).await;
    whole.leaves("U0BOT", SUPPORT);
    checks(&program, &["the bot is not in #support: type /invite @Unstuck there"]).await;
    whole.archives(SUPPORT, "U0JESS");
    checks(&program, &["#support is archived"]).await;

    let poor = slack(|workspace| workspace.app.scopes.retain(|scope| scope != "users:read")).await;
    checks(&Program::on(&poor), &["scope users:read is missing"]).await;
    let program = Program::on(&poor).set("SLACK_BOT_TOKEN", "xoxb-secret");
    checks(&program, &["Slack does not know SLACK_BOT_TOKEN"]).await;
    let program = Program::on(&whole).set("SLACK_APP_TOKEN", "xapp-secret");
    checks(&program, &["SLACK_APP_TOKEN is refused"]).await;
    let program = Program::on(&whole).set("DATABASE_URL", "postgres://unstuck:secret@127.0.0.1:1/unstuck");
    checks(&program, &["cannot reach PostgreSQL"]).await;
    let program = Program::on(&whole).set("SLACK_API_URL", "http://127.0.0.1:1/api");
    checks(&program, &["Slack cannot be reached"]).await;
}

#[tokio::test]
async fn what_is_wrong_with_a_database_is_said_once_and_with_a_way_out() {
    let slack = slack(|_| {}).await;
    let program = Program::on(&slack);
    let folder = program.folder.path().display().to_string();
    let postgres = std::env::var("UNSTUCK_TEST_POSTGRES").expect("scripts/test");
    let (server, _) = postgres.rsplit_once('/').expect("a database");
    program.writes("notes.db", "no database, but long enough that SQLite looks at it. ".repeat(100).as_str());
    let table = [
        (
            format!("{server}/unstuck_nowhere"),
            "has no database unstuck_nowhere: make it with `createdb --encoding UTF8 --template template0 unstuck_nowhere`",
        ),
        ("postgres://127.0.0.1:1/unstuck".to_owned(), "cannot reach PostgreSQL (Connection refused"),
        (format!("sqlite://{folder}"), "is a folder: name a file in it, such as sqlite://"),
        (format!("sqlite://{folder}/notes.db"), "file is not a database"),
    ];
    let mut program = program;
    for (url, words) in table {
        program = program.set("DATABASE_URL", &url);
        let ended = program.run(&["serve"]).await;
        assert_eq!((ended.code, ended.err.trim().lines().count()), (1, 1), "{url}: {}", ended.err);
        assert_eq!(ended.err.matches(words).count(), 1, "{url}: {}", ended.err);
        assert!(!ended.err.contains("?:") && !ended.err.contains("at line"), "{url}: {}", ended.err);
    }
    assert!(!std::path::Path::new(&format!("{folder}.lock.serve")).exists(), "a stray lock");
}

#[tokio::test]
async fn a_variable_that_is_set_to_nothing_is_not_set() {
    let slack = slack(|_| {}).await;
    let mut program = Program::on(&slack);
    let optional = ["UNSTUCK_TEAMS", "UNSTUCK_LOG_FORMAT", "UNSTUCK_HTTP", "UNSTUCK_HEALTH", "UNSTUCK_SOCKETS"];
    for name in optional.into_iter().chain(["DATABASE_URL", "SLACK_SIGNING_SECRET", "RUST_LOG"]) {
        program = program.set(name, "");
    }
    let mut running = program.start(&["serve"]);
    running.until("two connections", |_| (slack.connections() == 2).then_some(())).await;
    assert!(running.err().contains("unstuck is running"), "{}", running.err());
    assert!(program.folder.path().join("unstuck.db").exists(), "the usual database");
    let ended = program.set("RUST_LOG", "unstuck=loud").run(&["dead", "list"]).await;
    assert!(ended.code == 0 && ended.err.contains("RUST_LOG cannot be read"), "{}", ended.err);
    assert_eq!(ended.err.trim().lines().count(), 1, "{}", ended.err);
}

fn told(slack: &Sandbox, who: &str) -> Vec<Message> {
    slack.history(who, &slack.dm(who)).into_iter().filter(Message::by_bot).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serve_prompts_at_the_start_and_finishes_its_work_at_the_end() {
    let slack = slack(|_| {}).await;
    let program = Program::on(&slack);
    let (teams, start) = teams_starting_in(5);
    program.writes("teams.toml", &teams);
    let mut running = program.start(&["serve", "--teams", "teams.toml"]);
    running.until("a prompt", |_| told(&slack, "U0ANA").pop()).await;
    let posted = slack.ledger().into_iter().find(|entry| matches!(entry.kind, Kind::Posted { .. })).expect("a post");
    let late = posted.at - start;
    assert!((0..2_000).contains(&late), "the prompt came {late} ms after the start of the shift");

    // It is told to stop while Slack takes its time with what it is saying.
    slack.faults().next("chat.postMessage", 1, When::After, Fault::Late(Duration::from_secs(3)));
    slack.says("U0ANA", &slack.dm("U0ANA"), "clear the refund backlog").expect("typed");
    running.until("an answer on its way", |_| (slack.faults().left() == 0).then_some(())).await;
    running.told("-TERM");
    let began = Instant::now();
    let status = running.ends_within(Duration::from_secs(20)).await;
    assert_eq!(status.code(), Some(0), "{}", running.err());
    assert!(began.elapsed() > Duration::from_secs(2), "it did not wait for the answer");
    assert_eq!(slack.connections(), 0);
    let before = told(&slack, "U0ANA").len();

    let mut again = program.start(&["serve"]);
    again.until("connections", |_| (slack.connections() == 2).then_some(())).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(told(&slack, "U0ANA").len(), before, "something was said twice");
    again.told("-INT");
    assert_eq!(again.ends_within(Duration::from_secs(20)).await.code(), Some(0), "{}", again.err());
}

/// What ends in order leaves everything in the one file, as an operator who copies it expects.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_database_is_one_file() {
    let slack = slack(|_| {}).await;
    let program = Program::on(&slack);
    program.writes("teams.toml", TEAMS);
    let (file, log) = (program.folder.path().join("unstuck.db"), program.folder.path().join("unstuck.db-wal"));
    let commands: [&[&str]; 4] = [&["apply", "teams.toml"], &["dead", "list"], &["doubt", "--since", "1h"], &["check"]];
    for args in commands {
        let ended = program.run(args).await;
        assert!(ended.code == 0 && !log.exists(), "{args:?}: {}{}", ended.out, ended.err);
    }
    program.writes("teams.toml", &teams_starting_in(3).0);
    let mut running = program.start(&["serve", "--teams", "teams.toml"]);
    running.until("a prompt", |_| told(&slack, "U0ANA").pop()).await;
    slack.says("U0ANA", &slack.dm("U0ANA"), "clear the refund backlog").expect("typed");
    running.until("an answer", |_| (told(&slack, "U0ANA").len() > 1).then_some(())).await;
    assert!(log.exists());
    running.told("-TERM");
    assert_eq!(running.ends_within(Duration::from_secs(20)).await.code(), Some(0), "{}", running.err());
    assert!(!log.exists(), "something stands in the log still");
    let files = tempfile::tempdir().expect("a folder");
    let copy = files.path().join("copy.db");
    std::fs::copy(file, &copy).expect("copied");
    let copy = databases::at(format!("sqlite://{}", copy.display()), files).await;
    let said = copy.pairs("select text as word, count(*) as n from said group by text").await;
    assert_eq!(said, [("clear the refund backlog".to_owned(), 1)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn demo_serves_its_page_and_finds_a_free_port() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = taken.local_addr().expect("its address").port().to_string();
    let program = Program::new();
    let mut running = program.start(&["demo", "--port", &port]);
    let address = running
        .until("an address", |running| {
            running.out().lines().find_map(|line| line.strip_prefix("Open ").map(|rest| rest.trim().to_owned()))
        })
        .await;
    assert!(running.out().contains(&format!("Port {port} is taken")), "{}", running.out());
    let page = get(&address);
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("<html"), "{page}");
    running.told("-TERM");
    assert_eq!(running.ends_within(Duration::from_secs(20)).await.code(), Some(0), "{}", running.err());

    drop(taken);
    let mut running = program.start(&["demo", "--port", &port]);
    let wanted = format!("http://127.0.0.1:{port}/");
    running.until("the same port", |running| running.out().contains(&wanted).then_some(())).await;
}
