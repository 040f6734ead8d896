//! What is for another app or another workspace is acknowledged, counted, and leaves nothing; and
//! an event that says that our token is dead is believed of Slack alone.

use super::door::typed;
use super::operate::metrics;
use super::post::{Post, get};
use super::{at_six, over_http};
use crate::databases::{Which, both};
use crate::world::World;
use sandbox::{Fault, When};
use serde_json::{Value, json};
use unstuck::server::Ready;

both! {
    what_is_for_others_is_acknowledged_counted_and_left => super::for_others;
    what_came_through_a_shared_channel_is_ours_by_its_authorization => super::shared;
    over_a_socket_the_first_frame_tells_which_app_is_ours => super::over_a_socket;
    while_the_app_is_not_known_the_workspace_is_compared => super::unknown;
    an_uninstall_of_another_workspace_is_none => super::foreign_uninstall;
    an_uninstall_is_believed_once_the_token_is_refused => super::uninstall;
    an_uninstall_is_not_believed_of_a_slack_that_is_away => super::away;
}

fn with(mut payload: Value, place: &str, value: Value) -> Value {
    let (parent, key) = place.rsplit_once('/').expect("a place");
    payload.pointer_mut(parent).expect(place)[key] = value;
    payload
}

fn authorized(payload: Value, team: &str) -> Value {
    let one = json!({"team_id": team, "enterprise_id": null, "user_id": "U0BOT", "is_bot": true, "is_enterprise_install": false});
    with(payload, "/authorizations", json!([one]))
}

/// A press of somebody's, as Slack tells it.
fn press(world: &World, team: Value, home: &str) -> Value {
    let messages = world.slack.history("U0ANA", &world.dm("U0ANA"));
    let prompt = messages.iter().rev().find(|message| message.press("Off today").is_some()).expect("a prompt");
    let mut elements = prompt.blocks.iter().flat_map(|block| block["elements"].as_array().into_iter().flatten());
    let button = elements.find(|element| element["text"]["text"] == "Off today").expect("a button");
    json!({
        "type": "block_actions", "api_app_id": "A0APP", "team": team, "enterprise": null, "is_enterprise_install": false,
        "user": {"id": "U0ANA", "team_id": home}, "trigger_id": format!("1.2.{home}"), "channel": {"id": prompt.channel},
        "container": {"type": "message", "message_ts": prompt.ts, "channel_id": prompt.channel},
        "actions": [{"type": "button", "action_id": button["action_id"], "block_id": "b", "value": button["value"],
                     "action_ts": format!("{}.000001", world.clock.now() / 1000)}],
    })
}

async fn for_others(which: Which) {
    let (world, address) = at_six(which).await;
    let (now, before) = (world.clock.now(), world.counts().await);
    let ours = || typed(&world, "Ev1", "phones");
    let event = |payload: Value| Post::event(&payload, now);
    let act = |payload: &Value| Post::interaction(payload, now);
    let home = json!({"id": "T0TEST", "domain": "corner-shop"});
    let table = [
        ("app", event(with(ours(), "/api_app_id", json!("A0OTHER")))),
        ("app", event(with(with(ours(), "/api_app_id", json!("A0OTHER")), "/team_id", json!("T0OTHER")))),
        ("app", event(with(ours(), "/api_app_id", Value::Null))),
        ("workspace", event(with(ours(), "/team_id", json!("T0OTHER")))),
        ("workspace", event(authorized(with(ours(), "/team_id", json!("T0OTHER")), "T0OTHER"))),
        ("workspace", event(with(ours(), "/team_id", Value::Null))),
        ("workspace", act(&press(&world, json!({"id": "T0OTHER"}), "T0TEST"))),
        ("workspace", act(&press(&world, Value::Null, "T0TEST"))),
        ("app", act(&with(press(&world, home.clone(), "T0TEST"), "/api_app_id", json!("A0OTHER")))),
    ];
    let figures = metrics(&address).await;
    let mut expected = [("app", 0.0), ("workspace", 0.0)];
    for (why, post) in &table {
        let answer = post.to(&address).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{}", String::from_utf8_lossy(&post.body));
        expected.iter_mut().find(|(reason, _)| reason == why).expect("a reason").1 += 1.0;
    }
    assert_eq!(world.counts().await, before, "something left a row");
    let after = metrics(&address).await;
    for (why, times) in expected {
        let name = format!("unstuck_foreign_total{{reason=\"{why}\"}}");
        assert_eq!(after[&name] - figures[&name], times, "{why}");
    }
    // The same as they should be: of us, of a guest's who presses in our channel, and of a modal
    // without a team.
    assert_eq!(event(ours()).to(&address).await.status, 200);
    assert_eq!(world.counts().await["seen"], before["seen"] + 1);
    assert_eq!(act(&press(&world, home, "T0OTHER")).to(&address).await.status, 200);
    let counts = world.counts().await;
    assert_eq!((counts["seen"], counts["away"]), (before["seen"] + 2, before["away"] + 1));
}

async fn shared(which: Which) {
    let (world, address) = at_six(which).await;
    let (now, before) = (world.clock.now(), world.counts().await);
    let event = authorized(with(typed(&world, "Ev1", "phones"), "/team_id", json!("T0OTHER")), "T0TEST");
    assert_eq!(Post::event(&event, now).to(&address).await.status, 200);
    assert_eq!(world.counts().await["said"], before["said"] + 1);
}

async fn over_a_socket(which: Which) {
    let world = World::new(which).await;
    world.sees("the first frame", |world| world.bot.slack.app().get() == Some("A0APP")).await;
    world.until("2026-05-18T06:00").await;
    let asked = world.slack.ledger().iter().filter(|entry| entry.call("bots.info").is_some()).count();
    assert_eq!(asked, 0, "Slack said it by itself");
    let before = world.counts().await;
    for (place, other) in [("/api_app_id", "A0OTHER"), ("/team_id", "T0OTHER")] {
        let payload = with(typed(&world, "Ev1", "phones"), place, json!(other));
        let envelope = json!({"envelope_id": "e1", "type": "events_api", "payload": payload});
        assert!(world.bot.receive(&envelope).await.expect("taken in").payload.is_none());
    }
    assert_eq!(world.counts().await, before, "something left a row");
    world.says("U0ANA", "phones").await;
    assert_eq!(world.counts().await["said"], before["said"] + 1);
}

async fn unknown(which: Which) {
    let mut world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.slack.faults().next("bots.info", 1, When::Before, Fault::Error("internal_error".into()));
    let address = world.starts_over_http().await;
    assert_eq!(world.slack.faults().left(), 0);
    let before = world.counts().await;
    let of_app = |id: &str| with(typed(&world, id, "phones"), "/api_app_id", json!("A0OTHER"));
    let elsewhere = with(of_app("Ev1"), "/team_id", json!("T0OTHER"));
    assert_eq!(Post::event(&elsewhere, world.clock.now()).to(&address).await.status, 200);
    assert_eq!(world.counts().await["seen"], before["seen"]);
    assert_eq!(Post::event(&of_app("Ev2"), world.clock.now()).to(&address).await.status, 200);
    assert_eq!(world.counts().await["seen"], before["seen"] + 1, "only the workspace can be compared");
    world.minutes_pass(2).await;
    world.sees("the app", |world| world.bot.slack.app().get() == Some("A0APP")).await;
    assert_eq!(Post::event(&of_app("Ev3"), world.clock.now()).to(&address).await.status, 200);
    assert_eq!(world.counts().await["seen"], before["seen"] + 1);
}

/// What Slack sends when the app is removed, in both of its events.
fn removed(team: &str, app: &str) -> [Value; 2] {
    let revoked = json!({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": ["U0BOT"]}});
    let event = |id: &str, event: Value| {
        let event =
            json!({"type": "event_callback", "team_id": team, "api_app_id": app, "event_id": id, "event": event});
        authorized(event, team)
    };
    [
        event(&format!("EvGone{team}{app}"), json!({"type": "app_uninstalled"})),
        event(&format!("EvRevoked{team}{app}"), revoked),
    ]
}

async fn hears(world: &World, address: &str, events: &[Value]) {
    for event in events {
        assert_eq!(Post::event(event, world.clock.now()).to(address).await.status, 200, "{event}");
    }
}

async fn foreign_uninstall(which: Which) {
    let (world, address) = over_http(which).await;
    let before = world.counts().await;
    for (team, app) in [("T0OTHER", "A0APP"), ("T0TEST", "A0OTHER"), ("T0OTHER", "A0OTHER")] {
        hears(&world, &address, &removed(team, app)).await;
    }
    // Ours by its name, and late: the app was installed again since, so that the token works.
    hears(&world, &address, &removed("T0TEST", "A0APP")).await;
    assert_eq!(world.counts().await, before, "something left a row");
    let (replica, other) = world.replica_over_http().await;
    assert_eq!((world.bot.ready().await, replica.ready().await), (Ready::Yes, Ready::Yes));
    assert_eq!((get(&address, "/ready").await.status, get(&other, "/ready").await.status), (200, 200));
}

async fn uninstall(which: Which) {
    for nth in 0..2 {
        let (world, address) = over_http(which).await;
        world.slack.uninstalls();
        hears(&world, &address, &removed("T0TEST", "A0APP")[nth..=nth]).await;
        assert_eq!(world.bot.ready().await, Ready::TokenRefused);
    }
}

async fn away(which: Which) {
    let (world, address) = over_http(which).await;
    let faults = world.slack.faults();
    for fault in
        [Fault::Status(503), Fault::Cut, Fault::Error("ratelimited".into()), Fault::Error("internal_error".into())]
    {
        faults.next("auth.test", 2, When::Before, fault);
        hears(&world, &address, &removed("T0TEST", "A0APP")).await;
        assert_eq!((faults.left(), world.bot.ready().await), (0, Ready::Yes));
    }
    // It was true. Nobody sends it again, and nothing is posted: Slack is asked until it says so.
    faults.next("auth.test", 1, When::Before, Fault::Error("account_inactive".into()));
    world.minutes_pass(1).await;
    world.sees("that it was asked", |_| faults.left() == 0).await;
    while world.bot.ready().await != Ready::TokenRefused {
        tokio::task::yield_now().await;
    }
}
