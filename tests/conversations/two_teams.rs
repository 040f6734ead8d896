//! Somebody who is in two teams: one prompt at a time, and each line goes where it belongs.

use super::verbs::{says_all, says_none_of};
use crate::databases::{Which, both};
use crate::teams::Team;
use crate::world::{TEAMS, World, monday_morning};

both! {
    in_two_teams => super::one_after_the_other;
    the_second_team_asks_before_its_grace_ends => super::before_its_grace_ends;
    the_second_team_asks_before_its_window_closes => super::before_its_window_closes;
    row_38_in_two_teams_after_downtime => super::one_after_the_other_after_downtime;
    answering_undoes_off => super::answering_undoes_off;
}

async fn one_after_the_other(which: Which) {
    let tier_1 = Team { more: "collect = \"20m\"", agents: &["U0ANA", "U0BEN"], ..Team::default() };
    let billing = Team { name: "Billing", agents: &["U0ANA"], ..tier_1 };
    let world = World::with(which, &format!("{tier_1}{billing}"), monday_morning(), |_| {}).await;
    world.until("2026-05-18T06:05").await;
    assert_eq!(world.prompts("U0ANA").len(), 1, "one prompt at a time");
    let first = world.prompt("U0ANA").plain();
    let (one, other) = if first.contains("Billing") { ("Billing", "Tier 1") } else { ("Tier 1", "Billing") };
    world.presses("U0ANA", "Nothing stuck").await;
    assert_eq!(world.prompts("U0ANA").len(), 2, "the second follows when the first is answered");
    says_all(&world.prompt("U0ANA").plain(), &[other]);
    world.says("U0ANA", "check invoices").await;
    says_all(&world.reads("U0ANA"), &[other, "1 priority: check invoices"]);
    world.presses("U0ANA", "Nothing stuck").await;
    // A reply in a prompt's thread goes to that prompt's team.
    let prompt = world.prompts("U0ANA").remove(0);
    world.replies("U0ANA", &prompt.ts, "answer chats").await;
    world.presses("U0BEN", "Nothing stuck").await;
    world.settle().await;
    for digest in world.digests() {
        let (has, not) = if digest.contains(&format!("{one}, Early")) {
            ("answer chats", "check invoices")
        } else {
            ("check invoices", "answer chats")
        };
        says_all(&digest, &[has]);
        says_none_of(&digest, &[not]);
    }
    // Unanswered, the second follows when half of the window is over, and what is typed goes to the latest question.
    world.until("2026-05-19T06:09").await;
    assert_eq!(world.prompts("U0ANA").len(), 3);
    world.until("2026-05-19T06:11").await;
    assert_eq!(world.prompts("U0ANA").len(), 4);
    let latest = world.prompt("U0ANA").plain();
    let (latest, earlier) = if latest.contains("Billing") { ("Billing", "Tier 1") } else { ("Tier 1", "Billing") };
    world.says("U0ANA", "something new").await;
    says_all(&world.reads("U0ANA"), &[latest, "something new"]);
    says_none_of(&world.reads("U0ANA"), &[earlier]);
}

async fn before_its_grace_ends(which: Which) {
    let tier_1 = Team { more: "collect = \"6h\"", ..Team::default() };
    let refunds = Team {
        name: "Refunds",
        shift: "Short",
        starts: "5 6 * * Mon-Fri",
        hours: 1,
        more: "collect = \"1h\"",
        ..tier_1
    };
    let world = World::with(which, &format!("{tier_1}{refunds}"), monday_morning(), |_| {}).await;
    world.until("2026-05-18T06:10").await;
    assert_eq!(world.prompts("U0ANA").len(), 1, "one prompt at a time");
    // Half of Tier 1's window is at nine; the grace of the other team's short shift ends at 06:35.
    world.until("2026-05-18T06:33").await;
    assert_eq!(world.prompts("U0ANA").len(), 1);
    world.until("2026-05-18T06:35").await;
    assert_eq!(world.prompts("U0ANA").len(), 2, "and yet not too late");
}

/// Half of Tier 1's window is at seven, long after the other team's digest: she can still be in that.
async fn before_its_window_closes(which: Which) {
    let tier_1 = Team { more: "collect = \"2h\"", ..Team::default() };
    let refunds = Team { name: "Refunds", starts: "4 6 * * Mon-Fri", more: "collect = \"20m\"", ..tier_1 };
    let world = World::with(which, &format!("{tier_1}{refunds}"), monday_morning(), |_| {}).await;
    world.until("2026-05-18T06:13").await;
    assert_eq!(world.prompts("U0ANA").len(), 1, "one prompt at a time");
    world.until("2026-05-18T06:15").await;
    says_all(&world.prompt("U0ANA").plain(), &["Refunds"]);
    world.says("U0ANA", "the March refunds").await;
    world.presses("U0ANA", "Nothing stuck").await;
    world.until("2026-05-18T06:25").await;
    says_all(&world.digests()[0], &["Refunds, Early", "1 of 1 answered", "the March refunds"]);
}

/// Both shifts began while nothing ran: there is a window of twenty minutes for the first, and half of it for her alone.
async fn one_after_the_other_after_downtime(which: Which) {
    let tier_1 = Team { more: "collect = \"20m\"", ..Team::default() };
    let billing = Team { name: "Billing", ..tier_1 };
    let mut world = World::with(which, &format!("{tier_1}{billing}"), monday_morning(), |_| {}).await;
    world.sleeps_until("2026-05-18T07:40").await;
    world.until("2026-05-18T07:49").await;
    assert_eq!(world.prompts("U0ANA").len(), 1, "one prompt at a time");
    world.until("2026-05-18T07:51").await;
    assert_eq!(world.prompts("U0ANA").len(), 2, "the second when half of the first's window is over");
}

async fn answering_undoes_off(which: Which) {
    let later = Team { name: "Tier 2", shift: "Day", starts: "30 6 * * Mon-Fri", ..Team::default() };
    let two = format!("{TEAMS}{later}");
    let world = World::with(which, &two, monday_morning(), |_| {}).await;
    world.until("2026-05-18T06:00").await;
    world.presses("U0ANA", "Off today").await;
    world.until("2026-05-18T06:40").await;
    assert_eq!(world.prompts("U0ANA").len(), 1);
    let prompt = world.prompt("U0ANA");
    world.replies("U0ANA", &prompt.ts, "chat after all").await;
    world.presses("U0ANA", "Nothing stuck").await;
    says_all(&world.digests()[0], &["chat after all", "late"]);
    // The other team's check-in of the date is owed again as well.
    assert_eq!(world.prompts("U0ANA").len(), 2, "{:?}", world.told("U0ANA"));
    world.until("2026-05-18T06:50").await;
    says_none_of(&world.digests().join("\n"), &["Away"]);
}
