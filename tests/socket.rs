//! Our Socket Mode client against the sandbox.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use sandbox::{Disconnect, Fault, Kind, Sandbox, Setup, When};
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use unstuck::slack::client::{Slack, Token};
use unstuck::slack::socket::{Handled, Refused, Socket};

struct Line {
    slack: Sandbox,
    connected: watch::Receiver<usize>,
    stop: watch::Sender<bool>,
    running: JoinHandle<Result<(), Refused>>,
    heard: Arc<Mutex<Vec<String>>>,
    after: Arc<AtomicUsize>,
}

/// A handler that does what the typed text says.
async fn line(sockets: usize) -> Line {
    let slack = Sandbox::start(Setup::new(sandbox::sample())).await.expect("a sandbox");
    let client =
        Slack::new(&slack.api_url(), Token::new("xoxb-sandbox"), Some(Token::new("xapp-sandbox"))).expect("a client");
    let (heard, after) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
    let (list, counter) = (heard.clone(), after.clone());
    let handler = Arc::new(move |envelope: Value| {
        let text = envelope["payload"]["event"]["text"].as_str().unwrap_or_default().to_owned();
        list.lock().expect("heard").push(text.clone());
        let counter = counter.clone();
        async move {
            match text.as_str() {
                "fails" => anyhow::bail!("the database is away"),
                "panics" => panic!("a bug"),
                "hangs" => std::future::pending().await,
                "slow" => tokio::time::sleep(Duration::from_millis(800)).await,
                _ => {}
            }
            let after = async move {
                counter.fetch_add(1, Ordering::SeqCst);
            };
            Ok(Handled { payload: Some(serde_json::json!({"ignored": true})), after: Some(after.boxed()) })
        }
        .boxed()
    });
    let socket = Socket::new(client, sockets, handler);
    let mut connected = socket.connected();
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(socket.run(stopped));
    connected.wait_for(|count| *count == sockets).await.expect("connected");
    Line { slack, connected, stop, running, heard, after }
}

impl Line {
    fn says(&self, text: &str) {
        let dm = self.slack.dm("U0ANA");
        self.slack.says("U0ANA", &dm, text).expect("said");
    }

    fn count(&self, wanted: impl Fn(&Kind) -> bool) -> usize {
        self.slack.ledger().iter().filter(|entry| wanted(&entry.kind)).count()
    }

    fn acked(&self) -> usize {
        self.count(|kind| matches!(kind, Kind::Acked { .. }))
    }

    /// The fewest connections that Slack had at any moment since the first ones.
    fn fewest(&self, since: usize) -> usize {
        let (mut now, mut fewest) = (0usize, usize::MAX);
        for entry in self.slack.ledger() {
            match entry.kind {
                Kind::Connected { .. } => now += 1,
                Kind::Disconnected { .. } => now -= 1,
                _ => continue,
            }
            fewest = if now >= since && fewest == usize::MAX {
                now
            } else {
                fewest.min(if fewest == usize::MAX { fewest } else { now })
            };
        }
        fewest
    }

    async fn until(&self, what: &str, done: impl Fn() -> bool) {
        let began = Instant::now();
        while !done() {
            assert!(began.elapsed() < Duration::from_secs(20), "{what}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_or_broken_handler_holds_nobody_up_and_is_not_acknowledged() {
    let line = line(2).await;
    for text in ["hangs", "panics", "fails", "slow", "hello"] {
        line.says(text);
    }
    let began = Instant::now();
    line.until("hello is acknowledged", || line.acked() == 1).await;
    assert!(began.elapsed() < Duration::from_millis(600));
    line.until("slow is acknowledged", || line.acked() == 2).await;
    line.until("the others are not", || line.count(|kind| matches!(kind, Kind::Unacked { .. })) >= 3).await;
    assert_eq!(line.acked(), 2);
    assert_eq!(line.after.load(Ordering::SeqCst), 2);
    assert!(line.slack.ledger().iter().all(|entry| !matches!(&entry.kind, Kind::Acked { payload: Some(_), .. })));
    assert_eq!(line.slack.connections(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_is_replaced_before_it_goes() {
    for why in [Disconnect::Warning, Disconnect::RefreshRequested] {
        let line = line(1).await;
        let mut watched = line.connected.clone();
        let gap = tokio::spawn(async move { watched.wait_for(|count| *count == 0).await.is_ok() });
        line.says("slow");
        line.slack.disconnects(why);
        line.until("a second connection", || line.slack.connections() == 2).await;
        for number in 0..20 {
            line.says(&format!("after {number}"));
        }
        line.until("the old one goes", || line.count(|kind| matches!(kind, Kind::Disconnected { .. })) == 1).await;
        line.until("all are acknowledged", || line.acked() == 21).await;
        assert!(line.fewest(1) >= 1, "a moment without a connection");
        assert!(!gap.is_finished(), "the gauge fell to none");
        assert_eq!(line.count(|kind| matches!(kind, Kind::Unacked { .. })), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_connections_come_back_and_refusals_are_waited_out() {
    let mut line = line(2).await;
    line.slack.faults().refuse_connections();
    line.slack.cuts_sockets();
    line.connected.wait_for(|count| *count == 0).await.expect("gone");
    tokio::time::sleep(Duration::from_secs(2)).await;
    let tried = line.slack.ledger().iter().filter(|entry| entry.call("apps.connections.open").is_some()).count();
    assert!((3..=6).contains(&tried), "{tried} tries in two seconds");
    line.slack.faults().clear();
    line.connected.wait_for(|count| *count == 2).await.expect("back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_is_backed_off_without_overlap() {
    let mut line = line(1).await;
    line.slack.disconnects(Disconnect::TooManyWebsockets);
    line.connected.wait_for(|count| *count == 0).await.expect("gone");
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(line.slack.connections(), 0);
    line.connected.wait_for(|count| *count == 1).await.expect("back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disabled_link_ends_it_with_a_reason() {
    let line = line(2).await;
    line.slack.disconnects(Disconnect::LinkDisabled);
    let ended = tokio::time::timeout(Duration::from_secs(5), line.running).await.expect("it ends").expect("in order");
    assert_eq!(ended, Err(Refused::LinkDisabled));
    drop(line.stop);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_will_never_do_ends_it_at_the_start_and_only_there() {
    let slack = Sandbox::start(Setup::new(sandbox::sample())).await.expect("a sandbox");
    let (_stop, stopped) = watch::channel(false);
    for (token, code, words) in [
        ("xapp-wrong", "invalid_auth", "SLACK_APP_TOKEN is refused (invalid_auth)"),
        ("xoxb-sandbox", "not_allowed_token_type", "copy the one that starts with xapp-"),
    ] {
        let client = Slack::new(&slack.api_url(), Token::new("xoxb-sandbox"), Some(Token::new(token)));
        let socket = Socket::new(client.expect("a client"), 2, Arc::new(|_| async { Ok(Handled::default()) }.boxed()));
        let ended = tokio::time::timeout(Duration::from_secs(5), socket.run(stopped.clone())).await.expect("it ends");
        assert_eq!(ended, Err(Refused::AppToken(code.to_owned())));
        assert!(ended.is_err_and(|refused| refused.to_string().contains(words)), "{token}");
    }
    // Once it was good, it may be so again.
    let mut line = line(1).await;
    line.slack.faults().next("apps.connections.open", 2, When::Before, Fault::Error("invalid_auth".into()));
    line.slack.cuts_sockets();
    line.connected.wait_for(|count| *count == 0).await.expect("gone");
    line.connected.wait_for(|count| *count == 1).await.expect("back");
    assert_eq!(line.slack.faults().left(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_finishes_what_was_received() {
    let line = line(2).await;
    for _ in 0..5 {
        line.says("slow");
    }
    line.until("all are received", || line.heard.lock().expect("heard").len() == 5).await;
    line.stop.send_replace(true);
    line.until("it ends", || line.running.is_finished()).await;
    line.until("all are acknowledged", || line.acked() == 5).await;
    line.until("both are closed", || line.slack.connections() == 0).await;
    assert_eq!(line.after.load(Ordering::SeqCst), 5);
    assert_eq!(line.running.await.expect("in order"), Ok(()));
}
