//! Clocks that jump, differ and stand still for days; people and shifts that move at the moment of the ask.

use super::downtime::AGENTS;
use super::verbs::says_all;
use crate::databases::{Which, both};
use crate::world::{TEAMS, World, at, key, monday_morning, person};
use sandbox::{Fault, Message, When};
use std::collections::BTreeMap;

both! {
    row_36_a_jump_that_is_taken_back_changes_nothing => super::jumps;
    row_36_a_clock_that_strobes_asks_for_nothing => super::strobes;
    row_36_what_is_wanted_does_not_expire_in_a_jump => super::nothing_expires;
    row_36_a_clock_that_was_ahead_leaves_nothing_waiting => super::was_ahead;
    row_39_the_roster_changes_at_the_moment_of_the_ask => super::roster_at_the_ask;
    row_39_an_agent_moves_at_the_moment_of_the_ask => super::move_at_the_ask;
    row_39_a_shift_moves_around_the_moment_of_the_ask => super::shift_at_the_ask;
    row_39_a_shift_moves_after_a_start_that_nobody_saw => super::shift_after_its_start;
    a_prompt_that_never_went_out_is_nobodys_silence => super::never_went_out;
    an_agent_whose_zone_is_unknown_waits_for_it => super::unknown_zone;
}

const SECOND: i64 = 1_000;
const HOUR: i64 = 3_600 * SECOND;

impl World {
    /// So much time passes on everybody's clock while the bot may be held: nobody waits until all is done.
    async fn seconds_go_by(&self, seconds: i64) {
        for _ in 0..seconds {
            self.clock.step_to(self.clock.now() + SECOND);
            tokio::time::sleep(std::time::Duration::from_millis(3)).await;
        }
        self.slack.settled().await;
        // A look at the clock, and what came of it.
        for _ in 0..20 {
            self.bot.hint();
            tokio::time::sleep(std::time::Duration::from_millis(3)).await;
        }
    }

    /// The clock goes on steadily until the bot goes by it again; tells how many seconds that took.
    async fn until_steady(&self) -> i64 {
        let begun = self.clock.now();
        while self.bot.clock.trusted().is_none() {
            self.seconds_go_by(1).await;
            assert!(self.clock.now() < begun + 600 * SECOND, "it never goes on");
        }
        (self.clock.now() - begun) / SECOND
    }
}

async fn jumps(which: Which) {
    let world = World::new(which).await;
    for by in [1, 60, 119, 121, 600, 3_600, 7_200, 25 * 3_600] {
        for jump in [by * SECOND, -by * SECOND] {
            world.bot.clock.jump_by(jump);
            world.seconds_go_by(6).await;
            world.bot.clock.jump_by(-jump);
            world.seconds_go_by(1).await;
        }
    }
    // Ten to six and some minutes: a jump of two hours reached past the start, one of a day past that of tomorrow.
    assert_eq!(world.asked(), [0; 4]);
    assert!(world.clock.now() < at("2026-05-18T05:55"), "the story takes minutes");
    assert!(world.until_steady().await <= 20);
    world.until("2026-05-18T06:00").await;
    assert_eq!(world.asked(), [1, 1, 1, 0], "it goes on as soon as two looks agree");
    world.nothing_stuck(&["U0ANA", "U0BEN", "U0CLEO"]).await;
    for jump in [25 * HOUR, -25 * HOUR] {
        world.bot.clock.jump_by(jump);
        world.seconds_go_by(6).await;
        // Whoever writes meanwhile is heard, and answered when the clock goes steadily.
        world.slack.says("U0ANA", &world.dm("U0ANA"), "phones").expect("typed");
        world.seconds_go_by(3).await;
        world.bot.clock.jump_by(-jump);
        world.until_steady().await;
        world.settle().await;
    }
    world.seconds_pass(3).await;
    assert_eq!(world.questions("U0ANA").len(), 2);
    world.until("2026-05-18T22:00").await;
    assert_eq!(world.asked(), [1, 1, 1, 1]);
    assert_eq!(world.digests().len(), 2, "{:#?}", world.digests());
}

async fn strobes(which: Which) {
    let world = World::new(which).await;
    for _ in 0..20 {
        world.bot.clock.jump_by(25 * HOUR);
        world.seconds_go_by(5).await;
        world.bot.clock.jump_by(-25 * HOUR);
        world.seconds_go_by(5).await;
    }
    assert_eq!(world.asked(), [0; 4]);
    assert!(world.database.pairs("select state as word, count(*) as n from check_in group by state").await.is_empty());
    world.until_steady().await;
    world.until("2026-05-19T06:00").await;
    assert_eq!(world.asked(), [2, 2, 2, 1]);
}

async fn nothing_expires(which: Which) {
    let world = World::new(which).await;
    // Nothing reaches Slack at six: three prompts wait for their next try.
    world.slack.faults().next("chat.postMessage", 6, When::Before, Fault::RateLimited(60));
    world.clock.step_to(at("2026-05-18T06:00"));
    world.seconds_go_by(2).await;
    world.bot.clock.jump_by(25 * HOUR);
    world.seconds_go_by(8).await;
    world.bot.clock.jump_by(-25 * HOUR);
    world.until_steady().await;
    world.slack.faults().clear();
    world.minutes_pass(4).await;
    assert_eq!(world.asked(), [1, 1, 1, 0]);
    assert_eq!(world.check_ins().await, BTreeMap::from([("asked".to_owned(), 3)]));
}

async fn was_ahead(which: Which) {
    let mut world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.stops().await;
    // An hour ahead since the machine started, so nothing jumps; Ana's line is read with that clock.
    world.starts_off(HOUR).await;
    world.slack.says("U0ANA", &world.dm("U0ANA"), "phones").expect("typed");
    world.seconds_go_by(1).await;
    world.stops().await;
    world.starts().await;
    world.seconds_go_by(60).await;
    world.settle().await;
    assert_eq!(world.questions("U0ANA").len(), 1, "what was put off by that clock is not put off for an hour");
    assert_eq!(world.asked(), [1, 1, 1, 0]);
}

pub fn in_their_own_zones() -> String {
    TEAMS.replacen("agents =", "timezone = \"agent\"\nagents =", 1)
}

async fn roster_at_the_ask(which: Which) {
    let world = World::new(which).await;
    let without_ben = TEAMS.replace(r#""U0BEN", "#, "");
    // A moment before: Ben leaves, and is not asked. In the very moment he is back: he is asked from the next shift on.
    world.until("2026-05-18T05:59:59").await;
    world.apply(&without_ben).await;
    world.clock.step_to(at("2026-05-18T06:00"));
    world.apply(TEAMS).await;
    world.settle().await;
    world.until("2026-05-18T06:05").await;
    assert_eq!(world.asked(), [1, 0, 1, 0]);
    // On the next day he leaves right after he was asked, and comes back: once, for one date.
    world.until("2026-05-19T06:00").await;
    for file in [without_ben.as_str(), TEAMS, without_ben.as_str(), TEAMS] {
        world.apply(file).await;
        world.seconds_pass(1).await;
    }
    world.until("2026-05-19T12:00").await;
    assert_eq!(world.asked(), [2, 1, 2, 1]);
    one_row_for_each(&world).await;
}

async fn move_at_the_ask(which: Which) {
    let world = World::with(which, &in_their_own_zones(), monday_morning(), |_| {}).await;
    // Ben's zone changes in the moment of the ask: to the west his start is still to come, to the east it is over.
    world.clock.step_to(at("2026-05-18T06:00"));
    world.slack.changes_user("U0BEN", |user| user.tz = "America/Chicago".to_owned());
    world.settle().await;
    world.until("2026-05-18T12:00").await;
    assert_eq!(world.asked(), [1, 1, 1, 0]);
    for (minute, zone) in [("05:59", "Europe/Madrid"), ("06:00", "America/Los_Angeles"), ("06:01", "Asia/Tokyo")] {
        world.until(&format!("2026-05-19T{minute}")).await;
        world.slack.changes_user("U0BEN", |user| user.tz = zone.to_owned());
        world.settle().await;
    }
    world.until("2026-05-19T23:59").await;
    one_row_for_each(&world).await;
    assert!(world.prompts("U0BEN").len() <= 3, "Monday, Tuesday, and Wednesday in Tokyo");
    assert_eq!(world.prompts("U0ANA").len(), 2);
}

async fn shift_at_the_ask(which: Which) {
    let world = World::new(which).await;
    let starting = |time: &str| TEAMS.replace("0 6 * * Mon-Fri", &format!("{time} * * Mon-Fri"));
    // Later, in the last second: asked at the new hour. Earlier and later again after it: one date, one ask.
    world.until("2026-05-18T05:59:59").await;
    world.apply(&starting("30 6")).await;
    world.until("2026-05-18T06:29").await;
    assert_eq!(world.asked(), [0; 4]);
    world.until("2026-05-18T06:30").await;
    assert_eq!(world.asked(), [1, 1, 1, 0]);
    for time in ["0 6", "31 6", "45 6", "0 7"] {
        world.apply(&starting(time)).await;
        world.seconds_pass(30).await;
    }
    world.until("2026-05-18T12:00").await;
    assert_eq!(world.asked(), [1, 1, 1, 0]);
    // In the very moment of the ask, to the same moment and to one that is just over.
    world.apply(TEAMS).await;
    world.until("2026-05-19T05:59:59").await;
    world.clock.step_to(at("2026-05-19T06:00"));
    world.apply(&starting("1 6")).await;
    world.settle().await;
    world.until("2026-05-19T12:00").await;
    assert_eq!(world.asked(), [2, 2, 2, 1]);
    one_row_for_each(&world).await;
}

/// The shift began while nothing ran, and its file was edited before anything ran again: it is owed as it began, and once.
async fn shift_after_its_start(which: Which) {
    let mut world = World::new(which).await;
    world.until("2026-05-18T05:59").await;
    world.stops().await;
    world.clock.step_to(at("2026-05-18T06:00:30"));
    world.apply(&TEAMS.replace("0 6 * * Mon-Fri", "0 9 * * Mon-Fri")).await;
    world.starts().await;
    world.until("2026-05-18T06:02").await;
    assert_eq!(world.asked(), [1, 1, 1, 0]);
    world.until("2026-05-18T12:00").await;
    assert_eq!(world.asked(), [1, 1, 1, 0]);
    one_row_for_each(&world).await;
}

/// One check-in for each agent, shift and date.
async fn one_row_for_each(world: &World) {
    let sql = "select person || ' ' || shift || ' ' || date as word, count(*) as n from check_in group by person, shift, date";
    let rows = world.database.pairs(sql).await;
    assert!(rows.iter().all(|(_, n)| *n == 1), "{rows:?}");
    let prompts: Vec<String> = AGENTS.iter().flat_map(|who| world.prompts(who)).map(|message| key(&message)).collect();
    let different: std::collections::BTreeSet<&String> = prompts.iter().collect();
    assert_eq!(different.len(), prompts.len(), "{prompts:?}");
}

async fn never_went_out(which: Which) {
    let world = World::new(which).await;
    let cleo = |args: &serde_json::Value| args["channel"] == "U0CLEO" || args["channel"] == "D0CLEO";
    let dm = world.dm("U0CLEO");
    world.slack.faults().next_where(
        "chat.postMessage",
        10_000,
        When::Before,
        Fault::Error("not_in_channel".to_owned()),
        move |args: &serde_json::Value| cleo(args) || args["channel"] == dm.as_str(),
    );
    world.until("2026-05-18T06:20").await;
    assert_eq!(world.asked(), [1, 1, 0, 0]);
    says_all(&world.digest_now().await, &["0 of 3 answered"]);
    // Her prompt was given up when its grace was over: that is nobody's silence.
    world.until("2026-05-18T08:01").await;
    world.slack.faults().clear();
    world.minutes_pass(1).await;
    assert_eq!(world.asked(), [1, 1, 0, 0]);
    says_all(&world.digest_now().await, &["0 of 2 answered", "Not asked in time: Cleo"]);
    let counted = world.check_ins().await;
    assert_eq!((counted["missed"], counted["excused not asked in time"]), (2, 1));
}

async fn unknown_zone(which: Which) {
    let teams = in_their_own_zones().replace(r#""U0CLEO"]"#, r#""U0CLEO", "U0HAL"]"#);
    let hal = |message: &Message| key(message).starts_with("prompt:");
    let world = World::with(which, &teams, monday_morning(), |workspace| {
        workspace.users.push(person("U0HAL", "Hal", "America/Chicago"));
        workspace.channels[0].members.push("U0HAL".to_owned());
    })
    .await;
    // As if Slack had not told yet.
    let about_hal = |args: &serde_json::Value| args["user"] == "U0HAL";
    let away = Fault::Error("internal_error".to_owned());
    world.slack.faults().next_where("users.info", 10_000, When::Before, away, about_hal);
    world.database.run("delete from person where id = 'U0HAL'").await;
    world.database.run("update shift set next_at = 0").await;
    world.until("2026-05-18T06:30").await;
    assert_eq!(world.asked(), [1, 1, 1, 0]);
    let asked = |world: &World| world.everything("U0HAL", &world.dm("U0HAL")).iter().filter(|one| hal(one)).count();
    assert_eq!(asked(&world), 0, "nobody is asked at another zone's hour");
    world.slack.faults().clear();
    world.bot.ask_for_people().await.expect("people");
    world.settle().await;
    world.until("2026-05-18T06:59").await;
    assert_eq!(asked(&world), 0);
    world.until("2026-05-18T07:00").await;
    assert_eq!(asked(&world), 1, "06:00 in Chicago");
    assert_eq!(world.channel().iter().filter(|post| key(post).starts_with("digest:")).count(), 1);
}
