//! Tokens and tickets: nothing is sent that cannot be, and nothing in the clear.

use crate::program::{Program, slack};
use crate::world::TEAMS;
use sandbox::Kind;
use unstuck::slack::client::{Slack, Token};

#[tokio::test]
async fn a_token_that_no_request_can_carry_is_named_and_not_quoted() {
    let slack = slack(|_| {}).await;
    for (name, good) in [("SLACK_BOT_TOKEN", "xoxb-test"), ("SLACK_APP_TOKEN", "xapp-test")] {
        for (between, has) in [
            ("\n", "a line break"),
            ("\r\n", "a line break"),
            (" ", "a blank"),
            ("\t", "a blank"),
            ("\u{a0}", "a blank"),
            ("\u{7}", "a control character"),
            ("ö", "a character that no token has"),
        ] {
            let program = Program::on(&slack).set(name, format!("{good}{between}hush"));
            let line = format!("{name} has {has} in it: copy the token again, as one word");
            let served = program.run(&["serve"]).await;
            assert_eq!((served.code, served.err.trim()), (1, format!("unstuck: {line}").as_str()), "{between:?}");
            let checked = program.run(&["check"]).await;
            assert!(checked.code == 1 && checked.out.contains(&format!("wrong {line}")), "{}", checked.out);
            assert!(!format!("{}{}", checked.out, checked.err).contains("hush"), "{}", checked.out);
        }
    }
    let program = Program::on(&slack).set("SLACK_BOT_TOKEN", "xoxb-test\nhush");
    program.writes("teams.toml", TEAMS);
    let applied = program.run(&["apply", "teams.toml"]).await;
    assert!(applied.code == 1 && applied.err.contains("SLACK_BOT_TOKEN has a line break in it"), "{}", applied.err);
    let sent = slack.ledger().iter().filter(|one| matches!(one.kind, Kind::Called { .. })).count();
    assert_eq!(sent, 0, "something was sent");
    // What a copy or a file brings along at the ends is no part of it.
    let program = Program::on(&slack).set("SLACK_BOT_TOKEN", " xoxb-test\r\n");
    assert_eq!(program.run(&["apply", "teams.toml"]).await.err.matches("SLACK_BOT_TOKEN").count(), 0);
}

#[tokio::test]
async fn tokens_go_in_the_clear_only_to_this_machine_or_where_that_is_allowed() {
    let slack = slack(|_| {}).await;
    let elsewhere = "http://slack.test:9/api";
    let program = Program::on(&slack).set("SLACK_API_URL", elsewhere);
    program.writes("teams.toml", TEAMS);
    for args in [["serve"].as_slice(), ["apply", "teams.toml"].as_slice()] {
        let refused = program.run(args).await;
        let words = "would go in the clear to slack.test";
        assert!(refused.code == 1 && refused.err.lines().count() == 1, "{}", refused.err);
        assert!(refused.err.contains(words) && refused.err.contains("--insecure-slack-url"), "{}", refused.err);
    }
    let checked = program.run(&["check"]).await;
    assert!(checked.code == 1 && checked.out.contains("would go in the clear"), "{}", checked.out);
    let allowed = program.run(&["serve", "--insecure-slack-url"]).await;
    assert!(allowed.err.contains("Slack cannot be reached"), "{}", allowed.err);
    let program = program.set("UNSTUCK_INSECURE_SLACK_URL", "1");
    assert!(program.run(&["serve"]).await.err.contains("Slack cannot be reached"));
    let program = program.set("UNSTUCK_INSECURE_SLACK_URL", "no");
    assert!(program.run(&["serve"]).await.err.contains("would go in the clear"));
    let program = program.set("UNSTUCK_INSECURE_SLACK_URL", "");
    assert!(program.run(&["serve"]).await.err.contains("would go in the clear"));
    let here = slack.api_url().replace("127.0.0.1", "localhost");
    let applied = program.set("SLACK_API_URL", here).run(&["apply", "teams.toml"]).await;
    assert_eq!(applied.code, 0, "{}", applied.err);
}

#[tokio::test]
async fn a_ticket_does_not_go_in_the_clear_and_is_never_shown() {
    let client = Slack::new("https://slack.com/api", Token::new("xoxb"), Some(Token::new("xapp"))).expect("a client");
    for (address, words) in [
        ("ws://192.0.2.1/?ticket=hush", "its ticket would go there in the clear"),
        ("ws://127.0.0.1:9/?ticket=hush", "Connection refused"),
        ("wss://127.0.0.1:9/?ticket=hush", "Connection refused"),
        ("https://127.0.0.1:9/?ticket=hush", "no web socket's"),
        ("hush", "no web socket's"),
    ] {
        let why = client.open_socket(address).await.expect_err(address);
        assert!(why.contains(words) && !why.contains("hush"), "{why}");
    }
}
