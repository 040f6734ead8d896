//! Presses on a help thread that come at once, twice or too late.

use super::scene::ana_is_stuck;
use crate::databases::{Which, both};
use crate::world::World;
use sandbox::{Fault, Kind, Submitted, When};
use serde_json::{Value, json};

both! {
    row_18_two_press_at_once_and_one_has_it => super::first_click_wins;
    row_18_ten_clicks_are_one_winner_and_few_edits => super::ten_clicks;
    row_18_a_double_press_is_one_press => super::double_press;
    row_19_every_payload_comes_twice => super::duplicates;
    a_stale_button_changes_nothing => super::stale;
    a_modal_that_was_open_too_long_says_so_at_its_field => super::stale_modal;
    a_modal_that_was_refused_calls_the_managers_when_it_may => super::refused_then_sent;
    row_19_what_was_refused_stays_refused_when_it_comes_again => super::refused_again;
    row_19_a_press_that_would_open_a_modal_stays_refused => super::refused_opening_again;
    row_19_a_form_that_was_refused_stays_refused_when_it_comes_again => super::refused_form_again;
}

fn is(submitted: &Submitted, words: &str) -> bool {
    matches!(submitted, Submitted::Errors(errors) if errors.values().any(|text| text.contains(words)))
}

async fn first_click_wins(which: Which) {
    let world = ana_is_stuck(which).await;
    world.until("2026-05-18T06:34").await;
    let parent = world.keyed("help:").remove(0);
    let press = || parent.press("I'll take this").unwrap();
    let (ben, cleo) = tokio::join!(world.slack.acts("U0BEN", press()), world.slack.acts("U0CLEO", press()));
    assert!(ben.unwrap().acked && cleo.unwrap().acked);
    world.seconds_pass(7).await;
    let help = world.help();
    let ben_won = help[0].contains("Ben has this");
    assert_eq!(help.iter().filter(|line| line.contains("took this")).count(), 1, "{help:?}");
    let (winner, loser) = if ben_won { ("Ben", "U0CLEO") } else { ("Cleo", "U0BEN") };
    assert_eq!(
        world.private(loser, 1).await,
        [format!("{winner} has this since 06:34, just before you. You can still help in the thread.")]
    );
    assert_eq!(world.told("U0ANA").iter().filter(|line| line.contains("has your stuck")).count(), 1);
}

/// Ten clicks in a second: five people, twice each.
async fn ten_clicks(which: Which) {
    let world = ana_is_stuck(which).await;
    world.until("2026-05-18T06:34").await;
    let parent = world.keyed("help:").remove(0);
    let edits = || {
        let ledger = world.slack.ledger().into_iter();
        let edited = |kind: &sandbox::Kind| matches!(kind, sandbox::Kind::Edited { ts, .. } if *ts == parent.ts);
        ledger.filter(|entry| edited(&entry.kind)).count()
    };
    let before = edits();
    let people = ["U0BEN", "U0CLEO", "U0OMAR", "U0JESS", "U0BEN", "U0CLEO", "U0OMAR", "U0JESS", "U0ANA", "U0ANA"];
    let clicks = people.map(|who| {
        let press = parent.press("I'll take this").unwrap();
        let slack = world.slack.clone();
        async move { slack.acts(who, press).await.unwrap().acked }
    });
    let acked = futures_util::future::join_all(clicks).await;
    assert!(acked.into_iter().all(|acked| acked));
    world.seconds_pass(10).await;
    let help = world.help();
    let taken: Vec<&String> = help.iter().filter(|line| line.contains("took this")).collect();
    assert_eq!(taken.len(), 1, "{help:?}");
    let winner =
        ["Ana", "Ben", "Cleo", "Omar", "Jess"].into_iter().find(|name| taken[0].contains(&format!("@{name} ")));
    let winner = winner.unwrap_or_else(|| panic!("no name in {taken:?}"));
    assert!(help[0].contains(&format!("{winner} has this")), "the last edit shows the winner: {}", help[0]);
    assert!(edits() - before <= 2, "ten clicks cost {} edits", edits() - before);
}

async fn double_press(which: Which) {
    let world = ana_is_stuck(which).await;
    let parent = world.keyed("help:").remove(0);
    let press = || parent.press("I'll take this").unwrap();
    let (one, two) = tokio::join!(world.slack.acts("U0BEN", press()), world.slack.acts("U0BEN", press()));
    assert!(one.unwrap().acked && two.unwrap().acked);
    world.seconds_pass(7).await;
    assert_eq!(world.help().iter().filter(|line| line.contains("took this")).count(), 1);
    assert!(world.slack.ephemerals("U0BEN").is_empty(), "the second press of the same person is no news");
    assert_eq!(world.told("U0BEN").iter().filter(|line| line.contains("You have Ana's stuck")).count(), 1);
}

async fn duplicates(which: Which) {
    let world = ana_is_stuck(which).await;
    world.slack.faults().duplicate_envelopes(1000);
    world.does("U0BEN", "I'll take this").await;
    world.does("U0BEN", "Hand back").await;
    world.does("U0BEN", "I'll take this").await;
    world.one_line("U0CLEO", "Escalate", "What should they know?", "40 customers wait").await;
    world.resolves("U0BEN", "role was missing").await;
    world.does_in_dm("U0ANA", "Still stuck").await;
    world.slack.faults().clear();
    let log: Vec<String> = world.help().into_iter().skip(2).collect();
    let count = |words: &str| log.iter().filter(|line| line.contains(words)).count();
    assert_eq!(
        [
            count("took this"),
            count("handed this back"),
            count("asks for you"),
            count("resolved this"),
            count("opened this again")
        ],
        [2, 1, 1, 1, 1],
        "{log:?}"
    );
    assert_eq!(log.len(), 6, "{log:?}");
    for who in ["U0ANA", "U0BEN", "U0CLEO"] {
        assert!(world.slack.ephemerals(who).is_empty(), "{:?}", world.slack.ephemerals(who));
    }
}

/// Slack takes no edits for a while, so everybody still sees the buttons of before.
async fn stale(which: Which) {
    let world = ana_is_stuck(which).await;
    world.until("2026-05-18T07:00").await;
    // Another edit may be on its way at the same moment, so the one that must not come is named.
    let help = |args: &serde_json::Value| args.to_string().contains("help:");
    world.slack.faults().next_where("chat.update", 1, When::Before, Fault::RateLimited(3600), help);
    world.does("U0BEN", "I'll take this").await;
    let parent = world.keyed("help:").remove(0);
    assert!(parent.plain().contains("Ana is stuck"), "it looks as before");
    world.presses_on("U0CLEO", &parent, "I'll take this").await;
    assert!(world.private("U0CLEO", 1).await[0].contains("Ben has this since 07:00"));
    let mine = world.slack.history("U0BEN", &world.dm("U0BEN")).into_iter().next_back().unwrap();
    world.presses_on("U0BEN", &mine, "Resolve").await;
    world.fills("U0BEN", "What unstuck it?", "role was missing");
    world.submits("U0BEN").await;
    // Now it is resolved, and the message still offers everything.
    world.presses_on("U0CLEO", &parent, "I'll take this").await;
    assert_eq!(world.private("U0CLEO", 2).await[1], "That's changed since: Ben resolved it at 07:00.");
    world.presses_on("U0CLEO", &parent, "Resolve").await;
    assert_eq!(world.private("U0CLEO", 3).await[2], "That's changed since: Ben resolved it at 07:00.");
    world.presses_on("U0CLEO", &parent, "Escalate").await;
    assert_eq!(world.private("U0CLEO", 4).await[3], "That's changed since: Ben resolved it at 07:00.");
    assert!(world.slack.views("U0CLEO").is_empty());
    world.presses_on("U0BEN", &mine, "Hand back").await;
    assert_eq!(world.private("U0BEN", 1).await[0], "That's changed since: Ben resolved it at 07:00.");
    world.until("2026-05-18T08:30").await;
    assert!(world.help()[0].starts_with("✅ Resolved by Ben at 07:00"), "{:?}", world.help());
}

async fn stale_modal(which: Which) {
    let world = ana_is_stuck(which).await;
    world.until("2026-05-18T07:00").await;
    world.does("U0CLEO", "Resolve").await;
    world.fills("U0CLEO", "What unstuck it?", "ask Dee");
    world.does("U0BEN", "I'll take this").await;
    let submitted = world.submits("U0CLEO").await;
    assert!(is(&submitted, "Only Ana, Ben or a manager can resolve this."), "{submitted:?}");
    assert!(world.help()[0].contains("Ben has this"));
    world.slack.closes("U0CLEO");
    world.does("U0CLEO", "Escalate").await;
    world.fills("U0CLEO", "What should they know?", "40 customers wait");
    world.resolves("U0BEN", "role was missing").await;
    let submitted = world.submits("U0CLEO").await;
    assert!(is(&submitted, "That's changed since: Ben resolved it at 07:00."), "{submitted:?}");
}

/// Refused once, an escalation has called nobody: sent again when it is possible, it does, and
/// closes only then.
async fn refused_then_sent(which: Which) {
    let world = ana_is_stuck(which).await;
    world.until("2026-05-18T07:00").await;
    world.does("U0CLEO", "Escalate").await;
    world.fills("U0CLEO", "What should they know?", "40 customers wait");
    world.resolves("U0BEN", "role was missing").await;
    for _ in 0..2 {
        let submitted = world.submits("U0CLEO").await;
        assert!(is(&submitted, "That's changed since: Ben resolved it at 07:00."), "{submitted:?}");
    }
    world.does("U0ANA", "Re-open").await;
    assert_eq!(world.submits("U0CLEO").await, Submitted::Closed);
    world.seconds_pass(7).await;
    let called = |world: &World| world.help().iter().filter(|line| line.contains("40 customers wait")).count();
    assert_eq!(called(&world), 1, "{:?}", world.help());
    assert!(world.rung().iter().any(|(who, why)| who == "U0JESS" && why == "mention"), "{:?}", world.rung());
}

/// The newest payload of this type that Slack sent, as it would come once more.
fn newest(world: &World, kind: &str) -> Value {
    let sent = world.slack.ledger().into_iter().rev().find_map(|entry| match entry.kind {
        Kind::Delivered { payload, .. } if payload["type"] == kind => Some(payload),
        _ => None,
    });
    json!({ "type": "interactive", "envelope_id": "again", "payload": sent.expect("a payload") })
}

async fn refused_again(which: Which) {
    let world = ana_is_stuck(which).await;
    world.until("2026-05-18T07:00").await;
    let parent = world.keyed("help:").remove(0);
    // Slack takes no edits for a moment, so Cleo still sees the button.
    let help = |args: &Value| args.to_string().contains("help:");
    world.slack.faults().next_where("chat.update", 1, When::Before, Fault::RateLimited(20), help);
    world.does("U0BEN", "I'll take this").await;
    world.presses_on("U0CLEO", &parent, "I'll take this").await;
    let told = "Ben has this since 07:00, just before you. You can still help in the thread.";
    assert_eq!(world.private("U0CLEO", 1).await, [told]);
    let press = newest(&world, "block_actions");
    world.seconds_pass(30).await;
    world.does("U0BEN", "Hand back").await;
    // Now it could be taken, and the press of then comes once more, twice.
    let before = world.slack.ledger().len();
    for _ in 0..2 {
        let handled = world.bot.receive(&press).await.expect("committed");
        handled.after.expect("something to say").await;
    }
    world.seconds_pass(7).await;
    assert!(world.help()[0].contains("Ana is stuck"), "{:?}", world.help());
    let said = world.slack.ledger_since(before as u64).into_iter().filter_map(|entry| match entry.kind {
        Kind::Responded { body, .. } => Some(body["text"].clone()),
        _ => None,
    });
    assert_eq!(said.collect::<Vec<_>>(), [told, told]);
    // What was done is not told as refused.
    world.does("U0CLEO", "I'll take this").await;
    let done = world.bot.receive(&newest(&world, "block_actions")).await.expect("committed");
    assert!(done.payload.is_none() && done.after.is_none());
}

async fn refused_form_again(which: Which) {
    let world = ana_is_stuck(which).await;
    world.until("2026-05-18T07:00").await;
    world.does("U0CLEO", "Resolve").await;
    world.fills("U0CLEO", "What unstuck it?", "ask Dee");
    world.does("U0BEN", "I'll take this").await;
    let Submitted::Errors(errors) = world.submits("U0CLEO").await else { panic!("it was not refused") };
    world.does("U0BEN", "Hand back").await;
    let again = world.bot.receive(&newest(&world, "view_submission")).await.expect("committed");
    assert_eq!(again.payload, Some(json!({ "response_action": "errors", "errors": errors })));
    assert!(world.help()[0].contains("Ana is stuck"), "{:?}", world.help());
}

async fn refused_opening_again(which: Which) {
    let world = ana_is_stuck(which).await;
    world.until("2026-05-18T07:00").await;
    let parent = world.keyed("help:").remove(0);
    world.presses_on("U0ZED", &parent, "Resolve").await;
    let told = world.private("U0ZED", 1).await;
    assert!(told[0].contains("Only members of the team can resolve this"), "{told:?}");
    let press = newest(&world, "block_actions");
    world.apply(&crate::world::TEAMS.replace("managers = [\"U0JESS\"]", "managers = [\"U0JESS\", \"U0ZED\"]")).await;
    let handled = world.bot.receive(&press).await.expect("taken in");
    handled.after.expect("the same refusal").await;
    assert_eq!(world.private("U0ZED", 2).await[1], told[0]);
    assert!(world.slack.views("U0ZED").is_empty());
}
