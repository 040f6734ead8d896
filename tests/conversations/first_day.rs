//! The first day of a team, from the start of the shift to a resolved stuck.

use crate::databases::{Which, both};
use crate::world::World;

both! {
    a_day_straight_through => super::straight_through;
}

async fn straight_through(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    let prompt = world.reads("U0ANA");
    assert!(prompt.contains("I'm Unstuck. Jess added you to Tier 1"), "{prompt}");
    world.says("U0ANA", "clear the refund backlog\nwrite the sale macro").await;
    assert!(
        world.reads("U0ANA").contains("2 priorities: clear the refund backlog · write the sale macro"),
        "{}",
        world.reads("U0ANA")
    );
    world.presses("U0ANA", "I'm stuck").await;
    world.says("U0ANA", "refund tool says 403 for EU orders, need someone with admin").await;
    world.presses("U0ANA", "More than a minute").await;
    world.presses("U0BEN", "Nothing stuck").await;
    world.presses("U0CLEO", "Nothing stuck").await;
    let digest = world.digest();
    assert!(digest.contains("3 of 3 answered"), "{digest}");
    assert!(digest.contains("Needs someone"), "{digest}");
    let help = world.help();
    assert!(help[0].contains("Ana is stuck"), "{help:?}");
    assert_eq!(help[1], "@Ana, answers come here.");
    world.presses_in_channel("U0BEN", "I'll take this").await;
    assert!(world.help()[0].contains("Ben has this"), "{:?}", world.help());
    assert!(world.reads("U0ANA").contains("Ben has your stuck"), "{}", world.reads("U0ANA"));
    world.presses_in_channel("U0BEN", "Resolve").await;
    world.fills("U0BEN", "What unstuck it?", "role EU-refund was missing, added it");
    world.submits("U0BEN").await;
    assert!(world.help()[0].contains("Resolved"), "{:?}", world.help());
    assert!(world.reads("U0ANA").contains("Are you unstuck?"), "{}", world.reads("U0ANA"));
    world.presses("U0ANA", "Yes, thanks").await;
}
