//! What no retry mends: permanent refusals, messages that a person removed or changed, rows that kill whoever takes them.
//! Each is dead with its reason, nothing else waits for it, and one command brings it back.

use super::house::{HOUR, House};
use sandbox::{Fault, When};
use unstuck::courier::{CameTo, Step};
use unstuck::rules::id::MessageKey;
use unstuck::rules::message::{Death, State, death};
use unstuck::store::message::{self, Retry};
use unstuck::write_tx;

const TO: fn(State) -> CameTo = CameTo::State;
const T: &str = crate::databases::WORKSPACE;

impl House {
    async fn retry(&self, key: &str) -> Retry {
        let key = &MessageKey::from(key);
        write_tx!(self.db, T, self.clock.now(), tx => message::retry(tx, key, false).await).expect("retried")
    }

    async fn error(&self, key: &str) -> (State, String) {
        let progress = self.row(key).await.progress;
        (progress.state, progress.last_error)
    }
}

/// The eight refusals, for a post and for an edit: dead with the reason, and the next message in the same place goes out.
#[tokio::test]
async fn row_16_permanent_refusals_are_dead_with_their_reason() {
    for house in House::on_each_database().await {
        for (code, known) in [
            ("is_archived", Death::Archived),
            ("channel_not_found", Death::Unseen),
            ("user_not_found", Death::NoAccount),
            ("user_disabled", Death::NoAccount),
            ("msg_too_long", Death::Refused),
            ("invalid_blocks", Death::Refused),
            ("restricted_action", Death::Refused),
            ("cant_update_message", Death::Refused),
        ] {
            let (post, edit, other) = (format!("post:{code}"), format!("edit:{code}"), format!("other:{code}"));
            for key in [&post, &edit, &other] {
                house.says(key, key);
            }
            house.wants(&edit, "tell", "C0SUPPORT").await;
            house.works().await;
            house.later(2_000);
            house.slack.faults().next("chat.postMessage", 1, When::Before, Fault::Error(code.into()));
            house.wants(&post, "tell", "C0SUPPORT").await;
            assert_eq!(house.works().await, [(post.clone(), TO(State::Dead))], "{code}");
            assert_eq!(house.error(&post).await, (State::Dead, code.to_owned()));
            assert_eq!(death(code, "C0SUPPORT"), known);
            house.says(&edit, "changed");
            house.raise(&edit).await;
            house.slack.faults().next("chat.update", 1, When::Before, Fault::Error(code.into()));
            house.wants(&other, "tell", "C0SUPPORT").await;
            house.later(2_000);
            let came = house.works().await;
            assert!(came.contains(&(edit.clone(), TO(State::Dead))), "{code}: {came:?}");
            assert!(came.contains(&(other.clone(), TO(State::Shown))), "{code} holds up nothing: {came:?}");
            let calls = house.calls("chat.postMessage").len();
            house.later(HOUR);
            assert_eq!(house.works().await, [], "nobody tries again by themselves");
            assert_eq!(house.calls("chat.postMessage").len(), calls);
            // One command each, and both stand as they should.
            assert!(matches!(house.retry(&post).await, Retry::Looked { .. }));
            assert!(matches!(house.retry(&edit).await, Retry::Again { .. }));
            house.works().await;
            assert_eq!((house.state(&post).await, house.state(&edit).await), (State::Shown, State::Shown));
            // Its last look, because it had to be looked for.
            house.later(HOUR);
            house.works().await;
        }
        let texts = house.texts("U0ANA", "C0SUPPORT");
        let mut unique = texts.clone();
        unique.sort();
        unique.dedup();
        assert_eq!(texts.len(), 3 * 8);
        assert_eq!(unique.len(), 2 * 8 + 1, "each post once: {texts:?}");
    }
}

/// The token, a scope or the invitation: nothing is wrong with the message, and it goes out as soon as that is mended.
#[tokio::test]
async fn row_16_what_only_we_lack_is_waited_for() {
    for house in House::on_each_database().await {
        for code in ["token_revoked", "invalid_auth", "account_inactive", "missing_scope", "not_in_channel"] {
            house.says(code, code);
            house.slack.faults().next("chat.postMessage", 25, When::Before, Fault::Error(code.into()));
            house.wants(code, "tell", "C0SUPPORT").await;
            for _ in 0..25 {
                assert_eq!(house.works().await, [(code.to_owned(), TO(State::Wanted))], "{code}");
                house.later(360_000);
            }
            assert_eq!(house.works().await, [(code.to_owned(), TO(State::Shown))], "{code}");
        }
    }
}

#[tokio::test]
async fn row_17_what_a_human_deleted_is_not_posted_again() {
    for house in House::on_each_database().await {
        house.says("tell:1", "one");
        house.wants("tell:1", "tell", "C0SUPPORT").await;
        house.works().await;
        let ts = house.live("U0ANA", "C0SUPPORT")[0].ts.clone();
        // An admin removes it; Slack tells nobody but whoever edits it next.
        house.slack.faults().next("chat.update", 1, When::Before, Fault::Error("message_not_found".into()));
        let gone = serde_json::json!({"channel": "C0SUPPORT", "ts": ts});
        let url = format!("{}/chat.delete", house.slack.api_url());
        reqwest::Client::new().post(url).bearer_auth("xoxb-sandbox").json(&gone).send().await.expect("deleted");
        house.says("tell:1", "two");
        house.raise("tell:1").await;
        assert_eq!(house.works().await, [("tell:1".into(), TO(State::Dead))]);
        assert_eq!(house.error("tell:1").await, (State::Dead, "deleted".to_owned()));
        for _ in 0..3 {
            house.raise("tell:1").await;
            house.later(HOUR);
            assert_eq!(house.works().await, []);
        }
        assert_eq!(house.retry("tell:1").await, Retry::Removed);
        assert_eq!(house.live("U0ANA", "C0SUPPORT").len(), 0);
        assert_eq!(house.calls("chat.postMessage").len(), 1);
    }
}

/// Replies below a message that was removed: the thread is still there for Slack, and for us.
#[tokio::test]
async fn row_17_replies_still_go_below_a_deleted_message() {
    for house in House::on_each_database().await {
        house.says("help:1", "one");
        house.wants("help:1", "help", "C0SUPPORT").await;
        house.works().await;
        house.slack.faults().next("chat.update", 1, When::Before, Fault::Error("message_not_found".into()));
        house.says("help:1", "two");
        house.raise("help:1").await;
        house.works().await;
        assert_eq!(house.state("help:1").await, State::Dead);
        house.says("log:1", "a reply");
        house.wants_as("log:1", "log", "C0SUPPORT", |row| row.thread_of = Some("help:1".into())).await;
        house.later(2_000);
        assert_eq!(house.works().await, [("log:1".into(), TO(State::Shown))]);
    }
}

/// What a person changes of our message is changed back by the next edit, and no copy is made.
#[tokio::test]
async fn row_17_what_a_human_edited_is_edited_back() {
    for house in House::on_each_database().await {
        house.says("tell:1", "one");
        house.wants("tell:1", "tell", "C0SUPPORT").await;
        house.works().await;
        let ts = house.live("U0ANA", "C0SUPPORT")[0].ts.clone();
        let other = serde_json::json!({"channel": "C0SUPPORT", "ts": ts, "text": "scribbled over"});
        let url = format!("{}/chat.update", house.slack.api_url());
        reqwest::Client::new().post(url).bearer_auth("xoxb-sandbox").json(&other).send().await.expect("changed");
        house.says("tell:1", "two");
        house.raise("tell:1").await;
        house.works().await;
        assert_eq!(house.texts("U0ANA", "C0SUPPORT"), ["two"]);
        assert_eq!(house.state("tell:1").await, State::Shown);
    }
}

/// Whoever takes it dies: after ten claims without a settle it is left alone, and the others never waited.
#[tokio::test]
async fn row_06_a_row_that_kills_its_worker_is_left_alone() {
    for house in House::on_each_database().await {
        house.says("bad", "bad");
        house.wants("bad", "tell", "C0SUPPORT").await;
        for round in 0..10 {
            let good = format!("good:{round}");
            house.says(&good, &good);
            // The worker is gone in the middle of the call: nothing is settled.
            house.slack.faults().next("chat.postMessage", 1, When::Before, Fault::Hang);
            let process = house.process().await;
            tokio::select! {
                step = process.step() => panic!("it should hang in the call: {step:?}"),
                () = house.faults_struck() => {}
            }
            drop(process);
            house.slack.faults().clear();
            house.wants(&good, "tell", "U0BEN").await;
            assert_eq!(house.works().await, [(good.clone(), TO(State::Shown))], "the others never wait");
            house.later(60_000);
            assert_eq!(house.courier.step().await.expect("a sweep"), Step::Swept(1));
            house.later(30_000);
            let looked = house.courier.step().await.expect("a look");
            let to = if round == 9 { State::Dead } else { State::Wanted };
            assert_eq!(looked, Step::Worked { key: "bad".into(), to: TO(to) });
            // It waits longer each time.
            house.later(360_000);
        }
        let (state, error) = house.error("bad").await;
        assert_eq!((state, death(&error, "C0SUPPORT")), (State::Dead, Death::Poison), "{error}");
        assert!(matches!(house.retry("bad").await, Retry::Looked { .. }));
        house.works().await;
        assert_eq!(house.state("bad").await, State::Shown);
        assert_eq!(house.live("U0ANA", "C0SUPPORT").len(), 1);
    }
}

/// A reply goes with the message whose thread it belongs to, at once, and comes back with it.
#[tokio::test]
async fn row_16_replies_of_a_dead_message_die_with_it_and_come_back_with_it() {
    for house in House::on_each_database().await {
        for key in ["help:1", "help:1:first", "log:1"] {
            house.says(key, key);
        }
        house.slack.faults().next("chat.postMessage", 1, When::Before, Fault::Error("is_archived".into()));
        house.wants("help:1", "help", "C0SUPPORT").await;
        for reply in ["help:1:first", "log:1"] {
            house.wants_as(reply, "log", "C0SUPPORT", |row| row.thread_of = Some("help:1".into())).await;
        }
        house.works().await;
        for reply in ["help:1:first", "log:1"] {
            let (state, error) = house.error(reply).await;
            assert_eq!((state, error.as_str()), (State::Dead, "the message that it answers was not posted"));
            assert_eq!(death(&error, "C0SUPPORT"), Death::NotOwed, "nobody is told of it for itself");
        }
        let due = house.due().await;
        assert_eq!(due, None, "nothing waits for nothing");
        house.later(HOUR);
        assert!(matches!(house.retry("help:1").await, Retry::Looked { replies: 2, .. }));
        for _ in 0..4 {
            house.works().await;
            house.later(2_000);
        }
        let parent = &house.live("U0ANA", "C0SUPPORT")[0];
        assert_eq!(house.slack.thread("U0ANA", "C0SUPPORT", &parent.ts).len(), 3);
    }
}
