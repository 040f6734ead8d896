//! Misbehaviour on demand.

use std::time::{Duration, Instant};

use sandbox::{Fault, Kind, When};
use serde_json::json;

use crate::support::Bench;

fn posts(bench: &Bench) -> usize {
    bench.slack.history("U0ANA", "C0SUPPORT").len()
}

#[tokio::test]
async fn a_call_may_fail_before_or_after_it_took_effect() {
    let bench = Bench::start().await;
    let cases = [
        (When::Before, Fault::Error("internal_error".into()), 200, 0),
        (When::After, Fault::Error("fatal_error".into()), 200, 1),
        (When::Before, Fault::Status(503), 503, 0),
        (When::After, Fault::Status(500), 500, 1),
        (When::Before, Fault::RateLimited(7), 429, 0),
        (When::Before, Fault::RetryAfter("soon".into()), 429, 0),
    ];
    let args = json!({"channel": "C0SUPPORT", "text": "x"});
    for (when, fault, status, recorded) in cases {
        bench.step(5_000);
        let before = posts(&bench);
        bench.slack.faults().next("chat.postMessage", 1, when, fault.clone());
        let response = bench.request("chat.postMessage").json(&args).send().await.expect("an answer");
        assert_eq!(response.status().as_u16(), status, "{fault:?}");
        assert_eq!(posts(&bench) - before, recorded, "{fault:?} {when:?}");
    }
    bench.ok("chat.postMessage", args).await;
}

#[tokio::test]
async fn a_connection_may_be_cut_or_hang_or_be_late() {
    let bench = Bench::start().await;
    let args = json!({"channel": "C0SUPPORT", "text": "x"});
    let send = || bench.request("chat.postMessage").json(&args).send();
    bench.slack.faults().next("chat.postMessage", 1, When::After, Fault::Cut);
    let broken = match send().await {
        Ok(response) => response.bytes().await.is_err(),
        Err(_) => true,
    };
    assert!(broken && posts(&bench) == 1);
    bench.slack.faults().next("chat.postMessage", 1, When::Before, Fault::Hang);
    let hung = tokio::time::timeout(Duration::from_millis(200), send()).await;
    assert!(hung.is_err() && posts(&bench) == 1, "no answer and no post");
    bench.slack.faults().next("chat.postMessage", 1, When::After, Fault::Late(Duration::from_millis(150)));
    let begun = Instant::now();
    assert!(send().await.is_ok() && begun.elapsed() >= Duration::from_millis(150));
    bench.slack.settled().await;
}

#[tokio::test]
async fn faults_pick_their_calls_and_are_cleared() {
    let bench = Bench::start().await;
    let faults = bench.slack.faults();
    faults.next_where("chat.postMessage", 1, When::Before, Fault::Status(500), |args| args["text"] == "b");
    assert!(bench.post("C0SUPPORT", "a").await.contains('.'));
    let args = json!({"channel": "C0SUPPORT", "text": "b"});
    assert_eq!(bench.request("chat.postMessage").json(&args).send().await.expect("an answer").status(), 500);
    faults.refuse_connections();
    assert_eq!(bench.error("apps.connections.open", json!({})).await, "internal_error");
    faults.clear();
    bench.ok("apps.connections.open", json!({})).await;
    let status = |entry: sandbox::Entry| match entry.kind {
        Kind::Called { method, status, .. } if method == "chat.postMessage" => Some(status),
        _ => None,
    };
    let statuses: Vec<u16> = bench.slack.ledger().into_iter().filter_map(status).collect();
    assert_eq!(statuses, [200, 500], "the record holds what the bot was answered");
}

async fn raw(bench: &Bench, text: &str) -> Result<(u16, String), reqwest::Error> {
    let args = json!({"channel": "C0SUPPORT", "text": text});
    let response = bench.request("chat.postMessage").json(&args).send().await?;
    Ok((response.status().as_u16(), response.text().await?))
}

#[tokio::test]
async fn a_body_may_not_be_what_was_promised() {
    let bench = Bench::start().await;
    let faults = bench.slack.faults();
    for (fault, begins) in [(Fault::Html, "<!DOCTYPE html>"), (Fault::Truncated, "{\"")] {
        let before = posts(&bench);
        faults.next("chat.postMessage", 1, When::After, fault.clone());
        let (status, body) = raw(&bench, "x").await.expect("an answer");
        assert!(status == 200 && body.starts_with(begins) && !body.ends_with('}'), "{fault:?}: {body}");
        assert_eq!(posts(&bench), before + 1, "it took effect");
    }
    faults.next("*", 2, When::After, Fault::UnknownBlock);
    let answer = bench.ok("chat.postMessage", json!({"channel": "C0SUPPORT", "text": "x"})).await;
    assert_eq!(answer["message"]["blocks"][0]["type"], "block_of_tomorrow");
    let page = bench.ok("conversations.history", json!({"channel": "C0SUPPORT"})).await;
    assert!(
        page["messages"].as_array().expect("messages").iter().all(|one| one["blocks"][0]["block_id"] == "tomorrow")
    );
    let page = bench.ok("conversations.history", json!({"channel": "C0SUPPORT"})).await;
    assert_eq!(page["messages"][0].get("blocks"), None, "only the answer was spoilt");
}

#[tokio::test]
async fn a_call_may_be_executed_after_its_client_was_told_otherwise() {
    let bench = Bench::start().await;
    let faults = bench.slack.faults();
    faults.next("chat.postMessage", 1, When::Before, Fault::ExecutedLate { ms: 20_000, status: Some(500) });
    faults.next("chat.postMessage", 1, When::Before, Fault::ExecutedLate { ms: 10_000, status: None });
    assert_eq!(raw(&bench, "second").await.expect("an answer").0, 500);
    assert!(raw(&bench, "first").await.is_err(), "cut off");
    assert_eq!((posts(&bench), bench.slack.next_due()), (0, Some(bench.now() + 10_000)));
    bench.step(9_999);
    assert_eq!(posts(&bench), 0);
    bench.step(30_000);
    assert_eq!(raw(&bench, "third").await.expect("an answer").0, 200);
    let texts: Vec<String> = bench.slack.history("U0ANA", "C0SUPPORT").iter().map(|one| one.text.clone()).collect();
    assert_eq!(texts, ["first", "second", "third"]);
    let at = |entry: sandbox::Entry| {
        matches!(entry.kind, Kind::ExecutedLate { .. }).then_some(entry.at - crate::support::START)
    };
    let times: Vec<i64> = bench.slack.ledger().into_iter().filter_map(at).collect();
    assert_eq!(times, [10_000, 20_000], "each at its own time, however far the clock went");
}

#[tokio::test]
async fn the_history_may_lag_and_its_pages_may_fail() {
    let bench = Bench::start().await;
    let faults = bench.slack.faults();
    faults.history_lag(5_000);
    let parent = bench.post("C0SUPPORT", "a").await;
    let history = json!({"channel": "C0SUPPORT"});
    let listed = async || bench.ok("conversations.history", history.clone()).await["messages"].as_array().map(Vec::len);
    assert_eq!((listed().await, posts(&bench)), (Some(0), 1), "people see it");
    let thread = json!({"channel": "C0SUPPORT", "ts": parent});
    assert_eq!(bench.error("conversations.replies", thread.clone()).await, "thread_not_found");
    bench.step(5_000);
    assert_eq!(listed().await, Some(1));
    bench.ok("conversations.replies", thread).await;
    faults.clear();
    for text in ["b", "c"] {
        bench.post("C0SUPPORT", text).await;
    }
    faults.next("conversations.history", 1, When::After, Fault::NextPageFails("internal_error".into()));
    let page = bench.ok("conversations.history", history).await;
    assert_eq!((page["messages"].as_array().map(Vec::len), &page["has_more"]), (Some(2), &json!(true)));
    let next = json!({"channel": "C0SUPPORT", "cursor": page["response_metadata"]["next_cursor"]});
    assert_eq!(bench.error("conversations.history", next.clone()).await, "internal_error");
    let rest = bench.ok("conversations.history", next).await;
    assert_eq!((rest["messages"][0]["text"].as_str(), &rest["has_more"]), (Some("a"), &json!(false)));
}

#[tokio::test]
async fn storms_and_outages_last_as_long_as_the_clock_says() {
    let bench = Bench::start().await;
    let begun = bench.now();
    bench.slack.faults().storm("chat.postMessage", begun..begun + 60_000, 7);
    bench.slack.faults().outage(begun + 120_000..begun + 180_000);
    let response = bench.request("chat.postMessage").json(&json!({"channel": "C0SUPPORT", "text": "x"})).send().await;
    let response = response.expect("an answer");
    assert_eq!((response.status().as_u16(), response.headers()["retry-after"].to_str().ok()), (429, Some("7")));
    bench.ok("auth.test", json!({})).await;
    bench.step(60_000);
    bench.post("C0SUPPORT", "x").await;
    bench.step(60_000);
    assert!(raw(&bench, "y").await.is_err());
    assert_eq!(bench.slack.faults().left(), 0, "a span is not a number of calls");
    bench.step(60_000);
    bench.post("C0SUPPORT", "z").await;
    assert_eq!(posts(&bench), 2);
}

#[tokio::test]
async fn slack_may_be_away_altogether_and_come_back_at_its_address() {
    let bench = Bench::start().await;
    let mut socket = bench.connect().await;
    bench.post("C0SUPPORT", "x").await;
    socket.take().await;
    bench.slack.goes_down().await;
    assert_eq!(socket.next().await, None);
    assert!(raw(&bench, "y").await.is_err_and(|error| error.is_connect()), "refused, not cut");
    bench.slack.comes_up().await.expect("the address is free");
    bench.post("C0SUPPORT", "z").await;
    bench.connect().await;
    assert_eq!(posts(&bench), 2);
}

#[tokio::test]
async fn envelopes_may_come_in_another_order_and_acknowledgements_get_lost() {
    let bench = Bench::start().await;
    let mut socket = bench.connect().await;
    let dm = bench.slack.dm("U0ANA");
    let says = |text: &str| bench.slack.says("U0ANA", &dm, text).expect("a DM takes words");
    bench.slack.faults().reorder_envelopes(3);
    for text in ["one", "two", "three", "four"] {
        says(text);
    }
    for text in ["three", "two", "one", "four"] {
        assert_eq!(socket.take().await["payload"]["event"]["text"], text);
    }
    bench.slack.faults().reorder_envelopes(2);
    says("alone");
    assert_eq!(socket.take().await["payload"]["event"]["text"], "alone", "nothing is held for ever");
    bench.slack.settled().await;
    bench.slack.faults().clear();
    bench.slack.faults().lose_acks(1);
    says("again");
    let (first, again) = (socket.take().await, socket.take().await);
    assert_eq!(first["payload"]["event_id"], again["payload"]["event_id"]);
    assert_eq!((&first["retry_attempt"], &again["retry_attempt"]), (&json!(0), &json!(1)));
    bench.slack.settled().await;
}

#[tokio::test]
async fn other_apps_post_with_metadata_of_their_own() {
    let bench = Bench::start().await;
    let metadata =
        json!({"event_type": "build", "event_payload": {"steps": [{"name": "a", "took": 1.5}], "by": {"id": null}}});
    let ts = bench.slack.another_app_posts("C0SUPPORT", "built", Some(metadata.clone()));
    let all = json!({"channel": "C0SUPPORT", "include_all_metadata": true});
    let page = bench.ok("conversations.history", all).await;
    let message = &page["messages"][0];
    assert_eq!((&message["metadata"], &message["bot_id"]), (&metadata, &json!("B0OTHERAPP")));
    let edit = json!({"channel": "C0SUPPORT", "ts": ts, "text": "mine"});
    assert_eq!(bench.error("chat.update", edit).await, "cant_update_message");
    assert_eq!(bench.error("chat.delete", json!({"channel": "C0SUPPORT", "ts": ts})).await, "cant_delete_message");
}
