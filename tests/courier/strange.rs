//! Slack answers with what nobody can read, executes late, or shows a history that is behind, cut short, or full of others' messages.

use super::house::House;
use sandbox::{Fault, When};
use serde_json::json;
use unstuck::courier::{CameTo, Step};
use unstuck::rules::message::State;

const MINUTE: i64 = 60_000;

#[tokio::test]
async fn row_11_a_success_that_cannot_be_read_is_one_post() {
    for house in House::on_each_database().await {
        for (number, fault) in [Fault::Html, Fault::Truncated, Fault::UnknownBlock].into_iter().enumerate() {
            for place in ["U0BEN", "C0SUPPORT"] {
                let key = format!("tell:{number}:{place}");
                house.says(&key, &key);
                house.slack.faults().next("chat.postMessage", 1, When::After, fault.clone());
                house.wants(&key, "tell", place).await;
                house.lives(3).await;
                assert_eq!(house.state(&key).await, State::Shown, "{fault:?}");
            }
        }
        house.lives(15).await;
        assert_eq!(house.live("U0ANA", "C0SUPPORT").len(), 3);
        assert_eq!(house.live("U0BEN", &house.slack.dm("U0BEN")).len(), 3);
        assert_eq!(house.calls("chat.postMessage").len(), 6, "each was sent once");
    }
}

#[tokio::test]
async fn row_11_an_edit_whose_answer_cannot_be_read_is_no_loop() {
    for house in House::on_each_database().await {
        house.says("tell:1", "one");
        house.wants("tell:1", "tell", "C0SUPPORT").await;
        house.works().await;
        for (number, fault) in [Fault::Html, Fault::Truncated, Fault::UnknownBlock].into_iter().enumerate() {
            house.says("tell:1", &format!("edit {number}"));
            house.raise("tell:1").await;
            house.slack.faults().next("chat.update", 1, When::After, fault);
            house.lives(1).await;
            assert_eq!(house.texts("U0ANA", "C0SUPPORT"), [format!("edit {number}")]);
        }
        assert!(house.calls("chat.update").len() <= 6);
        assert_eq!(house.state("tell:1").await, State::Shown);
    }
}

/// Slack executes a post when its sender has long given up: within SETTLE it is found, beyond it the copy goes at the last look.
#[tokio::test]
async fn row_12_what_is_executed_late_stands_once_in_the_end() {
    for late in [1_000, 20_000, 29_000, 45_000, 90_000] {
        for house in House::on_each_database().await {
            house.says("tell:1", "one");
            let fault = Fault::ExecutedLate { ms: late, status: None };
            house.slack.faults().next("chat.postMessage", 1, When::Before, fault);
            house.wants("tell:1", "tell", "C0SUPPORT").await;
            house.lives(5).await;
            let standing = house.live("U0ANA", "C0SUPPORT").len();
            assert!(standing == 1 || late > 30_000, "{standing} after {late} ms");
            house.lives(15).await;
            assert_eq!(house.live("U0ANA", "C0SUPPORT").len(), 1, "executed {late} ms late");
            let row = house.row("tell:1").await.progress;
            assert_eq!(row.ts.expect("posted").0, house.live("U0ANA", "C0SUPPORT")[0].ts);
            assert_eq!((row.state, row.recheck_at), (State::Shown, None));
        }
    }
}

#[tokio::test]
async fn row_13_a_history_that_lags_is_waited_for() {
    for house in House::on_each_database().await {
        house.says("tell:1", "one");
        house.slack.faults().history_lag(29_000);
        house.slack.faults().next("chat.postMessage", 1, When::After, Fault::Cut);
        house.wants("tell:1", "tell", "C0SUPPORT").await;
        house.lives(3).await;
        assert_eq!((house.calls("chat.postMessage").len(), house.live("U0ANA", "C0SUPPORT").len()), (1, 1));
        assert_eq!(house.state("tell:1").await, State::Shown);
    }
}

/// What was not read to its end says nothing about what is missing.
#[tokio::test]
async fn row_13_a_history_that_is_limited_or_cut_short_is_read_again() {
    for house in House::on_each_database().await {
        for number in 0..60 {
            house.slack.another_app_posts("C0SUPPORT", &format!("build {number}"), None);
        }
        house.says("tell:1", "one");
        house.slack.faults().next("chat.postMessage", 1, When::Before, Fault::Cut);
        house.wants("tell:1", "tell", "C0SUPPORT").await;
        house.works().await;
        let troubles =
            [Fault::RateLimited(40), Fault::NextPageFails("internal_error".into()), Fault::Status(500), Fault::Html];
        for fault in troubles {
            house.slack.faults().next("conversations.history", 1, When::Before, fault.clone());
            house.later(6 * MINUTE);
            let looked = house.courier.step().await.expect("a look");
            assert_eq!(looked, Step::Worked { key: "tell:1".into(), to: CameTo::State(State::Doubtful) }, "{fault:?}");
            assert_eq!(house.calls("chat.postMessage").len(), 1, "{fault:?}");
        }
        house.lives(15).await;
        assert_eq!(house.texts("U0ANA", "C0SUPPORT").iter().filter(|text| *text == "one").count(), 1);
    }
}

#[tokio::test]
async fn row_13_other_apps_nested_metadata_hides_nothing() {
    for house in House::on_each_database().await {
        house.says("tell:1", "one");
        house.slack.faults().next("chat.postMessage", 1, When::After, Fault::Cut);
        house.wants("tell:1", "tell", "C0SUPPORT").await;
        house.works().await;
        let nested = json!({"event_type": "deployed", "event_payload": {"key": {"of": ["tell:1"]}, "hash": 1}});
        house.slack.another_app_posts("C0SUPPORT", "deployed", Some(nested));
        house.lives(3).await;
        assert_eq!(house.state("tell:1").await, State::Shown);
        assert_eq!(house.calls("chat.postMessage").len(), 1);
    }
}
