//! The form: one modal, prefilled, that writes only what was changed in it.

use super::verbs::{says_all, says_none_of};
use crate::databases::{Which, both};
use crate::world::World;
use sandbox::{Fault, Submitted, When};

both! {
    all_of_it => super::all_of_it;
    marks_line_by_line => super::marks;
    sent_unchanged => super::sent_unchanged;
    edited_while_open => super::edited_while_open;
    changed_in_the_form => super::changed_in_the_form;
    add_another_up_to_ten => super::up_to_ten;
    errors_at_their_fields => super::errors;
    too_long_for_its_box => super::too_long;
    it_does_not_open => super::does_not_open;
    after_the_next_prompt => super::after_the_next_prompt;
    a_taken_line_in_the_form => super::taken_line;
}

async fn presses_in_form(world: &World, who: &str, label: &str) {
    let act = world.form(who).press(label).unwrap_or_else(|| panic!("no button {label} in the form"));
    assert!(world.slack.acts(who, act).await.expect("pressed").acked);
    world.settle().await;
}

/// Chooses among the radios of the input whose label contains these words.
fn chooses(world: &World, who: &str, words: &str, value: &str) {
    world.fills(who, words, value);
}

async fn all_of_it(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.opens_form("U0ANA").await;
    world.fills("U0ANA", "this shift", "1. EU refunds\n2) sale macro\n\n• [ ] call Mrs Ortiz");
    world.fills("U0ANA", "What are you stuck on?", "refund tool says 403");
    world.fills("U0ANA", "What help do you need?", "someone with admin");
    world.fills("U0ANA", "Who could help?", "U0BEN");
    world.sends("U0ANA").await;
    says_all(
        &world.prompt("U0ANA").plain(),
        &["✓ Checked in 06:00 · 3 priorities · 1 stuck (help thread opens with the post at 06:15).", "[Edit]"],
    );
    for who in ["U0BEN", "U0CLEO"] {
        world.presses(who, "Nothing stuck").await;
    }
    says_all(&world.digest_now().await, &["EU refunds", "sale macro", "call Mrs Ortiz", "refund tool says 403"]);
    let parent = &world.help()[0];
    says_all(parent, &["Ana is stuck", "refund tool says 403", "someone with admin", "Ben"]);
    // Opened again it is prefilled; a smaller help thread stays, and the words follow.
    let form = world.opens_form("U0ANA").await;
    says_all(&form, &["refund tool says 403", "someone with admin", "[Ben]", "(•) More than a minute"]);
    assert_eq!(world.filled("U0ANA", "this shift"), "EU refunds\nsale macro\ncall Mrs Ortiz");
    world.fills("U0ANA", "What are you stuck on?", "refund tool says 403 for EU orders");
    world.sends("U0ANA").await;
    says_all(&world.help()[0], &["refund tool says 403 for EU orders", "(edited)"]);
    assert_eq!(world.help_threads(), 1);
    // Emptied, an open stuck is withdrawn.
    world.opens_form("U0ANA").await;
    for words in ["What are you stuck on?", "What help do you need?"] {
        world.fills("U0ANA", words, "");
    }
    world.sends("U0ANA").await;
    says_all(&world.help()[0], &["[Re-open]"]);
    says_none_of(&world.digest_now().await, &["Needs someone"]);
}

async fn marks(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.says("U0ANA", "one\ntwo\nthree").await;
    world.presses("U0ANA", "Nothing stuck").await;
    world.until("2026-05-19T06:00").await;
    world.ticks("U0ANA", &["one"]).await;
    world.opens_form("U0ANA").await;
    chooses(&world, "U0ANA", "two", "dropped");
    world.sends("U0ANA").await;
    says_all(&world.prompt("U0ANA").plain(), &["1 done, 1 carried", "1 priority"]);
    // Changed one's mind: dropped is carried, carried is done.
    let form = world.opens_form("U0ANA").await;
    says_all(&form, &["one\n(•) Done", "two\n( ) Done\n( ) Carry over\n(•) Drop", "three\n( ) Done\n(•) Carry over"]);
    chooses(&world, "U0ANA", "two", "carried");
    chooses(&world, "U0ANA", "three", "done");
    world.sends("U0ANA").await;
    world.until("2026-05-20T06:00").await;
    assert_eq!(world.prompt("U0ANA").boxes(), ["two"]);
}

async fn sent_unchanged(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    let ts = world.says("U0ANA", "late parcels\nmacro").await;
    let stuck = world.says("U0ANA", "stuck: refund tool says 403").await;
    world.opens_form("U0ANA").await;
    world.sends("U0ANA").await;
    says_all(&world.prompt("U0ANA").plain(), &["✓ Checked in", "2 priorities", "1 stuck"]);
    // Nothing was changed in it, so every row still follows its message.
    world.edits("U0ANA", &ts, "late parcels, all of them\nmacro").await;
    world.edits("U0ANA", &stuck, "stuck: refund tool says 500").await;
    world.until("2026-05-18T06:16").await;
    says_all(&world.digest_now().await, &["late parcels, all of them", "refund tool says 500"]);
    says_none_of(&world.digest_now().await, &["403"]);
    assert_eq!(world.help_threads(), 1);
}

async fn edited_while_open(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    let ts = world.says("U0ANA", "late parcels\nmacro").await;
    let stuck = world.says("U0ANA", "stuck: refund tool says 403").await;
    world.presses("U0ANA", "More than a minute").await;
    world.opens_form("U0ANA").await;
    world.edits("U0ANA", &ts, "late parcels\nsale macro\nphones").await;
    world.edits("U0ANA", &stuck, "stuck: refund tool says 500").await;
    world.says("U0ANA", "stuck: wiki is down").await;
    world.presses("U0ANA", "A minute or less").await;
    world.sends("U0ANA").await;
    world.until("2026-05-18T06:16").await;
    let digest = world.digest_now().await;
    says_all(&digest, &["late parcels", "sale macro", "phones", "refund tool says 500", "wiki is down"]);
    says_none_of(&digest, &["403"]);
}

async fn changed_in_the_form(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    let ts = world.says("U0ANA", "late parcels\nmacro").await;
    let stuck = world.says("U0ANA", "stuck: refund tool").await;
    world.presses("U0ANA", "More than a minute").await;
    world.opens_form("U0ANA").await;
    world.fills("U0ANA", "this shift", "late parcels\nspring macro\nphones");
    world.fills("U0ANA", "What are you stuck on?", "refund tool says 403");
    world.sends("U0ANA").await;
    world.edits("U0ANA", &ts, "late parcels today\nwinter macro").await;
    world.edits("U0ANA", &stuck, "stuck: something else").await;
    world.until("2026-05-18T06:16").await;
    let digest = world.digest_now().await;
    says_all(&digest, &["late parcels today", "spring macro", "phones", "refund tool says 403"]);
    says_none_of(&digest, &["winter", "something else"]);
    world.deletes("U0ANA", &ts).await;
    world.deletes("U0ANA", &stuck).await;
    let digest = world.digest_now().await;
    says_all(&digest, &["spring macro", "phones", "refund tool says 403"]);
    says_none_of(&digest, &["late parcels"]);
    // Removed in the form: gone, and the message does not bring it back.
    world.opens_form("U0ANA").await;
    world.fills("U0ANA", "this shift", "phones");
    world.sends("U0ANA").await;
    says_none_of(&world.digest_now().await, &["spring macro"]);
}

async fn up_to_ten(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.opens_form("U0ANA").await;
    world.fills("U0ANA", "What are you stuck on?", "stuck number 1");
    world.fills("U0ANA", "this shift", "phones");
    for _ in 2..=10 {
        presses_in_form(&world, "U0ANA", "Add another stuck").await;
    }
    let form = world.form("U0ANA");
    assert!(form.press("Add another stuck").is_none());
    says_all(&form.plain(), &["That's ten. To raise one more", "stuck number 1", "[phones]"]);
    let boxes: Vec<String> = form
        .blocks()
        .iter()
        .filter(|block| block["label"]["text"] == "What are you stuck on?")
        .filter_map(|block| block["block_id"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(boxes.len(), 10);
    for (at, block_id) in boxes.iter().enumerate() {
        world.slack.fills("U0ANA", block_id, "input", format!("stuck number {}", at + 1)).expect("filled");
    }
    world.sends("U0ANA").await;
    says_all(&world.prompt("U0ANA").plain(), &["10 stuck"]);
    let form = world.opens_form("U0ANA").await;
    let places: Vec<usize> =
        (1..=10).map(|at| form.find(&format!("[stuck number {at}]")).expect("prefilled")).collect();
    assert!(places.is_sorted(), "in the order in which they were written: {form}");
    world.slack.closes("U0ANA");
    // The eleventh is typed, as the form says.
    world.says("U0ANA", "stuck: number eleven").await;
    world.presses("U0ANA", "A minute or less").await;
    says_all(&world.prompt("U0ANA").plain(), &["11 stuck"]);
    says_all(&world.opens_form("U0ANA").await, &["You are stuck on 1 more"]);
    world.slack.closes("U0ANA");
    world.until("2026-05-18T06:20").await;
    assert_eq!(world.help_threads(), 10);
    assert!(world.refused_calls().is_empty(), "{:?}", world.refused_calls());
}

async fn errors(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.opens_form("U0ANA").await;
    world.fills("U0ANA", "this shift", "phones");
    world.fills("U0ANA", "What help do you need?", "somebody with admin");
    let Submitted::Errors(errors) = world.submits("U0ANA").await else { panic!("it was taken") };
    let (what, _) = world.form("U0ANA").input("What are you stuck on?").expect("the field");
    assert_eq!(errors[&what], "Say what you are stuck on, or clear \"What help do you need?\"");
    says_all(&world.prompt("U0ANA").plain(), &["[Nothing stuck]"]);
    world.fills("U0ANA", "What are you stuck on?", "wiki");
    world.sends("U0ANA").await;
    says_all(&world.prompt("U0ANA").plain(), &["1 priority", "1 stuck"]);
}

async fn too_long(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    let long = "x".repeat(3_200);
    let ts = world.says("U0ANA", &format!("stuck: {long}")).await;
    world.presses("U0ANA", "More than a minute").await;
    world.says("U0ANA", &format!("p{long}")).await;
    world.presses("U0ANA", "Priority").await;
    let form = world.opens_form("U0ANA").await;
    says_all(&form, &["Too long for this box and kept as it is; edit it in the DM.", "edit it in the DM: px"]);
    says_none_of(&form, &[&long]);
    world.fills("U0ANA", "this shift", "phones");
    world.sends("U0ANA").await;
    says_all(&world.prompt("U0ANA").plain(), &["2 priorities", "1 stuck"]);
    world.until("2026-05-18T06:16").await;
    says_all(&world.whole_digest().await, &["phones"]);
    // The help thread holds all of it, over the message and its continuation.
    let help = world.help().join("");
    assert!(help.matches('x').count() >= 3_200, "{}", help.matches('x').count());
    // Untouched, it still follows its message.
    world.edits("U0ANA", &ts, "stuck: short now").await;
    says_all(&world.help()[0], &["short now"]);
    assert!(world.refused_calls().is_empty(), "{:?}", world.refused_calls());
}

async fn does_not_open(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.slack.faults().next("views.open", 1, When::Before, Fault::RateLimited(30));
    world.presses("U0ANA", "Answer in a form").await;
    assert_eq!(
        world.private("U0ANA", 1).await,
        ["The form did not open. Press again, or just type your answers here."]
    );
    assert!(world.slack.views("U0ANA").is_empty());
    world.slack.faults().next("views.open", 1, When::Before, Fault::Error("internal_error".into()));
    world.presses("U0BEN", "Answer in a form").await;
    world.private("U0BEN", 1).await;
    world.seconds_pass(31).await;
    world.presses("U0ANA", "Answer in a form").await;
    assert_eq!(world.slack.views("U0ANA").len(), 1);
}

async fn after_the_next_prompt(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    let old = world.prompt("U0ANA");
    world.opens_form("U0ANA").await;
    world.fills("U0ANA", "this shift", "phones");
    world.until_without_edits("2026-05-19T06:00").await;
    let Submitted::Errors(errors) = world.submits("U0ANA").await else { panic!("it was taken") };
    says_all(errors.values().next().expect("a line"), &["That was Monday's."]);
    world.slack.closes("U0ANA");
    world.presses_on("U0ANA", &old, "Answer in a form").await;
    says_all(&world.private("U0ANA", 1).await[0], &["That was Monday's."]);
    assert!(world.slack.views("U0ANA").is_empty());
    for label in ["Nothing stuck", "Snooze 30 min", "Off today"] {
        world.presses_on("U0ANA", &old, label).await;
    }
    assert_eq!(world.private("U0ANA", 4).await.len(), 4);
    says_all(&world.prompt("U0ANA").plain(), &["[Nothing stuck] [Snooze 30 min] [Off today]"]);
    world.until("2026-05-19T07:05").await;
    let old = world.prompts("U0ANA").remove(0).plain();
    says_all(&old, &["That was Monday's check-in. Your next one stands below; answer that one."]);
    says_none_of(&old, &["["]);
}

async fn taken_line(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.says("U0ANA", "stuck: refund tool says 403").await;
    world.presses("U0ANA", "More than a minute").await;
    world.presses("U0ANA", "Open it now").await;
    world.says("U0BEN", "phones").await;
    world.presses("U0BEN", "Nothing stuck").await;
    world.presses_in_channel("U0BEN", "I'll take this").await;
    world.until("2026-05-19T06:00").await;
    let prompt = world.prompt("U0BEN");
    assert_eq!(prompt.boxes(), ["phones"]);
    says_all(&prompt.plain(), &["Ana's stuck: refund tool says 403"]);
    // Done without a word is asked for at its field; with one it resolves the stuck.
    world.opens_form("U0BEN").await;
    chooses(&world, "U0BEN", "Ana's stuck", "done");
    let Submitted::Errors(errors) = world.submits("U0BEN").await else { panic!("it was taken") };
    says_all(errors.values().next().expect("a line"), &["Say in one line what unstuck it."]);
    world.fills("U0BEN", "What unstuck it?", "the role was missing");
    world.sends("U0BEN").await;
    says_all(&world.help()[0], &["Resolved", "the role was missing"]);
    world.until("2026-05-20T06:00").await;
    assert_eq!(world.prompt("U0BEN").boxes(), ["phones"], "what is resolved is not asked for again");
}
