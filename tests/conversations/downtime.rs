//! The bot stands still for a while: at its return there is no burst, and what was not held is said in the next digest.

use super::verbs::{says_all, says_none_of};
use crate::databases::{Which, both};
use crate::world::{SUPPORT, TEAMS, World, at, in_zone};
use sandbox::{Fault, When};
use std::collections::BTreeMap;

both! {
    row_38_down_for_a_minute => super::down_a_minute;
    row_38_down_for_three_hours => super::down_three_hours;
    row_38_down_for_three_days => super::down_three_days;
    row_38_down_over_a_weekend => super::down_a_weekend;
    row_38_down_over_the_spring_night => super::down_in_spring;
    row_38_down_over_the_autumn_night => super::down_in_autumn;
    row_38_stopped_between_answer_and_digest_for_a_day => super::stopped_with_answers;
    row_38_slack_away_over_a_digest => super::slack_away;
    row_38_a_huddle_in_several_zones_after_downtime => super::zones_after_downtime;
}

pub const AGENTS: [&str; 4] = ["U0ANA", "U0BEN", "U0CLEO", "U0OMAR"];

impl World {
    /// Stands still, and starts again at this time.
    pub async fn sleeps_until(&mut self, civil: &str) {
        self.stops().await;
        self.clock.step_to(at(civil));
        self.starts().await;
        self.bot.ask_for_people().await.expect("people");
        self.settle().await;
    }

    /// How often each agent was asked.
    pub fn asked(&self) -> Vec<usize> {
        AGENTS.iter().map(|who| self.prompts(who).len()).collect()
    }

    /// Every row of a check-in, by its state and reason.
    pub async fn check_ins(&self) -> BTreeMap<String, i64> {
        let sql = "select state || ' ' || reason as word, count(*) as n from check_in group by state, reason";
        let mut counted = BTreeMap::new();
        for (word, n) in self.database.pairs(sql).await {
            counted.insert(word.trim().to_owned(), n);
        }
        counted
    }
}

async fn down_a_minute(which: Which) {
    let mut world = World::new(which).await;
    world.until("2026-05-18T05:59:30").await;
    world.sleeps_until("2026-05-18T06:00:30").await;
    assert_eq!(world.asked(), [1, 1, 1, 0]);
    world.nothing_stuck(&["U0ANA", "U0BEN", "U0CLEO"]).await;
    says_none_of(&world.digest_now().await, &["Not held"]);
}

async fn down_three_hours(which: Which) {
    let mut world = World::new(which).await;
    world.sleeps_until("2026-05-18T08:50").await;
    assert_eq!(world.asked(), [0; 4], "the hour for asking is over");
    assert_eq!(world.channel().len(), 0);
    assert_eq!(world.check_ins().await, BTreeMap::from([("excused not asked in time".to_owned(), 3)]));
    world.until("2026-05-18T14:00").await;
    world.nothing_stuck(&["U0OMAR"]).await;
    says_all(&world.digest_now().await, &["Not held: Early, Mon 18 May. I was not running, or could not reach Slack."]);
    world.until("2026-05-19T06:16").await;
    says_none_of(&world.digest_now().await, &["Not held"]);
    assert_eq!((world.asked(), world.digests().len()), (vec![1, 1, 1, 1], 2));
}

async fn down_three_days(which: Which) {
    let mut world = World::new(which).await;
    world.sleeps_until("2026-05-21T06:30").await;
    // The shift that has just begun, and nothing of the days before.
    assert_eq!(world.asked(), [1, 1, 1, 0]);
    assert_eq!(world.channel().len(), 0);
    world.until("2026-05-21T06:46").await;
    let skipped = "Not held: Early, Mon 18 May · Late, Mon 18 May · Early, Tue 19 May · Late, Tue 19 May · \
                   Early, Wed 20 May · Late, Wed 20 May. I was not running, or could not reach Slack.";
    says_all(&world.digest_now().await, &[skipped]);
    assert_eq!(world.digests().len(), 1);
    // Three on each of three mornings, and Omar in the afternoons.
    let counted = world.check_ins().await;
    assert_eq!(counted["excused not asked in time"], 12);
    assert_eq!(counted["missed"], 3);
}

async fn down_a_weekend(which: Which) {
    let mut world = World::with(which, TEAMS, at("2026-05-22T12:00"), |_| {}).await;
    world.sleeps_until("2026-05-25T06:10").await;
    assert_eq!(world.asked(), [1, 1, 1, 0], "nobody works at the weekend");
    assert_eq!(world.check_ins().await["excused not asked in time"], 1);
    world.until("2026-05-25T06:26").await;
    says_all(&world.digest_now().await, &["Mon 25 May", "Not held: Late, Fri 22 May."]);
    assert_eq!(world.digests().len(), 1);
}

fn nightly(starts: &str) -> String {
    TEAMS.replace("0 6 * * Mon-Fri", starts)
}

async fn down_in_spring(which: Which) {
    // 02:30 does not exist on 8 March 2026: the shift starts at 03:30, and an hour after it there is still time to ask.
    let mut world = World::with(which, &nightly("30 2 * * *"), at("2026-03-07T23:00"), |_| {}).await;
    world.sleeps_until("2026-03-08T04:30").await;
    assert_eq!(world.asked(), [1, 1, 1, 0]);
    world.until("2026-03-08T04:46").await;
    says_all(&world.digest_now().await, &["Sun 8 Mar", "0 of 3 answered"]);
    // The same night slept through: one date, not held, once.
    let mut world = World::with(which, &nightly("30 2 * * *"), at("2026-03-07T23:00"), |_| {}).await;
    world.sleeps_until("2026-03-08T07:00").await;
    assert_eq!(world.asked(), [0; 4]);
    world.until("2026-03-09T02:46").await;
    says_all(&world.digest_now().await, &["Mon 9 Mar", "Not held: Early, Sun 8 Mar. I was"]);
    assert_eq!((world.asked(), world.digests().len()), (vec![1, 1, 1, 0], 1));
}

async fn down_in_autumn(which: Which) {
    // 01:30 comes twice on 1 November 2026: an hour and a half after the first is half an hour after the second.
    let mut world = World::with(which, &nightly("30 1 * * *"), at("2026-10-31T23:00"), |_| {}).await;
    world.sleeps_until("2026-11-01T02:00").await;
    assert_eq!(world.asked(), [1, 1, 1, 0]);
    let mut world = World::with(which, &nightly("30 1 * * *"), at("2026-10-31T23:00"), |_| {}).await;
    world.sleeps_until("2026-11-01T03:00").await;
    assert_eq!(world.asked(), [0; 4], "two and a half hours after the start");
    world.until("2026-11-02T01:46").await;
    says_all(&world.digest_now().await, &["Mon 2 Nov", "Not held: Early, Sun 1 Nov. I was"]);
    assert_eq!((world.asked(), world.digests().len()), (vec![1, 1, 1, 0], 1));
}

async fn stopped_with_answers(which: Which) {
    let mut world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.is_stuck("U0ANA", "refund tool says 403 for EU orders", "More than a minute").await;
    world.sleeps_until("2026-05-18T13:00").await;
    world.seconds_pass(7).await;
    // No digest seven hours late; but whoever is stuck does not wait for the next one.
    assert!(!world.has_digest());
    says_all(&world.help()[0], &["Ana is stuck", "refund tool says 403"]);
    world.until("2026-05-18T14:16").await;
    says_all(&world.digest_now().await, &["Late · Mon 18 May", "Not held: Early, Mon 18 May."]);
    assert_eq!((world.help_threads(), world.digests().len()), (1, 1));
}

async fn slack_away(which: Which) {
    let mut world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.nothing_stuck(&["U0ANA"]).await;
    let to_the_team = |args: &serde_json::Value| args["channel"] == SUPPORT;
    world.slack.faults().next_where("chat.postMessage", 1, When::Before, Fault::Cut, to_the_team);
    world.until("2026-05-18T06:15").await;
    world.sleeps_until("2026-05-18T13:00").await;
    assert!(!world.has_digest(), "its window is over");
    world.until("2026-05-18T14:16").await;
    says_all(&world.digest_now().await, &["Late · Mon 18 May", "Not held: Early, Mon 18 May."]);
}

async fn zones_after_downtime(which: Which) {
    // Hours late, and so late that its own digest was given up.
    for zone in ["Europe/Madrid", "Asia/Tokyo"] {
        one_zone_after_downtime(which, zone).await;
    }
}

async fn one_zone_after_downtime(which: Which, zone: &str) {
    let now = in_zone("2026-05-18T05:00", zone);
    let mut world = World::with(which, &super::torture::in_their_own_zones(), now, |workspace| {
        workspace.users.iter_mut().filter(|user| user.id == "U0BEN").for_each(|user| user.tz = zone.to_owned());
    })
    .await;
    // Ben's morning is over when it starts again; Ana's in New York begins an hour later.
    world.sleeps_until("2026-05-18T05:00").await;
    assert_eq!(world.asked(), [0; 4]);
    assert!(!world.has_digest());
    world.until("2026-05-18T06:00").await;
    assert_eq!(world.asked(), [1, 0, 1, 0]);
    world.nothing_stuck(&["U0ANA", "U0CLEO"]).await;
    let digest = world.digest_now().await;
    says_all(&digest, &["2 of 2 answered", "Not asked in time: Ben"]);
    says_none_of(&digest, &["Not held"]);
    assert_eq!(world.digests().len(), 1);
}
