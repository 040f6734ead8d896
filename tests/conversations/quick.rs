//! A stuck of a minute or less: answered where it stands, or grown into a help thread.

use super::scene::ana_is_stuck;
use crate::databases::{Which, both};
use crate::world::{SUPPORT, World, key};
use sandbox::Submitted;

const NORWAY: &str = "which macro for a lost parcel in Norway?";

both! {
    answered_in_one_line => super::answered;
    the_answer_did_not_help => super::still_stuck;
    needs_more_opens_its_help_thread => super::needs_more;
    raised_after_the_digest_it_is_a_reply_that_the_channel_sees => super::after_the_digest;
    somebody_else_answered_meanwhile => super::answered_twice;
    answered_after_it_got_a_thread => super::grown_meanwhile;
    the_asker_makes_it_a_long_one => super::resized;
    withdrawn_before_and_after_the_digest => super::withdrawn;
}

async fn ana_has_a_quick_one(which: Which) -> World {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.is_stuck("U0ANA", NORWAY, "A minute or less").await;
    world.nothing_stuck(&["U0BEN", "U0CLEO"]).await;
    world
}

async fn answered(which: Which) {
    let world = ana_has_a_quick_one(which).await;
    let digest = world.digest();
    assert!(digest.contains("🔵 Quick, Ana: which macro for a lost parcel in Norway?"), "{digest}");
    assert!(digest.contains("[Answer] [Needs more]"), "{digest}");
    assert!(world.keyed("help:").is_empty(), "it has no help thread");
    assert!(world.rung().is_empty(), "{:?}", world.rung());
    let rings = world.rings("U0ANA");
    world.presses_in_channel("U0BEN", "Answer").await;
    let form = world.form("U0BEN");
    assert_eq!(form.view["title"]["text"], "Answer Ana");
    let empty = world.submits("U0BEN").await;
    assert!(matches!(empty, Submitted::Errors(_)), "{empty:?}");
    world.fills("U0BEN", "Your answer", "Lost-INT-2");
    assert_eq!(world.submits("U0BEN").await, Submitted::Closed);
    world.seconds_pass(7).await;
    assert_eq!(world.rings("U0ANA"), rings + 1);
    let told = world.reads("U0ANA");
    assert!(told.contains("Ben on which macro for a lost parcel in Norway?: \"Lost-INT-2\""), "{told}");
    assert!(told.contains("[That did it] [Still stuck]"), "{told}");
    let digest = world.digest();
    assert!(digest.contains("✓ Ana: which macro for a lost parcel in Norway? Ben: \"Lost-INT-2\""), "{digest}");
    assert!(!digest.contains("[Answer]") && !digest.contains("Needs someone"), "{digest}");
    world.does_in_dm("U0ANA", "That did it").await;
    let told = world.reads("U0ANA");
    assert!(!told.contains("[That did it]") && !told.contains("[Still stuck]"), "{told}");
    assert!(world.rung().is_empty(), "nobody was pinged in the channel: {:?}", world.rung());
    assert!(world.told("U0BEN").iter().all(|text| !text.contains("Norway")), "an answer is done with");
}

async fn still_stuck(which: Which) {
    let world = ana_has_a_quick_one(which).await;
    world.one_line("U0BEN", "Answer", "Your answer", "Lost-INT-2").await;
    world.does_in_dm("U0ANA", "Still stuck").await;
    let help = world.help();
    assert!(help[0].contains("Ana is stuck") && help[0].contains(NORWAY), "{help:?}");
    assert_eq!(help[1], "@Ana, answers come here.");
    assert!(help.iter().any(|line| line.contains("Ana opened this again")), "{help:?}");
    assert!(world.digest().contains("🟠 Ana:") && world.digest().contains("→ help thread"), "{}", world.digest());
    assert!(!world.reads("U0ANA").contains("[Still stuck]"), "{}", world.reads("U0ANA"));
    assert!(world.reads("U0BEN").contains("Ana is still stuck"), "{}", world.reads("U0BEN"));
}

async fn needs_more(which: Which) {
    let world = ana_has_a_quick_one(which).await;
    world.does("U0BEN", "Needs more").await;
    let help = world.help();
    assert!(help[0].contains("Ana is stuck"), "{help:?}");
    assert_eq!(help[1], "@Ana, answers come here.");
    let digest = world.digest();
    assert!(!digest.contains("[Answer]") && digest.contains("→ help thread"), "{digest}");
    assert_eq!(world.keyed("help:").iter().filter(|message| message.thread_ts.is_none()).count() <= 1, true);
    world.does("U0CLEO", "I'll take this").await;
    assert!(world.help()[0].contains("Cleo has this"));
}

async fn after_the_digest(which: Which) {
    let world = ana_is_stuck(which).await;
    world.is_stuck("U0CLEO", NORWAY, "A minute or less").await;
    let reply = world.channel().into_iter().rev().find(|message| key(message).starts_with("quick:")).unwrap();
    assert_eq!(reply.subtype.as_deref(), Some("thread_broadcast"));
    assert_eq!(reply.thread_ts, Some(world.digest_message().ts));
    assert!(reply.plain().contains("Quick one from Cleo: which macro"), "{}", reply.plain());
    assert!(reply.plain().contains("[Answer] [Needs more]"), "{}", reply.plain());
    assert!(world.digest_message().plain().contains("Quick, Cleo: which macro"), "{}", world.digest_message().plain());
    assert_eq!(world.rung().len(), 1, "{:?}", world.rung());
    world.presses_on("U0BEN", &reply, "Answer").await;
    world.fills("U0BEN", "Your answer", "Lost-INT-2");
    assert_eq!(world.submits("U0BEN").await, Submitted::Closed);
    world.seconds_pass(7).await;
    let reply = world.slack.history("U0JESS", SUPPORT).into_iter().find(|message| message.ts == reply.ts).unwrap();
    assert!(reply.plain().contains("Ben: \"Lost-INT-2\"") && !reply.plain().contains("[Answer]"), "{}", reply.plain());
    assert!(world.digest_message().plain().contains("Ben: \"Lost-INT-2\""), "{}", world.digest_message().plain());
    assert!(world.reads("U0CLEO").contains("Lost-INT-2"));
}

async fn answered_twice(which: Which) {
    let world = ana_has_a_quick_one(which).await;
    world.until("2026-05-18T07:10").await;
    for who in ["U0BEN", "U0CLEO"] {
        world.presses_in_channel(who, "Answer").await;
        world.fills(who, "Your answer", format!("says {who}"));
    }
    let (ben, cleo) = tokio::join!(world.slack.submits("U0BEN"), world.slack.submits("U0CLEO"));
    let (ben, cleo) = (ben.unwrap(), cleo.unwrap());
    world.seconds_pass(7).await;
    let (winner, loser) = if ben == Submitted::Closed { ("Ben", cleo) } else { ("Cleo", ben) };
    let line = format!("That's changed since: {winner} resolved it at 07:10.");
    assert!(matches!(&loser, Submitted::Errors(errors) if errors.values().any(|text| *text == line)), "{loser:?}");
    let answers = world.told("U0ANA").iter().filter(|text| text.contains(" on which macro")).count();
    assert_eq!(answers, 1, "{:?}", world.told("U0ANA"));
}

async fn grown_meanwhile(which: Which) {
    let world = ana_has_a_quick_one(which).await;
    world.presses_in_channel("U0BEN", "Answer").await;
    world.fills("U0BEN", "Your answer", "Lost-INT-2");
    world.does("U0CLEO", "Needs more").await;
    assert_eq!(world.submits("U0BEN").await, Submitted::Closed);
    world.seconds_pass(7).await;
    assert!(
        world.help()[0].contains("Resolved by Ben") && world.help()[0].contains("Lost-INT-2"),
        "{:?}",
        world.help()
    );
    assert!(world.reads("U0ANA").contains("[That did it] [Still stuck]"), "{}", world.reads("U0ANA"));
}

async fn resized(which: Which) {
    let world = ana_has_a_quick_one(which).await;
    world.presses("U0ANA", "Edit").await;
    world.fills("U0ANA", "How much help is it?", "More than a minute");
    assert_eq!(world.submits("U0ANA").await, Submitted::Closed);
    world.seconds_pass(7).await;
    assert!(world.help()[0].contains("Ana is stuck"), "{:?}", world.help());
    assert!(!world.digest().contains("[Answer]"), "{}", world.digest());
    world.presses("U0ANA", "Edit").await;
    world.fills("U0ANA", "How much help is it?", "A minute or less");
    assert_eq!(world.submits("U0ANA").await, Submitted::Closed);
    world.seconds_pass(7).await;
    assert!(world.help()[0].contains("Ana is stuck"), "the thread stays: {:?}", world.help());
}

async fn withdrawn(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    let ts = world.says("U0ANA", &format!("stuck: {NORWAY}")).await;
    world.does_in_dm("U0ANA", "A minute or less").await;
    world.deletes("U0ANA", &ts).await;
    let ts = world.says("U0CLEO", "stuck: where is the stapler").await;
    world.does_in_dm("U0CLEO", "A minute or less").await;
    world.until("2026-05-18T06:16").await;
    assert!(!world.digest().contains("Norway"), "nobody ever saw it: {}", world.digest());
    assert!(world.digest().contains("stapler"), "{}", world.digest());
    world.deletes("U0CLEO", &ts).await;
    world.seconds_pass(7).await;
    assert!(!world.digest().contains("stapler"), "{}", world.digest());
    assert!(world.keyed("help:").is_empty());
}
