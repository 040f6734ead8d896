//! Socket Mode: connections, acknowledgements, retries.

use std::collections::BTreeSet;
use std::time::Duration;

use sandbox::{Disconnect, Kind};
use serde_json::json;

use crate::support::{Bench, Socket};

#[tokio::test]
async fn a_ticket_opens_one_socket_and_says_hello() {
    let bench = Bench::start().await;
    let url = bench.ok("apps.connections.open", json!({})).await["url"].as_str().expect("an address").to_owned();
    let socket = Socket::open(&url).await;
    assert_eq!(socket.hello["type"], "hello");
    assert_eq!(
        (&socket.hello["num_connections"], &socket.hello["connection_info"]["app_id"]),
        (&json!(1), &json!("A0SANDBOX"))
    );
    assert!(socket.hello["debug_info"]["approximate_connection_time"].is_number());
    assert!(tokio_tungstenite::connect_async(&url).await.is_err(), "a ticket is used once");
    assert_eq!(bench.connect().await.hello["num_connections"], 2);
}

#[tokio::test]
async fn the_eleventh_connection_is_sent_away() {
    let bench = Bench::start().await;
    let mut open = Vec::new();
    for _ in 0..10 {
        open.push(bench.connect().await);
    }
    let mut eleventh = bench.connect().await;
    assert_eq!(
        (&eleventh.hello["type"], &eleventh.hello["reason"]),
        (&json!("disconnect"), &json!("too_many_websockets"))
    );
    assert_eq!(eleventh.next().await, None);
    assert_eq!(bench.slack.connections(), 10);
}

#[tokio::test]
async fn each_envelope_goes_to_any_one_connection() {
    let bench = Bench::start().await;
    let (mut one, mut other) = (bench.connect().await, bench.connect().await);
    let dm = bench.slack.dm("U0ANA");
    for number in 0..20 {
        bench.slack.says("U0ANA", &dm, &number.to_string()).expect("a DM takes words");
    }
    let mut texts = BTreeSet::new();
    let mut shares = [0, 0];
    for _ in 0..20 {
        let envelope = tokio::select! {
            envelope = one.next() => { shares[0] += 1; envelope }
            envelope = other.next() => { shares[1] += 1; envelope }
        };
        let envelope = envelope.expect("an envelope");
        texts.insert(envelope["payload"]["event"]["text"].to_string());
        one.ack(&envelope, None).await;
    }
    assert_eq!(texts.len(), 20);
    assert!(shares[0] > 3 && shares[1] > 3, "{shares:?}");
    bench.slack.settled().await;
    assert_eq!(bench.slack.busy(), 0);
}

#[tokio::test]
async fn an_event_comes_again_at_once_after_a_minute_and_after_five() {
    let bench = Bench::start().await;
    let mut socket = bench.connect().await;
    let dm = bench.slack.dm("U0ANA");
    bench.slack.says("U0ANA", &dm, "hello").expect("a DM takes words");
    let first = socket.next().await.expect("an envelope");
    assert_eq!(
        (&first["type"], &first["retry_attempt"], &first["accepts_response_payload"]),
        (&json!("events_api"), &json!(0), &json!(false))
    );
    let mut envelopes = BTreeSet::from([first["envelope_id"].to_string()]);
    for (attempt, step) in [(1, 0), (2, 60_000), (3, 300_000)] {
        if step > 0 {
            tokio::time::sleep(Duration::from_millis(3_200)).await;
            bench.step(step - 1_000);
            assert!(socket.quiet(Duration::from_millis(200)).await, "not before its time");
            bench.step(1_000);
        }
        let again = socket.next().await.expect("a retry");
        assert_eq!((&again["retry_attempt"], &again["retry_reason"]), (&json!(attempt), &json!("timeout")));
        assert_eq!(again["payload"]["event_id"], first["payload"]["event_id"]);
        envelopes.insert(again["envelope_id"].to_string());
    }
    assert_eq!(envelopes.len(), 4);
    tokio::time::sleep(Duration::from_millis(3_200)).await;
    assert!(bench.slack.ledger().iter().any(|entry| matches!(entry.kind, Kind::Lost { .. })));
    assert_eq!(bench.slack.busy(), 0);
}

#[tokio::test]
async fn an_event_survives_a_minute_without_any_socket() {
    let bench = Bench::start().await;
    let dm = bench.slack.dm("U0ANA");
    bench.slack.says("U0ANA", &dm, "anybody?").expect("a DM takes words");
    tokio::time::sleep(Duration::from_millis(150)).await;
    let mut socket = bench.connect().await;
    bench.step(60_000);
    let envelope = socket.take().await;
    assert_eq!((&envelope["payload"]["event"]["text"], &envelope["retry_attempt"]), (&json!("anybody?"), &json!(2)));
}

#[tokio::test]
async fn a_duplicate_has_the_same_event_in_another_envelope() {
    let bench = Bench::start().await;
    let mut socket = bench.connect().await;
    bench.slack.faults().duplicate_envelopes(1);
    let dm = bench.slack.dm("U0ANA");
    bench.slack.says("U0ANA", &dm, "once").expect("a DM takes words");
    let (one, other) = (socket.take().await, socket.take().await);
    assert_eq!(one["payload"]["event_id"], other["payload"]["event_id"]);
    assert_ne!(one["envelope_id"], other["envelope_id"]);
    bench.slack.says("U0ANA", &dm, "then").expect("a DM takes words");
    socket.take().await;
    assert!(socket.quiet(Duration::from_millis(100)).await);
}

#[tokio::test]
async fn connections_are_told_to_go() {
    let bench = Bench::start().await;
    for why in
        [Disconnect::Warning, Disconnect::RefreshRequested, Disconnect::TooManyWebsockets, Disconnect::LinkDisabled]
    {
        let mut socket = bench.connect().await;
        bench.slack.disconnects(why);
        let goodbye = socket.next().await.expect("a goodbye");
        assert_eq!((&goodbye["type"], &goodbye["reason"]), (&json!("disconnect"), &json!(why.reason())));
        if matches!(why, Disconnect::LinkDisabled | Disconnect::TooManyWebsockets) {
            assert_eq!(socket.next().await, None);
        }
    }
    assert_eq!(bench.call("apps.connections.open", json!({})).await["ok"], false, "the link is disabled");
}

#[tokio::test]
async fn sockets_may_break_without_a_word() {
    let bench = Bench::start().await;
    let mut socket = bench.connect().await;
    bench.slack.cuts_sockets();
    assert_eq!(socket.next().await, None);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(bench.slack.connections(), 0);
}
