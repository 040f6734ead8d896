//! An hour-old backup is restored: what was posted in the lost hour is found by its key and not posted again.

use super::scene::REFUND;
use crate::databases::{self, Database, Which, both};
use crate::world::{SUPPORT, World, key};
use sqlx::{AssertSqlSafe, Row};
use std::collections::BTreeMap;
use unstuck::server::repair::Repair;
use unstuck::store::Db;

both! {
    row_31_an_hour_old_backup => super::hour_old;
    row_31_a_backup_from_before_the_shift => super::before_the_shift;
    row_31_without_the_command_the_lost_hour_is_posted_twice => super::without;
}

/// All that a backup holds, in a database of its own.
async fn backup(which: Which, of: &Database) -> Database {
    let mut copy = databases::open(which).await;
    match (&of.db, &copy.db) {
        (Db::Sqlite(pool, _), _) => {
            copy.db.close().await;
            let file = copy.url.strip_prefix("sqlite://").expect("a file").to_owned();
            for end in ["", "-wal", "-shm"] {
                let _ = std::fs::remove_file(format!("{file}{end}"));
            }
            let vacuum = format!("vacuum into '{file}'");
            sqlx::query(AssertSqlSafe(vacuum)).execute(pool).await.expect("a copy");
            copy.db = Db::open(&copy.url).await.expect("the copy");
        }
        (Db::Postgres(pool), Db::Postgres(to)) => {
            let schema = |url: &str| url.rsplit('=').next().expect("a schema").to_owned();
            let tables = "select tablename from pg_tables where schemaname = $1 and tablename <> '_sqlx_migrations'";
            for row in sqlx::query(tables).bind(schema(&of.url)).fetch_all(pool).await.expect("tables") {
                let table: String = row.get(0);
                let sql = format!("insert into {table} select * from {}.{table}", schema(&of.url));
                sqlx::query(AssertSqlSafe(sql)).execute(to).await.expect("copied");
            }
        }
        _ => unreachable!("the same kind of database"),
    }
    copy
}

impl World {
    /// The bot stops, and starts on the backup; the operator has told it about the restore, or has not.
    async fn restores(&mut self, backup: Database, since: Option<&str>) {
        self.stops().await;
        self.database.db.close().await;
        self.database = backup;
        if let Some(since) = since {
            let repair = Repair::open(self.database.db.clone(), None, self.clock.clone()).await.expect("a workspace");
            repair.doubt(since).await.expect("doubted");
        }
        self.starts().await;
        // Looks go out at Slack's pace for histories.
        self.minutes_pass(4).await;
    }

    /// Waits for a button: a look is under way that moves no row until it is answered.
    async fn offered(&self, who: &str, label: &str) {
        let mut changed = self.slack.changed();
        let there =
            |world: &World| world.everything(who, &world.dm(who)).iter().any(|message| message.press(label).is_some());
        for _ in 0..30 {
            self.seconds_pass(5).await;
            if there(self) {
                return;
            }
            let _ = tokio::time::timeout(std::time::Duration::from_millis(200), changed.changed()).await;
        }
        panic!("{who} is not offered {label}");
    }

    /// Keys that stand in Slack more than once.
    fn twice(&self) -> Vec<(String, usize)> {
        let mut found = BTreeMap::new();
        let people = ["U0ANA", "U0BEN", "U0CLEO", "U0OMAR", "U0JESS"];
        let places = people.map(|who| (who, self.dm(who))).into_iter().chain([("U0JESS", SUPPORT.to_owned())]);
        for (who, place) in places {
            // A reply that the channel sees too is one message in two places.
            let mut seen = Vec::new();
            for message in self.everything(who, &place) {
                let key = key(&message);
                if !key.is_empty() && !message.deleted && !seen.contains(&message.ts) {
                    *found.entry(key).or_insert(0) += 1;
                    seen.push(message.ts);
                }
            }
        }
        found.into_iter().filter(|(_, times)| *times > 1).collect()
    }
}

/// Ana is stuck and Ben takes it, answers come, the digest and its threads are out, Omar's shift begins.
async fn an_hour_of_posts(world: &World) {
    world.is_stuck("U0ANA", REFUND, "More than a minute").await;
    world.says("U0BEN", "review 20 refunds").await;
    world.nothing_stuck(&["U0BEN"]).await;
    world.does("U0BEN", "I'll take this").await;
    world.does("U0BEN", "Hand back").await;
    world.does("U0CLEO", "I'll take this").await;
}

async fn hour_old(which: Which) {
    let mut world = World::new(which).await;
    world.until("2026-05-18T06:04").await;
    world.is_stuck("U0CLEO", "no access to the return desk", "More than a minute").await;
    let backup = backup(which, &world.database).await;
    an_hour_of_posts(&world).await;
    world.until("2026-05-18T07:04").await;
    let posted = world.slack.ledger().iter().filter(|entry| entry.call("chat.postMessage").is_some()).count();
    assert!(posted > 10, "{posted}");
    world.restores(backup, Some("65m")).await;
    assert_eq!(world.twice(), []);
    // The day goes on, and the same things happen again.
    world.nothing_stuck(&["U0ANA", "U0BEN"]).await;
    world.does("U0ANA", "I'll take this").await;
    world.until("2026-05-19T09:00").await;
    assert_eq!(world.twice(), []);
    assert_eq!(world.digests().len(), 3, "Monday early and late, Tuesday early");
    assert_eq!(world.prompts("U0ANA").len(), 2);
}

async fn before_the_shift(which: Which) {
    let mut world = World::new(which).await;
    world.until("2026-05-18T05:58").await;
    let backup = backup(which, &world.database).await;
    world.until("2026-05-18T06:00").await;
    world.nothing_stuck(&["U0CLEO"]).await;
    an_hour_of_posts(&world).await;
    world.until("2026-05-18T06:58").await;
    world.restores(backup, Some("2026-05-18T09:58:00Z")).await;
    assert_eq!(world.twice(), [], "the same check-ins are made again, and their prompts are there");
    assert_eq!(world.prompts("U0ANA").len(), 1);
    world.types("U0ANA", &format!("stuck: {REFUND}")).await;
    world.offered("U0ANA", "More than a minute").await;
    world.does_in_dm("U0ANA", "More than a minute").await;
    world.until("2026-05-19T09:00").await;
    assert_eq!(world.twice(), []);
    assert_eq!(world.digests().len(), 3);
}

/// The harness can fail: without the command the bot cannot know of the lost hour.
async fn without(which: Which) {
    let mut world = World::new(which).await;
    world.until("2026-05-18T05:58").await;
    let backup = backup(which, &world.database).await;
    world.until("2026-05-18T06:58").await;
    world.restores(backup, None).await;
    assert!(!world.twice().is_empty());
}
