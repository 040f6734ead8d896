//! What Slack sends is read to a length that can be meant, and no further.

use std::time::Duration;

use crate::courier::house::House;
use crate::program::{Program, slack};
use sandbox::{Fault, Kind, When};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use unstuck::rules::message::State;
use unstuck::slack::client::{CallError, Slack, Token};

const MIB: usize = 1 << 20;

/// Answers one call with so many bytes that say nothing; gives how many of them were taken.
async fn endless(bytes: usize, head: &'static str) -> (Slack, tokio::task::JoinHandle<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}/api", listener.local_addr().expect("an address"));
    let taken = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a call");
        let _ = stream.read(&mut [0; 65536]).await;
        let _ = stream.write_all(head.as_bytes()).await;
        let (piece, mut taken) = (vec![b' '; 65536], 0);
        while taken < bytes && stream.write_all(&piece).await.is_ok() {
            taken += piece.len();
        }
        taken
    });
    (Slack::new(&base, Token::new("xoxb"), None).expect("a client"), taken)
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    for head in ["HTTP/1.1 200 OK\r\ncontent-length: 104857600\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"] {
        let (slack, taken) = endless(100 * MIB, head).await;
        let answer = slack.channel("C1").await;
        assert_eq!(answer, Err(CallError::Ambiguous("an answer that is too long".into())));
        let taken = taken.await.expect("counted");
        // What lies in the buffers between was not read.
        assert!(taken < 32 * MIB, "{taken} bytes were taken");
    }
}

#[tokio::test]
async fn row_11_a_success_that_is_too_long_is_one_post() {
    for house in House::on_each_database().await {
        for (key, bytes, came_to) in [("short", 3 * MIB, State::Shown), ("long", 5 * MIB, State::Doubtful)] {
            house.says(key, key);
            house.slack.faults().next("chat.postMessage", 1, When::Before, Fault::Longer(bytes));
            house.wants(key, "tell", "C0SUPPORT").await;
            house.works().await;
            assert_eq!(house.state(key).await, came_to);
            house.lives(3).await;
            assert_eq!(house.state(key).await, State::Shown);
        }
        assert_eq!(house.texts("U0ANA", "C0SUPPORT"), ["short", "long"]);
        assert_eq!(house.calls("chat.postMessage").len(), 2, "each was sent once");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_over_a_socket_is_bounded_and_told_in_one_short_line() {
    let slack = slack(|_| {}).await;
    let program = Program::on(&slack).set("UNSTUCK_SOCKETS", "1");
    let mut running = program.start(&["serve"]);
    let opened = || slack.ledger().iter().filter(|one| matches!(one.kind, Kind::Connected { .. })).count();
    running.until("a socket", |_| (slack.connections() == 1).then_some(())).await;

    // A frame that can be meant changes nothing; what cannot ends its connection, and the next is
    // opened.
    slack.sends_frame(&json!({"type": "padding", "text": "x".repeat(3 * MIB)}).to_string());
    slack.says("U0ANA", &slack.dm("U0ANA"), "hello").expect("typed");
    let acked = || slack.ledger().iter().any(|one| matches!(one.kind, Kind::Acked { .. }));
    running.until("an acknowledgement", |_| acked().then_some(())).await;
    assert_eq!(opened(), 1);
    slack.sends_frame(&json!({"type": "padding", "text": "x".repeat(5 * MIB)}).to_string());
    running.until("another socket", |_| (opened() == 2 && slack.connections() == 1).then_some(())).await;
    assert!(running.err().contains("frame_too_long"), "{}", running.err());

    let reason = format!("first line\nunstuck: a line that nobody wrote {}", "x".repeat(MIB));
    slack.sends_frame(&json!({"type": "disconnect", "reason": reason}).to_string());
    running.until("a third socket", |_| (opened() == 3).then_some(())).await;
    let log = running.until("the reason", |seen| Some(seen.err()).filter(|log| log.contains("socket_replaced"))).await;
    assert!(log.lines().all(|line| line.len() < 400), "a line of {:?} bytes", log.lines().map(str::len).max());
    assert!(!log.lines().any(|line| line.starts_with("unstuck: a line")), "{log}");
}

#[tokio::test]
async fn a_refusal_is_told_in_one_short_line() {
    let slack = slack(|_| {}).await;
    let program = Program::on(&slack);
    let code = format!("strange\nunstuck: a line that nobody wrote {}", "x".repeat(MIB));
    slack.faults().next("auth.test", 1, When::Before, Fault::Error(code));
    let ended = program.run(&["serve"]).await;
    assert_eq!(ended.err.lines().count(), 1, "{}", ended.err);
    assert!(ended.err.starts_with("unstuck: Slack refused: strange") && ended.err.len() < 400, "{}", ended.err.len());
}

/// The token would go along to wherever an answer points.
#[tokio::test]
async fn nobody_is_followed_elsewhere() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = elsewhere.local_addr().expect("an address");
    for status in [301, 302, 303, 307, 308] {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}/api", listener.local_addr().expect("an address"));
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a call");
            let _ = stream.read(&mut [0; 65536]).await;
            let head = format!("HTTP/1.1 {status} Go\r\nlocation: http://{address}/\r\ncontent-length: 0\r\n\r\n");
            let _ = stream.write_all(head.as_bytes()).await;
        });
        let slack = Slack::new(&base, Token::new("xoxb"), None).expect("a client");
        let answer = slack.auth_test().await;
        assert_eq!(answer, Err(CallError::Ambiguous(format!("http {status}"))));
    }
    let followed = tokio::time::timeout(Duration::from_millis(100), elsewhere.accept()).await;
    assert!(followed.is_err(), "somebody came");
}
