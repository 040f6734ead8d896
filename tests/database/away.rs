//! The database is away, for a while.

use super::{Chance, runs};
use crate::chaos::cluster::Cluster;
use crate::chaos::proxy::Proxy;
use crate::databases::{self, Which};
use crate::world::{SUPPORT, TEAMS, World, at, monday_morning};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor};
use std::time::{Duration, Instant};
use unstuck::server::Ready;

/// How often the line stands in the newest answer of the bot to Ana.
fn counted(world: &World, line: &str) -> usize {
    world.told("U0ANA").pop().unwrap_or_default().matches(line).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_22_postgres_away_while_acknowledging_is_not_acknowledged_and_applied_once_later() {
    let files = tempfile::tempdir().expect("a folder");
    let url = databases::address(Which::Postgres, &files).await;
    let proxy = Proxy::before(&url).await;
    let world = World::on(databases::at(proxy.through(&url), files).await, TEAMS, monday_morning(), |_| {}).await;
    world.until("2026-05-18T06:00").await;
    for run in 0..runs(1) {
        let (line, unacked) = (format!("thing number {run}."), world.unacked());
        proxy.refuses();
        world.slack.says("U0ANA", &world.dm("U0ANA"), &line).expect("typed");
        world.sees("no acknowledgement", |world| world.unacked() > unacked).await;
        proxy.opens();
        recovers(&world).await;
        assert_eq!(counted(&world, &line), 1);
    }
    world.presses("U0ANA", "Nothing stuck").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_22_sqlite_held_by_another_process_is_not_acknowledged_and_applied_once_later() {
    let world = World::new(Which::Sqlite).await;
    world.until("2026-05-18T06:00").await;
    let file = world.database.url.strip_prefix("sqlite://").expect("a file");
    let mut other = SqliteConnectOptions::new().filename(file).connect().await.expect("another process");
    other.execute("begin immediate").await.expect("its turn");
    let began = Instant::now();
    world.slack.says("U0ANA", &world.dm("U0ANA"), "clear the refund backlog").expect("typed");
    world.sees("no acknowledgement", |world| world.unacked() >= 1).await;
    // Longer than a statement waits for another process.
    tokio::time::sleep(Duration::from_millis(5_500).saturating_sub(began.elapsed())).await;
    other.execute("rollback").await.expect("its end");
    other.close().await.expect("gone");
    recovers(&world).await;
    assert_eq!(counted(&world, "clear the refund backlog"), 1);
    world.presses("U0ANA", "Nothing stuck").await;
}

/// The database is reached again, and what was lost on the way is made good as the time goes on.
async fn recovers(world: &World) {
    let back = Instant::now();
    while world.database.db.ping().await.is_err() {
        assert!(back.elapsed() < Duration::from_secs(20), "it does not come back");
    }
    world.sees("Slack's rest", |world| world.slack.busy() == 0).await;
    // Whatever was being posted is in doubt for a while; what was not acknowledged comes again after a minute, and after five.
    for _ in 0..20 {
        world.clock.step_to(world.clock.now() + 20_000);
        world.bot.hint();
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
    world.settle().await;
    // A run of lines is answered once nobody has typed for two seconds.
    world.seconds_pass(3).await;
}

/// A server that dies at the start of a shift, and twice while everybody types; it is away for up to a minute.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_28_postgres_restarted_under_load_recovers_by_itself() {
    for seed in 0..runs(1) {
        restarted(&mut Chance::of(seed)).await;
    }
}

async fn restarted(chance: &mut Chance) {
    let cluster = Cluster::start();
    let database = databases::at(databases::schema(&cluster.url()).await, tempfile::tempdir().expect("a folder")).await;
    let world = World::on(database, TEAMS, monday_morning(), |_| {}).await;
    let agents = ["U0ANA", "U0BEN", "U0CLEO"];
    world.until("2026-05-18T05:59").await;
    cluster.dies();
    assert_eq!(world.bot.ready().await, Ready::DatabaseAway);
    world.clock.step_to(at("2026-05-18T06:00"));
    cluster.starts();
    recovers(&world).await;
    assert_eq!(world.bot.ready().await, Ready::Yes);
    for round in 0..2 {
        let last = chance.below(4);
        for line in 0..4 {
            for who in agents {
                world.slack.says(who, &world.dm(who), &format!("thing {round}-{line}")).expect("typed");
            }
            if line == last {
                // Once as a power cut would, once as an operator does.
                if round == 0 {
                    cluster.dies()
                } else {
                    cluster.stops()
                }
                assert_eq!(world.bot.ready().await, Ready::DatabaseAway);
            }
        }
        world.clock.step_to(world.clock.now() + 1_000 * i64::try_from(chance.below(60)).expect("few"));
        world.sees("no acknowledgement", |world| world.unacked() > 0).await;
        cluster.starts();
        recovers(&world).await;
        assert_eq!(world.bot.ready().await, Ready::Yes);
    }
    for who in agents {
        assert_eq!(world.prompts(who).len(), 1, "{who}");
        world.presses(who, "Nothing stuck").await;
    }
    world.until("2026-05-18T09:00").await;
    let said: String = world.everything("U0JESS", SUPPORT).iter().map(sandbox::Message::plain).collect();
    for (round, line) in (0..8).map(|number| (number / 4, number % 4)) {
        assert_eq!(said.matches(&format!("thing {round}-{line}")).count(), 3, "{said}");
    }
    world.each_key_once(&agents);
}
