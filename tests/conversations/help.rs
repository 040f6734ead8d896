//! Chapter four: the help thread of a stuck, from its opening to its end and back.

use super::scene::{REFUND, ana_is_stuck, ben_has_it};
use crate::databases::{Which, both};
use crate::world::{SUPPORT, World};
use sandbox::Submitted;

both! {
    it_opens_with_the_digest_and_rings_at_the_asker_alone => super::opens;
    open_it_now_and_raised_after_the_digest => super::opens_early_and_late;
    taking_tells_asker_and_taker_and_puts_it_on_the_list => super::taking;
    the_taker_resolves_and_the_asker_is_asked_once => super::resolved_by_taker;
    still_stuck_opens_it_with_no_taker => super::still_stuck;
    a_helper_resolves_an_open_one => super::resolved_by_helper;
    the_askers_own_resolve_asks_nothing_and_tells_the_taker => super::resolved_by_asker;
    a_manager_resolves_a_taken_one => super::resolved_by_manager;
    handing_back_opens_it_and_edits_what_the_asker_was_told => super::handed_back;
    a_manager_hands_back_for_the_taker => super::handed_back_by_manager;
    escalating_mentions_the_managers_in_a_new_reply => super::escalated;
    escalating_when_the_only_manager_has_it => super::escalated_to_the_taker;
    re_open_within_seven_days => super::reopened;
    withdrawn_and_back => super::withdrawn;
    a_taken_line_that_is_gone_stays => super::line_gone;
    a_changed_word_is_shown_everywhere => super::edited;
    the_due_time_is_asked_of_a_manager_by_direct_message => super::manager_is_asked;
    what_was_typed_stays_text => super::text_is_text;
    unsized_when_the_digest_posts_is_more_than_a_minute => super::unsized_at_digest;
}

async fn opens(which: Which) {
    let world = ana_is_stuck(which).await;
    let help = world.help();
    assert!(help[0].starts_with("🟠 Ana is stuck · open since "), "{help:?}");
    assert!(help[0].contains(REFUND), "{help:?}");
    assert!(help[0].ends_with("[I'll take this] [Resolve] [Escalate]"), "{help:?}");
    assert_eq!(help[1..], ["@Ana, answers come here."]);
    assert_eq!(world.rung(), [("U0ANA".to_owned(), "mention".to_owned())]);
    let parent = world.keyed("help:").remove(0);
    let digest = world.digest_message();
    assert!(digest.ts < parent.ts, "the digest comes first");
    let blocks = serde_json::to_string(&digest.blocks).unwrap();
    assert!(blocks.contains(&parent.ts.replace('.', "")), "the digest names the thread by its link: {blocks}");
    assert!(digest.text.contains(&parent.ts.replace('.', "")), "so does its fallback: {}", digest.text);
    assert!(world.refused_calls().is_empty(), "{:?}", world.refused_calls());
}

async fn opens_early_and_late(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.is_stuck("U0ANA", REFUND, "More than a minute").await;
    assert!(world.keyed("help:").is_empty(), "it waits for the digest");
    world.does_in_dm("U0ANA", "Open it now").await;
    assert!(!world.has_digest());
    assert!(world.help()[0].contains("Ana is stuck"));
    assert_eq!(world.help()[1], "@Ana, answers come here.");
    world.nothing_stuck(&["U0BEN", "U0CLEO"]).await;
    assert_eq!(world.keyed("help:").len(), 2, "it is not opened a second time");
    assert!(world.digest().contains("→ help thread"), "{}", world.digest());
    world.is_stuck("U0BEN", "the phone line is dead", "More than a minute").await;
    assert!(world.help()[0].contains("Ben is stuck"), "at once: {:?}", world.help());
    assert_eq!(world.help()[1], "@Ben, answers come here.");
    assert!(world.digest().contains("the phone line is dead") || world.digest().contains("The phone line is dead"));
}

async fn taking(which: Which) {
    let world = ana_is_stuck(which).await;
    let rings = world.rings("U0CLEO");
    world.until("2026-05-18T06:34").await;
    world.does("U0BEN", "I'll take this").await;
    let help = world.help();
    assert!(help[0].starts_with("🟡 Ben has this · since 06:34, due by 14:00"), "{help:?}");
    assert!(help[0].ends_with("[Resolve] [Hand back] [Escalate]"), "{help:?}");
    assert_eq!(help.last().unwrap(), "06:34 @Ben took this.");
    assert_eq!(world.rung().last().unwrap(), &("U0BEN".to_owned(), "mention".to_owned()));
    assert_eq!(world.rung().len(), 2);
    assert!(world.reads("U0ANA").starts_with("Ben has your stuck: refund tool says 403"), "{}", world.reads("U0ANA"));
    let taker = world.reads("U0BEN");
    assert!(taker.contains("Thanks, Ben. You have Ana's stuck") && taker.contains("due by 14:00"), "{taker}");
    assert!(taker.contains("Hand it back, no reason needed."), "{taker}");
    assert!(world.digest().contains("Ben has it."), "{}", world.digest());
    assert_eq!(world.rings("U0CLEO"), rings, "nobody else is told");
    let told = world.told("U0ANA").len();
    world.presses_on("U0BEN", &world.keyed("help:")[0], "Escalate").await;
    world.slack.closes("U0BEN");
    assert_eq!(world.told("U0ANA").len(), told);
}

async fn resolved_by_taker(which: Which) {
    let world = ben_has_it(which).await;
    let before = world.rings("U0ANA");
    world.until("2026-05-18T07:10").await;
    world.does("U0BEN", "Resolve").await;
    let empty = world.submits("U0BEN").await;
    assert!(matches!(empty, Submitted::Errors(_)), "it asks what unstuck it: {empty:?}");
    world.fills("U0BEN", "What unstuck it?", "role EU-refund was missing, added it");
    assert_eq!(world.submits("U0BEN").await, Submitted::Closed);
    let help = world.help();
    assert!(help[0].starts_with("✅ Resolved by Ben at 07:10"), "{help:?}");
    assert!(help[0].contains("What unstuck it: role EU-refund was missing, added it"), "{help:?}");
    assert!(help[0].ends_with("[Re-open]"), "{help:?}");
    assert_eq!(help.last().unwrap(), "07:10 Ben resolved this: role EU-refund was missing, added it");
    let asked = world.reads("U0ANA");
    assert!(asked.contains("Ben says this is resolved") && asked.contains("Are you unstuck?"), "{asked}");
    assert!(asked.contains("role EU-refund was missing, added it"), "{asked}");
    assert_eq!(world.rings("U0ANA"), before + 1);
    assert!(world.digest().contains("✓ Ana:") && world.digest().contains("Resolved by Ben."), "{}", world.digest());
    world.does_in_dm("U0ANA", "Yes, thanks").await;
    let after = world.reads("U0ANA");
    assert!(after.contains("Good. It's kept") && !after.contains("[Yes, thanks]") && !after.contains("[Still stuck]"));
    world.until("2026-05-18T13:00").await;
    assert_eq!(world.rings("U0ANA"), before + 1, "asked once");
}

async fn still_stuck(which: Which) {
    let world = ben_has_it(which).await;
    world.resolves("U0BEN", "role was missing").await;
    world.does_in_dm("U0ANA", "Still stuck").await;
    let help = world.help();
    assert!(help[0].contains("Ana is stuck") && help[0].contains("[I'll take this]"), "{help:?}");
    assert!(help.last().unwrap().contains("Ana opened this again."), "{help:?}");
    assert!(world.reads("U0BEN").contains("Ana is still stuck"), "{}", world.reads("U0BEN"));
    let asked = world.told("U0ANA").into_iter().find(|text| text.contains("says this is resolved")).unwrap();
    assert!(asked.contains("It's open again.") && !asked.contains("[Still stuck]"), "{asked}");
    let had = world
        .told("U0ANA")
        .into_iter()
        .find(|text| text.contains("refund tool") && !text.contains("says this"))
        .unwrap();
    assert!(!had.contains("handed it back"), "nobody handed it back: {had}");
    assert!(!world.digest().contains("Ben has it."), "{}", world.digest());
    let receipt = world.told("U0BEN").remove(0);
    assert!(!receipt.contains("403"), "off his list: {receipt}");
    world.does("U0CLEO", "I'll take this").await;
    assert!(world.help()[0].contains("Cleo has this"));
}

async fn resolved_by_helper(which: Which) {
    let world = ana_is_stuck(which).await;
    world.resolves("U0OMAR", "use the old tool").await;
    assert!(world.help()[0].contains("Resolved by Omar"), "{:?}", world.help());
    assert!(world.reads("U0ANA").contains("Omar says this is resolved"));
    assert!(world.told("U0OMAR").is_empty(), "a helper answers and is done: {:?}", world.told("U0OMAR"));
}

async fn resolved_by_asker(which: Which) {
    let world = ben_has_it(which).await;
    let told = world.told("U0ANA").len();
    world.resolves("U0ANA", "it came back by itself").await;
    assert!(world.help()[0].contains("Resolved by Ana"));
    assert_eq!(world.told("U0ANA").len(), told, "she is asked nothing");
    assert!(!world.told("U0ANA").iter().any(|text| text.contains("Are you unstuck?")));
    let taker = world.reads("U0BEN");
    assert!(taker.contains("Ana solved it") && taker.contains("It's off your list."), "{taker}");
    let had = world.told("U0BEN").into_iter().find(|text| text.contains("You had Ana's stuck")).unwrap();
    assert!(!had.contains("[Resolve]"), "{had}");
}

async fn resolved_by_manager(which: Which) {
    let world = ben_has_it(which).await;
    world.resolves("U0JESS", "I gave her the role").await;
    assert!(world.reads("U0ANA").contains("Jess says this is resolved"));
    assert!(world.reads("U0ANA").contains("[Yes, thanks] [Still stuck]"), "{}", world.reads("U0ANA"));
    assert!(world.reads("U0BEN").contains("Jess resolved it"), "{}", world.reads("U0BEN"));
}

async fn handed_back(which: Which) {
    let world = ben_has_it(which).await;
    let rings = world.rings("U0ANA");
    world.does_in_dm("U0BEN", "Hand back").await;
    let help = world.help();
    assert!(help[0].contains("Ana is stuck") && help[0].contains("[I'll take this]"), "{help:?}");
    assert!(help.last().unwrap().contains("Ben handed this back. It's open again."), "{help:?}");
    let asker = world.reads("U0ANA");
    assert!(asker.starts_with("Open again: refund tool") && asker.contains("Ben handed it back."), "{asker}");
    assert_eq!(world.rings("U0ANA"), rings, "the message is edited; none is sent");
    assert!(world.reads("U0BEN").contains("It's off your list."), "{}", world.reads("U0BEN"));
    assert!(!world.reads("U0BEN").contains("[Hand back]"));
    world.does("U0CLEO", "I'll take this").await;
    assert!(world.reads("U0ANA").contains("Cleo has your stuck"));
}

async fn handed_back_by_manager(which: Which) {
    let world = ben_has_it(which).await;
    world.does("U0JESS", "Hand back").await;
    assert!(world.help()[0].contains("Ana is stuck"));
    assert!(world.help().last().unwrap().contains("Jess handed this back"), "{:?}", world.help());
    assert!(world.reads("U0BEN").contains("Jess handed back what you had"), "{}", world.reads("U0BEN"));
    let asker = world.reads("U0ANA");
    assert!(asker.contains("Open again") && !asker.contains("Ben handed it back"), "{asker}");
}

async fn escalated(which: Which) {
    let world = ana_is_stuck(which).await;
    let sent = world.one_line("U0ANA", "Escalate", "What should they know?", "40 customers waiting since 6.").await;
    assert_eq!(sent, Submitted::Closed);
    let help = world.help();
    assert_eq!(help.last().unwrap(), "@Jess, Ana asks for you: \"40 customers waiting since 6.\"");
    assert!(help[0].lines().next().unwrap().contains("Jess asked"), "{help:?}");
    assert!(help[0].contains("[I'll take this]"), "still open: {help:?}");
    assert_eq!(world.rung().last().unwrap(), &("U0JESS".to_owned(), "mention".to_owned()));
    world.does("U0BEN", "I'll take this").await;
    assert!(world.help()[0].contains("Ben has this") && world.help()[0].contains("Jess asked"));
    world.one_line("U0BEN", "Escalate", "What should they know?", "still no admin").await;
    assert_eq!(world.help().last().unwrap(), "@Jess, Ben asks for you: \"still no admin\"");
}

/// Of two managers the one who has it is not asked; the only one is.
async fn escalated_to_the_taker(which: Which) {
    let world = ana_is_stuck(which).await;
    world.does("U0JESS", "I'll take this").await;
    let rung = world.rung().len();
    world.one_line("U0ANA", "Escalate", "What should they know?", "hurry").await;
    assert_eq!(world.help().last().unwrap(), "@Jess, Ana asks for you: \"hurry\"", "she is the only one");
    assert_eq!(world.rung().len(), rung + 1);
    world.apply(&crate::world::TEAMS.replace("[\"U0JESS\"]", "[\"U0JESS\", \"U0OMAR\"]")).await;
    world.one_line("U0ANA", "Escalate", "What should they know?", "hurry more").await;
    assert_eq!(world.help().last().unwrap(), "@Omar, Ana asks for you: \"hurry more\"");
}

async fn reopened(which: Which) {
    let world = ben_has_it(which).await;
    world.resolves("U0BEN", "role was missing").await;
    world.does("U0CLEO", "Re-open").await;
    assert!(world.private("U0CLEO", 1).await[0].starts_with("Only Ana, Ben or a manager can re-open this."));
    world.does("U0BEN", "Re-open").await;
    assert!(world.help()[0].contains("Ana is stuck"));
    assert!(world.reads("U0ANA").contains("Ben opened your stuck again"), "{}", world.reads("U0ANA"));
    world.resolves("U0CLEO", "now really").await;
    world.does("U0ANA", "Re-open").await;
    assert!(world.help()[0].contains("Ana is stuck"));
    world.resolves("U0CLEO", "really").await;
    world.does("U0JESS", "Re-open").await;
    assert!(world.help()[0].contains("Ana is stuck"));
    world.resolves("U0CLEO", "that was it").await;
    world.until("2026-05-25T05:00").await;
    world.does("U0ANA", "Re-open").await;
    assert!(world.help()[0].contains("Ana is stuck"), "six days on");
    world.resolves("U0CLEO", "once more").await;
    world.until("2026-06-01T05:30").await;
    let parent = world.keyed("help:").remove(0);
    world.presses_on("U0JESS", &parent, "Re-open").await;
    let line = world.private("U0JESS", 1).await;
    assert_eq!(line[0], "That was more than 7 days ago. If it's back, raise it again.");
}

async fn withdrawn(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    let ts = world.says("U0ANA", &format!("stuck: {REFUND}")).await;
    world.does_in_dm("U0ANA", "More than a minute").await;
    world.nothing_stuck(&["U0BEN", "U0CLEO"]).await;
    world.deletes("U0ANA", &ts).await;
    world.seconds_pass(7).await;
    let help = world.help();
    assert!(help[0].contains("Withdrawn by Ana") && help[0].ends_with("[Re-open]"), "{help:?}");
    assert!(help.last().unwrap().contains("Ana withdrew this"), "{help:?}");
    assert!(!world.digest().contains("Needs someone"), "{}", world.digest());
    world.does("U0CLEO", "Re-open").await;
    assert!(world.private("U0CLEO", 1).await[0].starts_with("Only Ana or a manager can re-open this."));
    world.does("U0ANA", "Re-open").await;
    assert!(world.help()[0].contains("Ana is stuck"), "{:?}", world.help());
    assert!(world.digest().contains("Needs someone"), "{}", world.digest());
}

async fn line_gone(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    let ts = world.says("U0ANA", &format!("stuck: {REFUND}")).await;
    world.does_in_dm("U0ANA", "More than a minute").await;
    world.nothing_stuck(&["U0BEN", "U0CLEO"]).await;
    world.does("U0BEN", "I'll take this").await;
    world.deletes("U0ANA", &ts).await;
    world.seconds_pass(7).await;
    assert!(world.help()[0].contains("Ben has this"), "it stays: {:?}", world.help());
    assert!(world.reads("U0ANA").contains("You took this off your list"), "{}", world.reads("U0ANA"));
    assert!(world.reads("U0BEN").contains("Ana took this off the list"), "{}", world.reads("U0BEN"));
    world.resolves("U0BEN", "no matter").await;
    assert!(world.help()[0].contains("Resolved by Ben"));
}

async fn edited(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    let ts = world.says("U0ANA", "stuck: refund tol says 403").await;
    world.does_in_dm("U0ANA", "More than a minute").await;
    world.nothing_stuck(&["U0BEN", "U0CLEO"]).await;
    world.does("U0BEN", "I'll take this").await;
    let replies = world.help().len();
    world.edits("U0ANA", &ts, "stuck: refund tool says 403").await;
    world.seconds_pass(10).await;
    let help = world.help();
    assert!(help[0].contains("Ben has this") && help[0].contains("refund tool says 403"), "{help:?}");
    assert!(help[0].contains("(edited)"), "{help:?}");
    assert_eq!(help.len(), replies);
    assert!(world.digest().contains("efund tool says 403"), "{}", world.digest());
    assert!(world.reads("U0BEN").contains("efund tool says 403"), "{}", world.reads("U0BEN"));
    assert!(world.reads("U0ANA").contains("efund tool says 403"), "{}", world.reads("U0ANA"));
}

async fn manager_is_asked(which: Which) {
    let world = ana_is_stuck(which).await;
    world.does("U0JESS", "I'll take this").await;
    assert!(world.help()[0].contains("due by 14:00"), "{:?}", world.help());
    let taker = world.reads("U0JESS");
    assert!(taker.contains("due by 14:00") || taker.contains("until 14:00"), "{taker}");
    assert!(!taker.contains("It's on your priorities"), "she has no list: {taker}");
    let rings = world.rings("U0JESS");
    world.until("2026-05-18T13:59").await;
    assert_eq!(world.rings("U0JESS"), rings);
    world.until("2026-05-18T14:01").await;
    assert_eq!(world.rings("U0JESS"), rings + 1, "{:?}", world.told("U0JESS"));
    let asked = world.reads("U0JESS");
    assert!(asked.contains("Ana's stuck was due by 14:00") && asked.contains("Where does it stand?"), "{asked}");
    world.until("2026-05-18T18:00").await;
    assert_eq!(world.rings("U0JESS"), rings + 1, "asked once");
    world.does_in_dm("U0JESS", "Resolve").await;
    world.fills("U0JESS", "What unstuck it?", "gave the role");
    assert_eq!(world.submits("U0JESS").await, Submitted::Closed);
    assert!(world.help()[0].contains("Resolved by Jess"));
    assert!(!world.reads("U0JESS").contains("[Resolve]"), "{}", world.reads("U0JESS"));
}

async fn text_is_text(which: Which) {
    let world = World::new(which).await;
    let nasty = "<!channel> <!here> <@U0OMAR> @here & <https://evil.example|click> *bold* `code` :tada:";
    world.until("2026-05-18T06:00").await;
    world.sends_stuck("U0ANA", nasty, nasty, Some("U0OMAR"), "More than a minute").await;
    world.nothing_stuck(&["U0BEN", "U0CLEO"]).await;
    let rung = world.rung();
    assert_eq!(rung, [("U0ANA".to_owned(), "mention".to_owned())]);
    assert!(world.help()[0].contains("<!channel>"), "as it was typed: {:?}", world.help());
    assert!(world.digest().contains("<!channel> <!here>"), "{}", world.digest());
    world.one_line("U0BEN", "Escalate", "What should they know?", nasty).await;
    world.resolves("U0BEN", nasty).await;
    let rung: Vec<String> = world.rung().into_iter().map(|(who, _)| who).collect();
    assert_eq!(rung, ["U0ANA", "U0JESS"]);
    for message in world.everything("U0JESS", SUPPORT) {
        assert!(!message.text.contains("<!") && !message.text.contains("<https://evil"), "{}", message.text);
        assert!(!message.text.contains("<@U0OMAR>"), "{}", message.text);
    }
    for who in ["U0ANA", "U0BEN", "U0JESS"] {
        for message in world.slack.history(who, &world.dm(who)).iter().filter(|message| message.by_bot()) {
            assert!(!message.text.contains("<!") && !message.text.contains("<https://evil"), "{}", message.text);
        }
    }
    assert!(world.refused_calls().is_empty(), "{:?}", world.refused_calls());
}

async fn unsized_at_digest(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.says("U0ANA", &format!("stuck: {REFUND}")).await;
    world.until("2026-05-18T06:16").await;
    assert!(world.help()[0].contains("Ana is stuck"), "{:?}", world.help());
    world.says("U0BEN", "stuck: the phone line is dead").await;
    assert_eq!(world.keyed("help:").len(), 2, "raised after the digest, it waits for its size a little");
    world.minutes_pass(6).await;
    assert!(world.help()[0].contains("Ben is stuck"), "{:?}", world.help());
}
