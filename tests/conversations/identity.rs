//! Rows keep who they are: an edited message is matched to them line by line, and what is gone is gone in its own way.

use super::verbs::{says_all, says_none_of};
use crate::databases::{Which, both};
use crate::world::World;

both! {
    a_corrected_word_keeps_its_age => super::keeps_age;
    lines_come_and_go => super::lines_come_and_go;
    a_corrected_stuck_keeps_all => super::stuck_keeps_all;
    withdrawn_and_open_again => super::withdrawn;
    a_taken_stuck_stays => super::taken_stays;
    refiled_without_a_trace => super::refiled;
    an_old_answer_stands => super::old_answer;
}

async fn everybody_else_is_fine(world: &World) {
    for who in ["U0BEN", "U0CLEO"] {
        world.presses(who, "Nothing stuck").await;
    }
}

async fn keeps_age(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    let ts = world.says("U0ANA", "late parcels\nmacro").await;
    world.presses("U0ANA", "Nothing stuck").await;
    for day in [19, 20] {
        world.until(&format!("2026-05-{day}T06:00")).await;
        world.presses("U0ANA", "Nothing stuck").await;
    }
    world.until("2026-05-21T06:00").await;
    assert_eq!(world.prompt("U0ANA").boxes(), ["late parcels · 3rd day", "macro · 3rd day"]);
    // The message is of a shift that is over: its edit changes nothing any more.
    world.edits("U0ANA", &ts, "something else\nmacro").await;
    world.ticks("U0ANA", &["macro · 3rd day"]).await;
    world.presses("U0ANA", "Nothing stuck").await;
    everybody_else_is_fine(&world).await;
    says_all(&world.digest_now().await, &["late parcels", "✓1 →1"]);
    says_none_of(&world.digest_now().await, &["something else"]);
}

async fn lines_come_and_go(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    let ts = world.says("U0ANA", "refunds\nmacro").await;
    let other = world.says("U0ANA", "phones").await;
    world.presses("U0ANA", "Nothing stuck").await;
    everybody_else_is_fine(&world).await;
    world.opens_form("U0ANA").await;
    world.slack.closes("U0ANA");
    // A line above, a corrected one, one removed, and the order of the message is the order of the list.
    world.edits("U0ANA", &ts, "stand-up\nrefunds\nsale macro").await;
    world.settle().await;
    world.opens_form("U0ANA").await;
    assert_eq!(world.filled("U0ANA", "this shift"), "stand-up\nrefunds\nsale macro\nphones");
    world.slack.closes("U0ANA");
    says_all(&world.digest_now().await, &["stand-up", "refunds", "sale macro", "phones"]);
    let question = &world.questions("U0ANA")[0];
    says_all(&question.plain(), &["3 priorities: stand-up · refunds · sale macro"]);
    world.edits("U0ANA", &ts, "stand-up\nsale macro").await;
    says_none_of(&world.digest_now().await, &["refunds"]);
    world.deletes("U0ANA", &other).await;
    says_none_of(&world.digest_now().await, &["phones"]);
    says_all(&world.prompt("U0ANA").plain(), &["2 priorities"]);
    world.deletes("U0ANA", &ts).await;
    says_none_of(&world.digest_now().await, &["sale macro", "stand-up"]);
    says_all(&world.digest_now().await, &["3 of 3 answered"]);
}

async fn stuck_keeps_all(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    let ts = world.says("U0ANA", "stuck: refund tool says 403").await;
    world.presses("U0ANA", "More than a minute").await;
    everybody_else_is_fine(&world).await;
    world.presses_in_channel("U0BEN", "I'll take this").await;
    says_all(&world.help()[0], &["Ben has this", "refund tool says 403"]);
    world.edits("U0ANA", &ts, "stuck: refund tool says 403 for EU orders").await;
    let parent = &world.help()[0];
    says_all(parent, &["Ben has this", "refund tool says 403 for EU orders", "(edited)"]);
    assert_eq!(world.help_threads(), 1);
    says_all(&world.prompt("U0BEN").plain(), &["1 priority"]);
    says_all(&world.digest_now().await, &["refund tool says 403 for EU orders", "Ben has it"]);
    world.until("2026-05-19T06:00").await;
    says_all(&world.prompt("U0BEN").plain(), &["Ana's stuck: refund tool says 403 for EU orders"]);
}

async fn withdrawn(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    let ts = world.says("U0ANA", "stuck: refund tool says 403").await;
    world.presses("U0ANA", "More than a minute").await;
    everybody_else_is_fine(&world).await;
    world.deletes("U0ANA", &ts).await;
    let help = world.help();
    says_all(&help[0], &["Withdrawn", "[Re-open]"]);
    says_none_of(&help[0], &["I'll take this"]);
    says_all(&help.join("\n"), &["Ana"]);
    world.presses_in_channel("U0JESS", "Re-open").await;
    says_all(&world.help()[0], &["I'll take this"]);
    // Its line is gone for good, and that must not take it back again with the next thing typed.
    world.says("U0ANA", "late parcels").await;
    world.opens_form("U0ANA").await;
    world.sends("U0ANA").await;
    says_all(&world.help()[0], &["I'll take this", "refund tool says 403"]);
    assert_eq!(world.help_threads(), 1);
}

async fn taken_stays(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    let ts = world.says("U0ANA", "stuck:\n- refund tool says 403\n- wiki is down").await;
    world.presses("U0ANA", "More than a minute").await;
    world.presses("U0ANA", "A minute or less").await;
    everybody_else_is_fine(&world).await;
    world.presses_in_channel("U0BEN", "I'll take this").await;
    let (ana, ben) = (world.told("U0ANA").len(), world.told("U0BEN").len());
    world.edits("U0ANA", &ts, "stuck:\n- wiki is down\n- and the printer").await;
    says_all(&world.help()[0], &["Ben has this", "refund tool says 403"]);
    assert_eq!(world.told("U0ANA").len(), ana + 1, "{:?}", world.told("U0ANA"));
    assert_eq!(world.told("U0BEN").len(), ben + 1, "{:?}", world.told("U0BEN"));
    says_all(&world.reads("U0BEN"), &["refund tool says 403"]);
    // Said once, whatever is edited later.
    world.edits("U0ANA", &ts, "stuck:\n- wiki is down\n- and the printer jams").await;
    world.says("U0ANA", "phones").await;
    assert_eq!(world.told("U0BEN").len(), ben + 1);
    says_all(&world.digest_now().await, &["wiki is down", "and the printer jams", "refund tool says 403"]);
}

async fn refiled(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.says("U0ANA", "printer jams").await;
    world.presses("U0ANA", "It's a stuck, not a priority").await;
    world.presses("U0ANA", "It's a priority, not a stuck").await;
    world.presses("U0ANA", "It's a stuck, not a priority").await;
    world.presses("U0ANA", "More than a minute").await;
    everybody_else_is_fine(&world).await;
    let digest = world.digest_now().await;
    assert_eq!(digest.matches("printer jams").count(), 1, "{digest}");
    assert_eq!(world.help_threads(), 1);
    says_all(&world.help()[0], &["Ana is stuck", "printer jams"]);
}

async fn old_answer(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    let ts = world.says("U0ANA", "late parcels").await;
    world.presses("U0ANA", "Nothing stuck").await;
    // Until the next shift it can be changed, also hours later.
    world.until("2026-05-18T23:00").await;
    world.edits("U0ANA", &ts, "late parcels and letters").await;
    says_all(&world.digests()[0], &["late parcels and letters"]);
    world.until("2026-05-19T06:00").await;
    assert_eq!(world.prompt("U0ANA").boxes(), ["late parcels and letters"]);
    world.deletes("U0ANA", &ts).await;
    assert_eq!(world.prompt("U0ANA").boxes(), ["late parcels and letters"]);
    world.presses("U0ANA", "Nothing stuck").await;
    says_all(&world.prompt("U0ANA").plain(), &["Carried over: 1 priority."]);
}
