//! What is signed as one thing and sent as another; and addresses in a payload that are not
//! Slack's.

use super::at_six;
use super::door::typed;
use super::post::{COMMANDS, EVENTS, INTERACTIVITY, Post};
use crate::databases::{Which, both};
use crate::world::World;
use sandbox::Kind;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::TcpListener;

both! {
    row_23_a_signed_event_is_not_a_press_at_another_address => super::replayed;
    row_23_a_press_calls_no_address_but_slacks => super::elsewhere;
}

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// "Off today" as Slack would send it, when somebody presses it.
fn off_today(world: &World, who: &str, trigger: &str) -> Value {
    let messages = world.slack.history(who, &world.dm(who));
    let pressed = messages.iter().rev().find_map(|message| {
        let mut elements = message.blocks.iter().flat_map(|block| block["elements"].as_array().into_iter().flatten());
        let button = elements.find(|element| element["text"]["text"] == "Off today")?;
        Some((message.ts.clone(), button.clone()))
    });
    let (ts, button) = pressed.expect("a button");
    json!({
        "type": "block_actions", "api_app_id": "A0APP", "team": {"id": "T0TEST"}, "enterprise": null,
        "user": {"id": who, "team_id": "T0TEST"}, "trigger_id": trigger, "channel": {"id": world.dm(who)},
        "container": {"type": "message", "message_ts": ts, "channel_id": world.dm(who)},
        "actions": [{"type": "button", "action_id": button["action_id"], "block_id": "b", "value": button["value"],
                     "action_ts": format!("{}.000001", world.clock.now() / 1000)}],
    })
}

async fn off(world: &World) -> i64 {
    world.settle().await;
    world.counts().await["away"]
}

async fn replayed(which: Which) {
    let (world, address) = at_six(which).await;
    let now = world.clock.now();
    let form = |payload: &Value| String::from_utf8(Post::interaction(payload, now).body).expect("text");
    let press = off_today(&world, "U0ANA", "1.2.replayed");
    // Somebody types what a form would look like, and has Slack sign it.
    let mut event = typed(&world, "Ev1", &format!("&{}&", form(&press)));
    let before = world.counts().await;
    for (path, kind) in [(INTERACTIVITY, FORM), (COMMANDS, FORM), (INTERACTIVITY, JSON), (EVENTS, FORM)] {
        let post = Post { path, ..Post::event(&event, now) }.with("content-type", kind);
        let status = post.to(&address).await.status;
        assert!([400, 415].contains(&status), "{path} {kind}: {status}");
    }
    // What is an event and a press in one is neither; nor is a press an event.
    for payload in [&press, &json!({"event": event["event"], "type": "block_actions", "actions": press["actions"]})] {
        assert_eq!(Post::event(payload, now).to(&address).await.status, 400, "{payload}");
    }
    let mut both = press.clone();
    both["event"] = event["event"].take();
    assert_eq!(Post::interaction(&both, now).to(&address).await.status, 400);
    let beside = format!("{}&token=a", form(&press));
    assert_eq!(Post::signed(INTERACTIVITY, beside, now).to(&address).await.status, 400);
    assert_eq!(world.counts().await, before, "something left a row");

    assert_eq!(Post::interaction(&press, now).to(&address).await.status, 200);
    assert_eq!(off(&world).await, before["away"] + 1, "as Slack sends it, it is a press");
}

/// An address in the operator's own network, and how often it was asked.
async fn neighbour() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let (address, asked) = (listener.local_addr().expect("an address"), Arc::new(AtomicUsize::new(0)));
    let count = asked.clone();
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    (address.to_string(), asked)
}

async fn elsewhere(which: Which) {
    let (world, address) = at_six(which).await;
    let (other, asked) = neighbour().await;
    let slack = world.slack.page_url();
    let slack = slack.trim_start_matches("http://").trim_end_matches('/');
    let said = |world: &World| {
        let all = world.slack.ledger().into_iter();
        all.filter(|entry| matches!(entry.kind, Kind::Responded { .. })).count()
    };
    let addresses = [
        format!("http://{other}/"),
        format!("http://{slack}@{other}/response/1"),
        format!("http://anybody@{slack}/response/1"),
        format!("http://{other}\\@{slack}/response/1"),
        format!("https://{slack}/response/1"),
        format!("http://{slack}/response/1"),
    ];
    for (number, url) in addresses.iter().enumerate() {
        // Zed is in no team, so that he is told.
        let mut press = off_today(&world, "U0ANA", &format!("1.2.{number}"));
        (press["user"], press["response_url"]) = (json!({"id": "U0ZED", "team_id": "T0TEST"}), json!(url));
        assert_eq!(Post::interaction(&press, world.clock.now()).to(&address).await.status, 200);
    }
    // The last one is Slack's own; the ones before it were sooner.
    world.sees("a line at Slack's own address", |world| said(world) == 1).await;
    assert_eq!((asked.load(Ordering::SeqCst), said(&world)), (0, 1));
}
