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
