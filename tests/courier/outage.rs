//! Slack cannot be reached, or asks to wait: what is owed goes out when that is over, if its time is not.

use super::house::{HOUR, House};
use sandbox::{Fault, Sandbox, Setup, When};
use std::sync::Arc;
use unstuck::courier::CameTo;
use unstuck::rules::message::State;

const MINUTE: i64 = 60_000;

/// Slack is back at its address, with nothing of what it had (a new sandbox): good enough for what was never posted.
async fn comes_back(house: &mut House) {
    let clock = house.clock.clone();
    let address = house.slack.address();
    let mut setup = Setup::new(sandbox::sample());
    setup.address = address;
    setup.now = Arc::new(move || clock.now());
    house.slack = Sandbox::start(setup).await.expect("the same address");
}

#[tokio::test]
async fn row_15_refused_connections_for_a_minute_an_hour_and_a_day() {
    for (away, expected) in [(MINUTE, State::Shown), (HOUR, State::Shown), (24 * HOUR, State::Dead)] {
        for mut house in House::on_each_database().await {
            house.says("tell:1", "hello");
            house.wants("tell:1", "tell", "C0SUPPORT").await;
            house.slack.stop().await;
            let until = house.clock.now() + away;
            while house.clock.now() < until {
                house.works().await;
                let due = house.row("tell:1").await.progress.next_at;
                house.clock.step_to(due.max(house.clock.now() + MINUTE / 2).min(until));
            }
            comes_back(&mut house).await;
            for _ in 0..30 {
                house.works().await;
                house.later(15_000);
            }
            let row = house.row("tell:1").await;
            assert_eq!(row.progress.state, expected, "after {away} ms: {}", row.progress.last_error);
            let standing = usize::from(expected == State::Shown);
            assert_eq!(house.live("U0ANA", "C0SUPPORT").len(), standing);
            if expected == State::Dead {
                assert_eq!(row.progress.last_error, "expired");
            }
        }
    }
}

#[tokio::test]
async fn row_14_a_storm_of_rate_limits_is_obeyed_and_burns_no_try() {
    for house in House::on_each_database().await {
        house.says("a", "a");
        house.wants("a", "tell", "C0SUPPORT").await;
        let mut waited = 0;
        for seconds in [1, 120, 7, 60, 30, 2, 90] {
            house.slack.faults().next("chat.postMessage", 1, When::Before, Fault::RateLimited(seconds));
            assert_eq!(house.works().await, [("a".into(), CameTo::State(State::Wanted))]);
            waited += i64::try_from(seconds).expect("small") * 1000;
            assert_eq!(house.due().await, Some(waited));
            house.clock.step_to(super::house::START + waited - 1);
            assert_eq!(house.works().await, [], "Slack asked to wait until {waited}");
            house.later(1);
        }
        assert_eq!(house.row("a").await.progress.tries, 0);
        assert_eq!(house.works().await, [("a".into(), CameTo::State(State::Shown))]);
        assert_eq!(house.texts("U0ANA", "C0SUPPORT"), ["a"]);
    }
}

/// Slack limits a method: posts wait, edits and looks go on, and the other way round.
#[tokio::test]
async fn row_14_a_rate_limit_holds_for_its_method_alone() {
    for house in House::on_each_database().await {
        house.says("old", "one");
        house.wants("old", "tell", "C0SUPPORT").await;
        house.works().await;
        house.says("new", "new");
        house.wants("new", "tell", "C0GENERAL").await;
        house.slack.faults().next("chat.postMessage", 1, When::Before, Fault::RateLimited(60));
        assert_eq!(house.works().await, [("new".into(), CameTo::State(State::Wanted))]);
        house.says("old", "two");
        house.raise("old").await;
        assert_eq!(house.works().await, [("old".into(), CameTo::State(State::Shown))]);
        assert_eq!(house.texts("U0ANA", "C0SUPPORT"), ["two"]);

        house.later(60_000);
        house.says("old", "three");
        house.raise("old").await;
        house.slack.faults().next("chat.update", 1, When::Before, Fault::RateLimited(60));
        let came = house.works().await;
        assert!(came.contains(&("new".into(), CameTo::State(State::Shown))), "{came:?}");
        assert!(came.contains(&("old".into(), CameTo::State(State::Wanted))), "{came:?}");
        house.later(60_000);
        house.works().await;
        assert_eq!(house.texts("U0ANA", "C0SUPPORT"), ["three"]);
    }
}
