//! Nothing goes wrong.

use super::house::{HOUR, House, START};
use crate::databases::WORKSPACE;
use unstuck::courier::CameTo;
use unstuck::rules::message::{Class, State};
use unstuck::write_tx;

#[tokio::test]
async fn a_message_is_posted_once_and_edited_in_place() {
    for house in House::on_each_database().await {
        house.says("digest:1", "One");
        house.wants("digest:1", "digest", "C0SUPPORT").await;
        house.wants("digest:1", "digest", "C0SUPPORT").await;
        assert_eq!(house.works().await, [("digest:1".into(), CameTo::State(State::Shown))]);
        assert_eq!(house.texts("U0ANA", "C0SUPPORT"), ["One"]);

        house.says("digest:1", "Two");
        house.raise("digest:1").await;
        house.raise("digest:1").await;
        assert_eq!(house.due().await, Some(6_000));
        assert_eq!(house.works().await, []);
        house.later(6_000);
        house.works().await;
        assert_eq!(house.texts("U0ANA", "C0SUPPORT"), ["Two"]);
        assert_eq!(house.calls("chat.update").len(), 1);
        let row = house.row("digest:1").await;
        assert_eq!((row.progress.state, row.progress.shown_rev, row.wanted_rev), (State::Shown, 3, 3));

        // What is shown already is not sent again.
        house.later(6_000);
        house.raise("digest:1").await;
        house.works().await;
        assert_eq!(house.calls("chat.update").len(), 1);
        assert_eq!(house.row("digest:1").await.progress.shown_rev, 4);
    }
}

#[tokio::test]
async fn typed_text_goes_out_inert_and_with_its_key() {
    for house in House::on_each_database().await {
        house.says("tell:1", "&lt;!channel&gt; @here");
        house.wants("tell:1", "tell", "C0SUPPORT").await;
        house.works().await;
        house.says("tell:1", "more");
        house.raise("tell:1").await;
        house.works().await;
        for method in ["chat.postMessage", "chat.update"] {
            let ledger = house.slack.ledger();
            let (args, _) = ledger.iter().find_map(|entry| entry.call(method)).expect("a call");
            let args = args.clone();
            assert_eq!(args["parse"], "none");
            assert!(args.get("link_names").is_none_or(|link| link == false));
            assert!(args.to_string().contains("unstuck_message") && args.to_string().contains("tell:1"), "{args}");
        }
    }
}

#[tokio::test]
async fn a_direct_message_learns_its_channel() {
    for house in House::on_each_database().await {
        let dm = house.slack.dm("U0ANA");
        for key in ["prompt:1", "prompt:2"] {
            house.says(key, key);
            house.wants(key, "prompt", "U0ANA").await;
        }
        house.works().await;
        assert_eq!(house.texts("U0ANA", &dm), ["prompt:1", "prompt:2"]);
        assert_eq!(house.row("prompt:1").await.progress.channel, dm);
        let ledger = house.slack.ledger();
        let channels: Vec<_> =
            ledger.iter().filter_map(|entry| Some(entry.call("chat.postMessage")?.0["channel"].clone())).collect();
        assert_eq!(channels, ["U0ANA", &dm]);
    }
}

#[tokio::test]
async fn what_does_not_fit_goes_into_the_thread_in_order() {
    for house in House::on_each_database().await {
        house.shows("digest:1", &[("", "Main"), ("people:0", "First page"), ("people:1", "Second page")]);
        house.wants("digest:1", "digest", "C0SUPPORT").await;
        house.works().await;
        let main = &house.live("U0ANA", "C0SUPPORT")[0];
        let thread = house.slack.thread("U0ANA", "C0SUPPORT", &main.ts);
        let texts: Vec<_> = thread.iter().map(|message| message.text.as_str()).collect();
        assert_eq!(texts, ["Main", "First page", "Second page"]);
        assert_eq!(house.row("digest:1:people:1").await.after.expect("a key").as_str(), "digest:1:people:0");

        house.shows("digest:1", &[("", "Main"), ("people:0", "First page, edited")]);
        house.raise("digest:1").await;
        house.later(6_000);
        house.works().await;
        let thread = house.slack.thread("U0ANA", "C0SUPPORT", &main.ts);
        let texts: Vec<_> = thread.iter().map(|message| message.text.as_str()).collect();
        assert_eq!(texts, ["Main", "First page, edited", "This stands in the message above now."]);
        assert_eq!(house.calls("chat.update").len(), 2);
    }
}

#[tokio::test]
async fn replies_wait_for_their_parent_and_threads_for_their_digest() {
    for house in House::on_each_database().await {
        for key in ["help:1", "digest:1", "log:1"] {
            house.says(key, key);
        }
        house.wants_as("digest:1", "digest", "C0SUPPORT", |new| new.due_at = START + 60_000).await;
        house.wants_as("help:1", "help", "C0SUPPORT", |new| new.after = Some("digest:1".into())).await;
        house
            .wants_as("log:1", "log", "C0SUPPORT", |new| {
                new.thread_of = Some("help:1".into());
                new.class = Class::Answer.number();
            })
            .await;
        assert_eq!(house.works().await, []);
        assert_eq!(house.due().await, Some(60_000));
        house.later(60_000);
        let keys: Vec<_> = house.works().await.into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["digest:1", "help:1", "log:1"]);
        let help = house.row("help:1").await;
        assert!(help.link.contains("C0SUPPORT"), "{}", help.link);
        let told = house.told.lock().expect("told").clone();
        assert_eq!(told[1], ("help:1".into(), String::new()));
        assert_eq!(told[2], ("help:1".into(), help.link));
        let thread = house.slack.thread("U0ANA", "C0SUPPORT", help.progress.ts.expect("posted").as_str());
        assert_eq!(thread[1].text, "log:1");
    }
}

#[tokio::test]
async fn posts_go_by_class_and_edits_by_kind() {
    for house in House::on_each_database().await {
        let posts = [
            ("d", "tell", Class::Rest),
            ("c", "prompt", Class::Prompt),
            ("b", "help", Class::Opening),
            ("a", "question", Class::Answer),
        ];
        for (place, (key, kind, class)) in ["U0ANA", "U0BEN", "C0SUPPORT", "C0GENERAL"].into_iter().zip(posts) {
            house.says(key, key);
            house.wants_as(key, kind, place, |new| new.class = class.number()).await;
        }
        let keys = |came: Vec<(String, CameTo)>| came.into_iter().map(|(key, _)| key).collect::<String>();
        assert_eq!(keys(house.works().await), "abcd");
        house.says("e", "e");
        house.wants("e", "digest", "C0SUPPORT").await;
        house.works().await;
        house.later(6_000);
        for key in ["a", "b", "c", "d", "e"] {
            house.says(key, "changed");
            house.raise(key).await;
        }
        assert_eq!(keys(house.works().await), "beacd");
    }
}

#[tokio::test]
async fn due_times_expiry_cancelling_and_postponing() {
    for house in House::on_each_database().await {
        for key in ["late", "gone", "moved", "stale", "unowed"] {
            house.says(key, key);
            let due_at = START + if key == "unowed" { 0 } else { 2_000 };
            house.wants_as(key, "tell", "C0SUPPORT", |new| new.due_at = due_at).await;
        }
        house.not_owed("unowed");
        house
            .wants_as("expires", "tell", "C0GENERAL", |new| {
                new.due_at = START + HOUR;
                new.expires_at = START + 1_000;
            })
            .await;
        assert_eq!(house.works().await, [("unowed".into(), CameTo::State(State::Dead))]);
        assert_eq!(house.due().await, Some(1_000));
        let (db, now) = (&house.db, house.clock.now());
        let cancelled = write_tx!(db, WORKSPACE, now, tx => unstuck::store::message::cancel(tx, &"gone".into(), "taken back").await);
        assert!(cancelled.expect("cancelled"));
        let moved = write_tx!(db, WORKSPACE, now, tx => unstuck::store::message::postpone(tx, &"moved".into(), START + 9_000).await);
        assert!(moved.expect("moved"));
        house.later(2_000);
        let keys: Vec<_> = house.works().await.into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["late", "stale"]);
        assert_eq!(house.row("expires").await.progress.last_error, "expired");
        assert_eq!(house.row("gone").await.progress.last_error, "taken back");
        assert_eq!(house.due().await, Some(9_000));
        house.later(7_000);
        assert_eq!(house.works().await.len(), 1);
        let now = house.clock.now();
        let cancelled =
            write_tx!(db, WORKSPACE, now, tx => unstuck::store::message::cancel(tx, &"late".into(), "too late").await);
        assert!(!cancelled.expect("a row"));
    }
}
