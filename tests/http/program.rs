//! The real program behind its address: what it logs, what it says while it stops, and what is missing when it starts.

use super::post::{Post, SECRET, get};
use crate::databases::{self, Which, both};
use crate::program::{Program, Running, slack, teams_starting_in};
use crate::world::{TEAMS, person, request_urls};
use sandbox::{Fault, Message, Sandbox, When, Workspace};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use unstuck::clock::Clock;

const TYPED: &str = "zebra47 refund";
const IN_FORM: &str = "okapi48 printer";

fn with_secrets(workspace: &mut Workspace) {
    workspace.app.bot_token = "xoxb-hush-4711".into();
    workspace.users.push(person("U0EVE", "Eve", "UTC"));
}

/// The addresses of --http and --health.
async fn listening(running: &mut Running) -> (String, String) {
    let address = |running: &Running, flag: &str| {
        let lines = running.err();
        let mut lines = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let line = lines.find(|line| line["event"] == "listening" && line["flag"] == flag)?;
        Some(format!("http://{}", line["address"].as_str()?))
    };
    running.until("two addresses", |running| Some((address(running, "--http")?, address(running, "--health")?))).await
}

fn start(slack: &Sandbox, program: &Program) -> Running {
    let (teams, _) = teams_starting_in(4);
    program.writes("teams.toml", &teams);
    assert_eq!(slack.connections(), 0);
    let args = ["serve", "--teams", "teams.toml", "--http", "127.0.0.1:0", "--health", "127.0.0.1:0"];
    program.start(&args)
}

fn program(slack: &Sandbox) -> Program {
    let program = Program::on(slack).set("SLACK_BOT_TOKEN", "xoxb-hush-4711").unset("SLACK_APP_TOKEN");
    program.set("SLACK_SIGNING_SECRET", SECRET).set("UNSTUCK_LOG_FORMAT", "json").set("RUST_LOG", "trace")
}

fn said(slack: &Sandbox, label: &str) -> Option<sandbox::Act> {
    let messages = slack.history("U0ANA", &slack.dm("U0ANA"));
    messages.iter().rev().find_map(|message: &Message| message.press(label))
}

async fn a_day(slack: &Sandbox, running: &mut Running, http: &str) {
    let dm = slack.dm("U0ANA");
    let form = running.until("a prompt", |_| said(slack, "Answer in a form")).await;
    slack.says("U0ANA", &dm, TYPED).expect("typed");
    for fault in [Fault::RateLimited(1), Fault::Status(500), Fault::Error("internal_error".into())] {
        slack.faults().next("chat.postMessage", 1, When::Before, fault);
    }
    slack.acts("U0ANA", form).await.expect("pressed");
    let view = slack.views("U0ANA").pop().expect("the form");
    let (block_id, action_id) = view.input("What help do you need?").expect("an input");
    slack.fills("U0ANA", &block_id, &action_id, IN_FORM).expect("filled");
    slack.submits("U0ANA").await.expect("refused at its field");
    // What was signed by nobody, what was signed and cannot be read, and a token where none belongs.
    let now = Clock::system().now();
    let event =
        json!({"type": "event_callback", "event": {"type": "message", "text": TYPED, "token": "xoxb-hush-4711"}});
    let forged = Post::event(&event, now).with("x-slack-signature", &format!("v0={}", "ab".repeat(32)));
    assert_eq!(forged.to(http).await.status, 401);
    let unread = Post::signed(super::post::EVENTS, format!("{{{TYPED}"), now);
    assert_eq!(unread.to(http).await.status, 400);
    running.until("two faults", |_| (slack.faults().left() < 2).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_05_a_stop_over_http_says_so_and_finishes_what_is_on_its_way() {
    let slack = slack(with_secrets).await;
    let program = program(&slack);
    let mut running = start(&slack, &program);
    let (http, health) = listening(&mut running).await;
    slack.saves_request_urls(request_urls(&[&http])).await.expect("it answers the challenge");
    assert_eq!(get(&health, "/ready").await.body, "ready\n");
    assert_eq!(get(&http, "/metrics").await.status, 404, "the pages have an address of their own");
    a_day(&slack, &mut running, &http).await;

    slack.faults().clear();
    slack.faults().next("chat.postMessage", 1, When::After, Fault::Late(Duration::from_secs(5)));
    slack.says("U0ANA", &slack.dm("U0ANA"), "one more line").expect("typed");
    running.until("an answer on its way", |_| (slack.faults().left() == 0).then_some(())).await;
    running.told("-TERM");
    let began = Instant::now();
    running.until("a line that says so", |running| running.err().contains("\"stopping\"").then_some(())).await;
    let ready = get(&health, "/ready").await;
    assert_eq!((ready.status, ready.body.as_str()), (503, "not ready: it is stopping\n"));
    let event = json!({"type": "event_callback", "team_id": "T0TEST", "api_app_id": "A0APP",
        "event_id": "EvLast", "event": {"type": "user_change", "user": {"id": "U0EVE"}}});
    let last = Post::event(&event, Clock::system().now()).to(&http).await;
    assert_eq!(last.status, 200, "a balancer has not noticed yet");
    let status = running.ends_within(Duration::from_secs(20)).await;
    assert_eq!(status.code(), Some(0), "{}", running.err());
    assert!(began.elapsed() >= Duration::from_secs(4), "it did not wait for the answer: {:?}", began.elapsed());
    nothing_is_told(&running.err());
}

/// Each line is JSON, each of ours has its event, and none holds what it must not.
fn nothing_is_told(log: &str) {
    let mut events = 0;
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
        let ours = line["target"].as_str().expect("a target").starts_with("unstuck");
        assert!(!ours || line["event"].is_string(), "no event: {line}");
        events += usize::from(ours);
    }
    assert!(events > 3, "{log}");
    for secret in ["xoxb-hush", "zebra47", "okapi48", "one more line", "v0=", "\"secret\""] {
        let found: Vec<&str> = log.lines().filter(|line| line.contains(secret)).collect();
        assert!(found.is_empty(), "{secret} is in the log:\n{}", found.join("\n"));
    }
}

both! {
    no_line_is_lost => super::no_line_is_lost;
}

/// The usual filter refuses the libraries' own lines, which must cost none of ours.
async fn no_line_is_lost(which: Which) {
    let slack = slack(with_secrets).await;
    let database = databases::open(which).await;
    let program = program(&slack).unset("RUST_LOG");
    program.writes("teams.toml", TEAMS);
    let changes = program.run(&["apply", "teams.toml"]).await.out.lines().count();
    let program = program.set("DATABASE_URL", &database.url);
    let args = ["serve", "--teams", "teams.toml", "--http", "127.0.0.1:0", "--health", "127.0.0.1:0"];
    let mut running = program.start(&args);
    let (http, _) = listening(&mut running).await;
    let count = |running: &Running, event: &str| {
        let lines = running.err();
        let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        lines.filter(|line| line["event"] == event).count()
    };
    for _ in 0..20 {
        let forged = Post::event(&json!({}), Clock::system().now())
            .with("x-slack-signature", &format!("v0={}", "ab".repeat(32)));
        assert_eq!(forged.to(&http).await.status, 401);
    }
    running.told("-TERM");
    assert_eq!(running.ends_within(Duration::from_secs(20)).await.code(), Some(0), "{}", running.err());
    let refused = running.err();
    let refused = refused.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let refused: Vec<u64> = refused
        .filter(|line| line["event"] == "requests_refused")
        .map(|line| line["times"].as_u64().expect("how many"))
        .collect();
    assert!(refused.len() <= 4 && refused.iter().sum::<u64>() == 20, "one line a second: {refused:?}");
    for (event, times) in [("listening", 2), ("teams_changed", changes), ("running", 1), ("zones", 1), ("stopping", 1)]
    {
        assert_eq!(count(&running, event), times, "{event}\n{}", running.err());
    }
}

#[tokio::test]
async fn what_http_mode_lacks_is_one_clear_line() {
    let slack = slack(|_| {}).await;
    let program = Program::on(&slack).unset("SLACK_APP_TOKEN");
    let args = ["serve", "--http", "127.0.0.1:0"];
    let wanted = "unstuck: SLACK_SIGNING_SECRET is not set: copy the signing secret from Basic Information → App Credentials in the app's settings";
    for secret in [None, Some(""), Some("  ")] {
        let program = secret.map_or_else(Program::new, |secret| Program::new().set("SLACK_SIGNING_SECRET", secret));
        let ended = program.set("SLACK_BOT_TOKEN", "xoxb-test").run(&args).await;
        assert_eq!((ended.code, ended.err.trim()), (1, wanted));
    }
    let program = program.set("SLACK_SIGNING_SECRET", SECRET);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let ended = program.run(&["serve", "--http", &address]).await;
    assert!(ended.code == 1 && ended.err.contains(&format!("--http: cannot listen on {address}")), "{}", ended.err);
    let ended = program.run(&["serve", "--http", "3000"]).await;
    assert_eq!(ended.err.trim(), "unstuck: --http: 3000 is no address with a port, as in --http 127.0.0.1:9000");

    // `check` knows which way Slack is to reach the bot by what it is given.
    let ended = program.run(&["check"]).await;
    assert!(ended.code == 0 && ended.out.contains("note  SLACK_SIGNING_SECRET is not 32 digits"), "{}", ended.out);
    let program = program.set("SLACK_SIGNING_SECRET", "0123456789abcdef0123456789abcdef");
    let ended = program.run(&["check"]).await;
    assert!(ended.code == 0 && ended.out.contains("ok    the signing secret is set (HTTP mode)"), "{}", ended.out);
    assert!(!ended.out.contains("0123456789abcdef"), "{}", ended.out);
}
