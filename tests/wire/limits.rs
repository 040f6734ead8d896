//! Waits without end, where a socket is asked for.

use std::time::Duration;

use crate::program::{Program, slack};
use sandbox::{Fault, Sandbox, Setup, When};
use unstuck::slack::client::{CallError, Slack, Token};

#[tokio::test]
async fn a_socket_is_asked_for_again_within_a_minute() {
    let slack = Sandbox::start(Setup::new(sandbox::sample())).await.expect("a sandbox");
    let (bot, app) = (Token::new("xoxb-sandbox"), Token::new("xapp-sandbox"));
    let client = Slack::new(&slack.api_url(), bot, Some(app)).expect("a client");
    for (asked, heeded) in
        [("7", Some(7)), ("61", Some(60)), ("3600", Some(60)), ("18446744073709551615", Some(60)), ("-1", None)]
    {
        slack.faults().next("apps.connections.open", 1, When::Before, Fault::RetryAfter(asked.into()));
        let limited = CallError::RateLimited(heeded.map(Duration::from_secs));
        assert_eq!(client.open_connection().await, Err(limited), "asked for {asked}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wait_that_is_not_heeded_is_told_once() {
    let slack = slack(|_| {}).await;
    slack.faults().next("apps.connections.open", 2, When::Before, Fault::RetryAfter("3600".into()));
    let program = Program::on(&slack);
    let mut running = program.start(&["serve"]);
    running.until("two refusals", |seen| (seen.err().matches("not_connected").count() == 2).then_some(())).await;
    let log = running.err();
    let told: Vec<&str> = log.lines().filter(|line| line.contains("wait_not_heeded")).collect();
    assert_eq!(told.len(), 1, "{log}");
    assert!(told[0].contains("apps.connections.open") && told[0].contains("3600"), "{log}");
    assert_eq!(log.matches("wait=60s").count(), 2, "{log}");
}
