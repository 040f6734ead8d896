//! /live, /ready and /metrics.

use super::over_http;
use super::post::get;
use crate::databases::{Which, both};
use crate::world::World;
use sandbox::{Fault, When};
use std::collections::{BTreeMap, BTreeSet};
use tokio::net::TcpListener;
use unstuck::server::{Ready, operate};

both! {
    it_tells_how_it_is => super::tells;
    the_figures_of_a_day => super::figures;
    a_message_that_waits_has_an_age => super::ages;
    without_a_connection_it_says_so => super::deaf;
}

/// The samples by their names and labels, as they stand on the page.
pub async fn metrics(address: &str) -> BTreeMap<String, f64> {
    let answer = get(address, "/metrics").await;
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains("content-type: application/openmetrics-text"), "{}", answer.head);
    assert!(answer.body.ends_with("# EOF\n"));
    let samples = answer.body.lines().filter(|line| !line.starts_with('#'));
    let read =
        |line: &str| line.rsplit_once(' ').map(|(name, value)| (name.to_owned(), value.parse().expect("a number")));
    samples.map(|line| read(line).expect("a name and a number")).collect()
}

async fn tells(which: Which) {
    let (mut world, address) = over_http(which).await;
    let live = get(&address, "/live").await;
    assert_eq!((live.status, live.body.as_str()), (200, "alive\n"));
    let ready = get(&address, "/ready").await;
    assert_eq!((ready.status, ready.body.as_str()), (200, "ready\n"));

    world.bot.db.close().await;
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    let ready = get(&address, "/ready").await;
    assert_eq!((ready.status, ready.body.as_str()), (503, "not ready: the database does not answer\n"));
    assert_eq!(get(&address, "/live").await.status, 200, "that is no reason to be killed");
    let figures = metrics(&address).await;
    assert_eq!(figures["unstuck_database_up"], 0.0);
    world.reopens_the_database().await;

    // A ticker that hangs: the time goes on and no tick is done.
    let address = world.starts_over_http().await;
    let now = world.clock.now();
    world.bot.vitals.ticked(world.clock.elapsed());
    let replica = world.bot.clone();
    world.stops().await;
    assert_eq!(replica.ready().await, Ready::Stopping);
    drop(address);
    let (idle, clock) = world.idle_bot().await;
    assert_eq!(idle.ready().await, Ready::Yes);
    clock.step_to(now + 60_000);
    assert_eq!(idle.ready().await, Ready::Yes);
    clock.step_to(now + 61_000);
    assert!(matches!(idle.ready().await, Ready::Stale(age) if age.as_secs() == 61), "{}", idle.ready().await);
    assert!(idle.tick().await);
    assert_eq!(idle.ready().await, Ready::Yes);
}

/// The figure of the open connections, as its page says it.
async fn open(world: &World) -> f64 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let pages = tokio::spawn(operate::serve(world.bot.clone(), listener));
    let open = metrics(&address).await["unstuck_sockets_open"];
    pages.abort();
    open
}

async fn deaf(which: Which) {
    let world = World::new(which).await;
    world.sees("two connections", |world| world.slack.connections() == 2).await;
    while open(&world).await < 2.0 {}
    world.slack.faults().refuse_connections();
    world.slack.cuts_sockets();
    while open(&world).await > 0.0 {}
    world.seconds_pass(60).await;
    assert_eq!(world.bot.ready().await, Ready::Yes, "for a minute it may be as it will");
    world.seconds_pass(1).await;
    assert!(world.bot.tick().await);
    assert_eq!(world.bot.ready().await.to_string(), "not ready: no connection to Slack");
    world.slack.faults().clear();
    world.sees("connections", |world| world.slack.connections() == 2).await;
    while open(&world).await < 2.0 {}
    assert_eq!(world.bot.ready().await, Ready::Yes);
    // Over HTTP nothing is open, and nothing amiss.
    let (world, address) = over_http(which).await;
    world.seconds_pass(120).await;
    assert!(world.bot.tick().await);
    assert_eq!((open(&world).await, world.bot.ready().await), (0.0, Ready::Yes));
    assert_eq!(get(&address, "/ready").await.status, 200);
}

async fn figures(which: Which) {
    let (world, address) = over_http(which).await;
    world.until("2026-05-18T06:00").await;
    world.says("U0ANA", "zebra47 refund").await;
    world.presses("U0ANA", "Nothing stuck").await;
    world.presses("U0BEN", "Off today").await;
    world.until("2026-05-18T14:00").await;
    let page = metrics(&address).await;
    let wanted = [
        (r#"unstuck_check_ins{state="answered",reason=""}"#, 1.0),
        (r#"unstuck_check_ins{state="excused",reason="off"}"#, 1.0),
        (r#"unstuck_check_ins{state="excused",reason="not_asked_in_time"}"#, 0.0),
        (r#"unstuck_check_ins{state="missed",reason=""}"#, 1.0),
        (r#"unstuck_check_ins{state="asked",reason=""}"#, 1.0),
        (r#"unstuck_messages{state="dead"}"#, 0.0),
        (r#"unstuck_messages{state="doubtful"}"#, 0.0),
        (r#"unstuck_message_oldest_age_seconds{state="wanted"}"#, 0.0),
        (r#"unstuck_message_oldest_age_seconds{state="dead"}"#, 0.0),
        ("unstuck_database_up", 1.0),
        ("unstuck_tick_lag_seconds", 0.0),
        (r#"unstuck_ack_seconds_bucket{le="+Inf"}"#, page["unstuck_ack_seconds_count"]),
        ("unstuck_unacknowledged_total", 0.0),
    ];
    for (name, value) in wanted {
        assert_eq!(page.get(name), Some(&value), "{name}: {page:#?}");
    }
    assert!(page["unstuck_ack_seconds_count"] >= 3.0 && page["unstuck_post_latency_seconds_count"] >= 4.0, "{page:#?}");
    assert!(page[r#"unstuck_slack_calls_total{method="chat.postMessage",outcome="ok"}"#] >= 4.0, "{page:#?}");
    assert!(page.keys().any(|name| name.starts_with("unstuck_build_info{version=\"")), "{page:#?}");
    let families = get(&address, "/metrics").await.body;
    let families = families.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    let mut told: BTreeSet<String> = families.map(str::to_owned).collect();
    // It has no line before the first refusal.
    told.insert("unstuck_http_refused".to_owned());
    assert_eq!(told, crate::contract::metrics(), "docs/operating.md names other metrics");
    // No label is anything but a word of ours.
    for name in page.keys() {
        for hidden in ["zebra47", "U0ANA", "Ana", "T0TEST", "C0SUPPORT", "xoxb", "prompt:"] {
            assert!(!name.contains(hidden), "{name}");
        }
    }
}

async fn ages(which: Which) {
    let (world, address) = over_http(which).await;
    let oldest = |state: &str| format!("unstuck_message_oldest_age_seconds{{state=\"{state}\"}}");
    world.slack.faults().next("chat.postMessage", 1, When::Before, Fault::Error("channel_not_found".into()));
    world.until("2026-05-18T06:00").await;
    world.minutes_pass(10).await;
    let page = metrics(&address).await;
    assert_eq!((page[&oldest("dead")], page[r#"unstuck_messages{state="dead"}"#]), (600.0, 1.0), "{page:#?}");
    // An edit that Slack does not take waits since the answer that wants it.
    world.slack.faults().next("chat.update", 1_000, When::Before, Fault::Error("invalid_auth".into()));
    let who = ["U0ANA", "U0BEN", "U0CLEO"].into_iter().find(|who| !world.told(who).is_empty()).expect("somebody");
    world.presses(who, "Nothing stuck").await;
    world.seconds_pass(3).await;
    let page = metrics(&address).await;
    assert!(page[&oldest("wanted")] <= 3.0, "not since it was first posted: {page:#?}");
}
