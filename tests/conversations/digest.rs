//! Chapter three: when the digest appears, what it says, and how it goes on.

use super::scene::{REFUND, ana_is_stuck};
use crate::databases::{Which, both};
use crate::world::{SUPPORT, TEAMS, World, key, monday_morning};
use sandbox::Kind;

both! {
    it_posts_when_all_have_answered => super::all_answered;
    it_posts_when_the_window_closes_however_few_answered => super::window_closes;
    it_posts_when_nobody_answered => super::nobody;
    it_does_not_post_when_all_are_away => super::all_away;
    away_is_not_missing => super::one_away;
    late_answers_are_edited_in => super::late;
    the_order_is_stucks_then_people_by_name => super::order;
    marks_are_counted_and_never_a_ratio => super::marks;
    a_shift_in_many_zones_posts_after_the_first_window => super::zones;
    one_message_edited_in_place => super::one_message;
    edits_are_six_seconds_apart => super::edits;
    priorities_alone_count_at_the_end_of_the_window => super::not_said;
    the_fallback_says_what_the_blocks_say => super::fallback;
}

async fn all_answered(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.nothing_stuck(&["U0ANA", "U0BEN"]).await;
    assert!(!world.has_digest(), "one is missing");
    world.until("2026-05-18T06:05").await;
    assert!(!world.has_digest());
    world.presses("U0CLEO", "Nothing stuck").await;
    let digest = world.digest();
    assert!(digest.starts_with("Tier 1, Early · Mon 18 May\n‹3 of 3 answered›"), "{digest}");
    assert!(digest.contains("First check-in: answers by DM, one post a shift. Managers: Jess."), "{digest}");
    assert!(world.rung().is_empty(), "names are text: {:?}", world.rung());
}

async fn window_closes(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:02").await;
    world.nothing_stuck(&["U0ANA"]).await;
    world.until("2026-05-18T06:14").await;
    assert!(!world.has_digest());
    world.until("2026-05-18T06:15").await;
    let digest = world.digest();
    assert!(digest.contains("1 of 3 answered") && digest.contains("2 yet to answer"), "{digest}");
    assert!(!digest.contains("Ben") && !digest.contains("Cleo"), "who has not answered is not named: {digest}");
}

async fn nobody(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:15").await;
    let digest = world.digest();
    assert!(digest.contains("0 of 3 answered"), "{digest}");
    assert!(digest.contains("Nobody has answered yet. It fills in here as answers come."), "{digest}");
    world.nothing_stuck(&["U0ANA"]).await;
    assert!(world.digest().contains("1 of 3 answered") && !world.digest().contains("Nobody"), "{}", world.digest());
}

async fn all_away(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    for who in ["U0ANA", "U0BEN", "U0CLEO"] {
        world.presses(who, "Off today").await;
    }
    world.until("2026-05-18T10:00").await;
    assert!(!world.has_digest(), "{:?}", world.channel());
    world.presses("U0ANA", "I'm back").await;
    world.seconds_pass(7).await;
    world.says("U0ANA", "catch up").await;
    world.presses("U0ANA", "Nothing stuck").await;
    world.seconds_pass(7).await;
    assert!(world.has_digest(), "somebody is there after all");
    assert!(world.digest().contains("1 of 1 answered") && world.digest().contains("Away: Ben, Cleo"));
}

async fn one_away(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.presses("U0CLEO", "Off today").await;
    world.nothing_stuck(&["U0ANA", "U0BEN"]).await;
    let digest = world.digest();
    assert!(digest.contains("2 of 2 answered") && digest.contains("Away: Cleo"), "{digest}");
    assert!(!digest.contains("yet to answer"), "{digest}");
    world.says("U0CLEO", "here after all").await;
    world.presses("U0CLEO", "Nothing stuck").await;
    world.seconds_pass(7).await;
    let digest = world.digest();
    assert!(digest.contains("3 of 3 answered") && digest.contains("here after all"), "{digest}");
    assert!(!digest.contains("Away"), "{digest}");
}

async fn late(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:20").await;
    let ts = world.digest_message().ts;
    world.says("U0BEN", "review 20 refunds").await;
    world.presses("U0BEN", "Nothing stuck").await;
    world.seconds_pass(7).await;
    let digest = world.digest();
    assert!(digest.contains("Ben  review 20 refunds · late"), "{digest}");
    assert_eq!(world.digest_message().ts, ts);
    world.until("2026-05-18T15:00").await;
    world.says("U0CLEO", "after the shift").await;
    world.presses("U0CLEO", "Nothing stuck").await;
    world.seconds_pass(7).await;
    let early = world.keyed("digest:").into_iter().find(|message| message.ts == ts).unwrap().plain();
    assert!(early.contains("Cleo  after the shift · late"), "{early}");
}

async fn order(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.is_stuck("U0CLEO", "where is the stapler", "A minute or less").await;
    world.is_stuck("U0BEN", REFUND, "More than a minute").await;
    world.says("U0ANA", "EU refunds\nsale macro").await;
    world.presses("U0ANA", "Nothing stuck").await;
    world.seconds_pass(7).await;
    let digest = world.digest();
    let at = |words: &str| digest.find(words).unwrap_or_else(|| panic!("no {words} in {digest}"));
    assert!(at("Needs someone") < at("stapler") && at("stapler") < at("403"), "{digest}");
    assert!(at("403") < at("Today") && at("Today") < at("EU refunds · sale macro"), "{digest}");
    assert!(at("Ana  EU") < at("Ben checked in") && at("Ben checked in") < at("Cleo checked in"), "{digest}");
    world.does("U0ANA", "I'll take this").await;
    let digest = world.digest();
    assert!(digest.find("🟡").unwrap() > digest.find("🔵").unwrap(), "who needs someone first: {digest}");
    world.resolves("U0ANA", "role").await;
    world.one_line("U0BEN", "Answer", "Your answer", "in the drawer").await;
    assert!(world.digest().contains("No longer stuck"), "{}", world.digest());
}

async fn marks(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.says("U0ANA", "one\ntwo\nthree").await;
    world.nothing_stuck(&["U0ANA", "U0BEN", "U0CLEO"]).await;
    world.until("2026-05-19T06:00").await;
    world.ticks("U0ANA", &["one", "two"]).await;
    world.says("U0ANA", "four").await;
    world.nothing_stuck(&["U0ANA", "U0BEN", "U0CLEO"]).await;
    let digest = world.digest();
    assert!(digest.contains("Ana ✓2 →1  three · four"), "{digest}");
    assert!(!digest.contains("/3") && !digest.contains("%"), "{digest}");
    world.presses("U0ANA", "Edit").await;
    world.fills("U0ANA", "two", "Carry over");
    assert_eq!(world.submits("U0ANA").await, sandbox::Submitted::Closed);
    world.seconds_pass(7).await;
    assert!(world.digest().contains("Ana ✓1 →2  two · three · four"), "edited afterwards: {}", world.digest());
}

async fn zones(which: Which) {
    let teams = TEAMS.replace("agents = [\"U0ANA\"", "timezone = \"agent\"\nagents = [\"U0ANA\"");
    let world = World::with(which, &teams, monday_morning(), |workspace| {
        for user in workspace.users.iter_mut().filter(|user| user.id == "U0CLEO") {
            user.tz = "America/Los_Angeles".to_owned();
        }
    })
    .await;
    world.until("2026-05-18T06:00").await;
    world.nothing_stuck(&["U0ANA"]).await;
    assert!(!world.has_digest());
    world.until("2026-05-18T06:16").await;
    let digest = world.digest();
    assert!(digest.contains("1 of 2 answered") && digest.contains("1 starts later"), "{digest}");
    world.until("2026-05-18T09:00").await;
    assert!(world.digest().contains("1 of 3 answered"), "{}", world.digest());
    world.nothing_stuck(&["U0CLEO"]).await;
    assert!(world.digest().contains("2 of 3 answered") && !world.digest().contains("· late"), "{}", world.digest());
}

async fn one_message(which: Which) {
    let world = ana_is_stuck(which).await;
    world.does("U0BEN", "I'll take this").await;
    world.does("U0BEN", "Hand back").await;
    world.resolves("U0CLEO", "role").await;
    world.until("2026-05-18T13:59").await;
    let digests = world.keyed("digest:");
    assert_eq!(
        digests.iter().filter(|message| message.thread_ts.as_ref().is_none_or(|ts| *ts == message.ts)).count(),
        1
    );
    assert_eq!(world.slack.thread("U0JESS", SUPPORT, &world.digest_message().ts).len(), 1, "nothing in its thread");
    world.until("2026-05-18T14:20").await;
    assert!(world.digest().starts_with("Tier 1, Late"), "the next shift has its own: {}", world.digest());
}

async fn edits(which: Which) {
    let world = ana_is_stuck(which).await;
    for _ in 0..4 {
        world.presses_in_channel("U0BEN", "I'll take this").await;
        world.seconds_pass(1).await;
        world.presses_in_channel("U0BEN", "Hand back").await;
        world.seconds_pass(1).await;
    }
    world.seconds_pass(20).await;
    let ts = world.digest_message().ts;
    let edits: Vec<i64> = (world.slack.ledger().into_iter())
        .filter(|entry| matches!(&entry.kind, Kind::Edited { ts: edited, .. } if *edited == ts))
        .map(|entry| entry.at)
        .collect();
    assert!(edits.windows(2).all(|pair| pair[1] - pair[0] >= 6000), "{edits:?}");
    assert!(edits.len() <= 5, "{edits:?}");
    assert!(world.digest().contains("🟠 Ana"), "{}", world.digest());
}

async fn not_said(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.says("U0ANA", "EU refunds").await;
    world.nothing_stuck(&["U0BEN", "U0CLEO"]).await;
    assert!(!world.has_digest(), "Ana may still say what she is stuck on");
    world.until("2026-05-18T06:15").await;
    let digest = world.digest();
    assert!(digest.contains("3 of 3 answered"), "{digest}");
    assert!(digest.contains("Ana  EU refunds · stuck: not said"), "{digest}");
}

async fn fallback(which: Which) {
    let world = ana_is_stuck(which).await;
    world.is_stuck("U0CLEO", "where is the stapler", "A minute or less").await;
    world.does("U0BEN", "I'll take this").await;
    world.resolves("U0BEN", "role EU-refund").await;
    for message in world.everything("U0JESS", SUPPORT).into_iter().filter(|message| !key(message).is_empty()) {
        let plain = message.plain();
        for word in plain.split_whitespace().map(|word| word.trim_matches(['‹', '›'])) {
            // Buttons apart; mentions, links and times are written otherwise in the fallback.
            let label = plain.contains(&format!("[{word}")) || plain.contains(&format!("{word}]"));
            let said = message.text.contains(word) || label || word.starts_with(['[', '@']) || word.ends_with(']');
            assert!(said || message.buttons().iter().any(|label| label.contains(word)), "{word}: {}", message.text);
        }
    }
}
