//! Payloads against the redacted real ones in `specs/samples`: nothing is told that Slack does not tell, and the types agree.

use serde_json::{Value, json};

use crate::support::{Bench, button, modal, section};

/// What Slack tells today and the samples do not have yet.
const NEWER: &[&str] = &[
    "context_team_id",
    "context_enterprise_id",
    "app_id",
    "event_ts",
    "state",
    "actions",
    "response_url",
    "response_urls",
    "parent_user_id",
    "is_enterprise_install",
];

fn agree(path: &str, sample: &Value, ours: &Value) {
    match (sample, ours) {
        // The redaction has emptied it.
        (Value::Object(sample), Value::Object(_)) if sample.is_empty() => {}
        (Value::Object(sample), Value::Object(ours)) => {
            for (name, value) in ours {
                match sample.get(name) {
                    Some(known) => agree(&format!("{path}/{name}"), known, value),
                    None => assert!(NEWER.contains(&name.as_str()), "{path}/{name} is not in the sample"),
                }
            }
        }
        (_, Value::Null) | (Value::Array(_), Value::Array(_)) => {}
        (sample, ours) => {
            let kind = |value: &Value| match value {
                Value::Bool(_) => "bool",
                Value::Number(_) => "number",
                Value::String(_) => "string",
                Value::Array(_) => "array",
                _ => "object",
            };
            assert_eq!(kind(sample), kind(ours), "{path}");
        }
    }
}

fn sample(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[tokio::test]
async fn events_are_shaped_like_slacks() {
    let bench = Bench::start().await;
    let mut socket = bench.connect().await;
    let slack = &bench.slack;
    let ts = slack.says("U0ANA", "C0SUPPORT", "a").expect("a member");
    slack.edits("U0ANA", "C0SUPPORT", &ts, "b").expect("their own");
    slack.deletes("U0ANA", "C0SUPPORT", &ts).expect("their own");
    slack.changes_user("U0ANA", |user| user.title = "Lead".to_owned());
    slack.leaves("U0BEN", "C0SUPPORT");
    slack.joins("U0BEN", "C0SUPPORT");
    slack.archives("C0SUPPORT", "U0JESS");
    slack.uninstalls();
    let samples = [
        include_str!("../specs/samples/events/MessagePayload.json"),
        include_str!("../specs/samples/events/MessageChangedPayload.json"),
        include_str!("../specs/samples/events/MessageDeletedPayload.json"),
        include_str!("../specs/samples/events/UserChangePayload.json"),
        include_str!("../specs/samples/events/MemberLeftChannelPayload.json"),
        include_str!("../specs/samples/events/MemberJoinedChannelPayload.json"),
        include_str!("../specs/samples/events/ChannelArchivePayload.json"),
        include_str!("../specs/samples/events/TokensRevokedPayload.json"),
        include_str!("../specs/samples/events/AppUninstalledPayload.json"),
    ];
    for text in samples {
        let (sample, ours) = (sample(text), socket.take().await["payload"].clone());
        let kind = ours["event"]["type"].as_str().expect("a type").to_owned();
        assert_eq!(sample["event"]["type"], ours["event"]["type"]);
        agree(&kind, &sample, &ours);
    }
}

#[tokio::test]
async fn interactions_are_shaped_like_slacks() {
    let bench = Bench::start().await;
    let mut socket = bench.connect().await;
    let blocks = json!([{"type": "actions", "elements": [button("go", "Go")]}]);
    bench.ok("chat.postMessage", json!({"channel": "C0SUPPORT", "text": "x", "blocks": blocks})).await;
    let act = bench.slack.history("U0ANA", "C0SUPPORT")[0].press("Go").expect("a button");
    let (_, pressed) = tokio::join!(bench.slack.acts("U0ANA", act), socket.take_interaction());
    let pressed = &pressed["payload"];
    agree("block_actions", &sample(include_str!("../specs/samples/app-backend/BlockActionPayload.json")), pressed);
    let mut view = modal(json!([section("s")]));
    view["notify_on_close"] = json!(true);
    bench.ok("views.open", json!({"trigger_id": pressed["trigger_id"], "view": view})).await;
    let slack = bench.slack.clone();
    let submitting = tokio::spawn(async move { slack.submits("U0ANA").await });
    let envelope = socket.interaction().await;
    let error = json!({"response_action": "update", "view": view});
    socket.ack(&envelope, Some(error)).await;
    assert!(submitting.await.is_ok_and(|submitted| submitted.is_ok()));
    let submission = sample(include_str!("../specs/samples/app-backend/ViewSubmissionPayload.json"));
    agree("view_submission", &with_blocks(submission), &envelope["payload"]);
    bench.slack.closes("U0ANA");
    let closed = sample(include_str!("../specs/samples/app-backend/ViewClosedPayload.json"));
    agree("view_closed", &with_blocks(closed), &socket.take_interaction().await["payload"]);
}

/// The redacted samples leave out the blocks of their view.
fn with_blocks(mut sample: Value) -> Value {
    sample["view"]["blocks"] = json!([]);
    sample
}
