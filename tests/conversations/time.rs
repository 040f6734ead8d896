//! Zones, nights on which the clocks change, restarts, outages, and a teams file that changes in the middle of the day.

use super::verbs::{says_all, says_none_of};
use crate::databases::{Which, both};
use crate::teams::Team;
use crate::world::{TEAMS, World, at, in_zone, monday_morning};

both! {
    shifts_in_their_agents_zones => super::agents_zones;
    row_39_somebody_moves => super::somebody_moves;
    rows_33_34_spring_and_autumn_nights => super::clock_changes;
    row_34_an_overnight_shift => super::overnight;
    row_38_stopped_in_mid_window => super::stopped_in_mid_window;
    row_38_down_at_the_start_within_the_grace => super::down_within_grace;
    row_38_down_for_days => super::down_for_days;
    row_39_applied_again_in_mid_day => super::applied_again;
    row_39_a_start_that_moves => super::start_moves;
    row_39_retired_and_back => super::retired;
}

/// Ana and Ben at six, each in the zone they live in.
fn each_in_their_zone() -> String {
    Team { more: "timezone = \"agent\"", agents: &["U0ANA", "U0BEN"], ..Team::default() }.to_string()
}

const MADRID: &str = "Europe/Madrid";

fn lives_in(workspace: &mut sandbox::Workspace, who: &str, zone: &str) {
    workspace.users.iter_mut().filter(|user| user.id == who).for_each(|user| user.tz = zone.to_owned());
}

async fn agents_zones(which: Which) {
    let now = in_zone("2026-05-18T05:50", MADRID);
    let world = World::with(which, &each_in_their_zone(), now, |workspace| lives_in(workspace, "U0BEN", MADRID)).await;
    world.day.go_to(in_zone("2026-05-18T06:00", MADRID)).await.expect("06:00 in Madrid");
    assert_eq!(world.prompts("U0BEN").len(), 1);
    assert!(world.prompts("U0ANA").is_empty());
    world.says("U0BEN", "phones").await;
    world.presses("U0BEN", "Nothing stuck").await;
    says_all(&world.prompt("U0BEN").plain(), &["✓ Checked in 06:00"]);
    world.day.go_to(in_zone("2026-05-18T06:16", MADRID)).await.expect("the first window closes");
    let digest = world.digest_now().await;
    says_all(&digest, &["1 of 1 answered", "phones", "1 starts later"]);
    world.until("2026-05-18T06:00").await;
    assert_eq!(world.prompts("U0ANA").len(), 1);
    world.presses("U0ANA", "Nothing stuck").await;
    assert_eq!(world.digests().len(), 1, "one huddle, one digest");
    says_all(&world.digest_now().await, &["2 of 2 answered"]);
    says_none_of(&world.digest_now().await, &["later"]);
}

async fn somebody_moves(which: Which) {
    let world = World::with(which, &each_in_their_zone(), monday_morning(), |_| {}).await;
    world.until("2026-05-18T06:00").await;
    for who in ["U0ANA", "U0BEN"] {
        world.presses(who, "Nothing stuck").await;
    }
    // Ben flies to Madrid: his next shift starts at six there, and Monday is not asked for twice.
    world.slack.changes_user("U0BEN", |user| user.tz = MADRID.to_owned());
    world.settle().await;
    world.day.go_to(in_zone("2026-05-19T05:59", MADRID)).await.expect("still asleep");
    assert_eq!(world.prompts("U0BEN").len(), 1);
    world.day.go_to(in_zone("2026-05-19T06:00", MADRID)).await.expect("06:00 in Madrid");
    assert_eq!(world.prompts("U0BEN").len(), 2);
    assert_eq!(world.prompts("U0ANA").len(), 1);
    // And on to the west on the same day: the date was asked for already.
    world.slack.changes_user("U0BEN", |user| user.tz = "America/Los_Angeles".to_owned());
    world.until("2026-05-19T12:00").await;
    assert_eq!(world.prompts("U0BEN").len(), 2);
    assert_eq!(world.prompts("U0ANA").len(), 2);
}

fn nights(starts: &str) -> String {
    TEAMS.replace("0 6 * * Mon-Fri", starts)
}

async fn clock_changes(which: Which) {
    // 02:30 does not exist on 8 March 2026 in New York: the shift starts at 03:30.
    let world = World::with(which, &nights("30 2 * * *"), at("2026-03-07T12:00"), |_| {}).await;
    world.until("2026-03-08T03:29").await;
    assert!(world.prompts("U0ANA").is_empty());
    world.until("2026-03-08T03:30").await;
    assert_eq!(world.prompts("U0ANA").len(), 1);
    world.until("2026-03-09T02:29").await;
    assert_eq!(world.prompts("U0ANA").len(), 1);
    world.until("2026-03-09T02:30").await;
    assert_eq!(world.prompts("U0ANA").len(), 2);
    // 01:30 comes twice on 1 November: the first one counts, and only that.
    let world = World::with(which, &nights("30 1 * * *"), at("2026-10-31T12:00"), |_| {}).await;
    world.until("2026-11-01T01:30").await;
    assert_eq!(world.prompts("U0ANA").len(), 1);
    world.until("2026-11-02T01:29").await;
    assert_eq!(world.prompts("U0ANA").len(), 1);
    world.until("2026-11-02T01:30").await;
    assert_eq!(world.prompts("U0ANA").len(), 2);
}

async fn overnight(which: Which) {
    let world = World::with(which, &nights("0 22 * * Mon-Fri"), at("2026-05-22T12:00"), |_| {}).await;
    world.until("2026-05-22T22:00").await;
    world.says("U0ANA", "stuck: refund tool says 403").await;
    world.presses("U0ANA", "More than a minute").await;
    for who in ["U0BEN", "U0CLEO"] {
        world.presses(who, "Nothing stuck").await;
    }
    says_all(&world.digest_now().await, &["Fri 22 May"]);
    // Saturday at two is still Friday's shift: what is taken is due at its end.
    world.until("2026-05-23T02:00").await;
    world.presses_in_channel("U0BEN", "I'll take this").await;
    says_all(&world.help()[0], &["Ben has this", "due by 06:00"]);
    world.says("U0ANA", "late one").await;
    world.presses("U0ANA", "Priority").await;
    says_all(&world.digest_now().await, &["Fri 22 May", "late one"]);
    assert_eq!(world.digests().iter().filter(|digest| digest.contains("Early")).count(), 1);
}

async fn stopped_in_mid_window(which: Which) {
    let mut world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.says("U0ANA", "phones").await;
    world.stops().await;
    world.clock.step_to(at("2026-05-18T06:10"));
    // What Slack could not deliver meanwhile is its own affair; what was said before stands.
    world.starts().await;
    assert_eq!(world.prompts("U0ANA").len(), 1);
    assert_eq!(world.questions("U0ANA").len(), 1);
    assert_eq!(world.reminders("U0BEN").len(), 1);
    world.presses("U0ANA", "Nothing stuck").await;
    world.presses("U0BEN", "Nothing stuck").await;
    world.stops().await;
    world.clock.step_to(at("2026-05-18T06:40"));
    world.starts().await;
    says_all(&world.digest_now().await, &["2 of 3 answered", "phones"]);
    assert_eq!(world.digests().len(), 1);
    says_all(&world.prompt("U0CLEO").plain(), &["The 06:15 post is up."]);
}

async fn down_within_grace(which: Which) {
    let mut world = World::new(which).await;
    world.stops().await;
    world.clock.step_to(at("2026-05-18T07:30"));
    world.starts().await;
    for who in ["U0ANA", "U0BEN", "U0CLEO"] {
        assert_eq!(world.prompts(who).len(), 1, "asked late, within the grace");
        assert!(world.reminders(who).is_empty());
    }
    says_all(&world.prompt("U0ANA").plain(), &["around 07:45"]);
    world.presses("U0ANA", "Nothing stuck").await;
    world.until("2026-05-18T07:46").await;
    says_all(&world.digest_now().await, &["1 of 3 answered"]);
    says_none_of(&world.digest_now().await, &["late"]);
}

async fn down_for_days(which: Which) {
    let mut world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.says("U0ANA", "late parcels").await;
    world.presses("U0ANA", "Nothing stuck").await;
    world.until("2026-05-18T06:20").await;
    let posts = world.channel().len();
    world.stops().await;
    world.clock.step_to(at("2026-05-21T09:00"));
    world.starts().await;
    assert_eq!(world.prompts("U0ANA").len(), 1, "no burst, and nothing after the grace");
    assert_eq!(world.channel().len(), posts);
    // What is typed is taken all the same, late.
    world.says("U0BEN", "phones").await;
    says_all(&world.reads("U0BEN"), &["phones"]);
    // The next shift goes on where the last one left off.
    world.until("2026-05-22T06:00").await;
    assert_eq!(world.prompts("U0ANA").len(), 2);
    assert_eq!(world.prompt("U0ANA").boxes(), ["late parcels"]);
    says_all(&world.prompt("U0ANA").plain(), &["Your priorities from 18 May (your last shift)"]);
}

async fn applied_again(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:05").await;
    assert!(world.apply(TEAMS).await.is_empty(), "the same file again changes nothing");
    let more = TEAMS.replace(r#""U0CLEO"]"#, r#""U0CLEO", "U0ZED"]"#);
    let changed = world.apply(&more).await;
    assert!(changed.iter().any(|line| line.contains("U0ZED joins")), "{changed:?}");
    world.bot.ask_for_people().await.expect("people");
    world.until("2026-05-18T06:20").await;
    assert!(world.prompts("U0ZED").is_empty(), "not asked until the next shift");
    says_all(&world.digest_now().await, &["of 3 answered"]);
    // Ben leaves: he answers today still, and is not asked tomorrow.
    world.apply(&more.replace(r#""U0BEN", "#, "")).await;
    world.presses("U0BEN", "Nothing stuck").await;
    says_all(&world.digest_now().await, &["1 of 3 answered"]);
    world.until("2026-05-19T06:00").await;
    assert_eq!(world.prompts("U0BEN").len(), 1);
    assert_eq!(world.prompts("U0ZED").len(), 1);
    says_all(&world.prompt("U0ZED").plain(), &["Good morning, Zed. I'm Unstuck. Jess added you to Tier 1"]);
}

async fn start_moves(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    let later = TEAMS.replace("0 6 * * Mon-Fri", "0 7 * * Mon-Fri");
    world.until("2026-05-18T06:05").await;
    let changed = world.apply(&later).await;
    assert_eq!(changed, ["shift Tier 1 / Early: starts 0 7 * * Mon-Fri instead of 0 6 * * Mon-Fri"]);
    world.until("2026-05-18T08:00").await;
    assert_eq!(world.prompts("U0ANA").len(), 1, "one date is asked for once");
    assert_eq!(world.digests().len(), 1);
    world.until("2026-05-19T06:59").await;
    assert_eq!(world.prompts("U0ANA").len(), 1);
    world.until("2026-05-19T07:00").await;
    assert_eq!(world.prompts("U0ANA").len(), 2);
    // Moved before the start: asked at the new hour. Moved to an hour that is over: nothing is owed today.
    world.until("2026-05-20T05:00").await;
    world.apply(&TEAMS.replace("0 6 * * Mon-Fri", "30 5 * * Mon-Fri")).await;
    world.until("2026-05-20T05:30").await;
    assert_eq!(world.prompts("U0ANA").len(), 3);
    world.until("2026-05-21T05:00").await;
    world.apply(&TEAMS.replace("0 6 * * Mon-Fri", "0 4 * * Mon-Fri")).await;
    world.until("2026-05-21T12:00").await;
    assert_eq!(world.prompts("U0ANA").len(), 3);
}

async fn retired(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.says("U0ANA", "phones").await;
    let late_alone = TEAMS.replacen(
        &TEAMS[TEAMS.find("[[team.shift]]").expect("a shift")..TEAMS.rfind("[[team.shift]]").expect("another")],
        "",
        1,
    );
    let changed = world.apply(&late_alone).await;
    assert!(changed.contains(&"shift Tier 1 / Early: retired".to_owned()), "{changed:?}");
    world.until("2026-05-18T06:20").await;
    says_all(&world.digest_now().await, &["1 of 3 answered", "phones"]);
    world.until("2026-05-19T12:00").await;
    assert_eq!(world.prompts("U0ANA").len(), 1);
    assert_eq!(world.prompts("U0OMAR").len(), 1);
    // Back in the file, it owes nothing of the time in between, and the list is still there.
    world.apply(TEAMS).await;
    world.until("2026-05-19T14:00").await;
    assert_eq!(world.prompts("U0ANA").len(), 1);
    world.until("2026-05-20T06:00").await;
    assert_eq!(world.prompt("U0ANA").boxes(), ["phones"]);
}
