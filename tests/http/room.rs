//! Room at the doors: whoever says nothing, or says it slowly, keeps nobody out; and Slack may send
//! a lot at once.

use super::door::typed;
use super::operate::metrics;
use super::post::{EVENTS, Post, connect, get};
use super::{at_six, over_http};
use crate::databases::{Which, both};
use crate::teams::Team;
use crate::world::{World, ZONE, monday_morning, person};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use unstuck::server::operate;

/// A Kubernetes probe gives up after a second, and Slack after three.
const PROBE: Duration = Duration::from_millis(500);
const SLACK: Duration = Duration::from_secs(3);

both! {
    many_payloads_of_one_instant_are_acknowledged_or_come_again => super::at_once;
}

/// So many connections, each with these bytes on it and then nothing.
async fn crowd(address: &str, many: usize, bytes: &[u8]) -> Vec<TcpStream> {
    let mut crowd = Vec::new();
    for _ in 0..many {
        let mut stream = connect(address).await;
        // Whoever has to give way already finds the line cut.
        let _ = stream.write_all(bytes).await;
        crowd.push(stream);
    }
    crowd
}

async fn pages(world: &World) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(operate::serve(world.bot.clone(), listener));
    address
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_connections_do_not_starve_the_health_address() {
    let world = World::new(Which::Sqlite).await;
    let address = pages(&world).await;
    let slow = b"POST /live HTTP/1.1\r\nhost: a\r\ncontent-length: 500\r\n\r\n";
    for bytes in [&b""[..], b"GET /li", slow] {
        for many in [64, 300] {
            let crowd = crowd(&address, many, bytes).await;
            for path in ["/live", "/ready"] {
                let began = Instant::now();
                assert_eq!(get(&address, path).await.status, 200);
                assert!(began.elapsed() < PROBE, "{path} beside {many}: {:?}", began.elapsed());
            }
            drop(crowd);
        }
    }
    let long = format!("GET /live HTTP/1.1\r\nhost: {}\r\n\r\n", "a".repeat(64 << 10));
    let refused = super::post::read(crowd(&address, 1, long.as_bytes()).await.remove(0)).await;
    assert_ne!(refused.status, 200, "a head is short");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_connections_do_not_starve_slack() {
    let (world, address) = at_six(Which::Sqlite).await;
    let event = Post::event(&typed(&world, "Ev0", "phones"), world.clock.now());
    let slow_body = event.head(&[("content-length", "500")]);
    let large_body = event.head(&[("content-length", "1000000")]) + &"x".repeat(200_000);
    let crowds = [("", 300), ("", 700), ("POST /slack/ev", 600), (&slow_body, 600), (&large_body, 40)];
    for (nth, (bytes, many)) in crowds.into_iter().enumerate() {
        let crowd = crowd(&address, many, bytes.as_bytes()).await;
        for again in 0..5 {
            let event = typed(&world, &format!("Ev{nth}.{again}"), "phones");
            let began = Instant::now();
            assert_eq!(Post::event(&event, world.clock.now()).to(&address).await.status, 200);
            assert!(began.elapsed() < SLACK / 2, "beside {many} of {bytes:.20}: {:?}", began.elapsed());
        }
        drop(crowd);
    }
}

/// Strangers announce large bodies and say nothing more: Slack's own large ones do not wait for them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_bodies_that_do_not_come_starve_no_large_one() {
    let (world, address) = at_six(Which::Sqlite).await;
    let event = Post::event(&typed(&world, "Ev0", "phones"), world.clock.now());
    let begun = event.head(&[("content-length", "1000000")]) + &"x".repeat(70_000);
    let strangers = crowd(&address, 200, begun.as_bytes()).await;
    for again in 0..5 {
        let mut large = typed(&world, &format!("EvLarge{again}"), "mail");
        large["event"]["blocks"] = serde_json::json!("y".repeat(100_000));
        let began = Instant::now();
        assert_eq!(Post::event(&large, world.clock.now()).to(&address).await.status, 200);
        assert!(began.elapsed() < SLACK / 2, "{:?}", began.elapsed());
    }
    drop(strangers);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_figures_tell_how_full_it_is_and_who_was_turned_away() {
    let (world, address) = over_http(Which::Sqlite).await;
    let coming = r#"unstuck_http_connections{address="slack",state="coming"}"#;
    assert_eq!(metrics(&address).await[coming], 0.0);
    let silent = crowd(&address, 20, b"").await;
    while metrics(&address).await[coming] != 20.0 {}
    drop(silent);
    while metrics(&address).await[coming] != 0.0 {}
    let refused = |page: &std::collections::BTreeMap<String, f64>, reason: &str| {
        page.get(&format!("unstuck_http_refused_total{{reason=\"{reason}\"}}")).copied().unwrap_or_default()
    };
    let now = world.clock.now();
    let event = || Post::event(&typed(&world, "Ev1", "phones"), now);
    for post in [
        event().without("x-slack-signature"),
        event().with("x-slack-request-timestamp", "1"),
        event().with("x-slack-signature", &format!("v0={}", "0".repeat(64))),
        event().with("content-type", "text/plain"),
        Post::signed(EVENTS, "{}", now),
        Post { path: "/nowhere", ..event() },
        Post { path: "/live", ..event() },
    ] {
        assert!(post.to(&address).await.status >= 400);
    }
    assert_eq!(event().announced(&address, 2 << 20).await.status, 413);
    drop(super::post::read(crowd(&address, 1, b"nonsense\r\n\r\n").await.remove(0)).await);
    drop(super::post::read(crowd(&address, 1, b"").await.remove(0)).await);
    let page = metrics(&address).await;
    let reasons =
        ["headers", "time", "signature", "form", "unreadable", "address", "method", "too_large", "malformed", "late"];
    for reason in reasons {
        assert_eq!(refused(&page, reason), 1.0, "{reason}: {page:#?}");
    }
    // The pages have the same on an address of their own.
    let pages = pages(&world).await;
    assert_eq!((get(&pages, "/nowhere").await.status, event().to(&pages).await.status), (404, 404));
    assert_eq!((Post { path: "/live", ..event() }).to(&pages).await.status, 405);
    let page = metrics(&pages).await;
    assert_eq!((refused(&page, "address"), refused(&page, "method")), (3.0, 2.0), "{page:#?}");
}

/// What comes of so many payloads that are sent at the same instant: how many were not
/// acknowledged, and how long the slowest took.
async fn sent_at_once(world: &World, address: &str, payloads: Vec<Value>) -> (usize, Duration) {
    let (now, began) = (world.clock.now(), Instant::now());
    let sent = payloads.into_iter().map(|payload| {
        let (post, address) = (Post::event(&payload, now), address.to_owned());
        tokio::spawn(async move { (post.to(&address).await.status, began.elapsed()) })
    });
    let sent: Vec<_> = sent.collect();
    let (mut failed, mut slowest) = (0, Duration::ZERO);
    for one in sent {
        let (status, took) = one.await.expect("answered");
        failed += usize::from(status != 200 || took > SLACK);
        slowest = slowest.max(took);
    }
    (failed, slowest)
}

/// So many agents who are all asked at six, and have all been asked when this returns.
async fn many_agents(which: Which, many: usize) -> (World, String) {
    let ids: Vec<String> = (0..many).map(|number| format!("U0A{number:03}")).collect();
    let agents: Vec<&str> = ids.iter().map(String::as_str).collect();
    let teams = Team { agents: &agents, ..Team::default() }.to_string();
    let mut world = World::with(which, &teams, monday_morning(), |workspace| {
        let people = ids.iter().map(|id| person(id, &format!("Agent {id}"), ZONE));
        workspace.users.extend(people);
        workspace.channels[0].members.extend(ids.iter().cloned());
    })
    .await;
    let address = world.starts_over_http().await;
    world.until("2026-05-18T06:01").await;
    (world, address)
}

async fn at_once(which: Which) {
    let (world, address) = many_agents(which, 200).await;
    let line = |number: usize, who: usize| {
        let who = format!("U0A{who:03}");
        let mut event = typed(&world, &format!("Ev{who}{number}"), &format!("line {number}"));
        let ts = format!("{}.{:06}", world.clock.now() / 1000, number + 1);
        for (place, value) in [("user", json!(who)), ("channel", json!(world.dm(&who))), ("ts", json!(ts))] {
            event["event"][place] = value;
        }
        event
    };
    let before = world.counts().await["said"];
    // Each says one thing; then a few say a lot, whose lines are all of one answer.
    let of_all: Vec<Value> = (0..200).map(|number| line(number, number)).collect();
    let of_ten: Vec<Value> = (1000..1200).map(|number| line(number, number % 10)).collect();
    for (what, payloads) in [("each one", of_all), ("ten of them", of_ten)] {
        let some = payloads[..12].to_vec();
        let (failed, slowest) = sent_at_once(&world, &address, some).await;
        println!("{which:?}, {what}: {failed} of 12 not acknowledged, the slowest took {slowest:?}");
        assert_eq!(failed, 0, "{what}: not acknowledged of 12; the slowest took {slowest:?}");
        // How many of more are in time is the machine's; what was not is sent again by Slack, and
        // done once.
        let (failed, slowest) = sent_at_once(&world, &address, payloads.clone()).await;
        println!("{which:?}, {what}: {failed} of 200 not acknowledged, the slowest took {slowest:?}");
        for payload in payloads {
            assert_eq!(Post::event(&payload, world.clock.now()).to(&address).await.status, 200);
        }
    }
    assert_eq!(world.counts().await["said"], before + 400);
}
