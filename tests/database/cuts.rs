//! The connection to PostgreSQL is cut: in the middle of a transaction, before its commit, and after the commit but before the answer,
//! when the bot is told of an error and all was done.

use super::{Chance, runs};
use crate::chaos::proxy::{Fate, Passing, Proxy};
use crate::courier::house::{House, START};
use crate::databases::{self, Database, Which};
use crate::world::{TEAMS, World, monday_morning};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use unstuck::rules::message::State;
use unstuck::server::Rest;
use unstuck::store::{self, Db};
use unstuck::{read_tx, write_tx};

const T: &str = databases::WORKSPACE;
const NOW: i64 = 1_800_000_000_000;

/// A database whose network is ours.
async fn behind_a_proxy() -> (Proxy, Database) {
    let files = tempfile::tempdir().expect("a folder");
    let url = databases::address(Which::Postgres, &files).await;
    let proxy = Proxy::before(&url).await;
    let database = databases::at(proxy.through(&url), files).await;
    (proxy, database)
}

async fn first(db: &Db, id: &str) -> store::Result<bool> {
    write_tx!(db, T, NOW, tx => store::seen::first(tx, id).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_27_a_cut_before_the_commit_leaves_nothing_and_one_after_it_everything() {
    let (proxy, database) = behind_a_proxy().await;
    for (fate, again) in [(Fate::CutBefore, true), (Fate::CutAfter, false)] {
        let id = format!("{fate:?}");
        proxy.next_commits(&[fate]);
        let told = first(&database.db, &id).await;
        assert!(matches!(told, Err(store::Failure::Database(_))), "{told:?}");
        assert_eq!(first(&database.db, &id).await.expect("the next connection is a whole one"), again, "{id}");
    }
    // In the middle: the begin has passed, the statement has not.
    let (mut began, mut cut) = (false, false);
    proxy.judges(move |passing| {
        began |= passing == Passing::Begin;
        let now = began && !cut && passing == Passing::Other;
        cut |= now;
        if now { Fate::CutBefore } else { Fate::Forwarded }
    });
    first(&database.db, "middle").await.expect_err("it was cut");
    assert!(first(&database.db, "middle").await.expect("written"), "half a transaction is there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_27_idle_connections_that_were_cut_or_refused_meet_nobody() {
    let (proxy, database) = behind_a_proxy().await;
    let all = (0..10).map(|number| {
        let db = database.db.clone();
        async move { first(&db, &format!("Ev{number}")).await }
    });
    futures_util::future::join_all(all).await;
    proxy.cuts_all();
    for number in 10..20 {
        assert!(first(&database.db, &format!("Ev{number}")).await.expect("a whole connection"));
    }
    proxy.refuses();
    database.db.ping().await.expect_err("it is away");
    proxy.opens();
    assert!(first(&database.db, "back").await.expect("it is back"));
}

/// The courier under each cut: the claim (one commit) and the settling (the next).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_27_a_courier_cut_at_each_commit_posts_once() {
    let cases = [
        // The claim was lost: nothing happened.
        (vec![Fate::CutBefore], State::Wanted),
        // The claim is there and nobody knows: its lease runs out, it is doubtful, looked for, and posted.
        (vec![Fate::CutAfter], State::Sending),
        // It was posted and that was lost: it is looked for and found.
        (vec![Fate::Forwarded, Fate::CutBefore], State::Sending),
        // It was posted and all is written.
        (vec![Fate::Forwarded, Fate::CutAfter], State::Shown),
    ];
    let (proxy, database) = behind_a_proxy().await;
    let house = House::on(database, &|_| {}).await;
    for (number, (fates, state)) in cases.into_iter().enumerate() {
        let key = format!("k{number}");
        house.says(&key, &key);
        house.wants(&key, "tell", "C0SUPPORT").await;
        proxy.next_commits(&fates);
        house.courier.step().await.expect_err("it was cut");
        assert_eq!(house.state(&key).await, state, "{fates:?}");
        for _ in 0..4 {
            house.later(61_000);
            house.works().await;
        }
        assert_eq!(house.state(&key).await, State::Shown, "{fates:?}");
        let shown = house.texts("U0ANA", "C0SUPPORT").into_iter().filter(|text| *text == key).count();
        assert_eq!(shown, 1, "{fates:?}");
    }
    assert!(house.clock.now() > START);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_27_a_ticker_cut_at_its_commit_asks_once() {
    for fate in [Fate::CutBefore, Fate::CutAfter] {
        let (proxy, database) = behind_a_proxy().await;
        let mut world = World::on(database, TEAMS, monday_morning(), |_| {}).await;
        world.stops().await;
        world.clock.step_to(crate::world::at("2026-05-18T06:00"));
        proxy.next_commits(&[fate]);
        assert!(!world.bot.tick().await, "it was cut");
        assert!(world.bot.tick().await);
        world.starts().await;
        for who in ["U0ANA", "U0BEN", "U0CLEO"] {
            assert_eq!(world.prompts(who).len(), 1, "{fate:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_27_what_somebody_types_or_presses_in_a_cut_counts_once() {
    let (proxy, database) = behind_a_proxy().await;
    let world = World::on(database, TEAMS, monday_morning(), |_| {}).await;
    world.until("2026-05-18T06:00").await;
    for (fate, line) in [(Fate::CutBefore, "clear the backlog"), (Fate::CutAfter, "call the bank")] {
        let unacked = world.unacked();
        proxy.cuts_commits(fate);
        world.slack.says("U0ANA", &world.dm("U0ANA"), line).expect("typed");
        world.sees("no acknowledgement", |world| world.unacked() > unacked).await;
        proxy.forwards_all();
        lives_for(&world, 150).await;
    }
    // Slack does not send a press again; the person sees a warning and may press again, whatever became of the first.
    for fate in [Fate::CutBefore, Fate::CutAfter] {
        proxy.cuts_commits(fate);
        let message = world.everything("U0ANA", &world.dm("U0ANA")).into_iter().rev();
        let act = message.filter_map(|message| message.press("Nothing stuck")).next().expect("a button");
        assert!(!world.slack.acts("U0ANA", act).await.expect("pressed").acked, "{fate:?}");
        proxy.forwards_all();
        lives_for(&world, 150).await;
    }
    lives_until(&world, "2026-05-18T09:00").await;
    let digest = world.digest();
    assert!(["clear the backlog", "call the bank"].iter().all(|line| digest.matches(line).count() == 1), "{digest}");
    world.each_key_once(&["U0ANA", "U0BEN", "U0CLEO"]);
}

/// A server that vanished leaves connections that are never answered and never closed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_27_a_server_that_vanishes_without_a_word_hangs_nobody() {
    let (proxy, database) = behind_a_proxy().await;
    let world = World::on(database, TEAMS, monday_morning(), |_| {}).await;
    let db = world.database.db.clone();
    let began = Instant::now();
    let network = &proxy;
    let lost = write_tx!(db, T, NOW, tx => async {
        // It has a row when that happens, and holds it at the server.
        store::seen::first(tx, "Ev1").await?;
        network.swallows_all();
        store::seen::first(tx, "Ev2").await
    }.await);
    assert!(matches!(lost, Err(store::Failure::Database(_))), "{lost:?}");
    assert!(began.elapsed() < Duration::from_secs(25), "it hung for {:?}", began.elapsed());
    // Whoever wants the same row has it by then: the server gave the lost one up.
    assert!(first(&db, "Ev1").await.expect("a new connection"), "the lost transaction was committed");
    world.until("2026-05-18T06:00").await;
    assert_eq!(world.prompts("U0ANA").len(), 1);
}

/// Lives on through cuts: what failed is tried again as the time goes on, as it does for a real bot.
async fn lives_until(world: &World, civil: &str) {
    lives_to(world, crate::world::at(civil)).await;
}

async fn lives_for(world: &World, seconds: i64) {
    lives_to(world, world.clock.now() + seconds * 1000).await;
}

async fn lives_to(world: &World, target: i64) {
    let mut quiet = Instant::now();
    while world.clock.now() < target || quiet.elapsed() < Duration::from_millis(50) {
        let rest = world.bot.rest().await;
        let next = match rest {
            Ok(Rest::Until(next)) if world.slack.busy() == 0 => next.unwrap_or(target),
            // Something failed and waits for the time to pass.
            _ if quiet.elapsed() > Duration::from_millis(600) => world.clock.now() + 5_000,
            _ => {
                tokio::time::sleep(Duration::from_millis(5)).await;
                continue;
            }
        };
        if world.clock.now() < target {
            quiet = Instant::now();
        }
        world.clock.step_to(next.max(world.clock.now() + 1).min(target));
        world.bot.hint();
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_27_a_day_with_cuts_at_random_loses_nothing_and_says_nothing_twice() {
    let agents = ["U0ANA", "U0BEN", "U0CLEO"];
    for seed in 0..runs(1) {
        let (proxy, database) = behind_a_proxy().await;
        let world = World::on(database, TEAMS, monday_morning(), |_| {}).await;
        let (cuts, mut chance) = (Arc::new(AtomicU64::new(0)), Chance::of(seed));
        let counted = cuts.clone();
        proxy.judges(move |passing| {
            let often = if passing == Passing::Commit { 40 } else { 300 };
            if chance.below(often) > 0 {
                return Fate::Forwarded;
            }
            counted.fetch_add(1, Ordering::SeqCst);
            match chance.below(5) {
                0 | 1 => Fate::CutBefore,
                2 | 3 => Fate::CutAfter,
                _ => Fate::Late(Duration::from_millis(chance.below(100))),
            }
        });
        lives_until(&world, "2026-05-18T06:02").await;
        for line in 0..3 {
            for who in agents {
                world.slack.says(who, &world.dm(who), &format!("{who} does thing {line}")).expect("typed");
            }
            lives_until(&world, &format!("2026-05-18T06:{}", 10 + 10 * line)).await;
        }
        lives_until(&world, "2026-05-18T07:00").await;
        proxy.forwards_all();
        lives_until(&world, "2026-05-18T09:00").await;
        println!("seed {seed}: {} cuts", cuts.load(Ordering::SeqCst));
        for who in agents {
            assert_eq!(world.prompts(who).len(), 1, "seed {seed}: {who}");
            let everything = world.digest()
                + &world
                    .everything("U0JESS", crate::world::SUPPORT)
                    .iter()
                    .map(sandbox::Message::plain)
                    .collect::<String>();
            for line in 0..3 {
                assert!(everything.contains(&format!("does thing {line}")), "seed {seed}: {who} {line}\n{everything}");
            }
        }
        world.each_key_once(&agents);
        let left =
            read_tx!(world.database.db, &world.bot.workspace, world.clock.now(), tx => store::message::dead(tx).await);
        assert_eq!(left.expect("read").len(), 0, "seed {seed}");
    }
}
