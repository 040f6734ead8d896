//! Slack executes an edit when its sender has long given up, and maybe after a newer edit of the same message.

use super::house::House;
use sandbox::{Fault, When};
use unstuck::rules::message::{RECHECK, State};

const MINUTE: i64 = 60_000;

/// A message that is in the channel already.
async fn stands(house: &House, key: &str, kind: &str) {
    house.says(key, "one");
    house.wants(key, kind, "C0SUPPORT").await;
    house.works().await;
}

async fn edits(house: &House, key: &str, text: &str) {
    house.says(key, text);
    house.raise(key).await;
    house.works().await;
}

fn executes_late(house: &House, ms: i64, status: Option<u16>) {
    house.slack.faults().next("chat.update", 1, When::Before, Fault::ExecutedLate { ms, status });
}

#[tokio::test]
async fn row_12_an_edit_that_slack_executes_late_is_put_right() {
    for (late, status) in [(1_000, None), (20_000, Some(504)), (90_000, None)] {
        for house in House::on_each_database().await {
            stands(&house, "tell:1", "tell").await;
            executes_late(&house, late, status);
            edits(&house, "tell:1", "two").await;
            assert_eq!(house.state("tell:1").await, State::Wanted);
            house.later(3_000);
            edits(&house, "tell:1", "three").await;
            assert_eq!(house.state("tell:1").await, State::Shown, "the newer one was answered");

            house.lives(5).await;
            let overtaken = late > 3_000;
            assert_eq!(house.texts("U0ANA", "C0SUPPORT"), [if overtaken { "two" } else { "three" }]);
            house.lives(10).await;
            assert_eq!(house.texts("U0ANA", "C0SUPPORT"), ["three"], "executed {late} ms late");
            let row = house.row("tell:1").await;
            assert_eq!((row.progress.state, row.progress.recheck_at), (State::Shown, None));
            assert_eq!(row.progress.last_error, "");
            assert_eq!(house.calls("conversations.history").len(), 1);
            assert_eq!(house.calls("chat.update").len(), if overtaken { 3 } else { 2 }, "no edit where they agree");
        }
    }
}

/// The document is what it was before the lost edit, so that nothing but the last look can tell that another one stands there.
#[tokio::test]
async fn row_12_a_late_edit_is_seen_behind_edits_that_were_not_needed() {
    for house in House::on_each_database().await {
        stands(&house, "tell:1", "tell").await;
        executes_late(&house, 45_000, None);
        edits(&house, "tell:1", "two").await;
        house.later(3_000);
        edits(&house, "tell:1", "one").await;
        edits(&house, "tell:1", "one").await;
        assert_eq!(house.calls("chat.update").len(), 2, "what it shows already is not sent");
        house.lives(15).await;
        assert_eq!(house.texts("U0ANA", "C0SUPPORT"), ["one"]);
        assert_eq!(house.calls("chat.update").len(), 3);
    }
}

/// Edits that went well do not put the last look off, and one that is made while it is under way wins over it.
#[tokio::test]
async fn row_12_ordinary_edits_do_not_put_the_last_look_off() {
    for house in House::on_each_database().await {
        stands(&house, "tell:1", "tell").await;
        executes_late(&house, 45_000, None);
        edits(&house, "tell:1", "lost").await;
        let last_look = house.clock.now() + RECHECK;
        for number in 0..9 {
            house.later(MINUTE);
            edits(&house, "tell:1", &format!("edit {number}")).await;
            assert_eq!(house.row("tell:1").await.progress.recheck_at, Some(last_look));
        }
        house.later(MINUTE);
        let held = match house.courier.claim(unstuck::store::message::Preference::Posts).await.expect("a claim") {
            unstuck::courier::Claim::Held(held) => held,
            claim => panic!("{claim:?}"),
        };
        let looked = house.courier.carry(held).await.expect("a look");
        edits(&house, "tell:1", "newest").await;
        house.courier.settle(looked).await.expect("settled");
        house.lives(3).await;
        assert_eq!(house.row("tell:1").await.progress.recheck_at, None);
        assert_eq!(house.texts("U0ANA", "C0SUPPORT"), ["newest"]);
        assert_eq!(house.calls("chat.update").len(), 11, "each was sent once");
    }
}

#[tokio::test]
async fn row_12_a_late_edit_of_a_further_part_is_put_right() {
    for house in House::on_each_database().await {
        house.shows("digest:1", &[("", "Main"), ("more", "One")]);
        house.wants("digest:1", "digest", "C0SUPPORT").await;
        house.works().await;
        for (text, late) in [("Two", true), ("Three", false)] {
            house.later(6_000);
            house.shows("digest:1", &[("", "Main"), ("more", text)]);
            if late {
                executes_late(&house, 60_000, None);
            }
            house.raise("digest:1").await;
            house.works().await;
        }
        let main = house.live("U0ANA", "C0SUPPORT")[0].ts.clone();
        let more = || house.slack.thread("U0ANA", "C0SUPPORT", &main)[1].text.clone();
        house.lives(3).await;
        assert_eq!(more(), "Two");
        house.lives(12).await;
        assert_eq!(more(), "Three");
        assert_eq!(house.calls("conversations.replies").len(), 1);
        assert_eq!(house.calls("conversations.history").len(), 0, "the main part was never in doubt");
        assert_eq!(house.calls("chat.update").len(), 3);
    }
}

/// While the main part is edited a new revision comes that changes a further part, too.
#[tokio::test]
async fn a_page_that_changes_while_its_document_is_edited_is_edited_as_well() {
    for house in House::on_each_database().await {
        house.shows("digest:1", &[("", "Main"), ("more", "One")]);
        house.wants("digest:1", "digest", "C0SUPPORT").await;
        house.lives(1).await;
        house.shows("digest:1", &[("", "Main 2"), ("more", "One")]);
        house.raise("digest:1").await;
        let held = match house.courier.claim(unstuck::store::message::Preference::Edits).await.expect("a claim") {
            unstuck::courier::Claim::Held(held) => held,
            claim => panic!("{claim:?}"),
        };
        let edited = house.courier.carry(held).await.expect("an edit");
        house.shows("digest:1", &[("", "Main 3"), ("more", "Two")]);
        house.raise("digest:1").await;
        house.courier.settle(edited).await.expect("settled");
        house.lives(1).await;
        let main = house.live("U0ANA", "C0SUPPORT")[0].clone();
        let more = house.slack.thread("U0ANA", "C0SUPPORT", &main.ts)[1].text.clone();
        assert_eq!((main.text.as_str(), more.as_str()), ("Main 3", "Two"));
    }
}

/// More has been posted since than one look reads: what has stood for days is asked for alone.
#[tokio::test]
async fn row_12_an_old_message_is_looked_at_in_one_call() {
    for house in House::on_each_database().await {
        stands(&house, "help:1", "help").await;
        house.later(3 * 24 * 60 * MINUTE);
        for number in 0..120 {
            house.slack.another_app_posts("C0SUPPORT", &format!("build {number}"), None);
        }
        executes_late(&house, 45_000, None);
        edits(&house, "help:1", "two").await;
        house.later(3_000);
        edits(&house, "help:1", "three").await;
        house.lives(15).await;
        assert!(house.texts("U0ANA", "C0SUPPORT").contains(&"three".to_owned()));
        assert_eq!(house.calls("conversations.history").len(), 1);
    }
}

#[tokio::test]
async fn row_12_what_cannot_be_looked_at_is_left_without_a_loop() {
    let deaf =
        |setup: &mut sandbox::Setup| setup.workspace.app.scopes.retain(|scope| !scope.starts_with("channels:history"));
    let mut houses = House::with(deaf).await;
    houses.extend(House::on_each_database().await);
    for (number, house) in houses.into_iter().enumerate() {
        stands(&house, "tell:1", "tell").await;
        executes_late(&house, 45_000, None);
        edits(&house, "tell:1", "two").await;
        house.later(3_000);
        edits(&house, "tell:1", "three").await;
        // Two of them may not read the history; in the others it is not owed any more when the older revision is seen.
        if number >= 2 {
            house.not_owed("tell:1");
        }
        house.lives(15).await;
        let row = house.row("tell:1").await;
        assert_eq!((row.progress.state, row.progress.recheck_at), (State::Shown, None));
        assert_eq!((house.calls("chat.update").len(), house.calls("conversations.history").len()), (2, 1));
    }
}
