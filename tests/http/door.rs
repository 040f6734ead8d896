//! Row 23: whatever is not Slack's own is turned away and leaves no trace; what is Slack's and new to us is let be.

use super::at_six;
use super::post::{Answer, COMMANDS, EVENTS, INTERACTIVITY, Post, connect, read};
use crate::databases::{Which, both};
use crate::world::World;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;

const MINUTE: i64 = 60_000;

both! {
    row_23_what_is_not_slacks_is_refused_and_leaves_no_row => super::refused;
    row_23_what_is_new_to_us_is_let_be => super::ignored;
    row_23_a_body_that_is_too_large_is_refused_while_it_is_read => super::large;
}

/// What Ana types, as an event.
pub fn typed(world: &World, id: &str, text: &str) -> Value {
    let ts = format!("{}.000900", world.clock.now() / 1000);
    let event = json!({
        "type": "message", "channel_type": "im", "channel": world.dm("U0ANA"), "user": "U0ANA", "text": text,
        "ts": ts, "event_ts": ts,
    });
    json!({"type": "event_callback", "team_id": "T0TEST", "api_app_id": "A0APP", "event_id": id, "event": event})
}

async fn refused(which: Which) {
    let (world, address) = at_six(which).await;
    let (now, before) = (world.clock.now(), world.counts().await);
    let event = || Post::event(&typed(&world, "Ev1", "phones"), now);
    let at = |ms: i64| Post::event(&typed(&world, "Ev1", "phones"), ms);
    let mut forged = event();
    forged.body.extend_from_slice(b" ");
    let mut other_secret = event();
    let code = sandbox::signature("another", now / 1000, &other_secret.body);
    other_secret = other_secret.with("x-slack-signature", &code);
    let not_text = Post::signed(EVENTS, b"{\"type\":\"\xff\xfe\"}".to_vec(), now);
    let zipped = Post::signed(EVENTS, vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0], now).with("content-encoding", "gzip");
    let mut two_kinds = event();
    two_kinds.headers.push(("content-type".into(), "application/x-www-form-urlencoded".into()));
    let table = [
        ("no signature", event().without("x-slack-signature"), 401),
        ("no time", event().without("x-slack-request-timestamp"), 401),
        ("neither", event().without("x-slack-signature").without("x-slack-request-timestamp"), 401),
        ("a signature of another form", event().with("x-slack-signature", "v0=1234"), 401),
        ("another version", event().with("x-slack-signature", "v1=00"), 401),
        ("another's secret", other_secret, 401),
        ("one byte more than was signed", forged, 401),
        ("another time than was signed", event().with("x-slack-request-timestamp", &(now / 1000 + 1).to_string()), 401),
        ("five minutes and a second old", at(now - 5 * MINUTE - 1000), 401),
        ("five minutes and a second ahead", at(now + 5 * MINUTE + 1000), 401),
        ("a time that is no number", event().with("x-slack-request-timestamp", "soon"), 401),
        ("bytes that are no text", not_text, 400),
        ("half of a JSON", Post::signed(EVENTS, "{\"type\":", now), 400),
        ("a list", Post::signed(EVENTS, "[]", now), 400),
        ("nothing", Post::signed(EVENTS, "", now), 400),
        ("too deep", Post::signed(EVENTS, "[".repeat(100_000), now), 400),
        ("a form without its field", Post::signed(INTERACTIVITY, "a=b", now), 400),
        ("a field that is no JSON", Post::signed(INTERACTIVITY, "payload=x", now), 400),
        ("an event of no kind", Post::signed(EVENTS, "{}", now), 400),
        ("an event of another kind", Post::event(&json!({"type": "of_tomorrow"}), now), 400),
        ("an event that is a text", Post::event(&json!({"type": "event_callback", "event": "a text"}), now), 400),
        ("a press of no kind", Post::interaction(&json!({}), now), 400),
        ("a command without a name", Post::signed(COMMANDS, "text=x", now), 400),
        ("a form for an event", event().with("content-type", "application/x-www-form-urlencoded"), 415),
        ("JSON for a press", Post::signed(INTERACTIVITY, "{}", now).with("content-type", "application/json"), 415),
        ("two content types", two_kinds, 415),
        ("no content type", event().without("content-type"), 415),
        ("gzip", zipped, 415),
        ("gzip in name only", event().with("content-encoding", "gzip"), 415),
        ("nowhere", Post { path: "/slack/elsewhere", ..event() }, 404),
    ];
    for (what, post, status) in table {
        let answer = post.to(&address).await;
        assert_eq!((answer.status, answer.body.as_str()), (status, ""), "{what}");
    }
    assert_eq!(world.counts().await, before, "something left a row");
    // The same event as it should be, and at both ends of the window.
    for (id, ms) in [("Ev1", now), ("Ev2", now - 5 * MINUTE), ("Ev3", now + 5 * MINUTE)] {
        assert_eq!(Post::event(&typed(&world, id, "phones"), ms).to(&address).await.status, 200);
    }
    assert_eq!(world.counts().await["seen"], before["seen"] + 3);
}

async fn ignored(which: Which) {
    let (world, address) = at_six(which).await;
    let (now, before) = (world.clock.now(), world.counts().await);
    let event = |event: Value| {
        Post::event(
            &json!({"type": "event_callback", "team_id": "T0TEST", "api_app_id": "A0APP", "event_id": "Ev1", "event": event}),
            now,
        )
    };
    let table = [
        event(json!({"type": "reaction_added", "user": "U0ANA"})),
        event(json!({"type": "of_tomorrow"})),
        event(
            json!({"type": "message", "channel_type": "channel", "channel": "C0SUPPORT", "user": "U0ANA", "text": "a", "ts": "1.2"}),
        ),
        Post::event(&json!({"type": "app_rate_limited", "team_id": "T0TEST", "api_app_id": "A0APP"}), now),
        Post::interaction(&json!({"type": "shortcut", "trigger_id": "1.2.a"}), now),
        Post::interaction(&json!({"type": "view_closed", "user": {"id": "U0ANA"}}), now),
    ];
    for post in table {
        let answer = post.to(&address).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{}", String::from_utf8_lossy(&post.body));
    }
    assert_eq!(world.counts().await, before, "something left a row");
    let asked = json!({"type": "url_verification", "challenge": "3eZbrw1a", "token": "old"});
    let answer = Post::event(&asked, now).to(&address).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"challenge":"3eZbrw1a"}"#));
    let unsigned = Post::event(&asked, now).with("x-slack-signature", &format!("v0={}", "0".repeat(64)));
    assert_eq!(unsigned.to(&address).await.status, 401, "a challenge must be signed as well");
}

async fn large(which: Which) {
    let (world, address) = at_six(which).await;
    let (now, before) = (world.clock.now(), world.counts().await);
    let body = |size: usize| {
        let frame = r#"{"type":"event_callback","event":{},"pad":""}"#;
        frame.replace(r#""""#, &format!("\"{}\"", "x".repeat(size - frame.len())))
    };
    let whole = Post::signed(EVENTS, body(1 << 20), now);
    assert_eq!(whole.to(&address).await.status, 200);
    let large = Post::signed(EVENTS, body((1 << 20) + 1), now);
    assert_eq!(large.in_pieces(&address).await.status, 413);
    // Of what is announced as too large no byte is waited for; of what has no good headers neither.
    let began = Instant::now();
    assert_eq!(large.announced(&address, (1 << 20) + 1).await.status, 413);
    assert_eq!(large.clone().without("x-slack-signature").announced(&address, 1 << 30).await.status, 401);
    assert!(began.elapsed() < Duration::from_secs(2), "it waited for the body");
    assert_eq!(world.counts().await, before);
}

/// Whoever sends one letter a second is cut off, and holds up nobody meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_senders_are_cut_off() {
    let (world, address) = at_six(Which::Sqlite).await;
    let event = Post::event(&typed(&world, "Ev1", "phones"), world.clock.now());
    let began = Instant::now();
    let silent = connect(&address).await;
    let mut slow_head = connect(&address).await;
    slow_head.write_all(b"POST /slack/events HT").await.expect("written");
    let mut slow_body = connect(&address).await;
    slow_body.write_all(event.head(&[("content-length", "500")]).as_bytes()).await.expect("written");
    assert_eq!(event.to(&address).await.status, 200, "others are served");
    let (silent, head) = tokio::join!(read(silent), read(slow_head));
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    let body = read(slow_body).await;
    assert!(began.elapsed() < Duration::from_secs(12), "{:?}", began.elapsed());
    let nothing = |answer: &Answer| [0, 400, 408].contains(&answer.status);
    assert!(nothing(&silent) && nothing(&head) && nothing(&body), "{silent:?} {head:?} {body:?}");
}
