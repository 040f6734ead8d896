//! What people type, whom it pings, what they may do and what they read.

use sandbox::Act;
use serde_json::{Value, json};

use crate::support::{Bench, button, section};

fn pair(user: &str, why: &str) -> (String, String) {
    (user.to_owned(), why.to_owned())
}

#[tokio::test]
async fn only_live_references_ring() {
    let rich =
        |part: Value| json!([{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [part]}]}]);
    let text = |kind: &str, text: &str| json!([{"type": "section", "text": {"type": kind, "text": text}}]);
    let cases = [
        ("plain words", "hello", Value::Null, vec![]),
        ("a mention", "hi <@U0ANA>", Value::Null, vec![pair("U0ANA", "mention")]),
        ("an escaped one", "hi &lt;@U0ANA&gt;", Value::Null, vec![]),
        ("a bare name", "hi @here", Value::Null, vec![]),
        ("mrkdwn", "x", text("mrkdwn", "<@U0BEN|ben>"), vec![pair("U0BEN", "mention")]),
        ("plain_text", "x", text("plain_text", "<@U0BEN> <!here>"), vec![]),
        ("rich text", "x", rich(json!({"type": "text", "text": "<@U0BEN> <!channel>"})), vec![]),
        ("a rich mention", "x", rich(json!({"type": "user", "user_id": "U0BEN"})), vec![pair("U0BEN", "mention")]),
        ("said twice", "<@U0BEN>", rich(json!({"type": "user", "user_id": "U0BEN"})), vec![pair("U0BEN", "mention")]),
    ];
    for (case, said, blocks, rung) in cases {
        let bench = Bench::start().await;
        bench.ok("chat.postMessage", json!({"channel": "C0SUPPORT", "text": said, "blocks": blocks})).await;
        assert_eq!(bench.rung(), rung, "{case}");
    }
    let everybody = Bench::start().await;
    everybody.post("C0SUPPORT", "<!here>").await;
    assert_eq!(everybody.rung().len(), 5);
    let bare = Bench::start().await;
    let args = json!({"channel": "C0SUPPORT", "blocks": text("mrkdwn", "@here, look")});
    bare.ok("chat.postMessage", args).await;
    assert_eq!(bare.rung().len(), 5, "block text links bare names unless it is verbatim");
}

#[tokio::test]
async fn a_dm_rings_and_an_edit_never_does() {
    let bench = Bench::start().await;
    let ts = bench.post("U0ANA", "hello").await;
    bench.ok("chat.update", json!({"channel": "D0ANA", "ts": ts, "text": "<@U0ANA>"})).await;
    bench.ok("chat.postEphemeral", json!({"channel": "C0SUPPORT", "user": "U0BEN", "text": "<@U0BEN>"})).await;
    // Nobody is pinged by a place that they cannot see.
    bench.post("C0LEADS", "<@U0CLEO>").await;
    assert_eq!(bench.rung(), [pair("U0ANA", "dm")]);
}

#[tokio::test]
async fn typed_text_arrives_as_slack_keeps_it() {
    let bench = Bench::start().await;
    let mut socket = bench.connect().await;
    let cases = [
        ("a < b & c", "a &lt; b &amp; c"),
        ("<!channel> *x*", "&lt;!channel&gt; *x*"),
        ("<@U0BEN>, see <#C0SUPPORT>", "<@U0BEN>, see <#C0SUPPORT|>"),
        ("<@U0NOBODY>", "&lt;@U0NOBODY&gt;"),
        ("see https://x.org/a?b=1&c=2.", "see <https://x.org/a?b=1&amp;c=2>."),
        ("hey @here", "hey <!here>"),
        ("me@here.org", "me@here.org"),
        ("👍🏽 ok❤️", ":+1::skin-tone-4: ok:heart:"),
    ];
    let dm = bench.slack.dm("U0ANA");
    for (typed, kept) in cases {
        bench.slack.says("U0ANA", &dm, typed).expect("a DM takes words");
        let event = socket.take().await["payload"]["event"].clone();
        assert_eq!((&event["text"], &event["channel_type"]), (&json!(kept), &json!("im")), "{typed}");
        assert_eq!(event["blocks"][0]["type"], "rich_text");
    }
    let read: Vec<String> = bench.slack.history("U0ANA", &dm).iter().map(sandbox::Message::plain).collect();
    assert_eq!(read[1..3], ["<!channel> *x*", "@Ben, see #support"]);
}

#[tokio::test]
async fn people_are_refused_what_slack_refuses() {
    let bench = Bench::with(|workspace| workspace.users[4].deleted = true).await;
    let slack = &bench.slack;
    let bots = bench.post("C0SUPPORT", "by the bot").await;
    let refusals = [
        slack.says("U0ANA", "C0LEADS", "x").map(drop),
        slack.says("U0ANA", "D0BEN", "x").map(drop),
        slack.says("U0OMAR", "C0SUPPORT", "x").map(drop),
        slack.says("U0ANA", "C0SUPPORT", "  ").map(drop),
        slack.replies("U0ANA", "C0SUPPORT", "1.0", "x").map(drop),
        slack.edits("U0ANA", "C0SUPPORT", &bots, "x"),
        slack.deletes("U0ANA", "C0SUPPORT", &bots),
        slack.acts("U0ANA", Act::message("C0SUPPORT", &bots, "nothing")).await.map(drop),
        slack.fills("U0ANA", "b", "a", "x"),
    ];
    for (at, refusal) in refusals.iter().enumerate() {
        assert!(refusal.is_err(), "number {at}");
    }
    assert!(slack.history("U0ANA", "C0LEADS").is_empty());
    let refused = slack.ledger().into_iter().filter(|entry| matches!(entry.kind, sandbox::Kind::Refused { .. }));
    assert_eq!(refused.count(), refusals.len(), "every refusal is on the record");
}

#[tokio::test]
async fn a_message_reads_as_a_person_reads_it() {
    let bench = Bench::start().await;
    let option = |value: &str| json!({"text": {"type": "mrkdwn", "text": format!("do {value}")}, "value": value});
    let blocks = json!([
        {"type": "header", "text": {"type": "plain_text", "text": "Morning"}},
        section("Hi <@U0ANA>, *one* &amp; <https://x.org|a link>"),
        {"type": "actions", "elements": [{"type": "checkboxes", "action_id": "done", "options": [option("a"), option("b")],
            "initial_options": [option("b")]}]},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "small"}]},
        {"type": "rich_text", "elements": [{"type": "rich_text_list", "style": "bullet", "elements": [
            {"type": "rich_text_section", "elements": [{"type": "text", "text": "<@U0ANA>"}]},
            {"type": "rich_text_section", "elements": [{"type": "user", "user_id": "U0BEN"}]}]}]},
        {"type": "actions", "elements": [button("yes", "Yes"), button("no", "No")]},
    ]);
    let posted = bench.ok("chat.postMessage", json!({"channel": "C0SUPPORT", "text": "x", "blocks": blocks})).await;
    let read = bench.slack.history("U0ANA", "C0SUPPORT")[0].plain();
    assert_eq!(read, "Morning\nHi @Ana, *one* & a link\n☐ do a\n☑ do b\n‹small›\n• <@U0ANA>\n• @Ben\n[Yes] [No]");
    bench.slack.changes_user("U0ANA", |user| user.display_name = "Ana O.".to_owned());
    let message = &bench.slack.history("U0ANA", "C0SUPPORT")[0];
    assert!(message.plain().contains("@Ana O."));
    assert_eq!(message.buttons(), ["Yes", "No"]);
    assert_eq!(message.ts, posted["ts"].as_str().expect("a ts"));
}

#[tokio::test]
async fn the_workspace_tells_what_changes() {
    let bench = Bench::start().await;
    let mut socket = bench.connect().await;
    let slack = &bench.slack;
    slack.changes_user("U0ANA", |user| user.tz = "Asia/Tokyo".to_owned());
    let event = socket.take().await["payload"]["event"].clone();
    assert_eq!((&event["type"], &event["user"]["tz_offset"]), (&json!("user_change"), &json!(32_400)));
    slack.leaves("U0BEN", "C0SUPPORT");
    slack.joins("U0BEN", "C0LEADS");
    slack.archives("C0SUPPORT", "U0JESS");
    slack.uninstalls();
    let mut kinds = Vec::new();
    for _ in 0..5 {
        kinds.push(socket.take().await["payload"]["event"]["type"].as_str().expect("a type").to_owned());
    }
    assert_eq!(
        kinds,
        ["member_left_channel", "member_joined_channel", "channel_archive", "tokens_revoked", "app_uninstalled"]
    );
    let ts = slack.says("U0ANA", "C0GENERAL", "x").expect("a member");
    slack.edits("U0ANA", "C0GENERAL", &ts, "y").expect("their own");
    slack.deletes("U0ANA", "C0GENERAL", &ts).expect("their own");
    let mut subtypes = Vec::new();
    for _ in 0..3 {
        subtypes.push(socket.take().await["payload"]["event"]["subtype"].clone());
    }
    assert_eq!(subtypes, [Value::Null, json!("message_changed"), json!("message_deleted")]);
}

#[tokio::test]
async fn an_admin_takes_away_what_the_app_wrote() {
    let bench = Bench::start().await;
    let ts = bench.post("C0SUPPORT", "mine").await;
    assert!(bench.slack.deletes("U0JESS", "C0SUPPORT", &ts).is_err(), "as one of many she may not");
    bench.slack.removes("U0JESS", "C0SUPPORT", &ts).expect("removed");
    assert!(bench.slack.removes("U0JESS", "C0SUPPORT", &ts).is_err(), "it is gone");
    let edit = json!({"channel": "C0SUPPORT", "ts": ts, "text": "again"});
    assert_eq!(bench.error("chat.update", edit).await, "message_not_found");
}
