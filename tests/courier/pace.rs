//! Slack's limits are kept by us and never met.

use std::time::Duration;

use super::house::{House, START};
use crate::databases::WORKSPACE as T;
use sandbox::{Fault, When};
use tokio::sync::watch;
use unstuck::courier::CameTo;
use unstuck::rules::message::State;
use unstuck::{run, write_tx};

#[tokio::test]
async fn a_burst_into_one_channel_is_paced_and_never_refused() {
    for house in House::on_each_database().await {
        for number in 10..40 {
            let key = format!("tell:{number}");
            house.says(&key, &key);
            house.wants(&key, "tell", "C0SUPPORT").await;
        }
        while house.live("U0ANA", "C0SUPPORT").len() < 30 {
            house.works().await;
            house.clock.step_to(house.due().await.unwrap_or(0) + super::house::START);
        }
        let calls = house.calls("chat.postMessage");
        assert!(calls.iter().all(|(_, status)| *status == 200), "{calls:?}");
        assert_eq!(calls.last().expect("a call").0, 25_500);
        let order: Vec<_> = house.texts("U0ANA", "C0SUPPORT");
        assert!(order.is_sorted());
    }
}

#[tokio::test]
async fn two_hundred_prompts_keep_the_workspaces_limit_and_edits_keep_theirs() {
    let crowd = |setup: &mut sandbox::Setup| {
        for number in 0..200 {
            let mut user = setup.workspace.users[0].clone();
            user.id = format!("U1{number:03}");
            setup.workspace.users.push(user);
        }
    };
    let house = House::with(crowd).await.remove(0);
    for number in 0..200 {
        let key = format!("prompt:{number:03}");
        house.says(&key, &key);
        house.wants(&key, "prompt", &format!("U1{number:03}")).await;
    }
    let drain = async |calls: usize, method: &str| {
        while house.calls(method).len() < calls {
            house.works().await;
            house.clock.step_to(house.due().await.unwrap_or(0) + super::house::START);
        }
    };
    drain(200, "chat.postMessage").await;
    let posts = house.calls("chat.postMessage");
    assert!(posts.iter().all(|(_, status)| *status == 200));
    assert!(posts[199].0 < 12_000, "{:?}", posts[199]);
    for number in 0..70 {
        let key = format!("prompt:{number:03}");
        house.says(&key, "answered");
        house.raise(&key).await;
    }
    drain(70, "chat.update").await;
    assert!(house.calls("chat.update").iter().all(|(_, status)| *status == 200));
}

#[tokio::test]
async fn it_runs_wakes_on_a_hint_and_stops() {
    for house in House::on_each_database().await {
        let (stop, stopped) = watch::channel(false);
        let courier = house.courier.clone();
        let running = tokio::spawn(async move { courier.run(stopped).await });
        tokio::time::sleep(Duration::from_millis(200)).await;
        for (key, place) in [("a", "C0SUPPORT"), ("b", "C0GENERAL"), ("c", "U0ANA"), ("d", "U0BEN")] {
            house.says(key, key);
            house.wants(key, "tell", place).await;
        }
        // The clock stands still, so nothing but the hint can wake it.
        house.courier.hint();
        let began = std::time::Instant::now();
        while house.calls("chat.postMessage").len() < 4 {
            assert!(began.elapsed() < Duration::from_secs(3), "not woken");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // What falls due wakes it too.
        house.says("e", "e");
        house.wants_as("e", "tell", "C0SUPPORT", |new| new.due_at += 3_000).await;
        house.courier.hint();
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(house.calls("chat.postMessage").len(), 4);
        house.later(3_000);
        while house.calls("chat.postMessage").len() < 5 {
            assert!(began.elapsed() < Duration::from_secs(5), "not woken");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stop.send_replace(true);
        tokio::time::timeout(Duration::from_secs(3), running).await.expect("it stops").expect("in order");
    }
}

/// What Slack, or something that answers in its name, asks for; and how long it is heeded.
const ASKED: [(&str, i64); 9] = [
    ("0", 1_000),
    ("299", 299_000),
    ("301", 300_000),
    ("3600", 300_000),
    ("1000000000", 300_000),
    ("18446744073709551615", 300_000),
    ("99999999999999999999999", 300_000),
    ("-3600", 5_000),
    ("Fri, 31 Dec 9999 23:59:59 GMT", 5_000),
];

#[tokio::test]
async fn row_14_no_wait_silences_a_method_for_more_than_five_minutes() {
    for house in House::on_each_database().await {
        house.says("a", "one");
        house.wants("a", "tell", "C0SUPPORT").await;
        let mut edits = 0;
        for method in ["chat.postMessage", "chat.update"] {
            for (asked, heeded) in ASKED {
                let since = house.clock.now() - START;
                house.slack.faults().next(method, 1, When::Before, Fault::RetryAfter(asked.into()));
                assert_eq!(house.works().await, [("a".into(), CameTo::State(State::Wanted))]);
                assert_eq!(house.due().await, Some(since + heeded), "{method} was asked for {asked}");
                house.later(heeded);
            }
            assert_eq!(house.works().await, [("a".into(), CameTo::State(State::Shown))]);
            edits += 1;
            house.later(2_000);
            house.says("a", &format!("edit {edits}"));
            house.raise("a").await;
        }
        house.works().await;
        assert_eq!(house.texts("U0ANA", "C0SUPPORT"), ["edit 2"]);
    }
}

#[tokio::test]
async fn row_14_no_wait_keeps_a_look_for_more_than_five_minutes() {
    for house in House::on_each_database().await {
        house.says("a", "one");
        house.slack.faults().next("chat.postMessage", 1, When::After, Fault::Cut);
        house.wants("a", "tell", "C0SUPPORT").await;
        house.works().await;
        house.later(60_000);
        let far = Fault::RetryAfter("18446744073709551615".into());
        house.slack.faults().next("conversations.history", 1, When::Before, far);
        house.works().await;
        house.lives(6).await;
        assert_eq!(house.state("a").await, State::Shown);
        assert_eq!(house.calls("chat.postMessage").len(), 1);
    }
}

/// Written by an earlier version, or by a clock that was ahead, while the bot runs.
#[tokio::test]
async fn row_14_a_pace_that_lies_far_ahead_holds_nothing_up() {
    for house in House::on_each_database().await {
        house.says("a", "one");
        house.wants("a", "tell", "C0SUPPORT").await;
        house.works().await;
        for far in [START + 3_600_000, 1_000_000_000_000_000, i64::MAX, i64::MIN] {
            let sql = "insert into pace (workspace, what, free_at)
                       select $2, what, $1 from (select 'chat.postMessage' as what
                           union all select 'chat.postMessage C0GENERAL' union all select 'chat.update'
                           union all select 'conversations.history') as paced where true
                       on conflict (workspace, what) do update set free_at = $1";
            write_tx!(house.db, T, START, tx => async { Ok(run!(tx, sql, far, T)?) }.await).expect("written");
            let key = format!("tell:{far}");
            house.says(&key, &key);
            house.wants(&key, "tell", "C0GENERAL").await;
            house.says("a", &key);
            house.raise("a").await;
            house.slack.faults().next("chat.postMessage", 1, When::After, Fault::Cut);
            house.works().await;
            assert_eq!(house.texts("U0ANA", "C0SUPPORT"), [key.as_str()], "the edit");
            assert_eq!(house.state(&key).await, State::Doubtful, "the post");
            house.later(31_000);
            house.works().await;
            assert_eq!(house.state(&key).await, State::Shown, "the look");
        }
    }
}
