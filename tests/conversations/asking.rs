//! A shift starts: the prompt, its ticks, snooze, days off, the reminder, missed and late answers.

use super::verbs::{says_all, says_none_of};
use crate::databases::{Which, both};
use crate::world::{TEAMS, World, monday_morning};

both! {
    the_first_day_in_the_form => super::first_day_in_the_form;
    ticks_are_done_and_the_rest_carries => super::ticks;
    all_done_and_back_after_weeks => super::all_done;
    more_lines_than_a_message_holds => super::many_lines;
    snoozed_once => super::snoozed;
    answered_while_snoozed => super::answered_while_snoozed;
    off_today => super::off_today;
    reminded_once => super::reminded;
    missed_and_late => super::missed_and_late;
    typed_and_nothing_said_of_stucks => super::typed_only;
    somebody_elses_prompt => super::somebody_elses;
    what_was_given_before_a_day_off_counts_again => super::given_and_off;
    a_missed_shift_loses_nothing => super::missed_shift_loses_nothing;
}

async fn first_day_in_the_form(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    let prompt = world.prompt("U0ANA");
    says_all(
        &prompt.plain(),
        &[
            "Good morning, Ana. I'm Unstuck. Jess added you to Tier 1",
            "1. Your priorities last shift: done or not done?",
            "2. What are your priorities this shift?",
            "3. Are you stuck on anything, and what help do you need?",
            "[Answer in a form] [Nothing stuck] [Snooze 30 min] [Off today]",
            "#support, around 06:15",
        ],
    );
    let form = world.opens_form("U0ANA").await;
    says_all(
        &form,
        &[
            "Tier 1 check-in",
            "last shift",
            "this shift",
            "stuck",
            "help",
            "A minute or less",
            "More than a minute",
            "[Cancel] [Send]",
        ],
    );
    world.fills("U0ANA", "last shift", "refunds done, macro not");
    world.fills("U0ANA", "this shift", "- write the macro\n- call Mrs Ortiz\n");
    world.sends("U0ANA").await;
    says_all(&world.prompt("U0ANA").plain(), &["✓ Checked in 06:00", "2 priorities", "[Edit]"]);
    assert_eq!(world.told("U0ANA").len(), 1, "the receipt takes the prompt's place");
    world.presses("U0BEN", "Nothing stuck").await;
    world.presses("U0CLEO", "Nothing stuck").await;
    says_all(&world.digest_now().await, &["3 of 3 answered", "write the macro", "refunds done, macro not"]);
    // From the next shift on they are listed to tick, in the message and in the form.
    world.until("2026-05-19T06:00").await;
    assert_eq!(world.prompt("U0ANA").boxes(), ["write the macro", "call Mrs Ortiz"]);
    let form = world.opens_form("U0ANA").await;
    says_all(&form, &["write the macro\n( ) Done\n(•) Carry over\n( ) Drop", "call Mrs Ortiz"]);
    assert!(world.form("U0ANA").input("In your own words").is_none());
    assert_eq!(world.filled("U0ANA", "this shift"), "", "carried lines are never in the box");
}

async fn ticks(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.says("U0ANA", "clear refunds\nlate parcels\ncall Mrs Ortiz").await;
    world.presses("U0ANA", "Nothing stuck").await;
    for who in ["U0BEN", "U0CLEO"] {
        world.presses(who, "Nothing stuck").await;
    }
    world.until("2026-05-19T06:00").await;
    says_all(&world.prompt("U0ANA").plain(), &["1. Your priorities last shift (Mon): done or not done?", "[All done]"]);
    assert_eq!(world.prompt("U0ANA").boxes(), ["clear refunds", "late parcels", "call Mrs Ortiz"]);
    let edits = world.edits_so_far();
    world.ticks("U0ANA", &["clear refunds"]).await;
    world.ticks("U0ANA", &["clear refunds", "late parcels"]).await;
    world.ticks("U0ANA", &["clear refunds"]).await;
    world.seconds_pass(30).await;
    assert_eq!(world.edits_so_far(), edits, "a tick needs no edit of the message");
    says_all(&world.opens_form("U0ANA").await, &["clear refunds\n(•) Done", "late parcels\n( ) Done\n(•) Carry over"]);
    world.slack.closes("U0ANA");
    world.presses("U0ANA", "Nothing stuck").await;
    says_all(&world.prompt("U0ANA").plain(), &["Done: 1.", "Carried over: 2 priorities."]);
    world.says("U0ANA", "weekly report").await;
    world.presses("U0BEN", "Nothing stuck").await;
    world.presses("U0CLEO", "Nothing stuck").await;
    world.settle().await;
    let digest = world.digest_now().await;
    says_all(&digest, &["✓1 →2", "late parcels", "call Mrs Ortiz", "weekly report"]);
    says_none_of(&digest, &["clear refunds", "1/3", "th day"]);
    // A tick after the answer still counts.
    let form = world.opens_form("U0ANA").await;
    says_all(&form, &["On your list already: late parcels · call Mrs Ortiz"]);
    assert_eq!(world.filled("U0ANA", "this shift"), "weekly report");
    world.slack.closes("U0ANA");
    // Ages are counted in shifts, over the weekend too, and are the agent's alone.
    for day in ["2026-05-20", "2026-05-21"] {
        world.until(&format!("{day}T06:00")).await;
        world.presses("U0ANA", "Nothing stuck").await;
    }
    world.until("2026-05-22T06:00").await;
    assert_eq!(
        world.prompt("U0ANA").boxes(),
        ["late parcels · 4th day", "call Mrs Ortiz · 4th day", "weekly report · 3rd day"]
    );
    world.presses("U0ANA", "Nothing stuck").await;
    world.until("2026-05-22T07:00").await;
    says_none_of(&world.whole_digest().await, &["th day", "rd day"]);
    world.until("2026-05-25T06:00").await;
    assert_eq!(world.prompt("U0ANA").boxes()[0], "late parcels · 5th day");
}

async fn all_done(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.says("U0ANA", "one\ntwo").await;
    world.presses("U0ANA", "Nothing stuck").await;
    world.until("2026-05-19T06:00").await;
    world.presses("U0ANA", "All done").await;
    says_all(&world.prompt("U0ANA").plain(), &["☑ one", "☑ two"]);
    // One thought better of.
    world.ticks("U0ANA", &["two"]).await;
    world.presses("U0ANA", "Nothing stuck").await;
    says_all(&world.prompt("U0ANA").plain(), &["Done: 1.", "Carried over: 1 priority."]);
    // Two weeks away: the last shift is named by its date, and all of it can be dropped at once.
    for day in 20..=29 {
        world.until(&format!("2026-05-{day}T06:00")).await;
        if ![23, 24].contains(&day) {
            world.presses("U0ANA", "Off today").await;
        }
    }
    world.until("2026-06-01T06:00").await;
    let prompt = world.prompt("U0ANA");
    says_all(&prompt.plain(), &["Your priorities from 19 May (your last shift)", "☐ one"]);
    world.presses("U0ANA", "Drop all").await;
    world.presses("U0ANA", "Nothing stuck").await;
    world.until("2026-06-02T06:00").await;
    assert!(world.prompt("U0ANA").boxes().is_empty());
}

async fn many_lines(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    let lines: Vec<String> = (1..=45).map(|number| format!("task {number:02}")).collect();
    world.says("U0ANA", &lines.join("\n")).await;
    says_all(&world.reads("U0ANA"), &["45 priorities", "task 45"]);
    world.presses("U0ANA", "Nothing stuck").await;
    world.until("2026-05-19T06:00").await;
    let prompt = world.prompt("U0ANA");
    assert_eq!(prompt.boxes(), lines[..10]);
    says_all(&prompt.plain(), &["35 more in the form."]);
    world.ticks("U0ANA", &["task 01", "task 10"]).await;
    let form = world.opens_form("U0ANA").await;
    says_all(
        &form,
        &["task 01\n(•) Done", "task 40\n( ) Done\n(•) Carry over", "5 more priorities carry over by themselves."],
    );
    says_none_of(&form, &["task 41\n"]);
    world.sends("U0ANA").await;
    says_all(&world.prompt("U0ANA").plain(), &["2 done, 43 carried"]);
    world.until("2026-05-20T06:00").await;
    world.presses("U0ANA", "All done").await;
    world.presses("U0ANA", "Nothing stuck").await;
    says_all(&world.prompt("U0ANA").plain(), &["Done: 43."]);
    assert!(world.refused_calls().is_empty(), "{:?}", world.refused_calls());
}

async fn snoozed(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:01").await;
    world.presses("U0ANA", "Snooze 30 min").await;
    says_all(&world.prompt("U0ANA").plain(), &["Snoozed until 06:31.", "[Answer now]"]);
    for who in ["U0BEN", "U0CLEO"] {
        world.presses(who, "Nothing stuck").await;
    }
    world.until("2026-05-18T06:14").await;
    assert!(world.digests().is_empty(), "snoozed is not answered");
    world.until("2026-05-18T06:30").await;
    says_all(&world.digest_now().await, &["2 of 3 answered"]);
    assert!(world.reminders("U0ANA").is_empty(), "the second prompt takes the reminder's place");
    assert_eq!(world.prompts("U0ANA").len(), 1);
    world.until("2026-05-18T06:32").await;
    let prompts = world.prompts("U0ANA");
    assert_eq!(prompts.len(), 2);
    assert!(!prompts.iter().any(|prompt| prompt.buttons().contains(&"Snooze 30 min".to_owned())), "{prompts:?}");
    world.presses_on("U0ANA", &prompts[1], "Nothing stuck").await;
    for prompt in world.prompts("U0ANA") {
        says_all(&prompt.plain(), &["✓ Checked in 06:32"]);
    }
    says_all(&world.digest_now().await, &["3 of 3 answered", "late"]);
    world.until("2026-05-18T13:00").await;
    assert_eq!(world.prompts("U0ANA").len(), 2);
}

async fn answered_while_snoozed(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.presses("U0ANA", "Snooze 30 min").await;
    world.presses("U0ANA", "Answer now").await;
    world.fills("U0ANA", "this shift", "chat");
    world.sends("U0ANA").await;
    world.until("2026-05-18T09:00").await;
    assert_eq!(world.prompts("U0ANA").len(), 1);
    says_all(&world.prompt("U0ANA").plain(), &["✓ Checked in 06:00 · 1 priority"]);
}

/// Ana works a second shift in the afternoon.
fn split_day() -> String {
    TEAMS.replace(r#"agents = ["U0OMAR"]"#, r#"agents = ["U0OMAR", "U0ANA"]"#)
}

async fn off_today(which: Which) {
    let world = World::with(which, &split_day(), monday_morning(), |_| {}).await;
    world.until("2026-05-18T06:00").await;
    world.presses("U0ANA", "Off today").await;
    says_all(&world.prompt("U0ANA").plain(), &["Enjoy your day. You're marked away, and I won't ask.", "[I'm back]"]);
    world.presses("U0BEN", "Nothing stuck").await;
    world.presses("U0CLEO", "Nothing stuck").await;
    says_all(&world.digest_now().await, &["2 of 2 answered", "Away: Ana"]);
    world.until("2026-05-18T14:20").await;
    assert_eq!(world.prompts("U0ANA").len(), 1, "the second shift of the date asks nothing");
    assert!(world.reminders("U0ANA").is_empty());
    says_all(&world.digest_now().await, &["Away: Ana"]);
    world.until("2026-05-19T06:00").await;
    assert_eq!(world.prompts("U0ANA").len(), 2, "the next date asks again");
    world.presses("U0ANA", "Off today").await;
    world.presses("U0ANA", "I'm back").await;
    says_all(&world.prompt("U0ANA").plain(), &["[Nothing stuck]"]);
    world.presses("U0ANA", "Nothing stuck").await;
    world.until("2026-05-19T14:00").await;
    assert_eq!(world.prompts("U0ANA").len(), 3, "back for the whole date");
}

async fn reminded(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.says("U0BEN", "chat").await;
    world.until("2026-05-18T06:07").await;
    assert!(world.reminders("U0ANA").is_empty());
    world.until("2026-05-18T06:08").await;
    let reminders = world.reminders("U0ANA");
    assert_eq!(reminders.len(), 1);
    says_all(
        &reminders[0].plain(),
        &["Still time for the 06:15 post, Ana. One tap is enough:", "[Nothing stuck] [Answer in a form]"],
    );
    assert!(world.reminders("U0BEN").is_empty(), "Ben has given something");
    world.presses_on("U0ANA", &reminders[0], "Nothing stuck").await;
    says_all(&world.prompt("U0ANA").plain(), &["✓ Checked in 06:08. Nothing stuck."]);
    says_none_of(&world.reminders("U0ANA")[0].plain(), &["[Nothing stuck]"]);
    world.until("2026-05-18T13:00").await;
    for who in ["U0ANA", "U0BEN", "U0CLEO"] {
        let reminders = world.reminders(who).len();
        assert_eq!(reminders, usize::from(who != "U0BEN"), "{who}: one reminder, then silence");
    }
}

async fn missed_and_late(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    for who in ["U0BEN", "U0CLEO"] {
        world.presses(who, "Nothing stuck").await;
    }
    world.until("2026-05-18T06:20").await;
    says_all(&world.digest_now().await, &["2 of 3 answered", "1 yet to answer"]);
    says_all(&world.prompt("U0ANA").plain(), &["The 06:15 post is up. You can still answer; it will be added."]);
    world.until("2026-05-18T09:00").await;
    world.says("U0ANA", "late parcels").await;
    world.presses("U0ANA", "Nothing stuck").await;
    says_all(&world.digest_now().await, &["3 of 3 answered", "late parcels", "late"]);
    // After the next shift's prompt the old one takes no answers.
    world.until("2026-05-19T06:00").await;
    let old = &world.prompts("U0BEN")[0];
    says_all(&old.plain(), &["✓ Checked in"]);
    world.until("2026-05-20T12:00").await;
    let missed = world.prompt("U0ANA");
    world.until_without_edits("2026-05-21T06:00").await;
    let private = world.slack.ephemerals("U0ANA").len();
    world.presses_on("U0ANA", &missed, "Nothing stuck").await;
    says_all(&world.private("U0ANA", private + 1).await[private], &["That was Wednesday's."]);
    let missed = missed.tick(&["late parcels"]).expect("its boxes");
    world.slack.acts("U0ANA", missed).await.expect("ticked");
    assert_eq!(world.private("U0ANA", private + 2).await.len(), private + 2);
    says_all(&world.prompt("U0ANA").plain(), &["☐ late parcels", "[Nothing stuck]"]);
}

async fn typed_only(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.says("U0ANA", "late parcels").await;
    world.until("2026-05-18T06:16").await;
    says_all(&world.prompt("U0ANA").plain(), &["✓ Checked in 06:15", "1 priority"]);
    let digest = world.digest_now().await;
    says_all(&digest, &["1 of 3 answered", "late parcels", "stuck: not said"]);
    // A tick alone is something given, too.
    world.until("2026-05-19T06:00").await;
    world.ticks("U0ANA", &["late parcels"]).await;
    world.until("2026-05-19T06:16").await;
    says_all(&world.digest_now().await, &["1 of 3 answered", "✓1"]);
    world.until("2026-05-20T06:00").await;
    world.says("U0ANA", "chat").await;
    world.until("2026-05-21T06:20").await;
    says_all(&world.prompt("U0ANA").plain(), &["The 06:15 post is up."]);
    world.ticks("U0ANA", &["chat"]).await;
    says_all(&world.digest_now().await, &["1 of 3 answered", "✓1", "late"]);
}

async fn somebody_elses(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    // Nobody else sees the prompt at all; the bot refuses besides (its button's id is no secret).
    let prompt = world.prompt("U0ANA");
    assert!(world.slack.acts("U0BEN", prompt.press("Nothing stuck").expect("the button")).await.is_err());
    // Somebody of no team types: one line, once a day.
    world.says("U0ZED", "hello?").await;
    world.says("U0ZED", "anybody?").await;
    assert_eq!(world.told("U0ZED").len(), 1);
    says_all(&world.reads("U0ZED"), &["There is nothing to answer right now."]);
}

async fn missed_shift_loses_nothing(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.says("U0BEN", "write the macro").await;
    world.presses("U0BEN", "Nothing stuck").await;
    // On Tuesday Ben says nothing, but takes a stuck: his list holds that alone.
    world.until("2026-05-19T06:00").await;
    world.says("U0ANA", "stuck: refund tool says 403").await;
    world.presses("U0ANA", "More than a minute").await;
    world.until("2026-05-19T06:20").await;
    world.presses_in_channel("U0BEN", "I'll take this").await;
    world.until("2026-05-20T06:00").await;
    says_all(&world.prompt("U0BEN").plain(), &["☐ write the macro", "Ana's stuck: refund tool says 403"]);
}

async fn given_and_off(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.says("U0ANA", "call Mrs Ortiz").await;
    world.presses("U0ANA", "Off today").await;
    world.until("2026-05-18T06:20").await;
    says_none_of(&world.digests()[0], &["call Mrs Ortiz"]);
    world.presses("U0ANA", "I'm back").await;
    world.until("2026-05-18T06:21").await;
    says_all(&world.digests()[0], &["1 of 3 answered", "call Mrs Ortiz", "late"]);
    says_all(&world.prompt("U0ANA").plain(), &["✓ Checked in", "1 priority"]);
}
