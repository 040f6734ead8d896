//! What one person does twice in a moment, in two transactions that are open together, as replicas have them: PostgreSQL lets
//! both begin, SQLite lets the second wait. Whichever comes first, what is kept is the same.

use crate::databases::{Which, both};
use crate::world::World;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::timeout;
use unstuck::flows::answer;
use unstuck::rules::id::{ChannelId, Ts, UserId};
use unstuck::store::{self, Tx};
use unstuck::write_tx;

both! {
    row_20_a_line_and_its_edit_at_once => super::line_and_edit;
    row_20_a_line_and_its_deletion_at_once => super::line_and_deletion;
    row_20_two_edits_at_once => super::two_edits;
    what_strangers_edit_is_not_kept => super::strangers;
}

/// What Ana does to one line in her direct message.
#[derive(Clone, Copy, Debug)]
enum Does {
    Types,
    Edits(&'static str),
    Deletes,
}

struct Line {
    who: UserId,
    channel: ChannelId,
    ts: Ts,
}

const FIRST: &str = "call the bank";
const BETTER: &str = "call the bank and the shop";
const BEST: &str = "call the shop";

impl Line {
    fn of(world: &World, who: &str) -> Line {
        let ts = Ts::at(world.clock.now());
        Line { who: who.into(), channel: world.dm(who).as_str().into(), ts }
    }

    async fn is(&self, tx: &mut Tx, does: Does) -> store::Result<()> {
        let Line { who, channel, ts } = self;
        match does {
            Does::Types => answer::typed(tx, who, channel, ts, None, FIRST).await,
            Does::Edits(text) => {
                let at = Ts::at(ts.ms() + if text == BEST { 2_000 } else { 1_000 });
                answer::edited(tx, Some(who), channel, ts, &at, text).await
            }
            Does::Deletes => answer::deleted(tx, channel, ts).await,
        }
    }
}

/// The first is done and not yet committed when the second begins.
async fn together(world: &World, line: &Line, first: Does, second: Does) {
    let now = world.clock.now();
    let (begun, go_on) = (&Notify::new(), &Notify::new());
    let held = async {
        write_tx!(world.bot.db, &world.bot.workspace, now, tx => async {
            line.is(tx, first).await?;
            begun.notify_one();
            go_on.notified().await;
            Ok(())
        }
        .await)
    };
    let other = async {
        begun.notified().await;
        let done = async { write_tx!(world.bot.db, &world.bot.workspace, now, tx => line.is(tx, second).await) };
        tokio::pin!(done);
        // It waits for the first, or it is done without having seen it: then it has had its chance.
        let early = timeout(Duration::from_millis(300), &mut done).await;
        go_on.notify_one();
        match early {
            Ok(done) => done,
            Err(_) => done.await,
        }
    };
    let (first, second) = tokio::join!(held, other);
    first.expect("the first is kept");
    second.expect("the second is kept");
}

/// Six has come, Ana is asked, and the bot stands still.
async fn asked(which: Which) -> World {
    let mut world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.stops().await;
    world
}

async fn priorities(world: &World) -> Vec<String> {
    let (now, who) = (world.clock.now(), &UserId::from("U0ANA"));
    let own = write_tx!(world.bot.db, &world.bot.workspace, now, tx => async {
        let check_in = store::check_in::current(tx, who).await?.remove(0);
        store::priority::given_in(tx, &check_in.id).await
    }
    .await);
    own.expect("priorities").into_iter().filter(|one| !one.gone).map(|one| one.text).collect()
}

async fn line_and_edit(which: Which) {
    let world = asked(which).await;
    for (first, second) in [(Does::Types, Does::Edits(BETTER)), (Does::Edits(BETTER), Does::Types)] {
        let before = priorities(&world).await.len();
        together(&world, &Line::of(&world, "U0ANA"), first, second).await;
        let own = priorities(&world).await;
        assert_eq!(own.len(), before + 1, "{first:?} then {second:?}: {own:?}");
        assert!(own.iter().all(|text| text == BETTER), "{first:?} then {second:?}: {own:?}");
        world.clock.step_to(world.clock.now() + 5_000);
    }
}

async fn line_and_deletion(which: Which) {
    let world = asked(which).await;
    for (first, second) in [(Does::Types, Does::Deletes), (Does::Deletes, Does::Types)] {
        together(&world, &Line::of(&world, "U0ANA"), first, second).await;
        assert_eq!(priorities(&world).await, Vec::<String>::new(), "{first:?} then {second:?}");
        world.clock.step_to(world.clock.now() + 5_000);
    }
}

async fn two_edits(which: Which) {
    let world = asked(which).await;
    for (first, second) in [(BETTER, BEST), (BEST, BETTER)] {
        let line = &Line::of(&world, "U0ANA");
        let now = world.clock.now();
        write_tx!(world.bot.db, &world.bot.workspace, now, tx => line.is(tx, Does::Types).await).expect("typed");
        together(&world, line, Does::Edits(first), Does::Edits(second)).await;
        assert_eq!(priorities(&world).await.last().map(String::as_str), Some(BEST), "{first} then {second}");
        world.clock.step_to(world.clock.now() + 5_000);
    }
}

/// Zed is in no team: what he types is not kept, and neither is what he makes of it.
async fn strangers(which: Which) {
    let world = asked(which).await;
    let line = &Line::of(&world, "U0ZED");
    let now = world.clock.now();
    for does in [Does::Types, Does::Edits(BETTER)] {
        let kept = write_tx!(world.bot.db, &world.bot.workspace, now, tx => async {
            line.is(tx, does).await?;
            store::answer::said_at(tx, &line.channel, &line.ts).await
        }
        .await);
        assert!(kept.expect("dealt with").is_none(), "{does:?}");
    }
}
