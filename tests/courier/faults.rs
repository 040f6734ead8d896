//! Slack misbehaves, workers die and freeze.

use super::house::{House, START};
use crate::databases::WORKSPACE;
use sandbox::{Fault, When};
use std::sync::atomic::Ordering;
use std::time::Duration;
use unstuck::courier::{CameTo, Courier, Step};
use unstuck::rules::message::State;

const TO: fn(State) -> CameTo = CameTo::State;

#[tokio::test]
async fn rows_08_10_recorded_but_unanswered_posts_are_found_by_their_key() {
    let faults =
        [Fault::Cut, Fault::Status(500), Fault::Error("internal_error".into()), Fault::Error("fatal_error".into())];
    for house in House::on_each_database().await {
        for (number, fault) in faults.iter().enumerate() {
            for place in ["U0BEN", "C0SUPPORT"] {
                let key = format!("tell:{number}:{place}");
                house.says(&key, &key);
                house.slack.faults().next("chat.postMessage", 1, When::After, fault.clone());
                house.wants(&key, "tell", place).await;
                assert_eq!(house.works().await, [(key.clone(), TO(State::Doubtful))]);
                let waited = house.clock.now() - START;
                assert_eq!(house.due().await.map(|due| due - waited), Some(30_000));
                house.later(30_000);
                // Found, and then "edited" to what it is: which needs no call.
                assert_eq!(house.works().await, [(key.clone(), TO(State::Wanted)), (key.clone(), TO(State::Shown))]);
            }
        }
        assert_eq!(house.live("U0ANA", "C0SUPPORT").len(), faults.len());
        assert_eq!(house.live("U0BEN", &house.slack.dm("U0BEN")).len(), faults.len());
        assert_eq!(house.calls("chat.update").len(), 0);
        // The last look, ten minutes later, finds nothing to do.
        house.later(600_000);
        house.works().await;
        assert_eq!(house.row("tell:0:C0SUPPORT").await.progress.recheck_at, None);
        assert_eq!(house.calls("chat.delete").len(), 0);
    }
}

#[tokio::test]
async fn row_09_posts_that_never_arrived_are_sent_again_after_a_look() {
    for house in House::on_each_database().await {
        house.says("tell:1", "hello");
        house.slack.faults().next("chat.postMessage", 2, When::Before, Fault::Cut);
        house.wants("tell:1", "tell", "C0SUPPORT").await;
        for _ in 0..2 {
            assert_eq!(house.works().await, [("tell:1".into(), TO(State::Doubtful))]);
            house.later(30_000);
            assert_eq!(
                house.courier.step().await.expect("a look"),
                Step::Worked { key: "tell:1".into(), to: TO(State::Wanted) }
            );
            // A little later each time, so that twenty tries outlast an outage.
            house.later(5_000);
        }
        assert_eq!(house.works().await, [("tell:1".into(), TO(State::Shown))]);
        assert_eq!(house.live("U0ANA", "C0SUPPORT").len(), 1);
        assert_eq!(house.calls("conversations.history").len(), 2);
    }
}

#[tokio::test]
async fn a_reply_is_looked_for_in_its_thread() {
    for house in House::on_each_database().await {
        house.shows("digest:1", &[("", "Main"), ("more", "More")]);
        house
            .slack
            .faults()
            .next_where("chat.postMessage", 1, When::After, Fault::Cut, |args| args.get("thread_ts").is_some());
        house.wants("digest:1", "digest", "C0SUPPORT").await;
        house.works().await;
        assert_eq!(house.state("digest:1:more").await, State::Doubtful);
        house.later(30_000);
        house.works().await;
        house.later(6_000);
        house.works().await;
        assert_eq!(house.state("digest:1:more").await, State::Shown);
        assert_eq!(house.calls("chat.update").len(), 0);
        assert_eq!(house.calls("conversations.replies").len(), 1);
        let main = &house.live("U0ANA", "C0SUPPORT")[0];
        assert_eq!(house.slack.thread("U0ANA", "C0SUPPORT", &main.ts).len(), 2);
    }
}

#[tokio::test]
async fn row_08_a_hanging_post_is_given_up_and_found() {
    let house = House::on_each_database().await.remove(0);
    house.says("tell:1", "hello");
    house.slack.faults().next("chat.postMessage", 1, When::After, Fault::Hang);
    house.wants("tell:1", "tell", "C0SUPPORT").await;
    let began = std::time::Instant::now();
    assert_eq!(house.works().await, [("tell:1".into(), TO(State::Doubtful))]);
    assert!(began.elapsed() >= Duration::from_secs(9) && began.elapsed() < Duration::from_secs(15));
    house.slack.faults().clear();
    house.later(30_000);
    house.works().await;
    assert_eq!(house.live("U0ANA", "C0SUPPORT").len(), 1);
}

#[tokio::test]
async fn row_14_a_rate_limit_pauses_the_method_and_the_place_and_burns_no_try() {
    for house in House::on_each_database().await {
        for (key, place) in [("a", "C0SUPPORT"), ("b", "C0GENERAL")] {
            house.says(key, key);
            house.wants(key, "tell", place).await;
        }
        house.slack.faults().next("chat.postMessage", 1, When::Before, Fault::RateLimited(17));
        assert_eq!(house.works().await, [("a".into(), TO(State::Wanted))]);
        assert_eq!(house.row("a").await.progress.tries, 0);
        assert_eq!(house.due().await, Some(17_000));
        house.later(16_999);
        assert_eq!(house.works().await, []);
        house.later(1);
        assert_eq!(house.works().await.len(), 1);
        house.later(1_000);
        house.works().await;
        assert_eq!(house.live("U0ANA", "C0SUPPORT").len() + house.live("U0ANA", "C0GENERAL").len(), 2);
    }
}

#[tokio::test]
async fn row_15_what_never_left_the_machine_is_not_in_doubt() {
    for house in House::on_each_database().await {
        house.says("tell:1", "hello");
        house.wants("tell:1", "tell", "C0SUPPORT").await;
        house.slack.stop().await;
        for _ in 0..30 {
            let came = house.works().await;
            assert_eq!(came, [("tell:1".into(), TO(State::Wanted))]);
            house.later(360_000);
        }
    }
}

#[tokio::test]
async fn edits_are_simply_sent_again() {
    for house in House::on_each_database().await {
        house.says("tell:1", "one");
        house.wants("tell:1", "tell", "C0SUPPORT").await;
        house.works().await;
        for (fault, wait) in [(Fault::Cut, 3_000), (Fault::Status(503), 6_000), (Fault::RateLimited(3), 3_000)] {
            house.says("tell:1", &format!("{fault:?}"));
            house.raise("tell:1").await;
            house.slack.faults().next("chat.update", 1, When::After, fault.clone());
            assert_eq!(house.works().await, [("tell:1".into(), TO(State::Wanted))]);
            house.later(wait);
            assert_eq!(house.works().await, [("tell:1".into(), TO(State::Shown))]);
            assert_eq!(house.texts("U0ANA", "C0SUPPORT"), [format!("{fault:?}")]);
        }
    }
}

#[tokio::test]
async fn rows_02_08_an_edit_whose_answer_was_lost_is_taken_back_when_the_document_is() {
    for house in House::on_each_database().await {
        house.says("tell:1", "one");
        house.wants("tell:1", "tell", "C0SUPPORT").await;
        house.works().await;
        house.says("tell:1", "two");
        house.raise("tell:1").await;
        house.slack.faults().next("chat.update", 1, When::After, Fault::Cut);
        assert_eq!(house.works().await, [("tell:1".into(), TO(State::Wanted))]);
        assert_eq!(house.texts("U0ANA", "C0SUPPORT"), ["two"]);
        house.says("tell:1", "one");
        house.raise("tell:1").await;
        house.later(3_000);
        assert_eq!(house.works().await, [("tell:1".into(), TO(State::Shown))]);
        assert_eq!(house.texts("U0ANA", "C0SUPPORT"), ["one"]);
    }
}

#[tokio::test]
async fn refusals_are_dead_with_their_code_and_can_be_retried() {
    for house in House::on_each_database().await {
        house.says("tell:1", "one");
        house.wants("tell:1", "tell", "C0NOWHERE").await;
        house.works().await;
        let row = house.row("tell:1").await;
        assert_eq!((row.progress.state, row.progress.last_error.as_str()), (State::Dead, "channel_not_found"));
        let (db, now) = (&house.db, house.clock.now());
        let dead = unstuck::read_tx!(db, WORKSPACE, now, tx => unstuck::store::message::dead(tx).await).expect("rows");
        assert_eq!(dead.len(), 1);
        let again = unstuck::write_tx!(db, WORKSPACE, now, tx => unstuck::store::message::retry(tx, &"tell:1".into(), false).await);
        let (key, replies) = ("tell:1".into(), 0);
        assert_eq!(again.expect("retried"), unstuck::store::message::Retry::Looked { key, replies });
        assert_eq!(house.state("tell:1").await, State::Doubtful);
    }
}

#[tokio::test]
async fn a_human_who_deletes_our_message_gets_no_second_one() {
    for house in House::on_each_database().await {
        house.says("tell:1", "one");
        house.wants("tell:1", "tell", "C0SUPPORT").await;
        house.works().await;
        house.slack.faults().next("chat.update", 1, When::Before, Fault::Error("message_not_found".into()));
        house.says("tell:1", "two");
        house.raise("tell:1").await;
        assert_eq!(house.works().await, [("tell:1".into(), TO(State::Dead))]);
        house.raise("tell:1").await;
        house.later(600_000);
        assert_eq!(house.works().await, []);
    }
}

#[tokio::test]
async fn without_history_a_doubtful_channel_post_goes_once_more() {
    let deaf =
        |setup: &mut sandbox::Setup| setup.workspace.app.scopes.retain(|scope| !scope.starts_with("channels:history"));
    for house in House::with(deaf).await {
        house.says("digest:1", "one");
        house.slack.faults().next("chat.postMessage", 1, When::After, Fault::Cut);
        house.wants("digest:1", "digest", "C0SUPPORT").await;
        house.works().await;
        house.later(30_000);
        house.works().await;
        assert_eq!(house.live("U0ANA", "C0SUPPORT").len(), 2);
        let row = house.row("digest:1").await;
        assert_eq!((row.progress.state, row.progress.last_error.as_str()), (State::Shown, "may be a repeat"));
    }
}

/// Drops the step as soon as Slack has recorded so many posts: the process died between the wire and the settle.
async fn dies_after_posting(house: &House, courier: &Courier, posts: usize) {
    let mut changed = house.slack.changed();
    let recorded = async {
        while house.live("U0ANA", "C0SUPPORT").len() < posts {
            changed.changed().await.expect("a sandbox");
        }
    };
    tokio::select! {
        _ = courier.step() => panic!("the answer came before the record was seen"),
        () = recorded => {}
    }
}

#[tokio::test]
async fn row_02_a_worker_that_died_after_posting_leads_to_a_look_and_not_to_a_second_post() {
    for house in House::on_each_database().await {
        house.says("tell:1", "one");
        house.slack.faults().next("chat.postMessage", 1, When::After, Fault::Late(Duration::from_secs(2)));
        house.wants("tell:1", "tell", "C0SUPPORT").await;
        dies_after_posting(&house, &house.courier, 1).await;
        assert_eq!(house.state("tell:1").await, State::Sending);
        assert_eq!(house.due().await, Some(60_000));
        house.later(60_000);
        let other = house.replica();
        assert_eq!(other.step().await.expect("a sweep"), Step::Swept(1));
        house.later(30_000);
        house.works().await;
        assert_eq!(house.live("U0ANA", "C0SUPPORT").len(), 1);
        assert_eq!(house.state("tell:1").await, State::Shown);
        assert_eq!(house.told.lock().expect("told").len(), 1);
    }
}

/// The first worker is frozen in its call until the second one has done all that it may.
async fn frozen_until(house: &House, meanwhile: impl Future<Output = ()>) -> CameTo {
    house.slack.faults().next("chat.postMessage", 1, When::Before, Fault::Late(Duration::from_secs(2)));
    let first = house.courier.clone();
    let first = tokio::spawn(async move { first.step().await });
    while house.state("tell:1").await != State::Sending {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    meanwhile.await;
    match first.await.expect("a task").expect("a step") {
        Step::Worked { to, .. } => to,
        step => panic!("{step:?}"),
    }
}

#[tokio::test]
async fn rows_04_42_a_late_worker_deletes_its_own_extra_post() {
    for house in House::on_each_database().await {
        house.says("tell:1", "one");
        house.wants("tell:1", "tell", "C0SUPPORT").await;
        let other = house.replica();
        let came = frozen_until(&house, async {
            house.later(60_000);
            assert_eq!(other.step().await.expect("a sweep"), Step::Swept(1));
            house.later(30_000);
            let looked = other.step().await.expect("a look");
            assert_eq!(looked, Step::Worked { key: "tell:1".into(), to: TO(State::Wanted) });
            house.later(3_000);
            let posted = other.step().await.expect("a post");
            assert_eq!(posted, Step::Worked { key: "tell:1".into(), to: TO(State::Shown) });
        })
        .await;
        assert_eq!(came, CameTo::Lost);
        assert_eq!(house.live("U0ANA", "C0SUPPORT").len(), 1);
        assert_eq!(house.calls("chat.delete").len(), 1);
        let ts = house.row("tell:1").await.progress.ts.expect("posted");
        assert_eq!(house.live("U0ANA", "C0SUPPORT")[0].ts, ts.0);
    }
}

#[tokio::test]
async fn rows_04_42_a_late_worker_whose_post_is_the_only_one_brings_it_home() {
    for house in House::on_each_database().await {
        house.shows("tell:1", &[("", "one"), ("more", "and the rest of it")]);
        house.wants("tell:1", "tell", "C0SUPPORT").await;
        let other = house.replica();
        let came = frozen_until(&house, async {
            house.later(60_000);
            assert_eq!(other.step().await.expect("a sweep"), Step::Swept(1));
            // Its fence is the same still; the look takes it.
            house.later(30_000);
            house.slack.faults().next("conversations.history", 1, When::Before, Fault::Cut);
            other.step().await.expect("a look");
        })
        .await;
        assert_eq!(came, CameTo::Lost);
        let row = house.row("tell:1").await;
        assert_eq!((row.progress.state, house.live("U0ANA", "C0SUPPORT").len()), (State::Shown, 1));
        house.later(600_000);
        house.works().await;
        assert_eq!(house.live("U0ANA", "C0SUPPORT").len(), 1);
        assert_eq!(house.state("tell:1:more").await, State::Shown, "what goes into its thread came with it");
        assert_eq!(house.row("tell:1").await.progress.recheck_at, None);
    }
}

#[tokio::test]
async fn row_12_a_copy_that_slack_reveals_late_is_removed_at_the_last_look() {
    for house in House::on_each_database().await {
        house.says("tell:1", "one");
        house.slack.faults().next("chat.postMessage", 1, When::After, Fault::Cut);
        house.wants("tell:1", "tell", "C0SUPPORT").await;
        house.works().await;
        // The first look sees an empty history, as if the post showed itself only later.
        house.slack.faults().next("conversations.history", 1, When::Before, Fault::Status(500));
        house.later(30_000);
        house.works().await;
        assert_eq!(house.state("tell:1").await, State::Doubtful);
        let ts = house.live("U0ANA", "C0SUPPORT")[0].ts.clone();
        let twin = house.live("U0ANA", "C0SUPPORT")[0].metadata.clone().expect("metadata");
        // A twin with the same key, as a second execution of the same call would make it.
        let client = reqwest::Client::new();
        let body = serde_json::json!({"channel": "C0SUPPORT", "text": "one", "metadata": twin});
        let sent = client
            .post(format!("{}/chat.postMessage", house.slack.api_url()))
            .bearer_auth("xoxb-sandbox")
            .json(&body)
            .send();
        sent.await.expect("a twin");
        assert_eq!(house.live("U0ANA", "C0SUPPORT").len(), 2);
        house.later(60_000);
        house.works().await;
        let left = house.live("U0ANA", "C0SUPPORT");
        assert_eq!((left.len(), &left[0].ts), (1, &ts));
    }
}

#[tokio::test]
async fn row_04_a_frozen_worker_does_not_send_late_on_an_old_claim() {
    for house in House::on_each_database().await {
        house.says("tell:1", "one");
        house.wants("tell:1", "tell", "C0SUPPORT").await;
        house.rendering_takes.store(45_000, Ordering::SeqCst);
        let late = house.courier.step().await.expect("a step");
        assert_eq!(late, Step::Worked { key: "tell:1".into(), to: CameTo::Late });
        assert_eq!(house.calls("chat.postMessage").len(), 0);
        house.later(15_000);
        house.works().await;
        house.later(30_000);
        house.works().await;
        house.later(3_000);
        house.works().await;
        assert_eq!(house.live("U0ANA", "C0SUPPORT").len(), 1);
    }
}

#[tokio::test]
async fn a_document_that_cannot_be_rendered_harms_nobody_else() {
    for house in House::on_each_database().await {
        // No document: the test's renderer panics.
        house.wants("bad", "tell", "C0SUPPORT").await;
        house.says("good", "one");
        house.wants("good", "tell", "C0SUPPORT").await;
        let mut came = house.works().await;
        came.sort_by(|one, other| one.0.cmp(&other.0));
        assert_eq!(came, [("bad".into(), TO(State::Wanted)), ("good".into(), TO(State::Shown))]);
        for _ in 0..25 {
            house.later(400_000);
            house.works().await;
        }
        let row = house.row("bad").await;
        assert_eq!((row.progress.state, row.progress.last_error.as_str()), (State::Dead, "poison: its view panicked"));
    }
}
