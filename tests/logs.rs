//! Whatever goes wrong, no line of the log holds a secret or what somebody typed.

use crate::program::{Program, slack, teams_starting_in};
use sandbox::{Fault, Message, When};
use std::time::Duration;

const TYPED: &str = "zebra47 refund";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_tokens_nor_typed_text_are_logged() {
    let slack = slack(|workspace| {
        workspace.app.bot_token = "xoxb-hush-4711".into();
        workspace.app.app_token = "xapp-hush-4712".into();
    })
    .await;
    // The loudest that an operator may ask for: everything of ours, and the libraries' own lines.
    let program = Program::on(&slack)
        .set("SLACK_BOT_TOKEN", "xoxb-hush-4711")
        .set("SLACK_APP_TOKEN", "xapp-hush-4712")
        .set("RUST_LOG", "debug,unstuck=trace");
    let (teams, _) = teams_starting_in(4);
    program.writes("teams.toml", &teams);
    let faults = slack.faults();
    let mut running = program.start(&["serve", "--teams", "teams.toml"]);
    let dm = slack.dm("U0ANA");
    let said = |slack: &sandbox::Sandbox| {
        slack.history("U0ANA", &slack.dm("U0ANA")).iter().filter(|message| message.by_bot()).count()
    };
    running.until("a prompt", |_| (said(&slack) > 0).then_some(())).await;
    slack.says("U0ANA", &dm, TYPED).expect("typed");
    let button = |message: &Message| message.press("I'm stuck");
    let act = running.until("a button", |_| slack.history("U0ANA", &dm).iter().find_map(button)).await;
    for fault in [Fault::RateLimited(1), Fault::Status(500), Fault::Cut, Fault::Error("internal_error".into())] {
        faults.next("chat.postMessage", 1, When::Before, fault);
    }
    faults.next("chat.update", 1, When::Before, Fault::Error("cant_update_message".into()));
    slack.acts("U0ANA", act).await.expect("pressed");
    slack.says("U0ANA", &dm, &format!("{TYPED} tool says 403")).expect("typed");
    running.until("two faults", |_| (faults.left() < 4).then_some(())).await;
    slack.cuts_sockets();
    tokio::time::sleep(Duration::from_secs(4)).await;
    running.told("-TERM");
    let ended = running.ends_within(Duration::from_secs(20)).await;
    assert_eq!(ended.code(), Some(0), "{}", running.err());

    let log = format!("{}{}", running.out(), running.err());
    assert!(log.contains("unstuck"), "nothing was logged:\n{log}");
    for secret in ["xoxb-hush", "xapp-hush", "zebra47", "ticket="] {
        let found: Vec<&str> = log.lines().filter(|line| line.contains(secret)).collect();
        assert!(found.is_empty(), "{secret} is in the log:\n{}", found.join("\n"));
    }
}
