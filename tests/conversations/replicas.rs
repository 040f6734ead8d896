//! Two bots on one PostgreSQL whose clocks differ, and a clock that differs from the database's.

use crate::databases::Which;
use crate::world::{SUPPORT, World, at, key};
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;
use unstuck::server::{Rest, Ticker, Unstuck};

const AGENTS: [&str; 4] = ["U0ANA", "U0BEN", "U0CLEO", "U0OMAR"];

/// Lines of the log of this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("the log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// What this thread logs until the guard goes.
    fn kept(&self) -> tracing::subscriber::DefaultGuard {
        let log = self.clone();
        let writer = move || log.clone();
        tracing::subscriber::set_default(tracing_subscriber::fmt().with_writer(writer).with_ansi(false).finish())
    }

    /// The lines since the last time.
    fn lines(&self) -> Vec<String> {
        let bytes = std::mem::take(&mut *self.0.lock().expect("the log"));
        String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect()
    }
}

#[track_caller]
fn one_line(lines: &[String], level: &str, words: &str) {
    assert!(lines.len() == 1 && lines[0].contains(level) && lines[0].contains(words), "{lines:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_37_a_clock_that_differs_from_the_databases_is_told_of_and_held() {
    let mut world = World::new(Which::Postgres).await;
    world.stops().await;
    let log = Log::default();
    let _kept = log.kept();
    let clock = world.bot.clock.clone();
    let mut ticker = Ticker::new(world.bot.clone());
    // Ten seconds before six by everybody else's clock, a minute later by this one.
    world.clock.step_to(at("2026-05-18T05:59:50"));
    clock.jump_by(70_000);
    ticker.turn().await;
    one_line(&log.lines(), "ERROR", "the clock is a minute or more from the database's");
    assert!(clock.ahead().is_some_and(|ahead| (69_000..71_000).contains(&ahead)), "{:?}", clock.ahead());
    assert_eq!(clock.trusted(), None, "the courier is held as well");
    ticker.turn().await;
    assert_eq!(log.lines(), Vec::<String>::new(), "said once");
    assert!(world.check_ins().await.is_empty());
    // Set right but for six seconds: what is due is done, and the operator still hears of it.
    clock.jump_by(-64_000);
    world.clock.step_to(at("2026-05-18T06:00"));
    ticker.turn().await;
    let lines = log.lines();
    one_line(&lines[..1], "WARN", "the clock is seconds from the database's");
    assert_eq!(world.check_ins().await["asked"], 3);
    clock.jump_by(-6_000);
    world.clock.step_to(at("2026-05-18T06:01"));
    ticker.turn().await;
    one_line(&log.lines(), "INFO", "the clock agrees with the database's");
}

#[tokio::test]
async fn row_36_a_jump_is_logged_and_so_is_its_end() {
    let mut world = World::new(Which::Sqlite).await;
    world.stops().await;
    let log = Log::default();
    let mut ticker = Ticker::new(world.bot.clone());
    ticker.turn().await;
    let _kept = log.kept();
    world.bot.clock.jump_by(25 * 3_600_000);
    ticker.turn().await;
    one_line(&log.lines(), "ERROR", "the wall clock jumped");
    world.bot.clock.jump_by(-25 * 3_600_000);
    ticker.turn().await;
    one_line(&log.lines(), "ERROR", "by_ms=-90000000");
    for lines in [0, 1] {
        world.clock.step_to(world.clock.now() + 5_000);
        ticker.turn().await;
        assert_eq!(log.lines().iter().filter(|line| line.contains("the wall clock goes steadily")).count(), lines);
    }
    assert_eq!(world.bot.clock.ahead(), None, "SQLite has no clock of its own");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_37_replicas_whose_clocks_differ_live_a_day() {
    for skew in [-59, 30, 61, 120] {
        a_day_beside(skew * 1_000).await;
    }
}

/// Time goes on for both, through every instant at which something is due for one of them, and not before both are done: a
/// step between a claim and its call looks like a freeze. A clock that is a minute or more off is held, and never at rest.
async fn both_live(world: &World, other: &Unstuck, skew: i64, civil: &str) {
    let target = at(civil);
    while world.clock.now() < target {
        let now = world.clock.now();
        let mut next = vec![target, now + 5_000];
        for _ in 0..1_000 {
            world.bot.hint();
            other.hint();
            world.slack.settled().await;
            tokio::time::sleep(std::time::Duration::from_millis(3)).await;
            let own = world.bot.rest().await.expect("the database");
            let held = Rest::Until(None);
            let others = if skew.abs() < 60_000 { other.rest().await.expect("the database") } else { held };
            if let (Rest::Until(own), Rest::Until(others)) = (own, others) {
                next = [own, others.or(own).map(|at| at - skew), Some(target)].into_iter().flatten().collect();
                break;
            }
        }
        world.clock.step_to(next.into_iter().filter(|step| *step > now).min().unwrap_or(target).min(target));
    }
    world.settle().await;
}

async fn a_day_beside(skew: i64) {
    let mut world = World::new(Which::Postgres).await;
    let other = world.replica(skew).await;
    let (stop, until) = watch::channel(false);
    let running = tokio::spawn({
        let other = other.clone();
        async move { other.run(1, until).await }
    });
    both_live(&world, &other, skew, "2026-05-18T06:02").await;
    // Whichever of the two hears a line answers it two seconds later, by its own clock.
    world.types("U0ANA", "stuck: refund tool says 403 for EU orders").await;
    both_live(&world, &other, skew, "2026-05-18T06:06").await;
    world.presses("U0ANA", "More than a minute").await;
    world.nothing_stuck(&["U0BEN", "U0CLEO"]).await;
    both_live(&world, &other, skew, "2026-05-18T06:20").await;
    world.presses_in_channel("U0BEN", "I'll take this").await;
    both_live(&world, &other, skew, "2026-05-18T14:02").await;
    world.nothing_stuck(&["U0OMAR"]).await;
    both_live(&world, &other, skew, "2026-05-18T22:00").await;
    assert!(other.clock.ahead().is_some_and(|ahead| (ahead - skew).abs() < 1_000), "{:?}", other.clock.ahead());
    stop.send_replace(true);
    running.await.expect("it did not panic");
    world.stops().await;

    // One row for each, each message once, and nothing sooner than the other clock may be ahead.
    assert_eq!(world.check_ins().await, BTreeMap::from([("answered".to_owned(), 4)]), "{skew}");
    let mut posts = world.everything("U0JESS", SUPPORT);
    for who in AGENTS {
        assert_eq!(world.prompts(who).len(), 1, "{who}, {skew}");
        posts.extend(world.everything(who, &world.dm(who)));
    }
    let keys: Vec<String> = posts.iter().map(key).filter(|key| !key.is_empty()).collect();
    let different: std::collections::BTreeSet<&String> = keys.iter().collect();
    assert_eq!(different.len(), keys.len(), "{skew}: {keys:?}");
    assert_eq!((world.digests().len(), world.help_threads()), (2, 1), "{skew}");
    let early =
        world.prompts("U0ANA")[0].ts.split('.').next().and_then(|at| at.parse::<i64>().ok()).expect("an instant");
    let start = at("2026-05-18T06:00") / 1_000;
    assert!((start - 60..=start + 5).contains(&early), "{skew}: asked {} s after the start", early - start);
}
