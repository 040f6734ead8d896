//! A check-in, a stuck, a taker and a form, all of it through the HTTP door.

use super::over_http;
use super::post::{COMMANDS, Post};
use crate::databases::{Which, both};
use crate::world::SUPPORT;
use sandbox::{Fault, Submitted, When};

both! {
    a_day_goes_through_the_http_door => super::day;
    the_form_is_checked_and_taken_over_http => super::form;
    row_24_a_trigger_that_expired_is_told_and_changes_nothing => super::expired;
    a_slash_command_is_answered_politely => super::command;
}

async fn day(which: Which) {
    let (world, _) = over_http(which).await;
    world.until("2026-05-18T06:00").await;
    world.says("U0ANA", "clear the refund backlog").await;
    world.says("U0ANA", "stuck: refund tool says 403").await;
    world.presses("U0ANA", "More than a minute").await;
    world.seconds_pass(7).await;
    for who in ["U0BEN", "U0CLEO"] {
        world.presses(who, "Nothing stuck").await;
    }
    world.seconds_pass(7).await;
    assert!(world.digest().contains("clear the refund backlog") || world.digest().contains("Clear the refund backlog"));
    world.presses_in_channel("U0BEN", "I'll take this").await;
    world.seconds_pass(7).await;
    assert!(world.help()[0].contains("Ben has this"), "{:?}", world.help());
    // Cleo comes second: what she is told goes through the press's own address.
    world.presses_in("U0CLEO", SUPPORT, "Hand back").await;
    let told = world.private("U0CLEO", 1).await;
    assert!(told[0].contains("Ben"), "{told:?}");

    world.presses_in_channel("U0BEN", "Resolve").await;
    world.fills("U0BEN", "What unstuck it", "a new token");
    assert_eq!(world.submits("U0BEN").await, Submitted::Closed);
    world.seconds_pass(7).await;
    assert!(world.help()[0].contains("a new token"), "{:?}", world.help());
}

async fn form(which: Which) {
    let (world, _) = over_http(which).await;
    world.until("2026-05-18T06:00").await;
    world.presses("U0ANA", "Answer in a form").await;
    world.fills("U0ANA", "What help do you need?", "somebody with access");
    let Submitted::Errors(errors) = world.submits("U0ANA").await else { panic!("help for nothing was taken") };
    assert_eq!(errors.len(), 1, "{errors:?}");
    world.fills("U0ANA", "What are you stuck on?", "refund tool says 403");
    world.fills("U0ANA", "How much help is it?", "More than a minute");
    assert_eq!(world.submits("U0ANA").await, Submitted::Closed);
    world.seconds_pass(7).await;
    assert!(world.told("U0ANA").join("\n").contains("Checked in 06:00 · 1 stuck"), "{:?}", world.told("U0ANA"));
}

async fn expired(which: Which) {
    let (world, _) = over_http(which).await;
    world.until("2026-05-18T06:00").await;
    let before = world.counts().await;
    world.slack.faults().next("views.open", 1, When::Before, Fault::Error("expired_trigger_id".into()));
    world.presses("U0ANA", "Answer in a form").await;
    let told = world.private("U0ANA", 1).await;
    assert_eq!(told, ["The form did not open. Press again, or just type your answers here."]);
    assert!(world.slack.views("U0ANA").is_empty());
    assert_eq!(world.counts().await, before, "a press that opens nothing changes nothing");
    world.presses("U0ANA", "Answer in a form").await;
    assert_eq!(world.slack.views("U0ANA").len(), 1);
}

async fn command(which: Which) {
    let (world, address) = over_http(which).await;
    let before = world.counts().await;
    let typed = "command=%2Funstuck&text=help&user_id=U0ANA&trigger_id=1.2.a";
    let answer = Post::signed(COMMANDS, typed, world.clock.now()).to(&address).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("ephemeral") && answer.body.contains("Unstuck has no commands"), "{}", answer.body);
    assert_eq!(world.counts().await, before);
}
