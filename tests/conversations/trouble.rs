//! Messages cannot go out: what stands in their way is told once, in plain words, with what mends it, and all else goes on.

use super::scene::REFUND;
use super::verbs::{says_all, says_none_of};
use crate::databases::{Which, both};
use crate::teams::Team;
use crate::world::{SUPPORT, TEAMS, World, key, monday_morning};
use sandbox::{Channel, Fault, When};
use unstuck::server::repair::{self, Repair};

both! {
    row_16_an_archived_channel => super::archived;
    row_16_an_archived_channel_with_nothing_to_post => super::archived_in_silence;
    row_16_a_lost_membership => super::left;
    row_16_an_account_that_was_closed => super::closed;
    row_16_whoever_took_is_gone => super::taker_gone;
    row_16_a_refused_token => super::token;
    row_16_a_message_that_slack_refuses => super::refused;
    row_06_a_message_that_cannot_be_rendered => super::poison;
    row_16_dead_messages_are_told_of_once_an_hour => super::once_an_hour;
    row_16_what_is_told_again => super::came_back;
}

/// Beside the usual team a second one in a channel of its own: Zed is asked, Omar manages.
fn teams() -> String {
    let tier_2 = Team {
        name: "Tier 2",
        channel: "C0SECOND",
        manager: "U0OMAR",
        shift: "Day",
        agents: &["U0ZED"],
        ..Team::default()
    };
    format!("{TEAMS}{tier_2}")
}

async fn two_teams(which: Which) -> World {
    World::with(which, &teams(), monday_morning(), |workspace| {
        for (id, name) in [("C0SECOND", "second"), ("C0THIRD", "third")] {
            let members = workspace.users.iter().map(|user| user.id.clone()).collect();
            let (id, name) = (id.to_owned(), name.to_owned());
            workspace.channels.push(Channel { id, name, private: false, archived: false, members });
        }
    })
    .await
}

impl World {
    async fn repair(&self) -> Repair {
        Repair::open(self.database.db.clone(), None, self.clock.clone()).await.expect("a workspace")
    }

    /// What somebody was told of troubles, oldest first.
    fn troubles(&self, who: &str) -> Vec<String> {
        let all = self.everything(who, &self.dm(who)).into_iter();
        all.filter(|message| key(message).starts_with("trouble:")).map(|message| message.plain()).collect()
    }

    async fn standing(&self) -> Vec<String> {
        repair::troubles(&self.database.db, "T0TEST").await.expect("troubles")
    }

    fn posts(&self, channel: &str, start: &str) -> usize {
        let all = self.everything("U0JESS", channel).into_iter();
        all.filter(|message| key(message).starts_with(start)).count()
    }
}

async fn archived(which: Which) {
    let world = two_teams(which).await;
    world.until("2026-05-18T06:00").await;
    world.is_stuck("U0ANA", REFUND, "More than a minute").await;
    world.slack.archives(SUPPORT, "U0JESS");
    world.nothing_stuck(&["U0BEN", "U0CLEO", "U0ZED"]).await;
    world.minutes_pass(10).await;

    let told = world.troubles("U0JESS");
    assert_eq!(told.len(), 1, "{told:?}");
    says_all(&told[0], &["was archived", "unstuck apply teams.toml", "unstuck dead retry --all"]);
    says_none_of(&told[0], &["is_archived"]);
    for other in ["U0OMAR", "U0NOOR", "U0ANA"] {
        assert_eq!(world.troubles(other).len(), 0, "{other} manages another team, or none");
    }
    assert_eq!(world.posts("C0SECOND", "digest:"), 1, "the other team goes on");
    let listed = world.repair().await.list().await.expect("a list").join("\n");
    says_all(
        &listed,
        &["the post of a shift in C0SUPPORT", "a help thread", "its channel was archived", "it was not posted"],
    );
    says_none_of(&listed, &["a reply in a help thread"]);

    world.apply(&teams().replace(SUPPORT, "C0THIRD")).await;
    world.settle().await;
    says_all(&world.troubles("U0JESS")[0], &["✓", "another channel now", "unstuck dead retry --all"]);
    let done = world.repair().await.retry_all(None).await.expect("sent again").join("\n");
    says_all(&done, &["3 messages are sent again"]);
    world.minutes_pass(2).await;
    for (start, posts) in [("digest:", 1), ("help:", 2)] {
        assert_eq!(world.posts("C0THIRD", start), posts, "{start}");
    }
    world.until("2026-05-18T13:00").await;
    assert_eq!(world.troubles("U0JESS").len(), 1);
    assert_eq!(world.standing().await, [""; 0]);
    assert!(world.repair().await.list().await.expect("a list")[0].starts_with("nothing is dead"));
}

async fn archived_in_silence(which: Which) {
    let world = two_teams(which).await;
    world.slack.archives(SUPPORT, "U0JESS");
    world.minutes_pass(1).await;
    assert_eq!(world.troubles("U0JESS").len(), 1, "it is told before anything could not be posted");
    says_all(&world.standing().await.join("\n"), &["Tier 1", "C0SUPPORT was archived"]);
    world.until("2026-05-18T09:00").await;
    assert_eq!(world.troubles("U0JESS").len(), 1);
    assert_eq!(world.troubles("U0OMAR").len(), 0);
}

async fn left(which: Which) {
    let world = two_teams(which).await;
    world.until("2026-05-18T06:00").await;
    world.slack.leaves("U0BOT", SUPPORT);
    world.nothing_stuck(&["U0ANA", "U0BEN", "U0CLEO", "U0ZED"]).await;
    world.minutes_pass(20).await;
    let told = world.troubles("U0JESS");
    assert_eq!(told.len(), 1, "{told:?}");
    says_all(&told[0], &["I'm not in", "/invite @Unstuck"]);
    assert_eq!((world.posts("C0SECOND", "digest:"), world.posts(SUPPORT, "digest:")), (1, 0));

    world.slack.joins("U0BOT", SUPPORT);
    world.minutes_pass(10).await;
    assert_eq!(world.posts(SUPPORT, "digest:"), 1, "what waited is posted, without a command");
    says_all(&world.troubles("U0JESS")[0], &["✓ I post in", "again"]);
    assert_eq!(world.standing().await, [""; 0]);
}

async fn closed(which: Which) {
    let world = two_teams(which).await;
    world.until("2026-05-18T06:00").await;
    world.is_stuck("U0CLEO", REFUND, "More than a minute").await;
    world.nothing_stuck(&["U0ANA"]).await;
    let asked_so_far = world.told("U0BEN").len();
    world.slack.changes_user("U0BEN", |user| user.deleted = true);
    world.seconds_pass(10).await;
    assert!(world.digest().contains("2 of 2 answered"), "nobody waits for Ben: {}", world.digest());
    says_none_of(&world.digest(), &["Ben", "yet to answer"]);
    assert_eq!(world.troubles("U0JESS").len(), 0, "Ben leaves nothing behind");

    world.slack.changes_user("U0CLEO", |user| user.deleted = true);
    world.seconds_pass(10).await;
    let told = world.troubles("U0JESS");
    assert_eq!(told.len(), 1, "{told:?}");
    says_all(&told[0], &["Cleo's account was closed", REFUND, "unstuck apply teams.toml"]);
    world.until("2026-05-19T09:00").await;
    assert_eq!(world.troubles("U0JESS").len(), 1);
    assert_eq!(world.told("U0BEN").len(), asked_so_far, "no direct message for a closed account");

    world.apply(&teams().replace("\"U0BEN\", \"U0CLEO\"", "\"U0OMAR\"")).await;
    world.settle().await;
    says_all(&world.troubles("U0JESS")[0], &["That's settled: Cleo"]);
}

async fn taker_gone(which: Which) {
    let world = super::scene::ben_has_it(which).await;
    world.slack.changes_user("U0BEN", |user| user.deleted = true);
    world.seconds_pass(10).await;
    assert!(world.help()[0].contains("Ana is stuck"), "{:?}", world.help());
    says_all(world.help().last().expect("a line"), &["Ben is no longer here. It's open again."]);
    says_all(&world.told("U0ANA").join("\n"), &["Ben is no longer here, so your stuck is open again"]);
    let told = world.troubles("U0JESS");
    assert_eq!(told.len(), 1, "{told:?}");
    says_all(&told[0], &["Ben's account was closed", "What they had taken is open again"]);

    world.does("U0CLEO", "I'll take this").await;
    world.slack.leaves("U0CLEO", SUPPORT);
    world.seconds_pass(10).await;
    says_all(world.help().last().expect("a line"), &["Cleo is no longer here. It's open again."]);
    assert_eq!(world.troubles("U0JESS").len(), 1, "leaving a channel is no trouble");
}

async fn token(which: Which) {
    let mut world = two_teams(which).await;
    for method in ["chat.postMessage", "chat.update"] {
        world.slack.faults().next(method, 1_000, When::Before, Fault::Error("token_revoked".into()));
    }
    world.until("2026-05-18T06:10").await;
    assert_eq!(world.told("U0ANA").len(), 0);
    let standing = world.standing().await;
    assert_eq!(standing.len(), 1, "{standing:?}");
    says_all(&standing[0], &["Slack refuses the bot token", "SLACK_BOT_TOKEN"]);
    says_all(&world.bot.ready().await.to_string(), &["not ready", "Slack refuses the bot token"]);
    assert_eq!(world.repair().await.list().await.expect("a list").len(), 1, "nothing is dead");

    // The app is installed again: the bot starts with a new token.
    world.stops().await;
    world.slack.faults().clear();
    world.starts().await;
    assert_eq!(world.standing().await, [""; 0]);
    world.minutes_pass(6).await;
    for who in ["U0ANA", "U0BEN", "U0CLEO", "U0ZED"] {
        assert_eq!(world.prompts(who).len(), 1, "{who} is asked, in time still");
    }
    assert_eq!(world.troubles("U0JESS").len() + world.troubles("U0OMAR").len(), 0);
}

/// Slack refuses the prompt of one person for what it is.
fn refuses_prompts(world: &World, times: usize) {
    let prompt = |args: &serde_json::Value| args.to_string().contains("prompt:");
    let fault = Fault::Error("invalid_blocks".into());
    world.slack.faults().next_where("chat.postMessage", times, When::Before, fault, prompt);
}

async fn refused(which: Which) {
    let world = two_teams(which).await;
    refuses_prompts(&world, 1);
    world.until("2026-05-18T06:01").await;
    let asked = ["U0ANA", "U0BEN", "U0CLEO", "U0ZED"].map(|who| world.prompts(who).len());
    assert_eq!(asked.iter().sum::<usize>(), 3, "the others are asked");
    let told = [world.troubles("U0JESS"), world.troubles("U0OMAR")].concat();
    assert_eq!(told.len(), 1, "{told:?}");
    says_all(&told[0], &["I could not post 1 message.", "the questions of a shift for", "unstuck dead list"]);
    says_none_of(&told[0], &["invalid_blocks"]);
    let repair = world.repair().await;
    let listed = repair.list().await.expect("a list");
    says_all(&listed[0], &["prompt:", "the questions of a shift for", "invalid_blocks", "since 2026-05-18T10:0"]);
    let key = listed[0].split(' ').next().expect("a key").to_owned();
    for (key, words) in [("prompt:none", "no message has the key prompt:none"), ("", "no message has the key")] {
        let error = repair.retry(key).await.expect_err("unknown").to_string();
        assert!(error.contains(words) && !error.contains('\n'), "{error}");
    }
    assert!(repair.retry_all(Some("letter")).await.expect_err("unknown").to_string().contains("prompt, prompt again"));
    assert_eq!(repair.retry_all(Some("digest")).await.expect("done"), ["nothing is sent again"]);
    says_all(&repair.retry(&key).await.expect("sent again")[0], &["looked for in Slack"]);
    world.minutes_pass(2).await;
    assert!(repair.retry(&key).await.expect_err("done").to_string().contains("is not dead, it is "));
    for who in ["U0ANA", "U0BEN", "U0CLEO", "U0ZED"] {
        assert_eq!(world.prompts(who).len(), 1, "{who}");
    }
    let told = [world.troubles("U0JESS"), world.troubles("U0OMAR")].concat();
    says_all(&told.join("\n"), &["✓ What I could not post is being sent again."]);
    assert_eq!(told.len(), 1);
}

/// A row that says nothing of sense: whatever shows it fails. The others are asked and answer as ever.
async fn poison(which: Which) {
    let world = two_teams(which).await;
    world.until("2026-05-18T06:00").await;
    world.says("U0ANA", "clear the backlog").await;
    world.nothing_stuck(&["U0ANA", "U0BEN", "U0CLEO", "U0ZED"]).await;
    world.until("2026-05-19T05:59").await;
    let spoil = async |date: &str| {
        let (db, now) = (&world.database.db, world.clock.now());
        let yesterday = crate::world::at("2026-05-19T00:00");
        unstuck::write_tx!(db, "T0TEST", now, tx => async {
            let sql = "update check_in set date = $1 where person = 'U0ANA' and starts_at < $2";
            unstuck::run!(tx, sql, date, yesterday).map_err(Into::into)
        }.await)
        .expect("written");
    };
    spoil("no date").await;
    world.until("2026-05-19T07:45").await;
    assert_eq!(world.prompts("U0ANA").len(), 1, "only yesterday's");
    for who in ["U0BEN", "U0CLEO", "U0ZED"] {
        assert_eq!(world.prompts(who).len(), 2, "{who}");
    }
    assert_eq!((world.posts(SUPPORT, "digest:"), world.posts("C0SECOND", "digest:")), (3, 2));
    let told = world.troubles("U0JESS");
    assert_eq!(told.len(), 1, "{told:?}");
    says_all(&told[0], &["I could not post 1 message.", "the questions of a shift for Ana"]);
    let listed = world.repair().await.list().await.expect("a list").join("\n");
    says_all(&listed, &["tried too often", "a row cannot be read", "the questions of a shift for Ana"]);
    // Mended, and asked for again: still in the time in which Ana may be asked.
    spoil("2026-05-18").await;
    world.repair().await.retry_all(None).await.expect("done");
    world.minutes_pass(2).await;
    assert_eq!(world.prompts("U0ANA").len(), 2);
}

async fn once_an_hour(which: Which) {
    let world = two_teams(which).await;
    refuses_prompts(&world, 4);
    world.until("2026-05-18T06:01").await;
    assert_eq!((world.troubles("U0JESS").len(), world.troubles("U0OMAR").len()), (1, 1));
    says_all(&world.troubles("U0JESS")[0], &["I could not post 3 messages."]);
    // Late answers of the day: what dies in the same hour is told of in the same message.
    let fault = Fault::Error("invalid_blocks".into());
    world.slack.faults().next("chat.postMessage", 1, When::Before, fault.clone());
    world.until("2026-05-18T06:31").await;
    assert_eq!(world.troubles("U0JESS").len(), 1);
    world.until("2026-05-18T13:59").await;
    assert_eq!(
        world.repair().await.retry_all(None).await.expect("done")[0],
        "nothing is sent again",
        "too late to ask"
    );
    // Another death, hours later.
    refuses_prompts(&world, 1);
    world.until("2026-05-18T14:01").await;
    assert_eq!(world.troubles("U0JESS").len(), 2);
}

async fn came_back(which: Which) {
    let world = two_teams(which).await;
    for day in ["18", "19"] {
        world.until(&format!("2026-05-{day}T06:00")).await;
        world.slack.leaves("U0BOT", SUPPORT);
        world.nothing_stuck(&["U0ANA", "U0BEN", "U0CLEO"]).await;
        world.minutes_pass(20).await;
        world.slack.joins("U0BOT", SUPPORT);
        world.minutes_pass(10).await;
    }
    let told = world.troubles("U0JESS");
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().all(|text| text.contains("✓ I post in")), "{told:?}");
}
