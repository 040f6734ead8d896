//! The same thing twice, to one process or to several; and a database that is away.

use super::at_six;
use super::door::typed;
use super::post::{Answer, Post};
use crate::databases::{Which, both};
use crate::world::request_urls;
use serde_json::Value;
use unstuck::server::Ready;

both! {
    row_19_one_event_at_two_replicas_at_once_happens_once => super::at_once;
    row_19_slack_delivers_everything_twice_to_two_replicas => super::all_twice;
    row_21_what_was_committed_and_not_acknowledged_is_found_done => super::lost_answer;
    row_22_a_database_that_is_away_is_503_and_what_comes_again_is_done_once => super::away;
    a_body_that_is_replayed_changes_nothing => super::replayed;
}

async fn at_once(which: Which) {
    let (world, one) = at_six(which).await;
    let (_, other) = world.replica_over_http().await;
    for number in 0..10 {
        let event = typed(&world, &format!("Ev{number}"), &format!("line {number}"));
        let before = world.counts().await;
        let post = Post::event(&event, world.clock.now());
        let answers = tokio::join!(post.to(&one), post.to(&other), post.to(&one), post.to(&other));
        let answers: [Answer; 4] = answers.into();
        assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
        let after = world.counts().await;
        assert_eq!((after["seen"], after["said"]), (before["seen"] + 1, before["said"] + 1));
        world.seconds_pass(1).await;
    }
    world.settle().await;
}

async fn all_twice(which: Which) {
    let (world, one) = at_six(which).await;
    let (_, other) = world.replica_over_http().await;
    world.slack.saves_request_urls(request_urls(&[&one, &other])).await.expect("both answer");
    world.slack.faults().duplicate_envelopes(1_000);
    world.says("U0ANA", "clear the refund backlog").await;
    world.says("U0ANA", "stuck: refund tool says 403").await;
    world.presses("U0ANA", "More than a minute").await;
    for who in ["U0BEN", "U0CLEO"] {
        world.presses(who, "Nothing stuck").await;
    }
    world.seconds_pass(10).await;
    world.presses_in_channel("U0BEN", "I'll take this").await;
    world.seconds_pass(10).await;
    let counts = world.counts().await;
    assert_eq!((counts["stuck"], counts["said"]), (1, 2));
    assert_eq!(world.digests().len(), 1);
    assert_eq!(world.help_threads(), 1);
    assert!(world.help()[0].contains("Ben has this"), "{:?}", world.help());
}

async fn lost_answer(which: Which) {
    let (world, _) = at_six(which).await;
    let before = world.counts().await;
    world.slack.faults().lose_acks(1);
    world.says("U0ANA", "clear the refund backlog").await;
    // Slack did not hear that it was taken, and sends it at once and after a minute.
    world.minutes_pass(2).await;
    let after = world.counts().await;
    assert_eq!((after["seen"], after["said"]), (before["seen"] + 1, before["said"] + 1));
    let prompt = world.told("U0ANA").join("\n");
    assert_eq!(prompt.matches("lear the refund backlog").count(), 1, "{prompt}");
}

async fn away(which: Which) {
    let (mut world, address) = at_six(which).await;
    let before = world.counts().await;
    let event = typed(&world, "Ev1", "phones");
    let post = Post::event(&event, world.clock.now());
    world.bot.db.close().await;
    let answer = post.to(&address).await;
    assert_eq!((answer.status, answer.body.as_str()), (503, ""));
    assert_eq!(world.bot.ready().await, Ready::DatabaseAway);
    world.reopens_the_database().await;
    assert_eq!(world.counts().await, before);
    let address = world.starts_over_http().await;
    let again = post.with("x-slack-retry-num", "1").with("x-slack-retry-reason", "http_error");
    for _ in 0..2 {
        assert_eq!(again.to(&address).await.status, 200);
    }
    let after = world.counts().await;
    assert_eq!((after["seen"], after["said"]), (before["seen"] + 1, before["said"] + 1));
}

async fn replayed(which: Which) {
    let (world, address) = at_six(which).await;
    let without_id = |text: &str| {
        let mut event = typed(&world, "", text);
        event.as_object_mut().expect("an object").remove("event_id");
        event
    };
    let first = world.clock.now();
    let bodies: [Value; 2] = [typed(&world, "Ev1", "phones"), without_id("mail")];
    for body in &bodies {
        assert_eq!(Post::event(body, first).to(&address).await.status, 200);
    }
    let before = world.counts().await;
    world.minutes_pass(4).await;
    for body in &bodies {
        // Word for word within the window; then with a new time, as Slack sends it again.
        assert_eq!(Post::event(body, first).to(&address).await.status, 200);
        assert_eq!(Post::event(body, world.clock.now()).to(&address).await.status, 200);
    }
    world.minutes_pass(2).await;
    for body in &bodies {
        assert_eq!(Post::event(body, first).to(&address).await.status, 401, "it is too old by now");
    }
    let after = world.counts().await;
    assert_eq!((after["seen"], after["said"]), (before["seen"], before["said"]));
}
