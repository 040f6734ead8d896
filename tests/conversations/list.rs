//! What is taken stands on the taker's list; list and thread never drift apart.

use super::scene::{REFUND, ana_is_stuck, ben_has_it};
use crate::databases::{Which, both};
use crate::world::{TEAMS, World, monday_morning, person};
use sandbox::Submitted;

both! {
    it_stands_first_for_whom_and_due_when => super::first;
    resolving_it_marks_the_line_done => super::done_in_the_thread;
    done_in_the_form_asks_what_unstuck_it => super::done_in_the_form;
    drop_in_the_form_hands_it_back => super::dropped;
    carry_over_keeps_it_with_the_new_due_time => super::carried;
    nothing_stuck_keeps_it_too => super::carried_by_one_tap;
    handed_back_it_is_off_the_list => super::handed_back;
    off_shift_it_waits_for_the_next_check_in => super::off_shift;
    the_shift_is_over => super::shift_over;
    of_two_shifts_the_one_that_ends_first => super::two_shifts;
    the_takers_buttons_in_the_direct_message => super::buttons;
    the_line_follows_the_askers_words => super::retitled;
}

async fn first(which: Which) {
    let world = ana_is_stuck(which).await;
    world.says("U0BEN", "chat until noon").await;
    world.seconds_pass(7).await;
    world.does("U0BEN", "I'll take this").await;
    let digest = world.digest();
    let line = digest.lines().find(|line| line.starts_with("Ben ")).unwrap().to_owned();
    assert!(line.contains("Ana's stuck: refund tool says 403 for EU orders, due by 14:00 · chat until noon"), "{line}");
    assert!(digest.contains("Ben has it."), "{digest}");
    let dm = world.told("U0BEN").join("\n");
    assert!(dm.contains("due by 14:00"), "{dm}");
    world.presses("U0BEN", "Edit").await;
    let form = world.form("U0BEN");
    let blocks = serde_json::to_string(&form.view["blocks"]).unwrap();
    assert!(blocks.contains("On your list already: Ana's stuck: refund tool"), "{blocks}");
    world.slack.closes("U0BEN");
}

async fn done_in_the_thread(which: Which) {
    let world = ben_has_it(which).await;
    world.resolves("U0BEN", "role was missing").await;
    let digest = world.digest();
    let line = digest.lines().find(|line| line.starts_with("Ben")).unwrap();
    assert!(line.contains("✓ Ana's stuck"), "{line}");
    world.until("2026-05-19T06:00").await;
    let prompt = world.reads("U0BEN");
    assert!(!prompt.contains("due by"), "{prompt}");
    world.does_in_dm("U0BEN", "Nothing stuck").await;
    world.nothing_stuck(&["U0ANA", "U0CLEO"]).await;
    let digest = world.digest();
    let line = digest.lines().find(|line| line.starts_with("Ben")).unwrap();
    assert!(line.contains("✓1") && !line.contains("→1"), "it is done: {line}");
    assert!(world.help()[0].contains("Resolved by Ben"));
}

/// Ben has it over night; it is Tuesday and he opens the form.
async fn on_tuesday(which: Which) -> World {
    let world = ben_has_it(which).await;
    world.until("2026-05-19T06:00").await;
    let prompt = world.reads("U0BEN");
    assert!(prompt.contains("Ana's stuck: refund tool says 403"), "{prompt}");
    world.presses("U0BEN", "Answer in a form").await;
    world
}

async fn done_in_the_form(which: Which) {
    let world = on_tuesday(which).await;
    world.fills("U0BEN", "Ana's stuck", "Done");
    let asked = world.submits("U0BEN").await;
    let Submitted::Errors(errors) = asked else { panic!("{asked:?}") };
    assert!(errors.values().any(|text| text.contains("Say in one line what unstuck it.")), "{errors:?}");
    world.fills("U0BEN", "What unstuck it?", "role EU-refund was missing");
    assert_eq!(world.submits("U0BEN").await, Submitted::Closed);
    world.seconds_pass(7).await;
    assert!(world.help()[0].contains("Resolved by Ben"), "{:?}", world.help());
    assert!(world.help()[0].contains("What unstuck it: role EU-refund was missing"));
    assert!(world.told("U0ANA").iter().any(|text| text.contains("Are you unstuck?")));
    world.nothing_stuck(&["U0ANA", "U0CLEO"]).await;
    let digest = world.digest();
    let line = digest.lines().find(|line| line.starts_with("Ben")).unwrap();
    assert!(line.contains("✓1") && !line.contains("Ana's stuck"), "{line}");
}

async fn dropped(which: Which) {
    let world = on_tuesday(which).await;
    world.fills("U0BEN", "Ana's stuck", "Drop");
    assert_eq!(world.submits("U0BEN").await, Submitted::Closed);
    world.seconds_pass(7).await;
    assert!(world.help()[0].contains("Ana is stuck"), "{:?}", world.help());
    assert!(world.help().last().unwrap().contains("Ben handed this back."), "{:?}", world.help());
    assert!(!world.reads("U0BEN").contains("Ana's stuck: refund tool says 403 · "), "{}", world.reads("U0BEN"));
    world.nothing_stuck(&["U0ANA", "U0CLEO"]).await;
    let digest = world.digest();
    let line = digest.lines().find(|line| line.starts_with("Ben")).unwrap();
    assert!(!line.contains("Ana's stuck"), "{line}");
}

async fn carried(which: Which) {
    let world = on_tuesday(which).await;
    assert_eq!(world.submits("U0BEN").await, Submitted::Closed);
    world.seconds_pass(7).await;
    let head = world.help()[0].lines().next().unwrap().to_owned();
    assert!(head.contains("Ben has this") && head.contains("14:00"), "{head}");
    world.nothing_stuck(&["U0ANA", "U0CLEO"]).await;
    let digest = world.digest();
    let line = digest.lines().find(|line| line.starts_with("Ben")).unwrap();
    assert!(line.contains("→1") && line.contains("Ana's stuck"), "{line}");
    world.presses("U0BEN", "Edit").await;
    let blocks = serde_json::to_string(&world.form("U0BEN").view["blocks"]).unwrap();
    assert!(blocks.contains("due by 14:00"), "{blocks}");
    world.slack.closes("U0BEN");
    world.until("2026-05-20T06:00").await;
    assert!(world.reads("U0BEN").contains("Ana's stuck"), "{}", world.reads("U0BEN"));
}

async fn carried_by_one_tap(which: Which) {
    let world = ben_has_it(which).await;
    world.until("2026-05-19T06:00").await;
    world.does_in_dm("U0BEN", "Nothing stuck").await;
    let head = world.help()[0].lines().next().unwrap().to_owned();
    assert!(head.contains("Ben has this") && head.contains("14:00"), "{head}");
    world.until("2026-05-19T09:00").await;
    world.resolves("U0BEN", "role was missing").await;
    world.until("2026-05-20T06:00").await;
    assert!(!world.reads("U0BEN").contains("due by"), "{}", world.reads("U0BEN"));
    world.nothing_stuck(&["U0ANA", "U0BEN", "U0CLEO"]).await;
    let digest = world.digest();
    let line = digest.lines().find(|line| line.starts_with("Ben")).unwrap();
    assert!(line.contains("✓1") && !line.contains("→1"), "done on Tuesday: {line}");
    let tuesday =
        world.keyed("digest:").into_iter().rev().find(|digest| digest.plain().contains("Early · Tue")).unwrap().plain();
    let line = tuesday.lines().find(|line| line.starts_with("Ben")).unwrap_or_else(|| panic!("{tuesday}"));
    assert!(line.contains("→1") && line.contains("✓ Ana's stuck"), "carried on Tuesday, and then done: {line}");
}

async fn handed_back(which: Which) {
    let world = ben_has_it(which).await;
    assert!(world.digest().contains("Ana's stuck"), "{}", world.digest());
    world.does("U0BEN", "Hand back").await;
    assert!(!world.digest().contains("Ana's stuck"), "{}", world.digest());
    world.does("U0BEN", "I'll take this").await;
    assert!(world.digest().contains("Ana's stuck"), "taken again: {}", world.digest());
    world.does("U0BEN", "Hand back").await;
    world.until("2026-05-19T06:00").await;
    assert!(!world.reads("U0BEN").contains("Ana's stuck"), "{}", world.reads("U0BEN"));
}

/// Omar's shift starts at 14:00; he takes it at 7.
async fn off_shift(which: Which) {
    let world = ana_is_stuck(which).await;
    world.until("2026-05-18T07:00").await;
    world.does("U0OMAR", "I'll take this").await;
    assert!(world.help()[0].contains("Omar has this · since 07:00, due by 14:00"), "{:?}", world.help());
    assert!(
        world.reads("U0OMAR").contains("You're off shift, so this is yours until 14:00"),
        "{}",
        world.reads("U0OMAR")
    );
    world.until("2026-05-18T14:00").await;
    world.does_in_dm("U0OMAR", "Nothing stuck").await;
    assert!(world.help()[0].contains("due by 22:00"), "it stands on his list now: {:?}", world.help());
    let digest = world.digest();
    let line = digest.lines().find(|line| line.starts_with("Omar")).unwrap();
    assert!(line.contains("Ana's stuck: refund tool"), "{digest}");
    world.resolves("U0OMAR", "role was missing").await;
    world.until("2026-05-19T14:00").await;
    assert!(!world.reads("U0OMAR").contains("403"), "{}", world.reads("U0OMAR"));
}

async fn shift_over(which: Which) {
    let world = ana_is_stuck(which).await;
    world.until("2026-05-18T22:30").await;
    world.does("U0BEN", "I'll take this").await;
    let head = world.help()[0].lines().next().unwrap().to_owned();
    assert!(head.contains("since 22:30") && head.contains("06:30"), "eight hours: {head}");
    world.until("2026-05-19T06:01").await;
    assert!(world.help()[0].contains("14:00"), "on the new list: {:?}", world.help());
    assert!(!world.told("U0BEN").iter().any(|text| text.contains("was due by")), "who has a list is not asked");
}

/// Ben is on a second, shorter shift as well.
async fn two_shifts(which: Which) {
    let teams = format!(
        "{TEAMS}\n[[team.shift]]\nname = \"Desk\"\nstarts = \"0 5 * * Mon-Fri\"\nhours = 4\nagents = [\"U0BEN\"]\n"
    );
    let world = World::with(which, &teams, monday_morning() - 3_600_000, |_| {}).await;
    world.until("2026-05-18T06:00").await;
    world.is_stuck("U0ANA", REFUND, "More than a minute").await;
    world.until("2026-05-18T06:20").await;
    world.does("U0BEN", "I'll take this").await;
    assert!(world.help()[0].contains("due by 09:00"), "{:?}", world.help());
}

async fn buttons(which: Which) {
    let world = ben_has_it(which).await;
    let taker = world.reads("U0BEN");
    assert!(taker.ends_with("[Open thread] [Resolve] [Hand back]"), "{taker}");
    world.presses("U0BEN", "Resolve").await;
    world.fills("U0BEN", "What unstuck it?", "role was missing");
    assert_eq!(world.submits("U0BEN").await, Submitted::Closed);
    world.seconds_pass(7).await;
    assert!(world.help()[0].contains("Resolved by Ben"));
    assert!(!world.reads("U0BEN").contains("[Resolve]"), "{}", world.reads("U0BEN"));
}

async fn retitled(which: Which) {
    let world = World::with(which, TEAMS, monday_morning(), |workspace| {
        workspace.users.push(person("U0HAL", "Hal", crate::world::ZONE));
    })
    .await;
    world.until("2026-05-18T06:00").await;
    let ts = world.says("U0ANA", "stuck: refund tol").await;
    world.does_in_dm("U0ANA", "More than a minute").await;
    world.nothing_stuck(&["U0BEN", "U0CLEO"]).await;
    world.does("U0BEN", "I'll take this").await;
    world.edits("U0ANA", &ts, "stuck: refund tool").await;
    world.seconds_pass(7).await;
    let digest = world.digest();
    let line = digest.lines().find(|line| line.starts_with("Ben")).unwrap();
    assert!(line.contains("Ana's stuck: refund tool"), "{line}");
}
